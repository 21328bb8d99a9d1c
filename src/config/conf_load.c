/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_load.c: files in, a generation or all errors out.
 *
 * Hosts are read while the text is parsed, entry by entry (compose.c), since they are most of a
 * file; the other sections when its tree is there.  Then come the things that need all files: what
 * checks inherit, and the names that point from one thing to another.  These are left out when a
 * file is no YAML, since half of the names would be missing. Nothing of a load with errors survives
 * it. */
#include "config/conf_int.h"

#include "base/hash.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "config/conf_box.h"
#include "config/expand.h"
#include <stdlib.h>

/* ---- texts with a syntax of their own */

static void judge_texts(struct conf_ctx *c, const struct node *map, const char *key,
                        bool (*judge)(const char *), const char *msgid)
{
    const struct node *n = node_get(map, key), *first;
    struct buf expected = BUF_MAX(300);

    if (n == NULL || n->kind == NODE_MAP)
        return;
    first = n->kind == NODE_LIST ? n->first : n;
    msg_pack(&expected, msgid, "");
    for (const struct node *one = first; one; one = n->kind == NODE_LIST ? one->next : NULL)
        if (one->kind == NODE_TEXT && !node_is_null(one) && !judge(one->text))
            conf_error_expected(c, one, key, buf_text(&expected));
    buf_done(&expected);
}

static bool is_smtp(const char *text)
{
    const char *p = str_starts(text, "smtp://")    ? text + 7
                    : str_starts(text, "smtps://") ? text + 8
                                                   : NULL;
    char url[300];

    /* The rest is judged as that of a URL. */
    return p && str_print(url, sizeof(url), "http://%s", p) < (int)sizeof(url) - 1 &&
           strpbrk(p, "/?#") == NULL && conf_is_url(url);
}

static bool is_path(const char *text)
{
    return text[0] == '/';
}

static bool is_weekly(const char *text)
{
    int weekday, minute;

    return str_eq(text, "no") || period_weekly_parse(text, &weekday, &minute);
}

static void judge_site(struct conf_ctx *c, const struct node *site)
{
    const struct node *mail = node_get(site, "mail");

    judge_texts(c, site, "zone", conf_is_zone, MSG("a time zone such as Europe/Paris"));
    if (conf_error_count(c) == 0 && c->conf->site.zone && c->env->zone_known &&
        !c->env->zone_known(c->env->arg, c->conf->site.zone))
        conf_error_at(c, node_get(site, "zone"),
                      MSG("“{1}” is no time zone that this system knows; see “timedatectl list-timezones”"),
                      "s", c->conf->site.zone);
    judge_texts(c, site, "listen", conf_is_listen,
                MSG("ADDRESS:PORT, such as 127.0.0.1:8444 or \"[::1]:8444\""));
    judge_texts(c, site, "listen_public", conf_is_listen,
                MSG("ADDRESS:PORT, such as 127.0.0.1:8444 or \"[::1]:8444\""));
    judge_texts(c, site, "digest", is_weekly, MSG("a day of the week and a time such as “mon 08:00”, or “no”"));
    judge_texts(c, site, "hosts", conf_is_host, MSG("a host name such as status.example.org"));
    judge_texts(c, site, "trusted_proxies", conf_is_network,
                MSG("an IP address or a network such as 10.0.0.0/8"));
    judge_texts(c, site, "ca_file", is_path, MSG("a path that begins with /"));
    judge_texts(c, mail, "smtp", is_smtp, MSG("smtp://HOST:PORT or smtps://HOST:PORT"));
    judge_texts(c, mail, "sendmail", is_path, MSG("a path that begins with /"));
    judge_texts(c, mail, "from", conf_is_mail, MSG("a mail address such as ops@example.org"));
}

/* ---- sections */

/* A setting that another file has given already. */
static void judge_once(struct conf_ctx *c, const struct node *map, const char *what)
{
    NODE_EACH(map, kid)
    {
        const char *place = arena_printf(c->scratch, "%s.%s", what, kid->key->text);
        struct conf_where *where = ARENA_NEW(c->scratch, struct conf_where);
        const struct conf_where *former;

        *where = conf_where_of(c, kid->key);
        former = map_find(&c->places, place);
        if (former)
            conf_error_at(c, kid->key, MSG("{1} is given already, in {2}"), "ss", place,
                          conf_where_text(c, *former, c->scratch));
        else
            map_set(&c->places, place, where);
    }
}

static void read_site(struct conf_ctx *c, const struct node *map)
{
    struct row_set set = {.rows = conf_rows_site, .base = &c->conf->site};

    judge_once(c, map, "site");
    if (node_get(map, "vars"))
        c->expand->site_vars = node_get(map, "vars");
    vars_judge(c, node_get(map, "vars"));
    conf_rows_read(c, &set, 1, map, "site");
    judge_site(c, map);
}

static int defaults_given(const struct node *map)
{
    return (node_get(map, "every") ? GIVEN_EVERY : 0) | (node_get(map, "retry") ? GIVEN_RETRY : 0) |
           (node_get(map, "timeout") ? GIVEN_TIMEOUT : 0) | (node_get(map, "attempts") ? GIVEN_ATTEMPTS : 0);
}

static void read_defaults(struct conf_ctx *c, const struct node *map)
{
    struct row_set set = {.rows = conf_rows_defaults, .base = &c->defaults};

    judge_once(c, map, "defaults");
    conf_rows_read(c, &set, 1, map, "defaults");
    c->defaults_given |= defaults_given(map);
    conf_refs_add(c, REF_CONTACT, NULL, node_get(map, "contacts"));
    conf_refs_add(c, REF_PERIOD, NULL, node_get(map, "check_period"));
    conf_refs_add(c, REF_PERIOD, NULL, node_get(map, "notify_period"));
    if (c->defaults.flap_low > c->defaults.flap_high)
        conf_error_at(c, node_get(map, "flap"),
                      MSG("flap: “low” ({1}) must not be above “high” ({2})"), "ff",
                      c->defaults.flap_low, c->defaults.flap_high);
}

/* Reads an entry of a section into its fields: a mapping, or the scalar form where there is one. */
static void read_fields(struct conf_ctx *c, const struct conf_row *rows, void *base,
                        const struct node *value)
{
    struct row_set set = {.rows = rows, .base = base};
    const struct conf_row *positional = conf_rows_positional(rows);
    struct conf_row group = {.key = value->key->text, .type = CONF_GROUP, .rows = rows};
    struct buf expected = BUF_MAX(600);

    conf_rows_default(c, rows, base);
    if (value->kind == NODE_MAP) {
        conf_rows_read(c, &set, 1, value, value->key->text);
        conf_rows_required(c, rows, value, value->key, value->key->text);
    } else if (node_is_null(value)) {
        conf_rows_required(c, rows, NULL, value->key, value->key->text);
    } else if (positional) {
        (void)conf_type_read(c, positional, base, value);
    } else {
        conf_type_expected(&expected, &group);
        conf_error_expected(c, value, group.key, buf_text(&expected));
        buf_done(&expected);
    }
}

/* Is the name good and new? former: where it stands already, or NULL. */
static bool is_new(struct conf_ctx *c, const struct node *key, const struct conf_where *former)
{
    if (former == NULL)
        return conf_name_read(c, key);
    conf_error_at(c, key, MSG("“{1}” exists already, in {2}"), "ss", key->text,
                  conf_where_text(c, *former, c->scratch));
    return false;
}

static void read_contacts(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_contact *o = map_find(&c->conf->contact_by_name, kid->key->text);
        struct conf_contact_fields f = {0};

        if (!is_new(c, kid->key, o ? &o->where : NULL))
            continue;
        read_fields(c, conf_rows_contact, &f, kid);
        if (kid->kind == NODE_MAP)
            judge_texts(c, kid, "mail", conf_is_mail,
                        MSG("a mail address such as ops@example.org"));
        for (int i = 0; kid->kind != NODE_MAP && i < f.mail.n; i++)
            if (!conf_is_mail(f.mail.at[i]))
                conf_error_at(
                    c, kid,
                    MSG("“{1}” is no mail address; expected is one such as ops@example.org"), "s",
                    f.mail.at[i]);
        o = ARENA_NEW(c->arena, struct conf_contact);
        o->name = intern_text(&c->intern, kid->key->text);
        o->mail = f.mail;
        o->lang = f.lang;
        o->period = f.period;
        o->digest = f.digest;
        judge_texts(c, kid, "digest", is_weekly, MSG("a day of the week and a time such as “mon 08:00”, or “no”"));
        conf_refs_add(c, REF_PERIOD, NULL, node_get(kid, "period"));
        o->where = conf_where_of(c, kid->key);
        map_set(&c->conf->contact_by_name, o->name, o);
        VEC_PUSH(&c->contacts, o);
    }
}

static void read_groups(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_group *g = map_find(&c->group_by_name, kid->key->text);
        struct conf_group_fields f = {0};

        if (!is_new(c, kid->key, g && g->where.line ? &g->where : NULL))
            continue;
        read_fields(c, conf_rows_group, &f, kid);
        vars_judge(c, node_get(kid, "vars"));
        if (node_get(kid, "vars"))
            map_set(&c->expand->group_vars, kid->key->text,
                    (void *)(uintptr_t)node_get(kid, "vars"));
        g = conf_group_named(c, kid->key->text);
        g->title = f.title;
        g->where = conf_where_of(c, kid->key);
    }
}

static void read_components(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_component *o = map_find(&c->conf->component_by_name, kid->key->text);
        struct conf_component_fields f = {0};

        if (!is_new(c, kid->key, o ? &o->where : NULL))
            continue;
        read_fields(c, conf_rows_component, &f, kid);
        if (node_get(kid, "name") && node_get(kid, "title"))
            conf_error_at(c, node_get(kid, "title")->key,
                          MSG("“title” means the same as “name” here; give only one of them"), "");
        conf_refs_add(c, REF_DEPENDS, NULL, node_get(kid, "depends"));
        o = ARENA_NEW(c->arena, struct conf_component);
        *o = (struct conf_component){
            .name = intern_text(&c->intern, kid->key->text),
            .title = f.title,
            .text = f.text,
            .group = f.group,
            .depends = f.depends,
            .partners = f.partners,
            .aliases = f.aliases,
            .publish = f.publish,
            .after_ms = f.after_ms,
            .order = f.order,
            .link = f.link,
            .print = conf_rows_hash(conf_rows_component, &f, 4),
            .where = conf_where_of(c, kid->key),
        };
        map_set(&c->conf->component_by_name, o->name, o);
        VEC_PUSH(&c->components, o);
    }
}

static const struct {
    const char *key;
    void (*read)(struct conf_ctx *c, const struct node *map);
    int pass;
    bool list; /* that it is a list is judged by its reader */
} sections[] = {
    {"site", read_site, 0},
    {"defaults", read_defaults, 0},
    {"contacts", read_contacts, 0},
    {"groups", read_groups, 0},
    {"periods", conf_periods_read, 0},
    {"holidays", conf_holidays_read, 0},
    {"templates", conf_templates_read, 0},
    {"apply", conf_apply_read, 0, true},
    {"scripts", conf_library_read, 0},
    {"hosts", conf_host_read, 1},
    {"components", read_components, 1},
    {"services", conf_services_read, 1},
    {"announce", conf_announce_read, 0},
    {"mail_in", conf_mail_in_read, 0},
    {"upstreams", conf_upstreams_read, 0},
    {"texts", conf_texts_read, 0},
    {"series", conf_series_read, 0},
    {"mirrors", conf_mirrors_read, 0},
    {"login", conf_login_read, 0},
    {"irc", conf_irc_read, 0},
    {"federation", conf_federation_read, 0},
    {"webhooks", conf_webhooks_read, 0},
    {"sms", conf_sms_read, 0},
    {"feeds", conf_feeds_read, 0},
};

static void read_section(struct conf_ctx *c, const struct node *value, int pass)
{
    struct row_set top = {.rows = conf_rows_top};
    struct buf expected = BUF_MAX(100);
    bool known = false;

    for (size_t i = 0; i < COUNT(sections); i++) {
        if (!str_eq(sections[i].key, value->key->text))
            continue;
        known = true;
        if (sections[i].pass != pass || node_is_null(value))
            continue;
        if (value->kind == NODE_MAP || sections[i].list) {
            sections[i].read(c, value);
            continue;
        }
        msg_pack(&expected, MSG("a mapping"), "");
        conf_error_expected(c, value, sections[i].key, buf_text(&expected));
        buf_done(&expected);
    }
    if (!known && pass == 0)
        conf_unknown_key(c, value->key, &top, 1, c->file->name);
}

static void read_tree(struct conf_ctx *c, const struct node *tree, int pass)
{
    if (tree->kind != NODE_MAP) {
        if (pass == 0 && !node_is_null(tree))
            conf_error_at(
                c, tree,
                MSG("the file must be a mapping, with keys such as “hosts:” and “contacts:”"), "");
        return;
    }
    NODE_EACH(tree, kid)
    read_section(c, kid, pass);
}

/* ---- the context */

void conf_ctx_init(struct conf_ctx *c, const struct conf_env *env, struct arena *a,
                   struct conf_errors *errors)
{
    size_t most = 1;

    *c = (struct conf_ctx){
        .env = env, .arena = a, .scratch = arena_new(16 * 1024), .errors = errors};
    c->intern.arena = a;
    for (int i = 0; env->kinds && env->kinds[i]; i++) {
        struct conf_kind_state *k = ARENA_NEW(c->scratch, struct conf_kind_state);

        k->kind = env->kinds[i];
        most = conf_opts_room(k->kind) > most ? conf_opts_room(k->kind) : most;
        map_set(&c->kinds, k->kind->name, k);
    }
    c->opts = arena_alloc(c->scratch, most);
    c->words = arena_alloc(c->scratch, conf_pack_room(most));
}

void conf_ctx_done(struct conf_ctx *c)
{
    intern_done(&c->intern);
    map_done(&c->kinds);
    map_done(&c->secrets);
    map_done(&c->regexes);
    map_done(&c->places);
    map_done(&c->group_by_name);
    VEC_DONE(&c->hosts);
    VEC_DONE(&c->contacts);
    VEC_DONE(&c->components);
    VEC_DONE(&c->groups);
    VEC_DONE(&c->periods);
    VEC_DONE(&c->texts);
    VEC_DONE(&c->series);
    VEC_DONE(&c->refs);
    VEC_DONE(&c->depends);
    VEC_DONE(&c->warnings);
    for (size_t i = 0; i < c->kept.n; i++)
        arena_free(c->kept.at[i]);
    VEC_DONE(&c->kept);
    VEC_DONE(&c->spans);
    conf_expand_done(c);
    c->scratch = arena_free(c->scratch);
}

/* ---- from what was collected to the generation */

static int by_name(const char *a, const char *b)
{
    int order = str_natural(a, b);

    return order ? order : strcmp(a, b);
}

#define ORDER(type)                                                                                \
    static int order_##type(const void *a, const void *b)                                          \
    {                                                                                              \
        return by_name((*(struct type *const *)a)->name, (*(struct type *const *)b)->name);        \
    }
ORDER(conf_host)
ORDER(conf_contact)
ORDER(conf_period)

/* By their `order`, then by name. */
static int order_conf_component(const void *a, const void *b)
{
    const struct conf_component *x = *(struct conf_component *const *)a, *y = *(struct conf_component *const *)b;

    return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : by_name(x->name, y->name);
}
ORDER(conf_group)

static void *sorted(struct conf_ctx *c, void *at, size_t n,
                    int (*order)(const void *, const void *))
{
    if (n == 0)
        return NULL;
    qsort(at, n, sizeof(void *), order);
    return memcpy(arena_alloc(c->arena, n * sizeof(void *)), at, n * sizeof(void *));
}

static void print_host(struct conf_host *h)
{
    struct conf_host_fields f;

    conf_fields_of_host(h, &f);
    h->print = conf_rows_hash(conf_rows_host, &f, h->alive ? h->alive->print : 2);
}

static void finish(struct conf_ctx *c)
{
    struct conf *conf = c->conf;

    for (size_t i = 0; i < c->hosts.n; i++) {
        if (c->hosts.at[i]->contacts == NULL)
            c->hosts.at[i]->contacts = c->defaults.contacts.at;
        print_host(c->hosts.at[i]);
    }
    for (size_t i = 0; i < c->contacts.n; i++) {
        struct conf_contact *o = c->contacts.at[i];
        struct conf_contact_fields f;

        if (o->lang == NULL)
            o->lang = conf->site.lang;
        conf_fields_of_contact(o, &f);
        o->print = conf_rows_hash(conf_rows_contact, &f, 3);
    }
    conf->site.print = conf_rows_hash(conf_rows_site, &conf->site, 5);
    conf->hosts = sorted(c, c->hosts.at, c->hosts.n, order_conf_host);
    conf->n_hosts = (int)c->hosts.n;
    conf->n_checks = c->n_checks;
    conf->contacts = sorted(c, c->contacts.at, c->contacts.n, order_conf_contact);
    conf->n_contacts = (int)c->contacts.n;
    conf->components = sorted(c, c->components.at, c->components.n, order_conf_component);
    conf->n_components = (int)c->components.n;
    conf->groups = sorted(c, c->groups.at, c->groups.n, order_conf_group);
    conf->n_groups = (int)c->groups.n;
    conf->n_warnings = (int)c->warnings.n;
    if (c->warnings.n)
        conf->warnings = memcpy(ARENA_ARRAY(c->arena, struct conf_error, c->warnings.n), c->warnings.at,
                                c->warnings.n * sizeof(struct conf_error));
    conf->periods = sorted(c, c->periods.at, c->periods.n, order_conf_period);
    conf->n_periods = (int)c->periods.n;
    conf_announce_finish(c);
    conf_hooks_finish(c);
    conf->n_spans = (int)c->spans.n;
    conf->spans = ARENA_ARRAY(c->arena, struct conf_span, c->spans.n + 1);
    if (c->spans.n)
        memcpy((void *)(uintptr_t)conf->spans, c->spans.at, c->spans.n * sizeof(*c->spans.at));
}

/* ---- loading */

static void take_files(struct conf_ctx *c, const struct conf_file *files, int n_files)
{
    const char **names = ARENA_ARRAY(c->arena, const char *, (size_t)n_files + 1);
    size_t bytes = 0;

    for (int i = 0; i < n_files; i++) {
        names[i] = arena_dup(c->arena, files[i].name);
        bytes += files[i].bytes;
    }
    intern_expect(&c->intern, bytes / 70);
    c->files = n_files ? files : NULL;
    c->conf->files = names;
    c->conf->n_files = n_files;
}

/* False when a file could not be read as YAML. */
static bool read_files(struct conf_ctx *c, const struct conf_file *files, int n_files)
{
    static const struct compose_stream hosts = {.key = "hosts", .entry = conf_host_entry};
    const struct node **trees = ARENA_ARRAY(c->scratch, const struct node *, (size_t)n_files + 1);
    bool all = true, ok;

    for (int i = 0; i < n_files; i++) {
        c->file = &files[i];
        c->file_index = i;
        trees[i] = compose_text(c, c->scratch, files[i].text, files[i].bytes,
                                c->all_first ? NULL : &hosts, &ok);
        all = all && ok;
    }
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            conf_templates_resolve(c);
            conf_origin_sort(c);
        }
        for (int i = 0; i < n_files; i++) {
            c->file = &files[i];
            c->file_index = i;
            if (trees[i])
                read_tree(c, trees[i], pass);
        }
    }
    c->file = NULL;
    c->file_index = 0;
    return all;
}

/* Is there a host that did not come from the file that vigie itself writes? */
static bool configured_by_people(const struct conf_ctx *c, const struct conf_file *files)
{
    for (size_t i = 0; i < c->hosts.n; i++)
        if (!files[c->hosts.at[i]->where.file].own)
            return true;
    return false;
}

static struct conf *new_conf(struct arena *a)
{
    struct conf_box *box = ARENA_NEW(a, struct conf_box);

    atomic_init(&box->references, 1);
    box->conf.arena = a;
    return &box->conf;
}

int conf_load(const struct conf_env *env, const struct conf_file *files, int n_files,
              struct conf **ret_conf, struct conf_errors *errors)
{
    struct conf_errors own, *es = errors ? errors : &own;
    struct conf_ctx *c = NEW(struct conf_ctx); /* large for a worker's stack */
    struct arena *a = arena_new(16 * 1024);
    struct conf *conf = new_conf(a);
    bool failed;

    es->n = es->more = 0;
    es->arena = NULL;
    conf_ctx_init(c, env, a, es);
    c->conf = conf;
    take_files(c, files, n_files);
    conf_rows_default(c, conf_rows_site, &conf->site);
    conf_rows_default(c, conf_rows_mail_in, &conf->mail_in);
    conf_rows_default(c, conf_rows_defaults, &c->defaults);
    conf_rows_default(c, conf_rows_announce, &conf->announce);
    conf_rows_default(c, conf_rows_login, &conf->login);
    conf->login.print = conf_rows_hash(conf_rows_login, &conf->login, 12);
    conf_rows_default(c, conf_rows_federation, &conf->federation);
    conf_hooks_default(c);
    if (n_files > CONF_MAX_FILES) {
        conf_error_line(c, 0, 0, MSG("there are {1} files; at most {2} can be read"), "ii",
                        (int64_t)n_files, (int64_t)CONF_MAX_FILES);
    } else if (conf_expand_init(c, files, n_files), read_files(c, files, n_files)) {
        if (env->local_host && !configured_by_people(c, files))
            conf_host_local(c);
        conf_check_inherit(c);
        if (!env->part) {
            conf_refs_judge(c);
            conf_links_judge(c);
            conf_periods_link(c);
            conf_incoming_link(c);
            conf_announce_link(c);
            conf_irc_link(c);
            conf_federation_link(c);
            conf_hooks_link(c);
        }
    }
    failed = conf_error_count(c) > 0;
    if (failed)
        conf_error_finish(c);
    else
        finish(c);
    conf_ctx_done(c);
    mem_free(c);
    if (failed)
        conf_unref(conf);
    else
        *ret_conf = conf;
    if (errors == NULL)
        conf_errors_done(es);
    return failed ? ERR_INVALID : 0;
}

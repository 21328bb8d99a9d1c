/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_host.c: hosts with their checks, and the machine itself when no host is configured. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"
#include "config/expand.h"

bool conf_name_read(struct conf_ctx *c, const struct node *key)
{
    struct buf why = BUF_MAX(600);
    bool ok = conf_name_check(key->text, &why) == 0;

    if (!ok)
        conf_error_packed(c, key, buf_text(&why));
    buf_done(&why);
    return ok;
}

/* ---- the list of checks */

static bool name_is_free(struct conf_ctx *c, const struct conf_host *h,
                         struct conf_check *const *checks, size_t n, const struct map *names,
                         const struct conf_check *k, bool named)
{
    const struct conf_check *former = map_find(names, k->name);

    for (size_t i = 0; i < n && !former && names->n == 0; i++)
        if (checks[i]->name == k->name) /* interned */
            former = checks[i];
    if (former == NULL)
        return true;
    if (named)
        conf_error_where(c, k->where, MSG("{1} already has a check “{2}”, in {3}"), "sss", h->name,
                         k->name, conf_where_text(c, former->where, c->scratch));
    else
        conf_error_where(c, k->where,
                         MSG("{1} already has a check “{2}”, in {3}; give this one a name, such as "
                             "“{4}: {{ name: {2}-2, … }”"),
                         "ssss", h->name, k->name, conf_where_text(c, former->where, c->scratch),
                         k->kind->name);
    return false;
}

/* Appends the items to the host's checks. */
static void read_checks(struct conf_ctx *c, struct conf_host *h, const struct node *list)
{
    VEC(struct conf_check *) checks = {0};
    struct map names = {0}; /* only when there are many */
    struct buf expected = BUF_MAX(200);

    if (node_is_null(list))
        return;
    if (list->kind != NODE_LIST) {
        msg_pack(&expected, MSG("a list of checks, such as “- tcp: 22”"), "");
        conf_error_expected(c, list, "checks", buf_text(&expected));
        buf_done(&expected);
        return;
    }
    for (int i = 0; i < h->n_checks; i++)
        VEC_PUSH(&checks, h->checks[i]);
    NODE_EACH(list, item)
    {
        struct conf_check *k;

        if (c->n_checks >= CONF_MAX_CHECKS) {
            conf_error_at(c, item, MSG("there are more than {1} checks"), "i",
                          (int64_t)CONF_MAX_CHECKS);
            break;
        }
        k = conf_check_item(c, h, item, false);
        if (k == NULL || !name_is_free(c, h, checks.at, checks.n, &names, k,
                                       node_get(node_kids(item), "name") != NULL))
            continue;
        VEC_PUSH(&checks, k);
        c->n_checks++;
        for (size_t i = names.n; checks.n > 16 && i < checks.n; i++)
            map_set(&names, checks.at[i]->name, checks.at[i]);
    }
    map_done(&names);
    h->checks = checks.n ? memcpy(ARENA_ARRAY(c->arena, struct conf_check *, checks.n), checks.at,
                                  checks.n * sizeof(*checks.at))
                         : NULL;
    h->n_checks = (int)checks.n;
    VEC_DONE(&checks);
}

/* ---- is the host up? */

static struct conf_check *ping(struct conf_ctx *c, const struct conf_host *h, const struct node *at)
{
    const struct conf_kind_state *icmp = conf_kind_find(c, "icmp");

    return icmp ? conf_check_read(c, h, icmp->kind, at, NULL, true) : NULL;
}

static bool is_word(const struct node *n, const char *a, const char *b, const char *d)
{
    return n->kind == NODE_TEXT &&
           (str_ieq(n->text, a) || str_ieq(n->text, b) || str_ieq(n->text, d));
}

static struct conf_check *read_alive(struct conf_ctx *c, const struct conf_host *h,
                                     const struct node *key, const struct node *alive)
{
    if (alive == NULL || node_is_null(alive) || is_word(alive, "true", "yes", "on"))
        return h->address ? ping(c, h, alive ? alive->key : key) : NULL;
    if (is_word(alive, "false", "no", "off"))
        return NULL;
    return conf_check_item(c, h, alive, true);
}

/* ---- one host */

struct conf_group *conf_group_named(struct conf_ctx *c, const char *name)
{
    struct conf_group *g = map_find(&c->group_by_name, name);

    if (g)
        return g;
    g = ARENA_NEW(c->arena, struct conf_group);
    g->name = intern_text(&c->intern, name);
    map_set(&c->group_by_name, g->name, g);
    VEC_PUSH(&c->groups, g);
    return g;
}

static void take_groups(struct conf_ctx *c, const struct node *list,
                        const struct conf_texts *groups)
{
    struct buf why = BUF_MAX(600);

    for (int i = 0; i < groups->n; i++) {
        if (conf_name_check(groups->at[i], &why) == 0)
            (void)conf_group_named(c, groups->at[i]);
        else
            conf_error_packed(c, list, buf_text(&why));
        buf_clear(&why);
    }
    buf_done(&why);
}

static void fill(struct conf_host *h, const struct conf_host_fields *f)
{
    static const int families[] = {0, 4, 6};

    h->address = f->address;
    h->title = f->title;
    h->was = f->was;
    h->notes = f->notes;
    h->family = families[f->family];
    h->ways = f->parents;
    h->depends = f->depends;
    h->groups = f->groups.at;
    h->contacts = f->contacts.at;
    h->labels = f->labels;
    h->enabled = f->enabled;
}

static struct conf_host *new_host(struct conf_ctx *c, const struct node *key)
{
    struct conf_host *h = ARENA_NEW(c->arena, struct conf_host);

    h->name = intern_text(&c->intern, key->text);
    h->where = conf_where_of(c, key);
    map_set(&c->conf->host_by_name, h->name, h);
    VEC_PUSH(&c->hosts, h);
    return h;
}

/* A later file may give more checks to a host, and nothing else (but may repeat the address). */
static void read_again(struct conf_ctx *c, struct conf_host *h, const struct node *value,
                       struct arena *a)
{
    const struct node *checks = node_get(value, "checks"), *address = node_get(value, "address");
    const char *place = conf_where_text(c, h->where, c->scratch);
    bool same = address && address->kind == NODE_TEXT && str_eq(address->text, h->address);

    if (h->where.file == conf_where_of(c, value->key).file)
        conf_error_at(c, value->key,
                      MSG("the key {1} stands here a second time; it was first on line {2}"), "si",
                      h->name, (int64_t)h->where.line);
    else if (checks == NULL || node_count(value) != 1u + same)
        conf_error_at(
            c, value->key,
            MSG("the host {1} exists already, in {2}; here it may only get more “checks”"), "ss",
            h->name, place);
    else
        read_checks(c, h, conf_expand_more(c, h, checks, a));
}

static void read_host(struct conf_ctx *c, const struct node *value, struct arena *a)
{
    const struct node *key = value->key;
    struct conf_host_fields f = {0};
    struct row_set set = {.rows = conf_rows_host, .base = &f};
    struct conf_host *h = map_find(&c->conf->host_by_name, key->text);
    struct buf expected = BUF_MAX(200);

    if (h) {
        read_again(c, h, value, a);
        return;
    }
    if (!conf_name_read(c, key))
        return;
    value = conf_expand_host(c, value, a);
    h = new_host(c, key);
    conf_rows_default(c, conf_rows_host, &f);
    if (value->kind == NODE_MAP) {
        conf_rows_read(c, &set, 1, value, h->name);
    } else if (value->kind == NODE_LIST) {
        msg_pack(&expected, MSG("an address, or a mapping with “address”, “checks” and more"), "");
        conf_error_expected(c, value, h->name, buf_text(&expected));
        buf_done(&expected);
    } else if (!node_is_null(value)) {
        (void)conf_type_read(c, conf_rows_positional(conf_rows_host), &f, value);
    }
    fill(h, &f);
    h->from = conf_origin_keys(c, value, key);
    conf_refs_add(c, REF_CONTACT, NULL, node_get(value, "contacts"));
    take_groups(c, node_get(value, "groups"), &f.groups);
    h->alive = read_alive(c, h, key, f.alive);
    read_checks(c, h, f.checks);
}

void conf_host_entry(struct conf_ctx *c, const struct node *value)
{
    struct arena *a;

    if (c->hosts.n < CONF_MAX_HOSTS) {
        a = arena_new(16 * 1024);
        read_host(c, value, a);
        arena_free(a);
    } else if (c->hosts.n == CONF_MAX_HOSTS)
        conf_error_at(c, value->key, MSG("there are more than {1} hosts"), "i",
                      (int64_t)CONF_MAX_HOSTS);
}

void conf_host_read(struct conf_ctx *c, const struct node *value)
{
    NODE_EACH(value, kid)
    conf_host_entry(c, kid);
}

/* ---- the machine itself */

/* What stands in /etc/hostname need not be a name here. */
static const char *local_name(struct conf_ctx *c)
{
    struct buf why = BUF_MAX(600);
    const char *name = c->env->machine_name;

    if (name == NULL || conf_name_check(name, &why) != 0)
        name = "localhost";
    buf_done(&why);
    return name;
}

/* That of vigie's own files, which may have more checks of it; else a new one. */
static struct conf_host *machine_host(struct conf_ctx *c, const char *name)
{
    struct conf_host *h = NULL;

    for (size_t i = 0; i < c->hosts.n; i++)
        if (str_eq(c->hosts.at[i]->name, name))
            return c->hosts.at[i];
    h = new_host(c, node_text(c->scratch, name));
    h->enabled = true;
    h->where.line = 0; /* no line of a file */
    return h;
}

static bool has_kind(const struct conf_host *h, const char *kind)
{
    for (int i = 0; i < h->n_checks; i++)
        if (str_eq(h->checks[i]->kind->name, kind) || str_eq(h->checks[i]->name, kind))
            return true;
    return false;
}

void conf_host_local(struct conf_ctx *c)
{
    static const char *const kinds[] = {"disks", "inodes",  "memory",    "swap",  "load",
                                        "cpu",   "network", "processes", "units", "clock"};
    const char *group = "local";
    struct conf_host *h = machine_host(c, local_name(c));
    VEC(struct conf_check *) checks = {0};

    if (!h->title)
        h->title = intern_text(&c->intern, msg_tr(c->conf->site.lang, MSG("This machine")));
    if (!h->groups || !h->groups[0])
        h->groups = conf_texts_make(c, &group, 1).at;
    (void)conf_group_named(c, group);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct conf_kind_state *state = has_kind(h, kinds[i]) ? NULL : conf_kind_find(c, kinds[i]);
        struct conf_check *k = state ? conf_check_read(c, h, state->kind, NULL, NULL, false) : NULL;

        if (k == NULL)
            continue;
        k->where.line = 0;
        VEC_PUSH(&checks, k);
        c->n_checks++;
    }
    for (int i = 0; i < h->n_checks; i++)
        VEC_PUSH(&checks, h->checks[i]);
    h->checks = checks.n ? memcpy(ARENA_ARRAY(c->arena, struct conf_check *, checks.n), checks.at,
                                  checks.n * sizeof(*checks.at))
                         : NULL;
    h->n_checks = (int)checks.n;
    VEC_DONE(&checks);
}

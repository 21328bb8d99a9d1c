/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_print.c: a generation as YAML again: everything that is in effect, defaults included,
 * secrets masked. conf_load() reads the result to an equal generation (but for the secrets). */
#include "config/conf_int.h"

#include "base/str.h"

static void pad(struct buf *out, int indent)
{
    for (int i = 0; i < indent; i++)
        buf_char(out, ' ');
}

/* Where what is printed came from. */
struct sources {
    const struct conf *conf;
    const struct conf_from *from;
};

static void print_from(struct buf *out, const struct sources *s, const char *key)
{
    if (s && s->from)
        conf_origin_print(out, s->conf, conf_origin_of(s->from, key));
}

/* "${" would be a variable when it is read again, in hosts and checks. */
static void escape_refs(struct buf *out, size_t start)
{
    char *copy;
    const char *p, *stop;

    if (out->len == start || memmem(out->data + start, out->len - start, "${", 2) == NULL)
        return;
    p = copy = mem_dupn(out->data + start, out->len - start);
    buf_cut(out, start);
    for (; (stop = strstr(p, "${")) != NULL; p = stop + 2) {
        buf_add(out, p, (size_t)(stop - p));
        buf_str(out, "$${");
    }
    buf_str(out, p);
    mem_free(copy);
}

static void print_rows(struct buf *out, const struct conf_row *rows, const void *base, int indent,
                       const struct sources *s)
{
    size_t start;

    for (; rows && rows->key; rows++) {
        if (!conf_type_set(rows, base))
            continue;
        pad(out, indent);
        buf_printf(out, "%s:", rows->key);
        if (rows->type == CONF_GROUP) {
            print_from(out, s, rows->key);
            buf_char(out, '\n');
            print_rows(out, rows->rows, base, indent + 2,
                       s ? &(const struct sources){.conf = s->conf} : NULL);
            continue;
        }
        buf_char(out, ' ');
        start = out->len;
        conf_type_print(out, rows, base);
        if (s)
            escape_refs(out, start);
        print_from(out, s, rows->key);
        buf_char(out, '\n');
    }
}

static void print_entry(struct buf *out, const char *name, const struct conf_row *rows,
                        const void *base, const struct sources *s)
{
    buf_str(out, "  ");
    node_quote(out, name);
    buf_str(out, ":\n");
    print_rows(out, rows, base, 4, s);
}

/* "http:" and below it the general keys and the kind's own. elsewhere: it did not come from its
 * host's own lines. */
static void print_check(struct buf *out, const struct conf *c, const struct conf_check *k,
                        int indent)
{
    struct conf_check_fields f;
    struct sources s = {.conf = c, .from = k->from};
    struct arena *a = arena_new(0);

    conf_fields_of_check(k, &f);
    node_quote(out, k->kind->name);
    buf_char(out, ':');
    conf_origin_check(out, c, k);
    buf_char(out, '\n');
    print_rows(out, conf_rows_check, &f, indent, &s);
    print_rows(out, k->kind->rows, conf_check_opts(k, a), indent, &s);
    arena_free(a);
}

static void print_alive(struct buf *out, const struct conf *c, const struct conf_host *h)
{
    if (h->alive == NULL) {
        buf_str(out, "    alive: no\n");
        return;
    }
    buf_str(out, "    alive:\n      ");
    print_check(out, c, h->alive, 8);
}

static void print_host(struct buf *out, const struct conf *c, const struct conf_host *h)
{
    struct conf_host_fields f;
    struct sources s = {.conf = c, .from = h->from};

    conf_fields_of_host(h, &f);
    print_entry(out, h->name, conf_rows_host, &f, &s);
    print_alive(out, c, h);
    if (h->n_checks)
        buf_str(out, "    checks:\n");
    for (int i = 0; i < h->n_checks; i++) {
        buf_str(out, "      - ");
        print_check(out, c, h->checks[i], 10);
    }
}

static void print_periods(struct buf *out, const struct conf *c)
{
    static const struct conf_row row = {.key = "when", .type = CONF_TEXTS, .offset = offsetof(struct conf_period_fields, when)};
    struct conf_period_fields f;

    for (int holidays = 0; holidays < 2; holidays++) {
        bool any = false;

        for (int i = 0; i < c->n_periods; i++) {
            if (c->periods[i]->holidays != holidays)
                continue;
            if (!any)
                buf_str(out, holidays ? "holidays:\n" : "periods:\n");
            any = true;
            conf_fields_of_period(c->periods[i], &f);
            if (!holidays) {
                print_entry(out, c->periods[i]->name, conf_rows_period, &f, NULL);
                continue;
            }
            buf_str(out, "  ");
            node_quote(out, c->periods[i]->name);
            buf_str(out, ": ");
            conf_type_print(out, &row, &f);
            buf_char(out, '\n');
        }
    }
}

static void print_people(struct buf *out, const struct conf *c)
{
    struct conf_contact_fields contact;
    struct conf_group_fields group;

    if (c->n_contacts)
        buf_str(out, "contacts:\n");
    for (int i = 0; i < c->n_contacts; i++) {
        conf_fields_of_contact(c->contacts[i], &contact);
        print_entry(out, c->contacts[i]->name, conf_rows_contact, &contact, NULL);
    }
    print_periods(out, c);
    if (c->n_groups)
        buf_str(out, "groups:\n");
    for (int i = 0; i < c->n_groups; i++) {
        group.title = c->groups[i]->title;
        print_entry(out, c->groups[i]->name, conf_rows_group, &group, NULL);
    }
}

static void print_components(struct buf *out, const struct conf *c)
{
    struct conf_component_fields f;

    if (c->n_components)
        buf_str(out, "components:\n");
    for (int i = 0; i < c->n_components; i++) {
        conf_fields_of_component(c->components[i], &f);
        print_entry(out, c->components[i]->name, conf_rows_component, &f, NULL);
    }
}

static void print_announce(struct buf *out, const struct conf *c)
{
    buf_str(out, "announce:\n");
    print_rows(out, conf_rows_announce, &c->announce, 2, NULL);
    if (c->n_texts)
        buf_str(out, "texts:\n");
    for (int i = 0; i < c->n_texts; i++)
        print_entry(out, c->texts[i]->name, conf_rows_text, c->texts[i], NULL);
    if (c->n_series)
        buf_str(out, "series:\n");
    for (int i = 0; i < c->n_series; i++)
        print_entry(out, c->series[i]->name, conf_rows_series, c->series[i], NULL);
    if (c->mirror_by_name.n)
        buf_str(out, "mirrors:\n");
    const char *name;
    void *mirror;
    for (size_t i = 0; map_each(&c->mirror_by_name, &i, &name, &mirror);)
        print_entry(out, name, conf_rows_mirror, mirror, NULL);
    buf_str(out, "federation:\n");
    print_rows(out, conf_rows_federation, &c->federation, 2, NULL);
    if (c->irc_by_name.n)
        buf_str(out, "irc:\n");
    void *network;
    for (size_t i = 0; map_each(&c->irc_by_name, &i, &name, &network);)
        print_entry(out, name, conf_rows_irc, network, NULL);
    if (c->mail_in.given) {
        buf_str(out, "mail_in:\n");
        print_rows(out, conf_rows_mail_in, &c->mail_in, 2, NULL);
    }
    if (c->upstream_by_name.n)
        buf_str(out, "upstreams:\n");
    for (size_t i = 0; map_each(&c->upstream_by_name, &i, &name, &mirror);)
        print_entry(out, name, conf_rows_upstream, mirror, NULL);
}

static void print_login(struct buf *out, const struct conf *c)
{
    struct conf_row rows[CONF_LOGIN_ROWS] = {{0}};

    conf_login_rows(&c->login, rows);
    buf_str(out, "login:\n");
    print_rows(out, rows, &c->login, 2, NULL);
}

static void print_hooks(struct buf *out, const struct conf *c)
{
    const char *name;
    void *hook;

    if (c->webhook_by_name.n)
        buf_str(out, "webhooks:\n");
    for (size_t i = 0; map_each(&c->webhook_by_name, &i, &name, &hook);)
        print_entry(out, name, conf_rows_webhook, hook, NULL);
    if (c->sms.to.n) {
        buf_str(out, "sms:\n");
        print_rows(out, conf_rows_sms, &c->sms, 2, NULL);
    }
    buf_str(out, "feeds:\n");
    print_rows(out, conf_rows_feeds, &c->feeds, 2, NULL);
}

void conf_print(struct buf *out, const struct conf *c, const char *host)
{
    const struct conf_host *only = host ? conf_find_host(c, host) : NULL;

    if (host && only == NULL)
        return;
    if (only == NULL) {
        buf_str(out, "site:\n");
        print_rows(out, conf_rows_site, &c->site, 2, NULL);
        print_people(out, c);
    }
    if (only || c->n_hosts)
        buf_str(out, "hosts:\n");
    for (int i = 0; i < c->n_hosts; i++)
        if (only == NULL || only == c->hosts[i])
            print_host(out, c, c->hosts[i]);
    if (only == NULL) {
        print_components(out, c);
        print_announce(out, c);
        print_login(out, c);
        print_hooks(out, c);
    }
}

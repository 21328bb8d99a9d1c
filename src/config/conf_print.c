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

static void print_rows(struct buf *out, const struct conf_row *rows, const void *base, int indent)
{
    for (; rows && rows->key; rows++) {
        if (!conf_type_set(rows, base))
            continue;
        pad(out, indent);
        buf_printf(out, "%s:", rows->key);
        if (rows->type == CONF_GROUP) {
            buf_char(out, '\n');
            print_rows(out, rows->rows, base, indent + 2);
            continue;
        }
        buf_char(out, ' ');
        conf_type_print(out, rows, base);
        buf_char(out, '\n');
    }
}

static void print_entry(struct buf *out, const char *name, const struct conf_row *rows,
                        const void *base)
{
    buf_str(out, "  ");
    node_quote(out, name);
    buf_str(out, ":\n");
    print_rows(out, rows, base, 4);
}

/* "http:" and below it the general keys and the kind's own. */
static void print_check(struct buf *out, const struct conf_check *k, int indent)
{
    struct conf_check_fields f;
    struct arena *a = arena_new(0);

    conf_fields_of_check(k, &f);
    node_quote(out, k->kind->name);
    buf_str(out, ":\n");
    print_rows(out, conf_rows_check, &f, indent);
    print_rows(out, k->kind->rows, conf_check_opts(k, a), indent);
    arena_free(a);
}

static void print_alive(struct buf *out, const struct conf_host *h)
{
    if (h->alive == NULL) {
        buf_str(out, "    alive: no\n");
        return;
    }
    buf_str(out, "    alive:\n      ");
    print_check(out, h->alive, 8);
}

static void print_host(struct buf *out, const struct conf_host *h)
{
    struct conf_host_fields f;

    conf_fields_of_host(h, &f);
    print_entry(out, h->name, conf_rows_host, &f);
    print_alive(out, h);
    if (h->n_checks)
        buf_str(out, "    checks:\n");
    for (int i = 0; i < h->n_checks; i++) {
        buf_str(out, "      - ");
        print_check(out, h->checks[i], 10);
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
        print_entry(out, c->contacts[i]->name, conf_rows_contact, &contact);
    }
    if (c->n_groups)
        buf_str(out, "groups:\n");
    for (int i = 0; i < c->n_groups; i++) {
        group.title = c->groups[i]->title;
        print_entry(out, c->groups[i]->name, conf_rows_group, &group);
    }
}

static void print_components(struct buf *out, const struct conf *c)
{
    struct conf_component_fields f;

    if (c->n_components)
        buf_str(out, "components:\n");
    for (int i = 0; i < c->n_components; i++) {
        conf_fields_of_component(c->components[i], &f);
        print_entry(out, c->components[i]->name, conf_rows_component, &f);
    }
}

void conf_print(struct buf *out, const struct conf *c, const char *host)
{
    const struct conf_host *only = host ? conf_find_host(c, host) : NULL;

    if (host && only == NULL)
        return;
    if (only == NULL) {
        buf_str(out, "site:\n");
        print_rows(out, conf_rows_site, &c->site, 2);
        print_people(out, c);
    }
    if (only || c->n_hosts)
        buf_str(out, "hosts:\n");
    for (int i = 0; i < c->n_hosts; i++)
        if (only == NULL || only == c->hosts[i])
            print_host(out, c->hosts[i]);
    if (only == NULL)
        print_components(out, c);
}

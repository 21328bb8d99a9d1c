/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_print.c: what was gathered as YAML, each thing below the line it came from; and the proof that it loads. */
#include "config/import/import_priv.h"
#include "base/utf8.h"

enum { MAX_ROUNDS = 1000 };

struct printer {
    struct import *im;
    struct buf *out;
    const char *name; /* of the foreign file, fit for a comment */
    unsigned line; /* the one that is being written */
    VEC(struct import_item *) items;
};

static void end_line(struct printer *p)
{
    buf_char(p->out, '\n');
    p->line++;
}

static void print_value(struct buf *b, const struct doc *d);

/* What is no variable there must not become one here. */
static void print_text(struct buf *b, const char *text)
{
    struct buf literal = BUF_MAX(2 * strlen(text) + 1);
    const char *stop;
    while ((stop = strstr(text, "${")) != NULL) {
        buf_add(&literal, text, (size_t)(stop - text));
        buf_str(&literal, "$${");
        text = stop + 2;
    }
    buf_str(&literal, text);
    node_quote(b, buf_text(&literal));
    buf_done(&literal);
}

static void print_kids(struct buf *b, const struct doc *d)
{
    const char *between = "";
    DOC_EACH(d, kid)
    {
        buf_str(b, between);
        if (d->kind == DOC_OBJECT) {
            node_quote(b, kid->key);
            buf_str(b, ": ");
        }
        print_value(b, kid);
        between = ", ";
    }
}

static void print_value(struct buf *b, const struct doc *d)
{
    if (d->kind == DOC_LIST || d->kind == DOC_OBJECT) {
        bool list = d->kind == DOC_LIST, empty = d->kids.n == 0;
        buf_str(b, list ? "[" : empty ? "{" : "{ ");
        print_kids(b, d);
        buf_str(b, list ? "]" : empty ? "}" : " }");
        return;
    }
    print_text(b, d->text ? d->text : "");
}

static const char *comment(struct import *im, const char *name)
{
    struct buf b = BUF_MAX(1000);
    utf8_clean(&b, name, strlen(name), UTF8_ONE_LINE, 400);
    name = arena_dup(im->arena, buf_text(&b));
    buf_done(&b);
    return name;
}

/* A comment that names the foreign line; the next line of ours is the item's. */
static void begin(struct printer *p, struct import_item *item, int indent)
{
    if (item->line) {
        buf_printf(p->out, "%*s# %s:%u", indent, "", p->name, item->line);
        end_line(p);
    }
    item->printed = p->line;
    VEC_PUSH(&p->items, item);
    buf_printf(p->out, "%*s", indent, "");
}

static void print_check(struct printer *p, struct import_check *c)
{
    const struct conf_row *row = conf_rows_positional(c->kind->rows);
    const struct doc *only = c->opts->kids.n == 1 ? c->opts->kids.first : NULL;
    begin(p, &c->item, 6);
    buf_printf(p->out, "- %s: ", c->kind->name);
    if (only && row && str_eq(only->key, row->key) && only->kind == DOC_TEXT)
        print_text(p->out, only->text);
    else
        print_value(p->out, c->opts);
    end_line(p);
}

static void print_key(struct printer *p, struct import_key *k)
{
    k->item.printed = p->line;
    VEC_PUSH(&p->items, &k->item);
    buf_printf(p->out, "    %s: ", k->key);
    print_value(p->out, k->value);
    end_line(p);
}

static bool has_checks(const struct import_host *h)
{
    for (size_t i = 0; i < h->checks.n; i++)
        if (!h->checks.at[i]->item.dropped)
            return true;
    return false;
}

static void print_host(struct printer *p, struct import_host *h)
{
    begin(p, &h->item, 2);
    node_quote(p->out, h->name);
    size_t keys = 0;
    for (size_t i = 0; i < h->keys.n; i++)
        keys += !h->keys.at[i]->item.dropped;
    bool silent = h->address && !h->pinged, any = h->address || keys || has_checks(h);
    buf_str(p->out, any ? ":" : ": {}");
    end_line(p);
    if (h->address) {
        buf_str(p->out, "    address: ");
        node_quote(p->out, h->address);
        end_line(p);
    }
    for (size_t i = 0; i < h->keys.n; i++)
        if (!h->keys.at[i]->item.dropped)
            print_key(p, h->keys.at[i]);
    if (silent) {
        buf_str(p->out, "    alive: no");
        end_line(p);
    }
    if (!has_checks(h))
        return;
    buf_str(p->out, "    checks:");
    end_line(p);
    for (size_t i = 0; i < h->checks.n; i++)
        if (!h->checks.at[i]->item.dropped)
            print_check(p, h->checks.at[i]);
}

static void print_contacts(struct printer *p)
{
    bool first = true;
    for (size_t i = 0; i < p->im->contacts.n; i++) {
        struct import_contact *c = p->im->contacts.at[i];
        if (c->item.dropped)
            continue;
        if (first) {
            buf_str(p->out, "contacts:");
            end_line(p);
        }
        first = false;
        begin(p, &c->item, 2);
        node_quote(p->out, c->name);
        buf_str(p->out, ": { mail: ");
        node_quote(p->out, c->mail);
        buf_str(p->out, " }");
        end_line(p);
    }
}

static void print_hosts(struct printer *p)
{
    bool first = true;
    for (size_t i = 0; i < p->im->hosts.n; i++) {
        struct import_host *h = p->im->hosts.at[i];
        if (h->item.dropped)
            continue;
        if (first) {
            buf_str(p->out, "hosts:");
            end_line(p);
        }
        first = false;
        print_host(p, h);
    }
}

static void print_all(struct printer *p)
{
    buf_clear(p->out);
    p->items.n = 0;
    p->line = 1;
    print_contacts(p);
    print_hosts(p);
}

/* ---- names of checks: each its own on its host */

static const char *check_name(struct import *im, const struct import_check *c, int attempt)
{
    const char *given = doc_text(c->opts, "name", NULL);
    const struct conf_row *row = conf_rows_positional(c->kind->rows);
    const char *value = row ? doc_text(c->opts, row->key, NULL) : NULL;
    if (!given && attempt == 0)
        return c->kind->name_for ? NULL : c->kind->name;
    if (!given && value && attempt == 1 && !strchr(value, '/'))
        return import_name(im, arena_printf(im->arena, "%s %s", c->kind->name, value));
    const char *base = given ? import_name(im, given) : c->kind->name;
    return attempt == 0 ? base : arena_printf(im->arena, "%.*s %d", CONF_MAX_NAME - 12, base, attempt + 1);
}

static void name_check(struct import *im, struct map *taken, struct import_check *c)
{
    for (int attempt = 0; attempt < 100000; attempt++) {
        const char *name = check_name(im, c, attempt);
        if (!name || map_find(taken, name))
            continue;
        map_set(taken, name, c);
        if (attempt > 0 || doc_get(c->opts, "name") || c->kind->name_for)
            doc_put_text(c->opts, "name", name);
        return;
    }
}

/* A host that nothing is known of and that leads nowhere is no host (why its checks are not there was told). */
static void drop_bare(struct import *im)
{
    struct map parents = {0};
    for (size_t i = 0; i < im->hosts.n; i++)
        for (size_t k = 0; k < im->hosts.at[i]->keys.n; k++)
            if (str_eq(im->hosts.at[i]->keys.at[k]->key, "parents"))
                DOC_EACH(im->hosts.at[i]->keys.at[k]->value, d) { map_set(&parents, d->text, im); }
    for (size_t i = 0; i < im->hosts.n; i++) {
        struct import_host *h = im->hosts.at[i];
        if (!h->pinged && !has_checks(h) && !map_find(&parents, h->name))
            h->item.dropped = true;
    }
    map_done(&parents);
}

static void name_checks(struct import *im)
{
    for (size_t i = 0; i < im->hosts.n; i++) {
        struct map taken = {0};
        for (size_t k = 0; k < im->hosts.at[i]->checks.n; k++)
            if (!im->hosts.at[i]->checks.at[k]->item.dropped)
                name_check(im, &taken, im->hosts.at[i]->checks.at[k]);
        map_done(&taken);
    }
}

/* ---- the proof */

static struct import_item *item_at(struct printer *p, unsigned line)
{
    struct import_item *found = NULL;
    for (size_t i = 0; i < p->items.n && p->items.at[i]->printed <= line; i++)
        found = p->items.at[i];
    return found;
}

/* Leaves out what the errors stand at; false when there is nothing to leave out. */
static bool leave_out(struct printer *p, const struct conf_errors *es)
{
    bool any = false;
    for (int i = 0; i < es->n; i++) {
        struct import_item *item = item_at(p, es->at[i].line);
        if (!item || item->dropped)
            continue;
        item->dropped = any = true;
        import_note(p->im, item->line, MSG("{1} is left out: {2}"), "sm", item->what, es->at[i].text);
    }
    return any;
}

int import_prove(struct import *im, struct buf *out, struct err *e)
{
    struct printer p = {.im = im, .out = out, .name = comment(im, im->file->name)};
    struct conf_env env = *im->env;
    int r = ERR_LIMIT;
    env.local_host = false;
    name_checks(im);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        struct conf_errors es;
        struct conf *conf = NULL;
        drop_bare(im);
        print_all(&p);
        if (out->full)
            break;
        struct conf_file file = {.name = "import", .text = buf_text(out), .bytes = out->len};
        r = out->len ? conf_load(&env, &file, 1, &conf, &es) : 0;
        bool again = r < 0 && leave_out(&p, &es);
        if (r < 0 && !again)
            err_set(e, r, "{1}:{2}: {3}", "sim", "import", (int64_t)es.at[0].line, es.at[0].text);
        conf_unref(conf);
        if (out->len)
            conf_errors_done(&es);
        if (!again)
            break;
    }
    if (out->full)
        r = err_set(e, ERR_LIMIT, MSG("what comes out of {1} is larger than a configuration may be"), "s", im->file->name);
    VEC_DONE(&p.items);
    return r;
}

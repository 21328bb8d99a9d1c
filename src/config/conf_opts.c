/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_opts.c: the options of one check outside any file: `vigie probe http URL expect.status=200`.
 * The words become the tree that a file would have given, so that one reader serves both. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

enum { MAX_DEPTH = 8 };

static struct node *doc_node(struct arena *a, const struct doc *d, int depth);

static struct node *new_map(struct arena *a)
{
    struct node *n = &ARENA_NEW(a, struct node_many)->node;

    n->kind = NODE_MAP;
    return n;
}

static void append(struct node *parent, struct node *kid)
{
    struct node **link = &parent->first;

    while (*link)
        link = &(*link)->next;
    *link = kid;
    node_many(parent)->n++;
}

/* The mapping for "expect" in "expect.status", made when it is not there. */
static struct node *sub_map(struct arena *a, struct node *map, const char *key)
{
    struct node *kid = (struct node *)(uintptr_t)node_get(map, key);

    if (kid && kid->kind == NODE_MAP)
        return kid;
    kid = new_map(a);
    kid->key = node_text(a, key);
    append(map, kid);
    return kid;
}

/* Adds under a key that may have dots (parted), up to a "$", behind which they belong to a place in a
 * JSON document. A key that exists is replaced: the last word on a command line wins. */
static void add(struct arena *a, struct node *map, const char *key, struct node *value, bool parted)
{
    const char *dot = parted && key[0] != '$' ? strchr(key, '.') : NULL;
    struct node **link = &map->first;

    if (dot && dot != key && dot[1]) {
        add(a, sub_map(a, map, arena_dupn(a, key, (size_t)(dot - key))), dot + 1, value,
            true);
        return;
    }
    value->key = node_text(a, key);
    while (*link && strcmp((*link)->key->text, key) != 0)
        link = &(*link)->next;
    value->next = *link ? (*link)->next : NULL;
    node_many(map)->n += *link == NULL;
    *link = value;
}

static struct node *scalar(struct arena *a, const struct doc *d)
{
    struct buf b = BUF_MAX(100);
    struct node *n;

    if (d->kind == DOC_TEXT || d->kind == DOC_MSG)
        return node_text(a, d->text);
    if (d->kind == DOC_BOOL)
        buf_str(&b, d->b ? "yes" : "no");
    else if (d->kind == DOC_REAL)
        conf_real_text(&b, d->f);
    else if (d->kind != DOC_NULL)
        buf_printf(&b, "%lld", (long long)d->i);
    n = node_text(a, buf_text(&b));
    n->plain = d->kind == DOC_NULL;
    buf_done(&b);
    return n;
}

static struct node *doc_node(struct arena *a, const struct doc *d, int depth)
{
    struct node *n;

    if ((d->kind != DOC_LIST && d->kind != DOC_OBJECT) || depth > MAX_DEPTH)
        return scalar(a, depth > MAX_DEPTH ? &(const struct doc){.kind = DOC_NULL} : d);
    n = new_map(a);
    if (d->kind == DOC_LIST)
        n->kind = NODE_LIST;
    DOC_EACH(d, kid)
    {
        struct node *value = doc_node(a, kid, depth + 1);

        if (d->kind == DOC_LIST)
            append(n, value);
        else
            add(a, n, kid->key, value, depth == 0);
    }
    return n;
}

static void first_error(const struct conf_ctx *c, const struct conf_errors *es, struct err *e)
{
    if (e) {
        e->code = ERR_INVALID;
        str_copy(e->text, sizeof(e->text), es->n ? es->at[0].text : "");
        str_copy(e->field, sizeof(e->field), c->field);
    }
}

int conf_opts(const struct conf_env *env, const struct conf_kind *kind, struct arena *a,
              const char *target, const struct doc *settings, void **ret_opts, struct err *e)
{
    struct conf_errors *errors = NEW(struct conf_errors);
    struct conf_ctx *c = NEW(struct conf_ctx);
    const struct conf_kind *const kinds[] = {kind, NULL};
    struct conf_env own = *env;
    const struct conf_row *positional = conf_rows_positional(kind->rows);
    bool ok = false;
    struct node *map;

    own.kinds = kinds;
    conf_ctx_init(c, &own, a, errors);
    map = settings ? doc_node(c->scratch, settings, 0) : new_map(c->scratch);
    if (map->kind != NODE_MAP)
        conf_error_at(c, NULL, MSG("options are a mapping"), "");
    else if (target && positional == NULL)
        conf_error_at(c, NULL, MSG("{1} takes no target"), "s", kind->name);
    else if (target)
        add(c->scratch, map, positional->key, node_text(c->scratch, target), false);
    if (errors->n == 0 && conf_library_use(kind, map))
        conf_error_at(c, node_get(map, "use"), MSG("“use” means an entry under “{1}” in the configuration; here, write what it holds"), "s", kind->library);
    if (errors->n == 0)
        ok = conf_opts_read(c, kind, NULL, NULL, NULL, map);
    if (ok)
        *ret_opts = memcpy(arena_alloc(a, conf_opts_room(kind)), c->opts, conf_opts_room(kind));
    else
        first_error(c, errors, e);
    conf_ctx_done(c);
    conf_errors_done(errors);
    mem_free(c);
    mem_free(errors);
    return ok ? 0 : ERR_INVALID;
}

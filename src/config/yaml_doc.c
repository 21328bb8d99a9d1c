/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml_doc.c: see yaml_doc.h. */
#include "config/yaml_doc.h"
#include "base/msg.h"
#include "config/compose_error.h"
#include "config/conf_int.h"

static struct doc *from_node(struct arena *a, const struct node *n)
{
    if (n->kind == NODE_TEXT) {
        struct doc *d = doc_new(a, node_is_null(n) ? DOC_NULL : DOC_TEXT);
        if (d->kind == DOC_TEXT)
            d->text = arena_dup(a, n->text);
        return d;
    }
    struct doc *d = doc_new(a, n->kind == NODE_LIST ? DOC_LIST : DOC_OBJECT);
    NODE_EACH(n, kid)
    {
        if (n->kind == NODE_LIST)
            doc_push(d, from_node(a, kid));
        else
            doc_put(d, kid->key->text, from_node(a, kid));
    }
    return d;
}

int yaml_doc(struct arena *a, const char *name, const char *p, size_t n, struct doc **ret_doc, struct err *e)
{
    static const struct conf_kind *const none[] = {NULL};
    struct conf_env env = {.kinds = none, .machine_name = "localhost"};
    struct conf_file file = {.name = name, .text = p, .bytes = n};
    struct conf_errors es = {0};
    struct arena *nodes = arena_new(0);
    struct conf_ctx *c = NEW(struct conf_ctx);
    bool ok = false;
    int r = 0;
    conf_ctx_init(c, &env, nodes, &es);
    c->file = c->files = &file;
    const struct node *tree = compose_text(c, nodes, p, n, NULL, &ok);
    if (!ok || conf_error_count(c) > 0 || !tree)
        r = es.n ? err_set(e, ERR_INVALID, MSG("{1}, line {2}: {3}"), "sim", name, (int64_t)es.at[0].line, es.at[0].text) : err_set(e, ERR_INVALID, MSG("{1} is no YAML"), "s", name);
    else
        *ret_doc = from_node(a, tree);
    conf_ctx_done(c);
    mem_free(c);
    conf_errors_done(&es);
    arena_free(nodes);
    return r;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_library.c: options that checks share by name.  A kind of check may have a section of its own at
 * the top (`scripts`, for the kind “script”): each entry holds options of the kind and general keys of
 * a check; a check takes them by `use: NAME` and may say more, or otherwise.  The two are joined as
 * trees before anything is read, so that a check that uses an entry is the same as one that has all of
 * it written out: fingerprints, `conf show`, diff and reload know no difference. */
#include "config/expand.h"

#include "base/msg.h"
#include "base/str.h"

struct shared {
    const char *name;
    const struct conf_kind *kind;
    const struct node *map;
    bool bad; /* has been reported; what uses it would only say so again */
};

static const struct conf_kind *kind_of_section(const struct conf_ctx *c, const char *section)
{
    for (int i = 0; c->env->kinds && c->env->kinds[i]; i++)
        if (str_eq(c->env->kinds[i]->library, section))
            return c->env->kinds[i];
    return NULL;
}

/* ---- the section */

static bool has_variables(const struct node *n)
{
    if (n->kind == NODE_TEXT)
        return strstr(n->text, "${") != NULL;
    NODE_EACH(n, kid)
    {
        if (has_variables(kid))
            return true;
    }
    return false;
}

/* A check may bring the target: for judging, any will do. */
static const struct node *with_target(struct conf_ctx *c, const struct node *map)
{
    struct node *any = merge_new(c->scratch, NODE_MAP, map), *target = node_text(c->scratch, "elsewhere.invalid:1");

    target->key = node_text(c->scratch, "target");
    merge_append(any, target);
    return merge_maps(c->scratch, any, map);
}

/* All of it, as a check would be; only the keys where variables come in, whose values a check knows. */
static bool judge(struct conf_ctx *c, const struct conf_kind *kind, const struct node *map)
{
    struct conf_check_fields f = {0};
    const struct row_set general = {.rows = conf_rows_check, .base = &f};
    const struct row_set both[] = {general, {.rows = kind->rows}};
    const struct node *use = node_get(map, "use");
    int before = conf_error_count(c);

    if (use)
        conf_error_at(c, use->key, MSG("an entry of “{1}” uses no other"), "s", kind->library);
    else if (!has_variables(map))
        return conf_opts_read(c, kind, &general, "elsewhere.invalid", map->key, with_target(c, map));
    NODE_EACH(map, kid)
    {
        if (!conf_rows_find(kind->rows, kid->key->text) && !conf_rows_find(conf_rows_check, kid->key->text))
            conf_unknown_key(c, kid->key, both, 2, map->key->text);
    }
    return conf_error_count(c) == before;
}

static void add(struct conf_ctx *c, const struct conf_kind *kind, const struct node *kid)
{
    struct shared *s = map_find(&c->expand->library, kid->key->text);
    struct buf expected = BUF_MAX(100);

    if (s) {
        conf_error_at(c, kid->key, MSG("“{1}” exists already, in {2}"), "ss", kid->key->text,
                      conf_where_text(c, conf_where_of(c, s->map->key), c->scratch));
        return;
    }
    if (!conf_name_read(c, kid->key))
        return;
    s = ARENA_NEW(c->scratch, struct shared);
    *s = (struct shared){kid->key->text, kind, kid, kid->kind != NODE_MAP};
    map_set(&c->expand->library, s->name, s);
    if (s->bad) {
        msg_pack(&expected, MSG("a mapping"), "");
        conf_error_expected(c, kid, kid->key->text, buf_text(&expected));
    } else {
        s->bad = !judge(c, kind, kid);
        conf_origin_span(c, CONF_FROM_LIBRARY, s->name, kid);
    }
    buf_done(&expected);
}

void conf_library_read(struct conf_ctx *c, const struct node *map)
{
    const struct conf_kind *kind = kind_of_section(c, map->key->text);

    NODE_EACH(kind ? map : NULL, kid)
    add(c, kind, kid);
}

/* ---- a check that uses an entry */

static void unknown(struct conf_ctx *c, const struct conf_kind *kind, const struct node *use)
{
    VEC(const char *) names = {0};
    const char *near, *key;
    size_t i = 0;
    void *s;

    while (c->expand && map_each(&c->expand->library, &i, &key, &s))
        VEC_PUSH(&names, ((struct shared *)s)->name);
    VEC_PUSH(&names, NULL);
    near = str_nearest(use->text, names.at);
    VEC_DONE(&names);
    if (near)
        conf_error_at(c, use, MSG("there is no “{1}” under “{2}”; did you mean “{3}”?"), "sss", use->text, kind->library, near);
    else
        conf_error_at(c, use, MSG("there is no “{1}” under “{2}”"), "ss", use->text, kind->library);
}

/* The check's own keys without `use`, over those of the entry. Its name is the entry's, unless it has one. */
static const struct node *join(struct arena *a, const struct shared *s, const struct node *value, bool named)
{
    struct node *own = merge_new(a, NODE_MAP, value), *name;

    NODE_EACH(value, kid)
    {
        if (!str_eq(kid->key->text, "use"))
            merge_append(own, merge_copy(a, kid));
    }
    if (named && !node_get(own, "name") && !node_get(s->map, "name")) {
        const struct node *use = node_get(value, "use");

        name = merge_copy(a, use);
        name->key = node_text(a, "name");
        ((struct node *)(uintptr_t)name->key)->line = use->key->line;
        ((struct node *)(uintptr_t)name->key)->column = use->key->column;
        merge_append(own, name);
    }
    return merge_maps(a, s->map, own);
}

const struct node *conf_library_use(const struct conf_kind *kind, const struct node *value)
{
    return kind->library && value && value->kind == NODE_MAP ? node_get(value, "use") : NULL;
}

const struct node *conf_library_fill(struct conf_ctx *c, const struct conf_kind *kind, const struct node *value,
                                     struct arena *a, bool named)
{
    const struct node *use = conf_library_use(kind, value);
    const struct shared *s = use && use->kind == NODE_TEXT && c->expand ? map_find(&c->expand->library, use->text) : NULL;

    return s && !s->bad && s->kind == kind ? join(a, s, value, named) : value;
}

bool conf_library_missing(struct conf_ctx *c, const struct conf_kind *kind, const struct node *value)
{
    const struct node *use = conf_library_use(kind, value);
    const struct shared *s = use && use->kind == NODE_TEXT && c->expand ? map_find(&c->expand->library, use->text) : NULL;
    struct buf expected = BUF_MAX(100);

    if (use == NULL)
        return false;
    if (use->kind != NODE_TEXT) {
        msg_pack(&expected, MSG("a name under “{1}”"), "s", kind->library);
        conf_error_expected(c, use, "use", buf_text(&expected));
    } else if (s == NULL && !c->env->part) { /* of a part, it may stand in another file */
        unknown(c, kind, use);
    }
    buf_done(&expected);
    return true;
}

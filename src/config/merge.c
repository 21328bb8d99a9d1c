/* SPDX-License-Identifier: GPL-3.0-or-later */
/* merge.c: trees made of parts of others.  Children are chained through themselves, so whatever
 * gets a new brother is copied first; what lies below it is shared. */
#include "config/expand.h"

struct node *merge_copy(struct arena *a, const struct node *n)
{
    size_t bytes = n->kind == NODE_TEXT ? sizeof(struct node) : sizeof(struct node_many);
    struct node *copy = memcpy(arena_alloc(a, bytes), n, bytes);

    copy->next = NULL;
    return copy;
}

static struct node *text_copy(struct arena *a, const struct node *n)
{
    struct node *copy = merge_copy(a, n);

    copy->text = arena_dup(a, n->text);
    return copy;
}

struct node *merge_deep(struct arena *a, const struct node *n)
{
    struct node *copy, **link;

    if (n == NULL)
        return NULL;
    copy = n->kind == NODE_TEXT ? text_copy(a, n) : merge_copy(a, n);
    copy->key = n->key ? text_copy(a, n->key) : NULL;
    link = n->kind == NODE_TEXT ? NULL : &copy->first;
    NODE_EACH(n, kid)
    {
        *link = merge_deep(a, kid);
        link = &(*link)->next;
    }
    return copy;
}

/* An empty list or mapping that stands where `at` does. */
struct node *merge_new(struct arena *a, enum node_kind kind, const struct node *at)
{
    struct node *n = &ARENA_NEW(a, struct node_many)->node;

    n->kind = kind;
    if (at) {
        n->line = at->line;
        n->column = at->column;
        n->key = at->key;
        node_many(n)->end_line = node_end(at);
    }
    node_many(n)->weight = 1;
    return n;
}

void merge_append(struct node *parent, struct node *kid)
{
    struct node **link = &parent->first;

    while (*link)
        link = &(*link)->next;
    kid->next = NULL;
    *link = kid;
    node_many(parent)->n++;
    node_many(parent)->weight += node_weight(kid);
}

struct node *merge_maps(struct arena *a, const struct node *base, const struct node *over)
{
    const struct node *at = over ? over : base;
    struct node *map = merge_new(a, NODE_MAP, at), **link = &map->first;

    NODE_EACH(base, kid)
    {
        const struct node *mine = node_get(over, kid->key->text);

        if (mine && mine->kind == NODE_MAP && kid->kind == NODE_MAP)
            *link = merge_maps(a, kid, mine);
        else
            *link = merge_copy(a, mine ? mine : kid);
        link = &(*link)->next;
        node_many(map)->n++;
    }
    NODE_EACH(over, kid)
    {
        if (node_get(base, kid->key->text))
            continue;
        *link = merge_copy(a, kid);
        link = &(*link)->next;
        node_many(map)->n++;
    }
    return map;
}

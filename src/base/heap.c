/* SPDX-License-Identifier: GPL-3.0-or-later */
/* heap.c: the timers' queue.  Nodes remember their place, so moving and removing need no search. */
#include "base/heap.h"
#include "base/mem.h"
#include "base/panic.h"

enum { FIRST = 16 };

static inline void place(struct heap *h, size_t i, struct heap_node *node)
{
    h->at[i] = node;
    node->index = (uint32_t)i + 1;
}

static void sift_up(struct heap *h, size_t i, struct heap_node *node)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;

        if (h->at[parent]->key <= node->key)
            break;
        place(h, i, h->at[parent]);
        i = parent;
    }
    place(h, i, node);
}

static void sift_down(struct heap *h, size_t i, struct heap_node *node)
{
    for (;;) {
        size_t kid = 2 * i + 1;

        if (kid >= h->n)
            break;
        if (kid + 1 < h->n && h->at[kid + 1]->key < h->at[kid]->key)
            kid++;
        if (node->key <= h->at[kid]->key)
            break;
        place(h, i, h->at[kid]);
        i = kid;
    }
    place(h, i, node);
}

/* node belongs at or near i: up or down, whichever is needed. */
static void settle(struct heap *h, size_t i, struct heap_node *node)
{
    if (i > 0 && node->key < h->at[(i - 1) / 2]->key)
        sift_up(h, i, node);
    else
        sift_down(h, i, node);
}

void heap_done(struct heap *h)
{
    for (size_t i = 0; i < h->n; i++)
        h->at[i]->index = 0;
    h->at = mem_free(h->at);
    h->n = h->cap = 0;
}

void heap_put(struct heap *h, struct heap_node *node, int64_t key)
{
    node->key = key;
    if (node->index) {
        ASSERT(node->index <= h->n && h->at[node->index - 1] == node);
        settle(h, node->index - 1, node);
        return;
    }
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : FIRST;
        ASSERT(h->cap <= UINT32_MAX / 2);
        h->at = mem_resize(h->at, h->cap * sizeof(struct heap_node *));
    }
    sift_up(h, h->n++, node);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    size_t i = node->index;
    struct heap_node *last;

    if (i == 0)
        return;
    i--;
    ASSERT(i < h->n && h->at[i] == node);
    node->index = 0;
    last = h->at[--h->n];
    if (last != node)
        settle(h, i, last);
}

struct heap_node *heap_top(const struct heap *h)
{
    return h->n ? h->at[0] : NULL;
}

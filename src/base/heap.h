/* SPDX-License-Identifier: GPL-3.0-or-later */
/* heap.h: intrusive binary min-heap by an int64 key (a time).  The node sits in its owner; a node that is
 * in no heap has index 0 (zeroed memory is fine).  Equal keys leave in an unspecified but repeatable order. */
#ifndef VIGIE_BASE_HEAP_H
#define VIGIE_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    uint32_t index; /* 1-based place in the heap; 0: not in it */
};
struct heap {
    struct heap_node **at;
    size_t n, cap;
};
void heap_done(struct heap *h);
void heap_put(struct heap *h, struct heap_node *node, int64_t key); /* inserts or moves */
void heap_remove(struct heap *h, struct heap_node *node);           /* no-op when not in it */
struct heap_node *heap_top(const struct heap *h);                   /* NULL when empty */
static inline bool heap_has(const struct heap_node *node) { return node->index != 0; }

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node.h: the YAML tree of one file, as the composer makes it: kind, text, place.  It knows nothing
 * of keys or types.  Nodes live in the arena of their file and are dropped once the generation is
 * built. */
#ifndef VIGIE_CONFIG_NODE_H
#define VIGIE_CONFIG_NODE_H

#include "base/arena.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };
/* 32 bytes, since a file of ten thousand checks has a hundred thousand texts. */
struct node {
    union {
        const char *text;
        struct node *first;
    };
    struct node *next;
    const struct node *key; /* when the parent is a mapping */
    uint32_t line;          /* 1-based, where the value begins */
    uint16_t column;        /* 1-based; the last one it can hold stands for all further ones */
    uint16_t kind : 2;
    uint16_t plain : 1; /* a text without quotes: may mean "nothing" */
    uint16_t flow : 1;  /* a list or mapping written with [] or {} */
    uint16_t span : 12; /* a text: further lines that it takes, at most 4095 */
};
/* What lists and mappings have besides; they are always allocated as this. */
struct node_many {
    struct node node;
    uint32_t n;        /* children */
    uint32_t weight;   /* nodes in this subtree, aliases expanded; 0 while it is open */
    uint32_t end_line; /* last line that belongs to it */
};

static inline struct node_many *node_many(const struct node *n)
{
    return (struct node_many *)(uintptr_t)n;
}
static inline uint32_t node_count(const struct node *n)
{
    return n && n->kind != NODE_TEXT ? node_many(n)->n : 0;
}
static inline uint32_t node_weight(const struct node *n)
{
    return n->kind == NODE_TEXT ? 1 : node_many(n)->weight;
}
uint32_t node_end(
    const struct node *n); /* last line of the value, or of its key when that is further down */

#define NODE_EACH(parent, var)                                                                     \
    for (const struct node *var = node_kids(parent); var; var = var->next)

/* First child; NULL for a text and for NULL. */
static inline const struct node *node_kids(const struct node *n)
{
    return n && n->kind != NODE_TEXT ? n->first : NULL;
}
bool node_is_null(const struct node *n); /* NULL, an empty plain text, ~ or null */
/* The value of a key of a mapping, or NULL. */
const struct node *node_get(const struct node *map, const char *key);
struct node *node_text(struct arena *a, const char *text);
/* A text as a YAML scalar, quoted only when it must be; safe inside [] and {} too. */
void node_quote(struct buf *out, const char *text);
/* A tree as block-style YAML, each line indented; begins on the current line, ends with a newline.
 */
void node_print(struct buf *out, const struct node *n, int indent);

#endif

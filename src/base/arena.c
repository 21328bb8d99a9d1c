/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arena.c: a bump allocator over a chain of blocks.  The newest block is first; a request larger
 * than a quarter of the next block gets a block of its own behind it, so that the rest of the
 * current one stays usable. */
#include "base/arena.h"
#include "base/mem.h"
#include "base/panic.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ALIGN = 16, FIRST_BYTES = 1024, LEAST_BYTES = 64, BLOCK_BYTES_MAX = 64 * 1024 };

struct block {
    struct block *next;
    char *unused; /* keeps data[] aligned to 16 */
    char data[];
};

struct arena {
    char *at, *end; /* free part of the current block */
    struct block *blocks;
    size_t next_bytes; /* size of the next block */
    size_t held_bytes;
};

_Static_assert(offsetof(struct block, data) % ALIGN == 0, "blocks start aligned");

struct arena *arena_new(size_t block_bytes)
{
    struct arena *a = NEW(struct arena);

    if (block_bytes == 0)
        block_bytes = FIRST_BYTES;
    if (block_bytes < LEAST_BYTES)
        block_bytes = LEAST_BYTES;
    a->next_bytes = (block_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    a->held_bytes = sizeof(*a);
    return a;
}

struct arena *arena_free(struct arena *a)
{
    if (a == NULL)
        return NULL;
    for (struct block *b = a->blocks; b;) {
        struct block *next = b->next;

        mem_free(b);
        b = next;
    }
    return mem_free(a);
}

static struct block *block_new(struct arena *a, size_t size_bytes)
{
    struct block *b = mem_alloc(sizeof(*b) + size_bytes);

    a->held_bytes += sizeof(*b) + size_bytes;
    return b;
}

/* A large object: its block goes behind the current one. */
static void *take_own_block(struct arena *a, size_t size_bytes)
{
    struct block *b = block_new(a, size_bytes);

    if (a->blocks) {
        b->next = a->blocks->next;
        a->blocks->next = b;
    } else {
        b->next = NULL;
        a->blocks = b;
    }
    return b->data;
}

static void *take_slow(struct arena *a, size_t size_bytes)
{
    struct block *b;

    if (size_bytes > a->next_bytes / 4)
        if (size_bytes > a->next_bytes || a->at != NULL)
            return take_own_block(a, size_bytes);
    b = block_new(a, a->next_bytes);
    b->next = a->blocks;
    a->blocks = b;
    a->at = b->data + size_bytes;
    a->end = b->data + a->next_bytes;
    if (a->next_bytes < BLOCK_BYTES_MAX)
        a->next_bytes = a->next_bytes * 2 < BLOCK_BYTES_MAX ? a->next_bytes * 2 : BLOCK_BYTES_MAX;
    return b->data;
}

/* Uninitialised memory, aligned. */
static inline void *take(struct arena *a, size_t size_bytes)
{
    void *p = a->at;

    ASSERT(size_bytes <= PTRDIFF_MAX - 2 * ALIGN);
    size_bytes = (size_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (size_bytes == 0)
        size_bytes = ALIGN; /* two objects never share an address */
    if (size_bytes > (size_t)(a->end - a->at))
        return take_slow(a, size_bytes);
    a->at += size_bytes;
    return p;
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
    return memset(take(a, size_bytes), 0, size_bytes);
}

char *arena_dup(struct arena *a, const char *text)
{
    return text ? arena_dupn(a, text, strlen(text)) : NULL;
}

char *arena_dupn(struct arena *a, const char *p, size_t n)
{
    char *copy = take(a, n + 1);

    if (n)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *text;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0);
    text = take(a, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}

size_t arena_size(const struct arena *a)
{
    return a->held_bytes;
}

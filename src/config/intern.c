/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intern.c: equal bytes are kept once.  A thousand hosts say `every: 30s` and `contacts: [ops]`; a
 * generation holds one text and one list of them.  Open addressing, never shrinks, lives for one
 * load; what it points to lives in the arena of the generation.  Texts are packed without
 * alignment, everything else is aligned. */
#include "config/conf_int.h"

#include "base/hash.h"

enum { FIRST_SLOTS = 256, MOST_EXPECTED = 1 << 20, SLAB_BYTES = 4096 };

static void grow(struct intern *in)
{
    size_t cap = in->cap ? in->cap * 2 : FIRST_SLOTS;
    struct intern_slot *slots = mem_array(cap, sizeof(*slots));

    for (size_t i = 0; in->slots && i < in->cap; i++) {
        size_t at = in->slots[i].hash & (cap - 1);

        if (in->slots[i].p == NULL)
            continue;
        while (slots[at].p)
            at = (at + 1) & (cap - 1);
        slots[at] = in->slots[i];
    }
    mem_free(in->slots);
    in->slots = slots;
    in->cap = cap;
}

void intern_expect(struct intern *in, size_t n)
{
    size_t cap = FIRST_SLOTS;

    while (cap < n / 3 * 4 && cap < MOST_EXPECTED)
        cap *= 2;
    in->cap = cap / 2;
    grow(in);
}

void intern_done(struct intern *in)
{
    in->slots = mem_free(in->slots);
    in->n = in->cap = 0;
}

/* The slot that holds the bytes, or the free one where they belong. kind: texts and blocks never
 * mix, as texts are not aligned. */
static struct intern_slot *find(struct intern *in, const void *p, size_t n, uint32_t kind)
{
    uint32_t hash = (uint32_t)(hash_bytes(p, n, 0) << 1) | kind;
    size_t at;

    if (in->n >= in->cap / 4 * 3)
        grow(in);
    for (at = hash & (in->cap - 1); in->slots[at].p; at = (at + 1) & (in->cap - 1)) {
        const struct intern_slot *s = &in->slots[at];

        if (s->hash == hash && s->n == n && memcmp(s->p, p, n) == 0)
            break;
    }
    if (in->slots[at].p == NULL)
        in->slots[at] = (struct intern_slot){.hash = hash, .n = (uint32_t)n};
    return &in->slots[at];
}

static char *slab_take(struct intern *in, size_t n)
{
    char *p;

    if (n > SLAB_BYTES / 8)
        return arena_alloc(in->arena, n);
    if (n > in->slab_left) {
        in->slab = arena_alloc(in->arena, SLAB_BYTES);
        in->slab_left = SLAB_BYTES;
    }
    p = in->slab;
    in->slab += n;
    in->slab_left -= n;
    return p;
}

const char *intern_text(struct intern *in, const char *text)
{
    struct intern_slot *s;
    size_t n;

    if (text == NULL)
        return NULL;
    n = strlen(text) + 1;
    s = find(in, text, n, 1);
    if (s->p == NULL) {
        s->p = memcpy(slab_take(in, n), text, n);
        in->n++;
    }
    return s->p;
}

const void *intern_bytes(struct intern *in, const void *p, size_t n)
{
    struct intern_slot *s;

    if (n == 0) /* of an empty list p may be NULL */
        return "";
    s = find(in, p, n, 0);
    if (s->p == NULL) {
        s->p = memcpy(arena_alloc(in->arena, n), p, n);
        in->n++;
    }
    return s->p;
}

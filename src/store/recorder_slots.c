/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder_slots.c: a hash table from an item's address to what the store has of it; 24 bytes an item. */
#include "store/recorder_int.h"

static size_t place_of(const struct slots *t, const struct item *it)
{
    uint64_t h = ((uint64_t)(uintptr_t)it >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h >> 32) & (t->cap - 1);
}

static size_t probe(const struct slots *t, const struct item *it)
{
    size_t i = place_of(t, it);
    while (t->at[i].item && t->at[i].item != it)
        i = (i + 1) & (t->cap - 1);
    return i;
}

struct slot *slots_find(const struct slots *t, const struct item *it)
{
    if (t->cap == 0)
        return NULL;
    size_t i = probe(t, it);
    return t->at[i].item ? &t->at[i] : NULL;
}

static void slots_grow(struct slots *t)
{
    struct slots bigger = {.n = t->n, .cap = t->cap ? t->cap * 2 : 64};
    bigger.at = mem_array(bigger.cap, sizeof(*bigger.at));
    for (size_t i = 0; i < t->cap; i++)
        if (t->at[i].item)
            bigger.at[probe(&bigger, t->at[i].item)] = t->at[i];
    mem_free(t->at);
    *t = bigger;
}

struct slot *slots_get(struct slots *t, const struct item *it, bool *ret_new)
{
    if (t->n * 4 >= t->cap * 3)
        slots_grow(t);
    struct slot *s = &t->at[probe(t, it)];
    *ret_new = s->item == NULL;
    t->n += s->item == NULL;
    s->item = it;
    return s;
}

/* Closes the gap, so that no marks of removed entries are needed. */
void slots_remove(struct slots *t, const struct item *it)
{
    struct slot *s = slots_find(t, it);
    if (!s)
        return;
    size_t hole = (size_t)(s - t->at), mask = t->cap - 1;
    for (size_t i = (hole + 1) & mask; t->at[i].item; i = (i + 1) & mask) {
        size_t home = place_of(t, t->at[i].item);
        if (((i - home) & mask) < ((i - hole) & mask))
            continue; /* it may not move before its home */
        t->at[hole] = t->at[i];
        hole = i;
    }
    t->at[hole] = (struct slot){0};
    t->n--;
}

void slots_done(struct slots *t)
{
    t->at = mem_free(t->at);
    t->n = t->cap = 0;
}

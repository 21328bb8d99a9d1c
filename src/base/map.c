/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.c: entries in the order of insertion, and an open-addressing index over them (twice as many
 * slots as entries, linear probing).  A slot holds the entry's place plus one.  A removed entry
 * keeps its slot with a NULL value until the next rebuild, so that removing during an iteration
 * moves nothing. */
#include "base/map.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/panic.h"

#include <stdint.h>
#include <string.h>

enum { FIRST = 8 };

struct map_entry {
    const char *key;
    void *value; /* NULL: removed */
    uint64_t hash;
};

void map_done(struct map *m)
{
    mem_free(m->entries);
    mem_free(m->slots);
    *m = (struct map){0};
}

static inline struct map_entry *lookup(const struct map *m, const char *key, uint64_t hash)
{
    size_t mask = m->cap * 2 - 1;

    if (m->cap == 0)
        return NULL;
    for (size_t s = hash & mask; m->slots[s]; s = (s + 1) & mask) {
        struct map_entry *e = &m->entries[m->slots[s] - 1];

        if (e->hash == hash && e->value && strcmp(e->key, key) == 0)
            return e;
    }
    return NULL;
}

static inline void index_entry(struct map *m, size_t place)
{
    size_t mask = m->cap * 2 - 1, s = m->entries[place].hash & mask;

    while (m->slots[s])
        s = (s + 1) & mask;
    m->slots[s] = (unsigned)place + 1;
}

/* Called when the entries are used up: drops the removed ones, and doubles unless those were many.
 */
static void rebuild(struct map *m)
{
    size_t cap = m->cap ? m->cap : FIRST, kept = 0;

    if (m->n > cap / 2)
        cap *= 2;
    ASSERT(cap <= UINT32_MAX / 4);
    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].value)
            m->entries[kept++] = m->entries[i];
    m->used = kept;
    if (cap != m->cap || m->slots == NULL) {
        m->entries = mem_resize(m->entries, cap * sizeof(struct map_entry));
        mem_free(m->slots);
        m->slots = mem_array(cap * 2, sizeof(unsigned));
        m->cap = cap;
    } else {
        memset(m->slots, 0, cap * 2 * sizeof(unsigned));
    }
    for (size_t i = 0; i < kept; i++)
        index_entry(m, i);
}

void *map_find(const struct map *m, const char *key)
{
    const struct map_entry *e;

    if (m->n == 0)
        return NULL;
    e = lookup(m, key, hash_text(key, 0));
    return e ? e->value : NULL;
}

void *map_set(struct map *m, const char *key, void *value)
{
    uint64_t hash = hash_text(key, 0);
    struct map_entry *e = lookup(m, key, hash);

    ASSERT(key && value);
    if (e) {
        void *former = e->value;

        e->key = key;
        e->value = value;
        return former;
    }
    if (m->used == m->cap)
        rebuild(m);
    m->entries[m->used] = (struct map_entry){key, value, hash};
    index_entry(m, m->used++);
    m->n++;
    return NULL;
}

void *map_remove(struct map *m, const char *key)
{
    struct map_entry *e;
    void *value;

    if (m->n == 0)
        return NULL;
    e = lookup(m, key, hash_text(key, 0));
    if (e == NULL)
        return NULL;
    value = e->value;
    e->key = NULL;
    e->value = NULL;
    m->n--;
    return value;
}

int map_each(const struct map *m, size_t *i, const char **ret_key, void **ret_value)
{
    while (*i < m->used) {
        const struct map_entry *e = &m->entries[(*i)++];

        if (e->value == NULL)
            continue;
        if (ret_key)
            *ret_key = e->key;
        if (ret_value)
            *ret_value = e->value;
        return 1;
    }
    return 0;
}

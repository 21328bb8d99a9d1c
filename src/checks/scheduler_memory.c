/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scheduler_memory.c: the probes' memories. Only the main loop touches the table; the probe loop sees the lent space. */
#include "checks/scheduler_memory.h"
#include "base/mem.h"

struct memory {
    const struct probe *probe;
    bool busy, gone;
    char *key;
    _Alignas(16) char space[];
};
enum { ID_BYTES = 2 * CONF_MAX_NAME + 8 };

static void drop(struct memory *m)
{
    m->gone = true;
    if (m->busy)
        return;
    mem_free(m->key);
    mem_free(m);
}

struct memory *memory_take(struct map *all, const struct item *it, const struct probe *p)
{
    char id[ID_BYTES];
    struct memory *m;

    if (p->memory_bytes == 0)
        return NULL;
    item_id(it, id, sizeof(id));
    m = map_find(all, id);
    if (m && m->probe != p) { /* the name is another kind of check now */
        map_remove(all, id);
        drop(m);
        m = NULL;
    }
    if (m == NULL) {
        m = mem_zero(sizeof(*m) + p->memory_bytes);
        m->probe = p;
        m->key = mem_dup(id);
        map_set(all, m->key, m);
    }
    if (m->busy)
        return NULL;
    m->busy = true;
    return m;
}

void memory_put(struct memory *m)
{
    if (m == NULL)
        return;
    m->busy = false;
    if (m->gone)
        drop(m);
}

void *memory_space(struct memory *m)
{
    return m ? m->space : NULL;
}

void memory_forget(struct map *all, const struct item *it)
{
    char id[ID_BYTES];
    struct memory *m;

    item_id(it, id, sizeof(id));
    m = map_remove(all, id);
    if (m)
        drop(m);
}

void memory_rename(struct map *all, const struct item *it, const char *old_id)
{
    char id[ID_BYTES];
    struct memory *m = old_id ? map_remove(all, old_id) : NULL, *other;

    if (m == NULL)
        return;
    item_id(it, id, sizeof(id));
    other = map_remove(all, id);
    if (other)
        drop(other);
    mem_free(m->key);
    m->key = mem_dup(id);
    map_set(all, m->key, m);
}

void memories_done(struct map *all)
{
    size_t i = 0;
    const char *key;
    void *m;

    while (map_each(all, &i, &key, &m))
        drop(m);
    map_done(all);
}

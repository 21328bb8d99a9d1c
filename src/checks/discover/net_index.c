/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_index.c: who has an address, a MAC, a chassis, an engine, a name: asked some thousand times at the end of a run, of hosts that may be as many.
 * A table of 64-bit hashes with a seed of this run's own: what others say of themselves cannot be made to collide. */
#include "checks/discover/net_priv.h"
#include "base/hash.h"

#include <ctype.h>

enum { LEAST_SLOTS = 1024, MAX_KEY = 256 };

struct net_slot {
    uint64_t hash; /* 0: free */
    struct net_host *host;
};

static uint64_t hash_of(const struct net *n, enum net_key kind, const void *p, size_t bytes)
{
    unsigned char key[MAX_KEY] = {(unsigned char)kind};
    size_t size = bytes < MAX_KEY - 1 ? bytes : MAX_KEY - 1;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = ((const unsigned char *)p)[i];
        key[1 + i] = kind == NET_KEY_NAME ? (unsigned char)tolower(c) : c;
    }
    uint64_t hash = hash_bytes(key, 1 + size, n->index_seed);
    return hash ? hash : 1;
}

static struct net_slot *slot_of(const struct net *n, uint64_t hash)
{
    size_t i = hash & (n->index_size - 1);
    while (n->index[i].hash && n->index[i].hash != hash)
        i = (i + 1) & (n->index_size - 1);
    return &n->index[i];
}

static void grow(struct net *n)
{
    struct net_slot *before = n->index;
    size_t size = n->index_size;
    n->index_size = size ? size * 2 : LEAST_SLOTS;
    n->index = mem_array(n->index_size, sizeof(*n->index));
    for (size_t i = 0; i < size; i++)
        if (before[i].hash)
            *slot_of(n, before[i].hash) = before[i];
    mem_free(before);
}

struct net_host *net_index_find(const struct net *n, enum net_key kind, const void *p, size_t bytes)
{
    if (bytes == 0 || n->index_size == 0)
        return NULL;
    return slot_of(n, hash_of(n, kind, p, bytes))->host;
}

void net_index_add(struct net *n, enum net_key kind, const void *p, size_t bytes, struct net_host *h)
{
    if (bytes == 0)
        return;
    if (n->index_seed == 0)
        n->index_seed = entropy_u64() | 1;
    if (n->index_used * 2 >= n->index_size)
        grow(n);
    uint64_t hash = hash_of(n, kind, p, bytes);
    struct net_slot *s = slot_of(n, hash);
    if (s->hash)
        return; /* whoever was there first */
    *s = (struct net_slot){hash, h};
    n->index_used++;
}

void net_index_free(struct net *n)
{
    n->index = mem_free(n->index);
    n->index_size = n->index_used = 0;
}

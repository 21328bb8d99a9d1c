/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_rings.c: rings of parents. They are allowed, as networks have them; what is not allowed is a host that could
 * not be reached although all hosts are up, because its parents lean on nothing but one another.
 *
 * Hosts without parents stand next to the monitor. From there it is worked out who can be reached, each host once for
 * each of its parents; a chain of a hundred thousand is no deeper than one of two. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

enum { LOST, REACHED, ON_WAY, TOLD };
struct rings {
    struct conf_ctx *c;
    struct map index;      /* name → index + 1 */
    uint32_t *first, *kids; /* children of i: kids[first[i] .. first[i + 1]) */
    unsigned char *reached;
    VEC(uint32_t) queue;
};

static size_t find(const struct rings *r, const char *name)
{
    return (size_t)(uintptr_t)map_find(&r->index, name);
}

static int n_parents(const struct conf_host *h)
{
    return h->ways ? h->ways->n : 0;
}

/* Parents that do not exist are reported elsewhere. */
static void link_kids(struct rings *r)
{
    size_t n = r->c->hosts.n, edges = 0;
    uint32_t *fill;

    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < n_parents(r->c->hosts.at[i]); k++) {
            size_t p = find(r, r->c->hosts.at[i]->ways->names[k]);

            r->first[p] += p > 0; /* index + 1: already shifted for the sums */
            edges += p > 0;
        }
    for (size_t i = 0; i < n; i++)
        r->first[i + 1] += r->first[i];
    r->kids = mem_array(edges + 1, sizeof(*r->kids));
    fill = mem_array(n + 1, sizeof(*fill));
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < n_parents(r->c->hosts.at[i]); k++) {
            size_t p = find(r, r->c->hosts.at[i]->ways->names[k]);

            if (p)
                r->kids[r->first[p - 1] + fill[p - 1]++] = (uint32_t)i;
        }
    mem_free(fill);
}

struct asked {
    const struct rings *r;
    const struct conf_ways *ways;
};

static bool is_reached(const void *arg, int i)
{
    const struct asked *a = arg;
    size_t p = find(a->r, a->ways->names[i]);

    return p == 0 || a->r->reached[p - 1] == REACHED;
}

static void reach(struct rings *r, uint32_t i)
{
    const struct conf_ways *w = r->c->hosts.at[i]->ways;

    if (r->reached[i] || !conf_ways_open(w, is_reached, &(struct asked){r, w}))
        return;
    r->reached[i] = REACHED;
    VEC_PUSH(&r->queue, i);
}

/* The first parent that is not reached either; a host that is not reached has one. */
static uint32_t lost_parent(const struct rings *r, uint32_t i)
{
    const struct conf_ways *w = r->c->hosts.at[i]->ways;

    for (int k = 0; k < w->n; k++) {
        size_t p = find(r, w->names[k]);

        if (p && r->reached[p - 1] != REACHED)
            return (uint32_t)(p - 1);
    }
    return i;
}

static void report(struct rings *r, uint32_t first)
{
    struct conf_host *const *hosts = r->c->hosts.at;
    struct buf names = BUF_MAX(600);
    uint32_t at = first, last;

    do {
        buf_printf(&names, "%s → ", hosts[at]->name);
        last = at;
        at = lost_parent(r, at);
    } while (at != first);
    buf_str(&names, hosts[first]->name);
    conf_error_where(r->c, hosts[last]->where,
                     MSG("the parents go round in a loop: {1}; none of them has a way in (“{2}” stands in {3})"), "sss",
                     buf_text(&names), hosts[first]->name, conf_where_text(r->c, hosts[first]->where, r->c->scratch));
    buf_done(&names);
}

/* From a lost host along lost parents until it comes round: to a loop, or to one that was told of. */
static void follow(struct rings *r, uint32_t start)
{
    uint32_t at = start;

    for (; r->reached[at] == LOST; at = lost_parent(r, at))
        r->reached[at] = ON_WAY;
    if (r->reached[at] == ON_WAY)
        report(r, at);
    for (at = start; r->reached[at] == ON_WAY; at = lost_parent(r, at))
        r->reached[at] = TOLD;
}

static void rings_init(struct rings *r)
{
    size_t n = r->c->hosts.n;

    r->first = mem_array(n + 2, sizeof(*r->first));
    r->reached = mem_array(n + 1, 1);
    for (size_t i = 0; i < n; i++)
        map_set(&r->index, r->c->hosts.at[i]->name, (void *)(uintptr_t)(i + 1));
    link_kids(r);
}

static void rings_done(struct rings *r)
{
    map_done(&r->index);
    mem_free(r->first);
    mem_free(r->kids);
    mem_free(r->reached);
    VEC_DONE(&r->queue);
}

void conf_rings_judge(struct conf_ctx *c)
{
    struct rings r = {.c = c};
    bool any = false;

    for (size_t i = 0; !any && i < c->hosts.n; i++)
        any = c->hosts.at[i]->ways != NULL;
    if (!any)
        return;
    rings_init(&r);
    for (uint32_t i = 0; i < c->hosts.n; i++)
        reach(&r, i); /* without parents, or with missing ones */
    for (size_t q = 0; q < r.queue.n; q++)
        for (uint32_t k = r.first[r.queue.at[q]]; k < r.first[r.queue.at[q] + 1]; k++)
            reach(&r, r.kids[k]);
    for (uint32_t i = 0; i < c->hosts.n; i++)
        follow(&r, i);
    rings_done(&r);
}

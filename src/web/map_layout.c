/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map_layout.c: columns by the longest way, rings as one; rows by the middle of what a node is tied to, swept a few
 * times from either side, in the end from the left: what hangs from something stays near it.  Nothing stands on another. */
#include "web/map_layout.h"
#include <stdlib.h>

enum { SWEEPS = 7, FAR = 1 << 20 };

int map_node_add(struct map_graph *g, const void *what, bool late)
{
    struct map_node n = {.what = what, .late = late, .tall = 1, .width = MAP_NODE_W};

    VEC_PUSH(&g->nodes, n);
    return (int)g->nodes.n - 1;
}

void map_edge_add(struct map_graph *g, int from, int to, bool soft)
{
    struct map_edge e = {from, to, soft};

    if (from == to)
        return;
    VEC_PUSH(&g->edges, e);
    g->nodes.at[from].degree++;
    g->nodes.at[to].degree++;
}

void map_graph_done(struct map_graph *g)
{
    VEC_DONE(&g->nodes);
    VEC_DONE(&g->edges);
    VEC_DONE(&g->left);
}

/* ---- columns ---- */

static bool is_way(const struct map_graph *g, const struct map_edge *e)
{
    return !e->soft && !g->nodes.at[e->from].late && !g->nodes.at[e->to].late;
}

/* Who leads to whom, however far: n × n. A map has a few hundred nodes. */
static bool *who_leads(const struct map_graph *g)
{
    size_t n = g->nodes.n;
    bool *to = mem_array(n * n + 1, sizeof *to), changed = true;

    for (size_t i = 0; i < g->edges.n; i++)
        if (is_way(g, &g->edges.at[i]))
            to[(size_t)g->edges.at[i].from * n + (size_t)g->edges.at[i].to] = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < g->edges.n; i++) {
            const struct map_edge *e = &g->edges.at[i];
            const bool *below = &to[(size_t)e->to * n];
            bool *above = &to[(size_t)e->from * n];
            for (size_t k = 0; is_way(g, e) && k < n; k++) {
                changed |= below[k] && !above[k];
                above[k] |= below[k];
            }
        }
    }
    return to;
}

static bool in_one_ring(const struct map_graph *g, const bool *to, const struct map_edge *e)
{
    size_t n = g->nodes.n;

    return to[(size_t)e->to * n + (size_t)e->from];
}

/* Within a ring: how far from where ways lead in. A ring without a way in cannot be configured, but may be what a filter
 * leaves over: then it begins at its first nodes. */
static void place_rings(struct map_graph *g, const bool *to, int *deep)
{
    bool changed = true;

    for (size_t i = 0; i < g->nodes.n; i++)
        deep[i] = to[i * g->nodes.n + i] ? FAR : 0;
    for (size_t i = 0; i < g->edges.n; i++)
        if (is_way(g, &g->edges.at[i]) && !in_one_ring(g, to, &g->edges.at[i]))
            deep[g->edges.at[i].to] = 0;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < g->edges.n; i++) {
            const struct map_edge *e = &g->edges.at[i];
            if (!is_way(g, e) || deep[e->from] >= FAR || deep[e->from] + 1 >= deep[e->to])
                continue;
            deep[e->to] = deep[e->from] + 1;
            changed = true;
        }
    }
    for (size_t i = 0; i < g->nodes.n; i++)
        deep[i] = deep[i] >= FAR ? 0 : deep[i];
}

/* A ring moves as one: the node that stands for all in it is the first. */
static size_t ring_of(const struct map_graph *g, const bool *to, size_t i)
{
    size_t n = g->nodes.n;

    for (size_t k = 0; k < i; k++)
        if (to[i * n + k] && to[k * n + i])
            return k;
    return i;
}

/* As far to the right as the longest way there; rings begin where they are entered. Returns the last column. */
static int place_ways(struct map_graph *g)
{
    bool *to = who_leads(g), changed = true;
    int *deep = mem_array(g->nodes.n + 1, sizeof *deep), *base = mem_array(g->nodes.n + 1, sizeof *base), most = 0;
    size_t *ring = mem_array(g->nodes.n + 1, sizeof *ring);

    place_rings(g, to, deep);
    for (size_t i = 0; i < g->nodes.n; i++)
        ring[i] = ring_of(g, to, i);
    while (changed) {
        changed = false;
        for (size_t i = 0; i < g->edges.n; i++) {
            const struct map_edge *e = &g->edges.at[i];
            int next = base[ring[e->from]] + deep[e->from] + 1;
            if (!is_way(g, e) || ring[e->from] == ring[e->to] || next <= base[ring[e->to]])
                continue;
            base[ring[e->to]] = next;
            changed = true;
        }
    }
    for (size_t i = 0; i < g->nodes.n; i++) {
        g->nodes.at[i].column = base[ring[i]] + deep[i];
        if (!g->nodes.at[i].late && g->nodes.at[i].column > most)
            most = g->nodes.at[i].column;
    }
    mem_free(to);
    mem_free(deep);
    mem_free(base);
    mem_free(ring);
    return most;
}

/* Aggregates stand behind what they are made of; they have no rings. */
static void place_late(struct map_graph *g, int most)
{
    bool changed = true;

    for (size_t i = 0; i < g->nodes.n; i++)
        if (g->nodes.at[i].late)
            g->nodes.at[i].column = most + 1;
    for (size_t turn = 0; changed && turn <= g->nodes.n; turn++) {
        changed = false;
        for (size_t i = 0; i < g->edges.n; i++) {
            const struct map_node *from = &g->nodes.at[g->edges.at[i].from];
            struct map_node *to = &g->nodes.at[g->edges.at[i].to];
            if (!from->late || !to->late || to->column > from->column)
                continue;
            to->column = from->column + 1;
            changed = true;
        }
    }
}

/* ---- rows ---- */

struct seat {
    int node;
    double want;
};

static int by_want(const void *a, const void *b)
{
    const struct seat *x = a, *y = b;

    return x->want < y->want ? -1 : x->want > y->want ? 1 : x->node - y->node;
}

/* The middle of what it is tied to on this side; where it stands when it is tied to nothing there. */
static void middles(const struct map_graph *g, bool before, double *want, int *count)
{
    for (size_t i = 0; i < g->nodes.n; i++)
        want[i] = 0, count[i] = 0;
    for (size_t i = 0; i < g->edges.n; i++) {
        const struct map_edge *e = &g->edges.at[i];
        int me = before ? e->to : e->from, other = before ? e->from : e->to;
        if (g->nodes.at[other].column == g->nodes.at[me].column)
            continue;
        want[me] += g->nodes.at[other].y;
        count[me]++;
    }
    for (size_t i = 0; i < g->nodes.n; i++)
        want[i] = count[i] ? want[i] / count[i] : g->nodes.at[i].y;
}

/* One column: in the order wanted, close together, and the whole as near to the wish as can be. */
static void seat_column(struct map_graph *g, struct seat *seats, int n)
{
    double shift = 0;

    qsort(seats, (size_t)n, sizeof *seats, by_want);
    for (int i = 0; i < n; i++) {
        struct map_node *me = &g->nodes.at[seats[i].node];
        const struct map_node *above = i ? &g->nodes.at[seats[i - 1].node] : NULL;
        double least = above ? above->y + (above->tall + me->tall) / 2 : seats[i].want;
        me->y = seats[i].want > least ? seats[i].want : least;
        shift += seats[i].want - me->y;
    }
    for (int i = 0; i < n; i++)
        g->nodes.at[seats[i].node].y += shift / n;
}

static void sweep(struct map_graph *g, bool before)
{
    double *want = mem_array(g->nodes.n + 1, sizeof *want);
    int *count = mem_array(g->nodes.n + 1, sizeof *count);
    struct seat *seats = mem_array(g->nodes.n + 1, sizeof *seats);

    for (int k = 0; k < g->columns; k++) {
        int column = before ? k : g->columns - 1 - k, n = 0;
        middles(g, before, want, count);
        for (size_t i = 0; i < g->nodes.n; i++)
            if (g->nodes.at[i].column == column)
                seats[n++] = (struct seat){(int)i, want[i]};
        if (n)
            seat_column(g, seats, n);
    }
    mem_free(want);
    mem_free(count);
    mem_free(seats);
}

/* One below the other, to begin with. */
static void pile_up(struct map_graph *g)
{
    double *filled = mem_array((size_t)g->columns + 1, sizeof *filled);

    for (size_t i = 0; i < g->nodes.n; i++) {
        struct map_node *n = &g->nodes.at[i];
        n->y = filled[n->column] + n->tall / 2;
        filled[n->column] += n->tall;
    }
    mem_free(filled);
}

/* As wide as its widest. */
static void set_columns(struct map_graph *g)
{
    int left = 0;

    g->left.n = 0;
    for (int k = 0; k <= g->columns; k++) {
        int widest = 0;
        VEC_PUSH(&g->left, left);
        for (size_t i = 0; i < g->nodes.n; i++)
            if (g->nodes.at[i].column == k && g->nodes.at[i].width > widest)
                widest = g->nodes.at[i].width;
        left += widest + MAP_GAP;
    }
}

void map_layout(struct map_graph *g)
{
    double least = 0, most = 0;

    g->columns = 0;
    place_late(g, place_ways(g));
    for (size_t i = 0; i < g->nodes.n; i++)
        if (g->nodes.at[i].column >= g->columns)
            g->columns = g->nodes.at[i].column + 1;
    set_columns(g);
    pile_up(g);
    for (int i = 0; i < SWEEPS; i++)
        sweep(g, i % 2 == 0);
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct map_node *n = &g->nodes.at[i];
        least = i == 0 || n->y - n->tall / 2 < least ? n->y - n->tall / 2 : least;
    }
    for (size_t i = 0; i < g->nodes.n; i++) {
        struct map_node *n = &g->nodes.at[i];
        n->y -= least;
        most = n->y + n->tall / 2 > most ? n->y + n->tall / 2 : most;
    }
    g->rows = most;
}

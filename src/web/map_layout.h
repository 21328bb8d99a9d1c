/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map_layout.h: where the things of a map stand: in columns by how far from vigie, in rows near what they hang from.
 * Pure: it knows nothing of what the nodes are.  The work is bounded by the number of edges and a few sweeps. */
#ifndef VIGIE_WEB_MAP_LAYOUT_H
#define VIGIE_WEB_MAP_LAYOUT_H

#include "base/vec.h"
#include <stdbool.h>
#include <stdint.h>

enum { MAP_NODE_W = 160, MAP_NODE_H = 26, MAP_GAP = 50 /* between columns */, MAP_ROW = 34 };

struct map_node {
    const void *what;  /* the caller's */
    int column;        /* 0: next to vigie; worked out */
    bool late;         /* stands after all that is not: aggregates */
    double y;          /* its middle: worked out, in rows */
    double tall;       /* rows that it takes; 1 unless set */
    int width;         /* in pixels; MAP_NODE_W unless set */
    int bundle;        /* the caller's */
    int degree;        /* edges at it */
};
struct map_edge {
    int from, to;      /* index of nodes; from stands before to, as far as there is no ring */
    bool soft;         /* a dependency, not a way */
};
struct map_graph {
    VEC(struct map_node) nodes;
    VEC(struct map_edge) edges;
    int columns;
    VEC(int) left; /* of each column, in pixels, and of one more: the whole width */
    double rows;
};

int map_node_add(struct map_graph *g, const void *what, bool late); /* its index */
void map_edge_add(struct map_graph *g, int from, int to, bool soft); /* not to itself */
void map_layout(struct map_graph *g);
void map_graph_done(struct map_graph *g);

#endif

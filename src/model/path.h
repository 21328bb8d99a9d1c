/* SPDX-License-Identifier: GPL-3.0-or-later */
/* path.h: the ways to hosts: what is known of them (ways.c), and the checks of a way before a host is called down (path.c).
 * For the files of this room. */
#ifndef VIGIE_MODEL_PATH_H
#define VIGIE_MODEL_PATH_H

#include "model/model.h"

enum path_step {
    PATH_SUSPECT, /* a check failed: the host's own check is run */
    PATH_PARENTS, /* the host failed: its parents are asked */
    PATH_SELF,    /* a parent lives: the host is asked once more */
};
struct path {
    struct heap_node due; /* mono: no answer by then */
    struct host *host;
    enum path_step step;
    int64_t failed_ms; /* mono: start of the failed attempt; a parent's failure since then counts */
    int64_t began_ms;  /* mono: success of an attempt begun before does not count */
    bool passive;      /* the host cannot be asked again */
    int extended;
};
void path_begin(struct model *m, struct host *h, const struct path *like, struct moment now);
void path_look(struct model *m, struct host *h, struct moment now); /* PARENTS: is it decided? */
void path_end(struct model *m, struct host *h);
bool path_wanted(struct model *m, struct host *h); /* somebody behind it waits for its state */
bool path_all_dead(struct model *m,
                   struct host *h); /* by what is known, every way ends at a host that is down */
struct host *path_cut(struct model *m, struct host *h); /* the topmost dead ancestor; NULL: none */
void path_poke(struct model *m,
               struct host *h); /* there is news of it: those who wait for it look again */
void path_settle(struct model *m, struct moment now); /* works off what was poked */
void path_recovered(struct model *m, struct host *h,
                    struct moment now); /* those behind it are asked soon */
void path_died(struct model *m, struct host *h,
               struct moment now);                     /* its children are asked soon */
int64_t path_tick(struct model *m, struct moment now); /* mono of the next */
void path_grace(struct model *m, struct moment now);   /* after a suspend: all wait anew */

/* ways.c: a walk over the graph; every host is taken once */
struct walk {
    uint64_t visit;
    VEC(struct host *) hosts;
    VEC(unsigned char) marks; /* of each host */
    size_t next;
};
struct walk walk_new(struct model *m);
void walk_add(struct walk *w, struct host *h);
void walk_parents(struct walk *w, struct host *h);
void walk_children(struct walk *w, struct host *h);
struct host *walk_next(struct walk *w);
void walk_done(struct walk *w);
enum way { WAY_WAIT, WAY_OPEN, WAY_DEAD };
bool waits_for_parents(const struct host *h);
enum way judge_parent(const struct host *p, const struct path *check); /* what it says itself */
enum way judge_way(struct model *m, struct host *h); /* for its path check */

#endif

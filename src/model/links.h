/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links.h: what items have to do with one another, for the files of this room: dependencies and aggregates.
 *
 * Only an item that has anything to do with another has a struct links; everything hangs on pointers in both
 * directions, so that a result costs as much as there are aggregates and dependants of its own item.  The links of a
 * generation are made by reconf, after all its items are there (links_take).  Whatever changes is put down
 * (links_changed) and worked off by links_settle(), from the members up, before the call from outside returns. */
#ifndef VIGIE_MODEL_LINKS_H
#define VIGIE_MODEL_LINKS_H

#include "model/inner.h"

struct master {
    struct item *item;
    const struct conf_depend *depend; /* those of one dependency stand together */
};
struct member {
    struct item *item;
    double weight;
};
struct links {
    struct item *item;
    const struct conf_aggregate *aggregate; /* NULL: it is none */
    VEC(struct master) masters;
    VEC(struct member) members;
    VEC(struct item *) dependants; /* who has it as a master */
    VEC(struct item *) aggregates; /* who has it as a member */
    struct heap_node due;          /* to be worked out; by level */
    bool news;                     /* dependants are to be looked at */
    bool again;                    /* an aggregate: somebody may have to be told although nothing changed */
    bool waiting;                  /* somebody waits for its next result */
    bool blocked;                  /* a master is broken */
    bool doubtful;                 /* what was found of it by the question of that number */
    uint64_t visit;
    int64_t asked_ms;              /* mono: start of its last attempt */
    int64_t verify_ms;             /* mono: results of attempts before this do not count; 0: all do */
};

struct links *links_of(struct item *it); /* made when needed */
void links_drop(struct model *m, struct item *it);
/* It has what the configuration says now. */
void links_take(struct model *m, struct item *it, struct moment now);
/* Its state (or what counts with it) is another; works nothing off. */
void links_changed(struct model *m, struct item *it);
void links_look_again(struct model *m, struct item *it); /* downtime, acknowledgement: nothing changed but who is told */
/* A result of it came, or its host was judged: whoever waits for its word looks again. */
void links_heard(struct model *m, struct item *it);
void links_settle(struct model *m, struct moment now);
void links_start(struct model *m, struct moment now); /* once everything was restored */

/* depend.c */
/* The master that breaks a dependency for this purpose; NULL: none. */
struct item *depend_cause(const struct item *it, int purpose);
bool depend_blocks(const struct item *it); /* it is not to be run */
/* A result of an attempt that began then. */
void depend_note(struct item *it, int64_t start_ms);
/* Must its problem wait for a master? Asks those whose word is missing. */
bool depend_waits(struct model *m, struct item *it, int64_t start_ms, struct moment now);
void depend_look(struct model *m, struct item *it, struct moment now); /* there is news of a master */

/* aggregate.c */
void aggregate_work(struct model *m, struct item *it, struct moment now);
/* Why nobody is told of it although it is bad: its members are in hand already. */
enum quiet aggregate_quiet(const struct item *it);

#endif

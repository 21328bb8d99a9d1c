/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover_priv.h: the common head of a run of discovery.
 *
 * A kind of run (host.c, net.c) embeds the head as its first member, calls discover_begin() once it is sure to start, then works by
 * callbacks of its own.  What it finds it gives to discover_found(), how far it is to discover_moved(), and last of all it calls
 * discover_finish().  None of these calls back at once: the head keeps copies and tells them from a turn of its own, so a kind never has
 * to fear that its run is stopped beneath it.  When all is told, or when the caller stops the run, the head calls free(), from where the
 * kind frees all that it has (its loop is in none of its callbacks then). */
#ifndef VIGIE_CHECKS_DISCOVER_PRIV_H
#define VIGIE_CHECKS_DISCOVER_PRIV_H

#include "checks/discover/discover.h"

struct discover_kind {
    void (*free)(struct discover *d); /* ends what is under way without a callback, and frees d */
};
struct discover_kept; /* a finding that waits to be told */

struct discover {
    const struct discover_kind *kind;
    struct loop *loop;
    const struct discover_events *events;
    void *arg;
    struct discover_progress progress; /* the kind's to change, but for findings; doing: a lasting text */
    /* the head's own */
    struct timer tell;
    struct discover_kept *first, **last;
    int64_t told_ms; /* progress */
    bool moved, inside, stopped, finished;
    int code; /* of the end; 0: none */
    struct err err;
};
/* events is borrowed for the life of the run, as the caller's. */
void discover_begin(struct discover *d, const struct discover_kind *kind, struct loop *l, const struct discover_events *events, void *arg);
/* Copies f. Texts are cut at some length; more than FINDING_MAX a run are counted, and not told. */
void discover_found(struct discover *d, const struct finding *f);
void discover_moved(struct discover *d); /* progress has changed */
/* The run is at its end, e NULL: a good one. The kind has stopped working; it may not call anything of the head afterwards. */
void discover_finish(struct discover *d, const struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watchdog.h: which kind of probe held the probe loop for over 5 ms at a stretch. A stretch is one callback, or the
 * start of one attempt; many short ones in a turn are load, not a fault of a probe.
 *
 * The loop measures (io/loop.h); here its word about whose stretch it was becomes a count. Counted on the probe loop,
 * read from anywhere. The time is by the clock: on a machine that has more to do than processors, a stretch may be
 * long because somebody else ran meanwhile. */
#ifndef VIGIE_CHECKS_WATCHDOG_H
#define VIGIE_CHECKS_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct watchdog;
struct watchdog_row {
    const char *kind;   /* of probe; "other": names, connections and whatever serves all */
    uint64_t turns;     /* over 5 ms, since the start */
    int64_t longest_us; /* of these */
};
struct watchdog *watchdog_new(struct loop *l);
struct watchdog *watchdog_free(struct watchdog *w); /* the loop does not run any more */
/* The i-th kind; false when there are no more. "other" is the last. */
bool watchdog_row(const struct watchdog *w, int i, struct watchdog_row *ret);

#endif

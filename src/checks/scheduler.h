/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scheduler.h: when each check is run.
 *
 * On the main loop: a heap of due times over the model's items.  Attempts run on the probe loop and come back by
 * message.  First checks are splayed over min(interval, 60 s… 5 min); a phase is kept by name, so that the same
 * check falls on the same second after a restart.  Never a burst: after start, reload, suspend or a clock step
 * what is overdue by more than its interval is splayed anew, and at most max_in_flight attempts run at once.
 * The first round after a start with no stored state comes quickly (a newcomer sees results within 2 s). */
#ifndef VIGIE_CHECKS_SCHEDULER_H
#define VIGIE_CHECKS_SCHEDULER_H

#include "checks/probe.h"
#include "model/model.h"

struct scheduler;
struct scheduler *scheduler_new(struct loop *main_loop, struct model *m, struct probe_env *env); /* listens to the model */
struct scheduler *scheduler_free(struct scheduler *s); /* cancels attempts; the probe loop is stopped before (or shares the caller's thread, as in the twin) */
/* A person wants it now: jumps the queue. done (may be NULL) when its result is in the model, or was not to be had. */
void scheduler_now(struct scheduler *s, struct item *it, void (*done)(void *arg), void *arg);

struct scheduler_stats {
    uint64_t attempts, results;       /* since start */
    int in_flight, waiting;           /* waiting: due, but max_in_flight was reached */
    int64_t delay_p50_us, delay_p99_us, delay_max_us; /* last minute */
    uint64_t delay_histogram[16];     /* powers of two of ms, since start */
    int64_t delay_sum_us;             /* of all attempts since start */
    uint64_t timeouts;
};
void scheduler_get_stats(struct scheduler *s, struct scheduler_stats *ret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scheduler_stats.h: how late attempts began: since the start by powers of two, and over the last minute finely.
 * Pure: time is an argument. */
#ifndef VIGIE_CHECKS_SCHEDULER_STATS_H
#define VIGIE_CHECKS_SCHEDULER_STATS_H

#include "checks/scheduler.h"

enum { DELAY_SLOTS = 6, DELAY_BUCKETS = 112 };
struct delay_slot {
    int64_t epoch; /* which ten seconds */
    int64_t max_us;
    uint32_t count[DELAY_BUCKETS];
};
struct delays {
    uint64_t histogram[16];
    int64_t sum_us;
    struct delay_slot slot[DELAY_SLOTS];
};
void delays_add(struct delays *d, int64_t late_us, int64_t now_us);
void delays_read(const struct delays *d, int64_t now_us, struct scheduler_stats *ret);

#endif

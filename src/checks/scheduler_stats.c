/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scheduler_stats.c: histograms of the scheduling delay. A bucket is a quarter of an octave, so that a
 * percentile is told within a fifth of its value. */
#include "checks/scheduler_stats.h"

#include <string.h>

enum { SLOT_US = 10 * 1000 * 1000, QUARTERS = 4 };

static int bucket_of(int64_t us)
{
    int octave, bucket;

    if (us < QUARTERS)
        return us < 0 ? 0 : (int)us;
    octave = 63 - __builtin_clzll((unsigned long long)us);
    bucket = octave * QUARTERS + (int)((us >> (octave - 2)) & 3) - QUARTERS;
    return bucket < DELAY_BUCKETS ? bucket : DELAY_BUCKETS - 1;
}

/* The highest value that falls into the bucket. */
static int64_t bucket_top(int bucket)
{
    int octave = bucket / QUARTERS + 1, quarter = bucket % QUARTERS;

    if (bucket < QUARTERS)
        return bucket;
    return (INT64_C(1) << octave) + ((INT64_C(1) << (octave - 2)) * (quarter + 1)) - 1;
}

void delays_add(struct delays *d, int64_t late_us, int64_t now_us)
{
    int64_t epoch = now_us / SLOT_US;
    struct delay_slot *slot = &d->slot[epoch % DELAY_SLOTS];
    int64_t ms = late_us / 1000;
    int power = 0;

    if (slot->epoch != epoch) {
        memset(slot, 0, sizeof(*slot));
        slot->epoch = epoch;
    }
    slot->count[bucket_of(late_us)]++;
    if (late_us > slot->max_us)
        slot->max_us = late_us;
    while (power < 15 && ms >= (INT64_C(1) << power))
        power++;
    d->histogram[power]++;
    d->sum_us += late_us;
}

static int64_t percentile(const uint64_t sum[DELAY_BUCKETS], uint64_t all, double share)
{
    uint64_t seen = 0, want = (uint64_t)((double)all * share);

    for (int i = 0; i < DELAY_BUCKETS; i++) {
        seen += sum[i];
        if (seen > want)
            return bucket_top(i);
    }
    return 0;
}

void delays_read(const struct delays *d, int64_t now_us, struct scheduler_stats *ret)
{
    uint64_t sum[DELAY_BUCKETS] = {0}, all = 0;
    int64_t epoch = now_us / SLOT_US;

    ret->delay_max_us = 0;
    for (int i = 0; i < DELAY_SLOTS; i++) {
        const struct delay_slot *slot = &d->slot[i];

        if (slot->epoch <= epoch - DELAY_SLOTS)
            continue;
        for (int b = 0; b < DELAY_BUCKETS; b++) {
            sum[b] += slot->count[b];
            all += slot->count[b];
        }
        if (slot->max_us > ret->delay_max_us)
            ret->delay_max_us = slot->max_us;
    }
    ret->delay_p50_us = percentile(sum, all, 0.50);
    ret->delay_p99_us = percentile(sum, all, 0.99);
    memcpy(ret->delay_histogram, d->histogram, sizeof(ret->delay_histogram));
    ret->delay_sum_us = d->sum_us;
}

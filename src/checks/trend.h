/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trend.h: where a figure is heading: "full in 4 days". Pure; lives in the item's memory (probe.memory_bytes).
 *
 * A trend keeps up to TREND_POINTS readings over a window that fits the horizon asked for (half of it; two days at least
 * for horizons of days). It answers only with enough history: a day and a half for a horizon of days, else a quarter
 * of the horizon (an hour at least). The line is by least squares, once through the whole window and once through its
 * later half; the later date counts. Before, the two largest rises are replaced by usual ones (so that a one-time jump,
 * old or new, predicts nothing: PRA-14), and for horizons of days each reading by the mean of the day before it (so
 * that the flank of a daily rhythm is no trend). History ends with the process: it is gathered anew after a start. */
#ifndef VIGIE_CHECKS_TREND_H
#define VIGIE_CHECKS_TREND_H

#include <stdbool.h>
#include <stdint.h>

enum { TREND_POINTS = 32, TREND_LEAST = 8 };
struct trend { /* zeroed: empty */
    uint64_t key;
    uint32_t n, first; /* ring */
    uint32_t at_s[TREND_POINTS];
    float value[TREND_POINTS];
};
struct trend_ahead {
    double per_day;  /* of the fit that was believed */
    int64_t left_ms; /* until the limit is met; INT64_MAX: never */
};
/* The trend of a name among n; an unknown name takes a free place, or the one that was not fed for longest. */
struct trend *trend_of(struct trend *set, int n, const char *name);
/* Takes a reading when it is time for one. A wall clock that went back empties the trend. */
void trend_add(struct trend *t, int64_t wall_ms, double value, int64_t within_ms);
/* From the value now to the limit (above it). false: too little history. */
bool trend_ahead(const struct trend *t, double now, double limit, int64_t within_ms, struct trend_ahead *ret);

#endif

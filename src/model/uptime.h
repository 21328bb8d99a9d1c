/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uptime.h: what a component was, day by day, over the last ninety days: from the history of what it rests on and from
 * what was published.  PURE.
 *
 * The rule is board_standing()'s, over time: at each moment the worst impact of what is public; where there is none, what the checks
 * said as far as the policy publishes it (auto: failures that lasted for `after`, from their beginning; propose and manual: none).
 * Planned work is kept apart, unknown too; a moment before anything was known is no data.
 *
 * The figure: of the time that is known and not planned, the part in which the component was neither down nor partly down. */
#ifndef VIGIE_MODEL_UPTIME_H
#define VIGIE_MODEL_UPTIME_H

#include "base/vec.h"
#include "model/sight.h"

enum { UPTIME_DAYS = 90, TRACK_MAX = 20000 /* steps of one checked thing */ };

/* What one checked thing was: its hard states and the planned downtimes over it, in the order of time. */
enum track_kind { TRACK_STATE = 1, TRACK_WORK_BEGINS, TRACK_WORK_ENDS };
struct track_step {
    int64_t at_ms;
    uint8_t kind;
    uint8_t state; /* enum state, of TRACK_STATE; PENDING: not known */
};
struct track {
    VEC(struct track_step) steps;
};
void track_done(struct track *t);
/* Adds a step; one that is not later than the last finds its place. What is too much goes from the old end. */
void track_add(struct track *t, struct track_step s);
void track_forget(struct track *t, int64_t before_ms); /* keeps the last state before it, as of that moment */

struct uptime_day {
    int64_t from_ms, to_ms;    /* of the site's zone: 23, 24 or 25 hours; to_ms of today: now */
    int32_t level_s[LEVELS];   /* seconds at each level */
    int32_t known_s;           /* the sum of them; 0: no data */
    enum level worst;          /* for at least a minute, or for all that is known */
};
struct uptime {
    struct uptime_day days[UPTIME_DAYS]; /* the last is today */
};
/* tracks: of c->depends, in their order; NULL for what does not exist (any more). begin_ms: when this house began to know
 * anything: what rests on nothing counts as working since then. */
void uptime_count(struct uptime *ret, const struct sight *s, const struct conf_component *c, const struct track *const *tracks, int64_t begin_ms);
/* Over the last n days: parts of ten thousand, rounded down so that 10000 means never away; -1: nothing is known. ret_planned_s,
 * ret_down_s may be NULL. */
int uptime_figure(const struct uptime *u, int days, int64_t *ret_planned_s, int64_t *ret_down_s);

#endif

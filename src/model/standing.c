/* SPDX-License-Identifier: GPL-3.0-or-later */
/* standing.c: the state machine of one checked thing: soft and hard, attempts, volatile, flapping.
 *
 * It knows nothing of hosts, paths or people; those decide whether a result is forced hard or kept
 * soft. */
#include "model/inner.h"

enum { RING_STATES = 21, RING_BITS = 3 };

void standing_init(struct standing *st)
{
    *st = (struct standing){.hard = true, .attempt = 1};
}

static enum state ring_at(const struct standing *st, int age)
{
    return (enum state)(st->flap_ring >> (age * RING_BITS) & ((1U << RING_BITS) - 1));
}

/* A change between neighbours weighs 0.75 (the oldest pair of a full ring) to 1.25 (the newest), so
 * a ring that alternates throughout is 100 %.  What was not yet recorded counts as no change. */
float standing_flap_percent(const struct standing *st)
{
    double sum = 0;

    for (int age = 0; age + 1 < st->flap_n; age++)
        if (ring_at(st, age) != ring_at(st, age + 1))
            sum += 1.25 - age * 0.5 / (RING_STATES - 2);
    return (float)(sum * 100 / (RING_STATES - 1));
}

/* Hard states and soft recoveries are recorded; retries would count one problem several times. */
static void flap_record(struct standing *st, const struct state_rules *r, struct transition *t)
{
    bool was = st->flapping;
    float percent;

    if (st->hard || t->soft_recovery) {
        uint64_t keep = (UINT64_C(1) << (RING_STATES * RING_BITS)) - 1;
        st->flap_ring = (st->flap_ring << RING_BITS | st->state) & keep;
        if (st->flap_n < RING_STATES)
            st->flap_n++;
    }
    percent = standing_flap_percent(st);
    if (!r->flap_detection || percent <= r->flap_low)
        st->flapping = false;
    else if (percent >= r->flap_high)
        st->flapping = true;
    t->flap_started = st->flapping && !was;
    t->flap_stopped = was && !st->flapping;
}

static void apply_good(struct standing *st, struct transition *t)
{
    bool was_bad = state_is_bad((enum state)st->hard_state);

    t->recovery = was_bad;
    t->soft_recovery = !was_bad && state_is_bad(t->from);
    t->hard_change = st->hard_state != t->to;
    st->hard = true;
    st->attempt = 1;
}

/* Long or often enough. */
static bool is_ripe(const struct standing *st, const struct state_rules *r, int attempts,
                    int64_t now_ms, const struct transition *t)
{
    if (r->for_ms <= 0)
        return st->attempt >= attempts;
    return state_is_bad(t->from) && st->problem_ms && now_ms - st->problem_ms >= r->for_ms;
}

static void apply_bad(struct standing *st, const struct state_rules *r, bool force_hard,
                      int64_t now_ms, struct transition *t)
{
    int attempts = r->attempts < 1 ? 1 : r->attempts > UINT8_MAX ? UINT8_MAX : r->attempts;

    if (!state_is_bad(t->from)) {
        st->attempt = 1;
        st->hard = false;
    } else if (!st->hard && st->attempt < attempts) {
        st->attempt++;
    }
    if (st->hard || force_hard || is_ripe(st, r, attempts, now_ms, t)) {
        st->attempt = (uint8_t)attempts;
        t->hard_change = !st->hard || st->hard_state != t->to;
        t->problem = t->hard_change || r->is_volatile;
        st->hard = true;
    }
    t->retry = !st->hard;
}

static void stamp(struct standing *st, int64_t now_ms, const struct transition *t)
{
    if (t->changed) {
        st->previous = (uint8_t)t->from;
        st->since_ms = now_ms;
    }
    st->state = (uint8_t)t->to;
    if (t->hard_change) {
        st->hard_state = (uint8_t)t->to;
        st->hard_since_ms = now_ms;
    }
    if (!state_is_bad(t->to))
        st->problem_ms = 0;
    else if (!state_is_bad(t->from))
        st->problem_ms = now_ms;
}

void standing_apply(struct standing *st, const struct state_rules *r, enum state to,
                    bool force_hard, int64_t now_ms, struct transition *ret)
{
    struct transition t = {.from = (enum state)st->state, .to = to, .changed = st->state != to};

    if (to == STATE_PENDING) {
        standing_forget(st, now_ms, ret);
        return;
    }
    if (state_is_good(to))
        apply_good(st, &t);
    else
        apply_bad(st, r, force_hard, now_ms, &t);
    stamp(st, now_ms, &t);
    flap_record(st, r, &t);
    *ret = t;
}

/* Nothing is known any more: neither a problem nor a recovery, and no flapping. */
void standing_forget(struct standing *st, int64_t now_ms, struct transition *ret)
{
    struct transition t = {
        .from = (enum state)st->state, .to = STATE_PENDING, .changed = st->state != STATE_PENDING};

    t.hard_change = st->hard_state != STATE_PENDING;
    st->hard = true;
    st->attempt = 1;
    stamp(st, now_ms, &t);
    *ret = t;
}

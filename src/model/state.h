/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state.h: the states, and the state machine of one checked thing. Pure: time is an argument.
 *
 * Semantics of Nagios 4 (soft and hard, attempts, flapping, volatile); notes in REQUIREMENTS MON-* and the
 * topic note "checks", section 3.  A check has states OK WARNING CRITICAL UNKNOWN, a host UP DOWN UNREACHABLE. */
#ifndef VIGIE_MODEL_STATE_H
#define VIGIE_MODEL_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum state {
    STATE_PENDING, STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN,
    STATE_UP, STATE_DOWN, STATE_UNREACHABLE,
    STATE_COUNT,
};
const char *state_word(enum state s); /* "ok", "down": API, store, CSS classes */
int state_from_word(const char *word); /* or ERR_INVALID */
int state_rank(enum state s);          /* for "worst first": pending 0 < ok,up < unknown < warning < unreachable < critical,down */
static inline bool state_is_good(enum state s) { return s == STATE_OK || s == STATE_UP; }
static inline bool state_is_bad(enum state s) { return s != STATE_PENDING && !state_is_good(s); }

/* What decides when soft becomes hard. */
struct state_rules {
    int attempts;      /* ≥ 1 */
    bool is_volatile;  /* every bad hard result is told */
    bool flap_detection;
    float flap_low, flap_high;
    int64_t for_ms;    /* a problem is hard once it has lasted so long, whatever the attempts; 0: the attempts decide */
};
/* The machine's memory; 40 bytes, kept in the store as it is. */
struct standing {
    uint8_t state, hard_state, previous; /* enum state; hard_state: the last hard one */
    bool hard;
    uint8_t attempt;   /* 1..attempts */
    bool flapping;
    uint8_t flap_n;    /* states recorded, at most 21 */
    uint64_t flap_ring; /* 21 × 3 bits, newest lowest */
    int64_t since_ms;      /* wall: of the present state */
    int64_t hard_since_ms; /* wall: of the present hard state */
    int64_t problem_ms;    /* wall: when it was last good→bad; 0 while good */
};
/* What one result did. */
struct transition {
    enum state from, to;
    bool changed;       /* the state differs */
    bool hard_change;   /* a new hard state (also: hard recovery) */
    bool problem;       /* hard and bad, newly (or volatile, again): to be told */
    bool recovery;      /* hard and good after a hard problem */
    bool soft_recovery; /* good again before it became hard */
    bool flap_started, flap_stopped;
    bool retry;         /* the next check comes after the retry interval */
};
void standing_init(struct standing *st);
/* force_hard: the host is not up, or the result is conclusive: becomes hard at once. */
void standing_apply(struct standing *st, const struct state_rules *r, enum state to, bool force_hard, int64_t now_ms,
                    struct transition *ret);
float standing_flap_percent(const struct standing *st);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attempt.h: what the probes of this room share beyond probe.h. No other room includes this. */
#ifndef VIGIE_CHECKS_ATTEMPT_H
#define VIGIE_CHECKS_ATTEMPT_H

#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"

/* Foreign bytes as one clean line of at most max bytes, in the arena. */
const char *attempt_quote(struct attempt *a, const char *p, size_t n, size_t max);
int64_t attempt_spent_us(const struct attempt *a);
/* The callback that runs works for this attempt: the watchdog counts it for its kind. For callbacks that may do much
 * and do not end the attempt. */
void attempt_blame(struct attempt *a);
int64_t attempt_left_ms(const struct attempt *a); /* until the time-out, at least 1 */

/* As attempt_perf, for a time: written in seconds, the thresholds are in ms. */
void attempt_perf_time(struct attempt *a, const char *label, int64_t us, const struct conf_level *warn,
                       const struct conf_level *crit);
/* As level_state; *ret_limit is the threshold that was crossed, as written ("" when none was). */
enum state level_judge(const struct conf_level *warn, const struct conf_level *crit, double value,
                       double share_percent, const char **ret_limit);
/* Judges a duration by thresholds in ms: WARNING or CRITICAL with "took … (limit …)" when it is worse. */
void attempt_judge_time(struct attempt *a, int64_t us, const struct conf_level *warn,
                        const struct conf_level *crit);

/* One of the PROBE_MAX_TLS places for a handshake: true when it is there at once, else `go` is called later, never from
 * inside another's call (not when the attempt ends before). attempt_done() gives it back. */
bool attempt_tls_take(struct attempt *a, void (*go)(void *arg), void *arg);
void attempt_tls_give(struct attempt *a);

/* "850.0 Mbit/s", in the arena. */
const char *attempt_bits(struct attempt *a, double bits_per_second);
/* Where a name leads to, its ports set: fn once, at once for an address. A name that leads nowhere ends the attempt, and the end of the
 * attempt ends the look-up. `at` is borrowed for the call. While it is under way a->look is set. */
void attempt_look(struct attempt *a, const char *name, int port, void (*fn)(struct attempt *a, const struct addr *at, int n));
/* For late(): the time-out came while a name was looked up. */
void attempt_late_lookup(struct attempt *a, const char *name);
/* A threshold of what must not get too small: "14d" alone means "< 14d". */
void level_make_floor(struct conf_level *l);

/* The address of the attempt's host, or NULL with the attempt failed. */
const char *attempt_address(struct attempt *a);

#define TRACE(a, text)                                                                             \
    do {                                                                                           \
        if ((a)->trace)                                                                            \
            attempt_trace((a), '*', (text), strlen(text));                                         \
    } while (0)

#endif

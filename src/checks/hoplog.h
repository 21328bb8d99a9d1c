/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hoplog.h: what is known of the way to a peer, and whether it goes another way now. Pure; lives in the item's memory
 * (probe.memory_bytes), so it is learnt anew after a start.
 *
 * The first HOPLOG_LEARN walks are believed as they are. Then a hop that answers from an address not known there is a
 * change; a hop that is silent, or that was always silent so far, is none. Where balancing makes a way alternate, an
 * address that comes for the third time, the known one in between, becomes an alternative; a hop with more alternatives
 * than can be kept is not judged any more. A changed way that stays for long enough becomes the known one. */
#ifndef VIGIE_CHECKS_HOPLOG_H
#define VIGIE_CHECKS_HOPLOG_H

#include "io/addr.h"

enum { HOPLOG_HOPS = 40, HOPLOG_WAYS = 4, HOPLOG_LEARN = 3, HOPLOG_EPISODES = 3, HOPLOG_ADDR_BYTES = 17 };
struct hoplog_way {
    unsigned char addr[HOPLOG_ADDR_BYTES]; /* family and bytes; [0] 0: free */
    bool known, now;                       /* now: part of the present change */
    unsigned char episodes;
};
struct hoplog { /* zeroed: knows nothing */
    unsigned char target[HOPLOG_ADDR_BYTES];
    int walks;
    int64_t changed_ms; /* monotonic time at which the present change began; 0: there is none */
    struct hoplog_way hop[HOPLOG_HOPS][HOPLOG_WAYS];
};
struct hop_seen {
    bool heard, target;
    struct addr from;
};
struct hoplog_change {
    bool changed, accepted; /* accepted: the change has lasted long enough, the new way is the known one now */
    int hop;                /* the first that differs, from 0 */
    bool was_known;
    struct addr was, is;    /* was: only if was_known */
};
/* Judges a walk that reached the target, and remembers it. accept_ms 0: nothing is ever a change. */
void hoplog_judge(struct hoplog *log, const struct hop_seen *seen, int n, const struct addr *target, int64_t now_ms,
                  int64_t accept_ms, struct hoplog_change *ret);

#endif

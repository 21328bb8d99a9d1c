/* SPDX-License-Identifier: GPL-3.0-or-later */
/* several.h: one verdict on several things (arrays, pools, disks), and readings that must be seen twice.
 *
 * The probe calls several_bad() for each thing that is not as it should be: the worst is named in the text, the
 * others are counted. several_end() says so, or leaves what the probe said for OK. */
#ifndef VIGIE_CHECKS_SEVERAL_H
#define VIGIE_CHECKS_SEVERAL_H

#include "checks/attempt.h"

struct several {
    struct attempt *a;
    int bad;
};
void several_bad(struct several *v, enum state s, const char *msgid, const char *types, ...);
void several_end(struct several *v); /* to be called last */

/* Doubts: a state that may pass by itself (a peer that restarts) counts when two readings in a row show it (LES-9).
 * Lives in the item's memory; NULL: this is the only reading, so it never counts. */
enum { DOUBTS_MAX = 32 };
struct doubts {
    uint64_t before[DOUBTS_MAX], now[DOUBTS_MAX];
    int n_before, n_now;
};
void doubts_begin(struct doubts *d);
bool doubt_again(struct doubts *d, const char *thing, const char *what); /* true: the last reading showed it, too */

#endif

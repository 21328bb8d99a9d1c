/* SPDX-License-Identifier: GPL-3.0-or-later */
/* beats.h: checks that wait for calls (heartbeats), found by what a call brings along. */
#ifndef VIGIE_OPS_BEATS_H
#define VIGIE_OPS_BEATS_H

#include "ops/house.h"

/* The check whose token this is; NULL: none, or no token. Looks at every heartbeat, whatever it finds, so that time tells nothing. */
struct item *beat_by_token(struct house *h, struct arena *a, const char *token);
/* Is it a heartbeat, and this its token? */
bool beat_takes(const struct item *it, struct arena *a, const char *token);

#endif

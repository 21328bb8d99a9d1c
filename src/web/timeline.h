/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline.h: state history as a drawing: the last day, one line a check, and the last 30 days, one bar a day. */
#ifndef VIGIE_WEB_TIMELINE_H
#define VIGIE_WEB_TIMELINE_H

#include "web/web_priv.h"

/* events: what "history" returned (newest first), since `from_ms`. item NULL: the host with all its checks. */
void timeline_day(struct page *p, const struct host *h, const struct item *only, const struct doc *events, int64_t from_ms);
void timeline_month(struct page *p, const struct item *it, const struct doc *events, int64_t from_ms);

#endif

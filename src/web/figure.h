/* SPDX-License-Identifier: GPL-3.0-or-later */
/* figure.h: a figure of performance data and its thresholds as people read them: "23.2 GB", "6.3 ms", "> 90 %". */
#ifndef VIGIE_WEB_FIGURE_H
#define VIGIE_WEB_FIGURE_H

#include "wire/plugin.h"

/* "–" for a value that is unknown. unit: as in performance data ("s", "ms", "us", "B", "%", "c", "", …). */
void figure_value(struct buf *out, double value, const char *unit, const char *lang);
/* What alerts: "> 90 %", "< 5 GB", "outside 2 … 8"; nothing when no value would. */
void figure_range(struct buf *out, const struct range *r, const char *unit, const char *lang);

#endif

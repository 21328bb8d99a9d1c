/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waterfall.h: where the time of one attempt went, as bars below one another. */
#ifndef VIGIE_WEB_WATERFALL_H
#define VIGIE_WEB_WATERFALL_H

#include "web/web_priv.h"

bool waterfall_has(const struct timings *t); /* are there steps to tell apart? */
void waterfall_put(struct page *p, const struct timings *t);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* period.h: does a moment lie in a time period, and when does that change?  Pure.
 *
 * The clock of the period's zone is read as it shows: an hour that does not exist in spring is never
 * in a period, one that comes twice in autumn is in it twice. */
#ifndef VIGIE_MODEL_PERIOD_H
#define VIGIE_MODEL_PERIOD_H

#include "config/conf.h"

bool period_active(const struct conf_period *p, int64_t wall_ms); /* NULL: always */
/* The next change after wall_ms, looked for within two years; INT64_MAX: none. */
int64_t period_next(const struct conf_period *p, int64_t wall_ms);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hide.h: secrets of a check's options never come into its result.  A peer may say back what it was told ("unknown
 * command AUTH …"), and results are read by many. */
#ifndef VIGIE_CHECKS_HIDE_H
#define VIGIE_CHECKS_HIDE_H

#include "checks/probe.h"

enum { HIDE_MIN_BYTES = 6 }; /* shorter ones stand in ordinary words and numbers, too */

/* Puts … for each secret option's value in the text and the long text. */
void hide_secrets(struct attempt *a);

#endif

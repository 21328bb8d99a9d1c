/* SPDX-License-Identifier: GPL-3.0-or-later */
/* real.h: a finite number as the shortest decimal text that reads back as the same number. */
#ifndef VIGIE_WIRE_REAL_H
#define VIGIE_WIRE_REAL_H

#include "base/buf.h"

void real_text(struct buf *out, double v);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* promtext.h: writes the Prometheus text exposition format 0.0.4. */
#ifndef VIGIE_WIRE_PROMTEXT_H
#define VIGIE_WIRE_PROMTEXT_H

#include "base/buf.h"

/* # HELP and # TYPE lines; type: "counter", "gauge", "histogram". */
void prom_family(struct buf *out, const char *name, const char *type, const char *help);
/* One sample; labels: alternating name, value, NULL at the end; values are escaped. */
void prom_sample(struct buf *out, const char *name, const char *const *labels, double value);

#endif

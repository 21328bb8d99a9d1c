/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fact.h: single facts of the machine, read from /proc, /sys and the like, and thresholds that come in pairs.
 * For look() of the local probes: on a worker. What cannot be read is told by the return value, nothing is said. */
#ifndef VIGIE_CHECKS_FACT_H
#define VIGIE_CHECKS_FACT_H

#include "checks/machine/local.h"

#include <math.h>
#include <string.h>

struct limits {
    struct conf_level warn, crit;
};
/* The two rows of a pair of thresholds: offset of the struct limits, unit, defaults (or NULL), examples. */
#define LIMIT_ROWS(at, unit_, warn_, crit_, warn_example, crit_example)                                                \
    {.key = "warn", .type = CONF_LEVEL, .offset = (at) + offsetof(struct limits, warn), .unit = unit_,                 \
     .by_default = warn_, .help = MSG("what is a warning"), .example = warn_example},                                  \
    {.key = "crit", .type = CONF_LEVEL, .offset = (at) + offsetof(struct limits, crit), .unit = unit_,                 \
     .by_default = crit_, .help = MSG("what is critical"), .example = crit_example}

bool fact_text(const char *path, struct buf *out);         /* false: not there, not ours to read, or too large; out freed */
bool fact_word(const char *path, char *out, size_t n);     /* the first line, blanks at its ends removed */
bool fact_int(const char *path, int64_t *ret);             /* a file that holds one number */
bool fact_row(const struct buf *text, const char *key, int64_t *ret); /* "key 12", "key: 12 kB", "key=12" */
/* /proc/net/netstat and snmp: a line of names and a line of values, each after "TcpExt:". */
bool fact_column(const struct buf *text, const char *table, const char *column, int64_t *ret);
double fact_rate(int64_t now, int64_t last, double seconds); /* 0 when the counter went back */

/* Judges value (and its share of the whole in percent, or NAN); msgid has {1} the value and {2} the limit that was
 * crossed; type is the message's type of {1}: i, f, b (bytes), d (given in s). */
void fact_judge(struct attempt *own, const struct limits *l, double value, double share, const char *msgid, char type);
void fact_perf(struct attempt *own, const char *label, double value, const char *unit, const struct limits *l, double max);

#endif

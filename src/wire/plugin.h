/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin.h: the Nagios plugin interface: output, performance data, ranges.
 * Source: monitoring-plugins, doc/developer-guidelines; the splitting rules are those of Nagios 4. */
#ifndef VIGIE_WIRE_PLUGIN_H
#define VIGIE_WIRE_PLUGIN_H

#include "base/arena.h"
#include "base/buf.h"
#include <stdbool.h>

enum { PLUGIN_MAX_OUTPUT = 64 * 1024, PERF_MAX = 256 };

/* Splits stdout into short text, long text (lines kept) and perfdata (joined by blanks). All are cleaned UTF-8. */
void plugin_split(const char *out, size_t n, struct buf *text, struct buf *long_text, struct buf *perfdata);

enum perf_bad { PERF_HAS_VALUE = 1, PERF_HAS_MIN = 2, PERF_HAS_MAX = 4, PERF_HAS_WARN = 8, PERF_HAS_CRIT = 16 };
struct range { /* alert outside [start, end]; inside when `inside`; infinities allowed */
    double start, end;
    bool inside;
};
struct perf {
    const char *label;
    double value; /* NaN for "U" */
    const char *unit; /* as written: "ms", "%", "B", "c", "" */
    int has;          /* PERF_HAS_* */
    struct range warn, crit;
    double min, max;
};
/* Reads perfdata text; bad items are skipped and counted. Lenient as Icinga is: last '=', "1.", "U", unknown units. */
int perf_parse(struct arena *a, const char *text, struct perf *out, int max, int *ret_bad);
/* Appends "'label'=value[unit];warn;crit;min;max"; a label is quoted only when it must be. */
void perf_format(struct buf *out, const struct perf *p);
void perf_add(struct buf *out, const char *label, double value, const char *unit); /* the short form */
int range_parse(const char *text, struct range *ret); /* "10", "10:", "~:10", "@10:20" */
bool range_alerts(const struct range *r, double value);
void range_format(struct buf *out, const struct range *r);

#endif

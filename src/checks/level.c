/* SPDX-License-Identifier: GPL-3.0-or-later */
/* level.c: thresholds and performance data of an attempt.
 * A threshold in percent judges the share, any other the value itself. */
#include "checks/attempt.h"

#include <math.h>
#include <string.h>

static bool crossed(const struct conf_level *l, double value, double share)
{
    double v;
    bool within;

    if (l == NULL || !l->set)
        return false;
    v = l->percent ? share : value;
    if (isnan(v))
        return false;
    within = v >= l->low && v <= l->high;
    return l->inside ? within : !within;
}

enum state level_judge(const struct conf_level *warn, const struct conf_level *crit, double value,
                       double share_percent, const char **ret_limit)
{
    if (crossed(crit, value, share_percent)) {
        *ret_limit = crit->text ? crit->text : "";
        return STATE_CRITICAL;
    }
    if (crossed(warn, value, share_percent)) {
        *ret_limit = warn->text ? warn->text : "";
        return STATE_WARNING;
    }
    *ret_limit = "";
    return STATE_OK;
}

enum state level_state(const struct conf_level *warn, const struct conf_level *crit, double value,
                       double share_percent)
{
    const char *limit;

    return level_judge(warn, crit, value, share_percent, &limit);
}

void level_make_floor(struct conf_level *l)
{
    if (!l->set || l->inside || l->low != 0 || isinf(l->high))
        return;
    l->low = l->high;
    l->high = INFINITY;
}

/* In the unit of the value; a share becomes a part of the whole. */
static bool as_range(const struct conf_level *l, double whole, struct range *ret)
{
    double factor = 1;

    if (l == NULL || !l->set)
        return false;
    if (l->percent) {
        if (isnan(whole))
            return false;
        factor = whole / 100;
    }
    /* A share of a whole is no more exact than the whole: no digits that only look exact. */
    ret->start = l->percent && whole >= 1000 ? round(l->low * factor) : l->low * factor;
    ret->end = l->percent && whole >= 1000 ? round(l->high * factor) : l->high * factor;
    ret->inside = l->inside;
    return true;
}

void attempt_perf(struct attempt *a, const char *label, double value, const char *unit,
                  const struct conf_level *warn, const struct conf_level *crit, double min, double max)
{
    /* Three decimals are enough for a reader, and keep exponents out, which other readers do not know. */
    struct perf p = {.label = label, .value = fabs(value) < 1e12 ? round(value * 1000) / 1000 : value, .unit = unit ? unit : "", .has = PERF_HAS_VALUE};
    double whole = str_eq(p.unit, "%") ? 100 : max;

    if (isnan(value))
        p.has &= ~PERF_HAS_VALUE;
    if (as_range(warn, whole, &p.warn))
        p.has |= PERF_HAS_WARN;
    if (as_range(crit, whole, &p.crit))
        p.has |= PERF_HAS_CRIT;
    if (!isnan(min)) {
        p.min = min;
        p.has |= PERF_HAS_MIN;
    }
    if (!isnan(max)) {
        p.max = max;
        p.has |= PERF_HAS_MAX;
    }
    if (a->perf.len)
        buf_char(&a->perf, ' ');
    perf_format(&a->perf, &p);
}

const char *attempt_bits(struct attempt *a, double bits_per_second)
{
    static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
    size_t i = 0;

    while (bits_per_second >= 1000 && i + 1 < COUNT(units)) {
        bits_per_second /= 1000;
        i++;
    }
    return arena_printf(a->arena, i ? "%.1f %s" : "%.0f %s", bits_per_second, units[i]);
}

static void put_seconds(struct buf *out, const struct conf_level *ms)
{
    struct range r;

    if (!as_range(ms, NAN, &r))
        return;
    r.start /= 1000;
    r.end /= 1000;
    range_format(out, &r);
}

void attempt_perf_time(struct attempt *a, const char *label, int64_t us, const struct conf_level *warn,
                       const struct conf_level *crit)
{
    if (a->perf.len)
        buf_char(&a->perf, ' ');
    buf_printf(&a->perf, "%s=%.6fs;", label, (double)us / 1e6);
    put_seconds(&a->perf, warn);
    buf_char(&a->perf, ';');
    put_seconds(&a->perf, crit);
    buf_str(&a->perf, ";0");
}

void attempt_judge_time(struct attempt *a, int64_t us, const struct conf_level *warn,
                        const struct conf_level *crit)
{
    const char *limit;
    enum state s = level_judge(warn, crit, (double)us / 1000, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, MSG("took {1} (limit {2})"), "ls", us, limit);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trend.c: least squares over a small ring of readings, robust against a jump or two and the rhythm of a day. */
#include "checks/trend.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400, MAX_WINDOW_S = 30 * DAY_S, TREND_JUMPS = 2 };

static int64_t clamp(int64_t v, int64_t low, int64_t high) { return v < low ? low : v > high ? high : v; }

static bool has_days(int64_t within_ms) { return within_ms / 1000 >= 2 * DAY_S; }

static int64_t least_s(int64_t within_ms)
{
    return has_days(within_ms) ? DAY_S + DAY_S / 2 : clamp(within_ms / 4000, HOUR_S, DAY_S);
}

static int64_t window_s(int64_t within_ms)
{
    return clamp(within_ms / 2000, has_days(within_ms) ? 2 * DAY_S : 2 * least_s(within_ms), MAX_WINDOW_S);
}

static uint32_t at(const struct trend *t, uint32_t i) { return (t->first + i) % TREND_POINTS; }

static uint32_t last_s(const struct trend *t) { return t->n ? t->at_s[at(t, t->n - 1)] : 0; }

struct trend *trend_of(struct trend *set, int n, const char *name)
{
    uint64_t key = hash_text(name, 0) | 1;
    struct trend *oldest = &set[0];

    for (int i = 0; i < n; i++) {
        if (set[i].key == key)
            return &set[i];
        if (last_s(&set[i]) < last_s(oldest))
            oldest = &set[i];
    }
    *oldest = (struct trend){.key = key};
    return oldest;
}

static void drop_first(struct trend *t)
{
    t->first = at(t, 1);
    t->n--;
}

void trend_add(struct trend *t, int64_t wall_ms, double value, int64_t within_ms)
{
    int64_t now_s = wall_ms / 1000, step_s = window_s(within_ms) / (TREND_POINTS - 1);

    if (now_s <= 0 || now_s > UINT32_MAX)
        return;
    if (t->n && now_s < last_s(t))
        t->n = 0;
    if (t->n && now_s - last_s(t) < step_s)
        return;
    while (t->n && (t->n == TREND_POINTS || now_s - t->at_s[at(t, 0)] > window_s(within_ms) + step_s))
        drop_first(t);
    t->at_s[at(t, t->n)] = (uint32_t)now_s;
    t->value[at(t, t->n)] = (float)value;
    t->n++;
}

static int by_size(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;

    return (d > 0) - (d < 0);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof(v[0]), by_size);
    return n % 2 ? v[n / 2] : (v[n / 2] + v[n / 2 - 1]) / 2;
}

/* The largest rise becomes as steep as the median one. */
static void flatten_jump(const double *x, double *y, int n)
{
    double rate[TREND_POINTS], most = 0, usual;
    int where = 0;

    for (int i = 1; i < n; i++) {
        rate[i - 1] = (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
        if (y[i] - y[i - 1] > most) {
            most = y[i] - y[i - 1];
            where = i;
        }
    }
    usual = median(rate, n - 1);
    if (where == 0 || usual >= most / (x[where] - x[where - 1]))
        return;
    for (int i = 0; i < where; i++)
        y[i] += most - usual * (x[where] - x[where - 1]);
}

/* Each reading becomes the mean of the day before it, which knows no hour of the day; those without a whole day
 * before them go. Returns how many are left. */
static int smooth(double *x, double *y, int n)
{
    double mean[TREND_POINTS], mid[TREND_POINTS];
    int kept = 0;

    for (int i = 0, from = 0; i < n; i++) {
        double sum = 0;

        while (x[i] - x[from] >= DAY_S && x[i] - x[from + 1] >= DAY_S)
            from++;
        if (x[i] - x[from] < DAY_S)
            continue;
        for (int k = from + 1; k <= i; k++) /* by the trapezoid rule, from the first to this one */
            sum += (y[k] + y[k - 1]) / 2 * (x[k] - x[k - 1]);
        mean[kept] = sum / (x[i] - x[from]);
        mid[kept] = (x[i] + x[from]) / 2;
        kept++;
    }
    memcpy(x, mid, sizeof(mid[0]) * (size_t)kept);
    memcpy(y, mean, sizeof(mean[0]) * (size_t)kept);
    return kept;
}

static double slope(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xy = 0, xx = 0;

    for (int i = 0; i < n; i++) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (int i = 0; i < n; i++) {
        xy += (x[i] - mx) * (y[i] - my);
        xx += (x[i] - mx) * (x[i] - mx);
    }
    return xx > 0 ? xy / xx : 0;
}

/* Per second: the smaller of what all readings say and what their later half says. */
static double rate_of(const struct trend *t, int64_t within_ms)
{
    double x[TREND_POINTS], y[TREND_POINTS], whole, late;
    int n = (int)t->n;

    for (int i = 0; i < n; i++) {
        x[i] = (double)t->at_s[at(t, (uint32_t)i)] - (double)t->at_s[at(t, 0)];
        y[i] = (double)t->value[at(t, (uint32_t)i)];
    }
    for (int i = 0; i < TREND_JUMPS; i++)
        flatten_jump(x, y, n);
    if (has_days(within_ms))
        n = smooth(x, y, n);
    whole = slope(x, y, n);
    late = slope(x + n / 2, y + n / 2, n - n / 2);
    return whole < late ? whole : late;
}

bool trend_ahead(const struct trend *t, double now, double limit, int64_t within_ms, struct trend_ahead *ret)
{
    double rate, left;

    if (t->n < TREND_LEAST || last_s(t) - t->at_s[at(t, 0)] < least_s(within_ms))
        return false;
    rate = rate_of(t, within_ms);
    *ret = (struct trend_ahead){.per_day = rate * DAY_S, .left_ms = INT64_MAX};
    if (now >= limit)
        ret->left_ms = 0;
    else if (rate > 0 && (left = (limit - now) / rate) < 1e12)
        ret->left_ms = (int64_t)(left * 1000);
    return true;
}

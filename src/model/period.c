/* SPDX-License-Identifier: GPL-3.0-or-later */
/* period.c: time periods against the clock of their zone.  Days are compared as calendar days and
 * times as clock times, so that nothing slips on the days when the clocks are changed. */
#include "model/period.h"

#include "base/calendar.h"
#include "base/timetext.h"

enum { MINUTE_MS = 60000, HORIZON_DAYS = 731, MAX_EDGES = 4000 };

struct local { /* a moment on a clock */
    int64_t day;
    int minute;
};

static struct local local_of(const struct zone *z, int64_t wall_ms)
{
    int64_t s = cal_floor_div(wall_ms, 1000);
    int64_t minutes = cal_floor_div(s + zone_offset(z, s, NULL), 60);
    struct local l = {.day = cal_floor_div(minutes, PERIOD_DAY_MIN)};

    l.minute = (int)(minutes - l.day * PERIOD_DAY_MIN);
    return l;
}

/* Easter Sunday of the Gregorian calendar: the golden number gives the moon, the century its
 * corrections. */
static int64_t easter(int64_t year)
{
    int64_t golden = year % 19, century = year / 100, of = year % 100;
    int64_t moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    int64_t sunday = (32 + 2 * (century % 4) + 2 * (of / 4) - moon - of % 4) % 7;
    int64_t late = (golden + 11 * moon + 22 * sunday) / 451;
    int64_t n = moon + sunday - 7 * late + 114;

    return cal_days(year, (int)(n / 31), (int)(n % 31 + 1));
}

static bool month_day(const struct period_when *w, int month, int day, int last)
{
    int wanted = w->nth > 0 ? w->nth : last + 1 + w->nth;

    return (w->month == 0 || w->month == month) && day == wanted;
}

static bool nth_weekday(const struct period_when *w, int64_t days, int month, int day, int last)
{
    if ((w->month && w->month != month) || !(w->weekdays >> cal_weekday(days) & 1))
        return false;
    return w->nth > 0 ? (day - 1) / 7 + 1 == w->nth : day > last - 7;
}

static bool day_matches(const struct period_when *w, int64_t days)
{
    int64_t year;
    int month, day, last;

    switch ((enum period_days)w->days) {
    case PERIOD_DAILY:
        return true;
    case PERIOD_WEEKDAYS:
        return w->weekdays >> cal_weekday(days) & 1;
    case PERIOD_DATES:
        return days >= w->first && days <= w->last;
    default:
        break;
    }
    cal_date(days, &year, &month, &day);
    last = cal_days_in_month(year, month);
    if (w->days == PERIOD_MONTHDAY)
        return month_day(w, month, day, last);
    if (w->days == PERIOD_NTH)
        return nth_weekday(w, days, month, day, last);
    return days == easter(year) + w->nth || days == easter(year + 1) + w->nth ||
           days == easter(year - 1) + w->nth;
}

static bool when_matches(const struct period_when *w, struct local l)
{
    if (w->from < w->to)
        return l.minute >= w->from && l.minute < w->to && day_matches(w, l.day);
    return (l.minute >= w->from && day_matches(w, l.day)) ||
           (l.minute < w->to && day_matches(w, l.day - 1));
}

static bool active(const struct conf_period *p, const struct zone *zone, int64_t wall_ms)
{
    const struct zone *z = p->holidays ? zone : p->zone;
    struct local l = local_of(z, wall_ms);
    bool in = false;

    for (const struct conf_period *const *o = p->except; o && *o; o++)
        if (active(*o, z, wall_ms))
            return false;
    for (int i = 0; i < p->n_when && !in; i++)
        in = when_matches(&p->when[i], l);
    for (const struct conf_period *const *o = p->include; o && *o && !in; o++)
        in = active(*o, z, wall_ms);
    return in;
}

bool period_active(const struct conf_period *p, int64_t wall_ms)
{
    return p == NULL || active(p, p->zone, wall_ms);
}

/* ---- the next change: only edges of clock times, midnights and changes of the clock are looked
 * at */

static int next_edge(int at, int minute, int best)
{
    return at > minute && at < best ? at : best;
}

/* Minutes until the next edge on the clock of this period or one that it names, at most until
 * midnight. */
static int edge_after(const struct conf_period *p, const struct zone *zone, int64_t wall_ms)
{
    const struct zone *z = p->holidays ? zone : p->zone;
    int minute = local_of(z, wall_ms).minute, best = PERIOD_DAY_MIN, soonest;

    for (int i = 0; i < p->n_when; i++)
        best = next_edge(p->when[i].to, minute, next_edge(p->when[i].from, minute, best));
    soonest = best - minute;
    for (int side = 0; side < 2; side++)
        for (const struct conf_period *const *o = side ? p->except : p->include; o && *o; o++) {
            int other = edge_after(*o, z, wall_ms);

            soonest = other < soonest ? other : soonest;
        }
    return soonest;
}

/* The change itself, between two moments of which only the second lies behind it. */
static int64_t narrow(const struct conf_period *p, bool was, int64_t before, int64_t after)
{
    while (after - before > 1000) {
        int64_t mid = before + (after - before) / 2;

        mid -= mid % 1000;
        if (mid <= before)
            break;
        if (period_active(p, mid) == was)
            before = mid;
        else
            after = mid;
    }
    return after;
}

int64_t period_next(const struct conf_period *p, int64_t wall_ms)
{
    int64_t end = wall_ms + (int64_t)HORIZON_DAYS * PERIOD_DAY_MIN * MINUTE_MS, at = wall_ms, next;
    bool was = period_active(p, wall_ms);

    for (int i = 0; p && i < MAX_EDGES && at < end; i++, at = next) {
        next = at - (at % MINUTE_MS + MINUTE_MS) % MINUTE_MS +
               (int64_t)edge_after(p, p->zone, at) * MINUTE_MS;
        /* The clock may be changed on the way: no step over an hour is believed. */
        if (next > at + 60LL * MINUTE_MS && zone_offset(p->zone, at / 1000, NULL) != zone_offset(p->zone, next / 1000, NULL))
            next = at - at % MINUTE_MS + 15LL * MINUTE_MS;
        if (period_active(p, next) != was)
            return narrow(p, was, at, next);
    }
    return INT64_MAX;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ical_time.c: times of a calendar.  A zone is looked up by its name; one that this system does not know is what the calendar itself says of it
 * (VTIMEZONE: yearly rules by month and weekday, as programs write them, and single changes); else the reader's own. */
#include "base/calendar.h"
#include "wire/ical_int.h"
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };
#define MAX_S (INT64_C(4102444800) * 4) /* far beyond what anybody plans */

/* ---- numbers ---- */

/* Exactly n digits. */
static int digits(const char *p, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + p[i] - '0';
    }
    return v;
}

int ical_moment(const char *text, int64_t *ret_local_s, bool *ret_utc, bool *ret_whole_day)
{
    size_t n = strlen(text);
    bool day = n == 8, utc = n == 16 && (text[15] == 'Z' || text[15] == 'z');
    if (!day && !(n == 15 || utc))
        return ERR_INVALID;
    int y = digits(text, 4), m = digits(text + 4, 2), d = digits(text + 6, 2), h = 0, min = 0, s = 0;
    if (!day) {
        h = digits(text + 9, 2);
        min = digits(text + 11, 2);
        s = digits(text + 13, 2);
        if (text[8] != 'T' && text[8] != 't')
            return ERR_INVALID;
    }
    if (y < 1601 || m < 1 || m > 12 || d < 1 || d > cal_days_in_month(y, m) || h < 0 || h > 23 || min < 0 || min > 59 || s < 0 || s > 60)
        return ERR_INVALID;
    *ret_local_s = cal_days(y, m, d) * DAY_S + h * 3600 + min * 60 + s;
    *ret_utc = utc;
    *ret_whole_day = day;
    return 0;
}

int ical_duration(const char *text, int64_t *ret_ms)
{
    static const struct {
        char letter;
        bool time;
        int64_t s;
    } units[] = {{'W', false, 7 * DAY_S}, {'D', false, DAY_S}, {'H', true, 3600}, {'M', true, 60}, {'S', true, 1}};
    bool minus = *text == '-', time = false, any = false;
    int64_t sum = 0;
    text += *text == '-' || *text == '+';
    if (*text++ != 'P')
        return ERR_INVALID;
    while (*text) {
        if (*text == 'T' && !time) {
            time = true;
            text++;
            continue;
        }
        size_t n = strspn(text, "0123456789"), i = 0;
        if (n == 0 || n > 8)
            return ERR_INVALID;
        while (i < 5 && (units[i].letter != text[n] || units[i].time != time))
            i++;
        if (i == 5)
            return ERR_INVALID;
        sum += strtoll(text, NULL, 10) * units[i].s;
        text += n + 1;
        any = true;
    }
    if (!any || sum > MAX_S)
        return ERR_INVALID;
    *ret_ms = (minus ? -sum : sum) * 1000;
    return 0;
}

int64_t ical_local(int64_t local_s, const struct zone *z)
{
    int before = zone_offset(z, local_s - DAY_S, NULL), after = zone_offset(z, local_s + DAY_S, NULL);
    if (zone_offset(z, local_s - before, NULL) == before)
        return (local_s - before) * 1000;
    if (zone_offset(z, local_s - after, NULL) == after)
        return (local_s - after) * 1000;
    return (local_s - before) * 1000;
}

/* ---- zones that come along ---- */

void ical_zones_begin(struct ical_zones *z)
{
    z->over = z->n == ICAL_MAX_ZONES;
    if (z->over)
        return;
    z->at[z->n].name = NULL;
    z->at[z->n].n = 0;
    z->at[z->n++].rules = NULL;
}

void ical_zones_name(struct ical_zones *z, const char *name)
{
    if (z->n && !z->over)
        z->at[z->n - 1].name = arena_dup(z->a, name);
}

void ical_zones_rule(struct ical_zones *z)
{
    int i = z->n - 1;
    if (i < 0 || z->over || z->at[i].n == ICAL_MAX_RULES)
        return;
    if (!z->at[i].rules)
        z->at[i].rules = ARENA_ARRAY(z->a, struct ical_rule, ICAL_MAX_RULES);
    z->at[i].rules[z->at[i].n++] = (struct ical_rule){.until_s = INT64_MAX};
}

/* "+0100", "-033000" */
static int offset_of(const char *text)
{
    size_t n = strlen(text);
    if ((n != 5 && n != 7) || (text[0] != '+' && text[0] != '-'))
        return 0;
    int h = digits(text + 1, 2), m = digits(text + 3, 2), s = n == 7 ? digits(text + 5, 2) : 0;
    int sum = h < 0 || h > 15 || m < 0 || m > 59 || s < 0 || s > 59 ? 0 : h * 3600 + m * 60 + s;
    return text[0] == '-' ? -sum : sum;
}

/* FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=… */
static void recur(struct ical_rule *r, const char *value)
{
    static const char days[] = "SUMOTUWETHFRSA";
    struct str rest = str_of(value), word;
    while (str_next(&rest, ";", &word)) {
        char one[64];
        bool utc, day;
        if (!str_copyn(one, sizeof one, word.p, word.n))
            continue;
        char *at = strchr(one, '=');
        if (!at)
            continue;
        at++;
        if (str_ieq(one, "FREQ=YEARLY"))
            r->yearly = true;
        else if (str_istarts(one, "BYMONTH="))
            r->month = (int)strtol(at, NULL, 10);
        else if (str_istarts(one, "UNTIL="))
            ical_moment(at, &r->until_s, &utc, &day);
        else if (str_istarts(one, "BYDAY=")) {
            r->nth = (int)strtol(at, &at, 10);
            for (int i = 0; i < 7; i++)
                if (at[0] == days[2 * i] && at[1] == days[2 * i + 1])
                    r->weekday = i;
        }
    }
    if (r->month < 1 || r->month > 12 || r->nth < -5 || r->nth > 5)
        r->yearly = false;
}

void ical_zones_take(struct ical_zones *z, const struct ical_prop *p)
{
    int i = z->n - 1;
    bool utc, day;
    if (i < 0 || z->over || !z->at[i].n)
        return;
    struct ical_rule *r = &z->at[i].rules[z->at[i].n - 1];
    if (str_eq(p->name, "DTSTART"))
        ical_moment(p->value, &r->from_s, &utc, &day);
    else if (str_eq(p->name, "TZOFFSETTO"))
        r->to_s = offset_of(p->value);
    else if (str_eq(p->name, "TZOFFSETFROM"))
        r->before_s = offset_of(p->value);
    else if (str_eq(p->name, "RRULE"))
        recur(r, p->value);
}

/* The day in a year on which a yearly rule begins. */
static int64_t day_in(const struct ical_rule *r, int64_t year)
{
    int last = cal_days_in_month(year, r->month);
    int64_t first = cal_days(year, r->month, 1);
    if (r->nth == 0) {
        int64_t y;
        int m, d;
        cal_date(cal_floor_div(r->from_s, DAY_S), &y, &m, &d);
        return first + (d < last ? d : last) - 1;
    }
    if (r->nth < 0) {
        int64_t at = first + last - 1;
        at -= (cal_weekday(at) - r->weekday + 7) % 7;
        return at + 7 * (r->nth + 1);
    }
    return first + (r->weekday - cal_weekday(first) + 7) % 7 + 7 * (r->nth - 1);
}

/* The last time, local, that the rule began at or before `local_s`; INT64_MIN: never. */
static int64_t began(const struct ical_rule *r, int64_t local_s)
{
    int64_t y, found = r->from_s <= local_s ? r->from_s : INT64_MIN;
    int m, d;
    if (found == INT64_MIN || !r->yearly)
        return found;
    cal_date(cal_floor_div(local_s, DAY_S), &y, &m, &d);
    int64_t time = r->from_s - cal_floor_div(r->from_s, DAY_S) * DAY_S;
    for (int64_t year = y - 1; year <= y; year++) {
        int64_t at = day_in(r, year) * DAY_S + time;
        if (at <= local_s && at > found && (r->until_s == INT64_MAX || at - r->before_s <= r->until_s))
            found = at;
    }
    return found;
}

static int offset_at(const struct ical_rule *rules, int n, int64_t local_s)
{
    int64_t latest = INT64_MIN;
    int offset = n ? rules[0].before_s : 0;
    for (int i = 0; i < n; i++) {
        int64_t at = began(&rules[i], local_s);
        if (at > latest) {
            latest = at;
            offset = rules[i].to_s;
        }
    }
    return offset;
}

/* ---- times ---- */

static int64_t wall_of(struct ical_zones *z, const char *name, int64_t local_s)
{
    const struct zone *found = NULL;
    if (name && z->zone && z->zone(z->arg, name, &found))
        return ical_local(local_s, found);
    for (int i = 0; name && i < z->n; i++)
        if (z->at[i].name && str_eq(z->at[i].name, name) && z->at[i].n)
            return (local_s - offset_at(z->at[i].rules, z->at[i].n, local_s)) * 1000;
    if (z->zone && z->zone(z->arg, NULL, &found))
        return ical_local(local_s, found);
    return local_s * 1000;
}

void ical_zones_time(struct ical_zones *z, const struct ical_prop *p, struct ical_time *ret)
{
    int64_t local_s;
    bool utc;
    *ret = (struct ical_time){0};
    if (!p->value || ical_moment(p->value, &local_s, &utc, &ret->whole_day))
        return;
    const char *name = ical_param(p, "TZID");
    ret->has = true;
    ret->floating = !utc && !name;
    ret->at_ms = utc ? local_s * 1000 : wall_of(z, name, local_s);
}

void ical_zones_end(struct ical_event *ev, const char *duration)
{
    int64_t ms;
    if (ev->end.has || !ev->start.has)
        return;
    ev->end = ev->start;
    if (duration && ical_duration(duration, &ms) == 0 && ms >= 0)
        ev->end.at_ms += ms;
    else if (ev->start.whole_day)
        ev->end.at_ms += INT64_C(1000) * DAY_S;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* period_text.c: reads days and times of day.
 *
 *   DAYS [TIMES]     no times: the whole day; several times with commas
 *   DAYS:  daily · mon-fri · sat,sun · 2026-12-24 · 2026-12-24..2027-01-02 · 12-25 · easter-2
 *          day 1 of month · day -1 of jan · last day of month · second tue of month
 *   TIMES: 09:00-17:00 · 22:00-06:00 (into the next day) · 20:00-24:00 */
#include "config/period.h"

#include "base/calendar.h"
#include "base/err.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const nths[] = {"last", "", "first", "second", "third", "fourth", "fifth"};

struct reader {
    const char *text, *p;
    const char *why;
};

static bool fail(struct reader *s, const char *why)
{
    if (s->why == NULL)
        s->why = why;
    return false;
}

static void blanks(struct reader *s)
{
    while (*s->p == ' ')
        s->p++;
}

/* A word, at least its first three letters ("monday", "mon"); -1. */
static int take_word(struct reader *s, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        size_t len = strlen(words[i]);

        if (len == 0 || !str_istarts(s->p, words[i]))
            continue;
        s->p += len;
        while ((*s->p >= 'a' && *s->p <= 'z') || (*s->p >= 'A' && *s->p <= 'Z'))
            s->p++;
        return i;
    }
    return -1;
}

static bool take(struct reader *s, const char *sign)
{
    if (!str_istarts(s->p, sign))
        return false;
    s->p += strlen(sign);
    return true;
}

static bool number(struct reader *s, int digits, int *ret)
{
    int v = 0, n = 0;

    while (n < digits && *s->p >= '0' && *s->p <= '9') {
        v = v * 10 + (*s->p++ - '0');
        n++;
    }
    *ret = v;
    return n > 0;
}

/* ---- times */

static bool clock_time(struct reader *s, int16_t *ret)
{
    int h, m;

    if (!number(s, 2, &h) || !take(s, ":") || !number(s, 2, &m) || h > 24 || m > 59 ||
        (h == 24 && m))
        return fail(s, MSG("a time such as 09:00 or 24:00 is expected here"));
    *ret = (int16_t)(h * 60 + m);
    return true;
}

static bool times(struct reader *s, struct period_when *at, int *ret_n)
{
    int n = 0;

    blanks(s);
    if (*s->p == '\0') {
        at->from = 0;
        at->to = PERIOD_DAY_MIN;
        *ret_n = 1;
        return true;
    }
    for (;;) {
        if (n == PERIOD_MAX_TIMES)
            return fail(s, MSG("too many times of day"));
        at[n] = at[0];
        if (!clock_time(s, &at[n].from))
            return false;
        blanks(s);
        if (!take(s, "-"))
            return fail(s, MSG("“-” and the end of the time are expected here"));
        blanks(s);
        if (!clock_time(s, &at[n].to))
            return false;
        if (at[n].from == at[n].to || at[n].from == PERIOD_DAY_MIN)
            return fail(s, MSG("the time must not end where it begins"));
        n++;
        blanks(s);
        if (!take(s, ","))
            break;
        blanks(s);
    }
    *ret_n = n;
    return *s->p == '\0' || fail(s, MSG("nothing is expected after the times"));
}

/* ---- days */

static bool week(struct reader *s, struct period_when *w, int first)
{
    w->days = PERIOD_WEEKDAYS;
    do {
        int day, last;

        if (first < 0)
            blanks(s);
        day = first >= 0 ? first : take_word(s, weekdays, 7);
        first = -1;
        last = day >= 0 && take(s, "-") ? take_word(s, weekdays, 7) : day;
        if (day < 0 || last < 0)
            return fail(s, MSG("a day of the week such as mon is expected here"));
        for (int i = 0; i < 7; i++) {
            w->weekdays |= (uint8_t)(1u << ((day + i) % 7));
            if ((day + i) % 7 == last)
                break;
        }
    } while (take(s, ","));
    return true;
}

static bool of_month(struct reader *s, struct period_when *w)
{
    int month;

    blanks(s);
    if (!take(s, "of "))
        return fail(s, MSG("“of month”, or “of” and the name of a month, is expected here"));
    blanks(s);
    if (take(s, "month"))
        return true;
    month = take_word(s, months, 12);
    w->month = (int8_t)(month + 1);
    return month >= 0 ||
           fail(s, MSG("“of month”, or “of” and the name of a month, is expected here"));
}

static bool month_day(struct reader *s, struct period_when *w)
{
    bool minus;
    int n;

    w->days = PERIOD_MONTHDAY;
    blanks(s);
    minus = take(s, "-");
    if (!number(s, 2, &n) || n < 1 || n > 31)
        return fail(s, MSG("a day from 1 to 31, or from -1 for the last, is expected here"));
    w->nth = (int16_t)(minus ? -n : n);
    return of_month(s, w);
}

static bool nth_day(struct reader *s, struct period_when *w, int nth)
{
    int day;

    w->nth = (int16_t)(nth - 1); /* last: -1, first: 1 */
    blanks(s);
    if (nth == 0 && take(s, "day")) {
        w->days = PERIOD_MONTHDAY;
        return of_month(s, w);
    }
    day = take_word(s, weekdays, 7);
    w->days = PERIOD_NTH;
    if (day < 0)
        return fail(s, MSG("a day of the week such as mon is expected here"));
    w->weekdays = (uint8_t)(1u << day);
    return of_month(s, w);
}

static bool easter(struct reader *s, struct period_when *w)
{
    bool minus = *s->p == '-';
    int n = 0;

    w->days = PERIOD_EASTER;
    if ((minus || *s->p == '+') && (s->p++, !number(s, 3, &n)))
        return fail(s, MSG("a number of days is expected here"));
    w->nth = (int16_t)(minus ? -n : n);
    return true;
}

static bool full_date(struct reader *s, int year, int64_t *ret)
{
    int month, day;

    if (!take(s, "-") || !number(s, 2, &month) || !take(s, "-") || !number(s, 2, &day) ||
        year < 1970 || month < 1 || month > 12 || day < 1 || day > cal_days_in_month(year, month))
        return fail(s, MSG("a date such as 2026-12-24 is expected here"));
    *ret = cal_days(year, month, day);
    return true;
}

static bool date(struct reader *s, struct period_when *w)
{
    int year, day;

    (void)number(s, 4, &year);
    if (year <= 12 && s->p[0] == '-') { /* 12-25 */
        s->p++;
        w->days = PERIOD_MONTHDAY;
        w->month = (int8_t)year;
        if (!number(s, 2, &day) || year < 1 || day < 1 || day > cal_days_in_month(2000, year))
            return fail(s, MSG("a date such as 12-25 is expected here"));
        w->nth = (int16_t)day;
        return true;
    }
    w->days = PERIOD_DATES;
    if (!full_date(s, year, &w->first))
        return false;
    w->last = w->first;
    if (!take(s, ".."))
        return true;
    if (!number(s, 4, &year) || !full_date(s, year, &w->last))
        return fail(s, MSG("a date such as 2026-12-24 is expected here"));
    return w->last >= w->first || fail(s, MSG("the last day comes before the first"));
}

static bool days(struct reader *s, struct period_when *w)
{
    int n;

    blanks(s);
    if (*s->p >= '0' && *s->p <= '9')
        return s->p[1] == ':' || (s->p[1] && s->p[2] == ':') ? true /* only times: daily */
                                                             : date(s, w);
    if (take(s, "daily"))
        return true;
    if (take(s, "day "))
        return month_day(s, w);
    if (take(s, "easter"))
        return easter(s, w);
    if ((n = take_word(s, nths, 7)) >= 0)
        return nth_day(s, w, n);
    n = take_word(s, weekdays, 7);
    if (n >= 0)
        return week(s, w, n);
    return fail(s, MSG("a day is expected here: mon-fri, 2026-12-24, 12-25, day 1 of month, last mon of month, easter+1 or daily"));
}

int period_when_parse(const char *text, struct period_when *ret, int *ret_n, int *ret_at,
                      const char **ret_why)
{
    struct period_when all[PERIOD_MAX_TIMES] = {{0}};
    struct reader s = {.text = text, .p = text};
    int n = 0;

    if (!days(&s, all) ||
        (*s.p && *s.p != ' ' && all[0].days != PERIOD_DAILY &&
         !fail(&s, MSG("a blank and times of day are expected here"))) ||
        !times(&s, all, &n)) {
        *ret_at = (int)(s.p - text);
        *ret_why = s.why;
        return ERR_INVALID;
    }
    memcpy(ret, all, (size_t)n * sizeof(*all));
    *ret_n = n;
    return 0;
}

bool period_weekly_parse(const char *text, int *ret_weekday, int *ret_minute)
{
    struct reader s = {.text = text, .p = text};
    int16_t minute;
    int day;

    blanks(&s);
    day = take_word(&s, weekdays, 7);
    blanks(&s);
    if (day < 0 || !clock_time(&s, &minute) || *s.p || minute == PERIOD_DAY_MIN)
        return false;
    *ret_weekday = day;
    *ret_minute = minute;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* calendar.h: the proleptic Gregorian calendar as day numbers, counted from 1970-01-01.  Pure
 * arithmetic: clock time and zones are timetext.h's. */
#ifndef VIGIE_BASE_CALENDAR_H
#define VIGIE_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

static inline int64_t cal_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static inline bool cal_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static inline int cal_days_in_month(int64_t year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && cal_is_leap(year));
}

/* Day number of a date.  Years begin on 1 March internally, so that the leap day is the last of its
 * year and the lengths of the months before it follow one formula. */
static inline int64_t cal_days(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = cal_floor_div(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The date of a day number. */
static inline void cal_date(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = days + 719468, era = cal_floor_div(z, 146097), of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    *ret_day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *ret_month = (int)(m < 10 ? m + 3 : m - 9);
    *ret_year = y + era * 400 + (*ret_month <= 2);
}

/* 0 = Sunday. */
static inline int cal_weekday(int64_t days)
{
    return (int)(((days + 4) % 7 + 7) % 7);
}

#endif

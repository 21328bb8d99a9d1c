/* SPDX-License-Identifier: GPL-3.0-or-later */
/* period.h: days and times of day as people write them: "mon-fri 09:00-17:00", "2026-12-24",
 * "last mon of month 22:00-24:00", "easter+1".  Pure: a text in, what it means out.  Whether a
 * moment lies in it is model/period.c's. */
#ifndef VIGIE_CONFIG_PERIOD_H
#define VIGIE_CONFIG_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

enum { PERIOD_DAY_MIN = 24 * 60, PERIOD_MAX_TIMES = 24, PERIOD_MAX_DEPTH = 8, PERIOD_MAX_VISITS = 500 };

enum period_days {
    PERIOD_DAILY,
    PERIOD_WEEKDAYS, /* weekdays */
    PERIOD_DATES,    /* first..last, day numbers */
    PERIOD_MONTHDAY, /* nth (-1: the last) of month (0: of each) */
    PERIOD_NTH,      /* nth (1..5, -1: last) of the weekday of month (0: of each) */
    PERIOD_EASTER,   /* nth days after Easter Sunday */
};
/* Clock time of one day: from..to in minutes, to excluded; to ≤ from: it ends on the next day. */
struct period_when {
    uint8_t days;     /* enum period_days */
    uint8_t weekdays; /* bits, 0: Sunday */
    int8_t month;
    int16_t nth;
    int16_t from, to;
    int64_t first, last;
};
/* 0 and *ret_n of at most PERIOD_MAX_TIMES; or ERR_INVALID and where (byte) and what (MSG). */
int period_when_parse(const char *text, struct period_when *ret, int *ret_n, int *ret_at,
                      const char **ret_why);

/* "mon 08:00": a day and time of each week. */
bool period_weekly_parse(const char *text, int *ret_weekday, int *ret_minute);

#endif

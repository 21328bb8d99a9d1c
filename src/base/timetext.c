/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timetext.c: civil time, and times as people read and type them.  Whoever calls brings the current
 * time and the zone; nothing here reads a clock or a file. */
#include "base/timetext.h"
#include "base/calendar.h"
#include "base/err.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

enum { DAY_S = 86400 };

static const char *const months_en[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
static const char *const months_fr[] = {"janvier",   "février", "mars",     "avril",
                                        "mai",       "juin",    "juillet",  "août",
                                        "septembre", "octobre", "novembre", "décembre"};
static const char *const days_en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* ---- wall time ⇄ civil time ---- */

void time_civil(int64_t wall_ms, const struct zone *z, struct civil *ret)
{
    int64_t s = cal_floor_div(wall_ms, 1000), local, days, year;
    const char *abbr;
    int of_day;

    ret->offset_s = zone_offset(z, s, &abbr);
    local = s + ret->offset_s;
    days = cal_floor_div(local, DAY_S);
    of_day = (int)(local - days * DAY_S);
    cal_date(days, &year, &ret->month, &ret->day);
    ret->year = (int)year;
    ret->weekday = cal_weekday(days);
    ret->hour = of_day / 3600;
    ret->minute = of_day / 60 % 60;
    ret->second = of_day % 60;
    ret->ms = (int)((wall_ms % 1000 + 1000) % 1000);
    str_copy(ret->zone, sizeof(ret->zone), abbr);
}

int64_t time_wall(const struct civil *c)
{
    int64_t s = cal_days(c->year, c->month, c->day) * DAY_S;

    return (s + c->hour * 3600 + c->minute * 60 + c->second - c->offset_s) * 1000 + c->ms;
}

/* A clock reading of the zone → wall time.  Of two (clock set back) the earlier; a reading that the
 * clock skipped is taken as if it had not been set forward yet. */
static int64_t wall_in_zone(struct civil *c, const struct zone *z)
{
    int64_t local;
    int before, after;

    c->offset_s = 0;
    local = cal_floor_div(time_wall(c), 1000);
    before = zone_offset(z, local - DAY_S, NULL);
    after = zone_offset(z, local + DAY_S, NULL);
    c->offset_s = before;
    if (zone_offset(z, local - before, NULL) != before &&
        zone_offset(z, local - after, NULL) == after)
        c->offset_s = after;
    return time_wall(c);
}

/* ---- reading ---- */

/* Exactly n digits. */
static bool take_digits(const char **at, int n, int *ret)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
        v = v * 10 + ((*at)[i] - '0');
    }
    *at += n;
    *ret = v;
    return true;
}

static bool take_char(const char **at, const char *any)
{
    if (**at == '\0' || strchr(any, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct civil *c)
{
    return take_digits(at, 4, &c->year) && take_char(at, "-") && take_digits(at, 2, &c->month) &&
           take_char(at, "-") && take_digits(at, 2, &c->day) && c->month >= 1 && c->month <= 12 &&
           c->day >= 1 && c->day <= cal_days_in_month(c->year, c->month);
}

/* ":ss" and a fraction; digits after the third are dropped. */
static bool take_seconds(const char **at, struct civil *c)
{
    int unit = 100;

    if (!take_char(at, ":") || !take_digits(at, 2, &c->second) || c->second > 60)
        return false;
    if (!take_char(at, ".,"))
        return true;
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++, unit /= 10)
        c->ms += (**at - '0') * unit;
    return true;
}

static bool take_offset(const char **at, int *ret_s)
{
    int sign = **at == '-' ? -1 : 1, hour, minute;

    if (take_char(at, "Zz"))
        return *ret_s = 0, true;
    if (!take_char(at, "+-") || !take_digits(at, 2, &hour) || !take_char(at, ":") ||
        !take_digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_s = sign * (hour * 3600 + minute * 60);
    return true;
}

int time_parse_rfc3339(const char *text, int64_t *ret_wall_ms)
{
    struct civil c = {0};

    if (!take_date(&text, &c) || !take_char(&text, "Tt ") || !take_digits(&text, 2, &c.hour) ||
        !take_char(&text, ":") || !take_digits(&text, 2, &c.minute) || !take_seconds(&text, &c) ||
        !take_offset(&text, &c.offset_s) || *text || c.hour > 23 || c.minute > 59)
        return ERR_INVALID;
    *ret_wall_ms = time_wall(&c);
    return 0;
}

/* "22:00", "9:05", "22:00:30", "22h", "22 h 30" up to the end of the text. */
static bool take_clock(const char *p, struct civil *c)
{
    if (!isdigit((unsigned char)p[0]) ||
        !take_digits(&p, isdigit((unsigned char)p[1]) ? 2 : 1, &c->hour) || c->hour > 23)
        return false;
    if (take_char(&p, ":")) {
        if (!take_digits(&p, 2, &c->minute) || c->minute > 59)
            return false;
        return *p == '\0' || (take_seconds(&p, c) && *p == '\0');
    }
    take_char(&p, " ");
    if (!take_char(&p, "hH"))
        return false;
    take_char(&p, " ");
    return *p == '\0' || (take_digits(&p, 2, &c->minute) && c->minute < 60 && *p == '\0');
}

/* "22:00": today, or tomorrow when that has gone by. */
static int64_t next_clock(const struct civil *clock, int64_t now_ms, const struct zone *z)
{
    struct civil c;
    int64_t wall;

    for (int days = 0;; days++) {
        time_civil(now_ms + (int64_t)days * DAY_S * 1000, z, &c);
        c.hour = clock->hour;
        c.minute = clock->minute;
        c.second = clock->second;
        c.ms = clock->ms;
        wall = wall_in_zone(&c, z);
        if (wall > now_ms || days == 2)
            return wall;
    }
}

static int parse_relative(const char *text, int64_t now_ms, int64_t *ret_wall_ms)
{
    int64_t ms, sum;
    int r = str_duration(text + 1, 0, &ms);

    if (r < 0)
        return r;
    if (*text == '-')
        ms = -ms;
    if (__builtin_add_overflow(now_ms, ms, &sum))
        return ERR_LIMIT;
    *ret_wall_ms = sum;
    return 0;
}

int time_parse(const char *text, int64_t now_ms, const struct zone *z, int64_t *ret_wall_ms)
{
    struct civil c = {0};
    const char *p = text;

    if (str_ieq(text, "now")) {
        *ret_wall_ms = now_ms;
        return 0;
    }
    if (*text == '+' || *text == '-')
        return parse_relative(text, now_ms, ret_wall_ms);
    if (time_parse_rfc3339(text, ret_wall_ms) == 0)
        return 0;
    if (take_date(&p, &c)) {
        if (*p && !(take_char(&p, "Tt ") && take_clock(p, &c)))
            return ERR_INVALID;
        *ret_wall_ms = wall_in_zone(&c, z);
        return 0;
    }
    c = (struct civil){0};
    if (!take_clock(text, &c))
        return ERR_INVALID;
    *ret_wall_ms = next_clock(&c, now_ms, z);
    return 0;
}

/* ---- writing ---- */

#define NBSP "\u00a0"

static bool is_fr(const char *lang)
{
    return str_eq(lang, "fr");
}

void time_rfc3339(int64_t wall_ms, int with_ms, char out[TIME_RFC3339_BYTES])
{
    struct civil c;
    int n;

    time_civil(wall_ms, NULL, &c);
    n = str_print(out, TIME_RFC3339_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
                  c.hour, c.minute, c.second);
    if (with_ms)
        n += str_print(out + n, (size_t)(TIME_RFC3339_BYTES - n), ".%03d", c.ms);
    str_copy(out + n, (size_t)(TIME_RFC3339_BYTES - n), "Z");
}

void time_duration(struct buf *out, int64_t ms, const char *lang)
{
    uint64_t all = ms < 0 ? -(uint64_t)ms : (uint64_t)ms, s = all / 1000;
    unsigned long minutes = s / 60 % 60, hours = s / 3600 % 24, days = s / DAY_S;
    const char *day = is_fr(lang) ? "j" : "d";

    if (ms < 0)
        buf_char(out, '-');
    if (days >= 10 || (days && hours == 0))
        buf_printf(out, "%lu" NBSP "%s", days, day);
    else if (days)
        buf_printf(out, "%lu" NBSP "%s" NBSP "%lu" NBSP "h", days, day, hours);
    else if (hours && minutes)
        buf_printf(out, "%lu" NBSP "h" NBSP "%02lu", hours, minutes);
    else if (hours)
        buf_printf(out, "%lu" NBSP "h", hours);
    else if (minutes >= 10 || (minutes && s % 60 == 0))
        buf_printf(out, "%lu" NBSP "min", minutes);
    else if (minutes)
        buf_printf(out, "%lu" NBSP "min" NBSP "%d" NBSP "s", minutes, (int)(s % 60));
    else if (s || all == 0)
        buf_printf(out, "%d" NBSP "s", (int)s);
    else
        buf_printf(out, "%d" NBSP "ms", (int)all);
}

/* value with so many decimals, without zeros at the end, in the language's spelling. */
static void put_decimal(struct buf *out, double value, int decimals, const char *lang)
{
    char text[32];
    int n = str_print(text, sizeof(text), "%.*f", decimals, value);

    while (decimals && n && text[n - 1] == '0')
        n--;
    if (n && text[n - 1] == '.')
        n--;
    text[n] = '\0';
    if (is_fr(lang) && strchr(text, '.'))
        *strchr(text, '.') = ',';
    buf_str(out, text);
}

void time_latency(struct buf *out, int64_t us, const char *lang)
{
    double ms = us < 0 ? 0 : (double)us / 1000;

    if (ms >= 60000) {
        time_duration(out, us / 1000, lang);
        return;
    }
    if (ms < 999.5) { /* above, it would be rounded to 1000 ms */
        put_decimal(out, ms, ms >= 9.95 ? 0 : ms >= 0.095 ? 1 : 2, lang);
        buf_str(out, NBSP "ms");
    } else {
        put_decimal(out, ms / 1000, ms >= 9950 ? 0 : 1, lang);
        buf_str(out, NBSP "s");
    }
}

void time_clock(struct buf *out, int64_t wall_ms, const struct zone *z, const char *lang)
{
    struct civil c;

    time_civil(wall_ms, z, &c);
    if (is_fr(lang))
        buf_printf(out, "%d" NBSP "h" NBSP "%02d", c.hour, c.minute);
    else
        buf_printf(out, "%02d:%02d", c.hour, c.minute);
}

void time_date(struct buf *out, int64_t wall_ms, int64_t now_ms, const struct zone *z,
               const char *lang)
{
    struct civil c, now;

    time_civil(wall_ms, z, &c);
    time_civil(now_ms, z, &now);
    buf_printf(out, "%d%s %s", c.day, is_fr(lang) && c.day == 1 ? "er" : "",
               (is_fr(lang) ? months_fr : months_en)[c.month - 1]);
    if (c.year != now.year)
        buf_printf(out, " %d", c.year);
}

void time_rfc5322(struct buf *out, int64_t wall_ms, const struct zone *z)
{
    struct civil c;
    int minutes;

    time_civil(wall_ms, z, &c);
    minutes = (c.offset_s < 0 ? -c.offset_s : c.offset_s) / 60;
    buf_printf(out, "%s, %d %.3s %04d %02d:%02d:%02d %c%02d%02d", days_en[c.weekday], c.day,
               months_en[c.month - 1], c.year, c.hour, c.minute, c.second,
               c.offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

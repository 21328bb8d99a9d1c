/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zone.c: time zones from the bytes of a TZif file (RFC 8536): its list of changes, and for the
 * time after them the rule in POSIX TZ notation at its end.  Leap seconds are skipped: wall time
 * has none. */
#include "base/calendar.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timetext.h"

#include <ctype.h>
#include <string.h>

enum {
    DAY_S = 86400,
    TRANSITIONS_MAX = 4000, /* the largest real zone has under 300 */
    TYPES_MAX = 256,
    ABBR_BYTES = 8,
};

struct zone_type {
    int32_t offset_s;
    char abbr[ABBR_BYTES];
};

/* One end of summer time in a POSIX TZ text: "M3.5.0/2", "J60" or "59". */
struct zone_rule {
    char kind; /* 'M', 'J' or '0' */
    int month, week, day;
    int32_t time_s;
};

struct zone {
    int64_t *at; /* seconds since 1970, ascending: from then on, the type of the same index */
    uint8_t *type;
    size_t n;
    struct zone_type types[TYPES_MAX];
    size_t n_types;
    bool has_tail, has_summer; /* the POSIX text at the end, for times after the last entry */
    struct zone_type standard, summer;
    struct zone_rule begin, end;
};

/* ---- reading TZif ---- */

static int64_t big_endian(const unsigned char *p, size_t size)
{
    uint64_t v = size == 8 || !(p[0] & 0x80) ? 0 : UINT64_MAX;

    for (size_t i = 0; i < size; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* The six counts of a TZif header. */
struct tzif_counts {
    size_t isut, isstd, leap, time, type, chars;
};

static const unsigned char *read_header(const unsigned char *p, const unsigned char *end,
                                        struct tzif_counts *c)
{
    size_t v[6];

    if (end - p < 44 || memcmp(p, "TZif", 4) != 0)
        return NULL;
    for (size_t i = 0; i < 6; i++) {
        v[i] = (size_t)(big_endian(p + 20 + 4 * i, 4) & 0xffffffff);
        if (v[i] > 65536)
            return NULL;
    }
    *c = (struct tzif_counts){v[0], v[1], v[2], v[3], v[4], v[5]};
    return p + 44;
}

static size_t block_bytes(const struct tzif_counts *c, size_t time_bytes)
{
    return c->time * (time_bytes + 1) + c->type * 6 + c->chars + c->leap * (time_bytes + 4) +
           c->isstd + c->isut;
}

static bool read_types(struct zone *z, const unsigned char *p, const struct tzif_counts *c)
{
    const char *chars = (const char *)p + c->type * 6;

    z->n_types = c->type;
    for (size_t i = 0; i < c->type; i++, p += 6) {
        struct zone_type *t = &z->types[i];

        t->offset_s = (int32_t)big_endian(p, 4);
        if (t->offset_s < -26 * 3600 || t->offset_s > 26 * 3600 || p[5] >= c->chars)
            return false;
        str_copyn(t->abbr, sizeof(t->abbr), chars + p[5], strnlen(chars + p[5], c->chars - p[5]));
    }
    return true;
}

static bool read_block(struct zone *z, const unsigned char *p, const struct tzif_counts *c,
                       size_t time_bytes)
{
    const unsigned char *type = p + c->time * time_bytes;

    if (c->time > TRANSITIONS_MAX || c->type == 0 || c->type > TYPES_MAX || c->chars == 0)
        return false;
    z->n = c->time;
    z->at = mem_array(c->time, sizeof(*z->at));
    z->type = mem_alloc(c->time);
    for (size_t i = 0; i < c->time; i++) {
        z->at[i] = big_endian(p + i * time_bytes, time_bytes);
        z->type[i] = type[i];
        if (type[i] >= c->type || (i && z->at[i] <= z->at[i - 1]))
            return false;
    }
    return read_types(z, type + c->time, c);
}

/* ---- the POSIX TZ text that ends a TZif file: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool tail_abbr(const char **at, char out[ABBR_BYTES])
{
    const char *p = *at, *start = p;
    bool quoted = *p == '<';

    if (quoted)
        start = ++p;
    while (isalpha((unsigned char)*p) ||
           (quoted && (isdigit((unsigned char)*p) || strchr("+-", *p)) && *p))
        p++;
    if (p == start || (quoted && *p != '>'))
        return false;
    str_copyn(out, ABBR_BYTES, start, (size_t)(p - start));
    *at = p + quoted;
    return true;
}

static bool tail_number(const char **at, int max, int *ret)
{
    const char *p = *at;
    int v = 0;

    while (isdigit((unsigned char)*p) && v <= max)
        v = v * 10 + (*p++ - '0');
    if (p == *at || v > max)
        return false;
    *at = p;
    *ret = v;
    return true;
}

/* [+-]hh[:mm[:ss]] → seconds. */
static bool tail_time(const char **at, int32_t *ret_s)
{
    int sign = **at == '-' ? -1 : 1, part, v = 0;

    *at += **at == '-' || **at == '+';
    if (!tail_number(at, 167, &part))
        return false;
    v = part * 3600;
    for (int unit = 60; unit && **at == ':'; unit /= 60) {
        (*at)++;
        if (!tail_number(at, 59, &part))
            return false;
        v += part * unit;
    }
    *ret_s = sign * v;
    return true;
}

static bool tail_rule(const char **at, struct zone_rule *r)
{
    bool ok;

    if (*(*at)++ != ',')
        return false;
    r->kind = isdigit((unsigned char)**at) ? '0' : *(*at)++;
    r->time_s = 2 * 3600;
    if (r->kind == 'M')
        ok = tail_number(at, 12, &r->month) && r->month && *(*at)++ == '.' &&
             tail_number(at, 5, &r->week) && r->week && *(*at)++ == '.' &&
             tail_number(at, 6, &r->day);
    else
        ok = (r->kind == 'J' || r->kind == '0') && tail_number(at, 365, &r->day);
    if (!ok || **at != '/')
        return ok;
    (*at)++;
    return tail_time(at, &r->time_s);
}

static bool parse_tail(struct zone *z, const char *p)
{
    int32_t west;

    if (!tail_abbr(&p, z->standard.abbr) || !tail_time(&p, &west))
        return false;
    z->standard.offset_s = -west;
    if (*p == '\0')
        return z->has_tail = true;
    if (!tail_abbr(&p, z->summer.abbr))
        return false;
    z->summer.offset_s = z->standard.offset_s + 3600;
    if (*p && *p != ',') {
        if (!tail_time(&p, &west))
            return false;
        z->summer.offset_s = -west;
    }
    if (!tail_rule(&p, &z->begin) || !tail_rule(&p, &z->end) || *p)
        return false;
    return z->has_tail = z->has_summer = true;
}

/* Second of the (local) year's calendar, since 1970, at which a rule fires. */
static int64_t rule_at(const struct zone_rule *r, int64_t year)
{
    int64_t first = cal_days(year, 1, 1), days;

    if (r->kind == 'M') {
        int64_t month = cal_days(year, r->month, 1), weekday = cal_weekday(month);

        days = (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
        if (days >= cal_days_in_month(year, r->month))
            days -= 7; /* week 5 means the last one */
        days += month;
    } else {
        days = first + r->day;
        if (r->kind == 'J') /* counts from 1 and never 29 February */
            days += cal_is_leap(year) && r->day >= 60 ? 0 : -1;
    }
    return days * DAY_S + r->time_s;
}

static const struct zone_type *tail_type(const struct zone *z, int64_t s)
{
    int64_t begin, end, year;
    int month, day;
    bool between;

    if (!z->has_summer)
        return &z->standard;
    cal_date(cal_floor_div(s + z->standard.offset_s, DAY_S), &year, &month, &day);
    begin = rule_at(&z->begin, year) - z->standard.offset_s;
    end = rule_at(&z->end, year) - z->summer.offset_s;
    between = begin < end ? s >= begin && s < end : s >= begin || s < end;
    return between ? &z->summer : &z->standard;
}

static const struct zone_type *type_at(const struct zone *z, int64_t s)
{
    size_t low = 0, high = z->n;

    if ((z->n == 0 || s >= z->at[z->n - 1]) && z->has_tail)
        return tail_type(z, s);
    while (low < high) {
        size_t mid = (low + high) / 2;

        if (z->at[mid] <= s)
            low = mid + 1;
        else
            high = mid;
    }
    return &z->types[low ? z->type[low - 1] : 0];
}

/* The text between the last two newlines; absent in version 1. */
static bool read_tail(struct zone *z, const unsigned char *p, const unsigned char *end)
{
    char text[128];
    size_t n = (size_t)(end - p);
    const unsigned char *stop;

    if (n < 2 || p[0] != '\n' || (stop = memchr(p + 1, '\n', n - 1)) == NULL)
        return false;
    if (stop == p + 1)
        return true; /* no rule: the last entry goes on */
    if (!str_copyn(text, sizeof(text), (const char *)p + 1, (size_t)(stop - p - 1)))
        return false;
    return parse_tail(z, text);
}

static bool read_file(struct zone *z, const unsigned char *p, size_t n)
{
    const unsigned char *end = p + n;
    struct tzif_counts c;
    int version = n > 4 ? p[4] : 0;
    size_t time_bytes = 4;

    p = read_header(p, end, &c);
    if (p && version >= '2') { /* the 32-bit block comes first, for old readers */
        if ((size_t)(end - p) < block_bytes(&c, 4))
            return false;
        p = read_header(p + block_bytes(&c, 4), end, &c);
        time_bytes = 8;
    }
    if (p == NULL || (size_t)(end - p) < block_bytes(&c, time_bytes))
        return false;
    if (!read_block(z, p, &c, time_bytes))
        return false;
    return version < '2' || read_tail(z, p + block_bytes(&c, 8), end);
}

int zone_parse(const void *tzif, size_t n, struct zone **ret_zone)
{
    struct zone *z = NEW(struct zone);

    if (!read_file(z, tzif, n)) {
        zone_free(z);
        return ERR_INVALID;
    }
    *ret_zone = z;
    return 0;
}

struct zone *zone_free(struct zone *z)
{
    if (z == NULL)
        return NULL;
    mem_free(z->at);
    mem_free(z->type);
    return mem_free(z);
}

int zone_offset(const struct zone *z, int64_t wall_s, const char **ret_abbr)
{
    const struct zone_type *t = z ? type_at(z, wall_s) : NULL;

    if (ret_abbr)
        *ret_abbr = t ? t->abbr : "UTC";
    return t ? t->offset_s : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* level.c: thresholds as people and plugins write them.
 *
 *   "80%", "> 80 %"    too much of the whole           "< 5 GiB free"  too little left
 *   "10ms", "5"        a number alone is a Nagios range: an alert above it (and below 0)
 *   "10:20", "@10:20", "~:5", "10:"                    Nagios ranges, each end with a unit if you
 * like
 *
 *   "> 100/s", "> 5/min", "> 10 MB/s", "> 800 Mbit/s"  where the figure is a rate
 *
 * The figures are turned into the unit of the row; a share keeps its percent. */
#include "config/conf_int.h"

#include "base/str.h"
#include <math.h>

struct unit {
    const char *name;
    double factor;
};
/* Each family's factors to its own smallest unit that rows use. */
static const struct unit times[] = {{"us", 1e-3}, {"µs", 1e-3},   {"ms", 1},       {"s", 1e3},
                                    {"sec", 1e3}, {"m", 6e4},     {"min", 6e4},    {"h", 36e5},
                                    {"d", 864e5}, {"day", 864e5}, {"days", 864e5}, {"w", 6048e5},
                                    {NULL, 0}};
static const struct unit sizes[] = {{"B", 1},
                                    {"bytes", 1},
                                    {"k", 1e3},
                                    {"K", 1e3},
                                    {"kB", 1e3},
                                    {"KB", 1e3},
                                    {"M", 1e6},
                                    {"MB", 1e6},
                                    {"G", 1e9},
                                    {"GB", 1e9},
                                    {"T", 1e12},
                                    {"TB", 1e12},
                                    {"P", 1e15},
                                    {"PB", 1e15},
                                    {"Ki", 1024},
                                    {"KiB", 1024},
                                    {"Mi", 1048576.0},
                                    {"MiB", 1048576.0},
                                    {"Gi", 1073741824.0},
                                    {"GiB", 1073741824.0},
                                    {"Ti", 1099511627776.0},
                                    {"TiB", 1099511627776.0},
                                    {NULL, 0}};

static const struct unit bits[] = {{"bit", 1},     {"bits", 1},    {"b", 1},     {"kbit", 1e3}, {"kb", 1e3},
                                   {"Mbit", 1e6},  {"Mb", 1e6},    {"Gbit", 1e9}, {"Gb", 1e9},  {"Tbit", 1e12},
                                   {"Tb", 1e12},   {NULL, 0}};
static const struct unit bits_each_second[] = {{"bps", 1}, {"kbps", 1e3}, {"Mbps", 1e6}, {"Gbps", 1e9}, {"Tbps", 1e12}, {NULL, 0}};

static double factor(const struct unit *units, struct str name)
{
    for (; units->name; units++)
        if (str_is(name, units->name))
            return units->factor;
    return 0;
}

/* What one `name` is, counted in the row's unit; 0: not a unit of this row. */
static double unit_factor(struct str name, const char *unit)
{
    double own;

    if (name.n == 0 || (unit && str_is(name, unit)))
        return 1;
    if (unit == NULL)
        return 0;
    own = factor(times, str_of(unit));
    if (own > 0)
        return factor(times, name) / own;
    own = factor(sizes, str_of(unit));
    return own > 0 ? factor(sizes, name) / own : 0;
}

/* What is counted, in the row's "bit", "bytes", "" or "?"; 0: not that. */
static double counted_factor(struct str name, struct str own)
{
    double in_bits = factor(bits, name), in_bytes = factor(sizes, name);

    if (name.n == 0 || (name.n == own.n && memcmp(name.p, own.p, own.n) == 0))
        return 1;
    if (str_is(own, "bit"))
        return in_bits > 0 ? in_bits : 8 * in_bytes;
    if (str_is(own, "bytes"))
        return in_bytes > 0 ? in_bytes : in_bits / 8;
    return str_is(own, "?") ? fmax(in_bits, in_bytes) : 0; /* of the kind that the value is */
}

/* "/s", "kB/s", "Mbit/min", "Mbps", nothing: of a row whose figures are per second. 0: not that. */
static double rate_factor(struct str name, const char *unit, bool *ret_rate)
{
    struct str own = {unit, strlen(unit) - 2}; /* without "/s" */
    const char *slash = memchr(name.p, '/', name.n);
    struct str what = {name.p, slash ? (size_t)(slash - name.p) : name.n}, period;
    double seconds;

    if (!slash && factor(bits_each_second, name) > 0) {
        *ret_rate = true;
        return factor(bits_each_second, name) * counted_factor(str_of("bit"), own);
    }
    if (!slash) /* a number alone is per second; of what, stands in the row */
        return name.n == 0 ? 1 : 0;
    period = str_trim((struct str){slash + 1, name.n - what.n - 1});
    seconds = factor(times, period) / 1000;
    *ret_rate = true;
    return seconds > 0 ? counted_factor(str_trim(what), own) / seconds : 0;
}

struct number {
    double value;
    bool percent, given, rate;
};

/* A number with an optional unit or %. An empty text is "not given". */
static int number(struct str s, const char *unit, struct number *ret)
{
    char digits[64];
    size_t n = 0;
    struct str rest;
    double f = 1;

    s = str_trim(s);
    if (s.n == 0)
        return 0;
    while (n < s.n && strchr("+-0123456789.", s.p[n]))
        n++;
    /* An exponent only where a digit follows; "5e" is no number and "5 E" no unit. */
    if (n < s.n && (s.p[n] == 'e' || s.p[n] == 'E') && n + 1 < s.n &&
        strchr("+-0123456789", s.p[n + 1])) {
        for (n += 2; n < s.n && s.p[n] >= '0' && s.p[n] <= '9';)
            n++;
    }
    if (n == 0 || n >= sizeof(digits))
        return ERR_INVALID;
    str_copyn(digits, sizeof(digits), s.p[0] == '+' ? s.p + 1 : s.p, s.p[0] == '+' ? n - 1 : n);
    if (str_f64(digits, &ret->value) != 0)
        return ERR_INVALID;
    rest = str_trim((struct str){s.p + n, s.n - n});
    ret->percent = str_is(rest, "%");
    if (!ret->percent) {
        f = unit && str_ends(unit, "/s") ? rate_factor(rest, unit, &ret->rate) : unit_factor(rest, unit);
        if (f <= 0)
            return ERR_INVALID;
        if (str_eq(unit, "%"))
            ret->percent = true;
    }
    ret->value *= f;
    ret->given = true;
    return isfinite(ret->value) ? 0 : ERR_INVALID;
}

static bool ends_with_word(struct str *s, const char *word)
{
    size_t n = strlen(word);

    if (s->n <= n || memcmp(s->p + s->n - n, word, n) != 0)
        return false;
    *s = str_trim((struct str){s->p, s->n - n});
    return true;
}

/* "> 80 %", ">= 80", "< 5 GiB". */
static int comparison(struct str s, const char *unit, struct conf_level *ret)
{
    bool above = s.p[0] == '>', equal = s.n > 1 && s.p[1] == '=';
    size_t skip = equal ? 2 : 1;
    struct number v = {0};

    if (number((struct str){s.p + skip, s.n - skip}, unit, &v) != 0 || !v.given)
        return ERR_INVALID;
    ret->percent = v.percent;
    ret->rate = v.rate;
    ret->low = above ? -INFINITY : v.value;
    ret->high = above ? v.value : INFINITY;
    if (equal && above)
        ret->high = nextafter(v.value, -INFINITY);
    else if (equal)
        ret->low = nextafter(v.value, INFINITY);
    return 0;
}

/* "10", "10:", "~:10", "10:20". */
static int range(struct str s, const char *unit, struct conf_level *ret)
{
    const char *colon = memchr(s.p, ':', s.n);
    struct number low = {0}, high = {0};
    struct str left = {s.p, colon ? (size_t)(colon - s.p) : 0};
    struct str right = colon ? (struct str){colon + 1, s.n - left.n - 1} : s;
    bool open = str_is(str_trim(left), "~");

    if ((!open && number(left, unit, &low) != 0) || number(right, unit, &high) != 0)
        return ERR_INVALID;
    if (!open && !low.given && !high.given)
        return ERR_INVALID;
    ret->low = open ? -INFINITY : low.given ? low.value : 0;
    ret->high = high.given ? high.value : INFINITY;
    ret->percent = low.percent || high.percent;
    ret->rate = low.rate || high.rate;
    if (low.given && high.given && low.percent != high.percent && low.value != 0 && !high.percent)
        return ERR_INVALID;
    return ret->low <= ret->high ? 0 : ERR_INVALID;
}

int conf_level_parse(const char *text, const char *unit, struct conf_level *ret)
{
    struct conf_level level = {.set = true, .text = text};
    struct str s = str_trim(str_of(text));
    int e;

    if (ends_with_word(&s, "free") || ends_with_word(&s, "left"))
        level.free = true;
    else
        (void)ends_with_word(&s, "used");
    if (s.n == 0)
        return ERR_INVALID;
    if (s.p[0] == '>' || s.p[0] == '<') {
        e = comparison(s, unit, &level);
    } else {
        if (s.p[0] == '@') {
            level.inside = true;
            s = (struct str){s.p + 1, s.n - 1};
        }
        e = s.n ? range(s, unit, &level) : ERR_INVALID;
    }
    if (e == 0)
        *ret = level;
    return e;
}

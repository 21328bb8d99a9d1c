/* SPDX-License-Identifier: GPL-3.0-or-later */
/* str.c: text helpers.  All of it is ASCII-minded and independent of the locale; cleaning of
 * foreign text is utf8.c's. */
#include "base/str.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_of(const char *text)
{
    return (struct str){text ? text : "", text ? strlen(text) : 0};
}

bool str_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_ieq(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) == lower(*b);
}

bool str_starts(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_istarts(const char *text, const char *prefix)
{
    if (text == NULL)
        return false;
    while (*prefix && lower(*text) == lower(*prefix))
        text++, prefix++;
    return *prefix == '\0';
}

bool str_ends(const char *text, const char *suffix)
{
    size_t n = text ? strlen(text) : 0, m = strlen(suffix);

    return text && n >= m && memcmp(text + n - m, suffix, m) == 0;
}

bool str_is(struct str s, const char *text)
{
    return strlen(text) == s.n && (s.n == 0 || memcmp(s.p, text, s.n) == 0);
}

struct str str_trim(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Long texts are split at one character, mostly: megabytes of lines. */
static size_t up_to(struct str s, const char *seps)
{
    const char *at = seps[0] && seps[1] == '\0' ? memchr(s.p, seps[0], s.n) : NULL;
    size_t n = 0;

    if (seps[0] && seps[1] == '\0')
        return at ? (size_t)(at - s.p) : s.n;
    while (n < s.n && (s.p[n] == '\0' || strchr(seps, s.p[n]) == NULL))
        n++;
    return n;
}

bool str_next(struct str *rest, const char *seps, struct str *ret_token)
{
    size_t n;

    if (rest->p == NULL)
        return false;
    n = up_to(*rest, seps);
    if (n == rest->n) {
        if (n == 0)
            return false;
        *ret_token = *rest;
        *rest = (struct str){rest->p + n, 0};
        return true;
    }
    *ret_token = (struct str){rest->p, n};
    *rest = (struct str){rest->p + n + 1, rest->n - n - 1};
    return true;
}

bool str_copy(char *dst, size_t dst_bytes, const char *src)
{
    return str_copyn(dst, dst_bytes, src, src ? strlen(src) : 0);
}

bool str_copyn(char *dst, size_t dst_bytes, const char *src, size_t n)
{
    size_t take = n;

    if (dst_bytes == 0)
        return n == 0;
    if (n >= dst_bytes)
        take = utf8_fit(src, n, dst_bytes - 1);
    if (take)
        memmove(dst, src, take);
    dst[take] = '\0';
    return take == n;
}

int str_vprint(char *dst, size_t dst_bytes, const char *fmt, va_list ap)
{
    int n;

    if (dst_bytes == 0)
        return 0;
    n = vsnprintf(dst, dst_bytes, fmt, ap);
    if (n < 0) {
        dst[0] = '\0';
        return 0;
    }
    if ((size_t)n < dst_bytes)
        return n;
    n = (int)utf8_fit(dst, dst_bytes - 1, dst_bytes - 1);
    dst[n] = '\0';
    return n;
}

int str_print(char *dst, size_t dst_bytes, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = str_vprint(dst, dst_bytes, fmt, ap);
    va_end(ap);
    return n;
}

/* Reads digits at *at into *ret (positive); 0, ERR_INVALID without a digit, ERR_LIMIT. */
static int digits(const char **at, int64_t *ret)
{
    const char *p = *at;
    int64_t v = 0;
    bool over = false;

    if (!is_digit(*p))
        return ERR_INVALID;
    for (; is_digit(*p); p++)
        over |= __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *p - '0', &v);
    *at = p;
    if (over)
        return ERR_LIMIT;
    *ret = v;
    return 0;
}

int str_i64(const char *text, int64_t *ret_value)
{
    bool minus = text && *text == '-', over = false;
    int64_t v = 0;

    if (text == NULL)
        return ERR_INVALID;
    text += *text == '-' || *text == '+';
    if (!is_digit(*text))
        return ERR_INVALID;
    for (; is_digit(*text); text++) { /* downwards, as the negative range is the larger */
        over |= __builtin_mul_overflow(v, 10, &v);
        over |= __builtin_sub_overflow(v, *text - '0', &v);
    }
    if (*text)
        return ERR_INVALID;
    if (over || (!minus && v == INT64_MIN))
        return ERR_LIMIT;
    *ret_value = minus ? v : -v;
    return 0;
}

/* Length of a decimal number "[+-]12.5e-3" at text, 0 when there is none. */
static size_t number_length(const char *text, bool exponent)
{
    const char *p = text, *mark;
    size_t n = 0;

    p += *p == '-' || *p == '+';
    for (; is_digit(*p); p++)
        n++;
    if (*p == '.')
        for (p++; is_digit(*p); p++)
            n++;
    if (n == 0)
        return 0;
    if (exponent && lower(*p) == 'e') {
        mark = p++;
        p += *p == '-' || *p == '+';
        if (!is_digit(*p))
            return (size_t)(mark - text);
        while (is_digit(*p))
            p++;
    }
    return (size_t)(p - text);
}

int str_f64(const char *text, double *ret_value)
{
    size_t n = text ? number_length(text, true) : 0;
    double v;

    if (n == 0 || text[n] != '\0')
        return ERR_INVALID;
    v = strtod(text, NULL);
    if (!isfinite(v))
        return ERR_LIMIT;
    *ret_value = v;
    return 0;
}

static const struct {
    const char *name;
    int64_t ms;
} duration_units[] = {
    {"ms", 1},      {"s", 1000},     {"sec", 1000},   {"m", 60000},        {"min", 60000},
    {"h", 3600000}, {"d", 86400000}, {"j", 86400000}, {"w", 7 * 86400000},
};

/* Milliseconds of the unit word at *at; 0 when it is none. */
static int64_t duration_unit(const char **at)
{
    size_t n = 0;

    while (lower((*at)[n]) >= 'a' && lower((*at)[n]) <= 'z')
        n++;
    for (size_t i = 0; i < COUNT(duration_units); i++)
        if (strlen(duration_units[i].name) == n && memcmp(duration_units[i].name, *at, n) == 0) {
            *at += n;
            return duration_units[i].ms;
        }
    return 0;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

int str_duration(const char *text, int64_t bare_ms, int64_t *ret_ms)
{
    const char *p = text ? skip_blanks(text) : "";
    int64_t total = 0, v = 0, unit;
    bool over = false;

    for (bool first = true; first || *p; first = false) {
        int r = digits(&p, &v);

        if (r == ERR_INVALID)
            return r;
        over |= r != 0;
        p = skip_blanks(p);
        unit = *p == '\0' && first && bare_ms > 0 ? bare_ms : duration_unit(&p);
        if (unit == 0)
            return ERR_INVALID;
        over |= __builtin_mul_overflow(v, unit, &v) || __builtin_add_overflow(total, v, &total);
        p = skip_blanks(p);
    }
    if (over)
        return ERR_LIMIT;
    *ret_ms = total;
    return 0;
}

/* "", "k", "KiB", "o"... → how many bytes one is; 0 when it is no unit. */
static double byte_unit(const char *p)
{
    static const char letters[] = "kmgtpe";
    const char *at = *p ? strchr(letters, lower(*p)) : NULL;
    double unit = 1, step = 1000;

    if (at) {
        p++;
        if (lower(*p) == 'i')
            p++, step = 1024;
        for (long i = at - letters; i >= 0; i--)
            unit *= step;
    }
    if (lower(*p) == 'b' || lower(*p) == 'o') /* "octet" */
        p++;
    return *p ? 0 : unit;
}

int str_bytes(const char *text, int64_t *ret_bytes)
{
    size_t n = text && *text != '-' ? number_length(text, false) : 0;
    const char *start = text;
    double unit, v;
    int64_t whole;

    if (n == 0)
        return ERR_INVALID;
    unit = byte_unit(skip_blanks(text + n));
    if (unit == 0)
        return ERR_INVALID;
    start += *start == '+';
    if (memchr(text, '.', n) == NULL && digits(&start, &whole) == 0 &&
        !__builtin_mul_overflow(whole, (int64_t)unit, &whole)) {
        *ret_bytes = whole; /* exact beyond the 53 bits of a double */
        return 0;
    }
    v = strtod(text, NULL) *
        unit; /* stops at the unit by itself: none looks like a number's tail */
    if (!(v < 9223372036854775807.0))
        return ERR_LIMIT;
    *ret_bytes = (int64_t)v;
    return 0;
}

enum { DISTANCE_BYTES = 64 }; /* longer words are no typing slips */

static int least(int a, int b)
{
    return a < b ? a : b;
}

int str_distance(const char *a, const char *b, int limit)
{
    int n = (int)strnlen(a, DISTANCE_BYTES + 1), m = (int)strnlen(b, DISTANCE_BYTES + 1);
    int rows[3][DISTANCE_BYTES + 1], *before = rows[0], *above = rows[1], *row = rows[2];

    if (n > DISTANCE_BYTES || m > DISTANCE_BYTES || abs(n - m) > limit)
        return strcmp(a, b) == 0 ? 0 : limit + 1;
    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int *spare = before;

        before = above, above = row, row = spare;
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1); /* two neighbours swapped */
        }
    }
    return least(row[m], limit + 1);
}

const char *str_nearest(const char *text, const char *const *list)
{
    size_t n = strlen(text);
    int limit = n <= 3 ? 1 : n <= 8 ? 2 : 3;
    const char *best = NULL;

    for (; *list && limit >= 0; list++) {
        int d = str_distance(text, *list, limit);

        if (d > limit || (size_t)d >= n)
            continue;
        best = *list;
        limit = d - 1; /* the next one has to be nearer */
    }
    return best;
}

/* Length of the character at p, for '?'. */
static size_t one_char(const char *p)
{
    uint32_t c;
    size_t len = utf8_decode(p, strnlen(p, 4), &c);

    return len ? len : 1;
}

bool str_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?') {
            pattern++;
            text += one_char(text);
        } else if (*pattern == *text) {
            pattern++, text++;
        } else if (star) { /* let the last star swallow one more */
            pattern = star;
            text = retry += one_char(retry);
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* Compares two runs of digits by value and steps over them. */
static int compare_numbers(const char **a, const char **b)
{
    const char *p = *a, *q = *b;
    size_t n = 0, m = 0;
    int order;

    while (*p == '0')
        p++;
    while (*q == '0')
        q++;
    while (is_digit(p[n]))
        n++;
    while (is_digit(q[m]))
        m++;
    *a = p + n;
    *b = q + m;
    if (n != m)
        return n < m ? -1 : 1;
    order = memcmp(p, q, n);
    return order;
}

int str_natural(const char *a, const char *b)
{
    const char *p = a, *q = b;

    while (*p && *q) {
        int order;

        if (is_digit(*p) && is_digit(*q)) {
            order = compare_numbers(&p, &q);
        } else {
            order = (unsigned char)lower(*p) - (unsigned char)lower(*q);
            p++, q++;
        }
        if (order)
            return order;
    }
    if (*p || *q)
        return *p ? 1 : -1;
    return strcmp(a, b); /* "web01" and "web1" are not the same name */
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perf.c: performance data: 'label'=value[unit];[warn];[crit];[min];[max], separated by blanks.
 *
 * Real plugins are careless, so reading is lenient as Icinga's is: the last '=' of an unquoted item
 * divides label and value, "1." and "+1" are numbers, "U" is an unknown value, an unreadable limit
 * is as good as none.  A comma in the value, inf and nan are refused: they would become a wrong
 * number. */
#include "wire/plugin.h"

#include "base/str.h"
#include "wire/real.h"
#include <math.h>
#include <string.h>

enum { MAX_LABEL_BYTES = 255, MAX_UNIT_BYTES = 32, MAX_VALUE_BYTES = 64 };

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the label that begins at p ends; *ret_value is what follows its '='. NULL: no such. Quoted:
 * '' is a quote. */
static const char *quoted_label(const char *p, const char *end, struct buf *label)
{
    for (p++; p < end; p++) {
        if (*p != '\'') {
            buf_char(label, *p);
        } else if (p + 1 < end && p[1] == '\'') {
            buf_char(label, *p++);
        } else {
            p++;
            return p < end && *p == '=' ? p + 1 : NULL;
        }
    }
    return NULL;
}

/* A quote inside an unquoted item is a character like any other. */
static const char *item_end(const char *p, const char *end)
{
    bool quoted = *p == '\'';

    if (quoted) {
        for (p++; p < end && (*p != '\'' || (p + 1 < end && p[1] == '\'')); p++)
            if (*p == '\'')
                p++;
    }
    while (p < end && !blank(*p))
        p++;
    return p;
}

static const char *plain_label(const char *p, const char *end, struct buf *label)
{
    const char *last = NULL;

    for (const char *q = p; q < end; q++)
        if (*q == '=')
            last = q;
    if (last == NULL || last == p)
        return NULL;
    buf_add(label, p, (size_t)(last - p));
    return last + 1;
}

/* Takes the field up to the next ';'. */
static struct str field(struct str *rest)
{
    const char *semi = rest->n ? memchr(rest->p, ';', rest->n) : NULL;
    struct str f = {rest->p, semi ? (size_t)(semi - rest->p) : rest->n};

    rest->p += f.n + (semi != NULL);
    rest->n -= f.n + (semi != NULL);
    return f;
}

/* Length of the number at the beginning: sign, digits, dot, exponent. */
static size_t number_length(struct str s)
{
    size_t n = 0;

    while (n < s.n && (strchr("+-", s.p[n]) ? n == 0 : strchr("0123456789.", s.p[n]) != NULL) &&
           s.p[n])
        n++;
    if (n > 0 && n + 1 < s.n && (s.p[n] == 'e' || s.p[n] == 'E')) {
        size_t e = n + 1 + (s.p[n + 1] == '+' || s.p[n + 1] == '-'), first = e;

        while (e < s.n && s.p[e] >= '0' && s.p[e] <= '9')
            e++;
        if (e > first)
            n = e;
    }
    return n;
}

/* "1.", "-.1", "+1" too. */
static bool to_number(struct str s, double *ret)
{
    char text[MAX_VALUE_BYTES + 4];
    size_t n = 0;
    bool digit = false;

    if (s.n == 0 || s.n > MAX_VALUE_BYTES || number_length(s) != s.n)
        return false;
    if (s.p[0] == '-' || s.p[0] == '+') {
        if (s.p[0] == '-')
            text[n++] = '-';
        s = (struct str){s.p + 1, s.n - 1};
    }
    if (s.n > 0 && s.p[0] == '.')
        text[n++] = '0';
    for (size_t i = 0; i < s.n; i++) {
        bool lonely = s.p[i] == '.' && (i + 1 == s.n || s.p[i + 1] < '0' || s.p[i + 1] > '9');

        digit |= s.p[i] >= '0' && s.p[i] <= '9';
        if (!lonely)
            text[n++] = s.p[i];
    }
    text[n] = '\0';
    return digit && str_f64(text, ret) == 0 && isfinite(*ret);
}

static bool read_value(struct str f, struct perf *p, struct arena *a)
{
    size_t n = number_length(f);
    struct str unit = {f.p + n, f.n - n};

    if (f.n > 0 && f.p[0] == 'U' && n == 0) {
        p->value = NAN;
        unit = (struct str){f.p + 1, f.n - 1};
    } else if (to_number((struct str){f.p, n}, &p->value)) {
        p->has |= PERF_HAS_VALUE;
    } else {
        return false;
    }
    if (unit.n > MAX_UNIT_BYTES ||
        (unit.n && (memchr(unit.p, ',', unit.n) || memchr(unit.p, '=', unit.n) ||
                    memchr(unit.p, '\'', unit.n))))
        return false;
    for (size_t i = 0; i < unit.n; i++)
        if ((unit.p[i] >= '0' && unit.p[i] <= '9') || strchr("+-.", unit.p[i]))
            return false; /* "1.2.3", "5-6": no number and no unit */
    p->unit = arena_dupn(a, unit.p, unit.n);
    return true;
}

static void read_range(struct str f, int flag, struct range *r, struct perf *p)
{
    char text[2 * MAX_VALUE_BYTES];

    if (f.n > 0 && f.n < sizeof(text) && str_copyn(text, sizeof(text), f.p, f.n) &&
        range_parse(text, r) == 0)
        p->has |= flag;
}

static void read_limits(struct str rest, struct perf *p)
{
    read_range(field(&rest), PERF_HAS_WARN, &p->warn, p);
    read_range(field(&rest), PERF_HAS_CRIT, &p->crit, p);
    if (to_number(field(&rest), &p->min))
        p->has |= PERF_HAS_MIN;
    if (to_number(field(&rest), &p->max))
        p->has |= PERF_HAS_MAX;
}

static bool read_item(struct arena *a, struct str item, struct perf *ret)
{
    struct buf label = BUF_MAX(MAX_LABEL_BYTES);
    struct perf p = {0};
    const char *end = item.p + item.n;
    const char *value =
        item.p[0] == '\'' ? quoted_label(item.p, end, &label) : plain_label(item.p, end, &label);
    struct str rest = {value, value ? (size_t)(end - value) : 0};
    bool ok = value && label.len > 0 && !label.full && read_value(field(&rest), &p, a);

    if (ok) {
        read_limits(rest, &p);
        p.label = arena_dup(a, buf_text(&label));
        *ret = p;
    }
    buf_done(&label);
    return ok;
}

int perf_parse(struct arena *a, const char *text, struct perf *out, int max, int *ret_bad)
{
    const char *p = text ? text : "", *end = p + strlen(p);
    int n = 0, bad = 0;

    while (p < end && n < max) {
        const char *stop;

        if (blank(*p)) {
            p++;
            continue;
        }
        stop = item_end(p, end);
        if (read_item(a, (struct str){p, (size_t)(stop - p)}, &out[n]))
            n++;
        else
            bad++;
        p = stop;
    }
    if (ret_bad)
        *ret_bad = bad;
    return n;
}

/* ---- writing */

static bool needs_quotes(const char *label)
{
    return label[0] == '\0' || strpbrk(label, " '=;\t\n\r\"") != NULL;
}

static void put_label(struct buf *out, const char *label)
{
    bool quoted = needs_quotes(label);

    if (out->len > 0 && out->data[out->len - 1] != ' ')
        buf_char(out, ' ');
    if (quoted)
        buf_char(out, '\'');
    for (const char *p = label; *p; p++) {
        if (*p == '\'')
            buf_char(out, '\'');
        buf_char(out, *p == '\n' || *p == '\r' ? ' ' : *p);
    }
    buf_str(out, quoted ? "'=" : "=");
}

static void put_number(struct buf *out, double v)
{
    if (isfinite(v))
        real_text(out, v);
    else
        buf_char(out, 'U');
}

void perf_add(struct buf *out, const char *label, double value, const char *unit)
{
    put_label(out, label);
    put_number(out, value);
    buf_str(out, unit);
}

void perf_format(struct buf *out, const struct perf *p)
{
    size_t end;

    perf_add(out, p->label, p->has & PERF_HAS_VALUE ? p->value : (double)NAN, p->unit);
    end = out->len;
    buf_char(out, ';');
    if (p->has & PERF_HAS_WARN)
        range_format(out, &p->warn), end = out->len;
    buf_char(out, ';');
    if (p->has & PERF_HAS_CRIT)
        range_format(out, &p->crit), end = out->len;
    buf_char(out, ';');
    if (p->has & PERF_HAS_MIN)
        put_number(out, p->min), end = out->len;
    buf_char(out, ';');
    if (p->has & PERF_HAS_MAX)
        put_number(out, p->max), end = out->len;
    buf_cut(out, end); /* empty fields at the end say nothing */
}

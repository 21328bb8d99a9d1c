/* SPDX-License-Identifier: GPL-3.0-or-later */
/* figure.c: figures and thresholds in the reader's language. What programs read stays as it came (the API has it). */
#include "web/figure.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"

#include <math.h>
#include <string.h>

#define NBSP "\u00a0"

/* What one of the unit is in µs, or in bytes. */
static const struct unit {
    const char *name;
    double micros, bytes;
} units[] = {
    {"s", 1e6, 0},   {"ms", 1e3, 0},          {"us", 1, 0},           {"ns", 1e-3, 0},          {"B", 0, 1},   {"kB", 0, 1e3}, {"KB", 0, 1e3},
    {"MB", 0, 1e6},  {"GB", 0, 1e9},          {"TB", 0, 1e12},        {"KiB", 0, 1024},         {"MiB", 0, 1048576}, {"GiB", 0, 1073741824.0}, {"TiB", 0, 1099511627776.0},
};

static const struct unit *unit_find(const char *name)
{
    for (size_t i = 0; i < COUNT(units); i++)
        if (str_eq(units[i].name, name))
            return &units[i];
    return NULL;
}

/* Six digits that count, thousands apart by narrow blanks, and the language's sign before the tenths. */
static void number(struct buf *out, double v, const char *lang)
{
    char text[64];
    bool whole = fabs(v) >= 1e5 && fabs(v) < 1e15;

    str_print(text, sizeof(text), whole ? "%.0f" : "%.6g", v);
    size_t digits = strspn(text + (text[0] == '-'), "0123456789") + (text[0] == '-');
    for (size_t i = 0; text[i]; i++) {
        if (whole && i > (text[0] == '-') && i < digits && (digits - i) % 3 == 0)
            buf_str(out, "\u202f");
        buf_char(out, text[i] == '.' && str_eq(lang, "fr") ? ',' : text[i]);
    }
}

void figure_value(struct buf *out, double value, const char *unit, const char *lang)
{
    const struct unit *u = unit_find(unit);

    if (isnan(value)) {
        buf_str(out, "–");
    } else if (u && u->micros > 0 && fabs(value) * u->micros < 1e15) {
        if (fabs(value) * u->micros < 60e6)
            time_latency(out, (int64_t)(value * u->micros + 0.5), lang);
        else
            time_duration(out, (int64_t)(value * u->micros / 1000), lang);
    } else if (u && u->bytes > 0 && fabs(value) * u->bytes < 9e18) {
        msg_print(out, lang, "{1}", "b", (int64_t)(value * u->bytes));
    } else {
        number(out, value, lang);
        if (unit[0] && !str_eq(unit, "c"))
            buf_printf(out, NBSP "%s", unit);
    }
}

static void bound(struct buf *out, const char *sign, double v, const char *unit, const char *lang)
{
    buf_printf(out, "%s" NBSP, sign);
    figure_value(out, v, unit, lang);
}

void figure_range(struct buf *out, const struct range *r, const char *unit, const char *lang)
{
    bool low = isfinite(r->start), high = isfinite(r->end);

    if (!r->inside && high && (!low || r->start == 0)) {
        bound(out, ">", r->end, unit, lang);
    } else if (!r->inside && low && !high) {
        bound(out, "<", r->start, unit, lang);
    } else if (low && high) {
        buf_printf(out, "%s ", msg_tr(lang, r->inside ? MSG("within") : MSG("outside")));
        figure_value(out, r->start, unit, lang);
        bound(out, " …", r->end, unit, lang);
    } else if (r->inside && (low || high)) {
        bound(out, low ? "≥" : "≤", low ? r->start : r->end, unit, lang);
    }
}

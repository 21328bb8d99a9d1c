/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures and thresholds as people read them, in both languages. LES-25. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "web/figure.h"

#include <math.h>

/* The blank before a unit does not break; in this table it is written as a plain one. */
static void same(struct buf *b, const char *wanted)
{
    struct buf plain = BUF_MAX(200);
    for (const char *p = buf_text(b); *p; p++) {
        bool blank = str_starts(p, "\u00a0");
        buf_char(&plain, blank ? ' ' : *p);
        p += blank;
    }
    assert_string_equal(buf_text(&plain), wanted);
    buf_done(&plain);
    buf_done(b);
}

static void values(void **state)
{
    static const struct {
        double v;
        const char *unit, *en, *fr;
    } rows[] = {
        {0.006312, "s", "6.3 ms", "6,3 ms"},       {23204225020, "B", "23 GB", "23 Go"},  {22.5, "%", "22.5 %", "22,5 %"},
        {1234567, "c", "1\u202f234\u202f567", "1\u202f234\u202f567"}, {-1234567, "", "-1\u202f234\u202f567", "-1\u202f234\u202f567"}, {0, "s", "0 ms", "0 ms"}, {3.14159265, "", "3.14159", "3,14159"},
        {NAN, "s", "–", "–"},                      {7200, "s", "2 h", "2 h"},              {1e300, "B", "1e+300 B", "1e+300 B"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf en = BUF_MAX(100), fr = BUF_MAX(100);
        figure_value(&en, rows[i].v, rows[i].unit, "en");
        figure_value(&fr, rows[i].v, rows[i].unit, "fr");
        same(&en, rows[i].en);
        same(&fr, rows[i].fr);
    }
}

static void ranges(void **state)
{
    static const struct {
        struct range r;
        const char *en, *fr;
    } rows[] = {
        {{0, 90, false}, "> 90 %", "> 90 %"},
        {{-INFINITY, 90, false}, "> 90 %", "> 90 %"},
        {{5.5, INFINITY, false}, "< 5.5 %", "< 5,5 %"},
        {{2, 8, false}, "outside 2 % … 8 %", "hors de 2 % … 8 %"},
        {{2, 8, true}, "within 2 % … 8 %", "entre 2 % … 8 %"},
        {{-INFINITY, INFINITY, false}, "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf en = BUF_MAX(100), fr = BUF_MAX(100);
        figure_range(&en, &rows[i].r, "%", "en");
        figure_range(&fr, &rows[i].r, "%", "fr");
        same(&en, rows[i].en);
        same(&fr, rows[i].fr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(ranges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

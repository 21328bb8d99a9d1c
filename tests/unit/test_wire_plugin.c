/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_wire_plugin.c: output of Nagios plugins, performance data and ranges (MON-3). */
#include "wire/plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void check_split(const char *out, const char *text, const char *lines, const char *perf)
{
    struct buf t = BUF_MAX(100000), l = BUF_MAX(100000), p = BUF_MAX(100000);

    plugin_split(out, strlen(out), &t, &l, &p);
    assert_string_equal(buf_text(&t), text);
    assert_string_equal(buf_text(&l), lines);
    assert_string_equal(buf_text(&p), perf);
    buf_done(&t);
    buf_done(&l);
    buf_done(&p);
}

static void splits_as_nagios(void **state)
{
    (void)state;
    check_split("OK - fine | a=1;2;3\n", "OK - fine", "", "a=1;2;3");
    check_split("OK", "OK", "", "");
    check_split("", "", "", "");
    check_split("out|a=1\nlong1|b=2\nc=3\n", "out", "long1", "a=1 b=2 c=3");
    check_split("|a=1", "", "", "a=1");
    check_split("one\ntwo\n  three  \n\nfour\n\n", "one", "two\n  three\n\nfour", "");
    check_split("one|a=1 | b=2", "one", "", "a=1 | b=2");
    check_split("x\r\ny\r\n", "x", "y", "");
    check_split("x\n|a=1\nb=2", "x", "", "a=1 b=2");
}

static void output_is_cleaned(void **state)
{
    (void)state;
    check_split("a\033[31mb\x07|c\x01=1", "a[31mb", "", "c=1");
    check_split("caf\xc3\xa9 \xff", "café \xef\xbf\xbd", "", "");
    check_split("\033\n\x01", "", "", "");
}

/* More than the ceiling is cut, never refused. */
static void output_is_bounded(void **state)
{
    struct buf big = BUF_MAX(1 << 20), t = BUF_MAX(1 << 20), l = BUF_MAX(1 << 20),
               p = BUF_MAX(1 << 20);

    (void)state;
    for (int i = 0; i < 200000; i++)
        buf_char(&big, 'x');
    plugin_split(big.data, big.len, &t, &l, &p);
    assert_int_equal(t.len, PLUGIN_MAX_OUTPUT);
    buf_done(&big);
    buf_done(&t);
    buf_done(&l);
    buf_done(&p);
}

static int parse(struct arena *a, const char *text, struct perf *out, int *ret_bad)
{
    return perf_parse(a, text, out, 16, ret_bad);
}

static void perfdata_is_read(void **state)
{
    struct arena *a = arena_new(0);
    struct perf p[16];
    int bad;

    (void)state;
    assert_int_equal(parse(a, "time=0.031s;1.0;2.0;0;10 size=512B;;;0", p, &bad), 2);
    assert_int_equal(bad, 0);
    assert_string_equal(p[0].label, "time");
    assert_true(p[0].value == 0.031);
    assert_string_equal(p[0].unit, "s");
    assert_int_equal(p[0].has,
                     PERF_HAS_VALUE | PERF_HAS_WARN | PERF_HAS_CRIT | PERF_HAS_MIN | PERF_HAS_MAX);
    assert_true(p[0].warn.start == 0 && p[0].warn.end == 1 && p[0].max == 10);
    assert_int_equal(p[1].has, PERF_HAS_VALUE | PERF_HAS_MIN);
    assert_int_equal(parse(a, "'with space'=1%;@10:20;~:5 'it''s'=U a=b=3c", p, &bad), 3);
    assert_string_equal(p[0].label, "with space");
    assert_true(p[0].warn.inside && p[0].warn.start == 10 && isinf(p[0].crit.start));
    assert_string_equal(p[1].label, "it's");
    assert_int_equal(p[1].has, 0);
    assert_true(isnan(p[1].value));
    assert_string_equal(p[2].label, "a=b");
    assert_string_equal(p[2].unit, "c");
    arena_free(a);
}

static void perfdata_is_lenient(void **state)
{
    struct arena *a = arena_new(0);
    struct perf p[16];
    int bad;

    (void)state;
    assert_int_equal(parse(a, "a=1. b=-.1 c=+1 d=1e10 e=1.GB f=+1.E-1EW", p, &bad), 6);
    assert_true(p[0].value == 1 && p[1].value == -0.1 && p[2].value == 1 && p[3].value == 1e10 &&
                p[4].value == 1);
    assert_string_equal(p[4].unit, "GB");
    assert_true(p[5].value == 0.1);
    assert_string_equal(p[5].unit, "EW");
    assert_int_equal(parse(a, "a=1,5 b=inf c=nan d= e 'f=1 =3 g=.", p, &bad), 0);
    assert_true(bad >= 5);
    assert_int_equal(parse(a, "a=1;x;U;y;2", p, &bad),
                     1); /* unreadable limits are as good as none */
    assert_int_equal(p[0].has, PERF_HAS_VALUE | PERF_HAS_MAX);
    assert_int_equal(parse(a, NULL, p, NULL), 0);
    assert_int_equal(perf_parse(a, "a=1 b=2 c=3", p, 2, &bad), 2);
    arena_free(a);
}

static void perfdata_is_written(void **state)
{
    struct arena *a = arena_new(0);
    struct buf b = BUF_MAX(1000);
    struct perf p[16];

    (void)state;
    perf_add(&b, "time", 0.031, "s");
    perf_add(&b, "free space", 5e9, "B");
    perf_add(&b, "it's", (double)NAN, "");
    assert_string_equal(buf_text(&b), "time=0.031s 'free space'=5000000000B 'it''s'=U");
    buf_clear(&b);
    assert_int_equal(parse(a, "x=1s;@1:2;~:5;0;9 y=2;;3", p, NULL), 2);
    perf_format(&b, &p[0]);
    perf_format(&b, &p[1]);
    assert_string_equal(buf_text(&b), "x=1s;@1:2;~:5;0;9 y=2;;3");
    buf_done(&b);
    arena_free(a);
}

static void check_range(const char *text, double inside, double outside, bool at)
{
    struct range r;
    struct buf b = BUF_MAX(100);

    assert_int_equal(range_parse(text, &r), 0);
    assert_int_equal(r.inside, at);
    assert_int_equal(range_alerts(&r, inside), at);
    assert_int_equal(range_alerts(&r, outside), !at);
    assert_false(range_alerts(&r, (double)NAN));
    range_format(&b, &r);
    assert_string_equal(buf_text(&b), text);
    buf_done(&b);
}

static void ranges(void **state)
{
    static const char *const bad[] = {"",      ":",   "@", "a",    "5:1", "1:2:3",
                                      "10 20", "inf", "~", "0x10", "1,5"};
    struct range r;

    (void)state;
    check_range("10", 10, 10.5, false);
    check_range("10", 0, -0.1, false);
    check_range("10:", 10, 9, false);
    check_range("~:10", -1e9, 11, false);
    check_range("10:20", 20, 21, false);
    check_range("@10:20", 10, 9, true);
    check_range("-5:-1.5", -2, 0, false);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_true(range_parse(bad[i], &r) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_as_nagios),
        cmocka_unit_test(output_is_cleaned),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(perfdata_is_read),
        cmocka_unit_test(perfdata_is_lenient),
        cmocka_unit_test(perfdata_is_written),
        cmocka_unit_test(ranges),
    };

    return cmocka_run_group_tests_name("wire_plugin", tests, NULL, NULL);
}

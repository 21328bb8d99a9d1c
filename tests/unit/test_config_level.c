/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_level.c: thresholds, through the option that a kind has for them. */
#include "config_kinds.h"

#include <math.h>

/* Reads `text` as the level of a row with a unit; false when it is refused. */
static bool level(const char *unit, const char *text, struct conf_level *ret)
{
    struct conf_row rows[] = {
        {.key = "warn", .type = CONF_LEVEL, .flags = CONF_POSITIONAL, .unit = unit}, {0}};
    struct conf_kind kind = {.name = "x", .rows = rows, .opts_bytes = sizeof(struct conf_level)};
    struct arena *a = arena_new(0);
    struct err e;
    void *opts;
    bool ok = conf_opts(&some_env, &kind, a, text, NULL, &opts, &e) == 0;

    if (ok) {
        *ret = *(const struct conf_level *)opts;
        assert_string_equal(ret->text, text);
        assert_true(ret->set);
        ret->text = NULL;
    }
    arena_free(a);
    return ok;
}

static void check(const char *unit, const char *text, double low, double high, bool percent)
{
    struct conf_level l = {0};

    assert_true(level(unit, text, &l));
    assert_true(l.low == low && l.high == high);
    assert_int_equal(l.percent, percent);
    assert_false(l.inside);
}

static void numbers_and_units(void **state)
{
    double inf = (double)INFINITY;

    (void)state;
    check(NULL, "5", 0, 5, false);
    check(NULL, "1.5e3", 0, 1500, false);
    check("bytes", "80%", 0, 80, true);
    check("bytes", "> 80 %", -inf, 80, true);
    check("bytes", "< 5 GiB", 5.0 * 1024 * 1024 * 1024, inf, false);
    check("bytes", "<5k", 5000, inf, false);
    check("ms", "10ms", 0, 10, false);
    check("ms", "> 2 s", -inf, 2000, false);
    check("s", "500ms", 0, 0.5, false);
    check("d", "< 14d", 14, inf, false);
    check("days", "2w:", 14, inf, false);
    check("%", "20", 0, 20, true);
    check("errors/s", "3 errors/s", 0, 3, false);
}

static void nagios_ranges(void **state)
{
    double inf = (double)INFINITY;
    struct conf_level l;

    (void)state;
    check(NULL, "10:20", 10, 20, false);
    check(NULL, "10:", 10, inf, false);
    check(NULL, "~:10", -inf, 10, false);
    check(NULL, "-5:-1", -5, -1, false);
    check("bytes", "10%:20%", 10, 20, true);
    check("bytes", "10:20%", 10, 20, true);
    check("ms", "10ms:2s", 10, 2000, false);
    assert_true(level(NULL, "@10:20", &l));
    assert_true(l.inside && l.low == 10 && l.high == 20);
}

/* ">= 80" alerts at 80, "> 80" above it. */
static void edges(void **state)
{
    struct conf_level l;

    (void)state;
    assert_true(level(NULL, ">= 80", &l));
    assert_true(l.high < 80 && l.high > 79.999);
    assert_true(level(NULL, "<= 5", &l));
    assert_true(l.low > 5 && l.low < 5.001);
}

static void what_remains(void **state)
{
    struct conf_level l;

    (void)state;
    assert_true(level("bytes", "< 5 GiB free", &l) && l.free);
    assert_true(level("bytes", "< 10 % left", &l) && l.free && l.percent);
    assert_true(level("bytes", "> 80% used", &l) && !l.free);
    assert_true(level("bytes", "80%", &l) && !l.free);
}

static void refused(void **state)
{
    static const char *const bad[] = {"",       " ",   ">",    "< ",    "x",     "5 x",   "5e",
                                      ":",      "@",   "~",    "20:10", "1:2:3", "> 1:2", "free",
                                      "10%:20", "1,5", "0x10", "1e999", "--5"};
    struct conf_level l;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (level("bytes", bad[i], &l))
            fail_msg("“%s” was taken", bad[i]);
    assert_false(level(NULL, "5 ms", &l));
    assert_false(level("ms", "5 GB", &l));
    refuse("hosts: { a: { checks: [ { http: { url: 'http://x/', slow: fast } } ] } }",
           "slow: “fast” was read; expected: a threshold such as 500ms");
}

static void rates(void **state)
{
    struct conf_level l;

    (void)state;
    check("/s", "100", 0, 100, false);
    check("/s", "> 100/s", -(double)INFINITY, 100, false);
    assert_true(level("/s", ">6/min", &l) && fabs(l.high - 0.1) < 1e-9);
    assert_true(level("/s", "36 / h", &l) && l.low == 0 && fabs(l.high - 0.01) < 1e-9);
    check("/s", "1:5/s", 1, 5, false);
    check("bit/s", "> 800 Mbit/s", -(double)INFINITY, 8e8, false);
    check("bit/s", "> 10 MB/s", -(double)INFINITY, 8e7, false);
    check("bit/s", "1 Gbps", 0, 1e9, false);
    check("bit/s", "80%", 0, 80, true);
    check("bytes/s", "> 1 KiB/s", -(double)INFINITY, 1024, false);
    check("bytes/s", "> 80 Mbps", -(double)INFINITY, 1e7, false);
    assert_true(level("bytes/s", "60 kB/min", &l) && fabs(l.high - 1000) < 1e-6);
    check(CONF_MAYBE_RATE, "> 80", -(double)INFINITY, 80, false);
    assert_true(level(CONF_MAYBE_RATE, "> 80", &l) && !l.rate);
    assert_true(level(CONF_MAYBE_RATE, "> 80/s", &l) && l.rate && l.high == 80);
    assert_true(level(CONF_MAYBE_RATE, "> 8 Mbit/s", &l) && l.rate && l.high == 8e6);
    assert_true(level(CONF_MAYBE_RATE, "> 8 MB/s", &l) && l.rate && l.high == 8e6);
    assert_true(level(CONF_MAYBE_RATE, "@1:8/s", &l) && l.rate && l.inside);
    assert_false(level(NULL, "> 100/s", &l)); /* not a rate */
    assert_false(level("bytes", "> 100 MB/s", &l));
    assert_false(level("/s", "> 100/x", &l));
    assert_false(level("/s", "> 100 MB/s", &l));
    assert_false(level("/s", "> 100/", &l));
    assert_false(level("/s", "> 100 s", &l));
    assert_false(level("bit/s", "> 100 Mbit", &l));
    assert_false(level("bit/s", "> 100 apples/s", &l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_units),
        cmocka_unit_test(nagios_ranges),
        cmocka_unit_test(edges),
        cmocka_unit_test(what_remains),
        cmocka_unit_test(rates),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests_name("config_level", tests, NULL, NULL);
}

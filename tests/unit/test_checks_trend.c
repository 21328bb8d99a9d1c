/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trends: fills are foreseen within a stated error (10 % linear, 30 % with a daily rhythm), jumps are not fills. PRA-14. */
#include "checks_fixture.h"

#include "checks/trend.h"
#include <math.h>

#define MIN INT64_C(60000)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)
#define T0 (INT64_C(20500) * DAY)
static const int64_t within = 4 * DAY;
static struct trend t;

/* A reading every five minutes until `until`, from T0. Returns the last value. */
static double feed(double (*f)(double days), int64_t until)
{
    double v = 0;

    t = (struct trend){0};
    for (int64_t ms = 0; ms <= until; ms += 5 * MIN) {
        v = f((double)ms / DAY);
        trend_add(&t, T0 + ms, v, within);
    }
    return v;
}

static double steady(double d) { return 70 + 8 * d; }
static double noisy(double d) { return 70 + 8 * d + sin(d * 1000) * 0.5; }
static double daily(double d) { return 60 + 6 * d + 2 * sin(d * 2 * M_PI); }
static double phase;
static double flank(double d) { return 80 + 6 * sin((d + phase) * 2 * M_PI); }
static double ramp(double d) { return daily(d + phase); }
static double flat(double d) { return 70; }
static double jump(double d) { return d < 1.5 ? 50 : 90; }
static double early(double d) { return d < 0.3 ? 50 : 90; }
static double late(double d) { return d < 1.95 ? 50 : 97; }
static double two_jumps(double d) { return d < 0.5 ? 30 : d < 1.5 ? 60 : 90; }
static double cleaned(double d) { return d < 1 ? 90 : 40; }
static double saw(double d) { return 60 + 20 * fmod(d, 0.5); }
static double wobble(double d) { return 90 + sin(d * 777) * 0.5; }

/* Left in days; -1: nothing foreseen within the horizon. */
static double foreseen(double now)
{
    struct trend_ahead ahead;

    return trend_ahead(&t, now, 100, within, &ahead) && ahead.left_ms < within ? (double)ahead.left_ms / DAY : -1;
}

static void near(double got, double want, double share)
{
    if (!(fabs(got - want) <= want * share))
        fail_msg("%f is not near %f", got, want);
}

static void fills_are_foreseen(void **state)
{
    double now = feed(steady, 2 * DAY);

    near(foreseen(now), (100 - now) / 8, 0.02);
    now = feed(noisy, 2 * DAY);
    near(foreseen(now), (100 - now) / 8, 0.1);
    for (phase = 0; phase < 1; phase += 0.125) {
        now = feed(ramp, 4 * DAY);
        near(foreseen(now), (100 - now) / 6, 0.3);
    }
    now = feed(steady, 10 * DAY / 4); /* the window moves on */
    near(foreseen(now), (100 - now) / 8, 0.02);
}

static void no_fill_is_foreseen(void **state)
{
    static double (*const fns[])(double) = {flat, jump, early, late, two_jumps, cleaned, wobble};
    static const int64_t spans[] = {25 * HOUR, 30 * HOUR, 36 * HOUR, 40 * HOUR, 47 * HOUR, 2 * DAY, 50 * HOUR, 3 * DAY};

    for (size_t i = 0; i < COUNT(fns); i++)
        for (size_t k = 0; k < COUNT(spans); k++) {
            double now = feed(fns[i], spans[k]), days = foreseen(now);

            if (days >= 0)
                fail_msg("figure %zu after %d h: %f days", i, (int)(spans[k] / HOUR), days);
        }
    for (int64_t h = 4; h < 80; h++) /* a daily rhythm alone, at any hour */
        for (phase = 0; phase < 1; phase += 0.125) {
            double now = feed(flank, h * HOUR);

            if (foreseen(now) >= 0)
                fail_msg("flank after %d h, begun at %f: %f days", (int)h, phase, foreseen(now));
        }
    for (int64_t h = 25; h < 100; h++) {
        double now = feed(saw, h * HOUR);

        if (foreseen(now) >= 0)
            fail_msg("saw after %d h: %f days", (int)h, foreseen(now));
    }
}

static void needs_history(void **state)
{
    struct trend_ahead ahead;
    double now = feed(steady, 30 * HOUR);

    assert_false(trend_ahead(&t, now, 100, within, &ahead));
    now = feed(steady, 40 * HOUR);
    assert_true(trend_ahead(&t, now, 100, within, &ahead));
    near(ahead.per_day, 8, 0.02);
    t = (struct trend){0};
    assert_false(trend_ahead(&t, 99, 100, within, &ahead));
}

static void the_clock_jumps(void **state)
{
    struct trend_ahead ahead;
    double now = feed(steady, 2 * DAY);

    trend_add(&t, T0, now, within); /* back: begins anew */
    assert_false(trend_ahead(&t, now, 100, within, &ahead));
    now = feed(steady, 2 * DAY);
    trend_add(&t, T0 + 300 * DAY, now, within); /* forward: what was is too old */
    assert_false(trend_ahead(&t, now, 100, within, &ahead));
    trend_add(&t, -5, now, within);
    trend_add(&t, INT64_MAX, now, within);
}

static void full_already(void **state)
{
    struct trend_ahead ahead;

    feed(steady, 3 * DAY);
    assert_true(trend_ahead(&t, 100, 100, within, &ahead));
    assert_int_equal(ahead.left_ms, 0);
    feed(cleaned, 2 * DAY);
    assert_true(trend_ahead(&t, 40, 100, within, &ahead));
    assert_true(ahead.left_ms == INT64_MAX);
}

static void places(void **state)
{
    struct trend set[2] = {0};
    struct trend *a = trend_of(set, 2, "a"), *b;

    trend_add(a, T0, 1, within);
    b = trend_of(set, 2, "b");
    assert_ptr_not_equal(a, b);
    trend_add(b, T0 + HOUR, 1, within);
    assert_ptr_equal(trend_of(set, 2, "a"), a);
    assert_ptr_equal(trend_of(set, 2, "c"), a); /* the one not fed for longest goes */
    assert_int_equal(a->n, 0);
    assert_ptr_equal(trend_of(set, 2, "b"), b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_are_foreseen), cmocka_unit_test(no_fill_is_foreseen), cmocka_unit_test(needs_history),
        cmocka_unit_test(the_clock_jumps),    cmocka_unit_test(full_already),        cmocka_unit_test(places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watchdog names the kind of probe that held the loop: in its start, in a callback; and nobody else. */
#include "checks_fixture.h"

#include "checks/attempt.h"
#include "checks/watchdog.h"

static struct timer later;

static void spin(void)
{
    int64_t until_us = clock_mono_us() + 6000;

    while (clock_mono_us() < until_us)
        ;
}

static void slow_start(struct attempt *a)
{
    spin();
    attempt_say(a, STATE_OK, "done", "");
    attempt_done(a);
}

static void on_later(void *arg)
{
    spin();
    attempt_say(arg, STATE_OK, "done", "");
    attempt_done(arg);
}

static void slow_callback(struct attempt *a)
{
    timer_init(&later, a->env->loop, on_later, a);
    timer_set(&later, 1);
}

static void on_more(void *arg)
{
    attempt_blame(arg);
    spin(); /* does not end the attempt */
    timer_init(&later, ((struct attempt *)arg)->env->loop, on_later, arg);
    timer_set(&later, 1);
}

static void slow_in_between(struct attempt *a)
{
    timer_init(&later, a->env->loop, on_more, a);
    timer_set(&later, 1);
}

static uint64_t turns_of(const struct fx *f, const char *kind)
{
    struct watchdog_row row;

    for (int i = 0; watchdog_row(f->env->watchdog, i, &row); i++)
        if (str_eq(row.kind, kind)) {
            assert_true(row.turns == 0 || row.longest_us > 5000);
            return row.turns;
        }
    fail_msg("no row %s", kind);
    return 0;
}

static void run(struct fx *f, const char *kind, void (*start)(struct attempt *a))
{
    struct probe p = *probe_find(kind);
    struct attempt *a;

    p.start = start;
    p.stop = NULL;
    a = attempt_new(&p, NULL, NULL, "host", "check", NULL, 0, 5000);
    attempt_start(a, f->env, fx_ended, f);
    loop_run(f->loop);
    attempt_free(a);
}

/* At least, not exactly: on a busy machine the loop may be held besides. */
static void kinds(void **state)
{
    struct fx *f = *state;

    run(f, "tcp", slow_start);
    assert_true(turns_of(f, "tcp") >= 1);
    run(f, "http", slow_callback);
    assert_true(turns_of(f, "http") >= 1);
    run(f, "dns", slow_in_between);
    assert_true(turns_of(f, "dns") >= 2);
    assert_int_equal(turns_of(f, "icmp"), 0);
    assert_true(turns_of(f, "other") < 100);
}

static void rows_end(void **state)
{
    struct fx *f = *state;
    struct watchdog_row row;
    int n = 0;

    while (watchdog_row(f->env->watchdog, n, &row))
        n++;
    assert_string_equal(row.kind, "other");
    assert_false(watchdog_row(f->env->watchdog, -1, &row));
    assert_false(watchdog_row(NULL, 0, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kinds, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(rows_end, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

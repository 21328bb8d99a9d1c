/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cpu probe on this very machine. Context, not an alarm. LES-10. */
#include "checks_fixture.h"

static void rates_since_the_last_look(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "cpu", NULL, NULL, 10000), STATE_OK); /* since the start of the machine */
    assert_has(f->perf, "busy=");
    assert_has(f->perf, "steal=");
    usleep(30000);
    assert_int_equal(fx_run(f, "cpu", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "% busy");
}

static void thresholds(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "cpu", NULL, "{\"warn\":\"@0:100\"}", 10000), STATE_WARNING);
    assert_has(f->text, "% busy (limit @0:100)");
    usleep(30000);
    assert_int_equal(fx_run(f, "cpu", NULL, "{\"steal\":{\"crit\":\"@0:100\"}}", 10000), STATE_CRITICAL);
    assert_has(f->text, "stolen by other guests");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rates_since_the_last_look, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(thresholds, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

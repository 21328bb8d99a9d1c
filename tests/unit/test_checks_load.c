/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The load probe on this very machine. Context, not an alarm. LES-10. */
#include "checks_fixture.h"

static void is_quiet_by_default(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "load", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "load ");
    assert_has(f->perf, "load1=");
    assert_has(f->perf, "load15=");
}

static void thresholds(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "load", NULL, "{\"warn\":\"@0:100000\",\"over\":\"1\"}", 10000), STATE_WARNING);
    assert_has(f->text, "per processor (limit @0:100000)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_quiet_by_default, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(thresholds, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory probe on this very machine.  */
#include "checks_fixture.h"

static void thresholds(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "memory", NULL, "{\"warn\":\"101%\",\"crit\":\"101%\"}", 10000), STATE_OK);
    assert_has(f->text, "% used, ");
    assert_has(f->text, "available");
    assert_has(f->perf, "used=");
    assert_int_equal(fx_run(f, "memory", NULL, "{\"warn\":\"0%\",\"crit\":\"101%\"}", 10000), STATE_WARNING);
    assert_has(f->text, "(limit 0%)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thresholds, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes probe on this very machine. Counts are context; a missing program is not. LES-6, LES-10. */
#include "checks_fixture.h"

static void counts(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "processes", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "process");
    assert_has(f->perf, "zombies=");
    assert_int_equal(fx_run(f, "processes", NULL, "{\"warn\":\"@1:1000000\"}", 10000), STATE_WARNING);
}

static void by_name(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "processes", "test_checks_pro*", NULL, 10000), STATE_OK); /* this very one */
    assert_has(f->text, "runs, 1 process");
    assert_int_equal(fx_run(f, "processes", "none-such", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "none-such does not run");
    assert_int_equal(fx_run(f, "processes", "test_checks_pro*", "{\"crit\":\"5:\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "(limit 5:)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(by_name, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The swap probe on this very machine. Context, not an alarm. LES-10. */
#include "checks_fixture.h"

static void is_quiet_by_default(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "swap", NULL, NULL, 10000), STATE_OK);
    if (strstr(f->text, "no swap"))
        return;
    assert_has(f->text, "% used");
    assert_has(f->perf, "used=");
    assert_int_equal(fx_run(f, "swap", NULL, "{\"crit\":\"@0:100%\"}", 10000), STATE_CRITICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_quiet_by_default, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

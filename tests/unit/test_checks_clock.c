/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock probe on this very machine.  */
#include "checks_fixture.h"

static void says_something(void **state)
{
    struct fx *f = *state;
    enum state s = fx_run(f, "clock", NULL, "{\"unsynchronised\":\"ok\",\"warn\":\"1h\",\"crit\":\"1h\"}", 10000);

    assert_true(s == STATE_OK || s == STATE_UNKNOWN); /* a sandbox may refuse to tell */
}

static void a_clock_on_its_own(void **state)
{
    struct fx *f = *state;

    (void)fx_run(f, "clock", NULL, "{\"unsynchronised\":\"critical\",\"warn\":\"1h\",\"crit\":\"1h\"}", 10000);
    if (strstr(f->text, "no NTP"))
        assert_int_equal(f->state, STATE_CRITICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_something, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(a_clock_on_its_own, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network probe on this very machine.  */
#include "checks_fixture.h"

static void rates_need_two_looks(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "network", "lo", NULL, 10000), STATE_OK);
    assert_string_equal(f->perf, "");
    usleep(20000);
    assert_int_equal(fx_run(f, "network", "lo", NULL, 10000), STATE_OK);
    assert_has(f->perf, "lo_rx=");
    assert_has(f->perf, "lo_errors=0");
}

static void an_interface_that_must_be_up(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "network", NULL, "{\"up\":[\"lo\"]}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "network", NULL, "{\"up\":[\"nope0\"]}", 10000), STATE_CRITICAL);
    assert_has(f->text, "no interface nope0");
}

static void virtual_ones_are_left_out(void **state)
{
    struct fx *f = *state;

    (void)fx_run(f, "network", NULL, NULL, 10000);
    assert_null(strstr(f->text, "lo,"));
    assert_int_equal(fx_run(f, "network", NULL, "{\"exclude\":\"*\"}", 10000), STATE_OK);
    assert_has(f->text, "no interface is up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rates_need_two_looks, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(an_interface_that_must_be_up, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(virtual_ones_are_left_out, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inodes probe on this very machine.  */
#include "checks_fixture.h"

static void thresholds(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "inodes", "/", "{\"warn\":\"101%\",\"crit\":\"101%\"}", 10000), STATE_OK);
    if (strstr(f->text, "counts inodes"))
        return; /* a file system without */
    assert_has(f->text, "% of inodes used");
    assert_has(f->perf, "/=");
    assert_int_equal(fx_run(f, "inodes", "/", "{\"warn\":\"@0:100\"}", 10000), STATE_WARNING);
    assert_has(f->text, "(limit @0:100)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thresholds, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

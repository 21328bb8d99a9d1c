/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disks probe on this very machine. What is real is a matter of the machine; what thresholds do is not. LES-6. */
#include "checks_fixture.h"

static void all_real_ones(void **state)
{
    struct fx *f = *state;

    (void)fx_run(f, "disks", NULL, NULL, 10000);
    assert_true(f->answered);
    assert_has(f->perf, "=");
    assert_has(f->more, "%");
}

static void thresholds(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "disks", "/", "{\"warn\":\"101%\",\"crit\":\"101%\"}", 10000), STATE_OK);
    assert_has(f->text, "fullest: /");
    assert_int_equal(fx_run(f, "disks", "/", "{\"warn\":\"< 100% free\",\"crit\":\"101%\"}", 10000), STATE_WARNING);
    assert_has(f->text, "(limit < 100% free)");
    assert_int_equal(fx_run(f, "disks", "/", "{\"warn\":\"101%\",\"crit\":\"< 1000000 TB free\"}", 10000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "disks", "/", "{\"warn\":\"101%\",\"crit\":\"1000000 TB\"}", 10000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "disks", "/", "{\"warn\":\"101%\",\"crit\":\"< 1 B free\"}", 10000), STATE_OK);
}

static void none_such(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "disks", "/no/such/mount", NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "no such file system");
    (void)fx_run(f, "disks", NULL, "{\"exclude\":\"*\"}", 10000);
    assert_int_equal(f->state, STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_real_ones, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(thresholds, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(none_such, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

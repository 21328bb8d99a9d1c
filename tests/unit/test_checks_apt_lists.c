/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The apt_lists probe. LES-8. */
#include "checks_twin.h"

static void fresh_and_old(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "apt_lists", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "no apt here");
    sim_file("/var/lib/apt/periodic/update-success-stamp", "");
    sim_run_for(3600000);
    assert_int_equal(fx_run(f, "apt_lists", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "fetched 1\u00a0h ago");
    assert_has(f->perf, "age=3600s");
    sim_run_for(INT64_C(4) * 86400000);
    assert_int_equal(fx_run(f, "apt_lists", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "apt update does not run, or fails");
    sim_file("/var/lib/apt/lists/partial/x", ""); /* a try that failed does not count beside a stamp of success */
    assert_int_equal(fx_run(f, "apt_lists", NULL, NULL, 5000), STATE_WARNING);
    assert_int_equal(fx_run(f, "apt_lists", NULL, "{\"warn\":\"10d\"}", 5000), STATE_OK);
}

/* A stamp from a time to come (the clock was wrong), and a directory in its place. */
static void strange(void **state)
{
    struct fx *f = *state;

    sim_file("/var/lib/apt/periodic/update-success-stamp", "");
    sim_clock_step(-INT64_C(5) * 86400000);
    assert_int_equal(fx_run(f, "apt_lists", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "package lists are dated 5");
    assert_has(f->text, "ahead: a clock was wrong");
    sim_file("/var/lib/apt/periodic/update-success-stamp", NULL);
    sim_file("/var/lib/apt/periodic/update-success-stamp/x", ""); /* a directory */
    (void)fx_run(f, "apt_lists", NULL, NULL, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(fresh_and_old),
        TWIN_TEST(strange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs by their stamps, by anacron's, by what Debian's leave behind. */
#include "checks_twin.h"

#define HOUR INT64_C(3600000)

static void own_stamp(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "cron", "vacuum", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "vacuum never succeeded: there is no stamp /var/lib/vigie/cron/vacuum");
    sim_file("/var/lib/vigie/cron/vacuum", "");
    assert_int_equal(fx_run(f, "cron", "vacuum", NULL, 10000), STATE_OK);
    sim_run_for(25 * HOUR);
    assert_int_equal(fx_run(f, "cron", "vacuum", NULL, 10000), STATE_OK);
    assert_int_equal(fx_run(f, "cron", "vacuum", "{\"within\":\"1h\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "vacuum: the last success was 1");
    assert_int_equal(fx_run(f, "cron", "/var/lib/vigie/cron/vacuum", "{\"within\":\"2d\"}", 10000), STATE_OK);
    assert_has(f->perf, "age=90000s;;172800;0");
    assert_has(fx_refused(f, "cron", "a/b", NULL), "neither a name nor a path");
}

static void periods(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "cron", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "give the job a stamp");
    sim_file("/var/lib/logrotate/status", "x");
    assert_int_equal(fx_run(f, "cron", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "by /var/lib/logrotate/status");
    sim_file("/var/spool/anacron/cron.daily", "20260302\n");
    assert_int_equal(fx_run(f, "cron", "daily", NULL, 10000), STATE_OK);
    assert_has(f->text, "by /var/spool/anacron/cron.daily");
    sim_run_for(30 * HOUR);
    assert_int_equal(fx_run(f, "cron", NULL, NULL, 10000), STATE_CRITICAL);
    sim_file("/var/spool/anacron/cron.weekly", "20260302\n");
    sim_run_for(100 * HOUR);
    assert_int_equal(fx_run(f, "cron", "weekly", NULL, 10000), STATE_OK);
    sim_run_for(100 * HOUR);
    assert_int_equal(fx_run(f, "cron", "weekly", NULL, 10000), STATE_CRITICAL);
    sim_file("/var/spool/anacron/cron.daily", "\xff\xffgarbage");
    assert_int_equal(fx_run(f, "cron", "daily", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "has no date");
    assert_int_equal(fx_run(f, "cron", "monthly", NULL, 10000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(own_stamp), TWIN_TEST(periods)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs that grow, stop, rotate, are only touched, are not there. */
#include "checks_twin.h"

static void it_grows_and_stops(void **state)
{
    struct fx *f = *state;
    const char *limits = "{\"warn\":\"30m\",\"crit\":\"1h\"}";

    sim_file("/var/log/app.log", "one\n");
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app.log", limits, 10000), STATE_OK);
    sim_run_for(40 * 60000);
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app.log", limits, 10000), STATE_WARNING);
    assert_has(f->text, "/var/log/app.log has been silent for 40");
    assert_has(f->perf, "silence=2400");
    sim_file("/var/log/app.log", "two\n"); /* as large as before: a touch */
    sim_run_for(25 * 60000);
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app.log", limits, 10000), STATE_CRITICAL);
    sim_file("/var/log/app.log", "one\ntwo\n");
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app.log", limits, 10000), STATE_OK);
    sim_run_for(50 * 60000);
    sim_file("/var/log/app.log", ""); /* rotated */
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app.log", limits, 10000), STATE_OK);
}

static void many(void **state)
{
    struct fx *f = *state;

    sim_file("/var/log/app/a.log", "one\n");
    sim_run_for(2 * 3600000);
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app", NULL, 10000), STATE_CRITICAL);
    sim_file("/var/log/app/b.log", "one\n");
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app", NULL, 10000), STATE_OK);
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app/a*", NULL, 10000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "log_silence", "/var/log/app/x*", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "there is no log");
    assert_int_equal(fx_run(f, "log_silence", "/var/log/none", NULL, 10000), STATE_CRITICAL);
    assert_has(fx_refused(f, "log_silence", "syslog", NULL), "no path");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(it_grows_and_stops), TWIN_TEST(many)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

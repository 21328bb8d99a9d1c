/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unit probe: texts as systemctl show prints them. LES-6. */
#include "checks_twin.h"

#define SHOW(active, sub, more) "Type=notify\nLoadState=loaded\nActiveState=" active "\nSubState=" sub "\nUnitFileState=enabled\n" more

static void well(void **state)
{
    struct fx *f = *state;

    twin_program("systemctl", 0, SHOW("active", "running", "Result=success\nNRestarts=0\nMemoryCurrent=52428800\nExecMainStatus=0\n"), NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_OK);
    assert_has(f->text, "nginx.service is active (running)");
    assert_has(f->perf, "memory=52428800B");
    assert_has(sim_program_last("systemctl"), "-- nginx.service");
    assert_int_equal(fx_run(f, "unit", "nginx.service", "{\"memory\":{\"warn\":\"10 MB\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "of memory (limit 10 MB)");
    twin_program("systemctl", 0, "Type=oneshot\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nNRestarts=0\nMemoryCurrent=[not set]\n", NULL);
    assert_int_equal(fx_run(f, "unit", "backup", NULL, 5000), STATE_OK); /* a job that runs and ends */
}

static void troubles(void **state)
{
    struct fx *f = *state;

    twin_program("systemctl", 0, SHOW("failed", "failed", "Result=exit-code\nExecMainStatus=203\n"), NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "nginx.service has failed: exit-code, status 203");
    twin_program("systemctl", 0, SHOW("activating", "auto-restart", "Result=exit-code\n"), NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_WARNING);
    assert_has(f->text, "starting (auto-restart)");
    twin_program("systemctl", 0, SHOW("inactive", "dead", "Result=success\n"), NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "nginx.service is inactive (dead)");
    assert_int_equal(fx_run(f, "unit", "nginx", "{\"states\":[\"inactive\"]}", 5000), STATE_OK);
    twin_program("systemctl", 0, "LoadState=not-found\nActiveState=inactive\nSubState=dead\n", NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "there is no unit nginx.service");
    twin_program("systemctl", 0, "LoadState=masked\nActiveState=inactive\nSubState=dead\n", NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "masked");
}

static void restarts(void **state)
{
    struct fx *f = *state;

    twin_program("systemctl", 0, SHOW("active", "running", "NRestarts=7\n"), NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_OK);
    twin_program("systemctl", 0, SHOW("active", "running", "NRestarts=9\n"), NULL);
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_WARNING);
    assert_has(f->text, "started again 2 times since the last look");
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_OK);
    twin_program("systemctl", 0, SHOW("active", "running", "NRestarts=0\n"), NULL); /* somebody reset it */
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_OK);
}

static void missing_and_garbage(void **state)
{
    static const char *const texts[] = {"", "\n\n=\n", "ActiveState=\n", "ActiveState", "nonsense \x01\x02"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        twin_program("systemctl", 0, texts[i], NULL);
        assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_UNKNOWN);
    }
    twin_program("systemctl", 1, "", "System has not been booted with systemd as init system (PID 1). Can't operate.\n");
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "no systemd here");
    sim_program("systemctl", &(struct sim_program){.fails = ERR_NOT_FOUND});
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "systemctl is not installed");
    sim_program("systemctl", &(struct sim_program){.takes_ms = 100000});
    assert_int_equal(fx_run(f, "unit", "nginx", NULL, 5000), STATE_UNKNOWN);
    assert_true(f->timed_out);
    assert_has(fx_refused(f, "unit", "--help", NULL), "no name of a unit");
    assert_has(fx_refused(f, "unit", "a b", NULL), "no name of a unit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(well),
        TWIN_TEST(troubles),
        TWIN_TEST(restarts),
        TWIN_TEST(missing_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

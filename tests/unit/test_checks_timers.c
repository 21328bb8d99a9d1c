/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The timers probe. LES-6. */
#include "checks_twin.h"

#define SERVICE(name, active, result, by) "Id=" name "\nActiveState=" active "\nResult=" result "\nTriggeredBy=" by "\n"
#define TIMER(name, next) "Id=" name "\nActiveState=active\nResult=success\nTriggeredBy=\nNextElapseUSecRealtime=" next "\n"

static void well(void **state)
{
    struct fx *f = *state;

    /* The simulated Monday begins at 08:00. */
    twin_program("systemctl", 0, TIMER("apt-daily.timer", "Mon 2026-03-02 18:11:13 UTC") "\n" TIMER("boot.timer", "n/a") "\n" SERVICE("nginx.service", "active", "success", ""), NULL);
    assert_int_equal(fx_run(f, "timers", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "2 timers, all ran when due");
    assert_has(sim_program_last("systemctl"), "--timestamp=utc");
    twin_program("systemctl", 1, "", "System has not been booted with systemd as init system (PID 1). Can't operate.\n");
    assert_int_equal(fx_run(f, "timers", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "no systemd here");
}

static void failed(void **state)
{
    struct fx *f = *state;

    twin_program("systemctl", 0, TIMER("backup.timer", "Mon 2026-03-02 18:11:13 UTC") "\n" SERVICE("backup.service", "failed", "exit-code", "backup.timer") "\n"
                 SERVICE("nginx.service", "failed", "exit-code", ""), NULL); /* the latter is none of a timer's */
    assert_int_equal(fx_run(f, "timers", NULL, NULL, 5000), STATE_WARNING);
    assert_string_equal(f->text, "failed: backup.service");
    assert_has(f->more, "backup.service: failed (exit-code)");
    assert_int_equal(fx_run(f, "timers", "backup*", NULL, 5000), STATE_OK);
}

static void late(void **state)
{
    struct fx *f = *state;

    twin_program("systemctl", 0, TIMER("a.timer", "Sun 2026-03-01 23:59:59 UTC") "\n" TIMER("b.timer", "Mon 2026-03-02 07:30:00 UTC"), NULL);
    assert_int_equal(fx_run(f, "timers", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "did not run when due: a.timer");
    assert_has(f->perf, "late=1");
    assert_int_equal(fx_run(f, "timers", NULL, "{\"late\":\"10m\"}", 5000), STATE_WARNING);
    assert_has(f->text, "a.timer, b.timer");
    twin_program("systemctl", 0, TIMER("leap.timer", "Thu 2024-02-29 12:00:00 UTC"), NULL);
    assert_int_equal(fx_run(f, "timers", NULL, "{\"late\":\"732d\"}", 5000), STATE_OK); /* 731 days and 20 hours ago */
    assert_int_equal(fx_run(f, "timers", NULL, "{\"late\":\"731d\"}", 5000), STATE_WARNING);
}

static void garbage(void **state)
{
    static const char *const texts[] = {"", "\n\n\n", "Id=\n\nId=x", "Id=.timer\nNextElapseUSecRealtime=yesterday\n", "NextElapseUSecRealtime=Mon 2026-99-02 07:30:00 UTC\nId=a.timer\nActiveState=active"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        twin_program("systemctl", 0, texts[i], NULL);
        assert_int_equal(fx_run(f, "timers", NULL, NULL, 5000), STATE_OK);
    }
    twin_program("systemctl", 1, "", "odd\n");
    assert_int_equal(fx_run(f, "timers", NULL, NULL, 5000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(well),
        TWIN_TEST(failed),
        TWIN_TEST(late),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What time does: freshness, heartbeats, suspend, restart, and steps of the wall clock (MON-1). */
#include "model_fixture.h"

static const char beats[] =
    "hosts:\n"
    "  job:\n"
    "    checks:\n"
    "      - beat: { name: backup, every: 1h, freshness: 2h }\n"
    "      - passive: { name: trap, freshness: 10m }\n"
    "      - passive: { name: slow, freshness: 10m, attempts: 3, retry: 1m }\n"
    "      - tcp: { freshness: 10m }\n"
    "      - passive: { name: forever }\n";

static void report(struct fix *f, const char *check, enum state state)
{
    struct result r = {.state = state, .text = "reported", .at_ms = f->now.wall_ms};
    struct err e;

    assert_int_equal(sink_result(f->m, "job", check, &r, f->now, &e), 0);
}

static void text_of(struct fix *f, const char *id, const char *lang, const char *want)
{
    struct buf out = BUF_MAX(500);

    msg_render(&out, fix_item(f, id)->text, lang);
    assert_string_equal(buf_text(&out), want);
    buf_done(&out);
}

static void test_nothing_to_do(void **state)
{
    struct fix *f = fix_new("hosts: { a: { checks: [ tcp ] } }\n");

    (void)state;
    assert_int_equal(model_tick(f->m, f->now), INT64_MAX);
    fix_free(f);
}

static void test_heartbeat(void **state)
{
    struct fix *f = fix_new(
        "hosts: { job: { checks: [ beat: { name: backup, every: 1h, freshness: 2h } ] } }\n");
    int64_t last;

    (void)state;
    report(f, "backup", STATE_OK);
    last = f->now.wall_ms;
    fix_wait(f, 119 * MINUTE_MS);
    fix_expect(f, "");
    fix_wait(f, 2 * MINUTE_MS);
    fix_expect(f, "problem job/backup critical");
    text_of(f, "job/backup", "en", "no sign of life for 2\u00a0h, expected every 1\u00a0h");
    text_of(f, "job/backup", "fr",
            "aucun signe de vie depuis 2\u00a0h, attendu toutes les 1\u00a0h");
    assert_true(fix_item(f, "job/backup")->stale);
    assert_int_equal(fix_item(f, "job/backup")->last_check_ms, last);
    fix_wait(f, 3 * HOUR_MS);
    fix_expect(f, ""); /* told once; the text goes on counting */
    text_of(f, "job/backup", "en", "no sign of life for 4\u00a0h, expected every 1\u00a0h");
    report(f, "backup", STATE_OK);
    fix_expect(f, "recovery job/backup");
    assert_false(fix_item(f, "job/backup")->stale);
    fix_free(f);
}

static void test_passive(void **state)
{
    struct fix *f = fix_new(beats);

    (void)state;
    fix_pass(f, 1000);
    report(f, "backup", STATE_OK);
    report(f, "trap", STATE_OK);
    report(f, "slow", STATE_OK);
    f->show |= BIT(EVENT_RECHECK) | BIT(EVENT_STATE);
    fix_forget(f);
    fix_wait(f, 9 * MINUTE_MS);
    report(f, "slow", STATE_OK);
    fix_expect(f, "");
    fix_wait(f, 90000);
    fix_expect(
        f,
        "recheck job/tcp; state job/trap ok>unknown hard 1; problem job/trap unknown"); /* an active
                                                                                           one is
                                                                                           asked */
    fix_wait(f, 9 * MINUTE_MS); /* attempts count for stale results too */
    fix_expect(f, "state job/slow ok>unknown soft 1");
    fix_wait(f, 2 * MINUTE_MS);
    fix_expect(f,
               "recheck job/tcp; state job/slow unknown>unknown hard 3; problem job/slow unknown");
    fix_wait(f, 30 * HOUR_MS);
    assert_string_equal(fix_state(f, "job/forever"), "pending hard 1");
    fix_free(f);
}

/* Never a sign since the start: it counts from there. */
static void test_never_reported(void **state)
{
    struct fix *f = fix_new(beats);

    (void)state;
    fix_wait(f, 119 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "pending hard 1");
    fix_forget(f);
    fix_wait(f, 2 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "critical hard 1");
    fix_free(f);
}

static void restore_beat(struct fix *f, int64_t age_ms)
{
    struct item_state s = {
        .host = "job",
        .check = "backup",
        .override_enabled = -1,
        .last_check_ms = f->now.wall_ms - age_ms,
        .st = {.state = STATE_OK, .hard_state = STATE_OK, .hard = true, .attempt = 1}};

    assert_int_equal(model_restore(f->m, &s, f->now), 0);
}

/* After a restart the rest of the time counts, but not less than five minutes. */
static void test_restart(void **state)
{
    struct fix *f = fix_new(beats);

    (void)state;
    restore_beat(f, 90 * MINUTE_MS);
    fix_wait(f, 29 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "ok hard 1");
    fix_wait(f, 2 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "critical hard 1");
    fix_free(f);

    f = fix_new(beats); /* the daemon was away for a day */
    restore_beat(f, 24 * HOUR_MS);
    fix_wait(f, 4 * MINUTE_MS);
    fix_expect(f, "");
    fix_wait(f, 2 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "critical hard 1");
    fix_free(f);

    f = fix_new(beats); /* the clock says that it is in the future */
    restore_beat(f, -24 * HOUR_MS);
    fix_wait(f, 119 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "ok hard 1");
    fix_free(f);
}

static void test_suspend(void **state)
{
    struct fix *f = fix_new(beats);

    (void)state;
    report(f, "backup", STATE_OK);
    report(f, "trap", STATE_OK);
    fix_wait(f, MINUTE_MS);
    fix_pass(f, 9 * HOUR_MS); /* it slept */
    model_tick(f->m, f->now);
    fix_expect(f, "");
    fix_wait(f, 4 * MINUTE_MS);
    fix_expect(f, "");
    report(f, "backup", STATE_OK); /* the job is up again too */
    fix_wait(f, 2 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/backup"), "ok hard 1");
    assert_string_equal(fix_state(f, "job/trap"), "unknown hard 1");
    fix_free(f);
}

/* A path check under way does not end because the machine slept. */
static void test_suspend_in_path_check(void **state)
{
    struct fix *f =
        fix_new("hosts: { r: { address: 192.0.2.1 }, h: { address: 192.0.2.2, parents: [r] } }\n");

    (void)state;
    fix_result(f, "h", STATE_OK, true);
    for (int i = 0; i < 3; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    model_tick(f->m, f->now);
    fix_pass(f, HOUR_MS);
    model_tick(f->m, f->now);
    fix_expect(f, "");
    fix_result(f, "h", STATE_OK, true);
    fix_wait(f, HOUR_MS);
    fix_expect(f, "");
    fix_free(f);
}

static void test_disabled_is_not_stale(void **state)
{
    struct fix *f = fix_new(beats);

    (void)state;
    report(f, "trap", STATE_OK);
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "job", .check = "trap"}, NULL);
    fix_wait(f, 30 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/trap"), "ok hard 1");
    fix_command(f, (struct command){.kind = COMMAND_ENABLE, .host = "job", .check = "trap"}, NULL);
    fix_wait(f, 9 * MINUTE_MS); /* it counts from now */
    assert_string_equal(fix_state(f, "job/trap"), "ok hard 1");
    fix_wait(f, 2 * MINUTE_MS);
    assert_string_equal(fix_state(f, "job/trap"), "unknown hard 1");
    fix_free(f);
}

static void test_freshness_changes(void **state)
{
    struct fix *f = fix_new(beats);

    (void)state;
    report(f, "trap", STATE_OK);
    fix_apply(f, "hosts: { job: { checks: [ passive: { name: trap, freshness: 1h } ] } }\n");
    fix_wait(f, 59 * MINUTE_MS);
    fix_expect(f, "");
    fix_apply(f, "hosts: { job: { checks: [ passive: { name: trap } ] } }\n");
    fix_wait(f, 59 * MINUTE_MS);
    fix_expect(f, "");
    assert_int_equal(model_tick(f->m, f->now), INT64_MAX);
    fix_free(f);
}

/* ---- the wall clock ---- */

static void test_step_raises_no_storm(void **state)
{
    static const int64_t steps[] = {HOUR_MS, -HOUR_MS, 400 * 24 * HOUR_MS, -400 * 24 * HOUR_MS,
                                    3000,    -3000};

    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct fix *f = fix_new(beats);
        struct item *it = fix_item(f, "job/trap");
        int64_t since;

        report(f, "backup", STATE_OK);
        report(f, "trap", STATE_OK);
        report(f, "slow", STATE_OK);
        fix_result(f, "job/tcp", STATE_OK, true);
        since = it->st.since_ms;
        fix_wait(f, MINUTE_MS);
        f->now.wall_ms += steps[i];
        fix_wait(f, 8 * MINUTE_MS);
        fix_expect(f, "");
        assert_int_equal(it->st.since_ms, since); /* what was recorded stays */
        fix_wait(f, 2 * MINUTE_MS);               /* and its time is over when it is */
        assert_string_equal(fix_state(f, "job/trap"), "unknown hard 1");
        fix_free(f);
    }
}

static int64_t planned(struct fix *f, int64_t minutes)
{
    int64_t id = 0;
    struct command c = {.kind = COMMAND_DOWNTIME,
                        .host = "a",
                        .check = "once",
                        .end_ms = f->now.wall_ms + minutes * MINUTE_MS};

    assert_int_equal(fix_command(f, c, &id), 0);
    return id;
}

/* A clock that is wrong for a moment ends neither a downtime nor an acknowledgement. */
static void test_step_and_back(void **state)
{
    struct fix *f = fix_new("hosts: { a: { checks: [ once, tcp ] } }\n");
    struct command ack = {.kind = COMMAND_ACK, .host = "a", .check = "once", .sticky = true};

    (void)state;
    fix_result(f, "a/once", STATE_CRITICAL, true);
    ack.expires_ms = f->now.wall_ms + 30 * MINUTE_MS;
    assert_int_equal(fix_command(f, ack, NULL), 0);
    planned(f, 30);
    fix_forget(f);
    fix_wait(f, MINUTE_MS);
    f->now.wall_ms += 10 * HOUR_MS;
    fix_wait(f, 40000);
    f->now.wall_ms -= 10 * HOUR_MS;
    fix_wait(f, 20 * MINUTE_MS);
    fix_expect(f, "");
    f->now.wall_ms += 10 * HOUR_MS; /* for good */
    fix_wait(f, 50000);
    fix_expect(f, "");
    fix_wait(f, 15000);
    fix_expect(f, "unack a/once; ended a/once #1");
    fix_free(f);
}

/* Set back, a downtime lasts until its time of day, as asked. */
static void test_step_back(void **state)
{
    struct fix *f = fix_new("hosts: { a: { checks: [ once ] } }\n");

    (void)state;
    planned(f, 30);
    fix_forget(f);
    fix_wait(f, 20 * MINUTE_MS);
    f->now.wall_ms -= HOUR_MS;
    fix_wait(f, 60 * MINUTE_MS);
    fix_expect(f, "");
    assert_int_equal(fix_item(f, "a/once")->downtime_depth, 1);
    fix_wait(f, 11 * MINUTE_MS);
    fix_expect(f, "ended a/once #1");
    fix_free(f);
}

/* The sleep asked for is bounded while something hangs on the wall clock, so that a step is
 * noticed. */
static void test_next(void **state)
{
    struct fix *f = fix_new("hosts: { a: { checks: [ once ] } }\n");

    (void)state;
    planned(f, 600);
    assert_true(model_tick(f->m, f->now) <= f->now.mono_ms + 15000);
    assert_true(model_tick(f->m, f->now) > f->now.mono_ms);
    fix_wait(f, 600 * MINUTE_MS + 1000);
    assert_int_equal(model_tick(f->m, f->now), INT64_MAX);
    fix_free(f);
}

/* A heartbeat of a host that was away gets time to come. */
static void test_beat_of_recovered_host(void **state)
{
    struct fix *f = fix_new("hosts: { h: { address: 192.0.2.1, alive: { once: }, checks: [ beat: { "
                            "freshness: 20m, every: 10m } ] } }\n");
    struct result r = {.state = STATE_OK, .text = "", .at_ms = f->now.wall_ms};
    struct err e;

    (void)state;
    fix_result(f, "h", STATE_OK, true);
    assert_int_equal(sink_result(f->m, "h", "beat", &r, f->now, &e), 0);
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_wait(f, 30 * MINUTE_MS);
    fix_expect(f, "problem h down"); /* and the missing beat is not told */
    assert_string_equal(fix_state(f, "h/beat"), "critical hard 1");
    fix_result(f, "h", STATE_OK, true);
    fix_wait(f, 4 * MINUTE_MS);
    fix_expect(f, "recovery h");
    fix_result(f, "h", STATE_OK, true);
    fix_wait(f, 2 * MINUTE_MS);
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, "problem h/beat critical");
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_passive),
        cmocka_unit_test(test_never_reported),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_suspend),
        cmocka_unit_test(test_suspend_in_path_check),
        cmocka_unit_test(test_disabled_is_not_stale),
        cmocka_unit_test(test_freshness_changes),
        cmocka_unit_test(test_step_raises_no_storm),
        cmocka_unit_test(test_step_and_back),
        cmocka_unit_test(test_step_back),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_beat_of_recovered_host),
    };

    return cmocka_run_group_tests_name("model_tick", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_channels_dispatch.c: no message is lost, none is sent twice but in doubt: servers that are away, that refuse,
 * that break in the middle; kill -9 and power cuts; a full disk; the rate; sendmail.  In the twin. */
#include "twin_kit.h"

#define SMTP                                                                                          \
    "site:\n  mail: { smtp: \"smtp://mail.example.org:25\", from: vigie@example.org }\n"                       \
    "hosts:\n  web1:\n    checks: [ once: {} ]\n"
#define SENDMAIL "site:\n  mail: { from: vigie@example.org }\nhosts:\n  web1:\n    checks: [ once: {} ]\n"

static const struct store_stmt states_q = {
    "states_q", "SELECT SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'given_up' THEN 1 ELSE 0 END),"
                " SUM(CASE WHEN state IN ('due', 'sending') THEN 1 ELSE 0 END), MAX(tries) FROM outbox"};

static void put(struct twin *t, const char *key, const char *to)
{
    struct buf payload = BUF_MAX(10000);
    struct store_batch *b = store_batch_new();
    mail_payload_format(&payload, &(struct mail_payload){.subject = key, .body = "Voilà.\n", .message_id = "one@example.org",
                                                         .item = "web1/once"});
    outbox_add(b, "node1", "mail", key, to, buf_text(&payload), clock_wall_ms());
    store_write(t->store, b, NULL, NULL);
    dispatcher_kick(t->dispatcher);
    buf_done(&payload);
}

static int setup(void **state)
{
    *state = twin_new(SMTP, 31);
    return 0;
}
static int setup_sendmail(void **state)
{
    *state = twin_new(SENDMAIL, 33);
    return 0;
}
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

static void a_message_leaves_at_once(void **state)
{
    struct twin *t = *state;
    struct dispatcher_stats s;
    put(t, "one", "ops@example.org");
    sim_run_for(1000);
    assert_int_equal(sim_mails(), 1);
    const struct sim_mail *m = sim_mail_at(0);
    assert_string_equal(m->from, "vigie@example.org");
    assert_string_equal(m->to, "ops@example.org");
    assert_string_equal(m->subject, "one");
    assert_non_null(strstr(m->message, "Message-ID: <one@example.org>\r\n"));
    assert_non_null(strstr(m->message, "X-Vigie-Item: web1/once\r\n"));
    assert_null(strstr(m->message, "X-Vigie-Repeated"));
    assert_non_null(strstr(m->message, "Voil=C3=A0.\r\n"));
    assert_int_equal(twin_ask(t, &states_q), 1);
    dispatcher_get_stats(t->dispatcher, &s);
    assert_int_equal(s.sent, 1);
    put(t, "one", "ops@example.org"); /* the same again */
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_mails(), 1);
}

/* 10 s, 20 s, … 15 min; then it comes through. */
static void a_server_that_is_away_is_waited_for(void **state)
{
    struct twin *t = *state;
    struct dispatcher_stats s;
    sim_mail_mode(SIM_MAIL_DOWN);
    put(t, "one", "ops@example.org");
    sim_run_for(5 * HOUR_MS);
    twin_ask(t, &states_q);
    assert_in_range(t->n[3], 22, 30); /* tries */
    dispatcher_get_stats(t->dispatcher, &s);
    assert_int_equal(s.failing, 1);
    assert_int_equal(s.waiting, 1);
    assert_true(s.oldest_ms > 0);
    sim_mail_mode(SIM_MAIL_OK);
    sim_run_for(16 * MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
    dispatcher_get_stats(t->dispatcher, &s);
    assert_int_equal(s.waiting, 0);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_mails(), 1);
}

static void after_three_days_it_is_given_up(void **state)
{
    struct twin *t = *state;
    sim_mail_mode(SIM_MAIL_LATER);
    put(t, "one", "ops@example.org");
    sim_run_for(3 * DAY_MS - HOUR_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[2], 1);
    sim_run_for(2 * HOUR_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[1], 1);
    sim_mail_mode(SIM_MAIL_OK);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_mails(), 0);
}

static void a_refusal_for_good_ends_it(void **state)
{
    struct twin *t = *state;
    sim_mail_mode(SIM_MAIL_REJECT);
    put(t, "one", "ops@example.org");
    sim_mail_mode(SIM_MAIL_REJECT);
    sim_run_for(MINUTE_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[1], 1);
    assert_int_equal(t->n[3], 1);
}

/* The server took it and broke before it said so: once more, marked, with the same Message-ID. */
static void doubt_is_said(void **state)
{
    struct twin *t = *state;
    struct dispatcher_stats s;
    sim_mail_mode(SIM_MAIL_DOUBT);
    put(t, "one", "ops@example.org");
    sim_run_for(1000);
    assert_int_equal(sim_mails(), 1);
    sim_mail_mode(SIM_MAIL_OK);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 2);
    assert_null(strstr(sim_mail_at(0)->message, "X-Vigie-Repeated"));
    assert_non_null(strstr(sim_mail_at(1)->message, "X-Vigie-Repeated"));
    assert_non_null(strstr(sim_mail_at(1)->message, "Message-ID: <one@example.org>"));
    dispatcher_get_stats(t->dispatcher, &s);
    assert_int_equal(s.in_doubt, 1);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_mails(), 2);
}

static void doubt_does_not_go_on_for_ever(void **state)
{
    struct twin *t = *state;
    sim_mail_mode(SIM_MAIL_DOUBT);
    put(t, "one", "ops@example.org");
    sim_run_for(DAY_MS);
    assert_int_equal(sim_mails(), 4);
}

/* Killed at every moment of a message's way, by kill -9 and by a power cut: it arrives; twice only when marked. */
static void kill_9_at_any_moment(void **state)
{
    struct twin *t = *state;
    char key[32];
    for (int i = 0; i < 60; i++) {
        int before = sim_mails(), marked = 0;
        str_print(key, sizeof(key), "k%d", i);
        put(t, key, "ops@example.org");
        sim_run_for(1); /* it is in the store */
        for (int steps = 0; steps < i / 2; steps++)
            sim_step();
        twin_crash(t, i % 2);
        sim_run_for(2 * MINUTE_MS);
        if (i < 2 && sim_mails() == before)
            continue; /* it had not been committed yet */
        for (int m = before; m < sim_mails(); m++)
            marked += strstr(sim_mail_at(m)->message, "X-Vigie-Repeated") != NULL;
        assert_true(sim_mails() - before >= 1);
        assert_true(sim_mails() - before - marked <= 1);
        assert_true(sim_mails() - before <= 2);
    }
}

static void a_full_disk_sends_nothing_twice(void **state)
{
    struct twin *t = *state;
    put(t, "one", "ops@example.org");
    sim_step();
    sim_run_for(5); /* on its way to the server, 10 ms off */
    sim_disk_fault(SIM_DISK_FULL);
    sim_run_for(10 * MINUTE_MS);
    assert_true(sim_mails() <= 1);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(10 * MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
    assert_int_equal(twin_ask(t, &states_q), 1);
}

static void the_rate_is_bounded(void **state)
{
    struct twin *t = *state;
    char key[32];
    for (int i = 0; i < 600; i++) {
        str_print(key, sizeof(key), "n%d", i);
        put(t, key, "ops@example.org");
    }
    sim_run_for(MINUTE_MS);
    assert_in_range(sim_mails(), 120, 245); /* the bucket, and a minute */
    sim_run_for(10 * MINUTE_MS);
    assert_int_equal(sim_mails(), 600);
}

static void a_bad_recipient_harms_nobody(void **state)
{
    struct twin *t = *state;
    put(t, "bad", "-oQ/tmp");
    put(t, "good", "ops@example.org");
    struct store_batch *b = store_batch_new();
    outbox_add(b, "node1", "mail", "broken", "ops@example.org", "not json", clock_wall_ms());
    store_write(t->store, b, NULL, NULL);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[0], 1);
    assert_int_equal(t->n[1], 2);
}

static void clocks_may_step(void **state)
{
    struct twin *t = *state;
    sim_mail_mode(SIM_MAIL_DOWN);
    put(t, "one", "ops@example.org");
    sim_run_for(2 * HOUR_MS);
    sim_mail_mode(SIM_MAIL_OK);
    sim_clock_step(-5 * HOUR_MS);
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
    sim_clock_step(10 * HOUR_MS);
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
}

/* ---- sendmail ---- */

static void sendmail_gets_it(void **state)
{
    struct twin *t = *state;
    sim_program("sendmail", &(struct sim_program){.exit_status = 0});
    put(t, "one", "ops@example.org");
    sim_run_for(1000);
    assert_int_equal(sim_program_runs("sendmail"), 1);
    assert_string_equal(sim_program_last("sendmail"), "/usr/sbin/sendmail -i -f vigie@example.org -- ops@example.org");
    assert_non_null(strstr(sim_program_input("sendmail"), "To: ops@example.org\n"));
    assert_null(strchr(sim_program_input("sendmail"), '\r'));
    assert_int_equal(twin_ask(t, &states_q), 1);
}

static void sendmail_may_fail(void **state)
{
    struct twin *t = *state;
    sim_program("sendmail", &(struct sim_program){.exit_status = 75, .errout = "queue full\nmore"});
    put(t, "later", "ops@example.org");
    sim_run_for(HOUR_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[2], 1);
    sim_program("sendmail", &(struct sim_program){.exit_status = 67});
    sim_run_for(HOUR_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[1], 1); /* no such user */
    sim_program("sendmail", &(struct sim_program){.fails = ERR_NOT_FOUND});
    put(t, "missing", "ops@example.org");
    sim_run_for(HOUR_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[2], 1); /* somebody may install it */
    sim_program("sendmail", &(struct sim_program){.exit_status = 0});
    sim_run_for(HOUR_MS);
    twin_ask(t, &states_q);
    assert_int_equal(t->n[0], 1);
}

static void stopping_in_the_middle(void **state)
{
    struct twin *t = *state;
    sim_mail_mode(SIM_MAIL_SILENT);
    for (int i = 0; i < 10; i++) {
        char key[16];
        str_print(key, sizeof(key), "n%d", i);
        put(t, key, "ops@example.org");
    }
    sim_run_for(1000);
    twin_stop(t);
    sim_mail_mode(SIM_MAIL_OK);
    twin_start(t);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 10);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define S(f) cmocka_unit_test_setup_teardown(f, setup_sendmail, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_message_leaves_at_once),
        T(a_server_that_is_away_is_waited_for),
        T(after_three_days_it_is_given_up),
        T(a_refusal_for_good_ends_it),
        T(doubt_is_said),
        T(doubt_does_not_go_on_for_ever),
        T(kill_9_at_any_moment),
        T(a_full_disk_sends_nothing_twice),
        T(the_rate_is_bounded),
        T(a_bad_recipient_harms_nobody),
        T(clocks_may_step),
        T(stopping_in_the_middle),
        S(sendmail_gets_it),
        S(sendmail_may_fail),
    };
    return cmocka_run_group_tests_name("channels_dispatch", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_alerts_notify.c: one mail a hard problem and contact, one at recovery; what is said, to whom, in which
 * language; reasons for silence and what follows when they end; restarts, power cuts and full disks.  In the
 * twin.  (MON-1, LES-18) */
#include "twin_kit.h"

#define SITE                                                                                              \
    "site:\n  url: https://status.example.org/\n"                                                         \
    "  mail: { smtp: \"smtp://mail.example.org:25\", from: vigie@example.org }\n"
#define CONTACTS                                                                                          \
    "contacts:\n  ops: { mail: ops@example.org }\n"                                                       \
    "  equipe: { mail: [equipe@example.org, OPS@example.org], lang: fr }\n"
#define HOSTS                                                                                             \
    "hosts:\n"                                                                                            \
    "  router1:\n    address: 192.0.2.1\n    contacts: [ops]\n"                                           \
    "  web1:\n    address: 192.0.2.10\n    title: Shop\n    parents: [router1]\n    contacts: [ops]\n"     \
    "    notes: \"Restart the shop: https://wiki.example.org/shop\"\n"                                    \
    "    checks:\n"                                                                                       \
    "      - tcp: { name: http, flap: no }\n"                                                                       \
    "      - once: { name: french, contacts: [equipe], flap: yes }\n"                           \
    "      - once: { name: silent, contacts: [] }\n"                                                      \
    "      - once: { name: log, volatile: yes }\n"                                                        \
    "  web2:\n    parents: [web1]\n    checks: [ once: {} ]\n"
#define YAML SITE CONTACTS HOSTS

static int setup(void **state)
{
    struct twin *t = twin_new(YAML, 41);
    twin_result(t, "router1", STATE_OK, "fine");
    twin_result(t, "web1", STATE_OK, "fine");
    twin_result(t, "web1/http", STATE_OK, "fine");
    twin_result(t, "web1/french", STATE_OK, "fine");
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_mails(), 0);
    *state = t;
    return 0;
}
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

/* The body of a mail, decoded. */
static void body_of(int i, struct buf *out)
{
    const char *p = strstr(sim_mail_at(i)->message, "\r\n\r\n") + 4;
    bool quoted = strstr(sim_mail_at(i)->message, "quoted-printable") != NULL;
    buf_clear(out);
    for (; *p; p++) {
        char hex[3] = {p[0] ? p[1] : '\0', p[0] && p[1] ? p[2] : '\0', '\0'};
        if (quoted && *p == '=' && hex[0] == '\r')
            p += 2;
        else if (quoted && *p == '=')
            buf_char(out, (char)strtol(hex, NULL, 16)), p += 2;
        else if (*p != '\r')
            buf_char(out, *p);
    }
}

static void has(struct buf *b, const char *text)
{
    if (!strstr(buf_text(b), text))
        print_error("not found: %s\nin:\n%s\n", text, buf_text(b));
    assert_non_null(strstr(buf_text(b), text));
}

static void header_of(int i, const char *name, char *out, size_t n)
{
    const char *at = strstr(sim_mail_at(i)->message, name);
    out[0] = '\0';
    if (at)
        str_copyn(out, n, at + strlen(name), strcspn(at + strlen(name), "\r"));
}

static void bad(struct twin *t, const char *id, int times)
{
    for (int i = 0; i < times; i++) {
        twin_result(t, id, STATE_CRITICAL, "503 Service Unavailable");
        sim_run_for(10 * SECOND_MS);
    }
}

static void a_problem_and_its_end(void **state)
{
    struct twin *t = *state;
    struct buf body = BUF_MAX(20000);
    struct notify_stats s;
    char id[200], reply[200];
    bad(t, "web1/http", 2);
    assert_int_equal(sim_mails(), 0); /* soft */
    bad(t, "web1/http", 5);
    assert_int_equal(sim_mails(), 1);
    assert_string_equal(sim_mail_at(0)->to, "ops@example.org");
    assert_string_equal(sim_mail_at(0)->subject, "[vigie] CRITICAL web1/http: 503 Service Unavailable");
    body_of(0, &body);
    has(&body, "web1/http has been critical since 09:00 on 2 March (UTC).");
    has(&body, "Result: 503 Service Unavailable\n");
    has(&body, "Host: web1 (Shop)\n");
    has(&body, "Address: 192.0.2.10\n");
    has(&body, "What to do: Restart the shop: https://wiki.example.org/shop\n");
    has(&body, "https://status.example.org/console/host/web1\n");
    has(&body, "vigie ack web1/http -m \"");
    has(&body, "-- \nvigie on sim\n");
    sim_run_for(11 * MINUTE_MS);
    twin_result(t, "web1/http", STATE_OK, "200 OK");
    sim_run_for(10 * SECOND_MS);
    assert_int_equal(sim_mails(), 2);
    assert_true(str_starts(sim_mail_at(1)->subject, "[vigie] OK again web1/http after 12"));
    body_of(1, &body);
    has(&body, "web1/http has been OK again since");
    has(&body, "The problem lasted 12");
    assert_null(strstr(buf_text(&body), "vigie ack"));
    header_of(0, "Message-ID: ", id, sizeof(id));
    header_of(1, "In-Reply-To: ", reply, sizeof(reply));
    assert_string_equal(id, reply);
    assert_true(str_ends(id, "@example.org>"));
    notify_get_stats(t->notify, &s);
    assert_int_equal(s.told, 2);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_mails(), 2);
    buf_done(&body);
}

static void in_french(void **state)
{
    struct twin *t = *state;
    struct buf body = BUF_MAX(20000);
    bad(t, "web1/french", 1);
    assert_int_equal(sim_mails(), 2);
    int i = str_eq(sim_mail_at(0)->to, "equipe@example.org") ? 0 : 1;
    assert_string_equal(sim_mail_at(1 - i)->to, "OPS@example.org");
    assert_string_equal(sim_mail_at(i)->subject, "[vigie] CRITIQUE web1/french\u00a0: 503 Service Unavailable");
    body_of(i, &body);
    has(&body, "web1/french est dans un état critique depuis 9\u00a0h\u00a000 le 2 mars (UTC).");
    has(&body, "Que faire\u00a0: Restart the shop");
    has(&body, "Pour dire que vous vous en occupez\u00a0: vigie ack web1/french");
    sim_run_for(12 * MINUTE_MS);
    twin_result(t, "web1/french", STATE_OK, "fine");
    sim_run_for(10 * SECOND_MS);
    assert_int_equal(sim_mails(), 4);
    assert_true(str_starts(sim_mail_at(2)->subject, "[vigie] Rétabli web1/french après 12"));
    buf_done(&body);
}

/* A dead host is one problem that names what is behind it. */
static void a_dead_host_names_the_cut(void **state)
{
    struct twin *t = *state;
    struct buf body = BUF_MAX(20000);
    for (int i = 0; i < 5; i++) { /* the path is verified: the parent lives, the host is asked again */
        twin_result(t, "web1", STATE_CRITICAL, "no answer");
        sim_run_for(SECOND_MS);
        twin_result(t, "router1", STATE_OK, "fine");
        sim_run_for(40 * SECOND_MS);
    }
    assert_int_equal(twin_item(t, "web1")->st.state, STATE_DOWN);
    assert_int_equal(sim_mails(), 1);
    assert_string_equal(sim_mail_at(0)->subject, "[vigie] DOWN web1, and 1 host behind it: no answer");
    body_of(0, &body);
    has(&body, "The host web1 has been down since");
    has(&body, "1 host behind it cannot be reached: web2.");
    bad(t, "web1/http", 5); /* its checks are not told of */
    assert_int_equal(sim_mails(), 1);
    twin_result(t, "web1", STATE_OK, "fine");
    sim_run_for(10 * SECOND_MS);
    assert_true(sim_mails() >= 2);
    assert_true(str_starts(sim_mail_at(1)->subject, "[vigie] UP again web1 after"));
    buf_done(&body);
}

static void nobody_is_told_of_what_has_no_contact(void **state)
{
    struct twin *t = *state;
    struct notify_stats s;
    bad(t, "web1/silent", 2);
    twin_result(t, "web1/silent", STATE_OK, "fine");
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 0);
    notify_get_stats(t->notify, &s);
    assert_int_equal(s.nobody, 1);
    assert_int_equal(s.told, 0);
}

static void all_contacts_when_none_is_named(void **state)
{
    struct twin *t = *state;
    bad(t, "web2/once", 1);
    assert_int_equal(sim_mails(), 2); /* ops once, though two contacts have that address */
}

static void a_worse_state_is_told_again(void **state)
{
    struct twin *t = *state;
    char id[200], reply[200];
    for (int i = 0; i < 3; i++)
        twin_result(t, "web1/http", STATE_WARNING, "slow"), sim_run_for(SECOND_MS);
    for (int i = 0; i < 3; i++)
        twin_result(t, "web1/http", STATE_CRITICAL, "down"), sim_run_for(SECOND_MS);
    twin_result(t, "web1/http", STATE_WARNING, "slow");
    sim_run_for(SECOND_MS);
    assert_int_equal(sim_mails(), 3);
    assert_string_equal(sim_mail_at(0)->subject, "[vigie] WARNING web1/http: slow");
    assert_string_equal(sim_mail_at(1)->subject, "[vigie] CRITICAL web1/http: down");
    header_of(0, "Message-ID: ", id, sizeof(id));
    header_of(1, "In-Reply-To: ", reply, sizeof(reply));
    assert_string_equal(id, reply);
    header_of(1, "Message-ID: ", reply, sizeof(reply));
    assert_string_not_equal(id, reply);
    twin_result(t, "web1/http", STATE_OK, "fine");
    sim_run_for(SECOND_MS);
    assert_int_equal(sim_mails(), 4);
}

static void a_volatile_check_tells_each_time(void **state)
{
    struct twin *t = *state;
    bad(t, "web1/log", 3);
    assert_int_equal(sim_mails(), 3);
}

/* ---- silence, and its end ---- */

static void an_acknowledged_problem(void **state)
{
    struct twin *t = *state;
    struct notify_stats s;
    bad(t, "web1/http", 3);
    assert_int_equal(twin_command(t, (struct command){.kind = COMMAND_ACK, .host = "web1", .check = "http", .comment = "mine", .sticky = true}, NULL), 0);
    for (int i = 0; i < 3; i++)
        twin_result(t, "web1/http", STATE_WARNING, "slow"), sim_run_for(SECOND_MS);
    assert_int_equal(sim_mails(), 1);
    notify_get_stats(t->notify, &s);
    assert_int_equal(s.quiet[QUIET_ACKNOWLEDGED], 1);
    twin_result(t, "web1/http", STATE_OK, "fine");
    sim_run_for(SECOND_MS);
    assert_int_equal(sim_mails(), 2); /* who was told of it hears of its end */
}

static void what_outlives_a_downtime_is_told_then(void **state)
{
    struct twin *t = *state;
    twin_command(t, (struct command){.kind = COMMAND_DOWNTIME, .host = "web1", .comment = "move", .end_ms = clock_wall_ms() + HOUR_MS}, NULL);
    model_tick(t->model, twin_now());
    bad(t, "web1/http", 3);
    bad(t, "web1/french", 1);
    twin_result(t, "web1/french", STATE_OK, "fine"); /* over before the downtime: nobody hears of it */
    sim_run_for(50 * MINUTE_MS);
    model_tick(t->model, twin_now());
    assert_int_equal(sim_mails(), 0);
    for (int i = 0; i < 20; i++) {
        sim_run_for(MINUTE_MS);
        model_tick(t->model, twin_now());
        bad(t, "web1/http", 1);
    }
    assert_int_equal(sim_mails(), 1);
    twin_result(t, "web1/http", STATE_OK, "fine");
    sim_run_for(SECOND_MS);
    assert_int_equal(sim_mails(), 2);
}

static void flapping_is_quiet(void **state)
{
    struct twin *t = *state;
    for (int i = 0; i < 40; i++) {
        twin_result(t, "web1/french", i % 2 ? STATE_OK : STATE_CRITICAL, "x");
        sim_run_for(MINUTE_MS);
    }
    assert_true(twin_item(t, "web1/french")->st.flapping);
    int before = sim_mails();
    assert_in_range(before, 2, 30);
    for (int i = 0; i < 10; i++) {
        twin_result(t, "web1/french", i % 2 ? STATE_OK : STATE_CRITICAL, "x");
        sim_run_for(MINUTE_MS);
    }
    assert_int_equal(sim_mails(), before);
    for (int i = 0; i < 40; i++) { /* it settles, broken: that is told, once */
        twin_result(t, "web1/french", STATE_CRITICAL, "x");
        sim_run_for(MINUTE_MS);
    }
    assert_false(twin_item(t, "web1/french")->st.flapping);
    assert_true(twin_item(t, "web1/french")->told);
}

/* ---- restarts and faults ---- */

static void a_restart_tells_nothing_twice(void **state)
{
    struct twin *t = *state;
    char id[200], reply[200];
    bad(t, "web1/http", 3);
    for (int i = 0; i < 4; i++) {
        twin_crash(t, i % 2);
        assert_true(twin_item(t, "web1/http")->told);
        bad(t, "web1/http", 2);
    }
    assert_int_equal(sim_mails(), 1);
    twin_result(t, "web1/http", STATE_OK, "fine");
    sim_run_for(SECOND_MS);
    assert_int_equal(sim_mails(), 2);
    header_of(0, "Message-ID: ", id, sizeof(id));
    header_of(1, "In-Reply-To: ", reply, sizeof(reply)); /* the thread is known over restarts */
    assert_string_equal(id, reply);
    twin_crash(t, true);
    twin_result(t, "web1/http", STATE_OK, "fine");
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 2);
}

/* One mail came, or two of which the second says that it may be one too many. */
static void one_since(int before)
{
    int marked = 0;
    for (int m = before; m < sim_mails(); m++)
        marked += strstr(sim_mail_at(m)->message, "X-Vigie-Repeated") != NULL;
    assert_in_range(sim_mails() - before, 1, 2);
    assert_true(sim_mails() - before - marked <= 1);
}

/* Killed at every step after the result that makes it a problem, and after its end: each is told, and once. */
static void killed_at_any_moment(void **state)
{
    struct twin *t = *state;
    for (int i = 0; i < 40; i++) {
        int before = sim_mails();
        for (int n = 0; n < 3; n++)
            twin_result(t, "web1/http", STATE_CRITICAL, "x");
        for (int n = 0; n < i; n++)
            sim_step();
        twin_crash(t, i % 2);
        for (int n = 0; n < 4; n++)
            twin_result(t, "web1/http", STATE_CRITICAL, "x"), sim_run_for(20 * SECOND_MS);
        one_since(before);
        before = sim_mails();
        twin_result(t, "web1/http", STATE_OK, "fine");
        for (int n = 0; n < i; n++)
            sim_step();
        twin_crash(t, i % 2);
        for (int n = 0; n < 2; n++)
            twin_result(t, "web1/http", STATE_OK, "fine"), sim_run_for(20 * SECOND_MS);
        one_since(before);
        sim_run_for(HOUR_MS);
    }
}

static void a_full_disk_delays(void **state)
{
    struct twin *t = *state;
    sim_disk_fault(SIM_DISK_FULL);
    bad(t, "web1/http", 3);
    bad(t, "web1/french", 1);
    twin_result(t, "web1/french", STATE_OK, "fine"); /* came and went unheard */
    sim_run_for(10 * MINUTE_MS);
    assert_int_equal(sim_mails(), 0);
    assert_false(twin_item(t, "web1/http")->told);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
    assert_true(twin_item(t, "web1/http")->told);
    sim_disk_fault(SIM_DISK_FULL);
    twin_result(t, "web1/http", STATE_OK, "fine");
    sim_run_for(MINUTE_MS);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 2);
    assert_false(twin_item(t, "web1/http")->told);
}

static void hostile_output_is_only_text(void **state)
{
    struct twin *t = *state;
    for (int i = 0; i < 3; i++)
        twin_result(t, "web1/http", STATE_CRITICAL, "x\r\nBcc: eve@example.org\r\n\r\n.\r\n\x1b[31m \xff");
    sim_run_for(10 * SECOND_MS);
    assert_int_equal(sim_mails(), 1);
    assert_null(strstr(sim_mail_at(0)->message, "\r\nBcc:"));
}

static void a_removed_item_is_forgotten(void **state)
{
    struct twin *t = *state;
    bad(t, "web1/http", 3);
    twin_apply(t, SITE CONTACTS "hosts:\n  other:\n    checks: [ once: {} ]\n");
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
}

static void stopping_with_notices_under_way(void **state)
{
    struct twin *t = *state;
    for (int i = 0; i < 3; i++)
        twin_result(t, "web1/http", STATE_CRITICAL, "x");
    twin_stop(t);
    twin_start(t);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_mails(), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_problem_and_its_end),
        T(in_french),
        T(a_dead_host_names_the_cut),
        T(nobody_is_told_of_what_has_no_contact),
        T(all_contacts_when_none_is_named),
        T(a_worse_state_is_told_again),
        T(a_volatile_check_tells_each_time),
        T(an_acknowledged_problem),
        T(what_outlives_a_downtime_is_told_then),
        T(flapping_is_quiet),
        T(a_restart_tells_nothing_twice),
        T(killed_at_any_moment),
        T(a_full_disk_delays),
        T(hostile_output_is_only_text),
        T(a_removed_item_is_forgotten),
        T(stopping_with_notices_under_way),
    };
    return cmocka_run_group_tests_name("alerts_notify", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pushes as Uptime Kuma and Gatus take them: the very answers, in their order, and a result only from who has the token (ST-20). */
#include "daemon_kit.h"

#define YAML \
    "hosts:\n" \
    "  web1:\n" \
    "    alive: no\n" \
    "    groups: [Front End]\n" \
    "    checks: [{ heartbeat: { name: backup, every: 1h, token: a-secret-word } }, { heartbeat: { name: other, every: 1h, token: another-secret } }, { passive: { name: job, attempts: 1 } }]\n" \
    "  nightly: { alive: no, checks: [{ heartbeat: { name: nightly, token: third-secret-w } }] }\n" \
    "  bare: { alive: no, checks: [{ heartbeat: { name: bare } }] }\n"

static int setup(void **state)
{
    *state = kit_up(YAML);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)
#define NOT_FOUND "{\"ok\":false,\"msg\":\"Monitor not found or not active.\"}"

static void kuma(struct kit *k, const char *method, const char *rest, int status, const char *said)
{
    int got = kit_ask(k, method, arena_printf(k->arena, "/api/push/%s", rest), NULL, str_eq(method, "POST") ? "status=down" : NULL);
    if (got != status || (said && !str_eq(buf_text(&k->text), said)))
        fail_msg("%s %s: %d %s", method, rest, got, buf_text(&k->text));
    assert_string_equal(kit_header(k, "Cache-Control"), "no-store");
}

static enum state state_of(struct kit *k, const char *id) { return kit_item(k, id)->st.state; }

static void kuma_takes_any_method(void **state)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(methods); i++) {
        kuma(k, methods[i], "a-secret-word?status=down&msg=disk+full", 200, "{\"ok\":true}");
        assert_int_equal(state_of(k, "web1/backup"), STATE_CRITICAL);
        assert_string_equal(kit_item(k, "web1/backup")->text, "disk full");
        kuma(k, methods[i], "a-secret-word", 200, "{\"ok\":true}"); /* a body says nothing */
        assert_int_equal(state_of(k, "web1/backup"), STATE_OK);
        assert_string_equal(kit_item(k, "web1/backup")->text, "OK");
    }
    assert_int_equal(state_of(k, "web1/other"), STATE_PENDING);
    kuma(k, "GET", "a-secret-word?status=up&msg=OK&ping=12.5", 200, NULL);
    assert_string_equal(kit_item(k, "web1/backup")->perfdata, "ping=12.5ms");
    kuma(k, "GET", "a-secret-word?status=&msg=&ping=", 200, NULL);
    assert_int_equal(state_of(k, "web1/backup"), STATE_OK);
    kuma(k, "GET", "a-secret-word?status=pending", 200, NULL);
    assert_int_equal(state_of(k, "web1/backup"), STATE_CRITICAL);
}

static void kuma_says_one_thing_of_all_that_is_wrong(void **state)
{
    static const char *const wrong[] = {"", "a-secret-wor", "a-secret-wordx", "A-SECRET-WORD", "a-secret-word/x", "%20", "web1/backup", "?status=up"};
    static const char *const pings[] = {"-1", "1e12", "Infinity", "-Infinity"}, *const fine[] = {"0", "abc", "12ms", "1e11", "e", "%ff"};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        kuma(k, "GET", wrong[i], 404, NOT_FOUND);
    for (size_t i = 0; i < COUNT(pings); i++)
        kuma(k, "GET", arena_printf(k->arena, "a-secret-word?ping=%s", pings[i]), 404, NULL);
    assert_int_equal(state_of(k, "web1/backup"), STATE_PENDING);
    for (size_t i = 0; i < COUNT(fine); i++)
        kuma(k, "GET", arena_printf(k->arena, "a-secret-word?ping=%s", fine[i]), 200, NULL);
    kit_op(k, "disable", "{'targets':['web1/backup']}");
    kuma(k, "GET", "a-secret-word", 404, NOT_FOUND);
}

static void long_and_dirty_messages(void **state)
{
    struct kit *k = *state;
    struct buf b = BUF_MAX(1 << 16);
    buf_str(&b, "a-secret-word?msg=");
    for (int i = 0; i < 2000; i++)
        buf_str(&b, "%C3%A9");
    kuma(k, "GET", buf_text(&b), 200, NULL);
    buf_done(&b);
    assert_true(strlen(kit_item(k, "web1/backup")->text) <= SINK_MAX_TEXT);
    kuma(k, "GET", "a-secret-word?msg=%ff%00%1b[2J%0a", 200, NULL);
    kuma(k, "GET", "a-secret-word?msg=%ff%1b[2J", 200, NULL);
    for (const char *p = kit_item(k, "web1/backup")->text; *p; p++)
        assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
}

/* ---- Gatus ---- */

static void gatus(struct kit *k, const char *rest, const char *token, int status)
{
    int got = kit_ask(k, "POST", arena_printf(k->arena, "/api/v1/endpoints/%s", rest), token ? arena_printf(k->arena, "Authorization: %s\n", token) : NULL, NULL);
    if (got != status)
        fail_msg("%s: %d %s", rest, got, buf_text(&k->text));
    if (status == 200)
        assert_int_equal(k->text.len, 0);
}

static void gatus_checks_in_its_order(void **state)
{
    struct kit *k = *state;
    static const char good[] = "Bearer a-secret-word";
    gatus(k, "no_such/external", NULL, 400);
    gatus(k, "no_such/external?success=perhaps", good, 400);
    gatus(k, "no_such/external?success=true", NULL, 401);
    gatus(k, "no_such/external?success=true", "Bearer ", 401);
    gatus(k, "no_such/external?success=true", "Basic a-secret-word", 401);
    gatus(k, "no_such/external?success=true&duration=x", good, 404);
    gatus(k, "web1_backup/external?success=true&duration=x", "Bearer wrong", 401);
    gatus(k, "web1_backup/external?success=true&duration=x", "Bearer another-secret", 401);
    gatus(k, "web1_backup/external?success=true&duration=x", good, 400);
    assert_int_equal(state_of(k, "web1/backup"), STATE_PENDING);
    gatus(k, "web1_backup/external?success=true&duration=1m30.5s&error=unused", good, 200);
    assert_int_equal(state_of(k, "web1/backup"), STATE_OK);
    kit_lacks(kit_item(k, "web1/backup")->text, "unused");
    assert_string_equal(kit_item(k, "web1/backup")->perfdata, "duration=90.5s");
    gatus(k, "front-end_backup/external?success=false&error=disk+full", good, 200);
    assert_int_equal(state_of(k, "web1/backup"), STATE_CRITICAL);
    assert_string_equal(kit_item(k, "web1/backup")->text, "disk full");
    gatus(k, "_nightly/external?success=true", "Bearer third-secret-w", 200);
    assert_int_equal(state_of(k, "nightly/nightly"), STATE_OK);
    gatus(k, "bare_bare/external?success=true", "Bearer x", 401); /* it has no token that anything could be */
}

static void durations_are_those_of_go(void **state)
{
    static const char *const good[] = {"10s", "150ms", "1m30s", "1.5h", ".5s", "1.s", "0", "-2s", "%2B3s", "3us", "3%C2%B5s", "1h2m3s4ms5us6ns"};
    static const char *const bad[] = {"10", "s", "1x", "1s2", "1..2s", ".s", "-", "1e3s", "99999999999999h", "1 s", "..s", "NaNs"};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(good); i++)
        gatus(k, arena_printf(k->arena, "web1_backup/external?success=true&duration=%s", good[i]), "Bearer a-secret-word", 200);
    for (size_t i = 0; i < COUNT(bad); i++)
        gatus(k, arena_printf(k->arena, "web1_backup/external?success=true&duration=%s", bad[i]), "Bearer a-secret-word", 400);
}

static void a_token_of_the_api_will_do(void **state)
{
    struct kit *k = *state;
    const char *job, *reader;
    kit_op(k, "token-add", "{'name':'job','role':'operator','scope':'result'}");
    job = arena_printf(k->arena, "Bearer %s", doc_text(k->reply, "token", ""));
    kit_op(k, "token-add", "{'name':'reader','role':'viewer'}");
    reader = arena_printf(k->arena, "Bearer %s", doc_text(k->reply, "token", ""));
    gatus(k, "web1_job/external?success=true", "Bearer a-secret-word", 401);
    gatus(k, "web1_job/external?success=true", reader, 401);
    assert_int_equal(state_of(k, "web1/job"), STATE_PENDING);
    gatus(k, "web1_job/external?success=false&error=bad", job, 200);
    assert_int_equal(state_of(k, "web1/job"), STATE_CRITICAL);
    gatus(k, "web1_backup/external?success=true", job, 200);
    assert_int_equal(state_of(k, "web1/backup"), STATE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kuma_takes_any_method), TEST(kuma_says_one_thing_of_all_that_is_wrong), TEST(long_and_dirty_messages),
        TEST(gatus_checks_in_its_order), TEST(durations_are_those_of_go), TEST(a_token_of_the_api_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

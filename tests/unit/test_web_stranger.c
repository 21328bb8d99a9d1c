/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stranger can do at the door: bodies that cost much, addresses that are not his, ways out of the house. */
#include "daemon_kit.h"

static const char *many_keys(struct kit *k, int n)
{
    struct buf b = BUF_MAX(1 << 20);
    buf_char(&b, '{');
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s\"k%d\":1", i ? "," : "", i);
    buf_char(&b, '}');
    const char *copy = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return copy;
}

/* Each parameter is looked up among the others: a body of a hundred thousand would hold the loop for minutes. */
static void a_body_of_many_keys(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_post(k, "/api/v1/heartbeat/web1/backup", many_keys(k, 60000)), 413);
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_ask(k, "POST", "/api/v1/ack", arena_printf(k->arena, "X-CSRF-Token: %s\n", k->csrf), many_keys(k, 60000)), 413);
}

/* Who may not do it is told so before anything is read. */
static void a_strangers_body_is_not_read(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_post(k, "/api/v1/ack", "{ this is no JSON"), 401);
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_ask(k, "POST", "/api/v1/ack", arena_printf(k->arena, "X-CSRF-Token: %s\n", k->csrf), "{ this is no JSON"), 403);
}

static const char *where_to(struct kit *k, const char *next)
{
    assert_int_equal(kit_post(k, "/theme", arena_printf(k->arena, "theme=dark&next=%s", next)), 303);
    return kit_header(k, "Location");
}

/* Browsers leave tabs and line ends out of an address. */
static void only_ways_of_our_own(void **state)
{
    static const char *const others[] = {"//evil.example/", "/%5Cevil.example", "/%09/evil.example", "/%0D%0A/evil.example", "https://evil.example/", "%20/evil", "javascript:alert(1)", "/a%00b"};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(others); i++)
        if (!str_eq(where_to(k, others[i]), "/console"))
            fail_msg("%s leads to %s", others[i], kit_header(k, "Location"));
    assert_string_equal(where_to(k, "/console/hosts?q=a"), "/console/hosts?q=a");
}

/* A path stays one parameter of the log-in page. */
static void the_way_back_after_the_log_in(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/console/host/a%26next%3D%23x"), 303);
    assert_string_equal(kit_header(k, "Location"), "/login?next=%2Fconsole%2Fhost%2Fa%26next%3D%23x");
}

static int guess_password(struct kit *k, const char *forwarded)
{
    return kit_ask(k, "POST", "/login", forwarded, "user=anna&password=wrong+wrong+wrong");
}

/* A proxy that adds a line of its own instead of extending the client's: the last line counts, whatever the client wrote. */
static void an_address_cannot_be_made_up(void **state)
{
    struct kit *k = *state;
    int status = 0;
    k->peer = "192.0.2.53";
    for (int i = 0; i < 12 && status != 429; i++)
        status = guess_password(k, arena_printf(k->arena, "X-Forwarded-For: 203.0.113.%d\nX-Forwarded-For: 198.51.100.7\n", i + 1));
    assert_int_equal(status, 429);
    k->peer = "192.0.2.99"; /* no proxy of ours: what it says of others is nothing */
    for (int i = 0; i < 12; i++)
        status = guess_password(k, arena_printf(k->arena, "X-Forwarded-For: 203.0.113.%d\n", i + 1));
    assert_int_equal(status, 429);
}

static void what_is_not_published(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/static/nothing-there"), 404);
    assert_int_equal(kit_post(k, "/static/vigie.css", "a=b"), 405);
}

/* The theme is kept on the page that changes the language. */
static void theme_and_language(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_ask(k, "GET", "/login?lang=fr", "Cookie: theme=dark\n", NULL), 200);
    kit_has(buf_text(&k->text), "lang=\"fr\"");
    kit_has(buf_text(&k->text), "dark");
}

/* Lengths near the end of what a number can hold are refused, not turned round. */
static void sums_do_not_turn_round(void **state)
{
    static const char *const rows[] = {"'for':'106751991000d'", "'start':'+106750000000d'", "'flexible':true,'start':'+106750000000d','for':'106751991000d'", "'end':'+106751000000d'"};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (kit_op(k, "downtime", arena_printf(k->arena, "{'targets':['web1'],'comment':'x',%s}", rows[i])) < 400)
            fail_msg("%s: %s", rows[i], kit_text(k));
    assert_int_equal(model_downtimes(k->house->model), 0);
}

/* The line of a file that is wrong may hold a password. */
static void a_wrong_line_is_not_quoted(void **state)
{
    struct kit *k = *state;
    struct principal operator = kit_who(ROLE_OPERATOR);
    kit_write(k, "vigie.yaml", "hosts: { web1: { checks: [{ http: { url: 'http://192.0.2.10/', password: hunter2, methd: GET } }] } }\n");
    assert_int_equal(kit_op_as(k, "conf-diff", NULL, &operator), 400);
    kit_has(kit_text(k), "methd");
    kit_lacks(kit_text(k), "hunter2");
    assert_int_equal(kit_op(k, "conf-diff", NULL), 400); /* at the machine the line is quoted, but for what is secret in it */
    kit_has(kit_text(k), "methd: GET");
    kit_lacks(kit_text(k), "hunter2");
}

/* An event stream does not outlive the session that opened it. */
static void a_stream_ends_with_its_session(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    struct sim_reply *stream = kit_http(k, "GET", "/console/live", NULL, NULL);
    assert_int_equal(stream->status, 200);
    sim_run_for(40000);
    assert_true(sim_tap_open(stream));
    assert_int_equal(kit_form(k, "/logout", "x=y"), 303);
    sim_run_for(20000);
    assert_false(sim_tap_open(stream));
    sim_reply_free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {KIT_TEST(a_body_of_many_keys),         KIT_TEST(a_strangers_body_is_not_read), KIT_TEST(only_ways_of_our_own), KIT_TEST(the_way_back_after_the_log_in),
                                       KIT_TEST(an_address_cannot_be_made_up), KIT_TEST(what_is_not_published),        KIT_TEST(theme_and_language),  KIT_TEST(a_wrong_line_is_not_quoted), KIT_TEST(sums_do_not_turn_round),
                                       KIT_TEST(a_stream_ends_with_its_session)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The API over HTTP: bodies, queries, methods, cookies and their token, languages. */
#include "daemon_kit.h"

static int json(struct kit *k, const char *method, const char *path, const char *body)
{
    char *copy = arena_dup(k->arena, body);
    for (char *p = copy; p && *p; p++)
        *p = *p == '\'' ? '"' : *p;
    return kit_ask(k, method, path, k->csrf[0] ? arena_printf(k->arena, "X-CSRF-Token: %s\n", k->csrf) : NULL, copy);
}

static void field_is(struct kit *k, int status, const char *field)
{
    kit_has(buf_text(&k->text), field ? arena_printf(k->arena, "\"field\":\"%s\"", field) : "\"field\":null");
    assert_true(status >= 400);
    assert_true(str_starts(kit_header(k, "Content-Security-Policy"), "default-src 'none'"));
}

static void bodies(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *field;
    } rows[] = {
        {"{nonsense", 400, NULL}, {"{'targets':['web1/job'],'comment':'x'", 400, NULL}, {"{'targets':['web1/job'],'comment':'x'} x", 400, NULL},
        {"{'targets':['web1/job'],'comment':'a\\u0000b'}", 400, NULL}, {"{'comment':'x','comment':'y'}", 400, NULL}, {"{'targets':['web1/job']}", 400, "comment"},
        {"{'targets':['web1/job'],'comment':{'a':1}}", 400, "comment"}, {"{'targets':['web1/nothing'],'comment':'x'}", 404, "targets"}, {"{'targets':['web1/job'],'comment':'x','colour':1}", 400, "colour"},
    };
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int got = json(k, "POST", "/api/v1/ack", rows[i].body);
        if (got != rows[i].status)
            fail_msg("%s: %d %s", rows[i].body, got, buf_text(&k->text));
        field_is(k, got, rows[i].field);
    }
    assert_int_equal(kit_ask(k, "POST", "/api/v1/ack", arena_printf(k->arena, "Content-Type: application/json\nX-CSRF-Token: %s\n", k->csrf), "[]"), 400);
    assert_int_equal(kit_ask(k, "POST", "/api/v1/ack", arena_printf(k->arena, "Content-Type: text/xml\nX-CSRF-Token: %s\n", k->csrf), "<x/>"), 400);
    field_is(k, 400, "Content-Type");
}

static void cookies_need_their_token(void **state)
{
    struct kit *k = *state;
    const char *body = "{\"target\":\"web1/job\",\"state\":\"ok\",\"output\":\"x\"}";
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_post(k, "/api/v1/results", body), 403);
    assert_int_equal(kit_ask(k, "POST", "/api/v1/results", "X-CSRF-Token: 0000\n", body), 403);
    assert_int_equal(kit_ask(k, "POST", "/api/v1/results", "X-CSRF-Token:\n", body), 403);
    assert_int_equal(kit_item(k, "web1/job")->st.state, STATE_PENDING);
    assert_int_equal(json(k, "POST", "/api/v1/results", body), 200);
    assert_int_equal(kit_get(k, "/api/v1/status"), 200); /* reading needs none */
    char other[100];
    str_copy(other, sizeof other, k->csrf);
    kit_login(k, ROLE_ADMIN); /* somebody else's token is a wrong one */
    assert_int_equal(kit_ask(k, "POST", "/api/v1/results", arena_printf(k->arena, "X-CSRF-Token: %s\n", other), body), 403);
}

static void queries_and_forms(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_get(k, "/api/v1/status?targets=web1%2Fjob&targets=box"), 200);
    assert_int_equal(kit_count(buf_text(&k->text), "\"max_attempts\""), 4);
    assert_int_equal(kit_get(k, "/api/v1/status?limit=many"), 400);
    field_is(k, 400, "limit");
    assert_int_equal(kit_get(k, "/api/v1/status?colour=red"), 400);
    field_is(k, 400, "colour");
    assert_int_equal(kit_get(k, "/api/v1/status?limit=1&limit=2"), 400); /* twice what is one */
    field_is(k, 400, "limit");
    assert_int_equal(kit_get(k, "/api/v1/hosts/web1?host=box"), 400); /* the path says which one */
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_ask(k, "POST", "/api/v1/ack", arena_printf(k->arena, "X-CSRF-Token: %s\n", k->csrf), "targets=web1%2Fjob&comment=a+b%26c"), 200);
    assert_string_equal(kit_item(k, "web1/job")->ack->comment, "a b&c");
}

static void methods_and_routes(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_get(k, "/api/v1/nothing"), 404);
    assert_int_equal(kit_get(k, "/api/v9/status"), 404);
    assert_int_equal(kit_get(k, "/api/v1/ack"), 405);
    assert_string_equal(kit_header(k, "Allow"), "POST");
    assert_int_equal(kit_ask(k, "PATCH", "/api/v1/users/x", NULL, NULL), 405);
    assert_string_equal(kit_header(k, "Allow"), "PUT, DELETE");
    assert_int_equal(kit_ask(k, "HEAD", "/api/v1/status", NULL, NULL), 200);
    assert_string_equal(buf_text(&k->text), "");
    assert_int_equal(kit_get(k, "/metrics"), 200);
    kit_login(k, ROLE_NONE);
    assert_int_equal(kit_get(k, "/healthz"), 200);
    assert_int_equal(kit_get(k, "/metrics"), 401);
    assert_string_equal(kit_header(k, "Cache-Control"), "no-store");
}

static void the_readers_language(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    kit_ask(k, "GET", "/api/v1/hosts/nohost", "Accept-Language: en\n", NULL);
    const char *en = arena_dup(k->arena, buf_text(&k->text));
    kit_ask(k, "GET", "/api/v1/hosts/nohost", "Accept-Language: fr-CH, en;q=0.5\n", NULL);
    assert_string_not_equal(buf_text(&k->text), en);
    const char *fr = arena_dup(k->arena, buf_text(&k->text));
    kit_get(k, "/api/v1/hosts/nohost?lang=fr");
    assert_string_equal(buf_text(&k->text), fr);
}

static void names_in_paths_are_decoded_once(void **state)
{
    struct kit *k = kit_up("hosts: { '50%25 <b>&\"': { alive: no, checks: [{ passive: { name: 'a?b#c' } }] } }\n");
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/api/v1/checks/50%2525%20%3Cb%3E%26%22/a%3Fb%23c"), 200);
    kit_has(buf_text(&k->text), "\"check\":\"a?b#c\"");
    assert_int_equal(kit_get(k, "/api/v1/hosts/50%25%20%3Cb%3E%26%22"), 404);
    kit_free(k);
}

static void the_local_socket_is_trusted(void **state)
{
    struct sim_request rq = {.path = "/api/v1/users", .headers = "Host: evil.example\n", .uid = 1000};
    struct sim_reply *r = sim_http(&rq);
    assert_int_equal(r->status, 200);
    sim_reply_free(r);
}

static void open_metrics(void **state)
{
    struct kit *k = kit_up("site: { open_metrics: yes }\nhosts: { web1: { alive: no } }\n");
    assert_int_equal(kit_get(k, "/metrics"), 200);
    assert_int_equal(kit_get(k, "/api/v1/status"), 401); /* and nothing but that */
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(bodies), KIT_TEST(cookies_need_their_token), KIT_TEST(queries_and_forms), KIT_TEST(methods_and_routes), KIT_TEST(the_readers_language), cmocka_unit_test(names_in_paths_are_decoded_once),
        KIT_TEST(the_local_socket_is_trusted), cmocka_unit_test(open_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

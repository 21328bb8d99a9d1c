/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which Host names are ours, who is behind a proxy, guests, and a host whose name is markup. */
#include "daemon_kit.h"

static void host_names(void **state)
{
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        {"127.0.0.1", 200}, {"127.0.0.1:8444", 200}, {"[::1]:80", 200}, {"localhost", 200}, {"localhost:1", 200}, {"LOCALHOST", 200}, {"sim", 200}, {"status.example.org", 200}, {"STATUS.example.org:8444", 200},
        {"watch.example.org", 200}, {"watch.example.org:443", 200}, {"evil.example", 421}, {"evil.example:8444", 421}, {"status.example.org.evil.example", 421}, {"watch.example.or", 421}, {"watch.example.orgx", 421},
        {"xwatch.example.org", 421}, {"localhost.evil.example", 421}, {"status.example.org@evil.example", 421}, {"evil.example/status.example.org", 421}, {"https", 421},
    };
    struct kit *k = kit_up("site: { hosts: [status.example.org], url: 'https://watch.example.org/' }\nhosts: { web1: { alive: no } }\n");
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int page = 0; page < 2; page++) {
            int got = kit_ask(k, "GET", page ? "/login" : "/healthz", arena_printf(k->arena, "Host: %s\n", rows[i].host), NULL);
            if (got != rows[i].status)
                fail_msg("%s: %d", rows[i].host, got);
        }
    assert_int_equal(kit_ask(k, "POST", "/login", "Host: evil.example\n", "user=x&password=y"), 421);
    assert_int_equal(kit_ask(k, "GET", "/", "Host: evil.example\n", NULL), 200); /* the public page is everybody's */
    kit_free(k);
}

static const char *audit_address_limit(struct kit *k, const char *forwarded)
{
    return arena_printf(k->arena, "X-Forwarded-For: %s\n", forwarded);
}

/* The limit of log-ins per address shows which address is believed. */
static void only_a_trusted_proxy_names_the_client(void **state)
{
    struct kit *k = *state;
    int got = 0;
    for (int i = 0; i < 60 && got != 429; i++) /* not trusted: all of them come from one address */
        got = kit_ask(k, "POST", "/login", audit_address_limit(k, arena_printf(k->arena, "198.51.100.%d", i)), arena_printf(k->arena, "user=u%d&password=x", i));
    assert_int_equal(got, 429);
    k->peer = "192.0.2.53"; /* trusted: each is another client */
    for (int i = 0; i < 60; i++)
        assert_int_equal(kit_ask(k, "POST", "/login", audit_address_limit(k, arena_printf(k->arena, "9.9.9.9, 198.51.100.%d", i)), arena_printf(k->arena, "user=v%d&password=x", i)), 401);
    got = 0; /* but what the client itself says before counts for nothing */
    for (int i = 0; i < 60 && got != 429; i++)
        got = kit_ask(k, "POST", "/login", audit_address_limit(k, arena_printf(k->arena, "203.0.113.%d, 198.51.100.200", i)), arena_printf(k->arena, "user=w%d&password=x", i));
    assert_int_equal(got, 429);
}

static void a_guest_may_look(void **state)
{
    struct kit *k = kit_up("site: { guest: yes }\nhosts: { web1: { alive: no, checks: [{ passive: { name: job } }] } }\n");
    assert_int_equal(kit_get(k, "/console"), 200);
    kit_has(buf_text(&k->text), "web1");
    kit_lacks(buf_text(&k->text), "/console/act");
    assert_int_equal(kit_get(k, "/console/setup"), 403);
    assert_int_equal(kit_get(k, "/console/add"), 403);
    assert_int_equal(kit_post(k, "/console/act", "action=recheck&id=web1%2Fjob&csrf="), 403);
    assert_int_equal(kit_get(k, "/api/v1/conf"), 403);
    assert_int_equal(kit_get(k, "/login"), 200);
    kit_free(k);
}

static void methods_and_paths(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    static const struct {
        const char *method, *path;
        int status;
    } rows[] = {{"GET", "/nothing", 404},        {"GET", "/console/nothing", 404}, {"GET", "/console/", 404},       {"GET", "/console/host/", 404}, {"POST", "/console", 405}, {"DELETE", "/console/hosts", 405},
                {"GET", "/console/act", 405},    {"POST", "/", 405},               {"POST", "/static/x.css", 405},  {"GET", "/static/x.css", 404},  {"PUT", "/login", 405},    {"HEAD", "/console", 200},
                {"HEAD", "/login", 303},         {"GET", "/console/host/web9", 404}, {"GET", "/console/check/web1/x", 404}, {"GET", "/console/check/web1", 404}, {"GET", "/console/events?host=x", 404}, {"GET", "/setup/", 404}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int got = kit_ask(k, rows[i].method, rows[i].path, NULL, NULL);
        if (got != rows[i].status && !(rows[i].status == 404 && str_starts(rows[i].path, "/static/") && got == 405))
            fail_msg("%s %s: %d", rows[i].method, rows[i].path, got);
        kit_has(kit_header(k, "X-Content-Type-Options"), "nosniff");
    }
}

static void a_listener_for_the_public_only(void **state)
{
    struct kit *k = kit_up("site: { listen: ['127.0.0.1:8444'], listen_public: ['127.0.0.1:8080'] }\nhosts: { web1: { alive: no } }\n");
    static const struct {
        const char *path;
        int status;
    } rows[] = {{"/", 200}, {"/healthz", 200}, {"/console", 404}, {"/login", 404}, {"/api/v1/status", 404}, {"/metrics", 404}, {"/setup/0000", 404}, {"/console/live", 404}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sim_request rq = {.path = rows[i].path, .headers = "Host: localhost\n", .peer = "192.0.2.99", .port = 8080};
        struct sim_reply *r = sim_http(&rq);
        if (r->status != rows[i].status)
            fail_msg("%s: %d", rows[i].path, r->status);
        sim_reply_free(r);
    }
    assert_int_equal(kit_get(k, "/login"), 200);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_names), KIT_TEST(only_a_trusted_proxy_names_the_client), cmocka_unit_test(a_guest_may_look), KIT_TEST(methods_and_paths), cmocka_unit_test(a_listener_for_the_public_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

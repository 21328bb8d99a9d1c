/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is published, over HTTP as anybody asks: pages for ever at their address, languages, caches, other origins, the public address,
 * and nothing of drafts, staff, hosts and checks (ST-2, ST-14, ST-16, ST-17, LES-5). */
#include "daemon_kit.h"
#include "model/board.h"

#define YAML \
    "site: { title: { en: Harbour, fr: Port }, url: 'https://status.example.org/', listen: ['127.0.0.1:8444'], listen_public: ['127.0.0.1:8080'] }\n" \
    "hosts: { xhost: { alive: no, checks: [{ passive: { name: xcheck, attempts: 1 } }] } }\n" \
    "components:\n" \
    "  ferry: { name: { en: Ferry, fr: Bac }, group: boats/large, publish: auto, after: 2m, depends: [xhost/xcheck] }\n" \
    "  buoys: { name: { en: Buoys, fr: Bouées } }\n"

static int setup(void **state)
{
    struct kit *k = kit_up(YAML);
    kit_result(k, "xhost/xcheck", STATE_OK, "secret-output");
    sim_run_for(500);
    *state = k;
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

/* Opens an incident as staff do; its key. */
static const char *open_one(struct kit *k, const char *more)
{
    assert_int_equal(kit_op(k, "incident-open", arena_printf(k->arena, "{'components':['buoys'],'impact':'major','title':'Buoys are gone','text':'We look.'%s}", more)), 200);
    sim_run_for(100);
    return arena_dup(k->arena, doc_text(doc_get(k->reply, "bulletin"), "key", ""));
}

static const char *say(struct kit *k, const char *key, const char *phase)
{
    assert_int_equal(kit_op(k, "incident-update", arena_printf(k->arena, "{'id':'%s','phase':'%s','text':'More news.'}", key, phase)), 200);
    sim_run_for(100);
    return key;
}

static const char *path(struct kit *k, const char *fmt, const char *key)
{
    return arena_printf(k->arena, "%s%s", fmt, key);
}

static int get(struct kit *k, const char *where)
{
    static const char *const never[] = {"xhost", "xcheck", "secret-output", "anna"};
    int status = kit_get(k, where);
    for (size_t i = 0; i < COUNT(never); i++)
        kit_lacks(buf_text(&k->text), never[i]);
    assert_string_equal(kit_header(k, "Set-Cookie"), "");
    return status;
}

static void what_is_said_is_seen(void **state)
{
    struct kit *k = *state;
    const char *key = open_one(k, "");
    assert_int_equal(get(k, "/"), 200);
    kit_has(buf_text(&k->text), "Buoys are down.");
    kit_has(buf_text(&k->text), "Buoys are gone");
    assert_int_equal(get(k, "/api/v2/summary.json"), 200);
    kit_has(buf_text(&k->text), "\"indicator\":\"critical\"");
    assert_string_equal(kit_header(k, "Access-Control-Allow-Origin"), "*");
    say(k, key, "resolved");
    get(k, "/");
    kit_has(buf_text(&k->text), "Everything works.");
    get(k, "/api/v2/incidents/unresolved.json");
    kit_has(buf_text(&k->text), "\"incidents\":[]");
}

static void the_address_of_an_incident_stays(void **state)
{
    struct kit *k = *state;
    const char *key = open_one(k, "");
    assert_int_equal(get(k, path(k, "/incident/", key)), 200); /* published */
    kit_has(buf_text(&k->text), "id=\"update-1\"");
    say(k, key, "resolved");
    assert_int_equal(get(k, path(k, "/incident/", key)), 200); /* rendered when asked for */
    kit_has(buf_text(&k->text), "id=\"update-2\"");
    assert_int_equal(get(k, arena_printf(k->arena, "/incident/%s/2", key)), 301);
    assert_string_equal(kit_header(k, "Location"), arena_printf(k->arena, "/incident/%s#update-2", key));
    assert_int_equal(get(k, arena_printf(k->arena, "/incident/%s/3", key)), 404);
    assert_int_equal(get(k, path(k, "/maintenance/", key)), 301); /* it is no work */
    assert_int_equal(get(k, path(k, "/incidents/", key)), 301);
    assert_string_equal(kit_header(k, "Location"), path(k, "/incident/", key));
    assert_int_equal(get(k, "/incident/aaaaaaaaaaaa"), 404);
    assert_int_equal(get(k, "/incident/%2e%2e"), 400);
    assert_int_equal(get(k, "/incident/%2e%2e%2fconsole"), 400);
    assert_int_equal(get(k, "/incident/a%00b"), 400);
    kit_stop(k);
    kit_start(k);
    sim_run_for(2000);
    assert_int_equal(get(k, path(k, "/incident/", key)), 200); /* after a restart too */
}

static void an_address_from_elsewhere_leads_here(void **state)
{
    struct kit *k = *state;
    static const char *const aliases[] = {"/incidents/17", NULL};
    const char *key = open_one(k, "");
    struct doc *o = doc_object(k->arena), *list;
    struct bulletin *copy;
    bulletin_write(board_find_key(k->house->board, key), o);
    doc_put_text(o, "key", "zzzzzzzzzzzz");
    list = doc_put_list(o, "aliases");
    doc_push_text(list, aliases[0]);
    assert_int_equal(bulletin_read(o, &copy, NULL), 0);
    assert_int_equal(board_import(k->house->board, copy, house_now().wall_ms, NULL), 0);
    assert_int_equal(get(k, "/incidents/17"), 301);
    assert_string_equal(kit_header(k, "Location"), "/incident/zzzzzzzzzzzz");
    assert_int_equal(get(k, "/incidents/18"), 404);
}

static void drafts_are_of_staff(void **state)
{
    struct kit *k = *state;
    const char *key = open_one(k, ",'draft':true");
    assert_int_equal(get(k, path(k, "/incident/", key)), 404);
    get(k, "/");
    kit_has(buf_text(&k->text), "Everything works.");
    get(k, "/feed.atom");
    kit_lacks(buf_text(&k->text), "gone");
    get(k, "/api/v2/incidents.json");
    kit_lacks(buf_text(&k->text), "gone");
}

static void readers_caches_ask_again_cheaply(void **state)
{
    static const char *const feeds[] = {"/feed.atom", "/atom", "/history.atom", "/feed.rss", "/rss", "/history.rss", "/index.xml", "/feed.json", "/calendar.ics", "/component/buoys/feed.atom"};
    struct kit *k = *state;
    const char *key = open_one(k, "");
    for (size_t i = 0; i < COUNT(feeds); i++) {
        assert_int_equal(get(k, feeds[i]), 200);
        const char *etag = kit_header(k, "ETag"), *date = kit_header(k, "Last-Modified");
        assert_true(etag[0] == '"' && date[0]);
        assert_int_equal(kit_ask(k, "GET", feeds[i], arena_printf(k->arena, "If-None-Match: %s\n", etag), NULL), 304);
        assert_int_equal(kit_ask(k, "GET", feeds[i], arena_printf(k->arena, "If-Modified-Since: %s\n", date), NULL), 304);
        assert_int_equal(kit_ask(k, "GET", feeds[i], "If-None-Match: \"x\"\n", NULL), 200);
        sim_run_for(2 * HOUR_MS); /* nothing is said: not a byte changes */
        kit_result(k, "xhost/xcheck", STATE_OK, "secret-output");
        assert_int_equal(kit_ask(k, "GET", feeds[i], arena_printf(k->arena, "If-None-Match: %s\n", etag), NULL), 304);
    }
    get(k, "/feed.atom");
    const char *etag = kit_header(k, "ETag");
    say(k, key, "identified");
    assert_int_equal(kit_ask(k, "GET", "/feed.atom", arena_printf(k->arena, "If-None-Match: %s\n", etag), NULL), 200);
    kit_has(buf_text(&k->text), "https://status.example.org/incident/");
}

static void languages(void **state)
{
    struct kit *k = *state;
    const char *key = open_one(k, "");
    assert_int_equal(kit_ask(k, "GET", path(k, "/incident/", key), "Accept-Language: fr-CA,fr;q=0.9\n", NULL), 200);
    kit_has(buf_text(&k->text), "<html lang=\"fr\">");
    assert_int_equal(kit_ask(k, "GET", "/history", "Accept-Language: fr\n", NULL), 200);
    kit_has(buf_text(&k->text), "<html lang=\"fr\">");
    assert_string_equal(kit_header(k, "Content-Language"), "fr");
    assert_int_equal(kit_get(k, "/feed.rss?lang=fr"), 200);
    kit_has(buf_text(&k->text), "<language>fr</language>");
    assert_int_equal(kit_get(k, "/feed.rss?lang=%22%3E"), 200);
    kit_has(buf_text(&k->text), "<language>en</language>");
}

static void groups_and_components(void **state)
{
    struct kit *k = *state;
    assert_int_equal(get(k, "/component/ferry"), 200);
    kit_has(buf_text(&k->text), "Ferry");
    assert_int_equal(get(k, "/component/xhost"), 404);
    assert_int_equal(get(k, "/group/boats/feed.atom"), 200);
    assert_int_equal(get(k, "/group/boats/large/calendar.ics"), 200);
    assert_int_equal(get(k, "/group/trains/feed.atom"), 404);
    assert_int_equal(get(k, "/component/ferry/badge.svg?style=pill"), 200);
    kit_has(buf_text(&k->text), "<svg ");
    assert_int_equal(get(k, "/component/ferry/nothing"), 404);
}

static int publicly(const char *method, const char *where)
{
    struct sim_request rq = {.method = method, .path = where, .headers = "Host: localhost\n", .peer = "192.0.2.99", .port = 8080};
    struct sim_reply *r = sim_http(&rq);
    int status = r->status;
    sim_reply_free(r);
    return status;
}

/* The address for everybody has all of it, and none of the console. */
static void the_public_address(void **state)
{
    static const char *const open[] = {"/history", "/history/2026-02", "/feed.atom", "/badge.svg", "/api/v2/incidents.json", "/api/v1/endpoints/statuses", "/index.json", "/cc.xml", "/widget", "/widget.js", "/fragment.html", "/snippet/503.html", "/component/ferry"};
    static const char *const closed[] = {"/console", "/api/v1/status", "/login", "/metrics"};
    (void)state;
    for (size_t i = 0; i < COUNT(open); i++)
        assert_int_equal(publicly("GET", open[i]), 200);
    for (size_t i = 0; i < COUNT(closed); i++)
        assert_int_equal(publicly("GET", closed[i]), 404);
    assert_int_equal(publicly("POST", "/feed.atom"), 405);
}

/* Months end where the house's own do: whoever follows "earlier" comes to an end, and addresses that somebody makes up are none. */
static void months_have_an_end(void **state)
{
    struct kit *k = *state;
    struct civil c;
    char path[40];
    int n = 0;
    time_civil(clock_wall_ms(), NULL, &c);
    for (; n < 200; n++, c.month = c.month == 1 ? 12 : c.month - 1, c.year -= c.month == 12) {
        str_print(path, sizeof path, "/history/%04d-%02d", c.year, c.month);
        if (kit_get(k, path) != 200)
            break;
    }
    assert_in_range(n, 3, 6); /* as far as the bars go, and what the scene has */
    assert_int_equal(kit_get(k, "/history/1990-01"), 404);
    assert_int_equal(kit_get(k, "/history/2190-01"), 404);
    assert_int_equal(kit_get(k, "/history/0000-00"), 404);
}

/* Nothing here is anybody's: the name by which a host is asked is no matter. */
static void any_name_of_the_host(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_ask(k, "GET", "/history", "Host: elsewhere.example.net\n", NULL), 200);
    assert_int_equal(kit_ask(k, "GET", "/console", "Host: elsewhere.example.net\n", NULL), 421);
}

static void frames_and_styles_only_where_they_belong(void **state)
{
    struct kit *k = *state;
    get(k, "/widget");
    kit_lacks(kit_header(k, "Content-Security-Policy"), "frame-ancestors 'none'");
    get(k, "/history");
    kit_has(kit_header(k, "Content-Security-Policy"), "frame-ancestors 'none'");
    get(k, "/snippet/503.html");
    kit_has(kit_header(k, "Content-Security-Policy"), "style-src 'unsafe-inline'");
}

/* auto publishes by itself once a failure has lasted: not before, and without anybody asking again. */
static void a_failure_shows_after_its_delay(void **state)
{
    struct kit *k = *state;
    kit_result(k, "xhost/xcheck", STATE_CRITICAL, "secret-output");
    sim_run_for(60 * 1000);
    get(k, "/");
    kit_has(buf_text(&k->text), "Everything works.");
    sim_run_for(61 * 1000);
    get(k, "/");
    kit_has(buf_text(&k->text), "Ferry is down.");
}

/* Ninety days come from the store after a restart, and go on from events. */
static void days_come_from_the_store(void **state)
{
    struct kit *k = *state;
    sim_run_for(2 * HOUR_MS);
    kit_result(k, "xhost/xcheck", STATE_CRITICAL, "secret-output");
    sim_run_for(HOUR_MS);
    kit_result(k, "xhost/xcheck", STATE_OK, "secret-output");
    sim_run_for(2000);
    get(k, "/component/ferry");
    kit_has(buf_text(&k->text), "<td>1\u00a0h</td>"); /* down, from events */
    kit_stop(k);
    kit_start(k);
    sim_run_for(3000);
    get(k, "/component/ferry");
    kit_has(buf_text(&k->text), "<td>1\u00a0h</td>"); /* from the store */
    kit_has(buf_text(&k->text), "class=\"bars\"");
    kit_op(k, "downtime", "{'targets':['xhost'],'comment':'secret-output','for':'30m'}");
    kit_result(k, "xhost/xcheck", STATE_CRITICAL, "secret-output");
    sim_run_for(HOUR_MS / 2);
    get(k, "/component/ferry");
    kit_has(buf_text(&k->text), "<td>30\u00a0min</td>"); /* planned, apart */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_is_seen), TEST(the_address_of_an_incident_stays), TEST(an_address_from_elsewhere_leads_here), TEST(drafts_are_of_staff),
        TEST(readers_caches_ask_again_cheaply), TEST(languages), TEST(groups_and_components), TEST(the_public_address), TEST(months_have_an_end), TEST(any_name_of_the_host), TEST(frames_and_styles_only_where_they_belong),
        TEST(a_failure_shows_after_its_delay), TEST(days_come_from_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

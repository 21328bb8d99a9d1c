/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hub of our feeds: who may subscribe to what, verified by the callback, for how long, sent what and how often; floods and forgeries (W3C WebSub). */
#include "announce/websub.h"
#include "daemon_kit.h"
#include "io/httpc.h"

#define SITE                                                                                                                  \
    "site: { title: { en: Harbour, fr: Port }, url: 'https://status.example.org/' }\n"                                        \
    "announce: { outsiders: anywhere }\n"                                                                                     \
    "components:\n"                                                                                                           \
    "  website: { name: { en: Website, fr: Site web }, group: hosting/web }\n"                                                \
    "  mail: { name: Mail }\n"
#define TOPIC "https://status.example.org/feed.atom?lang=en"
#define FORM "Content-Type: application/x-www-form-urlencoded"
#define DAY_MS (24 * HOUR_MS)

struct peer { /* a subscriber: its server at host "reader" */
    int gets, posts, status, verify; /* verify: 1 echoes, 0 says something else, -1 503 */
    char last_get[3000], headers[2000], path[100];
    struct buf body;
};
static struct peer peer;

static const char *request_header(const struct httpc_request *rq, const char *name)
{
    for (int i = 0; i < rq->n_headers; i++)
        if (str_ieq(rq->headers[i].name, name))
            return rq->headers[i].value;
    return "";
}

static bool serve(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret)
{
    static char challenge[100];
    (void)arg;
    if (str_eq(rq->method, "GET")) {
        const char *at = strstr(target, "hub.challenge=");
        peer.gets++;
        str_copy(peer.last_get, sizeof peer.last_get, target);
        str_copyn(challenge, sizeof challenge, at ? at + 14 : "", at ? strcspn(at + 14, "&") : 0);
        *ret = (struct sim_answer){.status = peer.verify < 0 ? 503 : 200, .body = peer.verify == 1 ? challenge : "not me"};
        return true;
    }
    peer.posts++;
    str_copy(peer.path, sizeof peer.path, target);
    str_print(peer.headers, sizeof peer.headers, "%s\n%s\n%s", request_header(rq, "Content-Type"), request_header(rq, "Link"), request_header(rq, "X-Hub-Signature"));
    buf_clear(&peer.body);
    buf_add(&peer.body, rq->body, rq->body_bytes);
    *ret = (struct sim_answer){.status = peer.status};
    return true;
}

static struct kit *up(const char *yaml)
{
    struct kit *k = kit_new(NULL);
    buf_done(&peer.body);
    peer = (struct peer){.status = 204, .verify = 1, .body = BUF_MAX(8 << 20)};
    sim_host("reader", "192.0.2.60");
    sim_port_open("reader", 80);
    sim_http_serve("reader", 80, serve, NULL);
    sim_host("hub", "192.0.2.61");
    sim_http_answer("hub", 80, "*", &(struct sim_answer){.status = 204});
    kit_write(k, "vigie.yaml", yaml);
    kit_start(k);
    sim_run_for(3000);
    k->peer = "192.0.2.99";
    return k;
}

static int no_setup(void **state)
{
    *state = NULL;
    return 0;
}

static int down(void **state)
{
    kit_free(*state);
    buf_done(&peer.body);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, no_setup, down)

/* From somebody on the network; the status. */
static int ask(const char *from, const char *form)
{
    struct sim_request rq = {.method = "POST", .path = "/websub", .headers = FORM, .body = form, .peer = from};
    struct sim_reply *r = sim_http(&rq);
    int status = r->status;
    sim_reply_free(r);
    return status;
}

static const char *wish(struct kit *k, const char *mode, const char *topic, const char *callback, const char *more)
{
    struct buf b = BUF_MAX(9000);
    buf_printf(&b, "hub.mode=%s&hub.topic=", mode);
    for (const char *c = topic; *c; c++)
        buf_printf(&b, "%%%02x", (unsigned char)*c);
    buf_str(&b, "&hub.callback=");
    for (const char *c = callback; *c; c++)
        buf_printf(&b, "%%%02x", (unsigned char)*c);
    buf_str(&b, more);
    const char *form = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return form;
}

static void subscribe(struct kit *k, const char *topic, const char *callback, const char *more)
{
    assert_int_equal(ask("192.0.2.99", wish(k, "subscribe", topic, callback, more)), 202);
    sim_run_for(2000);
}

static int64_t count(struct kit *k)
{
    assert_int_equal(kit_op(k, "websub-subscriptions", NULL), 200);
    return doc_int(k->reply, "count", -1);
}

static void say(struct kit *k, const char *op, const char *params)
{
    if (kit_op(k, op, params) != 200)
        fail_msg("%s: %s", op, kit_text(k));
    sim_run_for(5000);
}
#define OPEN(k, component) say(k, "incident-open", "{'components':['" component ":major'],'title':'It broke','text':'We look.'}")

/* The machine slept for so long, and is awake for a while. */
static void later(int64_t ms)
{
    sim_suspend(ms);
    sim_run_for(25 * MINUTE_MS);
}

/* ---- pure ---- */

static int topic(const char *text, struct websub_topic *t)
{
    static struct arena *a;
    arena_free(a);
    a = text ? arena_new(0) : NULL;
    return text ? websub_topic_read(a, text, "https://status.example.org", "en", t, NULL) : 0;
}

static void test_topics(void **state)
{
    struct websub_topic t;
    static const char *const bad[] = {"https://status.example.org", "https://status.example.org/", "https://status.example.orgx/feed.atom", "http://status.example.org/feed.atom", "https://evil.example/feed.atom",
                                      "https://status.example.org/feed.atom?lang=de", "https://status.example.org/feed.atom?lang=en&lang=en", "https://status.example.org/feed.atom?x=1", "https://status.example.org/feed.atom#a",
                                      "https://status.example.org/component/mail", "https://status.example.org/component/a/b/feed.atom", "https://status.example.org//feed.atom", "https://status.example.org/feed.atom/",
                                      "https://status.example.org/component/%2e%2e/feed.atom", "https://status.example.org/component/%zz/feed.atom", "https://status.example.org/component/a%2fb/feed.atom",
                                      "https://status.example.org/component/%00/feed.atom", "https://status.example.org/component/%4/feed.atom", "https://status.example.org/group/feed.atom", "https://status.example.org/console/x/feed.atom", ""};
    (void)state;
    assert_int_equal(topic(TOPIC, &t), 0);
    assert_string_equal(t.file, "feed.atom");
    assert_string_equal(t.lang, "en");
    assert_true(!t.component && !t.group && !t.key && !t.per_update);
    assert_int_equal(topic("https://status.example.org/component/web%20site/feed.rss?per=update&lang=fr", &t), 0);
    assert_string_equal(t.component, "web site");
    assert_string_equal(t.lang, "fr");
    assert_true(t.per_update);
    assert_int_equal(topic("https://status.example.org/group/hosting/web/feed.json", &t), 0);
    assert_string_equal(t.group, "hosting/web");
    assert_int_equal(topic("https://status.example.org/incident/k3fo1q9x2mzt/feed.atom", &t), 0);
    assert_string_equal(t.key, "k3fo1q9x2mzt");
    for (size_t i = 0; i < COUNT(bad); i++)
        if (topic(bad[i], &t) != ERR_INVALID)
            fail_msg("%s is taken", bad[i]);
    topic(NULL, NULL);
}

/* ---- the whole way ---- */

static void test_discovery(void **state)
{
    struct kit *k = *state = up(SITE);
    assert_int_equal(kit_get(k, "/feed.atom?lang=en"), 200);
    kit_has(buf_text(&k->text), "<link rel=\"hub\" href=\"https://status.example.org/websub\"/>");
    assert_string_equal(kit_header(k, "Link"), "<https://status.example.org/websub>; rel=\"hub\", <" TOPIC ">; rel=\"self\"");
    assert_int_equal(kit_get(k, "/component/mail/feed.rss?lang=fr"), 200);
    kit_has(buf_text(&k->text), "<atom:link rel=\"hub\" href=\"https://status.example.org/websub\"/>");
    kit_has(kit_header(k, "Link"), "<https://status.example.org/component/mail/feed.rss?lang=fr>; rel=\"self\"");
    assert_int_equal(kit_get(k, "/feed.json"), 200);
    kit_has(buf_text(&k->text), "\"hubs\":[{\"type\":\"WebSub\",\"url\":\"https://status.example.org/websub\"}]");
    assert_int_equal(kit_get(k, "/?lang=en"), 200);
    kit_lacks(buf_text(&k->text), "/websub");
    struct sim_reply *r = sim_http(&(struct sim_request){.path = "/websub", .peer = "192.0.2.99"});
    assert_int_equal(r->status, 405);
    sim_reply_free(r);
}

static void test_subscribe_and_ping(void **state)
{
    struct kit *k = *state = up(SITE);
    subscribe(k, TOPIC, "http://reader/cb?x=1", "&hub.secret=hush&hub.lease_seconds=86400");
    assert_int_equal(peer.gets, 1);
    kit_has(peer.last_get, "/cb?x=1&hub.mode=subscribe&hub.topic=https%3A%2F%2Fstatus.example.org%2Ffeed.atom%3Flang%3Den&hub.challenge=");
    kit_has(peer.last_get, "&hub.lease_seconds=86400");
    assert_int_equal(count(k), 1);
    assert_int_equal(peer.posts, 0);
    OPEN(k, "website");
    assert_int_equal(peer.posts, 1);
    assert_string_equal(peer.path, "/cb?x=1");
    char mac[65];
    hook_sign("hush", -1, buf_text(&peer.body), peer.body.len, mac);
    assert_string_equal(peer.headers, arena_printf(k->arena, "application/atom+xml; charset=utf-8\n<https://status.example.org/websub>; rel=\"hub\", <" TOPIC ">; rel=\"self\"\nsha256=%s", mac));
    assert_int_equal(kit_get(k, "/feed.atom?lang=en"), 200);
    assert_string_equal(buf_text(&peer.body), buf_text(&k->text)); /* the very feed */
    say(k, "incident-update", "{'id':'1','text':'A secret word.','quiet':true}"); /* nobody is mailed; a feed tells it all the same */
    assert_int_equal(peer.posts, 2);
    kit_has(buf_text(&peer.body), "A secret word.");
    say(k, "incident-edit", "{'id':'1','title':'Another title'}");
    assert_int_equal(peer.posts, 3);
    kit_has(buf_text(&peer.body), "Another title");
    assert_int_equal(ask("192.0.2.99", wish(k, "unsubscribe", TOPIC, "http://reader/cb?x=1", "")), 202);
    sim_run_for(2000);
    kit_has(peer.last_get, "hub.mode=unsubscribe");
    kit_lacks(peer.last_get, "lease");
    assert_int_equal(count(k), 0);
    say(k, "incident-resolve", "{'id':'1','text':'Well.'}");
    assert_int_equal(peer.posts, 3);
    assert_int_equal(ask("192.0.2.99", wish(k, "unsubscribe", TOPIC, "http://reader/cb?x=1", "")), 404);
}

static void test_per_topic(void **state)
{
    struct kit *k = *state = up(SITE);
    subscribe(k, "https://status.example.org/component/mail/feed.rss?lang=fr", "http://reader/mail", "");
    subscribe(k, "https://status.example.org/group/hosting/feed.json", "http://reader/group", "");
    OPEN(k, "mail");
    assert_int_equal(peer.posts, 1);
    assert_string_equal(peer.path, "/mail");
    kit_has(peer.headers, "application/rss+xml");
    kit_has(buf_text(&peer.body), "<language>fr</language>");
    OPEN(k, "website");
    assert_int_equal(peer.posts, 2);
    assert_string_equal(peer.path, "/group");
    kit_has(peer.headers, "application/feed+json");
    kit_lacks(peer.headers, "sha256"); /* no secret */
    const char *key = board_at(k->house->board, 0)->key;
    subscribe(k, arena_printf(k->arena, "https://status.example.org/incident/%s/feed.atom", key), "http://reader/one", "");
    assert_int_equal(count(k), 3);
    say(k, "incident-open", "{'components':['mail:degraded'],'title':'Other','text':'x'}");
    assert_int_equal(peer.posts, 3); /* that of mail, and not of the one */
    assert_string_equal(peer.path, "/mail");
}

/* ---- not meant, not allowed ---- */

static void test_not_meant(void **state)
{
    struct kit *k = *state = up(SITE);
    peer.verify = 0;
    subscribe(k, TOPIC, "http://reader/cb", "");
    assert_int_equal(count(k), 0);
    assert_int_equal(peer.gets, 1);
    peer.verify = -1;
    subscribe(k, TOPIC, "http://reader/cb", "");
    sim_run_for(40000);
    peer.verify = 1; /* it was away for a moment */
    sim_run_for(70000);
    assert_int_equal(count(k), 1);
    peer.verify = 0; /* nobody else can end it */
    assert_int_equal(ask("192.0.2.99", wish(k, "unsubscribe", TOPIC, "http://reader/cb", "")), 202);
    sim_run_for(2000);
    assert_int_equal(count(k), 1);
}

static void test_refused(void **state)
{
    struct kit *k = *state = up(SITE);
    char *secret = mem_alloc(300);
    memset(secret, 's', 299);
    secret[299] = 0;
    memcpy(secret, "&hub.secret=", 12);
    assert_int_equal(ask("192.0.2.1", "x"), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "publish", TOPIC, "http://reader/", "")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", "https://evil.example/feed.atom", "http://reader/", "")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", "https://status.example.org/component/nope/feed.atom", "http://reader/", "")), 404);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", "https://status.example.org/feed.exe", "http://reader/", "")), 404);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "ftp://reader/", "")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader/\r\nX: y", "")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://user@reader/", "")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader/#f", "")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader/", "&hub.lease_seconds=x")), 400);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader/", secret)), 400);
    sim_run_for(5000);
    assert_int_equal(peer.gets, 0);
    assert_int_equal(count(k), 0);
    mem_free(secret);
}

static void test_closed_house(void **state)
{
    struct kit *k = *state = up("site: { title: Harbour, url: 'https://status.example.org' }\ncomponents: { mail: { name: Mail } }\n");
    sim_dns("inside.example", "A", "10.0.0.7");
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader.example/", "")), 422); /* no https */
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "https://127.0.0.1:8444/console", "")), 422);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "https://[::ffff:10.0.0.1]/", "")), 422);
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "https://inside.example/", "")), 202); /* judged when it is looked up */
    sim_run_for(300000);
    assert_int_equal(count(k), 0);
}

static void test_flood(void **state)
{
    struct kit *k = *state = up(SITE "feeds: { subscriptions: 20 }\n");
    int taken = 0, later = 0;
    for (int i = 0; i < 100; i++) {
        int status = ask("192.0.2.1", wish(k, "subscribe", TOPIC, arena_printf(k->arena, "http://reader/%d", i), ""));
        taken += status == 202;
        later += status == 429;
    }
    sim_run_for(5000);
    assert_int_equal(taken + later, 100);
    assert_int_equal(count(k), 5); /* of one host */
    assert_true(peer.gets <= 5);
    for (int i = 0; i < 100; i++) /* one network asks for hosts of all the world */
        later += ask("192.0.2.1", wish(k, "subscribe", TOPIC, arena_printf(k->arena, "http://h%d.example/", i), "")) == 429;
    assert_true(later > 120);
    sim_run_for(600000);
    assert_int_equal(count(k), 5);
    OPEN(k, "mail");
    assert_int_equal(peer.posts, 5);
}

/* ---- leases, restarts, receivers in trouble ---- */

static void test_leases(void **state)
{
    struct kit *k = *state = up(SITE);
    subscribe(k, TOPIC, "http://reader/short", "&hub.lease_seconds=1");
    kit_has(peer.last_get, "hub.lease_seconds=600");
    subscribe(k, TOPIC, "http://reader/long", "&hub.lease_seconds=99999999");
    kit_has(peer.last_get, "hub.lease_seconds=2592000");
    subscribe(k, TOPIC, "http://reader/usual", "");
    kit_has(peer.last_get, "hub.lease_seconds=864000");
    kit_stop(k);
    kit_start(k);
    sim_run_for(5 * MINUTE_MS);
    assert_int_equal(count(k), 3);
    subscribe(k, TOPIC, "http://reader/short", "&hub.lease_seconds=3600&hub.secret=new"); /* renewed */
    assert_int_equal(count(k), 3);
    sim_run_for(15 * MINUTE_MS);
    OPEN(k, "mail");
    assert_int_equal(peer.posts, 3);
    later(HOUR_MS);
    assert_int_equal(count(k), 2);
    later(11 * DAY_MS);
    assert_int_equal(count(k), 1);
    later(20 * DAY_MS);
    assert_int_equal(count(k), 0);
}

static void test_away(void **state)
{
    struct kit *k = *state = up(SITE);
    subscribe(k, TOPIC, "http://reader/cb", "");
    peer.status = 500;
    OPEN(k, "mail");
    say(k, "incident-update", "{'id':'1','text':'One.'}");
    say(k, "incident-update", "{'id':'1','text':'Two.'}");
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(kit_op(k, "websub-subscriptions", NULL), 200);
    kit_has(kit_text(k), "\"state\":\"failing\"");
    kit_has(kit_text(k), "500");
    kit_stop(k);
    kit_start(k);
    sim_run_for(20 * MINUTE_MS);
    peer.status = 200;
    peer.posts = 0;
    sim_run_for(HOUR_MS);
    assert_int_equal(peer.posts, 1); /* three changes, and the feed once */
    kit_has(buf_text(&peer.body), "Two.");
    sim_crash(true);
    kit_start(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(peer.posts, 1);
    assert_int_equal(kit_op(k, "websub-subscriptions", NULL), 200);
    kit_has(kit_text(k), "\"state\":\"ok\"");
}

static void test_gone(void **state)
{
    struct kit *k = *state = up(SITE);
    subscribe(k, TOPIC, "http://reader/cb", "");
    subscribe(k, "https://status.example.org/component/mail/feed.atom", "http://reader/mail", "");
    peer.status = 410;
    OPEN(k, "website");
    assert_int_equal(count(k), 1);
    peer.status = 404; /* which is not for ever */
    OPEN(k, "mail");
    assert_int_equal(count(k), 1);
    later(2 * DAY_MS);
    assert_int_equal(count(k), 1);
    later(2 * DAY_MS);
    assert_int_equal(count(k), 0);
}

/* What it was about is taken out of the configuration; staff end one. */
static void test_ended_by_us(void **state)
{
    struct kit *k = *state = up(SITE);
    subscribe(k, "https://status.example.org/component/mail/feed.atom", "http://reader/mail", "");
    subscribe(k, TOPIC, "http://reader/all", "");
    assert_int_equal(kit_op(k, "websub-subscriptions", NULL), 200);
    int64_t id = doc_int(doc_get(k->reply, "subscriptions")->kids.first->next, "id", 0);
    say(k, "websub-remove", arena_printf(k->arena, "{'id':%lld}", (long long)id));
    assert_int_equal(count(k), 1);
    kit_has(peer.last_get, "/all?hub.mode=denied&hub.topic=");
    kit_op(k, "websub-remove", "{'id':1}"); /* that row is no subscription */
    kit_refused(k, 404, "not_found", "id");
    OPEN(k, "mail");
    assert_int_equal(peer.posts, 1);
    kit_write(k, "vigie.yaml", "site: { url: 'https://status.example.org' }\nannounce: { outsiders: anywhere }\ncomponents: { website: { name: Website } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    say(k, "incident-update", "{'id':'1','text':'News.'}");
    kit_has(peer.last_get, "/mail?hub.mode=denied&");
    assert_int_equal(count(k), 0);
}

/* ---- somebody else's hub ---- */

static void test_other_hub(void **state)
{
    struct kit *k = *state = up(SITE "feeds: { hub: 'http://hub/publish' }\n");
    assert_int_equal(kit_get(k, "/feed.atom?lang=en"), 200);
    kit_has(buf_text(&k->text), "<link rel=\"hub\" href=\"http://hub/publish\"/>");
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader/", "")), 404);
    OPEN(k, "website");
    assert_int_equal(sim_port_hits("hub", 80), 1);
    const char *heard = sim_port_heard("hub", 80);
    kit_has(heard, "hub.mode=publish&hub.url=https%3A%2F%2Fstatus.example.org%2Ffeed.atom%3Flang%3Den");
    kit_has(heard, "&hub.url=https%3A%2F%2Fstatus.example.org%2Fcomponent%2Fwebsite%2Ffeed.rss%3Flang%3Dfr");
    kit_has(heard, "hosting");
    kit_lacks(heard, "mail");
    kit_write(k, "vigie.yaml", SITE "feeds: { websub: no }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(2000);
    assert_int_equal(kit_get(k, "/feed.atom?lang=en"), 200);
    kit_lacks(buf_text(&k->text), "hub");
    assert_string_equal(kit_header(k, "Link"), "");
    assert_int_equal(ask("192.0.2.1", wish(k, "subscribe", TOPIC, "http://reader/", "")), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_topics), TEST(test_discovery), TEST(test_subscribe_and_ping), TEST(test_per_topic), TEST(test_not_meant), TEST(test_refused), TEST(test_closed_house), TEST(test_flood),
                                       TEST(test_leases), TEST(test_away), TEST(test_gone), TEST(test_ended_by_us), TEST(test_other_hub)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is published goes to each way that wants it, each once, over a server that is away and over restarts; its words in one line; and where
 * requests to other people's servers may go (ST-13, ANN-3, ANN-13). */
#include "announce/publication.h"
#include "announce/telling.h"
#include "channels/egress.h"
#include "daemon/daemon_priv.h"
#include "daemon_kit.h"

#define YAML                                                                                                                                        \
    "site: { title: Harbour, zone: Europe/Paris, mail: { smtp: 'smtp://127.0.0.1:25', from: 'status@example.org' }, url: 'https://status.example.org' }\n" \
    "hosts: { box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] } }\n"                                                              \
    "components: { website: { name: { en: Website, fr: Site web }, depends: [box/web] } }\n"
#define OPEN_HOUSE YAML "announce: { outsiders: anywhere }\n"

static int setup(void **state)
{
    *state = kit_new(YAML);
    return 0;
}
static int setup_open(void **state)
{
    *state = kit_new(OPEN_HOUSE);
    return 0;
}

/* ---- a way of one's own: a request for each publication ---- */

struct own {
    struct kit *k;
    int composed, verdict_now;
    char url[80], seen[2000];
    size_t most;
};

static int own_add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    char payload[40], unique[200];
    assert_null(rows);
    assert_int_equal(i, 0);
    str_print(payload, sizeof payload, "{\"p\":%lld}", (long long)p->id);
    str_print(unique, sizeof unique, "own:%s", p->key);
    outbox_add(b, "node1", "webhook", unique, "own", payload, now_ms);
    (void)arg;
    return 1;
}

struct composing {
    struct own *own;
    channel_post_made *made;
    void *job;
};

static void own_found(void *arg, int code, const struct publication *p)
{
    struct composing *c = arg;
    struct buf body = BUF_MAX(2000);
    if (p) {
        telling_line(c->own->k->house->telling, p, "en", 500, 500, &body);
        size_t n = strlen(c->own->seen);
        str_print(c->own->seen + n, sizeof c->own->seen - n, "%s;", notice_words[p->notice]);
    }
    struct egress_request rq = {.class = EGRESS_STAFF, .url = c->own->url, .body = buf_text(&body), .body_bytes = body.len};
    c->made(c->job, code, &rq, NULL);
    buf_done(&body);
    mem_free(c);
}

static void own_compose(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job)
{
    struct own *own = arg;
    struct composing *c = NEW(struct composing);
    (void)now_ms;
    own->composed++;
    assert_int_equal(again, own->verdict_now == 1 && own->composed == 2);
    *c = (struct composing){own, made, job};
    publication_find(own->k->house->publications, strtoll(row->payload + 5, NULL, 10), own_found, c);
}

static enum post_verdict own_judge(void *arg, const struct outbox_row *row, const struct httpc_reply *r, struct err *e)
{
    struct own *own = arg;
    (void)row;
    if (own->verdict_now == 0 || r->status != 401)
        return post_judge(r, e);
    err_set(e, ERR_AUTH, "signature", "");
    return POST_NOW;
}

static void start(struct kit *k, struct own *own)
{
    kit_start(k);
    struct publication_way way = {.name = "own", .notices = notice_told | NOTICE_BIT(NOTICE_CORRECTED) | NOTICE_BIT(NOTICE_RETRACTED) | NOTICE_BIT(NOTICE_REPORTED), .add = own_add, .arg = own};
    struct channel_poster poster = {.channel = "webhook", .compose = own_compose, .judge = own_judge, .arg = own};
    channel_poster_drop(&k->daemon->channel_env, "webhook");
    channel_poster_put(&k->daemon->channel_env, &poster);
    publications_way(k->house->publications, &way);
    sim_run_for(5000);
}

static void begin(struct kit *k, struct own *own)
{
    *own = (struct own){.k = k, .url = "http://hook.example.org/in"};
    sim_host("hook.example.org", "198.51.100.7");
    sim_port_open("hook.example.org", 80);
    sim_http_answer("hook.example.org", 80, "*", &(struct sim_answer){.status = 204});
    start(k, own);
}

static void open_incident(struct kit *k)
{
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'text':'We **look** for it.','title':'Login fails'}"), 200);
    sim_run_for(5000);
}

static void test_each_way_once(void **state)
{
    struct kit *k = *state;
    struct own own;
    begin(k, &own);
    open_incident(k);
    assert_int_equal(sim_port_hits("hook.example.org", 80), 1);
    kit_has(sim_port_heard("hook.example.org", 80), "Login fails. We look for it. https://status.example.org/incident/");
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','text':'A disk is broken.','phase':'identified'}"), 200);
    sim_run_for(5000);
    assert_int_equal(kit_op(k, "incident-edit", "{'id':'1','update':2,'text':'A fan is broken.'}"), 200);
    sim_run_for(5000);
    assert_string_equal(own.seen, "opened;update;corrected;");
    assert_int_equal(kit_op(k, "incident-retract", "{'id':'1'}"), 200);
    sim_run_for(5000);
    assert_string_equal(own.seen, "opened;update;corrected;retracted;");
    assert_int_equal(sim_port_hits("hook.example.org", 80), 4);
    kit_stop(k);
    start(k, &own);
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("hook.example.org", 80), 4); /* nothing again */
}

static void test_quiet_updates(void **state)
{
    struct kit *k = *state;
    struct own own;
    begin(k, &own);
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'text':'x','title':'Login fails','quiet':true}"), 200);
    sim_run_for(5000);
    assert_int_equal(own.composed, 0);
}

static void test_a_server_that_is_away(void **state)
{
    struct kit *k = *state;
    struct own own;
    begin(k, &own);
    sim_port_closed("hook.example.org", 80);
    open_incident(k);
    sim_run_for(20 * MINUTE_MS);
    assert_true(own.composed > 3);
    kit_stop(k);
    start(k, &own);
    sim_run_for(20 * MINUTE_MS);
    sim_port_open("hook.example.org", 80);
    sim_http_answer("hook.example.org", 80, "*", &(struct sim_answer){.status = 200});
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("hook.example.org", 80), 1);
}

static void test_answers(void **state)
{
    struct kit *k = *state;
    struct own own;
    begin(k, &own);
    sim_http_answer("hook.example.org", 80, "*", &(struct sim_answer){.status = 410});
    open_incident(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(own.composed, 1); /* never again */
    sim_http_answer("hook.example.org", 80, "*", &(struct sim_answer){.status = 503});
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','text':'Still.'}"), 200);
    sim_run_for(15000);
    assert_int_equal(own.composed, 3); /* at once, and after ten seconds */
}

static void test_once_more_at_once(void **state)
{
    struct kit *k = *state;
    struct own own;
    begin(k, &own);
    own.verdict_now = 1;
    sim_http_answer("hook.example.org", 80, "*", &(struct sim_answer){.status = 401});
    open_incident(k);
    assert_int_equal(own.composed, 2); /* the second time of this try; then it waits */
}

/* ---- one line ---- */

struct lined {
    struct kit *k;
    size_t chars, bytes;
    const char *lang, *line;
};

static void lined_found(void *arg, int code, const struct publication *p)
{
    struct lined *l = arg;
    struct buf b = BUF_MAX(5000);
    assert_int_equal(code, 0);
    telling_line(l->k->house->telling, p, l->lang, l->chars, l->bytes, &b);
    l->line = arena_dup(l->k->arena, buf_text(&b));
    buf_done(&b);
}

static const char *line(struct kit *k, const char *lang, size_t chars, size_t bytes)
{
    struct lined l = {k, chars, bytes, lang, NULL};
    publication_find(k->house->publications, 1, lined_found, &l);
    sim_run_for(1000);
    assert_non_null(l.line);
    return l.line;
}

static void test_lines(void **state)
{
    struct kit *k = *state;
    struct own own;
    begin(k, &own);
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'text':{'fr':'Nous *cherchons* la cause à l’été.'},'title':{'fr':'La connexion échoue'}}"), 200);
    sim_run_for(5000);
    const char *whole = line(k, "fr", 500, 500), *link = strstr(whole, " https://status.example.org/incident/");
    kit_has(whole, "La connexion échoue. Nous cherchons la cause à l’été. https://");
    for (size_t n = 60; n < 160; n++) {
        const char *cut = line(k, "fr", 500, n);
        assert_true(strlen(cut) <= n);
        assert_string_equal(cut + strlen(cut) - strlen(link), link);
        for (const char *p = cut; *p; p++)
            if ((unsigned char)*p >= 0xc0)
                assert_true(((unsigned char)p[1] & 0xc0) == 0x80);
    }
    kit_has(line(k, "fr", 100, 1000), "… https://");
    assert_string_equal(line(k, "fr", 3, 3), link + 1); /* the link is all there is */
}

/* ---- where requests may go ---- */

struct asked {
    bool done;
    int code, status;
    char url[300];
    struct egress_job *job;
};

static void asked_done(void *arg, const struct httpc_reply *r)
{
    struct asked *a = arg;
    a->done = true;
    a->code = r->code;
    a->status = r->status;
    str_copy(a->url, sizeof a->url, egress_url(a->job));
}

static struct asked ask(struct kit *k, enum egress_class class, const char *url, int redirects)
{
    struct asked a = {0};
    const struct httpc_header headers[] = {{"Authorization", "Bearer secret"}, {"X-Other", "1"}};
    struct egress_request rq = {.class = class, .url = url, .redirects = redirects, .headers = headers, .n_headers = 2};
    a.job = egress_start(k->daemon->egress, &rq, asked_done, &a);
    assert_false(a.done); /* never at once */
    assert_true(sim_run_flag(&a.done, 60000));
    return a;
}

static void test_outsiders(void **state)
{
    struct kit *k = *state;
    static const char *const bad[] = {"", "ftp://example.org/", "https://", "https://a b/", "https://user@social.example.net/", "https://social.example.net:99999/", "https://social.example.net\\@127.0.0.1/", "https://[::1", "javascript:x", "https://x\r\nHost: y/"};
    static const char *const closed[] = {"https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data/", "https://[fe80::1]/", "https://[fd00::1]/", "https://0.0.0.0/", "https://192.168.1.1/", "https://inside.example.net/", "https://100.64.0.1/", "http://social.example.net/"};
    kit_start(k);
    sim_host("social.example.net", "93.184.216.34");
    sim_host("inside.example.net", "10.0.0.5");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(ask(k, EGRESS_OUTSIDER, bad[i], 0).code, ERR_INVALID);
    for (size_t i = 0; i < COUNT(closed); i++)
        assert_int_equal(ask(k, EGRESS_OUTSIDER, closed[i], 0).code, ERR_DENIED);
    for (size_t i = 0; i < COUNT(closed); i++)
        if (!strstr(closed[i], "inside"))
            assert_int_equal(egress_judge(k->daemon->egress, closed[i], NULL), ERR_DENIED);
    assert_int_equal(egress_judge(k->daemon->egress, "https://localhost/", NULL), ERR_DENIED);
    assert_int_equal(egress_judge(k->daemon->egress, "https://social.example.net/x", NULL), 0);
    sim_port_open("social.example.net", 443);
    sim_port_tls("social.example.net", 443, &(struct sim_cert){.names = "social.example.net", .days_left = 90});
    sim_run_for(2 * HOUR_MS); /* it is good from soon on */
    sim_http_answer("social.example.net", 443, "/ok", &(struct sim_answer){.status = 200, .body = "yes"});
    sim_http_answer("social.example.net", 443, "/in", &(struct sim_answer){.status = 302, .headers = "Location: https://inside.example.net/\n"});
    sim_http_answer("social.example.net", 443, "/round", &(struct sim_answer){.status = 302, .headers = "Location: /round\n"});
    assert_int_equal(ask(k, EGRESS_OUTSIDER, "https://social.example.net/ok", 0).status, 200);
    assert_int_equal(ask(k, EGRESS_OUTSIDER, "https://social.example.net/in", 0).status, 302); /* not asked to follow */
    assert_int_equal(ask(k, EGRESS_OUTSIDER, "https://social.example.net/in", 3).code, ERR_DENIED);
    assert_int_equal(ask(k, EGRESS_OUTSIDER, "https://social.example.net/round", 3).status, 302);
    assert_int_equal(ask(k, EGRESS_OUTSIDER, "https://nowhere.example.net/", 0).code, ERR_NOT_FOUND);
}

static void test_staff_and_redirects(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    sim_host("one.example.org", "10.0.0.1");
    sim_host("two.example.org", "10.0.0.2");
    sim_port_open("one.example.org", 80);
    sim_port_open("two.example.org", 80);
    sim_http_answer("one.example.org", 80, "/a/b", &(struct sim_answer){.status = 301, .headers = "Location: c?d\n"});
    sim_http_answer("one.example.org", 80, "/a/c?d", &(struct sim_answer){.status = 307, .headers = "Location: http://two.example.org/e\n"});
    sim_http_answer("two.example.org", 80, "/e", &(struct sim_answer){.status = 200});
    struct asked a = ask(k, EGRESS_STAFF, "http://one.example.org/a/b", 5);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.url, "http://two.example.org/e");
    kit_has(sim_port_heard("one.example.org", 80), "Bearer secret");
    kit_lacks(sim_port_heard("two.example.org", 80), "Bearer secret"); /* stays with the first */
    kit_has(sim_port_heard("two.example.org", 80), "X-Other");
    struct asked none = {0};
    const struct httpc_header split = {"X-A", "1\r\nX-B: 2"};
    struct egress_request rq = {.class = EGRESS_STAFF, .url = "http://one.example.org/", .headers = &split, .n_headers = 1};
    none.job = egress_start(k->daemon->egress, &rq, asked_done, &none);
    assert_true(sim_run_flag(&none.done, 1000));
    assert_int_equal(none.code, ERR_INVALID);
}

static void test_open_house(void **state)
{
    struct kit *k = *state;
    kit_start(k);
    sim_host("one.example.org", "10.0.0.1");
    sim_port_open("one.example.org", 80);
    sim_http_answer("one.example.org", 80, "*", &(struct sim_answer){.status = 200});
    assert_int_equal(ask(k, EGRESS_OUTSIDER, "http://one.example.org/", 0).status, 200);
    assert_int_equal(egress_judge(k->daemon->egress, "http://localhost:8080/", NULL), 0);
    struct asked never = {0};
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .url = "http://one.example.org/"};
    egress_cancel(egress_start(k->daemon->egress, &rq, asked_done, &never));
    sim_run_for(30000);
    assert_false(never.done);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_way_once), TEST(test_quiet_updates), TEST(test_a_server_that_is_away), TEST(test_answers), TEST(test_once_more_at_once), TEST(test_lines),
        TEST(test_outsiders), TEST(test_staff_and_redirects), cmocka_unit_test_setup_teardown(test_open_house, setup_open, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Live updates: streams, what they say and how often, their end; and the rows that pages ask for. */
#include "daemon_kit.h"

static struct sim_reply *stream(struct kit *k)
{
    struct sim_reply *r = kit_http(k, "GET", "/console/live", NULL, NULL);
    sim_run_for(10);
    assert_int_equal(r->status, 200);
    assert_string_equal(r->type, "text/event-stream");
    assert_true(sim_tap_open(r));
    kit_has(buf_text(&r->body), "event: hello");
    return r;
}

static void a_change_is_told(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    struct sim_reply *r = stream(k);
    kit_result(k, "web1/job", STATE_CRITICAL, "<b>x");
    kit_has(buf_text(&r->body), "event: changed\ndata: {");
    kit_has(buf_text(&r->body), "\"ids\":[\"web1/job\"]");
    kit_has(buf_text(&r->body), "\"problems\":1");
    kit_has(buf_text(&r->body), "\"all\":false");
    kit_lacks(buf_text(&r->body), "<b>x"); /* only which; the page asks for the row */
    sim_reply_free(r);
}

/* Four times a second at most, each thing once. */
static void many_changes_are_one_message(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    struct sim_reply *r = stream(k);
    struct result bad = {.state = STATE_CRITICAL, .text = "x", .at_ms = clock_wall_ms(), .passive = true};
    for (int i = 0; i < 50; i++) {
        bad.state = i % 2 ? STATE_OK : STATE_CRITICAL;
        sink_result(k->house->model, "web1", "job", &bad, house_now(), NULL);
        sink_result(k->house->model, "box", "job", &bad, house_now(), NULL);
    }
    sim_run_for(400);
    assert_int_equal(kit_count(buf_text(&r->body), "event: changed"), 1);
    assert_int_equal(kit_count(buf_text(&r->body), "\"web1/job\""), 1);
    sim_reply_free(r);
}

static void each_in_its_language(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    struct sim_reply *en = stream(k), *fr = kit_http(k, "GET", "/console/live?lang=fr", NULL, NULL);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_has(buf_text(&en->body), "critical");
    kit_has(buf_text(&fr->body), "critique");
    sim_reply_free(en);
    kit_result(k, "web1/job", STATE_OK, "x"); /* one has left: the other goes on */
    assert_int_equal(kit_count(buf_text(&fr->body), "event: changed"), 2);
    sim_reply_free(fr);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
}

static void a_pulse_when_nothing_happens(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    struct sim_reply *r = stream(k);
    sim_run_for(MINUTE_MS);
    size_t n = kit_count(buf_text(&r->body), "event: pulse");
    assert_true(n >= 3 && n <= 5);
    sim_reply_free(r);
}

/* A stream does not outlive the right to see it. */
static void it_ends_with_the_session(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_OPERATOR);
    struct sim_reply *r = stream(k);
    assert_int_equal(kit_op(k, "user-add", "{'name':'boss','password':'" KIT_PASSWORD "','role':'admin'}"), 200);
    assert_int_equal(kit_op(k, "user-remove", "{'name':'operator'}"), 200);
    sim_run_for(MINUTE_MS);
    assert_false(sim_tap_open(r));
    size_t before = r->body.len;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(r->body.len, before);
    sim_reply_free(r);
}

static void not_for_strangers(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/console/live"), 303);
    assert_int_equal(kit_get(k, "/console/rows?view=list&id=web1/job"), 303);
    assert_int_equal(kit_post(k, "/console/live", ""), 405);
}

static void a_removed_host_and_the_end_of_the_daemon(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    struct sim_reply *r = stream(k);
    kit_write(k, "vigie.yaml", "hosts: { router1: { address: 192.0.2.1 } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(1000);
    kit_has(buf_text(&r->body), "event: changed");
    k->daemon = daemon_free(k->daemon);
    sim_run_for(10);
    assert_false(sim_tap_open(r));
    sim_reply_free(r);
    sim_crash(false);
}

static void rows(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_OPERATOR);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_get(k, "/console/rows?view=list&id=web1/job&id=box&id=nohost&id=web1/none&id="), 200);
    assert_int_equal(kit_count(buf_text(&k->text), "<tr "), 2);
    kit_has(buf_text(&k->text), "data-item=\"web1/job\" data-bad data-open");
    assert_int_equal(kit_get(k, "/console/rows?view=host&id=web1%2Fjob"), 200);
    kit_lacks(buf_text(&k->text), "/console/host/web1"); /* a host's page need not name it again */
    assert_int_equal(kit_get(k, "/console/rows?view=seat&id=web1"), 200);
    kit_has(buf_text(&k->text), "data-seat=\"web1\"");
    assert_int_equal(kit_get(k, "/console/rows?view=other&id=web1"), 400);
    assert_int_equal(kit_get(k, "/console/rows"), 400);
    struct buf b = BUF_MAX(8000);
    buf_str(&b, "/console/rows?view=list");
    for (int i = 0; i < 400; i++)
        buf_str(&b, "&id=web1/job");
    assert_int_equal(kit_get(k, buf_text(&b)), 200);
    assert_true(kit_count(buf_text(&k->text), "<tr ") <= 200);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_change_is_told), KIT_TEST(many_changes_are_one_message), KIT_TEST(each_in_its_language), KIT_TEST(a_pulse_when_nothing_happens), KIT_TEST(it_ends_with_the_session), KIT_TEST(not_for_strangers),
        KIT_TEST(a_removed_host_and_the_end_of_the_daemon), KIT_TEST(rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

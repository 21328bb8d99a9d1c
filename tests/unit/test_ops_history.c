/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history and events: what happened, newest first, within limits, kept over a restart. */
#include "daemon_kit.h"

static void happen(struct kit *k)
{
    kit_result(k, "web1/job", STATE_OK, "fine");
    sim_run_for(MINUTE_MS);
    kit_result(k, "web1/job", STATE_CRITICAL, "first <b>");
    sim_run_for(MINUTE_MS);
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'mine'}");
    sim_run_for(MINUTE_MS);
    kit_result(k, "web1/job", STATE_OK, "second");
    kit_result(k, "box/soft", STATE_WARNING, "elsewhere");
    sim_run_for(5000);
}

static void newest_first_with_all_of_it(void **state)
{
    struct kit *k = *state;
    happen(k);
    assert_int_equal(kit_op(k, "history", "{'target':'web1/job'}"), 200);
    int64_t last = INT64_MAX;
    bool acked = false, bad = false;
    DOC_EACH(doc_get(k->reply, "events"), d) {
        int64_t at = doc_get(d, "at")->i;
        assert_true(at <= last);
        last = at;
        assert_string_equal(doc_text(d, "host", ""), "web1");
        assert_string_equal(doc_text(d, "check", ""), "job");
        if (str_eq(doc_text(d, "kind", ""), "ack"))
            acked = str_eq(doc_text(d, "author", ""), "anna") && str_eq(doc_text(d, "text", ""), "mine");
        if (str_eq(doc_text(d, "to", ""), "critical"))
            bad = str_eq(doc_text(d, "from", ""), "ok") && doc_bool(d, "hard", false) && str_eq(doc_text(d, "text", ""), "first <b>");
    }
    assert_true(acked);
    assert_true(bad);
    assert_true(doc_int(k->reply, "since", 0) > 0); /* also when nothing was said: the last day */
}

static void a_host_has_its_checks_with_it(void **state)
{
    struct kit *k = *state;
    happen(k);
    kit_op(k, "history", "{'target':'web1'}");
    bool check = false;
    DOC_EACH(doc_get(k->reply, "events"), d) {
        assert_string_equal(doc_text(d, "host", ""), "web1");
        check |= str_eq(doc_text(d, "check", ""), "job");
    }
    assert_true(check);
    kit_op(k, "events", NULL);
    kit_has(kit_text(k), "\"host\":\"box\",\"check\":\"soft\"");
    kit_has(kit_text(k), "\"host\":\"web1\",\"check\":\"job\"");
}

static void limits(void **state)
{
    struct kit *k = *state;
    happen(k);
    static const struct {
        const char *limit;
        size_t n;
    } rows[] = {{"1", 1}, {"2", 2}, {"0", 1}, {"-5", 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(kit_op(k, "history", arena_printf(k->arena, "{'target':'web1/job','limit':%s}", rows[i].limit)), 200);
        assert_int_equal(doc_get(k->reply, "events")->kids.n, rows[i].n);
    }
    assert_int_equal(kit_op(k, "events", "{'limit':9223372036854775807}"), 200);
    assert_true(doc_get(k->reply, "events")->kids.n > 3);
    kit_op(k, "history", "{'target':'web1/job','since':'+1h'}"); /* nothing yet from tomorrow */
    assert_int_equal(doc_get(k->reply, "events")->kids.n, 0);
    kit_op(k, "events", "{'since':'-90s'}");
    kit_lacks(kit_text(k), "first <b>");
    kit_op(k, "history", "{'target':'web1/none'}");
    kit_refused(k, 404, "not_found", "target");
}

static void it_is_there_after_a_restart(void **state)
{
    struct kit *k = *state;
    happen(k);
    kit_stop(k);
    kit_start(k);
    kit_op(k, "history", "{'target':'web1/job'}");
    kit_has(kit_text(k), "first <b>");
}

static void a_removed_host_leaves_events_but_no_target(void **state)
{
    struct kit *k = *state;
    happen(k);
    kit_write(k, "vigie.yaml", "hosts: { box: { alive: no, checks: [{ passive: { name: soft } }] } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    kit_op(k, "history", "{'target':'web1/job'}");
    kit_refused(k, 404, "not_found", "target");
    assert_int_equal(kit_op(k, "events", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(newest_first_with_all_of_it), KIT_TEST(a_host_has_its_checks_with_it), KIT_TEST(limits), KIT_TEST(it_is_there_after_a_restart), KIT_TEST(a_removed_host_leaves_events_but_no_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

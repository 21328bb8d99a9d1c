/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vigie watched: health, a word for load balancers, figures, Prometheus text. */
#include "daemon_kit.h"

static void health_when_all_is_well(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "health", NULL), 200);
    assert_true(doc_bool(k->reply, "ok", false));
    assert_true(doc_int(k->reply, "uptime_ms", 0) >= 5000);
    assert_true(doc_int(doc_get(k->reply, "scheduler"), "results", 0) >= 3); /* two hosts and a port were asked */
    assert_int_equal(doc_int(doc_get(k->reply, "scheduler"), "in_flight", -1), 0);
    assert_false(doc_bool(doc_get(k->reply, "store"), "failing", true));
    assert_int_equal(doc_int(doc_get(k->reply, "summary"), "hosts", 0), 3);
}

static void a_full_disk_is_told(void **state)
{
    struct kit *k = *state;
    struct principal nobody = {.via = "api"};
    assert_int_equal(kit_op_as(k, "healthz", NULL, &nobody), 200);
    assert_string_equal(buf_text(&k->raw), "ok\n");
    sim_disk_fault(SIM_DISK_FULL);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    sim_run_for(10000);
    assert_int_not_equal(kit_op_as(k, "healthz", NULL, &nobody), 200);
    assert_int_equal(k->status, 503);
    assert_int_equal(kit_op(k, "health", NULL), 200);
    assert_false(doc_bool(k->reply, "ok", true));
    assert_true(doc_text(doc_get(k->reply, "store"), "why", "")[0]);
    assert_true(doc_int(doc_get(k->reply, "store"), "since", 0) > 0);
    assert_int_equal(kit_op(k, "metrics", NULL), 200); /* and it goes on watching */
    kit_has(buf_text(&k->raw), "vigie_store_failing 1\n");
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(kit_op_as(k, "healthz", NULL, &nobody), 200);
}

static void prometheus_text(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "metrics", NULL), 200);
    assert_true(str_starts(k->raw_type, "text/plain; version=0.0.4"));
    const char *text = buf_text(&k->raw);
    kit_has(text, "vigie_check_state{host=\"web1\",check=\"job\"} 2\n");
    kit_has(text, "vigie_check_state{host=\"web1\",check=\"\"} 0\n");
    kit_has(text, "vigie_check_state{host=\"box\",check=\"soft\"} -1\n");
    kit_has(text, "vigie_schedule_delay_seconds_bucket{le=\"+Inf\"}");
    kit_has(text, "vigie_hosts 3\n");
    struct str rest = str_of(text), line;
    while (str_next(&rest, "\n", &line)) {
        if (!line.n || line.p[0] != '#')
            continue;
        char copy[300];
        str_copyn(copy, sizeof copy, line.p, line.n);
        if (str_starts(copy, "# TYPE "))
            assert_int_equal(kit_count(text, copy), 1);
    }
}

static void labels_are_escaped(void **state)
{
    struct kit *k = kit_up("hosts: { 'a\"b\\c': { alive: no, checks: [{ passive: { name: 'é\"' } }] } }\n");
    assert_int_equal(kit_op(k, "metrics", NULL), 200);
    kit_has(buf_text(&k->raw), "{host=\"a\\\"b\\\\c\",check=\"é\\\"\"}");
    kit_free(k);
}

static void stats(void **state)
{
    struct kit *k = *state;
    kit_op(k, "stats", NULL);
    sim_run_for(1000);
    assert_int_equal(kit_op(k, "stats", NULL), 200); /* figures of the probe loop are as old as the last call */
    assert_true(doc_int(k->reply, "attempts", 0) >= 3);
    assert_true(doc_int(k->reply, "loop_turns", 0) > 0);
    assert_int_equal(doc_int(k->reply, "loop_held_over_5ms", -1), 0);
    assert_non_null(doc_get(k->reply, "probe_slow_turns"));
    assert_int_equal(kit_op(k, "metrics", NULL), 200);
    kit_has(buf_text(&k->raw), "# TYPE vigie_probe_slow_turns_total counter\nvigie_probe_slow_turns_total{kind=\"other\"} 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(health_when_all_is_well), KIT_TEST(a_full_disk_is_told), KIT_TEST(prometheus_text), cmocka_unit_test(labels_are_escaped), KIT_TEST(stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

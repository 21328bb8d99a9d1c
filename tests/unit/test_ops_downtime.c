/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planned work: windows as people write them, many at once, refused ones, ending. */
#include "daemon_kit.h"

static const struct doc *plan(struct kit *k, const char *params)
{
    if (kit_op(k, "downtime", params) != 200)
        fail_msg("%s: %s", params, kit_text(k));
    return doc_get(k->reply, "downtimes")->kids.first;
}

static void windows(void **state)
{
    struct kit *k = *state;
    int64_t now = clock_wall_ms();
    const struct doc *d = plan(k, "{'targets':['web1'],'comment':'x'}");
    assert_int_equal((doc_int(d, "end", 0) - doc_int(d, "start", 0)), 2 * HOUR_MS); /* two hours when nothing is said */
    assert_true(doc_bool(d, "active", false));
    assert_string_equal(doc_text(d, "host", ""), "web1");
    assert_int_equal(doc_get(d, "check")->kind, DOC_NULL);
    assert_string_equal(doc_text(d, "author", ""), "anna");
    d = plan(k, "{'targets':['web1/job'],'comment':'x','start':'+1h','for':'30m'}");
    assert_false(doc_bool(d, "active", true));
    assert_int_equal((doc_int(d, "end", 0) - doc_int(d, "start", 0)), 30 * MINUTE_MS);
    d = plan(k, "{'targets':['box'],'comment':'x','start':'22:00','end':'23:30'}");
    assert_int_equal((doc_int(d, "end", 0) - doc_int(d, "start", 0)), 90 * MINUTE_MS);
    d = plan(k, "{'targets':['box'],'comment':'x','end':'+3h'}");
    assert_true(doc_int(d, "end", 0) - now - 3 * HOUR_MS < 10000);
    d = plan(k, "{'targets':['box/job'],'comment':'x','flexible':true,'for':'20m'}");
    assert_true(doc_bool(d, "flexible", false));
    assert_int_equal(doc_int(d, "duration_ms", 0), 20 * MINUTE_MS);
    assert_int_equal((doc_int(d, "end", 0) - doc_int(d, "start", 0)), 24 * HOUR_MS);
    assert_false(doc_bool(d, "active", true));
}

static void wrong_windows(void **state)
{
    struct kit *k = *state;
    static const char *const wrong[] = {
        "'start':'+2h','end':'+1h'", "'start':'+1h','end':'+1h'", "'start':'-3h','end':'-1h'", "'for':'0s'", "'start':'+1h','for':'0'",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        kit_op(k, "downtime", arena_printf(k->arena, "{'targets':['web1'],'comment':'x',%s}", wrong[i]));
        if (!str_starts(wrong[i], "'for':'0") && !strstr(wrong[i], "'for':'0'")) /* no length: as if not said */
            assert_int_equal(k->status, 400);
    }
    kit_op(k, "downtime", "{'targets':['web1'],'comment':'x','for':'9999999999d'}"); /* may not overflow into the past */
    assert_true(k->status == 400 || k->status == 413 || k->status == 200);
    kit_op(k, "downtime", "{'targets':['web1'],'comment':''}");
    kit_refused(k, 400, "invalid", "comment");
    kit_op(k, "downtime", "{'targets':['web1','nohost'],'comment':'x'}");
    kit_refused(k, 404, "not_found", "targets");
}

static void refused_ones_leave_nothing(void **state)
{
    struct kit *k = *state;
    kit_op(k, "downtime", "{'targets':['web1','box'],'comment':'x','start':'+2h','end':'+1h'}");
    assert_int_equal(k->status, 400);
    kit_op(k, "downtimes", NULL);
    assert_int_equal(doc_get(k->reply, "downtimes")->kids.n, 0);
    sim_disk_fault(SIM_DISK_FULL);
    kit_op(k, "downtime", "{'targets':['web1','box'],'comment':'x'}");
    kit_refused(k, 507, "full", NULL);
    assert_int_equal(model_downtimes(k->house->model), 0);
    assert_int_equal(kit_item(k, "web1/job")->downtime_depth, 0);
    sim_disk_fault(SIM_DISK_OK);
}

static void listing(void **state)
{
    struct kit *k = *state;
    plan(k, "{'targets':['web1','box/job'],'comment':'a'}");
    assert_int_equal(doc_get(k->reply, "downtimes")->kids.n, 2);
    kit_op(k, "downtimes", NULL);
    assert_int_equal(doc_get(k->reply, "downtimes")->kids.n, 2);
    kit_op(k, "downtimes", "{'host':'box'}");
    assert_int_equal(doc_get(k->reply, "downtimes")->kids.n, 1);
    assert_string_equal(doc_text(doc_get(k->reply, "downtimes")->kids.first, "check", ""), "job");
    kit_op(k, "downtimes", "{'host':'nobody'}");
    assert_int_equal(doc_get(k->reply, "downtimes")->kids.n, 0);
}

static void ending(void **state)
{
    struct kit *k = *state;
    int64_t id = doc_int(plan(k, "{'targets':['web1'],'comment':'a'}"), "id", 0);
    assert_true(id > 0);
    assert_true(kit_item(k, "web1/job")->downtime_depth == 1);
    assert_int_equal(kit_op(k, "downtime-end", arena_printf(k->arena, "{'id':%lld}", (long long)id)), 200);
    assert_int_equal(kit_item(k, "web1/job")->downtime_depth, 0);
    kit_op(k, "downtime-end", arena_printf(k->arena, "{'id':'%lld'}", (long long)id));
    assert_int_equal(k->status, 404);
    kit_op(k, "downtime-end", "{'id':-1}");
    assert_int_equal(k->status, 404);
}

static void it_begins_and_ends_by_itself_and_survives_a_restart(void **state)
{
    struct kit *k = *state;
    plan(k, "{'targets':['web1'],'comment':'a','start':'+10m','for':'1h'}");
    kit_stop(k);
    kit_start(k);
    assert_int_equal(model_downtimes(k->house->model), 1);
    sim_run_for(11 * MINUTE_MS);
    assert_int_equal(kit_item(k, "web1/job")->downtime_depth, 1);
    kit_op(k, "downtimes", NULL);
    assert_true(doc_bool(doc_get(k->reply, "downtimes")->kids.first, "active", false));
    sim_run_for(HOUR_MS + 2 * MINUTE_MS);
    assert_int_equal(kit_item(k, "web1/job")->downtime_depth, 0);
    assert_int_equal(model_downtimes(k->house->model), 0);
}

static void its_host_is_removed(void **state)
{
    struct kit *k = *state;
    plan(k, "{'targets':['box'],'comment':'a'}");
    kit_write(k, "vigie.yaml", "hosts: { web1: { address: 192.0.2.10 } }\n");
    daemon_reload(k->daemon);
    sim_run_for(2000);
    assert_null(kit_item(k, "box"));
    assert_int_equal(kit_op(k, "downtimes", NULL), 200);
    DOC_EACH(doc_get(k->reply, "downtimes"), d)
        assert_int_equal(kit_op(k, "downtime-end", arena_printf(k->arena, "{'id':%lld}", (long long)doc_int(d, "id", 0))), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(windows), KIT_TEST(wrong_windows), KIT_TEST(refused_ones_leave_nothing), KIT_TEST(listing), KIT_TEST(ending), KIT_TEST(it_begins_and_ends_by_itself_and_survives_a_restart), KIT_TEST(its_host_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acknowledge, release, re-check, enable, disable: for one or many, durable or taken back, and while things go. */
#include "daemon_kit.h"

static void ack_and_unack(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "ack", "{'targets':['web1/job'],'comment':'on it','sticky':'yes'}"), 200);
    assert_string_equal(doc_text(doc_get(k->reply, "done")->kids.first, "check", ""), "job");
    assert_int_equal(doc_get(k->reply, "skipped")->kids.n, 0);
    assert_string_equal(kit_item(k, "web1/job")->ack->comment, "on it");
    assert_true(kit_item(k, "web1/job")->ack->sticky);
    assert_int_equal(kit_op(k, "unack", "{'targets':['web1/job']}"), 200);
    assert_null(kit_item(k, "web1/job")->ack);
    kit_op(k, "unack", "{'targets':['web1/job']}");
    assert_int_not_equal(k->status, 200); /* there was nothing to release */
}

static void what_is_well_cannot_be_acknowledged(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_op(k, "ack", "{'targets':['web1/tcp'],'comment':'x'}");
    kit_refused(k, 409, "conflict", NULL);
    /* Of several, those that can be are; the others are named with the reason. */
    assert_int_equal(kit_op(k, "ack", "{'targets':['web1/tcp','web1/job'],'comment':'x'}"), 200);
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 1);
    const struct doc *skipped = doc_get(k->reply, "skipped")->kids.first;
    assert_string_equal(doc_text(skipped, "target", ""), "web1/tcp");
    assert_true(doc_text(skipped, "why", "")[0]);
}

static void one_wrong_name_and_nothing_is_touched(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_op(k, "ack", "{'targets':['web1/job','web1/jbo'],'comment':'x'}");
    kit_refused(k, 404, "not_found", "targets");
    assert_null(kit_item(k, "web1/job")->ack);
    kit_op(k, "disable", "{'targets':['web1/job','nohost']}");
    kit_refused(k, 404, "not_found", "targets");
    assert_true(kit_item(k, "web1/job")->enabled);
}

static void an_acknowledgement_ends_by_itself(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "ack", "{'targets':['web1/job'],'comment':'x','expires':'+10m'}"), 200);
    sim_run_for(9 * MINUTE_MS);
    assert_non_null(kit_item(k, "web1/job")->ack);
    sim_run_for(2 * MINUTE_MS);
    assert_null(kit_item(k, "web1/job")->ack);
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'x','expires':'-1m'}");
    kit_refused(k, 400, "invalid", "expires");
}

/* UX: what was refused must not silence anybody (durable before confirmed). */
static void an_ack_that_cannot_be_kept_is_taken_back(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_result(k, "box/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "ack", "{'targets':['box/job'],'comment':'before'}"), 200);
    sim_disk_fault(SIM_DISK_FULL);
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'x'}");
    kit_refused(k, 507, "full", NULL);
    assert_null(kit_item(k, "web1/job")->ack);
    assert_non_null(kit_item(k, "box/job")->ack); /* what was kept before stays */
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'x'}"); /* now known to fail: said at once */
    kit_refused(k, 507, "full", NULL);
    assert_null(kit_item(k, "web1/job")->ack);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(kit_op(k, "ack", "{'targets':['web1/job'],'comment':'x'}"), 200);
}

/* The same for what is switched: a check that somebody else switched off stays off, one as configured is so again. */
static void a_switch_that_cannot_be_kept_is_turned_back(void **state)
{
    static const char *const bids[] = {"enable", "disable", "as-configured"};
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "disable", "{'targets':['box/job']}"), 200);
    for (size_t i = 0; i < COUNT(bids); i++) {
        sim_disk_fault(SIM_DISK_FULL);
        kit_op(k, bids[i], "{'targets':['web1/job','box/job']}");
        kit_refused(k, 507, "full", NULL);
        assert_int_equal(kit_item(k, "web1/job")->override_enabled, -1);
        assert_true(kit_item(k, "web1/job")->enabled);
        assert_int_equal(kit_item(k, "box/job")->override_enabled, 0);
        assert_false(kit_item(k, "box/job")->enabled);
        sim_disk_fault(SIM_DISK_OK);
        sim_run_for(2 * MINUTE_MS);
    }
    kit_stop(k);
    kit_start(k);
    assert_false(kit_item(k, "box/job")->enabled);
    assert_true(kit_item(k, "web1/job")->enabled);
}

static void a_kept_ack_survives_a_restart(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "ack", "{'targets':['web1/job'],'comment':'mine'}"), 200);
    assert_int_equal(kit_op(k, "disable", "{'targets':['box/soft'],'comment':'moved'}"), 200);
    kit_stop(k);
    kit_start(k);
    assert_string_equal(kit_item(k, "web1/job")->ack->comment, "mine");
    assert_false(kit_item(k, "box/soft")->enabled);
}

static void switching_off_and_on(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "disable", "{'targets':['web1/job'],'comment':'x'}"), 200);
    assert_false(doc_bool(doc_get(k->reply, "done")->kids.first, "enabled", true));
    kit_op(k, "result", "{'target':'web1/job','state':'ok','output':'x'}");
    kit_refused(k, 409, "conflict", "check");
    assert_int_equal(kit_op(k, "enable", "{'targets':['web1/job']}"), 200);
    assert_int_equal(kit_item(k, "web1/job")->override_enabled, 1);
    assert_int_equal(kit_op(k, "as-configured", "{'targets':['web1/job']}"), 200);
    assert_int_equal(kit_item(k, "web1/job")->override_enabled, -1);
    assert_true(kit_item(k, "web1/job")->enabled);
}

static void recheck_waits_for_the_results(void **state)
{
    struct kit *k = *state;
    int hits = sim_port_hits("web1", 22);
    sim_port_closed("web1", 22);
    assert_int_equal(kit_op(k, "recheck", "{'targets':['web1/tcp','web1']}"), 200);
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 2);
    assert_string_equal(doc_text(doc_get(k->reply, "done")->kids.first, "state", ""), "critical");
    sim_port_open("web1", 22);
    assert_int_equal(kit_op(k, "recheck", "{'targets':['web1/tcp','web1/tcp']}"), 200); /* twice the same: one answer each */
    assert_string_equal(doc_text(doc_get(k->reply, "done")->kids.first, "state", ""), "ok");
    assert_true(sim_port_hits("web1", 22) > 0 || hits > 0);
}

static void recheck_without_waiting_and_of_what_cannot_run(void **state)
{
    struct kit *k = *state;
    sim_host_mode("web1", SIM_SILENT);
    int64_t before = sim_now_ms();
    assert_int_equal(kit_op(k, "recheck", "{'targets':['web1/tcp'],'wait':false}"), 200);
    assert_true(sim_now_ms() - before < 1000);
    kit_op(k, "recheck", "{'targets':['web1/job','box']}"); /* passive, and no check at all */
    kit_refused(k, 409, "conflict", "targets");
    assert_int_equal(kit_op(k, "disable", "{'targets':['web1/tcp']}"), 200);
    kit_op(k, "recheck", "{'targets':['web1/tcp']}");
    kit_refused(k, 409, "conflict", "targets");
}

/* The host that somebody waits for is taken out of the configuration meanwhile: an answer, and no crash. */
static void a_host_goes_while_its_recheck_is_waited_for(void **state)
{
    struct kit *k = *state;
    struct principal who = kit_who(ROLE_OPERATOR);
    sim_host_mode("web1", SIM_SILENT);
    kit_begin(k, "recheck", "{'targets':['web1/tcp','web1']}", &who);
    sim_run_for(200);
    assert_false(k->answered);
    kit_write(k, "vigie.yaml", "hosts: { router1: { address: 192.0.2.1 } }\n");
    daemon_reload(k->daemon);
    kit_wait(k);
    kit_refused(k, 404, "not_found", "targets");
    assert_null(kit_item(k, "web1"));
    assert_int_equal(kit_op(k, "status", NULL), 200);
}

static void one_check_of_two_goes_meanwhile(void **state)
{
    struct kit *k = *state;
    struct principal who = kit_who(ROLE_OPERATOR);
    sim_host_mode("web1", SIM_SILENT);
    kit_begin(k, "recheck", "{'targets':['web1','web1/tcp']}", &who);
    sim_run_for(200);
    kit_write(k, "vigie.yaml", "hosts: { web1: { address: 192.0.2.10 } }\n");
    daemon_reload(k->daemon);
    kit_wait(k);
    assert_true(k->status == 404 || k->status == 200);
    assert_non_null(kit_item(k, "web1"));
}

static void the_daemon_stops_while_an_answer_is_waited_for(void **state)
{
    struct kit *k = *state;
    struct principal who = kit_who(ROLE_ADMIN);
    sim_host_mode("web1", SIM_SILENT);
    kit_begin(k, "recheck", "{'targets':['web1/tcp']}", &who);
    sim_run_for(200);
    assert_false(k->answered);
    kit_stop(k);
    kit_start(k);
    assert_int_equal(kit_op(k, "status", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(ack_and_unack), KIT_TEST(what_is_well_cannot_be_acknowledged), KIT_TEST(one_wrong_name_and_nothing_is_touched), KIT_TEST(an_acknowledgement_ends_by_itself),
        KIT_TEST(an_ack_that_cannot_be_kept_is_taken_back), KIT_TEST(a_switch_that_cannot_be_kept_is_turned_back), KIT_TEST(a_kept_ack_survives_a_restart), KIT_TEST(switching_off_and_on), KIT_TEST(recheck_waits_for_the_results),
        KIT_TEST(recheck_without_waiting_and_of_what_cannot_run), KIT_TEST(a_host_goes_while_its_recheck_is_waited_for), KIT_TEST(one_check_of_two_goes_meanwhile),
        KIT_TEST(the_daemon_stops_while_an_answer_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

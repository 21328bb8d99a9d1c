/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon ends while things are under way: operations that wait for the store, for a worker, for a result, for the
 * configuration; a generation half taken in.  Whoever asked is not called any more, nothing is touched after its end
 * (the sanitizers say so), and what was not confirmed need not be there. STO-1. */
#include "daemon_kit.h"

static void begin_many(struct kit *k)
{
    struct principal admin = {.name = "anna", .via = "cli", .role = ROLE_ADMIN};
    static const struct {
        const char *op, *params;
    } rows[] = {{"ack", "{'targets':['web1/job'],'comment':'mine'}"},
                {"downtime", "{'targets':['web1'],'comment':'disks'}"},
                {"disable", "{'targets':['box/job']}"},
                {"recheck", "{'targets':['web1/tcp']}"},
                {"history", "{'target':'web1'}"},
                {"token-add", "{'name':'backup'}"},
                {"setup-link", NULL},
                {"conf-diff", NULL},
                {"add", "{'targets':['https://example.org/']}"},
                {"conf-apply", NULL}};
    k->answered = false;
    for (size_t i = 0; i < COUNT(rows); i++)
        op_run(k->house, op_find(rows[i].op), rows[i].params ? kit_json(k, rows[i].params) : NULL, &admin, "en", "", kit_done, k);
}

static void nobody_is_called_after_the_end(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "no");
    begin_many(k);
    kit_stop(k);
    assert_false(k->answered);
    kit_start(k);
    assert_int_equal(kit_op(k, "status", NULL), 200);
}

/* However far they came. */
static void nobody_is_called_a_little_later(void **state)
{
    struct kit *k = *state;
    for (int turns = 1; turns <= 60; turns += 3) {
        kit_result(k, "web1/job", STATE_CRITICAL, "no");
        struct principal admin = {.name = "anna", .via = "cli", .role = ROLE_ADMIN};
        kit_begin(k, turns % 2 ? "ack" : "conf-apply", turns % 2 ? "{'targets':['web1/job'],'comment':'mine'}" : NULL, &admin);
        for (int i = 0; i < turns && sim_step(); i++)
            ;
        bool before = k->answered;
        kit_stop(k);
        assert_int_equal(k->answered, before);
        kit_start(k);
        sim_run_for(1000);
    }
}

/* A generation is taken in whole or not at all, also when the end comes in the middle of it. */
static void in_the_middle_of_a_generation(void **state)
{
    struct kit *k = *state;
    struct buf b = BUF_MAX(1 << 20);
    buf_str(&b, "hosts:\n");
    for (int i = 0; i < 900; i++)
        buf_printf(&b, "  h%d: { alive: no, checks: [{ passive: { name: job } }] }\n", i);
    kit_write(k, "vigie.yaml", buf_text(&b));
    buf_done(&b);
    daemon_reload(k->daemon);
    for (int i = 0; i < 100000 && !model_find_host(k->house->model, "h10"); i++)
        assert_true(sim_step());
    assert_non_null(model_find_host(k->house->model, "web1")); /* the former one is still there */
    kit_stop(k);
    kit_start(k);
    assert_null(model_find_host(k->house->model, "web1"));
}

/* A hundred signals are one reading; those who want an answer have each their own. */
static void signals_are_not_queued(void **state)
{
    struct kit *k = *state;
    int lines = k->lines;
    for (int i = 0; i < 100; i++)
        daemon_reload(k->daemon);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(2000);
    if (k->lines - lines > 4)
        fail_msg("%d lines in the log; the last: %s", k->lines - lines, k->said);
}

static void heard(void *arg, int code, const char *secret, const struct err *e) {}

/* Log-ins whose password is being hashed, and those that wait for that, end with the daemon and leave nothing behind. */
static void log_ins_being_hashed(void **state)
{
    struct kit *k = *state;
    for (int turns = 0; turns < 4; turns++) {
        for (int i = 0; i < 6; i++)
            auth_login(k->house->auth, "anna", "a password of hers", "192.0.2.1", clock_wall_ms(), heard, k);
        for (int i = 0; i < turns; i++)
            sim_step();
        kit_stop(k);
        kit_start(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(nobody_is_called_after_the_end), KIT_TEST(nobody_is_called_a_little_later), KIT_TEST(in_the_middle_of_a_generation), KIT_TEST(signals_are_not_queued), KIT_TEST(log_ins_being_hashed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

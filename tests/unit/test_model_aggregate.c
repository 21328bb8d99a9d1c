/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aggregates: what their members come to, who is told, what a new generation and a restart make of them. */
#include "model_fixture.h"
#include "model/relations.h"

#define TEN                                                                                        \
    "hosts:\n  w1: { checks: [once] }\n  w2: { checks: [once] }\n  w3: { checks: [once] }\n"       \
    "  w4: { checks: [once] }\n  w5: { checks: [once] }\n  w6: { checks: [once] }\n"               \
    "  w7: { checks: [once] }\n  w8: { checks: [once] }\n  w9: { checks: [once] }\n"               \
    "  w10: { checks: [once] }\n"

static void all_ok(struct fix *f, int n)
{
    char id[40];

    for (int i = 1; i <= n; i++) {
        str_print(id, sizeof(id), "w%d/once", i);
        fix_result(f, id, STATE_OK, true);
    }
}

static const char *text_of(struct fix *f, const char *id)
{
    static char out[600];
    struct buf b = BUF_MAX(600);

    msg_render(&b, fix_item(f, id)->text, "en");
    str_copy(out, sizeof(out), buf_text(&b));
    buf_done(&b);
    return out;
}

/* MON-13 */
static void three_of_ten_slow(void **state)
{
    struct fix *f = fix_new(TEN "  all: { checks: [{ aggregate: { of: [\"w*/once\"], crit: \"> 2\" } }] }\n");

    (void)state;
    assert_string_equal(fix_state(f, "all/aggregate"), "pending hard 1");
    all_ok(f, 10);
    assert_string_equal(fix_state(f, "all/aggregate"), "ok hard 1");
    assert_string_equal(fix_state(f, "all"), "up hard 1");
    fix_result(f, "w3/once", STATE_WARNING, true);
    fix_result(f, "w7/once", STATE_WARNING, true);
    assert_string_equal(fix_state(f, "all/aggregate"), "ok hard 1");
    fix_forget(f);
    fix_result(f, "w8/once", STATE_WARNING, true);
    assert_string_equal(fix_state(f, "all/aggregate"), "critical hard 1");
    assert_string_equal(text_of(f, "all/aggregate"), "7 of 10 OK; w3/once warning: warning (and 2 more)");
    fix_expect(f, "problem w8/once warning; problem all/aggregate critical");
    fix_result(f, "w8/once", STATE_OK, true);
    fix_expect(f, "recovery w8/once; recovery all/aggregate");
    fix_free(f);
}

static void needs(void **state)
{
    static const struct {
        const char *need;
        enum state a, b, c, expect;
    } cases[] = {
        {"all", STATE_OK, STATE_OK, STATE_OK, STATE_OK},
        {"all", STATE_OK, STATE_WARNING, STATE_OK, STATE_WARNING},
        {"all", STATE_OK, STATE_UNKNOWN, STATE_WARNING, STATE_UNKNOWN},
        {"all", STATE_OK, STATE_CRITICAL, STATE_OK, STATE_CRITICAL},
        {"any", STATE_CRITICAL, STATE_CRITICAL, STATE_OK, STATE_OK},
        {"any", STATE_CRITICAL, STATE_CRITICAL, STATE_WARNING, STATE_WARNING},
        {"any", STATE_CRITICAL, STATE_CRITICAL, STATE_CRITICAL, STATE_CRITICAL},
        {"at least 2", STATE_OK, STATE_OK, STATE_CRITICAL, STATE_OK},
        {"at least 2", STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_WARNING},
        {"at least 2", STATE_OK, STATE_UNKNOWN, STATE_CRITICAL, STATE_UNKNOWN},
        {"at least 2", STATE_OK, STATE_CRITICAL, STATE_CRITICAL, STATE_CRITICAL},
        {"60%", STATE_OK, STATE_OK, STATE_CRITICAL, STATE_OK},
        {"67%", STATE_OK, STATE_OK, STATE_CRITICAL, STATE_CRITICAL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf yaml = BUF_MAX(2000);
        struct fix *f;

        buf_printf(&yaml, TEN "  x: { checks: [{ aggregate: { of: [w1/once, w2/once, w3/once], need: \"%s\" } }] }\n",
                   cases[i].need);
        f = fix_new(buf_text(&yaml));
        fix_result(f, "w1/once", cases[i].a, true);
        fix_result(f, "w2/once", cases[i].b, true);
        fix_result(f, "w3/once", cases[i].c, true);
        assert_int_equal(fix_item(f, "x/aggregate")->st.state, cases[i].expect);
        fix_free(f);
        buf_done(&yaml);
    }
}

static void weights_and_levels(void **state)
{
    struct fix *f = fix_new(TEN "  x: { checks: [{ aggregate: { of: [\"w?/once\"], need: \"at least 5\", weights: { "
                                "\"w1/*\": 5, w9/once: 0 } } }, { aggregate: { name: share, of: [\"w?/once\"], warn: "
                                "\"> 10 %\", crit: \"> 50 %\" } } ] }\n");

    (void)state;
    all_ok(f, 9);
    for (int i = 2; i <= 5; i++) {
        char id[40];
        str_print(id, sizeof(id), "w%d/once", i);
        fix_result(f, id, STATE_CRITICAL, true);
    }
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1"); /* 5 of w1, and three more */
    assert_string_equal(fix_state(f, "x/share"), "warning hard 1");
    fix_result(f, "w1/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    assert_string_equal(fix_state(f, "x/share"), "critical hard 1");
    fix_free(f);
}

/* By default what is not certain does not count. */
static void soft_states(void **state)
{
    struct fix *f = fix_new("hosts:\n  a: { checks: [tcp] }\n  x: { checks: [{ aggregate: a/tcp }, { aggregate: { "
                            "name: fast, of: a/tcp, soft: yes } }] }\n");

    (void)state;
    fix_result(f, "a/tcp", STATE_OK, true);
    fix_result(f, "a/tcp", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1");
    assert_string_equal(fix_state(f, "x/fast"), "critical hard 1");
    fix_result(f, "a/tcp", STATE_CRITICAL, true);
    fix_result(f, "a/tcp", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    fix_free(f);
}

/* PRA-5: one that needs all its members is no second alert; a lost redundancy is one of its own. */
static void one_cause_one_alert(void **state)
{
    struct fix *f = fix_new("hosts:\n  a: { checks: [once] }\n  b: { checks: [once] }\n  x: { checks: [{ aggregate: { "
                            "name: both, of: [a/once, b/once] } }, { aggregate: { name: one, of: [a/once, b/once], "
                            "need: any } }] }\n");

    (void)state;
    fix_result(f, "a/once", STATE_OK, true);
    fix_result(f, "b/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    assert_int_equal(f->told, 1);
    assert_int_equal(model_quiet(fix_item(f, "x/both")), QUIET_MEMBERS);
    assert_string_equal(fix_state(f, "x/one"), "ok hard 1");
    fix_result(f, "b/once", STATE_CRITICAL, true);
    assert_int_equal(f->told, 3); /* a, b, and that nothing is left */
    fix_free(f);
}

static void planned_and_acknowledged(void **state)
{
    struct fix *f = fix_new("hosts:\n  a: { checks: [{ once: { notify: no } }] }\n  b: { checks: [{ once: { notify: no } }] }\n"
                            "  x: { checks: [{ aggregate: [a/once, b/once] }] }\n");
    int64_t id;

    (void)state;
    fix_result(f, "a/once", STATE_OK, true);
    fix_result(f, "b/once", STATE_OK, true);
    fix_command(f, (struct command){.kind = COMMAND_DOWNTIME, .host = "a", .end_ms = f->now.wall_ms + HOUR_MS}, &id);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    assert_int_equal(model_quiet(fix_item(f, "x/aggregate")), QUIET_DOWNTIME);
    assert_int_equal(f->told, 0);
    fix_command(f, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = id}, NULL);
    assert_int_equal(f->told, 1);
    fix_result(f, "a/once", STATE_OK, true);
    fix_result(f, "b/once", STATE_CRITICAL, true);
    assert_int_equal(f->told, 2);
    fix_command(f, (struct command){.kind = COMMAND_ACK, .host = "b", .check = "once"}, NULL);
    assert_int_equal(model_quiet(fix_item(f, "x/aggregate")), QUIET_ACKNOWLEDGED);
    fix_command(f, (struct command){.kind = COMMAND_UNACK, .host = "b", .check = "once"}, NULL);
    assert_int_equal(model_quiet(fix_item(f, "x/aggregate")), QUIET_NO);
    fix_free(f);
}

static void switched_off_members(void **state)
{
    struct fix *f = fix_new("hosts:\n  a: { checks: [once] }\n  b: { checks: [once] }\n  x: { checks: [{ aggregate: [a/once, b/once] }] }\n");

    (void)state;
    fix_wait(f, 1000);
    fix_result(f, "a/once", STATE_OK, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "pending hard 1");
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "b", .check = "once"}, NULL);
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1");
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "a", .check = "once"}, NULL);
    assert_string_equal(fix_state(f, "x/aggregate"), "unknown hard 1");
    assert_string_equal(text_of(f, "x/aggregate"), "none of its members is switched on");
    fix_command(f, (struct command){.kind = COMMAND_ENABLE, .host = "a", .check = "once"}, NULL);
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1");
    fix_free(f);
}

/* Trees: members of members, worked out from below; each is told once at most. */
static void a_tree(void **state)
{
    struct fix *f = fix_new(TEN "services:\n  shop:\n    need: all\n    of:\n    - { name: front, need: \"at least 2\", "
                                "of: [w1/once, w2/once, w3/once] }\n    - { name: back, need: any, of: [w4/once, "
                                "w5/once] }\n    - w6/once\n");

    (void)state;
    all_ok(f, 6);
    assert_string_equal(fix_state(f, "services/shop"), "ok hard 1");
    assert_int_equal(item_members(fix_item(f, "services/shop")), 3);
    fix_result(f, "w1/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "services/shop"), "ok hard 1");
    fix_forget(f);
    fix_result(f, "w2/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "services/shop.front"), "critical hard 1");
    assert_string_equal(fix_state(f, "services/shop"), "critical hard 1");
    fix_expect(f, "problem w2/once critical; problem services/shop.front critical; problem services/shop critical");
    assert_int_equal(model_quiet(fix_item(f, "services/shop.front")), QUIET_NO_NOTIFY);
    assert_int_equal(f->told, 3);
    assert_string_equal(fix_state(f, "services"), "up hard 1");
    fix_free(f);
}

/* A new generation: members come and go; globs are worked out anew. */
static void reload(void **state)
{
#define AGG "  x: { checks: [{ aggregate: { of: [\"a*/once\"] } }] }\n"
    struct fix *f = fix_new("hosts:\n  a1: { checks: [once] }\n  a2: { checks: [once] }\n" AGG);

    (void)state;
    fix_wait(f, 1000);
    fix_result(f, "a1/once", STATE_OK, true);
    fix_result(f, "a2/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    fix_apply(f, "hosts:\n  a1: { checks: [once] }\n" AGG);
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1");
    fix_apply(f, "hosts:\n  a1: { checks: [once] }\n  a2: { checks: [once] }\n" AGG);
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1"); /* a2 has no result yet */
    fix_result(f, "a2/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    fix_apply(f, "hosts:\n  b: { checks: [once] }\n" AGG);
    assert_string_equal(fix_state(f, "x/aggregate"), "unknown hard 1");
    assert_string_equal(text_of(f, "x/aggregate"), "it has no members");
    fix_free(f);
}

/* In the middle of a reload results still come, and what goes is no member any more. */
static void reload_in_the_middle(void **state)
{
    struct fix *f = fix_new(TEN "  x: { checks: [{ aggregate: { of: [\"w*/once\"] } }] }\n");
    struct conf *conf = fix_conf("hosts:\n  w1: { checks: [once] }\n  x: { checks: [{ aggregate: { of: [\"w*/once\"] } }] }\n");
    struct reconf *r = reconf_begin(f->m, conf);

    (void)state;
    conf_unref(conf);
    fix_wait(f, 1000);
    all_ok(f, 10);
    for (int n = 0; reconf_step(r, 1, f->now); n++)
        if (fix_item(f, "w1") && model_find(f->m, "w1", "once"))
            fix_result(f, "w1/once", n % 2 ? STATE_CRITICAL : STATE_OK, true);
    fix_result(f, "w1/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    assert_int_equal(item_members(fix_item(f, "x/aggregate")), 1);
    fix_free(f);
}

static void restored(void **state)
{
    struct fix *f = fix_new("hosts:\n  a: { checks: [once] }\n  x: { checks: [{ aggregate: a/once }] }\n");
    struct item_state s = {.host = "a", .check = "once", .override_enabled = -1, .text = "dead"};

    (void)state;
    standing_init(&s.st);
    s.st.state = s.st.hard_state = STATE_CRITICAL;
    s.st.since_ms = s.st.hard_since_ms = s.st.problem_ms = f->now.wall_ms - HOUR_MS;
    s.told = true;
    assert_int_equal(model_restore(f->m, &s, f->now), 0);
    fix_wait(f, 1000);
    assert_string_equal(fix_state(f, "x/aggregate"), "critical hard 1");
    assert_int_equal(f->told, 0);
    fix_free(f);
}

/* A result costs nothing for aggregates that it is in no part of; ten thousand members are few. */
static void many(void **state)
{
    struct buf yaml = BUF_MAX(4 << 20);
    struct fix *f;

    (void)state;
    buf_str(&yaml, "hosts:\n");
    for (int i = 0; i < 10000; i++)
        buf_printf(&yaml, "  m%d: { checks: [once] }\n", i);
    buf_str(&yaml, "  x: { checks: [{ aggregate: { of: [\"m*/once\"], need: 99% } }] }\n");
    f = fix_new(buf_text(&yaml));
    for (int i = 0; i < 10000; i++)
        model_result(f->m, model_find(f->m, model_host_at(f->m, (size_t)i)->name, "once"),
                     &(struct result){.state = STATE_OK, .text = "", .at_ms = f->now.wall_ms, .answered = true}, f->now);
    assert_string_equal(fix_state(f, "x/aggregate"), "ok hard 1");
    fix_free(f);
    buf_done(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_of_ten_slow), cmocka_unit_test(needs),
        cmocka_unit_test(weights_and_levels), cmocka_unit_test(soft_states),
        cmocka_unit_test(one_cause_one_alert), cmocka_unit_test(planned_and_acknowledged),
        cmocka_unit_test(switched_off_members), cmocka_unit_test(a_tree),
        cmocka_unit_test(reload), cmocka_unit_test(reload_in_the_middle),
        cmocka_unit_test(restored), cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dependencies: what follows from a broken master is not told (PRA-5, LES-7), whatever the order in which checks run; what
 * is not to be run is not; and after the master's recovery everything is checked before anybody is told. */
#include "model_fixture.h"
#include "model/relations.h"

#define DB "hosts:\n  db: { checks: [once] }\n"

static struct fix *watch(const char *yaml)
{
    struct fix *f = fix_new(yaml);

    f->show |= BIT(EVENT_RECHECK);
    fix_wait(f, 1000);
    return f;
}

static void the_master_fails_first(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: [db/once] } }] }\n");

    (void)state;
    fix_result(f, "db/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_OK, true);
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_expect(f, "problem db/once critical");
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "");
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_DEPENDENCY);
    assert_ptr_equal(item_cause(fix_item(f, "a/once"), CONF_FOR_MAILS), fix_item(f, "db/once"));
    assert_int_equal(f->told, 1);
    fix_result(f, "db/once", STATE_OK, true);
    fix_expect(f, "recovery db/once; recheck a/once soon");
    fix_result(f, "a/once", STATE_OK, true);
    fix_expect(f, "recovery a/once");
    assert_int_equal(f->told, 1);
    fix_free(f);
}

/* What is still broken when the master works again is a problem of its own. */
static void still_broken_afterwards(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: db/once } }] }\n");

    (void)state;
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_forget(f);
    fix_result(f, "db/once", STATE_OK, true);
    fix_expect(f, "recovery db/once; recheck a/once soon");
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_VERIFYING);
    fix_wait(f, 2000);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "recheck db/once"); /* may it have failed again? */
    fix_result(f, "db/once", STATE_OK, true);
    fix_expect(f, "problem a/once critical");
    fix_free(f);
}

/* An attempt that was under way when the master came back says nothing. */
static void an_old_result_is_made_again(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: db/once } }] }\n");
    struct result r = {.state = STATE_CRITICAL, .text = "x", .at_ms = f->now.wall_ms + 1000, .answered = true};

    (void)state;
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    r.at_ms = f->now.wall_ms;
    fix_result(f, "db/once", STATE_OK, true);
    fix_forget(f);
    fix_pass(f, 1000);
    sink_item(f->m, fix_item(f, "a/once"), &r, f->now);
    fix_expect(f, "recheck a/once soon");
    fix_result(f, "a/once", STATE_OK, true);
    assert_int_equal(f->told, 1);
    fix_free(f);
}

/* The dependant is the first to notice: the master is asked, and only its word lets the problem out or keeps it in. */
static void the_dependant_fails_first(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: [db/once] } }] }\n");

    (void)state;
    fix_result(f, "db/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_OK, true);
    fix_wait(f, 60000);
    fix_forget(f);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "recheck db/once");
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_VERIFYING);
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_expect(f, "problem db/once critical");
    assert_int_equal(f->told, 1);
    fix_result(f, "db/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_OK, true);
    fix_wait(f, 60000);
    fix_forget(f);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_result(f, "db/once", STATE_OK, true);
    fix_expect(f, "recheck db/once; problem a/once critical");
    assert_int_equal(f->told, 2);
    fix_free(f);
}

/* A master that is not yet certain keeps them waiting, too. */
static void a_soft_master(void **state)
{
    struct fix *f = watch("hosts:\n  db: { checks: [tcp] }\n  a: { checks: [{ once: { depends: [db/tcp] } }] }\n");

    (void)state;
    fix_result(f, "db/tcp", STATE_OK, true);
    fix_result(f, "db/tcp", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    assert_int_equal(f->told, 0);
    fix_result(f, "db/tcp", STATE_CRITICAL, true);
    fix_result(f, "db/tcp", STATE_CRITICAL, true);
    assert_int_equal(f->told, 1);
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_DEPENDENCY);
    fix_free(f);
}

/* PRA-5: a database under many sites. */
static void many_sites_one_database(void **state)
{
    struct buf yaml = BUF_MAX(20000);
    struct fix *f;

    (void)state;
    buf_str(&yaml, DB);
    for (int i = 0; i < 40; i++)
        buf_printf(&yaml, "  s%d: { depends: db/once, checks: [once] }\n", i);
    f = fix_new(buf_text(&yaml));
    fix_wait(f, 1000);
    fix_result(f, "db/once", STATE_OK, true);
    for (int i = 0; i < 40; i++) {
        char id[40];
        str_print(id, sizeof(id), "s%d/once", i);
        fix_result(f, id, STATE_OK, true);
        if (i == 30)
            fix_wait(f, 60000);
    }
    for (int i = 0; i < 40; i++) {
        char id[40];
        str_print(id, sizeof(id), "s%d/once", i);
        fix_result(f, id, STATE_CRITICAL, true);
        if (i == 20)
            fix_result(f, "db/once", STATE_CRITICAL, true);
    }
    assert_int_equal(f->told, 1);
    fix_free(f);
    buf_done(&yaml);
}

static void not_run(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: { on: db/once, for: [checks, mails] } } }] }\n");
    struct item *a = fix_item(f, "a/once");

    (void)state;
    fix_result(f, "db/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_OK, true);
    assert_true(model_may_run(a));
    fix_result(f, "db/once", STATE_CRITICAL, true);
    assert_false(model_may_run(a));
    fix_forget(f);
    fix_command(f, (struct command){.kind = COMMAND_RECHECK, .host = "a", .check = "once"}, NULL);
    fix_expect(f, "recheck a/once"); /* a person wants it */
    fix_result(f, "db/once", STATE_OK, true);
    fix_expect(f, "recovery db/once; recheck a/once soon");
    assert_true(model_may_run(a));
    fix_free(f);
}

static void when(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: { on: db/once, when: [warning] } } }] }\n"
                             "  b: { checks: [{ once: { depends: db/once } }] }\n");

    (void)state;
    fix_result(f, "db/once", STATE_WARNING, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_result(f, "b/once", STATE_CRITICAL, true);
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_DEPENDENCY);
    assert_int_equal(model_quiet(fix_item(f, "b/once")), QUIET_NO);
    fix_free(f);
}

static void groups(void **state)
{
#define GROUP "hosts:\n  d1: { groups: [db], checks: [once] }\n  d2: { groups: [db], checks: [once] }\n"
    struct fix *f = watch(GROUP "  all: { checks: [{ once: { depends: group:db/once } }] }\n"
                                "  any: { checks: [{ once: { depends: { on: group:db/once, need: any } } }] }\n");

    (void)state;
    fix_result(f, "d1/once", STATE_CRITICAL, true);
    fix_result(f, "d2/once", STATE_OK, true);
    fix_result(f, "all/once", STATE_CRITICAL, true);
    fix_result(f, "any/once", STATE_CRITICAL, true);
    fix_result(f, "d2/once", STATE_OK, true);
    fix_result(f, "d1/once", STATE_CRITICAL, true);
    assert_int_equal(model_quiet(fix_item(f, "all/once")), QUIET_DEPENDENCY);
    assert_int_equal(model_quiet(fix_item(f, "any/once")), QUIET_NO);
    fix_result(f, "d2/once", STATE_CRITICAL, true);
    assert_int_equal(model_quiet(fix_item(f, "any/once")), QUIET_DEPENDENCY);
    fix_free(f);
}

/* A chain: the one that nothing else explains is named. */
static void a_chain(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: db/once } }] }\n  b: { checks: [{ once: { depends: a/once } }] }\n");

    (void)state;
    fix_result(f, "b/once", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_result(f, "b/once", STATE_CRITICAL, true);
    assert_int_equal(f->told, 1);
    assert_ptr_equal(item_root_cause(fix_item(f, "b/once"), CONF_FOR_MAILS), fix_item(f, "db/once"));
    fix_free(f);
}

/* The database's machine is dead: its check need not have noticed yet. */
static void the_host_of_the_master(void **state)
{
    struct fix *f = watch("hosts:\n  db: { address: 192.0.2.1, checks: [once] }\n  a: { checks: [{ once: { depends: db/once } }] }\n");

    (void)state;
    f->dead[0] = "db";
    fix_round(f, true);
    fix_round(f, false);
    fix_round(f, false);
    fix_forget(f);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "db"), "down hard 3");
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_DEPENDENCY);
    fix_free(f);
}

/* On an aggregate: a replicated database; its members are asked before a site is told of. */
static void on_an_aggregate(void **state)
{
    struct fix *f = watch(GROUP "  x: { checks: [{ aggregate: { name: db, of: [\"group:db/once\"], need: any } }] }\n"
                                "  a: { checks: [{ once: { depends: x/db } }] }\n");

    (void)state;
    fix_result(f, "d1/once", STATE_OK, true);
    fix_result(f, "d2/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_OK, true);
    fix_wait(f, 60000);
    fix_forget(f);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "recheck d1/once; recheck d2/once");
    fix_result(f, "d1/once", STATE_CRITICAL, true);
    fix_result(f, "d2/once", STATE_CRITICAL, true);
    assert_int_equal(model_quiet(fix_item(f, "a/once")), QUIET_DEPENDENCY);
    assert_false(fix_item(f, "a/once")->told);
    fix_free(f);
}

/* Aggregates of aggregates that share all members: as many ways down as 2 to the 30th, and each is asked once. */
static void many_ways_down(void **state)
{
    struct buf yaml = BUF_MAX(20000);

    (void)state;
    buf_str(&yaml, "hosts:\n  d1: { checks: [once] }\n  x:\n    checks:\n      - aggregate: { name: l0, of: [d1/once] }\n      - aggregate: { name: r0, of: [d1/once] }\n");
    for (int i = 1; i <= 30; i++)
        buf_printf(&yaml, "      - aggregate: { name: l%d, of: [x/l%d, x/r%d] }\n      - aggregate: { name: r%d, of: [x/l%d, x/r%d] }\n", i, i - 1, i - 1, i, i - 1, i - 1);
    buf_str(&yaml, "  a: { checks: [{ once: { depends: x/l30 } }] }\n");
    struct fix *f = watch(buf_text(&yaml));
    fix_result(f, "d1/once", STATE_OK, true);
    fix_result(f, "a/once", STATE_OK, true);
    fix_wait(f, 60000);
    fix_forget(f);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "recheck d1/once");
    buf_done(&yaml);
    fix_free(f);
}

/* The dependency goes with a new configuration: what it kept in comes out. */
static void reload(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: db/once } }] }\n");

    (void)state;
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_forget(f);
    fix_apply(f, DB "  a: { checks: [once] }\n");
    fix_expect(f, "recheck a/once soon");
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "problem a/once critical");
    fix_apply(f, "hosts:\n  a: { checks: [once] }\n");
    fix_free(f);
}

static void a_master_that_is_switched_off(void **state)
{
    struct fix *f = watch(DB "  a: { checks: [{ once: { depends: db/once } }] }\n");

    (void)state;
    fix_result(f, "db/once", STATE_CRITICAL, true);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_forget(f);
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "db", .check = "once"}, NULL);
    fix_result(f, "a/once", STATE_CRITICAL, true);
    fix_expect(f, "enabled db/once off; recheck a/once soon; problem a/once critical");
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_master_fails_first), cmocka_unit_test(still_broken_afterwards),
        cmocka_unit_test(an_old_result_is_made_again), cmocka_unit_test(the_dependant_fails_first),
        cmocka_unit_test(a_soft_master), cmocka_unit_test(many_sites_one_database),
        cmocka_unit_test(not_run), cmocka_unit_test(when), cmocka_unit_test(groups), cmocka_unit_test(a_chain),
        cmocka_unit_test(the_host_of_the_master), cmocka_unit_test(on_an_aggregate), cmocka_unit_test(many_ways_down),
        cmocka_unit_test(reload), cmocka_unit_test(a_master_that_is_switched_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

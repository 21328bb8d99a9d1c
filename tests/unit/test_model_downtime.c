/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Downtimes, fixed and flexible, of checks and of hosts with their checks (notes "checks", 3.8;
 * PRA-6). */
#include "model_fixture.h"

static const char web[] =
    "hosts: { web1: { checks: [ tcp, once ] }, web2: { checks: [ once ] } }\n";

static struct command plan(struct fix *f, const char *check, int64_t from_min, int64_t to_min,
                           int64_t duration_min)
{
    return (struct command){.kind = COMMAND_DOWNTIME,
                            .host = "web1",
                            .check = check,
                            .comment = "disk swap",
                            .start_ms = from_min == 0 ? 0 : f->now.wall_ms + from_min * MINUTE_MS,
                            .end_ms = f->now.wall_ms + to_min * MINUTE_MS,
                            .duration_ms = duration_min * MINUTE_MS};
}

static void test_fixed(void **state)
{
    struct fix *f = fix_new(web);
    struct item *it = fix_item(f, "web1/once");
    int64_t id = 0;

    (void)state;
    assert_int_equal(fix_command(f, plan(f, "once", 10, 20, 0), &id), 0);
    fix_expect(f, "planned web1/once #1");
    assert_int_equal(id, 1);
    fix_wait(f, 9 * MINUTE_MS);
    fix_expect(f, "");
    fix_wait(f, 2 * MINUTE_MS);
    fix_expect(f, "began web1/once #1");
    assert_int_equal(it->downtime_depth, 1);
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "problem web1/once critical");
    assert_int_equal(f->told, 0);
    assert_int_equal(model_quiet(it), QUIET_DOWNTIME);
    fix_wait(f, 10 * MINUTE_MS);
    fix_expect(f, "ended web1/once #1; problem web1/once critical"); /* it did not come back: now it
                                                                        is told */
    assert_int_equal(f->told, 1);
    assert_int_equal(it->downtime_depth, 0);
    assert_int_equal(model_downtimes(f->m), 0);
    fix_check_counts(f);
    fix_free(f);
}

static void test_fixed_comes_back_in_time(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    fix_command(f, plan(f, "once", 0, 20, 0), NULL);
    fix_expect(f, "planned web1/once #1; began web1/once #1"); /* at once */
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_result(f, "web1/once", STATE_OK, true);
    fix_wait(f, 30 * MINUTE_MS);
    fix_expect(f, "problem web1/once critical; recovery web1/once; ended web1/once #1");
    assert_int_equal(f->told, 0);
    fix_free(f);
}

static void test_refused(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    assert_int_equal(fix_command(f, plan(f, "once", 10, 10, 0), NULL), ERR_INVALID);
    assert_int_equal(fix_command(f, plan(f, "once", 10, 5, 0), NULL), ERR_INVALID);
    assert_int_equal(fix_command(f, plan(f, "once", -10, -5, 0), NULL), ERR_INVALID);
    assert_int_equal(fix_command(f, plan(f, "once", 0, 0, 0), NULL), ERR_INVALID);
    assert_int_equal(fix_command(f, plan(f, "once", 0, 6000000, 0), NULL), ERR_LIMIT);
    assert_int_equal(fix_command(f, plan(f, "once", 0, 10, -1), NULL), ERR_INVALID);
    assert_int_equal(fix_command(f, plan(f, "nix", 0, 10, 0), NULL), ERR_NOT_FOUND);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = 7}, NULL),
        ERR_NOT_FOUND);
    fix_expect(f, "");
    fix_free(f);
}

static void test_flexible(void **state)
{
    struct fix *f = fix_new(web);
    const struct downtime *d;

    (void)state;
    fix_command(f, plan(f, "tcp", 0, 60, 15), NULL);
    fix_wait(f, 50 * MINUTE_MS);
    fix_expect(f, "planned web1/tcp #1");
    fix_result(f, "web1/tcp", STATE_CRITICAL, true); /* the first bad result, even a soft one */
    fix_expect(f, "began web1/tcp #1");
    d = model_downtime_at(f->m, 0);
    assert_int_equal(d->until_ms, f->now.wall_ms + 15 * MINUTE_MS); /* past the window */
    fix_wait(f, 14 * MINUTE_MS);
    fix_expect(f, "");
    fix_wait(f, 2 * MINUTE_MS);
    fix_expect(f, "ended web1/tcp #1");
    fix_free(f);
}

static void test_flexible_unused(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    fix_command(f, plan(f, "tcp", 10, 60, 15), NULL);
    fix_result(f, "web1/tcp", STATE_CRITICAL, true); /* before the window */
    fix_result(f, "web1/tcp", STATE_OK, true);
    fix_wait(f, 61 * MINUTE_MS);
    fix_expect(f, "planned web1/tcp #1; dropped web1/tcp #1");
    fix_free(f);
}

static void test_flexible_already_bad(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_command(f, plan(f, "once", 0, 60, 15), NULL);
    fix_expect(f, "problem web1/once critical; planned web1/once #1; began web1/once #1");
    fix_command(f, plan(f, "once", 30, 60, 5), NULL);
    fix_wait(f, 31 * MINUTE_MS); /* still bad when the window opens */
    fix_expect(f, "planned web1/once #2; ended web1/once #1; began web1/once #2");
    fix_free(f);
}

static void test_whole_host(void **state)
{
    struct fix *f = fix_new(web);
    struct model_counts n;

    (void)state;
    fix_command(f, plan(f, NULL, 0, 30, 0), NULL);
    fix_expect(f, "planned web1 #1; began web1 #1");
    assert_int_equal(fix_item(f, "web1")->downtime_depth, 1);
    assert_int_equal(fix_item(f, "web1/tcp")->downtime_depth, 1);
    assert_int_equal(fix_item(f, "web2/once")->downtime_depth, 0);
    model_count(f->m, &n);
    assert_int_equal(n.in_downtime, 3);
    fix_command(f, plan(f, "tcp", 0, 10, 0), NULL);
    assert_int_equal(fix_item(f, "web1/tcp")->downtime_depth, 2);
    fix_wait(f, 11 * MINUTE_MS);
    assert_int_equal(fix_item(f, "web1/tcp")->downtime_depth, 1);
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    assert_int_equal(f->told, 0);
    fix_wait(f, 20 * MINUTE_MS);
    fix_expect(f, "planned web1/tcp #2; began web1/tcp #2; ended web1/tcp #2; problem web1/once "
                  "critical; ended web1 #1; "
                  "problem web1/once critical");
    assert_int_equal(f->told, 1);
    fix_check_counts(f);
    fix_free(f);
}

static void test_flexible_host_begins_with_a_check(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    fix_command(f, plan(f, NULL, 0, 60, 10), NULL);
    fix_result(f, "web2/once", STATE_CRITICAL, true);
    fix_expect(f, "planned web1 #1; problem web2/once critical");
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "began web1 #1; problem web1/once critical");
    assert_int_equal(f->told, 1); /* web2's */
    fix_free(f);
}

static void test_ended_by_hand(void **state)
{
    struct fix *f = fix_new(web);
    int64_t a, b;

    (void)state;
    fix_command(f, plan(f, "once", 0, 60, 0), &a);
    fix_command(f, plan(f, "once", 30, 60, 0), &b);
    fix_forget(f);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = b}, NULL), 0);
    fix_expect(f, "dropped web1/once #2");
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = a}, NULL), 0);
    fix_expect(f, "ended web1/once #1");
    assert_int_equal(fix_item(f, "web1/once")->downtime_depth, 0);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = a}, NULL),
        ERR_NOT_FOUND);
    fix_free(f);
}

static void test_ceiling(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    f->show = 0;
    for (int i = 0; i < COMMAND_MAX_DOWNTIMES; i++)
        assert_int_equal(fix_command(f, plan(f, "once", 0, 60, 0), NULL), 0);
    assert_int_equal(fix_item(f, "web1/once")->downtime_depth, COMMAND_MAX_DOWNTIMES);
    assert_int_equal(fix_command(f, plan(f, "once", 0, 60, 0), NULL), ERR_LIMIT);
    fix_free(f);
}

/* It goes on over a restart, and ids are not used twice. */
static void test_restored(void **state)
{
    struct fix *f = fix_new(web), *g = fix_new(web);
    int64_t id;

    (void)state;
    fix_command(f, plan(f, NULL, 0, 30, 0), NULL);
    fix_command(f, plan(f, "once", 10, 30, 0), NULL);
    for (size_t i = model_downtimes(f->m); i-- > 0;)
        assert_int_equal(model_restore_downtime(g->m, model_downtime_at(f->m, i), f->now), 0);
    g->now = f->now;
    model_tick(g->m, g->now);
    fix_expect(g, "");
    assert_int_equal(model_downtime_at(g->m, 0)->id, 1); /* oldest first */
    assert_int_equal(fix_item(g, "web1/tcp")->downtime_depth, 1);
    fix_wait(g, 31 * MINUTE_MS);
    fix_expect(g, "began web1/once #2; ended web1 #1; ended web1/once #2");
    fix_command(g, plan(g, "once", 0, 30, 0), &id);
    assert_int_equal(id, 3);
    fix_free(f);
    fix_free(g);
}

/* Its time was over while the daemon was not there. */
static void test_restored_late(void **state)
{
    struct fix *f = fix_new(web);
    struct downtime d = {.id = 9,
                         .host_name = (char[]){"web1"},
                         .check_name = (char[]){"once"},
                         .author = (char[]){"anna"},
                         .start_ms = f->now.wall_ms - 2 * HOUR_MS,
                         .end_ms = f->now.wall_ms - HOUR_MS,
                         .active = true};

    (void)state;
    d.began_ms = d.start_ms, d.until_ms = d.end_ms;
    assert_int_equal(model_restore_downtime(f->m, &d, f->now), 0);
    model_tick(f->m, f->now);
    fix_expect(f, "ended web1/once #9");
    d.end_ms = d.start_ms;
    assert_int_equal(model_restore_downtime(f->m, &d, f->now), ERR_INVALID);
    fix_free(f);
}

/* Its object is removed and comes back; checks that are added later are covered; names follow. */
static void test_reconf(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    fix_command(f, plan(f, NULL, 0, 60, 0), NULL);
    fix_command(f, plan(f, "once", 0, 60, 0), NULL);
    fix_forget(f);
    fix_apply(f, "hosts: { web1: { checks: [ tcp, once, tcp: { name: more } ] } }\n");
    assert_int_equal(fix_item(f, "web1/more")->downtime_depth, 1);
    fix_apply(f, "hosts: { web2: { checks: [ once ] } }\n");
    assert_int_equal(model_downtimes(f->m), 2);
    assert_null(model_downtime_at(f->m, 0)->host);
    fix_apply(f, web);
    assert_int_equal(fix_item(f, "web1")->downtime_depth, 1);
    assert_int_equal(fix_item(f, "web1/once")->downtime_depth, 2);
    fix_expect(f, "");
    fix_apply(f,
              "hosts: { www: { was: web1, checks: [ tcp, once: { name: twice, was: once } ] } }\n");
    fix_expect(f, "planned www #1; planned www/twice #2"); /* the store learns the names */
    assert_string_equal(model_downtime_at(f->m, 1)->check_name, "twice");
    assert_int_equal(fix_item(f, "www/twice")->downtime_depth, 2);
    fix_apply(f, "hosts: { other: }\n");
    fix_wait(f, 61 * MINUTE_MS);
    fix_expect(f, "ended - #1; ended - #2");
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_fixed_comes_back_in_time),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_flexible),
        cmocka_unit_test(test_flexible_unused),
        cmocka_unit_test(test_flexible_already_bad),
        cmocka_unit_test(test_whole_host),
        cmocka_unit_test(test_flexible_host_begins_with_a_check),
        cmocka_unit_test(test_ended_by_hand),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_restored),
        cmocka_unit_test(test_restored_late),
        cmocka_unit_test(test_reconf),
    };

    return cmocka_run_group_tests_name("model_downtime", tests, NULL, NULL);
}

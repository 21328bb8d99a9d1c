/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_outbox.c: rows are claimed durably, given once for each key, and in doubt after a crash.  In the twin. */
#include "twin_kit.h"

#define YAML "hosts:\n  web1:\n    checks: [ once: {} ]\n"

struct claimed {
    bool done;
    int code, n;
    struct outbox_row rows[10];
};

static void on_claimed(void *arg, int code, const struct outbox_row *rows, int n)
{
    struct claimed *c = arg;
    c->done = true;
    c->code = code;
    c->n = n;
    for (int i = 0; i < n && i < 10; i++)
        c->rows[i] = rows[i]; /* texts are gone after this call */
}

static void claim(struct twin *t, int max, struct claimed *c)
{
    *c = (struct claimed){0};
    outbox_claim(t->store, "pigeon", clock_wall_ms(), max, on_claimed, c);
    assert_true(sim_run_flag(&c->done, 10000));
}

static void put(struct twin *t, const char *key)
{
    struct store_batch *b = store_batch_new();
    outbox_add(b, "node1", "pigeon", key, "anna", "{}", clock_wall_ms());
    store_write(t->store, b, NULL, NULL);
}

struct counts {
    bool done;
    int64_t waiting, failing, oldest;
};
static void on_counts(void *arg, int code, int64_t waiting, int64_t failing, int64_t oldest_ms)
{
    *(struct counts *)arg = (struct counts){true, waiting, failing, oldest_ms};
}
static struct counts count(struct twin *t)
{
    struct counts c = {0};
    outbox_count(t->store, on_counts, &c);
    assert_true(sim_run_flag(&c.done, 10000));
    return c;
}
static void on_next(void *arg, int code, int64_t next_ms) { *(int64_t *)arg = next_ms; }
static int64_t next_due(struct twin *t)
{
    int64_t next = -1;
    outbox_next(t->store, "pigeon", on_next, &next);
    sim_run_for(100);
    return next;
}

static int setup(void **state)
{
    *state = twin_new(YAML, 21);
    return 0;
}
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

static void a_key_is_taken_once(void **state)
{
    struct twin *t = *state;
    struct claimed c;
    put(t, "one");
    put(t, "one");
    put(t, "two");
    claim(t, 10, &c);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.rows[0].tries, 1);
    assert_false(c.rows[0].in_doubt);
    outbox_sent(t->store, c.rows[0].id, clock_wall_ms());
    outbox_sent(t->store, c.rows[1].id, clock_wall_ms());
    put(t, "one"); /* even after it was sent */
    claim(t, 10, &c);
    assert_int_equal(c.n, 0);
    assert_int_equal(count(t).waiting, 0);
    assert_true(next_due(t) == INT64_MAX);
}

static void a_claimed_row_is_nobody_elses(void **state)
{
    struct twin *t = *state;
    struct claimed a, b;
    put(t, "one");
    claim(t, 10, &a);
    claim(t, 10, &b);
    assert_int_equal(a.n, 1);
    assert_int_equal(b.n, 0);
}

/* Two claims that cross: the second one's batch changes nothing. */
static void claims_that_cross(void **state)
{
    struct twin *t = *state;
    struct claimed a = {0}, b = {0};
    put(t, "one");
    outbox_claim(t->store, "pigeon", clock_wall_ms(), 5, on_claimed, &a);
    outbox_claim(t->store, "pigeon", clock_wall_ms(), 5, on_claimed, &b);
    sim_run_for(1000);
    assert_true(a.done && b.done);
    assert_int_equal(a.n + b.n, 1);
}

static void failures_come_later(void **state)
{
    struct twin *t = *state;
    struct claimed c;
    put(t, "one");
    int64_t created_ms = clock_wall_ms();
    claim(t, 10, &c);
    outbox_failed(t->store, c.rows[0].id, clock_wall_ms() + 10000, false, "refused");
    assert_true(next_due(t) > clock_wall_ms() + 5000);
    claim(t, 10, &c);
    assert_int_equal(c.n, 0);
    assert_int_equal(count(t).failing, 1);
    assert_true(count(t).oldest == created_ms);
    sim_run_for(11000);
    claim(t, 10, &c);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.rows[0].tries, 2);
    outbox_given_up(t->store, c.rows[0].id, clock_wall_ms(), "no");
    sim_run_for(1000);
    assert_int_equal(count(t).waiting, 0);
}

static void after_a_crash_it_is_in_doubt(void **state)
{
    struct twin *t = *state;
    struct claimed c;
    put(t, "claimed");
    put(t, "waiting");
    claim(t, 1, &c);
    twin_crash(t, true);
    claim(t, 10, &c);
    assert_int_equal(c.n, 2);
    assert_true(c.rows[0].in_doubt);
    assert_false(c.rows[1].in_doubt);
    for (int i = 0; i < 4; i++) { /* who crashes with it again and again gets no more copies */
        twin_crash(t, true);
        claim(t, 10, &c);
    }
    assert_int_equal(c.n, 0);
}

static void old_ones_are_forgotten(void **state)
{
    static const struct store_stmt all = {"all", "SELECT COUNT(*) FROM outbox"};
    struct twin *t = *state;
    struct claimed c;
    put(t, "one");
    put(t, "two");
    claim(t, 1, &c);
    outbox_sent(t->store, c.rows[0].id, clock_wall_ms());
    sim_run_for(1000);
    outbox_prune(t->store, clock_wall_ms() + 1);
    assert_int_equal(twin_ask(t, &all), 1); /* what waits stays */
}

/* A wall clock that goes back by a day delays nothing by a day. */
static void the_clock_may_go_back(void **state)
{
    struct twin *t = *state;
    struct claimed c;
    put(t, "one");
    sim_clock_step(-DAY_MS);
    claim(t, 10, &c);
    assert_int_equal(c.n, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_key_is_taken_once), T(a_claimed_row_is_nobody_elses), T(claims_that_cross), T(failures_come_later),
        T(after_a_crash_it_is_in_doubt), T(old_ones_are_forgotten), T(the_clock_may_go_back),
    };
    return cmocka_run_group_tests_name("store_outbox", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One attempt: how it ends, what it says, places for handshakes, jobs on workers. */
#include "checks/attempt.h"
#include "checks/machine/local.h"
#include "checks_fixture.h"
#include <math.h>

struct seen {
    int starts, stops, ends;
};
static void note_start(struct attempt *a) { ((struct seen *)(uintptr_t)a->opts)->starts++; }
static void note_stop(struct attempt *a) { ((struct seen *)(uintptr_t)a->opts)->stops++; }
static void start_and_end(struct attempt *a)
{
    note_start(a);
    attempt_say(a, STATE_OK, MSG("well"), "");
    attempt_done(a);
}
static void late_says(struct attempt *a) { attempt_say(a, STATE_WARNING, "late indeed", ""); }
static const struct probe waits = {.kind = {.name = "waits"}, .start = note_start, .stop = note_stop};
static const struct probe ends_at_once = {.kind = {.name = "ends"}, .start = start_and_end, .stop = note_stop};
static const struct probe is_late = {.kind = {.name = "late"}, .start = note_start, .stop = note_stop, .late = late_says};

static struct attempt *make(const struct probe *p, struct seen *seen, int64_t timeout_ms)
{
    *seen = (struct seen){0};
    return attempt_new(p, seen, NULL, "host", "check", "192.0.2.1", 0, timeout_ms);
}

static void run(struct fx *f, struct attempt *a)
{
    f->ended = false;
    attempt_start(a, f->env, fx_ended, f);
    assert_false(f->ended);
    loop_run(f->loop);
    assert_true(f->ended);
}

static void the_time_out_ends_it(void **state)
{
    struct fx *f = *state;
    struct seen seen;
    struct attempt *a = make(&waits, &seen, 30);

    run(f, a);
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_has(f->text, "no answer within");
    assert_true(f->timed_out);
    assert_false(f->answered);
    assert_int_equal(seen.stops, 1);
    assert_true(f->timings.total_us >= 30000);
    attempt_free(a);
    a = make(&is_late, &seen, 10);
    run(f, a);
    assert_int_equal(f->state, STATE_WARNING);
    assert_string_equal(f->text, "late indeed");
    attempt_free(a);
}

static void an_end_inside_start_is_told_later(void **state)
{
    struct fx *f = *state;
    struct seen seen;
    struct attempt *a = make(&ends_at_once, &seen, 1000);

    run(f, a);
    assert_int_equal(f->state, STATE_OK);
    assert_int_equal(seen.stops, 1);
    attempt_free(a);
}

static void stop_loop(void *arg) { loop_stop(arg); }

static void a_cancelled_one_says_nothing(void **state)
{
    struct fx *f = *state;
    struct seen seen, seen2;
    struct attempt *a = make(&waits, &seen, 10), *b = make(&ends_at_once, &seen2, 10), *c = make(&waits, &seen2, 10);
    struct timer t = {0};

    f->ended = false;
    attempt_start(a, f->env, fx_ended, f);
    attempt_start(b, f->env, fx_ended, f);
    attempt_cancel(a);
    attempt_cancel(b); /* has ended, but nobody was told yet */
    attempt_cancel(c); /* was never started */
    timer_init(&t, f->loop, stop_loop, f->loop);
    timer_set(&t, 40);
    loop_run(f->loop);
    assert_false(f->ended);
    assert_int_equal(seen.stops, 1);
    attempt_free(a);
    attempt_free(b);
    attempt_free(c);
    assert_null(attempt_free(NULL));
}

/* An hour is more than 32 bits of µs. */
static void long_ones_are_not_negative(void **state)
{
    struct fx *f = *state;
    struct seen seen;
    struct attempt *a = make(&waits, &seen, 3600 * 1000);

    attempt_start(a, f->env, fx_ended, f);
    a->started_us -= INT64_C(3599) * 1000 * 1000;
    a->timings.tls_us = -1;
    attempt_done(a);
    assert_int_equal(a->timings.total_us, INT32_MAX);
    assert_int_equal(a->timings.tls_us, INT32_MAX);
    assert_int_equal(a->timings.connect_us, 0);
    attempt_cancel(a);
    attempt_free(a);
}

static void worse_wins(void **state)
{
    struct fx *f = *state;
    struct seen seen;
    struct attempt *a = make(&waits, &seen, 10);

    attempt_worse(a, STATE_OK, MSG("first"), "");
    assert_int_equal(a->state, STATE_OK);
    attempt_worse(a, STATE_WARNING, MSG("second"), "");
    attempt_worse(a, STATE_OK, MSG("third"), "");
    attempt_worse(a, STATE_WARNING, MSG("fourth"), "");
    fx_take(f, a);
    assert_string_equal(f->text, "second");
    attempt_worse(a, STATE_CRITICAL, MSG("{1} % used (limit {2})"), "fs", 87.0, "85%");
    fx_take(f, a);
    assert_string_equal(f->text, "87 % used (limit 85%)");
    attempt_free(a);
}

static void failures_have_their_state(void **state)
{
    static const struct {
        int code;
        enum state state;
        bool answered;
    } cases[] = {
        {ERR_REFUSED, STATE_CRITICAL, true}, {ERR_RESET, STATE_CRITICAL, true},  {ERR_TLS, STATE_CRITICAL, true},
        {ERR_TIMEOUT, STATE_CRITICAL, false}, {ERR_UNREACHABLE, STATE_CRITICAL, false},
        {ERR_NOT_FOUND, STATE_CRITICAL, false}, {ERR_DNS, STATE_UNKNOWN, false}, {ERR_DENIED, STATE_UNKNOWN, false},
        {ERR_IO, STATE_UNKNOWN, false},
    };
    struct seen seen;
    struct err e = {0};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct attempt *a = make(&waits, &seen, 10);

        attempt_fail(a, cases[i].code, NULL);
        assert_int_equal(a->state, cases[i].state);
        assert_int_equal(a->answered, cases[i].answered);
        assert_true(a->text.len > 0);
        err_set(&e, cases[i].code, "the reason", "");
        attempt_fail(a, cases[i].code, &e);
        assert_string_equal(buf_text(&a->text), e.text);
        attempt_free(a);
    }
}

/* ---- places for handshakes ---- */

struct queue {
    struct attempt *at[PROBE_MAX_TLS + 5];
    int gone;
};
static void go(void *arg) { ((struct queue *)((struct attempt *)arg)->arg)->gone++; }
/* Who gets a place gives it on at once. */
static void go_and_fail(void *arg)
{
    go(arg);
    attempt_done(arg);
}
static void ignore(struct attempt *a, void *arg) { (void)a, (void)arg; }

/* One turn of the loop. */
static void turn(struct fx *f)
{
    struct timer t = {0};

    timer_init(&t, f->loop, stop_loop, f->loop);
    timer_set(&t, 1);
    loop_run(f->loop);
}

static void handshakes_wait_for_a_place(void **state)
{
    struct fx *f = *state;
    struct seen seen;
    struct queue q = {0};
    int at_once = 0;

    for (int i = 0; i < PROBE_MAX_TLS + 5; i++) {
        q.at[i] = make(&waits, &seen, 10000);
        attempt_start(q.at[i], f->env, ignore, &q);
        at_once += attempt_tls_take(q.at[i], go, q.at[i]);
    }
    assert_int_equal(at_once, PROBE_MAX_TLS);
    assert_true(attempt_tls_take(q.at[0], go, q.at[0])); /* has one already */
    assert_false(attempt_tls_take(q.at[PROBE_MAX_TLS + 1], go, q.at[PROBE_MAX_TLS + 1])); /* waits already, and only once */
    assert_false(attempt_tls_take(q.at[PROBE_MAX_TLS + 4], go, q.at[PROBE_MAX_TLS + 4]));
    attempt_cancel(q.at[PROBE_MAX_TLS]); /* leaves the queue */
    attempt_tls_give(q.at[0]);
    assert_int_equal(q.gone, 0); /* never from inside */
    assert_false(attempt_tls_take(q.at[0], go, q.at[0])); /* others were there first */
    turn(f);
    assert_int_equal(q.gone, 1);
    attempt_cancel(q.at[1]); /* the place is given back with the attempt */
    turn(f);
    assert_int_equal(q.gone, 2);
    assert_int_equal(f->env->tls_in_flight, PROBE_MAX_TLS);
    for (int i = 0; i < PROBE_MAX_TLS + 5; i++) {
        if (!q.at[i]->ended)
            attempt_cancel(q.at[i]);
        attempt_free(q.at[i]);
    }
    assert_int_equal(f->env->tls_in_flight, 0);
    assert_null(f->env->tls_waiting.first);
    assert_null(f->env->tls_waiting.last);
}

/* One after the other, not one inside the other: with many that would be the end of the stack. */
static void a_place_that_all_give_on(void **state)
{
    enum { MANY = 20000 };
    struct fx *f = *state;
    struct seen seen;
    struct queue q = {0};
    struct attempt **at = calloc(MANY, sizeof(struct attempt *));

    for (int i = 0; i < MANY; i++) {
        at[i] = make(&waits, &seen, 10000);
        attempt_start(at[i], f->env, ignore, &q);
        attempt_tls_take(at[i], go_and_fail, at[i]);
    }
    attempt_done(at[0]);
    turn(f);
    assert_int_equal(q.gone, MANY - PROBE_MAX_TLS);
    for (int i = 0; i < MANY; i++) {
        if (!at[i]->ended)
            attempt_cancel(at[i]);
        attempt_free(at[i]);
    }
    free(at);
}

/* ---- thresholds ---- */

static void levels(void **state)
{
    struct conf_level warn = {.low = 0, .high = 80, .set = true, .percent = true, .text = "80%"};
    struct conf_level crit = {.low = 10, .high = INFINITY, .set = true, .text = "< 10"};
    struct conf_level floor = {.low = 0, .high = 14, .set = true, .text = "14d"}, off = {0};
    struct attempt *a;
    struct seen seen;
    const char *limit;

    assert_int_equal(level_state(&warn, &crit, 50, 79), STATE_OK);
    assert_int_equal(level_judge(&warn, &crit, 50, 81, &limit), STATE_WARNING);
    assert_string_equal(limit, "80%");
    assert_int_equal(level_state(&warn, &crit, 9, 81), STATE_CRITICAL);
    assert_int_equal(level_state(&warn, NULL, 50, NAN), STATE_OK);
    assert_int_equal(level_state(&off, &off, 1e9, 1e9), STATE_OK);
    level_make_floor(&floor);
    assert_int_equal(level_state(&floor, NULL, 20, NAN), STATE_OK);
    assert_int_equal(level_state(&floor, NULL, 13, NAN), STATE_WARNING);
    a = make(&waits, &seen, 10);
    attempt_perf(a, "a b", 12.5, "B", &warn, &crit, 0, 200);
    attempt_perf_time(a, "time", 40, NULL, &crit);
    assert_string_equal(buf_text(&a->perf), "'a b'=12.5B;160;10:;0;200 time=0.000040s;;0.01:;0");
    attempt_free(a);
}

static void foreign_text_is_cleaned(void **state)
{
    struct seen seen;
    struct attempt *a = make(&waits, &seen, 10);
    static const char evil[] = "a\x1f" "b\x01\xff\n\x1b[31mc\0d";
    const char *text = attempt_quote(a, evil, sizeof(evil) - 1, 100);

    assert_true(utf8_valid(text, strlen(text)));
    for (const char *p = text; *p; p++)
        assert_true((unsigned char)*p >= 0x20);
    assert_true(strlen(attempt_quote(a, "\xc3\xa9\xc3\xa9\xc3\xa9", 6, 5)) <= 5);
    attempt_free(a);
}

/* ---- on a worker ---- */

static int hang_pipe[2];
static void look_hangs(struct attempt *own)
{
    char c;

    (void)!read(hang_pipe[0], &c, 1);
    attempt_say(own, STATE_OK, "too late", "");
}
static void look_counts(struct attempt *own)
{
    attempt_say(own, STATE_OK, MSG("{1}"), "i", (int64_t)++*(int *)own->memory);
    local_line(own, "more");
}
static void start_hangs(struct attempt *a) { local_start(a, look_hangs); }
static void start_counts(struct attempt *a) { local_start(a, look_counts); }
static const struct probe hangs = {.kind = {.name = "hangs"}, .start = start_hangs, .stop = local_stop, .memory_bytes = 4};
static const struct probe counts = {.kind = {.name = "counts"}, .start = start_counts, .stop = local_stop, .memory_bytes = 4};

static void a_hanging_look_does_not_hold_the_attempt(void **state)
{
    struct fx *f = *state;
    struct seen seen;
    int memory = 0;
    struct attempt *a = make(&hangs, &seen, 30);

    assert_int_equal(pipe(hang_pipe), 0);
    a->memory = &memory;
    run(f, a);
    assert_true(f->timed_out);
    attempt_free(a); /* the job goes on with its own copy */
    assert_int_equal(write(hang_pipe[1], "x", 1), 1);
    a = make(&counts, &seen, 5000);
    a->memory = &memory;
    run(f, a);
    assert_string_equal(f->text, "1");
    assert_string_equal(f->more, "more");
    assert_int_equal(memory, 1);
    assert_true(f->answered);
    attempt_free(a);
    close(hang_pipe[0]);
    close(hang_pipe[1]);
}

static void probes_are_found(void **state)
{
    assert_ptr_equal(probe_find("icmp"), probe_find("ping"));
    assert_null(probe_find("none"));
    for (int i = 0; probes[i]; i++) {
        assert_ptr_equal(probe_kinds[i], &probes[i]->kind);
        assert_true(probes[i]->start || probes[i]->kind.passive);
        for (const struct conf_row *r = probes[i]->kind.rows; r->key; r++)
            assert_true(r->help != NULL && r->example != NULL); /* rows explain themselves */
    }
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(the_time_out_ends_it), T(an_end_inside_start_is_told_later), T(a_cancelled_one_says_nothing), T(worse_wins),
        T(failures_have_their_state), T(long_ones_are_not_negative), T(handshakes_wait_for_a_place), T(a_place_that_all_give_on), T(levels), T(foreign_text_is_cleaned),
        T(a_hanging_look_does_not_hold_the_attempt), T(probes_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

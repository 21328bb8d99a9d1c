/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scheduler with a real model and real loops; checks are a probe of the test's own that answers at once, or never.
 * MON-1, MON-4. Nothing here asserts how long anything takes; what must not happen is asserted. */
#include "checks/scheduler.h"
#include "checks/scheduler_stats.h"
#include "checks_fixture.h"
#include "model/command.h"
#include <stdatomic.h>

/* ---- probes of the test ---- */

struct knob_opts {
    const char *mode;
};
static const struct conf_row knob_rows[] = {
    {.key = "mode", .type = CONF_TEXT, .offset = offsetof(struct knob_opts, mode), .flags = CONF_POSITIONAL, .help = "mode"},
    {0},
};
struct knob_memory {
    int64_t count;
};
static atomic_int running, most_running, started;

static void knob_start(struct attempt *a)
{
    const struct knob_opts *o = a->opts;
    struct knob_memory *m = a->memory;
    int now = atomic_fetch_add(&running, 1) + 1;

    atomic_fetch_add(&started, 1);
    if (now > atomic_load(&most_running))
        atomic_store(&most_running, now);
    a->job = a;
    if (str_eq(o->mode, "never"))
        return;
    if (str_eq(o->mode, "bad"))
        attempt_say(a, STATE_CRITICAL, "bad", "");
    else
        attempt_say(a, STATE_OK, MSG("{1}"), "i", m ? ++m->count : 0);
    attempt_done(a);
}
static void knob_stop(struct attempt *a)
{
    if (a->job)
        atomic_fetch_sub(&running, 1);
    a->job = NULL;
}
static const struct probe knob = {
    .kind = {.name = "knob", .rows = knob_rows, .opts_bytes = sizeof(struct knob_opts), .help = "knob"},
    .start = knob_start,
    .stop = knob_stop,
    .memory_bytes = sizeof(struct knob_memory),
};
static const struct conf_row no_rows[] = {{0}};
static const struct probe given = {.kind = {.name = "passive", .rows = no_rows, .opts_bytes = 1, .help = "x", .passive = true}};
static void lever_start(struct attempt *a)
{
    attempt_say(a, STATE_OK, "lever", "");
    attempt_done(a);
}
static void lever_stop(struct attempt *a) { a->job = NULL; }
static const struct probe lever = {.kind = {.name = "lever", .rows = no_rows, .opts_bytes = 1, .help = "lever"}, .start = lever_start, .stop = lever_stop};
static const struct conf_kind *const kinds[] = {&knob.kind, &lever.kind, &given.kind, NULL};

/* ---- the world ---- */

struct world {
    struct loop *main, *probe;
    struct work_pool *workers;
    struct probe_env *env;
    struct model *m;
    struct scheduler *s;
    struct timer timer;
    int (*until)(struct world *w);
    int polls, results, done;
    bool gave_up;
};

static void on_event(void *arg, const struct event *e)
{
    struct world *w = arg;

    w->results += e->kind == EVENT_RESULT;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    atomic_store(&running, 0);
    atomic_store(&most_running, 0);
    atomic_store(&started, 0);
    w->main = loop_new("main");
    w->probe = loop_new("probe");
    w->workers = work_pool_new("w", 1, 10);
    w->env = probe_env_new(w->probe, w->workers, NULL);
    w->m = model_new();
    model_listen(w->m, on_event, w);
    w->s = scheduler_new(w->main, w->m, w->env);
    loop_thread(w->probe);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    loop_stop(w->probe);
    scheduler_free(w->s);
    assert_int_equal(atomic_load(&running), 0); /* what was in flight was stopped */
    probe_env_free(w->env);
    work_pool_free(w->workers);
    loop_free(w->probe);
    loop_free(w->main);
    model_free(w->m);
    free(w);
    return 0;
}

static void apply(struct world *w, const char *yaml)
{
    struct conf_env env = {.kinds = kinds};
    struct conf_file file = {"test.yaml", yaml, strlen(yaml)};
    struct conf_errors *errors = calloc(1, sizeof(*errors));
    struct conf *c = NULL;
    struct reconf *r;

    if (conf_load(&env, &file, 1, &c, errors) != 0)
        fail_msg("%s\n%s", yaml, errors->at[0].text);
    conf_errors_done(errors);
    free(errors);
    r = reconf_begin(w->m, c);
    while (reconf_step(r, 100, (struct moment){clock_wall_ms(), clock_boot_ms()}))
        ;
    conf_unref(c);
}

static void poll_it(void *arg)
{
    struct world *w = arg;

    if (w->until(w) || ++w->polls > 3000) {
        w->gave_up = w->polls > 3000;
        loop_stop(w->main);
        return;
    }
    timer_set(&w->timer, 5);
}

/* Lets both loops run until the condition holds; fails the test when it never does. */
static void run_until(struct world *w, int (*until)(struct world *w))
{
    w->until = until;
    w->polls = 0;
    timer_init(&w->timer, w->main, poll_it, w);
    timer_set(&w->timer, 0);
    loop_run(w->main);
    assert_false(w->gave_up);
}

static struct item *item(struct world *w, const char *check) { return model_find(w->m, "h", check); }
static void count_done(void *arg) { ((struct world *)arg)->done++; }

/* ---- conditions ---- */

static int one_result(struct world *w) { return w->results >= 1; }
static int two_results(struct world *w) { return w->results >= 2; }
static int six_results(struct world *w) { return w->results >= 6; }
static int all_hundred(struct world *w) { return w->results >= 100; }
static int one_started(struct world *w) { return atomic_load(&started) >= 1; }
static int five_running(struct world *w) { return atomic_load(&running) >= 5; }
static int one_done(struct world *w) { return w->done >= 1; }
static int three_done(struct world *w) { return w->done >= 3; }
static int a_moment(struct world *w) { return w->polls >= 40; }

/* ---- tests ---- */

static void newcomers_come_first(void **state)
{
    struct world *w = *state;
    struct scheduler_stats st;
    struct item *it;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 1h }\n"
             "      - knob: { name: b, mode: bad, every: 1h, retry: 1h }\n      - passive: { name: p }\n");
    it = item(w, "a");
    assert_true(heap_has(&it->due));
    assert_true(it->next_check_ms <= clock_wall_ms() + 2000); /* not after an hour */
    assert_false(heap_has(&item(w, "p")->due));
    run_until(w, two_results);
    assert_int_equal(it->st.state, STATE_OK);
    assert_int_equal(item(w, "b")->st.state, STATE_CRITICAL);
    assert_false(it->in_flight);
    assert_true(it->next_check_ms > clock_wall_ms() + 1000); /* the next one is in its own time */
    assert_true(heap_has(&it->due));
    scheduler_get_stats(w->s, &st);
    assert_true(st.attempts >= 2 && st.results >= 2 && st.in_flight == 0 && st.waiting == 0);
    assert_true(st.delay_p50_us <= st.delay_p99_us);
}

static void the_retry_interval_while_soft(void **state)
{
    struct world *w = *state;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: bad, every: 1h, retry: 1s, attempts: 3 }\n");
    run_until(w, two_results);
    assert_true(item(w, "a")->st.attempt >= 2);
}

static void now_jumps_the_queue(void **state)
{
    struct world *w = *state;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 1h }\n      - passive: { name: p }\n");
    scheduler_now(w->s, item(w, "a"), count_done, w);
    scheduler_now(w->s, item(w, "a"), count_done, w);
    scheduler_now(w->s, item(w, "p"), count_done, w); /* cannot be run: told at once */
    run_until(w, three_done);
    assert_int_equal(w->results, 1);
    scheduler_now(w->s, item(w, "a"), NULL, NULL);
    run_until(w, two_results);
}

static void memory_is_kept_between_attempts(void **state)
{
    struct world *w = *state;
    char text[100];

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 1h }\n");
    scheduler_now(w->s, item(w, "a"), count_done, w);
    run_until(w, one_done);
    scheduler_now(w->s, item(w, "a"), NULL, NULL);
    run_until(w, two_results);
    fx_render(text, sizeof(text), item(w, "a")->text);
    assert_string_equal(text, "2");
}

static void removed_while_in_flight(void **state)
{
    struct world *w = *state;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: never, every: 1h }\n      - knob: { name: b, mode: ok, every: 1h }\n");
    scheduler_now(w->s, item(w, "a"), count_done, w);
    run_until(w, one_started);
    assert_true(item(w, "a")->in_flight || atomic_load(&started) > 0);
    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: b, mode: ok, every: 1h }\n");
    assert_null(item(w, "a"));
    assert_int_equal(w->done, 1); /* whoever waited is told */
    run_until(w, a_moment);
}

static void in_flight_has_a_ceiling(void **state)
{
    struct world *w = *state;
    struct buf yaml = BUF_MAX(100000);
    struct scheduler_stats st;

    buf_str(&yaml, "site: { max_in_flight: 5 }\nhosts:\n  h:\n    checks:\n");
    for (int i = 0; i < 50; i++)
        buf_printf(&yaml, "      - knob: { name: c%d, mode: never, every: 1h, timeout: 1h }\n", i);
    apply(w, buf_text(&yaml));
    buf_done(&yaml);
    for (int i = 0; i < 50; i++) {
        char name[8];

        snprintf(name, sizeof(name), "c%d", i);
        scheduler_now(w->s, item(w, name), NULL, NULL);
    }
    run_until(w, five_running);
    run_until(w, a_moment);
    assert_int_equal(atomic_load(&most_running), 5);
    scheduler_get_stats(w->s, &st);
    assert_int_equal(st.in_flight, 5);
    assert_int_equal(st.waiting, 45);
}

static void time_outs_make_room(void **state)
{
    struct world *w = *state;
    struct buf yaml = BUF_MAX(100000);
    struct scheduler_stats st;

    buf_str(&yaml, "site: { max_in_flight: 2 }\nhosts:\n  h:\n    checks:\n");
    for (int i = 0; i < 6; i++)
        buf_printf(&yaml, "      - knob: { name: c%d, mode: never, every: 1h, retry: 1h, timeout: 1s }\n", i);
    apply(w, buf_text(&yaml));
    buf_done(&yaml);
    run_until(w, six_results);
    scheduler_get_stats(w->s, &st);
    assert_true(st.timeouts >= 6);
    assert_int_equal(atomic_load(&most_running), 2);
}

static void many_are_splayed(void **state)
{
    struct world *w = *state;
    struct buf yaml = BUF_MAX(1000000);
    int soon = 0, seconds[60] = {0}, fullest = 0;
    int64_t now;

    buf_str(&yaml, "hosts:\n  h:\n    checks:\n");
    for (int i = 0; i < 2000; i++)
        buf_printf(&yaml, "      - knob: { name: c%d, mode: ok, every: 60s }\n", i);
    apply(w, buf_text(&yaml));
    buf_done(&yaml);
    now = clock_mono_us();
    for (int i = 0; i < 2000; i++) {
        char name[16];
        int64_t in_us;

        snprintf(name, sizeof(name), "c%d", i);
        in_us = item(w, name)->due.key - now;
        assert_true(in_us < 61 * 1000000);
        soon += in_us < 2 * 1000000;
        seconds[in_us < 0 ? 0 : in_us / 1000000 % 60]++;
    }
    for (int i = 2; i < 60; i++)
        fullest = seconds[i] > fullest ? seconds[i] : fullest;
    assert_true(soon >= 200 && soon < 400); /* some at once, so that there is something to see */
    assert_true(fullest < 80); /* no burst: 30 a second were even */
    run_until(w, all_hundred);
}

static void a_phase_is_kept_by_name(void **state)
{
    struct world *w = *state;
    int64_t first, again;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 1h }\n");
    scheduler_now(w->s, item(w, "a"), count_done, w);
    run_until(w, one_done);
    first = item(w, "a")->next_check_ms % 3600000;
    scheduler_now(w->s, item(w, "a"), NULL, NULL);
    run_until(w, two_results);
    again = item(w, "a")->next_check_ms % 3600000;
    assert_true(llabs(first - again) < 1000);
}

static void switched_off_and_on(void **state)
{
    struct world *w = *state;
    struct moment now = {clock_wall_ms(), clock_boot_ms()};
    struct command off = {.kind = COMMAND_DISABLE, .host = "h", .check = "a", .author = "me"};
    struct command on = {.kind = COMMAND_ENABLE, .host = "h", .check = "a", .author = "me"};

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 1h }\n");
    assert_int_equal(model_command(w->m, &off, now, NULL, NULL), 0);
    assert_false(heap_has(&item(w, "a")->due));
    assert_int_equal(model_command(w->m, &on, now, NULL, NULL), 0);
    assert_true(heap_has(&item(w, "a")->due));
}

/* Whoever waits for a result that will not come is told at once, not never. */
static void switched_off_while_somebody_waits(void **state)
{
    struct world *w = *state;
    struct moment now = {clock_wall_ms(), clock_boot_ms()};
    struct command off = {.kind = COMMAND_DISABLE, .host = "h", .check = "a", .author = "me"};

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 1h }\n");
    scheduler_now(w->s, item(w, "a"), count_done, w);
    assert_int_equal(model_command(w->m, &off, now, NULL, NULL), 0);
    run_until(w, one_done);
    assert_int_equal(w->done, 1);
}

/* The answer of the check that it was counts no more. */
static void another_check_by_the_same_name(void **state)
{
    struct world *w = *state;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: never, every: 1h, timeout: 1s }\n");
    scheduler_now(w->s, item(w, "a"), NULL, NULL);
    run_until(w, one_started);
    apply(w, "hosts:\n  h:\n    checks:\n      - lever: { name: a, every: 1h }\n");
    run_until(w, one_result);
    assert_int_equal(w->results, 1);
    assert_non_null(strstr(item(w, "a")->text, "lever"));
}

static void a_shorter_interval_takes_effect(void **state)
{
    struct world *w = *state;

    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 10h }\n");
    scheduler_now(w->s, item(w, "a"), count_done, w);
    run_until(w, one_done);
    apply(w, "hosts:\n  h:\n    checks:\n      - knob: { name: a, mode: ok, every: 30s }\n");
    assert_true(item(w, "a")->next_check_ms <= clock_wall_ms() + 31000);
}

static void delays_are_counted(void **state)
{
    struct delays *d = calloc(1, sizeof(*d));
    struct scheduler_stats st;

    for (int i = 1; i <= 1000; i++)
        delays_add(d, i * 100, 5000000); /* 0.1 … 100 ms */
    delays_read(d, 6000000, &st);
    assert_true(st.delay_p50_us >= 45000 && st.delay_p50_us <= 65000);
    assert_true(st.delay_p99_us >= 95000 && st.delay_p99_us <= 125000);
    assert_int_equal(st.delay_max_us, 100000);
    assert_int_equal(st.delay_histogram[0], 9); /* under 1 ms */
    delays_read(d, 200000000, &st); /* long ago */
    assert_int_equal(st.delay_max_us, 0);
    assert_int_equal(st.delay_histogram[0], 9);
    free(d);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(newcomers_come_first), T(the_retry_interval_while_soft), T(now_jumps_the_queue),
        T(memory_is_kept_between_attempts), T(removed_while_in_flight), T(in_flight_has_a_ceiling),
        T(time_outs_make_room), T(many_are_splayed), T(a_phase_is_kept_by_name), T(switched_off_and_on),
        T(switched_off_while_somebody_waits), T(another_check_by_the_same_name), T(a_shorter_interval_takes_effect),
        cmocka_unit_test(delays_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

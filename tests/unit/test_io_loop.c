/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops: the order of timers and posted calls, threads, signals, and watches that end inside
 * events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/loop_priv.h"
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct trace {
    struct loop *loop;
    char text[64];
    struct timer t[8];
    int left;
};
struct named {
    struct trace *trace;
    char name;
};

static void note(void *arg)
{
    struct named *n = arg;
    size_t len = strlen(n->trace->text);
    n->trace->text[len] = n->name;
    if (--n->trace->left == 0)
        loop_stop(n->trace->loop);
}

static void timers_fire_in_order(void **state)
{
    struct trace tr = {.loop = loop_new("t"), .left = 6};
    static const int after_ms[6] = {20, 5, 5, 0, -3, 20};
    struct named n[6];
    for (int i = 0; i < 6; i++) {
        n[i] = (struct named){&tr, (char)('a' + i)};
        timer_init(&tr.t[i], tr.loop, note, &n[i]);
        timer_set(&tr.t[i], after_ms[i]);
        assert_true(timer_is_set(&tr.t[i]));
    }
    timer_set(&tr.t[0], 20); /* set anew: now behind f */
    loop_run(tr.loop);
    assert_int_equal(strlen(tr.text), 6);
    assert_true(strchr(tr.text, 'd') < strchr(tr.text, 'e'));
    assert_true(strchr(tr.text, 'e') < strchr(tr.text, 'b'));
    assert_true(strchr(tr.text, 'b') < strchr(tr.text, 'c'));
    assert_false(timer_is_set(&tr.t[0]));
    loop_free(tr.loop);
}

struct early {
    struct loop *loop;
    struct timer t;
    int64_t set_us, wanted_ms;
    int rounds;
    bool early;
};

static void not_early(void *arg)
{
    struct early *e = arg;
    e->early |= clock_mono_us() - e->set_us < e->wanted_ms * 1000;
    if (++e->rounds == 5)
        loop_stop(e->loop);
    e->wanted_ms = e->rounds;
    e->set_us = clock_mono_us();
    timer_set(&e->t, e->wanted_ms);
}

static void a_timer_is_never_early(void **state)
{
    struct early e = {.loop = loop_new("t")};
    timer_init(&e.t, e.loop, not_early, &e);
    e.set_us = clock_mono_us();
    timer_set(&e.t, 0);
    loop_run(e.loop);
    assert_false(e.early);
    timer_clear(&e.t);
    loop_free(e.loop);
}

/* A timer that sets itself for "now" for ever must not keep posted calls from running. */
static void again(void *arg)
{
    struct trace *tr = arg;
    timer_set(&tr->t[0], 0);
}

static void post_stop(void *arg)
{
    struct trace *tr = arg;
    if (++tr->left == 3)
        loop_stop(tr->loop);
    else
        loop_post(tr->loop, post_stop, tr);
}

static void posts_run_beside_busy_timers(void **state)
{
    struct trace tr = {.loop = loop_new("t")};
    timer_init(&tr.t[0], tr.loop, again, &tr);
    timer_set(&tr.t[0], 0);
    loop_post(tr.loop, post_stop, &tr);
    loop_run(tr.loop);
    assert_int_equal(tr.left, 3);
    timer_clear(&tr.t[0]);
    timer_clear(&tr.t[0]);
    loop_free(tr.loop);
}

static void clear_other(void *arg)
{
    struct trace *tr = arg;
    timer_clear(&tr->t[1]);
    loop_stop(tr->loop);
}

static void must_not_run(void *arg)
{
    fail();
}

static void a_cleared_timer_does_not_fire(void **state)
{
    struct trace tr = {.loop = loop_new("t")};
    timer_init(&tr.t[0], tr.loop, clear_other, &tr);
    timer_init(&tr.t[1], tr.loop, must_not_run, &tr);
    timer_set(&tr.t[0], 0);
    timer_set(&tr.t[1], 0);
    loop_run(tr.loop);
    loop_free(tr.loop);
}

enum { POSTERS = 4, POSTS = 20000 };
struct counter {
    struct loop *loop;
    int next[POSTERS], total;
    bool disorder;
};
struct poster {
    struct counter *counter;
    int number;
    pthread_t thread;
};
struct numbered {
    struct poster *from;
    int number;
};

static void count(void *arg)
{
    struct numbered *n = arg;
    struct counter *c = n->from->counter;
    c->disorder |= c->next[n->from->number]++ != n->number || !loop_is_here(c->loop);
    c->total++;
    mem_free(n);
}

static void *post_many(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        struct numbered *n = NEW(struct numbered);
        *n = (struct numbered){p, i};
        loop_post(p->counter->loop, count, n);
    }
    return NULL;
}

static void posts_of_a_thread_keep_their_order(void **state)
{
    struct counter c = {.loop = loop_new("posts")};
    struct poster p[POSTERS];
    loop_thread(c.loop);
    for (int i = 0; i < POSTERS; i++) {
        p[i] = (struct poster){.counter = &c, .number = i};
        pthread_create(&p[i].thread, NULL, post_many, &p[i]);
    }
    for (int i = 0; i < POSTERS; i++)
        pthread_join(p[i].thread, NULL);
    assert_false(loop_is_here(c.loop));
    loop_stop(c.loop); /* behind all posts, and waits */
    assert_int_equal(c.total, POSTERS * POSTS);
    assert_false(c.disorder);
    struct loop_stats st;
    loop_take_stats(c.loop, &st);
    assert_true(st.turns > 0);
    loop_free(c.loop);
}

static void on_usr1(int signum, void *arg)
{
    struct trace *tr = arg;
    tr->left = signum;
    loop_stop(tr->loop);
}

static void raise_usr1(void *arg)
{
    kill(getpid(), SIGUSR1);
}

static void signals_come_on_the_loop(void **state)
{
    struct trace tr = {.loop = loop_new("t")};
    loop_on_signal(tr.loop, SIGUSR1, on_usr1, &tr);
    loop_post(tr.loop, raise_usr1, NULL);
    loop_run(tr.loop);
    assert_int_equal(tr.left, SIGUSR1);
    loop_free(tr.loop);
}

/* Two watches are ready in one turn; the first ends the other, whose event must not come. */
struct pair {
    struct loop *loop;
    struct watch w[2];
    int fd[2][2], calls;
};

static void end_both(void *arg, unsigned events)
{
    struct pair *p = arg;
    p->calls++;
    for (int i = 0; i < 2; i++) {
        watch_drop(&p->w[i]);
        close(p->fd[i][0]);
    }
    /* The numbers are used again at once. */
    assert_int_equal(pipe(p->fd[0]), 0);
    loop_stop(p->loop);
}

static void stale_events_are_dropped(void **state)
{
    struct pair p = {.loop = loop_new("t")};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(p.fd[i]), 0);
        assert_int_equal(write(p.fd[i][1], "x", 1), 1);
        assert_int_equal(watch_start(&p.w[i], p.loop, p.fd[i][0], EPOLLIN, end_both, &p), 0);
    }
    int keep = p.fd[0][1];
    loop_run(p.loop);
    assert_int_equal(p.calls, 1);
    close(keep);
    close(p.fd[1][1]);
    close(p.fd[0][0]);
    close(p.fd[0][1]);
    loop_free(p.loop);
}

static void hold(void *arg)
{
    struct trace *tr = arg;
    int64_t until_us = clock_mono_us() + 6000;
    while (clock_mono_us() < until_us)
        ;
    loop_stop(tr->loop);
}

static void the_watchdog_sees_a_long_turn(void **state)
{
    struct trace tr = {.loop = loop_new("t"), .left = 2};
    loop_post(tr.loop, hold, &tr);
    loop_run(tr.loop);
    loop_post(tr.loop, post_stop, &tr); /* a turn is counted at its end */
    loop_run(tr.loop);
    struct loop_stats st;
    loop_take_stats(tr.loop, &st);
    assert_true(st.held_over_5ms >= 1);
    assert_true(st.longest_us >= 6000);
    loop_take_stats(tr.loop, &st);
    assert_int_equal(st.longest_us, 0);
    loop_free(tr.loop);
}

static void clocks_and_entropy(void **state)
{
    int64_t a = clock_mono_us(), b = clock_mono_us();
    assert_true(b >= a && a > 0);
    assert_true(clock_wall_ms() > INT64_C(1600000000000));
    assert_true(clock_boot_ms() >= clock_mono_ms() - 1000);
    assert_true(entropy_u64() != entropy_u64());
    unsigned char big[700] = {0};
    entropy_bytes(big, sizeof big);
    int zeros = 0;
    for (size_t i = 0; i < sizeof big; i++)
        zeros += big[i] == 0;
    assert_true(zeros < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order),
        cmocka_unit_test(a_timer_is_never_early),
        cmocka_unit_test(posts_run_beside_busy_timers),
        cmocka_unit_test(a_cleared_timer_does_not_fire),
        cmocka_unit_test(posts_of_a_thread_keep_their_order),
        cmocka_unit_test(signals_come_on_the_loop),
        cmocka_unit_test(stale_events_are_dropped),
        cmocka_unit_test(the_watchdog_sees_a_long_turn),
        cmocka_unit_test(clocks_and_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

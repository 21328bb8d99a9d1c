/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker pool: order, place, the loop a result comes back to, and an end while a job hangs. */
#include "base/err.h"
#include "io/work.h"
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

struct job {
    struct loop *loop;
    sem_t *begun; /* posts here when set */
    sem_t *gate;  /* waits here when set */
    sem_t *over;  /* posts here when set, as the last act */
    pthread_t ran_on, done_on;
    int *order, at;
    int *left;
};

static void job_run(void *arg)
{
    struct job *j = arg;
    if (j->begun != NULL)
        sem_post(j->begun);
    if (j->gate != NULL)
        sem_wait(j->gate);
    j->ran_on = pthread_self();
    if (j->order != NULL)
        j->at = (*j->order)++;
    if (j->over != NULL)
        sem_post(j->over);
}

static void job_done(void *arg)
{
    struct job *j = arg;
    j->done_on = pthread_self();
    if (--*j->left == 0)
        loop_stop(j->loop);
}

static void runs_elsewhere_and_reports_here(void **state)
{
    struct loop *l = loop_new("test");
    struct work_pool *p = work_pool_new("w", 2, 10);
    int left = 1;
    struct job j = {.loop = l, .left = &left};
    assert_int_equal(work_submit(p, l, job_run, job_done, &j), 0);
    loop_run(l);
    assert_true(pthread_equal(j.done_on, pthread_self()));
    assert_false(pthread_equal(j.ran_on, pthread_self()));
    assert_int_equal(work_stuck(p), 0);
    work_pool_free(p);
    loop_free(l);
}

static void one_worker_keeps_the_order(void **state)
{
    enum { N = 50 };
    struct loop *l = loop_new("test");
    struct work_pool *p = work_pool_new("w", 1, N);
    int left = N, order = 0;
    struct job jobs[N];
    for (int i = 0; i < N; i++) {
        jobs[i] = (struct job){.loop = l, .left = &left, .order = &order};
        assert_int_equal(work_submit(p, l, job_run, job_done, &jobs[i]), 0);
    }
    loop_run(l);
    for (int i = 0; i < N; i++)
        assert_int_equal(jobs[i].at, i);
    work_pool_free(p);
    loop_free(l);
}

static void refuses_when_too_many_wait(void **state)
{
    struct loop *l = loop_new("test");
    struct work_pool *p = work_pool_new("w", 1, 2);
    sem_t gate;
    sem_init(&gate, 0, 0);
    int left = 0, refused = 0;
    struct job jobs[5];
    for (int i = 0; i < 5; i++) {
        jobs[i] = (struct job){.loop = l, .left = &left, .gate = &gate};
        int rc = work_submit(p, l, job_run, job_done, &jobs[i]);
        assert_true(rc == 0 || rc == ERR_BUSY);
        left += rc == 0;
        refused += rc != 0;
    }
    /* One runs or is about to, two wait. */
    assert_in_range(refused, 2, 3);
    for (int i = 0; i < 5; i++)
        sem_post(&gate);
    loop_run(l);
    assert_int_equal(left, 0);
    work_pool_free(p);
    loop_free(l);
    sem_destroy(&gate);
}

/* A job on a dead file server: the pool goes without it, and it may still come back. */
static void leaves_a_hanging_job_behind(void **state)
{
    struct loop *l = loop_new("test");
    struct work_pool *p = work_pool_new("w", 1, 4);
    sem_t begun, gate, over;
    sem_init(&begun, 0, 0);
    sem_init(&gate, 0, 0);
    sem_init(&over, 0, 0);
    int left = 1;
    struct job j = {.loop = l, .left = &left, .begun = &begun, .gate = &gate, .over = &over};
    assert_int_equal(work_submit(p, l, job_run, job_done, &j), 0);
    sem_wait(&begun);
    work_pool_free(p);
    sem_post(&gate);
    sem_wait(&over);
    assert_int_equal(left, 1);
    loop_free(l);
}

static void slow_run(void *arg) { usleep(50000); }

static void never_done(void *arg) { fail(); }

static void count_drop(void *arg) { ++*(int *)arg; }

/* Who owns its argument gets it back: what ran to its end meanwhile, and what never began. */
static void what_is_not_reported_is_dropped(void **state)
{
    struct loop *l = loop_new("test");
    struct work_pool *p = work_pool_new("w", 1, 50);
    int dropped = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(work_give(p, l, slow_run, never_done, count_drop, &dropped), 0);
    work_pool_free(p);
    assert_int_equal(dropped, 5);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_elsewhere_and_reports_here),
        cmocka_unit_test(one_worker_keeps_the_order),
        cmocka_unit_test(refuses_when_too_many_wait),
        cmocka_unit_test(leaves_a_hanging_job_behind),
        cmocka_unit_test(what_is_not_reported_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

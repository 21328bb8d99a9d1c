/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_work.c: the worker pool's twin: jobs run one at a time in events of their own, so that they fall
 * between the turns of the loops.  A job that "hangs" has run, but its end is not told. */
#include "io/sim/sim_int.h"
#include "io/work.h"

enum { POOL_MAGIC = 0x30b00001, STUCK_US = 30000000 };

struct work_pool {
    unsigned magic;
    struct sim_obj obj;
    int threads, max_waiting;
    struct work *jobs, **last; /* in the order of asking */
    struct sim_event next;     /* no loop: workers are threads of their own */
};
struct work {
    struct work *next;
    struct sim_obj obj;
    struct work_pool *pool;
    struct loop *loop;
    void (*run)(void *arg);
    void (*done)(void *arg);
    void (*drop)(void *arg);
    void *arg;
    bool hung;
    int64_t since_us;
};

static void turn(void *arg);

struct work_pool *work_pool_new(const char *name, int threads, int max_waiting)
{
    struct work_pool *p = NEW(struct work_pool);
    p->magic = POOL_MAGIC;
    p->threads = threads;
    p->max_waiting = max_waiting;
    p->last = &p->jobs;
    sim_obj_add(&p->obj, SIM_OBJ_POOL);
    sim_event_init(&p->next, NULL, turn, p);
    return p;
}

static void work_unlink(struct work *job)
{
    struct work **at = &job->pool->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (job->pool->last == &job->next)
        job->pool->last = at;
    sim_obj_remove(&job->obj);
}

struct work_pool *work_pool_free(struct work_pool *p)
{
    if (!p)
        return NULL;
    CHECK_OBJ(p, POOL_MAGIC);
    sim_event_clear(&p->next);
    while (p->jobs) {
        struct work *job = p->jobs;
        work_unlink(job);
        if (job->drop) /* a hanging one, too: no thread of it is left here */
            job->drop(job->arg);
        mem_free(job);
    }
    sim_obj_remove(&p->obj);
    p->magic = 0;
    return mem_free(p);
}

static int count(const struct work_pool *p, bool hung)
{
    int n = 0;
    for (const struct work *job = p->jobs; job; job = job->next)
        n += job->hung == hung;
    return n;
}

static struct work *first_waiting(struct work_pool *p)
{
    struct work *job = p->jobs;
    while (job && job->hung)
        job = job->next;
    return job;
}

static void finish(struct work *job)
{
    struct work done = *job;
    work_unlink(job);
    mem_free(job);
    if (done.done)
        loop_post(done.loop, done.done, done.arg);
}

static void turn(void *arg)
{
    struct work_pool *p = arg;
    CHECK_OBJ(p, POOL_MAGIC);
    struct work *job = first_waiting(p);
    if (!job || count(p, true) >= p->threads)
        return;
    struct sim_world *w = sim_world();
    w->job_hung = w->workers_hang;
    job->since_us = w->now_us;
    job->run(job->arg);
    if (w->job_hung)
        job->hung = true;
    else
        finish(job);
    w->job_hung = false;
    if (first_waiting(p))
        sim_event_in(&p->next, 0);
}

int work_submit(struct work_pool *p, struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
    return work_give(p, l, run, done, NULL, arg);
}

int work_give(struct work_pool *p, struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void (*drop)(void *arg), void *arg)
{
    CHECK_OBJ(p, POOL_MAGIC);
    if (count(p, false) >= p->max_waiting)
        return ERR_BUSY;
    struct work *job = NEW(struct work);
    *job = (struct work){.pool = p, .loop = l, .run = run, .done = done, .drop = drop, .arg = arg};
    *p->last = job;
    p->last = &job->next;
    sim_obj_add(&job->obj, SIM_OBJ_WORK);
    sim_event_in(&p->next, 0);
    return 0;
}

int work_stuck(const struct work_pool *p)
{
    int n = 0;
    for (const struct work *job = p->jobs; job; job = job->next)
        n += job->hung && sim_world()->now_us - job->since_us > STUCK_US;
    return n;
}

void sim_workers_hang(bool on)
{
    sim_world()->workers_hang = on;
    if (on)
        return;
    struct sim_obj *after;
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_WORK); o; o = after) {
        after = sim_obj_after(o);
        if (CONTAINER(o, struct work, obj)->hung)
            finish(CONTAINER(o, struct work, obj));
    }
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_POOL); o; o = sim_obj_after(o))
        sim_event_in(&CONTAINER(o, struct work_pool, obj)->next, 0);
}

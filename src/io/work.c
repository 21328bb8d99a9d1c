/* SPDX-License-Identifier: GPL-3.0-or-later */
/* work.c: worker threads that take closed jobs from one queue, first come first served.
 *
 * A job that hangs for ever is abandoned when the pool is freed: its thread keeps a reference to
 * the pool and gives the memory back should it ever return.  After work_pool_free() no `done` is
 * posted; what waited, or ended meanwhile, is dropped there, in the caller's thread. */
#include "io/work.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { WORK_MAGIC = 0x30b0, WORK_MAX_THREADS = 64, STUCK_MS = 30000, FREE_WAIT_S = 2 };
enum { WORK_STACK_BYTES = 2 << 20 };

struct work_job {
    struct work_job *next;
    struct loop *loop;
    void (*run)(void *arg);
    void (*done)(void *arg);
    void (*drop)(void *arg); /* or NULL */
    void *arg;
};
struct work_pool {
    unsigned magic;
    char name[16]; /* the kernel's limit */
    pthread_mutex_t lock;
    pthread_cond_t wake, ended; /* a job came; a worker ended */
    struct work_job *first, **last;
    struct work_job *late; /* ran, but ended after the pool did */
    int waiting, max_waiting;
    int holders; /* workers alive, and the owner */
    int threads;
    bool stopping;
    int64_t busy_since_ms[WORK_MAX_THREADS]; /* 0: idle */
};
struct worker {
    struct work_pool *pool;
    int index;
};

static void jobs_drop(struct work_job *job, bool tell)
{
    for (struct work_job *next; job; job = next) {
        next = job->next;
        if (tell && job->drop)
            job->drop(job->arg);
        mem_free(job);
    }
}

static void pool_unref_locked(struct work_pool *p)
{
    bool last = --p->holders == 0;
    pthread_mutex_unlock(&p->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    pthread_cond_destroy(&p->ended);
    jobs_drop(p->late, false); /* nobody is left to own what a hanging job had */
    p->magic = 0;
    mem_free(p);
}

static struct work_job *job_take(struct work_pool *p)
{
    while (p->first == NULL && !p->stopping)
        pthread_cond_wait(&p->wake, &p->lock);
    if (p->stopping)
        return NULL;
    struct work_job *job = p->first;
    p->first = job->next;
    if (p->first == NULL)
        p->last = &p->first;
    p->waiting--;
    return job;
}

static void on_done(void *arg)
{
    struct work_job *job = arg;
    void (*done)(void *) = job->done;
    void *done_arg = job->arg;
    mem_free(job);
    if (done != NULL)
        done(done_arg);
}

static void job_run(struct work_pool *p, int index, struct work_job *job)
{
    p->busy_since_ms[index] = clock_mono_ms();
    pthread_mutex_unlock(&p->lock);
    job->run(job->arg);
    pthread_mutex_lock(&p->lock);
    p->busy_since_ms[index] = 0;
    if (p->stopping) {
        job->next = p->late;
        p->late = job;
    } else {
        loop_post(job->loop, on_done, job);
    }
}

static void *worker_main(void *arg)
{
    struct worker w = *(struct worker *)arg;
    mem_free(arg);
    struct work_pool *p = w.pool;
    pthread_setname_np(pthread_self(), p->name);
    pthread_mutex_lock(&p->lock);
    struct work_job *job;
    while ((job = job_take(p)) != NULL)
        job_run(p, w.index, job);
    pthread_cond_broadcast(&p->ended);
    pool_unref_locked(p);
    return NULL;
}

static void worker_start(struct work_pool *p, int index, const pthread_attr_t *attr)
{
    struct worker *w = NEW(struct worker);
    *w = (struct worker){p, index};
    pthread_t thread;
    p->holders++;
    ASSERT(pthread_create(&thread, attr, worker_main, w) == 0);
}

static void workers_start(struct work_pool *p)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, WORK_STACK_BYTES);
    /* Signals belong to the main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->threads; i++)
        worker_start(p, i, &attr);
    pthread_mutex_unlock(&p->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

struct work_pool *work_pool_new(const char *name, int threads, int max_waiting)
{
    ASSERT(threads >= 1 && threads <= WORK_MAX_THREADS && max_waiting >= 1);
    struct work_pool *p = NEW(struct work_pool);
    p->magic = WORK_MAGIC;
    str_copy(p->name, sizeof p->name, name);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_condattr_t ca;
    pthread_condattr_init(&ca);
    pthread_condattr_setclock(&ca, CLOCK_MONOTONIC);
    pthread_cond_init(&p->ended, &ca);
    pthread_condattr_destroy(&ca);
    p->last = &p->first;
    p->max_waiting = max_waiting;
    p->threads = threads;
    p->holders = 1;
    workers_start(p);
    return p;
}

struct work_pool *work_pool_free(struct work_pool *p)
{
    if (p == NULL)
        return NULL;
    CHECK_OBJ(p, WORK_MAGIC);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += FREE_WAIT_S;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    struct work_job *waited = p->first;
    p->first = NULL;
    pthread_cond_broadcast(&p->wake);
    while (p->holders > 1 && pthread_cond_timedwait(&p->ended, &p->lock, &until) == 0)
        ;
    struct work_job *late = p->late;
    p->late = NULL;
    pool_unref_locked(p);
    jobs_drop(waited, true);
    jobs_drop(late, true);
    return NULL;
}

int work_submit(struct work_pool *p, struct loop *l, void (*run)(void *arg),
                void (*done)(void *arg), void *arg)
{
    return work_give(p, l, run, done, NULL, arg);
}

int work_give(struct work_pool *p, struct loop *l, void (*run)(void *arg), void (*done)(void *arg),
              void (*drop)(void *arg), void *arg)
{
    CHECK_OBJ(p, WORK_MAGIC);
    struct work_job *job = NEW(struct work_job);
    *job = (struct work_job){NULL, l, run, done, drop, arg};
    pthread_mutex_lock(&p->lock);
    bool room = p->waiting < p->max_waiting && !p->stopping;
    if (room) {
        *p->last = job;
        p->last = &job->next;
        p->waiting++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    if (!room)
        mem_free(job);
    return room ? 0 : ERR_BUSY;
}

int work_stuck(const struct work_pool *p)
{
    CHECK_OBJ(p, WORK_MAGIC);
    struct work_pool *pool = (struct work_pool *)p; /* only its lock is written */
    int64_t now_ms = clock_mono_ms();
    int n = 0;
    pthread_mutex_lock(&pool->lock);
    for (int i = 0; i < p->threads; i++)
        n += p->busy_since_ms[i] != 0 && now_ms - p->busy_since_ms[i] > STUCK_MS;
    pthread_mutex_unlock(&pool->lock);
    return n;
}

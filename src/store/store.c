/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.c: the asynchronous front of the store: jobs go to the store thread, answers come back to the owner.
 *
 * Jobs travel on two lists that are pushed and emptied atomically: `inbox` to the store thread, `finished`
 * back.  Whoever makes a list non-empty posts its reader, so there is one post a burst.  The reader takes
 * all there is: that is the group of a group commit.  Reads run after the writes they were given with.
 * The thread starts with the first asynchronous call; until then the owner uses the engine itself.
 * Every callback is called exactly once, at the latest from store_close(). */
#include "base/panic.h"
#include "base/str.h"
#include "io/machine.h"
#include "store/store_int.h"
#include <stdatomic.h>
#include <stdlib.h>

enum { STORE_MAGIC = 0x53544f52, TIMES = 256, CLOSE_ROUNDS = 16, FREE_EVERY_MS = 10000, NO_SPACE_BYTES = 65536 };

/* Outlives the store: a post to the owner that is still under way when the store closes finds it empty. */
struct mailbox {
    struct store *store;
    atomic_bool posted;
};
struct store {
    unsigned magic;
    const struct store_engine *engine;
    void *db;
    struct loop *owner, *own;
    bool started, closing;
    struct mailbox *mailbox;
    _Atomic(struct store_job *) inbox, finished;
    char *directory;
    /* owner's */
    struct store_health health;
    int64_t times_us[TIMES];
    int n_times, next_time;
    /* the store thread's */
    int64_t free_bytes, free_at_ms;
};

static void store_deliver(struct store *s);

/* ---- lists ---- */

/* Returns true when the list was empty. */
static bool list_push(_Atomic(struct store_job *) *list, struct store_job *job)
{
    struct store_job *head = atomic_load_explicit(list, memory_order_relaxed);
    do {
        job->next = head;
    } while (!atomic_compare_exchange_weak_explicit(list, &head, job, memory_order_acq_rel,
                                                    memory_order_relaxed));
    return head == NULL;
}

/* Takes all, in the order of pushing. */
static struct store_job *list_take(_Atomic(struct store_job *) *list)
{
    struct store_job *job = atomic_exchange_explicit(list, NULL, memory_order_acq_rel), *first = NULL;
    while (job) {
        struct store_job *next = job->next;
        job->next = first;
        first = job;
        job = next;
    }
    return first;
}

static struct store_job *job_free(struct store_job *job)
{
    store_batch_free(job->batch);
    store_rows_done(&job->rows);
    return mem_free(job);
}

/* ---- the store thread's side ---- */

static void post_deliver(void *arg)
{
    struct mailbox *m = arg;
    struct store *s = m->store;
    atomic_store(&m->posted, false);
    if (s)
        store_deliver(s);
    else
        mem_free(m);
}

static void store_finish(struct store *s, struct store_job *job)
{
    if (list_push(&s->finished, job) && !s->closing && !atomic_exchange(&s->mailbox->posted, true))
        loop_post(s->owner, post_deliver, s->mailbox);
}

static int64_t store_free_bytes(struct store *s, bool now)
{
    int64_t at_ms = clock_mono_ms();
    struct machine_fs fs;
    if (!now && s->free_at_ms && at_ms - s->free_at_ms < FREE_EVERY_MS)
        return s->free_bytes;
    s->free_at_ms = at_ms;
    s->free_bytes = machine_fs(s->directory, &fs, NULL) == 0 ? fs.avail_bytes : -1;
    return s->free_bytes;
}

/* Some file systems say EIO where there is no space. */
static void commit_explain(struct store_job **jobs, int n, struct store_report *r)
{
    if (r->code != ERR_IO || r->free_bytes < 0 || r->free_bytes > NO_SPACE_BYTES)
        return;
    r->code = r->err.code = ERR_FULL;
    for (int i = 0; i < n; i++)
        if (jobs[i]->code == ERR_IO)
            jobs[i]->code = jobs[i]->err.code = ERR_FULL;
}

static void store_commit(struct store *s, struct store_job **jobs, int n)
{
    struct store_job *note = NEW(struct store_job);
    note->kind = JOB_REPORT;
    int64_t start_us = clock_mono_us();
    note->report.code = s->engine->commit(s->db, jobs, n, &note->report);
    note->report.took_us = clock_mono_us() - start_us;
    note->report.free_bytes = store_free_bytes(s, note->report.code != 0);
    commit_explain(jobs, n, &note->report);
    store_finish(s, note);
    for (int i = 0; i < n; i++)
        store_finish(s, jobs[i]);
}

static void store_answer_job(struct store *s, struct store_job *job)
{
    struct store_op *op = &job->batch->ops.at[0];
    job->code = s->engine->query(s->db, op->stmt, op->values, op->n, job->max_rows, true, &job->rows,
                                 &job->err);
    store_finish(s, job);
}

/* Everything that waits: the writes in groups, then the reads. */
static void store_drain(void *arg)
{
    struct store *s = arg;
    struct store_job *group[STORE_MAX_GROUP], *reads = NULL, **end = &reads;
    int n = 0;
    for (struct store_job *job = list_take(&s->inbox), *next; job; job = next) {
        next = job->next;
        job->next = NULL;
        if (job->kind == JOB_READ) {
            *end = job;
            end = &job->next;
            continue;
        }
        group[n++] = job;
        if (n == STORE_MAX_GROUP) {
            store_commit(s, group, n);
            n = 0;
        }
    }
    if (n > 0)
        store_commit(s, group, n);
    for (struct store_job *job = reads, *next; job; job = next) {
        next = job->next;
        store_answer_job(s, job);
    }
}

/* ---- the owner's side ---- */

static void health_update(struct store *s, const struct store_report *r)
{
    struct store_health *h = &s->health;
    h->free_bytes = r->free_bytes;
    h->statements += r->statements;
    if (r->code == 0) {
        h->commits++;
        h->failing = false;
        h->failing_since_ms = 0;
        s->times_us[s->next_time] = r->took_us;
        s->next_time = (s->next_time + 1) % TIMES;
        s->n_times += s->n_times < TIMES;
        return;
    }
    if (!h->failing)
        h->failing_since_ms = clock_wall_ms();
    h->failing = true;
    h->why = r->err;
}

static void job_deliver(struct store *s, struct store_job *job)
{
    const struct err *e = job->code ? &job->err : NULL;
    if (job->kind == JOB_REPORT)
        health_update(s, &job->report);
    if (job->kind == JOB_WRITE)
        s->health.waiting--;
    if (job->kind == JOB_WRITE && job->done)
        job->done(job->arg, job->code, job->last_id, e);
    if (job->kind == JOB_READ)
        job->answer(job->arg, job->code, &job->rows, e);
    job_free(job);
}

static void store_deliver(struct store *s)
{
    CHECK_OBJ(s, STORE_MAGIC);
    for (struct store_job *job = list_take(&s->finished), *next; job; job = next) {
        next = job->next;
        job_deliver(s, job);
    }
}

static void store_give(struct store *s, struct store_job *job)
{
    CHECK_OBJ(s, STORE_MAGIC);
    if (list_push(&s->inbox, job) && !s->closing)
        loop_post(s->own, store_drain, s);
    if (!s->started && !s->closing) {
        s->started = true;
        loop_thread(s->own);
    }
}

void store_write(struct store *s, struct store_batch *batch, store_done *done, void *arg)
{
    struct store_job *job = NEW(struct store_job);
    *job = (struct store_job){.kind = JOB_WRITE, .batch = batch, .done = done, .arg = arg};
    s->health.waiting++;
    store_give(s, job);
}

void store_read(struct store *s, const struct store_stmt *q, const struct store_value *values, int n,
                int max_rows, store_answer *fn, void *arg)
{
    struct store_job *job = NEW(struct store_job);
    *job = (struct store_job){.kind = JOB_READ, .max_rows = max_rows, .answer = fn, .arg = arg};
    job->batch = store_batch_new();
    store_batch_add(job->batch, q, values, n);
    store_give(s, job);
}

int store_read_now(struct store *s, const struct store_stmt *q, const struct store_value *values, int n,
                   int max_rows, struct store_rows *ret, struct err *e)
{
    CHECK_OBJ(s, STORE_MAGIC);
    return s->engine->query(s->db, q, values, n, max_rows, false, ret, e);
}

int store_write_now(struct store *s, struct store_batch *batch, struct err *e)
{
    CHECK_OBJ(s, STORE_MAGIC);
    ASSERT(!s->started);
    struct store_job job = {.kind = JOB_WRITE, .batch = batch}, *jobs[1] = {&job};
    struct store_report report = {0};
    s->engine->commit(s->db, jobs, 1, &report);
    store_batch_free(batch);
    if (job.code && e)
        *e = job.err;
    return job.code;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void store_get_health(struct store *s, struct store_health *ret)
{
    CHECK_OBJ(s, STORE_MAGIC);
    int64_t sorted[TIMES];
    *ret = s->health;
    memcpy(sorted, s->times_us, sizeof(sorted));
    qsort(sorted, (size_t)s->n_times, sizeof(sorted[0]), by_value);
    ret->commit_p99_us = s->n_times ? sorted[(s->n_times * 99 - 1) / 100] : 0;
}

/* ---- opening and closing ---- */

static int url_path(const char *url, const char **ret_path, struct err *e)
{
    if (str_starts(url, "postgres:") || str_starts(url, "postgresql:"))
        return err_set(e, ERR_UNSUPPORTED, MSG("This version keeps its state in SQLite only: store: sqlite:PATH"),
                       "");
    *ret_path = str_starts(url, "sqlite:") ? url + strlen("sqlite:") : url;
    if (!**ret_path)
        return err_set(e, ERR_INVALID, MSG("store: the path of the database is missing (sqlite:PATH)"), "");
    return 0;
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_dup(".");
    return slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
}

int store_open(const char *url, const char *vfs, struct loop *owner,
               const struct store_migration *const *migrations, struct store **ret_store, struct err *e)
{
    const char *path = NULL;
    void *db = NULL;
    int code = url_path(url, &path, e);
    if (code == 0)
        code = store_engine_sqlite.open(path, vfs, migrations, &db, e);
    if (code)
        return code;
    struct store *s = NEW(struct store);
    s->magic = STORE_MAGIC;
    s->engine = &store_engine_sqlite;
    s->db = db;
    s->owner = owner;
    s->own = loop_new("store");
    s->mailbox = NEW(struct mailbox);
    s->mailbox->store = s;
    s->directory = directory_of(path);
    s->free_bytes = s->health.free_bytes = -1;
    *ret_store = s;
    return 0;
}

static void jobs_cancel(struct store *s)
{
    for (struct store_job *job = list_take(&s->inbox), *next; job; job = next) {
        next = job->next;
        job->code = err_set(&job->err, ERR_CANCELLED, MSG("The database is being closed."), "");
        job_deliver(s, job);
    }
}

struct store *store_close(struct store *s)
{
    if (!s)
        return NULL;
    CHECK_OBJ(s, STORE_MAGIC);
    if (s->started)
        loop_stop(s->own);
    s->closing = true;
    for (int i = 0; i < CLOSE_ROUNDS; i++) { /* a callback may give more */
        store_drain(s);
        store_deliver(s);
    }
    while (atomic_load(&s->inbox))
        jobs_cancel(s);
    s->own = loop_free(s->own);
    s->engine->close(s->db);
    s->mailbox->store = NULL;
    if (!atomic_load(&s->mailbox->posted))
        mem_free(s->mailbox);
    mem_free(s->directory);
    s->magic = 0;
    return mem_free(s);
}

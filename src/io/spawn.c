/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.c: the daemon's side of the spawner: queue, protocol, and bringing it back when it dies. It
 * never forks itself but to start the spawner, and that by posix_spawn. */
#include "io/spawn.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/loop_priv.h"
#include "io/spawn_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SPAWNER_MAGIC = 0x59a3,
    JOB_MAGIC = 0x59a4,
    MAX_QUEUED = 2000,
    MAX_ANSWER = 2 * SPAWN_MAX_OUTPUT + 4096,
    MAX_UNSENT = 64 << 20,
    STUCK_MS = 10000, /* past its time-out: the spawner itself does not answer */
    BACK_OFF_FIRST_MS = 100,
    BACK_OFF_MOST_MS = 10000,
    STEADY_MS = 10000, /* a spawner that lived so long is restarted at once */
    FAREWELL_MS = 2000,
    CHILD_FD = 3,
};

struct jobs;
struct spawn_job {
    unsigned magic;
    struct spawner *spawner;
    struct jobs *list; /* where it is linked */
    struct spawn_job *prev, *next;
    uint64_t id;
    struct buf order; /* while it waits */
    struct timer timer;
    int64_t timeout_ms;
    const char *program; /* for messages */
    spawn_fn *fn;        /* NULL: cancelled, its place is still taken */
    void *arg;
};
struct jobs {
    struct spawn_job *first, *last;
    int n;
};
struct spawner {
    unsigned magic;
    struct loop *loop;
    char *path;
    int max_running;
    int fd;              /* -1: down */
    pid_t pid, dead_pid; /* dead_pid: killed, not yet reaped */
    struct watch watch;
    struct buf in, out;
    struct jobs queued, running, refused;
    struct timer restart;
    int64_t back_off_ms, started_ms;
    uint64_t last_id;
};

extern char **environ;

/* ---- lists ---- */

static void jobs_add(struct jobs *list, struct spawn_job *job)
{
    job->list = list;
    job->next = NULL;
    job->prev = list->last;
    if (list->last != NULL)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
    list->n++;
}

static void jobs_remove(struct spawn_job *job)
{
    struct jobs *list = job->list;
    if (job->prev != NULL)
        job->prev->next = job->next;
    else
        list->first = job->next;
    if (job->next != NULL)
        job->next->prev = job->prev;
    else
        list->last = job->prev;
    list->n--;
    job->list = NULL;
}

static void job_free(struct spawn_job *job)
{
    jobs_remove(job);
    timer_clear(&job->timer);
    buf_done(&job->order);
    mem_free((void *)(uintptr_t)job->program);
    job->magic = 0;
    mem_free(job);
}

/* The last act of a job. */
static void job_answer(struct spawn_job *job, const struct spawn_reply *r)
{
    spawn_fn *fn = job->fn;
    void *arg = job->arg;
    job_free(job);
    if (fn != NULL)
        fn(arg, r);
}

static void job_fail(struct spawn_job *job, int code, const char *msgid)
{
    struct spawn_reply r = {.exit_status = -1, .out = "", .errout = ""};
    r.code = err_set(&r.err, code, msgid, "s", job->program);
    job_answer(job, &r);
}

/* Those of this moment only: the callbacks may queue anew, and cancel one another. */
static void jobs_fail(struct jobs *list, int code, const char *msgid)
{
    struct jobs doomed = {0};
    while (list->first != NULL) {
        struct spawn_job *job = list->first;
        jobs_remove(job);
        jobs_add(&doomed, job);
    }
    while (doomed.first != NULL)
        job_fail(doomed.first, code, msgid);
}

/* ---- sending ---- */

static void flush(struct spawner *s)
{
    size_t done = 0;
    while (s->fd >= 0 && done < s->out.len) {
        ssize_t n = send(s->fd, s->out.data + done, s->out.len - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* full, or dead: then reading tells */
        done += (size_t)n;
    }
    buf_drop(&s->out, done);
    watch_change(&s->watch, s->out.len > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void pump(struct spawner *s)
{
    while (s->fd >= 0 && s->queued.first != NULL && s->running.n < s->max_running) {
        struct spawn_job *job = s->queued.first;
        if (s->out.len + job->order.len > MAX_UNSENT)
            break; /* half an order would be nonsense; the spawner does not read just now */
        jobs_remove(job);
        jobs_add(&s->running, job);
        buf_add(&s->out, job->order.data, job->order.len);
        buf_done(&job->order);
        timer_set(&job->timer, job->timeout_ms + SPAWN_KILL_AFTER_MS + STUCK_MS);
    }
    flush(s);
}

/* ---- the process ---- */

/* Not waited for: right after the kill it is gone within the next try. */
static void reap(struct spawner *s)
{
    if (s->dead_pid > 0 && waitpid(s->dead_pid, NULL, WNOHANG) != 0)
        s->dead_pid = 0;
}

static void restart_later(struct spawner *s)
{
    bool steady = clock_mono_ms() - s->started_ms >= STEADY_MS;
    s->back_off_ms = steady ? BACK_OFF_FIRST_MS : s->back_off_ms * 2;
    if (s->back_off_ms < BACK_OFF_FIRST_MS)
        s->back_off_ms = BACK_OFF_FIRST_MS;
    if (s->back_off_ms > BACK_OFF_MOST_MS)
        s->back_off_ms = BACK_OFF_MOST_MS;
    timer_set(&s->restart, s->back_off_ms);
}

static void down(struct spawner *s)
{
    watch_stop(&s->watch);
    close(s->fd);
    s->fd = -1;
    kill(s->pid, SIGKILL);
    s->dead_pid = s->pid;
    s->pid = 0;
    reap(s);
    buf_clear(&s->in);
    buf_clear(&s->out);
    s->out.full = s->in.full = false;
    restart_later(s);
    jobs_fail(&s->running, ERR_RESET, MSG("{1} was lost: the process that runs programs ended"));
}

static void on_events(void *arg, unsigned events);

static int start(struct spawner *s, int fd)
{
    char word_fd[8];
    str_print(word_fd, sizeof word_fd, "%d", CHILD_FD);
    char name[] = "vigie", verb[] = "spawner", option[] = "--fd";
    char *argv[] = {name, verb, option, word_fd, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, fd, CHILD_FD);
    /* A session of its own, so that ^C at the terminal ends the daemon first. */
    posix_spawnattr_setflags(&attr,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    int errnum = posix_spawn(&s->pid, s->path, &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return errnum;
}

static void up(struct spawner *s)
{
    int pair[2];
    s->started_ms = clock_mono_ms();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        restart_later(s);
        return;
    }
    int errnum = start(s, pair[1]);
    close(pair[1]);
    if (errnum == 0 && watch_start(&s->watch, s->loop, pair[0], EPOLLIN, on_events, s) == 0) {
        s->fd = pair[0];
        pump(s);
        return;
    }
    close(pair[0]);
    restart_later(s);
    jobs_fail(&s->queued, ERR_IO,
              MSG("{1} cannot be run: the process that runs programs does not start"));
}

static void on_restart(void *arg)
{
    struct spawner *s = arg;
    CHECK_OBJ(s, SPAWNER_MAGIC);
    reap(s);
    if (s->fd < 0)
        up(s);
}

/* ---- answers ---- */

static struct spawn_job *running_find(struct spawner *s, uint64_t id)
{
    struct spawn_job *job = s->running.first;
    while (job != NULL && job->id != id)
        job = job->next;
    return job;
}

static const struct {
    int code;
    const char *msgid;
} start_errors[] = {
    {ERR_NOT_FOUND, MSG("{1}: there is no such program")},
    {ERR_DENIED, MSG("{1} cannot be executed: permission denied")},
    {ERR_TIMEOUT, MSG("{1} did not end within {2}")},
    {ERR_LIMIT, MSG("{1} cannot be executed: its arguments are too long")},
    {0, MSG("{1} cannot be executed")},
};

static void reply_error(struct spawn_reply *r, const struct spawn_job *job)
{
    size_t i = 0;
    while (start_errors[i].code != r->code && start_errors[i].code != 0)
        i++;
    err_set(&r->err, r->code, start_errors[i].msgid, "sd", job->program, job->timeout_ms);
}

static bool answer(struct spawner *s, const struct spawn_head *head, const char *p)
{
    struct spawn_done_body body;
    if (head->kind != SPAWN_DONE || head->bytes < sizeof body)
        return false;
    memcpy(&body, p, sizeof body);
    if ((uint64_t)body.out_bytes + body.errout_bytes + sizeof body != head->bytes)
        return false;
    struct spawn_job *job = running_find(s, head->id);
    if (job == NULL)
        return true;
    char *out = mem_dupn(p + sizeof body, body.out_bytes);
    char *errout = mem_dupn(p + sizeof body + body.out_bytes, body.errout_bytes);
    struct spawn_reply r = {.code = body.code,
                            .exit_status = body.exit_status,
                            .term_signal = body.term_signal,
                            .out = out,
                            .errout = errout,
                            .out_bytes = body.out_bytes,
                            .errout_bytes = body.errout_bytes,
                            .took_us = body.took_us,
                            .cpu_us = body.cpu_us};
    if (r.code != 0)
        reply_error(&r, job);
    job_answer(job, &r);
    mem_free(out);
    mem_free(errout);
    return true;
}

static bool answers_parse(struct spawner *s)
{
    size_t at = 0;
    struct spawn_head head;
    bool sane = true;
    while (sane && s->in.len - at >= sizeof head) {
        memcpy(&head, s->in.data + at, sizeof head);
        if (head.bytes > MAX_ANSWER)
            return false;
        if (s->in.len - at - sizeof head < head.bytes)
            break;
        sane = answer(s, &head, s->in.data + at + sizeof head);
        at += sizeof head + head.bytes;
    }
    buf_drop(&s->in, at);
    return sane;
}

/* False: dead, or talks nonsense. */
static bool answers_read(struct spawner *s)
{
    char *scratch = loop_scratch(s->loop);
    for (;;) {
        ssize_t n = recv(s->fd, scratch, LOOP_SCRATCH_BYTES, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        buf_add(&s->in, scratch, (size_t)n);
        if (!answers_parse(s))
            return false;
        if (n < LOOP_SCRATCH_BYTES)
            return true;
    }
}

static void on_events(void *arg, unsigned events)
{
    struct spawner *s = arg;
    CHECK_OBJ(s, SPAWNER_MAGIC);
    bool alive = !(events & ~(unsigned)EPOLLOUT) || answers_read(s);
    if (!alive)
        down(s);
    else
        pump(s);
}

/* ---- the public half ---- */

struct spawner *spawner_new(struct loop *l, const char *path, int max_running)
{
    ASSERT(max_running >= 1);
    struct spawner *s = NEW(struct spawner);
    s->magic = SPAWNER_MAGIC;
    s->loop = l;
    s->path = mem_dup(path != NULL ? path : "/proc/self/exe");
    s->max_running = max_running < SPAWN_MAX_RUNNING ? max_running : SPAWN_MAX_RUNNING;
    s->fd = -1;
    s->in = BUF_MAX(MAX_ANSWER + sizeof(struct spawn_head) + LOOP_SCRATCH_BYTES);
    s->out = BUF_MAX(MAX_UNSENT);
    timer_init(&s->restart, l, on_restart, s);
    up(s);
    return s;
}

/* It kills its programs when it sees the socket closed; the end is worth a moment's wait, at our
 * own end. */
static void farewell(struct spawner *s)
{
    if (s->fd < 0)
        return;
    watch_stop(&s->watch);
    close(s->fd);
    int pidfd = pidfd_open(s->pid, 0);
    struct pollfd pfd = {pidfd, POLLIN, 0};
    if (pidfd < 0 || poll(&pfd, 1, FAREWELL_MS) != 1)
        kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    if (pidfd >= 0)
        close(pidfd);
}

struct spawner *spawner_free(struct spawner *s)
{
    if (s == NULL)
        return NULL;
    CHECK_OBJ(s, SPAWNER_MAGIC);
    timer_clear(&s->restart);
    farewell(s);
    if (s->dead_pid > 0)
        waitpid(s->dead_pid, NULL, 0);
    struct jobs *lists[] = {&s->queued, &s->running, &s->refused};
    for (size_t i = 0; i < COUNT(lists); i++)
        while (lists[i]->first != NULL)
            job_free(lists[i]->first);
    buf_done(&s->in);
    buf_done(&s->out);
    mem_free(s->path);
    s->magic = 0;
    return mem_free(s);
}

static void on_job_timer(void *arg)
{
    struct spawn_job *job = arg;
    CHECK_OBJ(job, JOB_MAGIC);
    struct spawner *s = job->spawner;
    if (job->list == &s->running)
        kill(s->pid, SIGKILL); /* the closed socket brings the rest about */
    else if (job->list == &s->queued)
        job_fail(job, ERR_LIMIT, MSG("{1} was not run: too many programs run already"));
    else
        job_fail(job, ERR_LIMIT,
                 MSG("{1} was not run: its arguments are too long, or too many wait"));
}

static uint32_t words_add(struct buf *b, const char *const *words)
{
    uint32_t n = 0;
    for (; words != NULL && words[n] != NULL; n++)
        buf_add(b, words[n], strlen(words[n]) + 1);
    return n;
}

/* False: it does not fit the protocol's ceilings. */
static bool order_make(struct spawn_job *job, const struct spawn_request *rq)
{
    struct buf strings = BUF_MAX(SPAWN_MAX_STRINGS);
    struct spawn_run_body body = {.timeout_ms = rq->timeout_ms,
                                  .max_output = rq->max_output < SPAWN_MAX_OUTPUT
                                                    ? (uint32_t)rq->max_output
                                                    : SPAWN_MAX_OUTPUT,
                                  .n_argv = words_add(&strings, rq->argv),
                                  .n_env = words_add(&strings, rq->env)};
    bool fits = !strings.full && body.n_argv <= SPAWN_MAX_WORDS && body.n_env <= SPAWN_MAX_WORDS &&
                rq->input_bytes <= SPAWN_MAX_INPUT;
    if (fits) {
        body.string_bytes = (uint32_t)strings.len;
        body.input_bytes = rq->input != NULL ? (uint32_t)rq->input_bytes : 0;
        struct spawn_head head = {(uint32_t)(sizeof body) + body.string_bytes + body.input_bytes,
                                  SPAWN_RUN, job->id};
        job->order = BUF_MAX(sizeof head + head.bytes);
        buf_add(&job->order, &head, sizeof head);
        buf_add(&job->order, &body, sizeof body);
        buf_add(&job->order, strings.data, strings.len);
        buf_add(&job->order, rq->input, body.input_bytes);
    }
    buf_done(&strings);
    return fits;
}

struct spawn_job *spawn_run(struct spawner *s, const struct spawn_request *rq, spawn_fn *fn,
                            void *arg)
{
    CHECK_OBJ(s, SPAWNER_MAGIC);
    ASSERT(rq->argv != NULL && rq->argv[0] != NULL && rq->timeout_ms > 0);
    struct spawn_job *job = NEW(struct spawn_job);
    *job = (struct spawn_job){.magic = JOB_MAGIC,
                              .spawner = s,
                              .id = ++s->last_id,
                              .timeout_ms = rq->timeout_ms,
                              .program = mem_dup(rq->argv[0]),
                              .fn = fn,
                              .arg = arg};
    timer_init(&job->timer, s->loop, on_job_timer, job);
    if (s->queued.n >= MAX_QUEUED || !order_make(job, rq)) {
        jobs_add(&s->refused, job);
        timer_set(&job->timer, 0);
        return job;
    }
    jobs_add(&s->queued, job);
    timer_set(&job->timer, rq->timeout_ms);
    pump(s);
    return job;
}

void spawn_cancel(struct spawn_job *job)
{
    if (job == NULL)
        return;
    CHECK_OBJ(job, JOB_MAGIC);
    struct spawner *s = job->spawner;
    if (job->list != &s->running) {
        job_free(job);
        return;
    }
    job->fn = NULL; /* it keeps its place until it is dead */
    struct spawn_head head = {0, SPAWN_KILL, job->id};
    buf_add(&s->out, &head, sizeof head);
    flush(s);
}

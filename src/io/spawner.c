/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawner.c: the spawner process: takes orders to run a program, feeds and drains its pipes, ends
 * it in time, and reports.  One thread, no library but libc and base, so that it stays small: a
 * fork from here costs a fraction of one from the daemon.  When the daemon goes, all that runs is
 * killed. */
#include "io/spawn.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/spawn_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILD_MAGIC = 0xc41d,
    READ_BYTES = 65536,
    DRAIN_MS = 500,       /* how long a background child may hold the pipes of a dead parent */
    UNKILLABLE_MS = 1000, /* after KILL: a process in the kernel's hands is reported and left */
    MAX_MESSAGE = SPAWN_MAX_STRINGS + SPAWN_MAX_INPUT + 4096,
    MAX_QUEUE = 256 << 20,
    SOFT_FILES = 1024,
};
enum phase { RUNNING, TERMED, KILLED, REAPED };
enum port_kind { PORT_CONTROL, PORT_SIGNAL, PORT_IN, PORT_OUT, PORT_ERR, PORTS };

struct child;
struct port {
    struct child *child;
    enum port_kind kind;
    int fd; /* -1: closed */
};
struct child {
    unsigned magic;
    struct child *prev, *next;
    uint64_t id;
    pid_t pid;
    enum phase phase;
    bool timed_out, ended; /* ended: goes after this batch of events */
    struct port in, out, err;
    struct buf input, output, errout;
    size_t input_at;
    struct heap_node due;
    int64_t started_us, cpu_us;
    int status;
};
struct state {
    int epfd;
    struct port control, sigs;
    struct buf in, out;
    bool out_waits; /* EPOLLOUT is on */
    struct child *children, *ended;
    struct heap dues;
    char scratch[READ_BYTES];
};

/* ---- descriptors ---- */

/* Taken out of the epoll set by hand: a program that is being executed this moment may still hold a
 * copy of the descriptor, and then closing ours would not do it. */
static void port_close(struct state *st, struct port *p)
{
    if (p->fd < 0)
        return;
    epoll_ctl(st->epfd, EPOLL_CTL_DEL, p->fd, NULL);
    close(p->fd);
    p->fd = -1;
}

static void port_watch(struct state *st, struct port *p, uint32_t events, int op)
{
    struct epoll_event ev = {.events = events, .data.ptr = p};
    ASSERT(epoll_ctl(st->epfd, op, p->fd, &ev) == 0);
}

/* ---- talking to the daemon ---- */

static void control_flush(struct state *st)
{
    size_t done = 0;
    while (done < st->out.len) {
        ssize_t n = send(st->control.fd, st->out.data + done, st->out.len - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* full, or gone: then reading tells */
        done += (size_t)n;
    }
    buf_drop(&st->out, done);
    bool waits = st->out.len > 0;
    if (waits != st->out_waits)
        port_watch(st, &st->control, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    st->out_waits = waits;
}

static void report(struct state *st, uint64_t id, const struct spawn_done_body *body,
                   const char *out, const char *errout)
{
    struct spawn_head head = {(uint32_t)sizeof *body + body->out_bytes + body->errout_bytes,
                              SPAWN_DONE, id};
    buf_add(&st->out, &head, sizeof head);
    buf_add(&st->out, body, sizeof *body);
    buf_add(&st->out, out, body->out_bytes);
    buf_add(&st->out, errout, body->errout_bytes);
    if (st->out.full)
        exit(1); /* the daemon does not read: it will start another spawner */
    control_flush(st);
}

/* ---- the life of a child ---- */

static void child_free(struct state *st, struct child *c)
{
    port_close(st, &c->in);
    port_close(st, &c->out);
    port_close(st, &c->err);
    buf_done(&c->input);
    buf_done(&c->output);
    buf_done(&c->errout);
    c->magic = 0;
    mem_free(c);
}

static void child_due(struct state *st, struct child *c, int64_t after_ms)
{
    heap_put(&st->dues, &c->due, clock_mono_ms() + after_ms);
}

/* Reports, and puts it aside: later events of this batch may still name it. */
static void child_end(struct state *st, struct child *c)
{
    bool reaped = c->phase == REAPED;
    struct spawn_done_body body = {
        .code = c->timed_out ? ERR_TIMEOUT : 0,
        .exit_status = reaped && WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1,
        .term_signal = !reaped                  ? SIGKILL
                       : WIFSIGNALED(c->status) ? WTERMSIG(c->status)
                                                : 0,
        .took_us = clock_mono_us() - c->started_us,
        .cpu_us = c->cpu_us,
        .out_bytes = (uint32_t)c->output.len,
        .errout_bytes = (uint32_t)c->errout.len,
    };
    report(st, c->id, &body, buf_text(&c->output), buf_text(&c->errout));
    heap_remove(&st->dues, &c->due);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        st->children = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    c->ended = true;
    c->next = st->ended;
    st->ended = c;
}

static void child_check(struct state *st, struct child *c)
{
    if (c->phase == REAPED && c->out.fd < 0 && c->err.fd < 0)
        child_end(st, c);
}

/* Reads what is there; what is beyond the ceiling is dropped, so that the program can go on. */
static void drain(struct state *st, struct port *p, struct buf *into)
{
    while (p->fd >= 0) {
        ssize_t n = read(p->fd, st->scratch, sizeof st->scratch);
        if (n > 0) {
            buf_add(into, st->scratch, (size_t)n);
            if (n < (ssize_t)sizeof st->scratch)
                return; /* level-triggered: the end comes as an event of its own */
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            port_close(st, p);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void feed(struct state *st, struct child *c)
{
    size_t left = c->input.len - c->input_at;
    ssize_t n = write(c->in.fd, c->input.data + c->input_at, left);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        c->input_at += (size_t)n;
    if (n < 0 || c->input_at == c->input.len)
        port_close(st, &c->in);
}

static void child_stop(struct state *st, struct child *c)
{
    if (c->phase == RUNNING) {
        kill(-c->pid, SIGTERM);
        kill(-c->pid, SIGCONT); /* a stopped program cannot obey */
        c->phase = TERMED;
        child_due(st, c, SPAWN_KILL_AFTER_MS);
    } else if (c->phase == TERMED) {
        kill(-c->pid, SIGKILL);
        c->phase = KILLED;
        child_due(st, c, UNKILLABLE_MS);
    } else {
        child_end(st, c);
    }
}

static void dues_run(struct state *st)
{
    struct heap_node *top;
    while ((top = heap_top(&st->dues)) != NULL && top->key <= clock_mono_ms()) {
        struct child *c = CONTAINER(top, struct child, due);
        heap_remove(&st->dues, top);
        c->timed_out = c->timed_out || c->phase == RUNNING;
        child_stop(st, c);
    }
}

static struct child *child_by_pid(struct state *st, pid_t pid)
{
    struct child *c = st->children;
    while (c != NULL && c->pid != pid)
        c = c->next;
    return c;
}

static struct child *child_by_id(struct state *st, uint64_t id)
{
    struct child *c = st->children;
    while (c != NULL && c->id != id)
        c = c->next;
    return c;
}

static int64_t cpu_of(const struct rusage *ru)
{
    return (int64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000 + ru->ru_utime.tv_usec +
           ru->ru_stime.tv_usec;
}

static void reap_one(struct state *st, pid_t pid)
{
    struct child *c = child_by_pid(st, pid);
    struct rusage ru;
    int status;
    /* As long as the leader is not reaped its number cannot be another group's. */
    if (c != NULL && c->phase != RUNNING)
        kill(-pid, SIGKILL);
    if (wait4(pid, &status, 0, &ru) != pid || c == NULL)
        return;
    c->phase = REAPED;
    c->status = status;
    c->cpu_us = cpu_of(&ru);
    drain(st, &c->out, &c->output);
    drain(st, &c->err, &c->errout);
    child_due(st, c, DRAIN_MS);
    child_check(st, c);
}

static void reap(struct state *st)
{
    struct signalfd_siginfo info[8];
    ssize_t n = read(st->sigs.fd, info, sizeof info);
    siginfo_t dead;
    (void)n; /* several signals may have become one: ask for all */
    for (;;) {
        dead.si_pid = 0;
        if (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) != 0 || dead.si_pid == 0)
            return;
        reap_one(st, dead.si_pid);
    }
}

/* ---- starting one ---- */

struct order { /* a decoded RUN */
    uint64_t id;
    const struct spawn_run_body *body;
    char **argv, **env; /* env holds the defaults too */
    const char *input;
};

static int child_start(struct child *c, const struct order *o)
{
    int ours[3] = {-1, -1, -1};
    int errnum = spawner_exec(o->argv, o->env, c->input.len > 0, ours, &c->pid);
    c->in.fd = ours[0];
    c->out.fd = ours[1];
    c->err.fd = ours[2];
    return errnum;
}

static struct child *child_new(const struct order *o)
{
    struct child *c = NEW(struct child);
    size_t most = o->body->max_output < SPAWN_MAX_OUTPUT ? o->body->max_output : SPAWN_MAX_OUTPUT;
    *c = (struct child){.magic = CHILD_MAGIC,
                        .id = o->id,
                        .in = {c, PORT_IN, -1},
                        .out = {c, PORT_OUT, -1},
                        .err = {c, PORT_ERR, -1},
                        .input = BUF_MAX(SPAWN_MAX_INPUT),
                        .output = BUF_MAX(most),
                        .errout = BUF_MAX(most),
                        .started_us = clock_mono_us()};
    buf_add(&c->input, o->input, o->body->input_bytes);
    return c;
}

static void run(struct state *st, const struct order *o)
{
    struct child *c = child_new(o);
    int errnum = child_start(c, o);
    if (errnum != 0) {
        struct spawn_done_body body = {.code = err_from_errno(errnum), .exit_status = -1};
        report(st, o->id, &body, "", "");
        child_free(st, c);
        return;
    }
    c->next = st->children;
    if (c->next != NULL)
        c->next->prev = c;
    st->children = c;
    port_watch(st, &c->out, EPOLLIN, EPOLL_CTL_ADD);
    port_watch(st, &c->err, EPOLLIN, EPOLL_CTL_ADD);
    if (c->in.fd >= 0)
        port_watch(st, &c->in, EPOLLOUT, EPOLL_CTL_ADD);
    child_due(st, c, o->body->timeout_ms);
}

/* ---- orders ---- */

/* Takes n NUL-terminated words from *at; false when they are not there. */
static bool words_take(const char **at, const char *end, uint32_t n, char **out)
{
    for (uint32_t i = 0; i < n; i++) {
        const char *nul = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;
        if (nul == NULL)
            return false;
        out[i] = (char *)(uintptr_t)*at;
        *at = nul + 1;
    }
    return true;
}

static bool body_sane(const struct spawn_run_body *b, size_t bytes)
{
    return b->n_argv >= 1 && b->n_argv <= SPAWN_MAX_WORDS && b->n_env <= SPAWN_MAX_WORDS &&
           b->string_bytes <= SPAWN_MAX_STRINGS && b->input_bytes <= SPAWN_MAX_INPUT &&
           sizeof *b + b->string_bytes + b->input_bytes == bytes;
}

static bool order_run(struct state *st, uint64_t id, const char *p, size_t bytes)
{
    struct spawn_run_body body;
    struct spawn_defaults defaults;
    if (bytes < sizeof body)
        return false;
    memcpy(&body, p, sizeof body);
    if (!body_sane(&body, bytes))
        return false;
    const char *at = p + sizeof body, *end = at + body.string_bytes;
    struct order o = {.id = id, .body = &body, .input = end};
    o.argv = mem_array(body.n_argv + 1, sizeof *o.argv);
    o.env = mem_array(body.n_env + 3, sizeof *o.env);
    bool sane =
        words_take(&at, end, body.n_argv, o.argv) && words_take(&at, end, body.n_env, o.env);
    if (sane) {
        spawner_env_defaults(o.env, body.n_env, &defaults);
        run(st, &o);
    }
    mem_free(o.argv);
    mem_free(o.env);
    return sane;
}

static bool order_take(struct state *st, const struct spawn_head *head, const char *p)
{
    if (head->kind == SPAWN_RUN)
        return order_run(st, head->id, p, head->bytes);
    struct child *c = head->kind == SPAWN_KILL ? child_by_id(st, head->id) : NULL;
    if (c != NULL && c->phase == RUNNING)
        child_stop(st, c);
    return head->kind == SPAWN_KILL;
}

/* False: the daemon is gone, or talks nonsense. */
static bool orders_parse(struct state *st)
{
    size_t at = 0;
    struct spawn_head head;
    bool sane = true;
    while (sane && st->in.len - at >= sizeof head) {
        memcpy(&head, st->in.data + at, sizeof head);
        if (head.bytes > MAX_MESSAGE)
            return false;
        if (st->in.len - at - sizeof head < head.bytes)
            break;
        sane = order_take(st, &head, st->in.data + at + sizeof head);
        at += sizeof head + head.bytes;
    }
    buf_drop(&st->in, at);
    return sane;
}

static bool orders_read(struct state *st)
{
    for (;;) {
        ssize_t n = recv(st->control.fd, st->scratch, sizeof st->scratch, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        buf_add(&st->in, st->scratch, (size_t)n);
        if (st->in.full || !orders_parse(st))
            return false;
        if (n < (ssize_t)sizeof st->scratch)
            return true;
    }
}

/* ---- the process ---- */

static bool event_take(struct state *st, struct port *p, uint32_t events)
{
    struct child *c = p->child;
    if (p->kind == PORT_CONTROL) {
        if (events & EPOLLOUT)
            control_flush(st);
        return !(events & ~(uint32_t)EPOLLOUT) || orders_read(st);
    }
    if (p->kind == PORT_SIGNAL) {
        reap(st);
        return true;
    }
    if (c->ended || p->fd < 0)
        return true;
    if (p->kind == PORT_IN)
        feed(st, c);
    else
        drain(st, p, p->kind == PORT_OUT ? &c->output : &c->errout);
    child_check(st, c);
    return true;
}

static int wait_ms(const struct state *st)
{
    const struct heap_node *top = heap_top(&st->dues);
    if (top == NULL)
        return -1;
    int64_t ms = top->key - clock_mono_ms();
    return ms <= 0 ? 0 : ms < 3600000 ? (int)ms + 1 : 3600000;
}

static void serve(struct state *st)
{
    struct epoll_event events[64];
    bool alive = true;
    while (alive) {
        int n = epoll_wait(st->epfd, events, COUNT(events), wait_ms(st));
        for (int i = 0; i < n && alive; i++)
            alive = event_take(st, events[i].data.ptr, events[i].events);
        dues_run(st);
        while (st->ended != NULL) {
            struct child *c = st->ended;
            st->ended = c->next;
            child_free(st, c);
        }
    }
}

static void children_kill(struct state *st)
{
    while (st->children != NULL) {
        struct child *c = st->children;
        st->children = c->next;
        heap_remove(&st->dues, &c->due);
        if (c->phase != REAPED)
            kill(-c->pid, SIGKILL);
        child_free(st, c);
    }
}

/* Nothing of the daemon's may leak into programs: descriptors, signal mask, its many open files. */
static void surroundings(int fd)
{
    struct rlimit rl;
    if (fd > 3)
        close_range(3, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    /* Old plugins close every descriptor up to the limit, one by one. */
    if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur > SOFT_FILES) {
        rl.rlim_cur = SOFT_FILES;
        setrlimit(RLIMIT_NOFILE, &rl);
    }
    if (getenv("PATH") == NULL)
        setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

static int signals_take(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t mask;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

int spawner_main(int fd)
{
    int type;
    socklen_t len = sizeof type;
    if (fd < 3 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
        return 2; /* not started by a daemon */
    surroundings(fd);
    struct state *st = NEW(struct state);
    st->control = (struct port){NULL, PORT_CONTROL, fd};
    st->sigs = (struct port){NULL, PORT_SIGNAL, signals_take()};
    st->epfd = epoll_create1(EPOLL_CLOEXEC);
    ASSERT(st->epfd >= 0 && st->sigs.fd >= 0);
    st->in = BUF_MAX(MAX_MESSAGE + READ_BYTES);
    st->out = BUF_MAX(MAX_QUEUE);
    port_watch(st, &st->control, EPOLLIN, EPOLL_CTL_ADD);
    port_watch(st, &st->sigs, EPOLLIN, EPOLL_CTL_ADD);
    serve(st);
    children_kill(st);
    heap_done(&st->dues);
    buf_done(&st->in);
    buf_done(&st->out);
    close(st->epfd);
    close(st->sigs.fd);
    close(fd);
    mem_free(st);
    return 0;
}

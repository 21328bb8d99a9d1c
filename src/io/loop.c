/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop.c: one event loop over libuv: timers in our own heap, posted calls, watched descriptors,
 * signals, clocks and random bytes.  It knows nothing of sockets or protocols.
 *
 * Of libuv's handles only five exist a loop (and one a signal), because its handles cost a close
 * callback each, and so a second life after their owner's. */
#include "io/loop_priv.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { LOOP_MAGIC = 0x10091009, EVENTS_A_TURN = 256, SEQ_BITS = 23, HELD_US = 5000 };

struct post {
    void (*fn)(void *arg);
    void *arg;
};
struct posts {
    struct post *at;
    size_t n, cap;
};
struct watched { /* by descriptor */
    struct watch *watch;
    uint32_t generation;
};
struct sig {
    uv_signal_t handle;
    void (*fn)(int signum, void *arg);
    void *arg;
    struct sig *next;
};
struct slot {
    void *value;
    void (*done)(void *value);
};

struct loop {
    unsigned magic;
    const char *name;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t alarm;
    uv_prepare_t prepare;
    uv_poll_t poll;
    bool closing;

    struct heap timers;
    int64_t base_ms; /* keys of the heap count from here */
    uint32_t seq;
    int64_t alarm_ms; /* what the alarm is set to; INT64_MAX: off */

    pthread_mutex_t lock; /* guards waiting */
    struct posts waiting, batch;
    bool own_posts; /* something was posted by the loop's own thread: no need to wake */

    int epfd;
    struct watched *watched;
    size_t n_watched;
    uint32_t generation;

    _Atomic pthread_t runner; /* 0: does not run */
    pthread_t thread;
    bool has_thread;
    struct sig *sigs;
    struct slot slots[LOOP_SLOTS];

    int64_t turn_us; /* start of the turn's callbacks, 0: none yet */
    int64_t stretch_us;
    const char *blame;
    void (*slow_fn)(void *arg, const char *who, int64_t us);
    void *slow_arg;
    struct loop_stats stats;
    struct epoll_event events[EVENTS_A_TURN];
    char scratch[LOOP_SCRATCH_BYTES];
};

/* ---- clocks ---- */

static int64_t clock_us(clockid_t id)
{
    struct timespec ts;
    ASSERT(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t clock_boot_ms(void)
{
    return clock_us(CLOCK_BOOTTIME) / 1000;
}

/* ---- random bytes ---- */

void entropy_bytes(void *p, size_t n)
{
    char *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        ASSERT(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

uint64_t entropy_u64(void)
{
    uint64_t v;
    entropy_bytes(&v, sizeof v);
    return v;
}

/* ---- timers ---- */

void timer_init(struct timer *t, struct loop *l, void (*fn)(void *arg), void *arg)
{
    ASSERT(!heap_has(&t->node));
    t->loop = l;
    t->fn = fn;
    t->arg = arg;
}

/* The key holds the order of setting in its low bits, so that equal times fire in that order. */
static int64_t timer_key(const struct loop *l, int64_t due_ms, uint32_t seq)
{
    return (due_ms - l->base_ms) * (1 << SEQ_BITS) + (seq & ((1u << SEQ_BITS) - 1));
}

void timer_set(struct timer *t, int64_t after_ms)
{
    struct loop *l = t->loop;
    CHECK_OBJ(l, LOOP_MAGIC);
    int64_t now_us = clock_mono_us();
    int64_t most_ms = INT64_C(1) << 38; /* eight years: "never" */
    /* Rounded up, because a timer must not fire early. */
    int64_t due_ms = after_ms <= 0
                         ? now_us / 1000
                         : (now_us + 999) / 1000 + (after_ms < most_ms ? after_ms : most_ms);
    heap_put(&l->timers, &t->node, timer_key(l, due_ms, l->seq++));
}

void timer_clear(struct timer *t)
{
    if (t->loop != NULL)
        heap_remove(&t->loop->timers, &t->node);
}

static void timers_fire(struct loop *l)
{
    /* Timers set by the callbacks for "now" stay for the next turn. */
    int64_t limit = timer_key(l, clock_mono_ms(), l->seq);
    struct heap_node *top;
    while ((top = heap_top(&l->timers)) != NULL && top->key < limit) {
        struct timer *t = CONTAINER(top, struct timer, node);
        heap_remove(&l->timers, top);
        t->fn(t->arg);
        loop_stretch(l, l->blame);
    }
}

/* ---- who held the loop ---- */

void loop_stretch(struct loop *l, const char *who)
{
    if (l->slow_fn == NULL)
        return;
    int64_t now_us = clock_mono_us();
    int64_t held_us = now_us - l->stretch_us;
    l->stretch_us = now_us;
    l->blame = NULL;
    if (held_us > HELD_US)
        l->slow_fn(l->slow_arg, who, held_us);
}

void loop_blame(struct loop *l, const char *who)
{
    l->blame = who;
}

void loop_on_slow(struct loop *l, void (*fn)(void *arg, const char *who, int64_t us), void *arg)
{
    l->slow_fn = fn;
    l->slow_arg = arg;
    l->stretch_us = clock_mono_us();
}

/* ---- posted calls ---- */

static void posts_push(struct posts *p, struct post one)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        p->at = mem_resize(p->at, p->cap * sizeof *p->at);
    }
    p->at[p->n++] = one;
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    bool here = loop_is_here(l);
    pthread_mutex_lock(&l->lock);
    bool first = l->waiting.n == 0;
    posts_push(&l->waiting, (struct post){fn, arg});
    pthread_mutex_unlock(&l->lock);
    if (here)
        l->own_posts = true;
    else if (first)
        uv_async_send(&l->wake);
}

static void posts_run(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct posts took = l->waiting;
    l->waiting = l->batch;
    pthread_mutex_unlock(&l->lock);
    l->batch = (struct posts){0};
    l->own_posts = false;
    for (size_t i = 0; i < took.n && !l->closing; i++) {
        took.at[i].fn(took.at[i].arg);
        loop_stretch(l, l->blame);
    }
    took.n = 0;
    if (took.cap > 65536) { /* a burst is over: give its memory back */
        mem_free(took.at);
        took = (struct posts){0};
    }
    l->batch = took;
}

/* ---- libuv's callbacks ---- */

void loop_mark(struct loop *l)
{
    if (l->turn_us == 0) {
        l->turn_us = l->stretch_us = clock_mono_us();
        l->blame = NULL;
    }
}

static void on_wake(uv_async_t *h)
{
    struct loop *l = h->data;
    loop_mark(l);
    posts_run(l);
}

static void on_alarm(uv_timer_t *h)
{
    struct loop *l = h->data;
    loop_mark(l);
    l->alarm_ms = INT64_MAX;
    timers_fire(l);
    if (l->own_posts)
        posts_run(l);
}

static void turn_end(struct loop *l, int64_t now_us)
{
    if (l->turn_us == 0)
        return;
    int64_t held_us = now_us - l->turn_us;
    loop_stretch(l, l->blame);
    l->turn_us = 0;
    l->stats.turns++;
    l->stats.held_over_5ms += held_us > HELD_US;
    if (held_us > l->stats.longest_us)
        l->stats.longest_us = held_us;
}

/* Runs right before the loop waits: here the alarm is set, once a turn. */
static void on_prepare(uv_prepare_t *h)
{
    struct loop *l = h->data;
    int64_t now_us = clock_mono_us();
    turn_end(l, now_us);
    struct heap_node *top = heap_top(&l->timers);
    int64_t due_ms = INT64_MAX;
    if (top != NULL)
        due_ms = (top->key >> SEQ_BITS) + l->base_ms;
    if (l->own_posts)
        due_ms = 0;
    if (due_ms == l->alarm_ms)
        return;
    l->alarm_ms = due_ms;
    if (due_ms == INT64_MAX) {
        uv_timer_stop(&l->alarm);
        return;
    }
    int64_t now_ms = now_us / 1000;
    uv_update_time(&l->uv);
    uv_timer_start(&l->alarm, on_alarm, due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0, 0);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct loop *l = h->data;
    loop_mark(l);
    int n = epoll_wait(l->epfd, l->events, EVENTS_A_TURN, 0);
    for (int i = 0; i < n; i++) {
        uint64_t key = l->events[i].data.u64;
        size_t fd = key & 0xffffffff;
        struct watched *w = &l->watched[fd];
        if (w->watch != NULL && w->generation == key >> 32) {
            w->watch->fn(w->watch->arg, l->events[i].events);
            loop_stretch(l, l->blame);
        }
    }
}

/* ---- watches ---- */

static void watched_grow(struct loop *l, size_t n)
{
    size_t cap = l->n_watched ? l->n_watched : 64;
    while (cap < n)
        cap *= 2;
    l->watched = mem_resize(l->watched, cap * sizeof *l->watched);
    memset(l->watched + l->n_watched, 0, (cap - l->n_watched) * sizeof *l->watched);
    l->n_watched = cap;
}

int watch_start(struct watch *w, struct loop *l, int fd, unsigned events,
                void (*fn)(void *arg, unsigned events), void *arg)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    ASSERT(!w->on && fd >= 0);
    if ((size_t)fd >= l->n_watched)
        watched_grow(l, (size_t)fd + 1);
    uint32_t generation = ++l->generation;
    struct epoll_event ev = {.events = events,
                             .data.u64 = (uint64_t)generation << 32 | (unsigned)fd};
    if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) != 0)
        return err_from_errno(errno);
    *w = (struct watch){l, fn, arg, fd, events, true};
    l->watched[fd] = (struct watched){w, generation};
    return 0;
}

void watch_change(struct watch *w, unsigned events)
{
    if (!w->on || w->events == events)
        return;
    struct loop *l = w->loop;
    struct epoll_event ev = {.events = events,
                             .data.u64 =
                                 (uint64_t)l->watched[w->fd].generation << 32 | (unsigned)w->fd};
    ASSERT(epoll_ctl(l->epfd, EPOLL_CTL_MOD, w->fd, &ev) == 0);
    w->events = events;
}

void watch_drop(struct watch *w)
{
    if (!w->on)
        return;
    w->on = false;
    w->loop->watched[w->fd].watch = NULL;
}

void watch_stop(struct watch *w)
{
    if (w->on)
        epoll_ctl(w->loop->epfd, EPOLL_CTL_DEL, w->fd, NULL);
    watch_drop(w);
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *h, int signum)
{
    struct sig *s = h->data;
    loop_mark(h->loop->data);
    s->fn(signum, s->arg);
}

void loop_on_signal(struct loop *l, int signum, void (*fn)(int signum, void *arg), void *arg)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    struct sig *s = NEW(struct sig);
    s->fn = fn;
    s->arg = arg;
    s->handle.data = s;
    ASSERT(uv_signal_init(&l->uv, &s->handle) == 0);
    ASSERT(uv_signal_start(&s->handle, on_signal, signum) == 0);
    s->next = l->sigs;
    l->sigs = s;
}

static void ignore_sigpipe(void)
{
    struct sigaction sa = {.sa_handler = SIG_IGN};
    sigemptyset(&sa.sa_mask);
    sigaction(SIGPIPE, &sa, NULL);
}

/* ---- life ---- */

static void handles_start(struct loop *l)
{
    ASSERT(uv_loop_init(&l->uv) == 0);
    ASSERT(uv_async_init(&l->uv, &l->wake, on_wake) == 0);
    ASSERT(uv_timer_init(&l->uv, &l->alarm) == 0);
    ASSERT(uv_prepare_init(&l->uv, &l->prepare) == 0);
    ASSERT(uv_poll_init(&l->uv, &l->poll, l->epfd) == 0);
    l->uv.data = l;
    l->wake.data = l->alarm.data = l->prepare.data = l->poll.data = l;
    ASSERT(uv_prepare_start(&l->prepare, on_prepare) == 0);
    ASSERT(uv_poll_start(&l->poll, UV_READABLE, on_poll) == 0);
}

struct loop *loop_new(const char *name)
{
    struct loop *l = NEW(struct loop);
    l->magic = LOOP_MAGIC;
    l->name = name;
    l->base_ms = clock_mono_ms();
    l->alarm_ms = INT64_MAX;
    pthread_mutex_init(&l->lock, NULL);
    l->epfd = epoll_create1(EPOLL_CLOEXEC);
    ASSERT(l->epfd >= 0);
    handles_start(l);
    ignore_sigpipe();
    return l;
}

static void handles_close(struct loop *l)
{
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->alarm, NULL);
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->poll, NULL);
    for (struct sig *s = l->sigs; s != NULL; s = s->next)
        uv_close((uv_handle_t *)&s->handle, NULL);
    /* Also lets the close callbacks of others run. */
    for (int turns = 0; turns < 16 && uv_run(&l->uv, UV_RUN_NOWAIT) != 0; turns++)
        ;
    ASSERT(uv_loop_close(&l->uv) == 0);
}

static void loop_join(struct loop *l)
{
    if (l->has_thread && !loop_is_here(l)) {
        pthread_join(l->thread, NULL);
        l->has_thread = false;
    }
}

struct loop *loop_free(struct loop *l)
{
    if (l == NULL)
        return NULL;
    CHECK_OBJ(l, LOOP_MAGIC);
    loop_join(l);
    l->closing = true;
    for (int i = 0; i < LOOP_SLOTS; i++)
        if (l->slots[i].value != NULL && l->slots[i].done != NULL)
            l->slots[i].done(l->slots[i].value);
    handles_close(l);
    while (l->sigs != NULL) {
        struct sig *s = l->sigs;
        l->sigs = s->next;
        mem_free(s);
    }
    close(l->epfd);
    heap_done(&l->timers);
    mem_free(l->waiting.at);
    mem_free(l->batch.at);
    mem_free(l->watched);
    pthread_mutex_destroy(&l->lock);
    l->magic = 0;
    return mem_free(l);
}

void loop_run(struct loop *l)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    atomic_store(&l->runner, pthread_self());
    uv_run(&l->uv, UV_RUN_DEFAULT);
    atomic_store(&l->runner, 0);
}

static void *thread_main(void *arg)
{
    struct loop *l = arg;
    char name[16]; /* the kernel's limit */
    str_copy(name, sizeof name, l->name != NULL ? l->name : "loop");
    pthread_setname_np(pthread_self(), name);
    loop_run(l);
    return NULL;
}

void loop_thread(struct loop *l)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    ASSERT(!l->has_thread);
    /* Signals are the main thread's affair: here they would only interrupt. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    l->has_thread = true;
    ASSERT(pthread_create(&l->thread, NULL, thread_main, l) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_here(void *arg)
{
    struct loop *l = arg;
    uv_stop(&l->uv);
}

void loop_stop(struct loop *l)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    loop_post(l, stop_here, l);
    loop_join(l);
}

bool loop_is_here(const struct loop *l)
{
    return pthread_equal(atomic_load(&l->runner), pthread_self()) != 0;
}

uv_loop_t *loop_uv(struct loop *l)
{
    return &l->uv;
}

char *loop_scratch(struct loop *l)
{
    return l->scratch;
}

void loop_take_stats(struct loop *l, struct loop_stats *ret)
{
    *ret = l->stats;
    l->stats.longest_us = 0;
}

void *loop_slot_get(const struct loop *l, enum loop_slot slot)
{
    return l->slots[slot].value;
}

void loop_slot_set(struct loop *l, enum loop_slot slot, void *value, void (*done)(void *value))
{
    l->slots[slot] = (struct slot){value, done};
}

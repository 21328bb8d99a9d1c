/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scheduler.c: runs each check at its time.
 *
 * Due times are monotonic, so that neither a clock step nor a suspend makes anything overdue; the phase within the
 * interval comes from the item's name and the wall clock, so that a restart keeps it.  Attempts go to the probe loop
 * and come back through two lists that any thread may push to; a list is posted once, when it stops being empty. */
#include "checks/scheduler.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "checks/scheduler_memory.h"
#include "checks/scheduler_stats.h"
#include "model/relations.h"
#include "model/sink.h"

#include <stdatomic.h>
#include <string.h>

enum {
    MAGIC = 0x73636864,
    FEW = 200,              /* so many never-checked items are checked at once, not splayed */
    SOON_US = 1500 * 1000,  /* and within this */
    STARTS_A_TURN = 200, RESULTS_A_TURN = 100, /* the main loop is not held longer */
    TICK_US = 10000,        /* due times this near are served together, */
    GATHER_US = 10000,      /* and so are results: a wake-up of the other thread costs more than a check */
    GAP_US = 5 * 1000 * 1000, /* a turn this late means that the process stood still */
    POSTPONE_US = 50 * 1000, MAX_IN_FLIGHT = 500,
};
#define MAX_SPLAY_MS INT64_C(300000)
#define URGENT INT64_C(1) /* a due time before all others */

struct run { /* an attempt in flight; lives in its arena */
    struct run *prev, *next;
    struct item *item; /* NULL once it was removed */
    struct attempt *attempt;
    struct memory *memory;
};
struct waiter {
    struct item *item;
    void (*done)(void *arg);
    void *arg;
};
struct scheduler {
    unsigned magic;
    struct loop *loop;
    struct model *model;
    struct probe_env *env;
    struct heap due;
    struct timer tick;
    int64_t armed_us; /* when the timer goes off; 0: not set */
    struct run runs;  /* head of a ring */
    int in_flight, fresh;
    VEC(struct waiter) waiters;
    struct map memories;
    struct attempt *arrived; /* taken from `ended`, oldest first */
    _Atomic(struct attempt *) to_start, ended;
    atomic_int posts; /* on their way to either loop */
    struct timer gather; /* on the probe loop, as is the next */
    int64_t told_us;     /* when results were last posted */
    bool dead;
    uint64_t attempts, results, timeouts;
    struct delays delays;
};

/* ---- lists between threads ---- */

static void release(struct scheduler *s)
{
    if (atomic_fetch_sub(&s->posts, 1) == 1 && s->dead)
        mem_free(s);
}

static void post(struct scheduler *s, struct loop *l, void (*fn)(void *arg))
{
    atomic_fetch_add(&s->posts, 1);
    loop_post(l, fn, s);
}

/* true when the list was empty: somebody must be told. */
static bool push(_Atomic(struct attempt *) *list, struct attempt *a)
{
    struct attempt *first = atomic_load_explicit(list, memory_order_relaxed);

    do
        a->next = first;
    while (!atomic_compare_exchange_weak_explicit(list, &first, a, memory_order_release, memory_order_relaxed));
    return first == NULL;
}

/* All of it, oldest first. */
static struct attempt *take_all(_Atomic(struct attempt *) *list)
{
    struct attempt *a = atomic_exchange_explicit(list, NULL, memory_order_acquire), *turned = NULL;

    while (a) {
        struct attempt *next = a->next;

        a->next = turned;
        turned = a;
        a = next;
    }
    return turned;
}

/* ---- on the probe loop ---- */

static void take_ended(void *arg);

static void tell_results(void *arg)
{
    struct scheduler *s = arg;

    s->told_us = clock_mono_us();
    post(s, s->loop, take_ended);
}

static void on_ended(struct attempt *a, void *arg)
{
    struct scheduler *s = arg;
    int64_t ago;

    if (!push(&s->ended, a))
        return;
    ago = clock_mono_us() - s->told_us;
    if (ago >= GATHER_US)
        tell_results(s);
    else
        timer_set(&s->gather, (GATHER_US - ago + 999) / 1000);
}

static void start_all(void *arg)
{
    struct scheduler *s = arg;
    struct attempt *a = s->dead ? NULL : take_all(&s->to_start);

    while (a) {
        struct attempt *next = a->next;

        a->next = NULL;
        attempt_start(a, s->env, on_ended, s);
        a = next;
    }
    release(s);
}

/* ---- when ---- */

static const struct probe *probe_of(const struct item *it)
{
    return (const struct probe *)it->conf->kind; /* kinds of checks are the first member of their probe */
}

static bool can_run(const struct item *it)
{
    return it->conf && !it->resting && !it->conf->kind->passive && probe_of(it)->start;
}

static uint64_t item_hash(const struct item *it)
{
    return hash_text(item_check_name(it), hash_text(it->host->name, 0));
}

static int64_t every_ms(const struct item *it)
{
    return it->conf->every_ms > 0 ? it->conf->every_ms : 60000;
}

static void arm(struct scheduler *s)
{
    const struct heap_node *top = heap_top(&s->due);
    int64_t now = clock_mono_us(), at;

    if (top == NULL)
        return;
    at = top->key > now ? top->key : now;
    if (s->armed_us && s->armed_us <= at)
        return;
    s->armed_us = at;
    timer_set(&s->tick, (at - now + 999) / 1000);
}

static void schedule(struct scheduler *s, struct item *it, int64_t at_us)
{
    int64_t now = clock_mono_us();

    heap_put(&s->due, &it->due, at_us);
    it->next_check_ms = clock_wall_ms() + (at_us > now ? (at_us - now) / 1000 : 0);
    arm(s);
}

static void schedule_in(struct scheduler *s, struct item *it, int64_t ms)
{
    schedule(s, it, clock_mono_us() + (ms > 0 ? ms * 1000 : 0));
}

/* ms from now until the item's own second of its interval comes round, at least `least` from now. */
static int64_t slot_in(const struct item *it, int64_t least_ms)
{
    int64_t every = every_ms(it), wall = clock_wall_ms();
    int64_t phase = (int64_t)(item_hash(it) % (uint64_t)every);
    int64_t after = (wall + least_ms - phase) % every;

    return least_ms + (after > 0 ? every - after : after < 0 ? -after : 0);
}

static int64_t splay_ms(const struct item *it, int64_t interval_ms)
{
    int64_t span = interval_ms < MAX_SPLAY_MS ? interval_ms : MAX_SPLAY_MS;

    return (int64_t)(item_hash(it) % (uint64_t)(span > 0 ? span : 1));
}

static bool is_soft(const struct item *it)
{
    return !it->st.hard && state_is_bad((enum state)it->st.state);
}

/* An item that is new to the scheduler: after a start, a reload, when it is switched on. */
static void schedule_first(struct scheduler *s, struct item *it)
{
    int64_t ago = clock_wall_ms() - it->last_check_ms, retry;

    if (!can_run(it) || !it->enabled || it->in_flight)
        return;
    if (it->last_check_ms == 0 && s->fresh < FEW) {
        s->fresh++;
        schedule(s, it, clock_mono_us() + (int64_t)(item_hash(it) % SOON_US));
        return;
    }
    if (it->last_check_ms && is_soft(it)) {
        retry = it->conf->retry_ms > 0 ? it->conf->retry_ms : every_ms(it);
        schedule_in(s, it, ago >= 0 && ago < retry ? retry - ago : splay_ms(it, retry));
        return;
    }
    if (it->last_check_ms && ago >= 0 && ago < every_ms(it))
        schedule_in(s, it, slot_in(it, 0));
    else
        schedule_in(s, it, splay_ms(it, every_ms(it)));
}

static void schedule_next(struct scheduler *s, struct item *it)
{
    int64_t retry = it->conf->retry_ms > 0 ? it->conf->retry_ms : every_ms(it);
    int64_t ago = clock_wall_ms() - it->last_check_ms;

    if (!is_soft(it))
        schedule_in(s, it, slot_in(it, every_ms(it) / 2));
    else
        schedule_in(s, it, ago > 0 && ago < retry ? retry - ago : retry);
}

/* ---- starting ---- */

/* While a generation is being taken in, an item may already belong to the next one, which nobody can hold yet. */
static struct conf *conf_of(struct scheduler *s, const struct item *it)
{
    const struct conf *c = model_conf(s->model);
    const struct conf_host *h = it->conf->host;

    if (c == NULL || conf_find_host(c, h->name) != h)
        return NULL;
    return (struct conf *)(uintptr_t)c; /* counting references is all that is done with it */
}

static void start_item(struct scheduler *s, struct item *it, int64_t due_us)
{
    const struct probe *p = probe_of(it);
    struct conf *c = conf_of(s, it);
    const struct conf_host *h = it->conf->host;
    struct attempt *a;
    struct run *run;

    if (c == NULL) {
        heap_put(&s->due, &it->due, clock_mono_us() + POSTPONE_US);
        return;
    }
    if (it->last_check_ms == 0 && s->fresh > 0)
        s->fresh--;
    a = attempt_new(p, NULL, c, h->name, it->conf->name, h->address, h->family, it->conf->timeout_ms);
    a->opts = conf_check_opts(it->conf, a->arena);
    run = ARENA_NEW(a->arena, struct run);
    run->item = it;
    run->attempt = a;
    run->memory = memory_take(&s->memories, it, p);
    a->memory = memory_space(run->memory);
    run->next = &s->runs;
    run->prev = s->runs.prev;
    run->prev->next = s->runs.prev = run;
    a->owner = run;
    a->due_us = due_us;
    it->in_flight = true;
    s->in_flight++;
    s->attempts++;
    if (push(&s->to_start, a))
        post(s, s->env->loop, start_all);
}

static int max_in_flight(const struct scheduler *s)
{
    const struct conf *c = model_conf(s->model);

    return c && c->site.max_in_flight > 0 ? (int)c->site.max_in_flight : MAX_IN_FLIGHT;
}

/* After the process stood still, what is overdue by more than its interval would come as a burst. */
static bool splay_anew(struct scheduler *s, struct item *it, int64_t now_us, bool gap)
{
    if (!gap || it->due.key == URGENT || now_us - it->due.key <= every_ms(it) * 1000)
        return false;
    schedule_in(s, it, splay_ms(it, every_ms(it)));
    return true;
}

/* A dependency says that it is not to be run now; unless a person wants it. */
static bool left_out(struct scheduler *s, struct item *it, bool urgent)
{
    if (urgent || !can_run(it) || model_may_run(it))
        return false;
    schedule_in(s, it, slot_in(it, every_ms(it) / 2));
    return true;
}

static void on_tick(void *arg)
{
    struct scheduler *s = arg;
    int64_t now = clock_mono_us();
    bool gap = s->armed_us && now - s->armed_us > GAP_US;
    struct heap_node *top;
    int left = STARTS_A_TURN, ceiling = max_in_flight(s);

    s->armed_us = INT64_MIN; /* no re-arming while we are here */
    while (left > 0 && s->in_flight < ceiling && (top = heap_top(&s->due)) && top->key <= now) {
        struct item *it = CONTAINER(top, struct item, due);
        int64_t due_us = top->key == URGENT ? now : top->key;

        left--;
        if (splay_anew(s, it, now, gap) || left_out(s, it, top->key == URGENT))
            continue;
        heap_remove(&s->due, top);
        if (can_run(it))
            start_item(s, it, due_us);
    }
    s->armed_us = 0;
    top = heap_top(&s->due);
    if (top == NULL || s->in_flight >= ceiling)
        return; /* a result will start the next one */
    now = clock_mono_us();
    s->armed_us = left == 0 ? now : top->key > now + TICK_US ? top->key : now + TICK_US;
    timer_set(&s->tick, (s->armed_us - now + 999) / 1000);
}

/* ---- results ---- */

static void call_waiters(struct scheduler *s, const struct item *it)
{
    for (size_t i = s->waiters.n; i-- > 0;) {
        struct waiter w;

        if (i >= s->waiters.n || s->waiters.at[i].item != it)
            continue;
        w = s->waiters.at[i];
        VEC_REMOVE(&s->waiters, i);
        if (w.done)
            w.done(w.arg);
    }
}

static int32_t as_int32(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < 0 ? 0 : (int32_t)v;
}

static void give_result(struct scheduler *s, struct item *it, struct attempt *a)
{
    struct moment now = {clock_wall_ms(), clock_boot_ms()};
    struct result r = {
        .state = a->state,
        .text = buf_text(&a->text),
        .more = a->more.len ? buf_text(&a->more) : NULL,
        .perfdata = a->perf.len ? buf_text(&a->perf) : NULL,
        .at_ms = a->at_ms,
        .timings = a->timings,
        .late_us = as_int32(a->started_us - a->due_us),
        .answered = a->answered,
    };

    it->late_us = r.late_us;
    s->results++;
    sink_item(s->model, it, &r, now);
}

static void end_run(struct scheduler *s, struct attempt *a)
{
    struct run *run = a->owner;
    struct item *it = run->item;

    run->prev->next = run->next;
    run->next->prev = run->prev;
    s->in_flight--;
    s->timeouts += a->timed_out;
    delays_add(&s->delays, as_int32(a->started_us - a->due_us), clock_mono_us());
    memory_put(run->memory);
    if (it) {
        it->in_flight = false;
        bool same = it->conf && probe_of(it) == a->probe; /* else a reload made another check of it meanwhile: this answer says nothing of that */
        if (same)
            give_result(s, it, a);
        if (can_run(it) && it->enabled && !it->in_flight && !heap_has(&it->due)) { /* the model may have asked already */
            if (same)
                schedule_next(s, it);
            else
                schedule_in(s, it, 0);
        }
        call_waiters(s, it);
    }
    attempt_free(a);
}

static void work_off(struct scheduler *s)
{
    int left = RESULTS_A_TURN;

    while (s->arrived && left-- > 0) {
        struct attempt *a = s->arrived;

        s->arrived = a->next;
        a->next = NULL;
        end_run(s, a);
    }
    if (s->arrived)
        post(s, s->loop, take_ended);
    if (heap_top(&s->due) && !s->armed_us)
        arm(s);
}

static void take_ended(void *arg)
{
    struct scheduler *s = arg;

    if (!s->dead) {
        struct attempt **at = &s->arrived;

        while (*at)
            at = &(*at)->next;
        *at = take_all(&s->ended);
        work_off(s);
    }
    release(s);
}

/* ---- what the model says ---- */

static void forget(struct scheduler *s, struct item *it)
{
    if (heap_has(&it->due) && it->last_check_ms == 0 && s->fresh > 0)
        s->fresh--;
    heap_remove(&s->due, &it->due);
    for (struct run *r = s->runs.next; it->in_flight && r != &s->runs; r = r->next)
        if (r->item == it) {
            r->item = NULL; /* its result will be dropped */
            it->in_flight = false;
        }
    memory_forget(&s->memories, it);
    call_waiters(s, it);
}

static void recheck(struct scheduler *s, struct item *it, bool soon)
{
    int64_t at = soon ? clock_mono_us() + (int64_t)(item_hash(it) % 800000) : URGENT;

    if (!can_run(it) || it->in_flight)
        return; /* the attempt under way answers */
    if (heap_has(&it->due) && it->due.key <= at)
        return;
    schedule(s, it, at);
}

/* Its configuration differs: the interval may be shorter, the kind another. */
static void refit(struct scheduler *s, struct item *it)
{
    if (!can_run(it) || !it->enabled) {
        heap_remove(&s->due, &it->due);
        if (!it->in_flight)
            call_waiters(s, it); /* no result will come that they could wait for */
    } else if (!heap_has(&it->due)) {
        schedule_first(s, it);
    } else if (it->due.key > clock_mono_us() + every_ms(it) * 1000) {
        schedule_in(s, it, slot_in(it, 0));
    }
}

/* What was there before the scheduler. */
static void refit_all(struct scheduler *s)
{
    size_t i = 0, j = 0;
    struct item *it;

    while ((it = model_next(s->model, &i, &j)) != NULL)
        refit(s, it);
}

static void on_event(void *arg, const struct event *e)
{
    struct scheduler *s = arg;

    switch (e->kind) {
    case EVENT_ADDED:
        schedule_first(s, e->item);
        break;
    case EVENT_REMOVED:
        forget(s, e->item);
        break;
    case EVENT_ENABLED:
    case EVENT_CHANGED:
        refit(s, e->item);
        break;
    case EVENT_RENAMED:
        memory_rename(&s->memories, e->item, e->text);
        refit(s, e->item);
        break;
    case EVENT_RECHECK:
        recheck(s, e->item, e->to == STATE_PENDING);
        break;
    case EVENT_RECONF:
        arm(s); /* more may be in flight now */
        break;
    default:
        break;
    }
}

void scheduler_now(struct scheduler *s, struct item *it, void (*done)(void *arg), void *arg)
{
    struct waiter w = {it, done, arg};

    CHECK_OBJ(s, MAGIC);
    if (!can_run(it)) {
        if (done)
            loop_post(s->loop, done, arg);
        return;
    }
    if (done)
        VEC_PUSH(&s->waiters, w);
    recheck(s, it, false);
}

/* ---- life ---- */

struct scheduler *scheduler_new(struct loop *main_loop, struct model *m, struct probe_env *env)
{
    struct scheduler *s = NEW(struct scheduler);

    s->magic = MAGIC;
    s->loop = main_loop;
    s->model = m;
    s->env = env;
    s->runs.next = s->runs.prev = &s->runs;
    timer_init(&s->tick, main_loop, on_tick, s);
    timer_init(&s->gather, env->loop, tell_results, s);
    model_listen(m, on_event, s);
    refit_all(s);
    return s;
}

static void cancel_runs(struct scheduler *s)
{
    while (s->runs.next != &s->runs) {
        struct run *run = s->runs.next;
        struct attempt *a = run->attempt;

        run->prev->next = run->next;
        run->next->prev = run->prev;
        if (run->item)
            run->item->in_flight = false;
        memory_put(run->memory);
        attempt_cancel(a);
        attempt_free(a);
    }
}

struct scheduler *scheduler_free(struct scheduler *s)
{
    if (s == NULL)
        return NULL;
    CHECK_OBJ(s, MAGIC);
    timer_clear(&s->tick);
    timer_clear(&s->gather);
    cancel_runs(s);
    while (heap_top(&s->due))
        heap_remove(&s->due, heap_top(&s->due));
    heap_done(&s->due);
    VEC_DONE(&s->waiters);
    memories_done(&s->memories);
    s->dead = true;
    if (atomic_load(&s->posts) == 0)
        return mem_free(s);
    return NULL; /* the last post frees it */
}

void scheduler_get_stats(struct scheduler *s, struct scheduler_stats *ret)
{
    int64_t now = clock_mono_us();

    CHECK_OBJ(s, MAGIC);
    *ret = (struct scheduler_stats){.attempts = s->attempts, .results = s->results, .in_flight = s->in_flight,
                                    .timeouts = s->timeouts};
    delays_read(&s->delays, now, ret);
    for (size_t i = 0; s->in_flight >= max_in_flight(s) && i < s->due.n; i++)
        ret->waiting += s->due.at[i]->key <= now;
}

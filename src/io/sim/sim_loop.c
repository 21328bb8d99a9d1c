/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_loop.c: loops, timers and clocks of the twin.
 *
 * All loops are queues of one thread.  A turn runs one callback: at one instant the loops with posted work,
 * and the earliest timer or event that is due, are candidates, and the seed draws among them; only when
 * nothing is due does time move, straight to the next timer or event. */
#include "io/sim/sim_int.h"

enum { LOOP_MAGIC = 0x10095133, STILL_LIMIT = 20000000 };

struct call {
    void (*fn)(void *arg);
    void *arg;
};
struct hearer {
    int signum;
    void (*fn)(int signum, void *arg);
    void *arg;
};
struct loop {
    unsigned magic;
    struct sim_obj obj;
    const char *name;
    struct call *calls; /* ring */
    size_t head, n, cap;
    bool stopped, threaded;
    uint64_t turns;
    VEC(struct hearer) hearers;
};

struct loop *loop_new(const char *name)
{
    struct loop *l = NEW(struct loop);
    l->magic = LOOP_MAGIC;
    l->name = name;
    sim_obj_add(&l->obj, SIM_OBJ_LOOP);
    VEC_PUSH(&sim_world()->life->loops, l);
    return l;
}

struct loop *loop_free(struct loop *l)
{
    if (!l)
        return NULL;
    CHECK_OBJ(l, LOOP_MAGIC);
    struct sim_life *life = sim_world()->life;
    for (size_t i = 0; i < life->loops.n; i++) {
        if (life->loops.at[i] == l) {
            VEC_REMOVE(&life->loops, i);
            break;
        }
    }
    sim_obj_remove(&l->obj);
    VEC_DONE(&l->hearers);
    mem_free(l->calls);
    l->magic = 0;
    return mem_free(l);
}

void loop_run(struct loop *l)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    l->stopped = false;
    while (!l->stopped) {
        if (!sim_run_one(INT64_MAX))
            PANIC("the loop waits for something that will never happen");
    }
}

void loop_thread(struct loop *l)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    l->stopped = false;
    l->threaded = true;
}

bool loop_is_stopped(const struct loop *l) { return l->stopped; }

static void grow(struct loop *l)
{
    size_t cap = l->cap ? l->cap * 2 : 16;
    struct call *calls = mem_alloc(cap * sizeof(*calls));
    for (size_t i = 0; i < l->n; i++)
        calls[i] = l->calls[(l->head + i) & (l->cap - 1)];
    mem_free(l->calls);
    l->calls = calls;
    l->cap = cap;
    l->head = 0;
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    if (l->n == l->cap)
        grow(l);
    l->calls[(l->head + l->n++) & (l->cap - 1)] = (struct call){fn, arg};
}

static void count_turn(struct sim_world *w, struct loop *l)
{
    w->turns++;
    w->current = l;
    if (l)
        l->turns++;
    if (++w->still > STILL_LIMIT)
        PANIC("twenty million callbacks and time does not move: something posts itself for ever");
}

static void run_post(struct sim_world *w, struct loop *l)
{
    struct call c = l->calls[l->head];
    l->head = (l->head + 1) & (l->cap - 1);
    l->n--;
    count_turn(w, l);
    c.fn(c.arg);
}

static void stop_here(void *arg)
{
    struct loop *l = arg;
    l->stopped = true;
}

/* The stop is the last of what was posted; stopping another thread waits until it gets there. */
void loop_stop(struct loop *l)
{
    CHECK_OBJ(l, LOOP_MAGIC);
    loop_post(l, stop_here, l);
    struct sim_world *w = sim_world();
    if (!l->threaded || w->current == l)
        return;
    struct loop *caller = w->current;
    while (!l->stopped)
        run_post(w, l);
    w->current = caller;
}

void loop_take_stats(struct loop *l, struct loop_stats *ret)
{
    *ret = (struct loop_stats){.turns = l->turns};
}

/* Nothing takes time here: no stretch is long. */
void loop_on_slow(struct loop *l, void (*fn)(void *arg, const char *who, int64_t us), void *arg) {}
void loop_blame(struct loop *l, const char *who) {}
void loop_stretch(struct loop *l, const char *who) {}

void loop_on_signal(struct loop *l, int signum, void (*fn)(int signum, void *arg), void *arg)
{
    VEC_PUSH(&l->hearers, ((struct hearer){signum, fn, arg}));
}

struct heard {
    struct hearer to;
};

static void hear(void *arg)
{
    struct heard *heard = arg;
    struct hearer to = heard->to;
    mem_free(heard);
    to.fn(to.signum, to.arg);
}

void sim_signal(int signum)
{
    struct sim_life *life = sim_world()->life;
    for (size_t i = 0; i < life->loops.n; i++) {
        struct loop *l = life->loops.at[i];
        for (size_t j = 0; j < l->hearers.n; j++) {
            if (l->hearers.at[j].signum != signum)
                continue;
            struct heard *heard = NEW(struct heard);
            heard->to = l->hearers.at[j];
            loop_post(l, hear, heard);
        }
    }
}

/* ---- clocks ---- */

int64_t clock_mono_us(void) { return sim_world()->now_us + (int64_t)SIM_MONO_START_MS * 1000; }

int64_t clock_mono_ms(void) { return clock_mono_us() / 1000; }

int64_t clock_wall_ms(void) { return sim_world()->now_us / 1000 + sim_world()->wall_off_ms; }

int64_t clock_wall_us(void) { return sim_world()->now_us + sim_world()->wall_off_ms * 1000; }

int64_t clock_boot_ms(void) { return sim_world()->now_us / 1000 + sim_world()->boot_off_ms; }

int64_t sim_now_ms(void) { return sim_world()->now_us / 1000; }

void sim_clock_step(int64_t delta_ms) { sim_world()->wall_off_ms += delta_ms; }

void sim_suspend(int64_t ms)
{
    sim_world()->wall_off_ms += ms;
    sim_world()->boot_off_ms += ms;
}

/* ---- timers and events ---- */

/* A key that orders by time, then by setting. Times past what fits wait at the end of the world. */
static int64_t key_of(int64_t at, int bits)
{
    int64_t most = INT64_MAX >> bits;
    uint32_t seq = sim_world()->seq++;
    return ((at < most ? at : most) << bits) | (seq & ((UINT32_C(1) << bits) - 1));
}

void timer_init(struct timer *t, struct loop *l, void (*fn)(void *arg), void *arg)
{
    *t = (struct timer){.loop = l, .fn = fn, .arg = arg};
}

void timer_set(struct timer *t, int64_t after_ms)
{
    /* Rounded up, because a timer must not fire early. */
    int64_t now_ms = (sim_world()->now_us + (after_ms > 0 ? 999 : 0)) / 1000;
    if (after_ms < 0)
        after_ms = 0;
    if (after_ms > INT64_MAX - now_ms)
        after_ms = INT64_MAX - now_ms;
    heap_put(&sim_world()->life->timers, &t->node, key_of(now_ms + after_ms, SIM_TIMER_BITS));
}

void timer_clear(struct timer *t)
{
    if (timer_is_set(t)) /* cleared timers may outlive the world */
        heap_remove(&sim_world()->life->timers, &t->node);
}

void sim_event_init(struct sim_event *ev, struct loop *l, void (*fn)(void *arg), void *arg)
{
    *ev = (struct sim_event){.loop = l, .fn = fn, .arg = arg};
}

void sim_event_at(struct sim_event *ev, int64_t at_us)
{
    heap_put(&sim_world()->life->events, &ev->node, key_of(at_us, SIM_EVENT_BITS));
}

void sim_event_in(struct sim_event *ev, int64_t after_us)
{
    sim_event_at(ev, sim_world()->now_us + (after_us > 0 ? after_us : 0));
}

void sim_event_clear(struct sim_event *ev)
{
    if (heap_has(&ev->node))
        heap_remove(&sim_world()->life->events, &ev->node);
}

/* ---- one turn ---- */

static int64_t timer_due_us(const struct heap_node *node)
{
    return node ? (node->key >> SIM_TIMER_BITS) * 1000 : INT64_MAX;
}

static int64_t event_due_us(const struct heap_node *node)
{
    return node ? node->key >> SIM_EVENT_BITS : INT64_MAX;
}

/* Runs the earliest timer or event. Those of a stopped loop are lost. */
static void run_due(struct sim_world *w)
{
    struct heap_node *tn = heap_top(&w->life->timers), *en = heap_top(&w->life->events);
    if (timer_due_us(tn) <= event_due_us(en)) {
        struct timer *t = CONTAINER(tn, struct timer, node);
        heap_remove(&w->life->timers, tn);
        count_turn(w, t->loop);
        if (!t->loop->stopped)
            t->fn(t->arg);
        return;
    }
    struct sim_event *ev = CONTAINER(en, struct sim_event, node);
    heap_remove(&w->life->events, en);
    count_turn(w, ev->loop);
    if (!ev->loop || !ev->loop->stopped)
        ev->fn(ev->arg);
}

static struct loop *nth_ready(struct sim_life *life, size_t n)
{
    for (size_t i = 0;; i++) {
        struct loop *l = life->loops.at[i];
        if (l->n > 0 && !l->stopped && n-- == 0)
            return l;
    }
}

static size_t count_ready(const struct sim_life *life)
{
    size_t ready = 0;
    for (size_t i = 0; i < life->loops.n; i++)
        ready += life->loops.at[i]->n > 0 && !life->loops.at[i]->stopped;
    return ready;
}

bool sim_run_one(int64_t limit_us)
{
    struct sim_world *w = sim_world();
    size_t ready = count_ready(w->life);
    int64_t timer_us = timer_due_us(heap_top(&w->life->timers));
    int64_t event_us = event_due_us(heap_top(&w->life->events));
    int64_t due_us = timer_us < event_us ? timer_us : event_us;
    bool due = due_us <= w->now_us;
    if (ready == 0 && !due) {
        if (due_us == INT64_MAX || due_us > limit_us)
            return false;
        w->now_us = due_us;
        w->still = 0;
        due = true;
    }
    size_t choices = ready + due;
    size_t pick = choices == 1 ? 0 : sim_random() % choices;
    if (pick < ready)
        run_post(w, nth_ready(w->life, pick));
    else
        run_due(w);
    w->current = NULL;
    return true;
}

bool sim_step(void) { return sim_run_one(INT64_MAX); }

void sim_run_until(int64_t now_ms)
{
    while (sim_run_one(now_ms * 1000)) {
    }
    struct sim_world *w = sim_world();
    if (w->now_us < now_ms * 1000)
        w->now_us = now_ms * 1000;
}

void sim_run_for(int64_t ms) { sim_run_until(sim_now_ms() + ms); }

bool sim_run_flag(const bool *flag, int64_t ms)
{
    int64_t end_us = sim_world()->now_us + ms * 1000;
    while (!*flag && sim_run_one(end_us)) {
    }
    return *flag;
}

uint64_t sim_turns(void) { return sim_world()->turns; }

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop.h: event loops, timers, clocks.
 *
 * A loop belongs to one thread; everything made on it is used from that thread only.  loop_post() is the
 * one way in from another thread.  Lifetime: loop_new → (loop_thread | loop_run) → loop_stop → loop_free.
 * In the simulated twin (src/io/sim/) all loops share one queue that runs in one seeded order, and the
 * clocks are the world's; loop_thread() starts nothing there. */
#ifndef VIGIE_IO_LOOP_H
#define VIGIE_IO_LOOP_H

#include "base/heap.h"
#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(const char *name); /* name: for logs and /metrics; borrowed */
struct loop *loop_free(struct loop *l);  /* stopped and joined before */
void loop_run(struct loop *l);           /* until loop_stop(); on the calling thread */
void loop_thread(struct loop *l);        /* runs it on a thread of its own */
void loop_stop(struct loop *l);          /* from any thread; with loop_thread() it also waits for its end */
/* Runs fn(arg) on the loop's thread, in the order of posting. From any thread; never blocks. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

/* Clocks: monotonic for intervals (stands still while the machine is suspended), wall for people. */
int64_t clock_mono_us(void);
int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);
int64_t clock_wall_us(void);
/* Monotonic time that also counts suspend (CLOCK_BOOTTIME). */
int64_t clock_boot_ms(void);

/* One-shot timers, embedded in their owner; zeroed + timer_init. Firing order of equal times: order of setting. */
struct timer {
    struct heap_node node;
    struct loop *loop;
    void (*fn)(void *arg);
    void *arg;
};
void timer_init(struct timer *t, struct loop *l, void (*fn)(void *arg), void *arg);
void timer_set(struct timer *t, int64_t after_ms); /* re-arms when running; after_ms <= 0: next turn */
void timer_clear(struct timer *t);                 /* no-op when not set; call before the owner's memory goes */
static inline bool timer_is_set(const struct timer *t) { return heap_has(&t->node); }

/* The watchdog's figures: how long one turn's callbacks held the loop. */
struct loop_stats {
    uint64_t turns, held_over_5ms;
    int64_t longest_us; /* since the last call */
};
void loop_take_stats(struct loop *l, struct loop_stats *ret); /* from the loop's own thread */
/* Who held it. A stretch is one callback, or less: loop_stretch() ends one in the midst, in who's name. loop_blame()
 * says in whose name the callback that runs will be counted. fn hears of each stretch over 5 ms; who is NULL when
 * nobody said. All from the loop's own thread; `who` is a lasting text. fn NULL: nothing is measured. */
void loop_on_slow(struct loop *l, void (*fn)(void *arg, const char *who, int64_t us), void *arg);
void loop_blame(struct loop *l, const char *who);
void loop_stretch(struct loop *l, const char *who);

/* SIGTERM, SIGINT, SIGHUP, … delivered on the loop. SIGPIPE is ignored by loop_new. */
void loop_on_signal(struct loop *l, int signum, void (*fn)(int signum, void *arg), void *arg);

/* Random bytes for secrets and splay (seeded in the twin). */
void entropy_bytes(void *p, size_t n);
uint64_t entropy_u64(void);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watchdog.c: counts long stretches by kind of probe. Prevents nothing. */
#include "checks/watchdog.h"

#include "checks/attempt.h"

#include <stdatomic.h>

struct count {
    _Atomic uint64_t turns;
    _Atomic int64_t longest_us;
};
struct watchdog {
    struct loop *loop;
    int kinds;
    struct count at[]; /* by place in probes[]; one more for the others */
};

static void on_slow(void *arg, const char *kind, int64_t us)
{
    struct watchdog *w = arg;
    struct count *c;
    int i = 0;

    while (i < w->kinds && !(kind && str_eq(probes[i]->kind.name, kind)))
        i++;
    c = &w->at[i];
    atomic_fetch_add_explicit(&c->turns, 1, memory_order_relaxed);
    if (us > atomic_load_explicit(&c->longest_us, memory_order_relaxed))
        atomic_store_explicit(&c->longest_us, us, memory_order_relaxed); /* only this thread writes */
}

struct watchdog *watchdog_new(struct loop *l)
{
    struct watchdog *w;
    int n = 0;

    while (probes[n])
        n++;
    w = mem_zero(sizeof(*w) + (size_t)(n + 1) * sizeof(w->at[0]));
    w->loop = l;
    w->kinds = n;
    loop_on_slow(l, on_slow, w);
    return w;
}

struct watchdog *watchdog_free(struct watchdog *w)
{
    if (w)
        loop_on_slow(w->loop, NULL, NULL);
    return mem_free(w);
}

bool watchdog_row(const struct watchdog *w, int i, struct watchdog_row *ret)
{
    if (w == NULL || i < 0 || i > w->kinds)
        return false;
    ret->kind = i < w->kinds ? probes[i]->kind.name : "other";
    ret->turns = atomic_load_explicit(&w->at[i].turns, memory_order_relaxed);
    ret->longest_us = atomic_load_explicit(&w->at[i].longest_us, memory_order_relaxed);
    return true;
}

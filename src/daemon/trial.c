/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.c: one attempt outside the schedule, on the probe loop, for "add" and for people who try options. */
#include "daemon/daemon_priv.h"

struct trial {
    struct daemon *d;
    struct attempt *attempt;
    void (*fn)(void *arg, const struct attempt *at);
    void *arg;
};

static void trial_home(void *arg)
{
    struct trial *t = arg;
    t->fn(t->arg, t->attempt);
    attempt_free(t->attempt);
    mem_free(t);
}

static void trial_ended(struct attempt *a, void *arg)
{
    struct trial *t = arg;
    (void)a;
    loop_post(t->d->loop, trial_home, t);
}

static void trial_start(void *arg)
{
    struct trial *t = arg;
    attempt_start(t->attempt, t->d->probe_env, trial_ended, t);
}

void trial_run(void *daemon, const struct probe *p, const void *opts, struct arena *a, const char *address, int64_t timeout_ms,
               void (*fn)(void *arg, const struct attempt *at), void *arg)
{
    struct daemon *d = daemon;
    struct trial *t = NEW(struct trial);
    (void)a; /* the caller's arena holds opts until fn was called */
    t->d = d;
    t->fn = fn;
    t->arg = arg;
    t->attempt = attempt_new(p, opts, (struct conf *)model_conf(d->house.model), "trial", NULL, address, 0, timeout_ms);
    loop_post(d->probe_loop, trial_start, t);
}

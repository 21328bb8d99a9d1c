/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.c: one attempt outside the schedule, on the probe loop, for "add" and for people who try options.
 *
 * A trial is made and forgotten on the main loop; between, it belongs to the probe loop.  When the daemon ends, those under
 * way are cancelled once the probe loop stands; what was posted and comes late finds a trial that is dropped. */
#include "daemon/daemon_priv.h"

struct trial {
    struct daemon *d;
    struct attempt *attempt; /* NULL: dropped */
    struct trial *next, **at; /* among the daemon's */
    bool out;                /* posted, and not there yet */
    void (*fn)(void *arg, const struct attempt *at);
    void *arg;
};

static void trial_unlink(struct trial *t)
{
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
}

static void trial_home(void *arg)
{
    struct trial *t = arg;
    if (t->attempt) {
        trial_unlink(t);
        t->fn(t->arg, t->attempt);
        attempt_free(t->attempt);
    }
    mem_free(t);
}

static void trial_ended(struct attempt *a, void *arg)
{
    struct trial *t = arg;
    (void)a;
    t->out = true;
    loop_post(t->d->loop, trial_home, t);
}

static void trial_start(void *arg)
{
    struct trial *t = arg;
    if (!t->attempt) {
        mem_free(t);
        return;
    }
    t->out = false;
    attempt_start(t->attempt, t->d->probe_env, trial_ended, t);
}

int trial_run(void *daemon, struct conf *conf, const struct conf_check *check, int64_t timeout_ms, void (*fn)(void *arg, const struct attempt *at), void *arg)
{
    struct daemon *d = daemon;
    const struct probe *p = (const struct probe *)check->kind; /* kinds of checks are the first member of their probe */
    if (!d->started || !p->start)
        return ERR_CANCELLED;
    struct trial *t = NEW(struct trial);
    *t = (struct trial){.d = d, .fn = fn, .arg = arg, .out = true, .next = d->trials, .at = &d->trials};
    t->attempt = attempt_new(p, NULL, conf, check->host->name, check->name, check->host->address, check->host->family, timeout_ms);
    t->attempt->opts = conf_check_opts(check, t->attempt->arena);
    if (p->memory_bytes)
        t->attempt->memory = arena_alloc(t->attempt->arena, p->memory_bytes);
    if (t->next)
        t->next->at = &t->next;
    d->trials = t;
    loop_post(d->probe_loop, trial_start, t);
    return 0;
}

void trials_stop(struct daemon *d)
{
    while (d->trials) {
        struct trial *t = d->trials;
        trial_unlink(t);
        attempt_cancel(t->attempt);
        t->attempt = attempt_free(t->attempt);
        if (!t->out)
            mem_free(t);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_hops.c: steps along the ways of the simulated network: a host's way leads over its `via`, that one's `via`, … */
#include "io/hops.h"
#include "io/sim/sim_int.h"

enum { HOPS_MAGIC = 0x40950001, WAY_MAX = 64 };

struct hops_job {
    unsigned magic;
    struct sim_obj obj;
    struct sim_event ev;
    struct hops_reply r;
    hops_fn *fn;
    void *arg;
};
struct way { /* at[0] is the first router, at[n - 1] the host itself */
    struct sim_host *at[WAY_MAX];
    int n;
};

static void way_to(struct sim_host *h, struct way *w)
{
    for (w->n = 0; h && w->n < WAY_MAX; h = h->via)
        w->at[w->n++] = h;
    for (int i = 0; i < w->n / 2; i++) {
        struct sim_host *other = w->at[w->n - 1 - i];
        w->at[w->n - 1 - i] = w->at[i];
        w->at[i] = other;
    }
}

/* A router speaks from its first address of the family. */
static bool says(struct hops_reply *r, struct sim_host *h, enum hops_kind kind, bool v6)
{
    if (h->mute || sim_chance(h->loss))
        return false;
    for (size_t i = 0; i < h->addrs.n; i++) {
        if (addr_parse(h->addrs.at[i], 0, &r->from) != 0 || addr_is_v6(&r->from) != v6)
            continue;
        r->kind = kind;
        r->rtt_us = h->rtt_us;
        return true;
    }
    return false;
}

/* The packet's journey; false: nothing comes back. */
static bool journey(struct hops_reply *r, const struct way *w, int limit, bool v6)
{
    for (int i = 0; i < w->n; i++) {
        struct sim_host *h = w->at[i];
        if (h->mode == SIM_SILENT)
            return false;
        if (h->mode == SIM_UNREACHABLE && i > 0)
            return says(r, w->at[i - 1], HOPS_NO_HOST, v6);
        if (i == w->n - 1)
            return says(r, h, HOPS_TARGET, v6);
        if (i + 1 == limit)
            return says(r, h, HOPS_ROUTER, v6);
        if (h->loops) /* it sends what it gets back to where it came from */
            return says(r, (limit - i - 1) % 2 && i > 0 ? w->at[i - 1] : h, HOPS_ROUTER, v6);
    }
    return false;
}

static void job_free(struct hops_job *job)
{
    sim_event_clear(&job->ev);
    sim_obj_remove(&job->obj);
    job->magic = 0;
    mem_free(job);
}

static void tell(void *arg)
{
    struct hops_job *job = arg;
    CHECK_OBJ(job, HOPS_MAGIC);
    struct hops_reply r = job->r;
    hops_fn *fn = job->fn;
    void *fn_arg = job->arg;
    job_free(job);
    fn(fn_arg, &r);
}

struct hops_job *hops_ask(struct loop *l, const struct addr *peer, int limit, int local_port, int64_t timeout_ms, hops_fn *fn,
                          void *arg)
{
    struct hops_job *job = NEW(struct hops_job);
    *job = (struct hops_job){.magic = HOPS_MAGIC, .fn = fn, .arg = arg};
    sim_obj_add(&job->obj, SIM_OBJ_HOPS);
    sim_event_init(&job->ev, l, tell, job);
    struct sim_path path;
    sim_path_find(peer, true, &path);
    int64_t after_us = timeout_ms * 1000;
    struct way way;
    way_to(path.host, &way);
    if (!path.host || (path.mode == SIM_UNREACHABLE && way.n == 1)) {
        job->r.code = err_set(&job->r.err, ERR_UNREACHABLE, "no route to the host", "");
        after_us = path.rtt_us;
    } else if (journey(&job->r, &way, limit, addr_is_v6(peer)) && job->r.rtt_us < after_us) {
        after_us = job->r.rtt_us;
    } else {
        job->r = (struct hops_reply){.kind = HOPS_SILENT};
    }
    sim_event_in(&job->ev, after_us);
    return job;
}

void hops_cancel(struct hops_job *job)
{
    if (job)
        job_free(job);
}

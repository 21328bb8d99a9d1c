/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_trace.c: the way that packets take (traceroute): does it reach the peer, over whom, and is it the usual one?
 * io/hops.h makes one step; several are under way at a time, silent hops are asked again. When the walk ends in silence,
 * the peer is asked by ping: many drop what a walk sends. The usual way is remembered by hoplog.h. */
#include "checks/attempt.h"
#include "checks/hoplog.h"
#include "io/hops.h"

#include <math.h>
#include <string.h>

enum {
    WINDOW = 6,       /* steps under way: a Linux peer tells of six at once, then of one a second */
    SILENCE = 8,      /* silent hops in a row after which nobody more is expected */
    PORTS_FROM = 20000, PORTS_TO = 32000, /* our side, below the ephemeral ones */
    PING_MS = 1500, PING_AGAIN_MS = 200, LEAST_MS = 30, MARGIN_MS = 30,
};
struct trace_opts {
    const char *target;
    struct conf_texts via, not_via, path;
    int64_t max_hops, wait_ms, tries, port, accept_ms;
    int changed; /* words: warning, critical */
    struct conf_level rtt_warn, rtt_crit;
};
struct trace_memory {
    uint16_t port; /* our side of the first hop's step: the same each time, so that balancing routers choose alike */
    struct hoplog log;
};
struct found {
    enum hops_kind kind;
    struct addr from;
    int64_t rtt_us;
};
struct step {
    struct attempt *a;
    struct hops_job *job;
    int tries;
    bool done;
    struct found r;
};
struct trace_job {
    struct icmp_job *ping;
    struct addr peer;
    uint16_t port;
    int sent, end; /* hops that were begun; the last that matters */
    int code;      /* a step that could not be sent */
    struct err err;
    bool pinged;
    int64_t ping_us;
    struct step step[HOPLOG_HOPS];
};

#define AT(member) offsetof(struct trace_opts, member)
static const char *const severities[] = {"warning", "critical", NULL};
static const struct conf_row rtt_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(rtt_warn), .unit = "ms",
     .help = MSG("round-trip time that is a warning"), .example = "100ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(rtt_crit), .unit = "ms",
     .help = MSG("round-trip time that is critical"), .example = "500ms"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "target", .type = CONF_ADDRESS, .offset = AT(target), .flags = CONF_POSITIONAL,
     .help = MSG("where the way leads; by default to the host"), .example = "192.0.2.10"},
    {.key = "via", .type = CONF_TEXTS, .offset = AT(via), .help = MSG("addresses or networks that must be on the way, each"),
     .example = "[192.0.2.1, 198.51.100.0/24]"},
    {.key = "not_via", .type = CONF_TEXTS, .offset = AT(not_via), .help = MSG("addresses or networks that must not be on the way"),
     .example = "[203.0.113.0/24]"},
    {.key = "path", .type = CONF_TEXTS, .offset = AT(path),
     .help = MSG("the whole way, hop by hop: an address, a network or * for any; by default it is learnt"),
     .example = "[192.0.2.1, \"*\", 192.0.2.10]"},
    {.key = "max_hops", .type = CONF_INT, .offset = AT(max_hops), .min = 1, .max = HOPLOG_HOPS, .by_default = "30",
     .help = MSG("hops after which the walk gives up"), .example = "20"},
    {.key = "wait", .type = CONF_DURATION, .offset = AT(wait_ms), .min = 50, .max = 10000, .by_default = "1s",
     .help = MSG("how long a hop may take to answer"), .example = "500ms"},
    {.key = "tries", .type = CONF_INT, .offset = AT(tries), .min = 1, .max = 5, .by_default = "2",
     .help = MSG("how often a silent hop is asked"), .example = "3"},
    {.key = "port", .type = CONF_PORT, .offset = AT(port), .by_default = "33434",
     .help = MSG("UDP port that is asked; nobody should listen there"), .example = "33500"},
    {.key = "accept", .type = CONF_DURATION, .offset = AT(accept_ms), .max = INT64_C(90) * 86400000, .by_default = "1h",
     .help = MSG("time after which a changed way is the usual one; 0 means at once"), .example = "1d"},
    {.key = "changed", .type = CONF_WORD, .offset = AT(changed), .words = severities, .by_default = "warning",
     .help = MSG("what a way is that is not the usual or the wanted one: warning or critical"), .example = "critical"},
    {.key = "rtt", .type = CONF_GROUP, .rows = rtt_rows, .help = MSG("thresholds for the round-trip time to the target"),
     .example = "{ warn: 100ms, crit: 500ms }"},
    {0},
};

/* An address, or a network. */
static bool place_valid(const char *text)
{
    char host[ADDR_TEXT_BYTES];
    struct addr a;

    return str_copyn(host, sizeof(host), text, strcspn(text, "/")) && addr_parse(host, 0, &a) == 0 && addr_in(&a, text);
}

static int places_check(const struct conf_texts *t, const char *field, bool stars, struct err *e)
{
    for (int i = 0; i < t->n; i++)
        if (!place_valid(t->at[i]) && !(stars && str_eq(t->at[i], "*")))
            return err_field(e, ERR_INVALID, field, MSG("“{1}” is no address and no network (192.0.2.0/24)"), "s", t->at[i]);
    return 0;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct trace_opts *o = arg;
    int code = places_check(&o->via, "via", false, e);

    if (code == 0)
        code = places_check(&o->not_via, "not_via", false, e);
    if (code == 0)
        code = places_check(&o->path, "path", true, e);
    if (code == 0 && o->path.n > o->max_hops)
        code = err_field(e, ERR_LIMIT, "path", MSG("{1} hops, but max_hops is {2}"), "ii", (int64_t)o->path.n, o->max_hops);
    return code;
}

/* ---- what was found ---- */

static int hops_heard(const struct trace_job *job) /* up to the last that answered */
{
    for (int i = job->end; i > 0; i--)
        if (job->step[i - 1].r.kind != HOPS_SILENT)
            return i;
    return 0;
}

static const struct step *last_step(const struct trace_job *job)
{
    int n = hops_heard(job);

    return n ? &job->step[n - 1] : NULL;
}

static bool reached(const struct trace_job *job)
{
    const struct step *last = last_step(job);

    return job->pinged || (last && last->r.kind == HOPS_TARGET);
}

static const char *name_of(struct attempt *a, const struct addr *at)
{
    char text[ADDR_TEXT_BYTES];

    addr_host(at, text);
    return attempt_quote(a, text, strlen(text), sizeof(text));
}

/* The hop at which the last router was met before; -1: none. Neighbours that are the same are no loop yet. */
static int looped(const struct trace_job *job)
{
    int n = hops_heard(job);
    bool other = false;

    for (int i = n - 2; i >= 0; i--) {
        if (job->step[i].r.kind == HOPS_SILENT)
            continue;
        if (!addr_equal(&job->step[i].r.from, &job->step[n - 1].r.from))
            other = true;
        else if (other)
            return i;
    }
    return -1;
}

/* Where somebody stands on the way: whoever says “unreachable” is the router before. */
static int hop_of(const struct trace_job *job, const struct addr *who)
{
    int i = 0;

    while (i + 1 < job->end && (job->step[i].r.kind == HOPS_SILENT || !addr_equal(&job->step[i].r.from, who)))
        i++;
    return i + 1;
}

static const char *kind_word(enum hops_kind kind)
{
    static const char *const words[] = {
        [HOPS_NO_NET] = MSG("{2} (hop {1}) says: network unreachable"),
        [HOPS_NO_HOST] = MSG("{2} (hop {1}) says: host unreachable"),
        [HOPS_FORBIDDEN] = MSG("{2} (hop {1}) says: forbidden"),
        [HOPS_REFUSED] = MSG("{2} (hop {1}) refuses in place of the target"),
    };

    return kind < COUNT(words) ? words[kind] : NULL;
}

static void say_lost(struct attempt *a)
{
    struct trace_job *job = a->job;
    const struct step *last = last_step(job);
    int n = hops_heard(job), first = last ? looped(job) : -1;
    const char *who = last ? name_of(a, &last->r.from) : "";

    if (last == NULL)
        attempt_say(a, STATE_CRITICAL, MSG("no answer from {1}, nor from any router on the way"), "s", name_of(a, &job->peer));
    else if (kind_word(last->r.kind))
        attempt_say(a, STATE_CRITICAL, kind_word(last->r.kind), "is", (int64_t)hop_of(job, &last->r.from), who);
    else if (first >= 0)
        attempt_say(a, STATE_CRITICAL, MSG("routing loop: {1}, hop {2}, comes again as hop {3}"), "sii", who, (int64_t)first + 1, (int64_t)n);
    else
        attempt_say(a, STATE_CRITICAL, MSG("no answer from {1} after hop {2}, {3}"), "sis", name_of(a, &job->peer), (int64_t)n, who);
}

static void list_hops(struct attempt *a)
{
    const struct trace_job *job = a->job;

    for (int i = 0; i < job->end && i < job->sent; i++) {
        const struct found *r = &job->step[i].r;

        if (r->kind == HOPS_SILENT)
            buf_printf(&a->more, "%2d  *\n", i + 1);
        else
            buf_printf(&a->more, "%2d  %s  %.1f ms\n", i + 1, name_of(a, &r->from), (double)r->rtt_us / 1000);
    }
}

/* ---- is it the right way? ---- */

static enum state severity(const struct trace_opts *o)
{
    return o->changed ? STATE_CRITICAL : STATE_WARNING;
}

static bool on_way(const struct trace_job *job, const char *place, int *ret_hop)
{
    for (int i = 0; i < hops_heard(job); i++)
        if (job->step[i].r.kind != HOPS_SILENT && addr_in(&job->step[i].r.from, place)) {
            *ret_hop = i + 1;
            return true;
        }
    return false;
}

static int silent_count(const struct trace_job *job)
{
    int n = 0;

    for (int i = 0; i < hops_heard(job); i++)
        n += job->step[i].r.kind == HOPS_SILENT;
    return n;
}

static void judge_places(struct attempt *a)
{
    const struct trace_opts *o = a->opts;
    const struct trace_job *job = a->job;
    int hop, silent = silent_count(job);

    for (int i = 0; i < o->not_via.n; i++)
        if (on_way(job, o->not_via.at[i], &hop))
            attempt_worse(a, severity(o), MSG("the way leads over {1} (hop {2}), which it must not"), "si",
                          name_of(a, &job->step[hop - 1].r.from), (int64_t)hop);
    for (int i = 0; i < o->via.n; i++) {
        if (on_way(job, o->via.at[i], &hop))
            continue;
        if (silent)
            attempt_worse(a, severity(o), MSG("the way does not show {1} ({2} of its hops {2|is|are} silent)"), "si", o->via.at[i], (int64_t)silent);
        else
            attempt_worse(a, severity(o), MSG("the way does not lead over {1}"), "s", o->via.at[i]);
    }
}

static void judge_path(struct attempt *a)
{
    const struct trace_opts *o = a->opts;
    const struct trace_job *job = a->job;
    int n = hops_heard(job);

    for (int i = 0; i < n && i < o->path.n; i++) {
        const struct found *r = &job->step[i].r;

        if (r->kind != HOPS_SILENT && !str_eq(o->path.at[i], "*") && !addr_in(&r->from, o->path.at[i]))
            attempt_worse(a, severity(o), MSG("hop {1} is {2} instead of {3}"), "iss", (int64_t)i + 1, name_of(a, &r->from), o->path.at[i]);
    }
    if (n != o->path.n && !job->pinged)
        attempt_worse(a, severity(o), MSG("{1} {1|hop|hops} instead of {2}"), "ii", (int64_t)n, (int64_t)o->path.n);
}

static void judge_change(struct attempt *a)
{
    const struct trace_opts *o = a->opts;
    const struct trace_job *job = a->job;
    struct trace_memory *m = a->memory;
    struct hop_seen seen[HOPLOG_HOPS] = {0};
    struct hoplog_change c;
    int n = hops_heard(job);

    if (m == NULL || o->accept_ms == 0)
        return;
    for (int i = 0; i < n; i++)
        seen[i] = (struct hop_seen){job->step[i].r.kind != HOPS_SILENT, job->step[i].r.kind == HOPS_TARGET, job->step[i].r.from};
    hoplog_judge(&m->log, seen, n, &job->peer, clock_mono_ms(), o->accept_ms, &c);
    if (c.accepted && a->state == STATE_OK)
        attempt_say(a, STATE_OK, MSG("{1} {1|hop|hops}; the new way counts as the usual one from now on"), "i", (int64_t)n);
    if (!c.changed)
        return;
    if (c.was_known)
        attempt_worse(a, severity(o), MSG("path changed after hop {1}: {2} → {3}"), "iss", (int64_t)c.hop, name_of(a, &c.was), name_of(a, &c.is));
    else
        attempt_worse(a, severity(o), MSG("path changed: the target answers as hop {1} already"), "i", (int64_t)c.hop + 1);
}

static void judge_rtt(struct attempt *a, int64_t rtt_us)
{
    const struct trace_opts *o = a->opts;
    const char *limit;
    enum state s = level_judge(&o->rtt_warn, &o->rtt_crit, (double)rtt_us / 1000, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, MSG("the round trip takes {1} (limit {2})"), "ls", rtt_us, limit);
}

static void judge_way(struct attempt *a)
{
    const struct trace_opts *o = a->opts;
    struct trace_job *job = a->job;
    int64_t rtt_us = job->pinged ? job->ping_us : last_step(job)->r.rtt_us;
    int n = hops_heard(job);

    a->answered = true;
    a->timings.total_us = (int32_t)rtt_us;
    if (job->pinged)
        attempt_say(a, STATE_OK, MSG("{1} answers ping in {2}; of the way {3} {3|hop is|hops are} known"), "sli", name_of(a, &job->peer), rtt_us, (int64_t)n);
    else
        attempt_say(a, STATE_OK, MSG("{1} {1|hop|hops} to {2} in {3}"), "isl", (int64_t)n, name_of(a, &job->peer), rtt_us);
    judge_places(a);
    if (o->path.n)
        judge_path(a);
    else
        judge_change(a);
    judge_rtt(a, rtt_us);
    attempt_perf(a, "hops", n, "", NULL, NULL, 0, NAN);
    attempt_perf(a, "rtt", (double)rtt_us / 1000, "ms", &o->rtt_warn, &o->rtt_crit, 0, NAN);
}

static void judge(struct attempt *a)
{
    struct trace_job *job = a->job;

    if (reached(job))
        judge_way(a);
    else if (job->code == ERR_DENIED)
        attempt_say(a, STATE_UNKNOWN, MSG("this machine does not permit the walk (firewall?)"), "");
    else if (job->code && hops_heard(job) == 0)
        attempt_fail(a, job->code, &job->err);
    else
        say_lost(a);
    list_hops(a);
    attempt_done(a);
}

/* ---- the walk ---- */

static void walk_on(struct attempt *a);

static void cancel_after(struct trace_job *job, int hops)
{
    for (int i = hops; i < job->sent; i++) {
        hops_cancel(job->step[i].job);
        job->step[i].job = NULL;
        job->step[i].done = true;
    }
}

static void on_step(void *arg, const struct hops_reply *r)
{
    struct step *s = arg;
    struct trace_job *job = s->a->job;
    int hop = (int)(s - job->step) + 1;

    s->job = NULL;
    s->r = (struct found){r->code ? HOPS_SILENT : r->kind, r->from, r->rtt_us};
    s->done = r->code != 0 || r->kind != HOPS_SILENT || s->tries >= ((const struct trace_opts *)s->a->opts)->tries;
    if (r->code) {
        job->code = r->code;
        job->err = r->err;
        job->end = hop;
    } else if (r->kind > HOPS_ROUTER && hop <= job->end) {
        job->end = hop;
    }
    cancel_after(job, job->end);
    walk_on(s->a);
}

static void step_begin(struct attempt *a, int i, int64_t left_ms)
{
    const struct trace_opts *o = a->opts;
    struct trace_job *job = a->job;
    struct step *s = &job->step[i];

    s->a = a;
    s->tries++;
    s->job = hops_ask(a->env->loop, &job->peer, i + 1, job->port + i, o->wait_ms < left_ms ? o->wait_ms : left_ms, on_step, s);
}

/* Nobody has answered for so long that nobody more is expected. */
static bool faded(const struct trace_job *job)
{
    int row = 0;

    for (int i = 0; i < job->sent && row < SILENCE; i++)
        row = job->step[i].done && job->step[i].r.kind == HOPS_SILENT ? row + 1 : 0;
    return row >= SILENCE;
}

/* Begins what the window has room for; how many are under way. */
static int walk_begin(struct attempt *a, int64_t left_ms)
{
    struct trace_job *job = a->job;
    int busy = 0;
    bool more = left_ms >= LEAST_MS;

    for (int i = 0; i < job->sent; i++)
        busy += job->step[i].job != NULL;
    for (int i = 0; i < job->sent && more; i++)
        if (!job->step[i].done && job->step[i].job == NULL) {
            step_begin(a, i, left_ms);
            busy++;
        }
    while (more && busy < WINDOW && job->sent < job->end && !faded(job)) {
        step_begin(a, job->sent++, left_ms);
        busy++;
    }
    return busy;
}

static void on_ping(void *arg, const struct icmp_reply *r)
{
    struct attempt *a = arg;
    struct trace_job *job = a->job;

    job->ping = NULL;
    for (int i = 0; i < r->sent && i < ICMP_MAX_COUNT && !job->pinged; i++)
        if (r->rtt_us[i] >= 0) {
            job->pinged = true;
            job->ping_us = r->rtt_us[i];
        }
    judge(a);
}

static void walk_on(struct attempt *a)
{
    struct trace_job *job = a->job;
    int64_t left_ms = attempt_left_ms(a) - MARGIN_MS;
    const struct step *last;
    struct addr host = job->peer;
    int64_t ping_ms = left_ms / 4 < PING_MS ? left_ms / 4 : PING_MS;

    if (walk_begin(a, left_ms - ping_ms) > 0)
        return;
    last = last_step(job);
    addr_set_port(&host, 0);
    if (job->code || (last && last->r.kind != HOPS_ROUTER) || (last && looped(job) >= 0))
        judge(a);
    else
        job->ping = icmp_ping(a->env->icmp, &host, 2, 1, PING_AGAIN_MS, ping_ms > PING_AGAIN_MS + LEAST_MS ? ping_ms - PING_AGAIN_MS : LEAST_MS, 56, on_ping, a);
}

static uint16_t own_port(struct attempt *a)
{
    struct trace_memory *m = a->memory;
    uint16_t any = (uint16_t)(PORTS_FROM + entropy_u64() % (PORTS_TO - PORTS_FROM));

    if (m == NULL)
        return any;
    if (m->port == 0)
        m->port = any;
    return m->port;
}

static void walk(struct attempt *a, const struct addr *peer)
{
    const struct trace_opts *o = a->opts;
    struct trace_job *job = a->job;

    job->peer = *peer;
    addr_set_port(&job->peer, (int)o->port);
    job->port = own_port(a);
    job->end = (int)o->max_hops;
    walk_on(a);
}

static void on_addrs(struct attempt *a, const struct addr *at, int n)
{
    walk(a, &at[0]);
}

static void start(struct attempt *a)
{
    const struct trace_opts *o = a->opts;
    struct trace_job *job = ARENA_NEW(a->arena, struct trace_job);
    const char *target = o->target ? o->target : attempt_address(a);

    a->job = job;
    if (target)
        attempt_look(a, target, 0, on_addrs);
}

static void stop(struct attempt *a)
{
    struct trace_job *job = a->job;

    if (job == NULL)
        return;
    if (job->ping)
        icmp_cancel(job->ping);
    cancel_after(job, 0);
    job->ping = NULL;
}

static void late(struct attempt *a)
{
    const struct trace_opts *o = a->opts;
    struct trace_job *job = a->job;

    if (a->look)
        attempt_late_lookup(a, o->target ? o->target : a->address);
    else if (job->sent)
        say_lost(a);
}

const struct probe probe_trace = {
    .kind = {.name = "trace",
             .alias = "traceroute",
             .help = MSG("follows the way to the host (traceroute) and tells when it changes"),
             .area = "reach",
             .example = "trace: { via: [192.0.2.1] }",
             .rows = rows,
             .opts_bytes = sizeof(struct trace_opts),
             .finish = finish,
             .every_ms = 300000,
             .timeout_ms = 15000},
    .start = start,
    .stop = stop,
    .late = late,
    .memory_bytes = sizeof(struct trace_memory),
};

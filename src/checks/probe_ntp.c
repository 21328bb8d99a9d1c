/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_ntp.c: asks a time server (NTP, RFC 5905, client mode) and compares its clock with this machine's.
 *
 * What is sent as our time is a random number that must come back: it tells strangers nothing, and whoever does not see
 * our question cannot answer it.  Of several samples the one with the shortest way counts. It sets no clock. */
#include "checks/attempt.h"
#include "io/sock.h"
#include "wire/ntp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SAMPLES = 16, AGAIN_MS = 1000, SAMPLE_GAP_MS = 200, MAX_WRONG = 1000, WORST_STRATUM = 16 };

struct opts {
    const char *server;
    int64_t port, samples;
    struct conf_level warn, crit, stratum_warn, stratum_crit, dispersion_warn, dispersion_crit;
};
struct sample {
    int64_t offset_us, delay_us;
};
struct job {
    struct dgram *dgram;
    struct timer timer; /* the next question */
    uint64_t cookie;    /* of the question under way; 0: none */
    int64_t sent_us;    /* wall */
    int64_t sent_mono_us;
    struct sample at[MAX_SAMPLES];
    int n, wrong;       /* wrong: datagrams that answer nothing */
    struct ntp_packet last;
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "server", .type = CONF_ADDRESS, .offset = AT(server), .flags = CONF_POSITIONAL,
     .help = MSG("server to ask; by default the host"), .example = "192.0.2.123"},
    {.key = "port", .type = CONF_PORT, .offset = AT(port), .by_default = "123", .help = MSG("port of the server"), .example = "123"},
    {.key = "samples", .type = CONF_INT, .offset = AT(samples), .by_default = "1", .min = 1, .max = MAX_SAMPLES,
     .help = MSG("questions; of the answers, that with the shortest way counts"), .example = "4"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .by_default = "100ms",
     .help = MSG("offset that is a warning"), .example = "50ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .by_default = "1s",
     .help = MSG("offset that is critical"), .example = "500ms"},
    {.key = "stratum_warn", .type = CONF_LEVEL, .offset = AT(stratum_warn),
     .help = MSG("stratum (distance from a reference clock, in servers) that is a warning"), .example = "\"> 4\""},
    {.key = "stratum_crit", .type = CONF_LEVEL, .offset = AT(stratum_crit), .help = MSG("stratum that is critical"), .example = "\"> 10\""},
    {.key = "dispersion_warn", .type = CONF_LEVEL, .offset = AT(dispersion_warn), .unit = "ms",
     .help = MSG("the server's own uncertainty (root dispersion) that is a warning"), .example = "500ms"},
    {.key = "dispersion_crit", .type = CONF_LEVEL, .offset = AT(dispersion_crit), .unit = "ms",
     .help = MSG("the server's own uncertainty that is critical"), .example = "2s"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;

    if (o->server == NULL)
        o->server = host_address;
    if (o->server == NULL)
        return err_field(e, ERR_INVALID, "server", MSG("the host has no address; write the server"), "");
    return 0;
}

/* ---- judging ---- */

static const struct sample *best(const struct job *job)
{
    const struct sample *s = &job->at[0];

    for (int i = 1; i < job->n; i++)
        if (job->at[i].delay_us < s->delay_us)
            s = &job->at[i];
    return s;
}

/* How far the offsets lie apart from the one that counts. */
static int64_t jitter_us(const struct job *job)
{
    int64_t from = best(job)->offset_us, sum = 0;

    for (int i = 0; i < job->n; i++)
        sum += llabs(job->at[i].offset_us - from);
    return job->n > 1 ? sum / (job->n - 1) : 0;
}

static void offset_say(struct attempt *a, int64_t us, int stratum)
{
    if (us >= 0)
        attempt_say(a, STATE_OK, MSG("its clock is {1} ahead of this machine’s, stratum {2}"), "li", us, (int64_t)stratum);
    else
        attempt_say(a, STATE_OK, MSG("its clock is {1} behind this machine’s, stratum {2}"), "li", -us, (int64_t)stratum);
}

static void offset_judge(struct attempt *a, int64_t us)
{
    const struct opts *o = a->opts;
    const char *limit;
    enum state s = level_judge(&o->warn, &o->crit, fabs((double)us) / 1000, NAN, &limit);

    if (s == STATE_OK)
        return;
    if (us >= 0)
        attempt_worse(a, s, MSG("its clock is {1} ahead of this machine’s (limit {2})"), "ls", us, limit);
    else
        attempt_worse(a, s, MSG("its clock is {1} behind this machine’s (limit {2})"), "ls", -us, limit);
}

static void server_judge(struct attempt *a, const struct ntp_packet *k)
{
    const struct opts *o = a->opts;
    int64_t dispersion_us = (int64_t)(k->root_dispersion_s * 1e6);
    const char *limit;
    enum state s = level_judge(&o->stratum_warn, &o->stratum_crit, k->stratum, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, MSG("its stratum is {1} (limit {2})"), "is", (int64_t)k->stratum, limit);
    s = level_judge(&o->dispersion_warn, &o->dispersion_crit, k->root_dispersion_s * 1000, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(a, s, MSG("it is uncertain by {1} (limit {2})"), "ls", dispersion_us, limit);
    attempt_perf(a, "stratum", k->stratum, "", &o->stratum_warn, &o->stratum_crit, 0, WORST_STRATUM);
    attempt_perf_time(a, "dispersion", dispersion_us, &o->dispersion_warn, &o->dispersion_crit);
}

static void judge(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const struct sample *s = best(job);

    offset_say(a, s->offset_us, job->last.stratum);
    attempt_perf_time(a, "offset", s->offset_us, &o->warn, &o->crit);
    attempt_perf(a, "delay", (double)s->delay_us / 1e6, "s", NULL, NULL, 0, NAN);
    if (job->n > 1)
        attempt_perf(a, "jitter", (double)jitter_us(job) / 1e6, "s", NULL, NULL, 0, NAN);
    offset_judge(a, s->offset_us);
    server_judge(a, &job->last);
    if (job->last.leap == 1 || job->last.leap == 2)
        msg_pack(&a->more, job->last.leap == 1 ? MSG("a leap second will be added at the end of the month") : MSG("a leap second will be left out at the end of the month"), "");
    attempt_done(a);
}

/* ---- the answer ---- */

/* A server that wants no more of us says why in four letters (RFC 5905, 7.4). */
static void kissed(struct attempt *a, const char *code)
{
    if (str_eq(code, "RATE"))
        attempt_say(a, STATE_WARNING, MSG("the server is asked too often and says so (RATE); ask it less, by a longer “every”"), "");
    else if (str_eq(code, "DENY") || str_eq(code, "RSTR"))
        attempt_say(a, STATE_CRITICAL, MSG("the server does not serve this machine ({1})"), "s", code);
    else
        attempt_say(a, STATE_CRITICAL, MSG("the server gives no time ({1})"), "s", code);
    attempt_done(a);
}

/* Four letters; a server that has never been synchronised says stratum 0, too, without them. */
static bool is_kiss(const struct ntp_packet *k)
{
    return k->stratum == 0 && strspn(k->reference, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 4 && !str_eq(k->reference, "INIT");
}

static bool useless(struct attempt *a, const struct ntp_packet *k)
{
    if (is_kiss(k)) {
        kissed(a, k->reference);
        return true;
    }
    if (k->leap == NTP_UNSYNCHRONISED || k->stratum == 0 || k->stratum >= WORST_STRATUM)
        attempt_say(a, STATE_CRITICAL, MSG("the server’s own clock is not synchronised"), "");
    else if (k->sent == 0 || k->received == 0 || ntp_diff_us(k->sent, k->received) < 0)
        attempt_say(a, STATE_CRITICAL, MSG("the server’s answer tells no time"), "");
    else
        return false;
    attempt_done(a);
    return true;
}

static void sample_take(struct job *job, const struct ntp_packet *k)
{
    int64_t way_us = clock_mono_us() - job->sent_mono_us; /* the wall clock may be set meanwhile */
    uint64_t left = ntp_of_us(job->sent_us), back = ntp_of_us(job->sent_us + way_us);
    struct sample *s = &job->at[job->n++];

    s->offset_us = ntp_diff_us(k->received, left) / 2 + ntp_diff_us(k->sent, back) / 2;
    s->delay_us = way_us - ntp_diff_us(k->sent, k->received);
    s->delay_us = s->delay_us < 0 ? 0 : s->delay_us;
}

static void gone(struct attempt *a, int code)
{
    if (code == ERR_REFUSED) {
        a->answered = true;
        attempt_say(a, STATE_CRITICAL, MSG("no time server listens there"), "");
    } else {
        attempt_fail(a, code, NULL);
    }
    attempt_done(a);
}

static void on_data(void *arg, int code, const char *p, size_t n)
{
    struct attempt *a = arg;
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct ntp_packet k;

    attempt_blame(a);
    if (a->ended)
        return;
    if (code) {
        gone(a, code);
        return;
    }
    if (ntp_decode(p, n, &k) != 0 || k.mode != NTP_SERVER || job->cookie == 0 || k.origin != job->cookie) {
        if (++job->wrong == MAX_WRONG) { /* somebody floods */
            attempt_say(a, STATE_CRITICAL, MSG("what comes from there answers no question"), "");
            attempt_done(a);
        }
        return;
    }
    a->answered = true;
    job->cookie = 0;
    job->last = k;
    if (useless(a, &k))
        return;
    sample_take(job, &k);
    if (job->n < o->samples)
        timer_set(&job->timer, SAMPLE_GAP_MS);
    else
        judge(a);
}

/* ---- asking ---- */

static void ask(void *arg)
{
    struct attempt *a = arg;
    struct job *job = a->job;
    unsigned char out[NTP_BYTES];
    int code;

    if (a->ended)
        return;
    job->cookie = entropy_u64() | 1;
    ntp_encode(job->cookie, out);
    job->sent_us = clock_wall_us();
    job->sent_mono_us = clock_mono_us();
    code = dgram_send(job->dgram, out, sizeof(out));
    if (code && code != ERR_BUSY)
        gone(a, code);
    else
        timer_set(&job->timer, AGAIN_MS);
}

static void ask_at(struct attempt *a, const struct addr *peer)
{
    struct job *job = a->job;
    struct err e = {0};

    job->dgram = dgram_open(a->env->loop, peer, on_data, a, &e);
    if (job->dgram) {
        ask(a);
        return;
    }
    attempt_fail(a, e.code ? e.code : ERR_IO, &e);
    attempt_done(a);
}

static void on_server(struct attempt *a, const struct addr *at, int n)
{
    ask_at(a, &at[0]);
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);

    a->job = job;
    timer_init(&job->timer, a->env->loop, ask, a);
    attempt_look(a, o->server, (int)o->port, on_server);
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    if (job == NULL)
        return;
    timer_clear(&job->timer);
    if (job->dgram)
        job->dgram = dgram_free(job->dgram);
}

static void late(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    if (a->look)
        attempt_late_lookup(a, o->server);
    else if (job->n)
        attempt_say(a, STATE_CRITICAL, MSG("the time server answered {1} of {2} questions in time"), "ii", (int64_t)job->n, o->samples);
    else if (job->wrong)
        attempt_say(a, STATE_CRITICAL, MSG("what comes from there answers no question"), "");
    else
        attempt_say(a, STATE_CRITICAL, MSG("the time server does not answer"), "");
}

const struct probe probe_ntp = {
    .kind = {.name = "ntp",
             .help = MSG("asks a time server and compares its clock with this machine’s"),
             .area = "services",
             .example = "ntp: { server: 192.0.2.123, warn: 50ms, crit: 500ms }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};

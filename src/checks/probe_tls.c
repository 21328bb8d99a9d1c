/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_tls.c: a TLS handshake: chain, name, days left, protocol. It speaks no protocol above TLS. */
#include "checks/dial.h"
#include "checks/services.h"
#include "checks/tls_judge.h"

#include <math.h>
#include <string.h>

struct tls_probe_opts {
    const char *target, *server_name, *alpn;
    bool verify;
    int min_version; /* index into versions */
    struct conf_level days_warn, days_crit, warn, crit;
    const char *host; /* NULL: the host's address */
    int port;
};
struct tls_job {
    struct dial dial;
};

static const char *const versions[] = {"any", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
static const int version_numbers[] = {0, 0x0301, 0x0302, 0x0303, 0x0304};

#define AT(member) offsetof(struct tls_probe_opts, member)
static const struct conf_row days_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(days_warn), .unit = "d", .by_default = "< 14d",
     .help = MSG("days left that are a warning"), .example = "< 21d"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(days_crit), .unit = "d", .by_default = "< 3d",
     .help = MSG("days left that are critical"), .example = "< 7d"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "target", .type = CONF_TEXT, .offset = AT(target), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("port, name of a service, HOST or HOST:PORT (443 by default)"), .example = "mail.example.org:993"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("name to ask for and to verify; by default that of the target"), .example = "example.org"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("the chain must be trusted and fit the name"), .example = "no"},
    {.key = "certificate", .type = CONF_GROUP, .rows = days_rows,
     .help = MSG("thresholds for the days left of the certificate"), .example = "{ warn: < 21d, crit: < 7d }"},
    {.key = "min_version", .type = CONF_WORD, .offset = AT(min_version), .words = versions, .by_default = "any",
     .help = MSG("oldest protocol version that is accepted"), .example = "TLSv1.2"},
    {.key = "alpn", .type = CONF_TEXT, .offset = AT(alpn), .help = MSG("protocol to offer by ALPN"),
     .example = "http/1.1"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("time of connection and handshake that is a warning"), .example = "500ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("time of connection and handshake that is critical"), .example = "2s"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct tls_probe_opts *o = arg;
    char host[256];

    if (service_split(o->target, host, sizeof(host), &o->port) != 0)
        return err_field(e, ERR_INVALID, "target",
                         MSG("“{1}” is no place to connect to; write HOST:PORT or a port"), "s", o->target);
    if (o->port == 0)
        o->port = 443;
    if (host[0])
        o->host = arena_dup(arena, host);
    else if (host_address == NULL)
        return err_field(e, ERR_INVALID, "target", MSG("the host has no address; write HOST:PORT"), "");
    level_make_floor(&o->days_warn);
    level_make_floor(&o->days_crit);
    return 0;
}

static int64_t took_us(const struct attempt *a)
{
    return (int64_t)a->timings.connect_us + a->timings.tls_us;
}

static void judge(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;
    const struct tls_info *t = sock_tls_info(job->dial.sock);
    struct tls_wants wants = {o->days_warn, o->days_crit, a->at_ms};
    double days = NAN;

    attempt_say(a, STATE_OK, MSG("{1} in {2}"), "sl", t && t->version ? t->version : "TLS", took_us(a));
    tls_judge(a, t, &wants, o->verify, &days);
    if (a->state == STATE_OK)
        attempt_say(a, STATE_OK, MSG("certificate of {1} good for {2} more, {3} in {4}"), "sdsl",
                    attempt_quote(a, t->chain[0].subject, strlen(t->chain[0].subject), 80),
                    (int64_t)(days * 86400000.0), t->version ? t->version : "TLS", took_us(a));
    attempt_judge_time(a, took_us(a), &o->warn, &o->crit);
    attempt_perf_time(a, "time", took_us(a), &o->warn, &o->crit);
    tls_describe(a, t);
    attempt_done(a);
}

static void on_secure(struct attempt *a)
{
    struct tls_job *job = a->job;

    a->timings.tls_us = (int32_t)(clock_mono_us() - job->dial.began_us) - a->timings.connect_us;
    judge(a);
}

static void secure(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;
    struct tls_opts tls = {
        .server_name = o->server_name ? o->server_name : o->host,
        .verify = o->verify,
        .ca_file = a->ca_file,
        .min_version = version_numbers[o->min_version],
        .alpn = o->alpn,
    };

    if (dial_secure(&job->dial, &tls) != 0) {
        attempt_fail(a, ERR_TLS, NULL);
        attempt_done(a);
    }
}

static void on_open(struct attempt *a)
{
    if (attempt_tls_take(a, secure))
        secure(a);
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct tls_job *job = a->job;
    const struct tls_info *t = sock_tls_info(job->dial.sock);

    if (code == ERR_TLS && t && t->n_chain && t->verify_code != 0) {
        attempt_say(a, STATE_CRITICAL, MSG("the certificate is not trusted: {1}"), "m",
                    t->verify_text ? t->verify_text : "");
        tls_describe(a, t);
        attempt_done(a);
        return;
    }
    attempt_fail(a, code ? code : ERR_RESET, code ? e : NULL);
    attempt_done(a);
}

static const struct dial_events events = {on_open, on_secure, NULL, on_end};

static void start(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    const char *host = o->host ? o->host : attempt_address(a);

    if (host == NULL)
        return;
    a->job = ARENA_NEW(a->arena, struct tls_job);
    dial_start(&((struct tls_job *)a->job)->dial, a, host, o->port, &events);
}

static void stop(struct attempt *a)
{
    struct tls_job *job = a->job;

    if (job)
        dial_stop(&job->dial);
}

static void late(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;

    if (job->dial.dns)
        attempt_late_lookup(a, o->host ? o->host : a->address);
    else if (job->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but no TLS handshake within {1}"), "d", a->timeout_ms);
}

const struct probe probe_tls = {
    .kind = {.name = "tls",
             .help = MSG("makes a TLS handshake and judges the certificate: chain, name, days left"),
             .area = "tls",
             .example = "tls: mail.example.org:993",
             .rows = rows,
             .opts_bytes = sizeof(struct tls_probe_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};

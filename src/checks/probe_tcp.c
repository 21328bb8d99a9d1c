/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_tcp.c: connects to a port; may send a text and wait for one. */
#include "checks/dial.h"
#include "checks/services.h"

#include <string.h>

enum { MAX_HEARD = 64 * 1024, QUOTE_BYTES = 120 };

struct tcp_opts {
    const char *target;
    const char *send, *expect;
    bool tls, verify;
    const char *server_name;
    struct conf_level warn, crit;
    /* from target */
    const char *host; /* NULL: the host's address */
    int port;
};
struct tcp_job {
    struct dial dial;
    struct buf heard;
    bool talking;
};

#define AT(member) offsetof(struct tcp_opts, member)
static const struct conf_row rows[] = {
    {.key = "port", .type = CONF_TEXT, .offset = AT(target), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("port, name of a service, or HOST:PORT"), .example = "22"},
    {.key = "send", .type = CONF_TEXT, .offset = AT(send),
     .help = MSG("text to send once connected"), .example = "\"QUIT\\r\\n\""},
    {.key = "expect", .type = CONF_TEXT, .offset = AT(expect),
     .help = MSG("text that must come back"), .example = "SSH-2.0"},
    {.key = "tls", .type = CONF_BOOL, .offset = AT(tls), .by_default = "no",
     .help = MSG("speak TLS from the first byte"), .example = "yes"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("with TLS: the certificate must be good"), .example = "no"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("with TLS: the name to ask for and to verify; by default that of the target"),
     .example = "mail.example.org"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("time to connect that is a warning"), .example = "200ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("time to connect that is critical"), .example = "1s"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct tcp_opts *o = arg;
    char host[256];

    if (service_split(o->target, host, sizeof(host), &o->port) != 0 || o->port == 0)
        return err_field(e, ERR_INVALID, "port",
                         MSG("“{1}” is no port; write a number, a service such as ssh, or HOST:PORT"), "s",
                         o->target);
    if (host[0])
        o->host = arena_dup(arena, host);
    else if (host_address == NULL)
        return err_field(e, ERR_INVALID, "port",
                         MSG("the host has no address; write HOST:PORT"), "");
    return 0;
}

/* ---- the dialogue ---- */

static void judge(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;
    int64_t us = a->timings.connect_us;

    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    attempt_done(a);
}

static void heard_enough(struct attempt *a)
{
    struct tcp_job *job = a->job;
    const char *line = buf_text(&job->heard);

    attempt_say(a, STATE_OK, MSG("connected in {1}, heard “{2}”"), "ls", (int64_t)a->timings.connect_us,
                attempt_quote(a, line, strcspn(line, "\r\n"), QUOTE_BYTES));
    judge(a);
}

static void heard_other(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;
    struct tcp_job *job = a->job;
    const char *wanted = attempt_quote(a, o->expect, strlen(o->expect), QUOTE_BYTES);

    if (job->heard.len == 0)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but nothing was said; wanted “{1}”"), "s", wanted);
    else
        attempt_say(a, STATE_CRITICAL, MSG("heard “{1}”, wanted “{2}”"), "ss",
                    attempt_quote(a, buf_text(&job->heard), job->heard.len, QUOTE_BYTES), wanted);
}

static void talk(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;
    struct tcp_job *job = a->job;

    job->talking = true;
    if (o->send) {
        attempt_trace(a, '>', o->send, strlen(o->send));
        sock_write(job->dial.sock, o->send, strlen(o->send));
    }
    if (o->expect)
        return;
    attempt_say(a, STATE_OK, MSG("connected in {1}"), "l", (int64_t)a->timings.connect_us);
    judge(a);
}

static void secure(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;
    struct tcp_job *job = a->job;
    struct tls_opts tls = {.verify = o->verify, .ca_file = a->ca_file};

    tls.server_name = o->server_name ? o->server_name : o->host;
    dial_secure(&job->dial, &tls);
}

static void on_open(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;

    if (!o->tls)
        talk(a);
    else
        secure(a);
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    const struct tcp_opts *o = a->opts;
    struct tcp_job *job = a->job;
    size_t wanted = o->expect ? strlen(o->expect) : 0, from;

    attempt_trace(a, '<', p, n);
    if (!o->expect)
        return;
    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    from = job->heard.len > wanted ? job->heard.len - wanted : 0;
    buf_add(&job->heard, p, n);
    if (memmem(job->heard.data + from, job->heard.len - from, o->expect, wanted)) {
        heard_enough(a);
    } else if (job->heard.full) {
        heard_other(a);
        attempt_done(a);
    }
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct tcp_job *job = a->job;

    if (job->talking && (code == 0 || code == ERR_RESET))
        heard_other(a);
    else
        attempt_fail(a, code ? code : ERR_RESET, code ? e : NULL);
    attempt_done(a);
}

static const struct dial_events events = {on_open, talk, on_data, on_end};

static void start(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;
    struct tcp_job *job = ARENA_NEW(a->arena, struct tcp_job);
    const char *host = o->host ? o->host : attempt_address(a);

    a->job = job;
    job->heard = BUF_MAX(MAX_HEARD);
    if (host)
        dial_start(&job->dial, a, host, o->port, &events);
}

static void stop(struct attempt *a)
{
    struct tcp_job *job = a->job;

    if (job == NULL)
        return;
    dial_stop(&job->dial);
    buf_done(&job->heard);
}

static void late(struct attempt *a)
{
    const struct tcp_opts *o = a->opts;
    struct tcp_job *job = a->job;

    if (job->dial.dns)
        attempt_late_lookup(a, o->host ? o->host : a->address);
    else if (job->talking && o->expect)
        heard_other(a);
}

const struct probe probe_tcp = {
    .kind = {.name = "tcp",
             .help = MSG("connects to a TCP port, and may wait for a text"),
             .area = "reach",
             .example = "tcp: 22",
             .rows = rows,
             .opts_bytes = sizeof(struct tcp_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};

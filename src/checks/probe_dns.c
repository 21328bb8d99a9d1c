/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_dns.c: asks a DNS server a question and compares the answer. */
#include "checks/attempt.h"

#include <math.h>
#include <string.h>
#include <strings.h>

struct dns_opts {
    const char *name, *server;
    int64_t port;
    int type, rcode, match; /* indices into the words below */
    struct conf_texts expect;
    struct conf_level warn, crit;
};
struct dns_probe_job {
    struct dns_job *dns;
    bool looking_up; /* the server's own name */
};

static const char *const types[] = {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "PTR", "SRV", "CAA", NULL};
static const char *const rcodes[] = {"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", NULL};
static const int rcode_numbers[] = {0, 3, 2, 5};
static const char *const matches[] = {"all", "contains", NULL};
enum { MATCH_ALL, MATCH_CONTAINS, QUOTE_BYTES = 200, MAX_EXPECT = DNS_MAX_RRS };

#define AT(member) offsetof(struct dns_opts, member)
static const struct conf_row rows[] = {
    {.key = "query", .type = CONF_TEXT, .offset = AT(name), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("name to ask for"), .example = "example.org"},
    {.key = "type", .type = CONF_WORD, .offset = AT(type), .words = types, .by_default = "A",
     .help = MSG("type of record"), .example = "MX"},
    {.key = "server", .type = CONF_ADDRESS, .offset = AT(server),
     .help = MSG("server to ask; by default that of this machine"), .example = "192.0.2.53"},
    {.key = "port", .type = CONF_PORT, .offset = AT(port), .by_default = "53", .help = MSG("port of the server"),
     .example = "5353"},
    {.key = "expect", .type = CONF_TEXTS, .offset = AT(expect),
     .help = MSG("answers that must come"), .example = "[192.0.2.10]"},
    {.key = "match", .type = CONF_WORD, .offset = AT(match), .words = matches, .by_default = "all",
     .help = MSG("all: exactly the expected answers; contains: others may come, too"), .example = "contains"},
    {.key = "rcode", .type = CONF_WORD, .offset = AT(rcode), .words = rcodes, .by_default = "NOERROR",
     .help = MSG("result code that is well"), .example = "NXDOMAIN"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("time that is a warning"), .example = "100ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("time that is critical"), .example = "1s"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct dns_opts *o = arg;

    if (o->name[0] == '\0' || strlen(o->name) > 253)
        return err_field(e, ERR_INVALID, "query", MSG("“{1}” is no name to look up"), "s", o->name);
    if (o->expect.n > MAX_EXPECT)
        return err_field(e, ERR_LIMIT, "expect", MSG("at most {1} answers"), "i", (int64_t)MAX_EXPECT);
    return 0;
}

/* ---- comparing ---- */

/* Names compare without case and final dot, addresses by value, texts as they are. */
static bool same(const char *wanted, const char *got, bool text)
{
    struct addr a, b;
    size_t n = strlen(wanted), m = strlen(got);

    if (text)
        return strcmp(wanted, got) == 0;
    if (addr_parse(wanted, 0, &a) == 0 && addr_parse(got, 0, &b) == 0)
        return addr_equal(&a, &b);
    n -= n && wanted[n - 1] == '.';
    m -= m && got[m - 1] == '.';
    return n == m && strncasecmp(wanted, got, n) == 0;
}

struct answers {
    const char *at[DNS_MAX_RRS];
    int n;
    bool text;
};

static void collect(const struct dns_answer *r, const char *type, struct answers *ret)
{
    int number = dns_type(type);

    ret->n = 0;
    ret->text = str_eq(type, "TXT");
    for (int i = 0; i < r->n; i++)
        if (r->rr[i].type == number)
            ret->at[ret->n++] = r->rr[i].text;
}

static bool among(const char *wanted, const struct answers *as)
{
    for (int i = 0; i < as->n; i++)
        if (same(wanted, as->at[i], as->text))
            return true;
    return false;
}

static const char *joined(struct attempt *a, const char *const *at, int n)
{
    struct buf b = BUF_MAX(2 * QUOTE_BYTES);
    const char *text;

    for (int i = 0; i < n; i++) {
        buf_str(&b, i ? ", " : "");
        buf_str(&b, at[i]);
    }
    text = attempt_quote(a, buf_text(&b), b.len, QUOTE_BYTES);
    buf_done(&b);
    return text;
}

static void compare(struct attempt *a, const struct answers *as)
{
    const struct dns_opts *o = a->opts;
    struct answers wanted = {.n = o->expect.n, .text = as->text};

    for (int i = 0; i < o->expect.n; i++)
        wanted.at[i] = o->expect.at[i];
    for (int i = 0; i < wanted.n; i++)
        if (!among(wanted.at[i], as))
            attempt_worse(a, STATE_CRITICAL, MSG("answers {1}, wanted {2}"), "ss", joined(a, as->at, as->n),
                          joined(a, wanted.at, wanted.n));
    for (int i = 0; o->match == MATCH_ALL && wanted.n && i < as->n; i++)
        if (!among(as->at[i], &wanted))
            attempt_worse(a, STATE_CRITICAL, MSG("answers {1}, wanted only {2}"), "ss",
                          joined(a, as->at, as->n), joined(a, wanted.at, wanted.n));
}

static void judge(struct attempt *a, const struct dns_answer *r)
{
    const struct dns_opts *o = a->opts;
    const char *type = types[o->type], *rcode = dns_rcode_name(r->rcode), *name;
    struct answers as;

    name = attempt_quote(a, o->name, strlen(o->name), 120);
    collect(r, type, &as);
    if (r->rcode != rcode_numbers[o->rcode])
        attempt_say(a, STATE_CRITICAL, MSG("{1} for {2} {3}, wanted {4}"), "ssss", rcode ? rcode : "?", type, name,
                    rcodes[o->rcode]);
    else if (r->rcode != 0)
        attempt_say(a, STATE_OK, MSG("{1} for {2} {3} in {4}, as wanted"), "sssl", rcode, type, name, r->took_us);
    else if (as.n == 0)
        attempt_say(a, STATE_CRITICAL, MSG("{1} has no {2} record"), "ss", name, type);
    else
        attempt_say(a, STATE_OK, MSG("{1} in {2}"), "sl", joined(a, as.at, as.n), r->took_us);
    if (r->rcode == 0 && rcode_numbers[o->rcode] == 0 && as.n)
        compare(a, &as);
    attempt_judge_time(a, r->took_us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", r->took_us, &o->warn, &o->crit);
    attempt_perf(a, "answers", as.n, "", NULL, NULL, 0, NAN);
}

static void on_answer(void *arg, const struct dns_answer *r)
{
    struct attempt *a = arg;
    struct dns_probe_job *job = a->job;

    job->dns = NULL;
    a->timings.lookup_us = (int32_t)r->took_us;
    if (r->code == 0) {
        a->answered = true;
        judge(a, r);
    } else if (r->code == ERR_DNS || r->code == ERR_TIMEOUT) {
        attempt_say(a, STATE_CRITICAL, MSG("the DNS server does not answer"), "");
    } else {
        attempt_fail(a, r->code, &r->err);
    }
    attempt_done(a);
}

static void ask(struct attempt *a, const struct addr *server)
{
    const struct dns_opts *o = a->opts;
    struct dns_probe_job *job = a->job;

    job->dns = dns_query(a->env->dns, server, o->name, dns_type(types[o->type]), attempt_left_ms(a), on_answer, a);
}

static void on_server(void *arg, const struct dns_addrs *r)
{
    struct attempt *a = arg;
    const struct dns_opts *o = a->opts;
    struct dns_probe_job *job = a->job;
    struct addr server;

    job->dns = NULL;
    job->looking_up = false;
    if (r->code || r->n == 0) {
        attempt_fail(a, r->code ? r->code : ERR_NOT_FOUND, &r->err);
        attempt_done(a);
        return;
    }
    server = r->at[0];
    addr_set_port(&server, (int)o->port);
    ask(a, &server);
}

static void start(struct attempt *a)
{
    const struct dns_opts *o = a->opts;
    struct dns_probe_job *job = ARENA_NEW(a->arena, struct dns_probe_job);
    struct addr server;

    a->job = job;
    if (o->server == NULL) {
        ask(a, NULL);
    } else if (addr_parse(o->server, (int)o->port, &server) == 0) {
        ask(a, &server);
    } else {
        job->looking_up = true;
        job->dns = dns_resolve(a->env->dns, o->server, (enum dns_family)a->family, attempt_left_ms(a), on_server, a);
    }
}

static void stop(struct attempt *a)
{
    struct dns_probe_job *job = a->job;

    if (job && job->dns)
        dns_cancel(job->dns);
    if (job)
        job->dns = NULL;
}

static void late(struct attempt *a)
{
    const struct dns_opts *o = a->opts;
    struct dns_probe_job *job = a->job;

    if (job->looking_up)
        attempt_late_lookup(a, o->server);
    else
        attempt_say(a, STATE_CRITICAL, MSG("the DNS server does not answer"), "");
}

const struct probe probe_dns = {
    .kind = {.name = "dns",
             .help = MSG("asks a DNS server and compares the answer"),
             .area = "names",
             .example = "dns: www.example.org",
             .rows = rows,
             .opts_bytes = sizeof(struct dns_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};

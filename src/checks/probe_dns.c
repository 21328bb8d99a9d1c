/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_dns.c: asks a DNS server a question and compares the answer. */
#include "checks/dns/ask.h"

#include <math.h>
#include <string.h>
#include <strings.h>

struct dns_opts {
    const char *name, *server;
    int64_t port;
    int type, rcode, match; /* indices into the words below */
    struct conf_texts expect;
    struct conf_level warn, crit, ttl_warn, ttl_crit, count_warn, count_crit, size_warn, size_crit;
    bool tcp, authoritative, dnssec, recursion;
    int truncated; /* index into truncations */
};
struct dns_probe_job {
    struct dns_ask ask;
};

static const char *const types[] = {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "PTR", "SRV", "CAA", NULL};
static const char *const rcodes[] = {"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", NULL};
static const int rcode_numbers[] = {0, 3, 2, 5};
static const char *const matches[] = {"all", "contains", NULL};
static const char *const truncations[] = {"ok", "warning", "critical", NULL};
static const enum state truncation_states[] = {STATE_OK, STATE_WARNING, STATE_CRITICAL};
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
    {.key = "tcp", .type = CONF_BOOL, .offset = AT(tcp), .by_default = "no", .help = MSG("asks by TCP; needs a server"), .example = "yes"},
    {.key = "authoritative", .type = CONF_BOOL, .offset = AT(authoritative), .by_default = "no",
     .help = MSG("the server must answer for the zone itself (flag AA)"), .example = "yes"},
    {.key = "dnssec", .type = CONF_BOOL, .offset = AT(dnssec), .by_default = "no",
     .help = MSG("the resolver must say that it has verified the signatures (flag AD)"), .example = "yes"},
    {.key = "recursion", .type = CONF_BOOL, .offset = AT(recursion), .by_default = "yes",
     .help = MSG("asks the server to ask others, too; “no” needs a server"), .example = "no"},
    {.key = "truncated", .type = CONF_WORD, .offset = AT(truncated), .words = truncations, .by_default = "ok",
     .help = MSG("state when an answer does not fit UDP; needs a server"), .example = "warning"},
    {.key = "ttl_warn", .type = CONF_LEVEL, .offset = AT(ttl_warn), .unit = "s", .help = MSG("time to live that is a warning"), .example = "\"< 60\""},
    {.key = "ttl_crit", .type = CONF_LEVEL, .offset = AT(ttl_crit), .unit = "s", .help = MSG("time to live that is critical"), .example = "\"< 5\""},
    {.key = "count_warn", .type = CONF_LEVEL, .offset = AT(count_warn), .help = MSG("number of records that is a warning"), .example = "\"< 2\""},
    {.key = "count_crit", .type = CONF_LEVEL, .offset = AT(count_crit), .help = MSG("number of records that is critical"), .example = "\"< 1\""},
    {.key = "size_warn", .type = CONF_LEVEL, .offset = AT(size_warn), .unit = "bytes", .help = MSG("size of the answer that is a warning"), .example = "1200"},
    {.key = "size_crit", .type = CONF_LEVEL, .offset = AT(size_crit), .unit = "bytes", .help = MSG("size of the answer that is critical"), .example = "4096"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct dns_opts *o = arg;

    if (o->name[0] == '\0' || strlen(o->name) > 253)
        return err_field(e, ERR_INVALID, "query", MSG("“{1}” is no name to look up"), "s", o->name);
    if (o->expect.n > MAX_EXPECT)
        return err_field(e, ERR_LIMIT, "expect", MSG("at most {1} answers"), "i", (int64_t)MAX_EXPECT);
    if (o->server == NULL && (o->tcp || o->truncated || !o->recursion))
        return err_field(e, ERR_INVALID, "server", MSG("this needs the server that is to be asked"), "");
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

static uint32_t least_ttl(const struct dns_answer *r)
{
    uint32_t least = UINT32_MAX;

    for (int i = 0; i < r->n; i++)
        least = r->rr[i].ttl_s < least ? r->rr[i].ttl_s : least;
    return r->n ? least : 0;
}

static void judge_level(struct attempt *a, const char *label, double value, const char *unit, const struct conf_level *warn, const struct conf_level *crit, const char *msgid)
{
    const char *limit;
    enum state s = level_judge(warn, crit, value, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, msgid, "is", (int64_t)value, limit);
    attempt_perf(a, label, value, unit, warn, crit, 0, NAN);
}

/* What the message itself is like, whatever it says. */
static void judge_form(struct attempt *a, const struct dns_answer *r, int count)
{
    const struct dns_opts *o = a->opts;

    if (o->authoritative && !r->aa)
        attempt_worse(a, STATE_CRITICAL, MSG("the answer is not authoritative"), "");
    if (o->dnssec && !r->ad)
        attempt_worse(a, STATE_CRITICAL, MSG("the resolver has not verified the answer (DNSSEC)"), "");
    if (r->tc)
        attempt_worse(a, truncation_states[o->truncated], MSG("the answer does not fit UDP"), "");
    judge_level(a, "answers", count, "", &o->count_warn, &o->count_crit, MSG("{1} {1|record|records} (limit {2})"));
    if (r->n)
        judge_level(a, "ttl", least_ttl(r), "s", &o->ttl_warn, &o->ttl_crit, MSG("its time to live is {1} s (limit {2})"));
    if (r->bytes)
        judge_level(a, "size", (double)r->bytes, "B", &o->size_warn, &o->size_crit, MSG("the answer has {1} bytes (limit {2})"));
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
    judge_form(a, r, as.n);
}

static void on_answer(struct dns_ask *k, const struct dns_answer *r)
{
    struct attempt *a = k->owner;

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
    const struct dns_question q = {.name = o->name, .type = dns_type(types[o->type]), .server = server,
                                   .flags = DNSQ_AD | (o->recursion ? DNSQ_RECURSE : 0), .way = o->tcp ? DNS_BY_TCP : DNS_BY_UDP};

    dns_ask_start(&job->ask, a, &q, on_answer, a);
}

static void on_server(struct attempt *a, const struct addr *at, int n)
{
    ask(a, &at[0]);
}

static void start(struct attempt *a)
{
    const struct dns_opts *o = a->opts;
    struct dns_probe_job *job = ARENA_NEW(a->arena, struct dns_probe_job);

    a->job = job;
    if (o->server)
        attempt_look(a, o->server, (int)o->port, on_server);
    else
        ask(a, NULL);
}

static void stop(struct attempt *a)
{
    struct dns_probe_job *job = a->job;

    if (job == NULL)
        return;
    dns_ask_stop(&job->ask);
}

static void late(struct attempt *a)
{
    const struct dns_opts *o = a->opts;

    if (a->look)
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

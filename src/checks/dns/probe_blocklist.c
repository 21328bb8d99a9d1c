/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_blocklist.c: is an address on lists of senders of junk (DNS block lists, RFC 5782)?  Each list is asked for the
 * address turned round.  127.255.255.x is not “listed” but how lists say that they do not answer this resolver; an address
 * outside 127.0.0.0/8 comes from a list that is no more, or from a resolver that lies. */
#include "checks/dns/ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { MAX_LISTS = 40, MAX_ADDRESSES = 8, MAX_LOOKS = 128, TYPE_A = 1, TYPE_TXT = 16, REASON_BYTES = 200, RCODE_NXDOMAIN = 3 };

struct opts {
    const char *address, *server;
    struct conf_texts lists, ignore;
    int64_t port;
};
struct look {
    struct dns_ask ask;
    const char *list, *code, *reason;
    struct addr addr;
    enum { LOOK_CLEAN, LOOK_LISTED, LOOK_REFUSED, LOOK_STRANGE, LOOK_SILENT } found;
    int failed;
};
struct job {
    struct dns_job *dns;
    struct addr server, at[MAX_ADDRESSES];
    struct look *looks;
    int n, n_looks, waiting;
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "lists", .type = CONF_TEXTS, .offset = AT(lists), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("block lists to ask"), .example = "[zen.spamhaus.org, bl.spamcop.net]"},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address),
     .help = MSG("address or name that must not be listed; by default the host’s"), .example = "192.0.2.25"},
    {.key = "ignore", .type = CONF_TEXTS, .offset = AT(ignore),
     .help = MSG("answers that do not count"), .example = "[127.0.0.10, 127.0.0.11]"},
    {.key = "server", .type = CONF_TEXT, .offset = AT(server),
     .help = MSG("address of the DNS server to ask; by default that of this machine"), .example = "192.0.2.53"},
    {.key = "port", .type = CONF_PORT, .offset = AT(port), .by_default = "53", .help = MSG("port of the server"), .example = "53"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    struct dnsq q;
    struct addr a;

    if (o->address == NULL)
        o->address = host_address;
    if (o->address == NULL)
        return err_field(e, ERR_INVALID, "address", MSG("the host has no address; write the one that must not be listed"), "");
    if (o->lists.n == 0 || o->lists.n > MAX_LISTS)
        return err_field(e, ERR_LIMIT, "lists", MSG("between 1 and {1} lists"), "i", (int64_t)MAX_LISTS);
    for (int i = 0; i < o->lists.n; i++)
        if (strlen(o->lists.at[i]) > 180 || dnsq_encode(o->lists.at[i], TYPE_A, 0, 0, 0, 0, &q) != 0)
            return err_field(e, ERR_INVALID, "lists", MSG("“{1}” is no name to look up"), "s", o->lists.at[i]);
    if (o->server && addr_parse(o->server, 53, &a) != 0)
        return err_field(e, ERR_INVALID, "server", MSG("“{1}” is no address"), "s", o->server);
    return 0;
}

/* ---- judging ---- */

static void look_judge(struct attempt *a, const struct look *k)
{
    char at[ADDR_TEXT_BYTES];

    addr_host(&k->addr, at);
    if (k->found == LOOK_LISTED && k->reason)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is on {2}: {3}"), "sss", at, k->list, k->reason);
    else if (k->found == LOOK_LISTED)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is on {2} ({3})"), "sss", at, k->list, k->code);
    else if (k->found == LOOK_REFUSED)
        attempt_worse(a, STATE_UNKNOWN, MSG("{1} does not answer this resolver ({2}); ask by one of your own"), "ss", k->list, k->code);
    else if (k->found == LOOK_STRANGE)
        attempt_worse(a, STATE_UNKNOWN, MSG("{1} answers {2}, which no list does; is it still alive?"), "ss", k->list, k->code);
    else if (k->found == LOOK_SILENT)
        attempt_worse(a, STATE_UNKNOWN, MSG("{1} does not answer"), "s", k->list);
}

static void findings(struct attempt *a)
{
    struct job *job = a->job;
    int counts[LOOK_SILENT + 1] = {0};

    attempt_say(a, STATE_OK, MSG("not on {1} {1|list|lists}"), "i", (int64_t)(job->n_looks / (job->n ? job->n : 1)));
    for (int i = 0; i < job->n_looks; i++) /* a listing is worth more than a list that is silent */
        if (job->looks[i].found != LOOK_LISTED)
            look_judge(a, &job->looks[i]);
    for (int i = 0; i < job->n_looks; i++) {
        counts[job->looks[i].found]++;
        if (job->looks[i].found == LOOK_LISTED) {
            look_judge(a, &job->looks[i]);
            buf_printf(&a->more, "%s %s %s\n", job->looks[i].list, job->looks[i].code, job->looks[i].reason ? job->looks[i].reason : "");
        }
    }
    attempt_perf(a, "listed", counts[LOOK_LISTED], "", NULL, NULL, 0, job->n_looks);
    attempt_perf(a, "failed", counts[LOOK_REFUSED] + counts[LOOK_STRANGE] + counts[LOOK_SILENT], "", NULL, NULL, 0, job->n_looks);
}

static void look_done(struct attempt *a)
{
    struct job *job = a->job;

    if (--job->waiting)
        return;
    findings(a);
    attempt_done(a);
}

/* ---- asking ---- */

static bool ignored(const struct opts *o, const char *code)
{
    for (int i = 0; i < o->ignore.n; i++)
        if (str_eq(o->ignore.at[i], code))
            return true;
    return false;
}

static void ask(struct attempt *a, struct look *k, int type, dns_ask_fn *fn)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const unsigned char *bytes = addr_is_v6(&k->addr) ? (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)k->addr.space)->sin6_addr
                                                      : (const unsigned char *)&((const struct sockaddr_in *)(const void *)k->addr.space)->sin_addr;
    char turned[64];

    dnsq_reverse(bytes, addr_is_v6(&k->addr) ? 16 : 4, turned);
    const struct dns_question q = {.name = arena_printf(a->arena, "%s.%s", turned, k->list), .type = type, .server = o->server ? &job->server : NULL, .flags = DNSQ_RECURSE};
    dns_ask_start(&k->ask, a, &q, fn, k);
}

static void on_reason(struct dns_ask *q, const struct dns_answer *r)
{
    struct look *k = q->owner;

    for (int i = 0; r->code == 0 && i < r->n && !k->reason; i++)
        if (r->rr[i].type == TYPE_TXT)
            k->reason = attempt_quote(q->a, r->rr[i].text, strlen(r->rr[i].text), REASON_BYTES);
    look_done(q->a);
}

static void on_listed(struct dns_ask *q, const struct dns_answer *r)
{
    struct attempt *a = q->a;
    struct look *k = q->owner;

    k->found = r->code ? LOOK_SILENT : r->rcode && r->rcode != RCODE_NXDOMAIN ? LOOK_SILENT : LOOK_CLEAN;
    k->failed = r->code;
    a->answered = a->answered || r->code == 0;
    for (int i = 0; r->code == 0 && i < r->n; i++) {
        const char *text = r->rr[i].text;

        if (r->rr[i].type != TYPE_A || ignored(a->opts, text) || k->found == LOOK_LISTED)
            continue;
        k->code = arena_dup(a->arena, text);
        k->found = str_starts(text, "127.255.255.") ? LOOK_REFUSED : str_starts(text, "127.") ? LOOK_LISTED : LOOK_STRANGE;
    }
    if (k->found == LOOK_LISTED)
        ask(a, k, TYPE_TXT, on_reason);
    else
        look_done(a);
}

static void look_all(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    job->looks = ARENA_ARRAY(a->arena, struct look, (size_t)(job->n * o->lists.n));
    for (int i = 0; i < job->n; i++)
        for (int l = 0; l < o->lists.n && job->n_looks < MAX_LOOKS; l++) {
            struct look *k = &job->looks[job->n_looks++];

            *k = (struct look){.list = o->lists.at[l], .addr = job->at[i], .found = LOOK_SILENT};
            job->waiting++;
            ask(a, k, TYPE_A, on_listed);
        }
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct attempt *a = arg;
    struct job *job = a->job;

    job->dns = NULL;
    if (r->code || r->n == 0) {
        attempt_fail(a, r->code ? r->code : ERR_NOT_FOUND, &r->err);
        attempt_done(a);
        return;
    }
    for (int i = 0; i < r->n && job->n < MAX_ADDRESSES; i++)
        job->at[job->n++] = r->at[i];
    look_all(a);
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);

    a->job = job;
    if (o->server)
        addr_parse(o->server, (int)o->port, &job->server);
    if (addr_parse(o->address, 0, &job->at[0]) == 0) {
        job->n = 1;
        look_all(a);
    } else {
        job->dns = dns_resolve(a->env->dns, o->address, (enum dns_family)a->family, attempt_left_ms(a), on_addrs, a);
    }
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    if (job == NULL)
        return;
    if (job->dns)
        dns_cancel(job->dns);
    job->dns = NULL;
    for (int i = 0; i < job->n_looks; i++)
        dns_ask_stop(&job->looks[i].ask);
}

static void late(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    if (job->dns)
        attempt_late_lookup(a, o->address);
    else
        findings(a);
}

const struct probe probe_blocklist = {
    .kind = {.name = "blocklist",
             .help = MSG("watches whether an address is on DNS block lists"),
             .area = "mail",
             .example = "blocklist: { lists: [zen.spamhaus.org, bl.spamcop.net], address: 192.0.2.25 }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish,
             .every_ms = 3600000},
    .start = start,
    .stop = stop,
    .late = late,
};

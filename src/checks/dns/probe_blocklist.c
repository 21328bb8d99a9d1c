/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_blocklist.c: is an address on lists of senders of junk (DNS block lists, RFC 5782)?  Each list is asked for the
 * address turned round.  127.255.255.x is not “listed” but how lists say that they do not answer this resolver; an address
 * outside 127.0.0.0/8 comes from a list that is no more, or from a resolver that lies. */
#include "checks/dns/ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { MAX_LISTS = 40, MAX_ADDRESSES = 8, MAX_LOOKS = 128, MAX_MAILERS = 8, MAX_ASKS = 1 + 2 * MAX_MAILERS, TYPE_A = 1, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, REASON_BYTES = 200, RCODE_NXDOMAIN = 3 };

struct opts {
    const char *address, *mail;
    struct conf_texts lists, ignore;
    struct dns_server_opts dns;
};
struct look {
    struct dns_ask ask;
    const char *list, *code, *reason;
    struct addr addr;
    enum { LOOK_CLEAN, LOOK_LISTED, LOOK_REFUSED, LOOK_STRANGE, LOOK_SILENT } found;
    int failed;
};
struct job {
    const struct addr *asked; /* NULL: the system's resolver */
    struct addr server, at[MAX_ADDRESSES];
    struct look *looks;
    int n, n_looks, waiting;
    struct dns_ask asks[MAX_ASKS]; /* for the mail servers of a domain, and their addresses */
    int n_asks, asking;
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "lists", .type = CONF_TEXTS, .offset = AT(lists), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("block lists to ask"), .example = "[zen.spamhaus.org, bl.spamcop.net]"},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address),
     .help = MSG("address or name that must not be listed; by default the host’s"), .example = "192.0.2.25"},
    {.key = "mail", .type = CONF_TEXT, .offset = AT(mail),
     .help = MSG("a mail domain: the addresses of its mail servers must not be listed"), .example = "example.org"},
    {.key = "ignore", .type = CONF_TEXTS, .offset = AT(ignore),
     .help = MSG("answers that do not count"), .example = "[127.0.0.10, 127.0.0.11]"},
    DNS_SERVER_ROWS(AT(dns)),
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    struct dnsq q;

    if (o->mail && o->address)
        return err_field(e, ERR_INVALID, "mail", MSG("either an address or a mail domain, not both"), "");
    if (o->mail && (strlen(o->mail) > 180 || dnsq_encode(o->mail, TYPE_MX, 0, 0, 0, 0, &q) != 0))
        return err_field(e, ERR_INVALID, "mail", MSG("“{1}” is no name to look up"), "s", o->mail);
    if (o->address == NULL && o->mail == NULL)
        o->address = host_address;
    if (o->address == NULL && o->mail == NULL)
        return err_field(e, ERR_INVALID, "address", MSG("the host has no address; write the one that must not be listed"), "");
    if (o->lists.n == 0 || o->lists.n > MAX_LISTS)
        return err_field(e, ERR_LIMIT, "lists", MSG("between 1 and {1} lists"), "i", (int64_t)MAX_LISTS);
    for (int i = 0; i < o->lists.n; i++)
        if (strlen(o->lists.at[i]) > 180 || dnsq_encode(o->lists.at[i], TYPE_A, 0, 0, 0, 0, &q) != 0)
            return err_field(e, ERR_INVALID, "lists", MSG("“{1}” is no name to look up"), "s", o->lists.at[i]);
    return dns_server_check(&o->dns, e);
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
    struct job *job = a->job;
    const unsigned char *bytes = addr_is_v6(&k->addr) ? (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)k->addr.space)->sin6_addr
                                                      : (const unsigned char *)&((const struct sockaddr_in *)(const void *)k->addr.space)->sin_addr;
    char turned[64];

    dnsq_reverse(bytes, addr_is_v6(&k->addr) ? 16 : 4, turned);
    const struct dns_question q = {.name = arena_printf(a->arena, "%s.%s", turned, k->list), .type = type, .server = job->asked, .flags = DNSQ_RECURSE};
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

static void on_addrs(struct attempt *a, const struct addr *at, int n)
{
    struct job *job = a->job;

    for (int i = 0; i < n && job->n < MAX_ADDRESSES; i++)
        job->at[job->n++] = at[i];
    look_all(a);
}

/* ---- the mail servers of a domain ---- */

static void ask_for(struct attempt *a, const char *name, int type, dns_ask_fn *fn)
{
    struct job *job = a->job;
    const struct dns_question q = {.name = name, .type = type, .server = job->asked, .flags = DNSQ_RECURSE};

    if (job->n_asks == MAX_ASKS)
        return;
    job->asking++;
    dns_ask_start(&job->asks[job->n_asks++], a, &q, fn, NULL);
}

static bool is_known(const struct job *job, const struct addr *addr)
{
    for (int i = 0; i < job->n; i++)
        if (addr_equal(&job->at[i], addr))
            return true;
    return false;
}

static void on_mailer(struct dns_ask *k, const struct dns_answer *r)
{
    const struct opts *o = k->a->opts;
    struct job *job = k->a->job;
    struct addr addr;

    for (int i = 0; r->code == 0 && i < r->n && job->n < MAX_ADDRESSES; i++)
        if (r->rr[i].type == k->type && addr_parse(r->rr[i].text, 0, &addr) == 0 && !is_known(job, &addr))
            job->at[job->n++] = addr;
    if (--job->asking)
        return;
    if (job->n) {
        look_all(k->a);
        return;
    }
    attempt_say(k->a, STATE_UNKNOWN, MSG("the mail servers of {1} have no address"), "s", o->mail);
    attempt_done(k->a);
}

static void ask_both(struct attempt *a, const char *name)
{
    ask_for(a, name, TYPE_A, on_mailer);
    ask_for(a, name, TYPE_AAAA, on_mailer);
}

/* “10 mx1.example.org” leads there; “0 .” says that there is no mail; no record at all means the domain itself. */
static void on_mx(struct dns_ask *k, const struct dns_answer *r)
{
    struct attempt *a = k->a;
    const struct opts *o = a->opts;
    struct job *job = a->job;
    bool none = false, well = r->code == 0 && (r->rcode == 0 || r->rcode == RCODE_NXDOMAIN);

    a->answered = a->answered || r->code == 0;
    job->asking--;
    for (int i = 0; well && i < r->n && job->n_asks <= 2 * (MAX_MAILERS - 1) + 1; i++) {
        const char *blank = r->rr[i].type == TYPE_MX ? strchr(r->rr[i].text, ' ') : NULL;

        none = none || (blank && str_eq(blank + 1, "."));
        if (blank && !str_eq(blank + 1, "."))
            ask_both(a, arena_dup(a->arena, blank + 1));
    }
    if (well && !none && job->asking == 0)
        ask_both(a, o->mail);
    if (job->asking)
        return;
    if (none)
        attempt_say(a, STATE_OK, MSG("{1} takes no mail"), "s", o->mail);
    else
        attempt_say(a, STATE_UNKNOWN, MSG("the look-up of {1} {2} fails"), "ss", "MX", o->mail);
    attempt_done(a);
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);

    a->job = job;
    job->asked = dns_server_of(&o->dns, &job->server);
    if (o->mail) {
        ask_for(a, o->mail, TYPE_MX, on_mx);
        return;
    }
    attempt_look(a, o->address, 0, on_addrs);
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    if (job == NULL)
        return;
    for (int i = 0; i < job->n_looks; i++)
        dns_ask_stop(&job->looks[i].ask);
    for (int i = 0; i < job->n_asks; i++)
        dns_ask_stop(&job->asks[i]);
}

static void late(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    if (a->look || job->asking)
        attempt_late_lookup(a, o->mail ? o->mail : o->address);
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_mail_domain.c: is what a mail domain says about itself in order: MX records that lead to servers which answer and
 * offer STARTTLS, one SPF record within its ten look-ups, a DMARC record, the keys of given DKIM selectors.  It sends no
 * mail and verifies no certificate (see smtp, tls); whether the servers are on block lists is asked by blocklist. */
#include "checks/dns/ask.h"
#include "wire/mailtxt.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { MAX_ASKS = 120, MAX_TALKS = 12, MAX_SELECTORS = 10, MAX_SPF_LOOKUPS = 10, MAX_REPLY = 16384, QUOTE = 120 };
enum { TYPE_A = 1, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, NXDOMAIN = 3 };
static const char *const policies[] = {"none", "quarantine", "reject"};

struct opts {
    const char *domain;
    struct dns_server_opts dns;
    struct conf_texts dkim;
    int64_t smtp_port;
    bool starttls, spf, dmarc, ipv6;
};
struct talk { /* with one address of a mail server */
    struct attempt *a;
    struct sock *sock;
    const char *name;
    struct buf heard;
    bool greeted, done;
};
struct exchanger {
    const char *name;
    int left, found; /* questions for its addresses; addresses */
};
struct job {
    const struct addr *asked; /* NULL: the system's resolver */
    struct addr server;
    struct dns_ask asks[MAX_ASKS];
    struct talk talks[MAX_TALKS];
    struct exchanger mx[MAX_TALKS];
    int n_asks, n_talks, n_mx, waiting, spf_lookups, talked;
    const char *policy;
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "domain", .type = CONF_TEXT, .offset = AT(domain), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("mail domain: what stands behind the @"), .example = "example.org"},
    {.key = "starttls", .type = CONF_BOOL, .offset = AT(starttls), .by_default = "yes",
     .help = MSG("each mail server must answer and offer STARTTLS"), .example = "no"},
    {.key = "spf", .type = CONF_BOOL, .offset = AT(spf), .by_default = "yes", .help = MSG("there must be an SPF record"), .example = "no"},
    {.key = "dmarc", .type = CONF_BOOL, .offset = AT(dmarc), .by_default = "yes", .help = MSG("there must be a DMARC record"), .example = "no"},
    {.key = "dkim", .type = CONF_TEXTS, .offset = AT(dkim), .help = MSG("DKIM selectors whose keys must be there"), .example = "[mail, backup]"},
    {.key = "smtp_port", .type = CONF_PORT, .offset = AT(smtp_port), .by_default = "25", .help = MSG("port of the mail servers"), .example = "25"},
    {.key = "ipv6", .type = CONF_BOOL, .offset = AT(ipv6), .by_default = "yes",
     .help = MSG("asks the IPv6 addresses, too (where there is no IPv6 they are left out)"), .example = "no"},
    DNS_SERVER_ROWS(AT(dns)),
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    struct dnsq q;

    if (strlen(o->domain) > 180 || dnsq_encode(o->domain, TYPE_MX, 0, 0, 0, 0, &q) != 0)
        return err_field(e, ERR_INVALID, "domain", MSG("“{1}” is no name to look up"), "s", o->domain);
    if (o->dkim.n > MAX_SELECTORS)
        return err_field(e, ERR_LIMIT, "dkim", MSG("at most {1} selectors"), "i", (int64_t)MAX_SELECTORS);
    return dns_server_check(&o->dns, e);
}

static const char *shown(struct attempt *a, struct str s)
{
    return attempt_quote(a, s.p, s.n, QUOTE);
}

static void part_done(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    if (--job->waiting)
        return;
    if (a->state == STATE_PENDING && o->spf)
        attempt_say(a, STATE_OK, MSG("{1} {1|mail server|mail servers}, SPF with {2} {2|look-up|look-ups}, DMARC “{3}”"), "iis", (int64_t)job->n_mx, (int64_t)job->spf_lookups, job->policy ? job->policy : "-");
    else if (a->state == STATE_PENDING)
        attempt_say(a, STATE_OK, MSG("{1} {1|mail server|mail servers}"), "i", (int64_t)job->n_mx);
    attempt_perf(a, "servers", job->n_mx, "", NULL, NULL, 0, NAN);
    if (o->spf)
        attempt_perf(a, "spf_lookups", job->spf_lookups, "", NULL, NULL, 0, MAX_SPF_LOOKUPS);
    attempt_done(a);
}

static void ask(struct attempt *a, const char *name, int type, dns_ask_fn *fn, void *owner)
{
    struct job *job = a->job;
    const struct dns_question q = {.name = name, .type = type, .server = job->asked, .flags = DNSQ_RECURSE};

    if (job->n_asks == MAX_ASKS)
        return;
    job->waiting++;
    dns_ask_start(&job->asks[job->n_asks++], a, &q, fn, owner);
}

/* The answer cannot be used at all; said, when it is so. */
static bool failed(struct dns_ask *k, const struct dns_answer *r)
{
    if (r->code == 0 && (r->rcode == 0 || r->rcode == NXDOMAIN)) {
        k->a->answered = true;
        return false;
    }
    attempt_worse(k->a, STATE_CRITICAL, MSG("the look-up of {1} {2} fails"), "ss", k->type == TYPE_TXT ? "TXT" : k->type == TYPE_MX ? "MX" : "A", k->name);
    return true;
}

/* ---- mail servers ---- */

static void talk_end(struct talk *t)
{
    t->done = true;
    t->sock = sock_free(t->sock);
    buf_done(&t->heard);
    part_done(t->a);
}

static void on_open(void *arg)
{
    struct talk *t = arg;

    t->a->answered = true;
}

/* A whole numbered reply: "250-…" lines, and one with a blank. */
static bool reply_whole(const struct buf *b)
{
    struct str rest = {buf_text(b), b->len}, line;

    if (b->len == 0 || buf_text(b)[b->len - 1] != '\n')
        return false;
    while (str_next(&rest, "\n", &line))
        if (line.n >= 4 && line.p[3] == ' ')
            return true;
    return false;
}

static void on_data(void *arg, const char *p, size_t n)
{
    static const char ehlo[] = "EHLO localhost\r\n", quit[] = "QUIT\r\n";
    struct talk *t = arg;

    attempt_blame(t->a);
    if (t->heard.len + n > MAX_REPLY) {
        attempt_worse(t->a, STATE_CRITICAL, MSG("the mail server {1} talks without end"), "s", t->name);
        talk_end(t);
        return;
    }
    buf_add(&t->heard, p, n);
    if (!reply_whole(&t->heard))
        return;
    if (buf_text(&t->heard)[0] != '2') {
        attempt_worse(t->a, STATE_CRITICAL, MSG("the mail server {1} says “{2}”"), "ss", t->name, shown(t->a, (struct str){buf_text(&t->heard), strcspn(buf_text(&t->heard), "\r\n")}));
        talk_end(t);
    } else if (!t->greeted) {
        t->greeted = true;
        buf_clear(&t->heard);
        sock_write(t->sock, ehlo, sizeof(ehlo) - 1);
    } else {
        if (!strcasestr(buf_text(&t->heard), "STARTTLS"))
            attempt_worse(t->a, STATE_CRITICAL, MSG("the mail server {1} does not offer STARTTLS"), "s", t->name);
        sock_write(t->sock, quit, sizeof(quit) - 1);
        talk_end(t);
    }
}

static void on_end(void *arg, int code, const struct err *e)
{
    struct talk *t = arg;

    if (code == ERR_REFUSED)
        attempt_worse(t->a, STATE_CRITICAL, MSG("the mail server {1} refuses connections"), "s", t->name);
    else if (!(code == ERR_UNREACHABLE && strchr(t->name, ':')))
        attempt_worse(t->a, STATE_CRITICAL, MSG("the mail server {1} cannot be talked to"), "s", t->name);
    talk_end(t);
}

static const struct sock_events talk_calls = {on_open, NULL, on_data, on_end};

static void talk_start(struct attempt *a, const char *name, const char *address)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct talk *t = &job->talks[job->n_talks];
    struct addr at;

    if (!o->starttls || job->n_talks == MAX_TALKS || addr_parse(address, (int)o->smtp_port, &at) != 0)
        return;
    job->n_talks++;
    job->waiting++;
    *t = (struct talk){.a = a, .name = arena_printf(a->arena, "%s (%s)", name, address), .heard = BUF_MAX(MAX_REPLY)};
    t->sock = sock_connect(a->env->loop, &at, NULL, &talk_calls, t);
}

static void on_address(struct dns_ask *k, const struct dns_answer *r)
{
    struct exchanger *x = k->owner;

    for (int i = 0; !failed(k, r) && i < r->n; i++)
        if (r->rr[i].type == k->type) {
            x->found++;
            talk_start(k->a, x->name, r->rr[i].text);
        }
    if (--x->left == 0 && x->found == 0)
        attempt_worse(k->a, STATE_CRITICAL, MSG("the mail server {1} has no address"), "s", x->name);
    part_done(k->a);
}

static void exchanger_add(struct attempt *a, const char *mx)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const char *name = strchr(mx, ' ');
    struct exchanger *x = &job->mx[job->n_mx];

    if (name == NULL || job->n_mx == MAX_TALKS)
        return;
    job->n_mx++;
    *x = (struct exchanger){.name = attempt_quote(a, name + 1, strlen(name + 1), 255), .left = 1 + o->ipv6};
    ask(a, x->name, TYPE_A, on_address, x);
    if (o->ipv6)
        ask(a, x->name, TYPE_AAAA, on_address, x);
}

static void on_mx(struct dns_ask *k, const struct dns_answer *r)
{
    struct attempt *a = k->a;
    struct job *job = a->job;
    const struct opts *o = a->opts;
    bool lost = failed(k, r), none = false;

    for (int i = 0; !lost && i < r->n; i++) {
        none = none || (r->rr[i].type == TYPE_MX && str_eq(r->rr[i].text, "0 ."));
        if (r->rr[i].type == TYPE_MX && !none)
            exchanger_add(a, r->rr[i].text);
    }
    if (none)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} says that it takes no mail (MX “.”)"), "s", o->domain);
    else if (!lost && job->n_mx == 0)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} has no MX record"), "s", o->domain);
    part_done(a);
}

/* ---- SPF ---- */

static void on_included(struct dns_ask *k, const struct dns_answer *r);

static void spf_read(struct attempt *a, const char *text)
{
    struct job *job = a->job;
    struct str rest = str_of(text + strlen("v=spf1"));
    struct spf_term t;

    while (spf_next(&rest, &t)) {
        if (t.kind == SPF_BAD)
            attempt_worse(a, STATE_CRITICAL, MSG("SPF holds a word that is none: “{1}”"), "s", shown(a, str_of(text)));
        if (!spf_asks(t.kind))
            continue;
        if (++job->spf_lookups > MAX_SPF_LOOKUPS) {
            attempt_worse(a, STATE_CRITICAL, MSG("SPF needs more than {1} look-ups; receivers stop there"), "i", (int64_t)MAX_SPF_LOOKUPS);
            return;
        }
        if ((t.kind == SPF_INCLUDE || t.kind == SPF_REDIRECT) && !memchr(t.domain.p, '%', t.domain.n))
            ask(a, arena_dupn(a->arena, t.domain.p, t.domain.n), TYPE_TXT, on_included, NULL);
    }
}

/* The SPF records among the answers are read; their number. */
static int spf_records(struct attempt *a, const struct dns_answer *r)
{
    int n = 0;

    for (int i = 0; i < r->n; i++)
        if (r->rr[i].type == TYPE_TXT && spf_is(r->rr[i].text) && ++n == 1)
            spf_read(a, r->rr[i].text);
    return n;
}

static void on_included(struct dns_ask *k, const struct dns_answer *r)
{
    if (!failed(k, r) && spf_records(k->a, r) != 1)
        attempt_worse(k->a, STATE_CRITICAL, MSG("SPF refers to {1}, which has not one SPF record"), "s", k->name);
    part_done(k->a);
}

static void on_spf(struct dns_ask *k, const struct dns_answer *r)
{
    const struct opts *o = k->a->opts;
    int n = failed(k, r) ? 1 : spf_records(k->a, r);

    if (n == 0)
        attempt_worse(k->a, STATE_WARNING, MSG("{1} has no SPF record"), "s", o->domain);
    if (n > 1)
        attempt_worse(k->a, STATE_CRITICAL, MSG("{1} has {2} SPF records; there may be one"), "si", o->domain, (int64_t)n);
    part_done(k->a);
}

/* ---- DMARC and DKIM ---- */

static void dmarc_read(struct attempt *a, const char *text)
{
    struct job *job = a->job;
    struct str p;

    for (size_t i = 0; tag_find(text, "p", &p) && i < COUNT(policies); i++)
        if (p.n == strlen(policies[i]) && strncasecmp(p.p, policies[i], p.n) == 0)
            job->policy = policies[i];
    if (job->policy == NULL)
        attempt_worse(a, STATE_CRITICAL, MSG("DMARC has no valid policy: “{1}”"), "s", shown(a, str_of(text)));
}

static void on_dmarc(struct dns_ask *k, const struct dns_answer *r)
{
    const struct opts *o = k->a->opts;
    bool lost = failed(k, r);
    int n = 0;

    for (int i = 0; !lost && i < r->n; i++)
        if (r->rr[i].type == TYPE_TXT && str_istarts(r->rr[i].text, "v=DMARC1") && ++n == 1)
            dmarc_read(k->a, r->rr[i].text);
    if (!lost && n == 0)
        attempt_worse(k->a, STATE_WARNING, MSG("{1} has no DMARC record"), "s", o->domain);
    if (n > 1)
        attempt_worse(k->a, STATE_CRITICAL, MSG("{1} has {2} DMARC records; there may be one"), "si", o->domain, (int64_t)n);
    part_done(k->a);
}

static void on_dkim(struct dns_ask *k, const struct dns_answer *r)
{
    const char *selector = k->owner;
    bool lost = failed(k, r), found = false, empty = false;
    struct str key;

    for (int i = 0; !lost && i < r->n; i++)
        if (r->rr[i].type == TYPE_TXT && tag_find(r->rr[i].text, "p", &key)) {
            found = true;
            empty = key.n == 0;
        }
    if (!lost && !found)
        attempt_worse(k->a, STATE_CRITICAL, MSG("there is no DKIM key of the selector {1}"), "s", selector);
    if (empty)
        attempt_worse(k->a, STATE_CRITICAL, MSG("the DKIM key of the selector {1} is revoked"), "s", selector);
    part_done(k->a);
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);

    a->job = job;
    job->asked = dns_server_of(&o->dns, &job->server);
    ask(a, o->domain, TYPE_MX, on_mx, NULL);
    if (o->spf)
        ask(a, o->domain, TYPE_TXT, on_spf, NULL);
    if (o->dmarc)
        ask(a, arena_printf(a->arena, "_dmarc.%s", o->domain), TYPE_TXT, on_dmarc, NULL);
    for (int i = 0; i < o->dkim.n; i++)
        ask(a, arena_printf(a->arena, "%s._domainkey.%s", o->dkim.at[i], o->domain), TYPE_TXT, on_dkim, (void *)(uintptr_t)o->dkim.at[i]);
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    for (int i = 0; job && i < job->n_asks; i++)
        dns_ask_stop(&job->asks[i]);
    for (int i = 0; job && i < job->n_talks; i++) {
        job->talks[i].sock = sock_free(job->talks[i].sock);
        buf_done(&job->talks[i].heard);
    }
}

static void late(struct attempt *a)
{
    struct job *job = a->job;

    for (int i = 0; i < job->n_talks; i++)
        if (!job->talks[i].done) {
            attempt_say(a, STATE_CRITICAL, MSG("the mail server {1} does not answer"), "s", job->talks[i].name);
            return;
        }
    for (int i = 0; i < job->n_asks; i++)
        if (job->asks[i].waiting) {
            attempt_say(a, STATE_CRITICAL, MSG("the look-up of {1} takes too long"), "s", job->asks[i].name);
            return;
        }
}

const struct probe probe_mail_domain = {
    .kind = {.name = "mail_domain",
             .help = MSG("watches a mail domain: MX, STARTTLS of each mail server, SPF, DMARC, DKIM"),
             .area = "mail",
             .example = "mail_domain: { domain: example.org, dkim: [mail] }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish,
             .every_ms = 900000,
             .timeout_ms = 30000},
    .start = start,
    .stop = stop,
    .late = late,
};

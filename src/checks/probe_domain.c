/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_domain.c: days until the registration of a domain ends, by RDAP or, where that does not say it, by whois.
 *
 * Which server: the configured one; else IANA's table in a file, or the few that are built in (rdap.c); else whois from
 * the root (whois.iana.org) along its referrals. Registries dislike many questions: twice a day is the default. */
#include "base/timetext.h"
#include "checks/dial.h"
#include "checks/fetch.h"
#include "checks/http_opts.h"
#include "checks/rdap.h"
#include "io/file.h"
#include "wire/whois.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MAX_REDIRECTS = 5, MAX_REFERRALS = 4, WHOIS_PORT = 43, QUOTE = 120, HOUR_MS = 3600 * 1000 };
#define DAY_MS (24.0 * HOUR_MS)
#define ROOT "whois.iana.org"

enum method { AUTO, BY_RDAP, BY_WHOIS };
struct domain_opts {
    const char *domain, *server, *bootstrap, *registrar;
    int method;
    struct conf_level warn, crit;
};
struct boot_job { /* reads IANA's file on a worker; may outlive the attempt */
    struct attempt *a; /* NULL: it is gone */
    int code;
    struct err err;
    char url[RDAP_URL_BYTES], domain[256], path[1024];
};
struct domain_job {
    const char *domain; /* lower case, without a dot at its end */
    struct boot_job *boot;
    struct fetch fetch;
    struct url url;
    int redirects, referrals;
    struct dial dial;
    struct buf heard;
    const char *server;
    const char *asked[MAX_REFERRALS + 1];
    struct whois whois; /* the best so far */
};

static const char *const methods[] = {"auto", "rdap", "whois", NULL};

#define AT(member) offsetof(struct domain_opts, member)
static const struct conf_row rows[] = {
    {.key = "domain", .type = CONF_TEXT, .offset = AT(domain), .flags = CONF_POSITIONAL | CONF_REQUIRED,
     .help = MSG("domain as it was registered"), .example = "example.org"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "d", .by_default = "< 30d",
     .help = MSG("days left that are a warning"), .example = "< 60d"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "d", .by_default = "< 7d",
     .help = MSG("days left that are critical"), .example = "< 14d"},
    {.key = "method", .type = CONF_WORD, .offset = AT(method), .words = methods, .by_default = "auto",
     .help = MSG("how to ask: RDAP and then whois, or only one of them"), .example = "whois"},
    {.key = "server", .type = CONF_TEXT, .offset = AT(server),
     .help = MSG("whom to ask: the address of an RDAP server, or the name of a whois server"),
     .example = "https://rdap.verisign.com/com/v1/"},
    {.key = "bootstrap", .type = CONF_TEXT, .offset = AT(bootstrap),
     .help = MSG("file with IANA’s table of RDAP servers (https://data.iana.org/rdap/dns.json)"),
     .example = "/var/lib/vigie/rdap-dns.json"},
    {.key = "registrar", .type = CONF_TEXT, .offset = AT(registrar),
     .help = MSG("text that the registrar’s name must contain"), .example = "Gandi"},
    {0},
};

/* ---- options ---- */

static bool is_url(const char *text)
{
    return text && (str_istarts(text, "http://") || str_istarts(text, "https://"));
}

/* In LDH form (RFC 5890), two labels at least. */
static bool is_domain(const char *text)
{
    size_t n = strlen(text), label = 0;

    if (n > 253 || !strchr(text, '.'))
        return false;
    for (const char *p = text; *p; p++) {
        if (*p == '.' && (label == 0 || p[-1] == '-'))
            return false;
        if (*p != '.' && !isalnum((unsigned char)*p) && (*p != '-' || label == 0))
            return false;
        label = *p == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return true;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct domain_opts *o = arg;
    struct arena *scratch = arena_new(0);
    struct url url;
    char host[256];
    int port;
    bool server_ok = o->server == NULL || (is_url(o->server) ? url_parse(scratch, o->server, &url) == 0
                                                             : addr_split(o->server, host, sizeof(host), &port) == 0 ||
                                                                   is_domain(o->server));

    arena_free(scratch);
    if (!is_domain(o->domain))
        return err_field(e, ERR_INVALID, "domain", MSG("“{1}” is no domain; write example.org (names in xn-- form)"), "s",
                         o->domain);
    if (!server_ok || (o->server && o->method == (is_url(o->server) ? BY_WHOIS : BY_RDAP)))
        return err_field(e, ERR_INVALID, "server", MSG("“{1}” is no server for this; write an RDAP address or a whois name"), "s",
                         o->server);
    level_make_floor(&o->warn);
    level_make_floor(&o->crit);
    return 0;
}

/* ---- the result ---- */

static void end_with(struct attempt *a, enum state s, const char *msgid, const char *text)
{
    attempt_say(a, s, msgid, "s", text);
    attempt_done(a);
}

static void judge_registrar(struct attempt *a, const char *registrar)
{
    const struct domain_opts *o = a->opts;

    if (o->registrar && !strcasestr(registrar, o->registrar))
        attempt_worse(a, STATE_CRITICAL, MSG("the registrar is {1}, wanted {2}"), "ss", registrar[0] ? registrar : "?",
                      o->registrar);
}

static void line(struct attempt *a, const char *name, const char *text)
{
    if (text[0])
        buf_printf(&a->more, "%s%s: %s", a->more.len ? "\n" : "", name, attempt_quote(a, text, strlen(text), 300));
}

static void judge(struct attempt *a, int64_t ends_ms, const char *registrar, const char *status)
{
    const struct domain_opts *o = a->opts;
    struct domain_job *job = a->job;
    double days = (double)(ends_ms - a->at_ms) / DAY_MS;
    const char *limit, *until;
    enum state s = level_judge(&o->warn, &o->crit, days, NAN, &limit);
    char when[TIME_RFC3339_BYTES];

    time_rfc3339(ends_ms, 0, when);
    until = arena_dupn(a->arena, when, 10);
    registrar = attempt_quote(a, registrar, strlen(registrar), QUOTE);
    if (ends_ms <= a->at_ms)
        attempt_say(a, STATE_CRITICAL, MSG("the registration of {1} ended {2} ago"), "sd", job->domain, a->at_ms - ends_ms);
    else if (s != STATE_OK)
        attempt_say(a, s, MSG("the registration of {1} ends in {2}, on {3} (limit {4})"), "sdss", job->domain,
                    ends_ms - a->at_ms, until, limit);
    else
        attempt_say(a, STATE_OK, MSG("{1} is registered for {2} more, until {3}"), "sds", job->domain, ends_ms - a->at_ms,
                    until);
    judge_registrar(a, registrar);
    attempt_perf(a, "days", floor(days * 10) / 10, "", &o->warn, &o->crit, NAN, NAN);
    line(a, "registrar", registrar);
    line(a, "status", status);
    line(a, "server", job->server ? job->server : "");
    attempt_done(a);
}

/* ---- whois ---- */

static void ask_whois(struct attempt *a, const char *server);

static bool was_asked(const struct domain_job *job, const char *server)
{
    for (int i = 0; i < job->referrals; i++)
        if (str_ieq(job->asked[i], server))
            return true;
    return false;
}

static void judge_whois(struct attempt *a)
{
    struct domain_job *job = a->job;
    struct whois w;

    whois_read(buf_text(&job->heard), job->heard.len, &w);
    if (w.ends_ms) {
        judge(a, w.ends_ms, w.registrar, w.status);
    } else if (w.refused) {
        end_with(a, STATE_UNKNOWN, MSG("the whois server {1} wants fewer questions"), job->server);
    } else if (w.refer[0] && !was_asked(job, w.refer) && job->referrals < MAX_REFERRALS) {
        ask_whois(a, arena_dup(a->arena, w.refer));
    } else if (w.missing) {
        end_with(a, STATE_CRITICAL, MSG("{1} is not registered"), job->domain);
    } else if (job->heard.len == 0) {
        end_with(a, STATE_UNKNOWN, MSG("the whois server {1} said nothing"), job->server);
    } else {
        attempt_say(a, STATE_UNKNOWN, MSG("the whois server {1} does not say when the registration of {2} ends"), "ss",
                    job->server, job->domain);
        attempt_done(a);
    }
}

static void on_open(struct attempt *a)
{
    const struct domain_job *job = a->job;
    const char *query = arena_printf(a->arena, "%s\r\n", job->domain);

    attempt_trace(a, '>', query, strlen(query));
    sock_write(job->dial.sock, query, strlen(query));
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    struct domain_job *job = a->job;

    attempt_trace(a, '<', p, n);
    buf_add(&job->heard, p, n);
    if (job->heard.full)
        judge_whois(a); /* what is far behind is small print */
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    const struct domain_job *job = a->job;

    if (code != 0 && job->heard.len == 0) {
        attempt_fail(a, code, e);
        attempt_done(a);
    } else {
        judge_whois(a);
    }
}

static const struct dial_events events = {on_open, NULL, on_data, on_end};

static void ask_whois(struct attempt *a, const char *server)
{
    struct domain_job *job = a->job;
    char host[256];
    int port;

    if (addr_split(server, host, sizeof(host), &port) != 0 || port == 0) {
        str_copy(host, sizeof(host), server);
        port = WHOIS_PORT;
    }
    dial_stop(&job->dial);
    buf_clear(&job->heard);
    job->dial = (struct dial){0};
    job->server = server;
    job->asked[job->referrals++] = server;
    if (a->trace)
        TRACE(a, arena_printf(a->arena, "asking %s", server));
    dial_start(&job->dial, a, arena_dup(a->arena, host), port, &events);
}

/* ---- RDAP ---- */

static void ask_rdap(struct attempt *a);

/* RDAP did not help: whois, when both are allowed; else e says why. */
static void give_up_rdap(struct attempt *a, int code, const struct err *e)
{
    const struct domain_opts *o = a->opts;

    if (o->method == AUTO && !is_url(o->server)) {
        ask_whois(a, ROOT);
        return;
    }
    attempt_fail(a, code, e);
    attempt_done(a);
}

static void judge_rdap(struct attempt *a, const struct httpc_reply *r)
{
    const struct domain_job *job = a->job;
    struct rdap answer;
    struct err e = {0};
    int code = rdap_read(r->body, r->body_bytes, job->domain, &answer, &e);

    if (code == 0 && answer.ends_ms) {
        judge(a, answer.ends_ms, answer.registrar, answer.status);
        return;
    }
    if (code == 0)
        code = err_set(&e, ERR_UNSUPPORTED, MSG("the RDAP server {1} does not say when the registration of {2} ends"), "ss",
                       job->server, job->domain);
    give_up_rdap(a, code, &e);
}

static bool follow(struct attempt *a, const struct httpc_reply *r)
{
    struct domain_job *job = a->job;
    const char *location = r->status >= 300 && r->status < 400 ? httpc_find_header(r, "Location") : NULL;
    struct url next;

    if (location == NULL || job->redirects++ >= MAX_REDIRECTS || url_join(a->arena, &job->url, location, &next) != 0)
        return false;
    job->url = next;
    ask_rdap(a);
    return true;
}

static void on_reply(struct attempt *a, const struct httpc_reply *r)
{
    struct domain_job *job = a->job;
    struct err e = {0};

    if (r->code) {
        give_up_rdap(a, r->code, &r->err);
    } else if (r->status == 200) {
        judge_rdap(a, r);
    } else if (r->status == 404) {
        a->answered = true;
        end_with(a, STATE_CRITICAL, MSG("{1} is not registered"), job->domain);
    } else if (!follow(a, r)) {
        int code = err_set(&e, r->status == 429 ? ERR_BUSY : ERR_PROTOCOL, MSG("the RDAP server {1} answered {2}"), "si", job->server,
                           (int64_t)r->status);
        give_up_rdap(a, code, &e);
    }
}

static void fill(struct attempt *a, struct httpc_request *rq, struct httpc_header *headers)
{
    headers[0] = (struct httpc_header){"Accept", "application/rdap+json"};
    headers[1] = (struct httpc_header){"User-Agent", "vigie/" VIGIE_VERSION};
    rq->n_headers = 2;
    rq->max_body = RDAP_MAX_BYTES;
    rq->tls.verify = true;
}

static void ask_rdap(struct attempt *a)
{
    struct domain_job *job = a->job;

    fetch_start(&job->fetch, a, &(struct fetch_ask){.url = &job->url, .family = (enum dns_family)a->family, .fill = fill, .done = on_reply});
}

static void begin_rdap(struct attempt *a, const char *base)
{
    struct domain_job *job = a->job;
    const char *slash = base[strlen(base) - 1] == '/' ? "" : "/";
    struct err e;

    job->server = base;
    if (url_parse(a->arena, arena_printf(a->arena, "%s%sdomain/%s", base, slash, job->domain), &job->url) == 0)
        ask_rdap(a);
    else
        give_up_rdap(a, err_set(&e, ERR_INVALID, MSG("“{1}” is no web address"), "s", base), &e);
}

/* ---- IANA's file ---- */

static void boot_run(void *arg)
{
    struct boot_job *b = arg;
    struct buf text = BUF_MAX(RDAP_BOOT_BYTES);

    b->code = file_read(b->path, &text, &b->err);
    if (b->code == 0)
        b->code = rdap_bootstrap(buf_text(&text), text.len, b->domain, b->url, &b->err);
    buf_done(&text);
}

static void choose(struct attempt *a, const char *base, const struct err *e)
{
    const struct domain_opts *o = a->opts;
    struct domain_job *job = a->job;
    struct err none;

    if (base == NULL)
        base = rdap_known(job->domain);
    if (base)
        begin_rdap(a, base);
    else if (o->method == AUTO)
        ask_whois(a, ROOT);
    else if (e)
        give_up_rdap(a, ERR_NOT_FOUND, e);
    else
        give_up_rdap(a, err_set(&none, ERR_UNSUPPORTED, MSG("no RDAP server is known for {1}; name one by “server” or “bootstrap”"),
                                "s", job->domain), &none);
}

static void boot_done(void *arg)
{
    struct boot_job *b = arg;
    struct attempt *a = b->a;

    if (a) {
        ((struct domain_job *)a->job)->boot = NULL;
        if (b->code && a->trace)
            TRACE(a, "the table of RDAP servers was of no use");
        choose(a, b->code == 0 ? arena_dup(a->arena, b->url) : NULL, b->code ? &b->err : NULL);
    }
    mem_free(b);
}

static void read_bootstrap(struct attempt *a)
{
    const struct domain_opts *o = a->opts;
    struct domain_job *job = a->job;
    struct boot_job *b = NEW(struct boot_job);

    b->a = a;
    str_copy(b->domain, sizeof(b->domain), job->domain);
    str_copy(b->path, sizeof(b->path), o->bootstrap);
    job->boot = b;
    if (work_submit(a->env->workers, a->env->loop, boot_run, boot_done, b) == 0)
        return;
    job->boot = mem_free(b);
    choose(a, NULL, NULL);
}

/* ---- the attempt ---- */

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_dup(arena, text);
    size_t n = strlen(copy);

    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (n > 1 && copy[n - 1] == '.')
        copy[n - 1] = '\0';
    return copy;
}

static void start(struct attempt *a)
{
    const struct domain_opts *o = a->opts;
    struct domain_job *job = ARENA_NEW(a->arena, struct domain_job);

    a->job = job;
    job->domain = lower(a->arena, o->domain);
    job->heard = BUF_MAX(WHOIS_MAX_BYTES);
    if (is_url(o->server))
        begin_rdap(a, o->server);
    else if (o->server || o->method == BY_WHOIS)
        ask_whois(a, o->server ? o->server : ROOT);
    else if (o->bootstrap)
        read_bootstrap(a);
    else
        choose(a, NULL, NULL);
}

static void stop(struct attempt *a)
{
    struct domain_job *job = a->job;

    if (job == NULL)
        return;
    if (job->boot)
        job->boot->a = NULL;
    job->boot = NULL;
    fetch_stop(&job->fetch);
    dial_stop(&job->dial);
    buf_done(&job->heard);
}

static void late(struct attempt *a)
{
    struct domain_job *job = a->job;

    if (fetch_late(&job->fetch))
        return;
    if (job->dial.dns)
        attempt_late_lookup(a, job->server);
    else if (job->server)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} did not answer within {2}"), "sd", job->server, a->timeout_ms);
}

const struct probe probe_domain = {
    .kind = {.name = "domain",
             .help = MSG("days until the registration of a domain ends, by RDAP or whois"),
             .area = "names",
             .example = "domain: example.org",
             .rows = rows,
             .opts_bytes = sizeof(struct domain_opts),
             .finish = finish,
             .every_ms = 12 * HOUR_MS,
             .retry_ms = HOUR_MS,
             .timeout_ms = 30000},
    .start = start,
    .stop = stop,
    .late = late,
};

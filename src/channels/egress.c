/* SPDX-License-Identifier: GPL-3.0-or-later */
/* egress.c: requests to other people's servers: one hop is a look-up, a judgement of what it led to, and an exchange with that address. */
#include "channels/egress.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/dns.h"
#include <string.h>

enum { EGRESS_MAGIC = 0x65677273, MAX_URL = 2000, MAX_HEADERS = 40, MAX_REDIRECTS = 10, DEFAULT_MS = 10000, LONGEST_MS = 120000, DEFAULT_BODY = 1 << 20 };

struct place { /* of a URL */
    bool https;
    char host[256];
    int port;
    const char *rest; /* "/path?query" */
};
struct egress_job {
    struct egress *egress;
    struct egress_job *next, **at;
    struct arena *arena;
    struct egress_request rq; /* copies */
    const char *url;          /* of this hop */
    struct place place;
    struct dns_job *look;
    struct httpc_job *exchange;
    struct timer early;       /* an answer that needs no network */
    struct err err;
    int code, hops;
    int64_t until_ms;         /* mono */
    httpc_fn *fn;
    void *arg;
};
struct egress {
    unsigned magic;
    struct loop *loop;
    struct httpc *httpc;
    struct dns *dns;
    const struct conf *(*conf)(void *arg);
    void *arg;
    struct egress_job *jobs;
};

/* ---- where to ---- */

/* RFC 6890 and its successors: what is not somebody's on the public network. */
static const char *const not_public[] = {
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
    "192.168.0.0/16",  "198.18.0.0/15",  "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/96",           "64:ff9b::/96",   "64:ff9b:1::/48",  "100::/64",    "2001::/23",      "2001:db8::/32", "2002::/16",    "3fff::/20",    "5f00::/16",
    "fc00::/7",        "fe80::/10",      "fec0::/10",       "ff00::/8",    NULL,
};

bool egress_public_address(const struct addr *a)
{
    char host[ADDR_TEXT_BYTES];
    struct addr inner;
    addr_host(a, host);
    if (str_starts(host, "::ffff:") && addr_parse(host + 7, 0, &inner) == 0) /* IPv4 in IPv6's clothes */
        return egress_public_address(&inner);
    for (const char *const *p = not_public; *p; p++)
        if (addr_in(a, *p))
            return false;
    return true;
}

static int bad_url(struct err *e, const char *url)
{
    char shown[120];
    str_copy(shown, sizeof shown, url ? url : "");
    return err_set(e, ERR_INVALID, MSG("“{1}” is no http or https address"), "s", shown);
}

/* Only what cannot be read in two ways: no user in it, no backslash, no blank, ASCII. */
static int place_read(const char *url, struct place *ret, struct err *e)
{
    struct place p = {0};
    size_t n = url ? strlen(url) : 0, host_n;
    if (!n || n > MAX_URL)
        return bad_url(e, url);
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\' || *c == '"' || *c == '<' || *c == '>')
            return bad_url(e, url);
    p.https = str_starts(url, "https://");
    if (!p.https && !str_starts(url, "http://"))
        return bad_url(e, url);
    const char *host = url + (p.https ? 8 : 7), *end = host + strcspn(host, "/?#"), *colon;
    if (memchr(host, '@', (size_t)(end - host)))
        return bad_url(e, url);
    p.rest = end;
    p.port = p.https ? 443 : 80;
    if (*host == '[') {
        const char *close = memchr(host, ']', (size_t)(end - host));
        if (!close)
            return bad_url(e, url);
        host++;
        host_n = (size_t)(close - host);
        colon = close[1] == ':' ? close + 1 : NULL;
        if (!colon && close + 1 != end)
            return bad_url(e, url);
    } else {
        colon = memchr(host, ':', (size_t)(end - host));
        host_n = (size_t)((colon ? colon : end) - host);
    }
    if (!host_n || host_n >= sizeof p.host)
        return bad_url(e, url);
    str_copyn(p.host, sizeof p.host, host, host_n);
    if (colon) {
        int64_t port = 0;
        for (colon++; colon < end; colon++)
            if (*colon < '0' || *colon > '9' || (port = port * 10 + (*colon - '0')) > 65535)
                return bad_url(e, url);
        if (port < 1)
            return bad_url(e, url);
        p.port = (int)port;
    }
    *ret = p;
    return 0;
}

static bool open_house(const struct egress *g)
{
    const struct conf *c = g->conf ? g->conf(g->arg) : NULL;
    return c && c->announce.outsiders == CONF_OUTSIDERS_ANYWHERE;
}

static int judge_scheme(const struct egress *g, const struct place *p, struct err *e)
{
    if (p->https || open_house(g))
        return 0;
    return err_set(e, ERR_DENIED, MSG("{1}: only https is spoken with strangers"), "s", p->host);
}

static int judge_address(const struct egress *g, const char *host, const struct addr *a, struct err *e)
{
    if (egress_public_address(a) || open_house(g))
        return 0;
    return err_set(e, ERR_DENIED, MSG("{1} is at an address of a private network, which strangers may not name"), "s", host);
}

int egress_judge(const struct egress *g, const char *url, struct err *e)
{
    struct place p;
    struct addr a;
    int r = place_read(url, &p, e);
    if (r == 0)
        r = judge_scheme(g, &p, e);
    if (r == 0 && addr_parse(p.host, p.port, &a) == 0)
        r = judge_address(g, p.host, &a, e);
    else if (r == 0 && !strchr(p.host, '.') && !open_house(g))
        r = err_set(e, ERR_DENIED, MSG("{1} is at an address of a private network, which strangers may not name"), "s", p.host);
    return r;
}

/* ---- a job ---- */

static void job_free(struct egress_job *job)
{
    *job->at = job->next;
    if (job->next)
        job->next->at = job->at;
    timer_clear(&job->early);
    if (job->look)
        dns_cancel(job->look);
    if (job->exchange)
        httpc_cancel(job->exchange);
    arena_free(job->arena);
    mem_free(job);
}

static void job_end(struct egress_job *job, const struct httpc_reply *r)
{
    job->fn(job->arg, r);
    job_free(job);
}

static void job_fail(struct egress_job *job)
{
    struct httpc_reply r = {.code = job->code, .err = job->err};
    job_end(job, &r);
}

static void early(void *arg)
{
    job_fail(arg);
}

static void job_fail_later(struct egress_job *job, int code)
{
    job->code = code;
    timer_set(&job->early, 0);
}

static void hop(struct egress_job *job);

static bool redirects(const struct egress_job *job, const struct httpc_reply *r)
{
    bool asks = r->code == 0 && (r->status == 301 || r->status == 302 || r->status == 303 || r->status == 307 || r->status == 308);
    bool may = str_eq(job->rq.method, "GET") || str_eq(job->rq.method, "HEAD");
    return asks && may && job->hops < job->rq.redirects && job->hops < MAX_REDIRECTS && httpc_find_header(r, "Location");
}

/* The next hop's address: whole, or from the root, or beside this one. NULL: none that we read. */
static const char *location(struct egress_job *job, const char *to)
{
    const char *host = strstr(job->url, "://") + 3, *end = host + strcspn(host, "/?#");
    if (strlen(to) > MAX_URL)
        return NULL;
    if (str_starts(to, "http://") || str_starts(to, "https://"))
        return arena_dup(job->arena, to);
    if (str_starts(to, "//"))
        return arena_printf(job->arena, "%s:%s", job->place.https ? "https" : "http", to);
    if (to[0] == '/')
        return arena_printf(job->arena, "%.*s%s", (int)(end - job->url), job->url, to);
    size_t path = strcspn(job->url, "?#");
    while (path > (size_t)(end - job->url) && job->url[path - 1] != '/')
        path--;
    return arena_printf(job->arena, "%.*s%s%s", (int)path, job->url, path == (size_t)(end - job->url) ? "/" : "", to);
}

static bool secret_header(const char *name)
{
    return str_ieq(name, "authorization") || str_ieq(name, "cookie") || str_ieq(name, "signature") || str_ieq(name, "signature-input");
}

/* At another origin nobody hears our names and signatures. */
static void strip(struct egress_job *job)
{
    struct httpc_header *h = (struct httpc_header *)job->rq.headers;
    int n = 0;
    for (int i = 0; i < job->rq.n_headers; i++)
        if (!secret_header(h[i].name))
            h[n++] = h[i];
    job->rq.n_headers = n;
    job->rq.user = job->rq.password = NULL;
}

static void follow(struct egress_job *job, const struct httpc_reply *r)
{
    struct place before = job->place;
    const char *to = location(job, httpc_find_header(r, "Location"));
    if (!to || place_read(to, &job->place, &job->err)) {
        job_fail_later(job, ERR_PROTOCOL);
        return;
    }
    if (!str_ieq(before.host, job->place.host) || before.port != job->place.port || before.https != job->place.https)
        strip(job);
    job->url = to;
    job->hops++;
    hop(job);
}

static void exchanged(void *arg, const struct httpc_reply *r)
{
    struct egress_job *job = arg;
    job->exchange = NULL;
    if (redirects(job, r))
        follow(job, r);
    else
        job_end(job, r);
}

static int addresses_judge(struct egress_job *job, const struct dns_addrs *d, struct addr *ret, int *ret_n)
{
    int n = 0, code = ERR_NOT_FOUND;
    for (int i = 0; i < d->n; i++) {
        int r = job->rq.class == EGRESS_STAFF ? 0 : judge_address(job->egress, job->place.host, &d->at[i], &job->err);
        if (r) {
            code = r;
            continue;
        }
        ret[n] = d->at[i];
        addr_set_port(&ret[n++], job->place.port);
    }
    *ret_n = n;
    return n ? 0 : code;
}

static void looked(void *arg, const struct dns_addrs *d)
{
    struct egress_job *job = arg;
    const struct egress_request *rq = &job->rq;
    struct addr addrs[DNS_MAX_ADDRS];
    int n = 0, code = d->code;
    int64_t left = job->until_ms - clock_mono_ms();
    job->look = NULL;
    if (code)
        job->err = d->err;
    else
        code = addresses_judge(job, d, addrs, &n);
    if (code == 0 && left <= 0)
        code = err_set(&job->err, ERR_TIMEOUT, MSG("no answer in time"), "");
    if (code) {
        job_fail_later(job, code);
        return;
    }
    struct httpc_request ask = {.method = rq->method, .url = job->url, .headers = rq->headers, .n_headers = rq->n_headers, .body = rq->body, .body_bytes = rq->body_bytes,
                                .addrs = addrs, .n_addrs = n, .user = rq->user, .password = rq->password, .timeout_ms = left, .max_body = rq->max_body,
                                .keep_alive = true, .tls = {.verify = true, .ca_file = rq->ca_file}};
    job->exchange = httpc_start(job->egress->httpc, &ask, exchanged, job);
}

static void hop(struct egress_job *job)
{
    int code = job->rq.class == EGRESS_STAFF ? 0 : judge_scheme(job->egress, &job->place, &job->err);
    int64_t left = job->until_ms - clock_mono_ms();
    if (code == 0 && left <= 0)
        code = err_set(&job->err, ERR_TIMEOUT, MSG("no answer in time"), "");
    struct dns_addrs itself = {.n = 1};
    if (code)
        job_fail_later(job, code);
    else if (addr_parse(job->place.host, 0, &itself.at[0]) == 0) /* an address is nobody's name */
        looked(job, &itself);
    else
        job->look = dns_resolve(job->egress->dns, job->place.host, DNS_ANY, left, looked, job);
}

/* ---- the way in ---- */

static bool header_clean(const struct httpc_header *h)
{
    return h->name && h->name[0] && h->value && !strpbrk(h->name, "\r\n: ") && !strpbrk(h->value, "\r\n");
}

static int request_copy(struct egress_job *job, const struct egress_request *rq)
{
    struct arena *a = job->arena;
    struct httpc_header *headers = arena_alloc(a, sizeof *headers * (size_t)(rq->n_headers > 0 ? rq->n_headers : 1));
    if (rq->n_headers > MAX_HEADERS)
        return err_set(&job->err, ERR_LIMIT, MSG("too many headers"), "");
    for (int i = 0; i < rq->n_headers; i++) {
        if (!header_clean(&rq->headers[i]))
            return err_set(&job->err, ERR_INVALID, MSG("a header has a line break in it"), "");
        headers[i] = (struct httpc_header){arena_dup(a, rq->headers[i].name), arena_dup(a, rq->headers[i].value)};
    }
    job->rq = *rq;
    job->rq.headers = headers;
    job->rq.method = arena_dup(a, rq->method ? rq->method : rq->body ? "POST" : "GET");
    job->rq.body = rq->body ? arena_dupn(a, rq->body, rq->body_bytes) : NULL;
    job->rq.user = rq->user ? arena_dup(a, rq->user) : NULL;
    job->rq.password = rq->password ? arena_dup(a, rq->password) : NULL;
    job->rq.ca_file = rq->ca_file ? arena_dup(a, rq->ca_file) : NULL;
    job->rq.max_body = rq->max_body ? rq->max_body : DEFAULT_BODY;
    job->rq.timeout_ms = rq->timeout_ms > 0 ? rq->timeout_ms : DEFAULT_MS;
    if (rq->class == EGRESS_OUTSIDER) { /* what the house grants, whatever was asked */
        job->rq.max_body = job->rq.max_body < DEFAULT_BODY ? job->rq.max_body : DEFAULT_BODY;
        job->rq.timeout_ms = job->rq.timeout_ms < DEFAULT_MS ? job->rq.timeout_ms : DEFAULT_MS;
        job->rq.ca_file = NULL;
    }
    if (job->rq.timeout_ms > LONGEST_MS)
        job->rq.timeout_ms = LONGEST_MS;
    return 0;
}

struct egress_job *egress_start(struct egress *g, const struct egress_request *rq, httpc_fn *fn, void *arg)
{
    CHECK_OBJ(g, EGRESS_MAGIC);
    struct egress_job *job = NEW(struct egress_job);
    *job = (struct egress_job){.egress = g, .next = g->jobs, .at = &g->jobs, .arena = arena_new(0), .fn = fn, .arg = arg};
    if (job->next)
        job->next->at = &job->next;
    g->jobs = job;
    timer_init(&job->early, g->loop, early, job);
    job->url = arena_dup(job->arena, rq->url ? rq->url : "");
    int code = request_copy(job, rq);
    job->until_ms = clock_mono_ms() + job->rq.timeout_ms;
    if (code == 0)
        code = place_read(job->url, &job->place, &job->err);
    if (code)
        job_fail_later(job, code);
    else
        hop(job);
    return job;
}

const char *egress_url(const struct egress_job *job)
{
    return job->url;
}

void egress_cancel(struct egress_job *job)
{
    if (job)
        job_free(job);
}

struct egress *egress_new(struct loop *l, struct httpc *httpc, const struct conf *(*conf)(void *arg), void *arg)
{
    struct egress *g = NEW(struct egress);
    *g = (struct egress){.magic = EGRESS_MAGIC, .loop = l, .httpc = httpc, .dns = dns_new(l), .conf = conf, .arg = arg};
    return g;
}

struct egress *egress_free(struct egress *g)
{
    if (!g)
        return NULL;
    CHECK_OBJ(g, EGRESS_MAGIC);
    while (g->jobs)
        job_free(g->jobs);
    dns_free(g->dns);
    g->magic = 0;
    return mem_free(g);
}

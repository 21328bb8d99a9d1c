/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_http.c: the HTTP client's twin.  An exchange is worked out when it starts (which address, which
 * failure, which page) and told at the moment it would have ended: one event an exchange.
 * Requests to the Unix socket or loopback port of an httpd in the same world really go there. */
#include "base/hash.h"
#include "io/httpc.h"
#include "io/sim/sim_http.h"
#include "io/sim/sim_int.h"

enum { HTTPC_MAGIC = 0x477c0001, DEFAULT_HEADER_MAX = 65536, NEXT_ADDR_US = 200000, MAX_REPLY_HEADERS = 100 };

struct httpc {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    struct httpc_job *jobs;
};
struct httpc_job {
    struct httpc_job *next;
    struct sim_obj obj;
    struct httpc *owner;
    struct sim_event ev;
    httpc_fn *fn;
    httpc_data_fn *on_data;
    void (*on_time)(void *arg, struct httpc_job *job); /* mail */
    void *arg;
    struct arena *arena;
    struct httpc_reply r;
    struct sim_exchange *exchange;
    size_t max_body;
    int64_t started_us, timeout_us;
    char who[300]; /* "web1:80", for errors */
};
/* The exchange while it is being worked out. */
struct plan {
    const struct httpc_request *rq;
    struct httpc_job *job;
    struct sim_path path;
    bool tls;
    char host[256];
    const char *target;
    int port;
    int64_t at_us;
    bool never; /* ends only by the time-out */
};

/* ---- life ---- */

struct httpc *httpc_new(struct loop *l)
{
    struct httpc *h = NEW(struct httpc);
    h->magic = HTTPC_MAGIC;
    h->loop = l;
    sim_obj_add(&h->obj, SIM_OBJ_HTTPC);
    return h;
}

static void job_unlink(struct httpc_job *job)
{
    struct httpc_job **at = &job->owner->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    sim_event_clear(&job->ev);
    sim_obj_remove(&job->obj);
    if (job->exchange)
        sim_exchange_drop(job->exchange);
    job->exchange = NULL;
}

static void job_free(struct httpc_job *job)
{
    arena_free(job->arena);
    mem_free(job);
}

void httpc_cancel(struct httpc_job *job)
{
    if (!job)
        return;
    job_unlink(job);
    job_free(job);
}

struct httpc *httpc_free(struct httpc *h)
{
    if (!h)
        return NULL;
    CHECK_OBJ(h, HTTPC_MAGIC);
    while (h->jobs)
        httpc_cancel(h->jobs);
    sim_obj_remove(&h->obj);
    h->magic = 0;
    return mem_free(h);
}

const char *httpc_find_header(const struct httpc_reply *r, const char *name)
{
    for (int i = 0; i < r->n_headers; i++) {
        if (str_ieq(r->headers[i].name, name))
            return r->headers[i].value;
    }
    return NULL;
}

static struct httpc_job *job_new(struct httpc *h, int64_t timeout_ms, void (*fn)(void *arg))
{
    CHECK_OBJ(h, HTTPC_MAGIC);
    struct httpc_job *job = NEW(struct httpc_job);
    job->owner = h;
    job->arena = arena_new(0);
    job->started_us = sim_world()->now_us;
    job->timeout_us = timeout_ms * 1000;
    job->next = h->jobs;
    h->jobs = job;
    sim_obj_add(&job->obj, SIM_OBJ_HTTPC_JOB);
    sim_event_init(&job->ev, h->loop, fn, job);
    return job;
}

/* ---- telling ---- */

static void tell(void *arg)
{
    struct httpc_job *job = arg;
    job_unlink(job);
    struct httpc_reply *r = &job->r;
    if (r->code == 0 && job->on_data && r->body_bytes > 0) {
        if (job->on_data(job->arg, r->body, r->body_bytes) != 0)
            r->code = err_set(&r->err, ERR_CANCELLED, "cancelled", "");
        r->body = "";
        r->body_bytes = 0;
    }
    job->fn(job->arg, r);
    job_free(job);
}

/* The texts are those of httpc.c; {1} is the peer. */
static void fail(struct httpc_job *job, int code, const char *msgid)
{
    job->r.code = err_set(&job->r.err, code, msgid, "s", job->who);
}

static void fail_tls(struct httpc_job *job, const struct tls_info *info)
{
    if (info)
        job->r.code = err_set(&job->r.err, ERR_TLS, "no TLS with {1}: {2}", "sm", job->who, info->verify_text);
    else
        fail(job, ERR_TLS, "{1} does not speak TLS on this port");
}

static void fail_timeout(struct httpc_job *job)
{
    const char *msgid = job->r.connect_us ? "{1} took the request, but did not answer within {2}" : "no connection to {1} within {2}";
    job->r.code = err_set(&job->r.err, ERR_TIMEOUT, msgid, "sd", job->who, job->timeout_us / 1000);
}

static void fail_connect(struct httpc_job *job, enum sim_mode mode)
{
    if (mode == SIM_REFUSED)
        fail(job, ERR_REFUSED, "{1} refused the connection");
    else if (mode == SIM_RESET)
        fail(job, ERR_RESET, "the connection to {1} broke");
    else
        fail(job, ERR_UNREACHABLE, "{1} cannot be reached: no route");
}

/* ---- working out ---- */

/* "https://user@host:8443/path?x#y" → parts. 0 or ERR_INVALID. */
static int split_url(struct plan *p, const char *url)
{
    p->tls = str_istarts(url, "https://");
    if (!p->tls && !str_istarts(url, "http://"))
        return ERR_INVALID;
    p->port = p->tls ? 443 : 80;
    const char *at = url + (p->tls ? 8 : 7);
    size_t n = strcspn(at, "/?#");
    p->target = at[n] == '/' ? at + n : "/";
    const char *user = memrchr(at, '@', n);
    if (user) {
        n -= (size_t)(user + 1 - at);
        at = user + 1;
    }
    char text[256];
    str_copyn(text, sizeof(text), at, n);
    int port;
    if (addr_split(text, p->host, sizeof(p->host), &port) == 0 && port > 0)
        p->port = port;
    else
        str_copyn(p->host, sizeof(p->host), text[0] == '[' ? text + 1 : text, strcspn(text + (text[0] == '['), "]"));
    return p->host[0] ? 0 : ERR_INVALID;
}

/* Finds an address that lets us in; false: the plan has its end. */
static bool connect_any(struct plan *p)
{
    fail(p->job, ERR_UNREACHABLE, "{1} cannot be reached: no route");
    for (int i = 0; i < p->rq->n_addrs; i++) {
        struct addr peer = p->rq->addrs[i];
        addr_set_port(&peer, p->port);
        sim_path_find(&peer, false, &p->path);
        p->job->r.peer = peer;
        bool last = i + 1 == p->rq->n_addrs;
        if (p->path.mode == SIM_SILENT) {
            p->never = last;
            p->at_us += NEXT_ADDR_US;
            continue;
        }
        p->at_us += p->path.rtt_us;
        if (p->path.mode == SIM_UP) {
            p->job->r.connect_us = p->at_us;
            return true;
        }
        fail_connect(p->job, p->path.mode);
    }
    return false;
}

static bool shake_hands(struct plan *p)
{
    struct sim_service *s = p->path.service;
    if (!p->tls) {
        if (s->tls)
            fail(p->job, ERR_RESET, "the connection to {1} broke");
        return !s->tls;
    }
    const char *name = p->rq->tls.server_name ? p->rq->tls.server_name : p->host;
    const struct tls_info *info = sim_tls_show(p->job->arena, s, name);
    p->at_us += 2 * p->path.rtt_us;
    p->job->r.tls = info;
    if (!info || (p->rq->tls.verify && info->verify_code)) {
        fail_tls(p->job, info);
        return false;
    }
    p->job->r.tls_us = p->at_us;
    return true;
}

static const char *authorization(const struct httpc_request *rq, struct arena *a)
{
    for (int i = 0; i < rq->n_headers; i++) {
        if (str_ieq(rq->headers[i].name, "Authorization"))
            return rq->headers[i].value;
    }
    if (!rq->user)
        return NULL;
    const char *pair = arena_printf(a, "%s:%s", rq->user, rq->password ? rq->password : "");
    char text[1024];
    hash_base64((const unsigned char *)pair, strlen(pair), text, sizeof(text), 0);
    return arena_printf(a, "Basic %s", text);
}

static void hear(struct plan *p)
{
    struct sim_service *s = p->path.service;
    const struct httpc_request *rq = p->rq;
    s->hits++;
    buf_clear(&s->heard);
    buf_printf(&s->heard, "%s %s\n", rq->method, p->target);
    for (int i = 0; i < rq->n_headers; i++)
        buf_printf(&s->heard, "%s: %s\n", rq->headers[i].name, rq->headers[i].value);
    buf_str(&s->heard, "\n");
    buf_add(&s->heard, rq->body, rq->body_bytes);
}

void sim_http_headers(struct arena *a, const char *text, struct httpc_reply *r)
{
    struct httpc_header *list = ARENA_ARRAY(a, struct httpc_header, MAX_REPLY_HEADERS);
    struct str rest = str_of(text), line;
    int n = 0;
    while (n < MAX_REPLY_HEADERS && str_next(&rest, "\r\n", &line)) {
        const char *colon = memchr(line.p, ':', line.n);
        if (!colon)
            continue;
        struct str value = str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)});
        list[n].name = arena_dupn(a, line.p, (size_t)(colon - line.p));
        list[n++].value = arena_dupn(a, value.p, value.n);
    }
    r->headers = list;
    r->n_headers = n;
}

/* Cuts or repeats the body to what the ceiling keeps. */
static void set_body(struct plan *p, const char *body)
{
    struct httpc_reply *r = &p->job->r;
    bool endless = p->path.service->endless && body[0];
    size_t n = strlen(body), max = p->rq->max_body;
    if (p->rq->no_body || str_eq(p->rq->method, "HEAD"))
        n = 0;
    if (n > 0 && (endless || n > max)) {
        char *many = arena_alloc(p->job->arena, max + 1);
        for (size_t i = 0; i < max; i++)
            many[i] = body[i % n];
        r->body = many;
        r->body_bytes = max;
        r->body_cut = true;
    } else {
        r->body = arena_dupn(p->job->arena, body, n);
        r->body_bytes = n;
    }
    p->at_us += (int64_t)r->body_bytes * p->path.service->drip_ms * 1000;
}

static void no_page(struct plan *p)
{
    struct sim_service *s = p->path.service;
    if (s->pages.n > 0) {
        p->job->r.code = 0;
        p->job->r.status = 404;
        p->job->r.reason = "Not Found";
        set_body(p, "");
    } else if (s->banner) {
        fail(p->job, ERR_PROTOCOL, "{1} answered with something that is not HTTP");
    } else {
        p->never = true;
    }
}

static void show_page(struct plan *p, const struct sim_page *page)
{
    struct httpc_reply *r = &p->job->r;
    bool allowed = sim_page_allows(page, authorization(p->rq, p->job->arena));
    if (page->status < 0) {
        fail(p->job, page->status == -1 ? ERR_PROTOCOL : ERR_RESET,
             page->status == -1 ? "{1} answered with something that is not HTTP" : "{1} closed the connection without an answer");
        return;
    }
    size_t header_bytes = page->padding + (page->headers ? strlen(page->headers) : 0);
    if (header_bytes > (p->rq->max_header ? p->rq->max_header : DEFAULT_HEADER_MAX)) {
        p->job->r.code = err_set(&p->job->r.err, ERR_PROTOCOL, "{1} sent more than {2} of headers", "sb", p->job->who,
                                 (int64_t)(p->rq->max_header ? p->rq->max_header : DEFAULT_HEADER_MAX));
        return;
    }
    r->code = 0;
    r->status = allowed ? page->status : 401;
    r->reason = "Simulated";
    sim_http_headers(p->job->arena, page->headers, r);
    set_body(p, allowed && page->body ? page->body : "");
}

/* The test's own server, if there is one and it knows. */
static bool ask_server(struct plan *p, struct sim_page *ret)
{
    struct sim_service *s = p->path.service;
    struct sim_answer a = {0};
    if (!s->web || !s->web(s->web_arg, p->rq, p->target, &a))
        return false;
    *ret = (struct sim_page){.status = a.status ? a.status : 200, .delay_ms = a.delay_ms, .padding = a.padding, .headers = (char *)a.headers, .body = (char *)a.body, .login = (char *)a.login};
    return true;
}

static void work_out(struct plan *p)
{
    if (!connect_any(p))
        return;
    hear(p);
    if (!shake_hands(p))
        return;
    struct sim_page own;
    const struct sim_page *page = ask_server(p, &own) ? &own : sim_page_find(p->path.service, p->target);
    p->at_us += p->path.rtt_us + (page ? page->delay_ms * 1000 : 0);
    p->job->r.first_byte_us = p->at_us;
    p->job->r.err = (struct err){0};
    p->job->r.version = (p->rq->http2 && p->tls) || p->rq->http2_at_once ? "2" : "1.1";
    if (page)
        show_page(p, page);
    else
        no_page(p);
}

/* ---- requests to ourselves ---- */

static void own_answer(void *arg, int status, const char *type, const char *headers, const char *body, size_t n)
{
    struct httpc_job *job = arg;
    struct httpc_reply *r = &job->r;
    job->exchange = NULL; /* over */
    r->code = 0;
    r->err = (struct err){0};
    r->status = status;
    r->version = "1.1";
    r->reason = "Simulated";
    sim_http_headers(job->arena, arena_printf(job->arena, "%s%s%s\n%s", type ? "Content-Type: " : "", type ? type : "", "", headers), r);
    r->body_cut = n > job->max_body;
    r->body_bytes = n > job->max_body ? job->max_body : n;
    r->body = arena_dupn(job->arena, body, r->body_bytes);
    r->total_us = r->first_byte_us = sim_world()->now_us - job->started_us;
    sim_event_in(&job->ev, 0);
}

static void own_stream(void *arg)
{
    struct httpc_job *job = arg;
    job->r.status = 200;
    job->r.version = "1.1";
    sim_http_headers(job->arena, "Content-Type: text/event-stream", &job->r);
}

static void own_chunk(void *arg, const char *p, size_t n)
{
    struct httpc_job *job = arg;
    if (job->on_data && job->on_data(job->arg, p, n) != 0) {
        fail(job, ERR_CANCELLED, "cancelled");
        sim_exchange_drop(job->exchange);
        job->exchange = NULL;
        sim_event_in(&job->ev, 0);
    }
}

static void own_close(void *arg)
{
    struct httpc_job *job = arg;
    job->exchange = NULL;
    if (job->r.status == 200)
        job->r.code = 0;
    else
        fail(job, ERR_RESET, "{1} closed the connection without an answer");
    sim_event_in(&job->ev, 0);
}

static const struct sim_exchange_events own_events = {own_answer, own_stream, own_chunk, own_close};

static bool ask_ourselves(struct httpc_job *job, const struct httpc_request *rq, const struct plan *p)
{
    struct buf headers = BUF_MAX(1 << 17);
    for (int i = 0; i < rq->n_headers; i++)
        buf_printf(&headers, "%s: %s\n", rq->headers[i].name, rq->headers[i].value);
    const char *auth = authorization(rq, job->arena);
    if (auth && rq->user)
        buf_printf(&headers, "Authorization: %s\n", auth);
    buf_printf(&headers, "Host: %s:%d\n", p->host, p->port);
    struct sim_request srq = {rq->method, p->target, buf_text(&headers), rq->body, rq->body_bytes,
                              rq->unix_path ? NULL : "127.0.0.1", 0, rq->unix_path ? 0 : p->port};
    fail_timeout(job);
    job->exchange = sim_exchange_start(&srq, rq->unix_path, &own_events, job);
    buf_done(&headers);
    if (job->exchange)
        sim_event_in(&job->ev, job->timeout_us);
    return job->exchange != NULL;
}

static bool is_ours(const struct httpc_request *rq, const struct plan *p)
{
    if (rq->unix_path)
        return true;
    return rq->n_addrs > 0 && addr_is_loopback(&rq->addrs[0]) && sim_httpd_listens(NULL, p->port);
}

/* ---- starting ---- */

static void schedule(struct plan *p)
{
    struct httpc_job *job = p->job;
    if (p->never || p->at_us > job->timeout_us) {
        fail_timeout(job);
        p->at_us = job->timeout_us;
    }
    job->r.total_us = p->at_us;
    sim_event_in(&job->ev, p->at_us);
}

struct httpc_job *httpc_stream(struct httpc *h, const struct httpc_request *rq, httpc_data_fn *on_data, httpc_fn *fn,
                               void *arg)
{
    ASSERT(rq->timeout_ms > 0);
    struct addr local;
    struct httpc_request over_unix = *rq;
    /* A host of the script may have a socket's path as its address; its port is 0. */
    if (rq->unix_path && sim_host_find(rq->unix_path) && addr_unix(rq->unix_path, &local) == 0) {
        over_unix.addrs = &local;
        over_unix.n_addrs = 1;
        over_unix.unix_path = NULL;
        rq = &over_unix;
    }
    struct httpc_job *job = job_new(h, rq->timeout_ms, tell);
    job->fn = fn;
    job->on_data = on_data;
    job->arg = arg;
    job->max_body = rq->max_body;
    job->r.version = job->r.reason = job->r.body = "";
    struct plan p = {.rq = rq, .job = job};
    int bad = split_url(&p, rq->url);
    if (rq->proxy && rq->n_addrs > 0) { /* the pages of a proxy have whole addresses */
        p.port = addr_port(&rq->addrs[0]);
        p.target = rq->url;
    }
    if (bad)
        str_copy(job->who, sizeof(job->who), rq->url);
    else
        str_print(job->who, sizeof(job->who), "%s:%d", p.host, p.port);
    if (bad) {
        fail(job, ERR_INVALID, "the address {1} is not a URL");
        sim_event_in(&job->ev, 0);
    } else if (is_ours(rq, &p)) {
        if (!ask_ourselves(job, rq, &p)) {
            fail(job, ERR_REFUSED, "{1} refused the connection");
            sim_event_in(&job->ev, 0);
        }
    } else {
        work_out(&p);
        schedule(&p);
    }
    return job;
}

struct httpc_job *httpc_start(struct httpc *h, const struct httpc_request *rq, httpc_fn *fn, void *arg)
{
    return httpc_stream(h, rq, NULL, fn, arg);
}

/* ---- a job that only waits: mail ---- */

static void tell_wait(void *arg)
{
    struct httpc_job *job = arg;
    job_unlink(job);
    job->on_time(job->arg, job);
    job_free(job);
}

struct httpc_job *sim_http_wait(struct httpc *h, int64_t after_us, void (*fn)(void *arg, struct httpc_job *job),
                                size_t arg_bytes, void **ret_arg)
{
    struct httpc_job *job = job_new(h, 0, tell_wait);
    job->on_time = fn;
    job->arg = *ret_arg = arena_alloc(job->arena, arg_bytes);
    sim_event_in(&job->ev, after_us);
    return job;
}

struct arena *sim_http_arena(struct httpc_job *job) { return job->arena; }

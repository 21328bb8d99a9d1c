/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd.c: the way of a request: from MHD's callback into an arena, through the queue to the owner
 * loop, to the handler, and back.  httpd_priv.h tells who owns what when. */
#include "io/httpd_priv.h"

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/httpd_path.h"
#include <string.h>
#include <sys/socket.h>

enum {
    HTTPD_MAGIC = 0x177d,
    EXCHANGE_MAGIC = 0xec4a,
    CALL_MAGIC = 0xca11,
    HTTPD_MAX_DROP = 8 << 20
};

/* ---- small answers of our own ---- */

static const struct {
    int status;
    const char *text, *json; /* json: what a client of the API reads */
} texts[] = {
#define HTTPD_TEXT(status, code, text) \
    {status, text "\n", "{\"error\":{\"code\":\"" code "\",\"message\":\"" text "\",\"field\":null}}\n"}
    HTTPD_TEXT(400, "invalid", "Bad request."),
    HTTPD_TEXT(413, "limit", "The body is too large."),
    HTTPD_TEXT(414, "limit", "The address is too long."),
    HTTPD_TEXT(431, "limit", "Too many headers."),
    HTTPD_TEXT(503, "busy", "The server is too busy to answer."),
};

void httpd_add_header(struct MHD_Response *r, const char *name, const char *value)
{
    MHD_add_response_header(r, name, value); /* refuses line ends in either by itself */
}

/* For programs and error paths: not translated, as status lines are not. */
struct MHD_Response *httpd_text(int status, const char *url)
{
    const char *text = "";
    bool api = url != NULL && str_starts(url, "/api/");
    for (size_t i = 0; i < COUNT(texts); i++)
        if (texts[i].status == status)
            text = api ? texts[i].json : texts[i].text;
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_PERSISTENT);
    ASSERT(r != NULL);
    httpd_add_header(r, "Content-Type", api ? "application/json; charset=utf-8" : "text/plain");
    return r;
}

static enum MHD_Result refuse(struct listener *ls, struct MHD_Connection *c, int status,
                              const char *url, bool close)
{
    struct MHD_Response *r = httpd_text(status, url);
    if (close)
        httpd_add_header(r, "Connection", "close");
    atomic_fetch_add(&ls->h->rejected, 1);
    enum MHD_Result rc = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return rc;
}

/* ---- exchanges ---- */

static struct exchange *exchange_new(struct listener *ls, struct MHD_Connection *c)
{
    struct exchange *x = NEW(struct exchange);
    x->magic = EXCHANGE_MAGIC;
    x->listener = ls;
    x->c = c;
    x->conn = httpd_conn_of(c);
    x->body = BUF_MAX(HTTPD_MAX_BODY);
    return x;
}

static void call_free(struct call *call)
{
    if (call == NULL)
        return;
    call->magic = 0;
    arena_free(call->rq.arena);
}

static void exchange_free(struct exchange *x)
{
    if (x->response != NULL)
        MHD_destroy_response(x->response);
    call_free(x->call);
    buf_done(&x->body);
    mem_free(x->url);
    x->magic = 0;
    mem_free(x);
}

/* Stands for a request without body and query in MHD's pointer: most are answered from what is
 * published, and then nothing is allocated. */
static const char light_mark;

static void *light(void)
{
    return (void *)(uintptr_t)&light_mark;
}

void httpd_on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                        enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *con_cls;
    if (x == NULL || *con_cls == light())
        return;
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    atomic_store(&x->conn->busy, false);
    if (x->stream != NULL)
        httpd_stream_gone(x);
    exchange_free(x);
    *con_cls = NULL;
}

/* The query must be copied here: MHD takes it apart in place.  Most requests have none, and then
 * nothing is allocated. */
void *httpd_on_url(void *cls, const char *url, struct MHD_Connection *c)
{
    bool too_long = strlen(url) > HTTPD_MAX_URL;
    if (!too_long && strchr(url, '?') == NULL)
        return NULL;
    struct exchange *x = exchange_new(cls, c);
    if (too_long)
        x->refuse = MHD_HTTP_URI_TOO_LONG;
    else
        x->url = mem_dup(url);
    return x;
}

static const char *query_of(const struct exchange *x)
{
    const char *mark = x != NULL && x->url != NULL ? strchr(x->url, '?') : NULL;
    return mark != NULL ? mark + 1 : NULL;
}

static bool reads_only(const char *method)
{
    return str_eq(method, "GET") || str_eq(method, "HEAD");
}

static bool serve_published(struct listener *ls, struct MHD_Connection *c, const char *url,
                            const char *query)
{
    if (!httpd_blob_serve(ls->h->blobs, c, ls->index, httpd_path_of_url(url), query))
        return false;
    atomic_fetch_add_explicit(&ls->h->published_hits, 1, memory_order_relaxed);
    return true;
}

/* ---- copying a request ---- */

struct copying {
    struct call *call;
    int lengths, codings; /* how many of the headers that frame the body */
    bool too_many;
};

static enum MHD_Result copy_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct copying *k = cls;
    struct httpd_request *rq = &k->call->rq;
    if (rq->n_headers == HTTPD_MAX_HEADERS) {
        k->too_many = true;
        return MHD_NO;
    }
    k->lengths += str_ieq(name, "Content-Length");
    k->codings += str_ieq(name, "Transfer-Encoding");
    rq->headers[rq->n_headers].name = arena_dup(rq->arena, name);
    rq->headers[rq->n_headers++].value = arena_dup(rq->arena, value != NULL ? value : "");
    return MHD_YES;
}

/* Two statements of the body's length are how requests are smuggled past a proxy. */
static int copy_headers(struct call *call, struct MHD_Connection *c)
{
    struct copying k = {.call = call};
    MHD_get_connection_values(c, MHD_HEADER_KIND, copy_header, &k);
    if (k.too_many)
        return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    return k.lengths + k.codings > 1 ? MHD_HTTP_BAD_REQUEST : 0;
}

static int copy_path(struct call *call, const char *url)
{
    const char *raw = httpd_path_of_url(url);
    size_t room = strlen(raw) + 1;
    char *path = arena_alloc(call->rq.arena, room);
    call->rq.path = path;
    return httpd_path_decode(raw, path, room) == 0 ? 0 : MHD_HTTP_BAD_REQUEST;
}

static void copy_peer(struct call *call, const struct exchange *x)
{
    struct httpd_peer *peer = &call->rq.peer;
    struct ucred cred;
    socklen_t len = sizeof cred;
    *peer = (struct httpd_peer){
        .addr = x->conn->addr, .local = x->listener->local, .uid = -1, .gid = -1};
    if (peer->local && getsockopt(x->conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
        peer->uid = (int)cred.uid;
        peer->gid = (int)cred.gid;
        peer->pid = (int)cred.pid;
    }
}

/* 0, or the status to refuse it with; x->call is set either way. */
static int call_new(struct exchange *x, const char *url, const char *method)
{
    struct arena *a = arena_new(4096);
    struct call *call = ARENA_NEW(a, struct call);
    call->magic = CALL_MAGIC;
    call->h = x->listener->h;
    call->exchange = x;
    call->rq.arena = a;
    call->rq.method = arena_dup(a, method);
    const char *query = query_of(x);
    call->rq.query = arena_dup(a, query != NULL ? query : "");
    call->rq.listener = x->listener->index;
    call->rq.body_bytes = x->body.len;
    call->rq.body = arena_dupn(a, buf_text(&x->body), x->body.len);
    copy_peer(call, x);
    x->call = call;
    int status = copy_path(call, url);
    return status != 0 ? status : copy_headers(call, x->c);
}

/* ---- MHD's callback ---- */

/* Suspended under the lock: httpd_free() must not resume what is not suspended yet. */
static enum MHD_Result dispatch(struct exchange *x)
{
    struct httpd *h = x->listener->h;
    x->next = NULL;
    pthread_mutex_lock(&h->lock);
    bool stopping = h->stopping;
    if (!stopping) {
        atomic_store(&x->conn->busy, true);
        *h->arrived_last = x;
        h->arrived_last = &x->next;
        MHD_suspend_connection(x->c);
    }
    pthread_mutex_unlock(&h->lock);
    if (stopping)
        return refuse(x->listener, x->c, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, true);
    httpd_pump_post(h);
    return MHD_YES;
}

static bool body_over(struct MHD_Connection *c, int64_t most)
{
    const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
    int64_t n;
    return text != NULL && (str_i64(text, &n) != 0 || n > most);
}

/* A NUL in the request line: what follows it is lost to C text.  MHD cuts the line in place, so the
 * version follows the end of the address; where there is a query it was taken apart and says
 * nothing. */
static bool line_is_odd(const struct exchange *x, const char *url, const char *version)
{
    const char *end = url + strlen(url) + 1;
    return query_of(x) == NULL && version > url && version < url + HTTPD_MAX_URL && version != end;
}

static enum MHD_Result begin(struct listener *ls, struct MHD_Connection *c, struct exchange *x,
                             const char *url, const char *method, const char *version,
                             void **con_cls)
{
    struct httpd_conn *conn = httpd_conn_of(c);
    bool body = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length") != NULL ||
                MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding") != NULL;
    atomic_fetch_add_explicit(&ls->h->requests, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&conn->requests, 1, memory_order_relaxed);
    if (line_is_odd(x, url, version))
        return refuse(ls, c, MHD_HTTP_BAD_REQUEST, url, true);
    if (x != NULL && x->refuse != 0)
        return refuse(ls, c, x->refuse, url, true);
    if (body && body_over(c, HTTPD_MAX_DROP))
        return refuse(ls, c, MHD_HTTP_CONTENT_TOO_LARGE, url, true);
    /* An answer given here, before the body could come, would end the connection: it waits for the
     * next call. */
    if (x == NULL && !body && reads_only(method)) {
        *con_cls = light();
        return MHD_YES;
    }
    if (x == NULL)
        x = exchange_new(ls, c);
    /* A body that is too large, but not by much, is read and dropped: a client that is still sending would see a
     * broken pipe instead of the answer. */
    if (body && body_over(c, HTTPD_MAX_BODY))
        x->refuse = MHD_HTTP_CONTENT_TOO_LARGE;
    x->begun = true;
    *con_cls = x;
    return MHD_YES;
}

static enum MHD_Result take_body(struct exchange *x, const char *data, size_t n)
{
    if (x->refuse == 0)
        buf_add(&x->body, data, n);
    if (x->body.full) {
        buf_done(&x->body);
        x->body.full = false;
        x->refuse = MHD_HTTP_CONTENT_TOO_LARGE;
    }
    x->dropped_bytes += x->refuse != 0 ? n : 0;
    return x->dropped_bytes > HTTPD_MAX_DROP ? MHD_NO : MHD_YES;
}

static enum MHD_Result dispatch_new(struct exchange *x, const char *url, const char *method)
{
    int status = call_new(x, url, method);
    return status != 0 ? refuse(x->listener, x->c, status, url, true) : dispatch(x);
}

static enum MHD_Result complete(struct exchange *x, const char *url, const char *method)
{
    struct listener *ls = x->listener;
    if (x->refuse != 0)
        return refuse(ls, x->c, x->refuse, url, false);
    if (reads_only(method) && serve_published(ls, x->c, url, query_of(x)))
        return MHD_YES;
    return dispatch_new(x, url, method);
}

enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *c, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_bytes, void **con_cls)
{
    struct exchange *x = *con_cls;
    if (*con_cls == light()) {
        if (serve_published(cls, c, url, NULL))
            return MHD_YES;
        x = *con_cls = exchange_new(cls, c);
        x->begun = true;
        return dispatch_new(x, url, method);
    }
    if (x == NULL || !x->begun)
        return begin(cls, c, x, url, method, version, con_cls);
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    if (x->response != NULL)
        return MHD_queue_response(c, (unsigned)x->status, x->response);
    if (*data_bytes == 0)
        return complete(x, url, method);
    size_t n = *data_bytes;
    *data_bytes = 0;
    return take_body(x, data, n);
}

/* ---- the owner loop ---- */

static void calls_link(struct httpd *h, struct call *call)
{
    call->next = h->calls;
    if (call->next != NULL)
        call->next->prev = call;
    h->calls = call;
}

void httpd_call_end(struct call *call)
{
    struct httpd *h = call->h;
    timer_clear(&call->timer);
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        h->calls = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    call_free(call);
}

void httpd_resume(struct exchange *x, int status, struct MHD_Response *response)
{
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    x->status = status;
    x->response = response;
    atomic_fetch_add(&x->conn->requests, 1);
    if (x->stream == NULL)
        atomic_store(&x->conn->busy, false);
    MHD_resume_connection(x->c);
}

static void on_late(void *arg)
{
    struct call *call = arg;
    CHECK_OBJ(call, CALL_MAGIC);
    struct exchange *x = call->exchange;
    call->exchange = NULL;
    atomic_fetch_add(&call->h->rejected, 1);
    httpd_resume(x, MHD_HTTP_SERVICE_UNAVAILABLE, httpd_text(MHD_HTTP_SERVICE_UNAVAILABLE, NULL));
}

static void deliver(struct httpd *h, struct exchange *x)
{
    struct call *call = x->call;
    x->call = NULL;
    calls_link(h, call);
    timer_init(&call->timer, h->loop, on_late, call);
    timer_set(&call->timer, h->limits.answer_ms);
    h->handler(h->arg, &call->rq);
}

static void httpd_destroy(struct httpd *h)
{
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->conn_lock);
    pthread_mutex_destroy(&h->stream_lock);
    h->magic = 0;
    mem_free(h);
}

static struct exchange *arrived_take_locked(struct httpd *h)
{
    struct exchange *first = h->arrived;
    h->arrived = NULL;
    h->arrived_last = &h->arrived;
    return first;
}

static void on_pump(void *arg)
{
    struct httpd *h = arg;
    CHECK_OBJ(h, HTTPD_MAGIC);
    pthread_mutex_lock(&h->lock);
    h->pump_posted = false;
    struct exchange *x = arrived_take_locked(h);
    bool freed = h->freed;
    pthread_mutex_unlock(&h->lock);
    if (freed) {
        httpd_destroy(h);
        return;
    }
    while (x != NULL) {
        struct exchange *next = x->next; /* x may be gone after the handler */
        deliver(h, x);
        x = next;
    }
    httpd_stream_pump(h);
}

void httpd_pump_post(struct httpd *h)
{
    pthread_mutex_lock(&h->lock);
    bool post = !h->pump_posted && !h->stopping;
    h->pump_posted = h->pump_posted || post;
    pthread_mutex_unlock(&h->lock);
    if (post)
        loop_post(h->loop, on_pump, h);
}

static void on_sweep(void *arg)
{
    struct httpd *h = arg;
    timer_set(&h->sweep, h->limits.sweep_ms);
    httpd_conn_sweep(h);
    httpd_stream_sweep(h);
}

/* ---- the public half ---- */

static const struct httpd_limits built_in = {
    .answer_ms = 60000, .stall_ms = 60000, .sweep_ms = 5000, .heartbeat_ms = 25000, .per_address = 100};

struct httpd *httpd_new(struct loop *l, int threads, httpd_handler *handler, void *arg)
{
    ASSERT(threads >= 1 && threads <= 64);
    struct httpd *h = NEW(struct httpd);
    h->magic = HTTPD_MAGIC;
    h->loop = l;
    h->threads = threads;
    h->handler = handler;
    h->arg = arg;
    h->arrived_last = &h->arrived;
    h->blobs = httpd_blob_new();
    pthread_mutex_init(&h->lock, NULL);
    pthread_mutex_init(&h->conn_lock, NULL);
    pthread_mutex_init(&h->stream_lock, NULL);
    timer_init(&h->sweep, l, on_sweep, h);
    httpd_limit(h, &built_in);
    return h;
}

void httpd_limit(struct httpd *h, const struct httpd_limits *l)
{
    CHECK_OBJ(h, HTTPD_MAGIC);
    h->limits = *l;
    timer_set(&h->sweep, l->sweep_ms);
}

static void exchanges_drop(struct httpd *h)
{
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    struct exchange *x = arrived_take_locked(h);
    pthread_mutex_unlock(&h->lock);
    while (x != NULL) {
        struct exchange *next = x->next;
        httpd_resume(x, MHD_HTTP_SERVICE_UNAVAILABLE, httpd_text(MHD_HTTP_SERVICE_UNAVAILABLE, NULL));
        x = next;
    }
    while (h->calls != NULL) {
        x = h->calls->exchange;
        httpd_call_end(h->calls);
        if (x != NULL)
            httpd_resume(x, MHD_HTTP_SERVICE_UNAVAILABLE, httpd_text(MHD_HTTP_SERVICE_UNAVAILABLE, NULL));
    }
}

struct httpd *httpd_free(struct httpd *h)
{
    if (h == NULL)
        return NULL;
    CHECK_OBJ(h, HTTPD_MAGIC);
    timer_clear(&h->sweep);
    /* MHD aborts when it is stopped with suspended connections. */
    exchanges_drop(h);
    httpd_stream_end_all(h);
    httpd_conn_farewell(h);
    for (int i = 0; i < h->n_listeners; i++)
        httpd_listener_free(h->listeners[i]);
    httpd_stream_free_all(h);
    h->blobs = httpd_blob_free(h->blobs);
    pthread_mutex_lock(&h->lock);
    h->freed = true;
    bool posted = h->pump_posted;
    pthread_mutex_unlock(&h->lock);
    if (!posted) /* else the posted call does it */
        httpd_destroy(h);
    return NULL;
}

void httpd_publish(struct httpd *h, int listener, const char *path, const char *lang,
                   const char *type, const void *bytes, size_t n,
                   const struct httpd_header *headers, int n_headers)
{
    CHECK_OBJ(h, HTTPD_MAGIC);
    httpd_blob_put(h->blobs, listener, path, lang, type, bytes, n, headers, n_headers);
}

void httpd_reply(struct httpd_request *rq, const struct httpd_response *rs)
{
    struct call *call = (struct call *)rq;
    CHECK_OBJ(call, CALL_MAGIC);
    struct exchange *x = call->exchange;
    if (x == NULL) { /* the peer was told that it took too long */
        if (rs->given)
            mem_free((void *)(uintptr_t)rs->body);
        httpd_call_end(call);
        return;
    }
    bool give = rs->given && rs->body != NULL;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        rs->body_bytes, (void *)(uintptr_t)(rs->body != NULL ? rs->body : ""),
        give ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_MUST_COPY);
    ASSERT(r != NULL);
    if (rs->type != NULL)
        httpd_add_header(r, "Content-Type", rs->type);
    for (int i = 0; i < rs->n_headers; i++)
        httpd_add_header(r, rs->headers[i].name, rs->headers[i].value);
    httpd_call_end(call);
    httpd_resume(x, rs->status, r);
}

void httpd_get_stats(const struct httpd *h, struct httpd_stats *ret)
{
    CHECK_OBJ(h, HTTPD_MAGIC);
    *ret = (struct httpd_stats){
        .requests = atomic_load(&h->requests),
        .published_hits = atomic_load(&h->published_hits),
        .rejected = atomic_load(&h->rejected),
        .streams = h->n_streams, /* changed by the owner only */
    };
}

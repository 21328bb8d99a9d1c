/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_httpd.c: the HTTP server's twin: published blobs, requests injected by the test or sent by the HTTP
 * client of the same world, event streams.  Nothing is compressed, nothing listens. */
#include "base/hash.h"
#include "base/msg.h"
#include "io/httpd.h"
#include "io/httpd_path.h"
#include "io/sim/sim_int.h"

enum { HTTPD_MAGIC = 0x477d0001, EXCHANGE_MAGIC = 0x477d0002, WAIT_MS = 60000, STREAM_MAX = 256 << 10, MAX_STREAMS = 1000 };

struct blob {
    int listener;
    char *path, *lang, *type, *headers, *bytes;
    size_t n;
    char etag[24];
};
struct listener {
    char *where, *unix_path;
    int port;
};
struct httpd {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    httpd_handler *handler;
    void *arg;
    VEC(struct listener) listeners;
    VEC(struct blob *) blobs;
    struct httpd_stats stats;
};
struct httpd_stream {
    void (*on_close)(void *arg);
    void *arg;
};
struct sim_exchange {
    unsigned magic;
    struct sim_obj obj;
    struct httpd *httpd;      /* NULL: the server has gone */
    struct httpd_request rq;  /* arena NULL: not the handler's (any more) */
    struct httpd_stream stream;
    bool streaming, closing;  /* closing: the server has ended the stream */
    const struct sim_exchange_events *events; /* NULL: the asker has left */
    void *arg;
    struct sim_event in, out, late;
    int status;
    struct buf type, headers, body;
};

/* ---- life ---- */

struct httpd *httpd_new(struct loop *l, int threads, httpd_handler *handler, void *arg)
{
    struct httpd *h = NEW(struct httpd);
    h->magic = HTTPD_MAGIC;
    h->loop = l;
    h->handler = handler;
    h->arg = arg;
    sim_obj_add(&h->obj, SIM_OBJ_HTTPD);
    return h;
}

static struct httpd *find_listener(const char *unix_path, int port, int *ret_index)
{
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_HTTPD); o; o = sim_obj_after(o)) {
        struct httpd *h = CONTAINER(o, struct httpd, obj);
        for (size_t i = 0; i < h->listeners.n; i++) {
            const struct listener *at = &h->listeners.at[i];
            if (unix_path ? str_eq(at->unix_path, unix_path) : !at->unix_path && at->port == port) {
                *ret_index = (int)i;
                return h;
            }
        }
    }
    return NULL;
}

/* The first listener of that sort, for a request that does not say which. */
static struct httpd *find_any(bool local, int *ret_index)
{
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_HTTPD); o; o = sim_obj_after(o)) {
        struct httpd *h = CONTAINER(o, struct httpd, obj);
        for (size_t i = 0; i < h->listeners.n; i++) {
            if ((h->listeners.at[i].unix_path != NULL) == local) {
                *ret_index = (int)i;
                return h;
            }
        }
    }
    return NULL;
}

bool sim_httpd_listens(const char *unix_path, int port)
{
    int index;
    return find_listener(unix_path, port, &index) != NULL;
}

static int free_port(void)
{
    int index, port;
    do {
        port = 30000 + (int)(sim_random() % 10000);
    } while (find_listener(NULL, port, &index));
    return port;
}

int httpd_listen(struct httpd *h, const char *where, int *ret_index, int *ret_port, struct err *e)
{
    CHECK_OBJ(h, HTTPD_MAGIC);
    bool local = str_starts(where, "unix:");
    char host[256];
    int port = 0, other;
    if (!local && addr_split(where, host, sizeof(host), &port) != 0)
        return err_set(e, ERR_INVALID, "“{1}” is not an address to listen on, such as 127.0.0.1:8444", "s", where);
    if (find_listener(local ? where + 5 : NULL, local ? -1 : port, &other))
        return err_set(e, ERR_CONFLICT, "cannot listen on {1}: the address is in use", "s", where);
    if (!local && port == 0)
        port = free_port();
    VEC_PUSH(&h->listeners, ((struct listener){mem_dup(where), local ? mem_dup(where + 5) : NULL, port}));
    if (ret_index)
        *ret_index = (int)h->listeners.n - 1;
    if (ret_port)
        *ret_port = port;
    return 0;
}

static void blob_free(struct blob *b)
{
    mem_free(b->path);
    mem_free(b->lang);
    mem_free(b->type);
    mem_free(b->headers);
    mem_free(b->bytes);
    mem_free(b);
}

static void exchange_free(struct sim_exchange *x)
{
    sim_event_clear(&x->in);
    sim_event_clear(&x->out);
    sim_event_clear(&x->late);
    arena_free(x->rq.arena);
    buf_done(&x->type);
    buf_done(&x->headers);
    buf_done(&x->body);
    sim_obj_remove(&x->obj);
    x->magic = 0;
    mem_free(x);
}

/* An exchange goes when both sides have let go of it. */
static void exchange_settle(struct sim_exchange *x)
{
    bool server_done = !x->rq.arena && !(x->streaming && !x->closing);
    if (!x->events && server_done)
        exchange_free(x);
}

static void orphan(struct sim_exchange *x)
{
    x->httpd = NULL;
    sim_event_clear(&x->in);
    x->rq.arena = arena_free(x->rq.arena);
    x->closing = true;
    if (x->events && (x->streaming || x->status == 0))
        sim_event_in(&x->out, 0);
    exchange_settle(x);
}

struct httpd *httpd_free(struct httpd *h)
{
    if (!h)
        return NULL;
    CHECK_OBJ(h, HTTPD_MAGIC);
    struct sim_obj *next;
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_EXCHANGE); o; o = next) {
        next = sim_obj_after(o);
        if (CONTAINER(o, struct sim_exchange, obj)->httpd == h)
            orphan(CONTAINER(o, struct sim_exchange, obj));
    }
    for (size_t i = 0; i < h->blobs.n; i++)
        blob_free(h->blobs.at[i]);
    for (size_t i = 0; i < h->listeners.n; i++) {
        mem_free(h->listeners.at[i].where);
        mem_free(h->listeners.at[i].unix_path);
    }
    VEC_DONE(&h->blobs);
    VEC_DONE(&h->listeners);
    sim_obj_remove(&h->obj);
    h->magic = 0;
    return mem_free(h);
}

void httpd_get_stats(const struct httpd *h, struct httpd_stats *ret) { *ret = h->stats; }

/* ---- blobs ---- */

static char *headers_text(const struct httpd_header *headers, int n)
{
    struct buf b = BUF_MAX(1 << 16);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s: %s\n", headers[i].name, headers[i].value);
    return buf_take(&b);
}

static void withdraw(struct httpd *h, int listener, const char *path, const char *lang)
{
    for (size_t i = 0; i < h->blobs.n; i++) {
        struct blob *b = h->blobs.at[i];
        if (b->listener == listener && str_eq(b->path, path) && str_eq(b->lang, lang)) {
            blob_free(b);
            VEC_REMOVE(&h->blobs, i);
            return;
        }
    }
}

void httpd_publish(struct httpd *h, int listener, const char *path, const char *lang, const char *type, const void *bytes,
                   size_t n, const struct httpd_header *headers, int n_headers)
{
    CHECK_OBJ(h, HTTPD_MAGIC);
    withdraw(h, listener, path, lang);
    if (!bytes)
        return;
    struct blob *b = NEW(struct blob);
    b->listener = listener;
    b->path = mem_dup(path);
    b->lang = mem_dup(lang);
    b->type = mem_dup(type);
    b->headers = headers_text(headers, n_headers);
    b->bytes = mem_dupn(bytes, n);
    b->n = n;
    str_print(b->etag, sizeof(b->etag), "\"%016llx\"", (unsigned long long)hash_bytes(bytes, n, 0));
    VEC_PUSH(&h->blobs, b);
}

static const struct blob *blob_in(const struct httpd *h, int listener, const char *path, const char *lang)
{
    for (size_t i = 0; i < h->blobs.n; i++) {
        const struct blob *b = h->blobs.at[i];
        if ((b->listener == -1 || b->listener == listener) && str_eq(b->path, path) && str_eq(b->lang, lang))
            return b;
    }
    return NULL;
}

static const struct blob *blob_find(const struct sim_exchange *x)
{
    const struct httpd_request *rq = &x->rq;
    if (!str_eq(rq->method, "GET") && !str_eq(rq->method, "HEAD"))
        return NULL;
    const char *accept = httpd_header(rq, "Accept-Language");
    const struct blob *b = blob_in(x->httpd, rq->listener, rq->path, accept ? msg_lang(accept) : "en");
    if (!b)
        b = blob_in(x->httpd, rq->listener, rq->path, "en");
    if (!b)
        b = blob_in(x->httpd, rq->listener, rq->path, NULL);
    return b && strstr(b->headers, "Vary: Accept\n") && httpd_path_activity(httpd_header(rq, "Accept")) ? NULL : b;
}

/* ---- answers ---- */

static void answer(struct sim_exchange *x, int status, const char *type, const char *headers, const void *body, size_t n)
{
    struct arena *arena = x->rq.arena; /* what is said may live in it */
    x->rq.arena = NULL;
    sim_event_clear(&x->late);
    if (x->events) {
        x->status = status;
        buf_clear(&x->type);
        buf_clear(&x->headers);
        buf_clear(&x->body);
        buf_str(&x->type, type);
        buf_str(&x->headers, headers);
        buf_add(&x->body, body, n);
        sim_event_in(&x->out, 0);
    }
    arena_free(arena);
    exchange_settle(x);
}

static void answer_blob(struct sim_exchange *x, const struct blob *b)
{
    struct buf headers = BUF_MAX(1 << 16);
    buf_printf(&headers, "ETag: %s\n%s", b->etag, b->headers);
    bool same = httpd_path_etag_matches(httpd_header(&x->rq, "If-None-Match"), b->etag);
    bool body = !same && str_eq(x->rq.method, "GET");
    x->httpd->stats.published_hits++;
    answer(x, same ? 304 : 200, b->type, buf_text(&headers), b->bytes, body ? b->n : 0);
    buf_done(&headers);
}

/* Nobody attacks the twin. */
void httpd_limit(struct httpd *h, const struct httpd_limits *l) {}

void httpd_reply(struct httpd_request *rq, const struct httpd_response *rs)
{
    struct sim_exchange *x = CONTAINER(rq, struct sim_exchange, rq);
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    ASSERT(x->rq.arena != NULL); /* answered twice */
    char *headers = headers_text(rs->headers, rs->n_headers);
    bool head = str_eq(rq->method, "HEAD");
    answer(x, rs->status, rs->type, headers, rs->body, head ? 0 : rs->body_bytes);
    mem_free(headers);
    if (rs->given)
        mem_free((void *)(uintptr_t)rs->body);
}

/* What the asker gets, from outside of any call of the server's. */
static void deliver(void *arg)
{
    struct sim_exchange *x = arg;
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    const struct sim_exchange_events *events = x->events;
    if (!events) {
        exchange_settle(x);
        return;
    }
    if (x->streaming) {
        char *text = buf_take(&x->body);
        bool over = x->closing;
        if (over)
            x->events = NULL;
        void *to = x->arg;
        if (over)
            exchange_settle(x);
        if (text[0])
            events->on_chunk(to, text, strlen(text));
        if (over)
            events->on_close(to);
        mem_free(text);
        return;
    }
    x->events = NULL;
    if (x->status)
        events->on_answer(x->arg, x->status, buf_text(&x->type), buf_text(&x->headers), buf_text(&x->body), x->body.len);
    else
        events->on_close(x->arg);
    exchange_settle(x);
}

static void too_late(void *arg)
{
    struct sim_exchange *x = arg;
    if (!x->events)
        return;
    x->status = 503;
    buf_str(&x->type, "text/plain");
    sim_event_in(&x->out, 0);
}

/* ---- streams ---- */

struct httpd_stream *httpd_stream(struct httpd_request *rq, void (*on_close)(void *arg), void *arg)
{
    struct sim_exchange *x = CONTAINER(rq, struct sim_exchange, rq);
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    if (x->httpd->stats.streams >= MAX_STREAMS) {
        answer(x, 503, "text/plain", "", "", 0);
        return NULL;
    }
    x->httpd->stats.streams++;
    x->rq.arena = arena_free(x->rq.arena);
    sim_event_clear(&x->late);
    x->streaming = true;
    x->status = 200;
    x->stream = (struct httpd_stream){on_close, arg};
    if (x->events)
        x->events->on_stream(x->arg);
    else
        sim_event_in(&x->in, 0); /* the peer has left already */
    return &x->stream;
}

void httpd_stream_send(struct httpd_stream *s, const char *event, const char *data)
{
    struct sim_exchange *x = CONTAINER(s, struct sim_exchange, stream);
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    if (!x->events)
        return;
    if (event)
        buf_printf(&x->body, "event: %s\n", event);
    const char *line = data;
    for (const char *nl; (nl = strchr(line, '\n')); line = nl + 1)
        buf_printf(&x->body, "data: %.*s\n", (int)(nl - line), line);
    buf_printf(&x->body, "data: %s\n\n", line);
    sim_event_in(&x->out, 0);
}

void httpd_stream_close(struct httpd_stream *s)
{
    struct sim_exchange *x = CONTAINER(s, struct sim_exchange, stream);
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    ASSERT(!x->closing);
    x->closing = true;
    if (x->httpd)
        x->httpd->stats.streams--;
    sim_event_clear(&x->in);
    if (x->events)
        sim_event_in(&x->out, 0);
    else
        exchange_settle(x);
}

/* On the server's loop: the peer of a stream has hung up. */
static void stream_left(void *arg)
{
    struct sim_exchange *x = arg;
    struct httpd_stream s = x->stream;
    x->closing = true;
    x->httpd->stats.streams--;
    exchange_settle(x);
    if (s.on_close)
        s.on_close(s.arg);
}

/* ---- requests ---- */

static void handle(void *arg)
{
    struct sim_exchange *x = arg;
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    if (x->streaming) {
        stream_left(x);
        return;
    }
    x->httpd->stats.requests++;
    const struct blob *b = blob_find(x);
    if (b)
        answer_blob(x, b);
    else
        x->httpd->handler(x->httpd->arg, &x->rq);
}

static void add_header(struct httpd_request *rq, const char *name, const char *value)
{
    if (rq->n_headers == HTTPD_MAX_HEADERS)
        return;
    rq->headers[rq->n_headers].name = name;
    rq->headers[rq->n_headers++].value = value;
}

static void set_headers(struct httpd_request *rq, const char *text)
{
    struct str rest = str_of(text), line;
    while (str_next(&rest, "\r\n", &line)) {
        const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
        if (!colon)
            continue;
        struct str value = str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)});
        add_header(rq, arena_dupn(rq->arena, line.p, (size_t)(colon - line.p)), arena_dupn(rq->arena, value.p, value.n));
    }
    if (!httpd_header(rq, "Host"))
        add_header(rq, "Host", "localhost");
}

static void set_peer(struct httpd_request *rq, const struct sim_request *from)
{
    rq->peer.local = from->peer == NULL;
    rq->peer.uid = rq->peer.gid = from->peer ? -1 : from->uid;
    rq->peer.pid = from->peer ? 0 : 4242;
    if (from->peer)
        (void)addr_parse(from->peer, 50000, &rq->peer.addr);
    else
        (void)addr_unix("", &rq->peer.addr);
}

static int set_request(struct httpd_request *rq, const struct sim_request *from)
{
    struct arena *a = rq->arena;
    const char *mark = strchr(from->path, '?');
    char *raw = mark ? arena_dupn(a, from->path, (size_t)(mark - from->path)) : arena_dup(a, from->path);
    size_t path_bytes = strlen(raw) + 1;
    char *path = arena_alloc(a, path_bytes);
    rq->method = arena_dup(a, from->method ? from->method : "GET");
    rq->query = mark ? arena_dup(a, mark + 1) : "";
    rq->path = path;
    rq->body_bytes = from->body_bytes ? from->body_bytes : from->body ? strlen(from->body) : 0;
    rq->body = arena_dupn(a, from->body ? from->body : "", rq->body_bytes);
    set_headers(rq, from->headers);
    set_peer(rq, from);
    return httpd_path_decode(raw, path, path_bytes);
}

struct sim_exchange *sim_exchange_start(const struct sim_request *from, const char *unix_path,
                                        const struct sim_exchange_events *events, void *arg)
{
    int index = 0;
    struct httpd *h = unix_path || from->port ? find_listener(unix_path, from->port, &index) : find_any(!from->peer, &index);
    if (!h)
        return NULL;
    struct sim_exchange *x = NEW(struct sim_exchange);
    x->magic = EXCHANGE_MAGIC;
    x->httpd = h;
    x->events = events;
    x->arg = arg;
    x->type = x->headers = BUF_MAX(1 << 17);
    x->body = BUF_MAX(64 << 20);
    sim_obj_add(&x->obj, SIM_OBJ_EXCHANGE);
    sim_event_init(&x->in, h->loop, handle, x);
    sim_event_init(&x->out, NULL, deliver, x);
    sim_event_init(&x->late, NULL, too_late, x);
    x->rq.arena = arena_new(0);
    x->rq.listener = index;
    if (set_request(&x->rq, from) != 0 || x->rq.body_bytes > HTTPD_MAX_BODY) {
        h->stats.rejected++;
        answer(x, x->rq.body_bytes > HTTPD_MAX_BODY ? 413 : 400, "text/plain", "", "", 0);
        return x;
    }
    sim_event_in(&x->in, 0);
    sim_event_in(&x->late, WAIT_MS * 1000);
    return x;
}

bool sim_exchange_is(const struct sim_obj *o, const struct sim_exchange *x) { return &x->obj == o; }

void sim_exchange_drop(struct sim_exchange *x)
{
    if (!x)
        return;
    CHECK_OBJ(x, EXCHANGE_MAGIC);
    x->events = NULL;
    sim_event_clear(&x->out);
    sim_event_clear(&x->late);
    if (x->streaming && !x->closing)
        sim_event_in(&x->in, 0); /* tells the server */
    exchange_settle(x);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_stream.c: server-sent events.  A stream is a response without end whose connection sleeps
 * (suspended) while there is nothing to send.  MHD does not watch sleeping sockets, so the sweep
 * does.
 *
 * Lifetime: the owner holds the stream until httpd_stream_close() or on_close; MHD holds it until
 * the exchange is completed (gone).  It is freed by the owner loop once both have let go. */
#include "io/httpd_priv.h"

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { STREAM_MAGIC = 0x57ea };

struct httpd_stream {
    unsigned magic;
    struct httpd *h;
    struct httpd_stream *prev, *next;
    void (*on_close)(void *arg);
    void *arg;
    int64_t sent_ms;
    /* under h->stream_lock */
    struct MHD_Connection *c; /* NULL once gone */
    int fd;
    struct buf out;
    bool asleep; /* suspended */
    bool closed; /* by the owner */
    bool ended;  /* nothing more is sent */
    bool gone;   /* MHD has completed the exchange */
};

static void unlink_stream(struct httpd_stream *s)
{
    struct httpd *h = s->h;
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        h->streams = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    h->n_streams--;
}

static void stream_free(struct httpd_stream *s)
{
    buf_done(&s->out);
    s->magic = 0;
    mem_free(s);
}

/* ---- under the lock ---- */

static void wake(struct httpd_stream *s)
{
    if (!s->asleep)
        return;
    s->asleep = false;
    MHD_resume_connection(s->c);
}

static void end(struct httpd_stream *s)
{
    s->ended = true;
    wake(s);
}

/* A peer that does not read: waiting until its socket takes more would keep its memory. */
static void cut(struct httpd_stream *s)
{
    if (!s->gone)
        shutdown(s->fd, SHUT_RDWR);
    buf_clear(&s->out);
    end(s);
}

/* ---- MHD's side ---- */

ssize_t httpd_stream_reader(void *cls, uint64_t pos, char *out, size_t max)
{
    struct httpd_stream *s = cls;
    CHECK_OBJ(s, STREAM_MAGIC);
    struct httpd *h = s->h;
    ssize_t n = 0;
    pthread_mutex_lock(&h->stream_lock);
    if (s->out.len > 0) {
        n = (ssize_t)(s->out.len < max ? s->out.len : max);
        memcpy(out, s->out.data, (size_t)n);
        buf_drop(&s->out, (size_t)n);
    } else if (s->ended) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        s->asleep = true;
        MHD_suspend_connection(s->c);
    }
    pthread_mutex_unlock(&h->stream_lock);
    return n;
}

void httpd_stream_gone(struct exchange *x)
{
    struct httpd_stream *s = x->stream;
    CHECK_OBJ(s, STREAM_MAGIC);
    struct httpd *h = s->h;
    pthread_mutex_lock(&h->stream_lock);
    s->gone = s->ended = true;
    s->c = NULL;
    pthread_mutex_unlock(&h->stream_lock);
    httpd_pump_post(h);
}

/* ---- the owner's side ---- */

static struct httpd_stream *stream_new(struct call *call, void (*on_close)(void *arg), void *arg)
{
    struct httpd *h = call->h;
    struct exchange *x = call->exchange;
    struct httpd_stream *s = NEW(struct httpd_stream);
    *s = (struct httpd_stream){.magic = STREAM_MAGIC,
                               .h = h,
                               .on_close = on_close,
                               .arg = arg,
                               .sent_ms = clock_mono_ms(),
                               .out = BUF_MAX(HTTPD_MAX_STREAM_BYTES)};
    if (x != NULL) {
        s->c = x->c;
        s->fd = x->conn->fd;
        x->stream = s;
    } else {
        s->gone = s->ended = true; /* the handler came too late: on_close follows */
    }
    pthread_mutex_lock(&h->stream_lock);
    s->next = h->streams;
    if (s->next != NULL)
        s->next->prev = s;
    h->streams = s;
    h->n_streams++;
    pthread_mutex_unlock(&h->stream_lock);
    return s;
}

static struct MHD_Response *stream_response(struct httpd_stream *s)
{
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, httpd_stream_reader, s, NULL);
    ASSERT(r != NULL);
    httpd_add_header(r, "Content-Type", "text/event-stream");
    httpd_add_header(r, "Cache-Control", "no-store");
    httpd_add_header(r, "X-Accel-Buffering", "no"); /* nginx would hold the events back */
    return r;
}

struct httpd_stream *httpd_stream(struct httpd_request *rq, void (*on_close)(void *arg), void *arg)
{
    struct call *call = (struct call *)rq;
    struct httpd *h = call->h;
    pthread_mutex_lock(&h->stream_lock);
    bool room = h->n_streams < HTTPD_MAX_STREAMS;
    pthread_mutex_unlock(&h->stream_lock);
    bool head = str_eq(rq->method, "HEAD"); /* a body without end, of which nothing may be sent */
    if (!room || head) {
        static const char sorry[] = "Too many event streams are open.\n";
        struct httpd_response full = {
            .status = 503, .type = "text/plain", .body = sorry, .body_bytes = sizeof sorry - 1};
        struct httpd_response none = {.status = 200, .type = "text/event-stream"};
        httpd_reply(rq, head ? &none : &full);
        return NULL;
    }
    struct exchange *x = call->exchange;
    struct httpd_stream *s = stream_new(call, on_close, arg);
    httpd_call_end(call);
    if (x != NULL)
        httpd_resume(x, 200, stream_response(s));
    else
        httpd_pump_post(h);
    return s;
}

static void event_format(struct buf *out, const char *event, const char *data)
{
    struct str rest = str_of(data), line;
    if (event != NULL) {
        buf_str(out, "event: ");
        buf_str(out, event);
        buf_char(out, '\n');
    }
    if (rest.n == 0)
        buf_str(out, "data:\n");
    while (rest.n > 0) {
        bool any = str_next(&rest, "\n", &line);
        buf_str(out, "data: ");
        if (any) /* a lone CR would end the line for a browser */
            buf_add(out, line.p, line.n - (line.n > 0 && line.p[line.n - 1] == '\r'));
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

static void send_bytes(struct httpd_stream *s, const char *p, size_t n)
{
    s->sent_ms = clock_mono_ms();
    pthread_mutex_lock(&s->h->stream_lock);
    if (!s->ended) {
        if (s->out.len + n > HTTPD_MAX_STREAM_BYTES)
            cut(s);
        else
            buf_add(&s->out, p, n);
        wake(s);
    }
    pthread_mutex_unlock(&s->h->stream_lock);
}

void httpd_stream_send(struct httpd_stream *s, const char *event, const char *data)
{
    CHECK_OBJ(s, STREAM_MAGIC);
    ASSERT(!s->closed);
    struct buf b = BUF_MAX(HTTPD_MAX_STREAM_BYTES + 1);
    event_format(&b, event, data);
    send_bytes(s, buf_text(&b), b.len);
    buf_done(&b);
}

void httpd_stream_close(struct httpd_stream *s)
{
    if (s == NULL)
        return;
    CHECK_OBJ(s, STREAM_MAGIC);
    pthread_mutex_lock(&s->h->stream_lock);
    s->closed = true;
    end(s);
    pthread_mutex_unlock(&s->h->stream_lock);
}

/* Takes one stream out that MHD has let go of, or NULL. */
static struct httpd_stream *gone_take(struct httpd *h)
{
    pthread_mutex_lock(&h->stream_lock);
    struct httpd_stream *s = h->streams;
    while (s != NULL && !s->gone)
        s = s->next;
    if (s != NULL)
        unlink_stream(s);
    pthread_mutex_unlock(&h->stream_lock);
    return s;
}

void httpd_stream_pump(struct httpd *h)
{
    struct httpd_stream *s;
    while ((s = gone_take(h)) != NULL) {
        void (*on_close)(void *) = s->closed ? NULL : s->on_close;
        void *arg = s->arg;
        if (on_close != NULL)
            on_close(arg);
        stream_free(s);
    }
}

/* Which sleeping peers hung up? They are woken, so that MHD sees it too. */
static void hangups(struct httpd *h)
{
    struct pollfd fds[HTTPD_MAX_STREAMS];
    struct httpd_stream *whose[HTTPD_MAX_STREAMS];
    nfds_t n = 0;
    pthread_mutex_lock(&h->stream_lock);
    for (struct httpd_stream *s = h->streams; s != NULL && n < HTTPD_MAX_STREAMS; s = s->next) {
        if (!s->asleep)
            continue;
        fds[n] = (struct pollfd){s->fd, POLLRDHUP, 0};
        whose[n++] = s;
    }
    if (n > 0 && poll(fds, n, 0) > 0)
        for (nfds_t i = 0; i < n; i++)
            if (fds[i].revents != 0)
                cut(whose[i]);
    pthread_mutex_unlock(&h->stream_lock);
}

void httpd_stream_sweep(struct httpd *h)
{
    hangups(h);
    int64_t now_ms = clock_mono_ms();
    /* Only the owner loop links and unlinks. */
    for (struct httpd_stream *s = h->streams; s != NULL; s = s->next)
        if (now_ms - s->sent_ms >= h->limits.heartbeat_ms)
            send_bytes(s, ":\n\n", 3);
}

void httpd_stream_end_all(struct httpd *h)
{
    pthread_mutex_lock(&h->stream_lock);
    for (struct httpd_stream *s = h->streams; s != NULL; s = s->next)
        end(s);
    pthread_mutex_unlock(&h->stream_lock);
}

void httpd_stream_free_all(struct httpd *h)
{
    while (h->streams != NULL) {
        struct httpd_stream *s = h->streams;
        unlink_stream(s);
        stream_free(s);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_httpd_kit.h: the HTTP server on a loop that has a thread of its own, and blocking clients. */
#ifndef VIGIE_TESTS_IO_HTTPD_KIT_H
#define VIGIE_TESTS_IO_HTTPD_KIT_H

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/httpd.h"
#include "io/httpd_path.h"
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

struct world {
    struct loop *loop;
    struct httpd *h;
    int port, other_port;
    char dir[64], sock[100];
    sem_t done;
    void (*fn)(struct world *w);
    struct timer later;
    struct httpd_request *held;
    struct httpd_stream *stream;
    int arg;
    atomic_int closed, handled;
    struct err err;
};

static inline void run_there(void *arg)
{
    struct world *w = arg;
    w->fn(w);
    sem_post(&w->done);
}

static inline void on_loop(struct world *w, void (*fn)(struct world *w))
{
    w->fn = fn;
    loop_post(w->loop, run_there, w);
    sem_wait(&w->done);
}

/* ---- the server's side ---- */

static inline void reply_text(struct httpd_request *rq, int status, const char *text, size_t n)
{
    struct httpd_header headers[] = {{"X-Test", "yes"}, {"X-Evil", "a\r\nX-Injected: b"}};
    struct httpd_response rs = {.status = status,
                                .type = "text/plain",
                                .body = text,
                                .body_bytes = n,
                                .headers = headers,
                                .n_headers = 2};
    httpd_reply(rq, &rs);
}

static inline void echo(struct httpd_request *rq)
{
    struct buf b = BUF_MAX(1 << 16);
    const char *q = httpd_query(rq, "q"), *f = httpd_form(rq, "f"), *c = httpd_cookie(rq, "sid"),
               *x = httpd_header(rq, "x-in");
    buf_printf(&b, "%s|%s|%s|q=%s|f=%s|sid=%s|x=%s|body=%zu|local=%d|uid=%d|listener=%d",
               rq->method, rq->path, rq->query, q ? q : "-", f ? f : "-", c ? c : "-", x ? x : "-",
               rq->body_bytes, rq->peer.local, rq->peer.uid, rq->listener);
    reply_text(rq, 200, buf_text(&b), b.len);
    buf_done(&b);
}

static inline void on_later(void *arg)
{
    struct world *w = arg;
    reply_text(w->held, 202, "later", 5);
    w->held = NULL;
}

static inline void on_stream_close(void *arg)
{
    struct world *w = arg;
    w->stream = NULL;
    atomic_fetch_add(&w->closed, 1);
}

static inline void handler(void *arg, struct httpd_request *rq)
{
    struct world *w = arg;
    atomic_fetch_add(&w->handled, 1);
    if (str_eq(rq->path, "/later")) {
        w->held = rq;
        timer_set(&w->later, 20);
    } else if (str_eq(rq->path, "/hold")) {
        w->held = rq;
    } else if (str_eq(rq->path, "/never")) {
        return;
    } else if (str_eq(rq->path, "/stream")) {
        struct httpd_stream *s = httpd_stream(rq, on_stream_close, w);
        if (s != NULL)
            w->stream = s;
    } else {
        echo(rq);
    }
}

static inline void start_there(struct world *w)
{
    char where[128];
    w->h = httpd_new(w->loop, 2, handler, w);
    timer_init(&w->later, w->loop, on_later, w);
    assert_int_equal(httpd_listen(w->h, "127.0.0.1:0", NULL, &w->port, &w->err), 0);
    assert_int_equal(httpd_listen(w->h, "[::]:0", NULL, &w->other_port, &w->err), 0);
    str_print(where, sizeof where, "unix:%s", w->sock);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &w->err), 0);
}

static inline void stop_there(struct world *w)
{
    timer_clear(&w->later);
    w->h = httpd_free(w->h);
}

static inline int setup(void **state)
{
    struct world *w = NEW(struct world);
    str_copy(w->dir, sizeof w->dir, "/tmp/vigie-test-httpd-XXXXXX");
    if (mkdtemp(w->dir) == NULL)
        return -1;
    str_print(w->sock, sizeof w->sock, "%s/sock", w->dir);
    sem_init(&w->done, 0, 0);
    w->loop = loop_new("test");
    loop_thread(w->loop);
    on_loop(w, start_there);
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    if (w->h != NULL)
        on_loop(w, stop_there);
    loop_stop(w->loop);
    loop_free(w->loop);
    rmdir(w->dir);
    sem_destroy(&w->done);
    mem_free(w);
    return 0;
}

/* ---- the client's side ---- */

static inline int dial_port(int port)
{
    struct addr a;
    struct timeval patience = {20, 0};
    addr_parse("127.0.0.1", port, &a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, &a.sa, a.len), 0);
    return fd;
}

static inline void say(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        p += done;
        n -= (size_t)done;
    }
}

/* One answer: head and body apart.  False when the connection ended before. */
struct answer {
    int status;
    char head[4096], body[70000];
    size_t body_bytes;
};

static inline const char *field(const struct answer *a, const char *name)
{
    char key[64];
    str_print(key, sizeof key, "\r\n%s: ", name);
    const char *at = strcasestr(a->head, key);
    return at != NULL ? at + strlen(key) : NULL;
}

static inline bool field_is(const struct answer *a, const char *name, const char *value)
{
    const char *at = field(a, name);
    return at != NULL && str_starts(at, value) && at[strlen(value)] == '\r';
}

static inline bool hear(int fd, struct answer *a, bool head_only)
{
    size_t n = 0;
    *a = (struct answer){0};
    while (n < 4 || memcmp(a->head + n - 4, "\r\n\r\n", 4) != 0) {
        if (n == sizeof a->head - 1 || recv(fd, a->head + n, 1, 0) != 1)
            return false;
        n++;
    }
    a->status = (int)strtol(a->head + 9, NULL, 10);
    const char *length = field(a, "Content-Length");
    size_t want = length != NULL && !head_only && a->status != 304 ? strtoul(length, NULL, 10) : 0;
    while (a->body_bytes < want) {
        ssize_t got = recv(fd, a->body + a->body_bytes, want - a->body_bytes, 0);
        if (got <= 0)
            return false;
        a->body_bytes += (size_t)got;
    }
    return true;
}

static inline void ask_raw(int port, const char *request, size_t n, struct answer *a)
{
    int fd = dial_port(port);
    say(fd, request, n);
    if (!hear(fd, a, str_starts(request, "HEAD")))
        a->status = -1;
    close(fd);
}

static inline void ask(int port, const char *path, const char *headers, struct answer *a)
{
    char rq[3000];
    int n = str_print(rq, sizeof rq, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path, headers);
    ask_raw(port, rq, (size_t)n, a);
}
#define RAW(text) text, sizeof(text) - 1


#endif

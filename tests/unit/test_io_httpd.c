/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP server over real sockets: published bytes, handlers, event streams, and clients that do
 * not behave.  The server's loop has a thread of its own; the tests are blocking clients. */
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

static void run_there(void *arg)
{
    struct world *w = arg;
    w->fn(w);
    sem_post(&w->done);
}

static void on_loop(struct world *w, void (*fn)(struct world *w))
{
    w->fn = fn;
    loop_post(w->loop, run_there, w);
    sem_wait(&w->done);
}

/* ---- the server's side ---- */

static void reply_text(struct httpd_request *rq, int status, const char *text, size_t n)
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

static void echo(struct httpd_request *rq)
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

static void on_later(void *arg)
{
    struct world *w = arg;
    reply_text(w->held, 202, "later", 5);
    w->held = NULL;
}

static void on_stream_close(void *arg)
{
    struct world *w = arg;
    w->stream = NULL;
    atomic_fetch_add(&w->closed, 1);
}

static void handler(void *arg, struct httpd_request *rq)
{
    struct world *w = arg;
    atomic_fetch_add(&w->handled, 1);
    if (str_eq(rq->path, "/later")) {
        w->held = rq;
        timer_set(&w->later, 20);
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

static void start_there(struct world *w)
{
    char where[128];
    w->h = httpd_new(w->loop, 2, handler, w);
    timer_init(&w->later, w->loop, on_later, w);
    assert_int_equal(httpd_listen(w->h, "127.0.0.1:0", NULL, &w->port, &w->err), 0);
    assert_int_equal(httpd_listen(w->h, "[::]:0", NULL, &w->other_port, &w->err), 0);
    str_print(where, sizeof where, "unix:%s", w->sock);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &w->err), 0);
}

static void stop_there(struct world *w)
{
    timer_clear(&w->later);
    w->h = httpd_free(w->h);
}

static int setup(void **state)
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

static int teardown(void **state)
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

static int dial_port(int port)
{
    struct addr a;
    struct timeval patience = {20, 0};
    addr_parse("127.0.0.1", port, &a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, &a.sa, a.len), 0);
    return fd;
}

static void say(int fd, const char *p, size_t n)
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

static const char *field(const struct answer *a, const char *name)
{
    char key[64];
    str_print(key, sizeof key, "\r\n%s: ", name);
    const char *at = strcasestr(a->head, key);
    return at != NULL ? at + strlen(key) : NULL;
}

static bool field_is(const struct answer *a, const char *name, const char *value)
{
    const char *at = field(a, name);
    return at != NULL && str_starts(at, value) && at[strlen(value)] == '\r';
}

static bool hear(int fd, struct answer *a, bool head_only)
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

static void ask_raw(int port, const char *request, size_t n, struct answer *a)
{
    int fd = dial_port(port);
    say(fd, request, n);
    if (!hear(fd, a, str_starts(request, "HEAD")))
        a->status = -1;
    close(fd);
}

static void ask(int port, const char *path, const char *headers, struct answer *a)
{
    char rq[3000];
    int n = str_print(rq, sizeof rq, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path, headers);
    ask_raw(port, rq, (size_t)n, a);
}
#define RAW(text) text, sizeof(text) - 1

/* ---- published bytes ---- */

static const char page[] =
    "a page that is long enough to be worth compressing, compressing, compressing, compressing, "
    "compressing, compressing, compressing, compressing, compressing, compressing, compressing, "
    "compressing, compressing, compressing, compressing, compressing, compressing, compressing!";

static void publish_page(struct world *w)
{
    struct httpd_header csp = {"Content-Security-Policy", "default-src 'self'"};
    httpd_publish(w->h, -1, "/", NULL, "text/html; charset=utf-8", page, sizeof page - 1, &csp, 1);
    httpd_publish(w->h, -1, "/small é", NULL, "text/plain", "s", 1, NULL, 0);
    httpd_publish(w->h, 0, "/only-first", NULL, "text/plain", "first", 5, NULL, 0);
    httpd_publish(w->h, -1, "/both", NULL, "text/plain", "all", 3, NULL, 0);
    httpd_publish(w->h, 1, "/both", NULL, "text/plain", "second", 6, NULL, 0);
}

static void a_published_page(void **state)
{
    struct world *w = *state;
    struct answer a;
    on_loop(w, publish_page);
    ask(w->port, "/", "", &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body_bytes, sizeof page - 1);
    assert_memory_equal(a.body, page, sizeof page - 1);
    assert_true(field_is(&a, "Content-Type", "text/html; charset=utf-8"));
    assert_true(field_is(&a, "Content-Security-Policy", "default-src 'self'"));
    assert_true(field_is(&a, "Vary", "Accept-Encoding"));
    assert_non_null(field(&a, "Date"));
    ask_raw(w->port, RAW("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(strtol(field(&a, "Content-Length"), NULL, 10), (long)sizeof page - 1);
    ask(w->port, "/small%20%C3%a9", "", &a);
    assert_int_equal(a.status, 200);
    assert_null(field(&a, "Vary"));
    ask(w->port, "http://localhost/both?x=1", "", &a);
    assert_string_equal(a.body, "all");
    assert_int_equal(atomic_load(&w->handled), 0);
}

static void listeners_have_their_own(void **state)
{
    struct world *w = *state;
    struct answer a;
    on_loop(w, publish_page);
    ask(w->port, "/only-first", "", &a);
    assert_string_equal(a.body, "first");
    ask(w->other_port, "/only-first", "", &a);
    assert_true(str_starts(a.body, "GET|/only-first|"));
    ask(w->port, "/both", "", &a);
    assert_string_equal(a.body, "all");
    ask(w->other_port, "/both", "", &a);
    assert_string_equal(a.body, "second");
}

static void compressed_when_welcome(void **state)
{
    struct world *w = *state;
    struct answer a;
    unsigned char out[4096];
    uLongf n = sizeof out;
    on_loop(w, publish_page);
    ask(w->port, "/", "Accept-Encoding: br;q=1, gzip;q=0.5\r\n", &a);
    assert_true(field_is(&a, "Content-Encoding", "gzip"));
    assert_true(a.body_bytes < sizeof page / 2);
    z_stream z = {.next_in = (unsigned char *)a.body,
                  .avail_in = (unsigned)a.body_bytes,
                  .next_out = out,
                  .avail_out = (unsigned)n};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, sizeof page - 1);
    inflateEnd(&z);
    assert_memory_equal(out, page, sizeof page - 1);
    ask(w->port, "/", "Accept-Encoding: gzip;q=0\r\n", &a);
    assert_null(field(&a, "Content-Encoding"));
    ask(w->port, "/", "Accept-Encoding: identity\r\n", &a);
    assert_null(field(&a, "Content-Encoding"));
}

static void unchanged_pages_are_not_sent_again(void **state)
{
    struct world *w = *state;
    struct answer a;
    char headers[200], tag[64];
    on_loop(w, publish_page);
    for (int gzip = 0; gzip < 2; gzip++) {
        const char *accept = gzip ? "Accept-Encoding: gzip\r\n" : "";
        ask(w->port, "/", accept, &a);
        const char *etag = field(&a, "ETag");
        str_copyn(tag, sizeof tag, etag, strcspn(etag, "\r"));
        str_print(headers, sizeof headers, "%sIf-None-Match: \"x\", W/%s\r\n", accept, tag);
        ask(w->port, "/", headers, &a);
        assert_int_equal(a.status, 304);
        assert_true(field_is(&a, "ETag", tag));
        assert_true(field_is(&a, "Content-Security-Policy", "default-src 'self'"));
        str_print(headers, sizeof headers, "%sIf-None-Match: \"x\"\r\n", accept);
        ask(w->port, "/", headers, &a);
        assert_int_equal(a.status, 200);
    }
}

static void publish_languages(struct world *w)
{
    httpd_publish(w->h, -1, "/", "fr", "text/plain", "bonjour", 7, NULL, 0);
    httpd_publish(w->h, -1, "/", "en", "text/plain", "hello", 5, NULL, 0);
}

static void in_the_readers_language(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *path, *headers, *body;
    } rows[] = {
        {"/", "", "hello"},
        {"/", "Accept-Language: fr-CA,fr;q=0.9\r\n", "bonjour"},
        {"/", "Accept-Language: de\r\n", "hello"},
        {"/?lang=fr", "Accept-Language: en\r\n", "bonjour"},
        {"/?a=b&lang=en", "Accept-Language: fr\r\n", "hello"},
        {"/?lang=xx", "Accept-Language: fr\r\n", "bonjour"},
    };
    struct answer a;
    on_loop(w, publish_languages);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ask(w->port, rows[i].path, rows[i].headers, &a);
        assert_string_equal(a.body, rows[i].body);
        assert_true(field_is(&a, "Vary", "Accept-Language"));
        assert_true(field_is(&a, "Content-Language", rows[i].body[0] == 'h' ? "en" : "fr"));
    }
}

static void publish_again(struct world *w)
{
    httpd_publish(w->h, -1, "/", NULL, "text/plain", "new", 3, NULL, 0);
}

static void withdraw(struct world *w)
{
    httpd_publish(w->h, -1, "/", NULL, NULL, NULL, 0, NULL, 0);
    httpd_publish(w->h, -1, "/nothing", NULL, NULL, NULL, 0, NULL, 0);
}

static void replaced_and_withdrawn(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct httpd_stats st;
    on_loop(w, publish_page);
    on_loop(w, publish_again);
    on_loop(w, publish_again);
    ask(w->port, "/", "", &a);
    assert_string_equal(a.body, "new");
    on_loop(w, withdraw);
    ask(w->port, "/", "", &a);
    assert_true(str_starts(a.body, "GET|/|"));
    httpd_get_stats(w->h, &st);
    assert_int_equal(st.published_hits, 1);
    assert_int_equal(st.requests, 2);
}

/* The body of a GET must not become the next request. */
static void a_published_page_asked_with_a_body(void **state)
{
    struct world *w = *state;
    struct answer a;
    on_loop(w, publish_page);
    int fd = dial_port(w->port);
    say(fd, RAW("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\nGET /smuggled "
                "HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(fd, &a, false));
    assert_int_equal(a.body_bytes, sizeof page - 1);
    assert_true(hear(fd, &a, false));
    assert_true(str_starts(a.body, "GET|/next|"));
    close(fd);
}

/* ---- handlers ---- */

static void a_request_comes_whole(void **state)
{
    struct world *w = *state;
    struct answer a;
    ask_raw(w->port,
            RAW("POST /a%20b//c?q=1%2B1&x=%00&q=2 HTTP/1.1\r\nHost: a\r\nX-In: in\r\nCookie: a=b; "
                "sid=\"s3\"\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                "15\r\n\r\na=b&f=d+e%C3%A9"),
            &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "POST|/a b//c|q=1%2B1&x=%00&q=2|q=1+1|f=d "
                                "eé|sid=s3|x=in|body=15|local=0|uid=-1|listener=0");
    assert_true(field_is(&a, "X-Test", "yes"));
    assert_null(field(&a, "X-Injected"));
    ask_raw(w->port,
            RAW("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            &a);
    assert_true(strstr(a.body, "|body=5|") != NULL);
    ask_raw(w->port, RAW("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_true(str_starts(a.body, "DELETE|/x|"));
    ask_raw(w->port, RAW("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
}

static void one_connection_many_requests(void **state)
{
    struct world *w = *state;
    struct answer a;
    char rq[100];
    int fd = dial_port(w->port);
    for (int i = 0; i < 50; i++) {
        int n = str_print(rq, sizeof rq, "GET /%d?q=%d HTTP/1.1\r\nHost: a\r\n\r\n", i, i);
        say(fd, rq, (size_t)n);
        assert_true(hear(fd, &a, false));
        str_print(rq, sizeof rq, "GET|/%d|q=%d|q=%d|", i, i, i);
        assert_true(str_starts(a.body, rq));
    }
    close(fd);
}

static void answers_may_come_later(void **state)
{
    struct world *w = *state;
    struct answer a;
    ask(w->port, "/later", "", &a);
    assert_int_equal(a.status, 202);
    assert_string_equal(a.body, "later");
}

static void a_client_that_leaves_early(void **state)
{
    struct world *w = *state;
    struct answer a;
    for (int i = 0; i < 20; i++) {
        int fd = dial_port(w->port);
        say(fd, RAW("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"));
        close(fd);
        ask(w->port, "/", "", &a);
        assert_int_equal(a.status, 200);
        for (int k = 0; k < 200 && atomic_load(&w->handled) < 2 * i + 2; k++)
            poll(NULL, 0, 10);
        poll(NULL, 0, 40); /* one at a time: the handler holds one */
    }
}

/* ---- what is refused ---- */

static void bad_requests_get_400(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *p;
        size_t n;
    } rows[] = {
        {RAW("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /./b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%zzb HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%0ab HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET a HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n")},
        {RAW("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
             "chunked\r\n\r\n0\r\n\r\n")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a;
        ask_raw(w->port, rows[i].p, rows[i].n, &a);
        if (a.status != 400)
            print_message("row %zu: %d %s\n", i, a.status, a.body);
        assert_int_equal(a.status, 400);
    }
    assert_int_equal(atomic_load(&w->handled), 0);
}

static void ceilings(void **state)
{
    struct world *w = *state;
    struct answer a;
    /* Far too much is refused at once; a little too much is read first, so that its sender sees the answer. */
    ask_raw(w->port, RAW("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nabc"), &a);
    assert_int_equal(a.status, 413);
    struct buf over = BUF_MAX(3 << 20);
    buf_str(&over, "POST /api/v1/ack HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    for (int i = 0; i < 1048577; i++)
        buf_char(&over, 'x');
    ask_raw(w->port, over.data, over.len, &a);
    assert_int_equal(a.status, 413);
    assert_non_null(strstr(a.body, "\"code\":\"limit\""));
    buf_done(&over);
    ask_raw(w->port,
            RAW("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc"),
            &a);
    assert_true(a.status == 413 || a.status == 400);
    struct buf b = BUF_MAX(3 << 20);
    buf_str(&b, "PATCH / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 17; i++) {
        buf_str(&b, "10000\r\n");
        for (int k = 0; k < 65536; k++)
            buf_char(&b, 'x');
        buf_str(&b, "\r\n");
    }
    buf_str(&b, "0\r\n\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 413);
    buf_clear(&b);
    buf_str(&b, "GET /");
    for (int i = 0; i < 9000; i++)
        buf_char(&b, 'x');
    buf_str(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 414);
    buf_clear(&b);
    buf_str(&b, "GET /x HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 70; i++)
        buf_printf(&b, "X-%d: a\r\n", i);
    buf_str(&b, "\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 431);
    buf_clear(&b);
    buf_str(&b, "GET /x HTTP/1.1\r\nHost: a\r\nX: ");
    for (int i = 0; i < 100000; i++)
        buf_char(&b, 'x');
    buf_str(&b, "\r\n\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_true(a.status == 431 || a.status == 413 || a.status == -1);
    buf_done(&b);
    assert_int_equal(atomic_load(&w->handled), 0);
}

static void a_body_at_the_ceiling_fits(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct buf b = BUF_MAX(2 << 20);
    buf_printf(&b, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", HTTPD_MAX_BODY);
    for (int i = 0; i < HTTPD_MAX_BODY; i++)
        buf_char(&b, 'y');
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 200);
    assert_true(strstr(a.body, "|body=1048576|") != NULL);
    buf_done(&b);
}

static void garbage_harms_nobody(void **state)
{
    struct world *w = *state;
    struct answer a;
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 100; i++) {
        char bytes[300];
        for (size_t k = 0; k < sizeof bytes; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            bytes[k] = i % 2 ? (char)x : " GET/HTP1.\r\n:%?&=;0a"[x % 20];
        }
        int fd = dial_port(w->port);
        say(fd, RAW("GET /"));
        say(fd, bytes, sizeof bytes);
        say(fd, RAW("\r\n\r\n"));
        close(fd);
    }
    ask(w->port, "/still-here", "", &a);
    assert_int_equal(a.status, 200);
}

/* ---- listeners ---- */

static void over_the_unix_socket_we_know_who(void **state)
{
    struct world *w = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct answer a;
    struct stat st;
    char want[64];
    str_copy(at.sun_path, sizeof at.sun_path, w->sock);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    say(fd, RAW("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(fd, &a, false));
    str_print(want, sizeof want, "|local=1|uid=%d|listener=2", (int)getuid());
    assert_true(strstr(a.body, want) != NULL);
    close(fd);
    assert_int_equal(stat(w->sock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void listen_badly(struct world *w)
{
    static const char *const wrong[] = {"nonsense",        "127.0.0.1", "example.org:80",
                                        "127.0.0.1:99999", "unix:",     ""};
    struct err e = {0};
    char where[128];
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_true(httpd_listen(w->h, wrong[i], NULL, NULL, &e) < 0 && e.text[0] != '\0');
    str_print(where, sizeof where, "127.0.0.1:%d", w->port);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &e), ERR_CONFLICT);
    str_print(where, sizeof where, "unix:%s", w->sock);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &e), ERR_CONFLICT);
    assert_int_equal(httpd_listen(w->h, "unix:/no/such/dir/sock", NULL, NULL, &e), ERR_NOT_FOUND);
}

static void wrong_addresses_are_told(void **state)
{
    on_loop(*state, listen_badly);
}

static void listen_on_stale(struct world *w)
{
    char path[128], where[140];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct err e = {0};
    str_print(path, sizeof path, "%s/stale", w->dir);
    str_copy(at.sun_path, sizeof at.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    str_print(where, sizeof where, "unix:%s", path);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &e), 0);
}

static void a_stale_socket_is_replaced(void **state)
{
    on_loop(*state, listen_on_stale);
}

/* ---- event streams ---- */

static int open_stream(struct world *w, struct answer *a)
{
    int fd = dial_port(w->port);
    say(fd, RAW("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(fd, a, true));
    return fd;
}

static void send_events(struct world *w)
{
    httpd_stream_send(w->stream, "state", "one\ntwo");
    httpd_stream_send(w->stream, NULL, "three");
    httpd_stream_send(w->stream, "empty", "");
}

static void send_one(struct world *w)
{
    httpd_stream_send(w->stream, NULL, "again");
}

static void close_stream(struct world *w)
{
    httpd_stream_close(w->stream);
    w->stream = NULL;
}

/* Takes the chunks apart until `want` has come. */
static void hear_chunks(int fd, const char *want)
{
    char got[4096] = "", raw[4096];
    size_t n = 0, raw_n = 0;
    while (n < strlen(want)) {
        ssize_t k = recv(fd, raw + raw_n, sizeof raw - raw_n, 0);
        assert_true(k > 0);
        raw_n += (size_t)k;
        for (char *eol; (eol = memmem(raw, raw_n, "\r\n", 2)) != NULL;) {
            size_t size = strtoul(raw, NULL, 16), skip = (size_t)(eol - raw) + 2;
            if (raw_n < skip + size + 2)
                break;
            memcpy(got + n, raw + skip, size);
            n += size;
            got[n] = '\0';
            memmove(raw, raw + skip + size + 2, raw_n -= skip + size + 2);
        }
    }
    assert_string_equal(got, want);
}

static void events_arrive(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct httpd_stats st;
    char c;
    int fd = open_stream(w, &a);
    assert_int_equal(a.status, 200);
    assert_true(field_is(&a, "Content-Type", "text/event-stream"));
    on_loop(w, send_events);
    hear_chunks(fd, "event: state\ndata: one\ndata: two\n\ndata: three\n\nevent: empty\ndata:\n\n");
    httpd_get_stats(w->h, &st);
    assert_int_equal(st.streams, 1);
    ask_raw(w->port, RAW("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
    for (int i = 0; i < 20; i++) {
        on_loop(w, send_one);
        hear_chunks(fd, "data: again\n\n");
    }
    on_loop(w, close_stream);
    assert_int_equal(recv(fd, &c, 1, MSG_PEEK), 1);
    while (recv(fd, &c, 1, 0) > 0)
        if (c == '\n')
            break;
    close(fd);
    assert_int_equal(atomic_load(&w->closed), 0);
}

static void a_leaving_reader_is_noticed(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fd = open_stream(w, &a);
    close(fd);
    for (int i = 0; i < 1000 && atomic_load(&w->closed) == 0; i++)
        poll(NULL, 0, 20);
    assert_int_equal(atomic_load(&w->closed), 1);
}

static void send_much(struct world *w)
{
    char big[8192];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    for (int i = 0; i < 50 && w->stream != NULL; i++)
        httpd_stream_send(w->stream, NULL, big);
}

static void a_reader_that_does_not_read_is_dropped(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fd = open_stream(w, &a);
    for (int i = 0; i < 500 && atomic_load(&w->closed) == 0; i++) {
        on_loop(w, send_much);
        poll(NULL, 0, 5);
    }
    assert_int_equal(atomic_load(&w->closed), 1);
    close(fd);
}

static void streams_have_a_ceiling(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fds[200];
    for (int i = 0; i < 200; i++) {
        fds[i] = open_stream(w, &a);
        assert_int_equal(a.status, 200);
    }
    ask(w->port, "/stream", "", &a);
    assert_int_equal(a.status, 503);
    on_loop(w, stop_there); /* with all of them open */
    for (int i = 0; i < 200; i++)
        close(fds[i]);
}

static void the_end_does_not_wait_for_answers(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fds[10];
    for (int i = 0; i < 10; i++) {
        fds[i] = dial_port(i % 2 ? w->port : w->other_port);
        say(fds[i], RAW("GET /never HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    int half = dial_port(w->port);
    say(half, RAW("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"));
    for (int i = 0; i < 500 && atomic_load(&w->handled) < 10; i++)
        poll(NULL, 0, 10);
    on_loop(w, stop_there);
    for (int i = 0; i < 10; i++) {
        if (hear(fds[i], &a, false))
            assert_int_equal(a.status, 503);
        close(fds[i]);
    }
    close(half);
    assert_int_equal(access(w->sock, F_OK), -1);
}

/* ---- the pure half ---- */

static void paths_are_decoded_once(void **state)
{
    static const struct {
        const char *raw, *out;
    } rows[] = {
        {"/", "/"},          {"/a%20b", "/a b"}, {"/a%2520", "/a%20"}, {"/..a/b..", "/..a/b.."},
        {"/%C3%A9", "/é"},   {"/a//b", "/a//b"}, {"/a/..", NULL},      {"/.", NULL},
        {"/%2e", NULL},      {"/a%2Fb", NULL},   {"", NULL},           {"a", NULL},
        {"/%", NULL},        {"/%4", NULL},      {"/\x7f", NULL},      {"/a\tb", NULL},
        {"/%2e%2e/x", NULL},
    };
    char out[64];
    for (size_t i = 0; i < COUNT(rows); i++) {
        int rc = httpd_path_decode(rows[i].raw, out, sizeof out);
        assert_int_equal(rc, rows[i].out != NULL ? 0 : ERR_INVALID);
        if (rc == 0)
            assert_string_equal(out, rows[i].out);
    }
    assert_int_equal(httpd_path_decode("/abcd", out, 5), ERR_LIMIT);
    assert_string_equal(httpd_path_of_url("HTTP://a:80/x?y"), "/x?y");
    assert_string_equal(httpd_path_of_url("https://a"), "/");
    assert_string_equal(httpd_path_of_url("/x"), "/x");
}

static void accepted_codings(void **state)
{
    assert_false(httpd_path_accepts(NULL, "gzip"));
    assert_false(httpd_path_accepts("", "gzip"));
    assert_true(httpd_path_accepts("gzip", "gzip"));
    assert_true(httpd_path_accepts("deflate, GZIP ;q=0.1", "gzip"));
    assert_false(httpd_path_accepts("gzip; q=0.00, *", "gzip"));
    assert_true(httpd_path_accepts("*", "gzip"));
    assert_false(httpd_path_accepts("*;q=0", "gzip"));
    assert_false(httpd_path_accepts("gzipped", "gzip"));
    assert_true(httpd_path_etag_matches("*", "\"a\""));
    assert_true(httpd_path_etag_matches("\"b\",W/\"a\"", "\"a\""));
    assert_false(httpd_path_etag_matches("\"b\"", "\"a\""));
    assert_false(httpd_path_etag_matches(NULL, "\"a\""));
}

struct pairs {
    char text[200];
};

static void note_pair(void *arg, const char *name, const char *value)
{
    struct pairs *p = arg;
    str_print(p->text + strlen(p->text), sizeof p->text - strlen(p->text), "%s=%s;", name, value);
}

static void forms(void **state)
{
    struct httpd_request rq = {.query = "a=1&a=2&b&=x&%61b=c+d&z=%zz&n=%00x",
                               .arena = arena_new(0)};
    rq.body = "check=web1%2Fhttp&check=web2&&note=a%26b";
    rq.body_bytes = strlen(rq.body);
    assert_string_equal(httpd_query(&rq, "a"), "1");
    assert_string_equal(httpd_query(&rq, "b"), "");
    assert_string_equal(httpd_query(&rq, "ab"), "c d");
    assert_string_equal(httpd_query(&rq, "z"), "%zz");
    assert_null(httpd_query(&rq, "n"));
    assert_null(httpd_query(&rq, "c"));
    assert_string_equal(httpd_form(&rq, "note"), "a&b");
    struct pairs p = {0};
    httpd_form_each(&rq, note_pair, &p);
    assert_string_equal(p.text, "check=web1/http;check=web2;note=a&b;");
    rq.headers[0].name = "content-type";
    rq.headers[0].value = "application/json";
    rq.headers[1].name = "Cookie";
    rq.headers[1].value = "xa=0;a=1; b=\"2\" ;c";
    rq.headers[2].name = "cookie";
    rq.headers[2].value = "d=4";
    rq.n_headers = 3;
    assert_null(httpd_form(&rq, "note"));
    assert_string_equal(httpd_cookie(&rq, "a"), "1");
    assert_string_equal(httpd_cookie(&rq, "b"), "2");
    assert_string_equal(httpd_cookie(&rq, "d"), "4");
    assert_null(httpd_cookie(&rq, "c"));
    assert_null(httpd_cookie(&rq, "x"));
    arena_free(rq.arena);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_published_page),
        T(listeners_have_their_own),
        T(compressed_when_welcome),
        T(unchanged_pages_are_not_sent_again),
        T(in_the_readers_language),
        T(replaced_and_withdrawn),
        T(a_published_page_asked_with_a_body),
        T(a_request_comes_whole),
        T(one_connection_many_requests),
        T(answers_may_come_later),
        T(a_client_that_leaves_early),
        T(bad_requests_get_400),
        T(ceilings),
        T(a_body_at_the_ceiling_fits),
        T(garbage_harms_nobody),
        T(over_the_unix_socket_we_know_who),
        T(wrong_addresses_are_told),
        T(a_stale_socket_is_replaced),
        T(events_arrive),
        T(a_leaving_reader_is_noticed),
        T(a_reader_that_does_not_read_is_dropped),
        T(streams_have_a_ceiling),
        T(the_end_does_not_wait_for_answers),
        cmocka_unit_test(paths_are_decoded_once),
        cmocka_unit_test(accepted_codings),
        cmocka_unit_test(forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP client and mail against small servers, most of them hostile: every exchange ends in a
 * code and a text, in time, and nothing is sent to a peer that is not who it should be. */
#include "base/err.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/httpc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/un.h>

#include <cmocka.h>

#include "io_peer.h"

struct world {
    struct loop *loop;
    struct httpc *h;
    struct timer timer;
    struct peer_ca ca;
    char ca_path[64];
};
struct result {
    struct world *w;
    int n, code, status, n_headers, verify_code, n_chain;
    bool body_cut, tls, in_doubt;
    char version[8], reason[64], header[128], body[256], text[700], subject[64];
    size_t body_bytes;
    int64_t connect_us, tls_us, first_us, total_us, not_after_ms;
    int peer_port;
};

static void give_up(void *arg)
{
    loop_stop(((struct world *)arg)->loop);
}

static int setup(void **state)
{
    struct world *w = NEW(struct world);
    w->loop = loop_new("test");
    w->h = httpc_new(w->loop);
    timer_init(&w->timer, w->loop, give_up, w);
    timer_set(&w->timer, 40000);
    str_copy(w->ca_path, sizeof w->ca_path, "/tmp/vigie-test-ca-XXXXXX");
    close(mkstemp(w->ca_path));
    peer_ca_make(&w->ca, w->ca_path);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    timer_clear(&w->timer);
    httpc_free(w->h);
    loop_free(w->loop);
    unlink(w->ca_path);
    peer_ca_done(&w->ca);
    mem_free(w);
    return 0;
}

static void render(char *out, size_t n, const char *packed)
{
    struct buf b = BUF_MAX(1000);
    msg_render(&b, packed, "en");
    str_copy(out, n, buf_text(&b));
    buf_done(&b);
}

static void on_reply(void *arg, const struct httpc_reply *r)
{
    struct result *res = arg;
    res->n++;
    res->code = r->code;
    res->status = r->status;
    res->n_headers = r->n_headers;
    res->body_cut = r->body_cut;
    res->body_bytes = r->body_bytes;
    res->connect_us = r->connect_us;
    res->tls_us = r->tls_us;
    res->first_us = r->first_byte_us;
    res->total_us = r->total_us;
    res->peer_port = addr_port(&r->peer);
    str_copy(res->version, sizeof res->version, r->version);
    str_copy(res->reason, sizeof res->reason, r->reason);
    str_copy(res->body, sizeof res->body, r->body);
    const char *x = httpc_find_header(r, "x-test");
    str_copy(res->header, sizeof res->header, x != NULL ? x : "");
    render(res->text, sizeof res->text, r->err.text);
    res->tls = r->tls != NULL;
    if (r->tls != NULL) {
        res->verify_code = r->tls->verify_code;
        res->n_chain = r->tls->n_chain;
        res->not_after_ms = r->tls->n_chain > 0 ? r->tls->chain[0].not_after_ms : 0;
        str_copy(res->subject, sizeof res->subject,
                 r->tls->n_chain > 0 ? r->tls->chain[0].subject : "");
        assert_true(str_starts(r->tls->version, "TLSv1."));
        assert_true(r->tls->cipher[0] != '\0');
    }
    loop_stop(res->w->loop);
}

struct ask { /* what a test wants to ask; zeros are the usual */
    struct httpc_request rq;
    const char *host; /* in the URL */
    const char *path;
    bool https;
};

static struct httpc_job *begin(struct world *w, struct result *res, const struct peer *p,
                               const struct ask *a)
{
    struct httpc_request rq = a->rq;
    char url[400];
    struct addr addr;
    *res = (struct result){.w = w};
    str_print(url, sizeof url, "http%s://%s:%d%s", a->https ? "s" : "",
              a->host != NULL ? a->host : "localhost", p->port, a->path != NULL ? a->path : "/");
    addr_parse("127.0.0.1", 0, &addr);
    rq.url = url;
    rq.method = rq.method != NULL ? rq.method : "GET";
    if (rq.n_addrs == 0 && rq.unix_path == NULL) {
        rq.addrs = &addr;
        rq.n_addrs = 1;
    }
    rq.timeout_ms = rq.timeout_ms > 0 ? rq.timeout_ms : 20000;
    rq.max_body = rq.max_body > 0 ? rq.max_body : 100000;
    struct httpc_job *job = httpc_start(w->h, &rq, on_reply, res);
    assert_int_equal(res->n, 0);
    return job;
}

static void get(struct world *w, struct result *res, void (*act)(struct peer *p, int fd),
                const struct ask *a)
{
    struct peer *p = peer_new(act);
    peer_start(p);
    begin(w, res, p, a);
    loop_run(w->loop);
    assert_int_equal(res->n, 1);
    peer_free(p);
}

/* ---- good servers ---- */

static void act_hello(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 Fine\r\nX-Test:  yes \r\nContent-Length: 5\r\n\r\nhello");
}

static void a_plain_answer(void **state)
{
    struct result r;
    get(*state, &r, act_hello, &(struct ask){0});
    assert_int_equal(r.code, 0);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.version, "1.1");
    assert_string_equal(r.reason, "Fine");
    assert_string_equal(r.header, "yes");
    assert_string_equal(r.body, "hello");
    assert_int_equal(r.n_headers, 2);
    assert_false(r.body_cut || r.tls);
    assert_true(r.connect_us > 0 && r.connect_us <= r.first_us && r.first_us <= r.total_us);
    assert_true(r.peer_port > 0);
}

/* What goes over the wire is what was asked for, and no more. */
static void the_request_is_as_asked(void **state)
{
    struct world *w = *state;
    struct result r;
    struct peer *p = peer_new(act_hello);
    peer_start(p);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    struct httpc_header headers[] = {
        {"User-Agent", "vigie/0"}, {"X-Empty", ""}, {"Accept", "text/html"}};
    struct ask a = {.rq = {.method = "PUT",
                           .headers = headers,
                           .n_headers = 3,
                           .body = "a\0b",
                           .body_bytes = 3,
                           .user = "u",
                           .password = "p:w"},
                    .host = "example.org",
                    .path = "/a/../b?c=%20d"};
    begin(w, &r, p, &a);
    loop_run(w->loop);
    unsetenv("http_proxy");
    assert_int_equal(r.code, 0);
    assert_true(str_starts(p->request, "PUT /a/../b?c=%20d HTTP/1.1\r\nHost: example.org:"));
    assert_true(strstr(p->request, "\r\nAuthorization: Basic dTpwOnc=\r\n") != NULL);
    assert_true(strstr(p->request, "\r\nUser-Agent: vigie/0\r\n") != NULL);
    assert_true(strstr(p->request, "\r\nX-Empty:\r\n") != NULL);
    assert_true(strstr(p->request, "\r\nContent-Length: 3\r\n") != NULL);
    assert_true(strstr(p->request, "Expect") == NULL && strstr(p->request, "Content-Type") == NULL);
    char *body = strstr(p->request, "\r\n\r\n") + 4;
    assert_memory_equal(body, "a\0b", 3);
    peer_free(p);
}

static void head_has_no_body(void **state)
{
    struct result r;
    get(*state, &r, act_hello, &(struct ask){.rq = {.method = "HEAD"}});
    assert_int_equal(r.code, 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_bytes, 0);
}

static void act_redirect(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd,
             "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-Test: here\r\n\r\nmoved");
}

static void redirects_are_not_followed(void **state)
{
    struct result r;
    get(*state, &r, act_redirect, &(struct ask){0});
    assert_int_equal(r.code, 0);
    assert_int_equal(r.status, 302);
    assert_string_equal(r.version, "1.0");
    assert_string_equal(r.body, "moved");
}

static void act_continue(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(
        fd, "HTTP/1.1 103 Early\r\nX-Test: early\r\n\r\nHTTP/1.1 204 None\r\nX-Test: late\r\n\r\n");
}

static void the_last_answer_counts(void **state)
{
    struct result r;
    get(*state, &r, act_continue, &(struct ask){0});
    assert_int_equal(r.status, 204);
    assert_string_equal(r.header, "late");
    assert_int_equal(r.n_headers, 1);
}

static void act_chunked(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(
        fd,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nde\0\r\n0\r\n\r\n");
}

static void chunks_and_nul_bytes(void **state)
{
    struct result r;
    get(*state, &r, act_chunked, &(struct ask){0});
    assert_int_equal(r.code, 0);
    assert_int_equal(r.body_bytes, 6);
}

/* ---- hostile servers ---- */

static void act_endless_body(struct peer *p, int fd)
{
    char zeros[4096] = {0};
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\n\r\n");
    while (send(fd, zeros, sizeof zeros, MSG_NOSIGNAL) > 0)
        ;
}

static void an_endless_body_is_cut(void **state)
{
    struct result r;
    get(*state, &r, act_endless_body, &(struct ask){.rq = {.max_body = 10000}});
    assert_int_equal(r.code, 0);
    assert_true(r.body_cut);
    assert_int_equal(r.body_bytes, 10000);
}

static void a_body_that_just_fits_is_whole(void **state)
{
    struct result r;
    get(*state, &r, act_hello, &(struct ask){.rq = {.max_body = 5}});
    assert_int_equal(r.code, 0);
    assert_false(r.body_cut);
    assert_string_equal(r.body, "hello");
}

static void no_body_stops_after_the_headers(void **state)
{
    struct result r;
    get(*state, &r, act_endless_body, &(struct ask){.rq = {.no_body = true}});
    assert_int_equal(r.code, 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_bytes, 0);
}

static void act_endless_headers(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\n");
    while (send(fd, "X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n", 42, MSG_NOSIGNAL) > 0)
        ;
}

static void act_endless_header(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\nX-A: ");
    while (send(fd, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 32, MSG_NOSIGNAL) > 0)
        ;
}

static void act_garbage(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
}

static void act_bad_status(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 abc OK\r\n\r\n");
}

static void act_nul_header(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\nX-\0Test: a\0b\r\n\r\n");
}

static void act_bad_chunk(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
}

static void act_close(struct peer *p, int fd)
{
    peer_read_request(p, fd);
}

static void act_reset(struct peer *p, int fd)
{
    struct linger hard = {1, 0};
    peer_read_request(p, fd);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static void act_short(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
}

static void hostile_answers_end_in_a_code(void **state)
{
    static const struct {
        void (*act)(struct peer *p, int fd);
        int code, other;
    } rows[] = {
        {act_endless_headers, ERR_PROTOCOL, 0},
        {act_endless_header, ERR_PROTOCOL, ERR_IO},
        {act_garbage, ERR_PROTOCOL, 0},
        {act_bad_status, ERR_PROTOCOL, 0},
        {act_nul_header, ERR_PROTOCOL, 0},
        {act_bad_chunk, ERR_RESET, ERR_PROTOCOL},
        {act_close, ERR_RESET, 0},
        {act_reset, ERR_RESET, 0},
        {act_short, ERR_RESET, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result r;
        get(*state, &r, rows[i].act, &(struct ask){0});
        print_message("row %zu: %d %s\n", i, r.code, r.text);
        assert_true(r.code != 0 && (r.code == rows[i].code || r.code == rows[i].other));
        assert_true(strstr(r.text, "127.0.0.1") != NULL);
    }
}

static void act_silent(struct peer *p, int fd)
{
    char c;
    while (recv(fd, &c, 1, 0) > 0)
        ;
}

static void act_slow(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 OK\r\n\r\n");
    struct timespec ts = {0, 10000000};
    while (send(fd, "x", 1, MSG_NOSIGNAL) > 0)
        nanosleep(&ts, NULL);
}

static void slow_peers_time_out(void **state)
{
    struct result r;
    get(*state, &r, act_silent, &(struct ask){.rq = {.timeout_ms = 150}});
    assert_int_equal(r.code, ERR_TIMEOUT);
    assert_true(strstr(r.text, "did not answer") != NULL);
    get(*state, &r, act_silent, &(struct ask){.https = true, .rq = {.timeout_ms = 150}});
    assert_int_equal(r.code, ERR_TIMEOUT);
    assert_true(strstr(r.text, "get ready") != NULL);
    get(*state, &r, act_slow, &(struct ask){.rq = {.timeout_ms = 150}});
    assert_int_equal(r.code, ERR_TIMEOUT);
    assert_int_equal(r.status, 200);
    assert_true(strstr(r.text, "still answering") != NULL);
}

static void nobody_listens(void **state)
{
    struct world *w = *state;
    struct result r;
    struct peer *p = peer_new(act_hello);
    shutdown(p->listener, SHUT_RDWR);
    peer_start(p);
    begin(w, &r, p, &(struct ask){0});
    loop_run(w->loop);
    assert_int_equal(r.code, ERR_REFUSED);
    assert_true(strstr(r.text, "127.0.0.1 refused") != NULL);
    peer_free(p);
}

static void addresses_are_tried_in_turn(void **state)
{
    struct world *w = *state;
    struct result r;
    struct peer *p = peer_new(act_hello);
    peer_start(p);
    struct addr addrs[2];
    addr_parse("127.0.0.2", 1, &addrs[0]); /* nobody there */
    addr_parse("127.0.0.1", 0, &addrs[1]);
    begin(w, &r, p, &(struct ask){.rq = {.addrs = addrs, .n_addrs = 2}});
    loop_run(w->loop);
    assert_int_equal(r.code, 0);
    assert_int_equal(r.peer_port, p->port);
    peer_free(p);
}

static void what_cannot_be_asked_is_told(void **state)
{
    struct world *w = *state;
    struct result r = {.w = w};
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    static const char *const urls[] = {"ftp://example.org/", "no url at all", "http://",
                                       "http://a:99999/", ""};
    for (size_t i = 0; i < COUNT(urls); i++) {
        r.n = 0;
        struct httpc_request rq = {
            .method = "GET", .url = urls[i], .addrs = &a, .n_addrs = 1, .timeout_ms = 5000};
        httpc_start(w->h, &rq, on_reply, &r);
        assert_int_equal(r.n, 0);
        loop_run(w->loop);
        assert_int_equal(r.n, 1);
        assert_int_not_equal(r.code, 0);
    }
    struct httpc_header bad = {"X-A", "b\r\nX-C: d"};
    struct httpc_request rq = {.method = "GET",
                               .url = "http://a/",
                               .addrs = &a,
                               .n_addrs = 1,
                               .timeout_ms = 5000,
                               .headers = &bad,
                               .n_headers = 1};
    httpc_start(w->h, &rq, on_reply, &r);
    loop_run(w->loop);
    assert_int_equal(r.code, ERR_INVALID);
    rq.n_headers = rq.n_addrs = 0;
    httpc_start(w->h, &rq, on_reply, &r);
    loop_run(w->loop);
    assert_int_equal(r.code, ERR_INVALID);
}

static void a_unix_socket(void **state)
{
    struct world *w = *state;
    struct result r;
    char path[] = "/tmp/vigie-test-sock-XXXXXX";
    close(mkstemp(path));
    unlink(path);
    struct peer *p = peer_new(act_hello);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    str_copy(at.sun_path, sizeof at.sun_path, path);
    close(p->listener);
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->listener, 5), 0);
    peer_start(p);
    begin(w, &r, p, &(struct ask){.rq = {.unix_path = path}});
    loop_run(w->loop);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.body, "hello");
    peer_free(p);
    unlink(path);
}

/* ---- connections and cancelling ---- */

static void act_hello_twice(struct peer *p, int fd)
{
    for (int i = 0; i < 2; i++)
        act_hello(p, fd);
}

static void connections_are_kept_when_asked(void **state)
{
    struct world *w = *state;
    for (int keep = 0; keep < 2; keep++) {
        struct peer *p = peer_new(act_hello_twice);
        peer_start(p);
        for (int i = 0; i < 2; i++) {
            struct result r;
            begin(w, &r, p, &(struct ask){.rq = {.keep_alive = keep}});
            loop_run(w->loop);
            assert_int_equal(r.code, 0);
        }
        assert_int_equal(atomic_load(&p->connections), keep ? 1 : 2);
        peer_free(p);
    }
}

static void cancelled_ones_are_silent(void **state)
{
    struct world *w = *state;
    struct result gone[3], r;
    struct peer *silent = peer_new(act_silent), *p = peer_new(act_hello);
    peer_start(silent);
    peer_start(p);
    struct httpc_job *job = begin(w, &gone[0], silent, &(struct ask){0});
    httpc_cancel(job);
    job = begin(w, &gone[1], silent, &(struct ask){0});
    begin(w, &r, p, &(struct ask){0});
    loop_run(w->loop);
    httpc_cancel(job);
    begin(w, &gone[2], silent, &(struct ask){0}); /* httpc_free() ends it */
    assert_int_equal(gone[0].n + gone[1].n, 0);
    assert_int_equal(r.code, 0);
    httpc_free(w->h);
    w->h = httpc_new(w->loop);
    assert_int_equal(gone[2].n, 0);
    peer_free(silent);
    peer_free(p);
}

struct streaming {
    struct result res; /* first */
    struct httpc_job *job, *other;
    struct result other_res;
    struct peer *p;
    size_t bytes;
    int mode;
};

/* libcurl is on the stack here: starting and cancelling must work all the same. */
static int on_piece(void *arg, const char *p, size_t n)
{
    struct streaming *s = arg;
    s->bytes += n;
    if (s->bytes < 20000)
        return 0;
    if (s->mode == 1 && s->other == NULL) {
        s->other = begin(s->res.w, &s->other_res, s->p, &(struct ask){0});
        httpc_cancel(s->job);
    }
    return s->mode == 0;
}

static void streams_end_and_cancel_from_inside(void **state)
{
    struct world *w = *state;
    for (int mode = 0; mode < 2; mode++) {
        struct peer *endless = peer_new(act_endless_body);
        struct streaming s = {.res = {.w = w}, .mode = mode, .p = peer_new(act_hello)};
        peer_start(endless);
        peer_start(s.p);
        char url[64];
        struct addr a;
        addr_parse("127.0.0.1", endless->port, &a);
        str_print(url, sizeof url, "http://localhost:%d/", endless->port);
        struct httpc_request rq = {
            .method = "GET", .url = url, .addrs = &a, .n_addrs = 1, .timeout_ms = 20000};
        s.job = httpc_stream(w->h, &rq, on_piece, on_reply, &s);
        loop_run(w->loop);
        assert_true(s.bytes >= 20000);
        assert_int_equal(s.res.n, mode == 0);
        assert_int_equal(s.other_res.n, mode == 1);
        assert_int_equal(s.res.code, 0);
        assert_int_equal(s.other_res.code, 0);
        peer_free(endless);
        peer_free(s.p);
    }
}

/* ---- TLS ---- */

static void act_tls(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->tls);
    SSL_set_fd(ssl, fd);
    p->request[0] = '\0';
    if (SSL_accept(ssl) == 1) {
        const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        int n = SSL_read(ssl, p->request, sizeof p->request - 64);
        if (n > 0) {
            str_print(p->request + n, 64, "SNI: %s", sni != NULL ? sni : "-");
            SSL_write(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret", 44);
            SSL_shutdown(ssl);
        }
    }
    SSL_free(ssl);
}

static void tls_get(struct world *w, struct result *r, const char *alt, long from_s, long to_s,
                    const struct ask *a, char *request, size_t request_bytes)
{
    struct peer *p = peer_new(act_tls);
    peer_use_tls(p, &w->ca, alt, from_s, to_s);
    peer_start(p);
    struct ask ask = *a;
    ask.https = true;
    begin(w, r, p, &ask);
    loop_run(w->loop);
    assert_int_equal(r->n, 1);
    atomic_store(&p->stop, true);
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    str_copy(request, request_bytes, p->request);
    close(p->listener);
    SSL_CTX_free(p->tls);
    mem_free(p);
}

static void a_good_certificate(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    struct ask a = {.rq = {.tls = {.verify = true, .ca_file = w->ca_path}}};
    for (int i = 0; i < 3; i++) {
        tls_get(w, &r, "DNS:localhost", -10, 86400, &a, request, sizeof request);
        assert_int_equal(r.code, 0);
        assert_string_equal(r.body, "secret");
        assert_true(r.tls && r.n_chain == 1 && r.verify_code == 0);
        assert_string_equal(r.subject, "A server");
        assert_true(r.connect_us > 0 && r.tls_us >= r.connect_us && r.first_us >= r.tls_us);
        assert_true(strstr(request, "SNI: localhost") != NULL);
    }
    tls_get(
        w, &r, "IP:127.0.0.1", -10, 86400,
        &(struct ask){.host = "127.0.0.1", .rq = {.tls = {.verify = true, .ca_file = w->ca_path}}},
        request, sizeof request);
    assert_int_equal(r.code, 0);
    assert_true(strstr(request, "SNI: -") != NULL);
}

static void another_name_is_verified_when_asked(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    struct ask a = {
        .host = "127.0.0.1",
        .rq = {.tls = {.verify = true, .ca_file = w->ca_path, .server_name = "www.example.org"}}};
    tls_get(w, &r, "DNS:*.example.org", -10, 86400, &a, request, sizeof request);
    assert_int_equal(r.code, 0);
    assert_true(strstr(request, "SNI: www.example.org") != NULL);
    assert_true(strstr(request, "Host: 127.0.0.1") != NULL);
}

/* Nothing is sent, and the chain is there to say why. */
static void bad_certificates_are_refused_and_shown(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    const char *const ca = w->ca_path;
    const struct {
        const char *alt;
        long from_s, to_s;
        struct ask ask;
        const char *text;
    } rows[] = {
        {"DNS:localhost",
         -86400,
         -3600,
         {.rq = {.tls = {.verify = true, .ca_file = ca}}},
         "expired"},
        {"DNS:localhost", 3600, 86400, {.rq = {.tls = {.verify = true, .ca_file = ca}}}, "only in"},
        {"DNS:other.example",
         -10,
         86400,
         {.rq = {.tls = {.verify = true, .ca_file = ca}}},
         "not for localhost"},
        {"DNS:localhost", -10, 86400, {.rq = {.tls = {.verify = true}}}, "not known here"},
        {"DNS:localhost",
         -10,
         86400,
         {.rq = {.tls = {.verify = true, .ca_file = ca, .server_name = "x.example"}}},
         "x.example"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        tls_get(w, &r, rows[i].alt, rows[i].from_s, rows[i].to_s, &rows[i].ask, request,
                sizeof request);
        print_message("row %zu: %d %s\n", i, r.code, r.text);
        assert_int_equal(r.code, ERR_TLS);
        assert_int_equal(r.status, 0);
        assert_string_equal(request, "");
        assert_true(r.tls && r.verify_code != 0 && r.n_chain == 1 && r.not_after_ms != 0);
        assert_true(strstr(r.text, rows[i].text) != NULL);
    }
}

static void without_verify_it_is_only_shown(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    tls_get(w, &r, "DNS:other.example", -86400, -3600, &(struct ask){0}, request, sizeof request);
    assert_int_equal(r.code, 0);
    assert_true(r.tls && r.n_chain == 1);
    assert_true(r.not_after_ms < clock_wall_ms());
}

static void tls_garbage_is_told(void **state)
{
    struct world *w = *state;
    struct result r;
    get(w, &r, act_hello, &(struct ask){.https = true, .rq = {.timeout_ms = 500}});
    assert_true(r.code == ERR_TLS || r.code == ERR_TIMEOUT);
    get(w, &r, act_garbage, &(struct ask){.https = true, .rq = {.timeout_ms = 500}});
    assert_true(r.code == ERR_TLS || r.code == ERR_TIMEOUT);
    struct ask a = {.https = true, .rq = {.tls = {.verify = true, .ca_file = "/no/such/file"}}};
    get(w, &r, act_silent, &a);
    assert_int_equal(r.code, ERR_TLS);
    assert_true(strstr(r.text, "/no/such/file") != NULL);
}

/* ---- mail ---- */

enum mail_mode {
    MAIL_GOOD,
    MAIL_REFUSES_RCPT,
    MAIL_BUSY,
    MAIL_REFUSES_DATA,
    MAIL_DIES_AFTER_DATA,
    MAIL_NO_TLS,
    MAIL_DIES_EARLY
};

static bool read_line(int fd, char *line, size_t n)
{
    size_t at = 0;
    while (at < n - 1 && recv(fd, line + at, 1, 0) == 1)
        if (line[at++] == '\n')
            break;
    line[at] = '\0';
    return at > 0;
}

static void take_data(struct peer *p, int fd)
{
    char line[1000];
    size_t n = 0;
    while (read_line(fd, line, sizeof line) && !str_eq(line, ".\r\n"))
        n += (size_t)str_print(p->request + n, sizeof p->request - n, "%s", line);
}

static void act_smtp(struct peer *p, int fd)
{
    enum mail_mode mode = *(enum mail_mode *)p->note;
    char line[1000];
    if (mode == MAIL_BUSY) {
        PEER_SAY(fd, "421 too \x1b[31m busy\r\n");
        return;
    }
    PEER_SAY(fd, "220 test\r\n");
    while (read_line(fd, line, sizeof line)) {
        if (str_istarts(line, "EHLO")) {
            PEER_SAY(fd, "250 test\r\n");
        } else if (str_istarts(line, "RCPT") && mode == MAIL_REFUSES_RCPT) {
            PEER_SAY(fd, "550 5.1.1 no such user\r\n");
        } else if (str_istarts(line, "DATA")) {
            if (mode == MAIL_DIES_EARLY)
                return;
            PEER_SAY(fd, "354 go\r\n");
            take_data(p, fd);
            if (mode == MAIL_DIES_AFTER_DATA)
                return;
            if (mode == MAIL_REFUSES_DATA)
                PEER_SAY(fd, "554 spam\r\n");
            else
                PEER_SAY(fd, "250 queued\r\n");
            if (mode == MAIL_GOOD)
                return; /* without a word to QUIT */
        } else {
            PEER_SAY(fd, "250 ok\r\n");
        }
    }
}

static void on_mail(void *arg, int code, bool in_doubt, const struct err *e)
{
    struct result *r = arg;
    r->n++;
    r->code = code;
    r->in_doubt = in_doubt;
    render(r->text, sizeof r->text, e->text);
    loop_stop(r->w->loop);
}

/* No notification is sent twice unless delivery itself was in doubt. */
static void mail_says_what_became_of_it(void **state)
{
    static const struct {
        enum mail_mode mode;
        int code;
        bool in_doubt;
        const char *text;
    } rows[] = {
        {MAIL_GOOD, 0, false, ""},
        {MAIL_REFUSES_RCPT, ERR_DENIED, false, "no such user"},
        {MAIL_BUSY, ERR_BUSY, false, "busy"},
        {MAIL_REFUSES_DATA, ERR_DENIED, false, "spam"},
        {MAIL_DIES_AFTER_DATA, ERR_RESET, true, "127.0.0.1"},
        {MAIL_NO_TLS, ERR_TLS, false, "TLS"},
        {MAIL_DIES_EARLY, ERR_RESET, false, "127.0.0.1"},
    };
    struct world *w = *state;
    const char message[] = "Subject: x\r\n\r\nHello\r\n.dot\r\n";
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result r = {.w = w};
        enum mail_mode mode = rows[i].mode;
        struct peer *p = peer_new(act_smtp);
        p->note = &mode;
        peer_start(p);
        char url[64];
        str_print(url, sizeof url, "smtp://127.0.0.1:%d", p->port);
        const char *const to[] = {"a@example.org", "b@example.org"};
        struct mail_request rq = {.url = url,
                                  .from = "vigie@example.org",
                                  .to = to,
                                  .n_to = 2,
                                  .message = message,
                                  .message_bytes = sizeof message - 1,
                                  .timeout_ms = 10000,
                                  .starttls_required = mode == MAIL_NO_TLS};
        mail_send(w->h, &rq, on_mail, &r);
        loop_run(w->loop);
        print_message("row %zu: %d %s\n", i, r.code, r.text);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.code, rows[i].code);
        assert_int_equal(r.in_doubt, rows[i].in_doubt);
        assert_true(strstr(r.text, rows[i].text) != NULL);
        assert_true(strchr(r.text, 0x1b) == NULL);
        peer_free(p);
        if (mode == MAIL_GOOD)
            assert_int_equal(r.code, 0);
    }
}

static void mail_needs_sane_addresses(void **state)
{
    struct world *w = *state;
    struct result r = {.w = w};
    const char *const to[] = {"a@example.org>\r\nRCPT TO:<b@example.org"};
    struct mail_request rq = {.url = "smtp://127.0.0.1:1",
                              .from = "v@example.org",
                              .to = to,
                              .n_to = 1,
                              .message = "x",
                              .message_bytes = 1,
                              .timeout_ms = 1000};
    mail_send(w->h, &rq, on_mail, &r);
    assert_int_equal(r.n, 0);
    loop_run(w->loop);
    assert_int_equal(r.code, ERR_INVALID);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_plain_answer),
        T(the_request_is_as_asked),
        T(head_has_no_body),
        T(redirects_are_not_followed),
        T(the_last_answer_counts),
        T(chunks_and_nul_bytes),
        T(an_endless_body_is_cut),
        T(a_body_that_just_fits_is_whole),
        T(no_body_stops_after_the_headers),
        T(hostile_answers_end_in_a_code),
        T(slow_peers_time_out),
        T(nobody_listens),
        T(addresses_are_tried_in_turn),
        T(what_cannot_be_asked_is_told),
        T(a_unix_socket),
        T(connections_are_kept_when_asked),
        T(cancelled_ones_are_silent),
        T(streams_end_and_cancel_from_inside),
        T(a_good_certificate),
        T(another_name_is_verified_when_asked),
        T(bad_certificates_are_refused_and_shown),
        T(without_verify_it_is_only_shown),
        T(tls_garbage_is_told),
        T(mail_says_what_became_of_it),
        T(mail_needs_sane_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP client against servers that behave, and hostile ones.  TLS and mail: test_io_httpc_tls.c. */
#include "io_httpc_kit.h"

/* ---- good servers ---- */

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

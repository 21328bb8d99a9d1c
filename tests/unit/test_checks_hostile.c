/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hostile peers: whatever they do, a check ends in a state and a clean text by its time-out. Issue, section 5. */
#include "checks_fixture.h"
#include <poll.h>

enum { LIMIT_MS = 400 };

static void endless(struct srv *s, int fd)
{
    char block[8192];

    memset(block, 'x', sizeof(block));
    if (s->arg)
        srv_say(fd, s->arg);
    while (!s->stop && send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
        ;
}

static void drip(struct srv *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = 0};

    for (const char *t = s->arg; !s->stop && !(p.revents & (POLLHUP | POLLERR)); t = t[1] ? t + 1 : t) {
        if (send(fd, t, 1, MSG_NOSIGNAL) <= 0)
            return;
        poll(&p, 1, 20);
    }
}

static void silent(struct srv *s, int fd) { srv_wait(fd); }

static void reset(struct srv *s, int fd)
{
    struct linger l = {1, 0};

    if (s->arg) {
        char dust[2000];

        srv_hear(fd, dust, sizeof(dust));
        srv_say(fd, s->arg);
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

struct bytes {
    const char *p;
    size_t n;
};
#define BYTES(lit) &(struct bytes){lit, sizeof(lit) - 1}

static void says(struct srv *s, int fd)
{
    const struct bytes *b = s->arg;
    char dust[2000];

    if (strncmp(b->p, "HTTP", 4) == 0)
        srv_hear(fd, dust, sizeof(dust));
    (void)!send(fd, b->p, b->n, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    srv_wait(fd);
}

static void huge_header(struct srv *s, int fd)
{
    char dust[2000];

    srv_hear(fd, dust, sizeof(dust));
    srv_say(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 200000 && !s->stop; i++) {
        char line[64];

        snprintf(line, sizeof(line), "X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
        if (send(fd, line, strlen(line), MSG_NOSIGNAL) <= 0)
            return;
    }
}

static void clean_end(struct fx *f)
{
    for (const char *p = f->text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    assert_true(f->state != STATE_PENDING);
    assert_true(f->timings.total_us < 20 * 1000 * 1000); /* it ended */
}

static enum state tcp(struct fx *f, void (*serve)(struct srv *, int), void *arg)
{
    struct srv s;
    char at[64];

    srv_start(&s, serve, arg);
    fx_run(f, "tcp", srv_at(&s, "", "", at, sizeof(at)), "{\"expect\":\"READY\"}", LIMIT_MS);
    clean_end(f);
    srv_stop(&s);
    return f->state;
}

static enum state http(struct fx *f, void (*serve)(struct srv *, int), void *arg, const char *settings)
{
    struct srv s;
    char url[100];

    srv_start(&s, serve, arg);
    fx_run(f, "http", srv_at(&s, "http://", "/", url, sizeof(url)), settings, LIMIT_MS);
    clean_end(f);
    srv_stop(&s);
    return f->state;
}

static enum state secure(struct fx *f, const char *kind, void (*serve)(struct srv *, int), void *arg)
{
    struct srv s;
    char at[100];

    srv_start(&s, serve, arg);
    srv_at(&s, str_eq(kind, "http") ? "https://" : "", str_eq(kind, "http") ? "/" : "", at, sizeof(at));
    fx_run(f, kind, at, "{\"verify\":false}", LIMIT_MS);
    clean_end(f);
    srv_stop(&s);
    return f->state;
}

static void tcp_peers(void **state)
{
    struct fx *f = *state;

    assert_int_equal(tcp(f, endless, NULL), STATE_CRITICAL);
    assert_has(f->text, "xxxx");
    assert_true(strlen(f->text) < 1000);
    assert_int_equal(tcp(f, drip, "slowly and for ever"), STATE_CRITICAL);
    assert_has(f->text, "wanted “READY”");
    assert_int_equal(tcp(f, silent, NULL), STATE_CRITICAL);
    assert_has(f->text, "nothing was said");
    assert_true(f->timed_out && f->answered);
    assert_int_equal(tcp(f, reset, NULL), STATE_CRITICAL);
    assert_int_equal(tcp(f, says, BYTES("\xff\xfe\0\x1b[2J\x01\x1f" "i9\xc3")), STATE_CRITICAL);
    assert_int_equal(tcp(f, says, BYTES("\0\0\0READY")), STATE_OK);
    assert_int_equal(tcp(f, says, BYTES("")), STATE_CRITICAL);
}

static void http_peers(void **state)
{
    struct fx *f = *state;

    assert_int_equal(http(f, silent, NULL, NULL), STATE_CRITICAL);
    assert_true(f->timed_out);
    assert_int_equal(http(f, endless, NULL, NULL), STATE_CRITICAL);
    (void)http(f, endless, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", NULL); /* cut at max_size: OK; or time-out */
    assert_int_equal(http(f, endless, "HTTP/1.1 200 OK\r\n\r\n", "{\"expect\":{\"body\":\"none\"}}"), STATE_CRITICAL);
    assert_int_equal(http(f, drip, "HTTP/1.1 200 OK\r\nX: ", NULL), STATE_CRITICAL);
    assert_true(f->timed_out);
    assert_int_equal(http(f, huge_header, NULL, NULL), STATE_CRITICAL);
    assert_int_equal(http(f, reset, NULL, NULL), STATE_CRITICAL);
    assert_int_equal(http(f, reset, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort", NULL), STATE_CRITICAL);
    assert_int_equal(http(f, says, BYTES("not http at all\r\n\r\n"), NULL), STATE_CRITICAL);
    assert_int_equal(http(f, says, BYTES("HTTP/9.9 abc\r\n\r\n"), NULL), STATE_CRITICAL);
    assert_int_equal(http(f, says, BYTES(""), NULL), STATE_CRITICAL);
    (void)http(f, says, BYTES("HTTP/1.1 200 \xff\x01\x1f\xfe\r\nX-\xff: \0\x1b[2J\r\n\r\n\xff\0"), NULL);
    (void)http(f, says, BYTES("HTTP/1.1 302 Found\r\nLocation: http://\xff\x01/\r\n\r\n"), NULL);
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_int_equal(http(f, says, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), NULL), STATE_CRITICAL);
    assert_int_equal(http(f, says, BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nx"), NULL), STATE_CRITICAL);
    (void)http(f, says, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"), NULL);
    (void)http(f, says, BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"), NULL);
    assert_int_equal(f->state, STATE_CRITICAL);
}

static void tls_peers(void **state)
{
    struct fx *f = *state;
    static const char *const kinds[] = {"tls", "http"};

    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_int_equal(secure(f, kinds[i], silent, NULL), STATE_CRITICAL);
        assert_true(f->timed_out);
        assert_int_equal(secure(f, kinds[i], says, BYTES("SSH-2.0-OpenSSH\r\n")), STATE_CRITICAL);
        assert_int_equal(secure(f, kinds[i], says, BYTES("\x16\x03\x03\xff\xff\x02garbage\0\0")), STATE_CRITICAL);
        assert_int_equal(secure(f, kinds[i], endless, NULL), STATE_CRITICAL);
        assert_int_equal(secure(f, kinds[i], drip, "\x16\x03\x03"), STATE_CRITICAL);
        assert_int_equal(secure(f, kinds[i], reset, NULL), STATE_CRITICAL);
    }
}

static void names_that_do_not_exist(void **state)
{
    struct fx *f = *state;

    assert_int_not_equal(fx_run(f, "tcp", "no-such-name.invalid:80", NULL, LIMIT_MS), STATE_OK);
    clean_end(f);
    assert_false(f->answered);
    assert_int_not_equal(fx_run(f, "http", "http://no-such-name.invalid/", NULL, LIMIT_MS), STATE_OK);
    clean_end(f);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {T(tcp_peers), T(http_peers), T(tls_peers), T(names_that_do_not_exist)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

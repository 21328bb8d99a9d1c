/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Look-ups against a small name server on loopback (UDP and TCP, a thread), and the reader of raw
 * answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "io/dns.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the name server: the first label of the question says what it does ---- */

struct server {
    struct addr addr;
    int udp, tcp;
    pthread_t thread;
    int stop[2];
    _Atomic int questions, over_tcp; /* counted by the thread */
};

static size_t put_rr(unsigned char *p, int type, const unsigned char *data, size_t n)
{
    static const unsigned char name[2] = {0xc0, 12};
    memcpy(p, name, 2);
    unsigned char rest[10] = {
        0, (unsigned char)type, 0, 1, 0, 0, 1, 44, (unsigned char)(n >> 8), (unsigned char)n};
    memcpy(p + 2, rest, 10);
    memcpy(p + 12, data, n);
    return n + 12;
}

/* Makes the answer in place; 0: say nothing. */
static size_t answer(unsigned char *p, size_t n, size_t cap, bool tcp)
{
    if (n < 17)
        return 0;
    size_t end = 12;
    while (end < n && p[end] != 0)
        end += p[end] + 1u;
    end += 5;
    char word = (char)p[13];
    int type = p[end - 3];
    p[2] |= 0x84; /* answer, authoritative */
    p[3] = 0x80 | (p[3] & 0x20);
    memset(p + 6, 0, 6);
    static const unsigned char a[4] = {192, 0, 2, 7}, mx[] = {0, 10, 2, 'm', 'x', 0xc0, 12};
    switch (word) {
    case 's': /* silent */
        return 0;
    case 'x': /* does not exist */
        p[3] |= 3;
        return end;
    case 'f': /* SERVFAIL */
        p[3] |= 2;
        return end;
    case 'g': /* garbage behind a good header */
        p[7] = 3;
        memset(p + end, 0xff, 20);
        return end + 20;
    case 't': /* truncated until asked by TCP */
        if (!tcp)
            p[2] |= 2;
        for (int i = 0; tcp && i < 40; i++, p[7]++)
            end += put_rr(p + end, 1, a, 4);
        return end;
    default:
        p[7] = 1;
        return end + (type == 15 ? put_rr(p + end, 15, mx, sizeof mx) : put_rr(p + end, 1, a, 4));
    }
}

static void serve_udp(struct server *s)
{
    unsigned char b[4096];
    struct addr from = {.len = sizeof from.space};
    ssize_t n = recvfrom(s->udp, b, sizeof b, 0, &from.sa, &from.len);
    size_t m = n > 0 ? answer(b, (size_t)n, sizeof b, false) : 0;
    s->questions++;
    if (m > 0)
        sendto(s->udp, b, m, 0, &from.sa, from.len);
}

static void serve_tcp(struct server *s)
{
    unsigned char b[4096];
    int fd = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC);
    ssize_t n = recv(fd, b, 2, MSG_WAITALL);
    if (n == 2)
        n = recv(fd, b + 2, (size_t)(b[0] << 8 | b[1]), MSG_WAITALL);
    s->over_tcp++;
    size_t m = n > 0 ? answer(b + 2, (size_t)n, sizeof b - 2, true) : 0;
    b[0] = (unsigned char)(m >> 8);
    b[1] = (unsigned char)m;
    if (m > 0)
        send(fd, b, m + 2, MSG_NOSIGNAL);
    recv(fd, b, 1, 0);
    close(fd);
}

static void *server_main(void *arg)
{
    struct server *s = arg;
    for (;;) {
        struct pollfd p[3] = {{s->udp, POLLIN, 0}, {s->tcp, POLLIN, 0}, {s->stop[0], POLLIN, 0}};
        poll(p, 3, -1);
        if (p[2].revents != 0)
            return NULL;
        if (p[0].revents != 0)
            serve_udp(s);
        if (p[1].revents != 0)
            serve_tcp(s);
    }
}

static struct server server;

static int server_start(void **state)
{
    struct server *s = &server;
    addr_parse("127.0.0.1", 0, &s->addr);
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->udp, &s->addr.sa, s->addr.len), 0);
    assert_int_equal(getsockname(s->udp, &s->addr.sa, &s->addr.len), 0);
    assert_int_equal(bind(s->tcp, &s->addr.sa, s->addr.len), 0);
    assert_int_equal(listen(s->tcp, 8), 0);
    assert_int_equal(pipe(s->stop), 0);
    pthread_create(&s->thread, NULL, server_main, s);
    return 0;
}

static int server_stop(void **state)
{
    close(server.stop[1]);
    pthread_join(server.thread, NULL);
    close(server.stop[0]);
    close(server.udp);
    close(server.tcp);
    return 0;
}

/* ---- our side ---- */

struct ask {
    struct loop *loop;
    struct dns *dns;
    int calls, waiting;
    int code, rcode, n;
    bool aa, ad, tc;
    char first[64];
    struct dns_addrs addrs;
    bool free_dns;
};

static void one_done(struct ask *a)
{
    a->calls++;
    if (a->free_dns)
        a->dns = dns_free(a->dns);
    if (--a->waiting <= 0)
        loop_stop(a->loop);
}

static void on_answer(void *arg, const struct dns_answer *r)
{
    struct ask *a = arg;
    a->code = r->code;
    a->rcode = r->rcode;
    a->aa = r->aa;
    a->ad = r->ad;
    a->tc = r->tc;
    a->n = r->n;
    if (r->n > 0)
        str_copy(a->first, sizeof a->first, r->rr[0].text);
    assert_true((r->code == 0) == (r->err.text[0] == '\0'));
    one_done(a);
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct ask *a = arg;
    a->addrs = *r;
    a->code = r->code;
    one_done(a);
}

static void ask_open(struct ask *a)
{
    a->loop = loop_new("dns");
    a->dns = dns_new(a->loop);
}

static void ask_close(struct ask *a)
{
    dns_free(a->dns);
    loop_free(a->loop);
}

static struct ask query(const char *name, int type, int64_t timeout_ms)
{
    struct ask a = {.waiting = 1};
    ask_open(&a);
    dns_query(a.dns, &server.addr, name, type, timeout_ms, on_answer, &a);
    assert_int_equal(a.calls, 0);
    loop_run(a.loop);
    assert_int_equal(a.calls, 1);
    ask_close(&a);
    return a;
}

static void good_answers(void **state)
{
    struct ask a = query("www.example.org", 1, 5000);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.rcode, 0);
    assert_true(a.aa && a.ad && !a.tc);
    assert_int_equal(a.n, 1);
    assert_string_equal(a.first, "192.0.2.7");
    a = query("mail.example.org", 15, 5000);
    assert_string_equal(a.first, "10 mx.mail.example.org");
}

static void a_server_that_refuses_is_an_answer(void **state)
{
    struct ask a = query("x.example.org", 1, 5000);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.rcode, 3);
    a = query("f.example.org", 1, 5000);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.rcode, 2);
}

static void truncated_goes_on_by_tcp(void **state)
{
    int before = server.over_tcp;
    struct ask a = query("t.example.org", 1, 5000);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.n, 40);
    assert_int_equal(server.over_tcp, before + 1);
}

static void silence_is_a_timeout(void **state)
{
    struct ask a = query("s.example.org", 1, 150);
    assert_int_equal(a.code, ERR_TIMEOUT);
}

static void garbage_is_told(void **state)
{
    struct ask a = query("g.example.org", 1, 5000);
    assert_int_equal(a.code, ERR_PROTOCOL);
    assert_int_equal(a.n, 0);
}

static void nobody_at_the_port(void **state)
{
    struct addr none;
    addr_parse("127.0.0.1", 1, &none);
    struct ask a = {.waiting = 1};
    ask_open(&a);
    dns_query(a.dns, &none, "www.example.org", 1, 5000, on_answer, &a);
    loop_run(a.loop);
    assert_int_equal(a.code, ERR_REFUSED);
    ask_close(&a);
}

static void bad_names(void **state)
{
    char longest[400];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = {longest, "a..b", ""};
    for (size_t i = 0; i < 2; i++) {
        struct ask a = query(names[i], 1, 1000);
        assert_int_equal(a.code, ERR_DNS);
        struct ask b = {.waiting = 1};
        ask_open(&b);
        dns_resolve(b.dns, names[i], DNS_ANY, 1000, on_addrs, &b);
        loop_run(b.loop);
        assert_true(b.code < 0);
        ask_close(&b);
    }
}

static struct ask resolve(const char *name, enum dns_family family)
{
    struct ask a = {.waiting = 1};
    ask_open(&a);
    dns_resolve(a.dns, name, family, 5000, on_addrs, &a);
    assert_int_equal(a.calls, 0);
    loop_run(a.loop);
    ask_close(&a);
    return a;
}

static void literals_and_hosts_file(void **state)
{
    struct ask a = resolve("192.0.2.9", DNS_ANY);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.addrs.n, 1);
    char text[ADDR_TEXT_BYTES];
    addr_host(&a.addrs.at[0], text);
    assert_string_equal(text, "192.0.2.9");
    assert_int_equal(addr_port(&a.addrs.at[0]), 0);
    a = resolve("2001:db8::5", DNS_ANY);
    addr_host(&a.addrs.at[0], text);
    assert_string_equal(text, "2001:db8::5");
    a = resolve("localhost", DNS_V4);
    assert_int_equal(a.code, 0);
    assert_true(addr_is_loopback(&a.addrs.at[0]));
}

static void cancelled_look_ups_stay_quiet(void **state)
{
    struct ask a = {.waiting = 1};
    ask_open(&a);
    struct dns_job *silent = dns_query(a.dns, &server.addr, "s.example.org", 1, 300, on_answer, &a);
    struct dns_job *soon = dns_resolve(a.dns, "192.0.2.1", DNS_ANY, 300, on_addrs, &a);
    dns_query(a.dns, &server.addr, "www.example.org", 1, 5000, on_answer, &a);
    dns_cancel(silent);
    dns_cancel(soon);
    dns_cancel(NULL);
    loop_run(a.loop);
    assert_int_equal(a.calls, 1);
    ask_close(&a);
}

static void freeing_from_a_callback(void **state)
{
    static const char *const names[] = {"www.example.org", "s.example.org"};
    for (int i = 0; i < 2; i++) {
        struct ask a = {.waiting = 1, .free_dns = true};
        ask_open(&a);
        for (int k = 0; k < 20; k++)
            dns_query(a.dns, &server.addr, names[i], 1, 200, on_answer, &a);
        loop_run(a.loop);
        assert_int_equal(a.calls, 1);
        ask_close(&a);
    }
}

static void many_at_once(void **state)
{
    struct ask a = {.waiting = 1000};
    ask_open(&a);
    for (int i = 0; i < 1000; i++) {
        char name[32];
        str_print(name, sizeof name, "w%d.example.org", i);
        dns_query(a.dns, &server.addr, name, 1, 20000, on_answer, &a);
    }
    loop_run(a.loop);
    assert_int_equal(a.calls, 1000);
    ask_close(&a);
}

/* ---- raw answers ---- */

#define HEADER(answers)                                                                            \
    "\x12\x34\x81\xa0\0\1\0" answers "\0\0\0\0"                                                    \
    "\3foo\2eu\0\0\1\0\1"

static int parse(const char *p, size_t n, struct dns_answer *r)
{
    *r = (struct dns_answer){.arena = arena_new(0)};
    return dns_parse((const unsigned char *)p, n, r);
}

static void records_in_presentation_form(void **state)
{
    static const struct {
        const char *raw;
        size_t n;
        int type;
        const char *text;
    } rows[] = {
#define ROW(type, raw, text)                                                                       \
    {HEADER("\1") "\xc0\x0c" raw, sizeof(HEADER("\1") "\xc0\x0c" raw) - 1, type, text}
        ROW(1, "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", "192.0.2.1"),
        ROW(28, "\0\x1c\0\1\0\0\0\x3c\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1"),
        ROW(5, "\0\5\0\1\0\0\0\x3c\0\6\3www\xc0\x0c", "www.foo.eu"),
        ROW(2, "\0\2\0\1\0\0\0\x3c\0\1\0", "."),
        ROW(15, "\0\x0f\0\1\0\0\0\x3c\0\6\0\x0a\1m\xc0\x0c", "10 m.foo.eu"),
        ROW(16, "\0\x10\0\1\0\0\0\x3c\0\x08\3v=a\3 b;", "v=a b;"),
        ROW(16,
            "\0\x10\0\1\0\0\0\x3c\0\x04\3a\x1b"
            "b",
            "ab"),
        ROW(33, "\0\x21\0\1\0\0\0\x3c\0\x08\0\1\0\2\0\x50\xc0\x0c", "1 2 80 foo.eu"),
        ROW(6, "\0\6\0\1\0\0\0\x3c\0\x1b\1n\xc0\x0c\1h\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5",
            "n.foo.eu h 1 2 3 4 5"),
        ROW(257, "\1\1\0\1\0\0\0\x3c\0\x0c\0\5issueca.eu", "0 issue \"ca.eu\""),
        ROW(43, "\0\x2b\0\1\0\0\0\x3c\0\3\xab\0\x10", "\\# 3 ab0010"),
        ROW(12, "\0\x0c\0\1\0\0\0\x3c\0\6\4a.\\\x01\0", "a\\.\\\\\\001"),
#undef ROW
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_answer r;
        assert_int_equal(parse(rows[i].raw, rows[i].n, &r), 0);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.rr[0].type, rows[i].type);
        assert_string_equal(r.rr[0].text, rows[i].text);
        assert_string_equal(r.rr[0].name, "foo.eu");
        assert_int_equal(r.rr[0].ttl_s, 60);
        assert_true(r.ad && !r.aa && !r.tc);
        arena_free(r.arena);
        for (size_t cut = 0; cut < rows[i].n; cut++) { /* every shorter one is refused */
            struct dns_answer t;
            assert_int_equal(parse(rows[i].raw, cut, &t), ERR_PROTOCOL);
            assert_int_equal(t.n, 0);
            arena_free(t.arena);
        }
    }
}

static void hostile_answers(void **state)
{
    static const struct {
        const char *raw;
        size_t n;
    } rows[] = {
#define ROW(raw) {raw, sizeof(raw) - 1}
        ROW(HEADER("\1") "\xc0\x18\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"), /* points at itself */
        ROW(HEADER("\1") "\xff\xff\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"), /* behind the end */
        ROW(HEADER("\1") "\x41"
                         "a\0\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"), /* reserved label type */
        ROW(HEADER(
            "\1") "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\5\xc0\0\2\1\1"), /* an address of five bytes */
        ROW(HEADER("\1") "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\2\x09"
                         "a"),                 /* a text longer than its record */
        ROW("\x12\x34\x01\0\0\0\0\0\0\0\0\0"), /* a question */
#undef ROW
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_answer r;
        assert_int_equal(parse(rows[i].raw, rows[i].n, &r), ERR_PROTOCOL);
        assert_int_equal(r.n, 0);
        arena_free(r.arena);
    }
}

/* An owner that is reached by so many pointers, one behind the other. */
static int chain(unsigned pointers, struct dns_answer *r)
{
    static const char head[] = HEADER("\2") "\xc0\x0c\0\x2b\0\1\0\0\0\x3c";
    static const char record[] = "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
    struct buf b = BUF_MAX(4096);
    buf_add(&b, head, sizeof head - 1);
    buf_char(&b, (char)(pointers * 2 >> 8));
    buf_char(&b, (char)(pointers * 2));
    for (unsigned k = 0, to = 0x0c; k <= pointers; k++) {
        unsigned here = (unsigned)b.len;
        buf_char(&b, (char)(0xc0 | to >> 8));
        buf_char(&b, (char)to);
        to = here;
    }
    buf_add(&b, record, sizeof record - 1);
    int e = parse(b.data, b.len, r);
    buf_done(&b);
    return e;
}

static void long_chains_of_pointers_are_refused(void **state)
{
    struct dns_answer r;
    assert_int_equal(chain(100, &r), 0);
    assert_string_equal(r.rr[1].name, "foo.eu");
    arena_free(r.arena);
    assert_int_equal(chain(200, &r), ERR_PROTOCOL);
    arena_free(r.arena);
}

static void types_and_codes(void **state)
{
    assert_int_equal(dns_type("A"), 1);
    assert_int_equal(dns_type("mx"), 15);
    assert_int_equal(dns_type("TYPE65"), 65);
    assert_int_equal(dns_type("no"), ERR_INVALID);
    assert_int_equal(dns_type("TYPE0"), ERR_INVALID);
    assert_string_equal(dns_type_name(28), "AAAA");
    assert_null(dns_type_name(9999));
    assert_string_equal(dns_rcode_name(3), "NXDOMAIN");
    assert_string_equal(dns_rcode_name(99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_answers),
        cmocka_unit_test(a_server_that_refuses_is_an_answer),
        cmocka_unit_test(truncated_goes_on_by_tcp),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(garbage_is_told),
        cmocka_unit_test(nobody_at_the_port),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(literals_and_hosts_file),
        cmocka_unit_test(cancelled_look_ups_stay_quiet),
        cmocka_unit_test(freeing_from_a_callback),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(records_in_presentation_form),
        cmocka_unit_test(hostile_answers),
        cmocka_unit_test(long_chains_of_pointers_are_refused),
        cmocka_unit_test(types_and_codes),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}

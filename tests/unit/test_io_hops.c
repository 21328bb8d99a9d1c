/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps along a way, on loopback, and what an error queue may hold. The way over routers is in tests/live/trace.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/hops_priv.h"
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct heard {
    struct loop *loop;
    int n;
    struct hops_reply r;
};

static void on_step(void *arg, const struct hops_reply *r)
{
    struct heard *h = arg;

    h->n++;
    h->r = *r;
    loop_stop(h->loop);
}

static struct hops_reply ask(const char *host, int port, int limit, int64_t timeout_ms)
{
    struct heard h = {.loop = loop_new("test")};
    struct addr peer;

    assert_int_equal(addr_parse(host, port, &peer), 0);
    hops_ask(h.loop, &peer, limit, 20123, timeout_ms, on_step, &h);
    assert_int_equal(h.n, 0); /* never from inside */
    loop_run(h.loop);
    assert_int_equal(h.n, 1);
    loop_free(h.loop);
    return h.r;
}

static void loopback(void **state)
{
    struct hops_reply r = ask("127.0.0.1", 33434, 1, 2000);
    char text[ADDR_TEXT_BYTES];

    assert_int_equal(r.code, 0);
    assert_int_equal(r.kind, HOPS_TARGET);
    addr_host(&r.from, text);
    assert_string_equal(text, "127.0.0.1");
    assert_true(r.rtt_us > 0 && r.rtt_us < 2000000);
    r = ask("::1", 33434, 64, 2000);
    assert_true(r.code != 0 || r.kind == HOPS_TARGET); /* a machine without IPv6 */
}

/* Somebody listens there and says nothing, then something. */
static void a_listener(void **state)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
    socklen_t len = sizeof(sin);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct heard h = {.loop = loop_new("test")};
    struct addr peer;
    char got[64];

    assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    getsockname(fd, (struct sockaddr *)&sin, &len);
    assert_int_equal(ask("127.0.0.1", ntohs(sin.sin_port), 5, 50).kind, HOPS_SILENT);
    len = sizeof(from);
    assert_true(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &len) > 0);
    assert_int_equal(addr_parse("127.0.0.1", ntohs(sin.sin_port), &peer), 0);
    hops_ask(h.loop, &peer, 3, 0, 5000, on_step, &h);
    assert_true(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &len) > 0);
    assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&from, len), 0);
    loop_run(h.loop);
    assert_int_equal(h.r.kind, HOPS_TARGET);
    loop_free(h.loop);
    close(fd);
}

static void cancelled(void **state)
{
    struct heard h = {.loop = loop_new("test")};
    struct addr peer;

    addr_parse("127.0.0.1", 33434, &peer);
    hops_cancel(hops_ask(h.loop, &peer, 1, 0, 1000, on_step, &h));
    hops_cancel(NULL);
    assert_int_equal(h.n, 0);
    loop_free(h.loop);
}

/* ---- the error queue ---- */

struct queue_entry {
    _Alignas(struct cmsghdr) unsigned char bytes[512];
    struct msghdr m;
};

static void entry(struct queue_entry *q, int level, int type, const void *p, size_t n)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)q->bytes;

    memset(q, 0, sizeof(*q));
    q->m.msg_control = q->bytes;
    q->m.msg_controllen = CMSG_SPACE(n);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(c), p, n);
}

struct told {
    struct sock_extended_err err;
    union {
        struct sockaddr_in sin;
        struct sockaddr_in6 sin6;
    };
};

static bool read_entry(struct queue_entry *q, const char *peer, struct hops_reply *r)
{
    struct addr a;
    int64_t at_us = 0;

    *r = (struct hops_reply){0};
    assert_int_equal(addr_parse(peer, 33434, &a), 0);
    return hops_read(&q->m, &a, r, &at_us);
}

static bool v4(struct told *t, size_t n, struct hops_reply *r)
{
    struct queue_entry q;

    entry(&q, IPPROTO_IP, IP_RECVERR, t, n);
    return read_entry(&q, "192.0.2.10", r);
}

static void what_routers_say(void **state)
{
    static const struct {
        int type, code;
        enum hops_kind kind;
    } cases[] = {
        {11, 0, HOPS_ROUTER}, {11, 1, HOPS_SILENT}, {3, 0, HOPS_NO_NET}, {3, 1, HOPS_NO_HOST}, {3, 3, HOPS_REFUSED},
        {3, 4, HOPS_SILENT}, {3, 13, HOPS_FORBIDDEN}, {3, 200, HOPS_NO_HOST}, {5, 1, HOPS_SILENT}, {0, 0, HOPS_SILENT}, {255, 255, HOPS_SILENT},
    };
    struct told t = {.err = {.ee_origin = SO_EE_ORIGIN_ICMP}, .sin = {.sin_family = AF_INET}};
    size_t n = sizeof(t.err) + sizeof(t.sin);
    struct hops_reply r;

    t.sin.sin_addr.s_addr = htonl(0xc0000201);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t.err.ee_type = (uint8_t)cases[i].type;
        t.err.ee_code = (uint8_t)cases[i].code;
        assert_int_equal(v4(&t, n, &r), cases[i].kind != HOPS_SILENT);
        assert_int_equal(r.kind, cases[i].kind);
    }
    t.err.ee_type = 3;
    t.err.ee_code = 3;
    t.sin.sin_addr.s_addr = htonl(0xc000020a); /* the peer itself */
    assert_true(v4(&t, n, &r));
    assert_int_equal(r.kind, HOPS_TARGET);
}

static void garbage(void **state)
{
    struct told t = {.err = {.ee_origin = SO_EE_ORIGIN_ICMP, .ee_type = 11}, .sin = {.sin_family = AF_INET}};
    struct queue_entry q;
    struct hops_reply r;
    struct timespec ts = {0};

    for (size_t n = 0; n < sizeof(t.err) + sizeof(t.sin); n++) /* cut short anywhere */
        assert_false(v4(&t, n, &r));
    t.sin.sin_family = AF_INET6;
    assert_false(v4(&t, sizeof(t), &r));
    t.sin.sin_family = AF_UNSPEC; /* no router is named */
    assert_false(v4(&t, sizeof(t), &r));
    t.sin.sin_family = AF_INET;
    t.err.ee_origin = SO_EE_ORIGIN_LOCAL; /* this machine's own trouble */
    assert_false(v4(&t, sizeof(t), &r));
    t.err.ee_origin = SO_EE_ORIGIN_ICMP6; /* of the other family */
    assert_false(v4(&t, sizeof(t), &r));
    t.err.ee_origin = SO_EE_ORIGIN_ICMP;
    entry(&q, IPPROTO_IP, IP_RECVERR, &t, sizeof(t));
    q.m.msg_flags = MSG_CTRUNC;
    assert_false(read_entry(&q, "192.0.2.10", &r));
    entry(&q, IPPROTO_IP, IP_TTL, &t, sizeof(t));
    assert_false(read_entry(&q, "192.0.2.10", &r));
    entry(&q, SOL_SOCKET, SCM_TIMESTAMPNS, &ts, 3);
    assert_false(read_entry(&q, "192.0.2.10", &r));
    ((struct cmsghdr *)(void *)q.bytes)->cmsg_len = 3;
    assert_false(read_entry(&q, "192.0.2.10", &r));
    q.m.msg_controllen = 0;
    assert_false(read_entry(&q, "192.0.2.10", &r));
}

static void six(void **state)
{
    struct told t = {.err = {.ee_origin = SO_EE_ORIGIN_ICMP6, .ee_type = ICMP6_TIME_EXCEEDED}, .sin6 = {.sin6_family = AF_INET6}};
    struct queue_entry q;
    struct hops_reply r;

    t.sin6.sin6_addr.s6_addr[15] = 1;
    entry(&q, IPPROTO_IPV6, IPV6_RECVERR, &t, sizeof(t));
    assert_true(read_entry(&q, "2001:db8::10", &r));
    assert_int_equal(r.kind, HOPS_ROUTER);
    t.err.ee_type = ICMP6_DST_UNREACH;
    t.err.ee_code = ICMP6_DST_UNREACH_NOPORT;
    entry(&q, IPPROTO_IPV6, IPV6_RECVERR, &t, sizeof(t));
    assert_true(read_entry(&q, "::1", &r));
    assert_int_equal(r.kind, HOPS_TARGET);
    t.err.ee_code = 6; /* reject route */
    entry(&q, IPPROTO_IPV6, IPV6_RECVERR, &t, sizeof(t));
    assert_true(read_entry(&q, "2001:db8::10", &r));
    assert_int_equal(r.kind, HOPS_FORBIDDEN);
    t.err.ee_type = ICMP6_PACKET_TOO_BIG;
    entry(&q, IPPROTO_IPV6, IPV6_RECVERR, &t, sizeof(t));
    assert_false(read_entry(&q, "2001:db8::10", &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback), cmocka_unit_test(a_listener), cmocka_unit_test(cancelled),
        cmocka_unit_test(what_routers_say), cmocka_unit_test(garbage), cmocka_unit_test(six),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

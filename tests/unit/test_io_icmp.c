/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pings of loopback addresses.  Where the machine permits neither kind of socket, only that is
 * tested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/icmp.h"
#include <sys/socket.h>
#include <unistd.h>

struct run {
    struct loop *loop;
    struct icmp *icmp;
    int calls, waiting, answered;
    struct icmp_reply last;
    struct icmp_job *other;
    bool free_all;
};

static void on_reply(void *arg, const struct icmp_reply *r)
{
    struct run *t = arg;
    t->calls++;
    t->answered += r->received;
    t->last = *r;
    icmp_cancel(t->other);
    t->other = NULL;
    if (t->free_all)
        t->icmp = icmp_free(t->icmp);
    if (--t->waiting == 0)
        loop_stop(t->loop);
}

static struct addr at(const char *host)
{
    struct addr a;
    assert_int_equal(addr_parse(host, 0, &a), 0);
    return a;
}

static void run_open(struct run *t, int waiting)
{
    *t = (struct run){.loop = loop_new("icmp"), .waiting = waiting};
    t->icmp = icmp_new(t->loop);
}

static void run_close(struct run *t)
{
    icmp_free(t->icmp);
    loop_free(t->loop);
}

static void start(struct run *t, const char *host, int count, int enough, size_t bytes)
{
    struct addr a = at(host);
    icmp_ping(t->icmp, &a, count, enough, 1, 2000, bytes, on_reply, t);
    assert_int_equal(t->calls, 0);
}

static bool allowed(bool v6)
{
    struct loop *l = loop_new("t");
    struct icmp *i = icmp_new(l);
    int code = icmp_allowed(i, v6);
    assert_true(code == 0 || code == ERR_DENIED);
    icmp_free(i);
    loop_free(l);
    return code == 0;
}

static void need(bool v6)
{
    struct addr own = at(v6 ? "::1" : "127.0.0.1");
    int fd = socket(own.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, &own.sa, own.len) == 0; /* containers without IPv6 */
    close(fd);
    if (!has || !allowed(v6))
        skip();
}

static void a_refusal_comes_as_a_reply(void **state)
{
    if (allowed(false))
        skip();
    struct run t;
    run_open(&t, 1);
    start(&t, "127.0.0.1", 3, 0, 56);
    loop_run(t.loop);
    assert_int_equal(t.last.code, ERR_DENIED);
    assert_int_equal(t.last.sent, 0);
    run_close(&t);
}

static void ping_one(const char *host, int count, size_t bytes)
{
    struct run t;
    run_open(&t, 1);
    start(&t, host, count, 0, bytes);
    loop_run(t.loop);
    assert_int_equal(t.last.code, 0);
    assert_int_equal(t.last.sent, count);
    assert_int_equal(t.last.received, count);
    for (int i = 0; i < count; i++)
        assert_true(t.last.rtt_us[i] > 0);
    run_close(&t);
}

static void echoes_v4(void **state)
{
    need(false);
    ping_one("127.0.0.1", 5, 56);
    ping_one("127.7.8.9", 1, 0);
    ping_one("127.0.0.1", ICMP_MAX_COUNT, 1400);
}

static void echoes_v6(void **state)
{
    need(true);
    ping_one("::1", 3, 56);
    ping_one("::1", 1, 4000);
}

static void enough_ends_early(void **state)
{
    need(false);
    struct run t;
    run_open(&t, 1);
    start(&t, "127.0.0.1", 20, 2, 56);
    loop_run(t.loop);
    assert_true(t.last.received >= 2 && t.last.sent < 20);
    run_close(&t);
}

static void silence_is_lost_packets(void **state)
{
    need(false);
    struct run t;
    run_open(&t, 1);
    struct addr a = at("240.0.0.1"); /* reserved: nobody answers, or this machine has no route */
    icmp_ping(t.icmp, &a, 2, 0, 1, 50, 56, on_reply, &t);
    loop_run(t.loop);
    assert_int_equal(t.calls, 1);
    assert_int_equal(t.last.received, 0);
    assert_int_equal(t.last.rtt_us[0], -1);
    run_close(&t);
}

static void thousands_at_once(void **state)
{
    need(false);
    struct run t;
    run_open(&t, 3000);
    for (int i = 0; i < 3000; i++) {
        char host[32];
        str_print(host, sizeof host, "127.1.%d.%d", i / 250, i % 250 + 1);
        start(&t, host, 2, 0, 56);
    }
    loop_run(t.loop);
    assert_int_equal(t.calls, 3000);
    assert_int_equal(t.answered, 6000);
    run_close(&t);
}

static void cancel_and_free_from_callbacks(void **state)
{
    need(false);
    struct run t;
    struct addr a = at("127.0.0.1");
    run_open(&t, 1);
    t.other = icmp_ping(t.icmp, &a, 20, 0, 5000, 5000, 56, on_reply, &t);
    start(&t, "127.0.0.1", 1, 0, 56);
    icmp_cancel(icmp_ping(t.icmp, &a, 1, 0, 1, 1, 56, on_reply, &t));
    loop_run(t.loop);
    assert_int_equal(t.calls, 1);
    run_close(&t);

    run_open(&t, 1);
    t.free_all = true;
    for (int i = 0; i < 100; i++)
        start(&t, "127.0.0.1", 3, 0, 56);
    loop_run(t.loop);
    assert_int_equal(t.calls, 1);
    run_close(&t);
}

static void freeing_what_waits(void **state)
{
    struct run t;
    run_open(&t, 1);
    for (int i = 0; i < 200; i++)
        start(&t, "127.0.0.1", 3, 0, 56);
    run_close(&t);
    assert_int_equal(t.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_comes_as_a_reply),
        cmocka_unit_test(echoes_v4),
        cmocka_unit_test(echoes_v6),
        cmocka_unit_test(enough_ends_early),
        cmocka_unit_test(silence_is_lost_packets),
        cmocka_unit_test(thousands_at_once),
        cmocka_unit_test(cancel_and_free_from_callbacks),
        cmocka_unit_test(freeing_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sockets probe. LES-6. */
#include "checks_twin.h"

static void put_counters(long overflows, long drops)
{
    char text[500];

    snprintf(text, sizeof(text), "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 %ld %ld\nIpExt: InNoRoutes InOctets\nIpExt: 0 55\n", overflows, overflows);
    sim_proc("/proc/net/netstat", text);
    snprintf(text, sizeof(text), "Tcp: ActiveOpens CurrEstab\nTcp: 10 2\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 100 1 2 100 %ld 0\n", drops);
    sim_proc("/proc/net/snmp", text);
}

static void put(void)
{
    sim_proc("/proc/net/sockstat", "sockets: used 200\nTCP: inuse 5 orphan 3 tw 7 alloc 8 mem 1\nUDP: inuse 2 mem 1\n");
    sim_proc("/proc/net/sockstat6", "TCP6: inuse 4\nUDP6: inuse 1\n");
    sim_proc("/proc/sys/net/ipv4/tcp_max_orphans", "8192\n");
    sim_proc("/proc/net/tcp",
             "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
             "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
             "   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1\n"
             "   2: 0100007F:1F90 0100007F:9C41 08 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1\n");
    put_counters(100, 50);
}

static void states(void **state)
{
    struct fx *f = *state;

    put();
    assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "9 TCP sockets in use, 1 established, 7 waiting to be forgotten");
    assert_has(f->perf, "listen=1");
    assert_has(f->perf, "close_wait=1");
    assert_has(f->perf, "orphans=3;6554;7782;0;8192");
    assert_int_equal(fx_run(f, "sockets", NULL, "{\"close_wait\":{\"crit\":\"0\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "1 connection that a program here forgot to close (limit 0)");
    assert_int_equal(fx_run(f, "sockets", NULL, "{\"tcp\":{\"warn\":\"8\"},\"orphans\":{\"warn\":\"1%\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "9 TCP sockets in use (limit 8)");
}

static void overflows(void **state)
{
    struct fx *f = *state;

    put();
    assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_OK); /* the first look knows no rate */
    sim_run_for(10000);
    put_counters(150, 50);
    assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "5 connections a second were too many for their listener");
    sim_run_for(10000);
    put_counters(10, 1050); /* went back: no rate; 100 datagrams a second */
    assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "datagrams a second were dropped");
    sim_run_for(10000);
    assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_OK);
}

static void garbage(void **state)
{
    static const char *const texts[] = {NULL, "", "TcpExt:\nTcpExt:\n", "TcpExt: ListenOverflows\n", "TcpExt: ListenOverflows\nTcpExt:\n", "x\ny\n"};
    struct fx *f = *state;

    put();
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc("/proc/net/netstat", texts[i]);
        assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_UNKNOWN);
    }
    put();
    sim_proc("/proc/net/tcp", "head\n  0: a b zz\n 1: c\n\n 2: a b 0A3 4\n 3: a b FF 0\n");
    assert_int_equal(fx_run(f, "sockets", NULL, NULL, 5000), STATE_OK);
    assert_has(f->perf, "established=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(states),
        TWIN_TEST(overflows),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

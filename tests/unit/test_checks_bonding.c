/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bonding probe. LES-6. */
#include "checks_twin.h"

#define SLAVE(name, status, aggregator)                                                                                \
    "\nSlave Interface: " name "\nMII Status: " status "\nSpeed: 1000 Mbps\nDuplex: full\nLink Failure Count: 2\n"      \
    "Permanent HW addr: 52:54:00:00:00:01\nSlave queue ID: 0\n" aggregator
#define HEAD(mode, status) "Ethernet Channel Bonding Driver: v6.1.0\n\nBonding Mode: " mode "\nMII Status: " status "\nMII Polling Interval (ms): 100\n"
#define BACKUP HEAD("fault-tolerance (active-backup)", "up") "Currently Active Slave: eth0\n"
#define LACP(partner)                                                                                                  \
    HEAD("IEEE 802.3ad Dynamic link aggregation", "up")                                                                \
    "802.3ad info\nLACP rate: slow\nActive Aggregator Info:\n\tAggregator ID: 1\n\tNumber of ports: 2\n\tPartner Mac Address: " partner "\n"

static void well(void **state)
{
    struct fx *f = *state;

    sim_proc("/proc/net/bonding/bond0", BACKUP SLAVE("eth0", "up", "") SLAVE("eth1", "up", ""));
    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "1 bond, all interfaces up");
    assert_has(f->more, "bond0: 2 of 2 up, active eth0, 4 link failures");
    assert_has(f->perf, "bond0_up=2;;;0;2");
    assert_int_equal(fx_run(f, "bonding", "bond7", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "there is no bond bond7");
}

static void slave_down(void **state)
{
    struct fx *f = *state;

    sim_proc("/proc/net/bonding/bond0", BACKUP SLAVE("eth0", "up", "") SLAVE("eth1", "down", ""));
    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "bond0: eth1 is down, 1 of 2 interfaces left");
    sim_proc("/proc/net/bonding/bond0", HEAD("fault-tolerance (active-backup)", "down") SLAVE("eth0", "down", "") SLAVE("eth1", "down", ""));
    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "none of its 2 interfaces has a link");
}

static void lacp(void **state)
{
    struct fx *f = *state;

    sim_proc("/proc/net/bonding/bond1", LACP("aa:bb:cc:00:00:01") SLAVE("eth0", "up", "Aggregator ID: 1\n") SLAVE("eth1", "up", "Aggregator ID: 1\n"));
    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_OK);
    sim_proc("/proc/net/bonding/bond1", LACP("aa:bb:cc:00:00:01") SLAVE("eth0", "up", "Aggregator ID: 1\n") SLAVE("eth1", "up", "Aggregator ID: 2\n"));
    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "eth1 has a link but is not part of the aggregate");
    sim_proc("/proc/net/bonding/bond1", LACP("00:00:00:00:00:00") SLAVE("eth0", "up", "Aggregator ID: 1\n") SLAVE("eth1", "up", "Aggregator ID: 2\n"));
    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "the switch does not speak LACP");
}

static void none_and_garbage(void **state)
{
    static const char *const texts[] = {"", ":", ":::\n\n:\n", "Slave Interface", "MII Status: up\nMII Status: down\n"};
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "no bonded interfaces here");
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc("/proc/net/bonding/bond0", texts[i]);
        assert_int_equal(fx_run(f, "bonding", NULL, NULL, 5000), STATE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(well),
        TWIN_TEST(slave_down),
        TWIN_TEST(lacp),
        TWIN_TEST(none_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network probe's rates, in the simulated machine. MON-8. */
#include "checks_twin.h"

static void put(const char *rx_bytes, const char *rx_errors, const char *tx_bytes)
{
    char text[500];

    snprintf(text, sizeof(text), "Inter-|   Receive                                                |  Transmit\n"
             " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
             "  eth0: %s 0 %s 0 0 0 0 0 %s 0 0 0 0 0 0 0\n", rx_bytes, rx_errors, tx_bytes);
    sim_proc("/proc/net/dev", text);
    sim_proc("/sys/class/net/eth0/operstate", "up\n");
    sim_proc("/sys/class/net/eth0/speed", "1000\n");
}

static void readable_rates(void **state)
{
    struct fx *f = *state;

    put("0", "0", "0");
    assert_int_equal(fx_run(f, "network", NULL, NULL, 5000), STATE_OK);
    sim_run_for(60000);
    put("0", "5", "0");
    assert_int_equal(fx_run(f, "network", NULL, "{\"errors\":{\"warn\":\"> 6/min\"}}", 5000), STATE_OK);
    sim_run_for(60000);
    put("0", "13", "0");
    assert_int_equal(fx_run(f, "network", NULL, "{\"errors\":{\"warn\":\"> 6/min\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "(limit > 6/min)");
    sim_run_for(10000);
    put("1125000000", "13", "0");
    assert_int_equal(fx_run(f, "network", NULL, "{\"traffic\":{\"warn\":\"> 800 Mbit/s\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "eth0 receives 900.0 Mbit/s (limit > 800 Mbit/s)");
    sim_run_for(10000);
    put("1125000000", "13", "1187500000");
    assert_int_equal(fx_run(f, "network", NULL, "{\"traffic\":{\"warn\":\"> 800 Mbit/s\",\"crit\":\"90%\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "eth0 sends 950.0 Mbit/s (limit 90%)");
    sim_run_for(10000);
    put("1125000000", "13", "2375000000");
    sim_proc("/sys/class/net/eth0/speed", "-1\n"); /* not known: a share of nothing judges nothing */
    assert_int_equal(fx_run(f, "network", NULL, "{\"traffic\":{\"crit\":\"90%\"}}", 5000), STATE_OK);
    assert_has(fx_refused(f, "network", NULL, "{\"traffic\":{\"warn\":\"> 800 apples/s\"}}"), "> 800 Mbit/s");
    assert_has(fx_refused(f, "snmp", "ifHCInOctets.2", "{\"warn\":\"> 100/s\"}"), "it needs “rate: yes”");
    assert_has(fx_refused(f, "load", NULL, "{\"warn\":\"> 100/s\"}"), "was read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(readable_rates)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

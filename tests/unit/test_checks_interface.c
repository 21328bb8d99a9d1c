/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface probe. LES-6. */
#include "checks_twin.h"

#define SYS "/sys/class/net/eth0/"

static void put_figures(const char *errors, const char *changes, const char *bytes)
{
    sim_proc(SYS "statistics/rx_errors", errors);
    sim_proc(SYS "statistics/tx_errors", "0\n");
    sim_proc(SYS "statistics/rx_dropped", "0\n");
    sim_proc(SYS "statistics/tx_dropped", "0\n");
    sim_proc(SYS "statistics/rx_bytes", bytes);
    sim_proc(SYS "statistics/tx_bytes", "1\n");
    sim_proc(SYS "carrier_changes", changes);
}

static void put(void)
{
    sim_proc(SYS "duplex", "full\n");
    put_figures("5\n", "2\n", "1000\n");
}

static void well(void **state)
{
    struct fx *f = *state;

    put();
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_OK);
    assert_has(f->text, "eth0 is up, 1000 Mbit/s");
    assert_int_equal(fx_run(f, "interface", "lo", NULL, 5000), STATE_OK);
    assert_has(f->text, "lo is up");
}

static void troubles(void **state)
{
    struct fx *f = *state;

    put();
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"speed\":{\"crit\":\"< 10000\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "the link runs at 1000 Mbit/s (limit < 10000)");
    sim_proc(SYS "duplex", "half\n");
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_WARNING);
    assert_has(f->text, "eth0 runs in half duplex");
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"duplex\":\"any\"}", 5000), STATE_OK);
    sim_proc(SYS "operstate", "down\n");
    sim_proc(SYS "speed", "-1\n");
    sim_proc(SYS "carrier", "0\n");
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "eth0 has no link (down)");
}

static void rates(void **state)
{
    struct fx *f = *state;

    put();
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_OK);
    sim_run_for(10000);
    put_figures("105\n", "2\n", "1125001000\n");
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"load\":{\"warn\":\"80%\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "10 errors a second (limit 1)");
    assert_has(f->perf, "in=900000000b");
    sim_run_for(10000);
    put_figures("105\n", "2\n", "1125001000\n");
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_OK);
    sim_run_for(10000);
    put_figures("110\n", "2\n", "1250001000\n");
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"errors\":{\"warn\":\"> 6/min\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "0.5 errors a second (limit > 6/min)");
    sim_run_for(10000);
    put_figures("110\n", "2\n", "1375001000\n");
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"traffic\":{\"warn\":\"> 10 MB/s\",\"crit\":\"> 800 Mbit/s\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "eth0 receives 100.0 Mbit/s (limit > 10 MB/s)");
    sim_run_for(10000);
    put_figures("110\n", "2\n", "1125001000\n");
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"traffic\":{\"warn\":\"> 1 Mbps\"}}", 5000), STATE_OK); /* set back */
    sim_run_for(10000);
    put_figures("110\n", "6\n", "2250001000\n");
    assert_int_equal(fx_run(f, "interface", "eth0", "{\"load\":{\"crit\":\"80%\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "90 % of the link is used (limit 80%)");
    sim_run_for(10000);
    put_figures("105\n", "9\n", "1\n");
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_WARNING);
    assert_has(f->text, "the link went or came 3 times since the last look");
}

static void missing_and_garbage(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "interface", "eth9", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "there is no interface eth9");
    sim_proc(SYS "speed", "fast\n");
    put_figures("x\n", "", "-\n");
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_OK);
    sim_run_for(1000);
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_OK);
    sim_proc(SYS "operstate", "\x1b[31m\n");
    assert_int_equal(fx_run(f, "interface", "eth0", NULL, 5000), STATE_CRITICAL);
    assert_has(fx_refused(f, "interface", "../../../etc", NULL), "no name of an interface");
    assert_has(fx_refused(f, "interface", "", NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(well),
        TWIN_TEST(troubles),
        TWIN_TEST(rates),
        TWIN_TEST(missing_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

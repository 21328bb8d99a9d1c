/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel probe. LES-6. */
#include "checks_twin.h"

static void put(const char *taint, const char *kills)
{
    char text[100];

    snprintf(text, sizeof(text), "nr_free_pages 5\noom_kill %s\ndrop_pagecache 0\n", kills);
    sim_proc("/proc/sys/kernel/tainted", taint);
    sim_proc("/proc/vmstat", text);
}

static void taint(void **state)
{
    struct fx *f = *state;

    put("0\n", "0");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "nothing to complain of");
    put("4097\n", "0");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "taint PO only says what is loaded");
    assert_has(f->more, "P: a proprietary module");
    put("513\n", "0");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "the kernel is tainted (PW): a kernel warning");
    assert_int_equal(fx_run(f, "kernel", "W", NULL, 5000), STATE_OK);
    put("16512\n", "0");
    assert_int_equal(fx_run(f, "kernel", "W", NULL, 5000), STATE_WARNING);
    assert_has(f->text, "(DL): the kernel died once");
}

static void events(void **state)
{
    struct fx *f = *state;

    put("0\n", "7");
    sim_proc("/proc/interrupts", "            CPU0       CPU1\n  0:  5 6 IO-APIC timer\nMCE:          1          2   Machine check exceptions\nMCP: 3 3 Machine check polls\n");
    sim_proc("/sys/devices/system/edac/mc/mc0/ce_count", "3\n");
    sim_proc("/sys/devices/system/edac/mc/mc0/ue_count", "0\n");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_OK); /* what was before is not told */
    assert_has(f->perf, "machine_checks=3c");
    put("0\n", "9");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "2 processes were killed for lack of memory since the last look");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_OK);
    sim_proc("/sys/devices/system/edac/mc/mc0/ce_count", "4\n");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "1 memory error corrected");
    sim_proc("/proc/interrupts", "MCE: 2 2 Machine check exceptions\n");
    sim_proc("/proc/sys/kernel/hung_task_detect_count", "1\n");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "1 task hung in the kernel");
}

static void garbage(void **state)
{
    static const char *const texts[] = {NULL, "", "P\n", "-1\n", "99999999999999999999\n"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc("/proc/sys/kernel/tainted", texts[i]);
        assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_UNKNOWN);
    }
    put("9223372036854775807\n", "many");
    assert_int_equal(fx_run(f, "kernel", NULL, NULL, 5000), STATE_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(taint),
        TWIN_TEST(events),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

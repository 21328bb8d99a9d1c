/* SPDX-License-Identifier: GPL-3.0-or-later */
/* btrfs by its counters in /sys: clean, old errors, new errors, a missing device, none mounted, garbage. */
#include "checks_twin.h"

#define UUID "11111111-2222-3333-4444-555555555555"
#define AT(x) "/sys/fs/btrfs/" UUID "/" x
#define CLEAN "write_errs 0\nread_errs 0\nflush_errs 0\ncorruption_errs 0\ngeneration_errs 0\n"

static void put(const char *first, const char *second)
{
    sim_proc("/sys/fs/btrfs/features/raid56", "0\n");
    sim_proc(AT("label"), "data\n");
    sim_proc(AT("devinfo/1/missing"), "0\n");
    sim_proc(AT("devinfo/1/error_stats"), first);
    sim_proc(AT("devinfo/2/missing"), "0\n");
    sim_proc(AT("devinfo/2/error_stats"), second);
}

static void counters(void **state)
{
    struct fx *f = *state;

    put(CLEAN, CLEAN);
    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_OK);
    assert_has(f->perf, "data_errors=0c");
    assert_has(f->more, "2 devices");
    put(CLEAN, "write_errs 0\nread_errs 0\nflush_errs 0\ncorruption_errs 3\ngeneration_errs 0\n");
    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_CRITICAL);
    assert_string_equal(f->text, "data: 3 new device errors (3 in all)");
    sim_run_for(23 * 3600000LL);
    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_CRITICAL);
    put(CLEAN, "write_errs 0\nread_errs 1\nflush_errs 0\ncorruption_errs 3\ngeneration_errs 0\n");
    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_CRITICAL);
    assert_string_equal(f->text, "data: 4 new device errors (4 in all)");
    sim_run_for(25 * 3600000LL);
    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_WARNING);
    assert_has(f->text, "4 device errors have been counted");
    assert_int_equal(fx_run(f, "btrfs", NULL, "{\"old_errors\":false}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "btrfs", "data", NULL, 10000), STATE_UNKNOWN); /* excluded */
}

static void missing_device(void **state)
{
    struct fx *f = *state;

    put(CLEAN, "invalid\n");
    sim_proc(AT("devinfo/2/missing"), "1\n");
    sim_proc(AT("label"), "\n");
    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, UUID ": 1 of 2 devices missing");
}

static void none_and_garbage(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "btrfs", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "no btrfs is mounted");
    put("\xff\xff", "write_errs 99999999999999999999\nread_errs 99999999999999999999\n x\n");
    (void)fx_run(f, "btrfs", NULL, NULL, 10000);
    assert_int_equal(f->state, STATE_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(counters), TWIN_TEST(missing_device), TWIN_TEST(none_and_garbage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

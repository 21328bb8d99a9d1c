/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays whole, checked, resynchronised, rebuilt, degraded, inactive; a table that is no table. LES-9. */
#include "checks_twin.h"

#define HEAD "Personalities : [raid1] [raid6] [raid5] [raid4] \n"
#define TAIL "unused devices: <none>\n"

static enum state with(struct fx *f, const char *mdstat)
{
    sim_proc("/proc/mdstat", mdstat);
    return fx_run(f, "raid", NULL, NULL, 10000);
}

static void whole(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, HEAD "md0 : active raid1 sdb2[1] sda2[0]\n      976630464 blocks super 1.2 [2/2] [UU]\n      bitmap: 1/8 pages [4KB], 65536KB chunk\n\n"
                                  "md1 : active raid0 sdc1[0] sdd1[1]\n      3906764800 blocks super 1.2 512k chunks\n\n" TAIL), STATE_OK);
    assert_string_equal(f->text, "2 arrays complete");
    assert_has(f->perf, "md0=2;;;0;2");
    assert_has(f->more, "md1 raid0");
}

static void work_on_a_whole_array_is_fine(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, HEAD "md0 : active raid1 sdb2[1] sda2[0]\n      976630464 blocks super 1.2 [2/2] [UU]\n"
                                  "      [==>..................]  check = 12.6% (123055437/976630464) finish=127.5min speed=111440K/sec\n\n" TAIL), STATE_OK);
    assert_has(f->text, "md0: check, 12.6 % done (127.5min left)");
    assert_has(f->perf, "md0_check=12.6%");
    assert_int_equal(with(f, HEAD "md0 : active raid1 sdb2[1] sda2[0]\n      976630464 blocks super 1.2 [2/2] [UU]\n"
                                  "      [>....................]  resync =  1.0% (9766304/976630464) finish=90.1min speed=178000K/sec\n\n" TAIL), STATE_OK);
    assert_has(f->text, "resync");
    assert_int_equal(with(f, HEAD "md0 : active (auto-read-only) raid1 sdb2[1] sda2[0]\n      1000 blocks super 1.2 [2/2] [UU]\n      \tresync=PENDING\n\n" TAIL), STATE_OK);
    assert_int_equal(with(f, HEAD "md0 : active raid5 sdd1[3] sdb2[1] sda2[0]\n      1000 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/3] [UUU]\n"
                                  "      [>....................]  reshape =  4.0% (40/1000) finish=9.1min speed=1K/sec\n\n" TAIL), STATE_OK);
    assert_has(f->text, "reshape");
}

static void degraded(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, HEAD "md0 : active raid1 sdb2[1](F) sda2[0]\n      976630464 blocks super 1.2 [2/1] [U_]\n\n" TAIL), STATE_CRITICAL);
    assert_string_equal(f->text, "md0 is degraded: 1 of 2 members missing");
    assert_int_equal(with(f, HEAD "md0 : active raid1 sdc2[2] sda2[0]\n      976630464 blocks super 1.2 [2/1] [U_]\n"
                                  "      [=>...................]  recovery =  8.5% (83055437/976630464) finish=99.9min speed=111440K/sec\n\n" TAIL), STATE_WARNING);
    assert_has(f->text, "md0: rebuilding, 8.5 % done (99.9min left), 1 of 2 members missing");
    assert_int_equal(with(f, HEAD "md0 : active raid5 sdb2[1](F) sda2[0]\n      10 blocks level 5, 64k chunk, algorithm 2 [3/2] [UU_]\n"
                                  "md1 : active raid1 sdb1[1](F) sda1[0]\n      10 blocks [2/1] [U_]\n" TAIL), STATE_CRITICAL);
    assert_has(f->text, ", and 1 more problem");
    assert_int_equal(with(f, HEAD "md0 : active raid1 sdc1[2] sdb1[1](F) sda1[0]\n      10 blocks [2/2] [UU]\n" TAIL), STATE_WARNING);
    assert_has(f->text, "faulty member sdb1");
}

static void doubts_need_two_readings(void **state)
{
    struct fx *f = *state;
    const char *spare = HEAD "md0 : active raid1 sdc2[2](S) sda2[0]\n      976630464 blocks super 1.2 [2/1] [U_]\n\n" TAIL;
    const char *inactive = HEAD "md0 : inactive sda2[0](S)\n      976630464 blocks super 1.2\n\n" TAIL;

    assert_int_equal(with(f, spare), STATE_WARNING);
    assert_has(f->text, "about to begin");
    assert_int_equal(with(f, spare), STATE_CRITICAL);
    assert_int_equal(with(f, inactive), STATE_WARNING);
    assert_int_equal(with(f, spare), STATE_WARNING); /* the row was broken */
    assert_int_equal(with(f, inactive), STATE_WARNING);
    assert_int_equal(with(f, inactive), STATE_CRITICAL);
    assert_has(f->text, "md0 is not active");
    assert_int_equal(with(f, HEAD "md127 : inactive sdb[1](S) sda[0](S)\n      5288 blocks super external:imsm\n\n" TAIL), STATE_OK);
}

static void which_arrays(void **state)
{
    struct fx *f = *state;

    sim_proc("/proc/mdstat", HEAD "md0 : active raid1 sdb2[1] sda2[0]\n      10 blocks [2/2] [UU]\nmd9 : active raid1 sdb3[1]\n      10 blocks [2/1] [_U]\n" TAIL);
    assert_int_equal(fx_run(f, "raid", "md0", "{\"exclude\":\"md9\"}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "raid", "md5", "{\"exclude\":\"md9\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "md5 is not there");
}

static void no_arrays_and_garbage(void **state)
{
    struct fx *f = *state;
    static char much[60000];

    assert_int_equal(with(f, NULL), STATE_UNKNOWN);
    assert_has(f->text, "has no arrays");
    assert_int_equal(with(f, HEAD TAIL), STATE_UNKNOWN);
    assert_int_not_equal(with(f, "\xff\xfe md : : [ [/] ( blocks\n[%= : \nmd0 :\n [ blocks [/ ]\nx : active [ [0 (F)\n    [9/ blocks [99999999999999999999/1]\n  check = % finish=\n"), STATE_OK);
    for (size_t i = 0; i + 40 < sizeof(much); i += strlen(much + i))
        snprintf(much + i, 40, "m%d : active r [1\n ", (int)i);
    (void)with(f, much);
    sim_proc("/proc/mdstat", NULL);
    assert_int_equal(fx_run(f, "raid", "md0", NULL, 10000), STATE_CRITICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(whole), TWIN_TEST(work_on_a_whole_array_is_fine), TWIN_TEST(degraded),
        TWIN_TEST(doubts_need_two_readings), TWIN_TEST(which_arrays), TWIN_TEST(no_arrays_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

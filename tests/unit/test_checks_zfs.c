/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pools of ZFS as zpool tells them. LES-9: a scrub is no problem, a degraded pool is. */
#include "checks_twin.h"

#define STATUS(state, scan, counters, errors)                                                                                 \
    "  pool: tank\n state: " state "\n  scan: " scan "\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n\ttank        " state \
    "     0     0     0\n\t  mirror-0  ONLINE       0     0     0\n\t    sda     ONLINE       " counters "\n\t    sdb     ONLINE       0     0     0\n\nerrors: " errors "\n"
#define SCRUBBED "scrub repaired 0B in 00:00:01 with 0 errors on Sun Mar  1 00:24:02 2026"

static enum state with(struct fx *f, const char *list, const char *status)
{
    twin_program("zpool list*", 0, list, NULL);
    twin_program("zpool status*", 0, status, NULL);
    return fx_run(f, "zfs", NULL, NULL, 10000);
}

static void online(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, "tank\t10000000000\t3000000000\t30\tONLINE\n", STATUS("ONLINE", SCRUBBED, "0     0     0", "No known data errors")), STATE_OK);
    assert_string_equal(f->text, "1 pool online; fullest: tank 30 % used");
    assert_has(f->perf, "tank=3000000000B");
    assert_int_equal(with(f, "tank\t10000000000\t3000000000\t30\tONLINE\n",
                          STATUS("ONLINE", "scrub in progress since Sun Mar  1 00:24:02 2026\n\t1.2G scanned at 1G/s, 600M issued\n\t0B repaired, 12.34% done, 00:10:00 to go", "0     0     0",
                                 "No known data errors")), STATE_OK);
    assert_has(f->text, "tank: scrub, 12.34 % done");
}

static void ill(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, "tank\t10000000000\t3000000000\t30\tDEGRADED\n", STATUS("DEGRADED", SCRUBBED, "0     0     0", "No known data errors")), STATE_CRITICAL);
    assert_string_equal(f->text, "tank is DEGRADED");
    assert_int_equal(with(f, "tank\t10000000000\t3000000000\t30\tDEGRADED\n",
                          STATUS("DEGRADED", "resilver in progress since Sun Mar  1 00:24:02 2026\n\t0B resilvered, 50.0% done, 00:10:00 to go", "0     0     0", "No known data errors")), STATE_WARNING);
    assert_has(f->text, "being rebuilt, 50 % done");
    assert_int_equal(with(f, "tank\t10000000000\t3000000000\t30\tONLINE\n", STATUS("ONLINE", SCRUBBED, "0     0     7", "No known data errors")), STATE_WARNING);
    assert_has(f->text, "errors on sda");
    assert_int_equal(with(f, "tank\t10000000000\t3000000000\t30\tONLINE\n", STATUS("ONLINE", SCRUBBED, "0     0     7", "3 data errors, use '-v' for a list")), STATE_CRITICAL);
    assert_has(f->text, "lost data: 3 data errors");
    assert_int_equal(with(f, "tank\t10000000000\t8500000000\t85\tONLINE\n", STATUS("ONLINE", SCRUBBED, "0     0     0", "No known data errors")), STATE_WARNING);
    assert_has(f->text, "tank 85 % used");
    assert_int_equal(with(f, "tank\t10000000000\t9500000000\t95\tSUSPENDED\n", STATUS("SUSPENDED", SCRUBBED, "0     0     0", "No known data errors")), STATE_CRITICAL);
    assert_has(f->text, "and 1 more problem");
}

static void which(void **state)
{
    struct fx *f = *state;

    (void)with(f, "tank\t10000000000\t3000000000\t30\tONLINE\nold\t100\t99\t99\tONLINE\n", STATUS("ONLINE", SCRUBBED, "0     0     0", "No known data errors"));
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_int_equal(fx_run(f, "zfs", "tank", "{\"exclude\":\"old\"}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "zfs", "gone", "{\"exclude\":\"old\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "gone is not there");
    assert_int_equal(with(f, "", ""), STATE_UNKNOWN);
    assert_int_equal(fx_run(f, "zfs", "gone", NULL, 10000), STATE_CRITICAL);
}

static void cannot_be_had(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "zfs", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "apt install zfsutils-linux");
    twin_program("zpool", 1, NULL, "The ZFS modules are not loaded.\nTry running '/sbin/modprobe zfs' as root to load them.\n");
    assert_int_equal(fx_run(f, "zfs", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "modules are not loaded");
    sim_program("zpool", &(struct sim_program){.takes_ms = 90000});
    assert_int_equal(fx_run(f, "zfs", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "zpool hangs");
}

static void garbage(void **state)
{
    struct fx *f = *state;
    static const char *const texts[] = {"\t\t\t\t", "a b c d e\n", "pool: \nscan:\n% done\n\t\n\xff\xff\xff", "tank\t-1\t-\t-\t-\n"};

    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t k = 0; k < COUNT(texts); k++)
            assert_int_not_equal(with(f, texts[i], texts[k]), STATE_OK);
    (void)with(f, "tank\t1\t1\t1\tONLINE\n", "pool: tank\nscan: scrub in progress\n% done\nerrors:\n\tx ONLINE 1 x 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(online), TWIN_TEST(ill), TWIN_TEST(which), TWIN_TEST(cannot_be_had), TWIN_TEST(garbage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

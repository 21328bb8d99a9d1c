/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File systems that became read-only, against fstab and against what was seen before. */
#include "checks_twin.h"

static void against_fstab(void **state)
{
    struct fx *f = *state;

    sim_disk("/srv", 0, 10);
    sim_file("/etc/fstab", "# <file system> <mount point> <type> <options>\nUUID=1 / ext4 errors=remount-ro 0 1\nUUID=2 /srv ext4 defaults 0 2\nUUID=3 /cd iso9660 ro 0 0\n");
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "all 2 file systems");
    sim_disk_read_only("/srv", true);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_CRITICAL);
    assert_string_equal(f->text, "/srv is read-only, although /etc/fstab says otherwise");
    assert_has(f->perf, "read_only=1");
    assert_int_equal(fx_run(f, "read_only", NULL, "{\"exclude\":\"/srv\"}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "read_only", "/none", NULL, 10000), STATE_UNKNOWN);
}

static void against_before(void **state)
{
    struct fx *f = *state;

    sim_disk("/srv", 0, 10);
    sim_disk_read_only("/srv", true);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_OK); /* so it was found, and nobody promised more */
    sim_disk_read_only("/srv", false);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_OK);
    sim_disk_read_only("/srv", true);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "/srv became read-only");
    sim_disk_read_only("/", true);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "and 1 more problem");
}

static void hangs(void **state)
{
    struct fx *f = *state;

    sim_disk_hang("/", true);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 3000), STATE_CRITICAL);
    assert_has(f->text, "hangs");
}

static void garbage(void **state)
{
    struct fx *f = *state;

    sim_file("/etc/fstab", "\xff\xff\n#\n / \n/dev/x /\n");
    sim_proc("/proc/self/mounts", "x\n\xff / ext4\n\\777 \\04 ext4 ro\n");
    (void)fx_run(f, "read_only", NULL, NULL, 10000);
    sim_proc("/proc/self/mounts", NULL);
    assert_int_equal(fx_run(f, "read_only", NULL, NULL, 10000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(against_fstab), TWIN_TEST(against_before), TWIN_TEST(hangs), TWIN_TEST(garbage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fstab promises and what is mounted. */
#include "checks_twin.h"

static void fstab(void **state)
{
    struct fx *f = *state;

    sim_disk("/srv", 0, 10);
    sim_disk("/with blank", 0, 10);
    sim_proc("/proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n/dev/vdb1 /srv ext4 rw 0 0\n/dev/vdc1 /with\\040blank ext4 rw 0 0\nsystemd-1 /net autofs rw 0 0\n");
    sim_file("/etc/fstab", "# a comment\nUUID=1 / ext4 defaults 0 1\nUUID=2 /srv/ ext4 defaults\nUUID=3 none swap sw 0 0\nUUID=4 /with\\040blank ext4 rw 0 0\n"
                           "UUID=5 /cd iso9660 ro,noauto 0 0\nserver:/x /net nfs x-systemd.automount 0 0\n");
    assert_int_equal(fx_run(f, "mounts", NULL, NULL, 10000), STATE_OK);
    assert_string_equal(f->text, "all 4 mounts there");
    sim_file("/etc/fstab", "UUID=1 / ext4 defaults 0 1\nUUID=9 /data ext4 defaults 0 2\nUUID=8 /usb vfat nofail 0 0\n");
    assert_int_equal(fx_run(f, "mounts", NULL, NULL, 10000), STATE_CRITICAL);
    assert_string_equal(f->text, "/data is not mounted (source UUID=9), and 1 more problem");
    assert_has(f->perf, "missing=2;;;0;3");
    assert_int_equal(fx_run(f, "mounts", NULL, "{\"exclude\":\"/data\"}", 10000), STATE_WARNING);
    assert_has(f->text, "/usb is not mounted");
    assert_int_equal(fx_run(f, "mounts", "/srv/", "{\"fstab\":false}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "mounts", "/lost", "{\"fstab\":false}", 10000), STATE_CRITICAL);
    assert_has(f->text, "/lost is not mounted");
    assert_has(fx_refused(f, "mounts", "data", NULL), "no path that begins with /");
}

static void nothing_to_read(void **state)
{
    struct fx *f = *state;

    sim_file("/etc/fstab", NULL);
    assert_int_equal(fx_run(f, "mounts", NULL, NULL, 10000), STATE_OK);
    sim_file("/etc/fstab", "\xff\xff /\xff x\n /\n#\nx / \n");
    (void)fx_run(f, "mounts", NULL, NULL, 10000);
    sim_proc("/proc/self/mounts", NULL);
    assert_int_equal(fx_run(f, "mounts", NULL, NULL, 10000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(fstab), TWIN_TEST(nothing_to_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

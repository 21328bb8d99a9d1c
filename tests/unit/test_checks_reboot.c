/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reboot probe. A digest: LES-8. */
#include "checks_twin.h"

#define RUNNING "/proc/sys/kernel/osrelease"

static void nothing(void **state)
{
    struct fx *f = *state;

    sim_proc(RUNNING, "6.1.0-18-amd64\n");
    assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "nothing waits for a restart");
    sim_file("/boot/vmlinuz-6.1.0-18-amd64", "");
    sim_file("/boot/vmlinuz-6.1.0-9-amd64", "");
    sim_file("/boot/vmlinuz-6.1.0-20-cloud-amd64", ""); /* another flavour */
    assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_OK);
    assert_int_equal(probe_find("reboot")->kind.klass, CONF_DIGEST);
}

static void asked(void **state)
{
    struct fx *f = *state;

    sim_file("/run/reboot-required", "*** System restart required ***\n");
    assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "a restart of the machine is asked for");
    sim_file("/run/reboot-required.pkgs", "libc6\nlinux-base\n");
    assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "asked for by libc6, linux-base");
}

static void kernel(void **state)
{
    struct fx *f = *state;

    sim_proc(RUNNING, "6.1.0-18-amd64\n");
    sim_file("/boot/vmlinuz-6.1.0-20-amd64", "");
    assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "the kernel 6.1.0-20-amd64 is installed, 6.1.0-18-amd64 runs");
    assert_has(f->more, "not in /boot any more");
}

static void libraries(void **state)
{
    struct fx *f = *state;

    sim_proc("/proc/10/maps", "55d0-55d1 r-xp 00000000 fd:01 11 /usr/sbin/nginx\n7f10-7f11 r-xp 00001000 fd:01 12 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n");
    sim_proc("/proc/10/cgroup", "0::/system.slice/nginx.service\n");
    sim_proc("/proc/11/maps", "7f10-7f11 r-xp 00001000 fd:01 12 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n");
    sim_proc("/proc/11/cgroup", "0::/system.slice/nginx.service\n");
    sim_proc("/proc/12/maps", "7f10-7f11 rw-s 00000000 00:01 9 /memfd:x.so/lib (deleted)\n7f11-7f12 r-xp 0 fd:01 1 /tmp/a.so (deleted)\n");
    sim_proc("/proc/13/maps", "7f10-7f11 r-xp 00001000 fd:01 12 /lib/x86_64-linux-gnu/libc.so.6 (deleted)");
    sim_proc("/proc/13/comm", "mydaemon\n");
    assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "restart nginx.service, mydaemon");
    assert_has(f->perf, "services=2");
    assert_int_equal(fx_run(f, "reboot", NULL, "{\"exclude\":[\"mydaemon\",\"ngin*\"]}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "reboot", NULL, "{\"libraries\":false}", 5000), STATE_OK);
}

static void garbage(void **state)
{
    static const char *const texts[] = {"", "-", "----", "6", "\xff\xfe"};
    struct fx *f = *state;

    sim_file("/boot/vmlinuz-", "");
    sim_file("/boot/vmlinuz", "");
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc(RUNNING, texts[i]);
        sim_proc("/proc/10/maps", texts[i]);
        assert_int_equal(fx_run(f, "reboot", NULL, NULL, 5000), STATE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(nothing),
        TWIN_TEST(asked),
        TWIN_TEST(kernel),
        TWIN_TEST(libraries),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

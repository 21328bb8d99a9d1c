/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vms probe: texts as virsh prints them, and QEMU’s processes. */
#include "checks_twin.h"

#define HEAD " Id   Name         State\n-----------------------------\n"

static void virsh(void **state)
{
    struct fx *f = *state;

    sim_file("/usr/bin/virsh", "");
    twin_program("virsh", 0, HEAD " 1    web          running\n 7    db           idle\n -    old one      shut off\n\n", NULL);
    assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "2 of 3 virtual machines running");
    assert_has(f->more, "old one: shut off");
    assert_has(sim_program_last("virsh"), "-r -c qemu:///system list --all");
    assert_int_equal(fx_run(f, "vms", NULL, "{\"must_run\":[\"web\",\"old one\"]}", 5000), STATE_CRITICAL);
    assert_has(f->text, "old one does not run");
    assert_int_equal(fx_run(f, "vms", NULL, "{\"running\":{\"warn\":\"3:\"}}", 5000), STATE_WARNING);
}

static void troubles(void **state)
{
    struct fx *f = *state;

    sim_file("/usr/bin/virsh", "");
    twin_program("virsh", 0, HEAD " 1    web          paused\n", NULL);
    assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "not well: web (paused)");
    twin_program("virsh", 0, HEAD " -    web          crashed\n", NULL);
    assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "vms", NULL, "{\"exclude\":[\"w*\"]}", 5000), STATE_OK);
    twin_program("virsh", 1, "", "error: failed to connect to the hypervisor\n");
    assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "failed to connect to the hypervisor");
    sim_program("virsh", &(struct sim_program){.takes_ms = 100000});
    assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_true(f->timed_out);
}

static void processes(void **state)
{
    struct fx *f = *state;

    sim_proc("/proc/10/comm", "qemu-system-x86\n");
    sim_proc("/proc/11/comm", "bash\n");
    assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "1 process of QEMU");
    assert_int_equal(fx_run(f, "vms", "web", NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "apt install libvirt-clients");
}

static void garbage(void **state)
{
    static const char *const bad[] = {"", "nothing"}, *const odd[] = {HEAD, HEAD "  \n x\n -\n 1  \n 1 a b\n  -  \x01  \x02\n"};
    struct fx *f = *state;

    sim_file("/usr/bin/virsh", "");
    for (size_t i = 0; i < COUNT(bad); i++) {
        twin_program("virsh", 0, bad[i], NULL);
        assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_UNKNOWN);
        twin_program("virsh", 0, odd[i], NULL);
        assert_int_equal(fx_run(f, "vms", NULL, NULL, 5000), STATE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(virsh),
        TWIN_TEST(troubles),
        TWIN_TEST(processes),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upgrades probe: texts as a simulated apt-get prints them. A digest, grouped by package: LES-8. */
#include "checks_twin.h"

#define HEAD "Reading package lists...\nBuilding dependency tree...\nReading state information...\nCalculating upgrade...\n"

static void none(void **state)
{
    struct fx *f = *state;

    twin_program("apt-get", 0, HEAD "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", NULL);
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "no upgrade waits");
    assert_has(sim_program_last("apt-get"), "-s -q -o Debug::NoLocking=1");
    assert_int_equal(probe_find("upgrades")->kind.klass, CONF_DIGEST);
    twin_program("apt-get", 0, HEAD "The following packages have been kept back:\n  grub-common grub-pc\n0 upgraded, 0 newly installed, 0 to remove and 2 not upgraded.\n", NULL);
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "no upgrade waits; 2 kept back");
}

#define INSTS                                                                                                          \
    HEAD "The following packages will be upgraded:\n  tzdata zip\n"                                                    \
         "Inst tzdata [2024a-0] (2025b-0 Debian:12.11/stable [all])\nInst linux-image-6.1.0-37-amd64 (6.1.140-1 Debian:12.11/stable [amd64])\n" \
         "Inst zip [3.0-12] (3.0-13 Debian:12.11/stable [amd64]) [libc6:amd64 ]\nConf tzdata (2025b-0 Debian:12.11/stable [all])\n"

static void waiting(void **state)
{
    struct fx *f = *state;

    twin_program("apt-get", 0, INSTS, NULL);
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "2 upgrades wait: tzdata, zip");
    assert_has(f->more, "tzdata 2024a-0 → 2025b-0\n");
    assert_has(f->perf, "upgrades=2;0");
    assert_int_equal(fx_run(f, "upgrades", "[z*]", NULL, 5000), STATE_WARNING);
    assert_int_equal(fx_run(f, "upgrades", NULL, "{\"exclude\":[\"z*\",\"tz*\"]}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "upgrades", NULL, "{\"warn\":\"5\"}", 5000), STATE_OK);
    assert_has(f->text, "2 upgrades wait");
}

static void security(void **state)
{
    struct fx *f = *state;

    twin_program("apt-get", 0, INSTS "Inst openssl [3.0.15-1] (3.0.16-1 Debian-Security:12/stable-security [amd64])\n", NULL);
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "3 upgrades wait, 1 of security: openssl");
    assert_has(f->more, "openssl 3.0.15-1 → 3.0.16-1, security");
    assert_int_equal(fx_run(f, "upgrades", NULL, "{\"security\":{\"crit\":\"0\"}}", 5000), STATE_CRITICAL);
    twin_program("apt-get", 0, "Inst bash [5.1-6] (5.1-7 Ubuntu:22.04/jammy-security [amd64])\n", NULL);
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "1 upgrade waits, 1 of security: bash");
}

static void garbage(void **state)
{
    static const char *const texts[] = {"", "Inst", "Inst a", "Inst a [", "Inst a [1]", "Inst a [1] x", "Inst \x01 ("};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        twin_program("apt-get", 0, texts[i], NULL);
        assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_OK);
    }
    twin_program("apt-get", 100, "", "E: The package lists or status file could not be parsed or opened.\n");
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "could not be parsed");
    sim_program("apt-get", &(struct sim_program){.fails = ERR_NOT_FOUND});
    assert_int_equal(fx_run(f, "upgrades", NULL, NULL, 5000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(none),
        TWIN_TEST(waiting),
        TWIN_TEST(security),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conntrack probe. LES-6. */
#include "checks_twin.h"

#define BASE "/proc/sys/net/netfilter/nf_conntrack_"

static void fill(void **state)
{
    struct fx *f = *state;

    sim_proc(BASE "count", "1000\n");
    sim_proc(BASE "max", "65536\n");
    assert_int_equal(fx_run(f, "conntrack", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "1000 of 65536 tracked connections, 2 %");
    assert_has(f->perf, "connections=1000;52429;62259;0;65536");
    sim_proc(BASE "count", "60000\n");
    assert_int_equal(fx_run(f, "conntrack", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "60000 tracked connections (limit 80%)");
    sim_proc(BASE "count", "65536\n");
    assert_int_equal(fx_run(f, "conntrack", NULL, NULL, 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "conntrack", NULL, "{\"warn\":\"70000\",\"crit\":\"80000\"}", 5000), STATE_OK);
}

static void none(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "conntrack", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "not tracked here");
}

static void garbage(void **state)
{
    static const char *const texts[] = {NULL, "", "all", "0", "-5"};
    struct fx *f = *state;

    sim_proc(BASE "count", "7\n");
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc(BASE "max", texts[i]);
        assert_int_equal(fx_run(f, "conntrack", NULL, NULL, 5000), STATE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(fill),
        TWIN_TEST(none),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

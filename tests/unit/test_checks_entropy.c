/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entropy probe. LES-6. */
#include "checks_twin.h"

#define PLACE "/proc/sys/kernel/random/entropy_avail"

static void plenty(void **state)
{
    struct fx *f = *state;

    sim_proc(PLACE, "256\n");
    assert_int_equal(fx_run(f, "entropy", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "256 bits of entropy");
    assert_has(f->perf, "entropy=256");
}

static void little(void **state)
{
    struct fx *f = *state;

    sim_proc(PLACE, "100\n");
    assert_int_equal(fx_run(f, "entropy", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "only 100 bits of entropy (limit < 128)");
    sim_proc(PLACE, "1\n");
    assert_int_equal(fx_run(f, "entropy", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "only 1 bit of entropy");
}

static void garbage(void **state)
{
    static const char *const texts[] = {NULL, "", "many\n", "-\n", "99999999999999999999999999\n"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc(PLACE, texts[i]);
        assert_int_equal(fx_run(f, "entropy", NULL, NULL, 5000), STATE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(plenty),
        TWIN_TEST(little),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files probe. LES-6. */
#include "checks_twin.h"

#define PLACE "/proc/sys/fs/file-nr"

static void fill(void **state)
{
    struct fx *f = *state;

    sim_proc(PLACE, "2080\t0\t9223372036854775807\n");
    assert_int_equal(fx_run(f, "files", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "2080 open files");
    assert_has(f->perf, "files=2080;;;0");
    sim_proc(PLACE, "85000\t1000\t100000\n");
    assert_int_equal(fx_run(f, "files", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "84000 open files on the whole machine (limit 80%)");
    sim_proc(PLACE, "99000\t0\t100000\n");
    assert_int_equal(fx_run(f, "files", NULL, NULL, 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "files", NULL, "{\"warn\":\"50\",\"crit\":\"100%\"}", 5000), STATE_WARNING);
}

static void garbage(void **state)
{
    static const char *const texts[] = {NULL, "", "1 2\n", "a b c\n", "1 2 0\n", "\n1 2 3"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc(PLACE, texts[i]);
        assert_int_equal(fx_run(f, "files", NULL, NULL, 5000), STATE_UNKNOWN);
        assert_has(f->text, PLACE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(fill),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

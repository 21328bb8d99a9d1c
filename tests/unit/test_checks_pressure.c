/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pressure probe. Context, not an alarm: LES-10. */
#include "checks_twin.h"

static void put(const char *which, const char *avg60)
{
    char path[64], text[400];

    snprintf(path, sizeof(path), "/proc/pressure/%s", which);
    snprintf(text, sizeof(text), "some avg10=1.00 avg60=%s avg300=0.50 total=12345\nfull avg10=0.00 avg60=%s avg300=0.25 total=345\n", avg60, avg60);
    sim_proc(path, text);
}

static void calm(void **state)
{
    struct fx *f = *state;

    put("cpu", "2.50");
    put("memory", "0.00");
    put("io", "7.00");
    assert_int_equal(fx_run(f, "pressure", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "waited for processors 2.5 %, memory 0 %, disks 7 % of the time");
    assert_has(f->perf, "io=7%;50");
    assert_int_equal(probe_find("pressure")->kind.klass, CONF_CONTEXT);
    assert_int_equal(fx_run(f, "pressure", "5m", NULL, 5000), STATE_OK);
    assert_has(f->perf, "cpu=0.5%");
}

static void pressed(void **state)
{
    struct fx *f = *state;

    put("cpu", "99.00");
    put("memory", "12.00");
    put("io", "99.00");
    assert_int_equal(fx_run(f, "pressure", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "everything waited for memory 12 % of the time (limit 10%)");
    put("memory", "60.00");
    assert_int_equal(fx_run(f, "pressure", NULL, NULL, 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "pressure", NULL, "{\"cpu\":{\"crit\":\"95%\"},\"memory\":{\"warn\":\"100%\",\"crit\":\"100%\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "something waited for a processor 99 %");
}

static void none_and_garbage(void **state)
{
    static const char *const texts[] = {"", "full\n", "full avg10=1 avg60=x avg300=1\n", "full avg60=-1", "full avg60=101\n", "full avg60="};
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "pressure", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "does not tell of pressure");
    put("cpu", "1.00");
    put("memory", "1.00");
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc("/proc/pressure/io", texts[i]);
        assert_int_equal(fx_run(f, "pressure", NULL, NULL, 5000), STATE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(calm),
        TWIN_TEST(pressed),
        TWIN_TEST(none_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

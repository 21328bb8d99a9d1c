/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperatures, fans and voltages of a made-up /sys/class/hwmon. */
#include "checks_twin.h"

#define CPU "/sys/class/hwmon/hwmon0/"
#define BOARD "/sys/class/hwmon/hwmon1/"

static void put(const char *heat, const char *fan)
{
    sim_proc(CPU "name", "coretemp\n");
    sim_proc(CPU "temp1_input", heat);
    sim_proc(CPU "temp1_label", "Package id 0\n");
    sim_proc(CPU "temp1_max", "80000\n");
    sim_proc(CPU "temp1_crit", "100000\n");
    sim_proc(BOARD "name", "nct6775\n");
    sim_proc(BOARD "temp2_input", "-128000\n"); /* nothing is connected */
    sim_proc(BOARD "fan1_input", fan);
    sim_proc(BOARD "fan1_min", "600\n");
    sim_proc(BOARD "in0_input", "1100\n");
    sim_proc(BOARD "in0_min", "0\n");
    sim_proc(BOARD "in0_max", "1000\n");
}

static void within(void **state)
{
    struct fx *f = *state;

    put("45000\n", "900\n");
    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_OK);
    assert_string_equal(f->text, "3 sensors within their limits; hottest: 45 °C");
    assert_has(f->perf, "'coretemp/Package id 0'=45");
    assert_has(f->more, "nct6775/in0: 1.10 V");
}

static void beyond(void **state)
{
    struct fx *f = *state;

    put("81000\n", "900\n");
    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_OK); /* a peak */
    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_WARNING);
    assert_has(f->text, "coretemp/Package id 0: 81 °C, over its own limit (80 °C)");
    put("100000\n", "900\n");
    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "critical by its own limit (100 °C)");
    put("45000\n", "0\n");
    (void)fx_run(f, "sensors", NULL, NULL, 10000);
    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_WARNING);
    assert_has(f->text, "the fan nct6775/fan1 turns at 0 rpm");
    put("45000\n", "900\n");
    (void)fx_run(f, "sensors", NULL, "{\"voltages\":true}", 10000);
    assert_int_equal(fx_run(f, "sensors", NULL, "{\"voltages\":true}", 10000), STATE_WARNING);
    assert_has(f->text, "1.1 V (from 0 to 1 are right)");
    assert_int_equal(fx_run(f, "sensors", NULL, "{\"warn\":\"40\",\"crit\":\"44\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "45 °C (limit 44)");
    assert_int_equal(fx_run(f, "sensors", NULL, "{\"exclude\":\"coretemp/*\",\"warn\":\"40\"}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "sensors", "coretemp/*", NULL, 10000), STATE_OK);
    assert_has(f->text, "1 sensor within");
}

static void none_and_garbage(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "knows no sensors");
    put("\xff\xff", "x");
    sim_proc(CPU "temp1_max", "nan");
    sim_proc(BOARD "in0_input", "1e999");
    sim_proc(BOARD "_input", "1");
    assert_int_equal(fx_run(f, "sensors", NULL, NULL, 10000), STATE_UNKNOWN);
    put("-99999999999999999999999\n", NULL);
    (void)fx_run(f, "sensors", NULL, NULL, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(within), TWIN_TEST(beyond), TWIN_TEST(none_and_garbage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thin pools and snapshots as lvs tells them: filling, without room for metadata, overflowed, forbidden, garbage. */
#include "checks_twin.h"

#define ROW(lv, attr, data, meta, health) "{\"vg_name\":\"vg0\",\"lv_name\":\"" lv "\",\"lv_attr\":\"" attr "\",\"data_percent\":\"" data "\",\"metadata_percent\":\"" meta "\",\"lv_health_status\":\"" health "\"}"
#define REPORT(rows) "  {\n      \"report\": [\n          {\n              \"lv\": [\n" ROW("root", "-wi-ao----", "", "", "") "," rows "\n]\n}\n]\n}\n"

static enum state with(struct fx *f, const char *out)
{
    twin_program("lvs", 0, out, NULL);
    return fx_run(f, "lvm_thin", NULL, NULL, 10000);
}

static void levels(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, REPORT(ROW("pool", "twi-aotz--", "41.25", "10.10", "") "," ROW("snap", "swi-a-s---", "3.00", "", ""))), STATE_OK);
    assert_string_equal(f->text, "fullest: vg0/pool 41.25 % used");
    assert_has(f->perf, "vg0/pool=41.25%;80;92;0;100");
    assert_has(f->perf, "vg0/pool_metadata=10.1%");
    assert_int_equal(with(f, REPORT(ROW("pool", "twi-aotz--", "81.00", "10.10", ""))), STATE_WARNING);
    assert_has(f->text, "vg0/pool: 81 % used (limit 80%)");
    assert_int_equal(with(f, REPORT(ROW("pool", "twi-aotz--", "81.00", "91.00", ""))), STATE_CRITICAL);
    assert_has(f->text, "91 % of the metadata used");
    assert_has(f->text, ", and 1 more problem");
    assert_int_equal(with(f, REPORT(ROW("pool", "twi-aotzD-", "100.00", "10.00", "out of data"))), STATE_CRITICAL);
    assert_int_equal(with(f, REPORT(ROW("pool", "twi-aotz--", "10", "10", "failed"))), STATE_CRITICAL);
    assert_has(f->text, "vg0/pool is not well: failed");
    assert_int_equal(with(f, REPORT(ROW("snap", "Swi-I-s---", "100.00", "", ""))), STATE_CRITICAL);
    assert_has(f->text, "overflowed");
    assert_int_equal(with(f, REPORT(ROW("pool", "twi---tz--", "", "", ""))), STATE_OK);
}

static void which(void **state)
{
    struct fx *f = *state;

    twin_program("lvs", 0, REPORT(ROW("pool", "twi-aotz--", "95", "1", "")), NULL);
    assert_int_equal(fx_run(f, "lvm_thin", "vg1/*", NULL, 10000), STATE_UNKNOWN);
    assert_int_equal(fx_run(f, "lvm_thin", "vg0/*", "{\"warn\":\"99%\",\"crit\":\"99%\"}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "lvm_thin", NULL, "{\"exclude\":\"vg0/p*\"}", 10000), STATE_UNKNOWN);
    assert_has(f->text, "no thin pools");
}

static void it_fills(void **state)
{
    struct fx *f = *state;
    char out[1000];

    for (int h = 0; h <= 48; h++) {
        snprintf(out, sizeof(out), REPORT(ROW("pool", "twi-aotz--", "%d.%02d", "1.00", "")), 50 + h / 4, h % 4 * 25);
        (void)with(f, out);
        sim_run_for(3600000);
    }
    assert_int_equal(f->state, STATE_OK); /* 6 % a day, 38 % left */
    for (int h = 0; h <= 48; h++) {
        snprintf(out, sizeof(out), REPORT(ROW("pool", "twi-aotz--", "%d.%02d", "1.00", "")), 62 + h / 3, h % 3 * 33);
        (void)with(f, out);
        sim_run_for(3600000);
    }
    assert_int_equal(f->state, STATE_WARNING);
    assert_has(f->text, "vg0/pool (78 % used) will be full in");
}

static void cannot_be_had(void **state)
{
    struct fx *f = *state;
    static const char *const texts[] = {"", "{", "[]", "{\"report\":7}", "{\"report\":[{\"lv\":[7,{},{\"lv_attr\":\"t\",\"data_percent\":\"1e9\"}]}]}"};

    assert_int_equal(fx_run(f, "lvm_thin", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "apt install lvm2");
    twin_program("lvs", 5, NULL, "  WARNING: Running as a non-root user. Functionality may be unavailable.\n  /run/lock/lvm/P_global:aux: open failed: Permission denied\n");
    assert_int_equal(fx_run(f, "lvm_thin", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "lvs needs root");
    for (size_t i = 0; i < COUNT(texts); i++)
        (void)with(f, texts[i]);
    twin_program("sudo", 0, REPORT(ROW("pool", "twi-aotz--", "5", "1", "")), NULL);
    assert_int_equal(fx_run(f, "lvm_thin", NULL, "{\"sudo\":true}", 10000), STATE_OK);
    assert_has(sim_program_last("sudo"), "sudo -n lvs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(levels), TWIN_TEST(which), TWIN_TEST(it_fills), TWIN_TEST(cannot_be_had)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

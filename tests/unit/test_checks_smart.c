/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks by smartctl: healthy, failing, worn, hot, asleep, silent, forbidden, missing, garbage. */
#include "checks_twin.h"

#define SCAN "{\"devices\":[{\"name\":\"/dev/sda\",\"type\":\"sat\"},{\"name\":\"/dev/nvme0\",\"type\":\"nvme\"}]}"
#define ATA(passed, realloc, pending, temp)                                                                                      \
    "{\"smartctl\":{\"exit_status\":0},\"model_name\":\"Spinner 4000\",\"serial_number\":\"S1\",\"smart_status\":{\"passed\":" passed "},"      \
    "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\",\"value\":100,\"raw\":{\"value\":" realloc "}},"           \
    "{\"id\":197,\"name\":\"Current_Pending_Sector\",\"value\":100,\"raw\":{\"value\":" pending "}},{\"id\":177,\"value\":97,\"raw\":{\"value\":50}}]}," \
    "\"power_on_time\":{\"hours\":20000},\"temperature\":{\"current\":" temp "}}"
#define NVME(warning, used)                                                                                                          \
    "{\"smartctl\":{\"exit_status\":0},\"model_name\":\"Flash\",\"smart_status\":{\"passed\":true},\"nvme_smart_health_information_log\":"     \
    "{\"critical_warning\":" warning ",\"available_spare\":100,\"available_spare_threshold\":10,\"percentage_used\":" used ",\"media_errors\":0},"  \
    "\"temperature\":{\"current\":41},\"power_on_time\":{\"hours\":9}}"
#define MESSAGE(text, severity) "{\"smartctl\":{\"messages\":[{\"string\":\"" text "\",\"severity\":\"" severity "\"}],\"exit_status\":2}}"

static void both(const char *ata, int exit_status, const char *nvme)
{
    twin_program("smartctl --scan*", 0, SCAN, NULL);
    twin_program("smartctl *nvme0*", 0, nvme, NULL);
    twin_program("smartctl *sda*", exit_status, ata, NULL);
}

static enum state with(struct fx *f, const char *ata, int exit_status, const char *nvme)
{
    both(ata, exit_status, nvme);
    return fx_run(f, "smart", NULL, NULL, 10000);
}

static void healthy(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, ATA("true", "0", "0", "35"), 0, NVME("0", "3")), STATE_OK);
    assert_string_equal(f->text, "2 disks healthy");
    assert_has(f->perf, "sda_temperature=35;60;70");
    assert_has(f->perf, "nvme0_wear=3%;90;100");
    assert_has(f->more, "/dev/sda: Spinner 4000 S1");
    assert_has(sim_program_last("smartctl *sda*"), "-n standby");
    assert_has(sim_program_last("smartctl *sda*"), "/dev/sda -d sat");
}

static void ill(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, ATA("false", "0", "0", "35"), 8, NVME("0", "3")), STATE_CRITICAL);
    assert_has(f->text, "/dev/sda says that it is failing");
    assert_int_equal(with(f, ATA("true", "11", "0", "35"), 0, NVME("0", "3")), STATE_WARNING);
    assert_has(f->text, "11 reallocated sectors (limit 10)");
    assert_int_equal(with(f, ATA("true", "0", "8", "35"), 0, NVME("0", "3")), STATE_WARNING);
    assert_has(f->text, "8 sectors cannot be read");
    assert_int_equal(with(f, ATA("true", "501", "51", "71"), 0, NVME("0", "3")), STATE_CRITICAL);
    assert_has(f->text, ", and 2 more problems");
    assert_int_equal(with(f, ATA("true", "0", "0", "35"), 0, NVME("4", "3")), STATE_CRITICAL);
    assert_has(f->text, "/dev/nvme0 warns of itself");
    assert_int_equal(with(f, ATA("true", "0", "0", "35"), 0, NVME("0", "95")), STATE_WARNING);
    assert_has(f->text, "95 % of its life used");
    assert_int_equal(with(f, ATA("true", "0", "0", "35"), 16, NVME("0", "3")), STATE_WARNING);
    assert_int_equal(with(f, ATA("true", "0", "0", "35"), 128, NVME("0", "3")), STATE_WARNING);
    assert_has(f->text, "self-tests");
    assert_int_equal(with(f, ATA("true", "0", "0", "61"), 64, NVME("0", "3")), STATE_WARNING);
    assert_has(f->text, "61 °C (limit 60)");
}

static void asleep_or_dumb(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, MESSAGE("Device is in STANDBY mode, exit(2)", "information"), 2, NVME("0", "3")), STATE_OK);
    assert_string_equal(f->text, "1 disk healthy, 1 asleep");
    assert_int_equal(with(f, MESSAGE("/dev/sda: Unable to detect device type", "error"), 1, MESSAGE("no", "error")), STATE_UNKNOWN);
    assert_has(f->text, "no disk here tells SMART values");
    assert_int_equal(fx_run(f, "smart", "/dev/sda", NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "/dev/sda tells no SMART values: /dev/sda: Unable to detect device type");
    twin_program("smartctl --scan*", 0, "{}", NULL);
    assert_int_equal(fx_run(f, "smart", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "virtual machine");
}

static void cannot_be_had(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "smart", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_string_equal(f->text, "smartctl is not installed: apt install smartmontools");
    assert_int_equal(with(f, MESSAGE("Smartctl open device: /dev/sda failed: Permission denied", "error"), 2, NVME("0", "3")), STATE_UNKNOWN);
    assert_has(f->text, "smartctl needs root: set sudo: yes");
    both(ATA("true", "0", "0", "35"), 0, NVME("0", "3"));
    sim_program("smartctl *sda*", &(struct sim_program){.takes_ms = 60000});
    assert_int_equal(fx_run(f, "smart", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "did not end");
}

static void garbage(void **state)
{
    struct fx *f = *state;
    static const char *const texts[] = {"", "{", "[]", "null", "\xff\xff", "{\"smart_status\":7,\"ata_smart_attributes\":{\"table\":[1,null,{\"id\":\"x\"},{\"id\":5,\"raw\":-9}]}}",
        "{\"smart_status\":{},\"temperature\":{\"current\":1e300}}"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        (void)with(f, texts[i], 0, texts[i]);
        assert_int_not_equal(f->state, STATE_PENDING);
        twin_program("smartctl --scan*", 0, texts[i], NULL);
        assert_int_equal(fx_run(f, "smart", NULL, NULL, 10000), STATE_UNKNOWN);
    }
}

static void options(void **state)
{
    struct fx *f = *state;

    both(ATA("true", "0", "0", "35"), 0, NVME("0", "3"));
    assert_int_equal(fx_run(f, "smart", "/dev/sda -d sat", "{\"temperature\":{\"warn\":\"30\"}}", 10000), STATE_WARNING);
    assert_int_equal(fx_run(f, "smart", NULL, "{\"exclude\":\"/dev/nvme*\"}", 10000), STATE_OK);
    assert_string_equal(f->text, "1 disk healthy");
    assert_has(fx_refused(f, "smart", "-x", NULL), "no path such as /dev/sda");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(healthy), TWIN_TEST(ill), TWIN_TEST(asleep_or_dumb), TWIN_TEST(cannot_be_had), TWIN_TEST(garbage), TWIN_TEST(options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The uptime probe: context, told when nobody shut the machine down. LES-10. */
#include "checks_twin.h"
#include "wire/utmp.h"

#include <sys/stat.h>

enum { START_S = 1772438400 - 3600 }; /* of the simulated machine */

static void put_u32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(v >> 8 * i);
}

static void record(FILE *file, int type, const char *user, int64_t at_s)
{
    char r[UTMP_BYTES] = {0};

    r[0] = (char)type;
    strcpy(r + 44, user);
    put_u32(r + 340, (uint32_t)at_s);
    fwrite(r, sizeof(r), 1, file);
}

static void put_wtmp(bool shutdown)
{
    char path[300];
    FILE *file;

    sim_file("/var/log/wtmp", "");
    snprintf(path, sizeof(path), "%s/var/log/wtmp", twin_dir());
    file = fopen(path, "we");
    record(file, 2, "reboot", START_S - 864000);
    record(file, 7, "ana", START_S - 8000);
    if (shutdown)
        record(file, 1, "shutdown", START_S - 60);
    record(file, 2, "reboot", START_S + 4);
    record(file, 1, "runlevel", START_S + 9);
    fclose(file);
}

static void orderly(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "uptime", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "up for 1\u00a0h");
    assert_has(f->perf, "uptime=3600s");
    assert_int_equal(probe_find("uptime")->kind.klass, CONF_CONTEXT);
    put_wtmp(true);
    assert_int_equal(fx_run(f, "uptime", NULL, "{\"unexpected\":\"2h\"}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "uptime", NULL, "{\"warn\":\"< 2h\"}", 5000), STATE_WARNING);
    assert_has(f->text, "(limit < 2h)");
}

static void sudden(void **state)
{
    struct fx *f = *state;

    put_wtmp(false);
    assert_int_equal(fx_run(f, "uptime", NULL, "{\"unexpected\":\"2h\"}", 5000), STATE_WARNING);
    assert_has(f->text, "it went down before without being shut down");
    assert_int_equal(fx_run(f, "uptime", NULL, "{\"unexpected\":\"10m\"}", 5000), STATE_OK);
    assert_has(f->text, "without being shut down");
}

static void garbage(void **state)
{
    struct fx *f = *state;

    sim_file("/var/log/wtmp", "this is no such file at all");
    assert_int_equal(fx_run(f, "uptime", NULL, NULL, 5000), STATE_OK);
    sim_proc("/proc/uptime", "for ever");
    assert_int_equal(fx_run(f, "uptime", NULL, NULL, 5000), STATE_UNKNOWN);
    sim_proc("/proc/uptime", NULL);
    assert_int_equal(fx_run(f, "uptime", NULL, NULL, 5000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(orderly),
        TWIN_TEST(sudden),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probes of this machine when the kernel's files are strange: garbage, empty, huge, missing.  They have no server
 * that could be hostile; each ends in UNKNOWN with a text all the same.  In the simulated world. */
#include "checks_fixture.h"
#include "io/sim/sim.h"

enum { LIMIT_MS = 5000, HUGE_BYTES = 5 << 20 };

static int setup(void **state)
{
    sim_init(1);
    return fx_setup_spawner(state);
}

static int teardown(void **state)
{
    int r = fx_teardown(state);

    sim_done();
    return r;
}

/* Another kind's memory is not this one's. */
static void forget(struct fx *f)
{
    free(f->memory);
    f->memory = NULL;
}

static enum state look(struct fx *f, const char *kind)
{
    fx_run(f, kind, NULL, NULL, LIMIT_MS);
    for (const char *p = f->text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    assert_true(utf8_valid(f->more, strlen(f->more)));
    assert_true(utf8_valid(f->perf, strlen(f->perf)));
    return f->state;
}

static const struct {
    const char *kind, *path;
} reads[] = {{"cpu", "/proc/stat"}, {"load", "/proc/loadavg"}, {"memory", "/proc/meminfo"}, {"swap", "/proc/meminfo"},
             {"network", "/proc/net/dev"}};

/* What each makes of a text; its file's own text is back afterwards. */
static void try_text(struct fx *f, const char *text)
{
    for (size_t i = 0; i < COUNT(reads); i++) {
        sim_proc(reads[i].path, text);
        forget(f);
        if (look(f, reads[i].kind) != STATE_UNKNOWN)
            fail_msg("%s with “%.40s”: %s", reads[i].kind, text ? text : "(missing)", f->text);
        assert_has(f->text, reads[i].path);
    }
}

static void garbage_in_proc(void **state)
{
    static const char *const texts[] = {
        NULL, "", "\n", "\n\n\n\n", "garbage", "\xff\xfe\x01\x1b[2J", "cpu", "cpu \n", "cpu a b c d e f g h\n", "0.1 x y",
        "MemTotal:\nMemAvailable:\nSwapTotal:\nSwapFree:\n", "MemTotal: x kB\n", "SwapTotal: 5 kB\nSwapFree: 99999999999999999999 kB\n",
        "MemTotal: -5 kB\nMemAvailable: 7 kB\nSwapFree: 1 kB\n", "eth0:\n", "eth0: 1 2 3\n", ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n",
        "a-name-that-is-far-too-long-for-an-interface: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++)
        try_text(f, texts[i]);
}

static void huge_files(void **state)
{
    struct fx *f = *state;
    char *huge = calloc(1, HUGE_BYTES + 1);

    memset(huge, 'x', HUGE_BYTES);
    try_text(f, huge);
    sim_proc("/proc/self/mounts", huge);
    assert_int_equal(look(f, "disks"), STATE_UNKNOWN);
    assert_int_equal(look(f, "inodes"), STATE_UNKNOWN);
    free(huge);
}

/* Counters at the end of their range, going back, or all the same: a figure or "from now on", no nonsense. */
static void strange_counters(void **state)
{
    static const char *const stats[] = {"cpu 9223372036854775807 9223372036854775807 9223372036854775807 9223372036854775807\n",
        "cpu 0 0 0 0\n", "cpu 99999999999999999999999 0 0 0 0 0 0 0\n", "cpu 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"};
    static const char *const devs[] = {"eth0: 99999999999999999999 1 99999999999999999999 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
        "eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", "\xff\xfe: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(stats); i++) {
        sim_proc("/proc/stat", stats[i]);
        assert_int_equal(look(f, "cpu"), STATE_OK);
        assert_null(strstr(f->text, "nan"));
        assert_null(strstr(f->text, "inf"));
    }
    forget(f);
    for (size_t i = 0; i < COUNT(devs); i++) {
        sim_proc("/proc/net/dev", devs[i]);
        sim_run_for(1000);
        (void)look(f, "network");
    }
}

static void no_processes(void **state)
{
    static const char *const stats[] = {"", "1", "1 (", "1 )(", "1 (x)", "1 (x)S", "\xff\xfe", NULL};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(stats); i++) {
        sim_proc("/proc/1/stat", stats[i]);
        sim_proc("/proc/2/stat", stats[i]);
        if (look(f, "processes") != STATE_UNKNOWN)
            fail_msg("“%s”: %s", stats[i] ? stats[i] : "(missing)", f->text);
        assert_has(f->text, "/proc");
    }
}

static void mounts(void **state)
{
    static const char *const tables[] = {"", "garbage\n", "/dev/\xff\xfe /\xff ext4 rw 0 0\n", "a \\0 ext4\nb \\04 ext4\nc \\777 ext4\n"};
    static const char *const kinds[] = {"disks", "inodes"};
    struct fx *f = *state;

    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t i = 0; i < COUNT(tables); i++) {
            sim_proc("/proc/self/mounts", tables[i]);
            (void)look(f, kinds[k]); /* a table that names no file system: "/" is one all the same */
        }
        sim_proc("/proc/self/mounts", NULL);
        assert_int_equal(look(f, kinds[k]), STATE_UNKNOWN);
        assert_has(f->text, "/proc/self/mounts");
    }
    sim_proc("/proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n");
    sim_disk_gone("/");
    assert_int_equal(look(f, "inodes"), STATE_UNKNOWN);
    assert_int_not_equal(look(f, "disks"), STATE_OK);
}

static void a_hanging_file_system(void **state)
{
    struct fx *f = *state;

    sim_disk_hang("/", true);
    assert_int_equal(look(f, "inodes"), STATE_CRITICAL);
    assert_has(f->text, "hangs");
    assert_true(f->timed_out);
}

static void systemctl(const char *out, const char *errout, int exit_status, int64_t takes_ms)
{
    sim_program("systemctl", &(struct sim_program){.out = out, .errout = errout, .exit_status = exit_status, .takes_ms = takes_ms});
}

static void units(void **state)
{
    struct fx *f = *state;

    systemctl("\n\n \n", NULL, 0, 0);
    assert_int_equal(look(f, "units"), STATE_OK);
    systemctl("\xff\xfe.service \x1b[2J loaded\n● nginx.service loaded failed failed x\n", NULL, 0, 0);
    assert_int_equal(look(f, "units"), STATE_WARNING);
    assert_has(f->text, "nginx.service");
    systemctl(NULL, "\xff\x01 what?\n", 1, 0);
    assert_int_equal(look(f, "units"), STATE_UNKNOWN);
    systemctl(NULL, NULL, 1, 0);
    assert_int_equal(look(f, "units"), STATE_UNKNOWN);
    systemctl("x.service loaded\n", NULL, 0, 3600000);
    assert_int_not_equal(look(f, "units"), STATE_OK);
    assert_true(f->timed_out);
    sim_program("systemctl", &(struct sim_program){.fails = ERR_DENIED});
    assert_int_not_equal(look(f, "units"), STATE_OK);
}

static void clock_that_is_lost(void **state)
{
    struct fx *f = *state;

    sim_time_offset(INT64_MAX / 4, true);
    assert_int_not_equal(look(f, "clock"), STATE_OK);
    sim_time_offset(INT64_MIN / 4, false);
    assert_int_not_equal(look(f, "clock"), STATE_OK);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {T(garbage_in_proc), T(huge_files), T(strange_counters), T(no_processes), T(mounts),
        T(a_hanging_file_system), T(units), T(clock_that_is_lost)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

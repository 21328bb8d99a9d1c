/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process probe: what Monit's check process watches. LES-6. */
#include "checks_twin.h"

static void put(int pid, const char *name, long ticks, long started, const char *more)
{
    char path[64], text[600];

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    snprintf(text, sizeof(text), "%d (%s) S 1 %d %d 0 -1 4194560 100 0 0 0 %ld 0 0 0 20 0 3 0 %ld 10000000 500 18446744073709551615 1 1 0\n", pid, name, pid, pid, ticks, started);
    sim_proc(path, text);
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    snprintf(text, sizeof(text), "Name:\t%s\nState:\tS (sleeping)\nUid:\t%s\nVmRSS:\t   51200 kB\nThreads:\t3\n", name, more ? more : "0\t0\t0\t0");
    sim_proc(path, text);
    for (int fd = 0; fd < 4; fd++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
        sim_proc(path, "");
    }
}

static void runs(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "process", "nginx", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "nginx does not run");
    put(10, "nginx", 5, 1000, NULL);
    put(11, "nginx", 5, 1200, NULL);
    put(12, "a) S (b", 5, 1200, NULL);
    assert_int_equal(fx_run(f, "process", "nginx", NULL, 5000), STATE_OK);
    assert_has(f->text, "nginx runs: 2 processes, 105\u00a0MB of memory");
    assert_has(f->perf, "processes=2;;1:;0");
    assert_has(f->perf, "threads=6");
    assert_has(f->perf, "files=4");
    assert_int_equal(fx_run(f, "process", "a) S (b", NULL, 5000), STATE_OK);
    assert_int_equal(fx_run(f, "process", "nginx", "{\"warn\":\"1:1\"}", 5000), STATE_WARNING);
    assert_has(f->text, "2 × nginx (limit 1:1)");
    assert_has(fx_refused(f, "process", NULL, NULL), "say which processes");
}

static void by_command_user_cgroup(void **state)
{
    struct fx *f = *state;

    put(20, "python3", 5, 1000, "33\t33\t33\t33");
    put(21, "averyverylongna", 5, 1000, NULL);
    sim_proc("/proc/20/cmdline", "python3 /srv/app.py --port 1");
    sim_proc("/proc/20/cgroup", "0::/system.slice/app.service\n");
    sim_proc("/proc/21/cmdline", "/opt/x/averyverylongname-daemon");
    sim_proc("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/sbin/nologin\n");
    assert_int_equal(fx_run(f, "process", NULL, "{\"command\":\"*/srv/app.py*\"}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "process", NULL, "{\"command\":\"*/srv/other.py*\"}", 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "process", NULL, "{\"cgroup\":\"*/app.service\"}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "process", NULL, "{\"cgroup\":\"*/none.service\"}", 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "process", NULL, "{\"user\":\"www-data\"}", 5000), STATE_OK);
    assert_has(f->text, "www-data runs: 1 process");
    assert_int_equal(fx_run(f, "process", "python3", "{\"user\":\"0\"}", 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "process", NULL, "{\"user\":\"nobody-such\"}", 5000), STATE_UNKNOWN);
    assert_has(f->text, "no user nobody-such");
    assert_int_equal(fx_run(f, "process", "averyverylongname-daemon", NULL, 5000), STATE_OK);
}

static void use(void **state)
{
    struct fx *f = *state;

    put(30, "db", 5, 100, NULL); /* the machine has been up for an hour */
    assert_int_equal(fx_run(f, "process", "db", "{\"age\":{\"warn\":\"< 2h\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "the oldest one has run for 59");
    assert_int_equal(fx_run(f, "process", "db", "{\"memory\":{\"crit\":\"50 MB\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "they use 52\u00a0MB of memory (limit 50 MB)");
    assert_int_equal(fx_run(f, "process", "db", "{\"threads\":{\"warn\":\"2\"}}", 5000), STATE_WARNING);
    assert_int_equal(fx_run(f, "process", "db", "{\"files\":{\"warn\":\"3\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "one of them has 4 open files (limit 3)");
}

static void cpu(void **state)
{
    struct fx *f = *state;

    put(40, "db", 1000, 100, NULL);
    assert_int_equal(fx_run(f, "process", "db", "{\"cpu\":{\"warn\":\"50%\"}}", 5000), STATE_OK);
    sim_run_for(10000);
    put(40, "db", 1800, 100, NULL);
    put(41, "db", 100000, 300, NULL); /* new: its past does not count */
    assert_int_equal(fx_run(f, "process", "db", "{\"cpu\":{\"warn\":\"50%\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "they use 80 % of a processor (limit 50%)");
}

static void garbage(void **state)
{
    static const char *const texts[] = {"", "50", "50 (db", "50 )db( S", "50 (db) S 1 2", "50 (db)S 1 2 3", "50 (db) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0"};
    struct fx *f = *state;

    put(50, "db", 1, 1, NULL);
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_proc("/proc/50/stat", texts[i]);
        assert_int_equal(fx_run(f, "process", "db", NULL, 5000), STATE_CRITICAL);
    }
    put(50, "db", 1, 1, NULL);
    sim_proc("/proc/50/status", "");
    assert_int_equal(fx_run(f, "process", "db", NULL, 5000), STATE_OK); /* it runs, that is sure */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(runs),
        TWIN_TEST(by_command_user_cgroup),
        TWIN_TEST(use),
        TWIN_TEST(cpu),
        TWIN_TEST(garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories: number, age and size of what is in them; none, closed, links, loops. */
#include "checks_twin.h"

static void figures(void **state)
{
    struct fx *f = *state;
    char real[400];

    sim_file("/queue/a.msg", "12345");
    sim_run_for(2 * 3600000);
    sim_file("/queue/b.msg", "1234567890");
    sim_file("/queue/c.tmp", "");
    sim_file("/queue/.hidden", "1");
    sim_file("/queue/deep/d.msg", "1");
    snprintf(real, sizeof(real), "%s/queue/loop", twin_dir());
    assert_int_equal(symlink(".", real), 0); /* not followed */
    assert_int_equal(fx_run(f, "directory", "/queue", NULL, 10000), STATE_OK);
    assert_has(f->text, "4 files, 16");
    assert_has(f->perf, "files=4;;;0");
    assert_has(f->perf, "oldest=7200");
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"recursive\":true,\"pattern\":\"*.msg\"}", 10000), STATE_OK);
    assert_has(f->text, "3 files");
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"count\":{\"warn\":\"3\",\"crit\":\"9\"}}", 10000), STATE_WARNING);
    assert_has(f->text, "/queue has 4 files (limit 3)");
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"oldest\":{\"crit\":\"1h\"}}", 10000), STATE_CRITICAL);
    assert_has(f->text, "the oldest file in /queue is 2");
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"newest\":{\"crit\":\"1h\"}}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"size\":{\"warn\":\"10\"}}", 10000), STATE_WARNING);
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"pattern\":\"*.none\"}", 10000), STATE_OK);
    assert_has(f->text, "no such file");
    assert_int_equal(fx_run(f, "directory", "/queue", "{\"pattern\":\"*.none\",\"count\":{\"crit\":\"1:\"}}", 10000), STATE_CRITICAL);
}

static void not_there(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "directory", "/gone", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "/gone does not exist");
    sim_file("/plain", "x");
    assert_int_equal(fx_run(f, "directory", "/plain", NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "no directory");
    assert_has(fx_refused(f, "directory", "queue", NULL), "no path");
}

/* Names that are no text, very many files, and one from a time to come. */
static void strange(void **state)
{
    struct fx *f = *state;
    char name[100];

    sim_file("/odd/\x1b[2J\xff\nname", "1");
    sim_file("/odd/%s%n", "1");
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "/odd/%d", i);
        sim_file(name, "");
    }
    sim_clock_step(-INT64_C(3) * 86400000);
    assert_int_equal(fx_run(f, "directory", "/odd", "{\"oldest\":{\"crit\":\"1h\"}}", 10000), STATE_OK);
    assert_has(f->text, "3002 files");
    assert_has(f->perf, "oldest=0.000000s");
    assert_null(strchr(f->more, '\x1b'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(figures), TWIN_TEST(not_there), TWIN_TEST(strange)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backups: fresh, old, none, too small, still being written; as restic and borg list them. */
#include "checks_twin.h"

#define DAY INT64_C(86400000)

static void nightly(const char *name, size_t bytes)
{
    char text[3000] = "", path[100];

    memset(text, 'x', bytes);
    snprintf(path, sizeof(path), "/backup/%s.gz", name);
    sim_file(path, text);
}

static enum state with(struct fx *f, const char *settings) { return fx_run(f, "backup", "/backup/db-*.gz", settings, 10000); }

static void files(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, NULL), STATE_CRITICAL);
    assert_has(f->text, "does not exist");
    nightly("other", 10);
    assert_int_equal(with(f, NULL), STATE_CRITICAL);
    assert_has(f->text, "there is no backup at /backup/db-*.gz");
    for (int i = 0; i < 5; i++) {
        char name[20];

        snprintf(name, sizeof(name), "db-%d", i);
        nightly(name, 1000 + (size_t)i);
        sim_run_for(DAY);
    }
    assert_int_equal(with(f, NULL), STATE_OK);
    assert_has(f->text, "/backup/db-4.gz: 1");
    assert_has(f->perf, "backups=5");
    sim_run_for(DAY / 4);
    assert_int_equal(with(f, NULL), STATE_CRITICAL);
    assert_has(f->text, "the newest backup (/backup/db-4.gz) is");
    assert_int_equal(with(f, "{\"within\":\"3d\"}"), STATE_OK);
}

/* Whoever may write there chooses the names. */
static void names_are_cleaned(void **state)
{
    struct fx *f = *state;

    nightly("db-\x1b]0;x\x07\nCRITICAL\xff", 1000);
    assert_int_equal(with(f, NULL), STATE_OK);
    assert_null(strpbrk(f->text, "\x1b\x07\n"));
    assert_null(strpbrk(f->more, "\x1b\x07\n\xff"));
    assert_has(f->more, "/backup/db-]0;x CRITICAL");
}

static void too_small(void **state)
{
    struct fx *f = *state;

    for (int i = 0; i < 20; i++) {
        char name[20];

        snprintf(name, sizeof(name), "db-%02d", i);
        nightly(name, 1000);
        sim_run_for(DAY);
    }
    nightly("db-20", 400);
    assert_int_equal(with(f, NULL), STATE_OK); /* it may still be growing */
    sim_run_for(3600000);
    assert_int_equal(with(f, NULL), STATE_WARNING);
    assert_has(f->text, "/backup/db-20.gz has only 400");
    assert_int_equal(with(f, "{\"shrink\":\"30%\"}"), STATE_OK);
    nightly("db-21", 0);
    sim_run_for(3600000);
    assert_int_equal(with(f, NULL), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "backup", "/backup", "{\"min_size\":\"500\"}", 10000), STATE_CRITICAL);
}

#define REPO(key) "{\"" key "\":\"/srv/repo\",\"password\":\"secret\"}"

static void restic_and_borg(void **state)
{
    struct fx *f = *state;
    static const char *const texts[] = {"", "7", "{\"archives\":[1,{\"start\":3}]}", "[{\"time\":\"\"},{\"time\":\"yesterday at some time\"}]"};

    assert_int_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_UNKNOWN);
    assert_string_equal(f->text, "restic is not installed: apt install restic");
    twin_program("restic", 0, "[{\"time\":\"2026-03-01T08:00:00.123456789+01:00\",\"hostname\":\"a\",\"short_id\":\"aaaa1111\"},{\"time\":\"2026-03-02T08:30:00.5+01:00\",\"short_id\":\"bbbb2222\"}]\n", NULL);
    assert_int_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_OK);
    assert_has(f->text, "the newest backup (bbbb2222) is 30");
    assert_has(sim_program_last("restic"), "restic -r /srv/repo --no-lock --no-cache snapshots --json --latest 1");
    assert_null(strstr(sim_program_last("restic"), "secret"));
    sim_run_for(2 * DAY);
    assert_int_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_CRITICAL);
    twin_program("restic", 0, "[]", NULL);
    assert_int_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_CRITICAL);
    assert_has(f->text, "no backup in the repository");
    twin_program("restic", 1, NULL, "Fatal: wrong password or no key found\n");
    assert_int_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_UNKNOWN);
    assert_has(f->text, "wrong password");
    twin_program("borg", 0, "{\"archives\":[{\"name\":\"mon\",\"start\":\"2026-03-04T07:00:00.000000\"}],\"repository\":{}}", NULL);
    assert_int_equal(fx_run(f, "backup", NULL, REPO("borg"), 10000), STATE_OK);
    assert_has(f->text, "the newest backup (mon) is 1");
    for (size_t i = 0; i < COUNT(texts); i++) {
        twin_program("restic", 0, texts[i], NULL);
        twin_program("borg", 0, texts[i], NULL);
        assert_int_not_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_OK);
        assert_int_not_equal(fx_run(f, "backup", NULL, REPO("borg"), 10000), STATE_OK);
    }
    sim_program("borg", &(struct sim_program){.takes_ms = 90000});
    assert_int_equal(fx_run(f, "backup", NULL, REPO("borg"), 5000), STATE_UNKNOWN);
}

/* A file from a time to come (the clock was wrong when it was written). */
static void strange(void **state)
{
    struct fx *f = *state;

    nightly("db-1", 1000);
    sim_clock_step(-10 * DAY);
    assert_int_equal(with(f, NULL), STATE_WARNING);
    assert_has(f->text, "the newest backup (/backup/db-1.gz) is dated 10");
    twin_program("restic", 0, "[{\"time\":\"2036-03-01T08:00:00Z\",\"short_id\":\"aaaa\"}]\n", NULL);
    assert_int_equal(fx_run(f, "backup", NULL, REPO("restic"), 10000), STATE_WARNING);
    assert_has(f->text, "ahead: a clock was wrong");
}

static void refused(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "backup", NULL, "{}"), "one of path, restic and borg");
    assert_has(fx_refused(f, "backup", "/x", REPO("borg")), "one of path");
    assert_has(fx_refused(f, "backup", NULL, "{\"restic\":\"--password-command=x\"}"), "no repository");
    assert_has(fx_refused(f, "backup", "x", NULL), "no path");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(files), TWIN_TEST(names_are_cleaned), TWIN_TEST(too_small), TWIN_TEST(restic_and_borg), TWIN_TEST(strange), TWIN_TEST(refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file: there, gone, old, large, changed, of somebody else, closed, endless. */
#include "checks_twin.h"

#include <sys/stat.h>

#define F "/srv/data/état.txt"

static enum state with(struct fx *f, const char *settings) { return fx_run(f, "file", F, settings, 10000); }

static void there_or_not(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, NULL), STATE_CRITICAL);
    assert_has(f->text, F " does not exist");
    assert_int_equal(with(f, "{\"exists\":false}"), STATE_OK);
    sim_file(F, "hello\nworld\n");
    assert_int_equal(with(f, NULL), STATE_OK);
    assert_has(f->text, F ": 12");
    assert_has(f->perf, "size=12B;;;0");
    assert_int_equal(with(f, "{\"exists\":false}"), STATE_CRITICAL);
    assert_has(f->text, "is there, and should not be");
}

static void age_and_size(void **state)
{
    struct fx *f = *state;

    sim_file(F, "hello\nworld\n");
    assert_int_equal(with(f, "{\"age\":{\"warn\":\"1h\",\"crit\":\"1d\"}}"), STATE_OK);
    sim_run_for(2 * 3600000);
    assert_int_equal(with(f, "{\"age\":{\"warn\":\"1h\",\"crit\":\"1d\"}}"), STATE_WARNING);
    assert_has(f->text, "was changed 2");
    assert_has(f->perf, "age=7200");
    sim_run_for(23 * 3600000LL);
    assert_int_equal(with(f, "{\"age\":{\"warn\":\"1h\",\"crit\":\"1d\"}}"), STATE_CRITICAL);
    assert_int_equal(with(f, "{\"size\":{\"warn\":\"10\",\"crit\":\"100\"}}"), STATE_WARNING);
    assert_int_equal(with(f, "{\"size\":{\"crit\":\"20:100\"}}"), STATE_CRITICAL);
    assert_has(f->text, "(limit 20:100)");
    sim_clock_step(-72 * 3600000LL); /* a file of tomorrow */
    assert_int_equal(with(f, "{\"age\":{\"warn\":\"1h\"}}"), STATE_OK);
}

static void content(void **state)
{
    struct fx *f = *state;

    sim_file(F, "hello\nworld\n");
    assert_int_equal(with(f, "{\"contains\":\"world\",\"lacks\":\"ERROR\",\"regex\":\"^wor\"}"), STATE_OK);
    assert_int_equal(with(f, "{\"contains\":\"moon\"}"), STATE_CRITICAL);
    assert_has(f->text, "lacks “moon”");
    assert_int_equal(with(f, "{\"lacks\":\"hello\"}"), STATE_CRITICAL);
    assert_int_equal(with(f, "{\"regex\":\"^moon\"}"), STATE_CRITICAL);
    assert_has(f->text, "matches “^moon”");
    /* printf 'hello\nworld\n' | sha256sum */
    assert_int_equal(with(f, "{\"sha256\":\"8F4FEDCCABE9F0B2E2D9B8D3FA6BC3E7B8C5C5A1D7A4D3A1C0F0E6A8E7C0D9B1\"}"), STATE_CRITICAL);
    assert_has(f->text, "was changed: its SHA-256 is 4a1e67f2fe1d1cc7b31d0ca2ec441da4778203a036a77da10344c85e24ff0f92");
    assert_int_equal(with(f, "{\"sha256\":\"4A1E67F2FE1D1CC7B31D0CA2EC441DA4778203A036A77DA10344C85E24FF0F92\"}"), STATE_OK);
}

static void rights(void **state)
{
    struct fx *f = *state;
    char real[400];

    sim_file(F, "x");
    snprintf(real, sizeof(real), "%s" F, twin_dir());
    assert_int_equal(chmod(real, 0640), 0);
    assert_int_equal(with(f, "{\"mode\":\"0640\"}"), STATE_OK);
    assert_int_equal(with(f, "{\"mode\":\"600\"}"), STATE_CRITICAL);
    assert_has(f->text, "has the permissions 0640, not 600");
    assert_int_equal(with(f, "{\"owner\":\"nobody-at-all\"}"), STATE_CRITICAL);
    assert_has(f->text, "not to nobody-at-all");
    assert_int_equal(with(f, "{\"owner\":\":nobody-at-all\"}"), STATE_CRITICAL);
}

static void odd_files(void **state)
{
    struct fx *f = *state;
    char real[400];

    snprintf(real, sizeof(real), "%s/fifo", twin_dir());
    assert_int_equal(mkfifo(real, 0600), 0);
    assert_int_equal(fx_run(f, "file", "/fifo", "{\"contains\":\"x\",\"sha256\":\"4a1e67f2fe1d1cc7b31d0ca2ec441da4778203a036a77da10344c85e24ff0f92\"}", 10000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "file", "/etc", "{\"age\":{\"crit\":\"1d\"}}", 10000), STATE_OK); /* a directory will do */
    (void)fx_run(f, "file", "/etc", "{\"contains\":\"x\"}", 10000);
    assert_int_not_equal(f->state, STATE_OK);
    snprintf(real, sizeof(real), "%s/loop", twin_dir());
    assert_int_equal(symlink("loop", real), 0);
    (void)fx_run(f, "file", "/loop", NULL, 10000);
    assert_int_not_equal(f->state, STATE_OK);
}

static void refused(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "file", "etc/passwd", NULL), "no path that begins with /");
    assert_has(fx_refused(f, "file", "/x", "{\"sha256\":\"abc\"}"), "64 hexadecimal digits");
    assert_has(fx_refused(f, "file", "/x", "{\"mode\":\"rw\"}"), "no permissions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(there_or_not), TWIN_TEST(age_and_size), TWIN_TEST(content), TWIN_TEST(rights), TWIN_TEST(odd_files), TWIN_TEST(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

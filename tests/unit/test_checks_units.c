/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The units probe with the real spawner, and a systemctl of the test's own in front of PATH. LES-6. */
#include "checks_fixture.h"
#include <sys/stat.h>

static void put_systemctl(const char *script)
{
    char dir[200], path[250];
    FILE *file;

    fx_path(dir, sizeof(dir), "bin");
    mkdir(dir, 0700);
    snprintf(path, sizeof(path), "%s/systemctl", dir);
    file = fopen(path, "we");
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    chmod(path, 0700);
}

static int setup(void **state)
{
    char dir[200], path[1000];
    const char *old = getenv("PATH");

    fx_path(dir, sizeof(dir), "bin");
    snprintf(path, sizeof(path), "%s:%s", dir, old ? old : "/usr/bin:/bin");
    setenv("PATH", path, 1);
    return fx_setup_spawner(state);
}

static int teardown(void **state)
{
    char dir[200], path[250];

    fx_path(dir, sizeof(dir), "bin");
    snprintf(path, sizeof(path), "%s/systemctl", dir);
    unlink(path);
    rmdir(dir);
    return fx_teardown(state);
}

static void failed_units(void **state)
{
    struct fx *f = *state;

    put_systemctl("echo 'nginx.service loaded failed failed The web server'; echo 'a.timer loaded failed failed A'");
    assert_int_equal(fx_run(f, "units", NULL, NULL, 10000), STATE_WARNING);
    if (strstr(f->text, "nginx") == NULL)
        fail_msg("%s", f->text);
    assert_has(f->text, "failed: nginx.service, a.timer");
    assert_has(f->perf, "failed=2");
    assert_int_equal(fx_run(f, "units", "nginx*", "{\"state\":\"critical\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "failed: a.timer");
    assert_int_equal(fx_run(f, "units", "*", NULL, 10000), STATE_OK);
    put_systemctl("for i in 1 2 3 4 5; do echo \"u$i.service loaded failed failed U\"; done");
    assert_int_equal(fx_run(f, "units", NULL, NULL, 10000), STATE_WARNING);
    assert_has(f->text, "and 2 more");
}

static void none(void **state)
{
    struct fx *f = *state;

    put_systemctl("exit 0");
    assert_int_equal(fx_run(f, "units", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "no failed units");
}

static void no_systemd_is_no_alarm(void **state)
{
    struct fx *f = *state;

    put_systemctl("echo 'System has not been booted with systemd as init system (PID 1).' >&2; exit 1");
    assert_int_equal(fx_run(f, "units", NULL, NULL, 10000), STATE_OK);
    assert_has(f->text, "no systemd here");
    put_systemctl("echo 'odd' >&2; exit 4");
    assert_int_equal(fx_run(f, "units", NULL, NULL, 10000), STATE_UNKNOWN);
}

int main(int argc, char **argv)
{
    int64_t fd;

    if (argc == 4 && str_eq(argv[1], "spawner") && str_i64(argv[3], &fd) == 0)
        return spawner_main((int)fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failed_units, setup, teardown),
        cmocka_unit_test_setup_teardown(none, setup, teardown),
        cmocka_unit_test_setup_teardown(no_systemd_is_no_alarm, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

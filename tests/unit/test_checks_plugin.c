/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plugin probe with the real spawner (this binary is started as it). MON-3. */
#include "checks_fixture.h"

static enum state sh(struct fx *f, const char *script, int64_t timeout_ms)
{
    char settings[1000];

    snprintf(settings, sizeof(settings), "{\"shell\":true}");
    return fx_run(f, "plugin", script, settings, timeout_ms);
}

static void exit_codes(void **state)
{
    struct fx *f = *state;

    assert_int_equal(sh(f, "echo fine; exit 0", 10000), STATE_OK);
    assert_string_equal(f->text, "fine");
    assert_true(f->answered);
    assert_int_equal(sh(f, "echo hm; exit 1", 10000), STATE_WARNING);
    assert_int_equal(sh(f, "echo bad; exit 2", 10000), STATE_CRITICAL);
    assert_int_equal(sh(f, "echo what; exit 3", 10000), STATE_UNKNOWN);
    assert_int_equal(sh(f, "echo x'|a=1'; exit 7", 10000), STATE_CRITICAL);
    assert_has(f->text, "return code of 7 is out of bounds");
    assert_string_equal(f->perf, "a=1");
    assert_int_equal(sh(f, "exit 126", 10000), STATE_CRITICAL);
    assert_has(f->text, "not be executable");
    assert_int_equal(sh(f, "exit 127", 10000), STATE_CRITICAL);
    assert_has(f->text, "may be missing");
    assert_int_equal(sh(f, "kill -9 $$$$", 10000), STATE_CRITICAL);
    assert_has(f->text, "killed by signal 9");
}

static void output(void **state)
{
    struct fx *f = *state;

    assert_int_equal(sh(f, "printf 'out;semi|a=1\\nlong1|b=2\\nc=3\\n'", 10000), STATE_OK);
    assert_has(f->text, "out");
    assert_string_equal(f->more, "long1");
    assert_string_equal(f->perf, "a=1 b=2 c=3");
    assert_int_equal(sh(f, "exit 0", 10000), STATE_OK);
    assert_string_equal(f->text, "(no output from the plugin)");
    assert_int_equal(sh(f, "echo trouble >&2; exit 2", 10000), STATE_CRITICAL);
    assert_has(f->text, "stderr: trouble");
    assert_int_equal(sh(f, "printf 'a\\033[31mb\\001\\377\\000c'", 10000), STATE_OK);
    assert_int_equal(sh(f, "head -c 1000000 /dev/zero | tr '\\0' x", 10000), STATE_OK);
    assert_true(strlen(f->text) <= PROBE_MAX_TEXT);
}

static void argv_without_a_shell(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "plugin", "/bin/echo 'a  b' $HOSTADDRESS$ $(id) ';'", NULL, 10000), STATE_OK);
    assert_has(f->text, "a  b 127.0.0.1 $(id)");
    assert_int_equal(fx_run(f, "plugin", "echo $ARG1$", "{\"args\":[\"x y\"]}", 10000), STATE_OK); /* found in PATH */
    assert_has(f->text, "x y");
    assert_int_equal(fx_run(f, "plugin", "check_that_is_not_there -x", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "there is no plugin check_that_is_not_there");
    assert_int_equal(fx_run(f, "plugin", "/etc/passwd", NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "may not be executed");
}

static void values_never_become_commands(void **state)
{
    struct fx *f = *state;

    f->address = "1;echo gotcha";
    assert_int_equal(sh(f, "printf '%s' \"$HOSTADDRESS$\"", 10000), STATE_OK);
    assert_null(strstr(f->text, "\ngotcha"));
    assert_int_equal(sh(f, "echo $HOSTADDRESS$", 10000), STATE_OK);
    assert_has(f->text, "echo gotcha"); /* said, not done */
}

static void environment(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "plugin", "echo $NAGIOS_HOSTNAME $NAGIOS_SERVICEDESC $X",
                            "{\"shell\":true,\"env\":{\"X\":\"extra\"}}", 10000), STATE_OK);
    assert_string_equal(f->text, "host check extra");
}

static void a_time_out_kills_the_group(void **state)
{
    struct fx *f = *state;

    assert_int_equal(sh(f, "sleep 60 & sleep 60", 300), STATE_CRITICAL);
    assert_true(f->timed_out);
    assert_has(f->text, "did not end within");
    assert_int_equal(fx_run(f, "plugin", "sleep 60", "{\"timeout_state\":\"unknown\"}", 200), STATE_UNKNOWN);
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "plugin", "check_x 'open", NULL), "quote is not closed");
    assert_has(fx_refused(f, "plugin", "check_x $HOSTADRESS$", NULL), "$HOSTADDRESS$");
    fx_refused(f, "plugin", "check_x", "{\"env\":{\"A=B\":\"c\"}}");
}

static void names(void **state)
{
    struct fx *f = *state;
    const struct probe *p = probe_find("plugin");
    const void *opts;

    assert_int_equal(fx_opts(f, p, "/opt/x/check_foo -a 1", NULL, &opts, NULL), 0);
    assert_string_equal(p->kind.name_for(opts, f->arena), "check_foo");
}

static void without_a_spawner(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "plugin", "true", NULL, 1000), STATE_UNKNOWN);
}

int main(int argc, char **argv)
{
    int64_t fd;

    if (argc == 4 && str_eq(argv[1], "spawner") && str_i64(argv[3], &fd) == 0)
        return spawner_main((int)fd);
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup_spawner, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(exit_codes), T(output), T(argv_without_a_shell), T(values_never_become_commands), T(environment),
        T(a_time_out_kills_the_group), T(options), T(names),
        cmocka_unit_test_setup_teardown(without_a_spawner, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

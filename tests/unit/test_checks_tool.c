/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs run for their output: there, missing, forbidden, without root, stuck, killed, too talkative. */
#include "checks_twin.h"

#include "checks/tool.h"

static bool use_sudo, twice;
static size_t seen;

static void on_output(struct attempt *a, const struct spawn_reply *r)
{
    static const char *const again[] = {"second", NULL};

    seen = r->out_bytes;
    if (r->exit_status) {
        tool_failed(a, r);
    } else if (twice) {
        twice = false;
        tool_run(a, &(struct tool_ask){.argv = again}, on_output);
        return;
    } else {
        attempt_say(a, STATE_OK, "it said {1}", "s", attempt_quote(a, r->out, r->out_bytes, 100));
    }
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const argv[] = {"look", "-x", NULL};

    tool_run(a, &(struct tool_ask){.argv = argv, .package = "looktools", .sudo = use_sudo, .max_output = 1000}, on_output);
}

static const struct probe probe = {.kind = {.name = "test"}, .start = start, .stop = tool_stop, .late = tool_late};

static enum state run(struct fx *f)
{
    struct attempt *a = attempt_new(&probe, NULL, NULL, "host", "check", NULL, 0, 5000);

    f->ended = false;
    attempt_start(a, f->env, fx_ended, f);
    loop_run(f->loop);
    assert_true(f->ended);
    attempt_free(a);
    return f->state;
}

static void it_runs(void **state)
{
    struct fx *f = *state;

    twin_program("look", 0, "fine\n", NULL);
    assert_int_equal(run(f), STATE_OK);
    assert_has(f->text, "it said fine");
    assert_string_equal(sim_program_last("look"), "look -x");
    twin_program("second", 0, "more", NULL);
    twice = true;
    assert_int_equal(run(f), STATE_OK);
    assert_has(f->text, "it said more");
}

static void it_is_not_there(void **state)
{
    struct fx *f = *state;

    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_string_equal(f->text, "look is not installed: apt install looktools");
    twin_program("/usr/sbin/look", 0, "from sbin", NULL);
    assert_int_equal(run(f), STATE_OK);
    sim_program("look", &(struct sim_program){.fails = ERR_DENIED});
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "may not be executed");
}

static void it_needs_root(void **state)
{
    struct fx *f = *state;

    twin_program("look", 2, "open device failed: Permission denied\n", NULL);
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "look needs root: set sudo: yes and add to /etc/sudoers.d/vigie the line “vigie ALL=(root) NOPASSWD: /usr/sbin/look”");
    use_sudo = true;
    twin_program("sudo", 1, NULL, "sudo: a password is required\n");
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "sudo does not let look run");
    assert_string_equal(sim_program_last("sudo"), "sudo -n look -x");
    twin_program("sudo", 1, NULL, "sudo: look: command not found\n");
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "apt install looktools");
    sim_program("sudo", NULL);
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "sudo is not installed");
    use_sudo = false;
}

static void it_fails(void **state)
{
    struct fx *f = *state;

    twin_program("look", 3, NULL, "odd\ntwo\n");
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "look ended with status 3: odd");
    twin_program("look", 4, NULL, NULL);
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "said nothing");
    sim_program("look", &(struct sim_program){.term_signal = 9, .exit_status = -1});
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "signal 9");
    sim_program("look", &(struct sim_program){.takes_ms = 60000});
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "did not end within");
    assert_true(f->timed_out);
}

static void it_floods(void **state)
{
    struct fx *f = *state;
    static char much[100000];

    memset(much, 'x', sizeof(much) - 1);
    twin_program("look", 0, much, NULL);
    assert_int_equal(run(f), STATE_OK);
    assert_int_equal(seen, 1000);
}

static void nobody_to_run_it(void **state)
{
    struct fx *f = *state;

    f->env->spawner = NULL;
    assert_int_equal(run(f), STATE_UNKNOWN);
    assert_has(f->text, "cannot be run here: look");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(it_runs), TWIN_TEST(it_is_not_there), TWIN_TEST(it_needs_root),
        TWIN_TEST(it_fails), TWIN_TEST(it_floods), TWIN_TEST(nobody_to_run_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

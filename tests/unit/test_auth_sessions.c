/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_sessions.c: log-in and its limits, how long a session lasts, the token against forged requests.  In the
 * twin. */
#include "twin_kit.h"

#define GOOD "correct horse battery"
#define YAML "hosts:\n  web1:\n    checks: [ once: {} ]\n"

static const struct store_stmt hashed_q = {"hashed_q", "SELECT COUNT(*), MIN(LENGTH(hash)), MAX(hash) FROM session"};

static void on_session(void *arg, int code, const char *secret, const struct err *e)
{
    struct twin *t = arg;
    t->answered = true;
    t->code = code;
    t->err = e ? *e : (struct err){0};
    str_copy(t->text[0], sizeof(t->text[0]), secret ? secret : "");
}

static int login(struct twin *t, const char *name, const char *password, const char *address)
{
    t->answered = false;
    auth_login(t->auth, name, password, address, clock_wall_ms(), on_session, t);
    assert_false(t->answered);
    assert_true(sim_run_flag(&t->answered, 60000));
    return t->code;
}

static int setup(void **state)
{
    struct twin *t = twin_new(YAML, 5);
    twin_start_auth(t);
    auth_user_add(t->auth, "anna", GOOD, ROLE_OPERATOR, clock_wall_ms(), twin_flushed, t);
    assert_true(sim_run_flag(&t->answered, 60000));
    assert_int_equal(t->code, 0);
    *state = t;
    return 0;
}
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

static void a_session_is_known_by_its_secret(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char secret[65];
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    str_copy(secret, sizeof(secret), t->text[0]);
    assert_int_equal(strlen(secret), 64);
    assert_int_equal(auth_session(t->auth, secret, clock_wall_ms(), &p), 0);
    assert_string_equal(p.name, "anna");
    assert_string_equal(p.via, "web");
    assert_int_equal(p.role, ROLE_OPERATOR);
    assert_null(p.scope);
    assert_non_null(p.session);
    assert_true(auth_csrf_ok(&p, p.csrf));
    assert_false(auth_csrf_ok(&p, secret));
    assert_false(auth_csrf_ok(&p, ""));
    assert_false(auth_csrf_ok(&p, NULL));
    assert_false(auth_csrf_ok(&(struct principal){.name = "token:ci"}, ""));
    secret[0] = secret[0] == 'a' ? 'b' : 'a';
    assert_int_equal(auth_session(t->auth, secret, clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(auth_session(t->auth, NULL, clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(auth_session(t->auth, "", clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(twin_ask(t, &hashed_q), 1);
    assert_int_equal(t->n[1], 64); /* and that is not the secret */
}

static void each_log_in_is_a_new_session(void **state)
{
    struct twin *t = *state;
    struct principal one, two;
    char first[65];
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    str_copy(first, sizeof(first), t->text[0]);
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    assert_string_not_equal(first, t->text[0]);
    assert_int_equal(auth_session(t->auth, first, clock_wall_ms(), &one), 0);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &two), 0);
    assert_string_not_equal(one.csrf, two.csrf);
    auth_logout(t->auth, first);
    assert_int_equal(auth_session(t->auth, first, clock_wall_ms(), &one), ERR_AUTH);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &two), 0);
    sim_run_for(1000);
    twin_crash(t, true);
    twin_start_auth(t);
    assert_int_equal(auth_session(t->auth, first, clock_wall_ms(), &one), ERR_AUTH);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &two), 0);
}

static void a_session_ends(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char unused[65];
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    str_copy(unused, sizeof(unused), t->text[0]);
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    for (int day = 1; day < 30; day++) { /* used each day, over restarts too */
        sim_run_for(DAY_MS);
        assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), 0);
        if (day == 8)
            assert_int_equal(auth_session(t->auth, unused, clock_wall_ms(), &p), ERR_AUTH); /* seven days unused */
        sim_run_for(1000);
        if (day % 10 == 0) {
            twin_crash(t, true);
            twin_start_auth(t);
        }
    }
    sim_run_for(2 * DAY_MS);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), ERR_AUTH); /* thirty days */
}

static void wrong_names_and_passwords_sound_the_same(void **state)
{
    struct twin *t = *state;
    char text[600];
    assert_int_equal(login(t, "anna", "wrong wrong wrong", "198.51.100.1"), ERR_AUTH);
    str_copy(text, sizeof(text), t->err.text);
    assert_int_equal(login(t, "nobody", GOOD, "198.51.100.1"), ERR_AUTH);
    assert_string_equal(t->err.text, text);
    assert_int_equal(login(t, "a b", GOOD, "198.51.100.1"), ERR_AUTH);
    assert_string_equal(t->err.text, text);
    assert_int_equal(login(t, "anna", "", "198.51.100.1"), ERR_AUTH);
    assert_int_equal(login(t, NULL, NULL, NULL), ERR_AUTH);
}

static void guessing_gets_slower(void **state)
{
    struct twin *t = *state;
    int refused = 0;
    for (int i = 0; i < 20; i++)
        refused += login(t, "anna", "wrong wrong wrong", "198.51.100.1") == ERR_BUSY;
    assert_in_range(refused, 10, 15);
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), ERR_BUSY);
    struct buf text = BUF_MAX(600);
    msg_render(&text, t->err.text, "en");
    assert_non_null(strstr(buf_text(&text), "Try again in"));
    buf_done(&text);
    /* from elsewhere the account opens again within a minute */
    sim_run_for(61 * SECOND_MS);
    assert_int_equal(login(t, "anna", GOOD, "203.0.113.5"), 0);
    sim_run_for(2 * HOUR_MS);
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
}

/* The tries that run in parallel count before they are judged. */
static void guessing_in_parallel_does_not_help(void **state)
{
    struct twin *t = *state, many[100] = {0};
    int judged = 0;
    for (int i = 0; i < 100; i++)
        auth_login(t->auth, "anna", "wrong wrong wrong", "198.51.100.1", clock_wall_ms(), on_session, &many[i]);
    sim_run_for(60000);
    for (int i = 0; i < 100; i++) {
        assert_true(many[i].answered);
        judged += many[i].code == ERR_AUTH;
    }
    assert_in_range(judged, 1, 6);
}

static void sessions_of_a_user_are_bounded(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char first[65];
    assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    str_copy(first, sizeof(first), t->text[0]);
    for (int i = 0; i < 50; i++) {
        sim_run_for(1000);
        assert_int_equal(login(t, "anna", GOOD, "198.51.100.1"), 0);
    }
    assert_int_equal(auth_session(t->auth, first, clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(twin_ask(t, &hashed_q), 50);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_session_is_known_by_its_secret),
        T(each_log_in_is_a_new_session),
        T(a_session_ends),
        T(wrong_names_and_passwords_sound_the_same),
        T(guessing_gets_slower),
        T(guessing_in_parallel_does_not_help),
        T(sessions_of_a_user_are_bounded),
    };
    return cmocka_run_group_tests_name("auth_sessions", tests, NULL, NULL);
}

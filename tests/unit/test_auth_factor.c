/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_factor.c: the second factor: set up, asked for, good once also over kill -9, guessed at, lost, required.  In the twin. */
#include "twin_kit.h"

#define GOOD "correct horse battery"
#define YAML "hosts:\n  web1:\n    checks: [ once: {} ]\n"
#define STRICT YAML "login: { second_factor: required }\n"

static void on_session(void *arg, int code, const char *secret, const struct err *e)
{
    struct twin *t = arg;
    t->answered = true;
    t->code = code;
    t->err = e ? *e : (struct err){0};
    str_copy(t->text[0], sizeof t->text[0], secret ? secret : "");
}

static char codes[AUTH_RECOVERY_CODES][AUTH_RECOVERY_TEXT];
static void on_codes(void *arg, int code, const char (*got)[AUTH_RECOVERY_TEXT], const struct err *e)
{
    on_session(arg, code, NULL, e);
    if (got)
        memcpy(codes, got, sizeof codes);
}

static int wait_for(struct twin *t)
{
    assert_true(sim_run_flag(&t->answered, 60000));
    return t->code;
}

static int login(struct twin *t, const char *password)
{
    t->answered = false;
    auth_login(t->auth, "anna", password, "198.51.100.1", clock_wall_ms(), on_session, t);
    return wait_for(t);
}

static int second(struct twin *t, const char *half, const char *code)
{
    char copy[80];
    str_copy(copy, sizeof copy, half);
    t->answered = false;
    auth_second(t->auth, copy, code, "198.51.100.1", clock_wall_ms(), on_session, t);
    return wait_for(t);
}

static void code_at(struct twin *t, int64_t at_ms, char out[16])
{
    const struct user *u = map_find(&t->auth->users, "anna");
    str_print(out, 16, "%06u", hotp(u->factor.on ? u->factor.secret : u->factor.begun, TOTP_SECRET_BYTES, (uint64_t)(at_ms / TOTP_STEP_MS), TOTP_DIGITS));
}

static int confirm(struct twin *t, const char *code)
{
    t->answered = false;
    auth_factor_confirm(t->auth, "anna", code, clock_wall_ms(), on_codes, t);
    return wait_for(t);
}

/* With a second factor, and a step later, so that a code of now is a new one. */
static void enrol(struct twin *t)
{
    char secret[AUTH_FACTOR_TEXT], code[16];
    struct err e = {0};
    assert_int_equal(auth_factor_begin(t->auth, "anna", clock_wall_ms(), secret, &e), 0);
    assert_int_equal(strlen(secret), 32);
    code_at(t, clock_wall_ms(), code);
    assert_int_equal(confirm(t, code), 0);
    sim_run_for(30000);
}

static int setup_with(void **state, const char *yaml)
{
    struct twin *t = twin_new(yaml, 7);
    twin_start_auth(t);
    if (str_eq(yaml, STRICT))
        auth_set_outside(t->auth, &(struct auth_outside){.conf = twin_conf_now, .arg = t});
    auth_user_add(t->auth, "anna", GOOD, ROLE_OPERATOR, clock_wall_ms(), twin_flushed, t);
    assert_true(sim_run_flag(&t->answered, 60000));
    assert_int_equal(t->code, 0);
    *state = t;
    return 0;
}
static int setup(void **state) { return setup_with(state, YAML); }
static int setup_strict(void **state) { return setup_with(state, STRICT); }
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

static enum role role_of(struct twin *t, const char *session)
{
    struct principal p;
    return auth_session(t->auth, session, clock_wall_ms(), &p) == 0 ? p.role : ROLE_NONE;
}

static void a_code_is_asked_for_once_there_is_a_factor(void **state)
{
    struct twin *t = *state;
    char half[80], code[16];
    assert_int_equal(login(t, GOOD), 0);
    enrol(t);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    assert_int_equal(role_of(t, half), ROLE_NONE); /* it is no session */
    assert_true(auth_half_open(t->auth, half, clock_wall_ms()));
    assert_int_equal(second(t, half, "000000"), ERR_AUTH);
    code_at(t, clock_wall_ms(), code);
    assert_int_equal(second(t, half, code), 0);
    assert_int_equal(role_of(t, t->text[0]), ROLE_OPERATOR);
    assert_false(auth_half_open(t->auth, half, clock_wall_ms())); /* used up */
    code_at(t, clock_wall_ms() + 30000, code);
    assert_int_equal(second(t, half, code), ERR_TIMEOUT);
    assert_int_equal(login(t, "not the password"), ERR_AUTH);
}

static void a_wrong_first_code_sets_nothing_up(void **state)
{
    struct twin *t = *state;
    char secret[AUTH_FACTOR_TEXT], code[16];
    struct err e = {0};
    struct auth_factor f;
    assert_int_equal(confirm(t, "123456"), ERR_TIMEOUT); /* nothing has begun */
    assert_int_equal(auth_factor_begin(t->auth, "anna", clock_wall_ms(), secret, &e), 0);
    assert_int_equal(confirm(t, "000000"), ERR_AUTH);
    code_at(t, clock_wall_ms() - 90000, code);
    assert_int_equal(confirm(t, code), ERR_AUTH);
    assert_int_equal(auth_factor_get(t->auth, "anna", &f), 0);
    assert_false(f.on);
    assert_int_equal(login(t, GOOD), 0);
    sim_run_for(15 * MINUTE_MS);
    code_at(t, clock_wall_ms(), code);
    assert_int_equal(confirm(t, code), ERR_TIMEOUT); /* too long ago */
    assert_int_equal(auth_factor_begin(t->auth, "nobody", clock_wall_ms(), secret, &e), ERR_NOT_FOUND);
}

static void a_code_counts_once_also_over_a_crash(void **state)
{
    struct twin *t = *state;
    char half[80], code[16];
    enrol(t);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    code_at(t, clock_wall_ms(), code);
    assert_int_equal(second(t, half, code), 0);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    assert_int_equal(second(t, t->text[0], code), ERR_AUTH);
    twin_crash(t, true);
    twin_start_auth(t);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    assert_int_equal(second(t, half, code), ERR_AUTH);
    assert_int_equal(second(t, half, codes[3]), 0); /* what was shown is good */
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    assert_int_equal(second(t, t->text[0], codes[3]), ERR_AUTH); /* once */
}

static void two_at_once_with_one_code(void **state)
{
    struct twin *t = *state;
    char first[80], code[16];
    enrol(t);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(first, sizeof first, t->text[0]);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    char other[80];
    str_copy(other, sizeof other, t->text[0]);
    code_at(t, clock_wall_ms(), code);
    struct twin a = {0}, b = {0};
    auth_second(t->auth, first, code, "198.51.100.1", clock_wall_ms(), on_session, &a);
    auth_second(t->auth, other, code, "198.51.100.2", clock_wall_ms(), on_session, &b);
    assert_true(sim_run_flag(&a.answered, 60000) && sim_run_flag(&b.answered, 60000));
    assert_int_equal(a.code, 0);
    assert_int_equal(b.code, ERR_AUTH);
}

static void guessing_codes_gets_slow(void **state)
{
    struct twin *t = *state;
    char half[80], code[16];
    enrol(t);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    int n = 0;
    while (n < 20 && second(t, half, "000000") == ERR_AUTH)
        n++;
    assert_int_equal(t->code, ERR_BUSY);
    assert_in_range(n, 3, 6);
    code_at(t, clock_wall_ms(), code);
    assert_int_equal(second(t, half, code), ERR_BUSY);
    /* From elsewhere and with a new log-in, too: the account waits. */
    t->answered = false;
    auth_login(t->auth, "anna", GOOD, "203.0.113.7", clock_wall_ms(), on_session, t);
    assert_int_equal(wait_for(t), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    t->answered = false;
    auth_second(t->auth, half, code, "203.0.113.7", clock_wall_ms(), on_session, t);
    assert_int_equal(wait_for(t), ERR_BUSY);
}

static void a_half_open_door_closes(void **state)
{
    struct twin *t = *state;
    char half[80], code[16];
    enrol(t);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    sim_run_for(5 * MINUTE_MS + 1);
    assert_false(auth_half_open(t->auth, half, clock_wall_ms()));
    code_at(t, clock_wall_ms(), code);
    assert_int_equal(second(t, half, code), ERR_TIMEOUT);
    assert_int_equal(login(t, GOOD), AUTH_HALF); /* a new password meanwhile closes it, too */
    str_copy(half, sizeof half, t->text[0]);
    t->answered = false;
    auth_user_set(t->auth, "anna", "another horse battery", -1, clock_wall_ms(), twin_flushed, t);
    assert_int_equal(wait_for(t), 0);
    assert_int_equal(second(t, half, code), ERR_TIMEOUT);
    for (int i = 0; i < AUTH_MAX_HALVES + 20; i++) { /* bounded */
        struct auth_job *job = auth_job_new(t->auth, clock_wall_ms());
        str_copy(job->name, sizeof job->name, "anna");
        half_make(job);
        sim_run_for(1);
    }
    assert_true(t->auth->halves.n <= AUTH_MAX_HALVES);
}

static void a_lost_one_is_ended_by_an_admin(void **state)
{
    struct twin *t = *state;
    char session[80];
    assert_int_equal(login(t, GOOD), 0);
    str_copy(session, sizeof session, t->text[0]);
    enrol(t);
    assert_int_equal(role_of(t, session), ROLE_OPERATOR);
    t->answered = false;
    auth_factor_remove(t->auth, "anna", NULL, clock_wall_ms(), twin_flushed, t);
    assert_int_equal(wait_for(t), 0);
    assert_int_equal(role_of(t, session), ROLE_NONE);
    assert_int_equal(login(t, GOOD), 0);
    t->answered = false;
    auth_factor_remove(t->auth, "anna", NULL, clock_wall_ms(), twin_flushed, t);
    assert_int_equal(wait_for(t), ERR_NOT_FOUND);
    enrol(t); /* a new one, with new recovery codes */
    char code[16];
    code_at(t, clock_wall_ms(), code);
    t->answered = false;
    auth_factor_remove(t->auth, "anna", "000000", clock_wall_ms(), twin_flushed, t);
    assert_int_equal(wait_for(t), ERR_AUTH);
    t->answered = false;
    auth_factor_remove(t->auth, "anna", code, clock_wall_ms(), twin_flushed, t);
    assert_int_equal(wait_for(t), 0);
    assert_int_equal(login(t, GOOD), 0);
}

static void new_recovery_codes_void_the_old(void **state)
{
    struct twin *t = *state;
    char old[AUTH_RECOVERY_TEXT], code[16], half[80];
    enrol(t);
    str_copy(old, sizeof old, codes[0]);
    code_at(t, clock_wall_ms(), code);
    t->answered = false;
    auth_factor_recovery(t->auth, "anna", code, clock_wall_ms(), on_codes, t);
    assert_int_equal(wait_for(t), 0);
    assert_int_equal(login(t, GOOD), AUTH_HALF);
    str_copy(half, sizeof half, t->text[0]);
    assert_int_equal(second(t, half, old), ERR_AUTH);
    assert_int_equal(second(t, half, codes[0]), 0);
}

static void where_it_is_required_nothing_is_open_without(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char session[80];
    assert_int_equal(login(t, GOOD), 0);
    str_copy(session, sizeof session, t->text[0]);
    assert_int_equal(auth_session(t->auth, session, clock_wall_ms(), &p), 0);
    assert_int_equal(p.role, ROLE_NONE);
    assert_true(p.enrol);
    enrol(t);
    assert_int_equal(auth_session(t->auth, session, clock_wall_ms(), &p), 0);
    assert_int_equal(p.role, ROLE_OPERATOR);
    assert_false(p.enrol);
}

static const struct store_stmt kept_q = {"kept_q", "SELECT COUNT(*), MIN(LENGTH(hash)) FROM recovery_code"};
static void recovery_codes_are_kept_as_hashes(void **state)
{
    struct twin *t = *state;
    enrol(t);
    assert_int_equal(twin_ask(t, &kept_q), AUTH_RECOVERY_CODES);
    assert_int_equal(t->n[1], 64);
    t->answered = false;
    auth_user_add(t->auth, "boss", GOOD, ROLE_ADMIN, clock_wall_ms(), twin_flushed, t);
    assert_int_equal(wait_for(t), 0);
    t->answered = false;
    auth_user_remove(t->auth, "anna", twin_flushed, t);
    assert_int_equal(wait_for(t), 0);
    assert_int_equal(twin_ask(t, &kept_q), 0); /* they go with their user */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(a_code_is_asked_for_once_there_is_a_factor), T(a_wrong_first_code_sets_nothing_up), T(a_code_counts_once_also_over_a_crash), T(two_at_once_with_one_code),
        T(guessing_codes_gets_slow), T(a_half_open_door_closes), T(a_lost_one_is_ended_by_an_admin), T(new_recovery_codes_void_the_old),
        cmocka_unit_test_setup_teardown(where_it_is_required_nothing_is_open_without, setup_strict, teardown), T(recovery_codes_are_kept_as_hashes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

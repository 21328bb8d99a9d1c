/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_users.c: passwords, the set-up link, accounts and their roles; all of it after a power cut.  In the
 * twin.  (SEC: scrypt, link of 256 bits, one hour, once) */
#include "auth/auth_int.h"
#include "twin_kit.h"

#define GOOD "correct horse battery"
#define YAML "hosts:\n  web1:\n    checks: [ once: {} ]\n"

static const struct store_stmt secrets_q = {
    "secrets_q", "SELECT COUNT(*) FROM account WHERE hash LIKE '%horse%' OR hash NOT LIKE 'scrypt$%'"};
static const struct store_stmt links_q = {"links_q", "SELECT COUNT(*) FROM setup_link"};

static int setup(void **state)
{
    struct twin *t = twin_new(YAML, 11);
    twin_start_auth(t);
    *state = t;
    return 0;
}
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

static void on_session(void *arg, int code, const char *secret, const struct err *e)
{
    struct twin *t = arg;
    t->answered = true;
    t->code = code;
    t->err = e ? *e : (struct err){0};
    str_copy(t->text[0], sizeof(t->text[0]), secret ? secret : "");
    assert_true((code == 0) == (secret != NULL));
}
static void on_done(void *arg, int code, const struct err *e) { twin_flushed(arg, code, e); }
static void on_code(void *arg, int code) { twin_flushed(arg, code, NULL); }

static int wait_for(struct twin *t)
{
    assert_true(sim_run_flag(&t->answered, 60000));
    t->answered = false;
    return t->code;
}
static int add(struct twin *t, const char *name, const char *password, enum role role)
{
    auth_user_add(t->auth, name, password, role, clock_wall_ms(), on_done, t);
    assert_false(t->answered); /* never before the call returns */
    return wait_for(t);
}
static int set(struct twin *t, const char *name, const char *password, int role)
{
    auth_user_set(t->auth, name, password, role, clock_wall_ms(), on_done, t);
    return wait_for(t);
}
static int rid(struct twin *t, const char *name)
{
    auth_user_remove(t->auth, name, on_done, t);
    return wait_for(t);
}
static int login(struct twin *t, const char *name, const char *password)
{
    auth_login(t->auth, name, password, "198.51.100.1", clock_wall_ms(), on_session, t);
    return wait_for(t);
}
static void link_new(struct twin *t, char out[65])
{
    auth_setup_new(t->auth, clock_wall_ms(), out, on_code, t);
    assert_int_equal(wait_for(t), 0);
}
static int link_use(struct twin *t, const char *secret, const char *name, const char *password)
{
    auth_setup_use(t->auth, secret, name, password, "fr", clock_wall_ms(), on_session, t);
    return wait_for(t);
}

static void passwords_are_judged(void **state)
{
    struct err e = {0};
    char long_one[1100];
    memset(long_one, 'x', sizeof(long_one));
    long_one[1025] = '\0';
    assert_int_equal(password_judge("123456789", &e), ERR_INVALID);
    assert_string_equal(e.field, "password");
    struct buf text = BUF_MAX(500);
    msg_render(&text, e.text, "en");
    assert_non_null(strstr(buf_text(&text), "at least 10 characters; this one has 9"));
    buf_done(&text);
    assert_int_equal(password_judge("1234567890", &e), 0);
    assert_int_equal(password_judge("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", &e), ERR_INVALID); /* five characters */
    assert_int_equal(password_judge("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", &e), ERR_INVALID);
    assert_int_equal(password_judge(long_one, &e), ERR_INVALID);
    assert_int_equal(password_judge(NULL, &e), ERR_INVALID);
    long_one[1024] = '\0';
    assert_int_equal(password_judge(long_one, &e), 0);
}

static void hashes_fit_only_their_password(void **state)
{
    unsigned char salt[16] = {1, 2, 3};
    char one[AUTH_STORED_BYTES], two[AUTH_STORED_BYTES];
    assert_int_equal(password_hash(GOOD, salt, PASSWORD_COST_LOG2, one), 0);
    salt[0] = 9;
    assert_int_equal(password_hash(GOOD, salt, 4, two), 0);
    assert_string_not_equal(one, two);
    assert_true(password_fits(GOOD, one));
    assert_true(password_fits(GOOD, two));
    assert_false(password_fits("correct horse batterz", one));
    assert_true(str_starts(one, "scrypt$15$8$1$"));
    password_nobody(PASSWORD_COST_LOG2, two);
    assert_int_equal(strlen(one), strlen(two));
    assert_false(password_fits(GOOD, two));
    assert_false(password_fits("", two));
    static const char *const broken[] = {"", "scrypt", "scrypt$15$8$1$", "scrypt$99$8$1$AAAA$AAAA", "md5$x",
                                         "scrypt$-1$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                         "scrypt$15$8$1$AAAA$AAAA"};
    for (size_t i = 0; i < COUNT(broken); i++)
        assert_false(password_fits(GOOD, broken[i]));
}

static void secrets_compare_by_content(void **state)
{
    assert_true(secret_equal("abc", "abc"));
    assert_false(secret_equal("abc", "abd"));
    assert_false(secret_equal("abc", "abcd"));
    assert_false(secret_equal(NULL, "abc"));
    assert_false(secret_equal("abc", NULL));
}

static void accounts_live_through_a_power_cut(void **state)
{
    struct twin *t = *state;
    assert_false(auth_has_users(t->auth));
    assert_int_equal(add(t, "anna", GOOD, ROLE_ADMIN), 0);
    assert_int_equal(add(t, "bob", GOOD "2", ROLE_VIEWER), 0);
    assert_int_equal(add(t, "anna", GOOD, ROLE_VIEWER), ERR_CONFLICT);
    assert_string_equal(t->err.field, "name");
    twin_crash(t, true);
    twin_start_auth(t);
    assert_true(auth_has_users(t->auth));
    assert_int_equal(login(t, "anna", GOOD), 0);
    assert_int_equal(login(t, "bob", GOOD), ERR_AUTH);
    assert_int_equal(twin_ask(t, &secrets_q), 0);
    struct arena *a = arena_new(0);
    struct doc *list = doc_list(a);
    auth_users(t->auth, list);
    assert_int_equal(list->kids.n, 2);
    assert_string_equal(doc_text(list->kids.first, "name", ""), "anna");
    assert_string_equal(doc_text(list->kids.first, "role", ""), "admin");
    assert_true(doc_get(list->kids.first, "last_login")->kind == DOC_TIME);
    assert_null(doc_get(list->kids.first, "hash"));
    arena_free(a);
}

static void wrong_input_is_refused(void **state)
{
    struct twin *t = *state;
    assert_int_equal(add(t, "", GOOD, ROLE_ADMIN), ERR_INVALID);
    assert_int_equal(add(t, "a b", GOOD, ROLE_ADMIN), ERR_INVALID);
    assert_int_equal(add(t, "an\xc3\xa9", GOOD, ROLE_ADMIN), ERR_INVALID);
    assert_int_equal(add(t, "0123456789012345678901234567890123456789012345678901234567890123x", GOOD, ROLE_ADMIN), ERR_INVALID);
    assert_int_equal(add(t, "anna", "short", ROLE_ADMIN), ERR_INVALID);
    assert_int_equal(add(t, "anna", GOOD, ROLE_NONE), ERR_INVALID);
    assert_int_equal(set(t, "nobody", NULL, ROLE_VIEWER), ERR_NOT_FOUND);
    assert_int_equal(rid(t, "nobody"), ERR_NOT_FOUND);
    assert_false(auth_has_users(t->auth));
}

static void there_is_always_an_admin(void **state)
{
    struct twin *t = *state;
    assert_int_equal(add(t, "anna", GOOD, ROLE_ADMIN), 0);
    assert_int_equal(rid(t, "anna"), ERR_CONFLICT);
    assert_int_equal(set(t, "anna", NULL, ROLE_VIEWER), ERR_CONFLICT);
    assert_int_equal(add(t, "bob", GOOD, ROLE_ADMIN), 0);
    /* both at once: one of them has to fail */
    struct twin other = *t;
    other.answered = false;
    auth_user_remove(t->auth, "anna", on_done, t);
    auth_user_remove(t->auth, "bob", on_done, &other);
    assert_true(sim_run_flag(&other.answered, 60000));
    assert_true((t->code == 0) != (other.code == 0));
    assert_true(auth_has_users(t->auth));
}

static void a_new_password_ends_sessions(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char secret[65];
    assert_int_equal(add(t, "anna", GOOD, ROLE_ADMIN), 0);
    assert_int_equal(login(t, "anna", GOOD), 0);
    str_copy(secret, sizeof(secret), t->text[0]);
    assert_int_equal(auth_session(t->auth, secret, clock_wall_ms(), &p), 0);
    assert_int_equal(set(t, "anna", "another good one", -1), 0);
    assert_int_equal(auth_session(t->auth, secret, clock_wall_ms(), &p), ERR_AUTH);
    assert_string_equal(p.name, "anna"); /* what was borrowed is still readable */
    assert_int_equal(login(t, "anna", GOOD), ERR_AUTH);
    assert_int_equal(login(t, "anna", "another good one"), 0);
    twin_crash(t, true);
    twin_start_auth(t);
    assert_int_equal(auth_session(t->auth, secret, clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), 0);
}

static void a_role_counts_at_once(void **state)
{
    struct twin *t = *state;
    struct principal p;
    assert_int_equal(add(t, "anna", GOOD, ROLE_ADMIN), 0);
    assert_int_equal(add(t, "bob", GOOD, ROLE_OPERATOR), 0);
    assert_int_equal(login(t, "bob", GOOD), 0);
    assert_int_equal(set(t, "bob", NULL, ROLE_VIEWER), 0);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), 0);
    assert_int_equal(p.role, ROLE_VIEWER);
    assert_int_equal(rid(t, "bob"), 0);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), ERR_AUTH);
}

static void the_set_up_link_works_once(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char first[65], second[65];
    link_new(t, first);
    link_new(t, second);
    assert_int_equal(strlen(second), 64);
    assert_false(auth_setup_valid(t->auth, first, clock_wall_ms())); /* the newest counts */
    assert_true(auth_setup_valid(t->auth, second, clock_wall_ms()));
    assert_false(auth_setup_valid(t->auth, "", clock_wall_ms()));
    assert_false(auth_setup_valid(t->auth, NULL, clock_wall_ms()));
    twin_crash(t, true);
    twin_start_auth(t);
    assert_true(auth_setup_valid(t->auth, second, clock_wall_ms()));
    assert_int_equal(link_use(t, first, "anna", GOOD), ERR_AUTH);
    assert_int_equal(link_use(t, second, "anna", "short"), ERR_INVALID); /* does not use it up */
    assert_int_equal(link_use(t, second, "anna", GOOD), 0);
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), 0);
    assert_string_equal(p.name, "anna");
    assert_int_equal(p.role, ROLE_ADMIN);
    assert_int_equal(link_use(t, second, "eve", GOOD), ERR_AUTH);
    assert_int_equal(twin_ask(t, &links_q), 0);
}

static void the_set_up_link_ends_after_an_hour(void **state)
{
    struct twin *t = *state;
    char secret[65];
    link_new(t, secret);
    sim_run_for(HOUR_MS - 1000);
    assert_true(auth_setup_valid(t->auth, secret, clock_wall_ms()));
    sim_run_for(2000);
    assert_false(auth_setup_valid(t->auth, secret, clock_wall_ms()));
    assert_int_equal(link_use(t, secret, "anna", GOOD), ERR_AUTH);
}

static void two_users_of_one_link(void **state)
{
    struct twin *t = *state, other = {0};
    char secret[65];
    link_new(t, secret);
    auth_setup_use(t->auth, secret, "anna", GOOD, "en", clock_wall_ms(), on_session, t);
    auth_setup_use(t->auth, secret, "eve", GOOD, "en", clock_wall_ms(), on_session, &other);
    assert_true(sim_run_flag(&other.answered, 60000));
    assert_true(sim_run_flag(&t->answered, 60000));
    assert_true((t->code == 0) != (other.code == 0));
}

static void nothing_is_confirmed_on_a_full_disk(void **state)
{
    struct twin *t = *state;
    struct principal p;
    assert_int_equal(add(t, "anna", GOOD, ROLE_ADMIN), 0);
    sim_disk_fault(SIM_DISK_FULL);
    assert_int_equal(add(t, "bob", GOOD, ROLE_VIEWER), ERR_FULL);
    assert_int_equal(login(t, "bob", GOOD), ERR_AUTH);
    assert_int_equal(login(t, "anna", GOOD), 0); /* to look what is wrong */
    assert_int_equal(auth_session(t->auth, t->text[0], clock_wall_ms(), &p), 0);
    sim_disk_fault(SIM_DISK_OK);
    assert_int_equal(add(t, "bob", GOOD, ROLE_VIEWER), 0);
}

/* The room may close while everything is under way. */
static void closing_in_the_middle(void **state)
{
    struct twin *t = *state;
    char secret[65];
    for (int i = 0; i < 6; i++)
        auth_login(t->auth, "anna", GOOD, "198.51.100.1", clock_wall_ms(), on_session, t);
    auth_user_add(t->auth, "anna", GOOD, ROLE_ADMIN, clock_wall_ms(), on_done, t);
    auth_setup_new(t->auth, clock_wall_ms(), secret, on_code, t);
    t->auth = auth_free(t->auth);
    sim_run_for(10000);
    assert_false(t->answered);
}

static void roles_have_words(void **state)
{
    for (int r = ROLE_NONE; r <= ROLE_ADMIN; r++)
        assert_int_equal(role_from_word(role_word((enum role)r)), r);
    assert_int_equal(role_from_word("root"), ERR_INVALID);
    assert_int_equal(role_from_word(NULL), ERR_INVALID);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_judged),
        cmocka_unit_test(hashes_fit_only_their_password),
        cmocka_unit_test(secrets_compare_by_content),
        cmocka_unit_test(roles_have_words),
        T(accounts_live_through_a_power_cut),
        T(wrong_input_is_refused),
        T(there_is_always_an_admin),
        T(a_new_password_ends_sessions),
        T(a_role_counts_at_once),
        T(the_set_up_link_works_once),
        T(the_set_up_link_ends_after_an_hour),
        T(two_users_of_one_link),
        T(nothing_is_confirmed_on_a_full_disk),
        T(closing_in_the_middle),
    };
    return cmocka_run_group_tests_name("auth_users", tests, NULL, NULL);
}

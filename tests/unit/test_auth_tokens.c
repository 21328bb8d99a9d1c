/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_tokens.c: API tokens: shown once, stored hashed, with role, scope and end.  In the twin. */
#include "twin_kit.h"

#define YAML "hosts:\n  web1:\n    checks: [ once: {} ]\n"

static const struct store_stmt hashed_q = {
    "hashed_q", "SELECT COUNT(*), MIN(LENGTH(hash)), SUM(CASE WHEN hash LIKE 'vgt%' THEN 1 ELSE 0 END) FROM token"};
static const struct store_stmt used_q = {"used_q", "SELECT MAX(used_ms) FROM token"};

static int setup(void **state)
{
    struct twin *t = twin_new(YAML, 3);
    twin_start_auth(t);
    *state = t;
    return 0;
}
static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

static void on_token(void *arg, int code, const char *token, const struct err *e)
{
    struct twin *t = arg;
    twin_flushed(t, code, e);
    str_copy(t->text[0], sizeof(t->text[0]), token ? token : "");
}

static int add(struct twin *t, const char *name, enum role role, const char *scope, int64_t expires_ms)
{
    t->answered = false;
    auth_token_add(t->auth, name, role, scope, expires_ms, clock_wall_ms(), on_token, t);
    assert_true(sim_run_flag(&t->answered, 60000));
    return t->code;
}

static int rid(struct twin *t, const char *name)
{
    t->answered = false;
    auth_token_remove(t->auth, name, twin_flushed, t);
    assert_true(sim_run_flag(&t->answered, 60000));
    return t->code;
}

static void a_token_is_its_owner(void **state)
{
    struct twin *t = *state;
    struct principal p;
    assert_int_equal(add(t, "ci", ROLE_OPERATOR, "read,ack", 0), 0);
    assert_true(str_starts(t->text[0], "vgt_"));
    assert_int_equal(strlen(t->text[0]), 4 + 43);
    twin_crash(t, true);
    twin_start_auth(t);
    assert_int_equal(auth_bearer(t->auth, t->text[0], clock_wall_ms(), &p), 0);
    assert_string_equal(p.name, "token:ci");
    assert_string_equal(p.via, "api");
    assert_string_equal(p.scope, "read,ack");
    assert_int_equal(p.role, ROLE_OPERATOR);
    assert_null(p.csrf);
    assert_int_equal(twin_ask(t, &hashed_q), 1);
    assert_int_equal(t->n[1], 64);
    assert_int_equal(t->n[2], 0);
}

static void wrong_tokens_are_nobody(void **state)
{
    struct twin *t = *state;
    struct principal p;
    char longer[300];
    assert_int_equal(add(t, "ci", ROLE_VIEWER, NULL, 0), 0);
    assert_int_equal(auth_bearer(t->auth, "vgt_", clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(auth_bearer(t->auth, "", clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(auth_bearer(t->auth, t->text[0] + 4, clock_wall_ms(), &p), ERR_AUTH);
    str_print(longer, sizeof(longer), "%sx", t->text[0]);
    assert_int_equal(auth_bearer(t->auth, longer, clock_wall_ms(), &p), ERR_AUTH);
    memset(longer, 'v', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(auth_bearer(t->auth, longer, clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(auth_bearer(t->auth, t->text[0], clock_wall_ms(), &p), 0);
    assert_null(p.scope);
}

static void tokens_end(void **state)
{
    struct twin *t = *state;
    struct principal p;
    assert_int_equal(add(t, "old", ROLE_VIEWER, "read", clock_wall_ms() - 1), ERR_INVALID);
    assert_string_equal(t->err.field, "expires");
    assert_int_equal(add(t, "day", ROLE_VIEWER, "read", clock_wall_ms() + DAY_MS), 0);
    sim_run_for(DAY_MS - MINUTE_MS);
    assert_int_equal(auth_bearer(t->auth, t->text[0], clock_wall_ms(), &p), 0);
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(auth_bearer(t->auth, t->text[0], clock_wall_ms(), &p), ERR_AUTH);
    assert_int_equal(rid(t, "day"), 0);
    assert_int_equal(rid(t, "day"), ERR_NOT_FOUND);
    assert_int_equal(add(t, "day", ROLE_VIEWER, "read", 0), 0);
    char token[64];
    str_copy(token, sizeof(token), t->text[0]);
    assert_int_equal(auth_bearer(t->auth, token, clock_wall_ms(), &p), 0);
    assert_int_equal(rid(t, "day"), 0);
    assert_int_equal(auth_bearer(t->auth, token, clock_wall_ms(), &p), ERR_AUTH);
    assert_string_equal(p.scope, "read"); /* what was borrowed is still readable */
    twin_crash(t, true);
    twin_start_auth(t);
    assert_int_equal(auth_bearer(t->auth, token, clock_wall_ms(), &p), ERR_AUTH);
}

static void wrong_input_is_refused(void **state)
{
    struct twin *t = *state;
    assert_int_equal(add(t, "", ROLE_VIEWER, NULL, 0), ERR_INVALID);
    assert_int_equal(add(t, "a/b", ROLE_VIEWER, NULL, 0), ERR_INVALID);
    assert_int_equal(add(t, "ci", ROLE_NONE, NULL, 0), ERR_INVALID);
    assert_int_equal(add(t, "ci", ROLE_VIEWER, "", 0), ERR_INVALID);
    assert_int_equal(add(t, "ci", ROLE_VIEWER, "read; drop", 0), ERR_INVALID);
    assert_string_equal(t->err.field, "scope");
    assert_int_equal(add(t, "ci", ROLE_VIEWER, NULL, 0), 0);
    assert_int_equal(add(t, "ci", ROLE_VIEWER, NULL, 0), ERR_CONFLICT);
}

static void last_use_is_written_lazily(void **state)
{
    struct twin *t = *state;
    struct principal p;
    assert_int_equal(add(t, "ci", ROLE_VIEWER, NULL, 0), 0);
    sim_run_for(1000);
    uint64_t before = twin_commits(t);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(auth_bearer(t->auth, t->text[0], clock_wall_ms(), &p), 0);
        sim_run_for(1000);
    }
    assert_in_range(twin_commits(t) - before, 1, 4);
    assert_true(clock_wall_ms() - twin_ask(t, &used_q) < HOUR_MS);
    struct arena *a = arena_new(0);
    struct doc *list = doc_list(a);
    auth_tokens(t->auth, list);
    assert_int_equal(list->kids.n, 1);
    assert_string_equal(doc_text(list->kids.first, "name", ""), "ci");
    assert_true(doc_get(list->kids.first, "last_used")->i > clock_wall_ms() - MINUTE_MS);
    arena_free(a);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_token_is_its_owner), T(wrong_tokens_are_nobody), T(tokens_end), T(wrong_input_is_refused),
        T(last_use_is_written_lazily),
    };
    return cmocka_run_group_tests_name("auth_tokens", tests, NULL, NULL);
}

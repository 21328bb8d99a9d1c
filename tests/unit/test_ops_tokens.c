/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens for programs: shown once, of a role, a scope and a life; over HTTP as they are used. */
#include "daemon_kit.h"

static const char *make(struct kit *k, const char *params)
{
    if (kit_op(k, "token-add", params) != 200)
        fail_msg("%s: %s", params, kit_text(k));
    const char *token = doc_text(k->reply, "token", "");
    assert_true(str_starts(token, "vgt_"));
    return arena_dup(k->arena, token);
}

static int with(struct kit *k, const char *token, const char *method, const char *path, const char *body)
{
    return kit_ask(k, method, path, arena_printf(k->arena, "Authorization: Bearer %s\n", token), body);
}

static void it_is_shown_once(void **state)
{
    struct kit *k = *state;
    const char *token = make(k, "{'name':'ci','role':'operator','scope':'read, ack','expires':'+90d'}");
    assert_int_equal(kit_op(k, "token-list", NULL), 200);
    const struct doc *row = doc_get(k->reply, "tokens")->kids.first;
    assert_string_equal(doc_text(row, "name", ""), "ci");
    assert_string_equal(doc_text(row, "role", ""), "operator");
    assert_true(doc_int(row, "expires", 0) > clock_wall_ms());
    kit_lacks(kit_text(k), token);
}

static void roles_and_scopes_over_http(void **state)
{
    struct kit *k = *state;
    const char *viewer = make(k, "{'name':'v'}"), *job = make(k, "{'name':'job','role':'operator','scope':'result'}"), *reader = make(k, "{'name':'r','role':'admin','scope':'read'}");
    const char *result = "{\"target\":\"web1/job\",\"state\":\"ok\",\"output\":\"x\"}";
    assert_int_equal(with(k, viewer, "GET", "/api/v1/status", NULL), 200);
    assert_int_equal(with(k, viewer, "POST", "/api/v1/results", result), 403);
    assert_int_equal(with(k, viewer, "GET", "/api/v1/users", NULL), 403);
    assert_int_equal(with(k, job, "POST", "/api/v1/results", result), 200);
    assert_int_equal(with(k, job, "GET", "/api/v1/status", NULL), 403);
    assert_int_equal(with(k, reader, "GET", "/api/v1/users", NULL), 200);
    assert_int_equal(with(k, reader, "POST", "/api/v1/results", result), 403);
    assert_int_equal(with(k, "vgt_0000", "GET", "/api/v1/status", NULL), 401);
    assert_string_equal(kit_header(k, "WWW-Authenticate"), "Bearer realm=\"vigie\"");
    assert_int_equal(with(k, "", "GET", "/api/v1/status", NULL), 401);
}

/* A bearer token needs no CSRF token: no browser sends it by itself. But it opens no console form either. */
static void a_token_is_no_session(void **state)
{
    struct kit *k = *state;
    const char *admin = make(k, "{'name':'a','role':'admin'}");
    assert_int_equal(with(k, admin, "POST", "/console/act", "action=recheck&id=web1%2Ftcp"), 403);
    assert_int_equal(with(k, admin, "POST", "/api/v1/setup-link", "{}"), 403);
}

/* A heartbeat takes its own secret; a token for something else is none. */
static void a_token_of_another_scope_is_no_heartbeat(void **state)
{
    struct kit *k = *state;
    const char *all = make(k, "{'name':'o','role':'operator'}"), *ack = make(k, "{'name':'k','role':'operator','scope':'ack'}"), *viewer = make(k, "{'name':'v'}");
    assert_int_equal(with(k, all, "POST", "/api/v1/heartbeat/web1/backup", NULL), 200);
    assert_int_equal(with(k, ack, "POST", "/api/v1/heartbeat/web1/backup", NULL), 403);
    assert_int_equal(with(k, viewer, "POST", "/api/v1/heartbeat/web1/backup", NULL), 403);
}

/* A token that may make tokens makes none that may do more than itself. */
static void none_makes_a_wider_one(void **state)
{
    static const struct {
        const char *own, *asked;
        int status;
    } rows[] = {{"token-add", "token-add", 200}, {"token-add", "read", 403},      {"token-add", "write", 403},          {"token-add", NULL, 200},
                {"token-add", "ack", 403},       {"token-add,ack", "ack", 200},   {"token-add,read", "read", 200},      {"token-add,read", "status,history", 200},
                {"token-add,read", "ack", 403},  {"token-add,read", "write", 403}, {"token-add,read", "read,ack", 403}, {"token-add,read", "no-such-thing", 403},
                {"write", "write", 200},         {"write", "read,ack", 200},      {"write", NULL, 200},                 {"read", "read", 403}};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *token = make(k, arena_printf(k->arena, "{'name':'own%zu','role':'admin','scope':'%s'}", i, rows[i].own));
        const char *body = rows[i].asked ? arena_printf(k->arena, "{\"name\":\"new%zu\",\"scope\":\"%s\"}", i, rows[i].asked)
                                         : arena_printf(k->arena, "{\"name\":\"new%zu\"}", i);
        if (with(k, token, "POST", "/api/v1/tokens", body) != rows[i].status)
            fail_msg("%s asks for %s: %d %s", rows[i].own, rows[i].asked ? rows[i].asked : "all", k->status, kit_text(k));
    }
    make(k, "{'name':'everything','role':'admin'}"); /* a person may */
    kit_op(k, "token-list", NULL);
    DOC_EACH(doc_get(k->reply, "tokens"), t) { /* where none was asked for it is that of the asker */
        const char *name = doc_text(t, "name", ""), *scope = doc_text(t, "scope", NULL);
        if (str_eq(name, "new3"))
            assert_string_equal(scope, "token-add");
        if (str_eq(name, "everything"))
            assert_null(scope);
    }
}

static void they_end(void **state)
{
    struct kit *k = *state;
    const char *brief = make(k, "{'name':'b','expires':'+1h'}"), *gone = make(k, "{'name':'g'}");
    assert_int_equal(with(k, brief, "GET", "/api/v1/status", NULL), 200);
    sim_run_for(HOUR_MS + 1000);
    assert_int_equal(with(k, brief, "GET", "/api/v1/status", NULL), 401);
    assert_int_equal(kit_op(k, "token-remove", "{'name':'g'}"), 200);
    assert_int_equal(with(k, gone, "GET", "/api/v1/status", NULL), 401);
    kit_op(k, "token-remove", "{'name':'g'}");
    assert_int_equal(k->status, 404);
}

static void what_is_refused(void **state)
{
    struct kit *k = *state;
    make(k, "{'name':'t'}");
    kit_op(k, "token-add", "{'name':'t'}");
    assert_int_equal(k->status, 409);
    kit_op(k, "token-add", "{'name':'u','expires':'2020-01-01'}");
    assert_int_equal(k->status, 400);
    assert_string_equal(kit_error(k, "field"), "expires");
    kit_op(k, "token-add", "{'name':'u','role':'root'}");
    kit_refused(k, 400, "invalid", "role");
    kit_op(k, "token-add", "{'name':'a b'}");
    assert_int_equal(k->status, 400);
}

static void they_survive_a_restart(void **state)
{
    struct kit *k = *state;
    const char *token = make(k, "{'name':'t','scope':'read'}");
    kit_stop(k);
    kit_start(k);
    assert_int_equal(with(k, token, "GET", "/api/v1/status", NULL), 200);
    assert_int_equal(with(k, token, "POST", "/api/v1/ack", "{}"), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(it_is_shown_once), KIT_TEST(roles_and_scopes_over_http), KIT_TEST(a_token_is_no_session), KIT_TEST(a_token_of_another_scope_is_no_heartbeat), KIT_TEST(none_makes_a_wider_one), KIT_TEST(they_end), KIT_TEST(what_is_refused), KIT_TEST(they_survive_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations by route, and who may run which: every row of ops[] against every role and scope. */
#include "daemon_kit.h"
#include "ops/ops_priv.h"

static const struct op *route(const char *method, const char *path, struct arena *a, struct doc **ret_params, int *ret_code, char allow[64])
{
    const struct op *op = NULL;
    *ret_params = doc_object(a);
    *ret_code = op_route(method, path, a, *ret_params, &op, allow, 64);
    return op;
}

static void every_row_is_found_by_its_route_and_by_its_name(void **state)
{
    struct arena *a = arena_new(0);
    char allow[64];
    for (size_t i = 0; ops[i]; i++) {
        struct doc *params;
        int code;
        struct buf path = BUF_MAX(1000);
        for (const char *p = ops[i]->path; *p; p++) { /* {host} becomes x */
            buf_char(&path, *p == '{' ? 'x' : *p);
            p += *p == '{' ? strcspn(p, "}") : 0;
        }
        const struct op *op = route(ops[i]->method, buf_text(&path), a, &params, &code, allow);
        assert_int_equal(code, 0);
        assert_ptr_equal(op, ops[i]);
        assert_ptr_equal(op_find(ops[i]->name), ops[i]);
        for (const struct op_param *p = ops[i]->params; p && p->name; p++) /* each {part} is a parameter, and the other way round */
            assert_int_equal((p->flags & OP_IN_PATH) != 0, doc_get(params, p->name) != NULL);
        buf_done(&path);
    }
    assert_null(op_find("no-such-operation"));
    assert_null(op_find(""));
    arena_free(a);
}

static void a_route_takes_whole_segments_only(void **state)
{
    struct arena *a = arena_new(0);
    struct doc *params;
    char allow[64];
    int code;
    const struct op *op = route("GET", "/api/v1/checks/web 1/<b>&\"'", a, &params, &code, allow);
    assert_string_equal(op->name, "check");
    assert_string_equal(doc_text(params, "host", ""), "web 1");
    assert_string_equal(doc_text(params, "check", ""), "<b>&\"'");
    static const char *const nowhere[] = {"/api/v1/hosts//", "/api/v1/hosts/a/b", "/api/v1/checks/a/b/c", "/api/v1/statuses", "/api/v1/statu",
                                          "/api/v1", "/api/v1/", "", "/", "/api/v1/checks//http", "api/v1/status", "/API/v1/status"};
    for (size_t i = 0; i < COUNT(nowhere); i++) {
        op = route("GET", nowhere[i], a, &params, &code, allow);
        if (op || code != ERR_NOT_FOUND || allow[0])
            fail_msg("“%s” leads to %s (%d, %s)", nowhere[i], op ? op->name : "nothing", code, allow);
        assert_int_equal(params->kids.n, 0);
    }
    assert_string_equal(route("GET", "/api/v1/hosts/", a, &params, &code, allow)->name, "hosts"); /* one slash at the end is nothing */
    arena_free(a);
}

static void another_method_says_which_ones_there_are(void **state)
{
    struct arena *a = arena_new(0);
    struct doc *params;
    char allow[64];
    int code;
    static const struct {
        const char *method, *path, *allow;
    } rows[] = {{"DELETE", "/api/v1/status", "GET"}, {"GET", "/api/v1/ack", "POST"}, {"PATCH", "/api/v1/downtimes", "POST, GET"}, {"GET", "/api/v1/users/x", "PUT, DELETE"},
                {"get", "/api/v1/status", "GET"}, {"", "/healthz", "GET"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_null(route(rows[i].method, rows[i].path, a, &params, &code, allow));
        assert_int_equal(code, ERR_UNSUPPORTED);
        assert_string_equal(allow, rows[i].allow);
    }
    arena_free(a);
}

/* ---- who may ---- */

/* Nothing of this is ever carried out by the wrong one: parameters are missing or name nothing, so that whoever is
 * allowed gets as far as the parameters and no further. */
static int as(struct kit *k, const struct op *op, const struct principal *who)
{
    struct doc *o = doc_object(k->arena);
    for (const struct op_param *p = op->params; p && p->name; p++)
        if (p->flags & OP_REQUIRED)
            doc_put_text(o, p->name, "nothing-of-that-name");
    if (!op->params || !op->params[0].name)
        doc_put_text(o, "no-such-parameter", "x");
    k->answered = false;
    op_run(k->house, op, o, who, "en", "192.0.2.99", kit_done, k);
    kit_wait(k);
    return k->status == 401 || k->status == 403 ? k->status : 200;
}

static int wanted(const struct op *op, const struct principal *who, bool in_scope)
{
    if (op->flags & OP_PUBLIC)
        return 200;
    if (who->role == ROLE_NONE)
        return 401;
    if ((op->flags & OP_LOCAL) && !str_eq(who->via, "cli"))
        return 403;
    return who->role >= op->role && in_scope ? 200 : 403;
}

static void check_all(struct kit *k, const struct principal *who, bool (*in_scope)(const struct op *op))
{
    for (size_t i = 0; ops[i]; i++) {
        int got = as(k, ops[i], who), want = wanted(ops[i], who, !in_scope || in_scope(ops[i]));
        bool beat = str_starts(ops[i]->name, "heartbeat"); /* public, but with a secret of its own: 403 is its own answer */
        if (got != want && !beat)
            fail_msg("%s as %s (%s): %d, wanted %d", ops[i]->name, role_word(who->role), who->scope ? who->scope : "no scope", got, want);
        if (want != 200)
            kit_refused(k, want, want == 401 ? "auth" : "denied", NULL);
    }
}

static void every_operation_has_its_role(void **state)
{
    for (enum role r = ROLE_NONE; r <= ROLE_ADMIN; r++) {
        struct principal who = kit_who(r);
        check_all(*state, &who, NULL);
        who.via = "cli";
        check_all(*state, &who, NULL);
    }
}

static bool reads(const struct op *op) { return !(op->flags & OP_WRITE); }
static bool all(const struct op *op) { return true; }
static bool no_one(const struct op *op) { return false; }
static bool ack_and_status(const struct op *op) { return str_eq(op->name, "ack") || str_eq(op->name, "status"); }
static bool result_or_read(const struct op *op) { return str_eq(op->name, "result") || reads(op); }

static void a_scope_narrows_what_the_role_may(void **state)
{
    static const struct {
        const char *scope;
        bool (*in)(const struct op *op);
    } rows[] = {{"read", reads}, {"write", all}, {"ack,status", ack_and_status}, {" ack , status ", ack_and_status}, {"result,read", result_or_read}, {"", no_one}, {"nonsense", no_one}, {"acknowledge,stat", no_one}};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (enum role r = ROLE_VIEWER; r <= ROLE_ADMIN; r++) {
            struct principal who = kit_who(r);
            who.scope = rows[i].scope;
            check_all(*state, &who, rows[i].in);
        }
}

static void writing_rows_say_so(void **state)
{
    for (size_t i = 0; ops[i]; i++) {
        bool changes = !str_eq(ops[i]->method, "GET");
        if (ops[i]->flags & OP_PUBLIC || str_eq(ops[i]->name, "guess")) /* a question with a body */
            continue;
        assert_int_equal(changes, (ops[i]->flags & OP_WRITE) != 0);
        if (changes)
            assert_true(ops[i]->role >= ROLE_OPERATOR);
    }
}

static void codes_become_http_statuses(void **state)
{
    static const int rows[][2] = {{ERR_INVALID, 400}, {ERR_NOT_FOUND, 404}, {ERR_DENIED, 403}, {ERR_AUTH, 401}, {ERR_CONFLICT, 409}, {ERR_LIMIT, 413},
                                  {ERR_BUSY, 429},    {ERR_FULL, 507},      {ERR_IO, 503},     {ERR_TIMEOUT, 504}, {ERR_UNSUPPORTED, 405}, {ERR_TLS, 500}, {0, 500}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(op_http_status(rows[i][0]), rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_route_and_by_its_name), cmocka_unit_test(a_route_takes_whole_segments_only), cmocka_unit_test(another_method_says_which_ones_there_are),
        KIT_TEST(every_operation_has_its_role), KIT_TEST(a_scope_narrows_what_the_role_may), cmocka_unit_test(writing_rows_say_so), cmocka_unit_test(codes_become_http_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

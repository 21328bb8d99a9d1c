/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parameters of operations: every type with good and wrong values, and the exact field that is named. */
#include "daemon_kit.h"
#include "ops/ops_priv.h"

static const char *const words[] = {"red", "green", NULL};
static const struct op_param rows[] = {
    {"text", OP_TEXT, 0, 0, NULL, "x", NULL},     {"number", OP_INT, 0, 0, NULL, "x", NULL},     {"flag", OP_BOOL, 0, 0, NULL, "x", NULL},
    {"time", OP_TIME, 0, 0, NULL, "x", NULL},     {"length", OP_DURATION, 0, 0, NULL, "x", NULL}, {"word", OP_WORD, 0, 0, words, "x", NULL},
    {"target", OP_TARGET, 0, 0, NULL, "x", NULL}, {"targets", OP_TARGETS, 0, 0, NULL, "x", NULL}, {"texts", OP_TEXTS, 0, 0, NULL, "x", NULL},
    {"secret", OP_SECRET, 0, 0, NULL, "x", NULL}, {"object", OP_OBJECT, 0, 0, NULL, "x", NULL},   {0}};
static const struct op_param need_rows[] = {{"text", OP_TEXT, OP_REQUIRED, 0, NULL, "x", NULL}, {"targets", OP_TARGETS, OP_REQUIRED, 0, NULL, "x", NULL}, {0}};
static const struct op any = {.name = "any", .params = rows}, need = {.name = "need", .params = need_rows};
enum { NOW = 1772438400 }; /* 2026-03-02 08:00:00 UTC */

static struct arena *arena;

static int start(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int stop(void **state)
{
    arena = arena_free(arena);
    return 0;
}

static int read_json(const struct op *op, const char *json, struct doc **ret, struct err *e)
{
    char *copy = arena_dup(arena, json);
    struct doc *raw;
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    assert_int_equal(json_parse(arena, copy, strlen(copy), 1 << 20, &raw, NULL), 0);
    *e = (struct err){0};
    return op_params_check(op, raw, arena, NOW * INT64_C(1000), NULL, ret, e);
}

static struct doc *good(const char *json)
{
    struct doc *d = NULL;
    struct err e;
    if (read_json(&any, json, &d, &e) != 0)
        fail_msg("refused: %s (%s)", json, e.field);
    return d->kids.first;
}

static void bad(const struct op *op, const char *json, int code, const char *field)
{
    struct doc *d = NULL;
    struct err e;
    int got = read_json(op, json, &d, &e);
    if (got != code || !str_eq(e.field, field) || !e.text[0])
        fail_msg("%s: code %d, field “%s”; wanted %d, “%s”", json, got, e.field, code, field);
    assert_null(d); /* untouched */
}

static void texts(void **state)
{
    static const char *const rows_of[] = {"text", "target", "secret"};
    for (size_t i = 0; i < COUNT(rows_of); i++) {
        const char *n = rows_of[i];
        assert_string_equal(good(arena_printf(arena, "{'%s':'héllo <b>'}", n))->text, "héllo <b>");
        assert_string_equal(good(arena_printf(arena, "{'%s':''}", n))->text, "");
        assert_string_equal(good(arena_printf(arena, "{'%s':42}", n))->text, "42"); /* a JSON number for a text is what a form would send */
        assert_string_equal(good(arena_printf(arena, "{'%s':true}", n))->text, "true");
        assert_string_equal(good(arena_printf(arena, "{'%s':1.5}", n))->text, "1.5");
        bad(&any, arena_printf(arena, "{'%s':['a']}", n), ERR_INVALID, n);
        bad(&any, arena_printf(arena, "{'%s':{'a':1}}", n), ERR_INVALID, n);
        char *longest = ARENA_ARRAY(arena, char, OPS_MAX_TEXT + 2);
        memset(longest, 'x', OPS_MAX_TEXT);
        assert_int_equal(strlen(good(arena_printf(arena, "{'%s':'%s'}", n, longest))->text), OPS_MAX_TEXT);
        longest[OPS_MAX_TEXT] = 'x';
        bad(&any, arena_printf(arena, "{'%s':'%s'}", n, longest), ERR_LIMIT, n);
    }
}

static void numbers(void **state)
{
    assert_int_equal(good("{'number':42}")->i, 42);
    assert_int_equal(good("{'number':'-7'}")->i, -7);
    assert_true(good("{'number':9223372036854775807}")->i == INT64_MAX);
    static const char *const wrong[] = {"'many'", "''", "1.5", "'1.5'", "'9223372036854775808'", "'1e3'", "true", "[1]", "{}", "'0x10'", "'1 '"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        bad(&any, arena_printf(arena, "{'number':%s}", wrong[i]), ERR_INVALID, "number");
}

static void flags(void **state)
{
    static const char *const yes[] = {"true", "'yes'", "'on'", "'1'", "1", "''", "'TRUE'"}, *const no[] = {"false", "'no'", "'off'", "'0'", "0", "'No'"};
    static const char *const wrong[] = {"'perhaps'", "2", "[]", "{}", "'oui'", "0.0001"};
    for (size_t i = 0; i < COUNT(yes); i++)
        assert_true(good(arena_printf(arena, "{'flag':%s}", yes[i]))->b);
    for (size_t i = 0; i < COUNT(no); i++)
        assert_false(good(arena_printf(arena, "{'flag':%s}", no[i]))->b);
    for (size_t i = 0; i < COUNT(wrong); i++)
        bad(&any, arena_printf(arena, "{'flag':%s}", wrong[i]), ERR_INVALID, "flag");
}

static void times(void **state)
{
    const int64_t now = NOW * INT64_C(1000);
    assert_int_equal(good("{'time':'+2h'}")->i, now + 2 * HOUR_MS);
    assert_int_equal(good("{'time':'-6h'}")->i, now - 6 * HOUR_MS);
    assert_int_equal(good("{'time':'22:00'}")->i, now + 14 * HOUR_MS);
    assert_int_equal(good("{'time':'2026-03-02T09:00:00+01:00'}")->i, now);
    assert_int_equal(good("{'time':'2026-03-02 08:00'}")->i, now);
    assert_null(good("{'time':''}")); /* an empty form field: not given */
    static const char *const wrong[] = {"'whenever'", "'25:00'", "'+2'", "'+-2h'", "'2026-02-30T00:00:00Z'", "[]", "{}", "'+99999999999999d'", "true"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        bad(&any, arena_printf(arena, "{'time':%s}", wrong[i]), ERR_INVALID, "time");
}

static void durations(void **state)
{
    assert_int_equal(good("{'length':'2h'}")->i, 2 * HOUR_MS);
    assert_int_equal(good("{'length':'90'}")->i, 90000);
    assert_int_equal(good("{'length':90}")->i, 90000);
    assert_int_equal(good("{'length':'1h 30m'}")->i, 90 * MINUTE_MS);
    assert_null(good("{'length':''}"));
    static const char *const wrong[] = {"'long'", "'-2h'", "'2 hooours'", "[]", "{}", "'99999999999999999d'", "true", "-5"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        bad(&any, arena_printf(arena, "{'length':%s}", wrong[i]), ERR_INVALID, "length");
}

static void one_of_some_words(void **state)
{
    struct doc *d;
    struct err e;
    assert_string_equal(good("{'word':'green'}")->text, "green");
    static const char *const wrong[] = {"'blue'", "''", "'GREEN'", "1", "[]", "{}", "['green']"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        bad(&any, arena_printf(arena, "{'word':%s}", wrong[i]), ERR_INVALID, "word");
    read_json(&any, "{'word':'blue'}", &d, &e);
    struct buf b = BUF_MAX(1000);
    msg_render(&b, e.text, "en");
    kit_has(buf_text(&b), "red, green");
    buf_done(&b);
}

static void lists(void **state)
{
    static const char *const names[] = {"targets", "texts"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *n = names[i];
        struct doc *d = good(arena_printf(arena, "{'%s':['a','b',3]}", n));
        assert_int_equal(d->kids.n, 3);
        assert_string_equal(d->kids.last->text, "3");
        d = good(arena_printf(arena, "{'%s':'web1'}", n)); /* a query or a form with one of them */
        assert_int_equal(d->kind, DOC_LIST);
        assert_string_equal(d->kids.first->text, "web1");
        assert_int_equal(good(arena_printf(arena, "{'%s':[]}", n))->kids.n, 0);
        bad(&any, arena_printf(arena, "{'%s':{}}", n), ERR_INVALID, n);
        bad(&any, arena_printf(arena, "{'%s':['a',{}]}", n), ERR_INVALID, n);
        bad(&any, arena_printf(arena, "{'%s':['a',['b']]}", n), ERR_INVALID, n);
        bad(&any, arena_printf(arena, "{'%s':[null]}", n), ERR_INVALID, n);
        struct buf b = BUF_MAX(1 << 20);
        for (int k = 0; k <= OPS_MAX_TARGETS; k++)
            buf_str(&b, k ? ",'a'" : "'a'");
        bad(&any, arena_printf(arena, "{'%s':[%s]}", n, buf_text(&b)), ERR_LIMIT, n);
        buf_done(&b);
    }
}

static void objects(void **state)
{
    struct doc *d = good("{'object':{'a':[1,{'b':2}]}}");
    assert_int_equal(d->kind, DOC_OBJECT);
    assert_int_equal(doc_get(d, "a")->kids.n, 2);
    static const char *const wrong[] = {"'text'", "1", "[]", "true"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        bad(&any, arena_printf(arena, "{'object':%s}", wrong[i]), ERR_INVALID, "object");
}

static void missing_and_unknown_ones(void **state)
{
    struct doc *d;
    struct err e;
    assert_int_equal(read_json(&need, "{'text':'x','targets':['a']}", &d, &e), 0);
    d = NULL;
    bad(&need, "{'targets':['a']}", ERR_INVALID, "text");
    bad(&need, "{'text':null,'targets':['a']}", ERR_INVALID, "text"); /* null is not given */
    bad(&need, "{'text':'','targets':['a']}", ERR_INVALID, "text");
    bad(&need, "{'text':'x'}", ERR_INVALID, "targets");
    bad(&need, "{'text':'x','targets':[]}", ERR_INVALID, "targets");
    bad(&any, "{'colour':1}", ERR_INVALID, "colour");
    bad(&any, "{'txet':1}", ERR_INVALID, "txet");
    struct buf b = BUF_MAX(1000);
    read_json(&any, "{'taregt':1}", &d, &e);
    msg_render(&b, e.text, "en");
    kit_has(buf_text(&b), "did you mean target");
    buf_done(&b);
    bad(&any, "['a']", ERR_INVALID, "");
    bad(&any, "'a'", ERR_INVALID, "");
    assert_int_equal(op_params_check(&any, NULL, arena, 0, NULL, &d, &e), 0); /* nothing at all */
    assert_int_equal(d->kids.n, 0);
}

/* A hostile name of a parameter ends up in the field, cut, and nowhere else. */
static void a_very_long_unknown_name(void **state)
{
    struct doc *d = NULL;
    struct err e;
    char *name = ARENA_ARRAY(arena, char, 70001);
    memset(name, 'n', 70000);
    assert_int_equal(read_json(&any, arena_printf(arena, "{'%s':1}", name), &d, &e), ERR_INVALID);
    assert_true(strlen(e.field) < sizeof e.field);
    assert_true(strlen(e.text) < sizeof e.text);
}

/* Through the daemon the answer has its whole shape. */
static void the_answer_names_the_field(void **state)
{
    struct kit *k = kit_up(KIT_YAML);
    static const struct {
        const char *op, *params, *field;
        int status;
    } cases[] = {
        {"ack", "{'targets':['web1/job']}", "comment", 400},
        {"ack", "{'targets':['web1/job'],'comment':'x','sticky':'perhaps'}", "sticky", 400},
        {"ack", "{'targets':['web1/job'],'comment':'x','expires':'whenever'}", "expires", 400},
        {"ack", "{'targets':['web1/job'],'comment':'x','expires':'-1h'}", "expires", 400},
        {"downtime", "{'targets':['web1'],'comment':'x','for':'long'}", "for", 400},
        {"downtime-end", "{'id':'many'}", "id", 400},
        {"status", "{'limit':'many'}", "limit", 400},
        {"status", "{'state':'fine'}", "state", 400},
        {"result", "{'target':'web1/job','state':'fine','output':'x'}", "state", 400},
        {"user-add", "{'name':'eve','password':'long enough, too','role':'queen'}", "role", 400},
        {"token-add", "{'name':'t','expires':'-1d'}", "expires", 400},
        {"history", "{'target':'web1','since':'yesterday-ish'}", "since", 400},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        kit_op(k, cases[i].op, cases[i].params);
        kit_refused(k, cases[i].status, "invalid", cases[i].field);
    }
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts), cmocka_unit_test(numbers), cmocka_unit_test(flags), cmocka_unit_test(times), cmocka_unit_test(durations), cmocka_unit_test(one_of_some_words),
        cmocka_unit_test(lists), cmocka_unit_test(objects), cmocka_unit_test(missing_and_unknown_ones), cmocka_unit_test(a_very_long_unknown_name), cmocka_unit_test(the_answer_names_the_field),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The description of the API: every operation once, every parameter in its place, in both languages. */
#include "daemon_kit.h"

static struct doc *description(struct kit *k, const char *lang)
{
    struct doc *o = doc_object(k->arena);
    op_openapi(o, lang);
    return o;
}

static struct doc *route_of(struct doc *o, const struct op *op)
{
    char method[8];
    str_copy(method, sizeof method, op->method);
    for (char *p = method; *p; p++)
        *p = (char)(*p | 0x20);
    return doc_get(doc_get(doc_get(o, "paths"), op->path), method);
}

static void every_operation_is_there_exactly_once(void **state)
{
    struct kit *k = *state;
    struct doc *o = description(k, "en");
    size_t rows = 0, routes = 0;
    for (; ops[rows]; rows++) {
        struct doc *r = route_of(o, ops[rows]);
        if (!r || !str_eq(doc_text(r, "operationId", ""), ops[rows]->name))
            fail_msg("%s is not where it should be", ops[rows]->name);
        for (size_t i = 0; i < rows; i++)
            assert_string_not_equal(ops[i]->name, ops[rows]->name);
    }
    DOC_EACH(doc_get(o, "paths"), path) {
        DOC_EACH(doc_get(o, "paths"), other)
            assert_true(other == path || !str_eq(other->key, path->key));
        routes += path->kids.n;
    }
    assert_int_equal(routes, rows);
}

static const struct doc *find_parameter(const struct doc *route, const char *name)
{
    DOC_EACH(doc_get(route, "parameters"), d)
        if (str_eq(doc_text(d, "name", ""), name))
            return d;
    return NULL;
}

static void every_parameter_is_described_where_it_is_sent(void **state)
{
    struct kit *k = *state;
    struct doc *o = description(k, "en");
    for (size_t i = 0; ops[i]; i++) {
        struct doc *r = route_of(o, ops[i]);
        struct doc *props = doc_get(doc_get(doc_get(doc_get(doc_get(r, "requestBody"), "content"), "application/json"), "schema"), "properties");
        bool body = str_eq(ops[i]->method, "POST") || str_eq(ops[i]->method, "PUT");
        assert_int_equal(body, props != NULL);
        for (const struct op_param *p = ops[i]->params; p && p->name; p++) {
            const struct doc *at = body && !(p->flags & OP_IN_PATH) ? doc_get(props, p->name) : find_parameter(r, p->name);
            if (p->flags & OP_CLI_ONLY) { /* what is never sent is not described */
                assert_null(at);
                continue;
            }
            if (!at || !doc_text(at, "description", "")[0])
                fail_msg("%s: %s is not described", ops[i]->name, p->name);
            if (p->flags & OP_IN_PATH)
                assert_string_equal(doc_text(at, "in", ""), "path");
        }
    }
}

static void every_row_has_its_words(void **state)
{
    for (size_t i = 0; ops[i]; i++) {
        assert_non_null(ops[i]->help);
        assert_true(!ops[i]->verb || ops[i]->example); /* a verb has an example … */
        if (ops[i]->verb)                              /* … that begins with it */
            assert_true(str_starts(ops[i]->example, ops[i]->verb));
        for (const struct op_param *p = ops[i]->params; p && p->name; p++) {
            assert_non_null(p->help);
            assert_int_equal(p->type == OP_WORD, p->words != NULL);
            for (const struct op_param *q = ops[i]->params; q != p; q++) { /* no letter and no name twice */
                assert_string_not_equal(q->name, p->name);
                assert_true(!p->letter || p->letter != q->letter);
            }
        }
    }
}

static void public_routes_need_no_token(void **state)
{
    struct kit *k = *state;
    struct doc *o = description(k, "en");
    for (size_t i = 0; ops[i]; i++) {
        struct doc *s = doc_get(route_of(o, ops[i]), "security");
        assert_int_equal(s != NULL, (ops[i]->flags & OP_PUBLIC) != 0);
        assert_true(!s || s->kids.n == 0);
    }
    assert_int_equal(doc_get(o, "security")->kids.n, 1);
}

static void it_is_valid_json_in_both_languages(void **state)
{
    struct kit *k = *state;
    struct buf en = BUF_MAX(1 << 20), fr = BUF_MAX(1 << 20);
    struct doc *back;
    json_write(&en, description(k, "en"), "en", 0);
    json_write(&fr, description(k, "fr"), "fr", 0);
    assert_int_equal(json_parse(k->arena, buf_text(&en), en.len, 1 << 20, &back, NULL), 0);
    assert_int_equal(json_parse(k->arena, buf_text(&fr), fr.len, 1 << 20, &back, NULL), 0);
    assert_string_not_equal(buf_text(&en), buf_text(&fr));
    buf_done(&en);
    buf_done(&fr);
    assert_int_equal(kit_op_as(k, "openapi", NULL, &(struct principal){.via = "api"}), 200);
    assert_string_equal(doc_text(k->reply, "openapi", ""), "3.1.0");
}

static void defaults_have_the_type_they_are_said_to_have(void **state)
{
    struct kit *k = *state;
    struct doc *o = description(k, "en"), *ack = route_of(o, op_find("ack")), *status = route_of(o, op_find("status"));
    struct doc *props = doc_get(doc_get(doc_get(doc_get(doc_get(ack, "requestBody"), "content"), "application/json"), "schema"), "properties");
    assert_int_equal(doc_get(doc_get(props, "sticky"), "default")->kind, DOC_BOOL);
    assert_string_equal(doc_text(doc_get(props, "targets"), "type", ""), "array");
    assert_int_equal(doc_get(doc_get(find_parameter(status, "limit"), "schema"), "default")->kind, DOC_INT);
    assert_true(doc_get(doc_get(find_parameter(status, "state"), "schema"), "enum")->kids.n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(every_operation_is_there_exactly_once), KIT_TEST(every_parameter_is_described_where_it_is_sent), cmocka_unit_test(every_row_has_its_words),
        KIT_TEST(public_routes_need_no_token), KIT_TEST(it_is_valid_json_in_both_languages), KIT_TEST(defaults_have_the_type_they_are_said_to_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_json.c: JSON text to tree and back, and what is refused, where. */
#include "base/json.h"
#include "base/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* Reads and writes again. */
static void check_same(void **state, const char *text, const char *want)
{
    struct buf b = BUF_MAX(10000);
    struct doc *d;
    struct err e = {0};

    assert_int_equal(json_parse(*state, text, strlen(text), 10000, &d, &e), 0);
    json_write(&b, d, "en", 0);
    assert_string_equal(buf_text(&b), want);
    buf_done(&b);
}

static void test_round_trip(void **state)
{
    check_same(state, " { \"b\" : [ 1 , -2.5e3 , true, false,null , \"x\" ] , \"a\":{} } ",
               "{\"b\":[1,-2500.0,true,false,null,\"x\"],\"a\":{}}");
    check_same(state, "\"\\u00e9\\ud83d\\ude00\\n\\u001b\\\\\\\"/\"", "\"é😀\\n\\u001b\\\\\\\"/\"");
    check_same(state, "9223372036854775807", "9223372036854775807");
    check_same(state, "-9223372036854775808", "-9223372036854775808");
    check_same(state, "[0.1,1e300,1.0]", "[0.1,1e+300,1.0]");
    check_same(state, "[]", "[]");
    check_same(state, "null", "null");
}

static void check_refused(void **state, const char *text, size_t n, int code, const char *want)
{
    struct buf b = BUF_MAX(1000);
    struct doc mark, *d = &mark;
    struct err e = {0};

    assert_int_equal(json_parse(*state, text, n, 1000, &d, &e), code);
    assert_ptr_equal(d, &mark);
    assert_int_equal(e.code, code);
    msg_render(&b, e.text, "en");
    assert_non_null(strstr(buf_text(&b), want));
    buf_done(&b);
    assert_int_equal(json_parse(*state, text, n, 1000, &d, NULL), code);
}

static void test_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "ends too early"},
        {"{\"a\": 1", "ends too early"},
        {"[1,\n  2\n 3]", "line 3, column 2: not JSON"},
        {"{\"a\":1,\"a\":2}", "the same key is there twice"},
        {"[1] x", "something follows"},
        {"[1e999]", "the number is too large"},
        {"99999999999999999999", "the number is too large"},
        {"[\"\xff\"]", "not valid UTF-8"},
        {"\"a\\u0000b\"", "NUL"},
        {"{\"\\u0000\":1}", "NUL"},
        {"{'a':1}", "not JSON"},
        {"[01]", "not JSON"},
        {"[1,]", "not JSON"},
        {"NaN", "not JSON"},
        {"\"\\ud800\"", "JSON, line 1"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_refused(state, cases[i].text, strlen(cases[i].text), ERR_INVALID, cases[i].want);
    check_refused(state, "[1]\0", 4, ERR_INVALID, "JSON, line 1");
    check_refused(state, NULL, 0, ERR_INVALID, "ends too early");
}

static void test_errors_in_french(void **state)
{
    struct buf b = BUF_MAX(1000);
    struct doc *d;
    struct err e;

    json_parse(*state, "[", 1, 100, &d, &e);
    msg_render(&b, e.text, "fr");
    assert_string_equal(buf_text(&b),
                        "JSON, ligne 1, colonne 1\u00a0: le texte se termine trop tôt");
    buf_done(&b);
}

static void test_depth(void **state)
{
    char text[200];
    struct doc *d;

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_int_equal(json_parse(*state, text, 128, 1000, &d, NULL), 0);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    check_refused(state, text, 130, ERR_LIMIT, "line 1, column 65: nested too deeply");
    memset(text, '[', 100);
    text[0] = '"'; /* brackets of a text do not count, nor does an escaped quote end it */
    text[10] = '\\';
    text[11] = '"';
    text[99] = '"';
    assert_int_equal(json_parse(*state, text, 100, 1000, &d, NULL), 0);
}

static void test_size(void **state)
{
    struct doc *d;

    assert_int_equal(json_parse(*state, "[12]", 4, 4, &d, NULL), 0);
    assert_int_equal(json_parse(*state, "[123]", 5, 4, &d, NULL), ERR_LIMIT);
}

static void test_many_keys(void **state)
{
    struct buf b = BUF_MAX(1 << 20);
    struct doc *d;

    for (int i = 0; i < 50000; i++)
        buf_printf(&b, "%s\"%d\":%d", i ? "," : "{", i, i);
    buf_char(&b, '}');
    assert_int_equal(json_parse(*state, b.data, b.len, 1 << 20, &d, NULL), 0);
    assert_int_equal(d->kids.n, 50000);
    assert_int_equal(doc_int(d, "49999", 0), 49999);
    buf_done(&b);
}

static void test_writing_what_only_we_have(void **state)
{
    struct doc *o = doc_object(*state);
    struct buf b = BUF_MAX(1000), packed = BUF_MAX(100);

    msg_pack(&packed, "{1} \"used\"", "b", (int64_t)118000000000);
    doc_put_msg(o, "msg", buf_text(&packed));
    doc_put_time(o, "time", 1795496400000);
    doc_put_time(o, "fine", 1795496400250);
    doc_put_real(o, "inf", INFINITY);
    json_write(&b, o, "fr", 0);
    assert_string_equal(buf_text(&b),
                        "{\"msg\":\"118\u00a0Go \\\"used\\\"\",\"time\":\"2026-11-24T05:00:00Z\","
                        "\"fine\":\"2026-11-24T05:00:00.250Z\",\"inf\":null}");
    buf_done(&b);
    buf_done(&packed);
}

static void test_indent(void **state)
{
    struct doc *o = doc_object(*state);
    struct buf b = BUF_MAX(1000);

    doc_put_int(o, "a", 1);
    doc_push_text(doc_put_list(o, "b"), "x");
    doc_put_object(o, "c");
    json_write(&b, o, "en", 2);
    assert_string_equal(buf_text(&b),
                        "{\n  \"a\": 1,\n  \"b\": [\n    \"x\"\n  ],\n  \"c\": {}\n}\n");
    buf_clear(&b);
    json_write(&b, NULL, "en", 0);
    assert_string_equal(buf_text(&b), "null");
    buf_done(&b);
}

static void test_strings_are_always_valid(void **state)
{
    struct buf b = BUF_MAX(100);

    json_quote(&b, "a\xff\xe2\x82\x7f\t\r");
    assert_string_equal(buf_text(&b), "\"a\uFFFD\uFFFD\uFFFD\\u007f\\t\\r\"");
    buf_clear(&b);
    json_quote(&b, NULL);
    assert_string_equal(buf_text(&b), "\"\"");
    buf_done(&b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_round_trip),
        T(test_what_is_wrong_and_where),
        T(test_errors_in_french),
        T(test_depth),
        T(test_size),
        T(test_many_keys),
        T(test_indent),
        T(test_writing_what_only_we_have),
        T(test_strings_are_always_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

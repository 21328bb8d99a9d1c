/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TOML as front matter has it, and what is none. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "wire/toml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void is(const char *toml, const char *json)
{
    struct arena *a = arena_new(0);
    struct buf b = BUF_MAX(1 << 16);
    struct doc *d = NULL;
    struct err e = {0};
    assert_int_equal(toml_parse(a, toml, strlen(toml), &d, &e), 0);
    json_write(&b, d, "en", 0);
    assert_string_equal(buf_text(&b), json);
    buf_done(&b);
    arena_free(a);
}

static void is_none(const char *toml)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    struct err e = {0};
    assert_true(toml_parse(a, toml, strlen(toml), &d, &e) < 0);
    assert_null(d);
    assert_true(e.text[0]);
    arena_free(a);
}

static void values(void **state)
{
    is("", "{}");
    is("a = 1\nb=true # c\n\"c d\" = -1_000\ne = 1.5\n", "{\"a\":1,\"b\":true,\"c d\":-1000,\"e\":1.5}");
    is("d = 2018-04-25 04:13:00\ne = 2018-04-25T04:13:00Z\r\nf = 2018-04-25 # x\n", "{\"d\":\"2018-04-25 04:13:00\",\"e\":\"2018-04-25T04:13:00Z\",\"f\":\"2018-04-25\"}");
    is("s = \"a\\\"\\u00e9\\n\"\nl = 'c:\\d'\n", "{\"s\":\"a\\\"é\\n\",\"l\":\"c:\\\\d\"}");
    is("m = \"\"\"\none \\\n   two\n\"q\"\"\"\"\n", "{\"m\":\"one two\\n\\\"q\\\"\"}");
    is("x = [ 1, # one\n 2,\n [\"a\"], { b = 1, c.d = 2 } ]\n", "{\"x\":[1,2,[\"a\"],{\"b\":1,\"c\":{\"d\":2}}]}");
}

static void tables(void **state)
{
    is("[a.b]\nc = 1\n[[d]]\ne = 1\n[[d]]\ne = 2\n[d.f]\ng = 3\n", "{\"a\":{\"b\":{\"c\":1}},\"d\":[{\"e\":1},{\"e\":2,\"f\":{\"g\":3}}]}");
}

static void no_toml(void **state)
{
    static const char *const bad[] = {"a", "a =", "a = \"x", "a = 'x\n'", "= 1", "a = 1 b = 2", "[a", "[[a]", "a = [1", "a = {b", "a = 1\na = 2", "a = 1\n[a]\n", "a = 1\n[[a]]\n", "a = \"\\u12\"", "a = \"\\q\"", "a = x", "a = \"\\ud800\""};
    char deep[400];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_none(bad[i]);
    memset(deep, '[', sizeof deep);
    memcpy(deep, "a = ", 4);
    deep[sizeof deep - 1] = 0;
    is_none(deep);
    memset(deep, '.', sizeof deep);
    for (size_t i = 0; i + 1 < sizeof deep; i += 2)
        deep[i] = 'a';
    deep[sizeof deep - 1] = 0;
    is_none(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(tables), cmocka_unit_test(no_toml)};
    return cmocka_run_group_tests_name("wire_toml", tests, NULL, NULL);
}

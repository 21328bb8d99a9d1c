/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_str.c: text helpers, numbers with units, near misses, globs, natural order. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_comparing(void **state)
{
    assert_true(str_eq("a", "a") && !str_eq("a", "b") && !str_eq("a", NULL) && str_eq(NULL, NULL));
    assert_true(str_ieq("WeB", "wEb") && !str_ieq("web", "we") && !str_ieq("we", "web"));
    assert_true(str_ieq(NULL, NULL) && !str_ieq(NULL, ""));
    assert_false(str_ieq("É", "é"));
    assert_false(str_ieq("[", "{"));
    assert_true(str_starts("http://x", "http") && !str_starts("ht", "http") && str_starts("x", ""));
    assert_true(str_istarts("HTTP/1.1", "http/") && !str_istarts("HT", "http"));
    assert_true(str_ends("a.conf", ".conf") && !str_ends("conf", ".conf") && str_ends("x", ""));
    assert_false(str_starts(NULL, "") || str_istarts(NULL, "") || str_ends(NULL, ""));
    assert_true(str_is(STR("abc"), "abc") && !str_is(STR("abc"), "ab") && str_is(str_of(NULL), ""));
}

static void test_trimming(void **state)
{
    assert_true(str_is(str_trim(STR(" \t\r\n a b \v")), "a b"));
    assert_true(str_is(str_trim(STR("   ")), ""));
    assert_true(str_is(str_trim(STR("")), ""));
    assert_true(str_is(str_trim(STR("\u00a0x")), "\u00a0x"));
}

static void check_tokens(const char *text, const char *seps, const char *const *want)
{
    struct str rest = str_of(text), token;

    for (; *want; want++) {
        assert_true(str_next(&rest, seps, &token));
        assert_true(str_is(token, *want));
    }
    assert_false(str_next(&rest, seps, &token));
    assert_false(str_next(&rest, seps, &token));
}

static void test_tokens(void **state)
{
    check_tokens("a,b;c", ",;", (const char *[]){"a", "b", "c", NULL});
    check_tokens("a,,b", ",", (const char *[]){"a", "", "b", NULL});
    check_tokens(",a,", ",", (const char *[]){"", "a", NULL});
    check_tokens("abc", "", (const char *[]){"abc", NULL});
    check_tokens("", ",", (const char *[]){NULL});
    check_tokens(NULL, ",", (const char *[]){NULL});
}

static void test_copies(void **state)
{
    char to[6] = "";

    assert_true(str_copy(to, sizeof(to), "12345"));
    assert_string_equal(to, "12345");
    assert_false(str_copy(to, sizeof(to), "123456"));
    assert_string_equal(to, "12345");
    assert_false(str_copy(to, sizeof(to), "1234é"));
    assert_string_equal(to, "1234");
    assert_true(str_copy(to, sizeof(to), NULL));
    assert_string_equal(to, "");
    assert_true(str_copyn(to, sizeof(to), "abcdef", 3));
    assert_string_equal(to, "abc");
    assert_true(str_copyn(to, sizeof(to), to + 1, 2)); /* may overlap */
    assert_string_equal(to, "bc");
    assert_false(str_copy(to, 0, "x"));
    assert_string_equal(to, "bc");
}

static void test_print(void **state)
{
    char to[6];

    assert_int_equal(str_print(to, sizeof(to), "%d", 123), 3);
    assert_int_equal(str_print(to, sizeof(to), "%s", "123456"), 5);
    assert_string_equal(to, "12345");
    assert_int_equal(str_print(to, sizeof(to), "%s", "1234é"), 4);
    assert_string_equal(to, "1234");
    assert_int_equal(str_print(to, 0, "x"), 0);
}

/* A number and what it becomes; code 0 or ERR_*. */
struct number {
    const char *text;
    int code;
    int64_t value;
};

static void check_number(const struct number *n, int code, int64_t got)
{
    if (code != n->code || got != (code ? -99 : n->value))
        fail_msg("\"%s\": code %d, value %lld", n->text ? n->text : "NULL", code, (long long)got);
}

static void test_integers(void **state)
{
    static const struct number cases[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"+7", 0, 7},
        {"007", 0, 7},
        {"-42", 0, -42},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", ERR_LIMIT},
        {"-9223372036854775809", ERR_LIMIT},
        {"99999999999999999999999", ERR_LIMIT},
        {"99999999999999999999x", ERR_INVALID},
        {"", ERR_INVALID},
        {NULL, ERR_INVALID},
        {"-", ERR_INVALID},
        {"+-1", ERR_INVALID},
        {" 1", ERR_INVALID},
        {"1 ", ERR_INVALID},
        {"1.0", ERR_INVALID},
        {"0x1", ERR_INVALID},
        {"１", ERR_INVALID},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = -99;
        int code = str_i64(cases[i].text, &got);

        check_number(&cases[i], code, got);
    }
}

static void test_reals(void **state)
{
    static const char *const bad[] = {"",  "nan", "inf", "0x1p3", "1,5", "1.5x", " 1",   "1 ",
                                      ".", "-",   "1e",  "1e+",   "e5",  "--1",  "1.2.3"};
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},      {"-1.5", -1.5}, {".5", .5},   {"5.", 5},
                {"1e3", 1000}, {"+2E-2", .02}, {"1e-400", 0}};
    double v = 77;

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(str_f64(bad[i], &v), ERR_INVALID);
    assert_int_equal(str_f64(NULL, &v), ERR_INVALID);
    assert_int_equal(str_f64("1e400", &v), ERR_LIMIT);
    assert_true(v == 77);
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(str_f64(good[i].text, &v), 0);
        assert_true(v == good[i].value);
    }
}

static void test_durations(void **state)
{
    static const struct number cases[] = {
        {"10", 0, 10000},
        {"10s", 0, 10000},
        {"5m", 0, 300000},
        {"5min", 0, 300000},
        {"1h", 0, 3600000},
        {"2d", 0, 172800000},
        {"2j", 0, 172800000},
        {"1w", 0, 604800000},
        {"250ms", 0, 250},
        {"1h30m", 0, 5400000},
        {"1h 30m", 0, 5400000},
        {" 5 m ", 0, 300000},
        {"0", 0, 0},
        {"1m30", ERR_INVALID},
        {"30 1m", ERR_INVALID},
        {"", ERR_INVALID},
        {NULL, ERR_INVALID},
        {"h", ERR_INVALID},
        {"-5m", ERR_INVALID},
        {"5x", ERR_INVALID},
        {"5M", ERR_INVALID},
        {"1.5h", ERR_INVALID},
        {"5mm", ERR_INVALID},
        {"99999999999999999999s", ERR_LIMIT},
        {"9223372036854775807w", ERR_LIMIT},
        {"15250284452w1w", ERR_LIMIT},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = -99;
        int code = str_duration(cases[i].text, 1000, &got);

        check_number(&cases[i], code, got);
    }
}

static void test_durations_without_a_unit(void **state)
{
    int64_t ms = 5;

    assert_int_equal(str_duration("3", 60000, &ms), 0);
    assert_int_equal(ms, 180000);
    assert_int_equal(str_duration("3", 0, &ms), ERR_INVALID);
    assert_int_equal(str_duration("3m", 0, &ms), 0);
}

static void test_bytes(void **state)
{
    static const struct number cases[] = {
        {"10", 0, 10},
        {"10k", 0, 10000},
        {"10 kB", 0, 10000},
        {"5 MiB", 0, 5 << 20},
        {"1Ki", 0, 1024},
        {"2 GB", 0, 2000000000},
        {"2 Go", 0, 2000000000},
        {"1.5k", 0, 1500},
        {"0.5 Ki", 0, 512},
        {"1T", 0, 1000000000000},
        {"8E", 0, 8000000000000000000},
        {"10B", 0, 10},
        {"9223372036854775807", 0, INT64_MAX},
        {"9223372036854775808", ERR_LIMIT},
        {"8Ei", ERR_LIMIT},
        {"10E", ERR_LIMIT},
        {"", ERR_INVALID},
        {NULL, ERR_INVALID},
        {"-1", ERR_INVALID},
        {"k", ERR_INVALID},
        {"10x", ERR_INVALID},
        {"10kk", ERR_INVALID},
        {"10 k B", ERR_INVALID},
        {"1e3", ERR_INVALID},
        {"0x10", ERR_INVALID},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = -99;
        int code = str_bytes(cases[i].text, &got);

        check_number(&cases[i], code, got);
    }
}

static void test_distance(void **state)
{
    char longer[100], other[100];

    assert_int_equal(str_distance("abc", "abc", 3), 0);
    assert_int_equal(str_distance("", "abc", 3), 3);
    assert_int_equal(str_distance("abc", "", 2), 3);
    assert_int_equal(str_distance("abc", "abd", 3), 1);
    assert_int_equal(str_distance("abc", "acb", 3), 1);
    assert_int_equal(str_distance("kitten", "sitting", 5), 3);
    assert_int_equal(str_distance("kitten", "sitting", 2), 3);
    assert_int_equal(str_distance("abc", "xyz", 1), 2);
    memset(longer, 'a', 99);
    longer[99] = '\0';
    memcpy(other, longer, 100);
    other[50] = 'b';
    assert_int_equal(str_distance(longer, longer, 2), 0);
    assert_int_equal(str_distance(longer, other, 2), 3);
}

static void test_nearest(void **state)
{
    static const char *const words[] = {"address", "interval", "timeout", "warning", "ok", NULL};

    assert_string_equal(str_nearest("adress", words), "address");
    assert_string_equal(str_nearest("intervall", words), "interval");
    assert_string_equal(str_nearest("tiemout", words), "timeout");
    assert_string_equal(str_nearest("interval", words), "interval");
    assert_null(str_nearest("colour", words));
    assert_null(str_nearest("x", words));
    assert_null(str_nearest("", words));
}

static void test_glob(void **state)
{
    assert_true(str_glob("*", "") && str_glob("*", "x") && str_glob("", "") && !str_glob("", "x"));
    assert_true(str_glob("web*", "web1") && !str_glob("web*", "we") && str_glob("*.fr", "a.b.fr"));
    assert_true(str_glob("w?b", "web") && !str_glob("w?b", "wb") && str_glob("?", "é"));
    assert_false(str_glob("?", ""));
    assert_true(str_glob("a*b*c", "aXbYbZc") && !str_glob("a*b*c", "aXbYbZ"));
    assert_true(str_glob("*a?", "xaéaé") && str_glob("**", "x") && str_glob("[a]", "[a]"));
    assert_false(
        str_glob("a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void test_natural_order(void **state)
{
    static const char *const sorted[] = {"",
                                         "2",
                                         "10",
                                         "a",
                                         "web",
                                         "web01",
                                         "web1",
                                         "web2",
                                         "web2a",
                                         "web10",
                                         "web10.2",
                                         "web10.10",
                                         "web99999999999999999999",
                                         "webx",
                                         "é"};

    for (size_t i = 0; i < COUNT(sorted); i++)
        for (size_t j = 0; j < COUNT(sorted); j++)
            if (sign(str_natural(sorted[i], sorted[j])) != (i > j) - (i < j))
                fail_msg("%s, %s", sorted[i], sorted[j]);
    assert_true(str_natural("WEB2", "web10") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_trimming),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_durations_without_a_unit),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_glob),
        cmocka_unit_test(test_natural_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

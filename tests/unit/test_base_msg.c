/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_msg.c: packing and rendering in two languages, damaged texts, and errors (err.h). */
#include "base/err.h"
#include "base/msg.h"
#include "base/timetext.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

static void check(const char *packed, const char *lang, const char *want)
{
    struct buf b = BUF_MAX(10000);

    msg_render(&b, packed, lang);
    assert_string_equal(buf_text(&b), want);
    buf_done(&b);
}

#define CHECK_BOTH(en, fr, id, ...)                                                                \
    do {                                                                                           \
        struct buf packed_ = BUF_MAX(10000);                                                       \
        msg_pack(&packed_, id, __VA_ARGS__);                                                       \
        assert_false(packed_.full);                                                                \
        check(buf_text(&packed_), "en", en);                                                       \
        check(buf_text(&packed_), "fr", fr);                                                       \
        buf_done(&packed_);                                                                        \
    } while (0)
#define I(n) ((int64_t)(n))

static void test_languages(void **state)
{
    static const struct {
        const char *accept, *want;
    } cases[] = {
        {"fr", "fr"},
        {"FR", "fr"},
        {"fr-CA", "fr"},
        {"fr_FR.UTF-8", "fr"},
        {"fr;q=0.9,en", "fr"},
        {"en", "en"},
        {"en-US,fr;q=0.5", "en"},
        {"de, fr", "fr"},
        {"de", "en"},
        {"", "en"},
        {NULL, "en"},
        {"fry", "en"},
        {"f", "en"},
        {"fr;q=0, en", "en"},
        {"fr;q=0.0", "en"},
        {"fr;q=0.05", "fr"},
        {"  fr ; q=1 ", "fr"},
        {",,;,fr", "fr"},
        {"*", "en"},
        {"C", "en"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(msg_lang(cases[i].accept), cases[i].want);
    assert_string_equal(msg_langs[0], "en");
}

static void test_catalogue(void **state)
{
    assert_string_equal(msg_tr("fr", "not valid UTF-8"), "UTF-8 non valide");
    assert_string_equal(msg_tr("en", "not valid UTF-8"), "not valid UTF-8");
    assert_string_equal(msg_tr("fr", "not valid UTF"), "not valid UTF");
    assert_string_equal(msg_tr("fr", "not valid UTF-8!"), "not valid UTF-8!");
    assert_string_equal(msg_tr(NULL, "x"), "x");
    for (size_t i = 0; i < msg_table_fr.n; i++) {
        assert_string_equal(msg_tr("fr", msg_table_fr.pairs[i].id), msg_table_fr.pairs[i].text);
        if (i)
            assert_true(strcmp(msg_table_fr.pairs[i - 1].id, msg_table_fr.pairs[i].id) < 0);
    }
}

static void test_plain_text_is_itself(void **state)
{
    check("DISK OK - 45 % {1} {{", "fr", "DISK OK - 45 % {1} {{");
    check("two\nlines", "en", "two\nlines");
    check("", "en", "");
    check(NULL, "en", "");
}

static void test_every_type(void **state)
{
    CHECK_BOTH("a web1 b", "a web1 b", "a {1} b", "s", "web1");
    CHECK_BOTH("-9223372036854775808", "-9223372036854775808", "{1}", "i", INT64_MIN);
    CHECK_BOTH("93.25 %", "93,25 %", "{1} %", "f", 93.25);
    CHECK_BOTH("1\u00a0h\u00a012", "1\u00a0h\u00a012", "{1}", "d", I(72 * 60000));
    CHECK_BOTH("41\u00a0d", "41\u00a0j", "{1}", "d", I(41 * 86400000LL));
    CHECK_BOTH("0.4\u00a0ms", "0,4\u00a0ms", "{1}", "l", I(400));
    CHECK_BOTH("118\u00a0GB", "118\u00a0Go", "{1}", "b", I(118000000000));
    CHECK_BOTH("22:31", "22\u00a0h\u00a031", "{1}", "t", I((22 * 60 + 31) * 60000));
    CHECK_BOTH("x 5.", "x 5.", "x {2}{1}", "si", ".", I(5));
    CHECK_BOTH("", "", "{1}", "s", NULL);
    CHECK_BOTH("none", "none", "none", NULL);
    CHECK_BOTH("123456789", "123456789", "{1}{2}{3}{4}{5}{6}{7}{8}{9}", "iiiiiiiii", I(1), I(2),
               I(3), I(4), I(5), I(6), I(7), I(8), I(9));
}

static void test_times_in_a_zone(void **state)
{
    struct buf packed = BUF_MAX(100), out = BUF_MAX(100);

    msg_pack(&packed, "since {1}", "t", I(0));
    msg_render_zone(&out, buf_text(&packed), "en", NULL);
    assert_string_equal(buf_text(&out), "since 00:00");
    buf_done(&packed);
    buf_done(&out);
}

static void test_reals(void **state)
{
    CHECK_BOTH("1", "1", "{1}", "f", 1.0);
    CHECK_BOTH("1.5", "1,5", "{1}", "f", 1.5);
    CHECK_BOTH("0.33", "0,33", "{1}", "f", 1.0 / 3);
    CHECK_BOTH("0", "0", "{1}", "f", -0.001);
    CHECK_BOTH("100", "100", "{1}", "f", 99.999);
    CHECK_BOTH("-2.25", "-2,25", "{1}", "f", -2.25);
    CHECK_BOTH("1e+300", "1e+300", "{1}", "f", 1e300);
    CHECK_BOTH("nan", "nan", "{1}", "f", __builtin_nan(""));
}

static void test_bytes(void **state)
{
    CHECK_BOTH("0\u00a0B", "0\u00a0o", "{1}", "b", I(0));
    CHECK_BOTH("999\u00a0B", "999\u00a0o", "{1}", "b", I(999));
    CHECK_BOTH("1\u00a0kB", "1\u00a0ko", "{1}", "b", I(1000));
    CHECK_BOTH("1.5\u00a0kB", "1,5\u00a0ko", "{1}", "b", I(1536));
    CHECK_BOTH("1\u00a0MB", "1\u00a0Mo", "{1}", "b", I(999950));
    CHECK_BOTH("10\u00a0MB", "10\u00a0Mo", "{1}", "b", I(9999999));
    CHECK_BOTH("9.2\u00a0EB", "9,2\u00a0Eo", "{1}", "b", INT64_MAX);
    CHECK_BOTH("-2\u00a0GB", "-2\u00a0Go", "{1}", "b", I(-2000000000));
}

static void test_plurals(void **state)
{
    CHECK_BOTH("0 hosts", "0 host", "{1} {1|host|hosts}", "i", I(0));
    CHECK_BOTH("1 host", "1 host", "{1} {1|host|hosts}", "i", I(1));
    CHECK_BOTH("2 hosts", "2 hosts", "{1} {1|host|hosts}", "i", I(2));
    CHECK_BOTH("1.5 hosts", "1,5 host", "{1} {1|host|hosts}", "f", 1.5);
    CHECK_BOTH("only", "only", "{1|only}", "i", I(2));
    CHECK_BOTH("xs", "x", "x{1||s}", "i", I(0));
    CHECK_BOTH("many", "many", "{1|one|many}", "s", "text");
}

static void test_braces(void **state)
{
    CHECK_BOTH("{1} a}", "{1} a}", "{{1} {1}}", "s", "a");
    CHECK_BOTH("{ {x} {0} {12} {", "{ {x} {0} {12} {", "{ {x} {0} {12} {", "s", "a");
    CHECK_BOTH("{1}", "{1}", "{1}", "s", "{1}"); /* arguments are not templates */
    CHECK_BOTH("…", "…", "{2}", "s", "a");
}

static void test_nesting(void **state)
{
    struct buf in[7] = {BUF_MAX(1000), BUF_MAX(1000), BUF_MAX(1000), BUF_MAX(1000)};

    msg_pack(&in[0], "{1} of {2}", "fs", 1.5, "disk");
    msg_pack(&in[1], "b({1}; {2})", "ms", buf_text(&in[0]), "x");
    msg_pack(&in[2], "c({1}, {2}, {1})", "mm", buf_text(&in[1]), "plain");
    CHECK_BOTH("d(c(b(1.5 of disk; x), plain, b(1.5 of disk; x)))",
               "d(c(b(1,5 of disk; x), plain, b(1,5 of disk; x)))", "d({1})", "m",
               buf_text(&in[2]));
    for (int i = 0; i < 3; i++)
        buf_done(&in[i]);
}

static void test_nesting_has_an_end(void **state)
{
    struct buf a = BUF_MAX(100000), b = BUF_MAX(100000), out = BUF_MAX(100000);

    buf_str(&a, "core");
    for (int i = 0; i < 20; i++) {
        buf_clear(&b);
        msg_pack(&b, "{1}{1}{1}{1}{1}{1}{1}{1}{1}", "m", buf_text(&a));
        buf_clear(&a);
        buf_str(&a, buf_text(&b));
    }
    msg_render(&out, buf_text(&a), "en");
    assert_true(out.len < 100000);
    buf_done(&a);
    buf_done(&b);
    buf_done(&out);
}

static void test_separators_in_arguments_vanish(void **state)
{
    CHECK_BOTH("abcd|x", "abcd|x", "{1}|{2}", "ss",
               "a\x1f"
               "b\x01"
               "c\x1a"
               "d",
               "x");
    CHECK_BOTH("a b [2Jc", "a b [2Jc", "{1}", "s", "a\tb \033[2Jc");
    CHECK_BOTH("\uFFFDx", "\uFFFDx", "{1}", "s", "\xffx");
}

static void test_damaged_texts(void **state)
{
    check("\x01", "en", "");
    check("\x01\x1f", "en", "");
    check("\x01{1}", "en", "…");
    check("\x01{1}\x1f", "en", "…");
    check("\x01{1}|\x1fi", "en", "0|");
    check("\x01{1}\x1fixyz", "en", "0");
    check("\x01{1}\x1fi99999999999999999999999999999", "en", "0");
    check("\x01{1}\x1fzabc", "en", "abc");
    check("\x01{1}\x1fmx\x1a", "en", "x");
    check("\x01{1|", "en", "{1|");
    check("\x01{1}\x1fm\x1a"
          "B{1}\x1aSi",
          "en", "0");
    check("\x01"
          "a\x02\x7f"
          "b",
          "en", "ab");
}

static void test_print_and_ceilings(void **state)
{
    struct buf out = BUF_MAX(10);

    msg_print(&out, "fr", "{1} é", "f", 0.5);
    assert_string_equal(buf_text(&out), "0,5 é");
    buf_clear(&out);
    msg_print(&out, "en", "123456789é", "");
    assert_true(out.full);
    assert_string_equal(buf_text(&out), "123456789"); /* never half a character */
    buf_done(&out);
}

static void test_err_set(void **state)
{
    struct err e;

    assert_int_equal(err_set(&e, ERR_DNS, "no {1}", "s", "such name"), ERR_DNS);
    assert_int_equal(e.code, ERR_DNS);
    assert_string_equal(e.field, "");
    check(e.text, "en", "no such name");
    assert_int_equal(err_set(NULL, ERR_IO, "x", ""), ERR_IO);
    assert_int_equal(err_field(NULL, ERR_IO, "f", "x", ""), ERR_IO);
    assert_int_equal(err_field(&e, ERR_INVALID, "port", "{1} is no port", "i", I(0)), ERR_INVALID);
    assert_string_equal(e.field, "port");
    check(e.text, "en", "0 is no port");
}

static void test_err_may_wrap_itself(void **state)
{
    struct err e;

    err_field(&e, ERR_IO, "a", "inner {1}", "s", "x");
    err_field(&e, ERR_IO, e.field, "{2} outer: {1}", "ms", e.text, e.field);
    check(e.text, "en", "a outer: inner x");
    assert_string_equal(e.field, "a");
}

static void test_long_errors_are_cut_at_a_character(void **state)
{
    struct err e;
    struct buf b = BUF_MAX(5000), out = BUF_MAX(5000);

    for (int i = 0; i < 1000; i++)
        buf_str(&b, "é");
    err_set(&e, ERR_IO, "{1} {2}", "ss", buf_text(&b), "x");
    assert_in_range(strlen(e.text), sizeof(e.text) - 3, sizeof(e.text) - 1);
    assert_true(utf8_valid(e.text, strlen(e.text)));
    msg_render(&out, e.text, "en");
    assert_string_equal(buf_text(&out) + out.len - 6, "é …");
    buf_done(&b);
    buf_done(&out);
}

static void test_err_names(void **state)
{
    assert_string_equal(err_name(0), "ok");
    assert_string_equal(err_name(ERR_INVALID), "invalid");
    assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
    assert_string_equal(err_name(ERR_AUTH), "auth");
    assert_string_equal(err_name(1), "unknown");
    assert_string_equal(err_name(-1000), "unknown");
    assert_string_equal(err_name(INT32_MIN), "unknown");
    for (int code = ERR_AUTH; code <= 0; code++)
        assert_non_null(err_name(code));
    assert_int_equal(err_from_errno(ECONNREFUSED), ERR_REFUSED);
    assert_int_equal(err_from_errno(ENOSPC), ERR_FULL);
    assert_int_equal(err_from_errno(ENOENT), ERR_NOT_FOUND);
    assert_int_equal(err_from_errno(99999), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_plain_text_is_itself),
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_times_in_a_zone),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_plurals),
        cmocka_unit_test(test_braces),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_nesting_has_an_end),
        cmocka_unit_test(test_separators_in_arguments_vanish),
        cmocka_unit_test(test_damaged_texts),
        cmocka_unit_test(test_print_and_ceilings),
        cmocka_unit_test(test_err_set),
        cmocka_unit_test(test_err_may_wrap_itself),
        cmocka_unit_test(test_long_errors_are_cut_at_a_character),
        cmocka_unit_test(test_err_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_utf8.c: decoding, cleaning at the door, widths. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_character_round_trips(void **state)
{
    char bytes[4];
    uint32_t back = 0;

    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        size_t n;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        n = utf8_encode(c, bytes);
        if (utf8_decode(bytes, n, &back) != n || back != c || utf8_decode(bytes, n - 1, &back) != 0)
            fail_msg("U+%04X", c);
    }
    assert_int_equal(utf8_encode(0xd800, bytes), 3);
    assert_memory_equal(bytes, "\uFFFD", 3);
    assert_int_equal(utf8_encode(0x110000, bytes), 3);
}

static const char *const bad[] = {
    "\x80",
    "\xbf",
    "\xc0\x80",
    "\xc1\xbf",
    "\xc3",
    "\xe0\x80\x80",
    "\xe0\x9f\xbf",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xe2\x82",
    "\xf0\x80\x80\x80",
    "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xff",
    "\xc3\x28",
};

static void test_bad_sequences(void **state)
{
    uint32_t c = 7;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &c), 0);
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    }
    assert_int_equal(c, 7);
    assert_int_equal(utf8_decode("x", 0, &c), 0);
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("aé€😀\0b", 12));
}

static void check(const char *p, size_t n, int flags, size_t max, const char *want)
{
    struct buf b = BUF_MAX(1000);

    utf8_clean(&b, p, n, flags, max);
    assert_string_equal(buf_text(&b), want);
    assert_false(b.full);
    buf_done(&b);
}

static void test_cleaning(void **state)
{
    static const struct {
        const char *text, *line, *lines;
    } cases[] = {
        {"plain", "plain", "plain"},
        {"a\tb\nc\r\n", "a b c ", "a b\nc\n"},
        {"\033[31mred\033[0m", "[31mred[0m", "[31mred[0m"},
        {"é€😀", "é€😀", "é€😀"},
        {"a\xff\xfe"
         "b",
         "a\uFFFD\uFFFDb", "a\uFFFD\uFFFDb"},
        {"cut \xe2\x82", "cut \uFFFD", "cut \uFFFD"},
        {"\xe2\x82"
         "A",
         "\uFFFDA", "\uFFFDA"},
        {"a\u202egpj.exe\u202c", "agpj.exe", "agpj.exe"},
        {"\u2066x\u2069\u200f\ufeff", "x", "x"},
        {"\xc2\x85\xc2\x9b"
         "31m\x7f",
         "31m", "31m"},
        {"\u00a0x\u202f", "\u00a0x\u202f", "\u00a0x\u202f"}, /* French needs these */
        {"", "", ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = strlen(cases[i].text);

        check(cases[i].text, n, UTF8_ONE_LINE, 1000, cases[i].line);
        check(cases[i].text, n, UTF8_KEEP_NEWLINES, 1000, cases[i].lines);
    }
    check("a\0b", 3, UTF8_ONE_LINE, 1000, "ab");
    check(NULL, 0, UTF8_ONE_LINE, 1000, "");
}

static void test_cleaning_is_cut_at_a_character(void **state)
{
    check("abcdef", 6, 0, 4, "abcd");
    check("abcé", 5, 0, 4, "abc");
    check("abcé", 5, 0, 5, "abcé");
    check("ab\xff", 3, 0, 4, "ab");
    check("ab", 2, 0, 0, "");
}

static void test_cleaning_meets_the_ceiling(void **state)
{
    struct buf b = BUF_MAX(4);

    utf8_clean(&b, "abcé", 5, 0, 100);
    assert_true(b.full);
    assert_string_equal(buf_text(&b), "abc");
    buf_done(&b);
}

static void test_cleaned_text_is_always_valid(void **state)
{
    uint32_t seed = 3;

    for (int round = 0; round < 20000; round++) {
        char raw[40];
        struct buf b = BUF_MAX(1000);
        size_t n = round % sizeof(raw);

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            raw[i] = (char)(seed >> 28 ? seed >> 16 : seed >> 20 | 0xc0);
        }
        utf8_clean(&b, raw, n, round & 1, seed >> 24 & 127);
        assert_true(utf8_valid(buf_text(&b), b.len));
        assert_true(b.len <= (seed >> 24 & 127));
        assert_int_equal(strlen(buf_text(&b)), b.len);
        buf_done(&b);
    }
}

static void test_width(void **state)
{
    assert_int_equal(utf8_width(""), 0);
    assert_int_equal(utf8_width("web1"), 4);
    assert_int_equal(utf8_width("é"), 1);
    assert_int_equal(utf8_width("e\u0301"), 1);
    assert_int_equal(utf8_width("日本"), 4);
    assert_int_equal(utf8_width("한글"), 4);
    assert_int_equal(utf8_width("😀"), 2);
    assert_int_equal(utf8_width("\u200b"), 0);
    assert_int_equal(utf8_width("\xff\xff"), 2);
    assert_int_equal(utf8_width("1\u00a0h"), 3);
    assert_int_equal(utf8_width("\u2500\u2502"), 2);
}

static void test_fit(void **state)
{
    assert_int_equal(utf8_fit("abc", 3, 2), 2);
    assert_int_equal(utf8_fit("abc", 3, 5), 3);
    assert_int_equal(utf8_fit("aé", 3, 2), 1);
    assert_int_equal(utf8_fit("aé", 3, 3), 3);
    assert_int_equal(utf8_fit("a€", 4, 3), 1);
    assert_int_equal(utf8_fit("😀", 4, 3), 0);
    assert_int_equal(utf8_fit("a", 1, 0), 0);
    assert_int_equal(utf8_fit(NULL, 0, 9), 0);
    assert_int_equal(utf8_fit("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_character_round_trips),
        cmocka_unit_test(test_bad_sequences),
        cmocka_unit_test(test_cleaning),
        cmocka_unit_test(test_cleaning_is_cut_at_a_character),
        cmocka_unit_test(test_cleaning_meets_the_ceiling),
        cmocka_unit_test(test_cleaned_text_is_always_valid),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_hash.c: XXH3 against published values, hexadecimal, base64. */
#include "base/err.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_hashes(void **state)
{
    assert_true(hash_bytes("", 0, 0) == 0x2d06800538d394c2ULL); /* XXH3_64 of nothing, seed 0 */
    assert_true(hash_bytes(NULL, 0, 0) == hash_bytes("x", 0, 0));
    assert_true(hash_text("web1", 0) == hash_bytes("web1", 4, 0));
    assert_true(hash_text("web1", 0) != hash_text("web1", 1));
    assert_true(hash_text(NULL, 0) != hash_text("", 0));
    assert_true(hash_text(NULL, 5) == hash_text(NULL, 5));
    assert_true(hash_bytes("a\0b", 3, 0) != hash_bytes("a\0c", 3, 0));
}

static void test_hex(void **state)
{
    unsigned char bytes[3] = {0x00, 0xaf, 0xff}, back[3] = {1, 1, 1};
    char text[7];

    hash_hex(bytes, 3, text);
    assert_string_equal(text, "00afff");
    hash_hex(bytes, 0, text);
    assert_string_equal(text, "");
    assert_int_equal(hash_unhex("00aFFf", back, 3), 0);
    assert_memory_equal(bytes, back, 3);
    assert_int_equal(hash_unhex("", back, 0), 0);
}

static void test_bad_hex_touches_nothing(void **state)
{
    static const char *const bad[] = {"",       "00af",   "00afffff",    "00afg0",
                                      "00af 0", "0x00af", "00af\xc3\xa9"};
    unsigned char back[3] = {1, 2, 3};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(hash_unhex(bad[i], back, 3), ERR_INVALID);
        assert_memory_equal(back, "\1\2\3", 3);
    }
}

static const struct {
    const char *plain, *text, *url;
} pairs[] = {
    /* RFC 4648, section 10 */
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

static void test_base64(void **state)
{
    unsigned char back[16];
    char text[16];
    size_t n;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const unsigned char *plain = (const unsigned char *)pairs[i].plain;
        size_t len = strlen(pairs[i].plain);

        assert_int_equal(hash_base64(plain, len, text, sizeof(text), 0), strlen(pairs[i].text));
        assert_string_equal(text, pairs[i].text);
        assert_int_equal(hash_base64(plain, len, text, sizeof(text), 1), strlen(pairs[i].url));
        assert_string_equal(text, pairs[i].url);
        assert_int_equal(hash_unbase64(pairs[i].text, back, sizeof(back), &n), 0);
        assert_int_equal(n, len);
        assert_memory_equal(back, plain, len);
        assert_int_equal(hash_unbase64(pairs[i].url, back, sizeof(back), &n), 0);
        assert_int_equal(n, len);
    }
}

static void test_base64_needs_room(void **state)
{
    unsigned char back[3];
    char text[5] = "xxxx";
    size_t n = 99;

    assert_int_equal(hash_base64((const unsigned char *)"foo", 3, text, 4, 0), 0);
    assert_string_equal(text, "");
    assert_int_equal(hash_base64((const unsigned char *)"foo", 3, text, 5, 0), 4);
    assert_int_equal(hash_base64((const unsigned char *)"foo", 3, text, 0, 0), 0);
    assert_int_equal(hash_unbase64("Zm9vYg==", back, 3, &n), ERR_LIMIT);
    assert_int_equal(n, 99);
    assert_int_equal(hash_unbase64("Zm9v", back, 3, &n), 0);
}

static void test_bad_base64(void **state)
{
    static const char *const bad[] = {"Z",     "Zg=",  "Zg===", "Zm9v=", "Zm9vY",  "=",
                                      "Zm 9v", "Zh==", "Zm9=",  "Zg==x", "Zm9v\n", "\xc3\xa9"};
    unsigned char back[16];
    size_t n = 99;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hash_unbase64(bad[i], back, sizeof(back), &n), ERR_INVALID);
    assert_int_equal(n, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_bad_hex_touches_nothing),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_needs_room),
        cmocka_unit_test(test_bad_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

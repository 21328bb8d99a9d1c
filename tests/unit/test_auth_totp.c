/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_totp.c: the codes of RFC 4226 and RFC 6238, the window, no code twice; how secrets are written and read. Pure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/totp.h"
#include "base/mem.h"
#include "base/str.h"

static const unsigned char digits[] = "12345678901234567890";

static void codes_are_those_of_the_standards(void **state)
{
    static const uint32_t counted[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489}; /* RFC 4226, D */
    static const struct {
        int64_t at_s;
        uint32_t code;
    } timed[] = {{59, 94287082}, {1111111109, 7081804}, {1111111111, 14050471}, {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}}; /* RFC 6238, B */
    for (size_t i = 0; i < COUNT(counted); i++)
        assert_int_equal(hotp(digits, 20, i, 6), counted[i]);
    for (size_t i = 0; i < COUNT(timed); i++)
        assert_int_equal(hotp(digits, 20, (uint64_t)timed[i].at_s / 30, 8), timed[i].code);
}

static void a_step_to_either_side_fits_and_none_twice(void **state)
{
    int64_t at = 1234567890000, step = at / 30000;
    char code[16];
    for (int64_t k = -3; k <= 3; k++) {
        str_print(code, sizeof code, "%06u", hotp(digits, 20, (uint64_t)(step + k), 6));
        int64_t got = totp_judge(digits, code, at, 0);
        assert_int_equal(got, k >= -1 && k <= 1 ? step + k : -1);
        assert_int_equal(totp_judge(digits, code, at, step + k), -1); /* used */
    }
    str_print(code, sizeof code, "%06u", hotp(digits, 20, (uint64_t)step, 6));
    assert_int_equal(totp_judge(digits, code, at, step + 1), -1); /* an older one than the last */
    assert_int_equal(totp_judge(digits, "", at, 0), -1);
    assert_int_equal(totp_judge(digits, "0050471", at, 0), -1);
    assert_int_equal(totp_judge(digits, "-05924", at, 0), -1);
}

static void secrets_are_written_in_base32(void **state)
{
    char text[40];
    totp_base32(digits, 20, text, sizeof text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    totp_base32((const unsigned char *)"\0\0\0\0\xff", 5, text, sizeof text);
    assert_string_equal(text, "AAAAAAH7");
    struct buf uri = BUF_MAX(400);
    totp_uri(&uri, digits, "Café & co", "anna@example.org");
    assert_string_equal(buf_text(&uri), "otpauth://totp/Caf%C3%A9%20%26%20co:anna%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Caf%C3%A9%20%26%20co");
    buf_done(&uri);
}

static void people_type_as_they_like(void **state)
{
    char out[RECOVERY_TEXT + 1];
    assert_true(totp_typed(" 123 456", out));
    assert_string_equal(out, "123456");
    assert_true(totp_typed("ABCD-efgh ijkl-2345", out));
    assert_string_equal(out, "abcdefghijkl2345");
    assert_true(totp_typed("", out));
    assert_false(totp_typed("123456\n", out));
    assert_false(totp_typed("1234567890123456789012345", out));
    assert_false(totp_typed("123\xe2\x80\x93" "456", out));
    char text[RECOVERY_TEXT];
    recovery_text((const unsigned char *)"1234567890", text);
    assert_string_equal(text, "gezd-gnbv-gy3t-qojq");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes_are_those_of_the_standards), cmocka_unit_test(a_step_to_either_side_fits_and_none_twice),
                                       cmocka_unit_test(secrets_are_written_in_base32), cmocka_unit_test(people_type_as_they_like)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

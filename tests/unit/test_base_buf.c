/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_buf.c: the growing buffer and its ceiling. */
#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_starts_empty(void **state)
{
    struct buf b = BUF_MAX(10);
    char *text;

    assert_string_equal(buf_text(&b), "");
    buf_str(&b, NULL);
    buf_str(&b, "");
    buf_clear(&b);
    buf_cut(&b, 0);
    buf_drop(&b, 5);
    assert_null(b.data);
    text = buf_take(&b);
    assert_string_equal(text, "");
    mem_free(text);
}

static void test_grows_and_stays_terminated(void **state)
{
    struct buf b = BUF_MAX(100000);

    for (int i = 0; i < 50000; i++)
        buf_char(&b, 'x');
    buf_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 50003);
    assert_int_equal(b.data[50001], 0);
    assert_int_equal(b.data[50003], 0);
    assert_false(b.full);
    buf_done(&b);
    assert_int_equal(b.max, 100000);
    assert_null(b.data);
}

static void test_ceiling_keeps_the_beginning(void **state)
{
    struct buf b = BUF_MAX(5);

    buf_str(&b, "abc");
    buf_str(&b, "defg");
    assert_true(b.full);
    assert_string_equal(buf_text(&b), "abcde");
    buf_cut(&b, 1);
    buf_char(&b, 'z'); /* what follows a gap would mislead */
    assert_string_equal(buf_text(&b), "a");
    buf_clear(&b);
    assert_false(b.full);
    buf_str(&b, "12345");
    assert_false(b.full);
    buf_char(&b, '6');
    assert_true(b.full);
    assert_string_equal(buf_text(&b), "12345");
    buf_done(&b);
}

static void test_no_ceiling_means_nothing_fits(void **state)
{
    struct buf b = BUF_MAX(0);

    buf_str(&b, "x");
    buf_printf(&b, "%d", 1);
    assert_true(b.full);
    assert_string_equal(buf_text(&b), "");
    buf_done(&b);
}

static void test_printf(void **state)
{
    struct buf b = BUF_MAX(300);

    buf_printf(&b, "%s", "");
    buf_printf(&b, "%s-%d", "abc", 42);
    assert_string_equal(buf_text(&b), "abc-42");
    for (int i = 0; i < 20; i++)
        buf_printf(&b, "%010d", i);
    assert_int_equal(b.len, 206);
    assert_false(b.full);
    buf_printf(&b, "%0200d", 1);
    assert_true(b.full);
    assert_int_equal(b.len, 300);
    assert_int_equal(b.data[300], 0);
    assert_int_equal(b.data[299], '0');
    buf_done(&b);
}

static void test_printf_exactly_to_the_ceiling(void **state)
{
    struct buf b = BUF_MAX(4);

    buf_printf(&b, "%s", "1234");
    assert_false(b.full);
    buf_printf(&b, "%s", "");
    assert_false(b.full);
    buf_printf(&b, "%s", "5");
    assert_true(b.full);
    assert_string_equal(buf_text(&b), "1234");
    buf_done(&b);
}

static void test_memory_of_the_caller_is_never_grown(void **state)
{
    char mine[16] = "";
    struct buf b = {.data = mine, .cap = sizeof(mine), .max = 9};

    buf_printf(&b, "%s", "123");
    buf_str(&b, "456");
    buf_printf(&b, "%s", "789ab");
    assert_ptr_equal(b.data, mine);
    assert_true(b.full);
    assert_string_equal(mine, "123456789");
}

static void test_cut_drop_take(void **state)
{
    struct buf b = BUF_MAX(100);
    char *text;

    buf_str(&b, "0123456789");
    buf_cut(&b, 20);
    assert_int_equal(b.len, 10);
    buf_cut(&b, 8);
    buf_drop(&b, 3);
    assert_string_equal(buf_text(&b), "34567");
    text = buf_take(&b);
    assert_string_equal(text, "34567");
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_text(&b), "");
    mem_free(text);
    buf_str(&b, "again");
    buf_drop(&b, 100);
    assert_string_equal(buf_text(&b), "");
    buf_done(&b);
}

/* Taken away piece by piece, as lines are: if all of the rest were moved each time, this would not end. */
static void test_many_small_drops(void **state)
{
    enum { N = 16 << 20 };
    struct buf b = BUF_MAX(N);

    for (int i = 0; i < N; i++)
        buf_char(&b, (char)('a' + i % 26));
    for (int i = 0; i < N - 1; i++) {
        if (b.data[0] != 'a' + i % 26 || b.len != (size_t)(N - i))
            fail_msg("at %d", i);
        buf_drop(&b, 1);
    }
    assert_int_equal(b.len, 1);
    buf_str(&b, "more");
    buf_drop(&b, 2);
    assert_string_equal(buf_text(&b), "ore");
    buf_printf(&b, "%s", " and more");
    buf_drop(&b, 1);
    assert_string_equal(buf_text(&b), "re and more");
    buf_clear(&b);
    assert_string_equal(buf_text(&b), "");
    buf_done(&b);
    b = BUF_MAX(10); /* what was dropped is room again, but the ceiling stays */
    buf_str(&b, "0123456789");
    buf_drop(&b, 4);
    buf_str(&b, "abcdefgh");
    assert_string_equal(buf_text(&b), "456789abcd");
    assert_true(b.full);
    buf_drop(&b, 3);
    char *text = buf_take(&b);
    assert_string_equal(text, "789abcd");
    mem_free(text);
    buf_str(&b, "x");
    buf_drop(&b, 0);
    assert_string_equal(buf_text(&b), "x");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_empty),
        cmocka_unit_test(test_grows_and_stays_terminated),
        cmocka_unit_test(test_ceiling_keeps_the_beginning),
        cmocka_unit_test(test_no_ceiling_means_nothing_fits),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_printf_exactly_to_the_ceiling),
        cmocka_unit_test(test_memory_of_the_caller_is_never_grown),
        cmocka_unit_test(test_cut_drop_take), cmocka_unit_test(test_many_small_drops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_arena.c: arenas, and the small ends of base: mem, panic, vec, log. */
#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

static void test_arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena *a = arena_new(0);
    unsigned char *before = NULL;

    for (size_t n = 0; n < 3000; n += 7) {
        unsigned char *p = arena_alloc(a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
        assert_ptr_not_equal(p, before);
        before = p;
    }
    assert_null(arena_free(a));
}

static void test_arena_large_objects_keep_the_current_block(void **state)
{
    struct arena *a = arena_new(256);
    char *small = arena_alloc(a, 16), *large = arena_alloc(a, 100000), *next = arena_alloc(a, 16);

    memset(large, 1, 100000);
    assert_ptr_equal(next, small + 16);
    assert_in_range(arena_size(a), 100000 + 256, 100000 + 1024);
    arena_free(a);
}

static void test_arena_first_object_may_be_large(void **state)
{
    struct arena *a = arena_new(64);

    memset(arena_alloc(a, 5000), 1, 5000);
    memset(arena_alloc(a, 60), 1, 60);
    arena_free(a);
}

static void test_arena_blocks_double_up_to_a_limit(void **state)
{
    struct arena *a = arena_new(1024);

    for (int i = 0; i < 100000; i++)
        arena_alloc(a, 32);
    assert_in_range(arena_size(a), 3200000, 3200000 + 2 * 65536);
    arena_free(a);
}

static void test_arena_texts(void **state)
{
    struct arena *a = arena_new(0);
    char *longer;

    assert_null(arena_dup(a, NULL));
    assert_string_equal(arena_dup(a, "web1"), "web1");
    assert_string_equal(arena_dup(a, ""), "");
    assert_string_equal(arena_dupn(a, "web1", 2), "we");
    assert_string_equal(arena_dupn(a, NULL, 0), "");
    assert_string_equal(arena_printf(a, "%s:%d", "host", 80), "host:80");
    longer = arena_printf(a, "%05000d", 7);
    assert_int_equal(strlen(longer), 5000);
    arena_free(a);
}

static void test_arena_free_takes_null(void **state)
{
    assert_null(arena_free(NULL));
}

static void test_mem(void **state)
{
    char *p = mem_alloc(0);
    int *numbers = mem_array(4, sizeof(int));

    assert_non_null(p);
    p = mem_resize(p, 10);
    p = mem_free(p);
    assert_null(p);
    for (int i = 0; i < 4; i++)
        assert_int_equal(numbers[i], 0);
    mem_free(numbers);
    assert_null(mem_dup(NULL));
    p = mem_dup("text");
    assert_string_equal(p, "text");
    mem_free(p);
    p = mem_dupn("text", 2);
    assert_string_equal(p, "te");
    mem_free(p);
    assert_null(mem_free(NULL));
}

static jmp_buf out_of_panic;
static char panic_text[64];

static void leave_panic(const char *file, int line, const char *what)
{
    snprintf(panic_text, sizeof(panic_text), "%s", what);
    longjmp(out_of_panic, 1);
}

static void test_failed_assertions_call_the_hook(void **state)
{
    panic_set_hook(leave_panic);
    if (setjmp(out_of_panic) == 0) {
        ASSERT(1 + 1 == 3);
        fail();
    }
    assert_string_equal(panic_text, "1 + 1 == 3");
    panic_set_hook(leave_panic);
    if (setjmp(out_of_panic) == 0) {
        mem_array(SIZE_MAX / 2, 3);
        fail();
    }
    assert_string_equal(panic_text, "array size overflows");
}

static void test_stale_objects_are_caught(void **state)
{
    struct {
        unsigned magic;
    } thing = {7}, *p = &thing;

    CHECK_OBJ(p, 7);
    panic_set_hook(leave_panic);
    if (setjmp(out_of_panic) == 0) {
        CHECK_OBJ(p, 8);
        fail();
    }
    panic_set_hook(NULL);
}

static void test_vec(void **state)
{
    VEC(int) v = {0};

    for (int i = 0; i < 100; i++)
        VEC_PUSH(&v, i);
    VEC_REMOVE(&v, 10);
    VEC_REMOVE(&v, 98);
    assert_int_equal(v.n, 98);
    assert_int_equal(v.at[9], 9);
    assert_int_equal(v.at[10], 11);
    assert_int_equal(v.at[97], 98);
    VEC_DONE(&v);
    assert_int_equal(v.n, 0);
}

struct logged {
    int lines;
    enum log_level level;
    char text[4096];
};

static void take_line(enum log_level level, const char *line, void *arg)
{
    struct logged *l = arg;

    l->lines++;
    l->level = level;
    snprintf(l->text, sizeof(l->text), "%s", line);
}

static void test_log_lines_are_one_clean_line(void **state)
{
    struct logged l = {0};

    log_set(take_line, &l, LOG_NOTE);
    log_line(LOG_WARN, "host %s\n\033[31mred\xff", "web1");
    assert_int_equal(l.lines, 1);
    assert_int_equal(l.level, LOG_WARN);
    assert_string_equal(l.text, "host web1 [31mred\uFFFD");
    log_set(NULL, NULL, LOG_INFO);
}

static void test_log_level_and_length(void **state)
{
    struct logged l = {0};

    log_set(take_line, &l, LOG_NOTE);
    log_line(LOG_INFO, "not wanted");
    assert_int_equal(l.lines, 0);
    log_line(LOG_NOTE, "%04000d", 1);
    assert_int_equal(strlen(l.text), 2047);
    log_set(NULL, NULL, LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_arena_large_objects_keep_the_current_block),
        cmocka_unit_test(test_arena_first_object_may_be_large),
        cmocka_unit_test(test_arena_blocks_double_up_to_a_limit),
        cmocka_unit_test(test_arena_texts),
        cmocka_unit_test(test_arena_free_takes_null),
        cmocka_unit_test(test_mem),
        cmocka_unit_test(test_failed_assertions_call_the_hook),
        cmocka_unit_test(test_stale_objects_are_caught),
        cmocka_unit_test(test_vec),
        cmocka_unit_test(test_log_lines_are_one_clean_line),
        cmocka_unit_test(test_log_level_and_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

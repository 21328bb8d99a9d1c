/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_doc.c: the typed tree. */
#include "base/doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void test_every_kind_reads_back(void **state)
{
    struct doc *o = doc_object(*state);

    doc_put_text(o, "text", "abc");
    doc_put_text(o, "none", NULL);
    doc_put_msg(o, "msg", "\x01hello");
    doc_put_int(o, "int", INT64_MIN);
    doc_put_real(o, "real", 1.5);
    doc_put_bool(o, "bool", true);
    doc_put_time(o, "time", 1000);
    doc_put_time(o, "never", 0);
    doc_put(o, "null", NULL);
    assert_int_equal(o->kids.n, 9);
    assert_string_equal(doc_text(o, "text", ""), "abc");
    assert_int_equal(doc_get(o, "none")->kind, DOC_NULL);
    assert_int_equal(doc_get(o, "msg")->kind, DOC_MSG);
    assert_string_equal(doc_text(o, "msg", ""), "\x01hello");
    assert_true(doc_int(o, "int", 0) == INT64_MIN);
    assert_true(doc_real(o, "real", 0) == 1.5);
    assert_true(doc_bool(o, "bool", false));
    assert_int_equal(doc_int(o, "time", 0), 1000);
    assert_int_equal(doc_get(o, "never")->kind, DOC_NULL);
    assert_int_equal(doc_get(o, "null")->kind, DOC_NULL);
}

static void test_defaults(void **state)
{
    struct doc *o = doc_object(*state), *list = doc_list(*state);

    doc_put_text(o, "text", "12");
    doc_put_int(o, "int", 3);
    assert_int_equal(doc_int(o, "text", 7), 7);
    assert_null(doc_text(o, "int", NULL));
    assert_true(doc_real(o, "int", 0) == 3);
    assert_true(doc_real(o, "text", 2.5) == 2.5);
    assert_true(doc_bool(o, "int", true));
    assert_null(doc_get(o, "absent"));
    assert_null(doc_get(NULL, "x"));
    assert_null(doc_get(list, "x"));
    assert_int_equal(doc_int(NULL, "x", -1), -1);
}

static void check_order(const struct doc *o, const char *want)
{
    char keys[32] = "";
    size_t n = 0;

    DOC_EACH(o, kid)
    keys[n++] = kid->key[0];
    assert_string_equal(keys, want);
    assert_int_equal(n, o->kids.n);
    assert_string_equal(o->kids.last->key, want + n - 1);
}

static void test_replacing_keeps_the_place(void **state)
{
    struct doc *o = doc_object(*state);

    doc_put_int(o, "a", 1);
    doc_put_int(o, "b", 2);
    doc_put_int(o, "c", 3);
    doc_put_text(o, "b", "two");
    check_order(o, "abc");
    doc_put_text(o, "a", "one");
    check_order(o, "abc");
    doc_put_text(o, "c", "three");
    check_order(o, "abc");
    doc_put_int(o, "d", 4);
    check_order(o, "abcd");
    assert_string_equal(doc_text(o, "b", ""), "two");
    assert_int_equal(doc_int(o, "b", 0), 0);
}

static void test_lists_and_nesting(void **state)
{
    struct doc *o = doc_object(*state), *list = doc_put_list(o, "list"), *inner;
    size_t n = 0;

    doc_push_text(list, "a");
    doc_push_text(list, NULL);
    inner = doc_push_object(list);
    doc_put_int(inner, "x", 1);
    doc_push(list, NULL);
    doc_put_int(doc_put_object(o, "object"), "y", 2);
    DOC_EACH(list, kid)
    {
        assert_null(kid->key);
        n++;
    }
    assert_int_equal(n, 4);
    assert_int_equal(list->kids.n, 4);
    assert_string_equal(list->kids.first->text, "a");
    assert_int_equal(doc_int(inner, "x", 0), 1);
    assert_int_equal(doc_int(doc_get(o, "object"), "y", 0), 2);
    DOC_EACH((struct doc *)NULL, kid)
    fail();
}

static void test_texts_and_keys_are_copied(void **state)
{
    struct doc *o = doc_object(*state);
    char key[] = "key", text[] = "text";

    doc_put_text(o, key, text);
    doc_append(o, key + 1, doc_new(*state, DOC_INT));
    key[0] = text[0] = '?';
    assert_string_equal(doc_text(o, "key", ""), "text");
    assert_non_null(doc_get(o, "ey"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_every_kind_reads_back),     T(test_defaults),
        T(test_replacing_keeps_the_place), T(test_lists_and_nesting),
        T(test_texts_and_keys_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

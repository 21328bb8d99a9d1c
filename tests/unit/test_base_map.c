/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_map.c: the map against an array, over repeatable random steps. */
#include "base/map.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 2000 };

static char keys[N][8];
static int values[N];

static int name_keys(void **state)
{
    for (int i = 0; i < N; i++)
        str_print(keys[i], sizeof(keys[i]), "k%d", i);
    return 0;
}

static void test_empty(void **state)
{
    struct map m = {0};
    size_t i = 0;

    assert_null(map_find(&m, "x"));
    assert_null(map_remove(&m, "x"));
    assert_int_equal(map_each(&m, &i, NULL, NULL), 0);
    map_done(&m);
}

static void test_set_returns_the_former_value(void **state)
{
    struct map m = {0};
    char other[] = "k1";
    const char *key;
    size_t i = 0;

    assert_null(map_set(&m, keys[1], &values[1]));
    assert_ptr_equal(map_set(&m, other, &values[2]), &values[1]);
    assert_int_equal(m.n, 1);
    assert_int_equal(map_each(&m, &i, &key, NULL), 1);
    assert_ptr_equal(key, other); /* the old key may be freed now */
    assert_ptr_equal(map_remove(&m, "k1"), &values[2]);
    assert_null(map_remove(&m, "k1"));
    assert_int_equal(m.n, 0);
    map_done(&m);
}

static void test_random_steps(void **state)
{
    struct map m = {0};
    void *model[N] = {0};
    uint32_t seed = 7;
    size_t n = 0;

    for (int step = 0; step < 100000; step++) {
        int i, set;

        seed = seed * 1664525 + 1013904223;
        i = (int)((seed >> 8) % N);
        set = (seed >> 4 & 15) < (step / 20000 % 2 ? 5 : 11);
        n += (size_t)(set && !model[i]) - (size_t)(!set && model[i]);
        assert_ptr_equal(set ? map_set(&m, keys[i], &values[i]) : map_remove(&m, keys[i]),
                         model[i]);
        model[i] = set ? &values[i] : NULL;
        assert_int_equal(m.n, n);
    }
    for (int i = 0; i < N; i++)
        assert_ptr_equal(map_find(&m, keys[i]), model[i]);
    map_done(&m);
}

static void test_order_of_insertion(void **state)
{
    struct map m = {0};
    size_t i = 0;
    const char *key;
    void *value;
    int n = 0;

    for (int k = 0; k < N; k++)
        map_set(&m, keys[k], &values[k]);
    while (map_each(&m, &i, &key, &value)) {
        assert_string_equal(key, keys[n]);
        assert_ptr_equal(value, &values[n++]);
    }
    assert_int_equal(n, N);
    map_done(&m);
}

static void test_removing_while_walking(void **state)
{
    struct map m = {0};
    size_t i = 0;
    const char *key;
    void *value;
    int seen = 0;

    for (int k = 0; k < N; k++)
        map_set(&m, keys[k], &values[k]);
    while (map_each(&m, &i, &key, &value))
        if (seen++ % 2)
            assert_ptr_equal(map_remove(&m, key), value);
    assert_int_equal(seen, N);
    assert_int_equal(m.n, N / 2);
    for (i = 0, seen = 0; map_each(&m, &i, &key, &value); seen++)
        assert_ptr_equal(value, &values[2 * seen]);
    assert_int_equal(seen, N / 2);
    map_done(&m);
}

static void test_coming_and_going_does_not_grow(void **state)
{
    struct map m = {0};

    for (int k = 0; k < 100000; k++) {
        map_set(&m, keys[k % N], &values[k % N]);
        if (k >= 10)
            map_remove(&m, keys[(k - 10) % N]);
    }
    assert_int_equal(m.n, 10);
    assert_in_range(m.cap, 10, 64);
    map_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_set_returns_the_former_value),
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_order_of_insertion),
        cmocka_unit_test(test_removing_while_walking),
        cmocka_unit_test(test_coming_and_going_does_not_grow),
    };

    return cmocka_run_group_tests(tests, name_keys, NULL);
}

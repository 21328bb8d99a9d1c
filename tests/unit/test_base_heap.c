/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_heap.c: the heap against a plain search, over repeatable random steps. */
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 500 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void check_heap(const struct heap *h, const struct heap_node *nodes)
{
    size_t in = 0;
    int64_t least = INT64_MAX;

    for (int i = 0; i < N; i++)
        if (heap_has(&nodes[i])) {
            in++;
            least = nodes[i].key < least ? nodes[i].key : least;
            assert_ptr_equal(h->at[nodes[i].index - 1], &nodes[i]);
        }
    assert_int_equal(in, h->n);
    if (in)
        assert_true(heap_top(h)->key == least);
    else
        assert_null(heap_top(h));
}

static void test_random_steps(void **state)
{
    struct heap h = {0};
    struct heap_node nodes[N] = {0};
    uint32_t seed = 1;

    for (int step = 0; step < 20000; step++) {
        struct heap_node *node = &nodes[next_random(&seed) % N];

        if (next_random(&seed) % 3)
            heap_put(&h, node, next_random(&seed) % 1000 - 500);
        else
            heap_remove(&h, node);
        if (step % 50 == 0)
            check_heap(&h, nodes);
    }
    check_heap(&h, nodes);
    for (int64_t last = INT64_MIN; h.n;) {
        struct heap_node *top = heap_top(&h);

        assert_true(top->key >= last);
        last = top->key;
        heap_remove(&h, top);
        assert_false(heap_has(top));
    }
    heap_done(&h);
}

static void test_extreme_keys(void **state)
{
    struct heap h = {0};
    struct heap_node a = {0}, b = {0}, c = {0};

    heap_put(&h, &a, INT64_MAX);
    heap_put(&h, &b, INT64_MIN);
    heap_put(&h, &c, 0);
    assert_ptr_equal(heap_top(&h), &b);
    heap_put(&h, &b, INT64_MAX);
    assert_ptr_equal(heap_top(&h), &c);
    heap_done(&h);
    assert_false(heap_has(&a));
}

static void test_removing_what_is_not_there(void **state)
{
    struct heap h = {0};
    struct heap_node a = {0};

    heap_remove(&h, &a);
    assert_null(heap_top(&h));
    heap_put(&h, &a, 1);
    heap_remove(&h, &a);
    heap_remove(&h, &a);
    assert_null(heap_top(&h));
    heap_put(&h, &a, 2);
    assert_ptr_equal(heap_top(&h), &a);
    heap_done(&h);
}

static void leave_in_order(int *order)
{
    struct heap h = {0};
    struct heap_node nodes[20] = {0};

    for (int i = 0; i < 20; i++)
        heap_put(&h, &nodes[i], i % 2);
    for (int i = 0; i < 20; i++) {
        order[i] = (int)(heap_top(&h) - nodes);
        heap_remove(&h, heap_top(&h));
    }
    heap_done(&h);
}

static void test_equal_keys_leave_repeatably(void **state)
{
    int once[20], again[20];

    leave_in_order(once);
    leave_in_order(again);
    assert_memory_equal(once, again, sizeof(once));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_extreme_keys),
        cmocka_unit_test(test_removing_what_is_not_there),
        cmocka_unit_test(test_equal_keys_leave_repeatably),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

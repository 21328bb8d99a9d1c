/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_limit.c: who guesses waits: free tries, doubling, ceilings, forgetting, bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/auth_int.h"
#include "base/str.h"

#define START INT64_C(1795500000000)

static void five_are_free_then_it_doubles(void **state)
{
    struct limit l = {0};
    int64_t now = START, before = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "198.51.100.1", now), 0);
    for (int i = 0; i < 14; i++) {
        int64_t wait = limit_try(&l, LIMIT_ADDRESS, "198.51.100.1", now);
        assert_true(wait > 0);
        assert_true(wait == before * 2 || before == 0 || wait == 900000);
        assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "198.51.100.1", now + wait - 1), 1); /* asking costs nothing */
        now += wait;
        before = wait;
        assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "198.51.100.1", now), 0);
    }
    assert_int_equal(before, 900000);
    assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "198.51.100.2", now), 0); /* others are not touched */
    limit_done(&l);
}

static void an_account_waits_a_minute_at_most(void **state)
{
    struct limit l = {0};
    int64_t now = START;
    for (int i = 0; i < 40; i++)
        now += limit_try(&l, LIMIT_ACCOUNT, "anna", now);
    assert_in_range(limit_try(&l, LIMIT_ACCOUNT, "anna", now) + limit_try(&l, LIMIT_ACCOUNT, "anna", now), 1, 120000);
    /* an account and an address of the same name are two things */
    assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "anna", now), 0);
    limit_done(&l);
}

static void it_is_forgiven_and_forgotten(void **state)
{
    struct limit l = {0};
    for (int i = 0; i < 6; i++)
        limit_try(&l, LIMIT_ACCOUNT, "anna", START);
    assert_true(limit_try(&l, LIMIT_ACCOUNT, "anna", START) > 0);
    limit_forgive(&l, LIMIT_ACCOUNT, "anna");
    assert_int_equal(limit_try(&l, LIMIT_ACCOUNT, "anna", START), 0);
    for (int i = 0; i < 6; i++)
        limit_try(&l, LIMIT_ACCOUNT, "anna", START);
    for (int i = 0; i < 5; i++) /* an hour later all tries are there again */
        assert_int_equal(limit_try(&l, LIMIT_ACCOUNT, "anna", START + 3600001), 0);
    limit_forgive(&l, LIMIT_ACCOUNT, "nobody");
    limit_done(&l);
}

static void a_clock_that_goes_back_locks_nobody_out(void **state)
{
    struct limit l = {0};
    for (int i = 0; i < 6; i++)
        limit_try(&l, LIMIT_ADDRESS, "a", START);
    assert_in_range(limit_try(&l, LIMIT_ADDRESS, "a", START - 1800000), 0, 900000);
    assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "a", START - 86400000), 0);
    limit_done(&l);
}

/* 2^64 addresses belong to one subscriber. */
static void a_network_of_ipv6_is_one(void **state)
{
    struct limit l = {0};
    char text[64];
    for (int i = 0; i < 5; i++) {
        str_print(text, sizeof(text), "2001:db8:1:2::%x", i + 1);
        assert_int_equal(limit_try(&l, LIMIT_ADDRESS, text, START), 0);
    }
    assert_true(limit_try(&l, LIMIT_ADDRESS, "2001:db8:1:2:ffff::1", START) > 0);
    assert_int_equal(limit_try(&l, LIMIT_ADDRESS, "2001:db8:1:3::1", START), 0);
    limit_done(&l);
}

static void memory_is_bounded(void **state)
{
    struct limit l = {0};
    char text[32];
    for (int i = 0; i < LIMIT_MAX_ENTRIES + 500; i++) {
        str_print(text, sizeof(text), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
        assert_int_equal(limit_try(&l, LIMIT_ADDRESS, text, START + i), 0);
    }
    assert_true(l.map.n <= LIMIT_MAX_ENTRIES);
    limit_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_are_free_then_it_doubles),
        cmocka_unit_test(an_account_waits_a_minute_at_most),
        cmocka_unit_test(it_is_forgiven_and_forgotten),
        cmocka_unit_test(a_clock_that_goes_back_locks_nobody_out),
        cmocka_unit_test(a_network_of_ipv6_is_one),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests_name("auth_limit", tests, NULL, NULL);
}

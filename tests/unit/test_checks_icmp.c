/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The icmp probe on loopback. Where the system permits no echo it must say so and claim nothing. MON-12. */
#include "checks_fixture.h"

static bool permitted(const struct fx *f)
{
    return icmp_allowed(f->env->icmp, false) == 0;
}

static void loopback_answers(void **state)
{
    struct fx *f = *state;

    if (!permitted(f)) {
        assert_int_equal(fx_run(f, "icmp", NULL, NULL, 2000), STATE_UNKNOWN);
        assert_has(f->text, "does not permit ping");
        assert_false(f->answered);
        return;
    }
    assert_int_equal(fx_run(f, "ping", NULL, "{\"interval\":\"10ms\"}", 2000), STATE_OK);
    assert_has(f->text, "answers ping in");
    assert_has(f->perf, "pl=0%;");
    assert_has(f->perf, "rta=0");
    assert_has(f->perf, "ms;");
    assert_true(f->answered);
}

static void a_host_needs_one_answer(void **state)
{
    struct fx *f = *state;

    f->check = NULL;
    if (permitted(f))
        assert_int_equal(fx_run(f, "icmp", NULL, "{\"count\":20,\"interval\":\"10s\"}", 5000), STATE_OK);
    else
        assert_int_equal(fx_run(f, "icmp", NULL, NULL, 2000), STATE_UNKNOWN);
}

static void a_slow_answer(void **state)
{
    struct fx *f = *state;

    if (!permitted(f))
        return;
    assert_int_equal(fx_run(f, "icmp", NULL, "{\"count\":1,\"rtt\":{\"crit\":\"0.0001ms\"}}", 2000), STATE_CRITICAL);
    assert_has(f->text, "(limit 0.0001ms)");
}

static void nobody_there(void **state)
{
    struct fx *f = *state;

    if (!permitted(f))
        return;
    /* TEST-NET-1: no route or no answer, but never an answer */
    if (fx_run(f, "icmp", "192.0.2.1", "{\"count\":2,\"interval\":\"10ms\"}", 400) == STATE_OK)
        return; /* a network that answers for everybody */
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_false(f->answered);
}

static void without_an_address(void **state)
{
    struct fx *f = *state;

    f->address = NULL;
    assert_int_equal(fx_run(f, "icmp", NULL, NULL, 2000), STATE_UNKNOWN);
    assert_has(f->text, "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loopback_answers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(a_host_needs_one_answer, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(a_slow_answer, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(nobody_there, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(without_an_address, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

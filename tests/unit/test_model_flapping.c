/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flapping: a ring of 21 states, newer changes weigh more (notes "checks", 3.6). */
#include "model_fixture.h"

static const struct state_rules rules = {
    .attempts = 1, .flap_detection = true, .flap_low = 20, .flap_high = 30};

static void feed(struct standing *st, const struct state_rules *r, const char *letters,
                 struct transition *t)
{
    for (; *letters; letters++)
        standing_apply(st, r,
                       *letters == 'O'   ? STATE_OK
                       : *letters == 'W' ? STATE_WARNING
                                         : STATE_CRITICAL,
                       false, 1, t);
}

/* Measured with Nagios 4.4.6: 18 zeros, then 2,2,2 give 5.99 %. */
static void test_worked_example(void **state)
{
    struct standing st;
    struct transition t;

    (void)state;
    standing_init(&st);
    feed(&st, &rules, "OOOOOOOOOOOOOOOOOOCCC", &t);
    assert_int_equal(st.flap_n, 21);
    assert_float_equal(standing_flap_percent(&st), 5.99, 0.005);
    assert_false(st.flapping);
}

static const struct {
    const char *letters;
    double percent;
} percents[] = {
    {"", 0},
    {"O", 0},
    {"OC", 6.25},
    {"CO", 6.25},
    {"OOOOOO", 0},
    {"OCOCOCOCOCOCOCOCOCOCO", 100},  /* changes throughout */
    {"OCOCOCOCOCOCOCOCOCOCOC", 100}, /* and on */
    {"OCCCCCCCCCCCCCCCCCCCC", 3.75}, /* the oldest pair */
    {"OCCCCCCCCCCCCCCCCCCCCC", 0},   /* it has left the ring */
    {"OOOOOOOOOOOOOOOOOOOOC", 6.25}, /* the newest pair */
    {"OOOOOOOOOOWCCCCCCCCCC", 10},   /* warning to critical counts as well: 0.9868 + 1.0132 */
};

static void test_percents(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(percents); i++) {
        struct standing st;
        struct transition t;

        standing_init(&st);
        feed(&st, &rules, percents[i].letters, &t);
        assert_float_equal(standing_flap_percent(&st), percents[i].percent, 0.01);
    }
}

static void test_start_and_stop(void **state)
{
    struct standing st;
    struct transition t;
    int n = 0;

    (void)state;
    standing_init(&st);
    feed(&st, &rules, "OOOOOOOOOOOOOOOOOOOOO", &t);
    while (!st.flapping) {
        feed(&st, &rules, n++ % 2 ? "O" : "C", &t);
        assert_true(n < 10);
    }
    assert_true(t.flap_started);
    assert_true(standing_flap_percent(&st) >= 30);
    assert_int_equal(n, 6); /* five changes weigh 5.99 of 20: 29.9 % */
    feed(&st, &rules, "O", &t);
    assert_false(t.flap_started);
    for (n = 0; st.flapping; n++) {
        assert_true(standing_flap_percent(&st) > 20);
        feed(&st, &rules, "O", &t);
        assert_true(n < 21);
    }
    assert_true(t.flap_stopped);
    assert_true(standing_flap_percent(&st) <= 20);
}

static void test_soft_states_do_not_count(void **state)
{
    struct state_rules slow = rules;
    struct standing st;
    struct transition t;

    (void)state;
    slow.attempts = 3;
    standing_init(&st);
    feed(&st, &slow, "OCC", &t);
    assert_int_equal(st.flap_n, 1);
    feed(&st, &slow, "O", &t); /* a soft recovery is recorded */
    assert_int_equal(st.flap_n, 2);
    assert_float_equal(standing_flap_percent(&st), 0, 0.001);
}

static void test_switched_off(void **state)
{
    struct state_rules off = rules;
    struct standing st;
    struct transition t;

    (void)state;
    standing_init(&st);
    feed(&st, &rules, "OCOCOCOC", &t);
    assert_true(st.flapping);
    off.flap_detection = false;
    feed(&st, &off, "O", &t);
    assert_true(t.flap_stopped && !st.flapping);
}

/* Nobody is told while it flaps; at the end it is told how it stands. */
static void test_quiet_while_flapping(void **state)
{
    struct fix *f = fix_new("hosts: { web1: { checks: [ once ] } }\n");
    struct item *it = fix_item(f, "web1/once");
    int told;

    (void)state;
    for (int i = 0; i < 21; i++)
        fix_result(f, "web1/once", STATE_CRITICAL, true);
    for (int i = 0; !it->st.flapping; i++)
        fix_result(f, "web1/once", i % 2 ? STATE_CRITICAL : STATE_OK, true);
    fix_expect(f, "problem web1/once critical; recovery web1/once; problem web1/once critical; "
                  "recovery web1/once; "
                  "problem web1/once critical; recovery web1/once; flapping web1/once on; problem "
                  "web1/once critical");
    assert_int_equal(f->told, 3);
    assert_int_equal(model_quiet(it), QUIET_FLAPPING);
    told = f->told;
    while (it->st.flapping)
        fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "flapping web1/once off; problem web1/once critical");
    assert_int_equal(f->told, told + 1);
    fix_free(f);
}

/* A problem told before the flapping gets its recovery after it. */
static void test_recovery_after_flapping(void **state)
{
    struct fix *f = fix_new("hosts: { web1: { checks: [ once ] } }\n");
    struct item *it = fix_item(f, "web1/once");

    (void)state;
    for (int i = 0; !it->st.flapping; i++)
        fix_result(f, "web1/once", i % 2 ? STATE_CRITICAL : STATE_WARNING, true);
    fix_forget(f);
    assert_true(it->told);
    fix_result(f, "web1/once", STATE_OK, true);
    fix_expect(f, "recovery web1/once");
    assert_true(it->told);
    while (it->st.flapping)
        fix_result(f, "web1/once", STATE_OK, true);
    fix_expect(f, "flapping web1/once off; recovery web1/once");
    assert_false(it->told);
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_percents),
        cmocka_unit_test(test_start_and_stop),
        cmocka_unit_test(test_soft_states_do_not_count),
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_quiet_while_flapping),
        cmocka_unit_test(test_recovery_after_flapping),
    };

    return cmocka_run_group_tests_name("model_flapping", tests, NULL, NULL);
}

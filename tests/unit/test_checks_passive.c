/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The passive kind: nothing is run. */
#include "checks_fixture.h"

static void is_passive(void **state)
{
    const struct probe *p = probe_find("passive");

    assert_true(p->kind.passive);
    assert_false(p->kind.beats);
    assert_null(p->start);
}

static void asked_to_run_it_says_why_not(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "passive", NULL, NULL, 1000), STATE_UNKNOWN);
    assert_has(f->text, "come by themselves");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_passive),
        cmocka_unit_test_setup_teardown(asked_to_run_it_says_why_not, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

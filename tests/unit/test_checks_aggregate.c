/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind aggregate: nothing is run; its options are those that the model works with. What it does is tested with the
 * model (test_model_aggregate.c). */
#include "checks_fixture.h"
#include "config/conf.h"

static void is_derived(void **state)
{
    const struct probe *p = probe_find("aggregate");

    (void)state;
    assert_true(p->kind.passive);
    assert_true(p->kind.derived);
    assert_null(p->start);
    assert_int_equal(p->kind.attempts, 1);
}

static bool loads(const char *check, const char *ret_error_has)
{
    struct buf text = BUF_MAX(2000);
    static struct conf_errors errors;
    struct conf_env env = {.kinds = probe_kinds};
    struct conf *c = NULL;

    buf_printf(&text, "hosts: { a: { checks: [ passive, { %s } ] } }\n", check);
    int r = conf_load(&env, &(struct conf_file){"x.yaml", buf_text(&text), text.len}, 1, &c, &errors);
    if (r < 0 && ret_error_has) {
        buf_clear(&text);
        conf_error_print(&text, &errors.at[0], "en");
        if (!strstr(buf_text(&text), ret_error_has))
            print_error("%s\n", buf_text(&text));
        assert_non_null(strstr(buf_text(&text), ret_error_has));
    }
    conf_errors_done(&errors);
    conf_unref(c);
    buf_done(&text);
    return r == 0;
}

static void options(void **state)
{
    (void)state;
    assert_true(loads("aggregate: [a/passive]", NULL));
    assert_true(loads("aggregate: { of: a/passive, need: 60%, weights: { \"a/*\": 2.5 } }", NULL));
    assert_true(loads("aggregate: { of: [a/passive], warn: \"> 1\", crit: \"> 20 %\", soft: yes }", NULL));
    assert_false(loads("aggregate", "of"));
    assert_false(loads("aggregate: { of: [a/passiv] }", "did you mean “passive”"));
    assert_false(loads("aggregate: { of: [a/passive], need: most }", "at least 2"));
    assert_false(loads("aggregate: { of: [a/passive], weights: { a/passive: heavy } }", "no number"));
    assert_false(loads("aggregate: { of: [\"group:web/x\"] }", "no group"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_derived),
        cmocka_unit_test(options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

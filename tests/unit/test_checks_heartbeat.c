/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heartbeat kind: passive, with a freshness of its own, and a token that is not too short. */
#include "checks/heartbeat.h"
#include "checks_fixture.h"

static void beats(void **state)
{
    const struct probe *p = probe_find("heartbeat");

    assert_true(p->kind.passive && p->kind.beats);
    assert_null(p->start);
    assert_true(p->kind.every_ms > 0);
    assert_int_equal(p->kind.attempts, 1); /* late is late */
}

static void token(void **state)
{
    struct fx *f = *state;
    const void *opts;

    assert_has(fx_refused(f, "heartbeat", NULL, "{\"token\":\"short\"}"), "12 characters");
    assert_int_equal(fx_opts(f, probe_find("heartbeat"), NULL, "{\"token\":\"long-enough-for-it\"}", &opts, NULL), 0);
    assert_string_equal(((const struct heartbeat_opts *)opts)->token, "long-enough-for-it");
    assert_int_equal(fx_opts(f, probe_find("heartbeat"), NULL, NULL, &opts, NULL), 0);
    assert_null(((const struct heartbeat_opts *)opts)->token);
}

static void freshness_is_interval_and_grace(void **state)
{
    static const char yaml[] = "defaults: { every: 30s, attempts: 5, timeout: 1s }\n" /* of checks that are run */
                               "hosts:\n  h:\n    checks:\n      - heartbeat: { name: nightly, every: 1d, grace: 2h }\n      - heartbeat: { name: weekly }\n";
    struct conf_env env = {.kinds = probe_kinds};
    struct conf_file file = {"vigie.yaml", yaml, sizeof(yaml) - 1};
    struct conf_errors *errors = calloc(1, sizeof(*errors));
    struct conf *c = NULL;

    if (conf_load(&env, &file, 1, &c, errors) != 0)
        fail_msg("%s", errors->at[0].text);
    assert_int_equal(conf_find_check(conf_find_host(c, "h"), "nightly")->freshness_ms, 26 * 3600 * 1000);
    assert_int_equal(conf_find_check(conf_find_host(c, "h"), "weekly")->every_ms, 24 * 3600 * 1000);
    assert_int_equal(conf_find_check(conf_find_host(c, "h"), "weekly")->attempts, 1);
    conf_unref(c);
    conf_errors_done(errors);
    free(errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beats),
        cmocka_unit_test_setup_teardown(token, fx_setup, fx_teardown),
        cmocka_unit_test(freshness_is_interval_and_grace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

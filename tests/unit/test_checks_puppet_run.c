/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The puppet_run probe: failed, not run, no catalog, switched off. MON-5. */
#include "checks_twin.h"

#define PLACE "/var/cache/puppet/public/last_run_summary.yaml"
enum { NOW_S = 1772438400 };

static void put(int64_t ago_s, const char *resources)
{
    char text[1000];

    snprintf(text, sizeof(text), "---\nversion:\n  config: 1772430000\n  puppet: 7.23.0\napplication:\n  run_mode: agent\n%stime:\n  config_retrieval: 0.5\n  total: 2.5\n  last_run: %lld\n",
             resources, (long long)(NOW_S - ago_s));
    sim_file(PLACE, text);
}

#define RESOURCES(failed, failure)                                                                                     \
    "resources:\n  changed: 2\n  failed: " failed "\n  failed_to_restart: 0\n  total: 120\nevents:\n  failure: " failure "\n  success: 2\n  total: 2\n"

static void well(void **state)
{
    struct fx *f = *state;

    put(600, RESOURCES("0", "0"));
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "120 resources, 2 changed");
    assert_has(f->perf, "age=600s;7200;86400");
    sim_file("/srv/summary.yaml", "");
    assert_int_equal(fx_run(f, "puppet_run", "/srv/summary.yaml", NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "is no summary of a run");
}

static void failures(void **state)
{
    struct fx *f = *state;

    put(600, RESOURCES("3", "3"));
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "3 resources failed in the last run");
    put(600, RESOURCES("0", "1"));
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "1 event failed");
}

static void late(void **state)
{
    struct fx *f = *state;

    put(3 * 3600, RESOURCES("0", "0"));
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "Puppet has not run for 3");
    put(3 * 86400, RESOURCES("0", "0"));
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_CRITICAL);
    put(600, RESOURCES("0", "0"));
    sim_file("/var/cache/puppet/state/agent_disabled.lock", "{\"disabled_message\":\"until Monday\"}");
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "the agent is switched off");
    assert_has(f->text, "until Monday");
}

static void no_catalog_and_garbage(void **state)
{
    static const char *const texts[] = {"", "---\n", "time:\nlast_run: 5\n", "time:\n  last_run: never\n", "a: b\n  last_run: 5\n", "\x01\x02: :\n :\n"};
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "Puppet has never run here");
    put(600, "");
    assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "had no catalog");
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_file(PLACE, texts[i]);
        assert_int_equal(fx_run(f, "puppet_run", NULL, NULL, 5000), STATE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(well),
        TWIN_TEST(failures),
        TWIN_TEST(late),
        TWIN_TEST(no_catalog_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

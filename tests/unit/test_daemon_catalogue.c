/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue of checks: every kind is in an area and has an example, and every example is loaded and run. MON-1, MON-11. */
#include "checks/probe.h"
#include "daemon_kit.h"

static bool area_known(const char *area)
{
    static const char *const all[] = {CONF_AREAS};
    for (size_t i = 0; i < COUNT(all); i++)
        if (area && str_eq(area, all[i]))
            return true;
    return false;
}

static void every_kind_says_what_it_is(void **state)
{
    for (int i = 0; probes[i]; i++) {
        const struct conf_kind *k = &probes[i]->kind;
        if (!area_known(k->area))
            fail_msg("%s: no area", k->name);
        if (!k->example || !str_starts(k->example, k->name))
            fail_msg("%s: no example that begins with its name", k->name);
        if (!k->help || !k->help[0])
            fail_msg("%s: no help", k->name);
        for (const struct conf_row *r = k->rows; r && r->key; r++)
            if (!(r->flags & CONF_HIDDEN) && (!r->help || !r->example))
                fail_msg("%s: the option %s lacks help or example", k->name, r->key);
    }
}

/* A host for each kind, all at one address; what an example refers to is there, too. */
static const char *configuration(struct arena *a)
{
    struct buf b = BUF_MAX(1 << 20);
    buf_str(&b, "hosts:\n  web1: { address: 192.0.2.10, groups: [web], alive: no, checks: [{ passive: { name: http } }] }\n"
                "  web2: { address: 192.0.2.10, groups: [web], alive: no, checks: [{ passive: { name: http } }] }\n"
                "  db1: { address: 192.0.2.10, groups: [db], alive: no, checks: [{ passive: { name: postgres } }] }\n");
    for (int i = 0; probes[i]; i++)
        buf_printf(&b, "  kind-%s:\n    address: 192.0.2.10\n    alive: no\n    checks:\n      - %s\n", probes[i]->kind.name, probes[i]->kind.example);
    const char *text = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return text;
}

/* Most of the world that the examples speak of does not exist: each must end in a state and say why. */
static void every_example_runs(void **state)
{
    struct arena *a = arena_new(0);
    struct kit *k = kit_new(configuration(a));
    int ran = 0;
    kit_start(k);
    for (int i = 0; i < 24 * 4; i++)
        sim_run_for(15 * MINUTE_MS);
    for (int i = 0; probes[i]; i++) {
        const struct host *h = model_find_host(k->house->model, arena_printf(a, "kind-%s", probes[i]->kind.name));
        assert_non_null(h);
        assert_int_equal(h->checks.n, 1);
        const struct item *it = h->checks.at[0];
        if (probes[i]->kind.passive && it->st.state == STATE_PENDING)
            continue; /* nobody handed anything in */
        if (it->st.state == STATE_PENDING || !it->text || !it->text[0])
            fail_msg("%s: no result after a day", probes[i]->kind.name);
        ran++;
    }
    assert_true(ran > 10);
    kit_free(k);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_says_what_it_is), cmocka_unit_test(every_example_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

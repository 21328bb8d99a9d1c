/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Relations in the configuration: parents with logic, rings, dependencies, aggregates, services: read, refused, warned of,
 * printed and read again to the same. */
#include "config_kinds.h"

static const struct conf_kind kind_aggregate = {.name = "aggregate", .rows = conf_rows_aggregate,
                                                .opts_bytes = sizeof(struct conf_aggregate_opts), .attempts = 1,
                                                .passive = true, .derived = true};
static const struct conf_row no_rows[] = {{0}};
static const struct conf_kind kind_ok = {.name = "ok", .rows = no_rows, .attempts = 1};
static const struct conf_kind *const kinds[] = {&kind_aggregate, &kind_ok, NULL};
static struct conf_errors errors;

static struct conf *try(const char *yaml)
{
    struct conf_env env = {.kinds = kinds};
    struct conf_file file = {"test.yaml", yaml, strlen(yaml)};
    struct conf *c = NULL;

    (void)conf_load(&env, &file, 1, &c, &errors);
    return c;
}

static struct conf *take(const char *yaml)
{
    struct conf *c = try(yaml);
    struct buf b = BUF_MAX(4000);

    if (c == NULL) {
        conf_error_print(&b, &errors.at[0], "en");
        fail_msg("%s\n%s", yaml, buf_text(&b));
    }
    conf_errors_done(&errors);
    buf_done(&b);
    return c;
}

static void deny(const char *yaml, const char *has)
{
    struct conf *c = try(yaml);
    struct buf b = BUF_MAX(40000);

    assert_null(c);
    for (int i = 0; i < errors.n; i++)
        conf_error_print(&b, &errors.at[i], "en");
    if (!strstr(buf_text(&b), has))
        fail_msg("%s\ngives %s", yaml, buf_text(&b));
    conf_errors_done(&errors);
    buf_done(&b);
}

/* Printed, it is what it was. */
static void same_again(const struct conf *c)
{
    struct buf b = BUF_MAX(100000);
    struct conf *again;

    conf_print(&b, c, NULL);
    again = take(buf_text(&b));
    assert_int_equal(again->n_hosts, c->n_hosts);
    for (int i = 0; i < c->n_hosts; i++) {
        assert_int_equal(again->hosts[i]->print, c->hosts[i]->print);
        assert_int_equal(again->hosts[i]->derived, c->hosts[i]->derived);
        for (int k = 0; k < c->hosts[i]->n_checks; k++)
            assert_int_equal(again->hosts[i]->checks[k]->print, c->hosts[i]->checks[k]->print);
    }
    conf_unref(again);
    buf_done(&b);
}

static bool open_by(const void *arg, int i)
{
    return ((const char *)arg)[i] == '1';
}

#define R "hosts: { r1: , r2: , s1: , s2: , a: { parents: "
static void the_logic_of_parents(void **state)
{
    static const struct {
        const char *parents, *open, *shut; /* parents that live, three of each */
    } cases[] = {
        {"[r1, r2]", "01", "00"},
        {"{ any: [r1, r2] }", "10", "00"},
        {"{ all: [r1, r2] }", "11", "10"},
        {"[s1, { any: [r1, r2] }]", "101", "011"},
        {"[{ any: [r1, r2] }, { any: [s1, s2] }]", "0101", "1100"},
        {"[r1, { all: [s1, s2] }]", "011", "010"},
        {"{ any: [r1, { any: [s1, s2] }] }", "001", "000"},
        {"{ all: [r1, { all: [s1, s2] }] }", "111", "011"},
        {"r1", "1", "0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = BUF_MAX(1000);
        struct conf *c;

        buf_printf(&b, R "%s } }", cases[i].parents);
        c = take(buf_text(&b));
        assert_true(conf_ways_open(conf_find_host(c, "a")->ways, open_by, cases[i].open));
        assert_false(conf_ways_open(conf_find_host(c, "a")->ways, open_by, cases[i].shut));
        same_again(c);
        conf_unref(c);
        buf_done(&b);
    }
    deny(R "[{ any: [r1, r2] }, { all: [s1, s2] }] } }", "say which");
    deny(R "{ some: [r1] } } }", "any: […]");
    deny(R "{ any: [r1, { all: [s1, { any: [r2] }] }] } } }", "a list of hosts");
    deny(R "{ all: [r1, { any: [r3, r2] }] } } }", "did you mean “r");
}

static void rings(void **state)
{
    struct conf *c = take("hosts: { gw: , s1: { parents: [gw, s2, s3] }, s2: { parents: [s1, s3] }, s3: { parents: [s2, s1] } }");

    (void)state;
    conf_unref(c);
    deny("hosts: { gw: , s1: { parents: [s2] }, s2: { parents: [s1] } }", "s1 → s2 → s1");
    /* It has a way in, and needs itself nevertheless. */
    deny("hosts: { gw: , s1: { parents: { all: [gw, s2] } }, s2: { parents: [s1] } }", "s1 → s2 → s1");
    deny("hosts: { x: { parents: [s1] }, y: { parents: [x] }, s1: { parents: [s2] }, s2: { parents: [s1] } }",
           "s1 → s2 → s1");
}

static void dependencies(void **state)
{
    struct conf *c = take("hosts: { db1: { groups: [db], checks: [ok] }, db2: { groups: [db], checks: [ok] }, a: { depends: db1, checks: "
                          "[{ ok: { depends: [db1/ok, { on: group:db/ok, for: [checks, mails], when: [warning, down], need: any }] } }] } }");
    const struct conf_links *l = conf_find_check(conf_find_host(c, "a"), "ok")->links;

    (void)state;
    assert_int_equal(l->n_depends, 3);
    assert_int_equal(l->depends[1]->n, 2);
    assert_int_equal(l->depends[1]->purpose, CONF_FOR_CHECKS | CONF_FOR_MAILS);
    assert_int_equal(l->depends[1]->when, CONF_WHEN_WARNING | CONF_WHEN_CRITICAL);
    assert_null(l->depends[2]->at[0].check);
    same_again(c);
    conf_unref(c);
    c = take("hosts: { a: { depends: a/db, checks: [{ ok: { name: db } }, ok] } }"); /* all but the one that is meant */
    conf_unref(c);
    deny("hosts: { a: { checks: [{ ok: { depends: [a/okk] } }] } }", "did you mean “ok”");
    deny("hosts: { a: { checks: [{ ok: { depends: [b/ok] } }] } }", "there is no host “b”");
    deny("hosts: { a: { checks: [{ ok: { depends: { for: [mails] } } }] } }", "on");
    deny("hosts: { a: { checks: [{ ok: { depends: { on: a/ok, for: [mail] } } }] } }", "none of the words");
    deny("hosts: { a: { checks: [{ ok: { depends: a/ok } }] } }", "a/ok → a/ok");
    deny("hosts:\n  a: { checks: [{ ok: { depends: b/ok } }] }\n  b: { checks: [{ ok: { depends: a/ok } }] }\n",
           "“a/ok” stands in test.yaml:2");
}

static void warnings(void **state)
{
    struct conf *c = take("hosts: { a: { checks: [ok, { aggregate: { of: [\"web*/http\", a/ok], need: at least 5 } }] } }");
    struct buf b = BUF_MAX(1000);

    (void)state;
    assert_int_equal(c->n_warnings, 2);
    conf_error_print(&b, &c->warnings[0], "en");
    assert_non_null(strstr(buf_text(&b), "web*/http"));
    assert_non_null(strstr(buf_text(&b), "test.yaml:1"));
    buf_done(&b);
    conf_unref(c);
}

static void aggregates(void **state)
{
    struct conf *c = take("hosts: { w2: { checks: [ok] }, w10: { checks: [ok] }, w1: { checks: [ok, { aggregate: { of: [w10/ok, \"w*/*\"], "
                          "weights: { w2/ok: 3 } } }] } }");
    const struct conf_aggregate *a = conf_find_check(conf_find_host(c, "w1"), "aggregate")->links->aggregate;

    (void)state;
    assert_int_equal(a->n, 3); /* not itself, none twice */
    assert_string_equal(a->at[0].on.host->name, "w10");
    assert_string_equal(a->at[1].on.host->name, "w1");
    assert_true(a->at[2].weight > 2.9 && a->at[0].weight < 1.1);
    same_again(c);
    conf_unref(c);
    deny("hosts: { a: { checks: [{ aggregate: { name: x, of: [a/y] } }, { aggregate: { name: y, of: [a/x] } }] } }",
           "a/x → a/y → a/x");
}

static void services(void **state)
{
    struct conf *c = take("hosts: { w1: { checks: [ok] }, w2: { checks: [ok] } }\n"
                          "services:\n  shop:\n    title: { en: Shop, fr: Boutique }\n    need: all\n    of:\n"
                          "    - { name: front, need: any, of: [\"w*/ok\"] }\n    - w1/ok\n  other: { of: [services/shop] }\n");
    const struct conf_host *h = conf_find_host(c, "services");
    const struct conf_check *front = conf_find_check(h, "shop.front");

    (void)state;
    assert_true(h->derived);
    assert_int_equal(h->n_checks, 3);
    assert_false(front->notify);
    assert_int_equal(front->links->aggregate->n, 2);
    assert_int_equal(conf_find_check(h, "other")->links->aggregate->level, 3);
    assert_string_equal(conf_pairs_lang(&conf_find_check(h, "shop")->links->aggregate->title, "fr"), "Boutique");
    same_again(c);
    conf_unref(c);
    deny("hosts: { services: }\nservices: { x: { of: [services] } }", "give it another");
    deny("services: { x: { of: [{ of: [y] }] } }", "a mapping with “name” and “of”");
    deny("services: { x: 3 }", "a mapping with need, of");
    deny("services: { x: { of: [{ name: a/b, of: [] }] } }", "“/”");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_logic_of_parents), cmocka_unit_test(rings), cmocka_unit_test(dependencies),
        cmocka_unit_test(warnings), cmocka_unit_test(aggregates), cmocka_unit_test(services),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

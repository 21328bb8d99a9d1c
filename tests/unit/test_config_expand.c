/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_expand.c: templates, variables, apply rules (MON-03, LES-02): what a host becomes,
 * what wins over what, where it came from, and what is said of mistakes. */
#include "config_kinds.h"

static struct conf *load_two(const char *a, const char *b)
{
    struct conf_file files[] = {{.name = "a.yaml", .text = a, .bytes = strlen(a)},
                                {.name = "b.yaml", .text = b, .bytes = strlen(b)}};
    struct conf_errors es;
    struct conf *c = NULL;

    if (conf_load(&some_env, files, 2, &c, &es) != 0)
        fail_msg("%s:%u: %s", es.at[0].file, es.at[0].line, es.at[0].text);
    conf_errors_done(&es);
    return c;
}

static void check_says(const char *text, const char *expected)
{
    struct buf b = BUF_MAX(100000);
    struct conf_file file = {.name = "vigie.yaml", .text = text, .bytes = strlen(text)};

    print_errors(&b, &some_env, &file, 1, "en");
    if (!strstr(buf_text(&b), expected))
        fail_msg("%s\nwas said of:\n%s\nexpected: %s", buf_text(&b), text, expected);
    buf_done(&b);
}

static const struct conf_check *find(const struct conf *c, const char *host, const char *check)
{
    const struct conf_host *h = conf_find_host(c, host);

    assert_non_null(h);
    return conf_find_check(h, check);
}

static void later_templates_win_and_the_host_over_all(void **state)
{
    struct conf *c = load("templates:\n"
                          "  base: { every: 30s, contacts: [ops], groups: [all], labels: { site: paris, os: linux },\n"
                          "          checks: [ load, { tcp: { name: ssh, port: 22, mode: plain } }, { http: \"http://x/\" } ] }\n"
                          "  web: { use: base, groups: [web], labels: { role: web }, checks: [ { http: { method: HEAD } } ] }\n"
                          "contacts: { ops: a@b, me: c@d }\n"
                          "hosts:\n"
                          "  h: { use: web, contacts: [me], labels: { site: lyon }, drop: [load], address: 192.0.2.1,\n"
                          "       checks: [ { tcp: { name: ssh, port: 2222 } }, { tcp: 80 } ] }\n"
                          "  i: { use: [web], every: 20s }\n");
    const struct conf_host *h = conf_find_host(c, "h");
    const struct conf_check *k;

    (void)state;
    assert_int_equal(h->n_checks, 3);
    assert_string_equal(h->checks[0]->name, "ssh");
    assert_string_equal(h->checks[1]->name, "http");
    assert_string_equal(h->checks[2]->name, "tcp");
    k = find(c, "h", "ssh");
    assert_int_equal(opts_of(k)->port, 2222);
    assert_int_equal(opts_of(k)->mode, 0);
    assert_int_equal(k->every_ms, 30000);
    assert_string_equal(opts_of(find(c, "h", "http"))->method, "HEAD");
    assert_string_equal(opts_of(find(c, "h", "http"))->url, "http://x/");
    assert_string_equal(h->contacts[0], "me");
    assert_null(h->contacts[1]);
    assert_string_equal(h->groups[0], "all");
    assert_string_equal(h->groups[1], "web");
    assert_string_equal(conf_pairs_lang(&h->labels, "site"), "lyon");
    assert_string_equal(conf_pairs_lang(&h->labels, "role"), "web");
    assert_int_equal(h->alive->every_ms, 30000);
    assert_int_equal(find(c, "i", "load")->every_ms, 20000);
    conf_unref(c);
}

/* Hosts that are read while the text is parsed are forgotten at once; what a later file needs of them is not. */
static void a_later_file_knows_what_the_host_said(void **state)
{
    struct conf *c = load_two("hosts:\n  h: { every: 30s, groups: [web], labels: { site: paris }, address: 192.0.2.1, checks: [ load ] }\n"
                              "  i: { every: 20s, checks: [ load ] }\n",
                              "hosts:\n  h: { checks: [ { http: \"http://${host.address}/${host.name}/${host.labels.site}\" }, { tcp: 22 } ] }\n"
                              "  i: { checks: [ { tcp: 22 } ] }\n");

    (void)state;
    assert_string_equal(opts_of(find(c, "h", "http"))->url, "http://192.0.2.1/h/paris");
    assert_int_equal(find(c, "h", "tcp")->every_ms, 30000);
    assert_int_equal(find(c, "i", "tcp")->every_ms, 20000);
    conf_unref(c);
}

static void what_is_written_is_nearer_than_the_kind(void **state)
{
    struct conf *c = load("templates: { t: { every: 10s, timeout: 2s, checks: [ disks, load ] } }\n"
                          "hosts: { h: { use: t, checks: [ { plugin: /x/check_y } ] } }");

    (void)state;
    assert_int_equal(find(c, "h", "disks")->every_ms, 10000);
    assert_int_equal(find(c, "h", "load")->every_ms, 10000);
    assert_int_equal(find(c, "h", "check_y")->timeout_ms, 2000);
    conf_unref(c);
}

static void plugins_are_joined_by_the_name_they_get(void **state)
{
    struct conf *c = load("templates: { t: { checks: [ { plugin: \"/x/check_y -a ${a}\" } ] } }\n"
                          "hosts: { h: { use: t, vars: { a: 1 }, checks: [ { plugin: { name: check_y, notes: here } } ] } }");

    (void)state;
    assert_int_equal(conf_find_host(c, "h")->n_checks, 1);
    assert_string_equal(opts_of(find(c, "h", "check_y"))->url, "/x/check_y -a 1");
    conf_unref(c);
}

static void variables_are_looked_for_from_near_to_far(void **state)
{
    struct conf *c = load(
        "site: { vars: { domain: example.org, port: 1, deep: { a: { b: x } }, codes: [200, 3xx], url: \"http://${host.name}.${domain}\" } }\n"
        "groups: { g: { vars: { port: 2 } } }\n"
        "templates: { t: { vars: { port: 3 }, groups: [g], checks: [ { tcp: { port: \"${port}\" } } ] } }\n"
        "apply: [ { for: hosts where name == d, groups: [g] }, { for: hosts, vars: { rule: r, domain: rule.org } } ]\n"
        "hosts:\n"
        "  a: { use: t, checks: [ { tcp: { vars: { port: 5 } } } ] }\n"
        "  b: { use: t, vars: { port: 4 } }\n"
        "  c: { use: t, address: \"${host.name}.${domain}\", labels: { role: web }, title: \"$${x} $HOME$ ${nothing|none} ${deep.a.b}\",\n"
        "       checks: [ { http: { url: \"${url}/${host.labels.role}?${host.address}\", expect: { status: \"${codes}\" } } } ] }\n"
        "  d: { checks: [ { tcp: \"${port}\" } ] }\n"
        "  e: { checks: [ { tcp: \"${port}\" } ] }\n");

    (void)state;
    assert_int_equal(opts_of(find(c, "a", "tcp"))->port, 5);
    assert_int_equal(opts_of(find(c, "b", "tcp"))->port, 4);
    assert_int_equal(opts_of(find(c, "c", "tcp"))->port, 3);
    assert_int_equal(opts_of(find(c, "d", "tcp"))->port, 2);
    assert_int_equal(opts_of(find(c, "e", "tcp"))->port, 1);
    assert_string_equal(conf_find_host(c, "c")->address, "c.rule.org");
    assert_string_equal(conf_find_host(c, "c")->title, "${x} $HOME$ none x");
    assert_string_equal(opts_of(find(c, "c", "http"))->url, "http://c.rule.org/web?c.rule.org");
    assert_int_equal(opts_of(find(c, "c", "http"))->status.n, 2);
    conf_unref(c);
}

static void rules_give_what_fits(void **state)
{
    struct conf *c = load(
        "apply:\n"
        "  - for: hosts where role == \"web\" and env != \"test\"\n"
        "    groups: [web]\n"
        "    checks: [ { http: \"http://${host.name}/\" }, { tcp: { name: ssh, port: 22 } } ]\n"
        "  - for: hosts where \"web\" in groups\n"
        "    each: vhosts\n"
        "    checks: [ { http: { name: \"http ${item}\", url: \"http://${item}/${path|x}\" } } ]\n"
        "  - { for: hosts, each: ports, checks: [ { tcp: { name: \"${item.key}\", port: \"${item.value}\" } } ] }\n"
        "  - { for: hosts where name ~ \"w*\", notify: no, contacts: [ops] }\n"
        "contacts: { ops: a@b, me: c@d }\n"
        "hosts:\n"
        "  w1: { labels: { role: web }, vars: { vhosts: [a.org, b.org], path: p }, checks: [ { tcp: { name: ssh, port: 23 } } ] }\n"
        "  w2: { labels: { role: web, env: test }, contacts: [me], checks: [ load ] }\n"
        "  db: { vars: { ports: { sql: 5432, ssh: 22 } }, checks: [ load ] }\n");
    const struct conf_host *w1 = conf_find_host(c, "w1");

    (void)state;
    assert_int_equal(w1->n_checks, 4);
    assert_int_equal(opts_of(find(c, "w1", "ssh"))->port, 23);
    assert_string_equal(opts_of(find(c, "w1", "http"))->url, "http://w1/");
    assert_string_equal(opts_of(find(c, "w1", "http b.org"))->url, "http://b.org/p");
    assert_false(find(c, "w1", "http")->notify);
    assert_string_equal(w1->contacts[0], "ops");
    assert_string_equal(conf_find_host(c, "w2")->contacts[0], "me");
    assert_int_equal(conf_find_host(c, "w2")->n_checks, 1);
    assert_int_equal(opts_of(find(c, "db", "sql"))->port, 5432);
    assert_true(find(c, "db", "load")->notify);
    conf_unref(c);
}

static void a_later_file_adds_checks(void **state)
{
    struct conf *c = load_two("hosts: { h: { use: t, vars: { p: 7 } } }\n",
                              "templates: { t: { every: 7s } }\nhosts: { h: { checks: [ { tcp: \"${p}\" } ] } }\n");

    (void)state;
    assert_int_equal(opts_of(find(c, "h", "tcp"))->port, 7);
    assert_int_equal(find(c, "h", "tcp")->every_ms, 7000);
    conf_unref(c);
}

static void it_says_where_things_came_from(void **state)
{
    struct conf *c = load_two("templates:\n  web:\n    groups: [web]\n    checks:\n      - http:\n          url: http://x/\n          method: GET\n"
                              "apply:\n  - for: hosts\n    checks: [load]\n",
                              "hosts:\n  h:\n    use: web\n    checks:\n      - http: { method: HEAD }\n");
    struct buf b = BUF_MAX(100000);

    (void)state;
    conf_print(&b, c, "h");
    assert_non_null(strstr(buf_text(&b), "groups: [web] # from template web, a.yaml:3\n"));
    assert_non_null(strstr(buf_text(&b), "- http: # from template web, a.yaml:5\n"));
    assert_non_null(strstr(buf_text(&b), "method: HEAD # from b.yaml:5\n"));
    assert_non_null(strstr(buf_text(&b), "url: http://x/\n"));
    assert_non_null(strstr(buf_text(&b), "- load: # from apply, a.yaml:10\n"));
    conf_unref(load(buf_text(&b)));
    buf_done(&b);
    conf_unref(c);
}

static void a_kind_may_have_variables_of_its_own(void **state)
{
    static const struct conf_kind own = {.name = "own", .rows = kind_plugin, .opts_bytes = sizeof(struct kind_opts), .own_vars = true};
    static const struct conf_kind *const kinds[] = {&own, NULL};
    const struct conf_env env = {.kinds = kinds};
    struct conf *c = load_env(&env, "site: { vars: { a: 1 } }\nhosts: { h: { checks: [ { own: \"${a} ${b} $${a} ${c|3}\" } ] } }"), *back;
    struct buf b = BUF_MAX(100000);

    (void)state;
    assert_string_equal(opts_of(find(c, "h", "own"))->url, "1 ${b} ${a} 3");
    conf_print(&b, c, NULL);
    back = load_env(&env, buf_text(&b));
    assert_string_equal(opts_of(find(back, "h", "own"))->url, "1 ${b} ${a} 3");
    buf_done(&b);
    conf_unref(back);
    conf_unref(c);
}

static void mistakes_say_what_would_be_right(void **state)
{
    (void)state;
    check_says("templates: { web: { } }\nhosts:\n  h: { use: wep }",
               "vigie.yaml:3:13: there is no template “wep”; did you mean “web”?");
    check_says("hosts:\n  h: { use: wep }", "there is no template “wep”");
    check_says("templates:\n  a: { use: b }\n  b: { use: a }\n", "uses itself");
    check_says("templates: { a: { chekcs: [] } }", "did you mean “checks”?");
    check_says("templates: { a: }\nhosts: { h: { use: a, drop: [http] } }", "there is no check “http” that a template or rule gives to h");
    check_says("site: { vars: { port: 1 } }\nhosts: { h: { checks: [ { tcp: \"${prot}\" } ] } }",
               "did you mean “port”?");
    check_says("hosts: { h: { title: \"${x}\" } }", "there is no variable “x” in the host h, its groups and the site");
    check_says("hosts: { h: { title: \"${host.nam}\" } }", "host.name, host.address");
    check_says("hosts: { h: { title: \"${x\" } }", "begins a variable");
    check_says("hosts: { h: { title: \"${item}\" } }", "belongs into a rule with “each”");
    check_says("hosts: { h: { vars: { a: \"${b}\", b: \"${a}\" }, title: \"${a}\" } }", "is made of itself");
    check_says("hosts: { h: { vars: { a: [1] }, title: \"x${a}\" } }", "cannot stand inside a text");
    check_says("hosts: { h: { vars: { host: 1 } } }", "cannot be the name of a variable");
    check_says("apply:\n  - for: hosts where role = \"x\"\n", "vigie.yaml:2:27: the condition is wrong at character 6");
    check_says("apply: [ { for: host } ]", "“hosts where …”");
    check_says("apply: [ { checks: [] } ]", "a rule needs “for: hosts …”");
    check_says("apply: { for: hosts }", "a list of rules");
    check_says("apply: [ { for: hosts, each: v, checks: [ { tcp: { name: x, port: \"${item.port}\" } } ] } ]\nhosts: { h: { vars: { v: { a: { p: 1 } } } } }",
               "the element of “each” has no such part");
    check_says("apply: [ { for: hosts, each: v, checks: [ { tcp: \"${item}\" } ] } ]\nhosts: { h: { vars: { v: [1, 2] } } }",
               "already has a check “tcp”");
}

/* Whatever stands where in which file: the same expansion. */
static void order_of_sections_does_not_matter(void **state)
{
    static const char *const parts[] = {
        "site: { vars: { a: 1, b: 2, c: 3 } }\n",
        "groups: { g: { vars: { b: 20 } }, k: { vars: { b: 30 } } }\n",
        "templates: { t: { use: u, vars: { c: 5 }, checks: [ { tcp: \"${b}\" } ] }, u: { groups: [g, k], checks: [ load ] } }\n",
        "apply: [ { for: hosts where c == 5, checks: [ { http: \"http://x${a}.y${c}/\" } ], labels: { x: y } }, { for: hosts where x == y, every: 9s } ]\n",
        "hosts: { z: { use: t }, y: { use: [u, t], vars: { a: 7 } }, x: { checks: [ load ] } }\n",
    };
    struct buf first = BUF_MAX(100000), next = BUF_MAX(100000), text = BUF_MAX(10000);
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 50; round++) {
        int order[5] = {0, 1, 2, 3, 4};
        struct conf *c;
        char *p, *q;

        for (int i = 4; round && i > 0; i--) {
            int k, kept = order[i];

            seed = seed * 1664525u + 1013904223u;
            k = (int)(seed >> 16) % (i + 1);
            order[i] = order[k];
            order[k] = kept;
        }
        buf_clear(&text);
        for (int i = 0; i < 5; i++)
            buf_str(&text, parts[order[i]]);
        c = load(buf_text(&text));
        buf_clear(&next);
        conf_print(&next, c, NULL);
        conf_unref(c);
        p = (char *)(uintptr_t)buf_text(&next); /* the lines in comments may differ */
        for (q = p; *p;) {
            if (str_starts(p, " # from"))
                p += strcspn(p, "\n");
            *q++ = *p++;
        }
        *q = '\0';
        if (round == 0)
            buf_str(&first, buf_text(&next));
        assert_string_equal(buf_text(&first), buf_text(&next));
    }
    assert_non_null(strstr(buf_text(&first), "http://x7.y5/"));
    buf_done(&first);
    buf_done(&next);
    buf_done(&text);
}

static void a_template_touches_only_what_really_changes(void **state)
{
    struct conf *a = load("templates: { t: { checks: [ { tcp: { name: a, port: 1 } }, { tcp: { name: b, port: \"${p|2}\" } } ] } }\n"
                          "hosts: { h: { use: t }, i: { use: t, vars: { p: 3 } } }");
    struct conf *b = load("# moved\n\ntemplates:\n  t: { checks: [ { tcp: { name: a, port: 1 } }, { tcp: { name: b, port: \"${p|4}\" } } ] }\n"
                          "hosts: { h: { use: t }, i: { use: t, vars: { p: 3 } } }");
    struct conf_diff d;

    (void)state;
    conf_diff(a, b, &d);
    assert_int_equal(d.n, 1);
    assert_string_equal(d.at[0].name, "h/b");
    assert_string_equal(d.at[0].detail, "port: 2 → 4");
    conf_diff_done(&d);
    conf_unref(a);
    conf_unref(b);
}

static void nothing_grows_without_end(void **state)
{
    struct buf b = BUF_MAX(1 << 20);

    (void)state;
    buf_str(&b, "site: { vars: { v0: x");
    for (int i = 1; i < 8; i++) {
        buf_printf(&b, ", v%d: \"", i);
        for (int k = 0; k < 200; k++)
            buf_printf(&b, "${v%d|}", i - 1);
        buf_char(&b, '"');
    }
    buf_str(&b, " } }\nhosts: { h: { title: \"${v7}\" } }\n");
    check_says(buf_text(&b), "longer than");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_templates_win_and_the_host_over_all),
        cmocka_unit_test(a_later_file_knows_what_the_host_said),
        cmocka_unit_test(what_is_written_is_nearer_than_the_kind),
        cmocka_unit_test(plugins_are_joined_by_the_name_they_get),
        cmocka_unit_test(variables_are_looked_for_from_near_to_far),
        cmocka_unit_test(rules_give_what_fits),
        cmocka_unit_test(a_later_file_adds_checks),
        cmocka_unit_test(it_says_where_things_came_from),
        cmocka_unit_test(a_kind_may_have_variables_of_its_own),
        cmocka_unit_test(mistakes_say_what_would_be_right),
        cmocka_unit_test(order_of_sections_does_not_matter),
        cmocka_unit_test(a_template_touches_only_what_really_changes),
        cmocka_unit_test(nothing_grows_without_end),
    };

    return cmocka_run_group_tests_name("config_expand", tests, NULL, NULL);
}

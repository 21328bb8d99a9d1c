/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_print.c: the effective configuration as YAML that reads back to the same generation,
 * secrets masked (ST-19). */
#include "config_kinds.h"

static void check_round_trip(const char *text)
{
    struct conf *c = load(text), *again;
    struct buf once = BUF_MAX(1 << 20), twice = BUF_MAX(1 << 20);
    struct conf_diff d;

    conf_print(&once, c, NULL);
    again = load(buf_text(&once));
    conf_diff(c, again, &d);
    assert_int_equal(d.n, 0);
    conf_diff_done(&d);
    conf_print(&twice, again, NULL);
    assert_string_equal(buf_text(&once), buf_text(&twice));
    assert_int_equal(c->n_checks, again->n_checks);
    buf_done(&once);
    buf_done(&twice);
    conf_unref(again);
    conf_unref(c);
}

static void round_trips(void **state)
{
    (void)state;
    check_round_trip("hosts: { a: { address: 192.0.2.1, checks: [ { http: { url: 'https://e.org/', steps: [ { send: \"a\\r\\n: b\", wait: 1s }, "
                     "{ wait: x } ] } } ] } }");
    check_round_trip("");
    check_round_trip("login: { second_factor: required, ldap: { url: ['ldap://a', 'ldaps://b:1'], starttls: yes, base: 'dc=x', filter: '(uid={name})', "
                     "groups: { attribute: memberOf }, roles: { 'cn=a: b,dc=x': admin, '*': viewer } } }");
    check_round_trip("login: { oidc: { issuer: 'https://id.example.org/x', client_id: 'a b', roles: { '*': viewer }, claim: realm_access.roles, session: 1h } }");
    check_round_trip("site: { title: { en: Ours, fr: À nous }, zone: Europe/Paris, listen: "
                     "['[::1]:1', 0.0.0.0:2], mail: { smtp: smtp://m:25 } }\n"
                     "defaults: { retry: 7s, flap: { low: 20.1, high: 33.3 }, contacts: [ops] }\n"
                     "contacts: { ops: [a@b.org, c@d.org], fr: { mail: x@y, lang: fr } }\n"
                     "groups: { 'a: b': 'Title: # x' }\n"
                     "hosts:\n"
                     "  r: 192.0.2.1\n"
                     "  \"été \\\"x\\\"\": { notes: \"a\\nb\\t\\\\ \\u2028 '\", labels: { '': '~', "
                     "null: 'null', yes: ' x ' }, parents: [r], contacts: [] }\n"
                     "  w: { address: w.example.org, family: v4, enabled: no, alive: { tcp: 22 }, "
                     "groups: [g], checks: [ load, { disks: '< 5 GiB free' } ] }\n"
                     "  x: { checks: [ { http: { url: 'http://x/?a=b&c={d}', expect: { status: "
                     "[200, 3xx], body: '^a|b: {2}$' }, headers: { A: '- b' } } },\n"
                     "                 { tcp: { port: 1, ratio: 0.1, size: 1500, wait: 1500ms, "
                     "texts: ['', '- x', 'a, b'] } }, { plugin: 'x -w 10% -c \"5 %\"' } ] }\n"
                     "components: { c: { name: C, depends: [w/load, x], publish: manual, group: G, "
                     "text: { fr: 'Oui : non' } } }\n");
}

static void secrets_are_masked(void **state)
{
    struct conf *c = load("site: { mail: { password: swordfish } }\nhosts: { h: { checks: [ { "
                          "http: { url: 'http://x/', token: swordfish } } ] } }");
    struct buf b = BUF_MAX(100000);

    (void)state;
    conf_print(&b, c, NULL);
    assert_null(strstr(buf_text(&b), "swordfish"));
    assert_non_null(strstr(buf_text(&b), "password: \"********\""));
    assert_non_null(strstr(buf_text(&b), "token: \"********\""));
    conf_unref(load(buf_text(&b)));
    buf_done(&b);
    conf_unref(c);
}

static void one_host(void **state)
{
    struct conf *c = load("hosts: { a: { address: 192.0.2.1, checks: [ { tcp: 22 } ] }, b: "
                          "}\ncontacts: { ops: a@b }");
    struct buf b = BUF_MAX(100000);

    (void)state;
    conf_print(&b, c, "a");
    assert_string_equal(
        buf_text(&b),
        "hosts:\n"
        "  a:\n"
        "    address: 192.0.2.1\n"
        "    family: any\n"
        "    enabled: yes\n"
        "    alive:\n"
        "      icmp:\n"
        "        every: 1m\n        retry: 15s\n        attempts: 3\n        timeout: 10s\n        "
        "notify: yes\n"
        "        flap:\n          enabled: yes\n          low: 20\n          high: 30\n"
        "        for: 0s\n        class: alarm\n"
        "        freshness: 0s\n        enabled: yes\n        volatile: no\n"
        "        packets: 3\n"
        "    checks:\n"
        "      - tcp:\n"
        "          name: tcp\n"
        "          every: 1m\n          retry: 15s\n          attempts: 3\n          timeout: "
        "10s\n          notify: yes\n"
        "          flap:\n            enabled: yes\n            low: 20\n            high: 30\n"
        "          for: 0s\n          class: alarm\n"
        "          freshness: 0s\n          enabled: yes\n          volatile: no\n"
        "          port: 22\n          mode: start\n          size: 0\n          ratio: 0\n");
    buf_clear(&b);
    conf_print(&b, c, "none");
    assert_int_equal(b.len, 0);
    buf_done(&b);
    conf_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips),
                                       cmocka_unit_test(secrets_are_masked),
                                       cmocka_unit_test(one_host)};

    return cmocka_run_group_tests_name("config_print", tests, NULL, NULL);
}

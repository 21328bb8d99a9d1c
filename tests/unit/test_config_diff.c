/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_diff.c: what changes from one generation to the next, in words, and that nothing else
 * is said to. */
#include "config_kinds.h"

/* Every change on a line: "~ check web1/http: every: 1m → 30s". */
static void check(const char *from, const char *to, const char *want)
{
    struct conf *a = from ? load(from) : NULL, *b = load(to);
    struct conf_diff d;
    struct buf out = BUF_MAX(100000);

    conf_diff(a, b, &d);
    for (int i = 0; i < d.n; i++) {
        buf_printf(&out, "%c %s %s", "+-~>"[d.at[i].kind], d.at[i].what, d.at[i].name);
        buf_printf(&out, "%s%s\n", d.at[i].detail ? ": " : "",
                   d.at[i].detail ? d.at[i].detail : "");
    }
    assert_string_equal(buf_text(&out), want);
    buf_done(&out);
    conf_diff_done(&d);
    conf_unref(a);
    conf_unref(b);
}

static void nothing_changes(void **state)
{
    const char *text = "hosts: { a: { address: 192.0.2.1, checks: [ load, { tcp: 22 } ] } }";

    (void)state;
    check(text, text, "");
    /* Order, comments, quotes and defaults written out are no change. */
    check(text,
          "# x\nhosts: { a: { checks: [ { tcp: { port: '22', every: 60s } }, load ], address: "
          "\"192.0.2.1\", enabled: yes } }",
          "");
}

static void added_and_removed(void **state)
{
    (void)state;
    check("hosts: { a: { checks: [ load ] } }\ncontacts: { x: a@b }",
          "hosts: { b: { checks: [ load, { tcp: 1 } ] } }\ncomponents: { w: { depends: [b] } }",
          "- contact x\n+ host b\n+ check b/load\n+ check b/tcp\n- host a\n- check a/load\n+ "
          "component w\n");
    check("hosts: { a: { checks: [ load ] } }", "hosts: { a: { checks: [ { tcp: 1 } ] } }",
          "+ check a/tcp\n- check a/load\n");
    check(NULL, "hosts: { a: { checks: [ load ] } }", "+ host a\n+ check a/load\n");
}

static void changed(void **state)
{
    (void)state;
    check("hosts: { a: { checks: [ { http: { url: 'http://x/', every: 60s, slow: 1s } } ] } }",
          "hosts: { a: { checks: [ { http: { url: 'http://y/', every: 30s, expect: { status: 404 } "
          "} } ] } }",
          "~ check a/http: every: 1m → 30s, url: http://x/ → http://y/, expect.status: [200] → "
          "[404], slow: 1s → –\n");
    check("hosts: { a: { checks: [ { tcp: { name: x, port: 1 } } ] } }",
          "hosts: { a: { checks: [ { http: { name: x, url: 'http://x/' } } ] } }",
          "~ check a/x: tcp → http\n");
    check("hosts: { a: { address: 192.0.2.1 } }",
          "hosts: { a: { address: 192.0.2.2, title: T, alive: no } }",
          "~ host a: address: 192.0.2.1 → 192.0.2.2, title: – → T, alive: icmp → no\n");
    check("hosts: { a: { address: 192.0.2.1 } }",
          "hosts: { a: { address: 192.0.2.1, alive: { icmp: { packets: 5 } } } }",
          "~ host a: alive.packets: 3 → 5\n");
    check("site: { zone: UTC, mail: { from: a@b } }", "site: { mail: { from: c@d } }",
          "~ site site: zone: UTC → –, mail.from: a@b → c@d\n");
    check("contacts: { o: a@b }", "contacts: { o: { mail: a@b, lang: fr } }",
          "~ contact o: lang: en → fr\n");
    check("components: { o: }", "components: { o: { publish: auto, name: O } }",
          "~ component o: name: – → O, publish: propose → auto\n");
    check("hosts: { a: { checks: [ load ] } }",
          "defaults: { every: 2m }\nhosts: { a: { checks: [ load ] } }",
          "~ check a/load: every: 1m → 2m\n");
}

static void secrets_are_not_told(void **state)
{
    (void)state;
    check("site: { mail: { password: one } }", "site: { mail: { password: two } }",
          "~ site site: mail.password: \"********\" → \"********\"\n");
}

static void renamed(void **state)
{
    (void)state;
    check("hosts: { a: { checks: [ load ] } }", "hosts: { b: { was: a, checks: [ load ] } }",
          "> host b: a\n");
    check("hosts: { a: { checks: [ load, { tcp: 1 } ] } }",
          "hosts: { a: { checks: [ { load: { name: x, was: load, every: 5m } }, { tcp: 1 } ] } }",
          "> check a/x: load\n~ check a/x: every: 1m → 5m\n");
    /* `was` that stays in the file after the move says nothing any more. */
    check("hosts: { b: { was: a, checks: [ load ] } }", "hosts: { b: { checks: [ load ] } }", "");
    check("hosts: { b: { checks: [ load ] } }", "hosts: { b: { was: a, checks: [ load ] } }", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changes), cmocka_unit_test(added_and_removed),
        cmocka_unit_test(changed),         cmocka_unit_test(secrets_are_not_told),
        cmocka_unit_test(renamed),
    };

    return cmocka_run_group_tests_name("config_diff", tests, NULL, NULL);
}

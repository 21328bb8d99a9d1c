/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is found may be watched already, in other words; and files of discovered things are always the same text. */
#include "checks_fixture.h"
#include "checks/discover/known.h"

static const struct conf_env env = {.kinds = probe_kinds, .machine_name = "sim"};

static struct conf *load(const char *text, const char *name)
{
    struct conf_file file = {.name = name, .text = text, .bytes = strlen(text)};
    struct conf_errors es = {0};
    struct conf *c = NULL;

    if (conf_load(&env, &file, 1, &c, &es) != 0) {
        struct buf b = BUF_MAX(10000);
        conf_error_print(&b, &es.at[0], "en");
        fail_msg("%s", buf_text(&b));
    }
    conf_errors_done(&es);
    return c;
}

static struct known_verdict judge_in(const char *conf, const char *name, const char *host, const char *address, const char *check, const char *yaml)
{
    struct conf *c = load(conf, name);
    struct known *k = known_new(&env, c, "sim", "/var/lib/vigie/conf.d/discovered");
    struct finding f = {.key = "k", .source = "host", .host = host, .address = address, .check = check, .yaml = yaml, .what = "", .evidence = ""};
    struct known_verdict v;

    known_judge(k, &f, &v);
    known_free(k);
    conf_unref(c);
    return v;
}

static bool watched(const char *conf, const char *check, const char *yaml)
{
    struct known_verdict v = judge_in(conf, "vigie.yaml", "sim", NULL, check, yaml);

    assert_true(v.loads);
    return v.watched;
}

#define SIM(checks) "hosts: { sim: { address: 192.0.2.10, checks: [" checks "] } }"

static void the_same_place_in_other_words(void **state)
{
    assert_true(watched(SIM("{ tcp: 22 }"), "ssh", "ssh: \"127.0.0.1:22\""));
    assert_true(watched(SIM("ssh"), "ssh", "ssh: \"127.0.0.1:22\""));
    assert_true(watched(SIM("{ ssh: \"192.0.2.10:22\" }"), "ssh", "ssh: \"127.0.0.1:22\""));
    assert_true(watched("hosts: { me: { address: 127.0.0.1, checks: [{ smtp: 25 }] } }", "smtp", "smtp: \"127.0.0.1:25\""));
    assert_true(watched("hosts: { me: { address: 198.51.100.9, checks: [{ redis: \"localhost:6379\" }] } }", "redis", "redis: \"127.0.0.1:6379\""));
    assert_false(watched(SIM("{ ssh: 2222 }"), "ssh", "ssh: \"127.0.0.1:22\""));
    assert_false(watched("hosts: { other: { address: 198.51.100.9, checks: [ssh] } }", "ssh", "ssh: \"127.0.0.1:22\""));
    assert_true(watched(SIM("{ imap: { target: \"192.0.2.10:993\" } }"), "imaps", "imap: { name: imaps, target: \"127.0.0.1:993\", verify: no }"));
}

static void sites_by_their_name(void **state)
{
    const char *yaml = "http: { name: www.example.org, url: \"https://www.example.org/\", address: 127.0.0.1 }";

    assert_true(watched("hosts: { web: { checks: [{ http: \"https://www.example.org/login\" }] } }", "www.example.org", yaml));
    assert_false(watched("hosts: { web: { checks: [{ http: \"http://www.example.org/\" }] } }", "www.example.org", yaml));
    assert_false(watched("hosts: { web: { checks: [{ http: \"https://example.org/\" }] } }", "www.example.org", yaml));
    assert_true(watched("hosts: { web: { checks: [{ http: \"http://127.0.0.1:8080/x\" }] } }", "http-8080", "http: { name: http-8080, url: \"http://127.0.0.1:8080/\" }"));
}

static void what_is_local(void **state)
{
    assert_true(watched(SIM("{ disks: { warn: 70% } }"), "disks", "disks"));
    assert_true(watched(SIM("mail_queue"), "mail_queue", "mail_queue: postfix"));
    assert_false(watched(SIM("disks"), "memory", "memory"));
    assert_true(watched(SIM("{ unit: app }"), "app", "unit: app.service"));
    assert_false(watched(SIM("{ unit: other.service }"), "app", "unit: app.service"));
    assert_true(watched(SIM("{ certificate_files: [/etc/a.pem, /etc/b.pem] }"), "cert-b", "certificate_files: { name: cert-b, paths: /etc/b.pem }"));
    assert_false(watched(SIM("{ certificate_files: [/etc/a.pem] }"), "cert-b", "certificate_files: { name: cert-b, paths: /etc/b.pem }"));
    assert_true(watched(SIM("{ dns_zone: example.org }"), "zone-example.org", "dns_zone: { name: zone-example.org, zone: example.org }"));
}

static void whose_file_it_is(void **state)
{
    const char *own = "/var/lib/vigie/conf.d/discovered/sim.yaml";

    assert_false(judge_in(SIM("ssh"), own, "sim", NULL, "ssh", "ssh: \"127.0.0.1:22\"").by_people);
    assert_true(judge_in(SIM("ssh"), own, "sim", NULL, "ssh", "ssh: \"127.0.0.1:22\"").watched);
    assert_true(judge_in(SIM("ssh"), "/etc/vigie/vigie.yaml", "sim", NULL, "ssh", "ssh: \"127.0.0.1:22\"").by_people);
}

static void hosts(void **state)
{
    const char *conf = "hosts: { web1: 192.0.2.20, db1: { address: 192.0.2.21 } }";

    assert_true(judge_in(conf, "v", "web1", "192.0.2.99", NULL, NULL).watched);
    assert_true(judge_in(conf, "v", "printer", "192.0.2.21", NULL, NULL).watched);
    assert_false(judge_in(conf, "v", "printer", "192.0.2.22", NULL, NULL).watched);
    assert_true(judge_in(conf, "v", "web1", "192.0.2.20", "ssh", "ssh").loads);
    assert_false(judge_in(conf, "v", "web1", "192.0.2.20", "ssh", "ssh").watched);
}

static void what_does_not_load(void **state)
{
    assert_false(judge_in("", "v", "sim", NULL, "x", "no_such_kind: 1").loads);
    assert_false(judge_in("", "v", "sim", NULL, "x", "tcp: { port: 22 }").loads); /* no address */
    assert_false(judge_in("", "v", "sim", NULL, "other", "disks").loads);         /* not by that name */
    assert_false(judge_in("", "v", "a/b", NULL, "disks", "disks").loads);
    assert_false(judge_in("", "v", "sim", NULL, "x", "a: [").loads);
}

/* ---- the text ---- */

static const char *found(struct arena *a, const char *text, const struct conf_wanted *w, int n)
{
    struct buf b = BUF_MAX(100000);
    struct err e = {0};

    assert_int_equal(conf_edit_found(text, strlen(text), "# head\n", w, n, &b, &e), 0);
    const char *copy = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return copy;
}

static void always_the_same_text(void **state)
{
    struct arena *a = arena_new(0);
    const struct conf_wanted one[] = {{"web2", "192.0.2.2", "sw1, sw2", "tcp: 443"}, {"web2", NULL, NULL, "ssh"}, {"web1", "192.0.2.1", NULL, NULL}, {"web2", NULL, NULL, "disks"}};
    const struct conf_wanted two[] = {one[2], one[3], one[1], one[0]};
    const char *wanted = "# head\nhosts:\n  web1:\n    address: 192.0.2.1\n  web2:\n    address: 192.0.2.2\n    parents:\n      - sw1\n      - sw2\n"
                         "    checks:\n      - disks\n      - ssh\n      - tcp: 443\n";

    assert_string_equal(found(a, "", one, 4), wanted);
    assert_string_equal(found(a, wanted, two, 4), wanted);
    assert_string_equal(found(a, "", one, 0), "# head\n");
    /* what people changed stays, and is put in order */
    assert_string_equal(found(a, "hosts:\n  web2: { notes: mine, checks: [{ ssh: { port: 22 , name: x} }] }\n", one + 3, 1),
                        "# head\nhosts:\n  web2:\n    notes: mine\n    checks:\n      - disks\n      - ssh:\n          port: 22\n          name: x\n");
    arena_free(a);
}

static void what_is_no_file(void **state)
{
    const struct conf_wanted w = {"web1", NULL, NULL, "disks"};
    struct buf b = BUF_MAX(1000);
    struct err e = {0};

    assert_int_equal(conf_edit_found("a: [", 4, NULL, &w, 1, &b, &e), ERR_INVALID);
    assert_int_equal(conf_edit_found("- x\n", 4, NULL, &w, 1, &b, &e), ERR_INVALID);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_place_in_other_words), cmocka_unit_test(sites_by_their_name), cmocka_unit_test(what_is_local), cmocka_unit_test(whose_file_it_is),
        cmocka_unit_test(hosts), cmocka_unit_test(what_does_not_load), cmocka_unit_test(always_the_same_text), cmocka_unit_test(what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

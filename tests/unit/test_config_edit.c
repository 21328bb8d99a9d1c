/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_edit.c: `vigie add` and `vigie remove` change what they must and leave people's lines
 * alone (MON-11). */
#include "config_kinds.h"

static void add(const char *text, const char *host, const char *address, const char *check,
                const char *want)
{
    struct buf b = BUF_MAX(100000);
    struct err e = {0};
    int r = conf_edit_add(text, strlen(text), host, address, check, &b, &e);

    if (r != 0)
        fail_msg("%d %s", r, e.text);
    assert_string_equal(buf_text(&b), want);
    conf_unref(load(buf_text(&b)));
    buf_done(&b);
}

static void take(const char *text, const char *host, const char *check, const char *want)
{
    struct buf b = BUF_MAX(100000);
    struct err e = {0};
    int r = conf_edit_remove(text, strlen(text), host, check, &b, &e);

    if (r != 0)
        fail_msg("%d %s", r, e.text);
    assert_string_equal(buf_text(&b), want);
    conf_unref(load(buf_text(&b)));
    buf_done(&b);
}

static void fails(int code, const char *text, const char *host, const char *check, bool adding)
{
    struct buf b = BUF_MAX(100000);
    struct err e = {0};

    if (adding)
        assert_int_equal(conf_edit_add(text, strlen(text), host, NULL, check, &b, &e), code);
    else
        assert_int_equal(conf_edit_remove(text, strlen(text), host, check, &b, &e), code);
    assert_int_equal(b.len, 0);
    assert_int_equal(e.code, code);
    assert_true(e.text[0] != '\0');
    buf_done(&b);
}

static void the_first_host(void **state)
{
    (void)state;
    add("", "web1", "192.0.2.1", "http: https://example.org/",
        "hosts:\n  web1:\n    address: 192.0.2.1\n    checks:\n      - http: "
        "https://example.org/\n");
    add("# mine", "web1", "192.0.2.1", NULL, "# mine\nhosts:\n  web1:\n    address: 192.0.2.1\n");
    add("site: { zone: UTC } # keep\n", "web1", NULL, "load",
        "site: { zone: UTC } # keep\nhosts:\n  web1:\n    checks:\n      - load\n");
    add("hosts:\n# none yet\n", "web1", NULL, NULL, "hosts:\n  web1:\n# none yet\n");
}

static void one_more_host(void **state)
{
    (void)state;
    add("hosts:\n    a: 192.0.2.1 # first\n# last\nsite: {}\n", "b: c", NULL,
        "tcp: { name: x, port: 22 }",
        "hosts:\n    a: 192.0.2.1 # first\n    \"b: c\":\n      checks:\n        - tcp:\n          "
        "  name: x\n            port: 22\n# last\nsite: {}\n");
}

static void one_more_check(void **state)
{
    (void)state;
    add("# top\nhosts:\n  a: # the host\n    checks:\n    # why\n    - load # always\n\n  b:\n",
        "a", NULL, "tcp: 22",
        "# top\nhosts:\n  a: # the host\n    checks:\n    # why\n    - load # always\n    - tcp: "
        "22\n\n  b:\n");
    add("hosts:\n  a:\n    notes: |\n      two\n      lines\n  b:\n", "a", NULL, "tcp: 22",
        "hosts:\n  a:\n    notes: |\n      two\n      lines\n    checks:\n      - tcp: 22\n  b:\n");
    add("hosts:\n  a: 192.0.2.1\n  b: # keep\n", "a", NULL, "load",
        "hosts:\n  a:\n    address: 192.0.2.1\n    checks:\n      - load\n  b: # keep\n");
    add("hosts:\n  a: { checks: [load] } # gone\n  b: # keep\n", "a", NULL, "tcp: 22",
        "hosts:\n  a:\n    checks:\n      - load\n      - tcp: 22\n  b: # keep\n");
    add("{ hosts: { a: } }", "a", NULL, "load", "hosts:\n  a:\n    checks:\n      - load\n");
}

static void removing(void **state)
{
    const char *text = "# top\nhosts:\n  a:\n    address: 192.0.2.1 # here\n    checks:\n      # "
                       "old\n      - load\n      - tcp: { name: ssh, port: 22 }\n      - plugin: "
                       "/opt/check_disk -w 1\n  b:\n    checks:\n      - load\n";

    (void)state;
    take(text, "a", "load",
         "# top\nhosts:\n  a:\n    address: 192.0.2.1 # here\n    checks:\n      # old\n      - "
         "tcp: { name: ssh, port: 22 }\n      - plugin: /opt/check_disk -w 1\n  b:\n    checks:\n  "
         "    - load\n");
    take(text, "a", "check_disk",
         "# top\nhosts:\n  a:\n    address: 192.0.2.1 # here\n    checks:\n      # old\n      - "
         "load\n      - tcp: { name: ssh, port: 22 }\n  b:\n    checks:\n      - load\n");
    /* The last check of a host without anything else takes the host along. */
    take(text, "b", "load",
         "# top\nhosts:\n  a:\n    address: 192.0.2.1 # here\n    checks:\n      # old\n      - "
         "load\n      - tcp: { name: ssh, port: 22 }\n      - plugin: /opt/check_disk -w 1\n");
    take(text, "a", NULL, "# top\nhosts:\n  b:\n    checks:\n      - load\n");
    take("hosts:\n  a: 192.0.2.1\nsite: {}\n", "a", NULL, "site: {}\n");
    take("hosts:\n  a: 192.0.2.1\n", "a", NULL, "");
    take("hosts: { a: { address: x, checks: [load] }, b: }\n", "a", "load",
         "hosts:\n  a:\n    address: x\n  b:\n");
}

static void refused(void **state)
{
    const char *text = "hosts: { a: { checks: [ { tcp: { name: ssh, port: 22 } } ] } }\n";

    (void)state;
    fails(ERR_NOT_FOUND, text, "b", NULL, false);
    fails(ERR_NOT_FOUND, text, "a", "tcp", false);
    fails(ERR_NOT_FOUND, "", "a", NULL, false);
    fails(ERR_NOT_FOUND, "hosts: { a: { checks: [ [ { tcp: 22 } ], {}, ~ ] } }", "a", "tcp", false);
    fails(ERR_CONFLICT, text, "a", "tcp: { name: ssh, port: 23 }", true);
    fails(ERR_CONFLICT, text, "a", NULL, true);
    fails(ERR_INVALID, text, "a/b", "load", true);
    fails(ERR_INVALID, text, "a", "tcp: {", true);
    fails(ERR_INVALID, text, "a", "- x", true);
    fails(ERR_INVALID, "hosts: [", "a", "load", true);
    fails(ERR_INVALID, "hosts: [a]", "a", "load", true);
    fails(ERR_INVALID, "hosts: { a: { checks: 5 } }", "a", "load", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_host), cmocka_unit_test(one_more_host),
        cmocka_unit_test(one_more_check), cmocka_unit_test(removing),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests_name("config_edit", tests, NULL, NULL);
}

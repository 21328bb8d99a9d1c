/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses as text: parsing, printing, splitting "host:port", prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "io/addr.h"
#include <netinet/in.h>
#include <string.h>

static void round_trip(void **state)
{
    static const struct {
        const char *host;
        int port;
        const char *shown;
    } rows[] = {
        {"192.0.2.1", 80, "192.0.2.1:80"},
        {"2001:db8::1", 443, "[2001:db8::1]:443"},
        {"::1", 0, "[::1]:0"},
        {"fe80::1%lo", 22, "[fe80::1%lo]:22"},
        {"0.0.0.0", 65535, "0.0.0.0:65535"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct addr a;
        char text[ADDR_TEXT_BYTES];
        assert_int_equal(addr_parse(rows[i].host, rows[i].port, &a), 0);
        addr_format(&a, text);
        assert_string_equal(text, rows[i].shown);
        addr_host(&a, text);
        assert_string_equal(text, rows[i].host);
        assert_int_equal(addr_port(&a), rows[i].port);
        assert_int_equal(addr_is_v6(&a), strchr(rows[i].host, ':') != NULL);
    }
}

static void names_are_no_addresses(void **state)
{
    static const char *const bad[] = {
        "",         "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "fe80::1%nosuchif0",
        "01.2.3.4", "1.2.3.4 ",  "[::1]", "fe80::1%"};
    struct addr a;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(addr_parse(bad[i], 1, &a), ERR_INVALID);
    assert_int_equal(addr_parse("1.2.3.4", 65536, &a), ERR_INVALID);
    assert_int_equal(addr_parse("1.2.3.4", -1, &a), ERR_INVALID);
}

static void split_takes_what_people_write(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } rows[] = {
        {"[::1]:8444", "::1", 8444},
        {"127.0.0.1:8444", "127.0.0.1", 8444},
        {":8444", "", 8444},
        {"8444", "", 8444},
        {"example.org:25", "example.org", 25},
        {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char host[64];
        int port = -1;
        assert_int_equal(addr_split(rows[i].text, host, sizeof host, &port), 0);
        assert_string_equal(host, rows[i].host);
        assert_int_equal(port, rows[i].port);
    }
    static const char *const bad[] = {"",        "::1",     "::1:80",  "[::1]",  "[::1]80",
                                      "[::1",    "host",    "host:",   "host:x", "host:65536",
                                      "host:-1", "host:+1", "host: 1", "h:1x"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        char host[64] = "kept";
        int port = 7;
        assert_int_equal(addr_split(bad[i], host, sizeof host, &port), ERR_INVALID);
        assert_int_equal(port, 7);
    }
    char small[4];
    int port = 7;
    assert_int_equal(addr_split("12345:1", small, sizeof small, &port), ERR_INVALID);
}

static bool in(const char *host, const char *prefix)
{
    struct addr a;
    assert_int_equal(addr_parse(host, 0, &a), 0);
    return addr_in(&a, prefix);
}

static void prefixes(void **state)
{
    assert_true(in("10.1.2.3", "10.0.0.0/8"));
    assert_false(in("11.1.2.3", "10.0.0.0/8"));
    assert_true(in("192.0.2.129", "192.0.2.128/25"));
    assert_false(in("192.0.2.127", "192.0.2.128/25"));
    assert_true(in("192.0.2.1", "0.0.0.0/0"));
    assert_true(in("192.0.2.1", "192.0.2.1"));
    assert_false(in("192.0.2.1", "192.0.2.2/32"));
    assert_true(in("2001:db8:1::5", "2001:db8::/32"));
    assert_false(in("2001:db9::5", "2001:db8::/32"));
    assert_true(in("::1", "::1"));
    assert_false(in("::1", "0.0.0.0/0"));
    assert_true(in("::ffff:10.0.0.1", "10.0.0.0/8"));
    static const char *const bad[] = {
        "", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "10/8"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(in("10.0.0.1", bad[i]));
}

static void loopback_and_equality(void **state)
{
    struct addr a, b;
    addr_parse("127.9.9.9", 1, &a);
    assert_true(addr_is_loopback(&a));
    addr_parse("::1", 1, &b);
    assert_true(addr_is_loopback(&b));
    assert_false(addr_equal(&a, &b));
    addr_parse("::ffff:127.9.9.9", 2, &b);
    assert_true(addr_is_loopback(&b));
    assert_true(addr_equal(&a, &b));
    addr_parse("192.0.2.1", 1, &a);
    assert_false(addr_is_loopback(&a));
    addr_set_port(&a, 99);
    assert_int_equal(addr_port(&a), 99);
}

static void unix_paths(void **state)
{
    struct addr a;
    char text[ADDR_TEXT_BYTES], longest[200];
    assert_int_equal(addr_unix("/run/x.sock", &a), 0);
    addr_format(&a, text);
    assert_string_equal(text, "/run/x.sock");
    assert_true(addr_is_loopback(&a));
    assert_true(addr_equal(&a, &a));
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(addr_unix(longest, &a), ERR_LIMIT);
    assert_int_equal(addr_unix("", &a), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(names_are_no_addresses),
        cmocka_unit_test(split_takes_what_people_write),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(loopback_and_equality),
        cmocka_unit_test(unix_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `vigie add WORD` makes of a word, and that the configuration would take it. MON-11. */
#include "checks/guess.h"
#include "checks/probe.h"
#include "checks_fixture.h"

static void guesses(void **state)
{
    static const struct {
        const char *text, *host, *address, *check, *yaml;
    } cases[] = {
        {"https://example.org/", "example.org", "", "http", "http: https://example.org/"},
        {"HTTP://Example.org:8080", "example.org", "", "http", "http: http://example.org:8080/"},
        {"https://example.org/login?a=1", "example.org", "", "http-login",
         "http: { name: http-login, url: \"https://example.org/login?a=1\" }"},
        {"example.org/shop/", "example.org", "", "http-shop",
         "http: { name: http-shop, url: \"https://example.org/shop/\" }"},
        {"web1", "web1", "web1", "", ""},
        {"192.0.2.1", "192.0.2.1", "192.0.2.1", "", ""},
        {"2001:db8::1", "2001:db8::1", "2001:db8::1", "", ""},
        {"ssh", "ssh", "ssh", "", ""},
        {"web1:22", "web1", "web1", "ssh", "ssh: \"web1:22\""},
        {"web1:12345", "web1", "web1", "tcp-12345", "tcp: { name: tcp-12345, port: 12345 }"},
        {"mail.example.org:imaps", "mail.example.org", "mail.example.org", "imaps",
         "imap: { name: imaps, target: \"mail.example.org:993\" }"},
        {"mail.example.org:smtp", "mail.example.org", "mail.example.org", "smtp", "smtp: \"mail.example.org:25\""},
        {"db1:postgresql", "db1", "db1", "postgres", "postgres: \"db1:5432\""},
        {"dir.example.org:ldaps", "dir.example.org", "dir.example.org", "ldaps", "tls: { name: ldaps, target: \"dir.example.org:636\" }"},
        {"example.org:443", "example.org", "example.org", "http", "http: https://example.org/"},
        {"example.org:http", "example.org", "example.org", "http", "http: http://example.org/"},
        {"[2001:db8::1]:993", "2001:db8::1", "2001:db8::1", "imaps", "imap: { name: imaps, target: \"[2001:db8::1]:993\" }"},
        {"mail:example.org", "example.org", "", "mail_domain", "mail_domain: example.org"},
        {"@example.org", "example.org", "", "mail_domain", "mail_domain: example.org"},
        {"mail_domain:example.org", "example.org", "", "mail_domain", "mail_domain: example.org"},
        {"blocklist:example.org", "example.org", "", "blocklist", "blocklist: { lists: [zen.spamhaus.org, bl.spamcop.net], mail: example.org }"},
        {"zone:example.org", "example.org", "", "dns_zone", "dns_zone: example.org"},
        {"irc://irc.example.net", "irc.example.net", "irc.example.net", "irc", "irc: \"irc.example.net:6667\""},
        {"ircs://irc.example.net/vigie", "irc.example.net", "irc.example.net", "irc", "irc: { target: \"irc.example.net:6697\", tls: yes }"},
        {"git://git.example.org", "git.example.org", "git.example.org", "git", "git: \"git.example.org:9418\""},
        {"git://git.example.org:9419/a/b.git", "git.example.org", "git.example.org", "git", "git: { target: \"git.example.org:9419\", path: \"/a/b.git\" }"},
        {"ssh://git@git.example.org:2222/a.git", "git.example.org", "git.example.org", "ssh", "ssh: \"git.example.org:2222\""},
        {"[::1]:https", "::1", "::1", "http", "http: https://[::1]/"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct guess g;

        assert_int_equal(guess_target(cases[i].text, &g, NULL), 0);
        assert_string_equal(g.host, cases[i].host);
        assert_string_equal(g.address, cases[i].address);
        assert_string_equal(g.check, cases[i].check);
        assert_string_equal(g.yaml, cases[i].yaml);
    }
}

static void refuses(void **state)
{
    static const char *const bad[] = {"", ":", "80", "a b", "web1:none", "web1:0", "web1:70000", "[::1", "[web]:80",
        "http://", "https://user:pw@example.org/", "ftp://example.org/", "-x", "a..b", "a\"b", "web1:\n22", "x:y:z", "mail:", "mail:a..b", "@192.0.2.1", "zone:a b", "irc://", "irc://h:99999", "git://h/\"x"};

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct guess g = {.host = "untouched"};
        struct err e = {0};

        assert_int_not_equal(guess_target(bad[i], &g, &e), 0);
        assert_string_equal(g.host, "untouched");
        assert_int_not_equal(e.text[0], 0);
    }
}

static void words_of_a_word(void **state)
{
    struct arena *a = arena_new(0);
    const char *w[GUESS_MOST];

    assert_int_equal(guess_words("mail:example.org", a, w), 2);
    assert_string_equal(w[0], "mail_domain:example.org");
    assert_string_equal(w[1], "blocklist:example.org");
    assert_int_equal(guess_words("@example.org", a, w), 2);
    assert_string_equal(w[1], "blocklist:example.org");
    assert_int_equal(guess_words(w[1], a, w), 1); /* a part stays what it is */
    assert_string_equal(w[0], "blocklist:example.org");
    assert_int_equal(guess_words("https://example.org/@me", a, w), 1);
    assert_int_equal(guess_words("", a, w), 1);
    arena_free(a);
}

static void the_configuration_takes_it(void **state)
{
    static const char *const words[] = {"https://example.org/a{b},c?x=1&y=[2]", "mail.example.org:imaps", "mail.example.org:smtp", "db1:redis", "web1:22", "[::1]:993",
        "web1:https", "mail:example.org", "blocklist:example.org", "zone:example.org", "irc://irc.example.net", "ircs://irc.example.net", "git://git.example.org/a.git"};
    struct conf_env env = {.kinds = probe_kinds};

    for (size_t i = 0; i < COUNT(words); i++) {
        struct guess g;
        struct buf yaml = BUF_MAX(4000);
        struct conf *c = NULL;
        struct conf_errors *errors = calloc(1, sizeof(*errors));

        assert_int_equal(guess_target(words[i], &g, NULL), 0);
        buf_printf(&yaml, "hosts:\n  \"%s\":\n", g.host);
        if (g.address[0])
            buf_printf(&yaml, "    address: \"%s\"\n", g.address);
        buf_printf(&yaml, "    checks:\n      - %s\n", g.yaml);
        struct conf_file file = {"added.yaml", buf_text(&yaml), yaml.len};
        if (conf_load(&env, &file, 1, &c, errors) != 0)
            fail_msg("%s: %s", buf_text(&yaml), errors->n ? errors->at[0].text : "");
        assert_non_null(conf_find_check(conf_find_host(c, g.host), g.check));
        conf_unref(c);
        conf_errors_done(errors);
        free(errors);
        buf_done(&yaml);
    }
}

/* A general key (name, every, …) would hide a kind's own one of the same name. */
static void own_keys_are_no_general_ones(void **state)
{
    static const char *const general[] = {"name", "was", "every", "retry", "attempts", "timeout", "freshness", "grace", "enabled", "volatile", "flap", "notify", "contacts", "notes"};

    (void)state;
    for (int i = 0; probe_kinds[i]; i++)
        for (const struct conf_row *r = probe_kinds[i]->rows; r && r->key; r++)
            for (size_t k = 0; k < COUNT(general); k++)
                assert_string_not_equal(r->key, general[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_keys_are_no_general_ones),
        cmocka_unit_test(guesses), cmocka_unit_test(words_of_a_word),
        cmocka_unit_test(refuses),
        cmocka_unit_test(the_configuration_takes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

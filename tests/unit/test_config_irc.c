/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section irc: what is right, and what each mistake is told to be (ST-5, GEN-2). */
#include "config_kinds.h"

static struct conf *read_conf(const char *yaml, struct buf *out)
{
    static struct conf_errors es;
    struct conf *c = NULL;
    struct conf_file f = {"irc.yaml", yaml, strlen(yaml)};
    int r = conf_load(&some_env, &f, 1, &c, &es);
    for (int i = 0; i < es.n; i++)
        conf_error_print(out, &es.at[i], "en");
    for (int i = 0; r == 0 && i < c->n_warnings; i++)
        conf_error_print(out, &c->warnings[i], "en");
    conf_errors_done(&es);
    return c;
}

static void right(void **state)
{
    struct buf b = BUF_MAX(1 << 16);
    struct conf *c = read_conf("components: { mail: { group: hosting/x } }\n"
                          "irc:\n  a: { server: irc.example.org, channels: [{ name: '#ops', about: [mail, 'group:hosting'] }] }\n"
                          "  b: { server: '[2001:db8::1]:7000', tls: no, channels: [{ name: '&x', topic: yes, prefix: 'Statut :', separator: ' / ' }, { name: '#y', tell: no }] }\n"
                          "  c: { server: 192.0.2.1, tls: no, accounts: { anna: admin }, masks: { '*!*@example.org': viewer }, channels: [{ name: '#z' }] }\n",
                          &b);
    (void)state;
    assert_string_equal(buf_text(&b), "");
    assert_non_null(c);
    const struct conf_irc *n = map_find(&c->irc_by_name, "a");
    assert_string_equal(n->host, "irc.example.org");
    assert_true(n->port == 6697 && n->tls && n->verify && n->channels.n == 1);
    const struct conf_irc_channel *k = conf_irc_channel_at(n, 0);
    assert_string_equal(k->prefix, "Status:");
    assert_string_equal(k->separator, " | ");
    assert_true(!k->topic && k->tell.n == 4 && k->about.n == 2);
    assert_null(conf_irc_channel_at(n, 1));
    n = map_find(&c->irc_by_name, "b");
    assert_string_equal(n->host, "2001:db8::1");
    assert_int_equal(n->port, 7000);
    n = map_find(&c->irc_by_name, "c");
    assert_string_equal(n->host, "192.0.2.1");
    assert_int_equal(n->port, 6667);
    conf_unref(c);
    buf_done(&b);
}

#define NET(more, channel) "irc:\n  n: { server: irc.example.org, channels: [{ name: '#a'" channel " }]" more " }\n"

static void mistakes(void **state)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"irc: { n: { channels: [{ name: '#a' }] } }\n", "server"},
        {"irc: { n: { server: irc.example.org } }\n", "channels"},
        {"irc: { n: { server: 'a b', channels: [{ name: '#a' }] } }\n", "is no server"},
        {"irc: { n: { server: 'irc.example.org:99999', channels: [{ name: '#a' }] } }\n", "is no server"},
        {"irc: { n: { server: irc.example.org, channels: [{ name: ops }] } }\n", "“ops” is no channel"},
        {"irc: { n: { server: irc.example.org, channels: [{ name: '#a,#b' }] } }\n", "is no channel"},
        {"irc: { n: { server: irc.example.org, channels: [{ name: '#a' }, { name: '#A' }] } }\n", "stands twice"},
        {NET("", ", key: 'a b'"), "key is one word"},
        {NET("", ", tell: [weather]"), "nothing that could be told"},
        {NET("", ", separator: '  '"), "no blank"},
        {NET("", ", prefix: ' '"), "a beginning"},
        {NET("", ", lang: de"), "no language"},
        {NET("", ", about: [mail]"), "no component “mail”"},
        {NET("", ", about: ['group:x']"), "no component “group:x”"},
        {NET("", ", topc: yes"), "did you mean “topic”?"},
        {NET(", nick: 'a b'", ""), "cannot be said on IRC"},
        {NET(", nick: ':a'", ""), "cannot be said on IRC"},
        {NET(", accounts: { anna: boss }", ""), "no role"},
        {NET(", masks: { anna: admin }", ""), "no mask"},
        {NET(", sasl: { user: x }", ""), "no password"},
        {NET(", sasl: { mechanism: external }", ""), "needs “certificate”"},
        {NET(", tls: no, certificate: /x, sasl: { mechanism: external }", ""), "needs “tls: yes”"},
        {NET(", lang: de", ""), "no language"},
        {NET(", tls: no, password: secret", ""), "everybody to read"}, /* a warning */
        {"irc: { n: 3 }\n", "a mapping"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf b = BUF_MAX(1 << 16);
        struct conf *c = read_conf(rows[i].yaml, &b);
        if (!strstr(buf_text(&b), rows[i].says) || (c && !strstr(rows[i].says, "everybody")))
            fail_msg("%sshould say “%s”, says: %s", rows[i].yaml, rows[i].says, buf_text(&b));
        if (strstr(buf_text(&b), "secret"))
            fail_msg("a secret was shown: %s", buf_text(&b));
        conf_unref(c);
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(right), cmocka_unit_test(mistakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

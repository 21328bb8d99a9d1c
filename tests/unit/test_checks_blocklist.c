/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocklist probe against lists on a DNS server of the test's own. LES-23. */
#include "dns_server.h"

static const struct ns_rr lists[] = {
    {"25.2.0.192.zen.example", NS_A, "127.0.0.2"}, {"25.2.0.192.zen.example", NS_A, "127.0.0.10"}, {"25.2.0.192.zen.example", NS_TXT, "spam seen on 2024-05-01"},
    {"25.2.0.192.bare.example", NS_A, "127.0.0.4"},
    {"25.2.0.192.policy.example", NS_A, "127.0.0.10"},
    {"25.2.0.192.closed.example", NS_A, "127.255.255.254"},
    {"25.2.0.192.dead.example", NS_A, "192.0.2.80"},
    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.example", NS_A, "127.0.0.3"},
    {"listed.example", NS_MX, "10 mx1.listed.example"}, {"listed.example", NS_MX, "20 mx2.listed.example"},
    {"mx1.listed.example", NS_A, "192.0.2.26"}, {"mx2.listed.example", NS_A, "192.0.2.25"}, {"mx2.listed.example", NS_AAAA, "2001:db8::2"},
    {"clean.example", NS_MX, "10 mx1.listed.example"},
    {"bare-domain.example", NS_A, "192.0.2.25"},
    {"none.example", NS_MX, "0 ."},
    {"lost.example", NS_MX, "10 nowhere.example"},
    {NULL, 0, NULL}};

static enum state ask(void **state, struct ns *s, const char *address, const char *list, const char *more, int64_t timeout_ms)
{
    char settings[500];

    s->rr = lists;
    ns_up(s, 0);
    snprintf(settings, sizeof(settings), "{\"lists\":[%s],\"address\":\"%s\",\"server\":\"127.0.0.1\",\"port\":%d%s}", list, address, s->port, more);
    enum state got = fx_run(*state, "blocklist", NULL, settings, timeout_ms);
    ns_down(s);
    return got;
}

static void listed(void **state)
{
    struct fx *f = *state;
    struct ns s = {0};

    assert_int_equal(ask(state, &s, "192.0.2.26", "\"zen.example\",\"bare.example\"", "", 5000), STATE_OK);
    assert_has(f->text, "not on 2 lists");
    assert_has(f->perf, "listed=0");
    assert_int_equal(ask(state, &s, "192.0.2.25", "\"clean.example\",\"zen.example\"", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "192.0.2.25 is on zen.example: spam seen on 2024-05-01");
    assert_has(f->perf, "listed=1");
    assert_int_equal(ask(state, &s, "192.0.2.25", "\"bare.example\"", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "is on bare.example (127.0.0.4)");
    assert_int_equal(ask(state, &s, "2001:db8::1", "\"zen.example\"", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "2001:db8::1 is on zen.example (127.0.0.3)");
    assert_int_equal(ask(state, &s, "192.0.2.25", "\"policy.example\"", ",\"ignore\":\"127.0.0.10\"", 5000), STATE_OK);
}

static void lists_that_fail(void **state)
{
    struct fx *f = *state;
    struct ns s = {0}, mute = {.silent = true}, failing = {.rcode = 2}, broken = {.garbage = true};

    assert_int_equal(ask(state, &s, "192.0.2.25", "\"closed.example\"", "", 5000), STATE_UNKNOWN);
    assert_has(f->text, "does not answer this resolver (127.255.255.254)");
    assert_int_equal(ask(state, &s, "192.0.2.25", "\"dead.example\"", "", 5000), STATE_UNKNOWN);
    assert_has(f->text, "answers 192.0.2.80, which no list does");
    assert_int_equal(ask(state, &s, "192.0.2.25", "\"closed.example\",\"zen.example\",\"dead.example\"", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "is on zen.example");
    assert_has(f->perf, "failed=2");
    assert_int_equal(ask(state, &mute, "192.0.2.25", "\"zen.example\"", "", 400), STATE_UNKNOWN);
    assert_has(f->text, "zen.example does not answer");
    assert_int_equal(ask(state, &failing, "192.0.2.25", "\"zen.example\"", "", 5000), STATE_UNKNOWN);
    assert_int_equal(ask(state, &broken, "192.0.2.25", "\"zen.example\"", "", 5000), STATE_UNKNOWN);
}

static enum state ask_mail(void **state, struct ns *s, const char *domain, int64_t timeout_ms)
{
    char settings[500];

    s->rr = lists;
    ns_up(s, 0);
    snprintf(settings, sizeof(settings), "{\"lists\":\"zen.example\",\"mail\":\"%s\",\"server\":\"127.0.0.1\",\"port\":%d}", domain, s->port);
    enum state got = fx_run(*state, "blocklist", NULL, settings, timeout_ms);
    ns_down(s);
    return got;
}

/* The mail servers of a domain, each by all its addresses; without an MX record the domain itself takes its mail. */
static void the_servers_of_a_mail_domain(void **state)
{
    struct fx *f = *state;
    struct ns s = {0}, mute = {.silent = true}, failing = {.rcode = 2};

    assert_int_equal(ask_mail(state, &s, "listed.example", 5000), STATE_CRITICAL);
    assert_has(f->text, "192.0.2.25 is on zen.example");
    assert_int_equal(ask_mail(state, &s, "clean.example", 5000), STATE_OK);
    assert_has(f->text, "not on 1 list");
    assert_int_equal(ask_mail(state, &s, "bare-domain.example", 5000), STATE_CRITICAL);
    assert_int_equal(ask_mail(state, &s, "none.example", 5000), STATE_OK);
    assert_has(f->text, "takes no mail");
    assert_int_equal(ask_mail(state, &s, "lost.example", 5000), STATE_UNKNOWN);
    assert_has(f->text, "no address");
    assert_int_equal(ask_mail(state, &failing, "listed.example", 5000), STATE_UNKNOWN);
    assert_has(f->text, "fails");
    assert_int_not_equal(ask_mail(state, &mute, "listed.example", 400), STATE_OK);
    assert_has(f->text, "listed.example");
}

static void options(void **state)
{
    struct fx *f = *state;

    fx_refused(f, "blocklist", NULL, "{}");
    fx_refused(f, "blocklist", NULL, "{\"lists\":\"a..b\"}");
    assert_has(fx_refused(f, "blocklist", NULL, "{\"lists\":\"zen.example\",\"server\":\"resolver\"}"), "is no address");
    assert_has(fx_refused(f, "blocklist", NULL, "{\"lists\":\"zen.example\",\"mail\":\"a..b\"}"), "no name to look up");
    assert_has(fx_refused(f, "blocklist", NULL, "{\"lists\":\"zen.example\",\"mail\":\"example.org\",\"address\":\"192.0.2.1\"}"), "not both");
    f->address = NULL;
    assert_has(fx_refused(f, "blocklist", NULL, "{\"lists\":\"zen.example\"}"), "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(listed, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(lists_that_fail, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(the_servers_of_a_mail_domain, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

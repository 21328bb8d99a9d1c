/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ldap probe against servers that behave, lie, flood, fall silent. MON-4. */
#include "checks_fixture.h"
#include "wire/ldap.h"

enum mood { GOOD, NO_LOGIN, NO_TLS, NO_BASE, SILENT_SEARCH, FLOOD, GARBAGE, OTHER_ID, HUGE, CLOSES, INJECTS, DRIPS, OTHER_OP };

static void say(int fd, const void *p, size_t n)
{
    (void)!send(fd, p, n, MSG_NOSIGNAL);
}

static void result(int fd, int64_t id, unsigned op, int code)
{
    unsigned char space[200];
    struct ber_out o = ber_out_of(space, sizeof(space));
    struct str s;

    ber_put(&o, BER_OCTETS, "because", 7);
    ber_put(&o, BER_OCTETS, "", 0);
    ber_put_int(&o, BER_ENUM, code);
    ber_close(&o, op, o.end);
    ber_put_int(&o, BER_INT, id);
    ber_close(&o, BER_SEQUENCE, o.end);
    s = ber_written(&o);
    say(fd, s.p, s.n);
}

static void entry(int fd, int64_t id, const char *value)
{
    unsigned char space[300];
    struct ber_out o = ber_out_of(space, sizeof(space));
    struct str s;

    ber_put(&o, BER_OCTETS, value, strlen(value));
    ber_close(&o, BER_SET, o.end);
    ber_put(&o, BER_OCTETS, "mail", 4);
    ber_close(&o, BER_SEQUENCE, o.end);
    ber_close(&o, BER_SEQUENCE, o.end);
    ber_put(&o, BER_OCTETS, "uid=x", 5);
    ber_close(&o, LDAP_ENTRY, o.end);
    ber_put_int(&o, BER_INT, id);
    ber_close(&o, BER_SEQUENCE, o.end);
    s = ber_written(&o);
    say(fd, s.p, s.n);
}

static void found(struct srv *s, int fd, int64_t id, enum mood mood)
{
    if (mood == SILENT_SEARCH)
        return;
    for (long i = 0; i < (mood == FLOOD ? 1000000 : 2) && !s->stop; i++)
        entry(fd, id + (mood == OTHER_ID), i ? "bob@example.org" : "alice@example.org");
    result(fd, id, LDAP_DONE, mood == NO_BASE ? 32 : 0);
}

static void serve(struct srv *s, int fd)
{
    enum mood mood = *(enum mood *)s->arg;
    char in[4096];
    ssize_t n;

    while ((n = recv(fd, in, sizeof(in), 0)) > 0) {
        struct ldap_message m;

        if (mood == CLOSES)
            return;
        if (mood == GARBAGE)
            say(fd, "HTTP/1.1 400 what?\r\n\r\n", 22);
        if (mood == HUGE)
            say(fd, "\x30\x84\x7f\xff\xff\xff", 6);
        if (mood == DRIPS)
            say(fd, "\x30\x83", 2);
        if (mood == GARBAGE || mood == HUGE || mood == DRIPS || ldap_decode(in, (size_t)n, &m) != 0)
            continue;
        if (m.op == LDAP_BIND)
            result(fd, m.id, mood == OTHER_OP ? LDAP_DONE : LDAP_BIND_RESPONSE, mood == NO_LOGIN ? 49 : 0);
        else if (m.op == LDAP_EXTENDED)
            result(fd, m.id, LDAP_EXTENDED_RESPONSE, mood == NO_TLS ? 2 : 0);
        else if (m.op == LDAP_SEARCH)
            found(s, fd, m.id, mood);
        if (m.op == LDAP_EXTENDED && mood == INJECTS)
            result(fd, 2, LDAP_BIND_RESPONSE, 0);
        if (m.op == LDAP_UNBIND)
            return;
    }
}

static enum state ask(struct fx *f, enum mood mood, const char *settings, int timeout_ms)
{
    struct srv s;
    char at[64];

    srv_start(&s, serve, &mood);
    fx_run(f, "ldap", srv_at(&s, mood == GOOD ? "ldap://" : "", mood == GOOD ? "/" : "", at, sizeof(at)), settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

static void searches(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, GOOD, NULL, 5000), STATE_OK);
    assert_has(f->text, "2 entries in");
    assert_has(f->perf, "entries=2");
    assert_int_equal(ask(f, GOOD, "{\"user\":\"cn=me\",\"password\":\"x\",\"attribute\":\"MAIL\",\"expect\":\"bob@example.org\"}", 5000), STATE_OK);
    assert_has(f->text, "alice@example.org, bob@example.org");
    assert_has(f->trace, "* bind");
    assert_int_equal(ask(f, GOOD, "{\"attribute\":\"mail\",\"expect\":\"eve@example.org\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "wanted “eve@example.org”");
    assert_int_equal(ask(f, GOOD, "{\"count\":\"3:\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "2 entries, wanted 3:");
    assert_int_equal(ask(f, GOOD, "{\"warn\":\"0.0001ms\"}", 5000), STATE_WARNING);
}

static void refusals(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, NO_LOGIN, "{\"user\":\"cn=me\",\"password\":\"x\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "log-in as cn=me is refused: invalidCredentials because");
    assert_int_equal(ask(f, NO_TLS, "{\"tls\":\"starttls\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "refuses StartTLS: protocolError");
    assert_int_equal(ask(f, NO_BASE, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "noSuchObject");
}

static void hostile(void **state)
{
    struct fx *f = *state;
    static const enum mood bad[] = {GARBAGE, OTHER_ID, HUGE, OTHER_OP, CLOSES};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ask(f, bad[i], NULL, 5000), STATE_CRITICAL);
        assert_false(f->timed_out);
    }
    assert_int_equal(ask(f, INJECTS, "{\"tls\":\"starttls\"}", 500), STATE_CRITICAL);
    assert_int_equal(ask(f, FLOOD, NULL, 3000), STATE_CRITICAL);
    assert_int_equal(ask(f, SILENT_SEARCH, NULL, 200), STATE_CRITICAL);
    assert_has(f->text, "the search was not answered");
    assert_int_equal(ask(f, DRIPS, NULL, 200), STATE_CRITICAL);
    assert_has(f->text, "the log-in was not answered");
}

static void no_server(void **state)
{
    struct fx *f = *state;
    char at[40];

    snprintf(at, sizeof(at), "127.0.0.1:%d", srv_free_port());
    assert_int_equal(fx_run(f, "ldap", at, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "ldap", "x:99999", NULL), "no port");
    assert_has(fx_refused(f, "ldap", "a b", NULL), "no server");
    assert_has(fx_refused(f, "ldap", "x", "{\"filter\":\"(a=b\"}"), "no filter");
    assert_has(fx_refused(f, "ldap", "x", "{\"user\":\"cn=x\"}"), "needs a password");
    assert_has(fx_refused(f, "ldap", "x", "{\"expect\":\"x\"}"), "needs an attribute");
    f->address = NULL;
    assert_has(fx_refused(f, "ldap", NULL, NULL), "no address");
}

static int filter(const char *text, const char **ret, size_t *ret_n)
{
    static unsigned char space[2000];
    struct ber_out o = ber_out_of(space, sizeof(space));
    int code = ldap_filter_put(&o, text);

    *ret = (char *)o.at;
    *ret_n = (size_t)(o.end - o.at);
    return code;
}

static void filters(void **state)
{
    static const struct {
        const char *text, *bytes;
        size_t n;
    } good[] = {
#define F(text, bytes) {text, bytes, sizeof(bytes) - 1}
        F("(a=b)", "\xa3\x06\x04\x01" "a\x04\x01" "b"), F("a=b", "\xa3\x06\x04\x01" "a\x04\x01" "b"), F("(a=*)", "\x87\x01" "a"),
        F("(a>=1)", "\xa5\x06\x04\x01" "a\x04\x01" "1"), F("(a=x*y*z)", "\xa4\x0e\x04\x01" "a\x30\x09\x80\x01x\x81\x01y\x82\x01z"),
        F("(a=*y)", "\xa4\x08\x04\x01" "a\x30\x03\x82\x01y"), F("(a=\\2a)", "\xa3\x06\x04\x01" "a\x04\x01*"), F("(!(a=*))", "\xa2\x03\x87\x01" "a"),
    };
    const char *p;
    size_t n;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(filter(good[i].text, &p, &n), 0);
        assert_int_equal(n, good[i].n);
        assert_memory_equal(p, good[i].bytes, n);
    }
    assert_int_equal(filter("(&(a=b)(|(c=d)(e~=f)))", &p, &n), 0);
    for (const char *const *bad = (const char *const[]){"", "(", "()", "(a)", "(=b)", "(a=b))", "(&)", "(!(a=b)(c=d))", "(a=\\2)", "(a=b)(c=d)", "(a b=c)", "((a=b))", NULL}; *bad; bad++)
        assert_int_not_equal(filter(*bad, &p, &n), 0);
    assert_int_equal(filter("(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(a=b))))))))))))))))))))))))", &p, &n), -5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters),
        cmocka_unit_test_setup_teardown(searches, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(refusals, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(no_server, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

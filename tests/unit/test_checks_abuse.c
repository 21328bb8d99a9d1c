/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peers that abuse what a dialogue allows: words in the clear between STARTTLS and TLS, secrets said back, pages made
 * against a regular expression, lines and pings without end, an answer twice.  MON-3, MON-12. */
#include "checks_fixture.h"
#include "checks/hide.h"
#include "checks/pattern.h"
#include "wire/ldap.h"
#include "wire/websocket.h"

#include <poll.h>

enum { LIMIT_MS = 500 };

/* ---- a peer with lines: hears something that holds `hears`, then says `says` ---- */

struct turn {
    const char *hears, *says; /* hears NULL: at once */
    size_t n;                 /* of says; 0: a text */
    int after_ms;
};
struct peer {
    const struct turn *turns;
    char heard_late[4000]; /* what came after the last turn */
};

static void say(int fd, const struct turn *t)
{
    if (t->after_ms)
        usleep((useconds_t)t->after_ms * 1000);
    (void)!send(fd, t->says, t->n ? t->n : strlen(t->says), MSG_NOSIGNAL);
}

static void serve(struct srv *s, int fd)
{
    struct peer *p = s->arg;
    char heard[4000] = "";
    size_t n = 0;
    ssize_t k;

    for (const struct turn *t = p->turns; t->says; t++) {
        while (t->hears && memmem(heard, n, t->hears, strlen(t->hears)) == NULL) {
            k = recv(fd, heard + n, sizeof(heard) - n, 0);
            if (k <= 0)
                return;
            n += (size_t)k;
        }
        n = 0;
        say(fd, t);
    }
    while ((k = recv(fd, p->heard_late + n, sizeof(p->heard_late) - n, 0)) > 0)
        n += (size_t)k;
}

static enum state ask(struct fx *f, const char *kind, const char *before, const char *after, const char *settings, struct peer *p)
{
    struct srv s;
    char at[300];

    srv_start(&s, serve, p);
    fx_run(f, kind, srv_at(&s, before, after, at, sizeof(at)), settings, LIMIT_MS);
    srv_stop(&s);
    return f->state;
}

/* ---- between the agreement on TLS and its beginning ---- */

static const struct turn smtp_turns[] = {
    {NULL, "220 mail\r\n"}, {"EHLO", "250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"}, {"STARTTLS", "220 go\r\n"},
    {NULL, "250-mail\r\n250 AUTH PLAIN\r\n235 welcome\r\n", .after_ms = 50}, {0}};
/* "S", then: logged in, ready, one row, ready. */
static const struct turn postgres_turns[] = {
    {"\x04\xd2\x16\x2f", "S"}, {NULL, "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", 15, 50}, {0}};
#define HELLO "5.0\0\1\0\0\0saltsalt\0\xff\xff\x08\x02\0\xff\xff\x15\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0mysql_native_password\0"
static const struct turn mysql_turns[] = {{NULL, "\x47\0\0\0\x0a" HELLO, 75}, {"\x01", "\x47\0\0\0\x0a" HELLO "\x47\0\0\0\x0a" HELLO, 150, 50}, {0}};
#define AGREED "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"
static const struct turn ldap_turns[] = {{"1.3.6.1.4.1.1466.20037", AGREED, 14}, {NULL, AGREED AGREED, 28, 50}, {0}};

/* While all places for handshakes are taken the peer goes on in the clear, and gets no answer. */
static void words_before_tls(void **state)
{
    static const struct {
        const char *kind, *before, *after, *settings;
        const struct turn *turns;
    } cases[] = {
        {"smtp", "", "", "{\"tls\":\"starttls\",\"user\":\"me\",\"password\":\"hunter22\"}", smtp_turns},
        {"sql", "postgres://me@", "/x", "{\"tls\":true,\"password\":\"hunter22\"}", postgres_turns},
        {"sql", "mysql://me@", "/x", "{\"tls\":true,\"password\":\"hunter22\"}", mysql_turns},
        {"ldap", "ldap://", "", "{\"tls\":\"starttls\",\"user\":\"cn=me\",\"password\":\"hunter22\"}", ldap_turns},
        {"tls", "", "", "{\"starttls\":\"smtp\"}", smtp_turns},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct peer p = {.turns = cases[i].turns};

        f->env->tls_in_flight = PROBE_MAX_TLS;
        assert_int_equal(ask(f, cases[i].kind, cases[i].before, cases[i].after, cases[i].settings, &p), STATE_CRITICAL);
        assert_true(f->timed_out);
        assert_has(f->trace, "TLS"); /* it was agreed on */
        assert_string_equal(p.heard_late, "");
        assert_int_equal(f->env->tls_in_flight, PROBE_MAX_TLS);
        assert_null(f->env->tls_waiting.first);
        f->env->tls_in_flight = 0;
    }
}

/* The agreement, and nothing more: the row ends with it, but that is no success. */
static void no_tls_after_all(void **state)
{
    static const struct turn turns[] = {{NULL, "hello\n"}, {"TLS", "yes\n"}, {0}};
    struct fx *f = *state;

    for (int full = 0; full < 2; full++) {
        struct srv s;
        struct peer p = {.turns = turns};
        char settings[300];

        srv_start(&s, serve, &p);
        snprintf(settings, sizeof(settings), "{\"target\":\"127.0.0.1:%d\",\"steps\":[{\"expect\":\"hello\"},{\"send\":\"TLS\\\\n\",\"expect\":\"yes\"},{\"tls\":\"yes\"}]}", s.port);
        f->env->tls_in_flight = full ? PROBE_MAX_TLS : 0;
        assert_int_equal(fx_run(f, "script", NULL, settings, LIMIT_MS), STATE_CRITICAL);
        assert_has(f->text, "TLS");
        f->env->tls_in_flight = 0;
        srv_stop(&s);
    }
}

/* ---- secrets ---- */

static void secrets_said_back(void **state)
{
    struct fx *f = *state;
    struct peer redis = {.turns = (const struct turn[]){{"hunter22", "-ERR unknown command 'AUTH', with args beginning with: 'hunter22'\r\n"}, {0}}};
    struct peer plain = {.turns = (const struct turn[]){{NULL, "+hi\n"}, {"AUTH", "-no\n"}, {0}}};
    char settings[400];
    struct srv s;

    assert_int_equal(ask(f, "redis", "", "", "{\"password\":\"hunter22\"}", &redis), STATE_CRITICAL);
    assert_has(f->text, "unknown command");
    assert_null(strstr(f->text, "hunter22"));
    assert_null(strstr(f->more, "hunter22"));
    /* A row of the configuration that does not say that it is a secret. */
    srv_start(&s, serve, &plain);
    snprintf(settings, sizeof(settings),
             "{\"target\":\"127.0.0.1:%d\",\"user\":\"me\",\"password\":\"hunter22\",\"quit\":\"BYE {password}\\\\n\",\"steps\":[{\"expect\":\"+hi\"},{\"send\":\"AUTH {plain}\\\\n\",\"expect\":\"+ok\"}]}",
             s.port);
    assert_int_equal(fx_run(f, "script", NULL, settings, LIMIT_MS), STATE_CRITICAL);
    assert_has(f->text, "AUTH …");
    assert_null(strstr(f->text, "AG1lAGh1bnRlcjIy"));
    assert_null(strstr(f->trace, "AG1lAGh1bnRlcjIy"));
    srv_stop(&s);
}

static void hidden_in(struct attempt *a, const char *packed, const char *wanted)
{
    buf_clear(&a->text);
    buf_str(&a->text, packed);
    hide_secrets(a);
    assert_string_equal(buf_text(&a->text), wanted);
}

/* Only in texts: not in the sentence that is translated, nor in numbers. */
static void secrets_are_hidden(void **state)
{
    static const struct conf_row group[] = {{.key = "inner", .type = CONF_SECRET, .offset = sizeof(char *)}, {0}};
    static const struct conf_row rows[] = {{.key = "password", .type = CONF_SECRET, .offset = 0, .by_default = "public"},
                                           {.key = "more", .type = CONF_GROUP, .rows = group}, {0}};
    static const struct probe probe = {.kind = {.name = "x", .rows = rows}};
    const char *opts[2] = {"123456", "abcdef"};
    struct attempt *a = attempt_new(&probe, opts, NULL, "host", "check", NULL, 0, 1000);

    hidden_in(a, "123456 123456", "… …");
    hidden_in(a, "\x01took 123456 {1}\x1fl123456\x1fs<123456>\x1fmx abcdef", "\x01took 123456 {1}\x1fl123456\x1fs<…>\x1fmx …");
    hidden_in(a, "", "");
    opts[0] = "public"; /* the default is no secret */
    opts[1] = "abc";    /* stands in too many words */
    hidden_in(a, "public abc", "public abc");
    opts[1] = NULL;
    hidden_in(a, "public abc", "public abc");
    attempt_free(a);
}

/* ---- patterns ---- */

static int finds(const char *expression, const char *text, size_t n, const char *fit, const char *group)
{
    struct pattern *p = pattern_new(expression, PATTERN_UTF8);
    struct str whole = {0}, part = {0};
    int found;

    assert_non_null(p);
    found = pattern_find(p, text, n, &whole, &part);
    if (found == 1) {
        assert_true(str_is(whole, fit));
        assert_true(group ? str_is(part, group) : part.p == NULL);
    }
    assert_null(pattern_free(p));
    return found;
}

static void a_page_against_a_pattern(void **state)
{
    enum { PAGE = 1 << 20 };
    static const char *const slow[] = {"[a-z]+@x", "a*b", "(a+)+$", "(?:a?){30}a{30}b", "a{0,5000}b", "(?=a*b)x?c", "(a|aa)*c"};
    char *page = malloc(PAGE);
    struct str s;

    memset(page, 'a', PAGE);
    memcpy(page + PAGE - 12, " xbcfo@zy$M!", 12); /* the last letter is there, or PCRE2 would not begin */
    for (size_t i = 0; i < COUNT(slow); i++)
        assert_int_equal(finds(slow[i], page, PAGE, "", NULL), ERR_LIMIT);
    for (size_t i = 0; i < PAGE; i++)
        page[i] = "<p class=\"x\">Some words, 12 of them</p>\n"[i % 40];
    memcpy(page + PAGE - 30, "mail root@example.org, please", 29);
    assert_int_equal(finds("[a-z]+@([a-z.]+)", page, PAGE, "root@example.org", "example.org"), 1);
    assert_int_equal(finds("^[a-z]+@none$", page, PAGE, "", NULL), 0);
    assert_int_equal(finds("(x)?ma..", page, PAGE, "mail", NULL), 1);
    assert_int_equal(finds("", "", 0, "", NULL), 1);
    assert_null(pattern_new("(", PATTERN_BYTES));
    assert_null(pattern_free(NULL));
    /* Work adds up: many fits of one pattern cost no more than one. */
    memset(page, 'a', PAGE);
    struct pattern *p = pattern_new("a+?(?=b|a)", PATTERN_BYTES);
    int found = 1;
    for (size_t at = 0; found == 1 && at < PAGE; at += s.n)
        found = pattern_find(p, page + at, PAGE - at, &s, &(struct str){0});
    assert_true(found == 1 || found == ERR_LIMIT);
    pattern_free(p);
    free(page);
}

/* ---- without end ---- */

static void lines_without_end(struct srv *s, int fd)
{
    const char *line = s->arg;
    char many[64 * 100];
    size_t n = 0;

    while (n + strlen(line) < sizeof(many))
        n += (size_t)snprintf(many + n, sizeof(many) - n, "%s", line);
    while (!s->stop && send(fd, many, n, MSG_NOSIGNAL) > 0)
        ;
}

static void lines_and_pings(void **state)
{
    struct fx *f = *state;
    static const char *const lines[] = {"PING :x\r\n", ":irc NOTICE * :wait\r\n"};
    struct srv s;
    char at[64];

    for (size_t i = 0; i < COUNT(lines); i++) {
        srv_start(&s, lines_without_end, (void *)(uintptr_t)lines[i]);
        assert_int_equal(fx_run(f, "irc", srv_at(&s, "", "", at, sizeof(at)), NULL, 20000), STATE_CRITICAL);
        assert_has(f->text, "that were not wanted");
        assert_false(f->timed_out);
        srv_stop(&s);
    }
}

struct frames {
    const char *bytes;
    size_t n;
    int times;
};

static void websocket_frames(struct srv *s, int fd)
{
    const struct frames *x = s->arg;
    char heard[4000], accept[WS_ACCEPT_BYTES], key[WS_KEY_BYTES] = "", answer[400];
    const char *at;

    srv_hear(fd, heard, sizeof(heard));
    at = strstr(heard, "Sec-WebSocket-Key: ");
    if (at)
        str_copyn(key, sizeof(key), at + 19, strcspn(at + 19, "\r"));
    ws_accept(key, accept);
    snprintf(answer, sizeof(answer), "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    srv_say(fd, answer);
    for (int i = 0; i < x->times && send(fd, x->bytes, x->n, MSG_NOSIGNAL) > 0; i++)
        ;
    srv_wait(fd);
}

static void frames_without_sense(void **state)
{
    struct fx *f = *state;
    struct frames pings = {"\x89\x00", 2, 100000}, parts = {"\x01\x03you\x80\x00\x80\x00", 9, 1}, twice = {"\x01\x03you\x81\x03you", 10, 1};
    const struct {
        struct frames *x;
        const char *says;
    } cases[] = {{&pings, "pings without end"}, {&parts, "do not fit together"}, {&twice, "do not fit together"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct srv s;
        char url[64];

        srv_start(&s, websocket_frames, cases[i].x);
        assert_int_equal(fx_run(f, "websocket", srv_at(&s, "ws://", "/", url, sizeof(url)), "{\"ping\":false,\"expect\":\"me\"}", 20000), STATE_CRITICAL);
        assert_has(f->text, cases[i].says);
        srv_stop(&s);
    }
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(words_before_tls), T(no_tls_after_all), T(secrets_said_back), cmocka_unit_test(secrets_are_hidden),
        cmocka_unit_test(a_page_against_a_pattern), T(lines_and_pings), T(frames_without_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

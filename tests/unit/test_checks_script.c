/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The send/expect engine and every row of it: a server that behaves, one that says something else, none, and hostile
 * ones. A play is what the server hears and says; each row must have one. MON-12, MON-13, issue sections 1 and 5. */
#include "checks_fixture.h"
#include "checks/script/rows.h"
#include <poll.h>

/* The server waits until it has heard `hear` (NULL: it waits for nothing), then says `say` (escapes as in a row). */
struct turn {
    const char *hear, *say;
    bool secure; /* TLS begins after it */
};
struct play {
    const char *kind, *settings;
    enum state state;
    const char *text, *perf; /* must be in them; NULL: anything */
    struct turn turns[12];
};

#include "script_plays.h"

/* ---- the server ---- */

struct peer {
    int fd;
    SSL *ssl;
};

static ssize_t peer_read(struct peer *p, char *to, size_t n)
{
    return p->ssl ? SSL_read(p->ssl, to, (int)n) : recv(p->fd, to, n, 0);
}

static void peer_say(struct peer *p, const char *text)
{
    static const struct script_scope none = {0};
    struct buf b = BUF_MAX(100000);

    assert_int_equal(script_expand(&b, text, &none), 0);
    if (p->ssl)
        SSL_write(p->ssl, b.data, (int)b.len);
    else
        (void)!send(p->fd, b.data, b.len, MSG_NOSIGNAL);
    buf_done(&b);
}

/* False: the client went. */
static bool peer_hear(struct peer *p, const char *what)
{
    char heard[4096];
    size_t at = 0;

    while (at < sizeof(heard)) {
        ssize_t n = peer_read(p, heard + at, sizeof(heard) - at);

        if (n <= 0)
            return false;
        at += (size_t)n;
        if (memmem(heard, at, what, strlen(what)))
            return true;
    }
    return false;
}

static void plays(struct srv *s, int fd)
{
    const struct play *play = s->arg;
    struct peer p = {.fd = fd};
    char dust[4096];

    for (const struct turn *t = play->turns; t->hear || t->say || t->secure; t++) {
        if (t->hear && strcmp(t->hear, "-") == 0) /* hangs up */
            shutdown(fd, SHUT_WR);
        else if (t->hear && !peer_hear(&p, t->hear))
            break;
        if (t->say)
            peer_say(&p, t->say);
        if (t->secure && (p.ssl = srv_secure(s, fd)) == NULL)
            break;
    }
    while (peer_read(&p, dust, sizeof(dust)) > 0)
        ;
    SSL_free(p.ssl);
}

static int bad_plays; /* all are played before the test fails */

static void run_play(struct fx *f, const struct play *play)
{
    struct srv s;
    char at[64], ca[200], name[32];

    str_print(name, sizeof(name), "script%d.pem", (int)(play - script_plays)); /* a new one: authorities are read once */
    srv_start(&s, plays, (void *)(uintptr_t)play);
    srv_tls(&s, 30, fx_path(ca, sizeof(ca), name));
    f->conf.site.ca_file = ca;
    fx_run(f, play->kind, srv_at(&s, "", "", at, sizeof(at)), play->settings, 20000); /* a busy machine is slow */
    f->conf.site.ca_file = NULL;
    if (f->state != play->state || (play->text && !strstr(f->text, play->text)) || (play->perf && !strstr(f->perf, play->perf)))
        print_error("%s %s: state %d, “%s” [%s]; wanted %d, “%s” [%s]\n%s", play->kind, play->settings ? play->settings : "", f->state, f->text,
                 f->perf, play->state, play->text ? play->text : "", play->perf ? play->perf : "", f->trace), bad_plays++;
    assert_true(f->answered);
    srv_stop(&s);
    unlink(ca);
}

static void all_plays(void **state)
{
    for (size_t i = 0; i < COUNT(script_plays); i++)
        run_play(*state, &script_plays[i]);
    assert_int_equal(bad_plays, 0);
}

/* ---- all rows ---- */

static bool is_row(const struct probe *p)
{
    return p->start == script_start && !str_eq(p->kind.name, "udp") && !str_eq(p->kind.name, "script");
}

#define EACH_ROW(p)                                                                                                    \
    for (const struct probe *const *at_ = probes, *p = *at_; p; p = *++at_)                                            \
        if (is_row(p))

static void every_row_has_a_play(void **state)
{
    EACH_ROW(p)
    {
        int good = 0, bad = 0;

        for (size_t i = 0; i < COUNT(script_plays); i++)
            if (str_eq(script_plays[i].kind, p->kind.name))
                *(script_plays[i].state == STATE_OK ? &good : &bad) += 1;
        if (good == 0 || bad == 0)
            fail_msg("%s: %d good plays and %d bad ones", p->kind.name, good, bad);
        assert_non_null(p->kind.area);
        assert_non_null(p->kind.example);
    }
}

static void clean_end(struct fx *f, const char *kind, const char *peer)
{
    for (const char *p = f->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            fail_msg("%s, %s: control byte in “%s”", kind, peer, f->text);
    if (str_eq(kind, "finger") && f->state == STATE_OK)
        return; /* any text is an answer to it */
    if (f->state != STATE_CRITICAL || strlen(f->text) > 1000)
        fail_msg("%s, %s: state %d “%s”", kind, peer, f->state, f->text);
}

static void silent(struct srv *s, int fd) { srv_wait(fd); }

static void endless(struct srv *s, int fd)
{
    char block[8192];

    memset(block, 'x', sizeof(block));
    while (!s->stop && send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
        ;
}

static void endless_lines(struct srv *s, int fd)
{
    char block[8192];

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = i % 64 == 63 ? '\n' : 'y';
    while (!s->stop && send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
        ;
}

static void drip(struct srv *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = 0};

    while (!s->stop && !(p.revents & (POLLHUP | POLLERR)) && send(fd, "2", 1, MSG_NOSIGNAL) > 0)
        poll(&p, 1, 20);
}

static void garbage(struct srv *s, int fd)
{
    static const char bytes[] = "\xff\xfe\0\x1b[2J\x01\x1f" "i9\xc3\n\0\0\0\xff\xff\xff\xff\r\n";

    (void)!send(fd, bytes, sizeof(bytes) - 1, MSG_NOSIGNAL);
    srv_wait(fd);
}

static void half_open(struct srv *s, int fd)
{
    shutdown(fd, SHUT_WR);
    srv_wait(fd);
}

static void reset(struct srv *s, int fd)
{
    struct linger l = {1, 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static void other_server(struct srv *s, int fd)
{
    srv_say(fd, "HTTP/1.1 400 Bad Request\r\nServer: something else\r\nConnection: close\r\n\r\n");
    srv_wait(fd);
}

static void hostile_peers(void **state)
{
    static const struct {
        const char *name;
        void (*serve)(struct srv *, int);
    } peers[] = {{"silence", silent},   {"flood", endless},    {"flood of lines", endless_lines}, {"drip", drip}, {"garbage", garbage},
                 {"half-open", half_open}, {"reset", reset}, {"another server", other_server}};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(peers); i++) {
        struct srv s;
        char at[64];

        srv_start(&s, peers[i].serve, NULL);
        srv_at(&s, "", "", at, sizeof(at));
        EACH_ROW(p)
        {
            fx_run(f, p->kind.name, at, NULL, 150);
            clean_end(f, p->kind.name, peers[i].name);
        }
        srv_stop(&s);
    }
}

static bool has_option(const struct probe *p, const char *key)
{
    for (const struct conf_row *r = p->kind.rows; r->key; r++)
        if (str_eq(r->key, key))
            return true;
    return false;
}

static void hostile_tls(void **state)
{
    struct fx *f = *state;
    struct srv s, strange;
    char at[64], there[64];

    srv_start(&s, garbage, NULL);
    srv_at(&s, "", "", at, sizeof(at));
    srv_start(&strange, plays, (void *)(uintptr_t)&(const struct play){.turns = {{.secure = true}}});
    srv_tls(&strange, 30, NULL); /* nobody trusts it */
    srv_at(&strange, "", "", there, sizeof(there));
    EACH_ROW(p)
    {
        if (!has_option(p, "tls"))
            continue;
        fx_run(f, p->kind.name, at, "{\"tls\":\"yes\"}", 400);
        clean_end(f, p->kind.name, "garbage for TLS");
        fx_run(f, p->kind.name, there, "{\"tls\":\"yes\"}", 2000);
        clean_end(f, p->kind.name, "wrong certificate");
        assert_has(f->text, "not trusted");
    }
    srv_stop(&s);
    srv_stop(&strange);
}

static void refused(void **state)
{
    struct fx *f = *state;
    char at[64];

    snprintf(at, sizeof(at), "127.0.0.1:%d", srv_free_port());
    EACH_ROW(p)
    {
        fx_run(f, p->kind.name, at, NULL, 2000);
        assert_int_equal(f->state, STATE_CRITICAL);
        assert_has(f->text, "refused");
        assert_true(f->answered);
    }
}

/* ---- options ---- */

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "smtp", "a:b:c", NULL), "no place to connect to");
    assert_has(fx_refused(f, "smtp", "host", "{\"password\":\"x\"}"), "without a user");
    assert_has(fx_refused(f, "imap", "host", "{\"user\":\"a\\nb\",\"password\":\"x\"}"), "control character");
    f->address = NULL;
    assert_has(fx_refused(f, "smtp", "25", NULL), "no address");
    assert_has(fx_refused(f, "smtp", NULL, NULL), "no address");
}

static void secrets_stay(void **state)
{
    static const struct play login = {.turns = {{NULL, "+OK hello\\r\\n"}, {"CAPA", "-ERR\\r\\n"}, {"USER", "+OK\\r\\n"}, {"PASS", "-ERR no\\r\\n"}}};
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, plays, (void *)(uintptr_t)&login);
    fx_run(f, "pop3", srv_at(&s, "", "", at, sizeof(at)), "{\"user\":\"me\",\"password\":\"hunter2\"}", 2000);
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_has(f->text, "log-in was refused");
    assert_has(f->trace, "> PASS …");
    assert_null(strstr(f->trace, "hunter2"));
    srv_stop(&s);
}

/* ---- dialogues of the configuration ---- */

/* settings has %d for the port. */
static enum state own(struct fx *f, const char *kind, const struct play *play, const char *settings)
{
    struct srv s;
    char text[1000];

    srv_start(&s, plays, (void *)(uintptr_t)play);
    srv_tls(&s, 30, NULL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof(text), settings, s.port);
#pragma GCC diagnostic pop
    fx_run(f, kind, NULL, text, 2000);
    srv_stop(&s);
    return f->state;
}

static const struct play game = {
    .turns = {{NULL, "HELLO arena 7\\r\\n"}, {"STATUS\r\n", "map=x players=12\\r\\n"}, {"LOGIN me pw", "OK\\r\\n"}}};
#define GAME "{\"target\":\"127.0.0.1:%d\",\"user\":\"me\",\"password\":\"pw\",\"quit\":\"BYE\\r\\n\",\"steps\":["

static void own_scripts(void **state)
{
    struct fx *f = *state;

    assert_int_equal(own(f, "script", &game, GAME "{\"expect\":\"HI|HELLO\",\"capture\":\"greeting\"},"
                     "{\"send\":\"STATUS\\r\\n\",\"regex\":\"players=([0-9]+)\",\"capture\":\"players\"},"
                     "{\"send\":\"LOGIN {user} {password}\\r\\n\",\"contains\":\"OK\"}]}"), STATE_OK);
    assert_has(f->text, "HELLO arena 7, 12, ");
    assert_has(f->perf, "players=12");
    assert_has(f->trace, "> LOGIN …");
    assert_null(strstr(f->trace, "pw"));
    assert_has(f->trace, "> BYE");
    assert_int_equal(own(f, "script", &game, GAME "{\"expect\":\"220\"}]}"), STATE_CRITICAL);
    assert_has(f->text, "said “HELLO arena 7”, wanted a line beginning with 220");
    assert_int_equal(own(f, "script", &game, GAME "{\"expect\":\"HELLO\"},{\"expect\":\"more\",\"timeout\":\"100ms\"}]}"), STATE_CRITICAL);
    assert_has(f->text, "nothing was said within 100");
}

static void own_tls(void **state)
{
    static const struct play secret = {
        .turns = {{NULL, "220 a\\r\\n"}, {"STARTTLS", "220 go\\r\\n", true}, {"EHLO", "250-x\\r\\n250 y\\r\\n"}, {"BYE", "bye\\r\\n"}, {"-", NULL}}};
    struct fx *f = *state;

    assert_int_equal(own(f, "script", &secret, "{\"target\":\"127.0.0.1:%d\",\"verify\":false,\"certificate\":{\"warn\":\"1d\",\"crit\":\"1d\"},\"steps\":[{\"expect\":\"220\"},"
                     "{\"send\":\"STARTTLS\\r\\n\",\"expect\":\"220\",\"tls\":\"yes\"},{\"send\":\"EHLO x\\r\\n\",\"expect\":\"250\"},"
                     "{\"send\":\"BYE\\r\\n\",\"close\":\"yes\"}]}"), STATE_OK);
    assert_has(f->perf, "days=");
}

static void own_mistakes(void **state)
{
    static const struct {
        const char *steps, *why;
    } bad[] = {
        {"[]", "needs “steps”|empty"},
        {"[{\"capture\":\"x\"}]", "a step needs one of"},
        {"[{\"expect\":\"a\",\"contains\":\"b\"}]", "split it"},
        {"[{\"regex\":\"a(\"}]", "no regular expression"},
        {"[{\"send\":\"{nothing}\"}]", "a macro that there is not"},
        {"[{\"hex\":\"0g\"}]", "not hexadecimal"},
        {"[{\"expect\":\"a\",\"timeout\":\"soon\"}]", "no duration"},
        {"[{\"expect\":\"\"}]", "is empty"},
        {"[{\"expct\":\"a\"}]", "did you mean “expect”"},
        {"\"a\"", "a list of mappings with send"},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[300], *bar = strchr(bad[i].why, '|');

        snprintf(text, sizeof(text), "{\"target\":\"h:1\",\"steps\":%s}", bad[i].steps);
        assert_has(fx_refused(f, "script", NULL, text), bar ? bar + 1 : bad[i].why);
    }
    assert_has(fx_refused(f, "script", NULL, "{\"steps\":[{\"expect\":\"a\"}]}"), "script needs “target”");
    assert_has(fx_refused(f, "udp", "h:1", NULL), "give “send” or “hex”");
}

/* ---- datagrams ---- */

static void *answer_dgrams(void *arg)
{
    int fd = *(int *)arg;
    char heard[200];
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    ssize_t n = recvfrom(fd, heard, sizeof(heard), 0, (struct sockaddr *)&from, &len); /* the first one is lost */

    while (n > 0 && heard[0] != 'x') {
        len = sizeof(from);
        n = recvfrom(fd, heard, sizeof(heard), 0, (struct sockaddr *)&from, &len);
        if (n > 0 && heard[0] == 'O')
            sendto(fd, "SIP/2.0 200 OK\r\nServer: x\r\n\r\n", 30, 0, (struct sockaddr *)&from, len);
        else if (n > 0)
            sendto(fd, "pong\0\1", 6, 0, (struct sockaddr *)&from, len);
    }
    return NULL;
}

static void datagrams(void **state)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sin);
    struct fx *f = *state;
    pthread_t thread;
    char at[64], closed[64];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    getsockname(fd, (struct sockaddr *)&sin, &len);
    snprintf(at, sizeof(at), "127.0.0.1:%d", ntohs(sin.sin_port));
    pthread_create(&thread, NULL, answer_dgrams, &fd);
    assert_int_equal(fx_run(f, "udp", at, "{\"send\":\"ping\",\"expect\":\"pong\"}", 5000), STATE_OK);
    assert_has(f->text, "answered “pong");
    assert_int_equal(fx_run(f, "udp", at, "{\"hex\":\"ff 00\"}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "udp", at, "{\"send\":\"ping\",\"expect\":\"gong\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "said “pong");
    assert_int_equal(fx_run(f, "sip", at, NULL, 5000), STATE_OK);
    assert_has(f->text, "SIP/2.0 200 OK, x");
    sendto(fd, "x", 1, 0, (struct sockaddr *)&sin, sizeof(sin));
    pthread_join(thread, NULL);
    assert_int_equal(fx_run(f, "udp", at, "{\"send\":\"ping\"}", 200), STATE_CRITICAL); /* it hears, and says nothing */
    assert_has(f->text, "no answer within");
    close(fd);
    snprintf(closed, sizeof(closed), "127.0.0.1:%d", ntohs(sin.sin_port));
    assert_int_equal(fx_run(f, "udp", closed, "{\"send\":\"ping\"}", 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

/* ---- texts ---- */

static void check_text(const char *text, const char *want, size_t n)
{
    const struct script_scope s = {.host = "h", .user = "u\"x", .password = "p", .name = "n"};
    struct buf b = BUF_MAX(1000);

    assert_int_equal(script_expand(&b, text, &s), 0);
    if (b.len != n || memcmp(b.data, want, n) != 0)
        fail_msg("%s became “%s”", text, buf_text(&b));
    buf_done(&b);
}
#define TEXT(text, want) check_text(text, want, sizeof(want) - 1)

static void texts(void **state)
{
    static const struct script_scope none = {0};
    static const char *const bad[] = {"{", "{nothing}", "{u16:", "{u16:a", "{u17:a}", "{user", "{u8:{u8:{u8:{u8:{u8:{u8:{u8:x}}}}}}}"};
    struct buf b = BUF_MAX(1000);

    TEXT("a\\r\\n\\t\\x41\\0\\\\\\q\\x4", "a\r\n\tA\0\\\\q\\x4");
    TEXT("{host} {{host} }", "h {host} }");
    TEXT("{user.quoted}", "\"u\\\"x\"");
    TEXT("{plain}", "AHUieABw");
    TEXT("{u16:ab{u8:c}}", "\0\4ab\1c");
    TEXT("{u32:}", "\0\0\0\0");
    TEXT("{u24le:a}", "\1\0\0a");
    TEXT("{len32:abc}", "\0\0\0\7abc");
    TEXT("{hex4:a\\n}", "0006a\n");
    TEXT("{var:a}", "\1a");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(script_expand(&b, bad[i], &none), ERR_INVALID);
    buf_done(&b);
}

/* ---- the part before STARTTLS, as another probe uses it ---- */

static void starttls_rows(void **state)
{
    static const char *const words[] = {"smtp", "submission", "lmtp", "imap", "pop3", "managesieve", "ftp", "nntp", "xmpp", "postgres", "mysql", "ldap"};

    for (size_t i = 0; i < COUNT(words); i++)
        assert_non_null(script_starttls_find(words[i]));
    assert_null(script_starttls_find("ssh"));
}

static int swallow(void *arg, const void *p, size_t n)
{
    buf_add(arg, p, n);
    return 0;
}

static void starttls_alone(void **state)
{
    struct fx *f = *state;
    const void *opts;
    struct err e;
    struct buf said = BUF_MAX(1000);
    struct script_talk t;
    struct attempt *a;

    fx_opts(f, probe_find("smtp"), "x:25", NULL, &opts, &e);
    a = attempt_new(probe_find("smtp"), opts, NULL, "host", NULL, NULL, 0, 1000);
    script_talk_init(&t, a, script_starttls_find("smtp"), IF_STARTTLS, swallow, &said);
    t.scope.self = "me";
    assert_int_equal(script_starttls_start(&t), SCRIPT_MORE);
    assert_int_equal(script_starttls_data(&t, "220 a\r\n", 7), SCRIPT_MORE);
    assert_string_equal(buf_text(&said), "EHLO me\r\n");
    assert_int_equal(script_starttls_data(&t, "250-a\r\n250 STARTTLS\r\n", 21), SCRIPT_MORE);
    assert_int_equal(script_starttls_data(&t, "220 go\r\n250 slipped in\r\n", 24), SCRIPT_FAILED);
    script_starttls_done(&t);
    script_talk_init(&t, a, script_starttls_find("smtp"), IF_STARTTLS, swallow, &said);
    script_starttls_start(&t);
    assert_int_equal(script_starttls_data(&t, "220 a\r\n250-a\r\n250 STARTTLS\r\n220 go\r\n", 36), SCRIPT_READY);
    script_starttls_done(&t);
    script_talk_init(&t, a, script_starttls_find("smtp"), IF_STARTTLS, swallow, &said);
    script_starttls_start(&t);
    assert_int_equal(script_starttls_data(&t, "220 a\r\n250 a\r\n", 14), SCRIPT_FAILED);
    assert_has(buf_text(&a->text), "is not offered");
    script_starttls_done(&t);
    buf_done(&said);
    attempt_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(every_row_has_a_play),
        cmocka_unit_test(starttls_rows),
        cmocka_unit_test_setup_teardown(all_plays, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(refused, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(secrets_stay, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(starttls_alone, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(own_scripts, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(own_tls, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(own_mistakes, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(datagrams, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile_peers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile_tls, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The websocket probe against servers of the test's own: one that behaves, several that lie, and silent ones. */
#include "checks_fixture.h"
#include "wire/websocket.h"

enum how { GOOD, REFUSES, WRONG_ACCEPT, NO_UPGRADE, NO_HTTP, NO_ANSWER, NO_PONG, CLOSES, MASKED, FLOOD, FRAGMENTS, DRIP, RESETS, PROTOCOL, HEADERS };

static void upgrade(int fd, enum how how, char *heard)
{
    char key[WS_KEY_BYTES] = "", accept[WS_ACCEPT_BYTES], answer[1000];
    const char *at = strstr(heard, "Sec-WebSocket-Key: ");

    if (at)
        str_copyn(key, sizeof(key), at + 19, strcspn(at + 19, "\r"));
    ws_accept(how == WRONG_ACCEPT ? "x" : key, accept);
    snprintf(answer, sizeof(answer), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: %s\r\nConnection: keep-alive, Upgrade\r\n%s"
             "Sec-WebSocket-Accept: %s\r\n\r\n", how == NO_UPGRADE ? "h2c" : "websocket",
             how == PROTOCOL ? "Sec-WebSocket-Protocol: chat\r\n" : "", accept);
    srv_say(fd, answer);
}

static void frame(int fd, int first, const char *p, size_t n, int masked)
{
    unsigned char head[2] = {(unsigned char)first, (unsigned char)(n | (masked ? 0x80 : 0))};

    send(fd, head, 2, MSG_NOSIGNAL);
    send(fd, p, n, MSG_NOSIGNAL);
}

/* Takes one short frame of the client's; its opcode, or -1. */
static int take(int fd, char *payload, size_t *ret_n)
{
    unsigned char head[6];

    if (recv(fd, head, 6, MSG_WAITALL) != 6 || !(head[1] & 0x80) || (head[1] & 127) > 125)
        return -1;
    *ret_n = head[1] & 127;
    if (*ret_n && recv(fd, payload, *ret_n, MSG_WAITALL) != (ssize_t)*ret_n)
        return -1;
    for (size_t i = 0; i < *ret_n; i++)
        payload[i] = (char)(payload[i] ^ head[2 + i % 4]);
    return head[0] & 15;
}

static void answer_frames(int fd, enum how how)
{
    char payload[128];
    size_t n = 0;
    int opcode;

    while ((opcode = take(fd, payload, &n)) >= 0) {
        if (opcode == WS_PING && how == NO_PONG)
            continue;
        if (opcode == WS_PING && how == CLOSES)
            frame(fd, 0x88, "\x03\xf3" "going away", 12, 0);
        else if (opcode == WS_PING && how == RESETS)
            return;
        else if (opcode == WS_PING)
            frame(fd, 0x8a, payload, n, how == MASKED);
        else if (opcode == WS_TEXT && how == FRAGMENTS)
            frame(fd, 0x01, "wel", 3, 0), frame(fd, 0x89, "x", 1, 0), frame(fd, 0x80, "come", 4, 0);
        else if (opcode == WS_TEXT)
            frame(fd, 0x81, payload, n, 0);
    }
}

static void flood(int fd)
{
    static const char dust[65536];

    for (int i = 0; i < 100; i++) {
        send(fd, i ? "\x00\x7f\x00\x00\x00\x00\x00\x01\x00\x00" : "\x01\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10, MSG_NOSIGNAL);
        if (send(fd, dust, sizeof(dust), MSG_NOSIGNAL) <= 0)
            return;
    }
}

static void serve(struct srv *s, int fd)
{
    enum how how = *(enum how *)s->arg;
    static char heard[8192];

    if (how == NO_ANSWER) {
        srv_wait(fd);
        return;
    }
    srv_hear(fd, heard, sizeof(heard));
    if (how == REFUSES)
        srv_say(fd, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    else if (how == NO_HTTP)
        srv_say(fd, "220 mail.example.org ESMTP\r\n");
    else if (how == HEADERS)
        for (int i = 0; i < 3000; i++)
            srv_say(fd, i ? "X-Header: 0123456789\r\n" : "HTTP/1.1 101 Switching Protocols\r\n");
    else if (how == DRIP)
        for (int i = 0; i < 100 && !s->stop && send(fd, &"HTTP/1.1 101 S"[i < 14 ? i : 13], 1, MSG_NOSIGNAL) == 1; i++)
            usleep(20000);
    else {
        upgrade(fd, how, heard);
        if (how == FLOOD)
            flood(fd);
        answer_frames(fd, how);
        return;
    }
    srv_wait(fd);
}

static enum state run(struct fx *f, enum how how, const char *settings, int64_t timeout_ms)
{
    struct srv s;
    char url[200];

    srv_start(&s, serve, &how);
    fx_run(f, "websocket", srv_at(&s, "ws://", "/socket", url, sizeof(url)), settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

static void upgrades(void **state)
{
    struct fx *f = *state;

    assert_int_equal(run(f, GOOD, NULL, 5000), STATE_OK);
    assert_has(f->text, "ping answered in");
    assert_has(f->perf, "time_ping=");
    assert_has(f->trace, "Sec-WebSocket-Key");
    assert_int_equal(run(f, GOOD, "{\"ping\":false}", 5000), STATE_OK);
    assert_has(f->text, "upgraded in");
    assert_int_equal(run(f, GOOD, "{\"send\":\"hello there\",\"expect\":\"there\"}", 5000), STATE_OK);
    assert_has(f->text, "heard “hello there”");
    assert_int_equal(run(f, FRAGMENTS, "{\"send\":\"hi\",\"expect\":\"welcome\"}", 5000), STATE_OK);
    assert_int_equal(run(f, PROTOCOL, "{\"protocol\":\"chat\"}", 5000), STATE_OK);
    assert_int_equal(run(f, GOOD, "{\"warn\":\"0.0001ms\"}", 5000), STATE_WARNING);
}

static void lies(void **state)
{
    static const struct {
        enum how how;
        const char *settings, *text;
    } cases[] = {
        {REFUSES, NULL, "no upgrade: 403 Forbidden"},
        {WRONG_ACCEPT, NULL, "did not understand"},
        {NO_UPGRADE, NULL, "the header Upgrade"},
        {NO_HTTP, NULL, "which is no HTTP"},
        {HEADERS, NULL, "too many headers"},
        {CLOSES, NULL, "closed the connection: 1011 going away"},
        {MASKED, NULL, "no WebSocket frame"},
        {FLOOD, NULL, "larger than 1 MiB"},
        {RESETS, NULL, "instead of answering the ping"},
        {PROTOCOL, NULL, "the sub-protocol “chat”"},
        {GOOD, "{\"protocol\":\"mqtt\"}", "wanted “mqtt”"},
        {NO_ANSWER, NULL, "no answer to the upgrade"},
        {DRIP, NULL, "no answer to the upgrade"},
        {NO_PONG, NULL, "no answer to the ping"},
        {GOOD, "{\"send\":\"a\",\"expect\":\"b\"}", "heard “a”, wanted “b”"},
        {GOOD, "{\"expect\":\"b\"}", "nothing was said"},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(run(f, cases[i].how, cases[i].settings, 700), STATE_CRITICAL);
        assert_has(f->text, cases[i].text);
        assert_true(f->answered);
    }
}

static void nobody(void **state)
{
    struct fx *f = *state;
    char url[100];

    snprintf(url, sizeof(url), "ws://127.0.0.1:%d/", srv_free_port());
    assert_int_equal(fx_run(f, "websocket", url, NULL, 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

static void serve_tls(struct srv *s, int fd)
{
    SSL *ssl = srv_secure(s, fd);
    char heard[4096], key[WS_KEY_BYTES] = "", accept[WS_ACCEPT_BYTES], answer[500];
    const char *at;
    int n = ssl ? SSL_read(ssl, heard, sizeof(heard) - 1) : 0;

    heard[n > 0 ? n : 0] = '\0';
    if ((at = strstr(heard, "Sec-WebSocket-Key: "))) {
        str_copyn(key, sizeof(key), at + 19, strcspn(at + 19, "\r"));
        ws_accept(key, accept);
        snprintf(answer, sizeof(answer), "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
        SSL_write(ssl, answer, (int)strlen(answer));
    }
    srv_wait(fd);
    SSL_free(ssl);
}

static void over_tls(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char url[100], ca[200];

    srv_start(&s, serve_tls, NULL);
    srv_tls(&s, 10, fx_path(ca, sizeof(ca), "ws-ca.pem"));
    srv_at(&s, "wss://", "/", url, sizeof(url));
    assert_int_equal(fx_run(f, "websocket", url, "{\"ping\":false,\"verify\":false,\"certificate\":{\"warn\":\"5d\"}}", 3000), STATE_OK);
    assert_int_equal(fx_run(f, "websocket", url, "{\"ping\":false}", 3000), STATE_CRITICAL); /* nobody vouches for it */
    f->conf.site.ca_file = ca;
    assert_int_equal(fx_run(f, "websocket", url, "{\"ping\":false}", 3000), STATE_WARNING); /* ten days left */
    assert_int_equal(fx_run(f, "websocket", url, "{\"ping\":false,\"server_name\":\"example.org\"}", 3000), STATE_CRITICAL);
    srv_stop(&s);
    unlink(ca);
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "websocket", "example.org", NULL), "no WebSocket address");
    assert_has(fx_refused(f, "websocket", "ws://x/", "{\"headers\":{\"a b\":\"c\"}}"), "no header");
    assert_has(fx_refused(f, "websocket", "ws://x/", "{\"origin\":\"a\\r\\nb\"}"), "one line each");
}

static void the_codec(void **state)
{
    char accept[WS_ACCEPT_BYTES];
    struct ws_frame f;
    struct ws_reply r;

    ws_accept("dGhlIHNhbXBsZSBub25jZQ==", accept); /* the example of RFC 6455, 1.3 */
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_int_equal(ws_frame_read("\x81\x05hello", 7, &f), 1);
    assert_int_equal(f.payload_bytes, 5);
    assert_int_equal(ws_frame_read("\x81\x05hell", 6, &f), 0);
    assert_true(ws_frame_read("\x83\x00", 2, &f) < 0);               /* reserved */
    assert_true(ws_frame_read("\x81\x7e\x00\x05hello", 9, &f) < 0);  /* a length written the long way */
    assert_true(ws_frame_read("\x89\x7e\x00\x80", 4, &f) < 0);       /* a long ping */
    assert_true(ws_frame_read("\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff", 10, &f) < 0);
    assert_int_equal(ws_reply_read("HTTP/1.1 1", 10, &r), 0);
    assert_true(ws_reply_read("SSH-2.0-x\r\n\r\n", 13, &r) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(upgrades, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(lies, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(nobody, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(over_tls, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test(the_codec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nrpe probe against agents of both versions, with and without TLS, and against peers that are none. MON-4. */
#include "checks_fixture.h"
#include "wire/nrpe.h"

enum mood { GOOD, ONLY_2, ONLY_2_SPEAKS, WARNS, ODD_CODE, LONG, CLOSES, BAD_CRC, CUT, GARBAGE, SILENT, HUGE, DRIPS, FLOOD, QUERY_BACK, CLOSES_ARGS };

struct agent {
    enum mood mood;
    char asked[NRPE_MAX_COMMAND + 1];
    int versions[10], n;
};

/* Bytes as an agent makes them: version 2 ends in two odd bytes, version 4 is as long as its text. */
static size_t packet(unsigned char *out, int version, int type, int result, const char *text)
{
    unsigned char q[NRPE_PACKET];
    struct nrpe_packet p = {.version = version, .type = type, .result = result, .text = str_of(text)};

    assert_int_equal(nrpe_encode(&p, q), 0);
    memcpy(out, q, sizeof(q));
    return sizeof(q);
}

/* "OK - fine|n=1;2;3" of version 4 with status 1, by hand; the CRC from elsewhere (zlib). */
static const unsigned char four[] = "\x00\x04\x00\x02" "\x00\x00\x00\x00" "\x00\x00\x00\x00\x00\x00\x00\x12" "OK - fine|n=1;2;3";

static bool hears(struct agent *g, int fd)
{
    char in[NRPE_PACKET];
    struct nrpe_packet p;

    if (recv(fd, in, sizeof(in), MSG_WAITALL) != (ssize_t)sizeof(in) || nrpe_decode(in, sizeof(in), &p) != 0)
        return false;
    str_copyn(g->asked, sizeof(g->asked), p.text.p, p.text.n);
    g->versions[g->n++ % 10] = p.version;
    return true;
}

static void answers(struct srv *s, struct agent *g, int fd)
{
    static const char junk[] = "SSH-2.0-OpenSSH_9.2\r\n";
    unsigned char out[NRPE_PACKET + 10];
    int version = g->versions[(g->n - 1) % 10];
    size_t n = packet(out, version, g->mood == QUERY_BACK ? NRPE_QUERY : NRPE_RESPONSE, g->mood == WARNS ? 1 : g->mood == ODD_CODE ? 200 : 0,
                      g->mood == LONG ? "DISK OK|a=1\nmore of it\nlast|b=2" : "OK - fine|n=1;2;3");

    if (g->mood == SILENT) {
        srv_wait(fd);
    } else if (g->mood == CLOSES || (g->mood == ONLY_2 && version != 2) || (g->mood == CLOSES_ARGS && strchr(g->asked, '!'))) {
        return;
    } else if (g->mood == ONLY_2_SPEAKS && version != 2) {
        n = packet(out, 2, NRPE_RESPONSE, 3, "Invalid packet version.3");
        (void)!send(fd, out, n, MSG_NOSIGNAL);
    } else if (g->mood == GARBAGE) {
        srv_say(fd, junk);
    } else if (g->mood == HUGE) {
        (void)!send(fd, "\0\4\0\2\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 16, MSG_NOSIGNAL);
        srv_wait(fd);
    } else if (g->mood == DRIPS) {
        for (size_t i = 0; i < n && !s->stop && send(fd, out + i, 1, MSG_NOSIGNAL) == 1; i++)
            usleep(20000);
    } else if (g->mood == FLOOD) {
        while (!s->stop && send(fd, "\0\4\0\2\0\0\0\0\0\0\0\0\0\1\0\0", 16, MSG_NOSIGNAL) > 0)
            ;
    } else {
        out[4] ^= g->mood == BAD_CRC;
        (void)!send(fd, out, g->mood == CUT ? n / 2 : n, MSG_NOSIGNAL);
    }
}

static void serve(struct srv *s, int fd)
{
    struct agent *g = s->arg;

    if (hears(g, fd))
        answers(s, g, fd);
}

static enum state ask(struct fx *f, struct agent *g, const char *more, int64_t timeout_ms)
{
    struct srv s;
    char settings[300];

    srv_start(&s, serve, g);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\",\"tls\":\"no\"%s}", s.port, more);
    fx_run(f, "nrpe", "check_x", settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

static void well(void **state)
{
    struct fx *f = *state;
    struct agent g = {GOOD};

    assert_int_equal(ask(f, &g, "", 5000), STATE_OK);
    assert_string_equal(f->text, "OK - fine");
    assert_has(f->perf, "n=1;2;3");
    assert_string_equal(g.asked, "check_x");
    assert_int_equal(g.versions[0], 4);
    assert_int_equal(ask(f, &g, ",\"args\":[\"80\",\"90\"]", 5000), STATE_OK);
    assert_string_equal(g.asked, "check_x!80!90");
    assert_int_equal(ask(f, &g, ",\"version\":\"2\"", 5000), STATE_OK);
    assert_int_equal(g.versions[2], 2);
    g.mood = WARNS;
    assert_int_equal(ask(f, &g, "", 5000), STATE_WARNING);
    g.mood = LONG;
    assert_int_equal(ask(f, &g, "", 5000), STATE_OK);
    assert_has(f->more, "more of it");
    assert_has(f->perf, "a=1 b=2");
    g.mood = ODD_CODE;
    assert_int_equal(ask(f, &g, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "200 is out of bounds");
    g.mood = GOOD;
    assert_int_equal(ask(f, &g, ",\"crit\":\"0.0001ms\"", 5000), STATE_CRITICAL);
}

static void older(void **state)
{
    struct fx *f = *state;
    struct agent g = {ONLY_2};

    assert_int_equal(ask(f, &g, "", 5000), STATE_OK);
    assert_true(g.n == 2 && g.versions[0] == 4 && g.versions[1] == 2);
    assert_int_equal(ask(f, &g, "", 5000), STATE_OK); /* remembered */
    assert_true(g.n == 3 && g.versions[2] == 2);
    assert_int_equal(ask(f, &g, ",\"version\":\"4\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "allowed_hosts");
    free(f->memory);
    f->memory = NULL;
    g = (struct agent){ONLY_2_SPEAKS};
    assert_int_equal(ask(f, &g, "", 5000), STATE_OK);
}

static void hostile(void **state)
{
    struct fx *f = *state;
    static const struct {
        enum mood mood;
        const char *say;
    } t[] = {{CLOSES, "allowed_hosts"}, {BAD_CRC, "damaged"}, {CUT, "in the middle"}, {GARBAGE, "something else"}, {SILENT, "no whole answer"},
             {HUGE, "damaged"}, {DRIPS, "no whole answer"}, {FLOOD, "damaged"}, {QUERY_BACK, "damaged"}};
    struct agent g = {CLOSES_ARGS};

    for (size_t i = 0; i < COUNT(t); i++) {
        struct agent one = {t[i].mood};

        assert_int_equal(ask(f, &one, t[i].mood == FLOOD ? ",\"version\":\"4\"" : "", 400), STATE_CRITICAL);
        if (t[i].mood == FLOOD)
            continue;
        assert_has(f->text, t[i].say);
    }
    assert_int_equal(ask(f, &g, ",\"args\":[\"1\"]", 2000), STATE_CRITICAL);
    assert_has(f->text, "dont_blame_nrpe");
}

static void codec(void **state)
{
    unsigned char bytes[sizeof(four) + 10];
    struct nrpe_packet p;

    memcpy(bytes, four, sizeof(four));
    assert_int_equal(nrpe_frame((char *)bytes, sizeof(four)), sizeof(four)); /* the text's NUL counts */
    assert_int_equal(nrpe_decode((char *)bytes, sizeof(four), &p), -12);     /* no CRC */
    memcpy(bytes + 4, "\x41" "\x4f" "\x4c" "\x50", 4);
    assert_int_equal(nrpe_decode((char *)bytes, sizeof(four), &p), 0);
    assert_true(p.version == 4 && p.type == NRPE_RESPONSE && str_is(p.text, "OK - fine|n=1;2;3"));
    bytes[20] ^= 1;
    assert_int_not_equal(nrpe_decode((char *)bytes, sizeof(four), &p), 0);
    assert_int_equal(nrpe_frame("\0\5", 2), -12);
    assert_int_equal(nrpe_frame("\0", 1), 0);
}

/* An agent without a certificate: anonymous Diffie-Hellman, as NRPE does it. */
static void serve_tls(struct srv *s, int fd)
{
    SSL *ssl = srv_secure(s, fd);
    unsigned char out[NRPE_PACKET];
    char in[NRPE_PACKET];

    if (ssl == NULL)
        return;
    for (int at = 0, k; at < NRPE_PACKET && (k = SSL_read(ssl, in + at, NRPE_PACKET - at)) > 0; at += k)
        ;
    SSL_write(ssl, out, (int)packet(out, 4, NRPE_RESPONSE, 0, "OK - in secret"));
    SSL_shutdown(ssl);
    SSL_free(ssl);
}

static void secrets(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char settings[300], at[100];

    srv_start(&s, serve_tls, NULL);
    s.ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(s.ctx, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(s.ctx, "ADH:AECDH:@SECLEVEL=0");
    SSL_CTX_set_dh_auto(s.ctx, 1);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\"}", s.port);
    assert_int_equal(fx_run(f, "nrpe", "check_x", settings, 5000), STATE_OK);
    assert_has(f->text, "in secret");
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\",\"verify\":\"yes\"}", s.port);
    assert_int_equal(fx_run(f, "nrpe", "check_x", settings, 5000), STATE_CRITICAL);
    assert_has(f->text, "TLS");
    srv_stop(&s);
    srv_start(&s, serve_tls, NULL); /* a certificate of its own making */
    srv_tls(&s, 10, NULL);
    snprintf(settings, sizeof(settings), "{\"server\":\"%s\"}", srv_at(&s, "", "", at, sizeof(at)));
    assert_int_equal(fx_run(f, "nrpe", "check_x", settings, 5000), STATE_OK);
    snprintf(settings, sizeof(settings), "{\"server\":\"%s\",\"verify\":\"yes\"}", at);
    assert_int_equal(fx_run(f, "nrpe", "check_x", settings, 5000), STATE_CRITICAL);
    srv_stop(&s);
}

static void options(void **state)
{
    struct fx *f = *state;
    char port[40];

    assert_has(fx_refused(f, "nrpe", "check_x", "{\"args\":[\"a!b\"]}"), "no !");
    assert_has(fx_refused(f, "nrpe", "check_x", "{\"server\":\"h:0\"}"), "no port");
    snprintf(port, sizeof(port), "{\"server\":\":%d\"}", srv_free_port());
    assert_int_equal(fx_run(f, "nrpe", "check_x", port, 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
    f->address = NULL;
    assert_has(fx_refused(f, "nrpe", "check_x", NULL), "no address");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {T(well), T(older), T(hostile), T(codec), T(secrets), T(options)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dns probe against servers of the test's own on loopback: well, wrong, silent, cut off, hostile. MON-4, MON-12. */
#include "dns_server.h"

struct dns_srv {
    int fd, port;
    pthread_t thread;
    int rcode, count; /* A records 192.0.2.10, .11 … */
    bool silent, garbage;
};

static void *dns_main(void *arg)
{
    struct dns_srv *s = arg;
    unsigned char q[600];
    struct sockaddr_in from;

    for (;;) {
        socklen_t len = sizeof(from);
        ssize_t n = recvfrom(s->fd, q, 512, 0, (struct sockaddr *)&from, &len);
        size_t at = 12;

        if (n < 17)
            return NULL; /* the test's farewell */
        if (s->silent)
            continue;
        while (at < (size_t)n && q[at])
            at += q[at] + 1u;
        at += 5; /* root label, type, class */
        q[2] = 0x84;
        q[3] = (unsigned char)(0x80 | s->rcode);
        q[7] = (unsigned char)s->count;
        q[8] = q[9] = q[10] = q[11] = 0; /* without EDNS */
        for (int i = 0; i < s->count; i++) {
            const unsigned char rr[16] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, (unsigned char)(10 + i)};

            memcpy(q + at, rr, 16);
            at += 16;
        }
        if (s->garbage)
            memset(q + 12, 0xff, at - 12);
        sendto(s->fd, q, at, 0, (struct sockaddr *)&from, len);
    }
}

static void dns_up(struct dns_srv *s)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sin);

    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    getsockname(s->fd, (struct sockaddr *)&sin, &len);
    s->port = ntohs(sin.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, dns_main, s), 0);
}

static void dns_down(struct dns_srv *s)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons((uint16_t)s->port)};

    sendto(s->fd, "bye", 3, 0, (struct sockaddr *)&sin, sizeof(sin));
    pthread_join(s->thread, NULL);
    close(s->fd);
}

static enum state ask(struct fx *f, const struct dns_srv *s, const char *more, int64_t timeout_ms)
{
    char settings[400];

    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1\",\"port\":%d%s%s}", s->port, more[0] ? "," : "", more);
    return fx_run(f, "dns", "example.org", settings, timeout_ms);
}

static void answers(void **state)
{
    struct fx *f = *state;
    struct dns_srv s = {.count = 2};

    dns_up(&s);
    assert_int_equal(ask(f, &s, "", 5000), STATE_OK);
    assert_has(f->text, "192.0.2.10, 192.0.2.11 in ");
    assert_has(f->perf, "answers=2");
    assert_int_equal(ask(f, &s, "\"expect\":[\"192.0.2.11\",\"192.0.2.10\"]", 5000), STATE_OK);
    assert_int_equal(ask(f, &s, "\"expect\":\"192.0.2.11\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "wanted only 192.0.2.11");
    assert_int_equal(ask(f, &s, "\"expect\":\"192.0.2.11\",\"match\":\"contains\"", 5000), STATE_OK);
    assert_int_equal(ask(f, &s, "\"expect\":\"192.0.2.99\",\"match\":\"contains\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "wanted 192.0.2.99");
    assert_int_equal(ask(f, &s, "\"type\":\"MX\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "has no MX record");
    dns_down(&s);
}

static void result_codes(void **state)
{
    struct fx *f = *state;
    struct dns_srv s = {.rcode = 3};

    dns_up(&s);
    assert_int_equal(ask(f, &s, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "NXDOMAIN for A example.org, wanted NOERROR");
    assert_int_equal(ask(f, &s, "\"rcode\":\"NXDOMAIN\"", 5000), STATE_OK);
    dns_down(&s);
}

static void silence(void **state)
{
    struct fx *f = *state;
    struct dns_srv s = {.silent = true};

    dns_up(&s);
    assert_int_equal(ask(f, &s, "", 300), STATE_CRITICAL);
    assert_has(f->text, "does not answer");
    assert_false(f->answered);
    s.silent = false;
    s.garbage = true;
    s.count = 1;
    assert_int_not_equal(ask(f, &s, "", 1000), STATE_OK);
    dns_down(&s);
}

static void options(void **state)
{
    struct fx *f = *state;

    fx_refused(f, "dns", "", NULL);
    fx_refused(f, "dns", "example.org", "{\"type\":\"XYZ\"}");
    assert_has(fx_refused(f, "dns", "example.org", "{\"tcp\":\"yes\"}"), "needs the server");
    assert_has(fx_refused(f, "dns", "example.org", "{\"recursion\":\"no\"}"), "needs the server");
}

static const struct ns_rr records[] = {{"example.org", NS_A, "192.0.2.10"}, {"example.org", NS_A, "192.0.2.11"}, {"example.org", NS_AAAA, "2001:db8::1"},
                                       {"example.org", NS_TXT, "v=spf1 -all"}, {NULL, 0, NULL}};

/* A server that is so; the state and the text that must come of it. */
static void one(void **state, struct ns s, const char *more, int64_t timeout_ms, enum state want, const char *says)
{
    struct fx *f = *state;
    char settings[400];

    s.rr = records;
    ns_up(&s, 0);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1\",\"port\":%d%s%s}", s.port, more[0] ? "," : "", more);
    assert_int_equal(fx_run(f, "dns", "example.org", settings, timeout_ms), want);
    assert_has(f->text, says);
    ns_down(&s);
}

static void in_depth(void **state)
{
    struct fx *f = *state;

    one(state, (struct ns){.aa = true}, "\"authoritative\":\"yes\"", 5000, STATE_OK, "192.0.2.10, 192.0.2.11");
    assert_has(f->perf, "ttl=300s");
    assert_has(f->perf, "size=");
    one(state, (struct ns){0}, "\"authoritative\":\"yes\"", 5000, STATE_CRITICAL, "not authoritative");
    one(state, (struct ns){.ad = true}, "\"dnssec\":\"yes\"", 5000, STATE_OK, "192.0.2.10");
    one(state, (struct ns){0}, "\"dnssec\":\"yes\"", 5000, STATE_CRITICAL, "has not verified");
    one(state, (struct ns){0}, "\"tcp\":\"yes\"", 5000, STATE_OK, "192.0.2.10");
    one(state, (struct ns){.cut = true}, "", 5000, STATE_OK, "192.0.2.10");
    one(state, (struct ns){.cut = true}, "\"truncated\":\"warning\"", 5000, STATE_WARNING, "does not fit UDP");
    one(state, (struct ns){0}, "\"ttl_warn\":\"< 600\"", 5000, STATE_WARNING, "time to live is 300 s (limit < 600)");
    one(state, (struct ns){0}, "\"count_crit\":\"< 3\"", 5000, STATE_CRITICAL, "2 records (limit < 3)");
    one(state, (struct ns){0}, "\"size_warn\":\"20\"", 5000, STATE_WARNING, "bytes (limit 20)");
    one(state, (struct ns){.refuse_recursion = true}, "\"recursion\":\"no\"", 5000, STATE_OK, "192.0.2.10");
    one(state, (struct ns){.no_edns = true}, "", 5000, STATE_OK, "192.0.2.10");
    one(state, (struct ns){.lower = true}, "", 5000, STATE_OK, "192.0.2.10"); /* asked again by TCP */
    one(state, (struct ns){.rcode = 5}, "", 5000, STATE_CRITICAL, "REFUSED");
}

static void hostile(void **state)
{
    struct fx *f = *state;
    char settings[100];

    one(state, (struct ns){.wrong_id = true}, "", 400, STATE_CRITICAL, "does not answer");
    one(state, (struct ns){.flood = true}, "", 5000, STATE_OK, "192.0.2.10");
    one(state, (struct ns){.loop = true}, "", 5000, STATE_CRITICAL, "malformed");
    one(state, (struct ns){.garbage = true}, "", 5000, STATE_CRITICAL, "malformed");
    one(state, (struct ns){.silent = true}, "\"tcp\":\"yes\"", 400, STATE_CRITICAL, "");
    one(state, (struct ns){.cut = true, .tcp_closed = true}, "", 5000, STATE_CRITICAL, "");
    one(state, (struct ns){.no_question = true}, "", 5000, STATE_OK, ""); /* by TCP, where the id is enough */
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1\",\"port\":%d}", srv_free_port());
    assert_int_equal(fx_run(f, "dns", "example.org", settings, 3000), STATE_CRITICAL);
    assert_has(f->text, "refuses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(result_codes, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(silence, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(in_depth, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ntp probe against time servers of the test's own: right, wrong, unsynchronised, kissing, silent, lying, flooding.
 * MON-12 (NTP among the basic probes). */
#include "checks_fixture.h"
#include "wire/ntp.h"

enum lie { HONEST, WRONG_COOKIE, SHORT, WRONG_MODE, BACKWARDS, FLOOD, FIRST_LOST, ZERO };
struct time_srv {
    int fd, port, seen;
    pthread_t thread;
    int leap, stratum, dispersion_ms;
    int64_t ahead_us;
    const char *kiss;
    enum lie lie;
    bool silent;
};

static void put64(unsigned char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> (56 - 8 * i));
}

static void answer(struct time_srv *s, const unsigned char *q, unsigned char *r)
{
    uint64_t now = ntp_of_us(clock_wall_us() + s->ahead_us);
    unsigned dispersion = (unsigned)(s->dispersion_ms * 65536 / 1000);

    memset(r, 0, NTP_BYTES);
    r[0] = (unsigned char)(s->leap << 6 | 4 << 3 | (s->lie == WRONG_MODE ? 5 : 4));
    r[1] = (unsigned char)s->stratum;
    r[9] = (unsigned char)(dispersion >> 16), r[10] = (unsigned char)(dispersion >> 8), r[11] = (unsigned char)dispersion;
    memcpy(r + 12, s->kiss ? s->kiss : "GPS\0", 4);
    memcpy(r + 24, q + 40, 8);
    r[24] ^= s->lie == WRONG_COOKIE || s->lie == FLOOD;
    put64(r + 32, s->lie == ZERO ? 0 : now);
    put64(r + 40, s->lie == ZERO ? 0 : s->lie == BACKWARDS ? now - (1ULL << 33) : now);
}

static void *time_main(void *arg)
{
    struct time_srv *s = arg;
    unsigned char q[100], r[NTP_BYTES];
    struct sockaddr_in from;

    for (;;) {
        socklen_t len = sizeof(from);
        ssize_t n = recvfrom(s->fd, q, sizeof(q), 0, (struct sockaddr *)&from, &len);

        if (n < NTP_BYTES)
            return NULL; /* the test's farewell */
        s->seen++;
        assert_int_equal(q[0], 4 << 3 | 3);
        if (s->silent || (s->lie == FIRST_LOST && s->seen == 1))
            continue;
        answer(s, q, r);
        for (int i = 0; i < (s->lie == FLOOD ? 3000 : 1); i++)
            sendto(s->fd, r, s->lie == SHORT ? 47 : NTP_BYTES, 0, (struct sockaddr *)&from, len);
    }
}

static void up(struct time_srv *s)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sin);

    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    getsockname(s->fd, (struct sockaddr *)&sin, &len);
    s->port = ntohs(sin.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, time_main, s), 0);
}

static void down(struct time_srv *s)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)s->port)};

    sendto(s->fd, "bye", 3, 0, (struct sockaddr *)&sin, sizeof(sin));
    pthread_join(s->thread, NULL);
    close(s->fd);
}

static enum state ask_within(struct fx *f, const struct time_srv *s, const char *more, int64_t timeout_ms)
{
    char settings[300];

    snprintf(settings, sizeof(settings), "{\"port\":%d%s%s}", s->port, more[0] ? "," : "", more);
    return fx_run(f, "ntp", "127.0.0.1", settings, timeout_ms);
}

/* A server that is so; the state and the text that must come of it. */
static void one(void **state, struct time_srv s, const char *more, int64_t timeout_ms, enum state want, const char *says)
{
    struct fx *f = *state;

    up(&s);
    assert_int_equal(ask_within(f, &s, more, timeout_ms), want);
    assert_has(f->text, says);
    down(&s);
}

#define GOOD .stratum = 2, .dispersion_ms = 20
static void right(void **state)
{
    struct fx *f = *state;

    one(state, (struct time_srv){GOOD}, "\"crit\":\"10s\",\"warn\":\"10s\"", 5000, STATE_OK, "machine’s, stratum 2");
    assert_has(f->perf, "offset=");
    assert_has(f->perf, "stratum=2");
    assert_has(f->perf, "dispersion=0.0199");
    assert_true(f->answered);
    one(state, (struct time_srv){GOOD}, "\"samples\":3,\"crit\":\"10s\",\"warn\":\"10s\"", 9000, STATE_OK, "stratum 2");
    assert_has(f->perf, "jitter=");
    one(state, (struct time_srv){GOOD, .leap = 1}, "\"crit\":\"10s\",\"warn\":\"10s\"", 5000, STATE_OK, "stratum 2");
    assert_has(f->more, "leap second will be added");
    one(state, (struct time_srv){GOOD, .lie = FIRST_LOST}, "\"crit\":\"10s\",\"warn\":\"10s\"", 9000, STATE_OK, "stratum 2");
}

static void wrong_clocks(void **state)
{
    one(state, (struct time_srv){GOOD, .ahead_us = 3600000000}, "", 5000, STATE_CRITICAL, "ahead of this machine’s (limit 1s)");
    one(state, (struct time_srv){GOOD, .ahead_us = -3600000000}, "", 5000, STATE_CRITICAL, "behind this machine’s (limit 1s)");
    one(state, (struct time_srv){GOOD, .ahead_us = -20000000}, "\"warn\":\"10s\",\"crit\":\"1h\"", 5000, STATE_WARNING, "limit 10s");
    one(state, (struct time_srv){GOOD}, "\"crit\":\"10s\",\"stratum_crit\":\"> 1\"", 5000, STATE_CRITICAL, "its stratum is 2 (limit > 1)");
    one(state, (struct time_srv){.stratum = 1, .dispersion_ms = 2000}, "\"warn\":\"10s\",\"crit\":\"10s\",\"dispersion_warn\":\"1s\"", 5000, STATE_WARNING, "uncertain by 2");
}

static void no_time(void **state)
{
    one(state, (struct time_srv){GOOD, .leap = 3}, "", 5000, STATE_CRITICAL, "not synchronised");
    one(state, (struct time_srv){.stratum = 16}, "", 5000, STATE_CRITICAL, "not synchronised");
    one(state, (struct time_srv){.kiss = "RATE"}, "", 5000, STATE_WARNING, "asked too often");
    one(state, (struct time_srv){.kiss = "DENY"}, "", 5000, STATE_CRITICAL, "does not serve this machine (DENY)");
    one(state, (struct time_srv){.kiss = "XABC"}, "", 5000, STATE_CRITICAL, "gives no time (XABC)");
    one(state, (struct time_srv){.leap = 3, .kiss = "\0\0\0"}, "", 5000, STATE_CRITICAL, "not synchronised");
    one(state, (struct time_srv){GOOD, .lie = BACKWARDS}, "", 5000, STATE_CRITICAL, "tells no time");
    one(state, (struct time_srv){GOOD, .lie = ZERO}, "", 5000, STATE_CRITICAL, "tells no time");
}

static void hostile(void **state)
{
    struct fx *f = *state;
    struct time_srv none = {.port = srv_free_port()};

    one(state, (struct time_srv){GOOD, .silent = true}, "", 300, STATE_CRITICAL, "does not answer");
    assert_false(f->answered);
    one(state, (struct time_srv){GOOD, .lie = WRONG_COOKIE}, "", 300, STATE_CRITICAL, "answers no question");
    one(state, (struct time_srv){GOOD, .lie = WRONG_MODE}, "", 300, STATE_CRITICAL, "answers no question");
    one(state, (struct time_srv){GOOD, .lie = SHORT}, "", 300, STATE_CRITICAL, "answers no question");
    one(state, (struct time_srv){GOOD, .lie = FLOOD}, "", 2000, STATE_CRITICAL, "answers no question");
    one(state, (struct time_srv){GOOD}, "\"samples\":16", 500, STATE_CRITICAL, "of 16 questions in time");
    assert_int_equal(ask_within(f, &none, "", 2000), STATE_CRITICAL);
    assert_has(f->text, "no time server listens");
}

static void times(void **state)
{
    assert_true(ntp_of_us(0) == 2208988800ULL << 32);
    assert_int_equal(ntp_diff_us(ntp_of_us(1500000), ntp_of_us(0)), 1500000);
    assert_int_equal(ntp_diff_us(ntp_of_us(0), ntp_of_us(2000000)), -2000000);
    int64_t era = 2085978496000000; /* 2036: the seconds begin anew */
    assert_int_equal(ntp_diff_us(ntp_of_us(era + 1000000), ntp_of_us(era - 1000000)), 2000000);
}

static void options(void **state)
{
    struct fx *f = *state;

    fx_refused(f, "ntp", "127.0.0.1", "{\"samples\":17}");
    f->address = NULL;
    assert_has(fx_refused(f, "ntp", NULL, NULL), "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(wrong_clocks, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(no_time, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test(times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

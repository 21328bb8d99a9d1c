/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zabbix probe against agents that answer, refuse, lie and are silent. MON-4. */
#include "checks_fixture.h"

struct bytes {
    const char *p;
    size_t n;
    int mode; /* 0: then close, 1: then wait, 2: byte by byte, 3: for ever */
};
#define BYTES(lit, mode) &(struct bytes){lit, sizeof(lit) - 1, mode}

static char asked[200];

static void serve(struct srv *s, int fd)
{
    const struct bytes *b = s->arg;
    ssize_t n = recv(fd, asked, sizeof(asked) - 1, 0);

    asked[n > 0 ? n : 0] = '\0';
    do
        for (size_t i = 0; i < b->n; i += b->mode == 2 ? 1 : b->n) {
            if (send(fd, b->p + i, b->mode == 2 ? 1 : b->n, MSG_NOSIGNAL) <= 0)
                return;
            if (b->mode == 2)
                usleep(20000);
        }
    while (b->mode == 3 && !s->stop);
    if (b->mode)
        srv_wait(fd);
}

static enum state ask(struct fx *f, struct bytes *b, const char *more, int64_t timeout_ms)
{
    struct srv s;
    char settings[300];

    srv_start(&s, serve, b);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\"%s}", s.port, more);
    fx_run(f, "zabbix", "agent.ping", settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

#define FORTY_TWO "ZBXD\1\2\0\0\0\0\0\0\0" "42"

static void values(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, BYTES(FORTY_TWO, 1), "", 5000), STATE_OK);
    assert_memory_equal(asked, "ZBXD\1\12\0\0\0\0\0\0\0agent.ping", 23);
    assert_has(f->text, "agent.ping is 42");
    assert_has(f->perf, "value=42");
    assert_int_equal(ask(f, BYTES(FORTY_TWO, 1), ",\"warn\":\"40\",\"crit\":\"50\",\"label\":\"n\"", 5000), STATE_WARNING);
    assert_has(f->text, "(limit 40)");
    assert_has(f->perf, "n=42;40;50");
    assert_int_equal(ask(f, BYTES(FORTY_TWO, 1), ",\"crit\":\"30\"", 5000), STATE_CRITICAL);
    assert_int_equal(ask(f, BYTES(FORTY_TWO, 1), ",\"expect\":\"42\"", 5000), STATE_OK);
    assert_int_equal(ask(f, BYTES(FORTY_TWO, 1), ",\"expect\":\"4\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "wanted “4”");
    assert_int_equal(ask(f, BYTES("17.5\n", 0), "", 5000), STATE_OK); /* no header: an agent of old */
    assert_has(f->text, "17.5");
    assert_int_equal(ask(f, BYTES("ZBXD\5\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "ok", 1), "", 5000), STATE_OK);
    assert_int_equal(ask(f, BYTES("ZBXD\1\2\0\0\0\0\0\0\0" "up", 1), ",\"crit\":\"5\"", 5000), STATE_UNKNOWN);
    assert_has(f->text, "no number");
}

static void not_supported(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, BYTES("ZBXD\1\35\0\0\0\0\0\0\0ZBX_NOTSUPPORTED\0Unknown one.", 1), "", 5000), STATE_UNKNOWN);
    assert_has(f->text, "Unknown one.");
    assert_int_equal(ask(f, BYTES("ZBX_NOTSUPPORTED\n", 0), "", 5000), STATE_UNKNOWN);
}

static void hostile(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, BYTES("", 0), "", 2000), STATE_CRITICAL);
    assert_has(f->text, "Server=");
    assert_int_equal(ask(f, BYTES("", 1), "", 300), STATE_CRITICAL);
    assert_has(f->text, "no whole answer");
    assert_int_equal(ask(f, BYTES(FORTY_TWO, 2), "", 200), STATE_CRITICAL);
    assert_int_equal(ask(f, BYTES("ZBXD\1\377\377\377\377\0\0\0\0", 1), "", 2000), STATE_CRITICAL);
    assert_int_equal(ask(f, BYTES("ZBXD\1\12\0\0\0\0\0\0\0" "cut", 0), "", 2000), STATE_CRITICAL);
    assert_has(f->text, "protocol");
    assert_int_equal(ask(f, BYTES("ZBXD\3\2\0\0\0\4\0\0\0" "xx", 1), "", 2000), STATE_UNKNOWN);
    assert_has(f->text, "compressed");
    assert_int_equal(ask(f, BYTES("x\x1b[2Jxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 3), "", 3000), STATE_CRITICAL);
    (void)ask(f, BYTES("\xff\x1b[2J\1", 0), "", 2000);
}

static void options(void **state)
{
    struct fx *f = *state;
    char port[40];

    assert_has(fx_refused(f, "zabbix", "two\nlines", NULL), "one line");
    snprintf(port, sizeof(port), "{\"server\":\":%d\"}", srv_free_port());
    assert_int_equal(fx_run(f, "zabbix", "agent.ping", port, 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {T(values), T(not_supported), T(hostile), T(options)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

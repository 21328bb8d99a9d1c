/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The munin probe against nodes that answer, do not know, lie and are silent. MON-4. */
#include "checks_fixture.h"

struct node {
    const char *greeting, *config, *fetch;
    bool closes, floods;
};

static char heard[1000];

static void serve(struct srv *s, int fd)
{
    const struct node *n = s->arg;
    char in[300];
    ssize_t k;

    heard[0] = '\0';
    if (n->greeting)
        srv_say(fd, n->greeting);
    while (!n->closes && (k = recv(fd, in, sizeof(in) - 1, 0)) > 0) {
        in[k] = '\0';
        strncat(heard, in, sizeof(heard) - strlen(heard) - 1);
        if (str_starts(in, "config") && n->config)
            srv_say(fd, n->config);
        if (str_starts(in, "fetch") && n->fetch)
            do
                srv_say(fd, n->fetch);
            while (n->floods && !s->stop && send(fd, "x", 1, MSG_NOSIGNAL) > 0);
    }
}

static enum state ask(struct fx *f, const struct node *n, const char *more, int64_t timeout_ms)
{
    struct srv s;
    char settings[300];

    srv_start(&s, serve, (void *)(uintptr_t)n);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\"%s}", s.port, more);
    fx_run(f, "munin", "load", settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

#define HELLO "# munin node at web1\n"
static const struct node good = {HELLO, "graph_title Load\r\nload.label load\r\nload.warning 2\r\nload.critical 5:120\r\n.\r\n", "load.value 3.5\nrun.value 1700000000:2\n.\n", 0, 0};

static void values(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, &good, "", 5000), STATE_OK);
    assert_has(f->text, "load: load 3.5, run 2");
    assert_has(f->perf, "load=3.5 run=2");
    assert_has(f->trace, "fetch load");
    assert_null(strstr(heard, "config"));
    assert_int_equal(ask(f, &good, ",\"field\":\"load\",\"warn\":\"3\"", 5000), STATE_WARNING);
    assert_has(f->text, "load is 3.5 (limit 3)");
    assert_null(strstr(f->perf, "run"));
    assert_int_equal(ask(f, &good, ",\"field\":\"load\",\"limits\":\"yes\"", 5000), STATE_CRITICAL); /* below 5 */
    assert_has(f->text, "(limit 5:120)");
    assert_has(heard, "config load\n");
    assert_int_equal(ask(f, &good, ",\"field\":\"load\",\"limits\":\"yes\",\"crit\":\"10\"", 5000), STATE_WARNING); /* ours goes first */
    assert_int_equal(ask(f, &good, ",\"field\":\"none\"", 5000), STATE_UNKNOWN);
    assert_has(f->text, "no field none");
}

static void complaints(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, &(struct node){HELLO, NULL, "# Unknown service\n.\n", 0, 0}, "", 2000), STATE_UNKNOWN);
    assert_has(f->text, "Unknown service");
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, "load.value U\n.\n", 0, 0}, "", 2000), STATE_UNKNOWN);
    assert_has(f->text, "load is unknown");
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, ".\n", 0, 0}, "", 2000), STATE_UNKNOWN);
    assert_has(f->text, "gave no value");
}

static void hostile(void **state)
{
    struct fx *f = *state;

    assert_int_equal(ask(f, &(struct node){NULL, NULL, NULL, true, 0}, "", 2000), STATE_CRITICAL);
    assert_has(f->text, "allow this address");
    assert_int_equal(ask(f, &(struct node){NULL, NULL, NULL, 0, 0}, "", 300), STATE_CRITICAL);
    assert_has(f->text, "no whole answer");
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, NULL, 0, 0}, "", 300), STATE_CRITICAL);
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, "load.value 1\n", 0, 0}, "", 300), STATE_CRITICAL);
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, NULL, true, 0}, "", 2000), STATE_CRITICAL);
    assert_int_equal(ask(f, &(struct node){"220 mail\r\n", NULL, NULL, 0, 0}, "", 2000), STATE_CRITICAL);
    assert_has(f->text, "protocol");
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, "load.value 1\n", 0, true}, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "protocol");
    assert_int_equal(ask(f, &(struct node){HELLO, NULL, "without an end", 0, true}, "", 5000), STATE_CRITICAL);
    (void)ask(f, &(struct node){HELLO, NULL, "lo\x1b[2Jad.value 1e999\nx\xff.value 3\n.\n", 0, 0}, "", 2000);
}

static void options(void **state)
{
    struct fx *f = *state;
    char port[40];

    assert_has(fx_refused(f, "munin", "load\nquit", NULL), "no name");
    snprintf(port, sizeof(port), "{\"server\":\":%d\"}", srv_free_port());
    assert_int_equal(fx_run(f, "munin", "load", port, 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {T(values), T(complaints), T(hostile), T(options)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tcp probe against servers on loopback. MON-4, MON-12. */
#include "checks_fixture.h"

static void banner(struct srv *s, int fd)
{
    srv_say(fd, s->arg);
    srv_wait(fd);
}

static void echo_line(struct srv *s, int fd)
{
    char text[100];
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    srv_say(fd, "you said ");
    srv_say(fd, text);
}

static void connects(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, banner, "hello\r\n");
    assert_int_equal(fx_run(f, "tcp", srv_at(&s, "", "", at, sizeof(at)), NULL, 5000), STATE_OK);
    assert_has(f->text, "connected in");
    assert_has(f->perf, "time=0.");
    assert_true(f->answered);
    assert_true(f->timings.connect_us > 0);
    snprintf(at, sizeof(at), "%d", s.port); /* the host's address */
    assert_int_equal(fx_run(f, "tcp", at, NULL, 5000), STATE_OK);
    srv_stop(&s);
}

static void refused_means_alive(void **state)
{
    struct fx *f = *state;
    char port[16];

    snprintf(port, sizeof(port), "%d", srv_free_port());
    assert_int_equal(fx_run(f, "tcp", port, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "refused");
    assert_true(f->answered);
}

static void expects(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, banner, "220 mail.example.org ESMTP\r\n");
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tcp", at, "{\"expect\":\"220 \"}", 5000), STATE_OK);
    assert_has(f->text, "220 mail.example.org ESMTP");
    assert_has(f->trace, "< 220 mail");
    assert_int_equal(fx_run(f, "tcp", at, "{\"expect\":\"421\"}", 300), STATE_CRITICAL);
    assert_has(f->text, "heard “220 mail.example.org");
    assert_has(f->text, "wanted “421”");
    srv_stop(&s);
    srv_start(&s, echo_line, NULL);
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tcp", at, "{\"send\":\"ping\",\"expect\":\"said ping\"}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "tcp", at, "{\"send\":\"ping\",\"expect\":\"pong\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "heard “you said ping”");
    srv_stop(&s);
}

static void thresholds(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, banner, "x");
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tcp", at, "{\"warn\":\"0.0001ms\",\"crit\":\"10s\"}", 5000), STATE_WARNING);
    assert_has(f->text, "(limit 0.0001ms)");
    assert_int_equal(fx_run(f, "tcp", at, "{\"crit\":\"0.0001ms\"}", 5000), STATE_CRITICAL);
    srv_stop(&s);
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "tcp", "none-such-port", NULL), "no port");
    assert_has(fx_refused(f, "tcp", "99999", NULL), "no port");
    f->address = NULL;
    assert_has(fx_refused(f, "tcp", "22", NULL), "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(connects, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(refused_means_alive, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(expects, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(thresholds, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

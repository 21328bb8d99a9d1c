/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tls probe against OpenSSL servers on loopback with certificates made here. */
#include "checks_fixture.h"

static void serve(struct srv *s, int fd)
{
    SSL *ssl = srv_secure(s, fd);

    if (ssl)
        srv_wait(fd);
    SSL_free(ssl);
}

static void days_left(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64], ca[200];

    srv_start(&s, serve, NULL);
    srv_tls(&s, 40, fx_path(ca, sizeof(ca), "ca.pem"));
    f->conf.site.ca_file = ca;
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tls", at, NULL, 5000), STATE_OK);
    assert_has(f->text, "certificate of localhost good for 40");
    assert_has(f->perf, "days=40;14:;3:");
    assert_has(f->more, "names: localhost, 127.0.0.1");
    assert_int_equal(fx_run(f, "tls", at, "{\"certificate\":{\"warn\":\"60d\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "(limit 60d)");
    assert_int_equal(fx_run(f, "tls", at, "{\"certificate\":{\"crit\":\"< 50d\"}}", 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "tls", at, "{\"server_name\":\"localhost\"}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "tls", at, "{\"server_name\":\"example.org\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "not trusted");
    srv_stop(&s);
    unlink(ca);
}

static void not_trusted(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, serve, NULL);
    srv_tls(&s, 40, NULL);
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tls", at, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "not trusted");
    assert_has(f->more, "subject: localhost"); /* one sees what it was */
    assert_true(f->answered);
    assert_int_equal(fx_run(f, "tls", at, "{\"verify\":false}", 5000), STATE_OK);
    srv_stop(&s);
}

static void ended(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, serve, NULL);
    srv_tls(&s, -3, NULL);
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tls", at, "{\"verify\":false}", 5000), STATE_CRITICAL);
    assert_has(f->text, "ended");
    srv_stop(&s);
}

static void old_protocol(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, serve, NULL);
    srv_tls(&s, 40, NULL);
    SSL_CTX_set_max_proto_version(s.ctx, TLS1_2_VERSION);
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tls", at, "{\"verify\":false,\"min_version\":\"TLSv1.3\"}", 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "tls", at, "{\"verify\":false,\"min_version\":\"TLSv1.2\"}", 5000), STATE_OK);
    assert_has(f->more, "protocol: TLSv1.2");
    srv_stop(&s);
}

static void tcp_in_tls(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char at[64];

    srv_start(&s, serve, NULL);
    srv_tls(&s, 40, NULL);
    srv_at(&s, "", "", at, sizeof(at));
    assert_int_equal(fx_run(f, "tcp", at, "{\"tls\":true,\"verify\":false}", 5000), STATE_OK);
    assert_int_equal(fx_run(f, "tcp", at, "{\"tls\":true}", 5000), STATE_CRITICAL);
    srv_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(days_left, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(not_trusted, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(ended, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(old_protocol, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(tcp_in_tls, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

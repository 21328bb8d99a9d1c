/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP client over TLS, certificates good and bad; and mail by SMTP. */
#include "io_httpc_kit.h"

/* ---- TLS ---- */

static void act_tls(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->tls);
    SSL_set_fd(ssl, fd);
    p->request[0] = '\0';
    if (SSL_accept(ssl) == 1) {
        const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        int n = SSL_read(ssl, p->request, sizeof p->request - 64);
        if (n > 0) {
            str_print(p->request + n, 64, "SNI: %s", sni != NULL ? sni : "-");
            SSL_write(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret", 44);
            SSL_shutdown(ssl);
        }
    }
    SSL_free(ssl);
}

static void tls_get(struct world *w, struct result *r, const char *alt, long from_s, long to_s,
                    const struct ask *a, char *request, size_t request_bytes)
{
    struct peer *p = peer_new(act_tls);
    peer_use_tls(p, &w->ca, alt, from_s, to_s);
    peer_start(p);
    struct ask ask = *a;
    ask.https = true;
    begin(w, r, p, &ask);
    loop_run(w->loop);
    assert_int_equal(r->n, 1);
    atomic_store(&p->stop, true);
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    str_copy(request, request_bytes, p->request);
    close(p->listener);
    SSL_CTX_free(p->tls);
    mem_free(p);
}

static void a_good_certificate(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    struct ask a = {.rq = {.tls = {.verify = true, .ca_file = w->ca_path}}};
    for (int i = 0; i < 3; i++) {
        tls_get(w, &r, "DNS:localhost", -10, 86400, &a, request, sizeof request);
        assert_int_equal(r.code, 0);
        assert_string_equal(r.body, "secret");
        assert_true(r.tls && r.n_chain == 1 && r.verify_code == 0);
        assert_string_equal(r.subject, "A server");
        assert_true(r.connect_us > 0 && r.tls_us >= r.connect_us && r.first_us >= r.tls_us);
        assert_true(strstr(request, "SNI: localhost") != NULL);
    }
    tls_get(
        w, &r, "IP:127.0.0.1", -10, 86400,
        &(struct ask){.host = "127.0.0.1", .rq = {.tls = {.verify = true, .ca_file = w->ca_path}}},
        request, sizeof request);
    assert_int_equal(r.code, 0);
    assert_true(strstr(request, "SNI: -") != NULL);
}

static void another_name_is_verified_when_asked(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    struct ask a = {
        .host = "127.0.0.1",
        .rq = {.tls = {.verify = true, .ca_file = w->ca_path, .server_name = "www.example.org"}}};
    tls_get(w, &r, "DNS:*.example.org", -10, 86400, &a, request, sizeof request);
    assert_int_equal(r.code, 0);
    assert_true(strstr(request, "SNI: www.example.org") != NULL);
    assert_true(strstr(request, "Host: 127.0.0.1") != NULL);
}

/* Nothing is sent, and the chain is there to say why. */
static void bad_certificates_are_refused_and_shown(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    const char *const ca = w->ca_path;
    const struct {
        const char *alt;
        long from_s, to_s;
        struct ask ask;
        const char *text;
    } rows[] = {
        {"DNS:localhost",
         -86400,
         -3600,
         {.rq = {.tls = {.verify = true, .ca_file = ca}}},
         "expired"},
        {"DNS:localhost", 3600, 86400, {.rq = {.tls = {.verify = true, .ca_file = ca}}}, "only in"},
        {"DNS:other.example",
         -10,
         86400,
         {.rq = {.tls = {.verify = true, .ca_file = ca}}},
         "not for localhost"},
        {"DNS:localhost", -10, 86400, {.rq = {.tls = {.verify = true}}}, "not known here"},
        {"DNS:localhost",
         -10,
         86400,
         {.rq = {.tls = {.verify = true, .ca_file = ca, .server_name = "x.example"}}},
         "x.example"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        tls_get(w, &r, rows[i].alt, rows[i].from_s, rows[i].to_s, &rows[i].ask, request,
                sizeof request);
        print_message("row %zu: %d %s\n", i, r.code, r.text);
        assert_int_equal(r.code, ERR_TLS);
        assert_int_equal(r.status, 0);
        assert_string_equal(request, "");
        assert_true(r.tls && r.verify_code != 0 && r.n_chain == 1 && r.not_after_ms != 0);
        assert_true(strstr(r.text, rows[i].text) != NULL);
    }
}

static void without_verify_it_is_only_shown(void **state)
{
    struct world *w = *state;
    struct result r;
    char request[4096];
    tls_get(w, &r, "DNS:other.example", -86400, -3600, &(struct ask){0}, request, sizeof request);
    assert_int_equal(r.code, 0);
    assert_true(r.tls && r.n_chain == 1);
    assert_true(r.not_after_ms < clock_wall_ms());
}

static void tls_garbage_is_told(void **state)
{
    struct world *w = *state;
    struct result r;
    get(w, &r, act_hello, &(struct ask){.https = true, .rq = {.timeout_ms = 500}});
    assert_true(r.code == ERR_TLS || r.code == ERR_TIMEOUT);
    get(w, &r, act_garbage, &(struct ask){.https = true, .rq = {.timeout_ms = 500}});
    assert_true(r.code == ERR_TLS || r.code == ERR_TIMEOUT);
    struct ask a = {.https = true, .rq = {.tls = {.verify = true, .ca_file = "/no/such/file"}}};
    get(w, &r, act_silent, &a);
    assert_int_equal(r.code, ERR_TLS);
    assert_true(strstr(r.text, "/no/such/file") != NULL);
}

/* ---- mail ---- */

enum mail_mode {
    MAIL_GOOD,
    MAIL_REFUSES_RCPT,
    MAIL_BUSY,
    MAIL_REFUSES_DATA,
    MAIL_DIES_AFTER_DATA,
    MAIL_NO_TLS,
    MAIL_DIES_EARLY
};

static bool read_line(int fd, char *line, size_t n)
{
    size_t at = 0;
    while (at < n - 1 && recv(fd, line + at, 1, 0) == 1)
        if (line[at++] == '\n')
            break;
    line[at] = '\0';
    return at > 0;
}

static void take_data(struct peer *p, int fd)
{
    char line[1000];
    size_t n = 0;
    while (read_line(fd, line, sizeof line) && !str_eq(line, ".\r\n"))
        n += (size_t)str_print(p->request + n, sizeof p->request - n, "%s", line);
}

static void act_smtp(struct peer *p, int fd)
{
    enum mail_mode mode = *(enum mail_mode *)p->note;
    char line[1000];
    if (mode == MAIL_BUSY) {
        PEER_SAY(fd, "421 too \x1b[31m busy\r\n");
        return;
    }
    PEER_SAY(fd, "220 test\r\n");
    while (read_line(fd, line, sizeof line)) {
        if (str_istarts(line, "EHLO")) {
            PEER_SAY(fd, "250 test\r\n");
        } else if (str_istarts(line, "RCPT") && mode == MAIL_REFUSES_RCPT) {
            PEER_SAY(fd, "550 5.1.1 no such user\r\n");
        } else if (str_istarts(line, "DATA")) {
            if (mode == MAIL_DIES_EARLY)
                return;
            PEER_SAY(fd, "354 go\r\n");
            take_data(p, fd);
            if (mode == MAIL_DIES_AFTER_DATA)
                return;
            if (mode == MAIL_REFUSES_DATA)
                PEER_SAY(fd, "554 spam\r\n");
            else
                PEER_SAY(fd, "250 queued\r\n");
            if (mode == MAIL_GOOD)
                return; /* without a word to QUIT */
        } else {
            PEER_SAY(fd, "250 ok\r\n");
        }
    }
}

static void on_mail(void *arg, int code, bool in_doubt, const struct err *e)
{
    struct result *r = arg;
    r->n++;
    r->code = code;
    r->in_doubt = in_doubt;
    render(r->text, sizeof r->text, e->text);
    loop_stop(r->w->loop);
}

/* No notification is sent twice unless delivery itself was in doubt. */
static void mail_says_what_became_of_it(void **state)
{
    static const struct {
        enum mail_mode mode;
        int code;
        bool in_doubt;
        const char *text;
    } rows[] = {
        {MAIL_GOOD, 0, false, ""},
        {MAIL_REFUSES_RCPT, ERR_DENIED, false, "no such user"},
        {MAIL_BUSY, ERR_BUSY, false, "busy"},
        {MAIL_REFUSES_DATA, ERR_DENIED, false, "spam"},
        {MAIL_DIES_AFTER_DATA, ERR_RESET, true, "127.0.0.1"},
        {MAIL_NO_TLS, ERR_TLS, false, "TLS"},
        {MAIL_DIES_EARLY, ERR_RESET, false, "127.0.0.1"},
    };
    struct world *w = *state;
    const char message[] = "Subject: x\r\n\r\nHello\r\n.dot\r\n";
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result r = {.w = w};
        enum mail_mode mode = rows[i].mode;
        struct peer *p = peer_new(act_smtp);
        p->note = &mode;
        peer_start(p);
        char url[64];
        str_print(url, sizeof url, "smtp://127.0.0.1:%d", p->port);
        const char *const to[] = {"a@example.org", "b@example.org"};
        struct mail_request rq = {.url = url,
                                  .from = "vigie@example.org",
                                  .to = to,
                                  .n_to = 2,
                                  .message = message,
                                  .message_bytes = sizeof message - 1,
                                  .timeout_ms = 10000,
                                  .starttls_required = mode == MAIL_NO_TLS};
        mail_send(w->h, &rq, on_mail, &r);
        loop_run(w->loop);
        print_message("row %zu: %d %s\n", i, r.code, r.text);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.code, rows[i].code);
        assert_int_equal(r.in_doubt, rows[i].in_doubt);
        assert_true(strstr(r.text, rows[i].text) != NULL);
        assert_true(strchr(r.text, 0x1b) == NULL);
        peer_free(p);
        if (mode == MAIL_GOOD)
            assert_int_equal(r.code, 0);
    }
}

static void mail_needs_sane_addresses(void **state)
{
    struct world *w = *state;
    struct result r = {.w = w};
    const char *const to[] = {"a@example.org>\r\nRCPT TO:<b@example.org"};
    struct mail_request rq = {.url = "smtp://127.0.0.1:1",
                              .from = "v@example.org",
                              .to = to,
                              .n_to = 1,
                              .message = "x",
                              .message_bytes = 1,
                              .timeout_ms = 1000};
    mail_send(w->h, &rq, on_mail, &r);
    assert_int_equal(r.n, 0);
    loop_run(w->loop);
    assert_int_equal(r.code, ERR_INVALID);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_good_certificate),
        T(another_name_is_verified_when_asked),
        T(bad_certificates_are_refused_and_shown),
        T(without_verify_it_is_only_shown),
        T(tls_garbage_is_told),
        T(mail_says_what_became_of_it),
        T(mail_needs_sane_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

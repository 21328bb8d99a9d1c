/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS streams against loopback peers, friendly and hostile; certificates are made here, at run time. */
#include "io_sock_kit.h"

/* ---- certificates ---- */

static struct {
    char dir[40];
    char ca[64], own[64], own_key[64];
    X509 *ca_cert, *good, *expired, *future, *self;
    EVP_PKEY *ca_key, *key;
} pki;

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
}

static X509 *make_cert(const char *cn, const char *san, long from_s, long to_s, X509 *issuer,
                       EVP_PKEY *issuer_key, EVP_PKEY *key)
{
    static const unsigned char org[] = "Example";
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234);
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), to_s);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, org, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer != NULL ? issuer : x));
    add_ext(x, issuer != NULL ? issuer : x, NID_basic_constraints,
            san == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (san != NULL)
        add_ext(x, issuer != NULL ? issuer : x, NID_subject_alt_name, san);
    assert_true(X509_sign(x, issuer_key, EVP_sha256()) > 0);
    return x;
}

static void write_pem(char out[64], const char *name, X509 *x, EVP_PKEY *key)
{
    str_print(out, 64, "%s/%s", pki.dir, name);
    FILE *f = fopen(out, "w");
    assert_non_null(f);
    if (x != NULL)
        PEM_write_X509(f, x);
    if (key != NULL)
        PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
}

static int pki_make(void **state)
{
    enum { DAY = 86400 };
    static const char names[] = "DNS:www.example.org,DNS:*.example.net,IP:127.0.0.1,IP:::1";
    str_copy(pki.dir, sizeof pki.dir, "/tmp/vigie-pki-XXXXXX");
    assert_non_null(mkdtemp(pki.dir));
    pki.ca_key = EVP_EC_gen("P-256");
    pki.key = EVP_EC_gen("P-256");
    pki.ca_cert = make_cert("Test Authority", NULL, -DAY, 365 * DAY, NULL, pki.ca_key, pki.ca_key);
    pki.good =
        make_cert("www.example.org", names, -DAY, 30 * DAY, pki.ca_cert, pki.ca_key, pki.key);
    pki.expired =
        make_cert("old", names, -30 * DAY, -3 * DAY - 60, pki.ca_cert, pki.ca_key, pki.key);
    pki.future = make_cert("new", names, 2 * DAY, 30 * DAY, pki.ca_cert, pki.ca_key, pki.key);
    pki.self = make_cert("self", names, -DAY, 30 * DAY, NULL, pki.key, pki.key);
    write_pem(pki.ca, "ca.pem", pki.ca_cert, NULL);
    write_pem(pki.own, "own.pem", pki.good, NULL);
    write_pem(pki.own_key, "own.key", NULL, pki.key);
    return 0;
}

static int pki_drop(void **state)
{
    unlink(pki.ca);
    unlink(pki.own);
    unlink(pki.own_key);
    rmdir(pki.dir);
    X509 *all[] = {pki.ca_cert, pki.good, pki.expired, pki.future, pki.self};
    for (size_t i = 0; i < COUNT(all); i++)
        X509_free(all[i]);
    EVP_PKEY_free(pki.ca_key);
    EVP_PKEY_free(pki.key);
    return 0;
}

static SSL_CTX *server_ctx(X509 *cert)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, pki.key), 1);
    return ctx;
}

/* ---- TLS ---- */

static void play_tls_echo(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        str_copy(p->got, sizeof p->got, name != NULL ? name : "-");
        char b[4096];
        int n;
        while ((n = SSL_read(ssl, b, sizeof b)) > 0)
            SSL_write(ssl, b, n);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void tls_exchange(struct side *s, struct peer *p, X509 *cert,
                         void (*play)(struct peer *p, int fd))
{
    p->ctx = server_ctx(cert);
    s->use_tls = true;
    peer_start(p, play);
    side_connect(s, &p->addr, NULL);
    side_run(s);
    peer_stop(p);
    SSL_CTX_free(p->ctx);
}

static void tls_good(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "over tls", .close_after = true};
    s.tls = (struct tls_opts){.server_name = "www.example.org", .verify = true, .ca_file = pki.ca};
    tls_exchange(&s, &p, pki.good, play_tls_echo);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.code, 0);
    assert_string_equal(buf_text(&s.data), "over tls");
    assert_string_equal(p.got, "www.example.org");
    assert_int_equal(s.info.verify_code, 0);
    assert_int_equal(s.info.n_chain, 1);
    assert_string_equal(s.info.version, "TLSv1.3");
    assert_string_equal(s.subject, "www.example.org");
    assert_string_equal(s.names, "www.example.org *.example.net 127.0.0.1 ::1 ");
    assert_int_equal(strlen(s.sha256), 64);
    int64_t left_ms = s.info.chain[0].not_after_ms - clock_wall_ms();
    assert_true(left_ms > 29 * INT64_C(86400000) && left_ms <= 30 * INT64_C(86400000));
    assert_false(s.info.chain[0].self_signed);
    side_done(&s);
}

static void tls_by_address(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "x", .close_after = true};
    s.tls = (struct tls_opts){.server_name = "127.0.0.1", .verify = true, .ca_file = pki.ca};
    tls_exchange(&s, &p, pki.good, play_tls_echo);
    assert_int_equal(s.code, 0);
    assert_string_equal(p.got, "-"); /* no SNI for addresses */
    side_done(&s);
}

static void tls_verdicts(void **state)
{
    const struct {
        X509 *cert;
        const char *name, *ca;
        int verify_code;
        const char *text;
    } rows[] = {
        {pki.good, "other.example.org", pki.ca, X509_V_ERR_HOSTNAME_MISMATCH,
         "the certificate is for www.example.org, *.example.net, 127.0.0.1, …, not for "
         "other.example.org"},
        {pki.good, "192.0.2.1", pki.ca, X509_V_ERR_IP_ADDRESS_MISMATCH, "not for 192.0.2.1"},
        {pki.expired, "www.example.org", pki.ca, X509_V_ERR_CERT_HAS_EXPIRED,
         "the certificate expired 3"},
        {pki.future, "www.example.org", pki.ca, X509_V_ERR_CERT_NOT_YET_VALID,
         "the certificate is valid only in "},
        {pki.self, "www.example.org", pki.ca, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
         "the certificate is signed by itself"},
        {pki.good, "www.example.org", NULL, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
         "the chain is incomplete, or its authority is not known here"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct peer p = {0};
        struct side s = {.send = "never"};
        s.tls =
            (struct tls_opts){.server_name = rows[i].name, .verify = true, .ca_file = rows[i].ca};
        tls_exchange(&s, &p, rows[i].cert, play_tls_echo);
        assert_int_equal(s.secures, 0);
        assert_int_equal(s.ends, 1);
        assert_int_equal(s.code, ERR_TLS);
        assert_int_equal(s.info.verify_code, rows[i].verify_code);
        assert_int_equal(s.info.n_chain, 1);
        struct buf b = BUF_MAX(1000);
        msg_render(&b, s.err.text, "en");
        assert_non_null(strstr(buf_text(&b), rows[i].text));
        assert_string_equal(buf_text(&b), s.verify_text);
        buf_done(&b);
        side_done(&s);
    }
}

static void tls_unjudged(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "x", .close_after = true};
    s.tls = (struct tls_opts){.server_name = "nobody", .verify = false};
    tls_exchange(&s, &p, pki.expired, play_tls_echo);
    assert_int_equal(s.code, 0);
    assert_int_equal(s.secures, 1);
    assert_string_equal(s.subject, "old");
    side_done(&s);
}

static void play_garbage(struct peer *p, int fd)
{
    char b[600];
    (void)recv(fd, b, sizeof b, 0);
    send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
    play_nothing(p, fd);
}

static void play_hang_up(struct peer *p, int fd)
{
    char b[2048];
    (void)recv(fd, b, sizeof b, 0);
}

static void play_endless_handshake(struct peer *p, int fd)
{
    static const char record[5] = {22, 3, 3, 0x40, 0};
    static char body[0x4000] = {2, 0, 0x3f, (char)0xfc};
    while (send(fd, record, sizeof record, MSG_NOSIGNAL) > 0 &&
           send(fd, body, sizeof body, MSG_NOSIGNAL) > 0)
        ;
}

static void tls_hostile_peers(void **state)
{
    void (*const plays[])(struct peer *, int) = {play_garbage, play_hang_up, play_endless_handshake,
                                                 play_endless};
    for (size_t i = 0; i < COUNT(plays); i++) {
        struct peer p = {0};
        struct side s = {0};
        s.tls =
            (struct tls_opts){.server_name = "www.example.org", .verify = true, .ca_file = pki.ca};
        tls_exchange(&s, &p, pki.good, plays[i]);
        assert_int_equal(s.ends, 1);
        assert_int_equal(s.code, ERR_TLS);
        assert_int_equal(s.secures, 0);
        side_done(&s);
    }
}

static void play_tls_reset(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    char b[8];
    if (SSL_accept(ssl) == 1)
        SSL_read(ssl, b, sizeof b);
    SSL_free(ssl);
    play_reset(p, fd);
}

static void tls_reset_after_handshake(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "x"};
    s.tls = (struct tls_opts){.verify = false};
    tls_exchange(&s, &p, pki.good, play_tls_reset);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.code, ERR_RESET);
    side_done(&s);
}

static void tls_bad_files(void **state)
{
    const struct tls_opts rows[] = {
        {.verify = true, .ca_file = "/nonexistent/ca.pem"},
        {.verify = false, .cert_file = "/nonexistent/c.pem"},
        {.verify = false, .cert_file = pki.own, .key_file = pki.ca},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct peer p = {0};
        struct side s = {.tls = rows[i]};
        tls_exchange(&s, &p, pki.good, play_nothing);
        assert_int_equal(s.code, ERR_TLS);
        assert_true(s.err.field[0] != '\0');
        side_done(&s);
    }
}

static int want_client(int ok, X509_STORE_CTX *c)
{
    return 1;
}

static void play_client_cert(struct peer *p, int fd)
{
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, want_client);
    play_tls_echo(p, fd);
}

static void tls_client_certificate(void **state)
{
    for (int with = 0; with < 2; with++) {
        struct peer p = {0};
        /* What is sent to a server that refuses would turn its alert into a reset. */
        struct side s = {.send = with ? "mine" : NULL, .close_after = with};
        if (with)
            s.tls = (struct tls_opts){.cert_file = pki.own, .key_file = pki.own_key};
        tls_exchange(&s, &p, pki.good, play_client_cert);
        assert_int_equal(s.code, with ? 0 : ERR_TLS);
        assert_string_equal(buf_text(&s.data), with ? "mine" : "");
        side_done(&s);
    }
}

static void play_starttls(struct peer *p, int fd)
{
    char b[8] = "";
    send(fd, "go\n", 3, MSG_NOSIGNAL);
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        int n = SSL_read(ssl, b, 6);
        SSL_write(ssl, b, n);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void tls_in_place(void **state)
{
    struct peer p = {0};
    struct side s = {.starttls = true};
    s.tls = (struct tls_opts){.server_name = "www.example.org", .verify = true, .ca_file = pki.ca};
    tls_exchange(&s, &p, pki.good, play_starttls);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.code, 0);
    assert_string_equal(buf_text(&s.data), "secret");
    side_done(&s);
}

enum { LONG_BYTES = 3000000 };

static void play_long(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        unsigned char b[10000];
        for (size_t sent = 0; sent < LONG_BYTES; sent += sizeof b) {
            for (size_t i = 0; i < sizeof b; i++)
                b[i] = (unsigned char)((sent + i) % 251);
            SSL_write(ssl, b, sizeof b);
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void tls_long_data(void **state)
{
    struct peer p = {0};
    struct side s = {.check_data = true};
    tls_exchange(&s, &p, pki.good, play_long);
    assert_int_equal(s.code, 0);
    assert_int_equal(s.bytes, LONG_BYTES);
    assert_false(s.data_bad);
    side_done(&s);
}

static void tls_free_in_callback(void **state)
{
    struct peer p = {0};
    struct side s = {.free_on_secure = true};
    tls_exchange(&s, &p, pki.good, play_tls_echo);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.ends, 0);
    struct peer q = {0};
    struct side t = {.free_on_data = true};
    tls_exchange(&t, &q, pki.good, play_long);
    assert_true(t.bytes > 0);
    side_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_good),
        cmocka_unit_test(tls_by_address),
        cmocka_unit_test(tls_verdicts),
        cmocka_unit_test(tls_unjudged),
        cmocka_unit_test(tls_hostile_peers),
        cmocka_unit_test(tls_reset_after_handshake),
        cmocka_unit_test(tls_bad_files),
        cmocka_unit_test(tls_client_certificate),
        cmocka_unit_test(tls_in_place),
        cmocka_unit_test(tls_long_data),
        cmocka_unit_test(tls_free_in_callback),
        cmocka_unit_test(no_descriptor_is_left),
    };
    loop_free(loop_new("first")); /* libuv opens some descriptors for good */
    fds_at_start = count_fds();
    return cmocka_run_group_tests(tests, pki_make, pki_drop);
}

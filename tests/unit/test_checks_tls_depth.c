/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tls probe in depth: chains in order and not, weak keys, stapled OCSP answers, pins and names, old protocols that
 * must be refused, client certificates; and STARTTLS with servers that behave, lie, inject, or say nothing. */
#include "checks/tls_judge.h"
#include "checks_fixture.h"
#include "wire/tlshello.h"

#include <openssl/ocsp.h>

/* ---- an authority with an intermediate ---- */

struct pki {
    EVP_PKEY *root_key, *middle_key, *key;
    X509 *root, *middle, *leaf;
    char ca[200];
};

static X509 *issue(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key, int days, const char *kind)
{
    static long serial = 100;
    X509 *x = X509_new();
    X509V3_CTX v3;
    struct {
        int nid;
        const char *value;
    } extensions[] = {
        {NID_basic_constraints, str_eq(kind, "ca") ? "critical,CA:TRUE" : "CA:FALSE"},
        {NID_subject_alt_name, str_eq(kind, "ca") ? NULL : "DNS:localhost,DNS:*.example.org,IP:127.0.0.1"},
        {NID_tlsfeature, str_eq(kind, "staple") ? "status_request" : NULL},
    };

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -10 * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(x), days * 86400L + 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : X509_get_subject_name(x));
    X509V3_set_ctx_nodb(&v3);
    X509V3_set_ctx(&v3, issuer ? issuer : x, x, NULL, NULL, 0);
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        X509_EXTENSION *ext = extensions[i].value ? X509V3_EXT_conf_nid(NULL, &v3, extensions[i].nid, extensions[i].value) : NULL;

        if (ext)
            X509_add_ext(x, ext, -1);
        X509_EXTENSION_free(ext);
    }
    X509_sign(x, issuer ? issuer_key : key, str_eq(kind, "sha1") ? EVP_sha1() : EVP_sha256());
    return x;
}

static void pki_make(struct pki *p, EVP_PKEY *key, int middle_days, int days, const char *kind)
{
    static int number;
    char name[40];
    FILE *f;

    p->root_key = EVP_EC_gen("P-256");
    p->middle_key = EVP_EC_gen("P-256");
    p->key = key ? key : EVP_EC_gen("P-256");
    p->root = issue(p->root_key, "Test Root", NULL, NULL, 900, "ca");
    p->middle = issue(p->middle_key, "Test Middle", p->root, p->root_key, middle_days, "ca");
    p->leaf = issue(p->key, "localhost", p->middle, p->middle_key, days, kind);
    snprintf(name, sizeof(name), "depth-ca%d.pem", ++number); /* what was read of a file is kept for a while */
    f = fopen(fx_path(p->ca, sizeof(p->ca), name), "we");
    PEM_write_X509(f, p->root);
    fclose(f);
}

static void pki_done(struct pki *p)
{
    EVP_PKEY_free(p->root_key);
    EVP_PKEY_free(p->middle_key);
    EVP_PKEY_free(p->key);
    X509_free(p->root);
    X509_free(p->middle);
    X509_free(p->leaf);
    unlink(p->ca);
}

static void serve(struct srv *s, int fd)
{
    SSL *ssl = srv_secure(s, fd);

    if (ssl)
        srv_wait(fd);
    SSL_free(ssl);
}

/* A server that sends these certificates behind the leaf. */
static void serve_chain(struct srv *s, struct pki *p, X509 *first, X509 *second)
{
    srv_start(s, serve, NULL);
    s->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(s->ctx, 0);
    SSL_CTX_use_certificate(s->ctx, p->leaf);
    SSL_CTX_use_PrivateKey(s->ctx, p->key);
    if (first)
        SSL_CTX_add1_chain_cert(s->ctx, first);
    if (second)
        SSL_CTX_add1_chain_cert(s->ctx, second);
}

static enum state look(struct fx *f, struct srv *s, const char *settings)
{
    char at[64];

    return fx_run(f, "tls", srv_at(s, "", "", at, sizeof(at)), settings, 5000);
}

static void chains(void **state)
{
    struct fx *f = *state;
    struct pki p;
    struct srv s;

    pki_make(&p, NULL, 200, 100, "");
    f->conf.site.ca_file = p.ca;
    serve_chain(&s, &p, p.middle, NULL);
    assert_int_equal(look(f, &s, NULL), STATE_OK);
    assert_has(f->more, "chain: Test Middle, EC 256, until");
    srv_stop(&s);
    serve_chain(&s, &p, p.root, p.middle);
    assert_int_equal(look(f, &s, NULL), STATE_WARNING);
    assert_has(f->text, "wrong order");
    srv_stop(&s);
    serve_chain(&s, &p, p.middle, p.root);
    assert_int_equal(look(f, &s, NULL), STATE_OK); /* a root is not needed, but it does no harm */
    srv_stop(&s);
    serve_chain(&s, &p, NULL, NULL);
    assert_int_equal(look(f, &s, NULL), STATE_CRITICAL);
    assert_has(f->text, "incomplete");
    assert_has(f->more, "signed by, not sent: Test Middle");
    srv_stop(&s);
    pki_done(&p);
    pki_make(&p, NULL, 5, 100, "");
    X509 *other = issue(p.root_key, "Another", NULL, NULL, 100, "ca");

    f->conf.site.ca_file = p.ca;
    serve_chain(&s, &p, p.middle, NULL);
    assert_int_equal(look(f, &s, NULL), STATE_WARNING);
    assert_has(f->text, "the certificate of Test Middle ends in"); /* the one that ends first */
    srv_stop(&s);
    serve_chain(&s, &p, p.middle, other);
    assert_int_equal(look(f, &s, "{\"certificate\":{\"warn\":\"1d\",\"crit\":\"0.5d\"}}"), STATE_WARNING);
    assert_has(f->text, "do not belong to the chain");
    srv_stop(&s);
    X509_free(other);
    pki_done(&p);
}

static void weak_ones(void **state)
{
    struct fx *f = *state;
    struct pki p;
    struct srv s;

    pki_make(&p, EVP_RSA_gen(1024), 200, 100, "");
    serve_chain(&s, &p, p.middle, NULL);
    assert_int_equal(look(f, &s, "{\"verify\":false,\"weak\":\"critical\",\"min_version\":\"TLSv1.0\"}"), STATE_CRITICAL);
    assert_has(f->text, "weak key: RSA 1024");
    assert_int_equal(look(f, &s, "{\"verify\":false,\"weak\":\"ignore\",\"min_version\":\"TLSv1.0\"}"), STATE_OK);
    srv_stop(&s);
    pki_done(&p);
    pki_make(&p, NULL, 200, 100, "sha1");
    serve_chain(&s, &p, p.middle, NULL);
    assert_int_equal(look(f, &s, "{\"verify\":false}"), STATE_WARNING);
    assert_has(f->text, "weak signature: ecdsa-with-SHA1");
    srv_stop(&s);
    pki_done(&p);
}

/* ---- pins, names, issuer ---- */

static void fingerprint(const unsigned char *p, size_t n, char hex[65])
{
    unsigned char digest[32];

    EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void who_it_is(void **state)
{
    struct fx *f = *state;
    struct pki p;
    struct srv s;
    char pin[65], key_pin[65], settings[300];
    unsigned char *der = NULL;
    int n;

    pki_make(&p, NULL, 200, 100, "");
    f->conf.site.ca_file = p.ca;
    n = i2d_X509(p.leaf, &der);
    fingerprint(der, (size_t)n, pin);
    OPENSSL_free(der);
    der = NULL;
    n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(p.leaf), &der);
    fingerprint(der, (size_t)n, key_pin);
    OPENSSL_free(der);
    serve_chain(&s, &p, p.middle, NULL);
    snprintf(settings, sizeof(settings), "{\"fingerprint\":\"%s\",\"public_key\":[\"%s\"]}", pin, key_pin);
    assert_int_equal(look(f, &s, settings), STATE_OK);
    snprintf(settings, sizeof(settings), "{\"fingerprint\":\"%s\"}", key_pin);
    assert_int_equal(look(f, &s, settings), STATE_CRITICAL);
    assert_has(f->text, pin);
    assert_int_equal(look(f, &s, "{\"public_key\":\"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}"), STATE_CRITICAL);
    assert_has(f->text, key_pin);
    assert_int_equal(look(f, &s, "{\"names\":[\"localhost\",\"www.example.org\"],\"issuer\":\"test middle\"}"), STATE_OK);
    assert_int_equal(look(f, &s, "{\"names\":[\"localhost\",\"a.b.example.org\"]}"), STATE_CRITICAL);
    assert_has(f->text, "not for a.b.example.org");
    assert_int_equal(look(f, &s, "{\"issuer\":\"Let's Encrypt\"}"), STATE_CRITICAL);
    assert_has(f->text, "issued by Test Middle, wanted Let's Encrypt");
    srv_stop(&s);
    pki_done(&p);
}

/* ---- OCSP ---- */

struct staple {
    struct pki *pki;
    int status; /* V_OCSP_CERTSTATUS_…; -1: none; -2: no OCSP at all */
    int from_days, to_days;
    bool wrong_key, wrong_cert;
};

static int put_staple(SSL *ssl, void *arg)
{
    struct staple *st = arg;
    OCSP_BASICRESP *basic;
    OCSP_RESPONSE *response;
    OCSP_CERTID *id;
    ASN1_TIME *from, *to, *revoked;
    unsigned char *der = NULL;
    int n;

    if (st->status == -1)
        return SSL_TLSEXT_ERR_NOACK;
    if (st->status == -2) {
        SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup("rubbish", 7), 7);
        return SSL_TLSEXT_ERR_OK;
    }
    basic = OCSP_BASICRESP_new();
    id = OCSP_cert_to_id(NULL, st->wrong_cert ? st->pki->middle : st->pki->leaf, st->pki->middle);
    from = X509_gmtime_adj(NULL, st->from_days * 86400L);
    to = X509_gmtime_adj(NULL, st->to_days * 86400L);
    revoked = X509_gmtime_adj(NULL, -86400L);
    OCSP_basic_add1_status(basic, id, st->status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, st->status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL,
                           from, to);
    if (st->wrong_key)
        OCSP_basic_sign(basic, st->pki->leaf, st->pki->key, EVP_sha256(), NULL, OCSP_NOCERTS);
    else
        OCSP_basic_sign(basic, st->pki->middle, st->pki->middle_key, EVP_sha256(), NULL, OCSP_NOCERTS);
    response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    n = i2d_OCSP_RESPONSE(response, &der);
    SSL_set_tlsext_status_ocsp_resp(ssl, der, n);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    ASN1_TIME_free(revoked);
    return SSL_TLSEXT_ERR_OK;
}

static enum state stapled(struct fx *f, struct staple st, const char *kind, const char *settings)
{
    struct pki p;
    struct srv s;
    static struct staple kept;

    pki_make(&p, NULL, 200, 100, kind);
    f->conf.site.ca_file = p.ca;
    kept = st;
    kept.pki = &p;
    serve_chain(&s, &p, p.middle, NULL);
    SSL_CTX_set_tlsext_status_cb(s.ctx, put_staple);
    SSL_CTX_set_tlsext_status_arg(s.ctx, &kept);
    look(f, &s, settings);
    srv_stop(&s);
    pki_done(&p);
    f->conf.site.ca_file = NULL;
    return f->state;
}

static void staples(void **state)
{
    static const struct {
        struct staple st;
        const char *kind, *settings;
        enum state state;
        const char *text;
    } cases[] = {
        {{.status = V_OCSP_CERTSTATUS_GOOD, .from_days = -1, .to_days = 3}, "", "{\"ocsp\":\"require\"}", STATE_OK, "good for"},
        {{.status = V_OCSP_CERTSTATUS_GOOD, .from_days = -1, .to_days = 3}, "staple", "{\"verify\":false}", STATE_OK, "good for"},
        {{.status = V_OCSP_CERTSTATUS_REVOKED, .from_days = -1, .to_days = 3}, "", NULL, STATE_CRITICAL, "revoked"},
        {{.status = V_OCSP_CERTSTATUS_REVOKED, .from_days = -1, .to_days = 3}, "", "{\"ocsp\":\"ignore\"}", STATE_OK, "good for"},
        {{.status = V_OCSP_CERTSTATUS_UNKNOWN, .from_days = -1, .to_days = 3}, "", NULL, STATE_CRITICAL, "does not know"},
        {{.status = V_OCSP_CERTSTATUS_GOOD, .from_days = -9, .to_days = -2}, "", NULL, STATE_WARNING, "stale: it ended 2"},
        {{.status = V_OCSP_CERTSTATUS_GOOD, .from_days = 2, .to_days = 9}, "", NULL, STATE_WARNING, "from the future"},
        {{.status = V_OCSP_CERTSTATUS_GOOD, .from_days = -1, .to_days = 3, .wrong_key = true}, "", NULL, STATE_WARNING, "wrong signature"},
        {{.status = V_OCSP_CERTSTATUS_GOOD, .from_days = -1, .to_days = 3, .wrong_cert = true}, "", "{\"ocsp\":\"require\"}", STATE_CRITICAL, "another certificate"},
        {{.status = -2}, "", NULL, STATE_WARNING, "unreadable"},
        {{.status = -1}, "", NULL, STATE_OK, "good for"},
        {{.status = -1}, "", "{\"ocsp\":\"require\"}", STATE_CRITICAL, "stapled no OCSP answer"},
        {{.status = -1}, "staple", NULL, STATE_CRITICAL, "demands a stapled"},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (stapled(f, cases[i].st, cases[i].kind, cases[i].settings) != cases[i].state)
            fail_msg("case %zu: %s", i, f->text);
        assert_has(f->text, cases[i].text);
    }
}

/* ---- old protocols ---- */

static void old_protocols(void **state)
{
    struct fx *f = *state;
    struct pki p;
    struct srv s;

    pki_make(&p, NULL, 200, 100, "");
    f->conf.site.ca_file = p.ca;
    serve_chain(&s, &p, p.middle, NULL);
    SSL_CTX_set_min_proto_version(s.ctx, TLS1_VERSION);
    assert_int_equal(look(f, &s, "{\"refuse\":[\"SSLv3\",\"TLSv1.0\",\"TLSv1.1\"]}"), STATE_CRITICAL);
    assert_has(f->text, "still speaks TLSv1.0, TLSv1.1");
    assert_has(f->perf, "days=");
    assert_int_equal(s.hits, 4);
    assert_int_equal(look(f, &s, "{\"refuse\":\"TLSv1.2\"}"), STATE_CRITICAL);
    assert_int_equal(look(f, &s, "{\"refuse\":\"SSLv3\"}"), STATE_OK);
    assert_has(f->text, "good for");
    srv_stop(&s);
    serve_chain(&s, &p, p.middle, NULL);
    SSL_CTX_set_min_proto_version(s.ctx, TLS1_2_VERSION);
    assert_int_equal(look(f, &s, "{\"refuse\":[\"SSLv3\",\"TLSv1.0\",\"TLSv1.1\"]}"), STATE_OK);
    srv_stop(&s);
    pki_done(&p);
}

static void serve_once(struct srv *s, int fd) /* and then silence */
{
    if (s->hits == 1)
        serve(s, fd);
    else
        srv_wait(fd);
}

static void silent_to_the_old(void **state)
{
    struct fx *f = *state;
    struct pki p;
    struct srv s;
    char at[64];

    pki_make(&p, NULL, 200, 100, "");
    f->conf.site.ca_file = p.ca;
    serve_chain(&s, &p, p.middle, NULL);
    s.serve = serve_once;
    assert_int_equal(fx_run(f, "tls", srv_at(&s, "", "", at, sizeof(at)), "{\"refuse\":\"TLSv1.0\"}", 700), STATE_WARNING);
    assert_has(f->text, "no answer to the offer of TLSv1.0");
    srv_stop(&s);
    pki_done(&p);
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
    return 1;
}

static void client_certificate(void **state)
{
    struct fx *f = *state;
    struct pki p;
    struct srv s;
    char path[200], settings[300];
    FILE *file = fopen(fx_path(path, sizeof(path), "tls-client.pem"), "we");

    pki_make(&p, NULL, 200, 100, "");
    PEM_write_X509(file, p.leaf);
    PEM_write_PrivateKey(file, p.key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    f->conf.site.ca_file = p.ca;
    serve_chain(&s, &p, p.middle, NULL);
    SSL_CTX_set_max_proto_version(s.ctx, TLS1_2_VERSION); /* later ones tell the client after its handshake */
    SSL_CTX_set_verify(s.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    snprintf(settings, sizeof(settings), "{\"cert\":\"%s\"}", path);
    assert_int_equal(look(f, &s, settings), STATE_OK);
    assert_int_equal(look(f, &s, NULL), STATE_CRITICAL);
    srv_stop(&s);
    pki_done(&p);
    unlink(path);
}

/* ---- STARTTLS ---- */

enum how { GOOD, NO_OFFER, REFUSES, GARBAGE, INJECTS, SILENT, SILENT_AFTER, CLOSES, NO_TLS, FLOODS };

static bool hear_line(int fd, const char *begin)
{
    char line[512];
    size_t n = 0;

    while (n + 1 < sizeof(line) && recv(fd, line + n, 1, 0) == 1)
        if (line[n++] == '\n')
            break;
    line[n] = '\0';
    return n > 0 && strncasecmp(line, begin, strlen(begin)) == 0;
}

static void serve_smtp(struct srv *s, int fd)
{
    enum how how = *(enum how *)s->arg;

    if (how == SILENT) {
        srv_wait(fd);
        return;
    }
    srv_say(fd, how == GARBAGE ? "\x01\x02\xff\xfe nonsense\r\n" : "220 mail.example.org ESMTP\r\n");
    for (int i = 0; how == FLOODS && i < 5000; i++)
        srv_say(fd, "220-and another line, said for ever and ever, of some eighty bytes or so, dear client\r\n");
    if (!hear_line(fd, "EHLO"))
        return;
    srv_say(fd, how == NO_OFFER ? "250-mail.example.org\r\n250 SIZE 1000\r\n" : "250-mail.example.org\r\n250-SIZE 1000\r\n250 STARTTLS\r\n");
    if (!hear_line(fd, "STARTTLS"))
        return;
    if (how == CLOSES)
        return;
    srv_say(fd, how == REFUSES   ? "454 TLS not available\r\n"
                : how == INJECTS ? "220 go ahead\r\n250 AUTH PLAIN\r\n"
                                 : "220 go ahead\r\n");
    if (how == SILENT_AFTER)
        srv_wait(fd);
    else if (how == NO_TLS)
        srv_say(fd, "250 what?\r\n250 what?\r\n"), srv_wait(fd);
    else
        serve(s, fd);
}

static void start_tls(void **state)
{
    static const struct {
        enum how how;
        enum state state;
        const char *text;
    } cases[] = {
        {GOOD, STATE_OK, "good for"},         {NO_OFFER, STATE_CRITICAL, "STARTTLS"}, {REFUSES, STATE_CRITICAL, "454"},
        {GARBAGE, STATE_CRITICAL, ""},        {INJECTS, STATE_CRITICAL, "250 AUTH"},  {SILENT, STATE_CRITICAL, ""},
        {SILENT_AFTER, STATE_CRITICAL, "no TLS handshake"}, {CLOSES, STATE_CRITICAL, ""},  {NO_TLS, STATE_CRITICAL, ""},
        {FLOODS, STATE_CRITICAL, ""},
    };
    struct fx *f = *state;
    struct pki p;

    pki_make(&p, NULL, 200, 100, "");
    f->conf.site.ca_file = p.ca;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct srv s;
        enum how how = cases[i].how;
        char at[64];

        serve_chain(&s, &p, p.middle, NULL);
        s.serve = serve_smtp;
        s.arg = &how;
        if (fx_run(f, "tls", srv_at(&s, "", "", at, sizeof(at)), "{\"starttls\":\"smtp\"}", 800) != cases[i].state)
            fail_msg("case %zu: %s", i, f->text);
        assert_has(f->text, cases[i].text);
        if (how == GOOD) {
            fx_run(f, "tls", at, "{\"starttls\":\"smtp\",\"refuse\":[\"SSLv3\"]}", 3000);
            assert_int_equal(f->state, STATE_OK);
            assert_int_equal(s.hits, 3);
            assert_int_equal(fx_run(f, "tls", at, "{\"starttls\":\"smtp\",\"server_name\":\"other.test\"}", 3000), STATE_CRITICAL);
            assert_has(f->text, "not trusted");
        }
        srv_stop(&s);
    }
    pki_done(&p);
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "tls", "x:443", "{\"starttls\":\"gopher\"}"), "no protocol with STARTTLS");
    assert_has(fx_refused(f, "tls", "x:443", "{\"fingerprint\":\"12:34\"}"), "no SHA-256");
    assert_has(fx_refused(f, "tls", "x:443", "{\"refuse\":[\"TLSv9\"]}"), "no old protocol");
    assert_has(fx_refused(f, "tls", "x:443", "{\"key\":\"/k\"}"), "without “cert”");
}

static void pins_and_names(void **state)
{
    char hex[65];

    assert_int_equal(tls_pin_read("00:01:02:03:04:05:06:07:08:09:0A:0b:0c:0d:0e:0f:10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f", hex), 0);
    assert_string_equal(hex, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    assert_int_equal(tls_pin_read("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", hex), 0);
    assert_string_equal(hex, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    assert_int_not_equal(tls_pin_read("", hex), 0);
    assert_int_not_equal(tls_pin_read("zz", hex), 0);
    assert_true(tls_name_fits("*.example.org", "www.example.org"));
    assert_false(tls_name_fits("*.example.org", "example.org"));
    assert_false(tls_name_fits("*.example.org", "a.b.example.org"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chains, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(weak_ones, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(who_it_is, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(staples, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(old_protocols, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(silent_to_the_old, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(client_certificate, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(start_tls, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test(pins_and_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

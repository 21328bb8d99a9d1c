/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls.c: the client side of TLS by OpenSSL, between two memory BIOs: bytes in, bytes out.
 *
 * Contexts are shared by all connections of a loop that verify alike, because reading the
 * authorities' file costs more than ten handshakes.  Sessions are never resumed: a check wants to
 * see the certificate. The chain is kept as it came, judged or not, and read into plain data when
 * somebody asks (tls_cert.c). */
#include "io/tls.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/loop_priv.h"
#include "io/sock_priv.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_CONTEXTS = 32, REREAD_AFTER_MS = 60000 };

struct context { /* an entry of the loop's cache */
    struct context *next;
    SSL_CTX *ctx;
    bool verify;
    char *files[3]; /* authorities, certificate, key; NULL: none */
    struct timespec changed[3];
    int64_t looked_ms; /* when the files were last looked at */
};
struct cache {
    struct context *first; /* last used first */
};

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    char *server_name;
    bool verify;
    STACK_OF(X509) * chain; /* leaf first, NULL: nothing was shown */
    X509 *issuer;           /* of the leaf, once verified */
    bool staple;
    struct tls_verdict verdict;
    struct arena *arena;
    struct tls_info *info;
};

/* ---- verification ---- */

static struct tls *tls_of(X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    return SSL_get_app_data(ssl);
}

/* Replaces OpenSSL's own call, which would forget the chain when it is not good. */
static int verify_chain(X509_STORE_CTX *store, void *unused)
{
    struct tls *t = tls_of(store);
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    if (t->chain == NULL && sent != NULL)
        t->chain = X509_chain_up_ref(sent);
    if (!t->verify)
        return 1;
    int good = X509_verify_cert(store);
    if (good > 0) {
        X509 *issuer = sk_X509_value(X509_STORE_CTX_get0_chain(store), 1);
        if (t->staple && t->issuer == NULL && issuer != NULL && X509_up_ref(issuer) == 1)
            t->issuer = issuer;
        return 1;
    }
    int code = X509_STORE_CTX_get_error(store);
    t->verdict.code = code != X509_V_OK ? code : X509_V_ERR_UNSPECIFIED;
    t->verdict.depth = X509_STORE_CTX_get_error_depth(store);
    X509_STORE_CTX_set_error(store, t->verdict.code);
    return 0;
}

static void staple_read(struct tls *t)
{
    const unsigned char *p = NULL;
    long n = SSL_get_tlsext_status_ocsp_resp(t->ssl, &p);
    X509_STORE *store = t->verify ? SSL_CTX_get_cert_store(SSL_get_SSL_CTX(t->ssl)) : NULL;
    if (t->staple && p != NULL && n > 0)
        tls_staple_read(&t->info->staple, p, n, t->chain, t->issuer, store);
}

const struct tls_info *tls_get_info(struct tls *t)
{
    if (t->info != NULL || t->chain == NULL)
        return t->info;
    t->arena = arena_new(4096);
    t->info = ARENA_NEW(t->arena, struct tls_info);
    bool done = SSL_is_init_finished(t->ssl);
    t->info->version = SSL_get_version(t->ssl);
    t->info->cipher = done ? SSL_get_cipher_name(t->ssl) : "";
    t->info->verify_code = t->verdict.code;
    tls_chain_read(t->info, t->chain, t->arena);
    if (t->verdict.code != 0)
        t->info->verify_text = tls_verdict_text(t->info, &t->verdict, t->arena);
    else if (done)
        staple_read(t);
    return t->info;
}

/* ---- contexts ---- */

static void context_free(struct context *c)
{
    SSL_CTX_free(c->ctx);
    for (size_t i = 0; i < COUNT(c->files); i++)
        mem_free(c->files[i]);
    mem_free(c);
}

static void cache_free(void *value)
{
    struct cache *cache = value;
    while (cache->first != NULL) {
        struct context *c = cache->first;
        cache->first = c->next;
        context_free(c);
    }
    mem_free(cache);
}

static struct cache *cache_of(struct loop *l)
{
    struct cache *cache = loop_slot_get(l, LOOP_SLOT_TLS);
    if (cache == NULL) {
        cache = NEW(struct cache);
        loop_slot_set(l, LOOP_SLOT_TLS, cache, cache_free);
    }
    return cache;
}

static struct timespec file_changed(const char *path)
{
    struct stat st = {0};
    if (path != NULL && stat(path, &st) != 0)
        st = (struct stat){0};
    return st.st_mtim;
}

/* A renewed file has to be read again, but not every check has to ask for it. */
static bool context_is_stale(struct context *c)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms - c->looked_ms < REREAD_AFTER_MS)
        return false;
    c->looked_ms = now_ms;
    for (size_t i = 0; i < COUNT(c->files); i++) {
        struct timespec now = file_changed(c->files[i]);
        if (now.tv_sec != c->changed[i].tv_sec || now.tv_nsec != c->changed[i].tv_nsec)
            return true;
    }
    return false;
}

static int load_authorities(SSL_CTX *ctx, const char *file, struct err *e)
{
    if (file == NULL ? SSL_CTX_set_default_verify_paths(ctx) == 1
                     : SSL_CTX_load_verify_file(ctx, file) == 1)
        return 0;
    return err_field(e, ERR_TLS, "ca_file",
                     MSG("the file of authorities {1} cannot be read, or holds no certificate"),
                     "s", file != NULL ? file : "");
}

static int load_own(SSL_CTX *ctx, const char *cert, const char *key, struct err *e)
{
    if (cert == NULL)
        return 0;
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        return err_field(e, ERR_TLS, "cert_file", MSG("the client certificate {1} cannot be read"),
                         "s", cert);
    if (key == NULL)
        key = cert;
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return err_field(e, ERR_TLS, "key_file",
                         MSG("the key {1} cannot be read, or does not fit the certificate"), "s",
                         key);
    return 0;
}

static SSL_CTX *ctx_new(const struct tls_opts *o, struct err *e)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    ASSERT(ctx != NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_cert_verify_callback(ctx, verify_chain, NULL);
    SSL_CTX_set_verify(ctx, o->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    int code = o->verify ? load_authorities(ctx, o->ca_file, e) : 0;
    if (code == 0)
        code = load_own(ctx, o->cert_file, o->key_file, e);
    ERR_clear_error();
    if (code == 0)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static struct context *context_find(struct cache *cache, bool verify, const char *const files[3])
{
    int n = 0;
    for (struct context **at = &cache->first, *c; (c = *at) != NULL; at = &c->next, n++) {
        bool same = c->verify == verify && str_eq(c->files[0], files[0]) &&
                    str_eq(c->files[1], files[1]) && str_eq(c->files[2], files[2]);
        bool drop = same ? context_is_stale(c) : n >= MAX_CONTEXTS - 1;
        if (same || drop)
            *at = c->next;
        if (drop)
            context_free(c); /* connections under way hold their own reference */
        if (same && !drop) {
            c->next = cache->first;
            cache->first = c;
            return c;
        }
        if (drop)
            return NULL;
    }
    return NULL;
}

static SSL_CTX *context_get(struct loop *l, const struct tls_opts *o, struct err *e)
{
    struct cache *cache = cache_of(l);
    const char *const files[3] = {o->verify ? o->ca_file : NULL, o->cert_file, o->key_file};
    struct context *c = context_find(cache, o->verify, files);
    if (c != NULL)
        return c->ctx;
    SSL_CTX *ctx = ctx_new(o, e);
    if (ctx == NULL)
        return NULL;
    c = NEW(struct context);
    c->ctx = ctx;
    c->verify = o->verify;
    c->looked_ms = clock_mono_ms();
    for (size_t i = 0; i < COUNT(c->files); i++) {
        c->files[i] = mem_dup(files[i]);
        c->changed[i] = file_changed(files[i]);
    }
    c->next = cache->first;
    cache->first = c;
    return ctx;
}

/* ---- one connection ---- */

static void set_name(struct tls *t, const char *name)
{
    struct addr a;
    bool literal = addr_parse(name, 0, &a) == 0;
    if (!literal)
        SSL_set_tlsext_host_name(t->ssl, name); /* RFC 6066: names only, never addresses */
    if (!t->verify)
        return;
    X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int ok = literal ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
                     : X509_VERIFY_PARAM_set1_host(param, name, 0);
    ASSERT(ok == 1);
    t->verdict.wanted = t->server_name;
}

static void set_alpn(SSL *ssl, const char *alpn)
{
    unsigned char wire[256];
    size_t n = strlen(alpn);
    if (n == 0 || n > 255)
        return;
    wire[0] = (unsigned char)n;
    memcpy(wire + 1, alpn, n);
    SSL_set_alpn_protos(ssl, wire, (unsigned)n + 1);
}

static void set_version(SSL *ssl, int min_version)
{
    if (min_version == 0)
        return;
    SSL_set_min_proto_version(ssl, min_version);
    if (min_version < TLS1_2_VERSION) /* their hash functions are below OpenSSL's usual level */
        SSL_set_security_level(ssl, 0);
}

struct tls *tls_new(struct loop *l, const struct tls_opts *opts, struct err *e)
{
    SSL_CTX *ctx = context_get(l, opts, e);
    if (ctx == NULL)
        return NULL;
    struct tls *t = NEW(struct tls);
    t->ssl = SSL_new(ctx);
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    ASSERT(t->ssl != NULL && t->in != NULL && t->out != NULL);
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_app_data(t->ssl, t);
    SSL_set_connect_state(t->ssl);
    t->verify = opts->verify;
    if (opts->server_name != NULL && opts->server_name[0] != '\0') {
        size_t n = strlen(opts->server_name);
        n -= n > 1 && opts->server_name[n - 1] == '.'; /* certificates have no root dot */
        t->server_name = mem_dupn(opts->server_name, n);
        set_name(t, t->server_name);
    }
    if (opts->alpn != NULL)
        set_alpn(t->ssl, opts->alpn);
    set_version(t->ssl, opts->min_version);
    if (opts->anonymous && !opts->verify) /* elliptic curves first: classic Diffie-Hellman holds the loop for milliseconds */
        SSL_set_cipher_list(t->ssl, "ECDHE:AECDH:ALL:!MD5:@SECLEVEL=0");
    t->staple = opts->staple;
    if (t->staple)
        SSL_set_tlsext_status_type(t->ssl, TLSEXT_STATUSTYPE_ocsp);
    return t;
}

struct tls *tls_free(struct tls *t)
{
    if (t == NULL)
        return NULL;
    SSL_free(t->ssl);
    sk_X509_pop_free(t->chain, X509_free);
    X509_free(t->issuer);
    arena_free(t->arena);
    mem_free(t->server_name);
    return mem_free(t);
}

void tls_feed(struct tls *t, const char *p, size_t n)
{
    ASSERT(n <= INT32_MAX && BIO_write(t->in, p, (int)n) == (int)n);
}

void tls_take(struct tls *t, struct buf *out)
{
    char *p;
    long n = BIO_get_mem_data(t->out, &p);
    if (n <= 0)
        return;
    buf_add(out, p, (size_t)n);
    (void)BIO_reset(t->out);
}

/* ---- failures in words ---- */

static const struct {
    int reason;
    const char *msgid;
} reason_words[] = {
    {SSL_R_WRONG_VERSION_NUMBER, MSG("the peer does not speak TLS here")},
    {SSL_R_HTTP_REQUEST, MSG("the peer does not speak TLS here")},
    {SSL_R_PACKET_LENGTH_TOO_LONG, MSG("the peer does not speak TLS here")},
    {SSL_R_BAD_RECORD_TYPE, MSG("the peer does not speak TLS here")},
    {SSL_R_UNEXPECTED_MESSAGE, MSG("the peer broke the rules of TLS")},
    {SSL_R_UNSUPPORTED_PROTOCOL, MSG("the peer’s version of TLS is too old for what is asked")},
    {SSL_R_VERSION_TOO_LOW, MSG("the peer’s version of TLS is too old for what is asked")},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, MSG("the peer does not accept our versions of TLS")},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     MSG("the peer refused the TLS handshake: no cipher or certificate in common")},
    {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY,
     MSG("the peer refused the TLS handshake: no cipher or certificate in common")},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME,
     MSG("the peer has no certificate for the name it was asked for")},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, MSG("the peer asks for a client certificate")},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, MSG("the peer does not accept the client certificate")},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, MSG("the peer does not accept the client certificate")},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, MSG("the peer does not accept the client certificate")},
    {SSL_R_DH_KEY_TOO_SMALL, MSG("the peer’s key is too short to be safe")},
    {SSL_R_EE_KEY_TOO_SMALL, MSG("the peer’s key is too short to be safe")},
};

static int reason_set(struct err *e)
{
    unsigned long number = ERR_peek_error();
    int reason = ERR_GET_REASON(number);
    const char *library = ERR_reason_error_string(number);
    ERR_clear_error();
    for (size_t i = 0; i < COUNT(reason_words); i++)
        if (reason_words[i].reason == reason)
            return err_set(e, ERR_TLS, reason_words[i].msgid, "");
    return err_set(e, ERR_TLS, MSG("TLS failed: {1}"), "s", library != NULL ? library : "?");
}

static int failed(struct tls *t, struct err *e)
{
    const struct tls_info *info = t->verdict.code != 0 ? tls_get_info(t) : NULL;
    if (info == NULL)
        return reason_set(e);
    ERR_clear_error();
    if (e != NULL) {
        *e = (struct err){.code = ERR_TLS};
        str_copy(e->text, sizeof e->text, info->verify_text); /* is packed already */
    }
    return ERR_TLS;
}

int tls_handshake(struct tls *t, struct err *e)
{
    ERR_clear_error(); /* the queue is the thread's: others may have left something */
    int r = SSL_do_handshake(t->ssl);
    if (r == 1)
        return 1;
    int why = SSL_get_error(t->ssl, r);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : failed(t, e);
}

int tls_read(struct tls *t, char *p, size_t n, struct err *e)
{
    ERR_clear_error();
    int r = SSL_read(t->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n);
    if (r > 0)
        return r;
    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        return failed(t, e);
    }
}

int tls_write(struct tls *t, const char *p, size_t n, struct err *e)
{
    ERR_clear_error();
    /* A memory BIO takes everything, so that a write is never partial. */
    return SSL_write(t->ssl, p, (int)n) == (int)n ? 0 : failed(t, e);
}

void tls_shutdown(struct tls *t)
{
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    ERR_clear_error();
}

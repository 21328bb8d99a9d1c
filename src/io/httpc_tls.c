/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpc_tls.c: TLS of the libcurl client, on OpenSSL directly.
 *
 * libcurl makes a context for every connection and would read the system's authorities into each
 * (42 ms). So it is told to verify nothing, and the context gets a shared store and our own
 * verification, which keeps the chain even when it is not good.  The handshake itself fails then:
 * no request is sent to an impostor. */
#include "io/httpc_priv.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

enum { STORES_MOST = 16, STORE_LOOK_MS = 60000 };

struct store {
    struct store *next;
    char *file; /* NULL: the system's */
    X509_STORE *x509;
    struct timespec changed;
    int64_t looked_ms;
};
struct stores {
    struct store *first;
    int n;
};

/* ---- trusted authorities ---- */

static void store_free(struct store *s)
{
    X509_STORE_free(s->x509); /* connections under way hold their own reference */
    mem_free(s->file);
    mem_free(s);
}

struct stores *httpc_tls_stores_new(void)
{
    return NEW(struct stores);
}

struct stores *httpc_tls_stores_free(struct stores *s)
{
    while (s != NULL && s->first != NULL) {
        struct store *one = s->first;
        s->first = one->next;
        store_free(one);
    }
    return mem_free(s);
}

static struct timespec file_changed(const char *path)
{
    struct stat st = {0};
    if (path == NULL || stat(path, &st) != 0)
        return (struct timespec){0};
    return st.st_mtim;
}

static bool store_is_stale(struct store *s)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms - s->looked_ms < STORE_LOOK_MS)
        return false;
    s->looked_ms = now_ms;
    struct timespec now = file_changed(s->file);
    return now.tv_sec != s->changed.tv_sec || now.tv_nsec != s->changed.tv_nsec;
}

static struct store *store_find(struct stores *all, const char *file)
{
    for (struct store **at = &all->first; *at != NULL; at = &(*at)->next) {
        struct store *s = *at;
        if (!str_eq(s->file, file))
            continue;
        if (!store_is_stale(s))
            return s;
        *at = s->next;
        all->n--;
        store_free(s);
        return NULL;
    }
    return NULL;
}

static void stores_shrink(struct stores *all)
{
    if (all->n < STORES_MOST)
        return;
    struct store **at = &all->first;
    while ((*at)->next != NULL)
        at = &(*at)->next;
    store_free(*at);
    *at = NULL;
    all->n--;
}

static X509_STORE *store_get(struct stores *all, const char *file)
{
    struct store *s = store_find(all, file);
    if (s != NULL)
        return s->x509;
    X509_STORE *x509 = X509_STORE_new();
    ASSERT(x509 != NULL);
    if ((file != NULL ? X509_STORE_load_file(x509, file) : X509_STORE_set_default_paths(x509)) !=
        1) {
        X509_STORE_free(x509);
        return NULL;
    }
    stores_shrink(all);
    s = NEW(struct store);
    *s = (struct store){all->first, mem_dup(file), x509, file_changed(file), clock_mono_ms()};
    all->first = s;
    all->n++;
    return x509;
}

/* ---- verification ---- */

static int on_verify(X509_STORE_CTX *store, void *arg)
{
    struct httpc_job *job = arg;
    struct httpc_tls *t = &job->tls;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    if (t->chain == NULL && sent != NULL)
        t->chain = X509_chain_up_ref(sent);
    t->version = SSL_get_version(ssl);
    const SSL_CIPHER *cipher = SSL_get_pending_cipher(ssl);
    t->cipher = cipher != NULL ? SSL_CIPHER_get_name(cipher) : "";
    if (!t->opts.verify || X509_verify_cert(store) > 0)
        return 1;
    int code = X509_STORE_CTX_get_error(store);
    t->verdict.code = code != X509_V_OK ? code : X509_V_ERR_UNSPECIFIED;
    t->verdict.depth = X509_STORE_CTX_get_error_depth(store);
    t->verdict.wanted = t->opts.server_name;
    X509_STORE_CTX_set_error(store, t->verdict.code);
    return 0;
}

/* libcurl has no option for a server name that is not the URL's.  The handshake's first event comes
 * before the hello is written. */
static void on_handshake(const SSL *ssl, int where, int ret)
{
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
    struct httpc_job *job = SSL_CTX_get_app_data(ctx);
    if (!(where & SSL_CB_HANDSHAKE_START) || job == NULL)
        return;
    SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, job->tls.opts.server_name);
    SSL_CTX_set_app_data(ctx, NULL); /* the connection may outlive the job */
    SSL_CTX_set_info_callback(ctx, NULL);
}

/* ---- the context of one connection ---- */

static bool set_name(SSL_CTX *ctx, const char *name)
{
    struct addr a;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return (addr_parse(name, 0, &a) == 0 ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
                                         : X509_VERIFY_PARAM_set1_host(param, name, 0)) == 1;
}

static int set_authorities(struct httpc_tls *t, SSL_CTX *ctx)
{
    X509_STORE *store = store_get(t->stores, t->opts.ca_file);
    if (store == NULL)
        return err_field(&t->err, ERR_TLS, "ca_file",
                         MSG("the file of authorities {1} cannot be read, or holds no certificate"),
                         "s", t->opts.ca_file != NULL ? t->opts.ca_file : "");
    SSL_CTX_set1_cert_store(ctx, store);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (!set_name(ctx, t->opts.server_name))
        return err_set(&t->err, ERR_TLS, MSG("“{1}” cannot be the name of a server"), "s",
                       t->opts.server_name);
    return 0;
}

static int set_own(struct httpc_tls *t, SSL_CTX *ctx)
{
    const char *cert = t->opts.cert_file, *key = t->opts.key_file != NULL ? t->opts.key_file : cert;
    if (cert == NULL)
        return 0;
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        return err_field(&t->err, ERR_TLS, "cert_file",
                         MSG("the client certificate {1} cannot be read"), "s", cert);
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return err_field(&t->err, ERR_TLS, "key_file",
                         MSG("the key {1} cannot be read, or does not fit the certificate"), "s",
                         key);
    return 0;
}

static CURLcode on_context(CURL *easy, void *context, void *arg)
{
    SSL_CTX *ctx = context;
    struct httpc_job *job = arg;
    struct httpc_tls *t = &job->tls;
    t->begun_us = clock_mono_us() - job->tried_us + 1;
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cert_verify_callback(ctx, on_verify, job);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    if (t->opts.min_version != 0)
        SSL_CTX_set_min_proto_version(ctx, t->opts.min_version);
    if (t->opts.min_version != 0 && t->opts.min_version < TLS1_2_VERSION)
        SSL_CTX_set_security_level(ctx,
                                   0); /* their hash functions are below OpenSSL's usual level */
    if (t->rename) {
        SSL_CTX_set_app_data(ctx, job);
        SSL_CTX_set_info_callback(ctx, on_handshake);
    }
    int code = t->opts.verify ? set_authorities(t, ctx) : 0;
    if (code == 0)
        code = set_own(t, ctx);
    ERR_clear_error();
    return code == 0 ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

void httpc_tls_setup(struct httpc_job *job)
{
    curl_easy_setopt(job->easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(job->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(job->easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(job->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(job->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(job->easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
    curl_easy_setopt(job->easy, CURLOPT_SSL_CTX_DATA, job);
}

static void forget(struct httpc_tls *t)
{
    sk_X509_pop_free(t->chain, X509_free);
    t->chain = NULL;
    t->verdict = (struct tls_verdict){0};
    t->err.code = 0;
    t->begun_us = 0;
}

void httpc_tls_done(struct httpc_job *job)
{
    forget(&job->tls);
}

const struct tls_info *httpc_tls_info(struct httpc_job *job)
{
    struct httpc_tls *t = &job->tls;
    if (t->chain == NULL)
        return NULL;
    struct tls_info *info = ARENA_NEW(job->arena, struct tls_info);
    info->version = t->version;
    info->cipher = t->cipher;
    info->verify_code = t->verdict.code;
    tls_chain_read(info, t->chain, job->arena);
    if (t->verdict.code != 0)
        info->verify_text = tls_verdict_text(info, &t->verdict, job->arena);
    return info;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checks_fixture.h: runs attempts on a loop of the test's own thread, against servers that live on threads of their
 * own on loopback.  A server is a function that gets a connected socket and may do to it what it likes. */
#ifndef VIGIE_TESTS_CHECKS_FIXTURE_H
#define VIGIE_TESTS_CHECKS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "checks/probe.h"

/* ---- attempts ---- */

struct fx {
    struct loop *loop;
    struct probe_env *env;
    struct work_pool *workers;
    struct spawner *spawner;
    struct arena *arena;
    /* of the last attempt */
    enum state state;
    bool answered, timed_out, ended;
    char text[2048], more[20000], perf[10000];
    struct timings timings;
    const char *address, *check; /* for the next ones */
    struct conf conf; /* only site.ca_file is used */
    char trace[20000];
    void *memory;
};

static inline int fx_setup(void **state)
{
    struct fx *f = calloc(1, sizeof(*f));

    f->loop = loop_new("test");
    f->workers = work_pool_new("test", 2, 50);
    f->env = probe_env_new(f->loop, f->workers, NULL);
    f->arena = arena_new(0);
    f->address = "127.0.0.1";
    f->check = "check";
    *state = f;
    return 0;
}

static inline int fx_setup_spawner(void **state)
{
    struct fx *f;

    fx_setup(state);
    f = *state;
    f->spawner = spawner_new(f->loop, NULL, 8);
    f->env->spawner = f->spawner;
    return 0;
}

static inline int fx_teardown(void **state)
{
    struct fx *f = *state;

    probe_env_free(f->env);
    spawner_free(f->spawner);
    work_pool_free(f->workers);
    loop_free(f->loop);
    arena_free(f->arena);
    free(f->memory);
    free(f);
    return 0;
}

/* Options as the configuration would read them; settings is JSON or NULL. Fails the test when ok and refused. */
static inline int fx_opts(struct fx *f, const struct probe *p, const char *target, const char *settings,
                          const void **ret_opts, struct err *e)
{
    struct conf_env env = {.kinds = probe_kinds};
    struct conf_kind kind = p->kind; /* finished here, with the host's address */
    struct doc *d = NULL;
    void *opts = NULL;
    int code = 0;

    if (settings)
        code = json_parse(f->arena, settings, strlen(settings), 100000, &d, e);
    kind.finish = NULL;
    if (code == 0)
        code = conf_opts(&env, &kind, f->arena, target, d, &opts, e);
    if (code == 0 && p->kind.finish)
        code = p->kind.finish(opts, f->arena, f->address, e);
    *ret_opts = opts;
    return code;
}

/* The error text of options that must be refused. */
static inline const char *fx_refused(struct fx *f, const char *kind, const char *target, const char *settings)
{
    struct err e = {0};
    const void *opts;
    struct buf text = BUF_MAX(2000);

    assert_int_not_equal(fx_opts(f, probe_find(kind), target, settings, &opts, &e), 0);
    msg_render(&text, e.text, "en");
    str_copy(f->text, sizeof(f->text), buf_text(&text));
    buf_done(&text);
    return f->text;
}

static inline void fx_render(char *out, size_t n, const char *packed)
{
    struct buf b = BUF_MAX(n - 1);

    msg_render(&b, packed, "en");
    str_copy(out, n, buf_text(&b));
    buf_done(&b);
}

static inline void fx_take(struct fx *f, struct attempt *a)
{
    f->state = a->state;
    f->answered = a->answered;
    f->timed_out = a->timed_out;
    f->timings = a->timings;
    fx_render(f->text, sizeof(f->text), buf_text(&a->text));
    fx_render(f->more, sizeof(f->more), buf_text(&a->more));
    str_copy(f->perf, sizeof(f->perf), buf_text(&a->perf));
    f->ended = true;
}

static inline void fx_ended(struct attempt *a, void *arg)
{
    struct fx *f = arg;

    fx_take(f, a);
    loop_stop(f->loop);
}

static inline enum state fx_run(struct fx *f, const char *kind, const char *target, const char *settings,
                                int64_t timeout_ms)
{
    const struct probe *p = probe_find(kind);
    struct err e = {0};
    const void *opts;
    struct attempt *a;
    struct buf trace = BUF_MAX(sizeof(f->trace) - 1);

    assert_non_null(p);
    if (fx_opts(f, p, target, settings, &opts, &e) != 0) {
        char text[1000];

        fx_render(text, sizeof(text), e.text);
        fail_msg("options of %s: %s (%s)", kind, text, e.field);
    }
    a = attempt_new(p, opts, NULL, "host", f->check, f->address, 0, timeout_ms);
    a->ca_file = f->conf.site.ca_file;
    a->trace = &trace;
    if (p->memory_bytes && !f->memory)
        f->memory = calloc(1, p->memory_bytes);
    a->memory = p->memory_bytes ? f->memory : NULL;
    f->ended = false;
    attempt_start(a, f->env, fx_ended, f);
    assert_false(f->ended); /* never from inside */
    loop_run(f->loop);
    assert_true(f->ended);
    str_copy(f->trace, sizeof(f->trace), buf_text(&trace));
    buf_done(&trace);
    attempt_free(a);
    assert_true(utf8_valid(f->text, strlen(f->text)));
    assert_int_not_equal(f->text[0], 0);
    return f->state;
}

#define assert_has(text, part)                                                                                         \
    do {                                                                                                               \
        if (strstr((text), (part)) == NULL)                                                                            \
            fail_msg("“%s” lacks “%s”", (text), (part));                                                               \
    } while (0)

/* ---- servers ---- */

struct srv {
    int fd, port;
    pthread_t thread;
    void (*serve)(struct srv *s, int fd);
    void *arg;
    volatile int hits, stop;
    SSL_CTX *ctx;
};

static inline void *srv_main(void *arg)
{
    struct srv *s = arg;

    for (;;) {
        int fd = accept(s->fd, NULL, NULL);

        if (fd < 0 || s->stop) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        s->hits++;
        s->serve(s, fd);
        close(fd);
    }
}

static inline void srv_start(struct srv *s, void (*serve)(struct srv *s, int fd), void *arg)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sin);

    *s = (struct srv){.serve = serve, .arg = arg, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    assert_int_equal(listen(s->fd, 50), 0);
    getsockname(s->fd, (struct sockaddr *)&sin, &len);
    s->port = ntohs(sin.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, srv_main, s), 0);
}

static inline void srv_stop(struct srv *s)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons((uint16_t)s->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    s->stop = 1;
    (void)!connect(fd, (struct sockaddr *)&sin, sizeof(sin));
    pthread_join(s->thread, NULL);
    close(fd);
    close(s->fd);
    SSL_CTX_free(s->ctx);
}

/* "127.0.0.1:PORT" with a text before and after, in a buffer of the caller's. */
static inline const char *srv_at(const struct srv *s, const char *before, const char *after, char *out, size_t n)
{
    snprintf(out, n, "%s127.0.0.1:%d%s", before, s->port, after);
    return out;
}

/* A port on which nobody listens. */
static inline int srv_free_port(void)
{
    struct srv s = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sin);

    assert_int_equal(bind(s.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    getsockname(s.fd, (struct sockaddr *)&sin, &len);
    close(s.fd);
    return ntohs(sin.sin_port);
}

static inline void srv_say(int fd, const char *text)
{
    size_t n = strlen(text);

    while (n) {
        ssize_t k = send(fd, text, n, MSG_NOSIGNAL);

        if (k <= 0)
            return;
        text += k;
        n -= (size_t)k;
    }
}

/* Reads the head of a request (and what came with it). */
static inline void srv_hear(int fd, char *out, size_t n)
{
    size_t at = 0;

    out[0] = '\0';
    while (at + 1 < n && !strstr(out, "\r\n\r\n")) {
        ssize_t k = recv(fd, out + at, n - 1 - at, 0);

        if (k <= 0)
            return;
        at += (size_t)k;
        out[at] = '\0';
    }
}

/* Waits until the other side goes, reading and forgetting. */
static inline void srv_wait(int fd)
{
    char dust[4096];

    while (recv(fd, dust, sizeof(dust), 0) > 0)
        ;
}

/* ---- certificates ---- */

/* A key and a certificate for 127.0.0.1 and localhost, signed by itself, valid for `days` from now (or ended). */
static inline X509 *cert_make(EVP_PKEY **ret_key, int days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_EXTENSION *ext;
    X509V3_CTX v3;

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1000 + days);
    X509_gmtime_adj(X509_getm_notBefore(x), -100 * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(x), days * 86400L + 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509V3_set_ctx_nodb(&v3);
    X509V3_set_ctx(&v3, x, x, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    ext = X509V3_EXT_conf_nid(NULL, &v3, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    X509_sign(x, key, EVP_sha256());
    *ret_key = key;
    return x;
}

/* The server speaks TLS with such a certificate, which is written to ca_file when that is not NULL. */
static inline void srv_tls(struct srv *s, int days, const char *ca_file)
{
    EVP_PKEY *key;
    X509 *x = cert_make(&key, days);

    s->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(s->ctx, x);
    SSL_CTX_use_PrivateKey(s->ctx, key);
    if (ca_file) {
        FILE *f = fopen(ca_file, "we");

        PEM_write_X509(f, x);
        fclose(f);
    }
    X509_free(x);
    EVP_PKEY_free(key);
}

/* A handshake on fd, or NULL. */
static inline SSL *srv_secure(struct srv *s, int fd)
{
    SSL *ssl = SSL_new(s->ctx);

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

/* A private directory of this process, made once per call; the caller removes what it puts there. */
static inline const char *fx_path(char *out, size_t n, const char *name)
{
    const char *dir = getenv("TMPDIR");

    snprintf(out, n, "%s/vigie-test-%d-%s", dir ? dir : "/tmp", (int)getpid(), name);
    return out;
}

#endif

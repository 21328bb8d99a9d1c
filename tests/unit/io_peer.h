/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_peer.h: small, often hostile servers on threads, for the tests of the real io room.  Each
 * connection is handed to an `act` function, one after the other; TLS with certificates made on the
 * spot. */
#ifndef VIGIE_TESTS_IO_PEER_H
#define VIGIE_TESTS_IO_PEER_H

#include "base/mem.h"
#include "base/panic.h"
#include "io/addr.h"
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    int listener, port;
    pthread_t thread;
    atomic_bool stop;
    atomic_int connections;
    void (*act)(struct peer *p, int fd);
    SSL_CTX *tls;
    void *note;
    char request[8192]; /* the last that peer_read_request() took */
};

static void *peer_main(void *arg)
{
    struct peer *p = arg;
    int fd;
    while ((fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        atomic_fetch_add(&p->connections, 1);
        if (!atomic_load(&p->stop))
            p->act(p, fd);
        close(fd);
    }
    return NULL;
}

static inline struct peer *peer_new(void (*act)(struct peer *p, int fd))
{
    struct peer *p = NEW(struct peer);
    struct addr a;
    p->act = act;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(addr_parse("127.0.0.1", 0, &a) == 0);
    ASSERT(bind(p->listener, &a.sa, a.len) == 0 && listen(p->listener, 64) == 0);
    ASSERT(getsockname(p->listener, &a.sa, &a.len) == 0);
    p->port = addr_port(&a);
    return p;
}

static inline void peer_start(struct peer *p)
{
    ASSERT(pthread_create(&p->thread, NULL, peer_main, p) == 0);
}

static inline void peer_free(struct peer *p)
{
    atomic_store(&p->stop, true);
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    SSL_CTX_free(p->tls);
    mem_free(p);
}

static inline void peer_say(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        p += done;
        n -= (size_t)done;
    }
}
#define PEER_SAY(fd, text) peer_say(fd, text, sizeof(text) - 1)

/* Reads to the blank line, and Content-Length bytes more when a body follows. */
static inline void peer_read_request(struct peer *p, int fd)
{
    size_t n = 0;
    p->request[0] = '\0';
    char *end = NULL;
    while (n < sizeof p->request - 1) {
        ssize_t got = recv(fd, p->request + n, sizeof p->request - 1 - n, 0);
        if (got <= 0)
            return;
        n += (size_t)got;
        p->request[n] = '\0';
        end = strstr(p->request, "\r\n\r\n");
        if (end == NULL)
            continue;
        const char *length = strcasestr(p->request, "Content-Length: ");
        size_t want = length != NULL ? strtoul(length + 16, NULL, 10) : 0;
        if (n >= (size_t)(end + 4 - p->request) + want)
            return;
    }
}

/* ---- certificates ---- */

struct peer_ca {
    EVP_PKEY *key;
    X509 *cert;
};

static inline X509 *peer_cert(EVP_PKEY *key, const char *name, const char *alt, long from_s,
                              long to_s, const struct peer_ca *ca)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), to_s);
    X509_set_pubkey(x, key);
    X509_NAME *n = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, ca != NULL ? X509_get_subject_name(ca->cert) : n);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, ca != NULL ? ca->cert : x, x, NULL, NULL, 0);
    int nid = alt != NULL ? NID_subject_alt_name : NID_basic_constraints;
    X509_EXTENSION *ext =
        X509V3_EXT_conf_nid(NULL, &ctx, nid, alt != NULL ? alt : "critical,CA:TRUE");
    ASSERT(ext != NULL);
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    ASSERT(X509_sign(x, ca != NULL ? ca->key : key, EVP_sha256()) > 0);
    return x;
}

static inline void peer_ca_make(struct peer_ca *ca, const char *path)
{
    ca->key = EVP_EC_gen("P-256");
    ca->cert = peer_cert(ca->key, "Test authority", NULL, -3600, 86400, NULL);
    FILE *f = fopen(path, "we");
    ASSERT(f != NULL && PEM_write_X509(f, ca->cert) == 1 && fclose(f) == 0);
}

static inline void peer_ca_done(struct peer_ca *ca)
{
    EVP_PKEY_free(ca->key);
    X509_free(ca->cert);
}

/* alt: "DNS:localhost,IP:127.0.0.1". */
static inline void peer_use_tls(struct peer *p, const struct peer_ca *ca, const char *alt,
                                long from_s, long to_s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = peer_cert(key, "A server", alt, from_s, to_s, ca);
    p->tls = SSL_CTX_new(TLS_server_method());
    ASSERT(SSL_CTX_use_certificate(p->tls, cert) == 1 && SSL_CTX_use_PrivateKey(p->tls, key) == 1);
    X509_free(cert);
    EVP_PKEY_free(key);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock_priv.h: what sock.c, dgram.c and icmp.c share, and the TLS engine that sock.c drives.
 *
 * The engine (tls.c) never touches a descriptor: wire bytes are fed in, wire bytes are taken out.
 */
#ifndef VIGIE_IO_SOCK_PRIV_H
#define VIGIE_IO_SOCK_PRIV_H

#include "base/buf.h"
#include "base/err.h"
#include "io/sock.h"
#include "io/tls.h"

/* Words for what the kernel says of a connection; returns the code. */
int sock_errno(struct err *e, int errnum);

struct tls;
/* NULL and *e (ERR_TLS): a file could not be read, or an option makes no sense. */
struct tls *tls_new(struct loop *l, const struct tls_opts *opts, struct err *e);
struct tls *tls_free(struct tls *t);
void tls_feed(struct tls *t, const char *p, size_t n);
void tls_take(struct tls *t, struct buf *out);   /* appends what has to go to the wire */
int tls_handshake(struct tls *t, struct err *e); /* 1: done, 0: needs more bytes, ERR_TLS */
/* Bytes read, 0: needs more, TLS_CLOSED: closed in order, ERR_TLS. */
enum { TLS_CLOSED = -1000 };
int tls_read(struct tls *t, char *p, size_t n, struct err *e);
int tls_write(struct tls *t, const char *p, size_t n, struct err *e); /* 0 or ERR_TLS */
void tls_shutdown(struct tls *t);
const struct tls_info *tls_get_info(struct tls *t);

/* tls_cert.c. certs is a STACK_OF(X509), leaf first. */
struct stack_st_X509;
void tls_chain_read(struct tls_info *info, const struct stack_st_X509 *certs, struct arena *a);
/* tls_ocsp.c: reads and verifies an answer about the first of certs. issuer: NULL: is looked for among certs;
 * store: NULL: who signed it is not verified. */
struct x509_st;
struct x509_store_st;
void tls_staple_read(struct tls_staple *ret, const unsigned char *p, long n, struct stack_st_X509 *certs,
                     struct x509_st *issuer, struct x509_store_st *store);
struct tls_verdict { /* what X509_verify_cert() found */
    int code, depth;
    const char *wanted; /* the name that was to be verified, or NULL */
};
/* The verdict in words, packed. */
const char *tls_verdict_text(const struct tls_info *info, const struct tls_verdict *v,
                             struct arena *a);

#endif

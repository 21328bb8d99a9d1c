/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls.h: what a TLS peer showed: the protocol and its certificates, as plain data.
 * Source: RFC 5280 (fields), RFC 6125 (names); read by OpenSSL 3. */
#ifndef VIGIE_IO_TLS_H
#define VIGIE_IO_TLS_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum { TLS_MAX_CHAIN = 10, TLS_MAX_NAMES = 100 };

struct tls_cert {
    const char *subject;   /* CN, or the whole name when there is none */
    const char *issuer;
    const char *const *names; /* DNS and IP subjectAltNames */
    int n_names;
    int64_t not_before_ms, not_after_ms; /* wall */
    char sha256[65];       /* of the DER, hex */
    char public_sha256[65]; /* of the public key (SubjectPublicKeyInfo), hex */
    const char *serial;    /* hex */
    const char *key;       /* "RSA 2048", "EC 256" */
    const char *signature; /* "sha256WithRSAEncryption" */
    bool self_signed;
    bool weak_key;       /* RSA or DSA under 2048 bits, elliptic curves under 224 */
    bool weak_signature; /* MD5 or SHA-1; never of one signed by itself, where nobody looks at it */
    bool must_staple;    /* RFC 7633: without an OCSP answer it is not to be taken */
};
enum tls_order {
    TLS_ORDER_GOOD,
    TLS_ORDER_MIXED, /* the chain is there, but each is not signed by the next */
    TLS_ORDER_EXTRA, /* certificates that do not belong to the chain */
};
/* The OCSP answer that a server staples to its handshake (RFC 6066, 6960). */
enum tls_staple_state {
    TLS_STAPLE_NONE,    /* none came, or none was asked for */
    TLS_STAPLE_GOOD,
    TLS_STAPLE_REVOKED,
    TLS_STAPLE_UNKNOWN, /* the authority does not know the certificate */
    TLS_STAPLE_STALE,   /* its time is over, or has not begun */
    TLS_STAPLE_BAD,     /* cannot be read, is about another certificate, or its signature is wrong */
};
struct tls_staple {
    enum tls_staple_state state;
    int64_t this_ms, next_ms; /* when it was made, until when it may be used (0: not said); wall */
    int64_t revoked_ms;
    const char *why;          /* OpenSSL's words; NULL */
};
struct tls_info {
    const char *version; /* "TLSv1.3" */
    const char *cipher;
    struct tls_cert chain[TLS_MAX_CHAIN]; /* leaf first, as sent */
    int n_chain;
    enum tls_order order;
    const char *missing;     /* who signed the last certificate of the chain and was not sent; NULL: a root was sent */
    struct tls_staple staple;
    int verify_code;         /* 0: the chain is good and the name fits; else an X509_V_ERR_ number */
    const char *verify_text; /* packed message when verify_code != 0 */
};

#endif

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
    const char *serial;    /* hex */
    const char *key;       /* "RSA 2048", "EC 256" */
    const char *signature; /* "sha256WithRSAEncryption" */
    bool self_signed;
};
struct tls_info {
    const char *version; /* "TLSv1.3" */
    const char *cipher;
    struct tls_cert chain[TLS_MAX_CHAIN]; /* leaf first, as sent */
    int n_chain;
    int verify_code;         /* 0: the chain is good and the name fits; else an X509_V_ERR_ number */
    const char *verify_text; /* packed message when verify_code != 0 */
};

#endif

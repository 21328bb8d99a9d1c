/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jose.h: signed tokens and the keys to them as text: JWS in its compact form (RFC 7515), JWK sets (RFC 7517), as OpenID Connect needs
 * them.  Pure: nothing is verified here; what is read is bounded, and what is not in its one right form is refused. */
#ifndef VIGIE_WIRE_JOSE_H
#define VIGIE_WIRE_JOSE_H

#include "base/doc.h"
#include "base/str.h"

enum { JOSE_MAX_TOKEN = 64 * 1024, JOSE_MAX_KEYS = 32, JOSE_MAX_BYTES = 1024 /* of a signature, a modulus */ };
struct jose_token {
    struct str signed_part;        /* what the signature is of; borrowed from the text */
    const struct doc *header, *claims; /* objects */
    const char *alg, *kid;         /* of the header; kid NULL: none */
    const unsigned char *signature;
    size_t signature_bytes;
};
/* 0, ERR_INVALID, or ERR_LIMIT; all in the arena. A header with “crit” is refused: nothing is understood that must be. */
int jose_read(struct arena *a, const char *text, size_t n, struct jose_token *ret);

enum jose_kind { JOSE_RSA = 1, JOSE_P256 };
struct jose_key {
    enum jose_kind kind;
    const char *kid, *alg;         /* NULL: not said */
    const unsigned char *a, *b;    /* RSA: modulus and exponent; P-256: x and y of 32 bytes each */
    size_t a_bytes, b_bytes;
};
struct jose_keys {
    struct jose_key at[JOSE_MAX_KEYS];
    int n;
};
/* Keys of other kinds, those for encipherment and malformed ones are left out. 0 or ERR_INVALID. */
int jose_keys_read(struct arena *a, const char *json, size_t n, struct jose_keys *ret);
/* Base64url without padding, in its one right form (RFC 4648): bytes, or -1. */
int64_t jose_bytes(const char *text, size_t n, unsigned char *out, size_t most);
void jose_text(const unsigned char *p, size_t n, char *out, size_t out_bytes);

#endif

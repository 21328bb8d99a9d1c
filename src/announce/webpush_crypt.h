/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webpush_crypt.h: the cryptography of Web Push, by OpenSSL, and nothing else: messages that only one browser can read (RFC 8291, over
 * RFC 8188's aes128gcm), and what tells its push service who sends them (VAPID, RFC 8292: a JWT signed with ES256). Pure but for the random
 * bytes that a message takes. */
#ifndef VIGIE_ANNOUNCE_WEBPUSH_CRYPT_H
#define VIGIE_ANNOUNCE_WEBPUSH_CRYPT_H

#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

enum {
    P256_POINT = 65, P256_SCALAR = 32, WEBPUSH_AUTH = 16, WEBPUSH_SALT = 16,
    WEBPUSH_MOST_TEXT = 3000,               /* so much is said in one message */
    WEBPUSH_RECORD = 4096,                  /* services take no more */
    WEBPUSH_HEAD = WEBPUSH_SALT + 4 + 1 + P256_POINT, WEBPUSH_TAIL = 1 + 16,
    VAPID_KEY_TEXT = 88                     /* of the public key, base64url, with its end */
};
struct p256_key {
    unsigned char point[P256_POINT], scalar[P256_SCALAR]; /* public: uncompressed; private: big-endian */
};
int p256_make(struct p256_key *ret);                                      /* 0, or ERR_UNSUPPORTED */
bool p256_point_ok(const unsigned char point[P256_POINT]);                /* does it lie on the curve? */
void p256_point_text(const unsigned char point[P256_POINT], char out[VAPID_KEY_TEXT]);

struct webpush_to { /* a browser */
    unsigned char point[P256_POINT], auth[WEBPUSH_AUTH];
};
/* Both as a browser's PushSubscription has them, base64url. ERR_INVALID: of another size, or no point of the curve. */
int webpush_to_read(const char *p256dh, const char *auth, struct webpush_to *ret);
/* The body of a request. once, salt: NULL, or (in tests) the key and the salt of this message. ERR_LIMIT, ERR_INVALID. */
int webpush_encrypt(const struct webpush_to *to, const void *text, size_t n, const struct p256_key *once, const unsigned char *salt, struct buf *out);
/* "vapid t=…, k=…": audience is the origin of the endpoint, "https://push.example.net"; subject "mailto:…" or an https address. */
int vapid_authorization(const struct p256_key *key, const char *audience, const char *subject, int64_t until_ms, struct buf *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seal.h: the key that signs what copies of the public site say of themselves: Ed25519 (RFC 8032), in minisign's form (wire/manifest.h).
 *
 * It lives in <data>/mirror.key, for the daemon's user alone, and is made when it is not there. Whoever has the public half can tell a
 * copy of ours from one that somebody changed, also with the origin dead.  A seal is plain data: copies may be used by any thread. */
#ifndef VIGIE_ANNOUNCE_SEAL_H
#define VIGIE_ANNOUNCE_SEAL_H

#include "base/err.h"
#include "wire/manifest.h"

enum { SEAL_SEED = 32 };
struct seal {
    unsigned char seed[SEAL_SEED], key[MINISIGN_KEY], id[MINISIGN_ID];
};
/* Blocking: at start. ERR_INVALID: the file holds something else (it is left alone); ERR_IO … */
int seal_open(const char *data_dir, struct seal *ret, struct err *e);
void seal_key(const struct seal *s, char out[MINISIGN_KEY_TEXT]); /* the public half */
/* A signature file for a file of that name. */
void seal_sign(const struct seal *s, const char *name, const void *p, size_t n, int64_t at_ms, struct buf *out);
/* Did this seal sign these bytes? signature: the text of the signature file. */
bool seal_ok(const struct seal *s, const void *p, size_t n, struct str signature);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.h: what a copy of the public site says of itself, and the form of its signature.
 *
 * manifest.txt:
 *     vigie site 2
 *     made 2026-11-24T05:00:00Z
 *     next 2026-11-24T05:30:00Z          ("-": nobody knows)
 *     <SHA-256 in hex>  index.html       (as sha256sum(1) writes and checks it; one line a file)
 * Version 1 had the XXH3-64 and the size of a file before its name; its names are read, its sums are not.
 *
 * manifest.txt.minisig is a signature as minisign(1) makes it (jedisct1.github.io/minisign): Ed25519 (RFC 8032) over the
 * BLAKE2b-512 (RFC 7693) of the file, and once more over that signature and the trusted comment.
 *
 * Pure: nothing is computed here. Names may be anything: whoever opens files by them judges them. */
#ifndef VIGIE_WIRE_MANIFEST_H
#define VIGIE_WIRE_MANIFEST_H

#include "base/buf.h"
#include "base/str.h"
#include <stdint.h>

#define MANIFEST_FILE "manifest.txt"
#define MANIFEST_SIGNATURE "manifest.txt.minisig"
enum { MANIFEST_HEX = 64, MANIFEST_MOST_BYTES = 256 << 20 };
struct manifest {
    int version;
    int64_t made_ms, next_ms; /* 0: not said */
    struct str rest;          /* what manifest_next() has not seen yet */
};
struct manifest_entry { /* borrowed from the text */
    char sum[MANIFEST_HEX + 1]; /* small letters; "" in version 1 */
    struct str file;
};
/* ERR_INVALID: it is none. */
int manifest_begin(struct str text, struct manifest *ret);
bool manifest_next(struct manifest *m, struct manifest_entry *ret); /* lines that are none are left out */
void manifest_head(struct buf *out, int64_t made_ms, int64_t next_ms);
void manifest_line(struct buf *out, const char *sum, const char *file);

enum { MINISIGN_ID = 8, MINISIGN_KEY = 32, MINISIGN_SIGNATURE = 64, MINISIGN_COMMENT = 1024 };
struct minisign {
    unsigned char id[MINISIGN_ID], signature[MINISIGN_SIGNATURE], whole[MINISIGN_SIGNATURE]; /* whole: of signature and comment */
    char comment[MINISIGN_COMMENT]; /* the trusted one */
};
void minisign_write(struct buf *out, const struct minisign *m);
/* ERR_INVALID: none, or of the former kind that signs the file itself. */
int minisign_read(struct str text, struct minisign *ret);
/* "RWQ…": a public key as minisign -P takes it. */
enum { MINISIGN_KEY_TEXT = 57 };
void minisign_key(const unsigned char id[MINISIGN_ID], const unsigned char key[MINISIGN_KEY], char out[MINISIGN_KEY_TEXT]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hash.h: XXH3 for tables and fingerprints (not for secrets; those use auth/). */
#ifndef VIGIE_BASE_HASH_H
#define VIGIE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);
uint64_t hash_text(const char *text, uint64_t seed); /* NULL differs from "" */
void hash_hex(const unsigned char *p, size_t n, char *out /* 2n+1 */);
int hash_unhex(const char *hex, unsigned char *out, size_t n); /* 0 or ERR_INVALID */
size_t hash_base64(const unsigned char *p, size_t n, char *out, size_t out_bytes, int url); /* NUL-terminated; url: no padding */
int hash_unbase64(const char *text, unsigned char *out, size_t out_bytes, size_t *ret_n);

#endif

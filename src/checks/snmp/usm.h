/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usm.h: the cryptography of SNMPv3's user-based security model: RFC 3414 (MD5, SHA-1, DES), RFC 7860 (SHA-2), RFC 3826
 * (AES-128), and the two customary ways to longer AES keys.  No messages here: bytes and keys only.
 *
 * A password becomes a key by hashing one MiB (usm_password_key: milliseconds, so for a worker), a key belongs to one
 * engine (usm_localise), and a `struct usm` holds all that is ready for use with one engine. */
#ifndef VIGIE_CHECKS_SNMP_USM_H
#define VIGIE_CHECKS_SNMP_USM_H

#include "base/str.h"

enum usm_auth { USM_NO_AUTH, USM_MD5, USM_SHA, USM_SHA224, USM_SHA256, USM_SHA384, USM_SHA512 };
/* …C: keys made longer as Reeder's draft (Cisco) has it; without: as Blumenthal's (Net-SNMP's "AES-256"). */
enum usm_priv { USM_NO_PRIV, USM_DES, USM_AES, USM_AES192, USM_AES256, USM_AES192C, USM_AES256C };
extern const char *const usm_auth_words[], *const usm_priv_words[]; /* in this order, NULL at the end */
enum { USM_KEY_BYTES = 64, USM_SALT_BYTES = 8 };

struct usm_key {
    unsigned char bytes[USM_KEY_BYTES];
    size_t n;
};
/* 0, or ERR_UNSUPPORTED when the library lacks the hash. */
int usm_password_key(enum usm_auth auth, const char *password, struct usm_key *ret_key);
int usm_localise(enum usm_auth auth, const struct usm_key *key, struct str engine, struct usm_key *ret_key);

struct usm;
/* priv_key: made with the hash of auth as well; NULL without privacy. Reeder's keys hash another MiB here. NULL: unsupported. */
struct usm *usm_new(enum usm_auth auth, enum usm_priv priv, const struct usm_key *auth_key, const struct usm_key *priv_key, struct str engine);
struct usm *usm_free(struct usm *u);
size_t usm_mac_bytes(enum usm_auth auth);
/* Writes usm_mac_bytes() to mac; 0 or ERR_UNSUPPORTED. */
int usm_mac(struct usm *u, const void *p, size_t n, unsigned char *mac);
/* out: room for n + 8 bytes. salt is chosen anew each time and belongs into the message. */
int usm_encrypt(struct usm *u, uint32_t boots, uint32_t time, struct str in, unsigned char *out, size_t *ret_n,
                unsigned char salt[USM_SALT_BYTES]);
/* out: room for in.n bytes; may be in.p. ERR_PROTOCOL when the sizes cannot be. */
int usm_decrypt(struct usm *u, uint32_t boots, uint32_t time, struct str in, struct str salt, unsigned char *out, size_t *ret_n);

#endif

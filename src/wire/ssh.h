/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh.h: the first packets of SSH as bytes: KEXINIT, the curve25519 exchange, host keys and their signatures.
 * No cryptography, no I/O.  Decoded slices point into the input.  Source: RFC 4251, 4253, 5656, 8332, 8709, 8731. */
#ifndef VIGIE_WIRE_SSH_H
#define VIGIE_WIRE_SSH_H

#include "base/buf.h"
#include "base/str.h"

enum { SSH_MAX_PACKET = 35000, SSH_MAX_IDENT = 255, SSH_POINT_BYTES = 32 };
enum { SSH_DISCONNECT = 1, SSH_IGNORE = 2, SSH_UNIMPLEMENTED = 3, SSH_DEBUG = 4, SSH_KEXINIT = 20, SSH_ECDH_INIT = 30, SSH_ECDH_REPLY = 31 };
enum { SSH_LISTS = 10, SSH_LIST_KEX = 0, SSH_LIST_KEYS = 1 };

struct ssh_kexinit {
    struct str lists[SSH_LISTS]; /* names parted by commas */
};
struct ssh_reply {
    struct str key, point, signature;
};
struct ssh_key { /* ssh-ed25519: one part; ssh-rsa: e, n; ecdsa-…: curve, point */
    struct str type, part[2];
};
struct ssh_signature { /* ecdsa: r, s; else one part */
    struct str type, part[2];
};

/* An unencrypted packet at the beginning of p: 0, its payload and the bytes it takes; 1: more must come; ERR_PROTOCOL. */
int ssh_packet_decode(const char *p, size_t n, struct str *ret_payload, size_t *ret_used);
/* Payloads, message number first. 0 or ERR_PROTOCOL. */
int ssh_kexinit_decode(struct str payload, struct ssh_kexinit *ret);
int ssh_reply_decode(struct str payload, struct ssh_reply *ret);
int ssh_disconnect_decode(struct str payload, struct str *ret_text);
int ssh_key_decode(struct str blob, struct ssh_key *ret);
int ssh_signature_decode(struct str blob, struct ssh_signature *ret);

void ssh_put_string(struct buf *out, const void *p, size_t n);
void ssh_put_mpint(struct buf *out, const unsigned char *p, size_t n); /* unsigned, big endian */
/* KEXINIT with these key exchanges and host key algorithms; cookie: 16 bytes. */
void ssh_kexinit_encode(struct buf *out, const unsigned char *cookie, const char *kex, const char *keys);
/* A payload as an unencrypted packet (padding of zeros). */
void ssh_packet_encode(struct buf *out, const void *payload, size_t n);
/* The first name of `ours` that `theirs` has, too; empty: none. */
struct str ssh_pick(struct str ours, struct str theirs);

#endif

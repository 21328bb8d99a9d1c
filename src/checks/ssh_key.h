/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh_key.h: the cryptography of SSH's key exchange curve25519-sha256, client side, up to the proof of the host key. */
#ifndef VIGIE_CHECKS_SSH_KEY_H
#define VIGIE_CHECKS_SSH_KEY_H

#include "wire/ssh.h"

enum { SSH_FINGERPRINT_BYTES = 64 };
#define SSH_KEX_NAMES "curve25519-sha256,curve25519-sha256@libssh.org"

struct ssh_secret; /* an ephemeral key */
struct ssh_secret *ssh_secret_new(unsigned char ret_point[SSH_POINT_BYTES]); /* NULL: no cryptography here */
struct ssh_secret *ssh_secret_free(struct ssh_secret *s);

/* What the exchange hash is made of: identification lines without line ends, payloads of both KEXINIT. */
struct ssh_exchange {
    struct str client_ident, server_ident, client_init, server_init;
    const unsigned char *point; /* ours */
};
/* Is the reply signed by the key that it shows? 0, ERR_PROTOCOL (malformed), ERR_UNSUPPORTED (kind of key), ERR_DENIED (no). */
int ssh_reply_verify(const struct ssh_secret *s, const struct ssh_exchange *x, const struct ssh_reply *r);
/* "SHA256:…" as ssh-keygen -l prints it. */
void ssh_fingerprint(struct str key, char out[SSH_FINGERPRINT_BYTES]);

#endif

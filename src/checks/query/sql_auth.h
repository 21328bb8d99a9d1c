/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sql_auth.h: how a database is shown that one knows the password: PostgreSQL's md5 and SCRAM-SHA-256 (RFC 5802, 7677),
 * MySQL's native password and the quick way of caching_sha2_password. No messages, no state machine: proofs. */
#ifndef VIGIE_CHECKS_QUERY_SQL_AUTH_H
#define VIGIE_CHECKS_QUERY_SQL_AUTH_H

#include "base/buf.h"
#include "base/str.h"

enum { SQL_NONCE_BYTES = 32, SQL_PROOF_BYTES = 32, SQL_MAX_ROUNDS = 1000000, SQL_SALT_BYTES = 64 };

void sql_md5(const char *user, const char *password, const char salt[4], char ret_text[36]); /* "md5…" */
size_t sql_native(const char *password, const unsigned char salt[20], unsigned char proof[SQL_PROOF_BYTES]); /* bytes; 0: no password */
size_t sql_sha2(const char *password, const unsigned char salt[20], unsigned char proof[SQL_PROOF_BYTES]);

struct sql_scram {
    char nonce[SQL_NONCE_BYTES + 1];
    char server_first[512];
    unsigned char salt[SQL_SALT_BYTES];
    size_t salt_n;
    int rounds;
    unsigned char salted[32]; /* the password, hashed `rounds` times */
    unsigned char server_key[32];
    struct buf transcript;
};
void sql_scram_begin(struct sql_scram *s, char ret_first[SQL_NONCE_BYTES + 16]); /* the client's first message */
int sql_scram_hear(struct sql_scram *s, struct str server_first); /* 0, ERR_PROTOCOL, ERR_LIMIT (too many rounds) */
int sql_scram_salt(struct sql_scram *s, const char *password);    /* the costly part: for a worker */
int sql_scram_final(struct sql_scram *s, struct buf *out);        /* the client's last message, with its proof */
int sql_scram_verify(struct sql_scram *s, struct str server_final); /* does the server know the password, too? */
void sql_scram_done(struct sql_scram *s);

#endif

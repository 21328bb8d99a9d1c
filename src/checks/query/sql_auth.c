/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sql_auth.c: see sql_auth.h; on OpenSSL. */
#include "checks/query/sql_auth.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/loop.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

struct piece {
    const void *p;
    size_t n;
};

static void digest(const EVP_MD *md, const struct piece *at, int n, unsigned char *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx && EVP_DigestInit_ex(ctx, md, NULL)) {
        for (int i = 0; i < n; i++)
            EVP_DigestUpdate(ctx, at[i].p, at[i].n);
        EVP_DigestFinal_ex(ctx, out, NULL);
    }
    EVP_MD_CTX_free(ctx);
}

void sql_md5(const char *user, const char *password, const char salt[4], char ret_text[36])
{
    unsigned char inner[16] = {0}, outer[16] = {0};
    char hex[33];

    digest(EVP_md5(), (struct piece[]){{password, strlen(password)}, {user, strlen(user)}}, 2, inner);
    hash_hex(inner, 16, hex);
    digest(EVP_md5(), (struct piece[]){{hex, 32}, {salt, 4}}, 2, outer);
    hash_hex(outer, 16, hex);
    str_print(ret_text, 36, "md5%s", hex);
}

/* SHA1(password) xor SHA1(salt, SHA1(SHA1(password))) */
size_t sql_native(const char *password, const unsigned char salt[20], unsigned char proof[SQL_PROOF_BYTES])
{
    unsigned char one[20] = {0}, two[20] = {0}, mix[20] = {0};

    if (password == NULL || password[0] == '\0')
        return 0;
    digest(EVP_sha1(), (struct piece[]){{password, strlen(password)}}, 1, one);
    digest(EVP_sha1(), (struct piece[]){{one, 20}}, 1, two);
    digest(EVP_sha1(), (struct piece[]){{salt, 20}, {two, 20}}, 2, mix);
    for (int i = 0; i < 20; i++)
        proof[i] = one[i] ^ mix[i];
    return 20;
}

/* SHA256(password) xor SHA256(SHA256(SHA256(password)), salt) */
size_t sql_sha2(const char *password, const unsigned char salt[20], unsigned char proof[SQL_PROOF_BYTES])
{
    unsigned char one[32] = {0}, two[32] = {0}, mix[32] = {0};

    if (password == NULL || password[0] == '\0')
        return 0;
    digest(EVP_sha256(), (struct piece[]){{password, strlen(password)}}, 1, one);
    digest(EVP_sha256(), (struct piece[]){{one, 32}}, 1, two);
    digest(EVP_sha256(), (struct piece[]){{two, 32}, {salt, 20}}, 2, mix);
    for (int i = 0; i < 32; i++)
        proof[i] = one[i] ^ mix[i];
    return 32;
}

/* ---- SCRAM ---- */

void sql_scram_begin(struct sql_scram *s, char ret_first[SQL_NONCE_BYTES + 16])
{
    unsigned char bytes[SQL_NONCE_BYTES / 2];

    entropy_bytes(bytes, sizeof(bytes));
    hash_hex(bytes, sizeof(bytes), s->nonce);
    s->transcript = BUF_MAX(4096);
    buf_printf(&s->transcript, "n=,r=%s", s->nonce);
    str_print(ret_first, SQL_NONCE_BYTES + 16, "n,,n=,r=%s", s->nonce);
}

/* "r=…,s=…,i=…" */
int sql_scram_hear(struct sql_scram *s, struct str server_first)
{
    struct str rest = server_first, part;
    char salt[128] = "", rounds[16] = "", nonce[200] = "";
    int64_t n = 0;

    if (server_first.n >= sizeof(s->server_first) || memchr(server_first.p, '\0', server_first.n))
        return ERR_PROTOCOL;
    str_copyn(s->server_first, sizeof(s->server_first), server_first.p, server_first.n);
    while (str_next(&rest, ",", &part)) {
        struct str value = {part.p + 2, part.n > 2 ? part.n - 2 : 0};
        bool fits = part.n < 2 || part.p[1] != '='      ? false
                    : part.p[0] == 'r' ? str_copyn(nonce, sizeof(nonce), value.p, value.n)
                    : part.p[0] == 's' ? str_copyn(salt, sizeof(salt), value.p, value.n)
                    : part.p[0] == 'i' ? str_copyn(rounds, sizeof(rounds), value.p, value.n)
                                       : part.p[0] != 'm';
        if (!fits)
            return ERR_PROTOCOL;
    }
    if (!str_starts(nonce, s->nonce) || strlen(nonce) <= strlen(s->nonce) || str_i64(rounds, &n) != 0 || n < 1 ||
        hash_unbase64(salt, s->salt, sizeof(s->salt), &s->salt_n) != 0 || s->salt_n == 0)
        return ERR_PROTOCOL;
    s->rounds = n <= SQL_MAX_ROUNDS ? (int)n : 0;
    buf_printf(&s->transcript, ",%s,c=biws,r=%s", s->server_first, nonce);
    return n <= SQL_MAX_ROUNDS ? 0 : ERR_LIMIT;
}

int sql_scram_salt(struct sql_scram *s, const char *password)
{
    return PKCS5_PBKDF2_HMAC(password, (int)strlen(password), s->salt, (int)s->salt_n, s->rounds, EVP_sha256(), 32, s->salted) ? 0 : ERR_UNSUPPORTED;
}

static void mac(const unsigned char key[32], const void *p, size_t n, unsigned char out[32])
{
    HMAC(EVP_sha256(), key, 32, p, n, out, NULL);
}

int sql_scram_final(struct sql_scram *s, struct buf *out)
{
    unsigned char client[32] = {0}, stored[32] = {0}, proof[32] = {0};
    char text[64];
    const char *last = strstr(buf_text(&s->transcript), ",c=biws,r=");

    mac(s->salted, "Client Key", 10, client);
    mac(s->salted, "Server Key", 10, s->server_key);
    digest(EVP_sha256(), (struct piece[]){{client, 32}}, 1, stored);
    mac(stored, s->transcript.data, s->transcript.len, proof);
    for (int i = 0; i < 32; i++)
        proof[i] ^= client[i];
    hash_base64(proof, 32, text, sizeof(text), 0);
    if (last == NULL)
        return ERR_PROTOCOL;
    buf_printf(out, "%s,p=%s", last + 1, text);
    return 0;
}

int sql_scram_verify(struct sql_scram *s, struct str server_final)
{
    unsigned char wanted[32] = {0}, got[32];
    char text[64];
    size_t n = 0;

    if (server_final.n < 3 || memcmp(server_final.p, "v=", 2) != 0 || server_final.n - 2 >= sizeof(text))
        return ERR_PROTOCOL;
    str_copyn(text, sizeof(text), server_final.p + 2, server_final.n - 2);
    mac(s->server_key, s->transcript.data, s->transcript.len, wanted);
    if (hash_unbase64(text, got, sizeof(got), &n) != 0 || n != 32 || CRYPTO_memcmp(got, wanted, 32) != 0)
        return ERR_AUTH;
    return 0;
}

void sql_scram_done(struct sql_scram *s)
{
    buf_done(&s->transcript);
    OPENSSL_cleanse(s->salted, sizeof(s->salted));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seal.c: signatures of manifests, by OpenSSL. */
#include "announce/seal.h"
#include "base/hash.h"
#include "base/msg.h"
#include "base/panic.h"
#include "io/file.h"
#include <openssl/evp.h>
#include <string.h>

enum { FILE_BYTES = 4096, BLAKE2B_BYTES = 64 };
static const char head[] = "vigie mirror key 1\n";

/* ---- the key ---- */

static int derive(struct seal *s)
{
    size_t n = sizeof s->key;
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, SEAL_SEED);
    int ok = k && EVP_PKEY_get_raw_public_key(k, s->key, &n) == 1 && n == sizeof s->key;
    EVP_PKEY_free(k);
    return ok ? 0 : ERR_INVALID;
}

static int read_key(const char *text, struct seal *s)
{
    unsigned char raw[200];
    char line[200];
    size_t n = 0;
    if (!str_starts(text, head))
        return ERR_INVALID;
    text += sizeof head - 1;
    str_copyn(line, sizeof line, text, strcspn(text, "\r\n"));
    if (hash_unbase64(line, raw, sizeof raw, &n) || n != SEAL_SEED + MINISIGN_ID)
        return ERR_INVALID;
    memcpy(s->seed, raw, SEAL_SEED);
    memcpy(s->id, raw + SEAL_SEED, MINISIGN_ID);
    return derive(s);
}

static int make_key(const char *path, struct seal *s, struct err *e)
{
    unsigned char raw[SEAL_SEED + MINISIGN_ID];
    char coded[120];
    struct buf b = BUF_MAX(FILE_BYTES);
    entropy_bytes(raw, sizeof raw);
    memcpy(s->seed, raw, SEAL_SEED);
    memcpy(s->id, raw + SEAL_SEED, MINISIGN_ID);
    hash_base64(raw, sizeof raw, coded, sizeof coded, 0);
    buf_printf(&b, "%s%s\n", head, coded);
    int r = derive(s);
    r = r ? err_set(e, ERR_UNSUPPORTED, MSG("this machine’s OpenSSL makes no Ed25519 keys"), "") : file_write(path, buf_text(&b), b.len, 0600, e);
    buf_done(&b);
    return r;
}

int seal_open(const char *data_dir, struct seal *ret, struct err *e)
{
    char path[1200];
    struct buf b = BUF_MAX(FILE_BYTES);
    struct seal s = {0};
    str_print(path, sizeof path, "%s/mirror.key", data_dir);
    int r = file_read(path, &b, e);
    if (r == ERR_NOT_FOUND)
        r = make_key(path, &s, e);
    else if (r == 0 && read_key(buf_text(&b), &s))
        r = err_set(e, ERR_INVALID, MSG("{1} is no key of mirrors; move it away, and a new one is made"), "s", path);
    buf_done(&b);
    if (r == 0)
        *ret = s;
    return r;
}

void seal_key(const struct seal *s, char out[MINISIGN_KEY_TEXT])
{
    minisign_key(s->id, s->key, out);
}

/* ---- signing ---- */

static void blake(const void *p, size_t n, unsigned char out[BLAKE2B_BYTES])
{
    unsigned int len = BLAKE2B_BYTES;
    ASSERT(EVP_Digest(p, n, out, &len, EVP_blake2b512(), NULL) == 1 && len == BLAKE2B_BYTES);
}

static void sign(EVP_PKEY *k, const unsigned char *p, size_t n, unsigned char out[MINISIGN_SIGNATURE])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t len = MINISIGN_SIGNATURE;
    ASSERT(c && EVP_DigestSignInit(c, NULL, NULL, NULL, k) == 1 && EVP_DigestSign(c, out, &len, p, n) == 1 && len == MINISIGN_SIGNATURE);
    EVP_MD_CTX_free(c);
}

/* What the second signature is of: the first one, and the comment. */
static size_t whole_of(const struct minisign *m, unsigned char out[MINISIGN_SIGNATURE + MINISIGN_COMMENT])
{
    size_t n = strlen(m->comment);
    memcpy(out, m->signature, MINISIGN_SIGNATURE);
    memcpy(out + MINISIGN_SIGNATURE, m->comment, n);
    return MINISIGN_SIGNATURE + n;
}

void seal_sign(const struct seal *s, const char *name, const void *p, size_t n, int64_t at_ms, struct buf *out)
{
    struct minisign m = {0};
    unsigned char sum[BLAKE2B_BYTES], whole[MINISIGN_SIGNATURE + MINISIGN_COMMENT];
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, SEAL_SEED);
    ASSERT(k != NULL);
    memcpy(m.id, s->id, MINISIGN_ID);
    str_print(m.comment, sizeof m.comment, "timestamp:%lld\tfile:%s\thashed", (long long)(at_ms / 1000), name);
    blake(p, n, sum);
    sign(k, sum, sizeof sum, m.signature);
    sign(k, whole, whole_of(&m, whole), m.whole);
    EVP_PKEY_free(k);
    minisign_write(out, &m);
}

static bool verify(EVP_PKEY *k, const unsigned char *p, size_t n, const unsigned char *signature)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) == 1 && EVP_DigestVerify(c, signature, MINISIGN_SIGNATURE, p, n) == 1;
    EVP_MD_CTX_free(c);
    return ok;
}

bool seal_ok(const struct seal *s, const void *p, size_t n, struct str signature)
{
    struct minisign m = {0};
    unsigned char sum[BLAKE2B_BYTES], whole[MINISIGN_SIGNATURE + MINISIGN_COMMENT];
    if (minisign_read(signature, &m) || memcmp(m.id, s->id, MINISIGN_ID))
        return false;
    EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, s->key, MINISIGN_KEY);
    blake(p, n, sum);
    bool ok = k && verify(k, sum, sizeof sum, m.signature) && verify(k, whole, whole_of(&m, whole), m.whole);
    EVP_PKEY_free(k);
    return ok;
}

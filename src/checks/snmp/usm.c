/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usm.c: keys, digests and ciphers of SNMPv3 on OpenSSL.  Contexts are made once a `struct usm` and used again: that is
 * most of their cost.  Single DES, which OpenSSL 3 keeps in its legacy provider, is done as triple DES with one key. */
#include "checks/snmp/usm.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/loop.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum { MEGABYTE = 1 << 20, CHUNK = 64 * 64, MAX_BLOCK = 128, AES_IV = 16, DES_BLOCK = 8 };

struct hash_row {
    const EVP_MD *(*md)(void);
    size_t mac_bytes, block_bytes;
};
static const struct hash_row hashes[] = {
    {NULL, 0, 0}, {EVP_md5, 12, 64}, {EVP_sha1, 12, 64}, {EVP_sha224, 16, 64}, {EVP_sha256, 24, 64}, {EVP_sha384, 32, 128}, {EVP_sha512, 48, 128},
};
const char *const usm_auth_words[] = {"none", "md5", "sha", "sha224", "sha256", "sha384", "sha512", NULL};

struct cipher_row {
    const EVP_CIPHER *(*cipher)(void);
    size_t key_bytes; /* of the localised key that are needed */
    bool reeder;
};
static const struct cipher_row ciphers[] = {
    {NULL, 0, false}, {EVP_des_ede3_cbc, 16, false}, {EVP_aes_128_cfb128, 16, false}, {EVP_aes_192_cfb128, 24, false},
    {EVP_aes_256_cfb128, 32, false}, {EVP_aes_192_cfb128, 24, true}, {EVP_aes_256_cfb128, 32, true},
};
const char *const usm_priv_words[] = {"none", "des", "aes", "aes192", "aes256", "aes192c", "aes256c", NULL};

struct usm {
    enum usm_auth auth;
    enum usm_priv priv;
    EVP_MD_CTX *inner, *outer, *work; /* the digest with the key's pads taken in; a copy to go on with */
    EVP_CIPHER_CTX *encrypt, *decrypt;
    unsigned char pre_iv[DES_BLOCK];
    uint64_t salt;
};

/* ---- keys ---- */

/* Repeats n bytes until a MiB has been hashed. */
static int megabyte_hash(enum usm_auth auth, const unsigned char *p, size_t n, struct usm_key *ret_key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char chunk[CHUNK];
    unsigned length = 0;
    size_t at = 0;
    bool ok = ctx && EVP_DigestInit_ex(ctx, hashes[auth].md(), NULL);

    for (size_t done = 0; ok && done < MEGABYTE; done += sizeof(chunk)) {
        for (size_t i = 0; i < sizeof(chunk); i++) {
            chunk[i] = p[at];
            at = at + 1 == n ? 0 : at + 1;
        }
        ok = EVP_DigestUpdate(ctx, chunk, sizeof(chunk));
    }
    ok = ok && EVP_DigestFinal_ex(ctx, ret_key->bytes, &length);
    ret_key->n = length;
    EVP_MD_CTX_free(ctx);
    OPENSSL_cleanse(chunk, sizeof(chunk));
    return ok ? 0 : ERR_UNSUPPORTED;
}

int usm_password_key(enum usm_auth auth, const char *password, struct usm_key *ret_key)
{
    size_t n = strlen(password);

    if (auth == USM_NO_AUTH || n == 0)
        return ERR_UNSUPPORTED;
    return megabyte_hash(auth, (const unsigned char *)password, n, ret_key);
}

int usm_localise(enum usm_auth auth, const struct usm_key *key, struct str engine, struct usm_key *ret_key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct usm_key out;
    unsigned length = 0;
    bool ok = ctx && EVP_DigestInit_ex(ctx, hashes[auth].md(), NULL) && EVP_DigestUpdate(ctx, key->bytes, key->n) &&
              EVP_DigestUpdate(ctx, engine.p, engine.n) && EVP_DigestUpdate(ctx, key->bytes, key->n) &&
              EVP_DigestFinal_ex(ctx, out.bytes, &length);

    EVP_MD_CTX_free(ctx);
    if (!ok)
        return ERR_UNSUPPORTED;
    out.n = length;
    *ret_key = out;
    return 0;
}

/* Blumenthal: the hash of what there is, appended. Reeder: what there is as a password of its own. */
static int key_lengthen(enum usm_auth auth, bool reeder, struct str engine, struct usm_key *key, size_t wanted)
{
    struct usm_key more = {.n = 0}, last = *key;
    unsigned length = 0;

    while (key->n < wanted) {
        size_t n;

        if (reeder && (megabyte_hash(auth, last.bytes, last.n, &more) != 0 || usm_localise(auth, &more, engine, &more) != 0))
            return ERR_UNSUPPORTED;
        if (!reeder && !EVP_Digest(key->bytes, key->n, more.bytes, &length, hashes[auth].md(), NULL))
            return ERR_UNSUPPORTED;
        more.n = reeder ? more.n : length;
        n = more.n < sizeof(key->bytes) - key->n ? more.n : sizeof(key->bytes) - key->n;
        memcpy(key->bytes + key->n, more.bytes, n);
        key->n += n;
        last = more;
    }
    return 0;
}

/* ---- ready for use ---- */

static EVP_MD_CTX *pad_take(enum usm_auth auth, const struct usm_key *key, unsigned char pad)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char block[MAX_BLOCK] = {0};

    memcpy(block, key->bytes, key->n);
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] ^= pad;
    if (ctx && (!EVP_DigestInit_ex(ctx, hashes[auth].md(), NULL) || !EVP_DigestUpdate(ctx, block, hashes[auth].block_bytes))) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }
    OPENSSL_cleanse(block, sizeof(block));
    return ctx;
}

static bool ciphers_start(struct usm *u, const struct usm_key *key)
{
    const EVP_CIPHER *cipher = ciphers[u->priv].cipher();
    unsigned char bytes[USM_KEY_BYTES];

    memcpy(bytes, key->bytes, sizeof(bytes));
    if (u->priv == USM_DES) {
        memcpy(u->pre_iv, key->bytes + DES_BLOCK, DES_BLOCK);
        memcpy(bytes + DES_BLOCK, bytes, DES_BLOCK);
        memcpy(bytes + 2 * DES_BLOCK, bytes, DES_BLOCK);
    }
    u->encrypt = EVP_CIPHER_CTX_new();
    u->decrypt = EVP_CIPHER_CTX_new();
    bool ok = u->encrypt && u->decrypt && EVP_EncryptInit_ex(u->encrypt, cipher, NULL, bytes, NULL) &&
              EVP_DecryptInit_ex(u->decrypt, cipher, NULL, bytes, NULL) && EVP_CIPHER_CTX_set_padding(u->encrypt, 0) &&
              EVP_CIPHER_CTX_set_padding(u->decrypt, 0);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return ok;
}

struct usm *usm_new(enum usm_auth auth, enum usm_priv priv, const struct usm_key *auth_key, const struct usm_key *priv_key, struct str engine)
{
    struct usm *u = NEW(struct usm);
    struct usm_key key;
    bool ok;

    *u = (struct usm){.auth = auth, .priv = priv, .salt = entropy_u64()};
    ok = usm_localise(auth, auth_key, engine, &key) == 0 && (u->inner = pad_take(auth, &key, 0x36)) != NULL &&
         (u->outer = pad_take(auth, &key, 0x5c)) != NULL && (u->work = EVP_MD_CTX_new()) != NULL;
    if (ok && priv != USM_NO_PRIV)
        ok = usm_localise(auth, priv_key, engine, &key) == 0 &&
             key_lengthen(auth, ciphers[priv].reeder, engine, &key, ciphers[priv].key_bytes) == 0 && ciphers_start(u, &key);
    OPENSSL_cleanse(&key, sizeof(key));
    return ok ? u : usm_free(u);
}

struct usm *usm_free(struct usm *u)
{
    if (u == NULL)
        return NULL;
    EVP_MD_CTX_free(u->inner);
    EVP_MD_CTX_free(u->outer);
    EVP_MD_CTX_free(u->work);
    EVP_CIPHER_CTX_free(u->encrypt);
    EVP_CIPHER_CTX_free(u->decrypt);
    OPENSSL_cleanse(u, sizeof(*u));
    return mem_free(u);
}

size_t usm_mac_bytes(enum usm_auth auth)
{
    return hashes[auth].mac_bytes;
}

int usm_mac(struct usm *u, const void *p, size_t n, unsigned char *mac)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (!EVP_MD_CTX_copy_ex(u->work, u->inner) || !EVP_DigestUpdate(u->work, p, n) || !EVP_DigestFinal_ex(u->work, digest, &length) ||
        !EVP_MD_CTX_copy_ex(u->work, u->outer) || !EVP_DigestUpdate(u->work, digest, length) || !EVP_DigestFinal_ex(u->work, digest, &length))
        return ERR_UNSUPPORTED;
    memcpy(mac, digest, hashes[u->auth].mac_bytes);
    return 0;
}

static void put32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void iv_make(const struct usm *u, uint32_t boots, uint32_t time, const unsigned char *salt, unsigned char iv[AES_IV])
{
    if (u->priv == USM_DES) {
        for (int i = 0; i < DES_BLOCK; i++)
            iv[i] = u->pre_iv[i] ^ salt[i];
        return;
    }
    put32(iv, boots);
    put32(iv + 4, time);
    memcpy(iv + 8, salt, USM_SALT_BYTES);
}

int usm_encrypt(struct usm *u, uint32_t boots, uint32_t time, struct str in, unsigned char *out, size_t *ret_n,
                unsigned char salt[USM_SALT_BYTES])
{
    static const unsigned char padding[DES_BLOCK];
    unsigned char iv[AES_IV];
    size_t pad = u->priv == USM_DES ? (DES_BLOCK - in.n % DES_BLOCK) % DES_BLOCK : 0;
    int n = 0, more = 0;

    u->salt++;
    put32(salt, u->priv == USM_DES ? boots : (uint32_t)(u->salt >> 32));
    put32(salt + 4, (uint32_t)u->salt);
    iv_make(u, boots, time, salt, iv);
    if (!EVP_EncryptInit_ex(u->encrypt, NULL, NULL, NULL, iv) || !EVP_EncryptUpdate(u->encrypt, out, &n, (const unsigned char *)in.p, (int)in.n) ||
        (pad && !EVP_EncryptUpdate(u->encrypt, out + n, &more, padding, (int)pad)))
        return ERR_UNSUPPORTED;
    *ret_n = (size_t)(n + more);
    return 0;
}

int usm_decrypt(struct usm *u, uint32_t boots, uint32_t time, struct str in, struct str salt, unsigned char *out, size_t *ret_n)
{
    unsigned char iv[AES_IV];
    int n = 0;

    if (salt.n != USM_SALT_BYTES || in.n > INT32_MAX || (u->priv == USM_DES && in.n % DES_BLOCK))
        return ERR_PROTOCOL;
    iv_make(u, boots, time, (const unsigned char *)salt.p, iv);
    if (!EVP_DecryptInit_ex(u->decrypt, NULL, NULL, NULL, iv) || !EVP_DecryptUpdate(u->decrypt, out, &n, (const unsigned char *)in.p, (int)in.n))
        return ERR_PROTOCOL;
    *ret_n = (size_t)n;
    return 0;
}

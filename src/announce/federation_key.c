/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_key.c: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2): the one kind of key that every server of ActivityPub knows. */
#include "announce/federation_int.h"
#include "base/hash.h"
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

enum { OUR_BITS = 2048, LEAST_BITS = 2048, MOST_BITS = 8192 };

struct fed_key {
    EVP_PKEY *pkey;
};

struct fed_key *fed_key_read(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *pkey = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    if (!pkey || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    struct fed_key *k = NEW(struct fed_key);
    k->pkey = pkey;
    return k;
}

struct fed_key *fed_key_free(struct fed_key *k)
{
    if (k)
        EVP_PKEY_free(k->pkey);
    return mem_free(k);
}

static char *text_of(BIO *out)
{
    char *p = NULL;
    long n = out ? BIO_get_mem_data(out, &p) : 0;
    char *text = n > 0 ? mem_dupn(p, (size_t)n) : NULL;
    BIO_free(out);
    return text;
}

char *fed_key_make(void)
{
    EVP_PKEY *pkey = EVP_RSA_gen(OUR_BITS);
    BIO *out = BIO_new(BIO_s_mem());
    if (!pkey || !out || PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(out);
        out = NULL;
    }
    EVP_PKEY_free(pkey);
    return text_of(out);
}

char *fed_key_public(const struct fed_key *k)
{
    BIO *out = BIO_new(BIO_s_mem());
    if (out && PEM_write_bio_PUBKEY(out, k->pkey) != 1) {
        BIO_free(out);
        out = NULL;
    }
    return text_of(out);
}

int fed_key_sign(const struct fed_key *k, const char *p, size_t n, unsigned char *out, size_t out_bytes, size_t *ret_n)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t len = out_bytes;
    bool ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, k->pkey) == 1 && EVP_DigestSign(c, out, &len, (const unsigned char *)p, n) == 1;
    EVP_MD_CTX_free(c);
    *ret_n = ok ? len : 0;
    return ok ? 0 : ERR_IO;
}

/* SPKI, or the older PKCS#1: both are seen. */
static EVP_PKEY *public_key(const char *pem)
{
    EVP_PKEY *pkey = NULL;
    const unsigned char *p = (const unsigned char *)pem;
    size_t n = strlen(pem);
    if (n > FED_MAX_PEM)
        return NULL;
    OSSL_DECODER_CTX *d = OSSL_DECODER_CTX_new_for_pkey(&pkey, "PEM", NULL, "RSA", EVP_PKEY_PUBLIC_KEY, NULL, NULL);
    if (d && OSSL_DECODER_from_data(d, &p, &n) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    OSSL_DECODER_CTX_free(d);
    if (pkey && (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA || EVP_PKEY_get_bits(pkey) < LEAST_BITS || EVP_PKEY_get_bits(pkey) > MOST_BITS)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

bool fed_key_verify(const char *pem, const char *p, size_t n, const unsigned char *signature, size_t signature_bytes)
{
    EVP_PKEY *pkey = pem ? public_key(pem) : NULL;
    EVP_MD_CTX *c = pkey ? EVP_MD_CTX_new() : NULL;
    bool ok = c && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, pkey) == 1 && EVP_DigestVerify(c, signature, signature_bytes, (const unsigned char *)p, n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(pkey);
    return ok;
}

void fed_digest(const char *p, size_t n, unsigned char out[HTTPSIG_DIGEST_BYTES])
{
    unsigned int len = HTTPSIG_DIGEST_BYTES;
    EVP_Digest(p, n, out, &len, EVP_sha256(), NULL);
}

void fed_mark(char out[FED_MARK_BYTES], const char *a, const char *b)
{
    unsigned char digest[HTTPSIG_DIGEST_BYTES];
    struct buf both = BUF_MAX(4 * FED_MAX_URL + HTTPSIG_MAX_HEADER);
    buf_printf(&both, "%zu:%s", strlen(a), a);
    buf_str(&both, b);
    fed_digest(buf_text(&both), both.len, digest);
    hash_hex(digest, sizeof digest, out);
    buf_done(&both);
}

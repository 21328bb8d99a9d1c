/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webpush_crypt.c: see webpush_crypt.h. */
#include "announce/webpush_crypt.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/loop.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <string.h>

enum { SUM = 32, KEY = 16, NONCE = 12, TAG = 16, JWT_BYTES = 2000 };

/* ---- keys ---- */

/* scalar NULL: a public key. NULL when it is none. */
static EVP_PKEY *key_of(const unsigned char point[P256_POINT], const unsigned char *scalar)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    BIGNUM *d = scalar ? BN_bin2bn(scalar, P256_SCALAR, NULL) : NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    bool ok = b && c && (d || !scalar) && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) && OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT) &&
              (!d || OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d));
    OSSL_PARAM *params = ok ? OSSL_PARAM_BLD_to_param(b) : NULL;
    if (params && EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    BN_clear_free(d);
    EVP_PKEY_CTX_free(c);
    return key;
}

int p256_make(struct p256_key *ret)
{
    EVP_PKEY *k = EVP_EC_gen("P-256");
    BIGNUM *d = NULL;
    size_t n = 0;
    bool ok = k && EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 && BN_bn2binpad(d, ret->scalar, P256_SCALAR) == P256_SCALAR &&
              EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY, ret->point, P256_POINT, &n) == 1 && n == P256_POINT && ret->point[0] == 4;
    BN_clear_free(d);
    EVP_PKEY_free(k);
    return ok ? 0 : ERR_UNSUPPORTED;
}

bool p256_point_ok(const unsigned char point[P256_POINT])
{
    EVP_PKEY *k = point[0] == 4 ? key_of(point, NULL) : NULL;
    EVP_PKEY_CTX *c = k ? EVP_PKEY_CTX_new(k, NULL) : NULL;
    bool ok = c && EVP_PKEY_public_check(c) == 1;
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(k);
    return ok;
}

void p256_point_text(const unsigned char point[P256_POINT], char out[VAPID_KEY_TEXT])
{
    hash_base64(point, P256_POINT, out, VAPID_KEY_TEXT, 1);
}

static bool unbase64(const char *text, unsigned char *out, size_t want)
{
    unsigned char raw[200];
    size_t n = 0;
    if (!text || strlen(text) > 120 || hash_unbase64(text, raw, sizeof raw, &n) || n != want)
        return false;
    memcpy(out, raw, want);
    return true;
}

int webpush_to_read(const char *p256dh, const char *auth, struct webpush_to *ret)
{
    return unbase64(p256dh, ret->point, P256_POINT) && unbase64(auth, ret->auth, WEBPUSH_AUTH) && p256_point_ok(ret->point) ? 0 : ERR_INVALID;
}

/* ---- a message ---- */

static void mac(const unsigned char *key, size_t key_n, const void *p, size_t n, unsigned char out[SUM])
{
    unsigned int len = SUM;
    ASSERT(HMAC(EVP_sha256(), key, (int)key_n, p, n, out, &len) != NULL && len == SUM);
}

/* HKDF-Expand (RFC 5869) of one block: info with its 0x01. */
static void expand(const unsigned char prk[SUM], const char *info, size_t n, unsigned char *out, size_t want)
{
    unsigned char block[SUM];
    char with[SUM + 2 * P256_POINT];
    ASSERT(n + 1 <= sizeof with && want <= SUM);
    memcpy(with, info, n);
    with[n] = 1;
    mac(prk, SUM, with, n + 1, block);
    memcpy(out, block, want);
}

static bool agree(const struct p256_key *ours, const unsigned char theirs[P256_POINT], unsigned char out[SUM])
{
    EVP_PKEY *a = key_of(ours->point, ours->scalar), *b = key_of(theirs, NULL);
    EVP_PKEY_CTX *c = a && b ? EVP_PKEY_CTX_new(a, NULL) : NULL;
    size_t n = SUM;
    bool ok = c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, b) == 1 && EVP_PKEY_derive(c, out, &n) == 1 && n == SUM;
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    return ok;
}

/* RFC 8291, 3.4. */
static bool derive(const struct webpush_to *to, const struct p256_key *once, const unsigned char salt[WEBPUSH_SALT], unsigned char key[KEY], unsigned char nonce[NONCE])
{
    static const char info_key[] = "WebPush: info", cek[] = "Content-Encoding: aes128gcm", iv[] = "Content-Encoding: nonce";
    unsigned char shared[SUM], prk[SUM], ikm[SUM];
    char info[sizeof info_key + 2 * P256_POINT];
    if (!agree(once, to->point, shared))
        return false;
    mac(to->auth, WEBPUSH_AUTH, shared, SUM, prk);
    memcpy(info, info_key, sizeof info_key); /* with its NUL */
    memcpy(info + sizeof info_key, to->point, P256_POINT);
    memcpy(info + sizeof info_key + P256_POINT, once->point, P256_POINT);
    expand(prk, info, sizeof info, ikm, SUM);
    mac(salt, WEBPUSH_SALT, ikm, SUM, prk);
    expand(prk, cek, sizeof cek, key, KEY);
    expand(prk, iv, sizeof iv, nonce, NONCE);
    return true;
}

static void seal(const unsigned char key[KEY], const unsigned char nonce[NONCE], const unsigned char *p, int n, unsigned char *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int len = 0, rest = 0;
    ASSERT(c && EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) == 1 && EVP_EncryptUpdate(c, out, &len, p, n) == 1 && len == n && EVP_EncryptFinal_ex(c, out + len, &rest) == 1 && rest == 0);
    ASSERT(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, out + n) == 1);
    EVP_CIPHER_CTX_free(c);
}

int webpush_encrypt(const struct webpush_to *to, const void *text, size_t n, const struct p256_key *once, const unsigned char *salt, struct buf *out)
{
    struct p256_key own;
    unsigned char head[WEBPUSH_HEAD], fresh[WEBPUSH_SALT], key[KEY], nonce[NONCE], plain[WEBPUSH_MOST_TEXT + 1], sealed[WEBPUSH_MOST_TEXT + 1 + TAG];
    if (n > WEBPUSH_MOST_TEXT)
        return ERR_LIMIT;
    if (!once && p256_make(&own))
        return ERR_INVALID;
    if (!salt)
        entropy_bytes(fresh, sizeof fresh);
    once = once ? once : &own;
    salt = salt ? salt : fresh;
    if (!derive(to, once, salt, key, nonce))
        return ERR_INVALID;
    memcpy(plain, text, n);
    plain[n] = 2; /* the last record, without padding */
    seal(key, nonce, plain, (int)n + 1, sealed);
    memcpy(head, salt, WEBPUSH_SALT);
    memcpy(head + WEBPUSH_SALT, (const unsigned char[]){WEBPUSH_RECORD >> 24, WEBPUSH_RECORD >> 16 & 255, WEBPUSH_RECORD >> 8 & 255, WEBPUSH_RECORD & 255, P256_POINT}, 5);
    memcpy(head + WEBPUSH_SALT + 5, once->point, P256_POINT);
    buf_add(out, head, sizeof head);
    buf_add(out, sealed, n + 1 + TAG);
    return out->full ? ERR_LIMIT : 0;
}

/* ---- who sends it ---- */

static bool es256(const struct p256_key *key, const char *text, size_t n, unsigned char out[2 * P256_SCALAR])
{
    unsigned char der[128];
    size_t len = sizeof der;
    EVP_PKEY *k = key_of(key->point, key->scalar);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = k && c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, k) == 1 && EVP_DigestSign(c, der, &len, (const unsigned char *)text, n) == 1;
    const unsigned char *at = der;
    ECDSA_SIG *s = ok ? d2i_ECDSA_SIG(NULL, &at, (long)len) : NULL;
    ok = s && BN_bn2binpad(ECDSA_SIG_get0_r(s), out, P256_SCALAR) == P256_SCALAR && BN_bn2binpad(ECDSA_SIG_get0_s(s), out + P256_SCALAR, P256_SCALAR) == P256_SCALAR;
    ECDSA_SIG_free(s);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(k);
    return ok;
}

static void add_part(struct buf *out, const char *text, size_t n)
{
    char coded[JWT_BYTES];
    hash_base64((const unsigned char *)text, n, coded, sizeof coded, 1);
    buf_str(out, coded);
}

int vapid_authorization(const struct p256_key *key, const char *audience, const char *subject, int64_t until_ms, struct buf *out)
{
    static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
    struct arena *a = arena_new(0);
    struct doc *d = doc_object(a);
    struct buf claims = BUF_MAX(JWT_BYTES / 2), jwt = BUF_MAX(2 * JWT_BYTES);
    unsigned char signature[2 * P256_SCALAR];
    char point[VAPID_KEY_TEXT];
    doc_put_text(d, "aud", audience);
    doc_put_int(d, "exp", until_ms / 1000);
    doc_put_text(d, "sub", subject);
    json_write(&claims, d, "en", 0);
    add_part(&jwt, head, sizeof head - 1);
    buf_char(&jwt, '.');
    add_part(&jwt, buf_text(&claims), claims.len);
    int r = !claims.full && es256(key, buf_text(&jwt), jwt.len, signature) ? 0 : ERR_INVALID;
    if (r == 0) {
        buf_char(&jwt, '.');
        add_part(&jwt, (const char *)signature, sizeof signature);
        p256_point_text(key->point, point);
        buf_printf(out, "vapid t=%s, k=%s", buf_text(&jwt), point);
    }
    buf_done(&claims);
    buf_done(&jwt);
    arena_free(a);
    return r;
}

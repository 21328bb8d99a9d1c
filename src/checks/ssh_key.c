/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh_key.c: X25519, the exchange hash and the signature over it, by OpenSSL.
 * Source: RFC 8731 (curve25519-sha256), 5656 (ECDSA), 8332 (RSA with SHA-2), 8709 (Ed25519). */
#include "checks/ssh_key.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

enum { HASH_BYTES = 32, MAX_NUMBER = 2048, MAX_EXPONENT = 8 /* RSA's: a long one costs the loop milliseconds */ };

struct ssh_secret {
    EVP_PKEY *key;
};

struct ssh_secret *ssh_secret_new(unsigned char ret_point[SSH_POINT_BYTES])
{
    struct ssh_secret *s = NEW(struct ssh_secret);
    size_t n = SSH_POINT_BYTES;

    s->key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    if (s->key && EVP_PKEY_get_raw_public_key(s->key, ret_point, &n) == 1 && n == SSH_POINT_BYTES)
        return s;
    return ssh_secret_free(s);
}

struct ssh_secret *ssh_secret_free(struct ssh_secret *s)
{
    if (s)
        EVP_PKEY_free(s->key);
    return mem_free(s);
}

static int shared(const struct ssh_secret *s, struct str point, unsigned char out[SSH_POINT_BYTES])
{
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, (const unsigned char *)point.p, point.n);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(s->key, NULL);
    size_t n = SSH_POINT_BYTES;
    bool ok = peer && c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, peer) == 1 && EVP_PKEY_derive(c, out, &n) == 1;

    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(peer);
    return ok ? 0 : ERR_PROTOCOL;
}

static int exchange_hash(const struct ssh_exchange *x, const struct ssh_reply *r, const unsigned char *secret, unsigned char out[HASH_BYTES])
{
    const struct str parts[] = {x->client_ident, x->server_ident, x->client_init, x->server_init, r->key,
                                {(const char *)x->point, SSH_POINT_BYTES}, r->point};
    struct buf b = BUF_MAX(128 * 1024);
    unsigned n = HASH_BYTES;
    bool ok;

    for (size_t i = 0; i < COUNT(parts); i++)
        ssh_put_string(&b, parts[i].p, parts[i].n);
    ssh_put_mpint(&b, secret, SSH_POINT_BYTES);
    ok = !b.full && EVP_Digest(b.data, b.len, out, &n, EVP_sha256(), NULL) == 1;
    explicit_bzero(b.data, b.cap);
    buf_done(&b);
    return ok ? 0 : ERR_PROTOCOL;
}

/* ---- host keys ---- */

static const struct kind {
    const char *type, *curve, *group; /* of the key; EC only */
    int bytes;
} curves[] = {
    {"ecdsa-sha2-nistp256", "nistp256", "P-256", 32}, {"ecdsa-sha2-nistp384", "nistp384", "P-384", 48}, {"ecdsa-sha2-nistp521", "nistp521", "P-521", 66},
};

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *b)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (params == NULL || c == NULL || EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(const struct ssh_key *k)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    BIGNUM *e = BN_bin2bn((const unsigned char *)k->part[0].p, (int)k->part[0].n, NULL);
    BIGNUM *n = BN_bin2bn((const unsigned char *)k->part[1].p, (int)k->part[1].n, NULL);
    EVP_PKEY *key = NULL;

    if (OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1)
        key = from_params("RSA", b);
    OSSL_PARAM_BLD_free(b);
    BN_free(e);
    BN_free(n);
    return key;
}

static EVP_PKEY *ec_key(const struct ssh_key *k, const char *group)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, k->part[1].p, k->part[1].n) == 1)
        key = from_params("EC", b);
    OSSL_PARAM_BLD_free(b);
    return key;
}

static const struct kind *curve_of(struct str type)
{
    for (size_t i = 0; i < COUNT(curves); i++)
        if (str_is(type, curves[i].type))
            return &curves[i];
    return NULL;
}

static EVP_PKEY *key_of(const struct ssh_key *k)
{
    const struct kind *curve = curve_of(k->type);

    if (k->part[0].n > MAX_NUMBER || k->part[1].n > MAX_NUMBER)
        return NULL;
    if (str_is(k->type, "ssh-ed25519"))
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)k->part[0].p, k->part[0].n);
    if (str_is(k->type, "ssh-rsa"))
        return k->part[0].n <= MAX_EXPONENT ? rsa_key(k) : NULL;
    return curve && str_is(k->part[0], curve->curve) ? ec_key(k, curve->group) : NULL;
}

/* ---- signatures ---- */

/* r and s as OpenSSL wants them (DER); the length, or 0. */
static size_t ecdsa_der(const struct ssh_signature *s, unsigned char *out, size_t out_bytes)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    int n = 0;

    if (s->part[0].n <= 100 && s->part[1].n <= 100 &&
        ECDSA_SIG_set0(sig, BN_bin2bn((const unsigned char *)s->part[0].p, (int)s->part[0].n, NULL),
                       BN_bin2bn((const unsigned char *)s->part[1].p, (int)s->part[1].n, NULL)) == 1)
        n = i2d_ECDSA_SIG(sig, NULL);
    if (n > 0 && (size_t)n <= out_bytes)
        n = i2d_ECDSA_SIG(sig, &out);
    else
        n = 0;
    ECDSA_SIG_free(sig);
    return (size_t)n;
}

/* The hash under a signature; *ret_fits: the kind of signature belongs to the kind of key. Ed25519 has none. */
static const EVP_MD *hash_of(const struct ssh_key *k, const struct ssh_signature *s, bool *ret_fits)
{
    const struct kind *curve = curve_of(k->type);

    *ret_fits = true;
    if (str_is(k->type, "ssh-rsa") && str_is(s->type, "rsa-sha2-512"))
        return EVP_sha512();
    if (str_is(k->type, "ssh-rsa") && str_is(s->type, "rsa-sha2-256"))
        return EVP_sha256();
    *ret_fits = k->type.n == s->type.n && memcmp(k->type.p, s->type.p, k->type.n) == 0 && !str_is(k->type, "ssh-rsa");
    if (curve)
        return curve->bytes == 32 ? EVP_sha256() : curve->bytes == 48 ? EVP_sha384() : EVP_sha512();
    return NULL;
}

static int verify(const struct ssh_key *k, const struct ssh_signature *s, const unsigned char *hash)
{
    unsigned char der[256];
    const unsigned char *sig = (const unsigned char *)s->part[0].p;
    size_t n = s->part[0].n;
    bool fits, ok;
    const EVP_MD *md = hash_of(k, s, &fits);
    EVP_PKEY *key = fits ? key_of(k) : NULL;
    EVP_MD_CTX *c = EVP_MD_CTX_new();

    if (curve_of(k->type)) {
        n = ecdsa_der(s, der, sizeof(der));
        sig = der;
    }
    ok = key && c && EVP_DigestVerifyInit(c, NULL, md, NULL, key) == 1 && EVP_DigestVerify(c, sig, n, hash, HASH_BYTES) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return ok ? 0 : key || !fits ? ERR_DENIED : ERR_UNSUPPORTED;
}

int ssh_reply_verify(const struct ssh_secret *s, const struct ssh_exchange *x, const struct ssh_reply *r)
{
    unsigned char secret[SSH_POINT_BYTES], hash[HASH_BYTES];
    struct ssh_signature sig;
    struct ssh_key key;
    int code;

    if (ssh_key_decode(r->key, &key) != 0 || ssh_signature_decode(r->signature, &sig) != 0)
        return ERR_PROTOCOL;
    code = shared(s, r->point, secret);
    if (code == 0)
        code = exchange_hash(x, r, secret, hash);
    explicit_bzero(secret, sizeof(secret));
    return code ? code : verify(&key, &sig, hash);
}

void ssh_fingerprint(struct str key, char out[SSH_FINGERPRINT_BYTES])
{
    unsigned char hash[HASH_BYTES];
    char text[SSH_FINGERPRINT_BYTES];
    unsigned n = sizeof(hash);

    if (EVP_Digest(key.p, key.n, hash, &n, EVP_sha256(), NULL) != 1)
        n = 0;
    hash_base64(hash, n, text, sizeof(text), 0);
    text[strcspn(text, "=")] = '\0'; /* as ssh-keygen writes it */
    str_print(out, SSH_FINGERPRINT_BYTES, "SHA256:%s", text);
}

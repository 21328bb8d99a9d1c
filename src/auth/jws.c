/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jws.c: signatures of tokens (RFC 7518: RS256, ES256), by OpenSSL. Pure. */
#include "auth/oidc.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { LEAST_RSA_BITS = 2048 };

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(const struct jose_key *k)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(k->a, (int)k->a_bytes, NULL), *e = BN_bin2bn(k->b, (int)k->b_bytes, NULL);
    EVP_PKEY *key = NULL;
    if (BN_num_bits(n) >= LEAST_RSA_BITS && BN_is_odd(e) && !BN_is_one(e) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        key = from_params("RSA", build);
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static EVP_PKEY *ec_key(const struct jose_key *k)
{
    unsigned char point[65] = {0x04};
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    memcpy(point + 1, k->a, 32);
    memcpy(point + 33, k->b, 32);
    if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        key = from_params("EC", build); /* a point beside the curve is refused */
    OSSL_PARAM_BLD_free(build);
    return key;
}

static bool fits(EVP_PKEY *key, struct str signed_part, const unsigned char *signature, size_t n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, n, (const unsigned char *)signed_part.p, signed_part.n) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

/* 32 bytes of r and 32 of s, as OpenSSL wants them. */
static bool ec_fits(EVP_PKEY *key, struct str signed_part, const unsigned char *signature, size_t n)
{
    unsigned char *der = NULL;
    if (n != 64)
        return false;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    ECDSA_SIG_set0(sig, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    int len = i2d_ECDSA_SIG(sig, &der);
    bool good = len > 0 && fits(key, signed_part, der, (size_t)len);
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return good;
}

bool jws_good(const char *alg, const struct jose_key *k, struct str signed_part, const unsigned char *signature, size_t n)
{
    bool rsa = str_eq(alg, "RS256") && k->kind == JOSE_RSA, ec = str_eq(alg, "ES256") && k->kind == JOSE_P256;
    EVP_PKEY *key = rsa ? rsa_key(k) : ec ? ec_key(k) : NULL;
    bool good = key && (rsa ? fits(key, signed_part, signature, n) : ec_fits(key, signed_part, signature, n));
    EVP_PKEY_free(key);
    return good;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_oidc.c: tokens read, judged and verified with keys made here; which key is taken; what groups may do.  Pure.  The way through
 * a provider and through one that lies: tests/live/login_oidc.py. */
#include "twin_kit.h"

#include "auth/oidc.h"
#include "base/json.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define NOW INT64_C(1800000000)
#define NONCE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define GOOD "\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":\"vigie\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"" NONCE "\""

static const char *wrong(struct arena *a, const char *json)
{
    struct doc *d = NULL;
    assert_int_equal(json_parse(a, json, strlen(json), 10000, &d, NULL), 0);
    return oidc_claims_wrong(d, "https://id.example.org", "vigie", NONCE, NOW * 1000);
}

static void claims_are_judged(void **state)
{
    static const struct {
        const char *json;
        bool good;
    } rows[] = {
        {"{" GOOD "}", true},
        {"{\"azp\":\"vigie\"," GOOD "}", true},
        {"{\"azp\":\"other\"," GOOD "}", false},
        {"{\"azp\":7," GOOD "}", false},
        {"{\"nbf\":1800000030," GOOD "}", true},
        {"{\"nbf\":1800000090," GOOD "}", false},
        {"{\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":[\"vigie\"],\"exp\":1800000300.5,\"iat\":1799999990,\"nonce\":\"" NONCE "\"}", true},
        {"{\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":[\"vigie\",\"b\"],\"azp\":\"vigie\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"" NONCE "\"}", true},
        {"{\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":[\"vigie\",\"b\"],\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"" NONCE "\"}", false},
        {"{\"iss\":\"https://id.example.org/\",\"sub\":\"7\",\"aud\":\"vigie\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"" NONCE "\"}", false},
        {"{\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":\"vigie\",\"exp\":1799999930,\"iat\":1800000000,\"nonce\":\"" NONCE "\"}", false},
        {"{\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":\"vigie\",\"exp\":1e300,\"iat\":1800000000,\"nonce\":\"" NONCE "\"}", false},
        {"{\"iss\":\"https://id.example.org\",\"sub\":\"7\",\"aud\":\"vigie\",\"exp\":1800000300,\"iat\":1800000000}", false},
        {"{\"iss\":\"https://id.example.org\",\"sub\":7,\"aud\":\"vigie\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"" NONCE "\"}", false},
        {"{}", false},
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < COUNT(rows); i++)
        if ((wrong(a, rows[i].json) == NULL) != rows[i].good)
            fail_msg("%s: %s", rows[i].json, wrong(a, rows[i].json) ? wrong(a, rows[i].json) : "good");
    arena_free(a);
}

static void groups_give_roles(void **state)
{
    static const char *const keys[] = {"staff", "admins", "*"}, *const values[] = {"operator", "admin", "viewer"};
    struct conf_pairs all = {keys, values, 3}, some = {keys, values, 2};
    static const char json[] = "{\"groups\":[\"staff\",1,\"*\"],\"one\":\"admins\",\"realm\":{\"roles\":[\"admins\"]},\"a.b\":\"staff\",\"star\":[\"*\"]}";
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    assert_int_equal(json_parse(a, json, strlen(json), 10000, &d, NULL), 0);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "groups")), ROLE_OPERATOR);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "one")), ROLE_ADMIN);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "realm.roles")), ROLE_ADMIN);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "a.b")), ROLE_OPERATOR);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "realm")), ROLE_NONE);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "realm.other.roles")), ROLE_NONE);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "groups.staff")), ROLE_NONE);
    assert_int_equal(oidc_role(&some, oidc_claim(d, "star")), ROLE_NONE); /* a provider's star is no star of ours */
    assert_int_equal(oidc_role(&all, NULL), ROLE_VIEWER);
    assert_int_equal(oidc_role(&all, oidc_claim(d, "groups")), ROLE_OPERATOR);
    arena_free(a);
}

static size_t number(EVP_PKEY *key, const char *name, unsigned char *out, size_t pad)
{
    BIGNUM *n = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
    size_t bytes = pad ? pad : (size_t)BN_num_bytes(n);
    BN_bn2binpad(n, out, (int)bytes);
    BN_free(n);
    return bytes;
}

static size_t sign(EVP_PKEY *key, struct str text, unsigned char *out, size_t most)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = most;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &n, (const unsigned char *)text.p, text.n), 1);
    EVP_MD_CTX_free(ctx);
    return n;
}

static void rsa_signatures(void **state)
{
    unsigned char n[512], e[8], signature[512];
    struct str text = STR("header.claims");
    for (int bits = 1024; bits <= 2048; bits += 1024) {
        EVP_PKEY *key = EVP_RSA_gen((unsigned)bits);
        struct jose_key k = {.kind = JOSE_RSA, .a = n, .b = e, .a_bytes = number(key, OSSL_PKEY_PARAM_RSA_N, n, 0), .b_bytes = number(key, OSSL_PKEY_PARAM_RSA_E, e, 0)};
        size_t got = sign(key, text, signature, sizeof signature);
        assert_int_equal(jws_good("RS256", &k, text, signature, got), bits >= 2048); /* short keys are none */
        assert_false(jws_good("RS256", &k, STR("header.claim"), signature, got));
        assert_false(jws_good("RS256", &k, text, signature, got - 1));
        assert_false(jws_good("none", &k, text, signature, 0));
        assert_false(jws_good("ES256", &k, text, signature, 64));
        assert_false(jws_good("RS512", &k, text, signature, got));
        signature[5] ^= 1;
        assert_false(jws_good("RS256", &k, text, signature, got));
        EVP_PKEY_free(key);
    }
}

static void curve_signatures(void **state)
{
    unsigned char x[32], y[32], der[100], both[64] = {0};
    struct str text = STR("header.claims");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct jose_key k = {.kind = JOSE_P256, .a = x, .b = y, .a_bytes = number(key, OSSL_PKEY_PARAM_EC_PUB_X, x, 32), .b_bytes = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, y, 32)};
    size_t got = sign(key, text, der, sizeof der);
    const unsigned char *at = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)got);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), both, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), both + 32, 32);
    assert_true(jws_good("ES256", &k, text, both, 64));
    assert_false(jws_good("ES256", &k, text, der, got)); /* OpenSSL's own form is not that of tokens */
    assert_false(jws_good("ES256", &k, STR("header.other"), both, 64));
    assert_false(jws_good("RS256", &k, text, both, 64));
    memset(both, 0, sizeof both);
    assert_false(jws_good("ES256", &k, text, both, 64));
    y[0] ^= 1; /* beside the curve */
    assert_false(jws_good("ES256", &k, text, both, 64));
    ECDSA_SIG_free(sig);
    EVP_PKEY_free(key);
}

static void the_right_key_is_taken(void **state)
{
    struct jose_keys keys = {.n = 3, .at = {{.kind = JOSE_RSA, .kid = "a"}, {.kind = JOSE_RSA, .kid = "b", .alg = "RS512"}, {.kind = JOSE_P256, .kid = "c"}}};
    assert_ptr_equal(oidc_key_for(&keys, &(struct jose_token){.alg = "RS256", .kid = "a"}), &keys.at[0]);
    assert_null(oidc_key_for(&keys, &(struct jose_token){.alg = "RS256", .kid = "b"})); /* for another algorithm */
    assert_null(oidc_key_for(&keys, &(struct jose_token){.alg = "RS256", .kid = "c"})); /* of another kind */
    assert_null(oidc_key_for(&keys, &(struct jose_token){.alg = "RS256", .kid = "d"}));
    assert_ptr_equal(oidc_key_for(&keys, &(struct jose_token){.alg = "ES256"}), &keys.at[2]);
    keys.at[1].alg = NULL;
    assert_null(oidc_key_for(&keys, &(struct jose_token){.alg = "RS256"})); /* there is a choice */
}

static int read_token(struct arena *a, const char *text)
{
    struct jose_token t;
    return jose_read(a, text, strlen(text), &t);
}

static void tokens_have_one_form(void **state)
{
    struct arena *a = arena_new(0);
    assert_int_equal(read_token(a, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"), 0);
    static const char *const bad[] = {"", ".", "..", "eyJhbGciOiJSUzI1NiJ9.e30", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln.", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln=", "eyJhbGciOiJSUzI1NiJ9.e30.c2lo+", "eyJhbGciOiJSUzI1NiJ9.e31.c2ln",
                                      "e30.e30.c2ln", "W10.e30.c2ln", "eyJhbGciOiJSUzI1NiJ9.W10.c2ln", "eyJhbGciOiJSUzI1NiIsImNyaXQiOltdfQ.e30.c2ln", "eyJhbGciOjF9.e30.c2ln", "eyJhbGciOiJSUzI1NiJ9.e30.c2l"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_not_equal(read_token(a, bad[i]), 0);
    char *huge = arena_alloc(a, JOSE_MAX_TOKEN + 2);
    memset(huge, 'A', JOSE_MAX_TOKEN + 1);
    assert_int_equal(read_token(a, huge), ERR_LIMIT);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(claims_are_judged), cmocka_unit_test(groups_give_roles), cmocka_unit_test(rsa_signatures), cmocka_unit_test(curve_signatures),
                                       cmocka_unit_test(the_right_key_is_taken), cmocka_unit_test(tokens_have_one_form)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

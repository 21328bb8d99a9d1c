/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oidc.h: OpenID Connect, between the files of it: what is known of the provider, one log-in under way, and the judgement of a token.
 * Sources: OpenID Connect Core 1.0 (3.1, 5.3), Discovery 1.0, RP-Initiated Logout 1.0, RFC 6749, 7636 (PKCE), 9207 (iss). */
#ifndef VIGIE_AUTH_OIDC_H
#define VIGIE_AUTH_OIDC_H

#include "auth/auth_int.h"
#include "wire/jose.h"

enum { OIDC_MAX_FLOWS = 1000, OIDC_MAX_CALLS = 64, OIDC_NEXT_BYTES = 1024, OIDC_MAX_SUBJECT = 255 };

/* What the provider says of itself; kept for a day. */
struct oidc_provider {
    struct arena *arena;          /* NULL: nothing is known */
    uint64_t print;               /* of the configuration that it belongs to */
    int64_t at_ms, keys_ms;
    const char *issuer, *authorization, *token, *userinfo, *jwks, *logout;
    bool says_iss;                /* its answers name it */
    bool secret_in_body;          /* it takes the client's secret in the form only */
    struct arena *keys_arena;
    struct jose_keys keys;
};
struct oidc_flow { /* a browser that was sent there */
    char state[AUTH_HASH_HEX], nonce[AUTH_HASH_HEX], tie[AUTH_HASH_HEX] /* hash of the cookie */, verifier[AUTH_HASH_HEX];
    char next[OIDC_NEXT_BYTES], back_url[400];
    int64_t until_ms;
};
struct oidc {
    struct oidc_provider provider;
    struct map flows; /* by state */
    struct oidc_call *calls;
    int n_calls;
};
struct oidc_call { /* something that waits for the provider */
    struct auth *auth;
    struct oidc_call *next, **at;
    struct conf *conf;            /* held */
    const struct conf_oidc *o;
    struct arena *arena;
    void *fetching;
    void (*then)(struct oidc_call *c);                       /* once the provider, or its keys, are known */
    void (*got)(struct oidc_call *c, const char *p, size_t n); /* an answer with 200 */
    struct timer end;
    auth_oidc_fn *on_url;
    auth_session_fn *on_session;
    void *arg;
    int64_t now_ms;
    char address[64];
    struct oidc_flow flow;
    const char *code, *bearer;    /* in the arena */
    struct jose_token token;
    bool keys_again;              /* the keys were fetched for this call already */
    const struct doc *info;       /* userinfo; NULL */
    int result;
    struct err err;
    struct buf url;
    char tie[AUTH_HASH_HEX];
};

struct oidc_call *oidc_call_new(struct auth *a, int64_t now_ms); /* NULL: none is configured, or too many */
void oidc_call_free(struct oidc_call *c);
void oidc_fail(struct oidc_call *c, int code, const char *why /* for the log */, const char *msgid);
void oidc_end(struct oidc_call *c); /* the word, from a turn of its own */
void oidc_fetch(struct oidc_call *c, const struct auth_fetch *f, void (*got)(struct oidc_call *c, const char *p, size_t n));

/* oidc_provider.c */
void oidc_know(struct oidc_call *c, void (*then)(struct oidc_call *c));
void oidc_keys(struct oidc_call *c, bool anew, void (*then)(struct oidc_call *c));
void oidc_provider_forget(struct oidc_provider *p);

/* jws.c: pure. Is the signature that of the key? alg: "RS256", "ES256"; anything else is false. */
bool jws_good(const char *alg, const struct jose_key *k, struct str signed_part, const unsigned char *signature, size_t n);

/* oidc_token.c: pure. NULL, or what is wrong with the claims (English, for the log). */
const char *oidc_claims_wrong(const struct doc *claims, const char *issuer, const char *client_id, const char *nonce, int64_t now_ms);
/* The key for a token; NULL: none of these. */
const struct jose_key *oidc_key_for(const struct jose_keys *keys, const struct jose_token *t);
const struct doc *oidc_claim(const struct doc *claims, const char *path); /* "realm_access.roles" */
enum role oidc_role(const struct conf_pairs *roles, const struct doc *groups);

#endif

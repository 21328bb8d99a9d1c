/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oidc_token.c: what an ID token must say (OpenID Connect Core 1.0, 3.1.3.7), which key it wants, what its groups may do. Pure. */
#include "auth/oidc.h"
#include <string.h>

enum { SKEW_S = 60, MAX_AGE_S = 600 };

static bool for_us(const struct doc *claims, const char *client_id)
{
    const struct doc *aud = doc_get(claims, "aud"), *azp = doc_get(claims, "azp");
    bool named = aud && aud->kind == DOC_TEXT && str_eq(aud->text, client_id);
    int n = 1;
    if (aud && aud->kind == DOC_LIST) {
        n = (int)aud->kids.n;
        DOC_EACH(aud, one)
            named |= one->kind == DOC_TEXT && str_eq(one->text, client_id);
    }
    if (azp)
        return named && azp->kind == DOC_TEXT && str_eq(azp->text, client_id);
    return named && n == 1;
}

/* Seconds since 1970; some write them with a fraction. */
static bool time_of(const struct doc *claims, const char *name, int64_t *ret)
{
    const struct doc *d = doc_get(claims, name);
    if (!d || (d->kind != DOC_INT && d->kind != DOC_REAL))
        return false;
    if (d->kind == DOC_REAL && !(d->f >= 0 && d->f < 1e12))
        return false;
    *ret = d->kind == DOC_INT ? d->i : (int64_t)d->f;
    return *ret >= 0 && *ret < INT64_C(1000000000000);
}

const char *oidc_claims_wrong(const struct doc *claims, const char *issuer, const char *client_id, const char *nonce, int64_t now_ms)
{
    int64_t now = now_ms / 1000, at;
    const char *sub = doc_text(claims, "sub", "");
    if (!str_eq(doc_text(claims, "iss", NULL), issuer))
        return "it is of another issuer";
    if (!for_us(claims, client_id))
        return "it is for another client";
    if (!time_of(claims, "exp", &at) || now > at + SKEW_S)
        return "it is over";
    if (!time_of(claims, "iat", &at) || at > now + SKEW_S || now > at + MAX_AGE_S)
        return "it was not made just now";
    if (doc_get(claims, "nbf") && (!time_of(claims, "nbf", &at) || at > now + SKEW_S))
        return "it is not good yet";
    if (!secret_equal(doc_text(claims, "nonce", ""), nonce))
        return "it is not of this log-in (nonce)";
    if (!sub[0] || strlen(sub) > OIDC_MAX_SUBJECT)
        return "it names nobody (sub)";
    return NULL;
}

const struct jose_key *oidc_key_for(const struct jose_keys *keys, const struct jose_token *t)
{
    enum jose_kind kind = str_eq(t->alg, "ES256") ? JOSE_P256 : JOSE_RSA;
    const struct jose_key *found = NULL;
    int n = 0;
    for (int i = 0; i < keys->n; i++) {
        const struct jose_key *k = &keys->at[i];
        if (k->kind != kind || (k->alg && !str_eq(k->alg, t->alg)) || (t->kid && !str_eq(k->kid, t->kid)))
            continue;
        found = k;
        n++;
    }
    return n == 1 ? found : NULL; /* without a name only where there is no choice */
}

const struct doc *oidc_claim(const struct doc *claims, const char *path)
{
    char name[100];
    const struct doc *whole = claims ? doc_get(claims, path) : NULL; /* a claim may have dots in its own name */
    while (!whole && claims && *path) {
        size_t n = strcspn(path, ".");
        str_copyn(name, sizeof name, path, n);
        claims = claims->kind == DOC_OBJECT ? doc_get(claims, name) : NULL;
        path += n + (path[n] == '.');
        if (!*path)
            whole = claims;
    }
    return whole;
}

static void role_raise(enum role *role, const struct conf_pairs *roles, const char *group)
{
    for (int i = 0; i < roles->n; i++) {
        int r = str_eq(roles->keys[i], group) ? role_from_word(roles->values[i]) : ROLE_NONE;
        *role = r > (int)*role ? (enum role)r : *role;
    }
}

enum role oidc_role(const struct conf_pairs *roles, const struct doc *groups)
{
    enum role role = ROLE_NONE;
    role_raise(&role, roles, "*");
    if (groups && groups->kind == DOC_TEXT && !str_eq(groups->text, "*"))
        role_raise(&role, roles, groups->text);
    if (groups && groups->kind == DOC_LIST)
        DOC_EACH(groups, one)
            if (one->kind == DOC_TEXT && !str_eq(one->text, "*"))
                role_raise(&role, roles, one->text);
    return role;
}

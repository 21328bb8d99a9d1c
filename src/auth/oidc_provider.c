/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oidc_provider.c: what the provider says of itself (Discovery 1.0), and its keys, which may change at any time. */
#include "auth/oidc.h"
#include "base/json.h"
#include "base/str.h"
#include <string.h>

enum { KNOWN_MS = 86400000, KEYS_PAUSE_MS = 30000, MAX_JSON = 1 << 20 };

void oidc_provider_forget(struct oidc_provider *p)
{
    arena_free(p->arena);
    arena_free(p->keys_arena);
    *p = (struct oidc_provider){0};
}

static struct oidc_provider *provider(struct oidc_call *c) { return &c->auth->oidc->provider; }

/* As safe as the issuer's own; NULL: it is not, or not there. */
static const char *endpoint(struct oidc_call *c, struct arena *a, const struct doc *d, const char *name)
{
    const char *url = doc_text(d, name, NULL);
    bool good = url && strlen(url) < 1000 && (str_starts(url, "https://") || (str_starts(c->o->issuer, "http://") && str_starts(url, "http://")));
    for (const char *p = url; good && *p; p++)
        good = (unsigned char)*p > ' ' && (unsigned char)*p < 0x7f && *p != '#' && *p != '"';
    return good ? arena_dup(a, url) : NULL;
}

static bool has_text(const struct doc *list, const char *text)
{
    DOC_EACH(list, one)
        if (one->kind == DOC_TEXT && str_eq(one->text, text))
            return true;
    return false;
}

static void known(struct oidc_call *c, const char *text, size_t n)
{
    struct oidc_provider p = {.arena = arena_new(4096), .print = c->conf->login.print, .at_ms = clock_mono_ms()};
    struct doc *d = NULL;
    if (json_parse(c->arena, text, n, MAX_JSON, &d, NULL) != 0)
        d = NULL;
    p.issuer = d ? arena_dup(p.arena, doc_text(d, "issuer", "")) : "";
    p.authorization = d ? endpoint(c, p.arena, d, "authorization_endpoint") : NULL;
    p.token = d ? endpoint(c, p.arena, d, "token_endpoint") : NULL;
    p.jwks = d ? endpoint(c, p.arena, d, "jwks_uri") : NULL;
    p.userinfo = d ? endpoint(c, p.arena, d, "userinfo_endpoint") : NULL;
    p.logout = d ? endpoint(c, p.arena, d, "end_session_endpoint") : NULL;
    p.says_iss = d && doc_bool(d, "authorization_response_iss_parameter_supported", false);
    const struct doc *methods = d ? doc_get(d, "token_endpoint_auth_methods_supported") : NULL;
    p.secret_in_body = methods && !has_text(methods, "client_secret_basic") && has_text(methods, "client_secret_post");
    if (!str_eq(p.issuer, c->o->issuer) || !p.authorization || !p.token || !p.jwks) {
        oidc_fail(c, ERR_PROTOCOL, str_eq(p.issuer, c->o->issuer) ? "its configuration lacks what is needed" : "its configuration is of another issuer", NULL);
        oidc_provider_forget(&p);
        return;
    }
    oidc_provider_forget(provider(c));
    *provider(c) = p;
    c->then(c);
}

void oidc_know(struct oidc_call *c, void (*then)(struct oidc_call *c))
{
    struct oidc_provider *p = provider(c);
    c->then = then;
    if (p->arena && p->print == c->conf->login.print && clock_mono_ms() - p->at_ms < KNOWN_MS) {
        then(c);
        return;
    }
    size_t n = strlen(c->o->issuer);
    while (n && c->o->issuer[n - 1] == '/')
        n--;
    struct auth_fetch f = {.method = "GET", .url = arena_printf(c->arena, "%.*s/.well-known/openid-configuration", (int)n, c->o->issuer), .ca_file = c->o->ca};
    oidc_fetch(c, &f, known);
}

static void keys_known(struct oidc_call *c, const char *text, size_t n)
{
    struct oidc_provider *p = provider(c);
    struct arena *a = arena_new(4096);
    struct jose_keys keys = {.n = 0};
    if (jose_keys_read(a, text, n, &keys) != 0) {
        arena_free(a);
        oidc_fail(c, ERR_PROTOCOL, "its keys cannot be read", NULL);
        return;
    }
    arena_free(p->keys_arena);
    p->keys_arena = a;
    p->keys = keys;
    p->keys_ms = clock_mono_ms();
    c->keys_again = true;
    c->then(c);
}

/* anew: the one that is needed is not there. Not more often than twice a minute, whatever comes. */
void oidc_keys(struct oidc_call *c, bool anew, void (*then)(struct oidc_call *c))
{
    struct oidc_provider *p = provider(c);
    c->then = then;
    if (p->keys_arena && (!anew || clock_mono_ms() - p->keys_ms < KEYS_PAUSE_MS)) {
        c->keys_again = c->keys_again || anew;
        then(c);
        return;
    }
    oidc_fetch(c, &(struct auth_fetch){.method = "GET", .url = p->jwks, .ca_file = c->o->ca}, keys_known);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jose.c: see jose.h. */
#include "wire/jose.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include <string.h>

static int value_of(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '-' ? 62 : c == '_' ? 63 : -1;
}

int64_t jose_bytes(const char *text, size_t n, unsigned char *out, size_t most)
{
    unsigned bits = 0;
    int held = 0;
    size_t at = 0;
    if (n % 4 == 1)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(text[i]);
        if (v < 0)
            return -1;
        bits = bits << 6 | (unsigned)v;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (at == most)
            return -1;
        out[at++] = (unsigned char)(bits >> held);
    }
    return (bits & ((1u << held) - 1)) == 0 ? (int64_t)at : -1; /* else a second text would mean the same */
}

void jose_text(const unsigned char *p, size_t n, char *out, size_t out_bytes) { hash_base64(p, n, out, out_bytes, 1); }

static struct doc *object_read(struct arena *a, struct str part)
{
    unsigned char *bytes = arena_alloc(a, part.n + 1);
    int64_t n = jose_bytes(part.p, part.n, bytes, part.n);
    struct doc *d = NULL;
    if (n < 0 || json_parse(a, (const char *)bytes, (size_t)n, JOSE_MAX_TOKEN, &d, NULL) != 0)
        return NULL;
    return d->kind == DOC_OBJECT ? d : NULL;
}

int jose_read(struct arena *a, const char *text, size_t n, struct jose_token *ret)
{
    if (n > JOSE_MAX_TOKEN)
        return ERR_LIMIT;
    const char *first = memchr(text, '.', n), *second = first ? memchr(first + 1, '.', n - (size_t)(first + 1 - text)) : NULL;
    if (!second || memchr(second + 1, '.', n - (size_t)(second + 1 - text)))
        return ERR_INVALID;
    struct str header = {text, (size_t)(first - text)}, claims = {first + 1, (size_t)(second - first - 1)}, signature = {second + 1, n - (size_t)(second + 1 - text)};
    unsigned char *bytes = arena_alloc(a, JOSE_MAX_BYTES);
    int64_t got = jose_bytes(signature.p, signature.n, bytes, JOSE_MAX_BYTES);
    struct jose_token t = {.signed_part = {text, (size_t)(second - text)}, .header = object_read(a, header), .claims = object_read(a, claims), .signature = bytes, .signature_bytes = got < 0 ? 0 : (size_t)got};
    if (got < 0 || !t.header || !t.claims || doc_get(t.header, "crit"))
        return ERR_INVALID;
    t.alg = doc_text(t.header, "alg", NULL);
    t.kid = doc_text(t.header, "kid", NULL);
    if (!t.alg)
        return ERR_INVALID;
    *ret = t;
    return 0;
}

static const unsigned char *part(struct arena *a, const struct doc *key, const char *name, size_t *ret_n)
{
    const char *text = doc_text(key, name, NULL);
    size_t n = text ? strlen(text) : 0;
    unsigned char *bytes = n && n <= 2 * JOSE_MAX_BYTES ? arena_alloc(a, n) : NULL;
    int64_t got = bytes ? jose_bytes(text, n, bytes, n) : -1;
    *ret_n = got < 0 ? 0 : (size_t)got;
    return got > 0 && got <= JOSE_MAX_BYTES ? bytes : NULL;
}

static bool key_read(struct arena *a, const struct doc *d, struct jose_key *k)
{
    const char *kind = doc_text(d, "kty", ""), *use = doc_text(d, "use", "sig");
    bool rsa = str_eq(kind, "RSA"), ec = str_eq(kind, "EC") && str_eq(doc_text(d, "crv", ""), "P-256");
    if (d->kind != DOC_OBJECT || (!rsa && !ec) || !str_eq(use, "sig"))
        return false;
    *k = (struct jose_key){.kind = rsa ? JOSE_RSA : JOSE_P256, .kid = doc_text(d, "kid", NULL), .alg = doc_text(d, "alg", NULL)};
    k->a = part(a, d, rsa ? "n" : "x", &k->a_bytes);
    k->b = part(a, d, rsa ? "e" : "y", &k->b_bytes);
    return k->a && k->b && (rsa ? k->b_bytes <= 8 : k->a_bytes == 32 && k->b_bytes == 32);
}

int jose_keys_read(struct arena *a, const char *json, size_t n, struct jose_keys *ret)
{
    struct doc *d = NULL;
    if (json_parse(a, json, n, 1 << 20, &d, NULL) != 0 || d->kind != DOC_OBJECT || !doc_get(d, "keys") || doc_get(d, "keys")->kind != DOC_LIST)
        return ERR_INVALID;
    ret->n = 0;
    DOC_EACH(doc_get(d, "keys"), one)
        if (ret->n < JOSE_MAX_KEYS && key_read(a, one, &ret->at[ret->n]))
            ret->n++;
    return 0;
}

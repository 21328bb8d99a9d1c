/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_sign.c: requests of ours, signed for an actor: RFC 9421 with Content-Digest (RFC 9530), or draft-cavage-12 with Digest. */
#include "announce/federation_int.h"
#include "base/hash.h"
#include <string.h>

static void add(struct fed_signed *s, const char *name, const char *value)
{
    if (s->n_headers < (int)COUNT(s->headers))
        s->headers[s->n_headers++] = (struct httpc_header){name, arena_dup(s->arena, value)};
}

static void add_digest(struct fed_signed *s, enum httpsig_kind kind, const char *body, size_t n)
{
    unsigned char digest[HTTPSIG_DIGEST_BYTES];
    char coded[64];
    fed_digest(body, n, digest);
    hash_base64(digest, sizeof digest, coded, sizeof coded, 0);
    if (kind == HTTPSIG_RFC9421)
        add(s, "Content-Digest", arena_printf(s->arena, "sha-256=:%s:", coded));
    else
        add(s, "Digest", arena_printf(s->arena, "SHA-256=%s", coded));
}

/* What is covered: what Mastodon and others ask for, of requests with and without a body. */
static const char *const *parts_of(enum httpsig_kind kind, bool body)
{
    static const char *const cavage_body[] = {"(request-target)", "host", "date", "digest", NULL}, *const cavage[] = {"(request-target)", "host", "date", NULL};
    static const char *const rfc_body[] = {"@method", "@target-uri", "content-digest", NULL}, *const rfc[] = {"@method", "@target-uri", NULL};
    if (kind == HTTPSIG_RFC9421)
        return body ? rfc_body : rfc;
    return body ? cavage_body : cavage;
}

static int sign_base(struct federation *f, struct httpsig *sig, const struct httpsig_request *rq)
{
    struct buf base = BUF_MAX(HTTPSIG_MAX_BASE);
    int r = httpsig_base(sig, rq, &base);
    if (r == 0)
        r = fed_key_sign(f->key, buf_text(&base), base.len, sig->signature, sizeof sig->signature, &sig->signature_bytes);
    buf_done(&base);
    return r;
}

static int put_signature(struct federation *f, struct fed_signed *s, enum httpsig_kind kind, const struct httpsig_request *rq, const char *key_id, bool body, int64_t now_ms)
{
    struct httpsig *sig = NEW(struct httpsig);
    struct buf signature = BUF_MAX(HTTPSIG_MAX_HEADER), input = BUF_MAX(HTTPSIG_MAX_HEADER);
    int r = httpsig_make(sig, kind, key_id, parts_of(kind, body), now_ms / 1000);
    if (r == 0)
        r = sign_base(f, sig, rq);
    if (r == 0) {
        httpsig_write(sig, &signature, &input);
        if (input.len)
            add(s, "Signature-Input", buf_text(&input));
        add(s, "Signature", buf_text(&signature));
    }
    buf_done(&signature);
    buf_done(&input);
    mem_free(sig);
    return r;
}

int fed_sign(struct federation *f, enum httpsig_kind kind, const char *method, const char *url, const char *actor, const char *body, size_t body_bytes, int64_t now_ms, struct fed_signed *ret)
{
    char host[FED_MAX_HOST];
    struct buf date = BUF_MAX(64);
    if (!f->key)
        return ERR_BUSY;
    if (!fed_host_of(url, host, sizeof host))
        return ERR_INVALID;
    *ret = (struct fed_signed){.arena = arena_new(4096)};
    const char *path = url + (str_starts(url, "https://") ? 8 : 7), *target = path + strcspn(path, "/?#");
    target = arena_dupn(ret->arena, *target == '/' ? target : "/", *target == '/' ? strcspn(target, "#") : 1);
    httpsig_date_write(now_ms / 1000, &date);
    add(ret, "Host", host);
    add(ret, "Date", buf_text(&date));
    add(ret, "User-Agent", arena_printf(ret->arena, "vigie/%s (+%s)", f->env.version, actor));
    add(ret, "Accept", "application/activity+json, application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"");
    if (body) {
        add(ret, "Content-Type", "application/activity+json");
        add_digest(ret, kind, body, body_bytes);
    }
    struct httpsig_header headers[COUNT(ret->headers)];
    for (int i = 0; i < ret->n_headers; i++)
        headers[i] = (struct httpsig_header){ret->headers[i].name, ret->headers[i].value};
    struct httpsig_request rq = {.method = method, .scheme = str_starts(url, "https://") ? "https" : "http", .authority = host, .target = target, .headers = headers, .n_headers = ret->n_headers};
    int r = put_signature(f, ret, kind, &rq, arena_printf(ret->arena, "%s#main-key", actor), body != NULL, now_ms);
    buf_done(&date);
    if (r)
        fed_signed_done(ret);
    return r;
}

void fed_signed_done(struct fed_signed *s)
{
    s->arena = arena_free(s->arena);
    s->n_headers = 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpsig.c: draft-cavage-http-signatures-12 (sections 2.1 to 2.3), RFC 9421 (sections 2 and 4). */
#include "wire/httpsig.h"
#include "base/err.h"
#include "base/hash.h"
#include "wire/sfield.h"
#include <string.h>
#include <strings.h>


/* ---- headers ---- */

static const char *header_of(const struct httpsig_request *rq, const char *name)
{
    for (int i = 0; i < rq->n_headers; i++)
        if (str_ieq(rq->headers[i].name, name))
            return rq->headers[i].value;
    return NULL;
}

/* RFC 9421, 2.1: all lines of that name, each trimmed, with ", " between them. The authority stands in for "host": the request came there. */
static int put_header(const struct httpsig_request *rq, const char *name, struct buf *out)
{
    int n = 0;
    for (int i = 0; i < rq->n_headers; i++) {
        if (!str_ieq(rq->headers[i].name, name))
            continue;
        struct str v = str_trim(str_of(rq->headers[i].value));
        if (n++)
            buf_str(out, ", ");
        for (size_t k = 0; k < v.n; k++)
            buf_char(out, v.p[k] == '\r' || v.p[k] == '\n' ? ' ' : v.p[k]);
    }
    if (!n && str_eq(name, "host") && rq->authority) {
        buf_str(out, rq->authority);
        n++;
    }
    return n ? 0 : ERR_NOT_FOUND;
}

enum httpsig_kind httpsig_kind_of(const struct httpsig_request *rq)
{
    const char *authorization = header_of(rq, "authorization");
    if (header_of(rq, "signature-input"))
        return HTTPSIG_RFC9421;
    if (header_of(rq, "signature") || (authorization && str_istarts(authorization, "signature ")))
        return HTTPSIG_CAVAGE;
    return 0;
}

bool httpsig_covers(const struct httpsig *s, const char *part)
{
    for (int i = 0; i < s->n_parts; i++)
        if (str_eq(s->parts[i], part))
            return true;
    return false;
}

static int add_part(struct httpsig *s, const char *p, size_t n)
{
    char name[HTTPSIG_PART_BYTES];
    if (!n || n >= sizeof name || s->n_parts == HTTPSIG_MAX_PARTS)
        return ERR_LIMIT;
    for (size_t i = 0; i < n; i++) {
        if (p[i] <= ' ' || p[i] > '~' || p[i] == '"' || p[i] == '\\')
            return ERR_PROTOCOL;
        name[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
    }
    name[n] = 0;
    if (httpsig_covers(s, name))
        return ERR_PROTOCOL;
    memcpy(s->parts[s->n_parts++], name, n + 1);
    return 0;
}

static int take_signature(struct httpsig *s, const char *p, size_t n)
{
    char text[HTTPSIG_MAX_SIGNATURE * 4 / 3 + 8];
    if (!str_copyn(text, sizeof text, p, n))
        return ERR_LIMIT;
    int r = hash_unbase64(text, s->signature, sizeof s->signature, &s->signature_bytes);
    return r == ERR_LIMIT ? r : r || !s->signature_bytes ? ERR_PROTOCOL : 0;
}

/* ---- draft-cavage: keyId="…",headers="…",signature="…" ---- */

struct pair {
    struct str name, value;
};

static int next_pair(struct str *rest, struct pair *ret)
{
    const char *at = rest->p, *end = rest->p + rest->n;
    while (at < end && (*at == ' ' || *at == '\t' || *at == ','))
        at++;
    if (at == end)
        return 0;
    const char *eq = memchr(at, '=', (size_t)(end - at));
    if (!eq)
        return ERR_PROTOCOL;
    ret->name = str_trim((struct str){at, (size_t)(eq - at)});
    for (at = eq + 1; at < end && (*at == ' ' || *at == '\t'); at++)
        ;
    if (at < end && *at == '"') {
        const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (!close)
            return ERR_PROTOCOL;
        ret->value = (struct str){at + 1, (size_t)(close - at - 1)};
        at = close + 1;
    } else {
        const char *from = at;
        while (at < end && *at != ',' && *at != ' ')
            at++;
        ret->value = (struct str){from, (size_t)(at - from)};
    }
    *rest = (struct str){at, (size_t)(end - at)};
    return ret->name.n ? 1 : ERR_PROTOCOL;
}

static int take_seconds(struct str v, int64_t *ret)
{
    char text[24];
    char *dot;
    if (!str_copyn(text, sizeof text, v.p, v.n))
        return ERR_PROTOCOL;
    if ((dot = strchr(text, '.')))
        *dot = 0;
    return str_i64(text, ret) || *ret <= 0 ? ERR_PROTOCOL : 0;
}

static int take_parts(struct httpsig *s, struct str list)
{
    struct str one;
    int r = 0;
    while (r == 0 && str_next(&list, " ", &one))
        r = one.n ? add_part(s, one.p, one.n) : 0;
    return r;
}

enum { SEEN_KEY = 1, SEEN_ALGORITHM = 2, SEEN_HEADERS = 4, SEEN_SIGNATURE = 8, SEEN_CREATED = 16, SEEN_EXPIRES = 32 };

static bool pair_is(const struct pair *p, const char *name, int bit, int *seen, int *r)
{
    if (p->name.n != strlen(name) || strncasecmp(p->name.p, name, p->name.n) != 0)
        return false;
    if (*seen & bit)
        *r = ERR_PROTOCOL;
    *seen |= bit;
    return true;
}

static int take_pair(struct httpsig *s, const struct pair *p, int *seen)
{
    int r = 0;
    if (pair_is(p, "keyId", SEEN_KEY, seen, &r))
        return r ? r : str_copyn(s->key_id, sizeof s->key_id, p->value.p, p->value.n) ? 0 : ERR_LIMIT;
    if (pair_is(p, "algorithm", SEEN_ALGORITHM, seen, &r))
        return r ? r : str_copyn(s->algorithm, sizeof s->algorithm, p->value.p, p->value.n) ? 0 : ERR_LIMIT;
    if (pair_is(p, "headers", SEEN_HEADERS, seen, &r))
        return r ? r : take_parts(s, p->value);
    if (pair_is(p, "signature", SEEN_SIGNATURE, seen, &r))
        return r ? r : take_signature(s, p->value.p, p->value.n);
    if (pair_is(p, "created", SEEN_CREATED, seen, &r))
        return r ? r : take_seconds(p->value, &s->created_s);
    if (pair_is(p, "expires", SEEN_EXPIRES, seen, &r))
        return r ? r : take_seconds(p->value, &s->expires_s);
    return 0; /* others are to be ignored */
}

static int read_cavage(const struct httpsig_request *rq, struct httpsig *s)
{
    const char *text = header_of(rq, "signature");
    struct pair p;
    int seen = 0, r, more;
    if (!text)
        text = header_of(rq, "authorization") + strlen("signature ");
    if (strlen(text) > HTTPSIG_MAX_HEADER)
        return ERR_LIMIT;
    struct str rest = str_of(text);
    while ((more = next_pair(&rest, &p)) > 0)
        if ((r = take_pair(s, &p, &seen)))
            return r;
    if (more < 0 || !(seen & SEEN_KEY) || !(seen & SEEN_SIGNATURE) || !s->key_id[0])
        return ERR_PROTOCOL;
    return seen & SEEN_HEADERS ? 0 : add_part(s, "date", 4); /* what it covers when it does not say */
}

static int put_cavage(const struct httpsig *s, const struct httpsig_request *rq, const char *part, struct buf *out)
{
    buf_printf(out, "%s%s: ", out->len ? "\n" : "", part);
    if (str_eq(part, "(request-target)")) {
        for (const char *m = rq->method; *m; m++)
            buf_char(out, *m >= 'A' && *m <= 'Z' ? (char)(*m + 32) : *m);
        buf_printf(out, " %s", rq->target);
        return 0;
    }
    if (str_eq(part, "(created)") || str_eq(part, "(expires)")) {
        int64_t v = part[1] == 'c' ? s->created_s : s->expires_s;
        buf_printf(out, "%lld", (long long)v);
        return v ? 0 : ERR_NOT_FOUND;
    }
    return part[0] == '(' ? ERR_UNSUPPORTED : put_header(rq, part, out);
}

/* ---- RFC 9421: Signature-Input: sig1=("@method" …);created=…;keyid="…" ---- */

static int skip_params(struct sfield *r)
{
    struct str key;
    struct sfield_value v;
    int n;
    while ((n = sfield_param(r, &key, &v)) > 0)
        ;
    return n;
}

/* A part with a parameter of its own is another thing than its name says. */
static int take_components(struct sfield *r, struct httpsig *s, struct buf *params)
{
    struct sfield_value v;
    char name[HTTPSIG_PART_BYTES];
    int n, code;
    buf_char(params, '(');
    while ((n = sfield_inner_next(r, &v)) > 0) {
        if (v.kind != SFIELD_STRING)
            return ERR_PROTOCOL;
        if (r->at < r->end && *r->at == ';')
            return ERR_UNSUPPORTED;
        if (!sfield_text(&v, name, sizeof name))
            return ERR_LIMIT;
        for (const char *c = name; *c; c++)
            if (*c >= 'A' && *c <= 'Z')
                return ERR_PROTOCOL;
        if ((code = add_part(s, name, strlen(name))))
            return code;
        buf_printf(params, "%s\"%s\"", s->n_parts > 1 ? " " : "", name);
    }
    buf_char(params, ')');
    return n;
}

static int take_param(struct httpsig *s, struct str key, const struct sfield_value *v)
{
    if (str_is(key, "created") || str_is(key, "expires")) {
        if (v->kind != SFIELD_INT || v->i <= 0)
            return ERR_PROTOCOL;
        *(key.p[0] == 'c' ? &s->created_s : &s->expires_s) = v->i;
    } else if (str_is(key, "keyid")) {
        return v->kind != SFIELD_STRING ? ERR_PROTOCOL : sfield_text(v, s->key_id, sizeof s->key_id) ? 0 : ERR_LIMIT;
    } else if (str_is(key, "alg")) {
        return v->kind != SFIELD_STRING ? ERR_PROTOCOL : sfield_text(v, s->algorithm, sizeof s->algorithm) ? 0 : ERR_LIMIT;
    }
    return 0;
}

/* A parameter that stands there twice: the last one counts (RFC 9651), and a verifier must not guess; refused. */
static int take_list_params(struct sfield *r, struct httpsig *s, struct buf *params)
{
    struct str key, seen[HTTPSIG_MAX_PARTS];
    struct sfield_value v;
    int n, n_seen = 0, code;
    while ((n = sfield_param(r, &key, &v)) > 0) {
        for (int i = 0; i < n_seen; i++)
            if (seen[i].n == key.n && memcmp(seen[i].p, key.p, key.n) == 0)
                return ERR_PROTOCOL;
        if (n_seen == HTTPSIG_MAX_PARTS)
            return ERR_LIMIT;
        seen[n_seen++] = key;
        if ((code = take_param(s, key, &v)))
            return code;
        buf_printf(params, ";%.*s%s", (int)key.n, key.p, v.kind == SFIELD_TRUE ? "" : "=");
        sfield_write(params, &v);
    }
    return n;
}

/* The bytes of that label in "Signature". */
static int take_labelled(struct httpsig *s, const char *text, struct str label)
{
    struct sfield r = sfield_of(text);
    struct str key;
    struct sfield_value v;
    int n, code = ERR_NOT_FOUND;
    while ((n = sfield_member(&r, &key, &v)) > 0) {
        if (v.kind == SFIELD_INNER)
            return ERR_PROTOCOL;
        if (key.n == label.n && memcmp(key.p, label.p, key.n) == 0)
            code = v.kind == SFIELD_BYTES ? take_signature(s, v.text.p, v.text.n) : ERR_PROTOCOL;
        if (skip_params(&r) < 0)
            return ERR_PROTOCOL;
    }
    return n < 0 ? ERR_PROTOCOL : code;
}

/* One signature is expected; of several the first one counts, and a verifier that wants another one refuses. */
static int read_rfc9421(const struct httpsig_request *rq, struct httpsig *s)
{
    struct buf input = BUF_MAX(HTTPSIG_MAX_HEADER), signature = BUF_MAX(HTTPSIG_MAX_HEADER), params = BUF_MAX(sizeof s->params - 1);
    struct str label = {0};
    struct sfield_value v = {0};
    int r = put_header(rq, "signature-input", &input);
    if (r == 0 && (r = put_header(rq, "signature", &signature)))
        r = ERR_PROTOCOL;
    if (r == 0 && (input.full || signature.full))
        r = ERR_LIMIT;
    struct sfield reader = sfield_of(buf_text(&input));
    if (r == 0 && (sfield_member(&reader, &label, &v) <= 0 || v.kind != SFIELD_INNER))
        r = ERR_PROTOCOL;
    if (r == 0)
        r = take_components(&reader, s, &params);
    if (r == 0)
        r = take_list_params(&reader, s, &params);
    if (r == 0)
        r = take_labelled(s, buf_text(&signature), label);
    if (r == 0 && (params.full || !str_copy(s->params, sizeof s->params, buf_text(&params))))
        r = ERR_LIMIT;
    buf_done(&input);
    buf_done(&signature);
    buf_done(&params);
    return r == ERR_NOT_FOUND ? ERR_PROTOCOL : r == 0 && !s->key_id[0] ? ERR_PROTOCOL : r;
}

static size_t path_bytes(const char *target)
{
    return strcspn(target, "?");
}

/* RFC 9421, 2.2 */
static int put_derived(const struct httpsig_request *rq, const char *part, struct buf *out)
{
    size_t path = path_bytes(rq->target);
    if (str_eq(part, "@method"))
        buf_str(out, rq->method);
    else if (str_eq(part, "@target-uri"))
        buf_printf(out, "%s://%s%s", rq->scheme, rq->authority, rq->target);
    else if (str_eq(part, "@authority"))
        buf_str(out, rq->authority);
    else if (str_eq(part, "@scheme"))
        buf_str(out, rq->scheme);
    else if (str_eq(part, "@request-target"))
        buf_str(out, rq->target);
    else if (str_eq(part, "@path"))
        buf_add(out, rq->target, path);
    else if (str_eq(part, "@query"))
        buf_str(out, rq->target[path] ? rq->target + path : "?");
    else
        return ERR_UNSUPPORTED;
    return 0;
}

static int put_component(const struct httpsig_request *rq, const char *part, struct buf *out)
{
    buf_printf(out, "\"%s\": ", part);
    int r = part[0] == '@' ? put_derived(rq, part, out) : put_header(rq, part, out);
    buf_char(out, '\n');
    return r;
}

/* ---- both ---- */

int httpsig_read(const struct httpsig_request *rq, struct httpsig *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->kind = httpsig_kind_of(rq);
    if (!ret->kind)
        return ERR_NOT_FOUND;
    return ret->kind == HTTPSIG_RFC9421 ? read_rfc9421(rq, ret) : read_cavage(rq, ret);
}

int httpsig_base(const struct httpsig *s, const struct httpsig_request *rq, struct buf *out)
{
    int r = 0;
    size_t from = out->len;
    for (int i = 0; r == 0 && i < s->n_parts; i++)
        r = s->kind == HTTPSIG_RFC9421 ? put_component(rq, s->parts[i], out) : put_cavage(s, rq, s->parts[i], out);
    if (s->kind == HTTPSIG_RFC9421)
        buf_printf(out, "\"@signature-params\": %s", s->params);
    return r ? r : out->full || out->len - from > HTTPSIG_MAX_BASE ? ERR_LIMIT : 0;
}

int httpsig_make(struct httpsig *ret, enum httpsig_kind kind, const char *key_id, const char *const *parts, int64_t created_s)
{
    struct buf params = BUF_MAX(sizeof ret->params - 1);
    int r = 0;
    memset(ret, 0, sizeof *ret);
    ret->kind = kind;
    ret->created_s = created_s;
    if (!str_copy(ret->key_id, sizeof ret->key_id, key_id))
        r = ERR_LIMIT;
    buf_char(&params, '(');
    for (int i = 0; r == 0 && parts[i]; i++) {
        r = add_part(ret, parts[i], strlen(parts[i]));
        buf_printf(&params, "%s\"%s\"", i ? " " : "", parts[i]);
    }
    buf_printf(&params, ");created=%lld;keyid=", (long long)created_s);
    sfield_quote(&params, key_id);
    if (r == 0 && kind == HTTPSIG_RFC9421 && (params.full || !str_copy(ret->params, sizeof ret->params, buf_text(&params))))
        r = ERR_LIMIT;
    str_copy(ret->algorithm, sizeof ret->algorithm, kind == HTTPSIG_CAVAGE ? "rsa-sha256" : "");
    buf_done(&params);
    return r;
}

void httpsig_write(const struct httpsig *s, struct buf *ret_signature, struct buf *ret_input)
{
    char coded[HTTPSIG_MAX_SIGNATURE * 4 / 3 + 8];
    hash_base64(s->signature, s->signature_bytes, coded, sizeof coded, 0);
    if (s->kind == HTTPSIG_RFC9421) {
        buf_printf(ret_input, "sig1=%s", s->params);
        buf_printf(ret_signature, "sig1=:%s:", coded);
        return;
    }
    buf_printf(ret_signature, "keyId=\"%s\",algorithm=\"%s\",headers=\"", s->key_id, s->algorithm);
    for (int i = 0; i < s->n_parts; i++)
        buf_printf(ret_signature, "%s%s", i ? " " : "", s->parts[i]);
    buf_printf(ret_signature, "\",signature=\"%s\"", coded);
}

/* ---- digests ---- */

static int take_digest(const char *p, size_t n, unsigned char ret[HTTPSIG_DIGEST_BYTES])
{
    char text[HTTPSIG_DIGEST_BYTES * 2];
    unsigned char bytes[HTTPSIG_DIGEST_BYTES + 8];
    size_t len;
    if (!str_copyn(text, sizeof text, p, n) || hash_unbase64(text, bytes, sizeof bytes, &len) || len != HTTPSIG_DIGEST_BYTES)
        return ERR_PROTOCOL;
    memcpy(ret, bytes, HTTPSIG_DIGEST_BYTES);
    return 0;
}

int httpsig_digest(const char *digest, unsigned char ret[HTTPSIG_DIGEST_BYTES])
{
    struct str rest = str_of(digest), one;
    if (rest.n > HTTPSIG_MAX_HEADER)
        return ERR_PROTOCOL;
    while (str_next(&rest, ",", &one)) {
        one = str_trim(one);
        if (one.n > 8 && strncasecmp(one.p, "sha-256=", 8) == 0)
            return take_digest(one.p + 8, one.n - 8, ret);
    }
    return ERR_NOT_FOUND;
}

int httpsig_content_digest(const char *digest, unsigned char ret[HTTPSIG_DIGEST_BYTES])
{
    struct sfield r = sfield_of(digest);
    struct str key;
    struct sfield_value v;
    int n, code = ERR_NOT_FOUND;
    if (digest && strlen(digest) > HTTPSIG_MAX_HEADER)
        return ERR_PROTOCOL;
    while ((n = sfield_member(&r, &key, &v)) > 0) {
        if (v.kind != SFIELD_BYTES)
            return ERR_PROTOCOL;
        if (str_is(key, "sha-256"))
            code = take_digest(v.text.p, v.text.n, ret);
        if (skip_params(&r) < 0)
            return ERR_PROTOCOL;
    }
    return n < 0 ? ERR_PROTOCOL : code;
}

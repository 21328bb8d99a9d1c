/* SPDX-License-Identifier: GPL-3.0-or-later */
/* s3sign.c: see s3sign.h. */
#include "announce/s3sign.h"
#include "base/hash.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/timetext.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { SUM = 32, CANONICAL_BYTES = 16384 };

void s3_date(int64_t wall_ms, char out[S3_DATE_BYTES])
{
    struct civil c;
    time_civil(wall_ms, NULL, &c);
    str_print(out, S3_DATE_BYTES, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

void s3_sum(const void *p, size_t n, char out[S3_SUM_BYTES])
{
    unsigned char sum[SUM];
    unsigned int len = SUM;
    ASSERT(EVP_Digest(p, n, sum, &len, EVP_sha256(), NULL) == 1 && len == SUM);
    hash_hex(sum, SUM, out);
}

void s3_path_add(struct buf *out, const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (const char *p = name; *p; p++)
        if (strchr(plain, *p))
            buf_char(out, *p);
        else
            buf_printf(out, "%%%02X", (unsigned char)*p);
}

static void mac(const void *key, size_t key_n, const char *text, size_t n, unsigned char out[SUM])
{
    unsigned int len = SUM;
    ASSERT(HMAC(EVP_sha256(), key, (int)key_n, (const unsigned char *)text, n, out, &len) != NULL && len == SUM);
}

/* ---- headers, by name ---- */

struct signed_header {
    char name[64];
    const char *value;
};

static int gather(const struct s3_ask *a, struct signed_header out[S3_MAX_HEADERS + 1])
{
    int n = 0;
    for (int i = -1; i < a->n_headers && n <= S3_MAX_HEADERS; i++) {
        struct signed_header h = {.value = i < 0 ? a->host : a->headers[i].value};
        str_copy(h.name, sizeof h.name, i < 0 ? "host" : a->headers[i].name);
        for (char *c = h.name; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        int at = n++;
        for (; at > 0 && strcmp(out[at - 1].name, h.name) > 0; at--)
            out[at] = out[at - 1];
        out[at] = h;
    }
    return n;
}

static void put_names(struct buf *out, const struct signed_header *h, int n)
{
    for (int i = 0; i < n; i++)
        buf_printf(out, "%s%s", i ? ";" : "", h[i].name);
}

static void canonical(const struct s3_ask *a, const struct signed_header *h, int n, struct buf *out)
{
    buf_printf(out, "%s\n%s\n\n", a->method, a->path);
    for (int i = 0; i < n; i++) {
        struct str v = str_trim(str_of(h[i].value));
        buf_printf(out, "%s:%.*s\n", h[i].name, (int)v.n, v.p);
    }
    buf_char(out, '\n');
    put_names(out, h, n);
    buf_printf(out, "\n%s", a->sum);
}

void s3_sign(const struct s3_ask *a, struct buf *out)
{
    struct signed_header h[S3_MAX_HEADERS + 1];
    struct buf text = BUF_MAX(CANONICAL_BYTES), scope = BUF_MAX(300), key = BUF_MAX(400);
    unsigned char k[SUM];
    char sum[S3_SUM_BYTES], hex[S3_SUM_BYTES];
    int n = gather(a, h);
    canonical(a, h, n, &text);
    s3_sum(buf_text(&text), text.len, sum);
    buf_printf(&scope, "%.8s/%s/s3/aws4_request", a->date, a->region);
    buf_clear(&text);
    buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", a->date, buf_text(&scope), sum);
    buf_printf(&key, "AWS4%s", a->secret);
    mac(buf_text(&key), key.len, a->date, 8, k);
    mac(k, SUM, a->region, strlen(a->region), k);
    mac(k, SUM, "s3", 2, k);
    mac(k, SUM, "aws4_request", 12, k);
    mac(k, SUM, buf_text(&text), text.len, k);
    hash_hex(k, SUM, hex);
    buf_printf(out, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=", a->key, buf_text(&scope));
    put_names(out, h, n);
    buf_printf(out, ", Signature=%s", hex);
    buf_done(&text);
    buf_done(&scope);
    buf_done(&key);
}

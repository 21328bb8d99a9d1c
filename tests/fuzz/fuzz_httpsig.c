/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_httpsig.c: lines of headers, "name: value", as those of a signed request; what is read is written, and read again. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/httpsig.h"
#include "wire/sfield.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MOST = 16 };

/* A dictionary of structured fields is walked to its end, or to where it is broken. */
static void walk(const char *text)
{
    struct sfield r = sfield_of(text);
    struct str key;
    struct sfield_value v;
    struct buf out = BUF_MAX(1 << 16);
    char plain[200];

    while (sfield_member(&r, &key, &v) > 0) {
        ASSERT(key.n > 0 && key.p >= text);
        if (v.kind == SFIELD_INNER) {
            while (sfield_inner_next(&r, &v) > 0) {
                sfield_write(&out, &v);
                sfield_text(&v, plain, sizeof plain);
                while (sfield_param(&r, &key, &v) > 0)
                    sfield_write(&out, &v);
            }
        }
        while (sfield_param(&r, &key, &v) > 0)
            sfield_write(&out, &v);
    }
    buf_done(&out);
}

/* What we write of it says the same again. */
static void again(const struct httpsig *s, const struct httpsig_request *rq)
{
    struct buf signature = BUF_MAX(1 << 16), input = BUF_MAX(1 << 16);
    struct httpsig *back = mem_alloc(sizeof *back);

    httpsig_write(s, &signature, &input);
    struct httpsig_header headers[2] = {{"signature", buf_text(&signature)}, {"signature-input", buf_text(&input)}};
    struct httpsig_request one = *rq;
    one.headers = headers;
    one.n_headers = s->kind == HTTPSIG_RFC9421 ? 2 : 1;
    if (signature.len <= HTTPSIG_MAX_HEADER && input.len <= HTTPSIG_MAX_HEADER) {
        ASSERT(httpsig_read(&one, back) == 0);
        ASSERT(str_eq(back->key_id, s->key_id) && back->n_parts == s->n_parts && back->signature_bytes == s->signature_bytes);
        ASSERT(memcmp(back->signature, s->signature, s->signature_bytes) == 0 && str_eq(back->params, s->params));
    }
    buf_done(&signature);
    buf_done(&input);
    mem_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_dupn((const char *)data, size), *line = text;
    struct httpsig_header headers[HEADERS_MOST];
    struct httpsig *s = mem_alloc(sizeof *s);
    struct buf base = BUF_MAX(HTTPSIG_MAX_BASE);
    unsigned char digest[HTTPSIG_DIGEST_BYTES];
    int64_t at;
    int n = 0;

    for (char *next; line && n < HEADERS_MOST; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = 0;
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        *colon = 0;
        headers[n++] = (struct httpsig_header){line, colon[1] == ' ' ? colon + 2 : colon + 1};
    }
    struct httpsig_request rq = {.method = "POST", .scheme = "https", .authority = "status.example.org", .target = "/ap/inbox?a=b", .headers = headers, .n_headers = n};
    if (httpsig_read(&rq, s) == 0) {
        ASSERT(s->n_parts <= HTTPSIG_MAX_PARTS && s->signature_bytes > 0 && s->signature_bytes <= HTTPSIG_MAX_SIGNATURE && s->key_id[0]);
        if (httpsig_base(s, &rq, &base) == 0)
            ASSERT(base.len <= HTTPSIG_MAX_BASE);
        if (!strchr(s->key_id, '"') && !strchr(s->algorithm, '"'))
            again(s, &rq);
    }
    for (int i = 0; i < n; i++) {
        walk(headers[i].value);
        httpsig_digest(headers[i].value, digest);
        httpsig_content_digest(headers[i].value, digest);
        if (httpsig_date(headers[i].value, &at) == 0)
            ASSERT(at >= 0);
    }
    buf_done(&base);
    mem_free(s);
    mem_free(text);
    return 0;
}

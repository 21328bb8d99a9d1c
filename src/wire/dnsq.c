/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dnsq.c: see dnsq.h. */
#include "wire/dnsq.h"

#include "base/err.h"

#include <string.h>

enum { MAX_LABEL = 63, MAX_NAME = 255, FLAG_QR = 0x80, FLAG_RD = 1, FLAG_AD = 0x20, FLAG_CD = 0x10, TYPE_OPT = 41 };

static void put16(struct dnsq *q, unsigned v)
{
    q->bytes[q->n++] = (unsigned char)(v >> 8);
    q->bytes[q->n++] = (unsigned char)v;
}

/* One character of a label, escapes undone; 0 and *ret, or ERR_INVALID. */
static int char_take(const char **p, unsigned char *ret)
{
    const char *s = *p;
    unsigned v = 0;

    if (*s != '\\') {
        *ret = (unsigned char)*s;
        *p = s + 1;
        return 0;
    }
    s++;
    if (*s < '0' || *s > '9') {
        *ret = (unsigned char)*s;
        *p = s + 1;
        return *s ? 0 : ERR_INVALID;
    }
    for (int i = 0; i < 3; i++, s++) {
        if (*s < '0' || *s > '9')
            return ERR_INVALID;
        v = v * 10 + (unsigned)(*s - '0');
    }
    *ret = (unsigned char)v;
    *p = s;
    return v <= 255 ? 0 : ERR_INVALID;
}

static unsigned char mixed(unsigned char c, uint64_t *mix)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    if (!letter || *mix == 0)
        return c;
    c = *mix & 1 ? c ^ 0x20 : c;
    *mix = *mix >> 1 | (*mix & 1) << 63;
    return c;
}

static int label_put(struct dnsq *q, const char **p, size_t from, uint64_t *mix)
{
    size_t length_at = q->n++, n = 0;

    while (**p && **p != '.') {
        unsigned char c;

        if (char_take(p, &c) != 0 || ++n > MAX_LABEL || q->n - from + 2 > MAX_NAME)
            return ERR_INVALID;
        q->bytes[q->n++] = mixed(c, mix);
    }
    q->bytes[length_at] = (unsigned char)n;
    return n ? 0 : ERR_INVALID;
}

static int name_put(struct dnsq *q, const char *name, uint64_t mix)
{
    size_t from = q->n;

    if (strcmp(name, ".") == 0)
        name = "";
    while (*name) {
        if (q->n - from + 2 > MAX_NAME || label_put(q, &name, from, &mix) != 0)
            return ERR_INVALID;
        name += *name == '.';
    }
    q->bytes[q->n++] = 0;
    return 0;
}

static void edns_put(struct dnsq *q, unsigned bytes, unsigned flags)
{
    q->bytes[q->n++] = 0;
    put16(q, TYPE_OPT);
    put16(q, bytes);
    put16(q, 0); /* extended result code, version */
    put16(q, flags & DNSQ_DNSSEC ? 0x8000 : 0);
    put16(q, 0);
}

int dnsq_encode(const char *name, int type, unsigned id, unsigned flags, unsigned edns_bytes, uint64_t mix, struct dnsq *ret)
{
    struct dnsq q = {.n = 0};

    put16(&q, id);
    q.bytes[q.n++] = flags & DNSQ_RECURSE ? FLAG_RD : 0;
    q.bytes[q.n++] = (unsigned char)((flags & DNSQ_AD ? FLAG_AD : 0) | (flags & DNSQ_CD ? FLAG_CD : 0));
    put16(&q, 1);
    put16(&q, 0);
    put16(&q, 0);
    put16(&q, edns_bytes != 0);
    if (name_put(&q, name, mix) != 0)
        return ERR_INVALID;
    put16(&q, (unsigned)type);
    put16(&q, 1);
    q.question_n = q.n - DNSQ_HEAD_BYTES;
    if (edns_bytes)
        edns_put(&q, edns_bytes, flags);
    *ret = q;
    return 0;
}

unsigned dnsq_id(const struct dnsq *q)
{
    return (unsigned)q->bytes[0] << 8 | q->bytes[1];
}

int dnsq_peek_id(const char *p, size_t n)
{
    return n < DNSQ_HEAD_BYTES ? -1 : (unsigned char)p[0] << 8 | (unsigned char)p[1];
}

enum dnsq_match dnsq_match(const struct dnsq *q, const char *p, size_t n)
{
    if (dnsq_peek_id(p, n) != (int)dnsq_id(q) || !((unsigned char)p[2] & FLAG_QR))
        return DNSQ_NOT_OURS;
    if (n < DNSQ_HEAD_BYTES + q->question_n || p[4] != 0 || p[5] != 1)
        return DNSQ_ODD;
    return memcmp(p + DNSQ_HEAD_BYTES, q->bytes + DNSQ_HEAD_BYTES, q->question_n) == 0 ? DNSQ_OURS : DNSQ_ODD;
}

void dnsq_reverse(const unsigned char *p, size_t n, char out[64])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = n; i-- > 0 && n == 16;) {
        out[at++] = hex[p[i] & 15];
        out[at++] = '.';
        out[at++] = hex[p[i] >> 4];
        out[at++] = '.';
    }
    for (size_t i = n; i-- > 0 && n == 4;) {
        if (p[i] >= 100)
            out[at++] = (char)('0' + p[i] / 100);
        if (p[i] >= 10)
            out[at++] = (char)('0' + p[i] / 10 % 10);
        out[at++] = (char)('0' + p[i] % 10);
        out[at++] = '.';
    }
    out[at ? at - 1 : 0] = '\0';
}

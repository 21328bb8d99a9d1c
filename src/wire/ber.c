/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ber.c: see ber.h.  Long tags, indefinite lengths and lengths over 4 bytes are refused: neither SNMP nor LDAP has them. */
#include "wire/ber.h"

#include "base/err.h"

#include <string.h>

/* ---- reading ---- */

/* Bytes of the head; 0: not all there; -1: none. */
static int head_read(const unsigned char *p, size_t n, unsigned *ret_tag, size_t *ret_length)
{
    size_t length = 0;
    int bytes;

    if (n < 1)
        return 0;
    if ((p[0] & 0x1f) == 0x1f)
        return -1;
    if (n < 2)
        return 0;
    bytes = p[1] & 0x80 ? p[1] & 0x7f : 0;
    if (p[1] == 0x80 || bytes > 4)
        return -1;
    if (n < 2 + (size_t)bytes)
        return 0;
    for (int i = 0; i < bytes; i++)
        length = length << 8 | p[2 + i];
    *ret_tag = p[0];
    *ret_length = bytes ? length : p[1];
    return 2 + bytes;
}

bool ber_next(struct str *in, unsigned *ret_tag, struct str *ret_content)
{
    unsigned tag;
    size_t length;
    int head = head_read((const unsigned char *)in->p, in->n, &tag, &length);

    if (head <= 0 || length > in->n - (size_t)head)
        return false;
    *ret_tag = tag;
    *ret_content = (struct str){in->p + head, length};
    in->p += (size_t)head + length;
    in->n -= (size_t)head + length;
    return true;
}

bool ber_take(struct str *in, unsigned tag, struct str *ret_content)
{
    struct str rest = *in, content;
    unsigned got;

    if (!ber_next(&rest, &got, &content) || got != tag)
        return false;
    *in = rest;
    *ret_content = content;
    return true;
}

bool ber_take_int(struct str *in, unsigned tag, int64_t *ret_value)
{
    struct str rest = *in, content;

    if (!ber_take(&rest, tag, &content) || !ber_int(content, ret_value))
        return false;
    *in = rest;
    return true;
}

bool ber_int(struct str content, int64_t *ret_value)
{
    const unsigned char *p = (const unsigned char *)content.p;
    uint64_t v;

    if (content.n < 1 || content.n > 8)
        return false;
    v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < content.n; i++)
        v = v << 8 | p[i];
    *ret_value = (int64_t)v;
    return true;
}

bool ber_uint(struct str content, uint64_t *ret_value)
{
    const unsigned char *p = (const unsigned char *)content.p;
    uint64_t v = 0;

    if (content.n < 1 || content.n > 9 || (content.n == 9 && p[0] != 0))
        return false;
    for (size_t i = 0; i < content.n; i++)
        v = v << 8 | p[i];
    *ret_value = v;
    return true;
}

int64_t ber_frame(const char *p, size_t n, size_t max_bytes)
{
    unsigned tag;
    size_t length;
    int head = head_read((const unsigned char *)p, n, &tag, &length);

    if (head < 0)
        return ERR_PROTOCOL;
    if (head == 0)
        return 0;
    return length + (size_t)head > max_bytes ? ERR_LIMIT : (int64_t)(length + (size_t)head);
}

/* ---- writing ---- */

struct ber_out ber_out_of(void *buffer, size_t n)
{
    unsigned char *p = buffer;

    return (struct ber_out){.start = p, .end = p + n, .at = p + n};
}

struct str ber_written(const struct ber_out *o)
{
    return o->full ? (struct str){"", 0} : (struct str){(const char *)o->at, (size_t)(o->end - o->at)};
}

void ber_put_raw(struct ber_out *o, const void *p, size_t n)
{
    if (o->full || n > (size_t)(o->at - o->start)) {
        o->full = true;
        return;
    }
    o->at -= n;
    if (n)
        memcpy(o->at, p, n);
}

static void put_head(struct ber_out *o, unsigned tag, size_t n)
{
    unsigned char head[6];
    size_t at = sizeof(head), rest = n;

    if (n < 0x80) {
        head[--at] = (unsigned char)n;
    } else {
        for (; rest && at > 2; rest >>= 8)
            head[--at] = (unsigned char)rest;
        head[at - 1] = (unsigned char)(0x80 | (sizeof(head) - at));
        at--;
    }
    head[--at] = (unsigned char)tag;
    ber_put_raw(o, head + at, sizeof(head) - at);
}

void ber_put(struct ber_out *o, unsigned tag, const void *p, size_t n)
{
    ber_put_raw(o, p, n);
    put_head(o, tag, n);
}

void ber_put_int(struct ber_out *o, unsigned tag, int64_t value)
{
    unsigned char bytes[8];
    size_t n = 0;
    int64_t rest = value;

    do {
        bytes[7 - n++] = (unsigned char)rest;
        rest >>= 8; /* arithmetic: keeps the sign */
    } while (n < 8 && !((rest == 0 && !(bytes[8 - n] & 0x80)) || (rest == -1 && (bytes[8 - n] & 0x80))));
    ber_put(o, tag, bytes + 8 - n, n);
}

void ber_put_int4(struct ber_out *o, unsigned tag, uint32_t value)
{
    unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16), (unsigned char)(value >> 8), (unsigned char)value};

    ber_put(o, tag, bytes, sizeof(bytes));
}

void ber_close(struct ber_out *o, unsigned tag, const unsigned char *mark)
{
    put_head(o, tag, o->full ? 0 : (size_t)(mark - o->at));
}

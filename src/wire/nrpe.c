/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nrpe.c: see nrpe.h.  Version 2 has a fixed buffer behind a head of 10 bytes, 3 and 4 a length of their own behind 16. */
#include "wire/nrpe.h"

#include "base/err.h"
#include <string.h>

enum { AT_TYPE = 2, AT_CRC = 4, AT_RESULT = 8, AT_TEXT_2 = 10, AT_LENGTH = 12, AT_TEXT_4 = 16, TEXT_2 = 1024, TAIL_3 = 3 };

static unsigned u16(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return (unsigned)b[0] << 8 | b[1];
}

static uint32_t u32(const char *p)
{
    return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static void put_u16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
}

static void put_u32(unsigned char *p, uint32_t v)
{
    put_u16(p, v >> 16);
    put_u16(p + 2, v & 0xffff);
}

/* CRC-32 as in zlib, half a byte at a time; the four bytes at AT_CRC count as zero. */
static uint32_t crc(const char *p, size_t n)
{
    static const uint32_t half[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t c = 0xffffffff;

    for (size_t i = 0; i < n; i++) {
        c ^= i >= AT_CRC && i < AT_CRC + 4 ? 0 : (unsigned char)p[i];
        c = half[c & 15] ^ (c >> 4);
        c = half[c & 15] ^ (c >> 4);
    }
    return ~c;
}

int nrpe_encode(const struct nrpe_packet *p, unsigned char ret[NRPE_PACKET])
{
    size_t at = p->version == 2 ? AT_TEXT_2 : AT_TEXT_4;

    if (p->version != 2 && p->version != 4)
        return ERR_UNSUPPORTED;
    if (p->text.n > NRPE_MAX_COMMAND)
        return ERR_LIMIT;
    memset(ret, 0, NRPE_PACKET);
    put_u16(ret, (unsigned)p->version);
    put_u16(ret + AT_TYPE, (unsigned)p->type);
    put_u16(ret + AT_RESULT, (unsigned)p->result);
    if (p->version == 4)
        put_u32(ret + AT_LENGTH, NRPE_PACKET - AT_TEXT_4);
    if (p->text.n)
        memcpy(ret + at, p->text.p, p->text.n);
    put_u32(ret + AT_CRC, crc((const char *)ret, NRPE_PACKET));
    return 0;
}

int64_t nrpe_frame(const char *p, size_t n)
{
    unsigned version;
    int64_t length;

    if (n < 2)
        return 0;
    version = u16(p);
    if (version == 2)
        return NRPE_PACKET;
    if (version != 3 && version != 4)
        return ERR_PROTOCOL;
    if (n < AT_TEXT_4)
        return 0;
    length = u32(p + AT_LENGTH);
    if (length > NRPE_MAX_BYTES)
        return ERR_LIMIT;
    return AT_TEXT_4 + length + (version == 3 ? TAIL_3 : 0);
}

int nrpe_decode(const char *p, size_t n, struct nrpe_packet *ret)
{
    struct nrpe_packet r;
    size_t room;

    if (n < AT_TEXT_4 || nrpe_frame(p, n) != (int64_t)n || crc(p, n) != u32(p + AT_CRC))
        return ERR_PROTOCOL;
    r.version = (int)u16(p);
    r.type = (int)u16(p + AT_TYPE);
    r.result = (int16_t)u16(p + AT_RESULT);
    r.text.p = p + (r.version == 2 ? AT_TEXT_2 : AT_TEXT_4);
    room = r.version == 2 ? TEXT_2 : u32(p + AT_LENGTH);
    r.text.n = strnlen(r.text.p, room);
    *ret = r;
    return 0;
}

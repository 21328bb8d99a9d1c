/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websocket.c: the codec of RFC 6455. SHA-1 is here because the handshake names it; it protects nothing, it only shows
 * that the peer understood the request. */
#include "wire/websocket.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#include <string.h>

enum { MAX_CONTROL = 125, BLOCK = 64 };
static const char fixed_text[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ---- SHA-1 (FIPS 180-4) of a short text ---- */

static uint32_t turn(uint32_t v, int by)
{
    return v << by | v >> (32 - by);
}

static uint32_t mix(int i, const uint32_t s[5])
{
    if (i < 20)
        return ((s[1] & s[2]) | (~s[1] & s[3])) + 0x5a827999;
    if (i < 40)
        return (s[1] ^ s[2] ^ s[3]) + 0x6ed9eba1;
    if (i < 60)
        return ((s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])) + 0x8f1bbcdc;
    return (s[1] ^ s[2] ^ s[3]) + 0xca62c1d6;
}

static void sha1_block(uint32_t h[5], const unsigned char *p)
{
    uint32_t w[80], s[5];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 80; i++)
        w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(s, h, sizeof(s));
    for (int i = 0; i < 80; i++) {
        uint32_t next = turn(s[0], 5) + mix(i, s) + s[4] + w[i];

        s[4] = s[3];
        s[3] = s[2];
        s[2] = turn(s[1], 30);
        s[1] = s[0];
        s[0] = next;
    }
    for (int i = 0; i < 5; i++)
        h[i] += s[i];
}

static void sha1(const unsigned char *p, size_t n, unsigned char out[20])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    unsigned char last[2 * BLOCK] = {0};
    size_t full = n / BLOCK * BLOCK, rest = n - full, tail = rest + 9 > BLOCK ? 2 * BLOCK : BLOCK;

    for (size_t i = 0; i < full; i += BLOCK)
        sha1_block(h, p + i);
    memcpy(last, p + full, rest);
    last[rest] = 0x80;
    for (int i = 0; i < 8; i++)
        last[tail - 1 - (size_t)i] = (unsigned char)((uint64_t)n * 8 >> 8 * i);
    for (size_t i = 0; i < tail; i += BLOCK)
        sha1_block(h, last + i);
    for (int i = 0; i < 20; i++)
        out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void ws_accept(const char *key, char out[WS_ACCEPT_BYTES])
{
    char text[128];
    unsigned char digest[20];
    int n = str_print(text, sizeof(text), "%s%s", key, fixed_text);

    sha1((const unsigned char *)text, (size_t)n, digest);
    hash_base64(digest, sizeof(digest), out, WS_ACCEPT_BYTES, 0);
}

/* ---- the upgrade ---- */

/* Is the word one of a list with commas? */
static bool lists(struct str value, const char *word)
{
    struct str item;
    char text[64];

    while (str_next(&value, ",", &item)) {
        item = str_trim(item);
        if (str_copyn(text, sizeof(text), item.p, item.n) && str_ieq(text, word))
            return true;
    }
    return false;
}

static void header(struct str line, struct ws_reply *r)
{
    const char *colon = memchr(line.p, ':', line.n);
    char name[64];

    if (colon == NULL || !str_copyn(name, sizeof(name), line.p, (size_t)(colon - line.p)))
        return;
    struct str value = str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)});

    if (str_ieq(name, "Upgrade"))
        r->upgrade = r->upgrade || lists(value, "websocket");
    else if (str_ieq(name, "Connection"))
        r->connection = r->connection || lists(value, "upgrade");
    else if (str_ieq(name, "Sec-WebSocket-Accept"))
        str_copyn(r->accept, sizeof(r->accept), value.p, value.n);
    else if (str_ieq(name, "Sec-WebSocket-Protocol"))
        str_copyn(r->protocol, sizeof(r->protocol), value.p, value.n);
}

/* "HTTP/1.1 101 Switching Protocols" */
static int status_line(struct str line, struct ws_reply *r)
{
    const char *p = line.p;

    if (line.n < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ')
        return ERR_PROTOCOL;
    for (int i = 9; i < 12; i++) {
        if (p[i] < '0' || p[i] > '9')
            return ERR_PROTOCOL;
        r->status = r->status * 10 + (p[i] - '0');
    }
    struct str rest = str_trim((struct str){p + 12, line.n - 12});

    str_copyn(r->reason, sizeof(r->reason), rest.p, rest.n);
    return 0;
}

int ws_reply_read(const char *p, size_t n, struct ws_reply *ret)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4);
    struct ws_reply r = {0};
    size_t begin = n < 7 ? n : 7;
    struct str rest, line;

    if (memcmp(p, "HTTP/1.", begin) != 0)
        return ERR_PROTOCOL;
    if (end == NULL || end - p > WS_MAX_HEAD)
        return end != NULL || n > WS_MAX_HEAD ? ERR_LIMIT : 0;
    rest = (struct str){p, (size_t)(end - p)};
    if (!str_next(&rest, "\r\n", &line) || status_line(line, &r) != 0)
        return ERR_PROTOCOL;
    while (str_next(&rest, "\r\n", &line))
        header(line, &r);
    r.head_bytes = (size_t)(end + 4 - p);
    *ret = r;
    return 1;
}

/* ---- frames ---- */

static bool known(int opcode)
{
    return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

/* The length behind the two first bytes, and how many bytes it took; -1 when it is not complete. */
static int length(const unsigned char *p, size_t n, uint64_t *ret)
{
    int more = p[1] == 126 ? 2 : p[1] == 127 ? 8 : 0;

    *ret = more ? 0 : p[1];
    if (n < 2 + (size_t)more)
        return -1;
    for (int i = 0; i < more; i++)
        *ret = *ret << 8 | p[2 + i];
    return more;
}

int ws_frame_read(const char *bytes, size_t n, struct ws_frame *ret)
{
    const unsigned char *p = (const unsigned char *)bytes;
    uint64_t size;

    if (n < 2)
        return 0;
    int opcode = p[0] & 15;

    if ((p[0] & 0x70) || (p[1] & 0x80) || !known(opcode))
        return ERR_PROTOCOL;
    if (opcode >= WS_CLOSE && (p[1] > MAX_CONTROL || !(p[0] & 0x80)))
        return ERR_PROTOCOL;
    int more = length(p, n, &size);

    if (more < 0)
        return 0;
    if ((more == 2 && size < 126) || (more == 8 && size < 65536))
        return ERR_PROTOCOL;
    if (size > WS_MAX_PAYLOAD)
        return ERR_LIMIT;
    size_t head = 2 + (size_t)more;

    if (n - head < size)
        return 0;
    *ret = (struct ws_frame){(enum ws_opcode)opcode, (p[0] & 0x80) != 0, bytes + head, (size_t)size, head + (size_t)size};
    return 1;
}

void ws_frame_write(struct buf *out, enum ws_opcode opcode, const char *p, size_t n, uint32_t mask)
{
    buf_char(out, (char)(0x80 | opcode));
    if (n < 126) {
        buf_char(out, (char)(0x80 | n));
    } else {
        int more = n < 65536 ? 2 : 8;

        buf_char(out, (char)(0x80 | (more == 2 ? 126 : 127)));
        for (int i = more; i-- > 0;)
            buf_char(out, (char)((uint64_t)n >> 8 * i));
    }
    for (int i = 0; i < 4; i++)
        buf_char(out, (char)(mask >> 8 * i));
    for (size_t i = 0; i < n; i++)
        buf_char(out, (char)((unsigned char)p[i] ^ (mask >> 8 * (i % 4))));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_icon.c: the mark of vigie (ui/vigie.svg) as a PNG (W3C, third edition): what other servers show beside a name; they take no SVG. */
#include "announce/federation_int.h"
#include <string.h>

enum { SIDE = 96, SAMPLES = 4, ROW = 1 + 3 * SIDE, SIGNATURE_BYTES = 8 };

struct point {
    double x, y;
};
struct shape { /* a convex polygon, in units of the drawing */
    struct point at[4];
    unsigned rgb;
};
static const unsigned ground = 0x0f1e29, white = 0xffffff, light = 0x86c1ff;
static const struct shape shapes[] = {
    {{{12.2, 14.5}, {17.8, 14.5}, {19.6, 29}, {10.4, 29}}, 0xffffff},
    {{{9.6, 12.3}, {20.4, 12.3}, {20.4, 13.9}, {9.6, 13.9}}, 0xffffff},
    {{{19.3, 8}, {28, 4.6}, {28, 12.6}, {19.3, 9.2}}, 0x86c1ff},
};

static bool inside(const struct shape *s, double x, double y)
{
    for (int i = 0; i < 4; i++) {
        struct point a = s->at[i], b = s->at[(i + 1) % 4];
        if ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) < 0)
            return false;
    }
    return true;
}

static unsigned colour(double x, double y)
{
    double dx = x - 15, dy = y - 8.6;
    if (dx * dx + dy * dy <= 2.5 * 2.5)
        return light;
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (inside(&shapes[i], x, y))
            return shapes[i].rgb == white ? white : light;
    return ground;
}

static void put_pixel(struct buf *out, int px, int py)
{
    unsigned sum[3] = {0};
    for (int i = 0; i < SAMPLES * SAMPLES; i++) {
        unsigned c = colour((px + (i % SAMPLES + 0.5) / SAMPLES) * 32 / SIDE, (py + (i / SAMPLES + 0.5) / SAMPLES) * 32 / SIDE);
        sum[0] += c >> 16;
        sum[1] += c >> 8 & 255;
        sum[2] += c & 255;
    }
    for (int i = 0; i < 3; i++)
        buf_char(out, (char)(sum[i] / (SAMPLES * SAMPLES)));
}

static void put_u32(struct buf *out, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_char(out, (char)(v >> shift & 255));
}

static uint32_t crc_of(const unsigned char *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void put_chunk(struct buf *out, const char *type, const void *p, size_t n)
{
    put_u32(out, (uint32_t)n);
    size_t from = out->len;
    buf_str(out, type);
    buf_add(out, p, n);
    put_u32(out, crc_of((const unsigned char *)out->data + from, out->len - from));
}

/* RFC 1950 and 1951: one block as it is; the picture is small, and asked for once a server. */
static void put_stored(struct buf *out, const unsigned char *p, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + p[i]) % 65521;
        b = (b + a) % 65521;
    }
    buf_add(out, "\x78\x01\x01", 3);
    buf_char(out, (char)(n & 255));
    buf_char(out, (char)(n >> 8));
    buf_char(out, (char)(~n & 255));
    buf_char(out, (char)(~n >> 8 & 255));
    buf_add(out, p, n);
    put_u32(out, b << 16 | a);
}

void fed_icon(struct buf *out)
{
    struct buf rows = BUF_MAX(ROW * SIDE), head = BUF_MAX(32), packed = BUF_MAX(ROW * SIDE + 32);
    _Static_assert(ROW * SIDE < 65536, "one block holds it");
    for (int y = 0; y < SIDE; y++) {
        buf_char(&rows, 0); /* no filter */
        for (int x = 0; x < SIDE; x++)
            put_pixel(&rows, x, y);
    }
    put_u32(&head, SIDE);
    put_u32(&head, SIDE);
    buf_add(&head, "\x08\x02\0\0\0", 5); /* 8 bits, RGB */
    buf_add(out, "\x89PNG\r\n\x1a\n", SIGNATURE_BYTES);
    put_chunk(out, "IHDR", buf_text(&head), head.len);
    put_stored(&packed, (const unsigned char *)buf_text(&rows), rows.len);
    put_chunk(out, "IDAT", buf_text(&packed), packed.len);
    put_chunk(out, "IEND", "", 0);
    buf_done(&packed);
    buf_done(&rows);
    buf_done(&head);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr.c: see qr.h.  The order of things: bytes to code words, code words to blocks with their correction (Reed-Solomon over
 * GF(256), polynomial 0x11d), patterns that never change, the winding way of the data, and the mask that disturbs least. */
#include "web/qr.h"
#include "base/err.h"
#include "web/html.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 532, MOST_FIX = 30, QUIET = 4, MODE_BYTES = 4 };

/* Level M: correction words of a block, blocks. */
static const struct {
    int fix, blocks;
} levels[QR_VERSIONS + 1] = {{0, 0}, {10, 1}, {16, 1}, {26, 1}, {18, 2}, {24, 2}, {16, 4}, {18, 4}, {22, 4}, {22, 5}, {26, 5}, {30, 5}, {22, 8}, {22, 9}};

struct draw {
    int version, size;
    unsigned char dark[QR_MOST][QR_MOST], fixed[QR_MOST][QR_MOST]; /* fixed: no place for data */
};

/* ---- code words ---- */

/* Code words that a version holds, data and correction. */
static int words_of(int version)
{
    int bits = (16 * version + 128) * version + 64;
    if (version >= 2) {
        int n = version / 7 + 2;
        bits -= (25 * n - 10) * n - 55;
    }
    return (bits - (version >= 7 ? 36 : 0)) / 8;
}

static int data_words(int version) { return words_of(version) - levels[version].fix * levels[version].blocks; }

static void put_bits(unsigned char *words, int *at, unsigned value, int n)
{
    for (int i = n - 1; i >= 0; i--, (*at)++)
        words[*at / 8] |= (unsigned char)((value >> i & 1) << (7 - *at % 8));
}

static void data_put(unsigned char *words, int version, const char *text, size_t n)
{
    int at = 0, most = data_words(version) * 8;
    put_bits(words, &at, MODE_BYTES, 4);
    put_bits(words, &at, (unsigned)n, version < 10 ? 8 : 16);
    for (size_t i = 0; i < n; i++)
        put_bits(words, &at, (unsigned char)text[i], 8);
    at += most - at < 4 ? most - at : 4;
    at = (at + 7) / 8 * 8;
    for (unsigned pad = 0xec; at < most; pad ^= 0xec ^ 0x11)
        put_bits(words, &at, pad, 8);
}

static unsigned char times(unsigned char a, unsigned char b)
{
    unsigned r = 0;
    for (int i = 7; i >= 0; i--) {
        r = r << 1 ^ (r >> 7) * 0x11du;
        r ^= (b >> i & 1u) * a;
    }
    return (unsigned char)r;
}

/* The correction of a block: the rest of a division by (x - 1)(x - 2)(x - 4)… */
static void correct(const unsigned char *data, int n, int fix, unsigned char *out)
{
    unsigned char divisor[MOST_FIX] = {0}, root = 1;
    divisor[fix - 1] = 1;
    for (int i = 0; i < fix; i++, root = times(root, 2))
        for (int k = 0; k < fix; k++)
            divisor[k] = (unsigned char)(times(divisor[k], root) ^ (k + 1 < fix ? divisor[k + 1] : 0));
    memset(out, 0, (size_t)fix);
    for (int i = 0; i < n; i++) {
        unsigned char factor = data[i] ^ out[0];
        memmove(out, out + 1, (size_t)fix - 1);
        out[fix - 1] = 0;
        for (int k = 0; k < fix; k++)
            out[k] ^= times(divisor[k], factor);
    }
}

/* Blocks one word each in turn; the last blocks are one word longer when they cannot be equal. */
static void weave(const unsigned char *data, int version, unsigned char *out)
{
    int blocks = levels[version].blocks, fix = levels[version].fix, all = data_words(version), least = all / blocks, longer = all % blocks, at = 0;
    unsigned char fixes[9][MOST_FIX];
    int begin[9];
    for (int b = 0, from = 0; b < blocks; b++) {
        int n = least + (b >= blocks - longer);
        begin[b] = from;
        correct(data + from, n, fix, fixes[b]);
        from += n;
    }
    for (int i = 0; i <= least; i++)
        for (int b = 0; b < blocks; b++)
            if (i < least || b >= blocks - longer)
                out[at++] = data[begin[b] + i];
    for (int i = 0; i < fix; i++)
        for (int b = 0; b < blocks; b++)
            out[at++] = fixes[b][i];
}

/* ---- what never changes ---- */

static void fix(struct draw *d, int x, int y, bool dark)
{
    if (x < 0 || y < 0 || x >= d->size || y >= d->size)
        return;
    d->dark[y][x] = dark;
    d->fixed[y][x] = 1;
}

static int farther(int a, int b) { return abs(a) > abs(b) ? abs(a) : abs(b); }

static void finder(struct draw *d, int x, int y)
{
    for (int dy = -4; dy <= 4; dy++)
        for (int dx = -4; dx <= 4; dx++)
            fix(d, x + dx, y + dy, farther(dx, dy) != 2 && farther(dx, dy) != 4);
}

static void alignment(struct draw *d, int x, int y)
{
    for (int dy = -2; dy <= 2; dy++)
        for (int dx = -2; dx <= 2; dx++)
            fix(d, x + dx, y + dy, farther(dx, dy) != 1);
}

static void alignments(struct draw *d)
{
    int n = d->version < 2 ? 0 : d->version / 7 + 2, at[4];
    int step = n > 1 ? (d->version * 4 + n * 2 + 1) / (n * 2 - 2) * 2 : 0;
    for (int i = n - 1, pos = d->size - 7; i >= 1; i--, pos -= step)
        at[i] = pos;
    at[0] = 6;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            if (!((i == 0 && k == 0) || (i == 0 && k == n - 1) || (i == n - 1 && k == 0))) /* finders stand there */
                alignment(d, at[i], at[k]);
}

/* The rest of value · x^shift divided by the generator, behind the value. */
static unsigned guarded(unsigned value, int shift, unsigned generator)
{
    unsigned rest = value;
    for (int i = 0; i < shift; i++)
        rest = rest << 1 ^ (rest >> (shift - 1)) * generator;
    return value << shift | rest;
}

static void version_put(struct draw *d)
{
    unsigned bits = guarded((unsigned)d->version, 12, 0x1f25);
    for (int i = 0; d->version >= 7 && i < 18; i++) {
        int a = d->size - 11 + i % 3, b = i / 3;
        fix(d, a, b, bits >> i & 1);
        fix(d, b, a, bits >> i & 1);
    }
}

/* Level M is 0. */
static void format_put(struct draw *d, int mask)
{
    unsigned bits = guarded((unsigned)mask, 10, 0x537) ^ 0x5412;
    for (int i = 0; i < 15; i++) {
        bool dark = bits >> i & 1;
        if (i < 6)
            fix(d, 8, i, dark);
        else if (i < 8)
            fix(d, 8, i + 1, dark);
        else
            fix(d, i == 8 ? 7 : 14 - i, 8, dark);
        if (i < 8)
            fix(d, d->size - 1 - i, 8, dark);
        else
            fix(d, 8, d->size - 15 + i, dark);
    }
    fix(d, 8, d->size - 8, true);
}

static void patterns(struct draw *d)
{
    for (int i = 0; i < d->size; i++) {
        fix(d, 6, i, i % 2 == 0);
        fix(d, i, 6, i % 2 == 0);
    }
    finder(d, 3, 3);
    finder(d, d->size - 4, 3);
    finder(d, 3, d->size - 4);
    alignments(d);
    version_put(d);
    format_put(d, 0);
}

/* ---- data and mask ---- */

/* Two columns at a time from the right, up and down in turn, past the column of the timing. */
static void data_draw(struct draw *d, const unsigned char *words, int n)
{
    int at = 0;
    for (int right = d->size - 1; right >= 1; right -= 2) {
        right -= right == 6;
        for (int i = 0; i < d->size; i++)
            for (int k = 0; k < 2; k++) {
                bool up = ((right + 1) & 2) == 0;
                int x = right - k, y = up ? d->size - 1 - i : i;
                if (d->fixed[y][x] || at >= 8 * n)
                    continue;
                d->dark[y][x] = words[at / 8] >> (7 - at % 8) & 1;
                at++;
            }
    }
}

static bool masked(int mask, int x, int y)
{
    switch (mask) {
    case 0: return (x + y) % 2 == 0;
    case 1: return y % 2 == 0;
    case 2: return x % 3 == 0;
    case 3: return (x + y) % 3 == 0;
    case 4: return (x / 3 + y / 2) % 2 == 0;
    case 5: return x * y % 2 + x * y % 3 == 0;
    case 6: return (x * y % 2 + x * y % 3) % 2 == 0;
    default: return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

static void mask_draw(struct draw *d, int mask)
{
    for (int y = 0; y < d->size; y++)
        for (int x = 0; x < d->size; x++)
            d->dark[y][x] ^= !d->fixed[y][x] && masked(mask, x, y);
}

/* Runs of five and more, and what looks like a finder, along one line. */
static int line_penalty(const unsigned char *line, int n, int stride)
{
    int sum = 0, run = 0;
    unsigned last = 0;
    for (int i = 0; i < n; i++) {
        unsigned bit = line[i * stride];
        run = i && bit == (last & 1) ? run + 1 : 1;
        sum += run == 5 ? 3 : run > 5;
        last = last << 1 | bit;
        sum += i >= 10 && ((last & 0x7ff) == 0x5d0 || (last & 0x7ff) == 0x05d) ? 40 : 0;
    }
    return sum;
}

static int penalty(const struct draw *d)
{
    int sum = 0, dark = 0, all = d->size * d->size;
    for (int i = 0; i < d->size; i++)
        sum += line_penalty(&d->dark[i][0], d->size, 1) + line_penalty(&d->dark[0][i], d->size, QR_MOST);
    for (int y = 0; y < d->size; y++)
        for (int x = 0; x < d->size; x++) {
            unsigned char c = d->dark[y][x];
            dark += c;
            if (x && y && c == d->dark[y - 1][x] && c == d->dark[y][x - 1] && c == d->dark[y - 1][x - 1])
                sum += 3;
        }
    return sum + abs(dark * 100 / all - 50) / 5 * 10;
}

static void mask_best(struct draw *d)
{
    int best = 0, least = 0;
    for (int mask = 0; mask < 8; mask++) {
        format_put(d, mask);
        mask_draw(d, mask);
        int p = penalty(d);
        if (mask == 0 || p < least) {
            best = mask;
            least = p;
        }
        mask_draw(d, mask); /* and back */
    }
    format_put(d, best);
    mask_draw(d, best);
}

int qr_make(const char *text, struct qr *ret)
{
    struct draw d = {.version = 1};
    unsigned char data[MOST_WORDS] = {0}, words[MOST_WORDS] = {0};
    size_t n = strlen(text);
    while (d.version <= QR_VERSIONS && (int)n + (d.version < 10 ? 2 : 3) > data_words(d.version))
        d.version++;
    if (d.version > QR_VERSIONS)
        return ERR_LIMIT;
    d.size = 17 + 4 * d.version;
    data_put(data, d.version, text, n);
    weave(data, d.version, words);
    patterns(&d);
    data_draw(&d, words, words_of(d.version));
    mask_best(&d);
    ret->size = d.size;
    for (int y = 0; y < d.size; y++)
        memcpy(ret->dark + y * d.size, d.dark[y], (size_t)d.size);
    return 0;
}

/* ---- the picture ---- */

void qr_svg(struct buf *out, const struct qr *q, const char *label)
{
    int side = q->size + 2 * QUIET;
    html_print(out, "en", "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\" shape-rendering=\"crispEdges\">", side, side, label);
    buf_str(out, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path fill=\"#000\" d=\"");
    for (int y = 0; y < q->size; y++)
        for (int x = 0; x < q->size; x++) {
            int run = 0;
            while (x + run < q->size && q->dark[y * q->size + x + run])
                run++;
            if (run)
                buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
            x += run;
        }
    buf_str(out, "\"/></svg>\n");
}

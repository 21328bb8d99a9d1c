/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8.c: UTF-8 by hand (the C library's functions depend on the locale).  The width tables are
 * coarse: whole blocks of wide and of combining characters, enough to align columns in a terminal.
 */
#include "base/utf8.h"
#include "base/mem.h"

#include <string.h>

struct range {
    uint32_t first, last;
};

/* East Asian wide and emoji blocks, ascending. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26d4, 0x26d4},
    {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},
    {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x2b1b, 0x2b1c},
    {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
    {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff},
    {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1f9ff},
    {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

/* Combining marks, joiners and other characters without a column, ascending. */
static const struct range narrow[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x0300, 0x036f}, {0x0483, 0x0489},
    {0x0591, 0x05bd},   {0x05bf, 0x05bf}, {0x05c1, 0x05c2}, {0x05c4, 0x05c5}, {0x0610, 0x061a},
    {0x064b, 0x065f},   {0x0670, 0x0670}, {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8},
    {0x06ea, 0x06ed},   {0x093a, 0x093a}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d},
    {0x0e31, 0x0e31},   {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f}, {0x20d0, 0x20ff}, {0x302a, 0x302d},
    {0x3099, 0x309a},   {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff},
    {0xe0000, 0xe0fff},
};

static bool in_ranges(const struct range *at, size_t n, uint32_t c)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (c > at[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && c >= at[low].first;
}

static inline bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Length that a first byte announces; 0 for one that cannot begin a character. */
static inline size_t announced(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t utf8_decode(const char *p, size_t n, uint32_t *ret_char)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = n ? announced((unsigned char)*p) : 0;
    uint32_t c;

    if (len == 0 || len > n)
        return 0;
    c = len == 1 ? (unsigned char)*p : (unsigned char)*p & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        if (!is_tail(p[i]))
            return 0;
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret_char = c;
    return len;
}

size_t utf8_encode(uint32_t c, char out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return utf8_encode(0xfffd, out);
    if (len == 1) {
        out[0] = (char)c;
        return 1;
    }
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00U >> len & 0xf0) | c);
    return len;
}

bool utf8_valid(const char *p, size_t n)
{
    uint32_t c;

    while (n) {
        size_t len = utf8_decode(p, n, &c);

        if (len == 0)
            return false;
        p += len;
        n -= len;
    }
    return true;
}

/* Controls, line separators and the characters that reorder or hide text. */
static bool is_unwanted(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* What replaces character c of len bytes at p (len 0: a bad sequence); the length may be 0. */
static size_t replacement(const char *p, size_t len, uint32_t c, int flags, char out[4])
{
    if (len == 0)
        return utf8_encode(0xfffd, out);
    if (c == '\n' && flags & UTF8_KEEP_NEWLINES)
        out[0] = '\n';
    else if (c == '\n' || c == '\t')
        out[0] = ' ';
    else if (is_unwanted(c))
        return 0;
    else
        return memcpy(out, p, len), len;
    return 1;
}

/* Bytes of a bad sequence that are replaced together: the valid beginning of a character, at
 * least 1. */
static size_t bad_length(const char *p, size_t n)
{
    size_t want = announced((unsigned char)*p), len = 1;

    while (len < want && len < n && is_tail(p[len]))
        len++;
    /* A second byte that is out of range (overlong, surrogate) is bad on its own. */
    if (len == want)
        return 1;
    return len;
}

static size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x7f)
        i++;
    return i;
}

void utf8_clean(struct buf *out, const char *p, size_t n, int flags, size_t max_bytes)
{
    size_t room = out->full ? 0 : out->max - out->len, limit = max_bytes < room ? max_bytes : room;
    char bytes[4];

    while (n) {
        uint32_t c = 0;
        size_t run = plain_run(p, n), take = run < limit ? run : limit, len, size;

        buf_add(out, p, take);
        limit -= take;
        p += run;
        n -= run;
        if (take < run)
            break;
        if (n == 0)
            return;
        len = utf8_decode(p, n, &c);
        size = replacement(p, len, c, flags, bytes);
        if (size > limit)
            break;
        buf_add(out, bytes, size);
        limit -= size;
        len = len ? len : bad_length(p, n);
        p += len;
        n -= len;
    }
    if (n && room < max_bytes)
        out->full = true; /* the buffer's own ceiling stopped us, between two characters */
}

int utf8_width(const char *text)
{
    size_t n = strlen(text);
    int width = 0;

    while (n) {
        uint32_t c = 0xfffd;
        size_t len = utf8_decode(text, n, &c);

        if (!in_ranges(narrow, COUNT(narrow), c))
            width += in_ranges(wide, COUNT(wide), c) ? 2 : 1;
        len = len ? len : bad_length(text, n);
        text += len;
        n -= len;
    }
    return width;
}

size_t utf8_fit(const char *p, size_t len, size_t n)
{
    size_t start, want;

    if (n > len)
        n = len;
    if (n == 0)
        return 0;
    for (start = n - 1; start > 0 && n - start < 4 && is_tail(p[start]);)
        start--;
    want = announced((unsigned char)p[start]);
    return want > n - start ? start : n;
}

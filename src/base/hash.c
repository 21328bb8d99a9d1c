/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hash.c: XXH3 and the two spellings of bytes as text, hexadecimal and base64.  Nothing here runs
 * in constant time: secrets are compared in auth/. */
#include "base/hash.h"
#include "base/err.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NO_TEXT 0x6e6f7465787421ULL /* stands for NULL, which is not "" */

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(n ? p : "", n, seed);
}

uint64_t hash_text(const char *text, uint64_t seed)
{
    if (text == NULL)
        return XXH3_64bits_withSeed("", 0, seed ^ NO_TEXT);
    return XXH3_64bits_withSeed(text, strlen(text), seed);
}

void hash_hex(const unsigned char *p, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = "0123456789abcdef"[p[i] >> 4];
        *out++ = "0123456789abcdef"[p[i] & 15];
    }
    *out = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hash_unhex(const char *hex, unsigned char *out, size_t n)
{
    if (strlen(hex) != 2 * n)
        return ERR_INVALID;
    for (size_t i = 0; i < 2 * n; i++)
        if (hex_digit(hex[i]) < 0)
            return ERR_INVALID;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return 0;
}

size_t hash_base64(const unsigned char *p, size_t n, char *out, size_t out_bytes, int url)
{
    const char *abc = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                          : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t need = url ? n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0) : (n + 2) / 3 * 4, len = 0;

    if (out_bytes == 0)
        return 0;
    if (n > SIZE_MAX / 2 || need >= out_bytes) {
        out[0] = '\0';
        return 0;
    }
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                     (left > 2 ? p[i + 2] : 0);

        for (size_t k = 0; k < 4 && len < need; k++)
            out[len++] = k <= left ? abc[v >> (18 - 6 * k) & 63] : '=';
    }
    out[len] = '\0';
    return len;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Length without the padding, or -1 when the padding is wrong. */
static int64_t base64_digits(const char *text)
{
    size_t n = 0, pad = 0;

    while (base64_digit(text[n]) >= 0)
        n++;
    while (text[n + pad] == '=')
        pad++;
    if (text[n + pad] != '\0' || n % 4 == 1 || (pad && (pad > 2 || (n + pad) % 4)))
        return -1;
    if (n % 4 == 2 && base64_digit(text[n - 1]) & 15)
        return -1; /* left-over bits: a second spelling of the same bytes */
    if (n % 4 == 3 && base64_digit(text[n - 1]) & 3)
        return -1;
    return (int64_t)n;
}

int hash_unbase64(const char *text, unsigned char *out, size_t out_bytes, size_t *ret_n)
{
    int64_t digits = base64_digits(text);
    size_t n = 0;
    uint32_t bits = 0;

    if (digits < 0)
        return ERR_INVALID;
    if ((size_t)digits / 4 * 3 + (digits % 4 ? (size_t)digits % 4 - 1 : 0) > out_bytes)
        return ERR_LIMIT;
    for (int64_t i = 0; i < digits; i++) {
        bits = bits << 6 | (uint32_t)base64_digit(text[i]);
        if (i % 4 > 0)
            out[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    *ret_n = n;
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* totp.c: see totp.h. */
#include "auth/totp.h"
#include "base/err.h"
#include "base/str.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

uint32_t hotp(const unsigned char *secret, size_t n, uint64_t counter, int digits)
{
    unsigned char text[8], mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    uint32_t modulo = 1;
    for (int i = 0; i < 8; i++)
        text[i] = (unsigned char)(counter >> (56 - 8 * i));
    HMAC(EVP_sha1(), secret, (int)n, text, sizeof text, mac, &len);
    unsigned at = mac[len - 1] & 0xf;
    uint32_t number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    for (int i = 0; i < digits; i++)
        modulo *= 10;
    return number % modulo;
}

int64_t totp_judge(const unsigned char secret[TOTP_SECRET_BYTES], const char *code, int64_t now_ms, int64_t last)
{
    char want[TOTP_DIGITS + 4];
    int64_t now = now_ms / TOTP_STEP_MS, fits = -1;
    if (strlen(code) != TOTP_DIGITS)
        return -1;
    for (int64_t step = now - 1; step <= now + 1; step++) { /* all three, always: the time says nothing */
        str_print(want, sizeof want, "%06u", hotp(secret, TOTP_SECRET_BYTES, (uint64_t)step, TOTP_DIGITS));
        if (CRYPTO_memcmp(want, code, TOTP_DIGITS) == 0 && step > last)
            fits = step;
    }
    return fits;
}

void totp_base32(const unsigned char *p, size_t n, char *out, size_t out_bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t at = 0;
    for (size_t bit = 0; bit + 5 <= 8 * n && at + 1 < out_bytes; bit += 5) {
        unsigned two = (unsigned)p[bit / 8] << 8 | (bit / 8 + 1 < n ? p[bit / 8 + 1] : 0u);
        out[at++] = letters[two >> (11 - bit % 8) & 31];
    }
    out[at] = '\0';
}

static void put_encoded(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c)))
            buf_char(out, *text);
        else
            buf_printf(out, "%%%02X", c);
    }
}

void totp_uri(struct buf *out, const unsigned char secret[TOTP_SECRET_BYTES], const char *issuer, const char *name)
{
    char text[TOTP_SECRET_TEXT];
    totp_base32(secret, TOTP_SECRET_BYTES, text, sizeof text);
    buf_str(out, "otpauth://totp/");
    put_encoded(out, issuer);
    buf_str(out, ":");
    put_encoded(out, name);
    buf_printf(out, "?secret=%s&issuer=", text);
    put_encoded(out, issuer);
    OPENSSL_cleanse(text, sizeof text);
}

bool totp_typed(const char *typed, char out[RECOVERY_TEXT + 1])
{
    size_t n = 0;
    for (; *typed; typed++) {
        char c = *typed >= 'A' && *typed <= 'Z' ? (char)(*typed + 32) : *typed;
        if (c == ' ' || c == '-')
            continue;
        if (n == RECOVERY_TEXT || !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

void recovery_text(const unsigned char bytes[RECOVERY_BYTES], char out[RECOVERY_TEXT])
{
    char text[17], *at = out;
    totp_base32(bytes, RECOVERY_BYTES, text, sizeof text);
    for (int i = 0; i < 16; i++) {
        if (i && i % 4 == 0)
            *at++ = '-';
        *at++ = text[i] >= 'A' ? (char)(text[i] + 32) : text[i];
    }
    *at = '\0';
    OPENSSL_cleanse(text, sizeof text);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ntp.c: see ntp.h. */
#include "wire/ntp.h"

#include "base/err.h"

#include <stdbool.h>
#include <string.h>

enum { AT_ROOT_DELAY = 4, AT_ROOT_DISPERSION = 8, AT_REFERENCE = 12, AT_ORIGIN = 24, AT_RECEIVED = 32, AT_SENT = 40, VERSION = 4 };
static const int64_t unix_in_1900_s = 2208988800;

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get64(const unsigned char *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* 16 bits of seconds, 16 of fraction. */
static double get_short(const unsigned char *p)
{
    return get32(p) / 65536.0;
}

void ntp_encode(uint64_t sent, unsigned char out[NTP_BYTES])
{
    memset(out, 0, NTP_BYTES);
    out[0] = VERSION << 3 | NTP_CLIENT;
    for (int i = 0; i < 8; i++)
        out[AT_SENT + i] = (unsigned char)(sent >> (56 - 8 * i));
}

int ntp_decode(const char *bytes, size_t n, struct ntp_packet *ret)
{
    const unsigned char *p = (const unsigned char *)bytes;
    struct ntp_packet k = {0};

    if (n < NTP_BYTES)
        return ERR_PROTOCOL;
    k.leap = p[0] >> 6;
    k.version = p[0] >> 3 & 7;
    k.mode = p[0] & 7;
    k.stratum = p[1];
    if (k.version < 1 || k.version > VERSION)
        return ERR_PROTOCOL;
    k.root_delay_s = get_short(p + AT_ROOT_DELAY);
    k.root_dispersion_s = get_short(p + AT_ROOT_DISPERSION);
    for (int i = 0; i < 4; i++)
        k.reference[i] = p[AT_REFERENCE + i] > ' ' && p[AT_REFERENCE + i] < 0x7f ? (char)p[AT_REFERENCE + i] : '?';
    k.origin = get64(p + AT_ORIGIN);
    k.received = get64(p + AT_RECEIVED);
    k.sent = get64(p + AT_SENT);
    *ret = k;
    return 0;
}

uint64_t ntp_of_us(int64_t unix_us)
{
    int64_t s = unix_us / 1000000, us = unix_us % 1000000;

    if (us < 0) {
        us += 1000000;
        s--;
    }
    return (uint64_t)(s + unix_in_1900_s) << 32 | ((uint64_t)us << 32) / 1000000;
}

int64_t ntp_diff_us(uint64_t a, uint64_t b)
{
    uint64_t raw = a - b; /* signed in two's complement */
    bool negative = raw >> 63;
    uint64_t size = negative ? -raw : raw;
    int64_t us = (int64_t)((size >> 32) * 1000000 + (((size & UINT32_MAX) * 1000000) >> 32));

    return negative ? -us : us;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_value.c: what an agent's values mean: as numbers, as counters, as text. */
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/snmp.h"

#include <math.h>
#include <string.h>

enum { HEX_BYTES = 64 };

/* An Opaque that wraps a float or a double (as Net-SNMP's agents do): 9f 78 04 …, 9f 79 08 …. */
static bool opaque_number(struct str v, double *ret_value)
{
    const unsigned char *p = (const unsigned char *)v.p;
    uint64_t bits = 0;

    if (v.n < 3 || p[0] != 0x9f || (p[1] != 0x78 && p[1] != 0x79) || p[2] != (p[1] == 0x78 ? 4 : 8) || v.n != 3u + p[2])
        return false;
    for (size_t i = 3; i < v.n; i++)
        bits = bits << 8 | p[i];
    if (p[1] == 0x79) {
        memcpy(ret_value, &bits, sizeof(*ret_value));
    } else {
        uint32_t word = (uint32_t)bits;
        float f;

        memcpy(&f, &word, sizeof(f));
        *ret_value = (double)f;
    }
    return isfinite(*ret_value);
}

static bool text_number(struct str v, double *ret_value)
{
    char digits[40];

    v = str_trim(v);
    return v.n > 0 && v.n < sizeof(digits) && memchr(v.p, '\0', v.n) == NULL && str_copyn(digits, sizeof(digits), v.p, v.n) &&
           str_f64(digits, ret_value) == 0;
}

bool snmp_number(const struct snmp_bind *b, double *ret_value)
{
    uint64_t u;
    int64_t i;

    switch (b->type) {
    case BER_INT:
        if (!ber_int(b->value, &i))
            return false;
        *ret_value = (double)i;
        return true;
    case SNMP_COUNTER32:
    case SNMP_GAUGE32:
    case SNMP_COUNTER64:
    case SNMP_TIMETICKS:
        if (!ber_uint(b->value, &u))
            return false;
        *ret_value = b->type == SNMP_TIMETICKS ? (double)u / 100 : (double)u;
        return true;
    case SNMP_OPAQUE:
        return opaque_number(b->value, ret_value);
    case BER_OCTETS:
        return text_number(b->value, ret_value);
    default:
        return false;
    }
}

bool snmp_counter(const struct snmp_bind *b, uint64_t *ret_value, int *ret_bits)
{
    int64_t i;

    *ret_bits = b->type == SNMP_COUNTER32 ? 32 : b->type == SNMP_COUNTER64 ? 64 : 0;
    if (*ret_bits || b->type == SNMP_GAUGE32)
        return ber_uint(b->value, ret_value);
    if (b->type != BER_INT || !ber_int(b->value, &i) || i < 0)
        return false;
    *ret_value = (uint64_t)i;
    return true;
}

double snmp_counter_growth(uint64_t now, uint64_t last, int bits)
{
    if (now >= last)
        return (double)(now - last);
    return bits == 32 ? (double)((now - last) & UINT32_MAX) : NAN;
}

/* Text, or bytes such as a hardware address? */
static bool is_text(struct str v)
{
    if (!utf8_valid(v.p, v.n))
        return false;
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];

        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t' && !(c == 0 && i + 1 == v.n)) || c == 0x7f)
            return false;
    }
    return true;
}

static void octets_text(struct str v, struct buf *out)
{
    if (is_text(v)) {
        buf_add(out, v.p, v.n && v.p[v.n - 1] == '\0' ? v.n - 1 : v.n);
        return;
    }
    for (size_t i = 0; i < v.n && i < HEX_BYTES; i++)
        buf_printf(out, "%s%02x", i ? ":" : "", (unsigned char)v.p[i]);
    if (v.n > HEX_BYTES)
        buf_str(out, "…");
}

static void ticks_text(const struct snmp_bind *b, struct buf *out)
{
    double seconds = 0;
    int64_t s;

    snmp_number(b, &seconds);
    s = (int64_t)seconds;
    if (s >= 86400)
        buf_printf(out, "%lld d ", (long long)(s / 86400));
    buf_printf(out, "%02lld:%02lld:%02lld", (long long)(s / 3600 % 24), (long long)(s / 60 % 60), (long long)(s % 60));
}

static void number_text(const struct snmp_bind *b, struct buf *out)
{
    uint64_t u;
    int64_t i;
    double d;

    if (b->type == BER_INT && ber_int(b->value, &i))
        buf_printf(out, "%lld", (long long)i);
    else if (b->type == SNMP_OPAQUE && snmp_number(b, &d))
        buf_printf(out, "%g", d);
    else if (b->type != BER_INT && b->type != SNMP_OPAQUE && ber_uint(b->value, &u))
        buf_printf(out, "%llu", (unsigned long long)u);
    else
        octets_text(b->value, out);
}

void snmp_text(const struct snmp_bind *b, struct buf *out)
{
    const unsigned char *p = (const unsigned char *)b->value.p;

    switch (b->type) {
    case BER_OCTETS:
        octets_text(b->value, out);
        break;
    case BER_OID:
        snmp_oid_format(b->value, false, out);
        break;
    case SNMP_TIMETICKS:
        ticks_text(b, out);
        break;
    case SNMP_IPADDRESS:
        if (b->value.n == 4) {
            buf_printf(out, "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
            break;
        }
        octets_text(b->value, out);
        break;
    case BER_NULL:
    case SNMP_NO_OBJECT:
    case SNMP_NO_INSTANCE:
    case SNMP_END_OF_VIEW:
        break;
    default:
        number_text(b, out);
    }
}

const char *snmp_status_name(int64_t status)
{
    static const char *const names[] = {"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
        "wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable",
        "commitFailed", "undoFailed", "authorizationError", "notWritable", "inconsistentName"};

    return status >= 0 && status < (int64_t)COUNT(names) ? names[status] : "?";
}

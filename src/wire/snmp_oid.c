/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_oid.c: object identifiers as text and in their encoding, and the names that people write most.
 * No MIB is read: a name that is not in the table is written in numbers. */
#include "base/err.h"
#include "base/mem.h"
#include "wire/snmp.h"

#include <string.h>

struct name {
    const char *name, *oid;
};
#define SYSTEM "1.3.6.1.2.1.1."
#define IF "1.3.6.1.2.1.2.2.1."
#define IFX "1.3.6.1.2.1.31.1.1.1."
#define HR "1.3.6.1.2.1.25."
#define UCD "1.3.6.1.4.1.2021."
#define UPS "1.3.6.1.2.1.33.1."
static const struct name names[] = {
    {"sysDescr", SYSTEM "1"}, {"sysObjectID", SYSTEM "2"}, {"sysUpTime", SYSTEM "3"}, {"sysContact", SYSTEM "4"},
    {"sysName", SYSTEM "5"}, {"sysLocation", SYSTEM "6"}, {"sysServices", SYSTEM "7"},
    {"snmpEngineTime", "1.3.6.1.6.3.10.2.1.3"},
    {"ifNumber", "1.3.6.1.2.1.2.1"}, {"ifIndex", IF "1"}, {"ifDescr", IF "2"}, {"ifType", IF "3"}, {"ifMtu", IF "4"},
    {"ifSpeed", IF "5"}, {"ifPhysAddress", IF "6"}, {"ifAdminStatus", IF "7"}, {"ifOperStatus", IF "8"},
    {"ifLastChange", IF "9"}, {"ifInOctets", IF "10"}, {"ifInUcastPkts", IF "11"}, {"ifInDiscards", IF "13"},
    {"ifInErrors", IF "14"}, {"ifOutOctets", IF "16"}, {"ifOutUcastPkts", IF "17"}, {"ifOutDiscards", IF "19"},
    {"ifOutErrors", IF "20"},
    {"ifName", IFX "1"}, {"ifHCInOctets", IFX "6"}, {"ifHCInUcastPkts", IFX "7"}, {"ifHCOutOctets", IFX "10"},
    {"ifHCOutUcastPkts", IFX "11"}, {"ifHighSpeed", IFX "15"}, {"ifAlias", IFX "18"},
    {"ifCounterDiscontinuityTime", IFX "19"},
    {"tcpCurrEstab", "1.3.6.1.2.1.6.9"},
    {"hrSystemUptime", HR "1.1"}, {"hrSystemNumUsers", HR "1.5"}, {"hrSystemProcesses", HR "1.6"},
    {"hrMemorySize", HR "2.2"}, {"hrStorageType", HR "2.3.1.2"}, {"hrStorageDescr", HR "2.3.1.3"},
    {"hrStorageAllocationUnits", HR "2.3.1.4"}, {"hrStorageSize", HR "2.3.1.5"}, {"hrStorageUsed", HR "2.3.1.6"},
    {"hrStorageAllocationFailures", HR "2.3.1.7"}, {"hrProcessorLoad", HR "3.3.1.2"}, {"hrSWRunName", HR "4.2.1.2"},
    {"hrSWRunStatus", HR "4.2.1.7"},
    {"memTotalSwap", UCD "4.3"}, {"memAvailSwap", UCD "4.4"}, {"memTotalReal", UCD "4.5"}, {"memAvailReal", UCD "4.6"},
    {"memTotalFree", UCD "4.11"}, {"memBuffer", UCD "4.14"}, {"memCached", UCD "4.15"},
    {"dskPath", UCD "9.1.2"}, {"dskTotal", UCD "9.1.6"}, {"dskAvail", UCD "9.1.7"}, {"dskUsed", UCD "9.1.8"},
    {"dskPercent", UCD "9.1.9"}, {"dskPercentNode", UCD "9.1.10"}, {"dskErrorFlag", UCD "9.1.100"},
    {"laNames", UCD "10.1.2"}, {"laLoad", UCD "10.1.3"}, {"laLoadInt", UCD "10.1.5"}, {"laLoadFloat", UCD "10.1.6"},
    {"ssCpuUser", UCD "11.9"}, {"ssCpuSystem", UCD "11.10"}, {"ssCpuIdle", UCD "11.11"}, {"ssCpuRawIdle", UCD "11.53"},
    {"ssRawInterrupts", UCD "11.59"}, {"ssRawContexts", UCD "11.60"},
    {"prErrorFlag", UCD "2.1.100"}, {"prCount", UCD "2.1.5"}, {"extOutput", UCD "8.1.101"}, {"extResult", UCD "8.1.100"},
    {"entPhySensorValue", "1.3.6.1.2.1.99.1.1.1.4"}, {"entPhySensorOperStatus", "1.3.6.1.2.1.99.1.1.1.5"},
    {"upsBatteryStatus", UPS "2.1"}, {"upsSecondsOnBattery", UPS "2.2"}, {"upsEstimatedMinutesRemaining", UPS "2.3"},
    {"upsEstimatedChargeRemaining", UPS "2.4"}, {"upsOutputSource", UPS "4.1"}, {"upsOutputPercentLoad", UPS "4.4.1.5"},
    {"upsAlarmsPresent", UPS "6.1"},
    {"bgpPeerState", "1.3.6.1.2.1.15.3.1.2"}, {"ospfNbrState", "1.3.6.1.2.1.14.10.1.6"},
    {"dot1dStpTopChanges", "1.3.6.1.2.1.17.2.4"}, {"prtMarkerSuppliesLevel", "1.3.6.1.2.1.43.11.1.1.9"},
};

/* ---- parts and their encoding ---- */

struct parts {
    uint32_t at[SNMP_MAX_OID];
    int n;
};

static int part_parse(struct str word, uint32_t *ret)
{
    uint64_t v = 0;

    if (word.n == 0 || word.n > 10)
        return ERR_INVALID;
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9')
            return ERR_INVALID;
        v = v * 10 + (uint64_t)(word.p[i] - '0');
    }
    *ret = (uint32_t)v;
    return v > UINT32_MAX ? ERR_LIMIT : 0;
}

static int parts_parse(struct str text, struct parts *p)
{
    while (text.n) {
        const char *dot = memchr(text.p, '.', text.n);
        struct str word = {text.p, dot ? (size_t)(dot - text.p) : text.n};
        int code;

        if (p->n == SNMP_MAX_OID)
            return ERR_LIMIT;
        code = part_parse(word, &p->at[p->n]);
        if (code)
            return code;
        p->n++;
        text = dot ? (struct str){dot + 1, text.n - word.n - 1} : (struct str){text.p + word.n, 0};
        if (dot && text.n == 0)
            return ERR_INVALID;
    }
    return 0;
}

static size_t part_encode(uint32_t v, unsigned char out[5])
{
    unsigned char bytes[5];
    size_t n = 0;

    do {
        bytes[n] = (unsigned char)((v & 0x7f) | (n ? 0x80 : 0));
        n++;
        v >>= 7;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = bytes[n - 1 - i];
    return n;
}

static int parts_encode(const struct parts *p, unsigned char out[SNMP_OID_BYTES], size_t *ret_n)
{
    size_t n = 0;

    if (p->n < 2 || p->at[0] > 2 || (p->at[0] < 2 && p->at[1] > 39) || p->at[1] > UINT32_MAX - 80)
        return ERR_INVALID;
    for (int i = 1; i < p->n; i++) {
        if (n + 5 > SNMP_OID_BYTES)
            return ERR_LIMIT;
        n += part_encode(i == 1 ? p->at[0] * 40 + p->at[1] : p->at[i], out + n);
    }
    *ret_n = n;
    return 0;
}

/* The next part of an encoded identifier; false at its end and where it is broken. */
static bool part_next(struct str *in, uint32_t *ret)
{
    uint64_t v = 0;

    for (size_t i = 0; i < in->n && i < 5; i++) {
        unsigned char c = (unsigned char)in->p[i];

        v = v << 7 | (c & 0x7f);
        if (c & 0x80)
            continue;
        *ret = (uint32_t)v;
        in->p += i + 1;
        in->n -= i + 1;
        return v <= UINT32_MAX;
    }
    return false;
}

/* ---- text ---- */

static const struct name *name_find(struct str word)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_is(word, names[i].name))
            return &names[i];
    return NULL;
}

int snmp_oid_parse(const char *text, unsigned char ret_oid[SNMP_OID_BYTES], size_t *ret_n)
{
    struct str s = str_trim(str_of(text));
    const char *module = strstr(text, "::");
    struct parts p = {.n = 0};
    int code;

    if (module)
        s = str_trim(str_of(module + 2));
    if (s.n && s.p[0] == '.')
        s = (struct str){s.p + 1, s.n - 1};
    if (s.n == 0)
        return ERR_INVALID;
    if (s.p[0] < '0' || s.p[0] > '9') {
        const char *dot = memchr(s.p, '.', s.n);
        struct str word = {s.p, dot ? (size_t)(dot - s.p) : s.n};
        const struct name *known = name_find(word);

        if (known == NULL)
            return ERR_NOT_FOUND;
        parts_parse(str_of(known->oid), &p);
        s = dot ? (struct str){dot + 1, s.n - word.n - 1} : (struct str){"", 0};
        if (dot && s.n == 0)
            return ERR_INVALID;
    }
    code = parts_parse(s, &p);
    return code ? code : parts_encode(&p, ret_oid, ret_n);
}

static void numbers(struct str oid, bool first, struct buf *out)
{
    uint32_t v;

    while (part_next(&oid, &v)) {
        if (first)
            buf_printf(out, "%u.%u", v < 80 ? v / 40 : 2, v < 80 ? v % 40 : v - 80);
        else
            buf_printf(out, ".%u", v);
        first = false;
    }
}

void snmp_oid_format(struct str oid, bool with_names, struct buf *out)
{
    unsigned char known[SNMP_OID_BYTES];
    size_t n, best = 0;
    const char *name = NULL;

    for (size_t i = 0; with_names && i < COUNT(names); i++)
        if (snmp_oid_parse(names[i].oid, known, &n) == 0 && n > best && n <= oid.n && memcmp(known, oid.p, n) == 0) {
            best = n;
            name = names[i].name;
        }
    buf_str(out, name);
    numbers((struct str){oid.p + best, oid.n - best}, name == NULL, out);
}

bool snmp_oid_below(struct str oid, struct str top)
{
    return oid.n > top.n && memcmp(oid.p, top.p, top.n) == 0;
}

int snmp_oid_order(struct str a, struct str b)
{
    uint32_t x = 0, y = 0;

    for (;;) {
        bool more_a = part_next(&a, &x), more_b = part_next(&b, &y);

        if (!more_a || !more_b)
            return (int)more_a - (int)more_b;
        if (x != y)
            return x < y ? -1 : 1;
    }
}

const char *snmp_oid_nearest(const char *text)
{
    char word[64];
    const char *best = NULL;
    int least = 4;

    str_copyn(word, sizeof(word), text, strcspn(text, "."));
    for (size_t i = 0; i < COUNT(names); i++) {
        int d = str_distance(word, names[i].name, 3);

        if (d < least) {
            least = d;
            best = names[i].name;
        }
    }
    return best;
}

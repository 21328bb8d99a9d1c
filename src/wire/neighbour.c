/* SPDX-License-Identifier: GPL-3.0-or-later */
/* neighbour.c: LLDP and CDP: both are rows of type, length and value, which say who is at the other end of the cable. */
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/ether.h"

#include <string.h>

enum { MAX_ROWS = 256, MAX_ID_TEXT = 255 };

static int get16(const char *p) { return (unsigned char)p[0] << 8 | (unsigned char)p[1]; }
static uint32_t get32(const char *p) { return (uint32_t)get16(p) << 16 | (uint32_t)get16(p + 2); }

static void addr_add(struct neighbour *r, struct str addr)
{
    if ((addr.n == 4 || addr.n == 16) && r->addrs < NEIGHBOUR_MAX_ADDRS)
        r->addr[r->addrs++] = addr;
}

/* ---- LLDP ---- */

enum { LLDP_END, LLDP_CHASSIS, LLDP_PORT, LLDP_TTL, LLDP_PORT_TEXT, LLDP_SYSTEM, LLDP_SYSTEM_TEXT, LLDP_CAPABILITIES, LLDP_MANAGEMENT, LLDP_ORG = 127 };
enum { FAMILY_4 = 1, FAMILY_6 = 2 }; /* address families of IANA */

/* A network address: its family, then its bytes. */
static enum neighbour_id address_kind(struct str *id)
{
    bool v4 = id->n == 5 && id->p[0] == FAMILY_4, v6 = id->n == 17 && id->p[0] == FAMILY_6;
    if (!v4 && !v6)
        return NEIGHBOUR_ID_OTHER;
    id->p++;
    id->n--;
    return NEIGHBOUR_ID_ADDRESS;
}

static enum neighbour_id id_kind(int64_t subtype, int mac, int address, struct str *id)
{
    if (subtype == mac)
        return id->n == ETHER_MAC ? NEIGHBOUR_ID_MAC : NEIGHBOUR_ID_OTHER;
    if (subtype == address)
        return address_kind(id);
    return subtype >= 1 && subtype <= 7 ? NEIGHBOUR_ID_NAME : NEIGHBOUR_ID_OTHER;
}

enum neighbour_id lldp_chassis_kind(int64_t subtype, struct str *id) { return id_kind(subtype, 4, 5, id); }

static void management_read(struct neighbour *r, struct str v)
{
    size_t n = v.n ? (unsigned char)v.p[0] : 0; /* of family and address */
    struct str id = {v.p + 1, n};
    if (n >= 1 && n < v.n && address_kind(&id) == NEIGHBOUR_ID_ADDRESS)
        addr_add(r, id);
}

static void organisation_read(struct neighbour *r, struct str v)
{
    static const char ieee_802_1[] = {0x00, (char)0x80, (char)0xc2, 1}; /* port VLAN id */
    if (v.n >= 6 && memcmp(v.p, ieee_802_1, sizeof(ieee_802_1)) == 0)
        r->vlan = get16(v.p + 4) & 0xfff;
}

static void lldp_option(struct neighbour *r, int type, struct str v)
{
    switch (type) {
    case LLDP_PORT_TEXT:
        r->port_text = v;
        break;
    case LLDP_SYSTEM:
        r->system = v;
        break;
    case LLDP_SYSTEM_TEXT:
        r->platform = v;
        break;
    case LLDP_CAPABILITIES:
        if (v.n >= 4) {
            r->can = get16(v.p);
            r->does = get16(v.p + 2);
        }
        break;
    case LLDP_MANAGEMENT:
        management_read(r, v);
        break;
    case LLDP_ORG:
        organisation_read(r, v);
        break;
    default:
        break;
    }
}

static bool lldp_next(struct str *in, int *ret_type, struct str *ret_value)
{
    if (in->n < 2)
        return false;
    int head = get16(in->p);
    size_t n = (size_t)(head & 0x1ff);
    if (n > in->n - 2)
        return false;
    *ret_type = head >> 9;
    *ret_value = (struct str){in->p + 2, n};
    in->p += 2 + n;
    in->n -= 2 + n;
    return true;
}

/* The three rows that each frame begins with, in this order. */
static int lldp_mandatory(struct neighbour *r, struct str *in)
{
    struct str v;
    int type;
    if (!lldp_next(in, &type, &v) || type != LLDP_CHASSIS || v.n < 2)
        return ERR_PROTOCOL;
    r->chassis = (struct str){v.p + 1, v.n - 1};
    r->chassis_kind = lldp_chassis_kind((unsigned char)v.p[0], &r->chassis);
    if (!lldp_next(in, &type, &v) || type != LLDP_PORT || v.n < 2)
        return ERR_PROTOCOL;
    r->port = (struct str){v.p + 1, v.n - 1};
    r->port_kind = id_kind((unsigned char)v.p[0], 3, 4, &r->port);
    if (!lldp_next(in, &type, &v) || type != LLDP_TTL || v.n < 2)
        return ERR_PROTOCOL;
    r->ttl_s = get16(v.p);
    return 0;
}

int lldp_decode(struct str body, struct neighbour *ret)
{
    struct neighbour r = {.protocol = "LLDP"};
    struct str v;
    int type;
    if (lldp_mandatory(&r, &body) != 0)
        return ERR_PROTOCOL;
    for (int i = 0; i < MAX_ROWS && lldp_next(&body, &type, &v) && type != LLDP_END; i++)
        lldp_option(&r, type, v);
    if (r.ttl_s == 0)
        return ERR_CANCELLED;
    *ret = r;
    return 0;
}

/* ---- CDP ---- */

enum { CDP_DEVICE = 1, CDP_ADDRESSES = 2, CDP_PORT = 3, CDP_CAPABILITIES = 4, CDP_VERSION = 5, CDP_PLATFORM = 6, CDP_VLAN = 10, CDP_MANAGEMENT = 0x16 };
enum { CDP_MAX_ADDRS = 64, CDP_NLPID = 1, CDP_IP = 0xcc };

static const struct {
    unsigned cdp;
    int ours;
} cdp_capabilities[] = {{0x01, NEIGHBOUR_ROUTER}, {0x02, NEIGHBOUR_BRIDGE}, {0x04, NEIGHBOUR_BRIDGE}, {0x08, NEIGHBOUR_BRIDGE},
                        {0x10, NEIGHBOUR_STATION}, {0x40, NEIGHBOUR_REPEATER}, {0x80, NEIGHBOUR_PHONE}};

/* Count, then each: type and length of a protocol, the protocol, length of the address, the address. */
static void cdp_addresses(struct neighbour *r, struct str v)
{
    static const char ipv6[] = {(char)0xaa, (char)0xaa, 3, 0, 0, 0, (char)0x86, (char)0xdd};
    uint32_t count = v.n >= 4 ? get32(v.p) : 0;
    size_t at = 4;
    for (uint32_t i = 0; i < count && i < CDP_MAX_ADDRS && v.n - at >= 2; i++) {
        size_t n = (unsigned char)v.p[at + 1];
        const char *protocol = v.p + at + 2;
        bool v4 = v.p[at] == CDP_NLPID && n == 1 && v.n - at > 2 && (unsigned char)*protocol == CDP_IP;
        if (v.n - at < 2 + n + 2)
            return;
        bool v6 = n == sizeof(ipv6) && memcmp(protocol, ipv6, n) == 0;
        at += 2 + n;
        size_t bytes = (size_t)get16(v.p + at);
        at += 2;
        if (v.n - at < bytes)
            return;
        if ((v4 && bytes == 4) || (v6 && bytes == 16))
            addr_add(r, (struct str){v.p + at, bytes});
        at += bytes;
    }
}

static void cdp_row(struct neighbour *r, int type, struct str v)
{
    switch (type) {
    case CDP_DEVICE:
        r->chassis = r->system = v;
        r->chassis_kind = NEIGHBOUR_ID_NAME;
        break;
    case CDP_ADDRESSES:
    case CDP_MANAGEMENT:
        cdp_addresses(r, v);
        break;
    case CDP_PORT:
        r->port = v;
        r->port_kind = NEIGHBOUR_ID_NAME;
        break;
    case CDP_CAPABILITIES:
        for (size_t i = 0; v.n >= 4 && i < COUNT(cdp_capabilities); i++)
            r->can |= get32(v.p) & cdp_capabilities[i].cdp ? cdp_capabilities[i].ours : 0;
        r->does = r->can;
        break;
    case CDP_PLATFORM:
        r->platform = v;
        break;
    case CDP_VLAN:
        r->vlan = v.n >= 2 ? get16(v.p) & 0xfff : 0;
        break;
    default:
        break;
    }
}

int cdp_decode(struct str body, struct neighbour *ret)
{
    struct neighbour r = {.protocol = "CDP"};
    if (body.n < 4 || body.p[0] < 1 || body.p[0] > 2)
        return ERR_PROTOCOL;
    r.ttl_s = (unsigned char)body.p[1];
    struct str in = {body.p + 4, body.n - 4};
    for (int i = 0; i < MAX_ROWS && in.n >= 4; i++) {
        size_t n = (size_t)get16(in.p + 2); /* with its head */
        if (n < 4 || n > in.n)
            break;
        cdp_row(&r, get16(in.p), (struct str){in.p + 4, n - 4});
        in.p += n;
        in.n -= n;
    }
    if (r.chassis.n == 0)
        return ERR_PROTOCOL;
    *ret = r;
    return 0;
}

/* ---- ids as text ---- */

static void address_format(struct str id, struct buf *out)
{
    const unsigned char *p = (const unsigned char *)id.p;
    if (id.n == 4) {
        buf_printf(out, "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
        return;
    }
    for (size_t i = 0; i + 1 < id.n; i += 2)
        buf_printf(out, "%s%x", i ? ":" : "", (unsigned)get16(id.p + i));
}

static bool is_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n > 0 && utf8_valid(s.p, s.n);
}

void neighbour_id_format(enum neighbour_id kind, struct str id, struct buf *out)
{
    char mac[ETHER_MAC_TEXT];
    if (kind == NEIGHBOUR_ID_MAC && id.n == ETHER_MAC) {
        ether_mac_format((const unsigned char *)id.p, mac);
        buf_str(out, mac);
    } else if (kind == NEIGHBOUR_ID_ADDRESS && (id.n == 4 || id.n == 16)) {
        address_format(id, out);
    } else if (is_text(id)) {
        utf8_clean(out, id.p, id.n, UTF8_ONE_LINE, MAX_ID_TEXT);
    } else {
        for (size_t i = 0; i < id.n && i < MAX_ID_TEXT / 2; i++)
            buf_printf(out, "%02x", (unsigned)(unsigned char)id.p[i]);
    }
}

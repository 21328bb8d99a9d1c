/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_agent.c: SNMP v2c with the communities that the caller gave: one question about the system, then columns of some tables.
 *
 * Source: RFC 3418 (system), 2863 (interfaces), 4293 and 1213 (addresses, routes, ARP), 3411 (engine), IEEE 802.1AB (LLDP MIB). An answer
 * counts when its id and its sender fit. A column ends at its end, after COLUMN_ROWS rows, COLUMN_PACKETS answers, or at a row that does not go on. */
#include "checks/discover/net_priv.h"
#include "base/str.h"

enum { PORT = 161, WAIT_MS = 1000, TRIES = 2, MAX_AGENTS = 16, REPETITIONS = 20, COLUMN_ROWS = 256, COLUMN_PACKETS = 8, MAX_PARTS = 40 };

/* ---- numbers of an index ---- */

/* The parts of oid below top. -1: it is not below, or too long. */
static int parts_below(struct str oid, struct str top, uint32_t out[MAX_PARTS])
{
    int n = 0;
    uint64_t part = 0;
    if (!snmp_oid_below(oid, top))
        return -1;
    for (size_t i = top.n; i < oid.n; i++) {
        part = part << 7 | ((unsigned char)oid.p[i] & 0x7f);
        if ((unsigned char)oid.p[i] & 0x80)
            continue;
        if (n == MAX_PARTS || part > UINT32_MAX)
            return -1;
        out[n++] = (uint32_t)part;
        part = 0;
    }
    return n;
}

static bool ip_of_parts(const uint32_t *p, uint32_t *ret)
{
    for (int i = 0; i < 4; i++)
        if (p[i] > 255)
            return false;
    *ret = p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    return true;
}

static int64_t number(const struct snmp_bind *b)
{
    double v;
    return snmp_number(b, &v) ? (int64_t)v : 0;
}

static size_t bytes_copy(void *out, size_t room, struct str from)
{
    size_t n = from.n < room ? from.n : room;
    memcpy(out, from.p, n);
    return n;
}

/* Capabilities come as BITS: the first is the highest bit of the first byte. */
static int capabilities(const struct snmp_bind *b)
{
    int does = 0;
    for (int i = 0; b->type == BER_OCTETS && b->value.n && i < 8; i++)
        does |= (unsigned char)b->value.p[0] & (0x80 >> i) ? 1 << i : 0;
    return does;
}

/* ---- tables ---- */

static struct net_interface *interface_at(struct net_agent *a, int64_t index)
{
    for (size_t i = 0; i < a->interfaces.n; i++)
        if (a->interfaces.at[i].index == index)
            return &a->interfaces.at[i];
    if (a->interfaces.n >= COLUMN_ROWS)
        return NULL;
    VEC_PUSH(&a->interfaces, (struct net_interface){.index = index});
    return &a->interfaces.at[a->interfaces.n - 1];
}

static void interface_name(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_interface *k = n == 1 && b->type == BER_OCTETS ? interface_at(a, p[0]) : NULL;
    if (k)
        net_clean(k->name, sizeof(k->name), b->value.p, b->value.n);
}

static void interface_state(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_interface *k = n == 1 ? interface_at(a, p[0]) : NULL;
    if (k)
        k->up = number(b) == 1;
}

static void interface_speed(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_interface *k = n == 1 ? interface_at(a, p[0]) : NULL;
    if (k) {
        k->mbit = number(b);
        k->wide = true;
    }
}

static void interface_mac(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_interface *k = n == 1 && b->value.n == ETHER_MAC ? interface_at(a, p[0]) : NULL;
    if (!k || !ether_mac_real((const unsigned char *)b->value.p))
        return;
    memcpy(k->mac, b->value.p, ETHER_MAC);
    k->has_mac = true;
}

static void own_address(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    uint32_t ip;
    if (n == 4 && ip_of_parts(p, &ip) && ip >> 24 != 127 && a->own.n < COLUMN_ROWS)
        VEC_PUSH(&a->own, ip);
}

static void next_hop(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    const unsigned char *v = (const unsigned char *)b->value.p;
    if (b->type != SNMP_IPADDRESS || b->value.n != 4 || a->hops.n >= COLUMN_ROWS)
        return;
    uint32_t ip = (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
    if (ip)
        VEC_PUSH(&a->hops, ip);
}

/* ipNetToMediaPhysAddress: interface, address. */
static void known_host(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_known k;
    if (n != 5 || b->value.n != ETHER_MAC || !ether_mac_real((const unsigned char *)b->value.p) || !ip_of_parts(p + 1, &k.ip) || a->known.n >= COLUMN_ROWS)
        return;
    memcpy(k.mac, b->value.p, ETHER_MAC);
    VEC_PUSH(&a->known, k);
}

static struct net_peer *peer_at(struct net_agent *a, const uint32_t *p)
{
    for (size_t i = 0; i < a->peers.n; i++)
        if (a->peers.at[i].time == p[0] && a->peers.at[i].port == p[1] && a->peers.at[i].index == p[2])
            return &a->peers.at[i];
    if (a->peers.n >= COLUMN_ROWS)
        return NULL;
    VEC_PUSH(&a->peers, ((struct net_peer){.time = p[0], .port = p[1], .index = p[2]}));
    return &a->peers.at[a->peers.n - 1];
}

static void peer_subtype(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_peer *k = n == 3 ? peer_at(a, p) : NULL;
    if (k)
        k->subtype = number(b);
}

static void peer_chassis(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_peer *k = n == 3 && b->type == BER_OCTETS ? peer_at(a, p) : NULL;
    struct str id = b->value;
    if (!k)
        return;
    k->kind = lldp_chassis_kind(k->subtype, &id);
    k->chassis_n = bytes_copy(k->chassis, sizeof(k->chassis), id);
}

static void peer_port(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_peer *k = n == 3 && b->type == BER_OCTETS ? peer_at(a, p) : NULL;
    if (k)
        net_clean(k->port_name, sizeof(k->port_name), b->value.p, b->value.n);
}

static void peer_system(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_peer *k = n == 3 && b->type == BER_OCTETS ? peer_at(a, p) : NULL;
    if (k)
        net_clean(k->system, sizeof(k->system), b->value.p, b->value.n);
}

static void peer_does(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_peer *k = n == 3 ? peer_at(a, p) : NULL;
    if (k)
        k->does = capabilities(b);
}

/* The address is in the index: row, family 1 (IPv4), length 4, its bytes. */
static void peer_address(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b)
{
    struct net_peer *k = n == 9 && p[3] == 1 && p[4] == 4 ? peer_at(a, p) : NULL;
    uint32_t ip;
    if (k && !k->ip && ip_of_parts(p + 5, &ip))
        k->ip = ip;
}

#define LLDP_MIB "1.0.8802.1.1.2.1."
static const struct column {
    const char *oid;
    void (*row)(struct net_agent *a, const uint32_t *p, int n, const struct snmp_bind *b);
} columns[] = {
    {"1.3.6.1.2.1.2.2.1.2", interface_name}, {"1.3.6.1.2.1.31.1.1.1.1", interface_name}, {"1.3.6.1.2.1.2.2.1.8", interface_state},
    {"1.3.6.1.2.1.31.1.1.1.15", interface_speed}, {"1.3.6.1.2.1.2.2.1.6", interface_mac}, {"1.3.6.1.2.1.4.20.1.1", own_address},
    {"1.3.6.1.2.1.4.21.1.7", next_hop}, {"1.3.6.1.2.1.4.22.1.2", known_host}, {LLDP_MIB "4.1.1.4", peer_subtype},
    {LLDP_MIB "4.1.1.5", peer_chassis}, {LLDP_MIB "4.1.1.8", peer_port}, {LLDP_MIB "4.1.1.9", peer_system}, {LLDP_MIB "4.1.1.12", peer_does},
    {LLDP_MIB "4.2.1.3", peer_address},
};

/* ---- the system ---- */

static void system_name(struct net_agent *a, const struct snmp_bind *b) { net_clean(a->system, sizeof(a->system), b->value.p, b->value.n); }
static void system_text(struct net_agent *a, const struct snmp_bind *b) { net_clean(a->text, sizeof(a->text), b->value.p, b->value.n); }
static void system_forwards(struct net_agent *a, const struct snmp_bind *b) { a->forwards = number(b) == 1; }
static void system_engine(struct net_agent *a, const struct snmp_bind *b) { a->engine_n = bytes_copy(a->engine, sizeof(a->engine), b->value); }
static void system_chassis(struct net_agent *a, const struct snmp_bind *b) { a->chassis_n = bytes_copy(a->chassis, sizeof(a->chassis), b->value); }
static void system_does(struct net_agent *a, const struct snmp_bind *b) { a->does = capabilities(b); }

static const struct {
    const char *oid;
    unsigned type;
    void (*take)(struct net_agent *a, const struct snmp_bind *b);
} facts[] = {
    {"1.3.6.1.2.1.1.1.0", BER_OCTETS, system_text}, {"1.3.6.1.2.1.1.5.0", BER_OCTETS, system_name}, {"1.3.6.1.2.1.4.1.0", BER_INT, system_forwards},
    {"1.3.6.1.6.3.10.2.1.1.0", BER_OCTETS, system_engine}, {LLDP_MIB "3.2.0", BER_OCTETS, system_chassis}, {LLDP_MIB "3.6.0", BER_OCTETS, system_does},
};

static struct str oid_of(const char *text, unsigned char space[SNMP_OID_BYTES])
{
    size_t n = 0;
    if (snmp_oid_parse(text, space, &n) != 0)
        n = 0;
    return (struct str){(const char *)space, n};
}

/* ---- questions ---- */

static bool agent_ask(struct net *n, struct net_host *h)
{
    struct net_agent *a = h->agent;
    unsigned char out[SNMP_MAX_REQUEST], oids[COUNT(facts)][SNMP_OID_BYTES];
    struct snmp_pdu *pdu = n->pdu;
    struct ber_out o = ber_out_of(out, sizeof(out));
    struct addr to;
    *pdu = (struct snmp_pdu){.id = a->id = n->snmp_id = n->snmp_id % 0x7f000000 + 1};
    if (a->id < 0x00800000)
        pdu->id = a->id = n->snmp_id = a->id + 0x00800000;
    if (!a->answers) {
        pdu->type = SNMP_GET;
        pdu->n = (int)COUNT(facts);
        for (int i = 0; i < pdu->n; i++)
            pdu->at[i].oid = oid_of(facts[i].oid, oids[i]);
    } else {
        pdu->type = SNMP_GETBULK;
        pdu->index = REPETITIONS;
        pdu->n = 1;
        pdu->at[0].oid = (struct str){(const char *)a->cursor, a->cursor_n};
    }
    struct str message = snmp_encode(&o, SNMP_V2C, str_of(n->community[a->community]), pdu);
    net_addr_of(h->ip, PORT, &to);
    if (message.n == 0 || udp_send(n->udp, &to, message.p, message.n) != 0)
        return false;
    a->waiting = true;
    a->deadline_ms = clock_mono_ms() + WAIT_MS;
    h->packets++;
    return true;
}

static void agent_over(struct net *n, struct net_agent *a)
{
    if (!a->over)
        n->n_agents--;
    a->over = true;
    a->waiting = false;
}

static void column_begin(struct net_agent *a)
{
    struct str top = oid_of(columns[a->column].oid, a->cursor);
    a->cursor_n = top.n;
    a->column_packets = 0;
}

static void column_next(struct net *n, struct net_agent *a)
{
    a->tries = 0;
    if (++a->column < (int)COUNT(columns))
        column_begin(a);
    else
        agent_over(n, a);
}

/* No answer in time: once more; then the next community, or the next column: an agent may be slow in one of its tables. */
static void agent_late(struct net *n, struct net_agent *a)
{
    a->waiting = false;
    if (++a->tries < TRIES)
        return;
    a->tries = 0;
    if (a->answers)
        column_next(n, a);
    else if (++a->community >= n->communities)
        agent_over(n, a);
}

int net_agents_next(struct net *n)
{
    int64_t now_ms = clock_mono_ms();
    for (size_t i = 0; n->communities && i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (h->gone || h->far || (!h->agent && n->n_agents >= MAX_AGENTS))
            continue;
        if (!h->agent) {
            h->agent = NEW(struct net_agent);
            n->n_agents++;
        }
        if (h->agent->waiting && now_ms >= h->agent->deadline_ms)
            agent_late(n, h->agent);
        if (h->agent->over || h->agent->waiting)
            continue;
        if (!net_host_may(h, 1)) {
            agent_over(n, h->agent);
            continue;
        }
        if (agent_ask(n, h))
            return 1;
    }
    return 0;
}

bool net_agent_done(const struct net *n, const struct net_host *h) { return n->communities == 0 || h->far || (h->agent && h->agent->over); }

/* ---- answers ---- */

static void facts_take(struct net *n, struct net_agent *a)
{
    unsigned char space[SNMP_OID_BYTES];
    for (int i = 0; i < n->pdu->n; i++)
        for (size_t k = 0; k < COUNT(facts); k++) {
            const struct snmp_bind *b = &n->pdu->at[i];
            struct str oid = oid_of(facts[k].oid, space);
            if (b->type == facts[k].type && snmp_oid_order(b->oid, oid) == 0)
                facts[k].take(a, b);
        }
    a->answers = true;
    a->column = 0;
    column_begin(a);
}

static void rows_take(struct net *n, struct net_agent *a)
{
    unsigned char space[SNMP_OID_BYTES];
    struct str top = oid_of(columns[a->column].oid, space);
    uint32_t parts[MAX_PARTS];
    bool more = n->pdu->n > 0 && ++a->column_packets < COLUMN_PACKETS;
    for (int i = 0; i < n->pdu->n; i++) {
        const struct snmp_bind *b = &n->pdu->at[i];
        int k = b->type == SNMP_END_OF_VIEW ? -1 : parts_below(b->oid, top, parts);
        bool on = b->oid.n <= SNMP_OID_BYTES && snmp_oid_order(b->oid, (struct str){(const char *)a->cursor, a->cursor_n}) > 0;
        if (k < 0 || !on) {
            more = false;
            break;
        }
        columns[a->column].row(a, parts, k, b);
        a->cursor_n = bytes_copy(a->cursor, sizeof(a->cursor), b->oid);
    }
    a->tries = 0;
    if (!more)
        column_next(n, a);
}

void net_agent_data(struct net *n, const struct addr *from, const char *p, size_t bytes)
{
    uint32_t ip;
    struct net_host *h = addr_port(from) == PORT && net_ip_of(from, &ip) ? net_host_at(n, ip) : NULL;
    struct net_agent *a = h ? h->agent : NULL;
    struct snmp_message m = {.pdu = n->pdu};
    if (!a || !a->waiting || snmp_peek_id(p, bytes) != a->id || snmp_decode(p, bytes, &m) != 0 || m.version != SNMP_V2C || n->pdu->type != SNMP_RESPONSE)
        return;
    a->waiting = false;
    h->proven = true;
    if (n->pdu->status != 0 && a->answers)
        column_next(n, a);
    else if (n->pdu->status != 0)
        agent_over(n, a);
    else if (!a->answers)
        facts_take(n, a);
    else
        rows_take(n, a);
}

void net_agent_error(struct net *n, const struct addr *peer, int code)
{
    uint32_t ip;
    struct net_host *h = net_ip_of(peer, &ip) ? net_host_at(n, ip) : NULL;
    if (h && h->agent && h->agent->waiting && !h->agent->answers)
        agent_over(n, h->agent); /* nobody listens there */
}

void net_agent_free(struct net_agent *a)
{
    if (!a)
        return;
    VEC_DONE(&a->interfaces);
    VEC_DONE(&a->known);
    VEC_DONE(&a->peers);
    VEC_DONE(&a->own);
    VEC_DONE(&a->hops);
    mem_free(a);
}

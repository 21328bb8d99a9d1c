/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.c: a run over a network: refuses what it may not ask, reads on which links we are, lets packets out at the rate, and ends when
 * everybody was asked. */
#include "checks/discover/net_priv.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include "io/machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { TICK_MS = 20, BURST_US = 20000, LIMIT_MS = 60000, MAX_LISTEN_MS = 30 * 60 * 1000, MAX_COMMUNITY = 255, MAX_PUMPED = 64 };

/* ---- small things ---- */

void net_addr_of(uint32_t ip, int port, struct addr *ret)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(ip)}};
    *ret = (struct addr){.len = sizeof(to)};
    memcpy(ret->space, &to, sizeof(to));
}

bool net_ip_of(const struct addr *a, uint32_t *ret)
{
    struct sockaddr_in from;
    if (a->len < sizeof(from) || a->sa.sa_family != AF_INET)
        return false;
    memcpy(&from, a->space, sizeof(from));
    *ret = ntohl(from.sin_addr.s_addr);
    return true;
}

void net_ip_format(uint32_t ip, char out[16])
{
    str_print(out, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

void net_clean(char *out, size_t out_bytes, const char *p, size_t bytes)
{
    struct buf b = BUF_MAX(4096);
    utf8_clean(&b, p, bytes, UTF8_ONE_LINE, out_bytes - 1);
    struct str s = str_trim((struct str){buf_text(&b), b.len});
    str_copyn(out, out_bytes, s.p, s.n);
    buf_done(&b);
}

static uint32_t mask(int bits) { return bits <= 0 ? 0 : UINT32_MAX << (32 - bits); }

bool net_is_ours(const struct net *n, uint32_t ip)
{
    uint32_t ours;
    for (size_t i = 0; i < n->lan.addresses.n; i++)
        if (net_ip_of(&n->lan.addresses.at[i].addr, &ours) && ours == ip)
            return true;
    return false;
}

bool net_on_link(const struct net *n, uint32_t ip)
{
    uint32_t ours;
    for (size_t i = 0; i < n->lan.addresses.n; i++) {
        const struct lan_address *a = &n->lan.addresses.at[i];
        if (net_ip_of(&a->addr, &ours) && (ip & mask(a->bits)) == (ours & mask(a->bits)))
            return true;
    }
    return false;
}

/* ---- the rate ---- */

void net_charge(struct net *n, int packets)
{
    n->next_us += INT64_C(1000000) / n->rate_pps * packets;
    n->head.progress.packets += packets;
    discover_moved(&n->head);
}

void net_charge_host(struct net *n, struct net_host *h, int packets)
{
    h->packets += packets;
    net_charge(n, packets);
}

static int (*const sources[])(struct net *n) = {net_sweep_next, net_facts_next, net_ports_next, net_agents_next};

/* Each source gets its turn, so that none has to wait until another is through. */
static int send_next(struct net *n)
{
    for (size_t i = 0; i < COUNT(sources); i++) {
        int packets = sources[(n->turn + i) % COUNT(sources)](n);
        if (packets > 0) {
            n->turn = (unsigned)((n->turn + i + 1) % COUNT(sources));
            return packets;
        }
    }
    return 0;
}

/* ---- the end ---- */

static bool all_done(const struct net *n, int64_t now_ms)
{
    if (!n->sweep.over || n->tables || now_ms - n->began_ms < n->listen_ms)
        return false;
    for (size_t i = 0; i < n->hosts.n; i++) {
        const struct net_host *h = n->hosts.at[i];
        if (!h->gone && (h->waiting || !net_facts_done(n, h) || !net_ports_done(n, h) || !net_agent_done(n, h)))
            return false;
    }
    return true;
}

/* From here on nothing new counts; the hosts are told some at a time, so that the loop is not held. */
static void finish(struct net *n, const struct err *e)
{
    n->told = true;
    n->late = e != NULL;
    if (e)
        n->end = *e;
    net_far_hosts(n);
    net_names_choose(n);
    net_parents_guess(n);
    timer_set(&n->pump, 0);
}

static void tell_on(struct net *n)
{
    if (net_tell_some(n))
        timer_set(&n->pump, 0);
    else
        discover_finish(&n->head, n->late ? &n->end : NULL);
}

/* Twice the time that the packets take, and some. */
static int64_t limit_ms(const struct net *n)
{
    int64_t packets = NET_PASSES * (int64_t)n->sweep.count + NET_HOST_PACKETS * (int64_t)n->hosts.n;
    return n->listen_ms + LIMIT_MS + 2 * packets * 1000 / n->rate_pps;
}

static void say_progress(struct net *n)
{
    struct discover_progress *p = &n->head.progress;
    int64_t ports = net_ports_count();
    p->all = (int64_t)n->sweep.count * NET_PASSES + ports * (int64_t)n->hosts.n;
    p->done = n->sweep.over ? (int64_t)n->sweep.count * NET_PASSES : (int64_t)n->sweep.count * n->sweep.pass + n->sweep.at;
    for (size_t i = 0; i < n->hosts.n; i++)
        p->done += n->hosts.at[i]->gone || n->hosts.at[i]->far ? ports : n->hosts.at[i]->port_at;
    p->doing = !n->sweep.over   ? MSG("asking who is there")
               : p->done < p->all ? MSG("asking what the hosts that answered offer")
               : n->no_frames     ? MSG("waiting for the last answers; switches cannot be heard without CAP_NET_RAW")
                                  : MSG("waiting for the last answers, and for what switches say");
}

static void late(struct net *n)
{
    struct err e;
    err_set(&e, ERR_TIMEOUT, MSG("the run over {1} was ended by its time limit; what it found by then is told"), "s", n->prefix);
    finish(n, &e);
}

static void on_pump(void *arg)
{
    struct net *n = arg;
    int64_t now_us = clock_mono_us(), now_ms = now_us / 1000;
    if (n->told) {
        tell_on(n);
        return;
    }
    if (!n->link) {
        late(n);
        return;
    }
    n->next_us = n->next_us < now_us - BURST_US ? now_us - BURST_US : n->next_us;
    int packets = 1;
    for (int i = 0; i < MAX_PUMPED && packets && n->next_us <= now_us; i++) {
        packets = send_next(n);
        net_charge(n, packets);
    }
    say_progress(n);
    if (all_done(n, now_ms)) {
        finish(n, NULL);
    } else if (now_ms - n->began_ms > limit_ms(n)) {
        late(n);
    } else {
        int64_t wait_ms = (n->next_us - now_us + 999) / 1000;
        timer_set(&n->pump, packets == 0 || wait_ms > TICK_MS ? TICK_MS : wait_ms > 0 ? wait_ms : 1);
    }
}

/* ---- datagrams ---- */

static void on_datagram(void *arg, const struct addr *from, const char *p, size_t bytes) { net_agent_data(arg, from, p, bytes); }

static void on_datagram_error(void *arg, const struct addr *peer, int code, const char *p, size_t bytes)
{
    if (addr_port(peer) == 161)
        net_agent_error(arg, peer, code);
    else
        net_sweep_datagram_error(arg, peer, code);
}

static const struct udp_events datagrams = {on_datagram, on_datagram_error};

/* ---- the kernel's tables ---- */

struct net_tables {
    struct net *net; /* NULL: the run is gone */
    int what;
    struct lan lan;
    int code;
    struct err err;
};

static void tables_drop(void *arg)
{
    struct net_tables *t = arg;
    lan_done(&t->lan);
    mem_free(t);
}

static void tables_run(void *arg)
{
    struct net_tables *t = arg;
    t->code = lan_read(&t->lan, t->what, &t->err);
}

static void neighbours_use(struct net *n, const struct lan *l)
{
    for (size_t i = 0; i < l->neighbours.n; i++) {
        const struct lan_neighbour *k = &l->neighbours.at[i];
        uint32_t ip;
        if (!n->link || k->link != n->link->index || !net_ip_of(&k->addr, &ip) || !ether_mac_real(k->mac))
            continue;
        struct net_host *h = net_host_at(n, ip);
        if (h && !h->has_mac)
            net_host_learn_mac(n, h, k->mac);
        else if (!h && k->fresh)
            net_sweep_met(n, ip, k->mac);
    }
}

static void on_prefixes(const struct lan *l, struct buf *out)
{
    for (size_t i = 0; i < l->addresses.n; i++) {
        const struct lan_address *a = &l->addresses.at[i];
        const struct lan_link *k = lan_link_at(l, a->link);
        uint32_t ip;
        char text[16];
        if (!k || k->loopback || !k->up || !net_ip_of(&a->addr, &ip) || a->bits > 30)
            continue;
        net_ip_format(ip & mask(a->bits), text);
        buf_printf(out, "%s%s/%d (%s)", out->len ? ", " : "", text, a->bits, k->name);
    }
}

/* The prefix must lie within one that we have an address of. */
static int link_find(struct net *n, struct err *e)
{
    uint32_t wanted = 0, ours;
    struct buf there = BUF_MAX(400);
    net_ip_of(&n->net_addr, &wanted);
    for (size_t i = 0; i < n->lan.addresses.n && !n->link; i++) {
        const struct lan_address *a = &n->lan.addresses.at[i];
        const struct lan_link *k = lan_link_at(&n->lan, a->link);
        if (!k || k->loopback || !k->up || !net_ip_of(&a->addr, &ours) || a->bits > n->bits || (wanted & mask(a->bits)) != (ours & mask(a->bits)))
            continue;
        n->link = k;
        n->our_ip = ours;
    }
    if (n->link)
        return 0;
    on_prefixes(&n->lan, &there);
    int code = there.len ? err_field(e, ERR_DENIED, "prefix", MSG("{1} is not on one of our links, and others’ networks are not swept; on link are: {2}"), "ss", n->prefix, buf_text(&there))
                         : err_field(e, ERR_DENIED, "prefix", MSG("{1} is not on one of our links: there is none that could be swept"), "s", n->prefix);
    buf_done(&there);
    return code;
}

static void sweep_start(struct net *n)
{
    struct err e;
    if (link_find(n, &e) != 0 || net_sweep_begin(n, &e) != 0) {
        timer_clear(&n->pump);
        n->told = true;
        discover_finish(&n->head, &e);
        return;
    }
    n->next_us = clock_mono_us();
    timer_set(&n->pump, 0);
}

static void tables_done(void *arg)
{
    struct net_tables *t = arg;
    struct net *n = t->net;
    n->tables = NULL;
    if (!n->told && t->what & LAN_LINKS && t->code) {
        timer_clear(&n->pump);
        discover_finish(&n->head, &t->err);
        n->told = true;
    } else if (!n->told && t->what & LAN_LINKS) {
        n->lan = t->lan;
        t->lan = (struct lan){.links = {0}};
        sweep_start(n);
    } else if (!n->told && t->code == 0) {
        neighbours_use(n, &t->lan);
    }
    tables_drop(t);
}

static int tables_read(struct net *n, int what)
{
    struct net_tables *t = NEW(struct net_tables);
    t->net = n;
    t->what = what;
    n->tables = t;
    if (work_give(n->workers, n->head.loop, tables_run, tables_done, tables_drop, t) == 0)
        return 0;
    n->tables = NULL;
    tables_drop(t);
    return ERR_BUSY;
}

void net_read_neighbours(struct net *n)
{
    if (!n->tables)
        (void)tables_read(n, LAN_NEIGHBOURS);
}

/* ---- life ---- */

static void net_free(struct discover *d)
{
    struct net *n = (struct net *)d;
    n->told = true;
    timer_clear(&n->pump);
    n->workers = work_pool_free(n->workers);
    net_ports_free(n);
    net_facts_free(n);
    net_sweep_free(n);
    net_hear_free(n);
    net_hosts_free(n);
    net_index_free(n);
    n->frames = frames_free(n->frames);
    icmp_free(n->icmp);
    dns_free(n->dns);
    udp_free(n->udp);
    lan_done(&n->lan);
    for (int i = 0; i < n->communities; i++)
        mem_free(n->community[i]);
    mem_free(n->pdu);
    mem_free(n);
}

static const struct discover_kind kind = {.free = net_free};

static int prefix_parse(const char *text, struct net *n, struct err *e)
{
    char host[64];
    const char *slash = text ? strchr(text, '/') : NULL;
    int64_t bits;
    uint32_t ip = 0;
    if (!slash || !str_copyn(host, sizeof(host), text, (size_t)(slash - text)) || addr_parse(host, 0, &n->net_addr) != 0 || str_i64(slash + 1, &bits) != 0 || bits < 0 || bits > 128)
        return err_field(e, ERR_INVALID, "prefix", MSG("“{1}” is no network; write it like 192.0.2.0/24"), "s", text ? text : "");
    if (!net_ip_of(&n->net_addr, &ip))
        return err_field(e, ERR_UNSUPPORTED, "prefix", MSG("{1}: networks of IPv6 are too large to ask every address; their hosts are added by name"), "s", text);
    if (bits < NET_LEAST_BITS)
        return err_field(e, ERR_LIMIT, "prefix", MSG("{1} is too large: at most a /{2} at a time"), "si", text, (int64_t)NET_LEAST_BITS);
    if (bits > 32)
        return err_field(e, ERR_INVALID, "prefix", MSG("“{1}” is no network; write it like 192.0.2.0/24"), "s", text);
    n->bits = (int)bits;
    net_addr_of(ip & mask(n->bits), 0, &n->net_addr);
    net_ip_format(ip & mask(n->bits), host);
    str_print(n->prefix, sizeof(n->prefix), "%s/%d", host, n->bits);
    str_print(n->source, sizeof(n->source), "net %s", n->prefix);
    return 0;
}

static int ask_read(struct net *n, const struct discover_net_ask *ask, struct err *e)
{
    int code = prefix_parse(ask->prefix, n, e);
    if (code != 0)
        return code;
    if (ask->rate_pps < 0 || ask->rate_pps > NET_MAX_RATE_PPS)
        return err_field(e, ERR_LIMIT, "rate", MSG("between 1 and {1} packets a second"), "i", (int64_t)NET_MAX_RATE_PPS);
    n->rate_pps = ask->rate_pps ? ask->rate_pps : NET_RATE_PPS;
    n->listen_ms = ask->listen_ms < 0 ? 0 : ask->listen_ms > MAX_LISTEN_MS ? MAX_LISTEN_MS : ask->listen_ms;
    for (int i = 0; ask->communities && ask->communities[i]; i++) {
        if (i == NET_MAX_COMMUNITIES || strlen(ask->communities[i]) > MAX_COMMUNITY)
            return err_field(e, ERR_LIMIT, "communities", MSG("at most {1} communities of {2} characters each"), "ii", (int64_t)NET_MAX_COMMUNITIES, (int64_t)MAX_COMMUNITY);
        n->community[n->communities++] = mem_dup(ask->communities[i]);
    }
    return 0;
}

struct discover *discover_net(struct loop *l, const struct discover_net_ask *ask, const struct discover_events *events, void *arg, struct err *e)
{
    struct net *n = NEW(struct net);
    if (ask_read(n, ask, e) != 0) {
        for (int i = 0; i < n->communities; i++)
            mem_free(n->community[i]);
        mem_free(n);
        return NULL;
    }
    discover_begin(&n->head, &kind, l, events, arg);
    n->began_ms = clock_mono_ms();
    n->workers = work_pool_new("discover", 1, 4);
    n->icmp = icmp_new(l);
    n->dns = dns_new(l);
    n->udp = udp_new(l, &datagrams, n);
    n->pdu = NEW(struct snmp_pdu);
    n->snmp_id = (int64_t)(entropy_u64() % 0x70000000) + 0x01000000;
    machine_name(n->our_name, sizeof(n->our_name));
    timer_init(&n->pump, l, on_pump, n);
    timer_set(&n->pump, LIMIT_MS); /* should the kernel not tell where we are */
    n->head.progress.doing = MSG("reading which networks we are on");
    (void)tables_read(n, LAN_LINKS | LAN_ADDRESSES | LAN_ROUTES);
    return &n->head;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_sweep.c: who has an address of the prefix. By ARP where frames can be sent (RFC 826): a host may hide from echoes, from ARP it cannot.
 * Else an echo goes to each address, or a datagram to the discard port, and the kernel's table of neighbours tells who is there. */
#include "checks/discover/net_priv.h"
#include "base/msg.h"

enum { BETWEEN_PASSES_MS = 300, LAST_ANSWERS_MS = 1000, FULL_MS = 10, ECHO_WAIT_MS = 1000, DISCARD = 9 };

struct net_echo {
    struct net_echo *next;
    struct net *net;
    struct icmp_job *job;
    uint32_t ip;
};

void net_sweep_met(struct net *n, uint32_t ip, const unsigned char *mac)
{
    struct net_sweep *s = &n->sweep;
    struct net_host *h;
    if (n->told || ip < s->first || ip - s->first >= s->count || s->state[ip - s->first] & NET_OURS)
        return;
    if (mac && (!ether_mac_real(mac) || memcmp(mac, n->link->mac, ETHER_MAC) == 0))
        return;
    if (s->state[ip - s->first] & NET_ANSWERED) {
        h = net_host_at(n, ip);
        if (h && mac && !h->has_mac)
            net_host_learn_mac(n, h, mac);
        return;
    }
    s->state[ip - s->first] |= NET_ANSWERED;
    net_host_add(n, ip, mac);
    discover_moved(&n->head);
}

/* ---- ARP ---- */

/* Answers, and also questions: who asks is there. */
void net_on_frame(void *arg, const char *p, size_t bytes)
{
    struct net *n = arg;
    struct ether_head head;
    struct arp a;
    if (ether_decode(p, bytes, &head) != 0)
        return;
    if (head.type != ETHER_ARP) {
        net_hear(n, &head);
        return;
    }
    if (n->sweep.way != NET_BY_ARP || arp_decode(head.body, &a) != 0)
        return;
    net_sweep_met(n, (uint32_t)a.from[0] << 24 | (uint32_t)a.from[1] << 16 | (uint32_t)a.from[2] << 8 | a.from[3], a.from_mac);
}

static void bytes_of(uint32_t ip, unsigned char out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(ip >> (24 - 8 * i));
}

static int arp_ask(struct net *n, uint32_t ip)
{
    struct arp a = {.op = ARP_REQUEST};
    unsigned char frame[ARP_FRAME];
    memcpy(a.from_mac, n->link->mac, ETHER_MAC);
    bytes_of(n->our_ip, a.from);
    bytes_of(ip, a.to);
    arp_encode(&a, frame);
    return frames_send(n->frames, frame, sizeof(frame));
}

/* ---- echoes and datagrams ---- */

static void echo_drop(struct net_echo *x)
{
    struct net_echo **at = &x->net->echoes;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    mem_free(x);
}

static void on_echo(void *arg, const struct icmp_reply *r)
{
    struct net_echo *x = arg;
    struct net *n = x->net;
    if (r->received > 0) {
        net_sweep_met(n, x->ip, NULL);
        struct net_host *h = net_host_at(n, x->ip);
        if (h)
            h->echo = h->echo_asked = h->proven = true;
    }
    echo_drop(x);
}

static int echo_ask(struct net *n, uint32_t ip)
{
    struct net_echo *x = NEW(struct net_echo);
    struct addr to;
    *x = (struct net_echo){.next = n->echoes, .net = n, .ip = ip};
    n->echoes = x;
    net_addr_of(ip, 0, &to);
    x->job = icmp_ping(n->icmp, &to, 1, 1, 1000, ECHO_WAIT_MS, 16, on_echo, x);
    return 0;
}

static int datagram_ask(struct net *n, uint32_t ip)
{
    struct addr to;
    net_addr_of(ip, DISCARD, &to);
    return udp_send(n->udp, &to, "\n", 1);
}

/* "Port unreachable" is an answer, too. */
void net_sweep_datagram_error(struct net *n, const struct addr *peer, int code)
{
    uint32_t ip;
    if (code == ERR_REFUSED && net_ip_of(peer, &ip))
        net_sweep_met(n, ip, NULL);
}

/* ---- one after the other ---- */

static int (*const ask[])(struct net *n, uint32_t ip) = {[NET_BY_ARP] = arp_ask, [NET_BY_ECHO] = echo_ask, [NET_BY_DATAGRAM] = datagram_ask};

static void pass_end(struct net *n, int64_t now_ms)
{
    struct net_sweep *s = &n->sweep;
    s->at = 0;
    s->pass++;
    s->pause_ms = now_ms + (s->pass < NET_PASSES ? BETWEEN_PASSES_MS : LAST_ANSWERS_MS);
    if (s->way != NET_BY_ARP)
        net_read_neighbours(n);
}

int net_sweep_next(struct net *n)
{
    struct net_sweep *s = &n->sweep;
    int64_t now_ms = clock_mono_ms();
    if (s->over || now_ms < s->pause_ms)
        return 0;
    if (s->pass >= NET_PASSES) {
        if (s->way != NET_BY_ARP && !s->settled) {
            s->settled = true;
            net_read_neighbours(n);
        } else if (!n->tables && !n->echoes) {
            s->over = true;
        }
        return 0;
    }
    while (s->at < s->count && s->state[s->at])
        s->at++;
    if (s->at >= s->count) {
        pass_end(n, now_ms);
        return 0;
    }
    if (ask[s->way](n, s->first + s->at) == ERR_BUSY) {
        s->pause_ms = now_ms + FULL_MS;
        return 0;
    }
    s->at++;
    return 1;
}

static void frames_begin(struct net *n)
{
    struct err e;
    n->frames = n->link->has_mac ? frames_open(n->head.loop, n->link, FRAMES_ARP | FRAMES_NEIGHBOURS, net_on_frame, n, &e) : NULL;
    n->no_frames = !n->frames;
}

int net_sweep_begin(struct net *n, struct err *e)
{
    struct net_sweep *s = &n->sweep;
    uint32_t size = (uint32_t)1 << (32 - n->bits), ours;
    net_ip_of(&n->net_addr, &s->first);
    s->count = size;
    s->state = mem_array(size, 1);
    if (n->bits < 31) /* the network's own address and the broadcast's are nobody's */
        s->state[0] = s->state[size - 1] = NET_OURS;
    for (size_t i = 0; i < n->lan.addresses.n; i++) {
        const struct lan_address *a = &n->lan.addresses.at[i];
        if (!net_ip_of(&a->addr, &ours))
            continue;
        uint32_t host = a->bits < 31 ? UINT32_MAX >> a->bits : 0; /* also those of the prefix that ours lies in */
        const uint32_t never[] = {ours, ours & ~host, ours | host};
        for (size_t k = 0; k < COUNT(never); k++)
            if (never[k] - s->first < size)
                s->state[never[k] - s->first] = NET_OURS;
    }
    frames_begin(n);
    s->way = n->frames && n->link->arp ? NET_BY_ARP : icmp_allowed(n->icmp, false) == 0 ? NET_BY_ECHO : NET_BY_DATAGRAM;
    return 0;
}

void net_sweep_free(struct net *n)
{
    while (n->echoes) {
        icmp_cancel(n->echoes->job);
        echo_drop(n->echoes);
    }
    n->sweep.state = mem_free(n->sweep.state);
}

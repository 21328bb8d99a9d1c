/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_hear.c: what switches say of themselves on our link. Passive: nothing is sent. */
#include "checks/discover/net_priv.h"
#include "base/str.h"

enum { MAX_HEARD = 64 };

static uint32_t first_v4(const struct neighbour *r)
{
    for (int i = 0; i < r->addrs; i++) {
        const unsigned char *p = (const unsigned char *)r->addr[i].p;
        if (r->addr[i].n == 4)
            return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    return 0;
}

static struct net_heard *heard_at(struct net *n, const struct neighbour *r)
{
    for (size_t i = 0; i < n->heard.n; i++) {
        struct net_heard *k = n->heard.at[i];
        if (k->kind == r->chassis_kind && k->chassis_n == r->chassis.n && memcmp(k->chassis, r->chassis.p, r->chassis.n) == 0 && str_eq(k->protocol, r->protocol))
            return k;
    }
    if (n->heard.n >= MAX_HEARD)
        return NULL;
    struct net_heard *k = NEW(struct net_heard);
    VEC_PUSH(&n->heard, k);
    return k;
}

void net_hear(struct net *n, const struct ether_head *h)
{
    struct neighbour r;
    struct buf port = BUF_MAX(256);
    bool good = h->type == ETHER_LLDP ? lldp_decode(h->body, &r) == 0 : h->type == ETHER_CDP && cdp_decode(h->body, &r) == 0;
    if (!good || r.chassis.n > sizeof(((struct net_heard *)0)->chassis) || memcmp(h->from, n->link->mac, ETHER_MAC) == 0)
        return; /* or ourselves: another program of this machine */
    struct net_heard *k = heard_at(n, &r);
    if (!k)
        return;
    *k = (struct net_heard){.protocol = r.protocol, .kind = r.chassis_kind, .chassis_n = r.chassis.n, .ip = first_v4(&r), .does = r.does, .vlan = r.vlan};
    memcpy(k->chassis, r.chassis.p, r.chassis.n);
    memcpy(k->mac, h->from, ETHER_MAC);
    net_clean(k->system, sizeof(k->system), r.system.p, r.system.n);
    net_clean(k->platform, sizeof(k->platform), r.platform.p, r.platform.n);
    neighbour_id_format(r.port_kind, r.port, &port);
    str_copy(k->port, sizeof(k->port), buf_text(&port));
    buf_done(&port);
}

void net_hear_free(struct net *n)
{
    for (size_t i = 0; i < n->heard.n; i++)
        mem_free(n->heard.at[i]);
    VEC_DONE(&n->heard);
}

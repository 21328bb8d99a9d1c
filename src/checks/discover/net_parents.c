/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_parents.c: which of the hosts are one and the same, what they are called, who lies behind routers, and what lies between us and whom.
 *
 * Parents come from what is known, best first: neighbours that tell one another by LLDP (walked from the switch that we hear ourselves, so
 * that the tree has no rings), that switch for all else on its link, and for hosts beyond, the router that has them in its ARP table; of
 * several, the one that our own route takes. Only what conducts packets (a bridge, a router) can be a parent. */
#include "checks/discover/net_priv.h"
#include "base/map.h"
#include "base/msg.h"
#include "base/str.h"

enum { MAX_EDGES = 8192, MAX_PARENTS = 3, CONDUCTS = NEIGHBOUR_BRIDGE | NEIGHBOUR_ROUTER };

static bool alive(const struct net_host *h) { return !h->gone && (!h->doubt || h->proven); }
static bool speaks(const struct net_host *h) { return alive(h) && h->agent && h->agent->answers; }

/* ---- who is who ---- */

static bool same_bytes(const void *a, size_t n, const void *b, size_t m) { return n > 0 && n == m && memcmp(a, b, n) == 0; }

static bool agent_has_mac(const struct net_agent *a, const unsigned char *mac)
{
    for (size_t i = 0; a && i < a->interfaces.n; i++)
        if (a->interfaces.at[i].has_mac && memcmp(a->interfaces.at[i].mac, mac, ETHER_MAC) == 0)
            return true;
    return false;
}

static bool agent_has_ip(const struct net_agent *a, uint32_t ip)
{
    for (size_t i = 0; a && i < a->own.n; i++)
        if (a->own.at[i] == ip)
            return true;
    return false;
}

static struct net_host *owner_of_ip(const struct net *n, uint32_t ip)
{
    struct net_host *h = ip ? net_host_at(n, ip) : NULL;
    for (size_t i = 0; ip && !h && i < n->hosts.n; i++)
        if (speaks(n->hosts.at[i]) && agent_has_ip(n->hosts.at[i]->agent, ip))
            h = n->hosts.at[i];
    return h;
}

static struct net_host *owner_of_mac(const struct net *n, const unsigned char *mac)
{
    struct net_host *h = net_host_by_mac(n, mac);
    for (size_t i = 0; !h && i < n->hosts.n; i++)
        if (speaks(n->hosts.at[i]) && agent_has_mac(n->hosts.at[i]->agent, mac))
            h = n->hosts.at[i];
    return h;
}

static struct net_host *owner_of_name(const struct net *n, const char *name)
{
    for (size_t i = 0; name[0] && i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (alive(h) && (str_ieq(h->dns_name, name) || (h->agent && str_ieq(h->agent->system, name))))
            return h;
    }
    return NULL;
}

static uint32_t ip_of_bytes(const unsigned char *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static struct net_host *owner_of_chassis(const struct net *n, enum neighbour_id kind, const unsigned char *id, size_t bytes, uint32_t ip, const char *name)
{
    struct net_host *h = NULL;
    for (size_t i = 0; !h && i < n->hosts.n; i++) {
        const struct net_agent *a = n->hosts.at[i]->agent;
        h = speaks(n->hosts.at[i]) && same_bytes(a->chassis, a->chassis_n, id, bytes) ? n->hosts.at[i] : NULL;
    }
    if (!h && kind == NEIGHBOUR_ID_MAC && bytes == ETHER_MAC)
        h = owner_of_mac(n, id);
    if (!h && kind == NEIGHBOUR_ID_ADDRESS && bytes == 4)
        h = owner_of_ip(n, ip_of_bytes(id));
    if (!h)
        h = owner_of_ip(n, ip);
    return h ? h : owner_of_name(n, name);
}

static struct net_host *owner_of_peer(const struct net *n, const struct net_peer *p)
{
    return owner_of_chassis(n, p->kind, p->chassis, p->chassis_n, p->ip, p->system);
}

static struct net_host *owner_of_heard(const struct net *n, const struct net_heard *k)
{
    struct net_host *h = owner_of_chassis(n, k->kind, k->chassis, k->chassis_n, k->ip, k->system);
    return h ? h : owner_of_mac(n, k->mac);
}

/* One engine, one chassis: two addresses of one machine, by two of its cards. */
static bool same_machine(const struct net_agent *a, const struct net_agent *b)
{
    return same_bytes(a->engine, a->engine_n, b->engine, b->engine_n) || same_bytes(a->chassis, a->chassis_n, b->chassis, b->chassis_n);
}

static void merge_same(struct net *n)
{
    for (size_t i = 0; i < n->hosts.n; i++)
        for (size_t k = i + 1; speaks(n->hosts.at[i]) && k < n->hosts.n; k++)
            if (speaks(n->hosts.at[k]) && same_machine(n->hosts.at[i]->agent, n->hosts.at[k]->agent))
                net_host_merge(n, n->hosts.at[i], n->hosts.at[k]);
}

/* ---- who lies behind routers ---- */

static void far_add(struct net *n, uint32_t ip, const unsigned char *mac, const char *name, size_t *far)
{
    if (!ip || ip >> 24 == 127 || ip >> 28 == 14 || net_on_link(n, ip) || owner_of_ip(n, ip) || (mac && owner_of_mac(n, mac)) || *far >= NET_MAX_FAR)
        return;
    struct net_host *h = net_host_add(n, ip, mac);
    h->far = h->proven = true;
    str_copy(h->dns_name, sizeof(h->dns_name), name);
    (*far)++;
}

void net_far_hosts(struct net *n)
{
    size_t far = 0, asked = n->hosts.n;
    merge_same(n);
    for (size_t i = 0; i < asked; i++) {
        const struct net_agent *a = n->hosts.at[i]->agent;
        if (!speaks(n->hosts.at[i]) || !a->forwards)
            continue;
        for (size_t k = 0; k < a->peers.n; k++)
            if (!owner_of_peer(n, &a->peers.at[k]))
                far_add(n, a->peers.at[k].ip, a->peers.at[k].kind == NEIGHBOUR_ID_MAC ? a->peers.at[k].chassis : NULL, a->peers.at[k].system, &far);
        for (size_t k = 0; k < a->known.n; k++)
            far_add(n, a->known.at[k].ip, a->known.at[k].mac, "", &far);
    }
}

/* ---- names ---- */

static bool name_good(const char *name) { return name[0] && !str_ieq(name, "localhost") && !str_istarts(name, "localhost.") && !str_ieq(name, "(none)"); }

/* What may stand in a name of our configuration, and in a list of them. */
static void name_set(struct net_host *h, const char *text)
{
    str_copy(h->name, sizeof(h->name), text);
    for (char *p = h->name; *p; p++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", *p))
            *p = '-';
}

static const char *name_of(const struct net_host *h, const char *address)
{
    const char *const candidates[] = {h->dns_name, h->agent ? h->agent->system : "", h->heard ? h->heard->system : "", address};
    size_t i = 0;
    while (i + 1 < COUNT(candidates) && !name_good(candidates[i]))
        i++;
    return candidates[i];
}

void net_names_choose(struct net *n)
{
    struct map taken = {0};
    for (size_t i = 0; i < n->heard.n; i++) {
        struct net_host *h = owner_of_heard(n, n->heard.at[i]);
        if (h)
            h->heard = n->heard.at[i];
    }
    map_set(&taken, n->our_name, n);
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        char address[16], longer[NET_NAME_BYTES + 20];
        if (!alive(h))
            continue;
        net_ip_format(h->ip, address);
        name_set(h, name_of(h, address));
        if (map_find(&taken, h->name)) {
            str_print(longer, sizeof(longer), "%.80s-%s", h->name, address);
            name_set(h, longer);
        }
        map_set(&taken, h->name, h);
    }
    map_done(&taken);
}

/* ---- who lies behind whom ---- */

struct edge {
    struct net_host *a, *b;
};
struct walk {
    VEC(struct edge) edges;
    VEC(struct net_host *) queue;
};

static void parent_add(struct net_host *h, struct net_host *parent, const char *how)
{
    for (int i = 0; i < h->parents; i++)
        if (h->parent[i] == parent)
            return;
    if (h == parent || h->parents == MAX_PARENTS)
        return;
    h->parent[h->parents++] = parent;
    h->how = how;
}

static void edges_find(struct net *n, struct walk *w)
{
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (!speaks(h))
            continue;
        h->conducts = h->conducts || h->agent->forwards || h->agent->does & CONDUCTS;
        for (size_t k = 0; k < h->agent->peers.n; k++) {
            struct net_host *other = owner_of_peer(n, &h->agent->peers.at[k]);
            if (!other || other == h || w->edges.n >= MAX_EDGES)
                continue;
            other->conducts = other->conducts || h->agent->peers.at[k].does & CONDUCTS;
            VEC_PUSH(&w->edges, ((struct edge){h, other}));
        }
    }
}

/* From whom we hear ourselves, to their neighbours, to theirs: each is reached once. */
static void walk(struct walk *w)
{
    for (size_t at = 0; at < w->queue.n; at++) {
        struct net_host *h = w->queue.at[at];
        for (size_t i = 0; h->conducts && i < w->edges.n; i++) {
            struct edge e = w->edges.at[i];
            struct net_host *next = e.a == h ? e.b : e.b == h ? e.a : NULL;
            if (!next || next->reached)
                continue;
            next->reached = true;
            parent_add(next, h, MSG("behind {1}: LLDP says so"));
            VEC_PUSH(&w->queue, next);
        }
    }
}

/* A single bridge at the other end of our cable: all that is on the link is behind it. */
static void behind_our_switch(struct net *n)
{
    struct net_host *bridge = NULL;
    int heard = 0;
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (!alive(h) || !h->heard || !(h->heard->does & NEIGHBOUR_BRIDGE))
            continue;
        bridge = h;
        heard++;
    }
    for (size_t i = 0; heard == 1 && i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (alive(h) && !h->far && !h->reached)
            parent_add(h, bridge, MSG("behind {1}, the switch that this machine hangs from"));
    }
}

static bool knows(const struct net_agent *a, uint32_t ip)
{
    for (size_t i = 0; i < a->known.n; i++)
        if (a->known.at[i].ip == ip)
            return true;
    for (size_t i = 0; i < a->peers.n; i++)
        if (a->peers.at[i].ip == ip)
            return true;
    return false;
}

static void behind_routers(struct net *n, struct net_host *h)
{
    struct addr to;
    uint32_t via = 0;
    net_addr_of(h->ip, 0, &to);
    const struct lan_route *route = lan_route_to(&n->lan, &to);
    struct net_host *gateway = route && net_ip_of(&route->via, &via) ? owner_of_ip(n, via) : NULL;
    if (gateway && speaks(gateway) && knows(gateway->agent, h->ip)) {
        parent_add(h, gateway, MSG("behind {1}, which knows it, and our route goes there"));
        return;
    }
    for (size_t i = 0; i < n->hosts.n; i++)
        if (speaks(n->hosts.at[i]) && n->hosts.at[i]->agent->forwards && !n->hosts.at[i]->far && knows(n->hosts.at[i]->agent, h->ip))
            parent_add(h, n->hosts.at[i], MSG("behind {1}: it stands in the ARP table there"));
}

void net_parents_guess(struct net *n)
{
    struct walk w = {.edges = {0}};
    edges_find(n, &w);
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (!alive(h) || !h->heard)
            continue;
        h->reached = true;
        h->conducts = h->conducts || h->heard->does & CONDUCTS;
        VEC_PUSH(&w.queue, h);
    }
    walk(&w);
    behind_our_switch(n);
    for (size_t i = 0; i < n->hosts.n; i++)
        if (n->hosts.at[i]->far && alive(n->hosts.at[i]) && n->hosts.at[i]->parents == 0)
            behind_routers(n, n->hosts.at[i]);
    VEC_DONE(&w.edges);
    VEC_DONE(&w.queue);
}

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

#include <stdlib.h>

enum { MAX_EDGES = 8192, CONDUCTS = NEIGHBOUR_BRIDGE | NEIGHBOUR_ROUTER };

static bool alive(const struct net_host *h) { return !h->gone && (!h->doubt || h->proven); }
static bool speaks(const struct net_host *h) { return alive(h) && h->agent && h->agent->answers; }

/* ---- who is who ---- */

static struct net_host *owner_of_ip(const struct net *n, uint32_t ip) { return ip ? net_index_find(n, NET_KEY_IP, &ip, sizeof(ip)) : NULL; }
static struct net_host *owner_of_mac(const struct net *n, const unsigned char *mac) { return net_index_find(n, NET_KEY_MAC, mac, ETHER_MAC); }
static uint32_t ip_of_bytes(const unsigned char *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static struct net_host *owner_of_chassis(const struct net *n, enum neighbour_id kind, const unsigned char *id, size_t bytes, uint32_t ip, const char *name)
{
    struct net_host *h = net_index_find(n, NET_KEY_CHASSIS, id, bytes);
    if (!h && kind == NEIGHBOUR_ID_MAC && bytes == ETHER_MAC)
        h = owner_of_mac(n, id);
    if (!h && kind == NEIGHBOUR_ID_ADDRESS && bytes == 4)
        h = owner_of_ip(n, ip_of_bytes(id));
    if (!h)
        h = owner_of_ip(n, ip);
    return h ? h : net_index_find(n, NET_KEY_NAME, name, strlen(name));
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

static void index_host(struct net *n, struct net_host *h)
{
    net_index_add(n, NET_KEY_IP, &h->ip, sizeof(h->ip), h);
    for (int i = 0; i < h->aliases; i++)
        net_index_add(n, NET_KEY_IP, &h->alias[i], sizeof(h->alias[i]), h);
    if (h->has_mac && !h->doubt)
        net_index_add(n, NET_KEY_MAC, h->mac, ETHER_MAC, h);
    net_index_add(n, NET_KEY_NAME, h->dns_name, strlen(h->dns_name), h);
}

static void index_agent(struct net *n, struct net_host *h)
{
    const struct net_agent *a = h->agent;
    for (size_t i = 0; i < a->own.n; i++)
        net_index_add(n, NET_KEY_IP, &a->own.at[i], sizeof(a->own.at[i]), h);
    for (size_t i = 0; i < a->interfaces.n; i++)
        if (a->interfaces.at[i].has_mac)
            net_index_add(n, NET_KEY_MAC, a->interfaces.at[i].mac, ETHER_MAC, h);
    net_index_add(n, NET_KEY_CHASSIS, a->chassis, a->chassis_n, h);
    net_index_add(n, NET_KEY_ENGINE, a->engine, a->engine_n, h);
    net_index_add(n, NET_KEY_NAME, a->system, strlen(a->system), h);
}

/* One engine, one chassis: two addresses of one machine, by two of its cards. What agents claim comes after what was seen. */
static void index_all(struct net *n)
{
    for (size_t i = 0; i < n->hosts.n; i++)
        if (alive(n->hosts.at[i]))
            index_host(n, n->hosts.at[i]);
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (!speaks(h))
            continue;
        struct net_host *same = net_index_find(n, NET_KEY_ENGINE, h->agent->engine, h->agent->engine_n);
        same = same ? same : net_index_find(n, NET_KEY_CHASSIS, h->agent->chassis, h->agent->chassis_n);
        if (same)
            net_host_merge(n, same, h);
        else
            index_agent(n, h);
    }
}

/* Who was merged is found under its old keys. */
static struct net_host *itself(struct net_host *h)
{
    while (h && h->gone && h->merged)
        h = h->merged;
    return h;
}

/* ---- who lies behind routers ---- */

/* NULL: it is one of ours, on our link, or nobody's. */
static struct net_host *far_at(struct net *n, uint32_t ip, const unsigned char *mac, const char *name, size_t *far)
{
    struct net_host *h = owner_of_ip(n, ip);
    if (h || !ip || ip >> 24 == 127 || ip >> 28 == 14 || net_on_link(n, ip))
        return h && h->far ? h : NULL;
    if ((mac && owner_of_mac(n, mac)) || *far >= NET_MAX_FAR)
        return NULL;
    h = net_host_add(n, ip, mac);
    h->far = h->proven = true;
    str_copy(h->dns_name, sizeof(h->dns_name), name);
    index_host(n, h);
    (*far)++;
    return h;
}

static void teller_add(struct net_host *h, struct net_host *router)
{
    for (int i = 0; h && i < h->tellers; i++)
        if (h->teller[i] == router)
            return;
    if (h && h->tellers < NET_MAX_PARENTS)
        h->teller[h->tellers++] = router;
}

void net_far_hosts(struct net *n)
{
    size_t far = 0, asked = n->hosts.n;
    index_all(n);
    for (size_t i = 0; i < asked; i++) {
        struct net_host *h = n->hosts.at[i];
        const struct net_agent *a = h->agent;
        if (!speaks(h) || !a->forwards)
            continue;
        for (size_t k = 0; k < a->peers.n; k++) {
            const struct net_peer *p = &a->peers.at[k];
            if (!owner_of_peer(n, p) || owner_of_peer(n, p)->far)
                teller_add(far_at(n, p->ip, p->kind == NEIGHBOUR_ID_MAC && p->chassis_n == ETHER_MAC ? p->chassis : NULL, p->system, &far), h);
        }
        for (size_t k = 0; k < a->known.n; k++)
            teller_add(far_at(n, a->known.at[k].ip, a->known.at[k].mac, "", &far), h);
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
        struct net_host *h = itself(owner_of_heard(n, n->heard.at[i]));
        if (h && (!h->heard || str_eq(n->heard.at[i]->protocol, "LLDP"))) /* which says more than CDP */
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
    if (h == parent || h->parents == NET_MAX_PARENTS)
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
            struct net_host *other = itself(owner_of_peer(n, &h->agent->peers.at[k]));
            if (!other || other == h || w->edges.n >= MAX_EDGES)
                continue;
            other->conducts = other->conducts || h->agent->peers.at[k].does & CONDUCTS;
            VEC_PUSH(&w->edges, ((struct edge){h, other}));
            VEC_PUSH(&w->edges, ((struct edge){other, h}));
        }
    }
}

static int by_host(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b->ip > y->b->ip) - (x->b->ip < y->b->ip);
}

/* The first edge of a host, in the order of by_host(). */
static size_t edge_first(const struct walk *w, const struct net_host *h)
{
    size_t low = 0, high = w->edges.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->edges.at[middle].a < h)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* From whom we hear ourselves, to their neighbours, to theirs: each is reached once. */
static void walk(struct walk *w)
{
    if (w->edges.n)
        qsort(w->edges.at, w->edges.n, sizeof(*w->edges.at), by_host);
    for (size_t at = 0; at < w->queue.n; at++) {
        struct net_host *h = w->queue.at[at];
        for (size_t i = h->conducts ? edge_first(w, h) : w->edges.n; i < w->edges.n && w->edges.at[i].a == h; i++) {
            struct net_host *next = w->edges.at[i].b;
            if (next->reached)
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

static void behind_routers(struct net *n, struct net_host *h)
{
    struct addr to;
    uint32_t via = 0;
    net_addr_of(h->ip, 0, &to);
    const struct lan_route *route = lan_route_to(&n->lan, &to);
    const struct net_host *gateway = route && net_ip_of(&route->via, &via) ? itself(owner_of_ip(n, via)) : NULL;
    for (int i = 0; i < h->tellers; i++)
        if (h->teller[i] == gateway) {
            parent_add(h, h->teller[i], MSG("behind {1}, which knows it, and our route goes there"));
            return;
        }
    for (int i = 0; i < h->tellers; i++)
        parent_add(h, h->teller[i], MSG("behind {1}: it stands in the ARP table there"));
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_hosts.c: who was met. A host is what has one MAC address: its other addresses are aliases. One that answers for more addresses than
 * a host has (a router with proxy ARP) is believed for none of the further ones before it proves them by an answer of its own. */
#include "checks/discover/net_priv.h"

struct net_host *net_host_at(const struct net *n, uint32_t ip)
{
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        bool mine = !h->gone && h->ip == ip;
        for (int k = 0; !h->gone && k < h->aliases; k++)
            mine |= h->alias[k] == ip;
        if (mine)
            return h;
    }
    return NULL;
}

struct net_host *net_host_by_mac(const struct net *n, const unsigned char *mac)
{
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (!h->gone && !h->doubt && h->has_mac && memcmp(h->mac, mac, ETHER_MAC) == 0)
            return h;
    }
    return NULL;
}

static void mac_set(struct net_host *h, const unsigned char *mac)
{
    memcpy(h->mac, mac, ETHER_MAC);
    h->has_mac = true;
}

struct net_host *net_host_add(struct net *n, uint32_t ip, const unsigned char *mac)
{
    struct net_host *same = mac ? net_host_by_mac(n, mac) : NULL;
    if (same && same->aliases < NET_MAX_ALIASES) {
        same->alias[same->aliases++] = ip;
        return same;
    }
    struct net_host *h = NEW(struct net_host);
    h->ip = ip;
    h->doubt = same != NULL;
    if (mac)
        mac_set(h, mac);
    VEC_PUSH(&n->hosts, h);
    return h;
}

void net_host_merge(struct net *n, struct net_host *into, struct net_host *h)
{
    uint32_t theirs[NET_MAX_ALIASES + 1] = {h->ip};
    memcpy(theirs + 1, h->alias, sizeof(h->alias));
    for (int i = 0; i <= h->aliases && into->aliases < NET_MAX_ALIASES; i++)
        into->alias[into->aliases++] = theirs[i];
    if (!into->dns_name[0])
        memcpy(into->dns_name, h->dns_name, sizeof(h->dns_name));
    into->echo |= h->echo;
    if (!into->agent) {
        into->agent = h->agent;
        h->agent = NULL;
    }
    h->merged = into;
    h->gone = true; /* its memory stays: answers may be on their way to it */
}

void net_host_learn_mac(struct net *n, struct net_host *h, const unsigned char *mac)
{
    struct net_host *same = net_host_by_mac(n, mac);
    if (same && same != h && same->aliases < NET_MAX_ALIASES) {
        net_host_merge(n, same, h);
        return;
    }
    h->doubt = same && same != h;
    mac_set(h, mac);
}

bool net_host_may(const struct net_host *h, int packets) { return !h->gone && !h->far && h->packets + packets <= NET_HOST_PACKETS; }

void net_hosts_free(struct net *n)
{
    for (size_t i = 0; i < n->hosts.n; i++) {
        net_agent_free(n->hosts.at[i]->agent);
        VEC_DONE(&n->hosts.at[i]->services);
        mem_free(n->hosts.at[i]);
    }
    VEC_DONE(&n->hosts);
}

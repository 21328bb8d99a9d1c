/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_net_agent.c: what SNMP agents answer to discovery, datagram after datagram (two bytes of length in front of each), from two
 * hosts in turn; then what follows from it: who is who, who lies behind whom. Parents have no rings whatever they said. */
#include "base/panic.h"
#include "checks/discover/net_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOSTS = 2, SNMP_PORT = 161 };

static void host_add(struct net *n, uint32_t ip)
{
    unsigned char mac[ETHER_MAC] = {2, 0, 0, 0, 0, (unsigned char)ip};
    struct net_host *h = net_host_add(n, ip, mac);

    h->agent = NEW(struct net_agent);
    h->proven = true;
    n->n_agents++;
}

static void hear(struct net *n, struct net_host *h, const char *p, size_t size)
{
    struct addr from;

    if (h->agent->over)
        return;
    net_addr_of(h->ip, SNMP_PORT, &from);
    h->agent->waiting = true;
    h->agent->id = snmp_peek_id(p, size);
    net_agent_data(n, &from, p, size);
    ASSERT(h->agent->column >= 0 && h->agent->cursor_n <= SNMP_OID_BYTES);
}

static void no_rings(const struct net *n)
{
    for (size_t i = 0; i < n->hosts.n; i++) {
        const struct net_host *at = n->hosts.at[i];
        size_t steps = 0;

        for (; at->parents; at = at->parent[0])
            ASSERT(++steps <= n->hosts.n && !at->parent[0]->gone);
        ASSERT(n->hosts.at[i]->gone || n->hosts.at[i]->name[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net *n = NEW(struct net);
    struct net_heard *heard = NEW(struct net_heard);
    size_t at = 0;

    n->pdu = NEW(struct snmp_pdu);
    n->communities = 1;
    n->rate_pps = 1;
    for (uint32_t i = 0; i < HOSTS; i++)
        host_add(n, 0xc0000201 + i);
    *heard = (struct net_heard){.protocol = "LLDP", .ip = 0xc0000201, .does = NEIGHBOUR_BRIDGE};
    VEC_PUSH(&n->heard, heard);
    for (int i = 0; at < size; i++) {
        size_t bytes = (size_t)data[at] << 8 | (at + 1 < size ? data[at + 1] : 0);

        at += at + 1 < size ? 2 : 1;
        bytes = bytes < size - at ? bytes : size - at;
        hear(n, n->hosts.at[i % HOSTS], (const char *)data + at, bytes);
        at += bytes;
    }
    net_far_hosts(n);
    net_names_choose(n);
    net_parents_guess(n);
    no_rings(n);
    net_hear_free(n);
    net_hosts_free(n);
    net_index_free(n);
    mem_free(n->pdu);
    mem_free(n);
    return 0;
}

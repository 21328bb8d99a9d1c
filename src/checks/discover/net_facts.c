/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_facts.c: does a host answer echoes, and what is its name? One packet each. A resolver that is silent is not asked for ever. */
#include "checks/discover/net_priv.h"
#include "base/str.h"

enum { MAX_NAMES = 16, NAME_WAIT_MS = 2000, NAMES_LOST = 4, ECHO_WAIT_MS = 1000, TYPE_PTR = 12 };

/* A question about a host that is under way. */
struct net_name {
    struct net_name *next;
    struct net *net;
    struct net_host *host;
    struct dns_job *dns;
    struct icmp_job *icmp;
};

static struct net_name *question_new(struct net *n, struct net_host *h)
{
    struct net_name *q = NEW(struct net_name);
    *q = (struct net_name){.next = n->names, .net = n, .host = h};
    n->names = q;
    h->waiting++;
    return q;
}

static void question_drop(struct net_name *q)
{
    struct net_name **at = &q->net->names;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->host->waiting--;
    mem_free(q);
}

static void on_name(void *arg, const struct dns_answer *r)
{
    struct net_name *q = arg;
    struct net *n = q->net;
    n->n_names--;
    n->names_lost = r->code == 0 ? 0 : n->names_lost + 1;
    for (int i = 0; r->code == 0 && i < r->n; i++) {
        size_t bytes = strlen(r->rr[i].text);
        if (r->rr[i].type != TYPE_PTR || q->host->dns_name[0])
            continue;
        net_clean(q->host->dns_name, sizeof(q->host->dns_name), r->rr[i].text, bytes && r->rr[i].text[bytes - 1] == '.' ? bytes - 1 : bytes);
    }
    question_drop(q);
}

static void on_echo(void *arg, const struct icmp_reply *r)
{
    struct net_name *q = arg;
    if (r->received > 0)
        q->host->echo = q->host->proven = true;
    question_drop(q);
}

static int echo_ask(struct net *n, struct net_host *h)
{
    struct addr to;
    h->echo_asked = true;
    if (icmp_allowed(n->icmp, false) != 0)
        return 0;
    struct net_name *q = question_new(n, h);
    net_addr_of(h->ip, 0, &to);
    int packets = n->sweep.way == NET_BY_ARP ? 2 : 1; /* the kernel has to ask by ARP for itself */
    h->packets += packets;
    q->icmp = icmp_ping(n->icmp, &to, 1, 1, 1000, ECHO_WAIT_MS, 16, on_echo, q);
    return packets;
}

static int name_ask(struct net *n, struct net_host *h)
{
    char name[64];
    h->name_asked = true;
    struct net_name *q = question_new(n, h);
    n->n_names++;
    h->packets++;
    str_print(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa", h->ip & 255, h->ip >> 8 & 255, h->ip >> 16 & 255, h->ip >> 24);
    q->dns = dns_query(n->dns, NULL, name, TYPE_PTR, NAME_WAIT_MS, on_name, q);
    return 1;
}

static bool names_wanted(const struct net *n) { return n->names_lost < NAMES_LOST; }

int net_facts_next(struct net *n)
{
    for (size_t i = 0; i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[i];
        if (!net_host_may(h, 1))
            continue;
        int packets = h->echo_asked ? 0 : echo_ask(n, h);
        if (!packets && !h->name_asked && names_wanted(n) && n->n_names < MAX_NAMES)
            packets = name_ask(n, h);
        if (packets)
            return packets;
    }
    return 0;
}

bool net_facts_done(const struct net *n, const struct net_host *h)
{
    return h->far || (h->echo_asked && (h->name_asked || !names_wanted(n))) || !net_host_may(h, 1);
}

void net_facts_free(struct net *n)
{
    while (n->names) {
        icmp_cancel(n->names->icmp);
        dns_cancel(n->names->dns);
        question_drop(n->names);
    }
}

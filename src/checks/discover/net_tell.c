/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_tell.c: findings: each host with its address and its parents, each service with the check that fits it. Identity is the MAC
 * address, so that a host that got another address is the same. A host with an address is pinged: one that answers no pings is proposed without,
 * and its checks say where they go. */
#include "checks/discover/net_priv.h"
#include "base/json.h"
#include "base/map.h"
#include "base/msg.h"
#include "base/str.h"

#include <stdlib.h>

enum { TEXT_BYTES = 2000, MAX_INTERFACES = 32, CHECK_BYTES = 64, HOSTS_A_TURN = 50 };

/* One finding after the other, of one host. */
struct telling {
    struct net *net;
    const struct net_host *host;
    char key[80], address[16];
    struct buf parents, yaml, what, evidence;
    struct map taken; /* names of checks */
    VEC(char *) names;
};

/* It was asked, and answers no pings. */
static bool quiet(const struct net_host *h) { return !h->far && !h->echo; }

static void put(struct telling *t, const char *key, const char *check)
{
    const struct finding f = {
        .key = key, .source = t->net->source, .host = t->host->name, .address = quiet(t->host) ? NULL : t->address, .parents = t->parents.len ? buf_text(&t->parents) : NULL,
        .check = check, .yaml = check ? buf_text(&t->yaml) : NULL, .what = buf_text(&t->what), .evidence = buf_text(&t->evidence)};
    if (!t->yaml.full && !t->what.full && !t->evidence.full)
        discover_found(&t->net->head, &f);
    buf_clear(&t->yaml);
    buf_clear(&t->what);
    buf_clear(&t->evidence);
}

/* "http", or "http-8080" when there is one already. */
static const char *check_name(struct telling *t, const char *word, int port)
{
    char name[CHECK_BYTES];
    str_copy(name, sizeof(name), word);
    if (map_find(&t->taken, name))
        str_print(name, sizeof(name), "%.40s-%d", word, port);
    char *copy = mem_dup(name);
    VEC_PUSH(&t->names, copy);
    map_set(&t->taken, copy, copy);
    return copy;
}

/* ---- services ---- */

static void yaml_name(const char *word, const char *check, struct buf *out)
{
    buf_printf(out, "%s: { ", word);
    if (!str_eq(word, check)) {
        buf_str(out, "name: ");
        json_quote(out, check);
        buf_str(out, ", ");
    }
}

static void yaml_web(const struct net_host *h, const struct net_service *s, const char *check, struct buf *out)
{
    char url[NET_NAME_BYTES + 40], address[16], port[12] = "";
    net_ip_format(h->ip, address);
    if (s->port != (s->tls ? 443 : 80))
        str_print(port, sizeof(port), ":%d", s->port);
    str_print(url, sizeof(url), "%s://%s%s/", s->tls ? "https" : "http", s->verified ? s->name : address, port);
    yaml_name("http", check, out);
    buf_str(out, "url: ");
    json_quote(out, url);
    if (s->verified)
        buf_printf(out, ", address: %s", address);
    else if (s->tls)
        buf_str(out, ", verify: no");
    if (s->status < 200 || s->status > 399) /* that is how it is when all is well */
        buf_printf(out, ", expect: { status: %d }", s->status >= 100 && s->status <= 599 ? s->status : 200);
    buf_str(out, " }");
}

static void yaml_check(const struct net_host *h, const struct net_service *s, const char *word, const char *check, struct buf *out)
{
    char address[16] = "";
    if (quiet(h) || str_eq(word, "ldap")) /* whose server has no port alone */
        net_ip_format(h->ip, address);
    yaml_name(word, check, out);
    buf_printf(out, "%s: \"%s%s%d\"", str_eq(word, "tcp") ? "port" : str_eq(word, "ldap") ? "server" : "target", address, address[0] ? ":" : "", s->port);
    if (s->tls && str_eq(word, "tcp"))
        buf_str(out, ", tls: yes");
    if (s->verified) {
        buf_str(out, ", server_name: ");
        json_quote(out, s->name);
    } else if (s->tls) {
        buf_str(out, ", verify: no");
    }
    buf_str(out, " }");
}

static void yaml_dns(const struct net_host *h, const struct net_service *s, const char *check, struct buf *out)
{
    static const char *const words[] = {[0] = "NOERROR", [2] = "SERVFAIL", [3] = "NXDOMAIN", [5] = "REFUSED"};
    const char *word = s->status >= 0 && s->status < (int)COUNT(words) ? words[s->status] : NULL;
    char address[16];
    if (!word) {
        yaml_check(h, s, "tcp", check, out);
        return;
    }
    net_ip_format(h->ip, address);
    yaml_name("dns", check, out);
    buf_printf(out, "query: %u.%u.%u.%u.in-addr.arpa, type: PTR, server: %s, rcode: %s }", h->ip & 255, h->ip >> 8 & 255, h->ip >> 16 & 255, h->ip >> 24, address, word);
}

void net_service_yaml(const struct net_host *h, const struct net_service *s, const char *check, struct buf *out)
{
    switch (s->kind) {
    case NET_WEB:
        yaml_web(h, s, check, out);
        break;
    case NET_CHECK:
        yaml_check(h, s, s->check, check, out);
        break;
    case NET_DNS:
        yaml_dns(h, s, check, out);
        break;
    case NET_PLAIN:
        yaml_check(h, s, "tcp", check, out);
        break;
    }
}

/* The word that a check of it is called by. */
static const char *word_of(const struct net_service *s)
{
    static const struct {
        int port;
        const char *word;
    } known[] = {{9100, "printer"}, {631, "ipp"}, {445, "smb"}, {3389, "rdp"}, {5666, "nrpe"}, {465, "submissions"}, {993, "imaps"}, {995, "pop3s"}};
    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i].port == s->port)
            return known[i].word;
    return s->kind == NET_WEB ? (s->tls ? "https" : "http") : s->kind == NET_CHECK ? s->check : s->kind == NET_DNS ? "dns" : "tcp";
}

static void tell_service(struct telling *t, const struct net_service *s)
{
    char key[120];
    const char *word = word_of(s), *check = check_name(t, word, s->port);
    str_print(key, sizeof(key), "%s/tcp/%d", t->key, s->port);
    net_service_yaml(t->host, s, check, &t->yaml);
    if (s->quote[0])
        msg_pack(&t->what, MSG("{1} at port {2} of {3}: “{4}”"), "siss", word, (int64_t)s->port, t->host->name, s->quote);
    else
        msg_pack(&t->what, MSG("{1} at port {2} of {3}"), "sis", word, (int64_t)s->port, t->host->name);
    if (s->kind == NET_PLAIN)
        msg_pack(&t->evidence, MSG("TCP port {1} is open, and says nothing of itself"), "i", (int64_t)s->port);
    else if (s->kind == NET_WEB)
        msg_pack(&t->evidence, MSG("TCP port {1} answered HTTP with status {2}"), "ii", (int64_t)s->port, (int64_t)s->status);
    else
        msg_pack(&t->evidence, MSG("TCP port {1} answered"), "i", (int64_t)s->port);
    put(t, key, check);
}

/* ---- SNMP ---- */

static void yaml_agent(const struct telling *t, struct buf *out)
{
    const char *community = t->net->community[t->host->agent->community];
    if (quiet(t->host))
        buf_printf(out, ", address: %s", t->address);
    if (str_eq(community, "public"))
        return;
    buf_str(out, ", community: ");
    json_quote(out, community);
}

/* The neighbour at a port, by LLDP: "sw1". NULL: none. */
static const char *peer_name(const struct net_agent *a, int64_t port)
{
    for (size_t i = 0; i < a->peers.n; i++)
        if (a->peers.at[i].port == port && a->peers.at[i].system[0])
            return a->peers.at[i].system;
    return NULL;
}

static void tell_interface(struct telling *t, const struct net_interface *k)
{
    char key[120], word[CHECK_BYTES];
    const char *to = peer_name(t->host->agent, k->index), *width = k->wide ? "HC" : "";
    str_print(word, sizeof(word), "if-%.50s", k->name);
    for (char *p = word; *p; p++)
        *p = *p == '/' || *p == ' ' ? '-' : *p;
    const char *check = check_name(t, word, (int)k->index);
    str_print(key, sizeof(key), "%s/interface/%.40s", t->key, k->name);
    yaml_name("snmp", check, &t->yaml);
    buf_printf(&t->yaml, "oids: [in=if%sInOctets.%lld, out=if%sOutOctets.%lld], rate: yes, scale: 8, unit: b", width, (long long)k->index, width, (long long)k->index);
    yaml_agent(t, &t->yaml);
    buf_str(&t->yaml, " }");
    if (to)
        msg_pack(&t->what, MSG("traffic of interface {1} of {2}, to {3}"), "sss", k->name, t->host->name, to);
    else
        msg_pack(&t->what, MSG("traffic of interface {1} of {2}"), "ss", k->name, t->host->name);
    if (k->mbit > 0)
        msg_pack(&t->evidence, MSG("SNMP: it is up, with {1} Mbit/s"), "i", k->mbit);
    else
        msg_pack(&t->evidence, MSG("SNMP: it is up"), "");
    put(t, key, check);
}

static void tell_agent(struct telling *t)
{
    const struct net_agent *a = t->host->agent;
    char key[120];
    int told = 0;
    if (!a || !a->answers)
        return;
    const char *check = check_name(t, "snmp", 161);
    str_print(key, sizeof(key), "%s/snmp", t->key);
    buf_str(&t->yaml, "snmp: { oid: sysUpTime.0");
    yaml_agent(t, &t->yaml);
    buf_str(&t->yaml, " }");
    msg_pack(&t->what, MSG("the SNMP agent of {1}"), "s", t->host->name);
    msg_pack(&t->evidence, MSG("it says of itself: {1}"), "s", a->text);
    put(t, key, check);
    for (size_t i = 0; i < a->interfaces.n && told < MAX_INTERFACES; i++) {
        const struct net_interface *k = &a->interfaces.at[i];
        if (!k->up || !k->name[0] || str_eq(k->name, "lo") || !k->has_mac)
            continue;
        tell_interface(t, k);
        told++;
    }
}

/* ---- hosts ---- */

static void what_host(struct telling *t)
{
    const struct net_host *h = t->host;
    const char *of_itself = h->agent && h->agent->text[0] ? h->agent->text : h->heard ? h->heard->platform : "";
    const char *as = h->agent && h->agent->forwards                                                   ? MSG("a router at {1}")
                     : (h->heard && h->heard->does & NEIGHBOUR_BRIDGE) || (h->agent && h->agent->does & NEIGHBOUR_BRIDGE) ? MSG("a switch at {1}")
                     : h->heard && h->heard->does & NEIGHBOUR_ROUTER                                  ? MSG("a router at {1}")
                                                                                                      : MSG("a host at {1}");
    struct buf kind = BUF_MAX(200);
    msg_pack(&kind, as, "s", t->address);
    if (of_itself[0])
        msg_pack(&t->what, MSG("{1}: {2}"), "ms", buf_text(&kind), of_itself);
    else
        buf_str(&t->what, buf_text(&kind));
    buf_done(&kind);
}

static void also(struct buf *all, const struct buf *more)
{
    struct buf before = BUF_MAX(TEXT_BYTES);
    buf_str(&before, buf_text(all));
    buf_clear(all);
    msg_pack(all, MSG("{1}; {2}"), "mm", buf_text(&before), buf_text(more));
    buf_done(&before);
}

/* {1}: its MAC address */
static const char *how_it_answers(const struct net *n, const struct net_host *h)
{
    if (h->echo)
        return MSG("answers with the MAC address {1}, and answers pings");
    if (icmp_allowed(n->icmp, false) != 0)
        return MSG("answers with the MAC address {1}; this machine lets vigie send no pings: its services alone can be watched");
    return MSG("answers with the MAC address {1}, but no pings: its services alone can be watched");
}

static void evidence_host(struct telling *t)
{
    const struct net_host *h = t->host;
    struct buf more = BUF_MAX(TEXT_BYTES / 2), list = BUF_MAX(200);
    char mac[ETHER_MAC_TEXT], ip[16];
    ether_mac_format(h->mac, mac);
    if (h->far)
        msg_pack(&t->evidence, MSG("a router knows it; it was not asked itself"), "");
    else if (h->has_mac)
        msg_pack(&t->evidence, how_it_answers(t->net, h), "s", mac);
    else
        msg_pack(&t->evidence, h->echo ? MSG("answers pings") : MSG("answers, but no pings: its services alone can be watched"), "");
    for (int i = 0; i < h->aliases; i++) {
        net_ip_format(h->alias[i], ip);
        buf_printf(&list, "%s%s", i ? ", " : "", ip);
    }
    if (list.len) {
        msg_pack(&more, MSG("also at {1}"), "s", buf_text(&list));
        also(&t->evidence, &more);
    }
    if (h->heard) {
        buf_clear(&more);
        msg_pack(&more, MSG("heard by {1} on {2}; this machine is at its port {3}"), "sss", h->heard->protocol, t->net->link->name, h->heard->port);
        also(&t->evidence, &more);
    }
    if (t->parents.len) {
        buf_clear(&more);
        msg_pack(&more, h->how, "s", buf_text(&t->parents));
        also(&t->evidence, &more);
    }
    buf_done(&more);
    buf_done(&list);
}

static void tell_host(struct net *n, const struct net_host *h)
{
    struct telling t = {.net = n, .host = h, .parents = BUF_MAX(400), .yaml = BUF_MAX(TEXT_BYTES), .what = BUF_MAX(TEXT_BYTES), .evidence = BUF_MAX(TEXT_BYTES)};
    char mac[ETHER_MAC_TEXT];
    net_ip_format(h->ip, t.address);
    ether_mac_format(h->mac, mac);
    str_print(t.key, sizeof(t.key), "net/%s", h->has_mac && !h->doubt ? mac : t.address);
    for (int i = 0; i < h->parents; i++)
        buf_printf(&t.parents, "%s%s", i ? ", " : "", h->parent[i]->name);
    what_host(&t);
    evidence_host(&t);
    put(&t, t.key, NULL);
    for (size_t i = 0; i < h->services.n; i++)
        tell_service(&t, &h->services.at[i]);
    tell_agent(&t);
    for (size_t i = 0; i < t.names.n; i++)
        mem_free(t.names.at[i]);
    VEC_DONE(&t.names);
    map_done(&t.taken);
    buf_done(&t.parents);
    buf_done(&t.yaml);
    buf_done(&t.what);
    buf_done(&t.evidence);
}

/* By address, as a person would read the list; parents come with their children or before. */
static int by_address(const void *a, const void *b)
{
    const struct net_host *x = *(struct net_host *const *)a, *y = *(struct net_host *const *)b;
    return x->far != y->far ? x->far - y->far : (x->ip > y->ip) - (x->ip < y->ip);
}

bool net_tell_some(struct net *n)
{
    if (n->tell_at == 0 && n->hosts.n)
        qsort(n->hosts.at, n->hosts.n, sizeof(*n->hosts.at), by_address);
    for (int i = 0; i < HOSTS_A_TURN && n->tell_at < n->hosts.n; i++) {
        const struct net_host *h = n->hosts.at[n->tell_at++];
        if (!h->gone && (!h->doubt || h->proven))
            tell_host(n, h);
    }
    return n->tell_at < n->hosts.n;
}

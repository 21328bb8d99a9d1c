/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_priv.h: what the files of a run over a network share.
 *
 * net.c       life of the run; the pump that lets packets out, never faster than the rate
 * net_sweep.c who has an address of the prefix: ARP, or echoes, or datagrams and the table of neighbours
 * net_hosts.c the table of hosts: one a MAC address
 * net_facts.c echo and name of a host
 * net_ports.c connections to some twenty ports, and what answers there
 * net_agent.c SNMP: who it is, interfaces, routes, neighbours
 * net_hear.c  LLDP and CDP frames of our own link
 * net_index.c  who has an address, a MAC, a name
 * net_parents.c, net_tell.c  what follows from all that, when the rest is done
 *
 * The four that send are sources: asked in turn by the pump, a source sends at most one packet or a few that belong together, says how many,
 * and 0 when it has nothing to send now.  What a connection sends later (ACK, a question, a TLS handshake) is charged afterwards and delays
 * what comes next.  A host is asked NET_HOST_PACKETS at most.  All of it runs on one loop; only the kernel's tables are read by a worker. */
#ifndef VIGIE_CHECKS_DISCOVER_NET_PRIV_H
#define VIGIE_CHECKS_DISCOVER_NET_PRIV_H

#include "base/buf.h"
#include "base/vec.h"
#include "checks/discover/discover_priv.h"
#include "io/dns.h"
#include "io/icmp.h"
#include "io/lan.h"
#include "io/sock.h"
#include "io/udp.h"
#include "io/work.h"
#include "wire/ether.h"
#include "wire/snmp.h"

enum {
    NET_RATE_PPS = 250, NET_MAX_RATE_PPS = 10000, NET_LEAST_BITS = 20,
    NET_HOST_PACKETS = 150,                        /* to one host, all kinds together */
    NET_PASSES = 2,                                /* so often who does not answer is asked */
    NET_MAX_ALIASES = 8, NET_MAX_SERVICES = 32,
    NET_MAX_COMMUNITIES = 8, NET_MAX_FAR = 512,    /* hosts that routers know */
    NET_MAX_PARENTS = 3, NET_NAME_BYTES = 101, NET_QUOTE_BYTES = 121,
};

/* ---- SNMP ---- */
struct net_interface {
    int64_t index, mbit;
    char name[64];
    unsigned char mac[ETHER_MAC];
    bool has_mac, up, wide; /* wide: it has 64-bit counters */
};
struct net_known { /* of its ARP table */
    uint32_t ip;
    unsigned char mac[ETHER_MAC];
};
struct net_peer { /* of its LLDP table */
    uint32_t time, port, index; /* row */
    enum neighbour_id kind;
    unsigned char chassis[64];
    size_t chassis_n;
    int64_t subtype;
    char system[NET_NAME_BYTES], port_name[64];
    uint32_t ip;
    int does; /* NEIGHBOUR_… */
};
struct net_agent {
    int community; /* that is tried, or that fits */
    bool waiting, over, answers;
    int column, tries, column_packets;
    int64_t id, deadline_ms;
    unsigned char cursor[SNMP_OID_BYTES];
    size_t cursor_n;
    char system[NET_NAME_BYTES], text[NET_QUOTE_BYTES];
    unsigned char engine[SNMP_MAX_ENGINE], chassis[64];
    size_t engine_n, chassis_n;
    bool forwards;
    int does;
    VEC(struct net_interface) interfaces;
    VEC(struct net_known) known;
    VEC(struct net_peer) peers;
    VEC(uint32_t) own;  /* addresses */
    VEC(uint32_t) hops; /* next hops of its routes */
};

/* ---- hosts ---- */
enum net_answer { NET_CHECK, NET_WEB, NET_DNS, NET_PLAIN };
struct net_service {
    int port;
    enum net_answer kind;
    const char *check; /* NET_CHECK: word of the probe */
    int status;        /* NET_WEB: of HTTP; NET_DNS: rcode */
    bool tls, verified;
    char name[NET_NAME_BYTES];   /* with TLS and verified: for which name */
    char quote[NET_QUOTE_BYTES]; /* what it said, cleaned; "" */
};
struct net_heard { /* a neighbour on our link */
    const char *protocol;
    enum neighbour_id kind;
    unsigned char chassis[64], mac[ETHER_MAC]; /* mac: who sent the frame */
    size_t chassis_n;
    char system[NET_NAME_BYTES], port[64], platform[NET_QUOTE_BYTES];
    uint32_t ip;
    int does, vlan;
};
struct net_host {
    uint32_t ip; /* numbers of IPv4, as one reads them */
    unsigned char mac[ETHER_MAC];
    bool has_mac, doubt, proven; /* doubt: one MAC answers for too many addresses; proven: it is there all the same */
    bool far;                    /* a router knows it; nothing is sent to it */
    bool gone;                   /* was found to be another one: */
    struct net_host *merged;
    uint32_t alias[NET_MAX_ALIASES];
    int aliases;
    int packets, open, port_at;
    bool echo, echo_asked, name_asked;
    int waiting; /* answers that may come */
    char dns_name[NET_NAME_BYTES], name[NET_NAME_BYTES];
    const struct net_heard *heard;
    struct net_agent *agent;
    VEC(struct net_service) services;
    /* net_parents.c */
    bool conducts; /* packets of others go through it */
    bool reached;
    const char *how; /* a message: how its parents are known; {1} the parents */
    struct net_host *parent[NET_MAX_PARENTS], *teller[NET_MAX_PARENTS]; /* teller: routers that know a far one */
    int parents, tellers;
};

struct net_conn; /* net_ports.c */
struct net_echo; /* net_sweep.c */
struct net_tables;
struct net_slot;

enum net_way { NET_BY_ARP, NET_BY_ECHO, NET_BY_DATAGRAM };
struct net_sweep {
    uint32_t first, count, at;
    unsigned char *state; /* of each address: NET_ASKED, … */
    enum net_way way;
    int pass;
    int64_t pause_ms; /* not before */
    bool settled, over;
};
enum { NET_ANSWERED = 1, NET_OURS = 2 };

struct net {
    struct discover head;
    char prefix[64], source[80];
    struct addr net_addr;
    int bits, rate_pps;
    int64_t listen_ms, began_ms;
    char *community[NET_MAX_COMMUNITIES];
    int communities;
    struct work_pool *workers;
    struct net_tables *tables; /* being read */
    struct lan lan;
    const struct lan_link *link;
    uint32_t our_ip;
    char our_name[NET_NAME_BYTES];
    struct frames *frames;
    bool no_frames; /* nothing is heard, for lack of CAP_NET_RAW */
    struct icmp *icmp;
    struct dns *dns;
    struct udp *udp;
    struct timer pump;
    int64_t next_us; /* when the next packet may leave */
    unsigned turn;
    struct net_sweep sweep;
    VEC(struct net_host *) hosts;
    unsigned host_turn;
    struct net_echo *echoes;
    struct net_name *names;
    struct net_conn *conns;
    int n_conns, n_names, n_agents;
    int names_lost; /* one after the other */
    VEC(struct net_heard *) heard;
    int64_t snmp_id;
    struct snmp_pdu *pdu;
    struct net_slot *index;
    size_t index_size, index_used;
    uint64_t index_seed;
    bool told; /* nothing that comes now counts any more */
    size_t tell_at;
    bool late;
    struct err end;
};

/* ---- net.c ---- */
void net_charge(struct net *n, int packets);                    /* what was sent beside what a source said */
void net_charge_host(struct net *n, struct net_host *h, int packets);
void net_addr_of(uint32_t ip, int port, struct addr *ret);
bool net_ip_of(const struct addr *a, uint32_t *ret);            /* false: no IPv4 */
void net_ip_format(uint32_t ip, char out[16]);
void net_clean(char *out, size_t out_bytes, const char *p, size_t bytes); /* text from outside, cut */
bool net_is_ours(const struct net *n, uint32_t ip);
bool net_on_link(const struct net *n, uint32_t ip); /* in a prefix that we are on */
void net_read_neighbours(struct net *n);

/* ---- net_sweep.c ---- */
int net_sweep_begin(struct net *n, struct err *e); /* link and lan are known */
int net_sweep_next(struct net *n);
void net_sweep_met(struct net *n, uint32_t ip, const unsigned char *mac); /* mac NULL: unknown */
void net_sweep_free(struct net *n);
void net_on_frame(void *arg, const char *p, size_t bytes);
void net_sweep_datagram_error(struct net *n, const struct addr *peer, int code);

/* ---- net_hosts.c ---- */
struct net_host *net_host_at(const struct net *n, uint32_t ip); /* also by an alias; NULL */
struct net_host *net_host_by_mac(const struct net *n, const unsigned char *mac);
struct net_host *net_host_add(struct net *n, uint32_t ip, const unsigned char *mac);
void net_host_learn_mac(struct net *n, struct net_host *h, const unsigned char *mac); /* may merge it into another */
void net_host_merge(struct net *n, struct net_host *into, struct net_host *h);
void net_hosts_free(struct net *n);
bool net_host_may(const struct net_host *h, int packets);

/* ---- net_facts.c ---- */
int net_facts_next(struct net *n);
bool net_facts_done(const struct net *n, const struct net_host *h);
void net_facts_free(struct net *n);

/* ---- net_ports.c ---- */
int net_ports_next(struct net *n);
bool net_ports_done(const struct net *n, const struct net_host *h);
int net_ports_count(void);
void net_ports_free(struct net *n);

/* ---- net_agent.c ---- */
int net_agents_next(struct net *n);
bool net_agent_done(const struct net *n, const struct net_host *h);
void net_agent_data(struct net *n, const struct addr *from, const char *p, size_t bytes);
void net_agent_error(struct net *n, const struct addr *peer, int code);
void net_agent_free(struct net_agent *a);

/* ---- net_hear.c ---- */
void net_hear(struct net *n, const struct ether_head *h);
void net_hear_free(struct net *n);

/* ---- net_index.c: the first who was added under a key has it ---- */
enum net_key { NET_KEY_IP, NET_KEY_MAC, NET_KEY_CHASSIS, NET_KEY_ENGINE, NET_KEY_NAME /* case ignored */ };
struct net_host *net_index_find(const struct net *n, enum net_key kind, const void *p, size_t bytes); /* NULL; nobody has an empty key */
void net_index_add(struct net *n, enum net_key kind, const void *p, size_t bytes, struct net_host *h);
void net_index_free(struct net *n);

/* ---- net_parents.c, net_tell.c ---- */
void net_names_choose(struct net *n);
void net_far_hosts(struct net *n); /* those that routers know */
void net_parents_guess(struct net *n);
bool net_tell_some(struct net *n); /* some hosts more; false: that was all */
void net_service_yaml(const struct net_host *h, const struct net_service *s, const char *check, struct buf *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zone.h: what is found out of a zone (probe_dns_zone.c) and judged (zone_judge.c). Private to these two. */
#ifndef VIGIE_CHECKS_DNS_ZONE_H
#define VIGIE_CHECKS_DNS_ZONE_H

#include "checks/dns/ask.h"

enum { ZONE_MAX_SERVERS = 16, ZONE_MAX_PEERS = 48, ZONE_MAX_GLUE = 48 };
enum { ZONE_A = 1, ZONE_NS = 2, ZONE_SOA = 6, ZONE_AAAA = 28, ZONE_RRSIG = 46, ZONE_AXFR = 252 };
enum { ZONE_REFUSED = 5, ZONE_NOTIMP = 4 };
enum { ZONE_MUST_REFUSE, ZONE_ANY };

struct zone_opts {
    const char *zone, *parent, *other;
    struct conf_texts servers;
    int64_t port, lag_ms, behind;
    int transfer, recursion;
    bool delegation, must_sign, ipv6;
    struct conf_level signature_warn, signature_crit;
};
struct zone_server {
    struct attempt *a;
    const char *name;
    bool in_zone, at_parent, configured;
    struct dns_job *dns;
    int n_peers;
};
struct zone_peer { /* one address of a server */
    struct zone_server *server;
    struct addr addr;
    struct dns_ask soa, axfr, other;
    int code, rcode;
    bool aa, has_serial, is_signed, transfers, recurses;
    uint32_t serial, signature_ends;
};
struct zone_glue {
    const char *name;
    struct addr addr;
};
struct zone_job {
    struct dns_ask names, parent, delegation;
    struct dns_job *parent_dns;
    const char *above;
    int naming, looking, waiting; /* what each round waits for */
    int parent_code;
    bool named, delegated;
    struct zone_server servers[ZONE_MAX_SERVERS];
    struct zone_peer peers[ZONE_MAX_PEERS];
    struct zone_glue glue[ZONE_MAX_GLUE];
    int n_servers, n_peers, n_glue;
};
struct zone_memory {
    int64_t differ_since_ms; /* mono; 0: they agree */
};
bool zone_same_name(const char *a, const char *b);
void zone_glue_add(struct attempt *a, const char *name, const char *address);
void zone_findings(struct attempt *a); /* says what is wrong with what is known */
void zone_judge(struct attempt *a);    /* and ends the attempt */

#endif

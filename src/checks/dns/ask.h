/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.h: one question to one DNS server, straight: by UDP through sockets that all questions of a loop share, by TCP when
 * the answer does not fit or TCP is wanted.  Without a server the system's resolver is asked (by io/dns.h).
 *
 * Embedded in a probe's job.  The callback comes once, never from inside _start(); dns_ask_stop() is safe at any time and
 * no callback comes afterwards.  A lost question is sent again. For the DNS probes only. */
#ifndef VIGIE_CHECKS_DNS_ASK_H
#define VIGIE_CHECKS_DNS_ASK_H

#include "checks/attempt.h"
#include "io/sock.h"
#include "wire/dnsq.h"

enum dns_way { DNS_BY_UDP, DNS_BY_TCP };
struct dns_question {
    const char *name;
    int type;
    const struct addr *server; /* with its port; NULL: the system's */
    unsigned flags;            /* DNSQ_… */
    enum dns_way way;
    bool no_edns;
};
struct dns_ask;
/* r: as of dns_query(); texts go after the callback. */
typedef void dns_ask_fn(struct dns_ask *k, const struct dns_answer *r);

struct dns_ask {
    struct dns_ask *next; /* in the hub */
    struct attempt *a;
    void *owner; /* the probe's, for its callback */
    dns_ask_fn *fn;
    struct addr server;
    unsigned flags;
    struct dnsq q;
    struct timer timer;
    struct sock *sock;
    struct buf heard;    /* by TCP */
    struct dns_job *job; /* at the system's resolver */
    int64_t began_us, again_ms;
    int code;            /* what went wrong before anything was sent */
    bool waiting, in_hub, truncated, tcp, plain; /* plain: without EDNS */
    const char *name;    /* in the attempt's arena */
    int type;
};
void dns_ask_start(struct dns_ask *k, struct attempt *a, const struct dns_question *q, dns_ask_fn *fn, void *owner);
void dns_ask_stop(struct dns_ask *k); /* also of a zeroed one */

/* Which server, as a member of a probe's options: an address, or none for the system's resolver. */
struct dns_server_opts {
    const char *server;
    int64_t port;
};
#define DNS_SERVER_ROWS(base)                                                                                          \
    {.key = "server", .type = CONF_TEXT, .offset = (base) + offsetof(struct dns_server_opts, server),                  \
     .help = MSG("address of the DNS server to ask; by default that of this machine"), .example = "192.0.2.53"},       \
    {.key = "port", .type = CONF_PORT, .offset = (base) + offsetof(struct dns_server_opts, port), .by_default = "53",  \
     .help = MSG("port of the server"), .example = "53"}
int dns_server_check(const struct dns_server_opts *o, struct err *e);
/* The address in *space, or NULL. */
const struct addr *dns_server_of(const struct dns_server_opts *o, struct addr *space);

struct dns_hub;
struct dns_hub *dns_hub_free(struct dns_hub *h);

#endif

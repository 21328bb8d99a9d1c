/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover.h: looks for what could be watched, on this machine or on a network that this machine is on.
 *
 * A run works in the background: all callbacks come on the loop that it was started on; it ends by itself, by discover_stop(), or by its
 * time limit. It asks nobody beyond its packet budget, and a network only when the caller has a person's yes. */
#ifndef VIGIE_CHECKS_DISCOVER_H
#define VIGIE_CHECKS_DISCOVER_H

#include "base/err.h"
#include "io/loop.h"
#include "model/finding.h"
#include <stdbool.h>
#include <stdint.h>

struct discover_progress {
    int64_t done, all;          /* steps; all may grow */
    int64_t packets;            /* sent so far, of any kind */
    int findings;
    const char *doing;          /* a message for people (MSG) */
};
struct discover_events {
    void (*on_finding)(void *arg, const struct finding *f);
    void (*on_progress)(void *arg, const struct discover_progress *p); /* at most a few a second */
    void (*on_end)(void *arg, const struct err *e);                    /* once; e NULL: came to its end. The run is gone when it returns */
};
struct discover;

struct work_pool;
/* This machine. Reads in a worker (machine.h), then asks its own listening sockets who they are. host: its name in the configuration,
 * copied. ERR_BUSY when the workers have too much to do. */
struct discover *discover_host(struct loop *l, struct work_pool *workers, const char *host, const struct discover_events *events, void *arg,
                               struct err *e);

struct discover_net_ask {
    const char *prefix;         /* "192.0.2.0/24", on-link on one of our interfaces, at most /20; else refused */
    int rate_pps;               /* packets a second, all kinds together: ARP, echoes, TCP, names, SNMP; 0: 250 (some 150 kbit/s) */
    const char *const *communities; /* SNMP v2c, NULL-ended; NULL: SNMP is not asked */
    int64_t listen_ms;          /* LLDP and CDP are heard this long at least while the sweep runs; 0: only while it runs */
};
/* A network of IPv4. What it may send: 2 packets to each address, 150 to each host that answers, never faster than the rate: a /24 with 50
 * hosts takes some 2,000 packets and 8 s. Nobody off the prefix is asked; hosts behind routers are told from what routers say by SNMP.
 * NULL: the ask is wrong (e->field says what). That the prefix is not on-link is told by on_end (ERR_DENIED, with the prefixes that are).
 * Without CAP_NET_RAW it goes by echoes, or datagrams and the table of neighbours, and hears no LLDP. */
struct discover *discover_net(struct loop *l, const struct discover_net_ask *ask, const struct discover_events *events, void *arg, struct err *e);

void discover_stop(struct discover *d); /* no callback after it */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lan.h: the links that this machine is on: interfaces, their addresses, the routes, the table of neighbours (ARP, NDP),
 * and frames that are no IP (ARP, LLDP, CDP) by a packet socket.
 *
 * lan_read() asks the kernel by rtnetlink; links and addresses come at once, routes and neighbours may be many: in a worker.
 * Frames need CAP_NET_RAW; without it frames_open() says so, and whoever asks goes on with what the neighbour table tells. */
#ifndef VIGIE_IO_LAN_H
#define VIGIE_IO_LAN_H

#include "base/err.h"
#include "base/vec.h"
#include "io/addr.h"
#include "io/loop.h"

struct lan_link {
    int index;
    char name[16];
    unsigned char mac[6];
    bool has_mac, up, loopback, arp; /* arp: Ethernet on which addresses are resolved */
};
struct lan_address {
    int link; /* index */
    struct addr addr;
    int bits;
};
struct lan_route { /* of the main table, unicast */
    int link, bits;
    struct addr to, via; /* via.len 0: on-link */
};
struct lan_neighbour { /* resolved: somebody has answered for that address */
    int link;
    struct addr addr;
    unsigned char mac[6];
    bool fresh; /* confirmed in the last seconds */
};
enum { LAN_LINKS = 1, LAN_ADDRESSES = 2, LAN_ROUTES = 4, LAN_NEIGHBOURS = 8, LAN_MAX = 8192 /* of each; more are left out */ };
struct lan {
    VEC(struct lan_link) links;
    VEC(struct lan_address) addresses;
    VEC(struct lan_route) routes;
    VEC(struct lan_neighbour) neighbours;
};
/* Adds what is asked for to *l (zeroed at first, or emptied by lan_done()). 0, or an error and *l as it was. May block. */
int lan_read(struct lan *l, int what, struct err *e);
void lan_done(struct lan *l);
const struct lan_link *lan_link_at(const struct lan *l, int index); /* NULL: none */
/* The route that packets to a take, the longest prefix; NULL: none. */
const struct lan_route *lan_route_to(const struct lan *l, const struct addr *a);

/* ---- frames ---- */
enum { FRAMES_ARP = 1, FRAMES_NEIGHBOURS = 2 /* LLDP and CDP; their multicast groups are joined */, FRAMES_MAX_BYTES = 2048 };
struct frames;
/* on_frame: whole frames of these kinds, from others, cut at FRAMES_MAX_BYTES. NULL: ERR_DENIED (no CAP_NET_RAW), ERR_IO, … */
struct frames *frames_open(struct loop *l, const struct lan_link *link, int kinds, void (*on_frame)(void *arg, const char *p, size_t n), void *arg, struct err *e);
int frames_send(struct frames *f, const void *p, size_t n); /* at once: 0, ERR_BUSY (the queue is full), ERR_IO */
struct frames *frames_free(struct frames *f);               /* also from on_frame */

#endif

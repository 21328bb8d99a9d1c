/* SPDX-License-Identifier: GPL-3.0-or-later */
/* udp.h: datagrams to many peers through one socket a family, many a system call.
 *
 * Unlike a `struct dgram` nothing is connected: whoever asks hundreds of peers (SNMP) shares two descriptors and tells
 * answers apart by what is in them and by who sent them.  The sockets are opened when they are first needed.  Callbacks
 * run on the loop, never from inside a call of this header; udp_free() may not be called from them. */
#ifndef VIGIE_IO_UDP_H
#define VIGIE_IO_UDP_H

#include "base/err.h"
#include "io/addr.h"
#include "io/loop.h"

enum { UDP_MAX_BYTES = 8192, UDP_MAX_WAITING = 4 << 20 }; /* of a datagram that is read (more is cut off); of what waits to be sent */

struct udp;
struct udp_events {
    void (*on_data)(void *arg, const struct addr *from, const char *p, size_t n);
    /* What was sent to peer did not arrive: ERR_REFUSED, ERR_UNREACHABLE, … p: as much of it as the network quoted, maybe nothing. */
    void (*on_error)(void *arg, const struct addr *peer, int code, const char *p, size_t n);
};
struct udp *udp_new(struct loop *l, const struct udp_events *events, void *arg);
struct udp *udp_free(struct udp *u);
/* Copied, sent before the loop sleeps. 0, ERR_BUSY when too much waits, or ERR_IO when no socket can be had. */
int udp_send(struct udp *u, const struct addr *peer, const void *p, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hops.h: one step along the way to a peer: a datagram that may pass `limit` routers, and who tells of it.
 *
 * The router where the limit ends answers with ICMP “time exceeded” (RFC 792, RFC 4443), the peer itself with “port
 * unreachable”, or with data when somebody listens there. UDP with IP_RECVERR: no privilege is needed. A walk along the
 * way is made of several such steps; the caller keeps local_port the same from run to run for each limit, so that routers
 * which spread flows over several links choose the same one again.
 *
 * Lifetime: hops_ask() → exactly one call of fn, on the loop and never from inside hops_ask(), after which the job is
 * gone; or hops_cancel(), and no call. The reply is borrowed during the call. */
#ifndef VIGIE_IO_HOPS_H
#define VIGIE_IO_HOPS_H

#include "base/err.h"
#include "io/addr.h"
#include "io/loop.h"

enum { HOPS_MAX_LIMIT = 255 };
enum hops_kind {
    HOPS_SILENT,    /* nobody told anything in time */
    HOPS_ROUTER,    /* a router on the way: the limit ended there */
    HOPS_TARGET,    /* the peer */
    HOPS_NO_NET,    /* somebody says: network unreachable */
    HOPS_NO_HOST,   /* … host unreachable */
    HOPS_FORBIDDEN, /* … administratively prohibited */
    HOPS_REFUSED,   /* … port unreachable, but it is not the peer: a packet filter */
};
struct hops_reply {
    int code; /* 0: look at kind; ERR_UNREACHABLE, ERR_DENIED, ERR_IO …: could not be sent, err says why */
    struct err err;
    enum hops_kind kind;
    struct addr from; /* unless silent */
    int64_t rtt_us;
};
typedef void hops_fn(void *arg, const struct hops_reply *r);

struct hops_job;
/* peer: with a port. local_port: 0 for any; one that is in use is replaced by any. */
struct hops_job *hops_ask(struct loop *l, const struct addr *peer, int limit, int local_port, int64_t timeout_ms, hops_fn *fn,
                          void *arg);
void hops_cancel(struct hops_job *job);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp.h: echo (RFC 792, RFC 4443) as an exchange. One `struct icmp` a loop holds one socket a family for
 * all pings.  Datagram sockets (ping_group_range) first, else raw (CAP_NET_RAW); where both are refused
 * icmp_allowed() says so, and the caller judges by other means. */
#ifndef VIGIE_IO_ICMP_H
#define VIGIE_IO_ICMP_H

#include "base/err.h"
#include "io/addr.h"
#include "io/loop.h"

enum { ICMP_MAX_COUNT = 20 };
struct icmp;
struct icmp_job;
struct icmp_reply {
    int code; /* 0: ran to its end (look at received); ERR_DENIED: no socket; ERR_UNREACHABLE: told by a router */
    struct err err;
    int sent, received;
    int64_t rtt_us[ICMP_MAX_COUNT]; /* by sequence; -1: lost */
};
typedef void icmp_fn(void *arg, const struct icmp_reply *r);

struct icmp *icmp_new(struct loop *l);
struct icmp *icmp_free(struct icmp *i);
int icmp_allowed(struct icmp *i, bool v6); /* 0 or ERR_DENIED */
/* Sends count echoes interval_ms apart, waits timeout_ms after the last; ends early when all have answered,
 * or after the first answers when `enough` > 0 have come. */
struct icmp_job *icmp_ping(struct icmp *i, const struct addr *peer, int count, int enough, int64_t interval_ms,
                           int64_t timeout_ms, size_t payload_bytes, icmp_fn *fn, void *arg);
void icmp_cancel(struct icmp_job *job);

#endif

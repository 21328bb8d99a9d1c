/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_channel.h: c-ares channels of a loop: for the system's resolver, and one for each other
 * server. They drive themselves; `after` is called when c-ares has processed something and has
 * returned. */
#ifndef VIGIE_IO_DNS_CHANNEL_H
#define VIGIE_IO_DNS_CHANNEL_H

#include "base/buf.h"
#include "io/addr.h"
#include "io/loop_priv.h"
#include <ares.h>
#include <time.h>

enum { DNS_EDNS_BYTES = 1232 /* fits every path without fragments */ };
enum channel_kind {
    SYSTEM_RESOLVE,
    SYSTEM_RESOLVE_DNS /* without the hosts file */,
    SYSTEM_QUERY,
    OTHER
};

struct channel {
    struct channel *next;
    struct channels *set;
    enum channel_kind kind;
    bool retired; /* goes when nothing waits for it */
    struct addr addr;
    ares_channel ares;
    int pending; /* counted by the user: look-ups that c-ares has not called back for */
    int64_t used_ms;
    struct timer tick;
    struct channel_fd *fds;
};

struct channels {
    struct loop *loop;
    void (*after)(void *arg);
    void *arg;
    struct channel *first;
    int n;
    int64_t looked_ms; /* when the two files were looked at */
    struct timespec conf_changed, hosts_changed;
    struct buf hosts; /* the hosts file; full: too large to keep */
};

void channels_init(struct channels *set, struct loop *l, void (*after)(void *arg), void *arg);
void channels_done(struct channels *set); /* c-ares calls back for all that waits */
/* NULL: too many servers, or an address that cannot be used. server only with OTHER. */
struct channel *channels_get(struct channels *set, enum channel_kind kind,
                             const struct addr *server);
/* Frees what is retired and idle. Not while c-ares is on the stack. */
void channels_reap(struct channels *set);
/* Which channel looks for the addresses of a name. */
enum channel_kind channels_kind(struct channels *set, const char *name);
void channel_started(struct channel *c); /* after a look-up was given to c->ares */

#endif

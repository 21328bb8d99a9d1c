/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dial.h: looks up a name and connects by TCP, trying one address after the other.
 *
 * Embedded in a probe's job. Callbacks get the attempt; dial_stop() is safe at any time and from any of them.
 * A failure before the connection stands ends the attempt with its text; what comes later is the probe's. */
#ifndef VIGIE_CHECKS_DIAL_H
#define VIGIE_CHECKS_DIAL_H

#include "checks/attempt.h"
#include "io/sock.h"

struct dial_events {
    void (*on_open)(struct attempt *a);
    void (*on_secure)(struct attempt *a);                         /* may be NULL */
    void (*on_data)(struct attempt *a, const char *p, size_t n);  /* may be NULL */
    void (*on_end)(struct attempt *a, int code, const struct err *e); /* after on_open; may be NULL */
};
struct dial {
    struct attempt *a;
    const struct dial_events *events;
    struct dns_job *dns;
    struct sock *sock;
    struct timer step;     /* next address */
    const struct addr *at; /* in the attempt's arena when looked up */
    struct addr literal;
    int n, i, port;
    int64_t began_us, secure_us;
    bool open, securing; /* securing: TLS is asked for and not yet there */
    struct tls_opts tls;
};
void dial_start(struct dial *d, struct attempt *a, const char *host, int port, const struct dial_events *events);
void dial_stop(struct dial *d);
/* Starts TLS on the open connection, at once or when one of the places for handshakes is free; on_secure follows.  Until
 * then nothing is read: what comes in the clear must not count as said within TLS.  The texts of opts live as long as
 * the attempt.  An end before on_secure comes as ERR_TLS. */
void dial_secure(struct dial *d, const struct tls_opts *opts);

#endif

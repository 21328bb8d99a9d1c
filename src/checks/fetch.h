/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch.h: one HTTP exchange of a probe: whom to connect to is looked up, an https exchange waits for one of the places
 * for handshakes, and then it is made.  It judges nothing and follows no redirect.
 *
 * Embedded in a probe's job; done comes once and may start the next exchange in the same struct.  fetch_stop() is safe
 * at any time. */
#ifndef VIGIE_CHECKS_FETCH_H
#define VIGIE_CHECKS_FETCH_H

#include "checks/attempt.h"
#include "checks/url.h"

enum { FETCH_MAX_HEADERS = 72 };
struct fetch_ask {
    const struct url *url;   /* as long as the exchange */
    const char *host;        /* whom to connect to: name or address; NULL: the one of the URL */
    int port;                /* 0: that of the URL */
    enum dns_family family;
    /* Called when it begins: method, headers (there is room for FETCH_MAX_HEADERS), body, TLS … of rq. */
    void (*fill)(struct attempt *a, struct httpc_request *rq, struct httpc_header *headers);
    /* r->code: also that of a look-up that failed. */
    void (*done)(struct attempt *a, const struct httpc_reply *r);
};
struct fetch {
    struct attempt *a;
    struct fetch_ask ask;
    struct dns_job *dns;
    struct httpc_job *http;
    struct addr at[DNS_MAX_ADDRS];
    int n;
};
void fetch_start(struct fetch *f, struct attempt *a, const struct fetch_ask *ask);
void fetch_stop(struct fetch *f);
/* For late(): the time-out came in the look-up, and that is said; else false. */
bool fetch_late(struct fetch *f);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* egress.h: one request over HTTP to somebody else's server: looked up, judged, pinned, and bounded.
 *
 * Two classes.  Staff: whom the configuration names (webhooks of the house, log-in servers, stores of mirrors); goes where it says.
 * Outsider: an address that came from outside (ActivityPub, WebSub, Web Push): https only, public addresses only (RFC 6890), unless
 * `announce: { outsiders: anywhere }` opens that for a closed network; the answer is at most 1 MiB, the time 10 s.
 * A name is looked up once, what it leads to is judged, and the connection goes to that address and no other.  Redirects are
 * followed when the request says so, each looked up and judged anew; a user's name and `authorization` headers stay with the first origin.
 *
 * On the main loop. */
#ifndef VIGIE_CHANNELS_EGRESS_H
#define VIGIE_CHANNELS_EGRESS_H

#include "config/conf.h"
#include "io/httpc.h"

enum egress_class { EGRESS_STAFF = 1, EGRESS_OUTSIDER };
struct egress_request { /* all copied */
    enum egress_class class;
    const char *method; /* NULL: "GET" */
    const char *url;
    const struct httpc_header *headers;
    int n_headers;
    const char *body;
    size_t body_bytes;
    const char *user, *password; /* basic; NULL */
    int64_t timeout_ms; /* of the whole; 0: 10 s */
    size_t max_body;    /* 0: 1 MiB */
    int redirects;      /* at most so many are followed; 0: none. GET and HEAD only */
    const char *ca_file; /* in place of the system's; NULL (staff only) */
};
struct egress;
struct egress_job;
struct egress *egress_new(struct loop *l, struct httpc *httpc, const struct conf *(*conf)(void *arg), void *arg);
struct egress *egress_free(struct egress *g); /* cancels all, without callbacks */
/* fn once, from a later turn; reply.code also ERR_DENIED (an address that outsiders may not have, http), ERR_INVALID (no such URL),
 * ERR_DNS, ERR_NOT_FOUND. url of the last hop: egress_url() of the job, during fn. */
struct egress_job *egress_start(struct egress *g, const struct egress_request *rq, httpc_fn *fn, void *arg);
const char *egress_url(const struct egress_job *job);
void egress_cancel(struct egress_job *job); /* no callback afterwards; not from its own */
/* Would an outsider be let there? For a URL that somebody gives us now and that is used later. ERR_INVALID, ERR_DENIED; names are judged when they are looked up. */
int egress_judge(const struct egress *g, const char *url, struct err *e);
bool egress_public_address(const struct addr *a);

#endif

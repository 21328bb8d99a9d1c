/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compat.h: interfaces of other tools that write: whoever fed them until now feeds this house without a change.
 *
 * Cachet, API v1 (as of its branch 2.4): /api/v1/ping, version, status, components, incidents, schedules, metrics, subscribers.
 *
 * Uptime Kuma: /api/push/TOKEN, and Gatus: POST /api/v1/endpoints/KEY/external: a job says how it went (push.c).
 *
 * Nothing is kept here.  What is read is a sight (model/sight.h) and the board; what is written goes through the operations (ops/),
 * with the token's role and scope, audited and durable before it is confirmed.  All on the main loop. */
#ifndef VIGIE_COMPAT_COMPAT_H
#define VIGIE_COMPAT_COMPAT_H

#include "base/buf.h"
#include "ops/op.h"

enum compat_kind {
    COMPAT_NONE,
    COMPAT_READ,  /* what everybody may read; a token shows drafts, too */
    COMPAT_WRITE, /* needs a token, whatever its method */
};
struct compat_ask {
    struct house *house;
    struct httpd_request *rq;
    const char *client; /* address, for the audit; NULL while only reading */
    /* Called exactly once, perhaps at once, unless the house ends first (op_hush()); body: may be taken. `known`: a token was shown. */
    void (*answer)(void *arg, int status, const char *type, struct buf *body, bool known);
    void *arg;
};
/* Is this request for one of those interfaces? */
enum compat_kind compat_kind(const struct httpd_request *rq);
/* Was a token shown that opens something? Such answers are for its owner alone. */
bool compat_known(const struct compat_ask *ask);
/* May pages of other sites read the answer (CORS)? Of Cachet's interface they may: what opens anything there is a header that the page must
 * know itself, never a cookie. compat_preflight(): a browser asks that. */
bool compat_shared(const struct httpd_request *rq);
bool compat_preflight(const struct httpd_request *rq);
/* The component that has this number in Cachet's API; NULL. */
const struct conf_component *compat_component(const struct house *h, int64_t id);
void compat_run(const struct compat_ask *ask);

#endif

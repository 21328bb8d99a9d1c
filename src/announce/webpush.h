/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webpush.h: visitors told by their browser (Web Push, RFC 8030): no address is needed, and none is known.
 *
 * A browser gives an endpoint at its maker's push service and a key; we send what only it can read (webpush_crypt.h).  A
 * subscription is proven by the service taking its first message ("You will be told here"); one that is not within three days goes,
 * and so does one that the service no longer knows (404, 410) or refuses five times in a row.  Whoever has endpoint and secret
 * of a subscription may change and end it; no list of them is given to anybody.
 *
 * A way of publication.h and a poster of channel.h, both "webpush". All on the main loop. webpush_free() after publications_free()
 * and before the dispatcher and the store go. */
#ifndef VIGIE_ANNOUNCE_WEBPUSH_H
#define VIGIE_ANNOUNCE_WEBPUSH_H

#include "announce/publication.h"
#include "announce/subscriber.h"
#include "announce/telling.h"
#include "announce/webpush_crypt.h"
#include "channels/egress.h"

enum { WEBPUSH_MOST = 50000, WEBPUSH_MAX_ENDPOINT = 1000, WEBPUSH_CLIENT_HOUR = 20, WEBPUSH_ALL_HOUR = 3000, WEBPUSH_MAX_FAILS = 5 };
#define WEBPUSH_PROOF_MS (INT64_C(3) * 86400 * 1000)

struct webpush;
struct webpush_env {
    struct loop *loop;
    struct store *store;
    struct publications *publications;
    const struct telling_env *telling;
    struct channel_env *channels;
    struct dispatcher *dispatcher;
    const char *node;
};
extern const struct store_migration webpush_migrations[];
struct webpush *webpush_new(const struct webpush_env *env, struct err *e); /* blocking: reads or makes the key */
struct webpush *webpush_free(struct webpush *w);
const char *webpush_key(const struct webpush *w); /* the public one, as PushManager.subscribe() takes it */

struct webpush_ask { /* borrowed for the call */
    const char *endpoint, *p256dh, *auth;
    struct subscriber s;                 /* without address */
    const char *was_endpoint, *was_auth; /* the browser has exchanged this one for a new one; its choice stays. NULL */
};
/* fresh: it was not there before. ERR_INVALID, ERR_DENIED (an endpoint that strangers may not name), ERR_BUSY (this client, or all,
 * ask too often), ERR_LIMIT (there are too many), ERR_CONFLICT (that endpoint has another secret). Called once, perhaps at once. */
typedef void webpush_done(void *arg, int code, bool fresh, const struct err *e);
void webpush_subscribe(struct webpush *w, const struct webpush_ask *ask, const char *client, webpush_done *fn, void *arg);
/* ERR_NOT_FOUND: there is none of that endpoint and secret. What waits for it goes, too. */
void webpush_unsubscribe(struct webpush *w, const char *endpoint, const char *auth, webpush_done *fn, void *arg);
typedef void webpush_counted(void *arg, int code, int64_t subscriptions, int64_t proven);
void webpush_count(struct webpush *w, webpush_counted *fn, void *arg);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub.h: our own hub (W3C WebSub, Recommendation of 2018): programs subscribe to a feed and are sent it whenever it changes.
 *
 * A wish becomes a subscription when its callback repeats our challenge (verification of intent, 5.3), asked through egress as an outsider: nobody
 * can subscribe somebody else, or make us knock at a private address.  It lasts for its lease; a renewal is the same wish again.  What is published
 * becomes a row of the outbox for each subscription whose topic it concerns; the body is the feed as it is when it goes, signed when there is
 * a secret (X-Hub-Signature: sha256=…, 7.1), and goes only when the feed is another than the one that was sent last: whoever was away for an hour
 * gets it once.  410 ends a subscription, and so do three days without success.
 *
 * With `feeds: { hub: URL }` there is no hub here: that one is told which feeds changed.
 *
 * On the main loop. websub_free() comes after publications_free() and before dispatcher_free(). */
#ifndef VIGIE_ANNOUNCE_WEBSUB_H
#define VIGIE_ANNOUNCE_WEBSUB_H

#include "announce/hooks.h"

enum {
    WEBSUB_MAX_URL = 2000, WEBSUB_MAX_SECRET = 199, /* the protocol's: less than 200 bytes */
    WEBSUB_MAX_WISHES = 200, WEBSUB_LEASE_LEAST_S = 600, WEBSUB_LEASE_USUAL_S = 10 * 86400, WEBSUB_LEASE_MOST_S = 30 * 86400,
};

struct websub_topic { /* a feed, by its address: texts live in the arena that it was read into */
    const char *base;    /* "https://status.example.org": what it begins with */
    const char *file;    /* "feed.atom" */
    const char *component, *group, *key; /* of one; all NULL: of everything */
    const char *lang;
    bool per_update;
};
/* base: of this site, without a slash at its end; lang: when the address says none. ERR_INVALID: no address of a feed here. */
int websub_topic_read(struct arena *a, const char *topic, const char *base, const char *lang, struct websub_topic *ret, struct err *e);

struct websub;
struct websub_env {
    struct loop *loop;
    struct store *store;
    struct publications *publications;
    const struct telling_env *telling;
    struct channel_env *channels;
    const struct board *board;
    const char *node;
    /* The feed as it is, and its Content-Type (static). out NULL: only whether there is such a one. ERR_NOT_FOUND; ERR_BUSY: nobody shows any yet. */
    int (*feed)(void *arg, const struct websub_topic *t, struct buf *out, const char **ret_type);
    void *arg;
};
extern const struct store_migration websub_migrations[];
/* Blocking: reads the subscriptions. */
struct websub *websub_new(const struct websub_env *env, struct err *e);
struct websub *websub_free(struct websub *w); /* takes NULL, returns NULL */

/* The address that feeds name as their hub; NULL: none. base: of this site. In the arena. */
const char *websub_hub(const struct conf *c, struct arena *a, const char *base);

struct websub_wish { /* as the form has it; each may be NULL */
    const char *mode, *topic, *callback, *lease, *secret;
    const char *base, *client; /* of this site; who asks */
};
/* 0: it is being verified. ERR_INVALID, ERR_NOT_FOUND (no such topic, or subscription), ERR_DENIED (where outsiders may not point), ERR_BUSY and ERR_LIMIT (too
 * many), ERR_UNSUPPORTED: there is no hub here. */
int websub_ask(struct websub *w, const struct websub_wish *wish, struct err *e);

struct websub_row { /* borrowed for the callback */
    int64_t id, since_ms, until_ms, told_ms, failing_ms; /* failing_ms: since when nothing goes through; 0 */
    const char *topic, *callback, *error;
    bool secret;
};
typedef void websub_each(void *arg, const struct websub_row *row);
void websub_list(const struct websub *w, websub_each *fn, void *arg);
/* ERR_NOT_FOUND, or fn when it is durable. */
int websub_remove(struct websub *w, int64_t id, hooks_done *fn, void *arg, struct err *e);

#endif

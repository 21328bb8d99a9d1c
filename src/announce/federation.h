/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation.h: the public page, and each component, as actors of ActivityPub (W3C 2018) that an account of Mastodon and its kin can follow:
 * no mail address, no account here, pushed to whoever wants it.
 *
 * Actors (`BASE` is the url of the site): BASE/ap/page, BASE/ap/component/NAME; one RSA key of the house signs for all of them.
 * Each says what it publishes itself, as Notes: the first one of a bulletin is ACTOR/note/KEY, an update ACTOR/note/KEY/N and answers it;
 * what has no update of its own (a reminder) is ACTOR/note/KEY/pPUBLICATION.  Addresses stay for ever; what was withdrawn is a Tombstone.
 *
 * Followers come by Follow in an inbox, signed (draft-cavage-12 or RFC 9421) by a key that their server shows; they are told by one
 * delivery a server and actor (its shared inbox), kept in the outbox until it went.  Everything else in an inbox is
 * taken and dropped.  A page that has no url, or `federation: { enabled: no }`, has none of this.
 *
 * Sources: W3C ActivityPub, RFC 7033 (WebFinger), RFC 6415 (host-meta), NodeInfo 2.1, RFC 9421, RFC 9530, draft-cavage-http-signatures-12.
 * All on the main loop. federation_free() after announce_free(), before publications_free(). */
#ifndef VIGIE_ANNOUNCE_FEDERATION_H
#define VIGIE_ANNOUNCE_FEDERATION_H

#include "announce/publication.h"
#include "announce/telling.h"
#include "io/httpd.h"
#include "io/work.h"

struct federation;
struct federation_env {
    struct loop *loop;
    struct store *store;
    struct model *model;
    struct announce *announce;
    struct publications *publications;
    const struct telling_env *telling;
    struct channel_env *channels;  /* its egress, and the place of the poster */
    struct dispatcher *dispatcher; /* NULL: nothing is delivered */
    struct work_pool *workers;     /* makes the key */
    const char *node, *version;
};
extern const struct store_migration federation_migrations[];
/* Blocking: reads the key, who is blocked, and how many follow. */
struct federation *federation_new(const struct federation_env *env, struct err *e);
/* A new configuration was applied: the key is made when it is needed first. */
void federation_reconf(struct federation *f);
/* Requests under way go with the server: nobody is answered any more. */
void federation_hush(struct federation *f);
struct federation *federation_free(struct federation *f);

/* ---- over HTTP ---- */
struct federation_answer { /* borrowed for the callback */
    int status;
    const char *type, *body; /* NULL: none */
    size_t body_bytes;
    const char *location;    /* of a redirect */
    bool foreign;            /* pages of other sites may read it */
    bool vary;               /* another one is given to who accepts something else */
    int retry_s;             /* 0: no word of it */
    int max_age_s;           /* may be kept so long; 0: not */
};
typedef void federation_answered(void *arg, const struct federation_answer *a);
bool federation_on(const struct federation *f); /* configured, and with an address */
/* Is it one of ours? Also when federation is off: then there is nothing there. */
bool federation_path(const char *path);
/* Does the reader want activities rather than pages? */
bool federation_wanted(const struct httpd_request *rq);
/* fn once, perhaps at once; rq must live until then. client: address of the other end, behind proxies. */
void federation_serve(struct federation *f, const struct httpd_request *rq, const char *client, federation_answered *fn, void *arg);
/* Where a reader of activities finds what a page of ours is about ("/", "/incident/KEY", "/component/NAME"); false: nowhere. */
bool federation_instead(const struct federation *f, const char *path, struct buf *out);

/* ---- for staff ---- */
struct federation_row { /* a server's followers of one actor; borrowed */
    const char *host, *target; /* "page", "component:mail" */
    int64_t followers, since_ms, failing_ms; /* failing 0: not */
    int fails;
    const char *error;
};
typedef void federation_each(void *arg, const struct federation_row *row);
typedef void federation_each_follower(void *arg, const char *actor, const char *target, int64_t since_ms);
typedef void federation_each_block(void *arg, const char *who, int64_t at_ms, const char *by);
typedef void federation_done(void *arg, int code, int64_t n, const struct err *e);
void federation_list(struct federation *f, federation_each *fn, federation_done *end, void *arg);
void federation_list_host(struct federation *f, const char *host, federation_each_follower *fn, federation_done *end, void *arg); /* 2000 at most */
void federation_list_blocks(struct federation *f, federation_each_block *fn, void *arg);
/* who: the address of an account ("https://social.example.net/users/reader"), or a host. Their servers are told (Reject). n: how many went; ERR_NOT_FOUND: nobody. */
void federation_remove(struct federation *f, const char *who, federation_done *fn, void *arg);
/* The same, and nobody of it can follow again. n: how many went. ERR_INVALID: it is neither. */
void federation_block(struct federation *f, const char *who, const char *by, federation_done *fn, void *arg);
void federation_unblock(struct federation *f, const char *who, federation_done *fn, void *arg); /* ERR_NOT_FOUND */

#endif

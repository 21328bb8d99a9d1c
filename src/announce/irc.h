/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc.h: the house on IRC: what is published is said in channels, a part of their topics shows the status and changes it, and staff bid.
 *
 * Networks and channels come from the configuration (`irc:`); irc_reconf() after each generation.  What a person bids is given to the
 * daemon (irc_env.bid), which carries it out as it does for the web and the command line; who he is, the network's services
 * say (channels/irc_session.h).  What we know of topics (our part as it last stood, and since when) is kept in the store, so that after a
 * restart or a netsplit it can be told who changed what.
 *
 * Newest wins: a part that somebody changed while we were away counts when he may do so and the page has said nothing since; in
 * every other case the page puts its own back, less and less often when somebody insists.
 *
 * On the main loop. irc_free() comes before publications_free(), announce_free() and the end of the store, when no operation answers any more. */
#ifndef VIGIE_ANNOUNCE_IRC_H
#define VIGIE_ANNOUNCE_IRC_H

#include "announce/publication.h"
#include "announce/telling.h"

/* What somebody bids: an operation by its name. Borrowed for the call. */
struct irc_bid {
    const char *op;
    const struct doc *params;
    const char *name;    /* "irc:anna" */
    const char *role;    /* "viewer", "operator", "admin" */
    const char *lang;
    const char *network; /* for the audit */
};
/* Once for each bid, perhaps at once. error: packed; NULL when good. */
void irc_bid_ended(void *ticket, bool good, const struct doc *reply, const char *error);
struct irc_env {
    struct loop *loop;
    struct store *store;
    struct model *model;
    struct announce *announce;
    struct publications *publications;
    struct dispatcher *dispatcher;    /* NULL: nothing is announced */
    struct channel_env *channels;     /* its voice is ours from irc_new() to irc_free() */
    const struct telling_env *telling;
    const char *node;
    const struct zone *(*zone)(void *arg);
    void (*bid)(void *arg, const struct irc_bid *b, void *ticket); /* answers by irc_bid_ended() */
    void *arg;
};
struct irc;
extern const struct store_migration irc_migrations[];
struct irc *irc_new(const struct irc_env *env); /* blocking: reads what is known of topics */
struct irc *irc_free(struct irc *c);
void irc_reconf(struct irc *c);
/* Each network as an object: name, state ("up", "down", "joining"), since, error …, and its channels. list NULL: only counted. */
void irc_status(const struct irc *c, struct doc *list, int *ret_failing);

#endif

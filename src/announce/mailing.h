/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing.h: keeps subscribers, and mails them what is published.
 *
 * It is a way of publication.h: a mail is a row of the outbox ("subscriber" is its channel) whose key is the publication and the
 * subscriber, so that none has it twice; its text is made when it is handed over (mailing_compose()).
 *
 * All on the main loop. mailing_free() comes after publications_free() and before that of the store. */
#ifndef VIGIE_ANNOUNCE_MAILING_H
#define VIGIE_ANNOUNCE_MAILING_H

#include "announce/publication.h"
#include "announce/subscriber.h"
#include "announce/telling.h"

struct mailing;
struct mailing_env {
    struct loop *loop;
    struct store *store;
    struct publications *publications;
    const struct telling_env *telling;
    struct dispatcher *dispatcher; /* NULL: nobody can be mailed */
    const char *node;
};
extern const struct store_migration mailing_migrations[];
/* Blocking: reads the secret of the links. */
struct mailing *mailing_new(const struct mailing_env *env, struct err *e);
struct mailing *mailing_free(struct mailing *m);
/* For struct channel_env: makes the mail of a row. */
channel_compose mailing_compose;

/* ---- subscribers ---- */
struct mailing_row { /* borrowed for the callback */
    int64_t id;
    struct subscriber s;
    const char *client, *origin; /* of whom; how he came: "form", "staff", "import" */
    int64_t since_ms, bounced_ms, silenced_ms;
    int bounces;
};
typedef void mailing_done(void *arg, int code, const struct err *e);
/* row NULL: there is none. link: his own. */
typedef void mailing_found(void *arg, int code, const struct mailing_row *row, const char *link, const struct err *e);

/* Somebody wants to be told: a mail with a link goes to that address, the same whether it is known or not. 0, also when it was silently
 * dropped because this address was asked for too often; ERR_INVALID; ERR_BUSY: this client, or everybody, asks too often. */
int mailing_wish(struct mailing *m, const struct subscriber *s, const char *client, int64_t now_ms, struct err *e);
/* Looks at a wish link, and takes it: he is a subscriber then. */
int mailing_wish_look(const struct mailing *m, const char *link, int64_t now_ms, struct arena *a, struct subscriber *ret, struct err *e);
void mailing_confirm(struct mailing *m, const char *link, int64_t now_ms, mailing_found *fn, void *arg);
/* By his own link. ERR_NOT_FOUND: it is nobody's (any more). */
void mailing_find(struct mailing *m, const char *link, mailing_found *fn, void *arg);
void mailing_set(struct mailing *m, const char *link, const struct subscriber *s, mailing_found *fn, void *arg); /* address: as it is */
void mailing_end(struct mailing *m, const char *link, mailing_done *fn, void *arg); /* also what waits for him */
/* By staff, without asking him. */
void mailing_put(struct mailing *m, const struct subscriber *s, const char *client, const char *origin, int64_t now_ms, mailing_done *fn, void *arg);
void mailing_remove(struct mailing *m, const char *address, mailing_done *fn, void *arg); /* ERR_NOT_FOUND */
/* His mail came back: counted; after five in a row he is mailed no more until he confirms anew. */
void mailing_bounced(struct mailing *m, const char *address, bool for_good, int64_t now_ms, mailing_done *fn, void *arg);
/* Many by staff at once (clients): all that were added, or none. Who is on the list by his own word keeps it; who ended it stays away.
 * source: whose list it is; run: a number of this reading of it. */
struct mailing_load;
struct mailing_load *mailing_load_new(struct mailing *m, const char *source, int64_t run, int64_t now_ms);
int mailing_load_add(struct mailing_load *l, const struct subscriber *s, const char *client, struct err *e);
/* Those of this source that this run did not name are taken off. */
void mailing_load_rest(struct mailing_load *l);
void mailing_load_end(struct mailing_load *l, bool keep, mailing_done *fn, void *arg); /* frees it; keep false: nothing is written */
/* Is this address told of things, and did this word stand behind the plus in an entry that we sent to it? 0, ERR_NOT_FOUND. */
void mailing_knows(struct mailing *m, const char *address, const char *word, mailing_done *fn, void *arg);
/* In the order of their coming, a slice at a time: fn for each, then end. NULL concerned: all. kinds 0: any. */
/* The same of him whose own link was in the mail that came back: nobody else can have had it. */
void mailing_bounced_link(struct mailing *m, const char *link, bool for_good, int64_t now_ms, mailing_done *fn, void *arg);
typedef void mailing_each(void *arg, const struct mailing_row *row);
void mailing_list(struct mailing *m, const struct bulletin *concerned, unsigned kinds, mailing_each *fn, mailing_done *end, void *arg);
/* The bit that a post of this kind belongs to. */
unsigned mailing_kind(const struct bulletin *before, const struct bulletin *now);
/* Whether its calendar goes with it: who was told what, when: fn(address, event, state, at, tries, error) for each mail of a bulletin. */
struct mailing_report {
    const char *address, *what, *state; /* "due", "sending", "sent", "given_up" */
    int64_t created_ms, done_ms;
    int tries;
    bool in_doubt;
    const char *error;
};
void mailing_reports(struct mailing *m, const struct bulletin *b, void (*fn)(void *arg, const struct mailing_report *r), mailing_done *end, void *arg);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce.h: the room that tells users: it owns the board, keeps it in the store, and does what follows by the clock.
 *
 * Whoever has something to say (ops, later IRC and mail) makes a post of it and calls announce_post(); the board changes at once, listeners
 * of the board see it, and its row is on its way to the store.  announce_flush() calls back when everything said until
 * now is durable; only then is it confirmed to whoever said it.  When it cannot be kept the caller takes it back by announce_undo():
 * what is not kept must not be published.
 *
 * What follows from a post and has to be kept with it (a notice that is due, a mark that it was given) goes into
 * the same transaction: announce_row(), from a listener of the board or around a post.  Rows wait for a disk that is full, in order.
 *
 * All on the main loop. */
#ifndef VIGIE_ANNOUNCE_ANNOUNCE_H
#define VIGIE_ANNOUNCE_ANNOUNCE_H

#include "channels/channel.h"
#include "model/board.h"
#include "store/store.h"

struct announce;
struct announce_env {
    struct loop *loop;
    struct store *store;
    struct model *model;
    struct dispatcher *dispatcher; /* NULL: nobody can be mailed */
    const char *node, *machine_name;
    const struct zone *(*zone)(void *arg); /* of the site */
    void *arg;
};
extern const struct store_migration announce_migrations[];

/* Restores the board from the store (blocking; after the configuration and the model's states). A row that cannot be read is
 * logged and left where it is. NULL and *e when the store cannot be read at all. */
struct announce *announce_new(const struct announce_env *env, struct err *e);
struct announce *announce_free(struct announce *a); /* gives the store what is left */
struct board *announce_board(struct announce *a);

/* board_post() and board_remove(), kept. *ret is the board's. */
int announce_post(struct announce *a, int64_t id, const struct post *p, int64_t now_ms, const struct bulletin **ret, struct err *e);
/* A new one (POST_OPEN) whose key follows from where it comes: 12 of 0-9 a-z. ERR_CONFLICT: it is there already. */
int announce_post_keyed(struct announce *a, const char *key, const struct post *p, int64_t now_ms, const struct bulletin **ret, struct err *e);
int announce_remove(struct announce *a, int64_t id, int64_t now_ms, struct err *e);
/* An import: takes the reference; see board_import(). */
int announce_import(struct announce *a, struct bulletin *one, int64_t now_ms, struct err *e);
/* The bulletin is again what it was before a post that could not be kept (before NULL: it was not there), unless
 * somebody has posted since; what the post left to be written is not written. made: what the post made, by its own reference. */
void announce_undo(struct announce *a, const struct bulletin *made, const struct bulletin *before);

/* Calls fn once everything until now is durable, or with the error of the store; in the latter case those who came
 * last are called first. */
typedef void announce_done(void *arg, int code, const struct err *e);
void announce_flush(struct announce *a, announce_done *fn, void *arg);
/* A statement of one's own in the transaction of what is being said. Values are copied. */
void announce_row(struct announce *a, const struct store_stmt *stmt, const struct store_value *values, int n);

/* What the clock brings, each once, also over restarts: whoever tells people of it does so by announce_row(), in the same
 * transaction as the mark that it was told. */
enum announce_kind {
    ANNOUNCE_REMINDER = 1, /* planned work is lead_ms ahead (or less, when the daemon was down) */
    ANNOUNCE_OVERRUN,      /* its time is over, and it is not */
    ANNOUNCE_LATE,         /* the update that was promised did not come */
};
struct announce_event {
    enum announce_kind kind;
    const struct bulletin *bulletin;
    int64_t lead_ms, at_ms;
};
typedef void announce_listener(void *arg, const struct announce_event *e);
void announce_listen(struct announce *a, announce_listener *fn, void *arg); /* at most 8 */
/* What was told of a bulletin, oldest first: fn(arg, "remind:86400000", at). */
void announce_told(const struct announce *a, int64_t bulletin, void (*fn)(void *arg, const char *what, int64_t at_ms), void *arg);
/* Outages that lasted for the configured length and more without anything published of them (LES-2), since then. to_ms 0: still. */
void announce_missing(const struct announce *a, int64_t since_ms, void (*fn)(void *arg, const char *component, int64_t from_ms, int64_t to_ms), void *arg);


/* ---- for ways in: what came once is taken once ---- */
/* A mark of that name ("mailin:…", "upstream:…"), kept with what is being said; about a bulletin, 0: none. False: it is there already. */
bool announce_mark(struct announce *a, const char *name, int64_t bulletin, int64_t now_ms);
/* What it is about; -1: there is no such mark. */
int64_t announce_marked(const struct announce *a, const char *name);
/* It does not count after all: what it went with could not be kept, and was taken back by announce_undo(). */
void announce_unmark(struct announce *a, const char *name);
void announce_marks(const struct announce *a, const char *prefix, void (*fn)(void *arg, const char *name, int64_t bulletin, int64_t at_ms), void *arg);
/* A mail to the contacts, once for each `unique`. subject and body: MSG(); {1} of the subject is the title, of the body `detail`. */
void announce_staff(struct announce *a, const struct bulletin *b, const char *unique, const char *msgid_subject, const char *msgid_body, const char *detail, int64_t now_ms);
/* A reader objects to planned work (ANN-15): noted once, and said to staff. False: known already. */
bool announce_object(struct announce *a, const struct bulletin *b, const char *address, int64_t now_ms);
void announce_objections(const struct announce *a, int64_t bulletin, void (*fn)(void *arg, const char *address, int64_t at_ms), void *arg);

/* "3" or "k3fo1q9x2mzt" → the bulletin; NULL. */
const struct bulletin *announce_find(const struct announce *a, const char *id_or_key);

#endif

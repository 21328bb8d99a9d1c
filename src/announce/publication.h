/* SPDX-License-Identifier: GPL-3.0-or-later */
/* publication.h: what is published, kept until everybody was told, whatever the way.
 *
 * What happens on the board, or by its clock, leaves one row in the same transaction: a publication, with the bulletin as it was
 * then, and a cursor for each way that wants it.  A way (mail, webhooks, ActivityPub, Web Push, IRC …) turns it into rows of
 * the outbox in slices; its cursor moves in the transaction of the rows it stands for, so that none is told twice, whatever stops in
 * between.  A row of the outbox names the publication and whom it is for (its unique_key, too); its text is made when it is handed
 * over, from publication_find(): rows are small, and memory is the same for ten readers and ten thousand.
 *
 * All on the main loop. publications_free() comes after announce_free() and before that of the store; ways outlive neither. */
#ifndef VIGIE_ANNOUNCE_PUBLICATION_H
#define VIGIE_ANNOUNCE_PUBLICATION_H

#include "announce/announce.h"

enum notice { /* what it says */
    NOTICE_NONE, NOTICE_OPENED, NOTICE_UPDATE, NOTICE_RESOLVED, NOTICE_PLANNED, NOTICE_CHANGED, NOTICE_CONFIRMED, NOTICE_BEGUN, NOTICE_DONE, NOTICE_CANCELLED,
    NOTICE_MOVED, NOTICE_REMINDER, NOTICE_OVERRUN, NOTICE_CORRECTED /* words of an update, or the title */, NOTICE_RETRACTED, NOTICE_REPORTED /* a public report */, NOTICES
};
#define NOTICE_BIT(n) (1u << (n))
/* What is told to people by mail and the like: all but CORRECTED, RETRACTED, REPORTED and NONE. */
extern const unsigned notice_told;
extern const char *const notice_words[NOTICES]; /* in keys, reports, webhooks */

/* What a post makes of it. */
enum notice notice_of(const struct bulletin *before, const struct bulletin *now);

struct publication {
    int64_t id, at_ms;
    const char *key;        /* unique: "k3fo1q9x2mzt:update:0:4" */
    enum notice notice;
    int64_t update;         /* the update it is about: the only one that b still has; 0 */
    int64_t lead_ms;        /* of a reminder */
    struct bulletin *b;     /* as it was; references may be taken */
};
struct publications;
struct publications_env {
    struct loop *loop;
    struct store *store;
    struct announce *announce;
    struct dispatcher *dispatcher; /* NULL: nobody hands anything over */
    const char *node;
};
extern const struct store_migration publication_migrations[];
struct publications *publications_new(const struct publications_env *env);
struct publications *publications_free(struct publications *ps);

struct publication_way {
    const char *name;              /* its word in the store, that of its channel: "subscriber", "webhook" */
    unsigned notices;              /* bits of those that it wants */
    bool quiet;                    /* also of updates that nobody is to be mailed of */
    const struct store_stmt *page; /* whom it may concern: ?1 above this id, ?2 at most; column 0 is the id, rows in its order. NULL: add() is called once, rows NULL */
    /* Puts rows of the outbox for row i into b (outbox_add(), channel = name); returns how many. */
    int (*add)(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms);
    void (*added)(void *arg, const struct publication *p, int n); /* a slice is durable; NULL */
    void *arg;
};
/* At most 12, before the loop turns. */
void publications_way(struct publications *ps, const struct publication_way *w);
/* ---- who would be told (ANN-11) ----
 * By the very code that tells: each way makes its rows of the outbox, they are looked at, and thrown away. */
typedef void publications_would_fn(void *arg, const char *way, const char *recipient, const char *lang /* "" */);
typedef void publications_would_end(void *arg, int code, const struct err *e);
/* Of an event on the board that has not been: `now` as it would be. fn for each, then end, both perhaps at once. */
void publications_would(struct publications *ps, const struct board_event *e, publications_would_fn *fn, publications_would_end *end, void *arg);
/* The one of that number, for compose: from memory, or read. p NULL with code ERR_NOT_FOUND when it is gone (100 days after all were told). */
typedef void publication_found(void *arg, int code, const struct publication *p);
void publication_find(struct publications *ps, int64_t id, publication_found *fn, void *arg);

#endif

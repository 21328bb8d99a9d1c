/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.h: what has to leave the house, kept until it has.  One row a publication and channel; recipients are
 * expanded in batches by cursor.  A row is sent once per transition: its `unique_key` (for example
 * "problem:web1/http:4711:mail:ops@example.org") refuses a second one. */
#ifndef VIGIE_STORE_OUTBOX_H
#define VIGIE_STORE_OUTBOX_H

#include "store/store.h"

extern const struct store_migration outbox_migrations[];
struct outbox_row {
    int64_t id;
    const char *channel;   /* "mail" */
    const char *unique_key;
    const char *recipient; /* address as the channel needs it */
    const char *payload;   /* JSON that the channel understands */
    int64_t created_ms, next_try_ms;
    int tries;
    bool in_doubt;         /* was being handed over when the process stopped */
    const char *last_error;
};
/* Adds a row to a batch (so that it commits together with what caused it). */
void outbox_add(struct store_batch *b, const char *node, const char *channel, const char *unique_key, const char *recipient,
                const char *payload, int64_t now_ms);
/* The statement of it, for who keeps statements of his own: node, channel, unique_key, recipient, payload, now_ms. */
extern const struct store_stmt outbox_insert;
/* Claims up to max due rows of a channel for the dispatcher: marks them "sending" durably, then calls fn. */
typedef void outbox_claimed(void *arg, int code, const struct outbox_row *rows, int n);
void outbox_claim(struct store *s, const char *channel, int64_t now_ms, int max, outbox_claimed *fn, void *arg);
void outbox_sent(struct store *s, int64_t id, int64_t now_ms);
void outbox_failed(struct store *s, int64_t id, int64_t next_try_ms, bool in_doubt, const char *error);
void outbox_given_up(struct store *s, int64_t id, int64_t now_ms, const char *error);
/* The same, with word when it is durable (or not: give it again). */
void outbox_sent_then(struct store *s, int64_t id, int64_t now_ms, store_done *done, void *arg);
void outbox_failed_then(struct store *s, int64_t id, int64_t next_try_ms, bool in_doubt, const char *error, store_done *done, void *arg);
void outbox_given_up_then(struct store *s, int64_t id, int64_t now_ms, const char *error, store_done *done, void *arg);
/* At start: rows left in "sending" become due again, marked in doubt. Blocking. */
int outbox_recover(struct store *s, struct err *e);
/* Counts for health: waiting, failing, oldest waiting created_ms. */
typedef void outbox_counts(void *arg, int code, int64_t waiting, int64_t failing, int64_t oldest_ms);
void outbox_count(struct store *s, outbox_counts *fn, void *arg);
/* When the next row of a channel is due (wall; INT64_MAX: none waits). */
typedef void outbox_next_due(void *arg, int code, int64_t next_ms);
void outbox_next(struct store *s, const char *channel, outbox_next_due *fn, void *arg);
/* What waits for this recipient is due now: he is there again. */
void outbox_hasten(struct store *s, const char *channel, const char *recipient, int64_t now_ms);
/* Forgets what was sent or given up and made before then. */
void outbox_prune(struct store *s, int64_t before_ms);

#endif

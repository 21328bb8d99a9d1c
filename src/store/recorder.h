/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.h: keeps the model in the store: states, acknowledgements, downtimes, history, audit.
 *
 * States are written every 500 ms as one batch of what is dirty (a state at most 1 s old is lost by kill -9);
 * what a person said is written at once, and recorder_flush() calls back when it is durable.
 * When the disk is full it keeps the dirty marks and tries again; watching goes on. */
#ifndef VIGIE_STORE_RECORDER_H
#define VIGIE_STORE_RECORDER_H

#include "model/model.h"
#include "store/store.h"

struct recorder;
extern const struct store_migration recorder_migrations[]; /* ends with a zeroed row */

/* Restores states and downtimes into the model (blocking; at start, after the first reconf, before listening). */
int recorder_restore(struct store *s, struct model *m, struct moment now, struct err *e);
/* Listens to the model from now on. node: this node's name, in every event row (with epoch and sequence). */
struct recorder *recorder_new(struct loop *l, struct store *s, struct model *m, const char *node);
struct recorder *recorder_free(struct recorder *r); /* writes what is dirty first */
/* Calls fn(arg, code) when everything that happened in the model until now is durable. */
void recorder_flush(struct recorder *r, void (*fn)(void *arg, int code, const struct err *e), void *arg);
/* Audit log of what a person did. Part of the next flush. */
void recorder_audit(struct recorder *r, int64_t at_ms, const char *who, const char *via, const char *action, const char *target, const char *detail);
/* A row of the history that no item of the model has: host and check (NULL: none) need not be configured; text may be a packed message. */
void recorder_note(struct recorder *r, int64_t at_ms, const char *host, const char *check, const char *kind, const char *author, const char *text);
/* State history of a host (check NULL: host and all its checks), newest first. Columns: check(text or NULL), at_ms, kind(text:
 * state|ack|unack|downtime_start|downtime_end|flapping|enabled|found|vanished|back), from(word), to(word), hard(int), attempt(int), author, text. */
void recorder_history(struct recorder *r, const char *host, const char *check, int64_t since_ms, int max, store_answer *fn, void *arg);
/* The newest events of all hosts, same columns with host as the last. */
void recorder_events(struct recorder *r, int64_t since_ms, int max, store_answer *fn, void *arg);
/* What one checked thing (check NULL: the host itself) was, for counting days: its states and the downtimes over it and its host,
 * newest first. Columns: at_ms, kind (state|downtime_start|downtime_end), from, to, hard. */
void recorder_track(struct recorder *r, const char *host, const char *check, int64_t since_ms, int max, store_answer *fn, void *arg);
/* Adds the item's row as it is now to a batch, so that it commits together with what follows from it (a
 * notice in the outbox and `told`). */
void recorder_write_item(struct store_batch *b, const struct item *it, const char *node);
/* Removes history older than days. Called once a day. */
void recorder_prune(struct recorder *r, int64_t now_ms, int64_t days);

#endif

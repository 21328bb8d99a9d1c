/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder_int.h: what the recorder's files share: its statements, the rows it makes of the model, and the
 * small table that remembers what of each item the store has. */
#ifndef VIGIE_STORE_RECORDER_INT_H
#define VIGIE_STORE_RECORDER_INT_H

#include "store/outbox.h"
#include "store/recorder.h"
#include "store/store_int.h"

enum { RECORDER_KEEP_GONE_DAYS = 30, RECORDER_KEEP_OUTBOX_DAYS = 90, RECORDER_KEEP_AUDIT_DAYS = 365 };
#define RECORDER_DAY_MS INT64_C(86400000)

/* A statement that waits to be written; kept until it is durable, so that it can be given again. */
struct entry {
    struct entry *next;
    const struct store_stmt *stmt;
    int n;
    bool droppable; /* history: may be lost when memory would be */
    struct store_value values[];
};
struct entry *entry_new(const struct store_stmt *stmt, const struct store_value *values, int n);

/* What is stored of an item: the hash of all that is written at once when it changes. */
enum slot_flags { SLOT_LAZY = 1 /* less urgent things changed */, SLOT_RETRY = 2 /* must be written */ };
struct slot {
    const struct item *item; /* NULL: free */
    uint64_t core;
    unsigned flags;
};
struct slots { /* open addressing by address */
    struct slot *at;
    size_t n, cap;
};
struct slot *slots_find(const struct slots *t, const struct item *it); /* NULL */
struct slot *slots_get(struct slots *t, const struct item *it, bool *ret_new);
void slots_remove(struct slots *t, const struct item *it);
void slots_done(struct slots *t);

/* Hash of the names, the state, acknowledgement and, while bad, the text. */
uint64_t item_core(const struct item *it);
/* This place in the sequence of events: node, epoch, number. */
struct recorder_place {
    const char *node;
    int64_t epoch, seq;
};
struct entry *entry_history(const struct recorder_place *at, const struct event *e); /* NULL: not history */
struct entry *entry_note(const struct recorder_place *at, int64_t at_ms, const char *const texts[5]); /* host, check, kind, author, text */
struct entry *entry_downtime(const struct recorder_place *at, const struct event *e); /* NULL: about no downtime */
struct entry *entry_gone(const struct item *it, int64_t now_ms);
struct entry *entry_renamed(const char *former_id, int64_t now_ms);
struct entry *entry_node(const char *node, int64_t epoch);
struct entry *entry_audit(const struct recorder_place *at, int64_t at_ms, const char *const texts[5]);

extern const struct store_stmt recorder_epoch_of;
/* recorder.c: for the reading side, so that a question sees what has just happened. */
struct store *recorder_hand_over(struct recorder *r);

#endif

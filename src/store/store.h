/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.h: durable state behind one interface.  SQLite (WAL, synchronous=FULL) is the first engine; the
 * conformance suite (tests/unit/test_store_conformance.c) is what PostgreSQL will have to pass later.
 *
 * One store thread owns the connection and commits in groups.  Statements are rows of tables that each room
 * owns (`struct store_stmt`), in the SQL subset shared by SQLite 3.40 and PostgreSQL 15, with ?1, ?2 … (turned into $1 there).
 * Everything is asynchronous from the owner loop, except store_open and store_read_now (start, verbs).  Every callback
 * is called once, at the latest from store_close(); give the owner loop one more turn before loop_free(). */
#ifndef VIGIE_STORE_STORE_H
#define VIGIE_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"

struct store;
struct store_stmt { /* a static row; its address is its identity */
    const char *name, *sql;
};
/* Migrations of a room, applied in order, each once; the ledger is kept by the store. */
struct store_migration {
    const char *room; /* "store", "auth", "outbox" … */
    int number;       /* 1, 2, 3 … within the room */
    const char *sql;  /* may hold several statements */
};

enum store_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT, STORE_BLOB };
struct store_value {
    enum store_type type;
    int64_t i;
    double f;
    const char *p; /* text (NUL-terminated) or blob */
    size_t n;
};
#define STORE_I(v) ((struct store_value){.type = STORE_INT, .i = (v)})
#define STORE_F(v) ((struct store_value){.type = STORE_REAL, .f = (v)})
#define STORE_T(v) store_text_value(v)
#define STORE_N ((struct store_value){.type = STORE_NULL})
struct store_value store_text_value(const char *text); /* NULL → NULL */

/* A batch of statements: one transaction, all or nothing. Values are copied when added. */
struct store_batch;
struct store_batch *store_batch_new(void);
struct store_batch *store_batch_free(struct store_batch *b);
void store_batch_add(struct store_batch *b, const struct store_stmt *s, const struct store_value *values, int n);
/* The statement must change at least one row, or the whole batch is rolled back with ERR_CONFLICT (fencing, tokens used once). */
void store_batch_require(struct store_batch *b, const struct store_stmt *s, const struct store_value *values, int n);
size_t store_batch_size(const struct store_batch *b);
/* Value k of statement i, for whoever only looks at what would be written; NULL: there is none. Borrowed. */
const struct store_value *store_batch_value(const struct store_batch *b, size_t i, int k);

/* Rows of an answer; texts live in its arena. */
struct store_rows {
    struct arena *arena;
    struct store_value *at; /* n_rows × n_columns */
    int n_rows, n_columns;
};
const struct store_value *store_cell(const struct store_rows *r, int row, int column);
const char *store_cell_text(const struct store_rows *r, int row, int column); /* NULL for NULL */
int64_t store_cell_int(const struct store_rows *r, int row, int column);
void store_rows_done(struct store_rows *r);

/* url: "sqlite:PATH" (or a path). Opens, migrates, checks. Blocking: at start. vfs: NULL or a VFS name (the twin's).
 * ERR_CONFLICT: written by a newer version; ERR_INVALID: damaged (the text says how to go on). */
int store_open(const char *url, const char *vfs, struct loop *owner, const struct store_migration *const *migrations,
               struct store **ret_store, struct err *e);
struct store *store_close(struct store *s); /* waits until what was given is committed */
/* Commits the batch (taken over); done on the owner loop once durable, or with ERR_FULL, ERR_IO, ERR_CONFLICT.
 * last_id: rowid of the last insert. done may be NULL. Order of giving = order of commits. */
typedef void store_done(void *arg, int code, int64_t last_id, const struct err *e);
void store_write(struct store *s, struct store_batch *batch, store_done *done, void *arg);
/* Query; sees everything given to store_write before. rows are borrowed for the callback. At most max_rows. */
typedef void store_answer(void *arg, int code, const struct store_rows *rows, const struct err *e);
void store_read(struct store *s, const struct store_stmt *q, const struct store_value *values, int n, int max_rows,
                store_answer *fn, void *arg);
/* Blocking read, for start-up only; caller frees rows. */
int store_read_now(struct store *s, const struct store_stmt *q, const struct store_value *values, int n, int max_rows,
                   struct store_rows *ret, struct err *e);
/* Takes or renews a lease by name for ttl; the fencing token grows with each new holder. */
typedef void store_lease_fn(void *arg, int code, int64_t fencing_token);
void store_lease(struct store *s, const char *name, const char *holder, int64_t now_ms, int64_t ttl_ms, store_lease_fn *fn, void *arg);

struct store_health {
    bool failing;         /* the last commit failed */
    struct err why;
    int64_t failing_since_ms; /* wall; 0 */
    int waiting;          /* batches not yet committed */
    uint64_t commits, statements;
    int64_t commit_p99_us;
    int64_t free_bytes;   /* of its disk; -1 unknown */
};
void store_get_health(struct store *s, struct store_health *ret);

#endif

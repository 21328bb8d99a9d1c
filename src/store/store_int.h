/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_int.h: what the files of the store share: batches from inside, jobs on their way through the
 * store thread, and the engine below.  An engine commits a group of jobs and answers queries; it knows
 * nothing of threads.  SQLite is one row of that table, PostgreSQL will be another. */
#ifndef VIGIE_STORE_STORE_INT_H
#define VIGIE_STORE_STORE_INT_H

#include "base/msg.h"
#include "base/vec.h"
#include "store/store.h"

enum {
    STORE_MAX_ROWS_BYTES = 64 << 20, /* of one answer */
    STORE_MAX_GROUP = 512,           /* batches in one transaction */
    STORE_MAX_STATEMENTS = 400,      /* cached; all statements are static rows of ours */
    STORE_CHECK_MAX_BYTES = 64 << 20 /* a larger file is not read through at start */
};

struct store_op {
    const struct store_stmt *stmt;
    struct store_value *values;
    int n;
    bool require; /* must change a row */
};
struct store_batch {
    struct arena *arena;
    VEC(struct store_op) ops;
};

enum store_job_kind { JOB_WRITE, JOB_READ, JOB_REPORT };
/* What one transaction did, for the health figures. */
struct store_report {
    int code;
    struct err err;
    int64_t took_us, free_bytes;
    uint64_t statements;
};
struct store_job {
    struct store_job *next;
    enum store_job_kind kind;
    struct store_batch *batch; /* of a read: its one statement */
    int max_rows;
    store_done *done;
    store_answer *answer;
    void *arg;
    int code;
    int64_t last_id;
    struct err err;
    struct store_rows rows;
    struct store_report report;
};

struct store_engine {
    const char *name;
    int (*open)(const char *path, const char *vfs, const struct store_migration *const *migrations,
                void **ret_db, struct err *e);
    void (*close)(void *db);
    /* Writes n jobs in one transaction; sets each job's code, last_id and err. Returns the code of the commit. */
    int (*commit)(void *db, struct store_job **jobs, int n, struct store_report *report);
    int (*query)(void *db, const struct store_stmt *q, const struct store_value *values, int n,
                 int max_rows, bool cached, struct store_rows *ret, struct err *e);
};
extern const struct store_engine store_engine_sqlite;

extern const struct store_migration store_migrations[]; /* ledger's own room: leases, nodes */

/* Blocking write, for start-up only, before anything asynchronous was given. Takes the batch over. */
int store_write_now(struct store *s, struct store_batch *batch, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqlite.c: the SQLite engine: WAL, synchronous=FULL, one connection, statements prepared once.
 *
 * A group is one transaction with a savepoint a batch, so that one batch that fails leaves the others
 * alone; trouble with the disk fails the whole group.  Nothing here trusts the file: a damaged database is
 * an error with advice, at the opening and later. */
#include "base/panic.h"
#include "base/str.h"
#include "io/file.h"
#include "store/sqlite_int.h"
#include <errno.h>

enum { BUSY_MS = 5000, SLOTS = COUNT(((struct sqlite_store *)0)->cache) };

/* ---- errors ---- */

static const struct {
    int rc, code;
} sqlite_codes[] = {
    {SQLITE_FULL, ERR_FULL},       {SQLITE_IOERR, ERR_IO},          {SQLITE_CONSTRAINT, ERR_CONFLICT},
    {SQLITE_BUSY, ERR_BUSY},       {SQLITE_LOCKED, ERR_BUSY},       {SQLITE_READONLY, ERR_DENIED},
    {SQLITE_PERM, ERR_DENIED},     {SQLITE_CANTOPEN, ERR_IO},       {SQLITE_TOOBIG, ERR_LIMIT},
    {SQLITE_CORRUPT, ERR_INVALID}, {SQLITE_NOTADB, ERR_INVALID},    {SQLITE_AUTH, ERR_DENIED},
    {SQLITE_PROTOCOL, ERR_BUSY},   {SQLITE_INTERRUPT, ERR_CANCELLED}, {SQLITE_NOMEM, ERR_LIMIT},
};

/* A commit that fails does not tell SQLite's own errno; the thread's is then the best there is. */
static int sqlite_code(sqlite3 *db, int rc)
{
    int basic = rc & 0xff, seen = errno, errnum = db ? sqlite3_system_errno(db) : 0;
    if (errnum == 0)
        errnum = seen;
    if (basic == SQLITE_IOERR && (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG))
        return ERR_FULL;
    for (size_t i = 0; i < COUNT(sqlite_codes); i++)
        if (sqlite_codes[i].rc == basic)
            return sqlite_codes[i].code;
    return ERR_INVALID;
}

int sqlite_error(sqlite3 *db, int rc, const char *what, struct err *e)
{
    int code = sqlite_code(db, rc), basic = rc & 0xff;
    const char *text = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    if (basic == SQLITE_CORRUPT || basic == SQLITE_NOTADB)
        return err_set(e, ERR_INVALID,
                       MSG("The database is damaged ({1}: {2}). Stop vigie, move the file and its -wal aside, "
                           "then put back a copy, or save what can be read: sqlite3 OLD .recover | sqlite3 NEW"),
                       "ss", what, text);
    if (code == ERR_FULL)
        return err_set(e, code, MSG("No space left for the database ({1}: {2})."), "ss", what, text);
    if (code == ERR_IO)
        return err_set(e, code, MSG("The database could not be read or written ({1}: {2})."), "ss", what, text);
    return err_set(e, code, MSG("Database: {1}: {2}"), "ss", what, text);
}

/* Trouble of the whole database, not of one batch: it must be seen, and be heard of. */
static bool is_trouble(sqlite3 *db, int code)
{
    int basic = sqlite3_errcode(db) & 0xff;
    return code == ERR_FULL || code == ERR_IO || code == ERR_LIMIT || basic == SQLITE_CORRUPT || basic == SQLITE_NOTADB;
}

/* ---- statements ---- */

static size_t slot_of(const struct sqlite_store *st, const struct store_stmt *key)
{
    size_t i = ((uintptr_t)key >> 4) * 0x9E3779B1u % SLOTS;
    while (st->cache[i].key && st->cache[i].key != key)
        i = (i + 1) % SLOTS;
    return i;
}

static int statement_get(struct sqlite_store *st, const struct store_stmt *s, sqlite3_stmt **ret)
{
    size_t i = slot_of(st, s);
    if (!st->cache[i].key) {
        ASSERT(st->n_cached < STORE_MAX_STATEMENTS);
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v3(st->db, s->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (rc != SQLITE_OK)
            return rc;
        st->cache[i] = (struct sqlite_cached){s, stmt};
        st->n_cached++;
    }
    *ret = st->cache[i].stmt;
    return SQLITE_OK;
}

static int value_bind(sqlite3_stmt *stmt, int i, const struct store_value *v)
{
    switch (v->type) {
    case STORE_INT:
        return sqlite3_bind_int64(stmt, i, v->i);
    case STORE_REAL:
        return sqlite3_bind_double(stmt, i, v->f);
    case STORE_TEXT:
        return sqlite3_bind_text64(stmt, i, v->p, v->n, SQLITE_STATIC, SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(stmt, i, v->p ? v->p : "", v->n, SQLITE_STATIC);
    case STORE_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, i);
}

static int values_bind(sqlite3_stmt *stmt, const struct store_value *values, int n)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < n && rc == SQLITE_OK; i++)
        rc = value_bind(stmt, i + 1, &values[i]);
    return rc;
}

static void statement_reset(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

/* ---- writing ---- */

static const struct store_stmt stmt_begin = {"begin", "BEGIN IMMEDIATE"};
static const struct store_stmt stmt_commit = {"commit", "COMMIT"};
static const struct store_stmt stmt_rollback = {"rollback", "ROLLBACK"};
static const struct store_stmt stmt_save = {"savepoint", "SAVEPOINT batch"};
static const struct store_stmt stmt_release = {"release", "RELEASE batch"};
static const struct store_stmt stmt_undo = {"undo", "ROLLBACK TO batch"};

static int statement_run(struct sqlite_store *st, const struct store_stmt *s, const struct store_value *values,
                         int n, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(st, s, &stmt), code = 0;
    if (rc == SQLITE_OK)
        rc = values_bind(stmt, values, n);
    errno = 0; /* see sqlite_code() */
    while (rc == SQLITE_OK || rc == SQLITE_ROW)
        rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE)
        code = sqlite_error(st->db, rc, s->name, e);
    if (stmt)
        statement_reset(stmt);
    return code;
}

static int plain_run(struct sqlite_store *st, const struct store_stmt *s, struct err *e)
{
    return statement_run(st, s, NULL, 0, e);
}

static int ops_run(struct sqlite_store *st, struct store_job *job, struct store_report *report)
{
    for (size_t i = 0; i < job->batch->ops.n; i++) {
        const struct store_op *op = &job->batch->ops.at[i];
        int code = statement_run(st, op->stmt, op->values, op->n, &job->err);
        report->statements++;
        if (code)
            return code;
        if (op->require && sqlite3_changes(st->db) == 0)
            return err_set(&job->err, ERR_CONFLICT, MSG("It has been changed meanwhile ({1})."), "s",
                           op->stmt->name);
    }
    job->last_id = sqlite3_last_insert_rowid(st->db);
    return 0;
}

/* One batch in its savepoint. Returns the code of the group: 0 while the transaction is good. */
static int job_run(struct sqlite_store *st, struct store_job *job, struct store_report *report)
{
    int code = plain_run(st, &stmt_save, &job->err);
    if (code)
        return job->code = code;
    job->code = ops_run(st, job, report);
    if (job->code && (is_trouble(st->db, job->code) || sqlite3_get_autocommit(st->db)))
        return job->code;
    if (job->code && (code = plain_run(st, &stmt_undo, NULL)) != 0)
        return code;
    return plain_run(st, &stmt_release, NULL);
}

/* The transaction is lost: all that thought it was in shares its error. */
static void group_fail(struct sqlite_store *st, struct store_job **jobs, int n, int code, const struct err *e)
{
    if (!sqlite3_get_autocommit(st->db))
        plain_run(st, &stmt_rollback, NULL);
    for (int i = 0; i < n; i++) {
        if (jobs[i]->code)
            continue;
        jobs[i]->code = code;
        jobs[i]->err = *e;
    }
}

static int sqlite_commit(void *db, struct store_job **jobs, int n, struct store_report *report)
{
    struct sqlite_store *st = db;
    struct err e = {0};
    int code = plain_run(st, &stmt_begin, &e);
    for (int i = 0; i < n && code == 0; i++) {
        code = job_run(st, jobs[i], report);
        if (code)
            e = jobs[i]->err;
    }
    if (code == 0)
        code = plain_run(st, &stmt_commit, &e);
    if (code) {
        group_fail(st, jobs, n, code, &e);
        report->err = e;
    }
    return code;
}

/* ---- reading ---- */

static struct store_value cell_copy(sqlite3_stmt *stmt, int column, struct arena *a)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        return STORE_I(sqlite3_column_int64(stmt, column));
    case SQLITE_FLOAT:
        return STORE_F(sqlite3_column_double(stmt, column));
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        bool text = sqlite3_column_type(stmt, column) == SQLITE_TEXT;
        const void *p = text ? (const void *)sqlite3_column_text(stmt, column) : sqlite3_column_blob(stmt, column);
        size_t n = (size_t)sqlite3_column_bytes(stmt, column);
        return (struct store_value){.type = text ? STORE_TEXT : STORE_BLOB, .p = arena_dupn(a, p ? p : "", n), .n = n};
    }
    default:
        return STORE_N;
    }
}

static int rows_collect(sqlite3 *db, sqlite3_stmt *stmt, const char *what, int max_rows, struct store_rows *r,
                        struct err *e)
{
    VEC(struct store_value) cells = {0};
    int rc = SQLITE_DONE, code = 0;
    r->n_columns = sqlite3_column_count(stmt);
    while (code == 0 && r->n_rows < max_rows && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < r->n_columns; i++)
            VEC_PUSH(&cells, cell_copy(stmt, i, r->arena));
        r->n_rows++;
        if (arena_size(r->arena) > STORE_MAX_ROWS_BYTES)
            code = err_set(e, ERR_LIMIT, MSG("The answer is too large ({1})."), "s", what);
    }
    if (code == 0 && rc != SQLITE_ROW && rc != SQLITE_DONE)
        code = sqlite_error(db, rc, what, e);
    if (cells.n) {
        r->at = ARENA_ARRAY(r->arena, struct store_value, cells.n);
        memcpy(r->at, cells.at, cells.n * sizeof(*cells.at));
    }
    VEC_DONE(&cells);
    return code;
}

/* cached false: from another thread than the store's; the connection is serialised, the cache is not. */
static int sqlite_query(void *db, const struct store_stmt *q, const struct store_value *values, int n,
                        int max_rows, bool cached, struct store_rows *ret, struct err *e)
{
    struct sqlite_store *st = db;
    struct store_rows r = {.arena = arena_new(0)};
    sqlite3_stmt *stmt = NULL;
    int rc = cached ? statement_get(st, q, &stmt) : sqlite3_prepare_v2(st->db, q->sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = values_bind(stmt, values, n);
    int code = rc == SQLITE_OK ? rows_collect(st->db, stmt, q->name, max_rows, &r, e)
                               : sqlite_error(st->db, rc, q->name, e);
    if (stmt && cached)
        statement_reset(stmt);
    else
        sqlite3_finalize(stmt);
    if (code)
        store_rows_done(&r);
    else
        *ret = r;
    return code;
}

/* ---- opening ---- */

static int pragma_text(sqlite3 *db, const char *sql, char *out, size_t n)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        str_copy(out, n, (const char *)sqlite3_column_text(stmt, 0) ? (const char *)sqlite3_column_text(stmt, 0) : "");
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* WAL; where the VFS has no shared memory, with the whole file to ourselves. */
static int journal_set(sqlite3 *db)
{
    char mode[32] = "";
    int rc = pragma_text(db, "PRAGMA journal_mode=WAL", mode, sizeof(mode));
    if (rc == SQLITE_OK && str_ieq(mode, "wal"))
        return rc;
    if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT)
        return rc;
    rc = pragma_text(db, "PRAGMA locking_mode=EXCLUSIVE", mode, sizeof(mode));
    return rc == SQLITE_OK ? pragma_text(db, "PRAGMA journal_mode=WAL", mode, sizeof(mode)) : rc;
}

static int pragmas_set(sqlite3 *db, const char *path, struct err *e)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    int rc = journal_set(db);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                              "PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=16777216",
                          NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sqlite_error(db, rc, path, e);
}

static int damage_check(sqlite3 *db, const char *path, struct err *e)
{
    char pages[32] = "", size[32] = "", verdict[300] = "ok";
    int64_t n_pages = 0, page_bytes = 0;
    int rc = pragma_text(db, "PRAGMA page_count", pages, sizeof(pages));
    if (rc == SQLITE_OK)
        rc = pragma_text(db, "PRAGMA page_size", size, sizeof(size));
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, path, e);
    if (str_i64(pages, &n_pages) == 0 && str_i64(size, &page_bytes) == 0 && n_pages * page_bytes > STORE_CHECK_MAX_BYTES)
        return 0;
    rc = pragma_text(db, "PRAGMA quick_check(1)", verdict, sizeof(verdict));
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, path, e);
    if (str_eq(verdict, "ok"))
        return 0;
    return sqlite_error(NULL, SQLITE_CORRUPT, path, e);
}

static void sqlite_close(void *db)
{
    struct sqlite_store *st = db;
    for (size_t i = 0; i < SLOTS; i++)
        sqlite3_finalize(st->cache[i].stmt);
    sqlite3_close(st->db);
    mem_free(st->path);
    mem_free(st);
}

/* The file holds hashes of passwords: it is made for its owner alone, before SQLite would make it for all. */
static int file_prepare(const char *path, struct err *e)
{
    return file_exists(path) ? 0 : file_write(path, "", 0, 0600, e);
}

static int sqlite_open(const char *path, const char *vfs, const struct store_migration *const *migrations,
                       void **ret_db, struct err *e)
{
    int code = file_prepare(path, e);
    if (code)
        return code;
    struct sqlite_store *st = NEW(struct sqlite_store);
    st->path = mem_dup(path);
    int rc = sqlite3_open_v2(path, &st->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, vfs);
    if (rc != SQLITE_OK)
        code = sqlite_error(st->db, rc, path, e);
    if (code == 0)
        code = pragmas_set(st->db, path, e);
    if (code == 0)
        code = damage_check(st->db, path, e);
    if (code == 0)
        code = sqlite_migrate(st->db, path, migrations, e);
    if (code)
        sqlite_close(st);
    else
        *ret_db = st;
    return code;
}

const struct store_engine store_engine_sqlite = {
    .name = "sqlite", .open = sqlite_open, .close = sqlite_close, .commit = sqlite_commit, .query = sqlite_query};

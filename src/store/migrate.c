/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate.c: the ledger of migrations in a SQLite database, and what is missing from it.
 *
 * All that is new goes in with one transaction: a database is of the former version or of this one.
 * "{id}" in a migration stands for the engine's growing whole-number key. */
#include "base/hash.h"
#include "base/str.h"
#include "store/sqlite_int.h"

enum { APPLICATION_ID = 0x76696769 /* "vigi" */, MAX_SQL_BYTES = 1 << 20 };

const struct store_migration store_migrations[] = {
    {"store", 1,
     "CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, fencing BIGINT NOT NULL,"
     " expires_ms BIGINT NOT NULL, taken_ms BIGINT NOT NULL, node TEXT NOT NULL DEFAULT '',"
     " epoch BIGINT NOT NULL DEFAULT 0, seq BIGINT NOT NULL DEFAULT 0);"
     "CREATE TABLE node (name TEXT PRIMARY KEY, epoch BIGINT NOT NULL, fencing BIGINT NOT NULL DEFAULT 0);"},
    {0},
};

static int exec(sqlite3 *db, const char *sql, const char *what, struct err *e)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sqlite_error(db, rc, what, e);
}

/* First column of the first row; otherwise when there is none. */
static int query_int(sqlite3 *db, const char *sql, const char *room, int number, int64_t *ret)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK && room)
        rc = sqlite3_bind_text(stmt, 1, room, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && number)
        rc = sqlite3_bind_int(stmt, 2, number);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Somebody else's database is left alone. */
static int owner_check(sqlite3 *db, const char *path, struct err *e)
{
    int64_t id = 0, tables = 0;
    int rc = query_int(db, "PRAGMA application_id", NULL, 0, &id);
    if (rc == SQLITE_OK)
        rc = query_int(db, "SELECT count(*) FROM sqlite_master", NULL, 0, &tables);
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, path, e);
    if (id == APPLICATION_ID || (id == 0 && tables == 0))
        return 0;
    return err_set(e, ERR_INVALID, MSG("{1} is a database of another program; give vigie a file of its own."), "s",
                   path);
}

static void sql_expand(struct buf *out, const char *sql)
{
    const char *mark;
    while ((mark = strstr(sql, "{id}")) != NULL) {
        buf_add(out, sql, (size_t)(mark - sql));
        buf_str(out, "INTEGER PRIMARY KEY AUTOINCREMENT");
        sql = mark + strlen("{id}");
    }
    buf_str(out, sql);
}

static int migration_apply(sqlite3 *db, const struct store_migration *m, int64_t hash, struct err *e)
{
    struct buf sql = BUF_MAX(MAX_SQL_BYTES);
    sql_expand(&sql, m->sql);
    int code = exec(db, buf_text(&sql), m->room, e);
    buf_clear(&sql);
    buf_printf(&sql, "INSERT INTO store_migration (room, number, hash) VALUES ('%s', %d, %lld)", m->room, m->number,
               (long long)hash);
    if (code == 0)
        code = exec(db, buf_text(&sql), m->room, e);
    buf_done(&sql);
    return code;
}

/* One row of a room: there already and the same, or applied now. */
static int migration_bring(sqlite3 *db, const char *path, const struct store_migration *m, struct err *e)
{
    int64_t hash = (int64_t)(hash_text(m->sql, 0) >> 1), known = -1;
    int rc = query_int(db, "SELECT hash FROM store_migration WHERE room = ?1 AND number = ?2", m->room, m->number,
                       &known);
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, path, e);
    if (known == -1)
        return migration_apply(db, m, hash, e);
    if (known == hash)
        return 0;
    return err_set(e, ERR_CONFLICT,
                   MSG("{1} was made by another build of vigie (tables of {2}, step {3}, differ). Use the build "
                       "that made it, or another file."),
                   "ssi", path, m->room, (int64_t)m->number);
}

static int room_bring(sqlite3 *db, const char *path, const struct store_migration *list, struct err *e)
{
    int64_t newest = 0;
    int last = 0, code = 0;
    for (const struct store_migration *m = list; m->room; m++)
        last = m->number;
    if (!list->room)
        return 0;
    int rc = query_int(db, "SELECT max(number) FROM store_migration WHERE room = ?1", list->room, 0, &newest);
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, path, e);
    if (newest > last)
        return err_set(e, ERR_CONFLICT,
                       MSG("{1} was written by a newer version of vigie (tables of {2}: step {3}, this version "
                           "knows {4}). Install that version, or put back a copy from before."),
                       "ssii", path, list->room, newest, (int64_t)last);
    for (const struct store_migration *m = list; m->room && code == 0; m++)
        code = migration_bring(db, path, m, e);
    return code;
}

static int all_bring(sqlite3 *db, const char *path, const struct store_migration *const *migrations, struct err *e)
{
    char sql[64];
    str_print(sql, sizeof(sql), "PRAGMA application_id=%d", APPLICATION_ID);
    int code = exec(db,
                    "CREATE TABLE IF NOT EXISTS store_migration (room TEXT NOT NULL, number INTEGER NOT NULL,"
                    " hash BIGINT NOT NULL, PRIMARY KEY (room, number))",
                    path, e);
    if (code == 0)
        code = exec(db, sql, path, e);
    if (code == 0)
        code = room_bring(db, path, store_migrations, e);
    for (; migrations && *migrations && code == 0; migrations++)
        code = room_bring(db, path, *migrations, e);
    return code;
}

int sqlite_migrate(sqlite3 *db, const char *path, const struct store_migration *const *migrations, struct err *e)
{
    int code = owner_check(db, path, e);
    if (code == 0)
        code = exec(db, "BEGIN IMMEDIATE", path, e);
    if (code)
        return code;
    code = all_bring(db, path, migrations, e);
    if (code == 0)
        code = exec(db, "COMMIT", path, e);
    if (code && !sqlite3_get_autocommit(db))
        exec(db, "ROLLBACK", path, NULL);
    return code;
}

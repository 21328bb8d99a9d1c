/* SPDX-License-Identifier: GPL-3.0-or-later */
/* foreign.c: see foreign.h. */
#include "store/foreign.h"
#include "base/buf.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/file.h"
#include <sqlite3.h>
#include <string.h>

struct foreign {
    sqlite3 *db;
    const char *path;
    struct err *e;
};

static int wrong(struct foreign *f, int rc)
{
    if (rc == SQLITE_NOTADB)
        return err_set(f->e, ERR_INVALID, MSG("{1} is no database of SQLite"), "s", f->path);
    return err_set(f->e, ERR_INVALID, MSG("{1} cannot be read: {2}"), "ss", f->path, f->db ? sqlite3_errmsg(f->db) : sqlite3_errstr(rc));
}

/* Only reading, of tables: whatever a trigger, a view or a function in the schema would do is refused. */
static int allow(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)arg;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

/* A path as a URI: ? and # and % would say something. */
static void put_uri(struct buf *out, const char *path)
{
    buf_str(out, "file:");
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        if (strchr("?#%", *p) || *p < 0x21)
            buf_printf(out, "%%%02X", *p);
        else
            buf_char(out, (char)*p);
    buf_str(out, "?mode=ro&immutable=1");
}

static int open_it(struct foreign *f)
{
    struct buf uri = BUF_MAX(16384);
    put_uri(&uri, f->path);
    int rc = sqlite3_open_v2(buf_text(&uri), &f->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    buf_done(&uri);
    if (rc != SQLITE_OK)
        return wrong(f, rc);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(f->db, SQLITE_LIMIT_LENGTH, 64 << 20);
    sqlite3_limit(f->db, SQLITE_LIMIT_COLUMN, FOREIGN_MAX_COLUMNS);
    sqlite3_limit(f->db, SQLITE_LIMIT_VDBE_OP, 100000);
    sqlite3_limit(f->db, SQLITE_LIMIT_EXPR_DEPTH, 50);
    sqlite3_limit(f->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_set_authorizer(f->db, allow, NULL);
    return 0;
}

/* 1: there is such a table, and it is a real one with rowids. */
static int has_table(struct foreign *f, const char *name)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(f->db, "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?1 AND rootpage > 0", -1, &s, NULL);
    if (rc != SQLITE_OK)
        return wrong(f, rc);
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    rc = sqlite3_step(s);
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : wrong(f, rc);
}

static int read_rows(struct foreign *f, sqlite3_stmt *s, const char *table, foreign_row *fn, void *arg)
{
    const char *columns[FOREIGN_MAX_COLUMNS], *values[FOREIGN_MAX_COLUMNS];
    int n = sqlite3_column_count(s), rc, r = 0;
    for (int i = 0; i < n; i++)
        columns[i] = sqlite3_column_name(s, i);
    while (r == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        for (int i = 0; i < n; i++) {
            bool none = sqlite3_column_type(s, i) == SQLITE_NULL || sqlite3_column_bytes(s, i) > FOREIGN_MAX_VALUE;
            values[i] = none ? NULL : (const char *)sqlite3_column_text(s, i);
        }
        r = fn(arg, table, columns, values, n);
    }
    return r ? r : rc == SQLITE_DONE ? 0 : wrong(f, rc);
}

static int read_table(struct foreign *f, const char *table, long most, foreign_row *fn, void *arg)
{
    struct buf sql = BUF_MAX(500);
    sqlite3_stmt *s = NULL;
    buf_printf(&sql, "SELECT * FROM main.\"%s\" LIMIT %ld", table, most);
    int rc = sqlite3_prepare_v2(f->db, buf_text(&sql), -1, &s, NULL);
    int r = rc != SQLITE_OK ? wrong(f, rc) : sqlite3_column_count(s) > FOREIGN_MAX_COLUMNS ? wrong(f, SQLITE_TOOBIG) : read_rows(f, s, table, fn, arg);
    sqlite3_finalize(s);
    buf_done(&sql);
    return r;
}

int foreign_read(const char *path, const char *const *tables, long most, foreign_row *fn, void *arg, struct err *e)
{
    struct foreign f = {.path = path, .e = e};
    int found = 0;
    if (!file_exists(path))
        return err_set(e, ERR_NOT_FOUND, MSG("{1} does not exist"), "s", path);
    int r = open_it(&f);
    for (int i = 0; tables[i] && r == 0; i++) {
        int has = has_table(&f, tables[i]);
        found += has > 0;
        r = has < 0 ? has : has ? read_table(&f, tables[i], most, fn, arg) : 0;
    }
    sqlite3_close(f.db);
    return r || found ? r : err_set(e, ERR_INVALID, MSG("{1} has none of the tables that it should have"), "s", path);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqlite_int.h: the SQLite engine's own: its connection, and how its errors become ours. */
#ifndef VIGIE_STORE_SQLITE_INT_H
#define VIGIE_STORE_SQLITE_INT_H

#include "store/store_int.h"
#include <sqlite3.h>

struct sqlite_cached {
    const struct store_stmt *key;
    sqlite3_stmt *stmt;
};
struct sqlite_store {
    sqlite3 *db;
    char *path;
    struct sqlite_cached cache[1024]; /* open addressing by address; see STORE_MAX_STATEMENTS */
    int n_cached;
};

/* The error of the last call on db, which returned rc. what: a statement's name or a file's path. */
int sqlite_error(sqlite3 *db, int rc, const char *what, struct err *e);
/* Brings the tables up to date. */
int sqlite_migrate(sqlite3 *db, const char *path, const struct store_migration *const *migrations,
                   struct err *e);

#endif

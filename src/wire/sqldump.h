/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqldump.h: the rows of a database as dumps have them: INSERT statements of mysqldump, mariadb-dump, pg_dump --inserts and
 * sqlite3 .dump, and COPY blocks of pg_dump.  PURE; any bytes are good, in pieces of any size.
 *
 * One statement's row is in memory at a time; tables that nobody wants are passed over.  Columns are those that the statement names, else
 * those of the CREATE TABLE before it.  What is neither is skipped.
 *
 * In MySQL a backslash in quotes says something (\n, \', \0); in PostgreSQL and SQLite it does not, but for E'…'.  Which of them it is
 * shows in the first comments, in quoted names, or by sqldump.backslash. */
#ifndef VIGIE_WIRE_SQLDUMP_H
#define VIGIE_WIRE_SQLDUMP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { SQLDUMP_MAX_COLUMNS = 200, SQLDUMP_MAX_TABLES = 1000, SQLDUMP_MAX_NAME = 128, SQLDUMP_MAX_ROW = 16 << 20 };

struct sqldump_row {
    const char *table;
    const char *const *columns; /* names, n of them; NULL when nobody named that one */
    const char *const *values;  /* NULL: NULL. Without NUL bytes: a value ends at the first */
    int n;
};
struct sqldump;
struct sqldump_calls {
    bool (*wants)(void *arg, const char *table);
    int (*row)(void *arg, const struct sqldump_row *r); /* all borrowed; 0 to go on, else an error that feed gives */
    void *arg;
};
struct sqldump *sqldump_new(const struct sqldump_calls *calls);
struct sqldump *sqldump_free(struct sqldump *d); /* takes NULL, returns NULL */
/* 0; ERR_LIMIT: a row larger than SQLDUMP_MAX_ROW, too many columns; or what row() said. */
int sqldump_feed(struct sqldump *d, const char *p, size_t n, struct err *e);
/* All came. ERR_INVALID: it ends within a statement (a dump that was cut), or nothing in it was a statement. */
int sqldump_end(struct sqldump *d, struct err *e);
int64_t sqldump_line(const struct sqldump *d);
int64_t sqldump_strange(const struct sqldump *d); /* rows that had no fitting number of columns, and were left out */

#endif

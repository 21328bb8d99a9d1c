/* SPDX-License-Identifier: GPL-3.0-or-later */
/* foreign.h: the rows of somebody else's SQLite database, safely: opened read-only and as a file that nobody changes (no journal is
 * played back, nothing is created beside it), in defensive mode, without trust in what its schema says; only real tables are read, no
 * view and no virtual table, so that nothing of it is executed.
 *
 * Blocking: verbs. The database should not be in use: what stands in its write-ahead log is not seen. */
#ifndef VIGIE_STORE_FOREIGN_H
#define VIGIE_STORE_FOREIGN_H

#include "base/err.h"

enum { FOREIGN_MAX_COLUMNS = 300, FOREIGN_MAX_VALUE = 4 << 20 /* bytes; more is cut off */ };
/* One row: texts (NULL: NULL), borrowed for the call. 0 to go on. */
typedef int foreign_row(void *arg, const char *table, const char *const *columns, const char *const *values, int n);
/* Each of the named tables that is there, in their order, at most `most` rows of each by rowid. 0, what fn gave, ERR_NOT_FOUND, ERR_INVALID (no such
 * database, or a damaged one; none of the tables is in it). */
int foreign_read(const char *path, const char *const *tables, long most, foreign_row *fn, void *arg, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv.h: lists as spreadsheets and membership programs export them (RFC 4180, and what is made of it: semicolons, tabs, a byte order
 * mark, bare LF).  PURE; any bytes are good. */
#ifndef VIGIE_WIRE_CSV_H
#define VIGIE_WIRE_CSV_H

#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { CSV_MAX_CELLS = 256, CSV_MAX_CELL = 64 << 10 };
struct csv {
    const char *at, *end;
    char sep;
    int line; /* of the record that comes next: 1 … */
};
/* The separator is what stands most often in the first line. The text is borrowed. */
void csv_begin(struct csv *c, const char *text, size_t n);
/* The next record that is not empty: 1 and its cells in a, 0 at the end. ERR_INVALID: a quote that never ends; ERR_LIMIT. */
int csv_next(struct csv *c, struct arena *a, const char *cells[CSV_MAX_CELLS], int *ret_n, int *ret_line, struct err *e);

#endif

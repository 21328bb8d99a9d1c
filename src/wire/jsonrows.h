/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jsonrows.h: the objects of one long list in JSON (RFC 8259), one after the other, so that a file of any size takes the memory of one
 * of them: {"…": …, "NAME": [{…}, {…}], …} or [{…}, {…}].  PURE; any bytes are good, in pieces of any size.
 *
 * It only finds where each object begins and ends; whether it is JSON, json_parse() says. */
#ifndef VIGIE_WIRE_JSONROWS_H
#define VIGIE_WIRE_JSONROWS_H

#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

enum { JSONROWS_MAX_ROW = 16 << 20, JSONROWS_MAX_DEPTH = 64 };
typedef int jsonrows_fn(void *arg, const char *p, size_t n); /* an object; returns 0 to go on, else an error that feed gives */
struct jsonrows {
    const char *name; /* borrowed */
    jsonrows_fn *fn;
    void *arg;
    struct buf row, word; /* word: the last text of the outermost object */
    int depth, list;      /* list: depth of the list whose objects are wanted; 0: not in it */
    int64_t line;
    bool text, escaped, key, seen;
};
void jsonrows_begin(struct jsonrows *j, const char *name, jsonrows_fn *fn, void *arg);
/* 0; ERR_INVALID: no such list (line); ERR_LIMIT; or what fn said. */
int jsonrows_feed(struct jsonrows *j, const char *p, size_t n, struct err *e);
/* All came: ERR_INVALID when it ends too early or there was no such list. */
int jsonrows_end(struct jsonrows *j, struct err *e);
void jsonrows_done(struct jsonrows *j);

#endif

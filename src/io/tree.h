/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.h: a directory of files that others read while it is being written, such as a site of static pages.
 *
 * Each file is replaced by rename(2): whoever reads sees the whole former one or the whole new one.  A directory that is
 * not there yet is made under the name DIR.new and renamed when all of it is written.  Who writes decides on the order: first what is
 * linked to, then what links to it; what goes is dropped last.  Nothing is synced: after a power cut files may be short, so that a
 * process believes nothing of a tree that it has not compared itself (tree_same()).
 *
 * Paths inside are relative ("incident/abc/index.html"), at most TREE_MAX_PATH bytes, of parts that are neither empty nor
 * begin with a dot; others are ERR_INVALID.  All calls block: for workers.  The twin writes real files, too. */
#ifndef VIGIE_IO_TREE_H
#define VIGIE_IO_TREE_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { TREE_MAX_PATH = 600 };

struct tree;
/* dir: absolute. ERR_INVALID, ERR_DENIED, ERR_IO, ERR_CONFLICT (it is a file). */
int tree_open(const char *dir, struct tree **ret_tree, struct err *e);
struct tree *tree_free(struct tree *t);            /* takes NULL, returns NULL */
bool tree_is_new(const struct tree *t);            /* made by this tree_open() */
bool tree_is_empty(const struct tree *t);          /* apart from names with a dot in front */
bool tree_path_ok(const char *path);
int tree_put(struct tree *t, const char *path, const void *p, size_t n, struct err *e); /* mode 0644, directories 0755 */
int tree_read(struct tree *t, const char *path, struct buf *out, struct err *e); /* ERR_NOT_FOUND, ERR_LIMIT, ERR_IO */
bool tree_same(struct tree *t, const char *path, const void *p, size_t n); /* is this what the file holds? */
int tree_drop(struct tree *t, const char *path, struct err *e); /* with the directories that are empty then; gone already: 0 */
uint64_t tree_print(struct tree *t, const char *path); /* of which file it is and when it was written; 0: not there */
int tree_commit(struct tree *t, struct err *e);    /* a new one takes its name */
/* What a person typed, from where the process stands: ERR_LIMIT, ERR_IO. */
int tree_absolute(const char *path, struct buf *out, struct err *e);

#endif

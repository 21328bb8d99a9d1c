/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h: files by a pattern, for the probes of files. On workers only.
 *
 * A pattern is the path of a file, of a directory (everything in it), or ends in a name with * and ?. Symbolic links
 * count as what they point to; directories are not followed through links. */
#ifndef VIGIE_CHECKS_FILES_H
#define VIGIE_CHECKS_FILES_H

#include "checks/machine/local.h"
#include "io/machine_file.h"

enum { FILES_MAX = 100000 };
struct files_walk {
    const char *pattern;
    const char *name; /* glob on the names besides; NULL: any */
    int depth;        /* 1: no directories below */
    void (*fn)(void *arg, const char *path, const struct machine_file *f);
    void *arg;
    int closed;       /* out: directories that could not be read */
};
/* Regular files only. 0, ERR_NOT_FOUND, ERR_DENIED, ERR_LIMIT (FILES_MAX; what was seen was told). */
int files_each(struct files_walk *w, struct err *e);
/* UNKNOWN or, when it does not exist, `missing` with the error's text. */
void files_failed(struct attempt *own, enum state missing, int code, const struct err *e);
/* Of the attempt's time; never negative. */
int64_t files_age_ms(const struct attempt *own, const struct machine_file *f);
/* ERR_INVALID with the field named when a path does not begin with /. */
int files_check_path(const char *field, const char *path, struct err *e);

#endif

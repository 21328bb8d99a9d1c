/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scratch.c: see scratch.h. */
#include "io/scratch.h"
#include "base/msg.h"
#include "base/str.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPEN_AT_ONCE = 16 };

int scratch_make(const char *what, char *ret_path, size_t path_bytes, struct err *e)
{
    const char *below = getenv("TMPDIR");
    if (str_print(ret_path, path_bytes, "%s/vigie-%s-XXXXXX", below && below[0] == '/' ? below : "/tmp", what) >= (int)path_bytes - 1 || !mkdtemp(ret_path))
        return err_set(e, err_from_errno(errno), MSG("no directory could be made below {1}"), "s", below ? below : "/tmp");
    return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    remove(path);
    return 0;
}

void scratch_remove(const char *path) { nftw(path, drop, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS); }

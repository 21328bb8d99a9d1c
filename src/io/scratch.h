/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scratch.h: a directory of one's own for a while, and its end.  Blocking: for verbs. The twin makes real ones, too. */
#ifndef VIGIE_IO_SCRATCH_H
#define VIGIE_IO_SCRATCH_H

#include "base/err.h"
#include <stddef.h>

/* A new one, mode 0700, below $TMPDIR or /tmp: "/tmp/vigie-demo-Ab12Cd". what: "demo". */
int scratch_make(const char *what, char *ret_path, size_t path_bytes, struct err *e);
void scratch_remove(const char *path); /* with all that is in it; links are not followed */

#endif

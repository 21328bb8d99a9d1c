/* SPDX-License-Identifier: GPL-3.0-or-later */
/* good.h: the last good configuration, kept as text in <data>/conf.good: what the daemon starts with when the files have
 * become wrong.  One file, replaced as a whole, so that it is always the text of one generation.  Blocking. */
#ifndef VIGIE_DAEMON_GOOD_H
#define VIGIE_DAEMON_GOOD_H

#include "daemon/files.h"

/* Keeps the texts of a set that loaded without an error; nothing is written when they are the same already. */
int good_write(const char *data, const struct files_place *p, const struct files_set *s, struct err *e);
/* ERR_NOT_FOUND: none, or it is that of another main file. ERR_INVALID: not what good_write() left. */
int good_read(const char *data, const struct files_place *p, struct files_set *ret, struct err *e);

#endif

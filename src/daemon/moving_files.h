/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving_files.h: content files of a site that Hugo builds, as rows. */
#ifndef VIGIE_DAEMON_MOVING_FILES_H
#define VIGIE_DAEMON_MOVING_FILES_H

#include "daemon/moving.h"

int moving_read_directory(struct moving *g, const char *dir, struct err *e);

#endif

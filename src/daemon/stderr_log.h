/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stderr_log.h: where the daemon's own log lines go: standard error, without ever waiting for who reads it.  A line that
 * finds no room is lost and counted; the next one that finds some says how many. From any thread. */
#ifndef VIGIE_DAEMON_STDERR_LOG_H
#define VIGIE_DAEMON_STDERR_LOG_H

#include "base/log.h"
#include <stdbool.h>

struct stderr_log {
    int fd;
    bool journal;  /* the level in front, as journald wants it */
    unsigned lost; /* lines since the last that was written; atomic */
};
void stderr_log_line(enum log_level level, const char *line, void *arg /* struct stderr_log */);

#endif

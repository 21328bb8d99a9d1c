/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.h: the daemon's own log lines.  Library rooms return errors instead; the daemon, cli and tests log.
 * The sink is set once at start (stderr by default; journald's <N> prefixes under systemd). */
#ifndef VIGIE_BASE_LOG_H
#define VIGIE_BASE_LOG_H

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_NOTE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };
typedef void log_sink(enum log_level level, const char *line, void *arg);
void log_set(log_sink *sink, void *arg, enum log_level most);
/* One line; control characters are cleaned. Callable from any thread once log_set() was called. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

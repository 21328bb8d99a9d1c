/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file.h: files. Small and synchronous: called at start, in workers, and by verbs that need no daemon; the
 * loops do not touch the disk.  The twin runs on real files below a temporary directory, with faults. */
#ifndef VIGIE_IO_FILE_H
#define VIGIE_IO_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"

/* Appends the whole file; ERR_NOT_FOUND, ERR_DENIED, ERR_LIMIT (over out->max), ERR_IO. Also reads /proc files. */
int file_read(const char *path, struct buf *out, struct err *e);
/* The file in pieces, whatever its size; fn returns 0 to go on, else what file_each() gives. Also pipes and /dev/stdin. */
int file_each(const char *path, int (*fn)(void *arg, const char *p, size_t n, struct err *e), void *arg, struct err *e);
/* Replaces atomically: temporary file in the same directory, fsync, rename, fsync of the directory. */
int file_write(const char *path, const void *p, size_t n, int mode, struct err *e);
/* The same for a directory that another program empties: the temporary file is called .NAME.XXXXXX.LOCK, which such programs pass over. */
int file_put(const char *path, const void *p, size_t n, int mode, struct err *e);
int file_remove(const char *path, struct err *e);
int file_mkdirs(const char *path, int mode, struct err *e);
bool file_exists(const char *path);
/* Names of the entries that end in suffix (NULL: all), sorted, without "." names; at most max. fn returns 0 to go on. */
int file_list(const char *dir, const char *suffix, int max, int (*fn)(void *arg, const char *name), void *arg, struct err *e);
/* A line of hidden input or plain input from the terminal: 0, ERR_UNSUPPORTED when stdin is no terminal. */
int file_ask(const char *prompt, bool hidden, struct buf *out);
bool file_is_terminal(int fd);
int file_terminal_width(int fd); /* columns, 80 when unknown */
void file_print(int fd, const char *p, size_t n); /* writes all, blocking: for the command line only */
/* Writes when that does not wait; false: nobody took it, or not all of it. From any thread. */
bool file_offer(int fd, const char *p, size_t n);

/* Watches directories: fn runs on the loop, 300 ms after the last change (so that a burst is one call). */
struct file_watch;
struct file_watch *file_watch_new(struct loop *l, void (*fn)(void *arg), void *arg);
int file_watch_add(struct file_watch *w, const char *dir); /* a missing directory is watched for through its parent */
struct file_watch *file_watch_free(struct file_watch *w);

/* An exclusive lock on a file for the process' life: 0, ERR_CONFLICT (held; *ret_pid), ERR_IO. */
int file_lock(const char *path, int *ret_pid, struct err *e);
/* systemd: sd_notify without its library ("READY=1"); no-op when not asked for. */
void file_notify_systemd(const char *state);
/* As many descriptors as the system lets us have, at most 65,536: connections and checks need them. At start. */
void file_raise_limits(void);
const char *file_env(const char *name); /* environment variable or NULL */

#endif

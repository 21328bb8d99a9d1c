/* SPDX-License-Identifier: GPL-3.0-or-later */
/* work.h: a pool of worker threads for closed jobs that may block or compute (parse a configuration, read
 * /proc, scrypt, search).  A job may hang for ever (statvfs on a dead NFS): at most `threads` can, then jobs
 * wait, and work_stuck() says so. */
#ifndef VIGIE_IO_WORK_H
#define VIGIE_IO_WORK_H

#include "io/loop.h"

struct work_pool;
struct work_pool *work_pool_new(const char *name, int threads, int max_waiting);
struct work_pool *work_pool_free(struct work_pool *p); /* waits for running jobs at most 2 s, then leaves them */
/* Runs run(arg) on a worker, then done(arg) on loop l. 0, or ERR_BUSY when max_waiting jobs wait (neither is called). */
int work_submit(struct work_pool *p, struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void *arg);
/* The same for a job that owns its arg: when the pool goes before done could be posted, drop(arg) is called from
 * work_pool_free(), unless the job hangs. */
int work_give(struct work_pool *p, struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void (*drop)(void *arg), void *arg);
int work_stuck(const struct work_pool *p); /* jobs running for over 30 s */

#endif

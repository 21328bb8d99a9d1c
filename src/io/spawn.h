/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.h: running programs through the spawner process.
 *
 * The daemon never forks on its loops.  `vigie spawner` is a small process, executed (not forked) at start
 * and again when it dies, that uses posix_spawn and hands back output and status over a socket pair.
 * Programs run in their own process group, with stdin from /dev/null unless input is given, a clean
 * environment plus `env`, and are killed as a group (TERM, then KILL 2 s later) at their time-out. */
#ifndef VIGIE_IO_SPAWN_H
#define VIGIE_IO_SPAWN_H

#include "base/err.h"
#include "io/loop.h"

struct spawner;
struct spawn_job;
struct spawn_request {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH when it has no slash */
    const char *const *env;  /* "NAME=value", NULL-terminated; may be NULL */
    const char *input;       /* for stdin; NULL: none */
    size_t input_bytes;      /* at most 1 MiB */
    int64_t timeout_ms;
    size_t max_output;       /* of stdout and of stderr, each; what is beyond is read and dropped */
};
struct spawn_reply {
    int code; /* 0: it ran (look at status); ERR_NOT_FOUND, ERR_DENIED: could not start; ERR_TIMEOUT: killed;
                 ERR_RESET: the spawner died meanwhile; ERR_LIMIT: too many waiting */
    struct err err;
    int exit_status;  /* 0..255, or -1 when killed by a signal */
    int term_signal;  /* or 0 */
    const char *out, *errout; /* NUL-terminated besides; borrowed */
    size_t out_bytes, errout_bytes;
    int64_t took_us, cpu_us; /* wall, and user + system of the program */
};
typedef void spawn_fn(void *arg, const struct spawn_reply *r);

/* path: the vigie binary (NULL: /proc/self/exe). max_running: programs at once. */
struct spawner *spawner_new(struct loop *l, const char *path, int max_running);
struct spawner *spawner_free(struct spawner *s); /* kills what runs, no callbacks */
/* From the loop of the spawner. The request is copied. */
struct spawn_job *spawn_run(struct spawner *s, const struct spawn_request *rq, spawn_fn *fn, void *arg);
void spawn_cancel(struct spawn_job *job); /* kills the group; no callback */
/* The other side: main of `vigie spawner`. Returns the exit status. */
int spawner_main(int fd);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn_priv.h: what the daemon and its spawner say to each other over a stream socket pair.  Both
 * are the same binary on the same machine, so numbers go as they lie in memory; lengths are checked
 * all the same. */
#ifndef VIGIE_IO_SPAWN_PRIV_H
#define VIGIE_IO_SPAWN_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SPAWN_MAX_STRINGS = 256 << 10, /* argv and env together */
    SPAWN_MAX_WORDS = 4096,        /* of argv, of env */
    SPAWN_MAX_INPUT = 1 << 20,
    SPAWN_MAX_OUTPUT = 4 << 20,
    SPAWN_MAX_RUNNING = 200,
    SPAWN_KILL_AFTER_MS = 2000, /* TERM, then KILL */
};
enum spawn_kind { SPAWN_RUN = 1, SPAWN_KILL, SPAWN_DONE };

struct spawn_head {
    uint32_t bytes; /* that follow */
    uint32_t kind;
    uint64_t id;
};
/* Followed by the words of argv and env, each with its NUL, and the input. */
struct spawn_run_body {
    int64_t timeout_ms;
    uint32_t max_output, n_argv, n_env, string_bytes, input_bytes, unused;
};
/* Followed by both outputs. */
struct spawn_done_body {
    int32_t code, exit_status, term_signal, unused;
    int64_t took_us, cpu_us;
    uint32_t out_bytes, errout_bytes;
};

/* spawner_exec.c.  Starts a program in a process group of its own.  ours: our ends of its stdin,
 * stdout, stderr, to be -1 before; what is open in it is the caller's, also after a failure.  0 or
 * an errno value. */
int spawner_exec(char **argv, char **env, bool input, int ours[3], pid_t *ret_pid);
struct spawn_defaults {
    char path[4096], lc_all[16];
};
/* A clean environment: what programs need to be found, and messages in a language that can be
 * parsed. env holds n words and has room for two more and the NULL. */
void spawner_env_defaults(char **env, uint32_t n, struct spawn_defaults *d);

#endif

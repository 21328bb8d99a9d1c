/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scn.h: the scenario runner's own parts: reading lines (scn_text.c), what a line does to the world
 * (scn_world.c), the daemon's life (scn_daemon.c), what is expected (scn_expect.c).  The language is
 * described in README.md beside it. */
#ifndef TESTS_SCN_SCN_H
#define TESTS_SCN_SCN_H

#include "base/arena.h"
#include "base/doc.h"
#include "daemon/daemon.h"
#include "io/sim/sim.h"
#include <stdbool.h>
#include <stdint.h>

enum { SCN_MAX_WORDS = 64, SCN_MAX_FAILURES = 20, SCN_LOG_LINES = 40 };

struct scn_line {
    int number;
    const char *word[SCN_MAX_WORDS + 1]; /* NULL-terminated */
    int n;
    const char *block; /* here-block; NULL: none */
};
struct scn_reader {
    const char *at, *file;
    int number;
    struct arena *arena;
};
struct scn {
    const char *file;
    const char *name;
    int number; /* of the present line */
    struct arena *arena;
    char dir[64], data[96];
    struct daemon *daemon; /* NULL: not running */
    bool started;          /* has run at all */
    const char *skip;      /* reason, NULL: none */
    int failures;
    struct buf report; /* TAP comments */
    char *log[SCN_LOG_LINES]; /* last lines of the daemon's log: ring */
    int log_n;
    bool keep;
};

/* scn_text.c: 1: a line, 0: the end, -1: broken (reported). Blank lines and comments are skipped. */
int scn_read_line(struct scn_reader *r, struct scn_line *ret, const char **ret_problem);
/* "5m", "1h30m" → ms; false when it is no duration. A sign is taken too. */
bool scn_duration(const char *word, int64_t *ret_ms);

/* scn_world.c: runs a verb of the world; false: there is no such verb, or its words are wrong (problem is set). */
bool scn_world_verb(struct scn *s, const struct scn_line *l, int from, const char **ret_problem);

/* scn_daemon.c */
void scn_start(struct scn *s, const char *fails); /* fails: a glob on the reason why it will not start; NULL */
void scn_stop(struct scn *s);
void scn_kill(struct scn *s, bool lose_unsynced);
/* A request as the local administrator (peer NULL), or from an address. The caller frees. */
struct sim_reply *scn_ask(struct scn *s, const char *method, const char *path, const char *body, const char *peer);
/* The row of "web1" or "web1/http" in GET /api/v1/checks, in arena a; NULL: none. */
struct doc *scn_row(struct scn *s, struct arena *a, const char *target);
struct doc *scn_get_json(struct scn *s, struct arena *a, const char *path);
/* "ack web1/http -m 'on it'" → the request of that operation. */
bool scn_run_words(struct scn *s, const struct scn_line *l, int from, const char **ret_problem);

/* scn_expect.c */
bool scn_expect(struct scn *s, const struct scn_line *l, int from, const char **ret_problem);

/* runner.c: "# file:line: …" */
void scn_fail(struct scn *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

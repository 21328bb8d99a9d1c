/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_int.h: what the files of mirrors share. */
#ifndef VIGIE_WEB_MIRROR_INT_H
#define VIGIE_WEB_MIRROR_INT_H

#include "base/buf.h"
#include "io/loop.h"
#include "io/spawn.h"
#include "web/mirror.h"

enum mirror_kind { MIRROR_DIRECTORY = 1, MIRROR_RSYNC, MIRROR_GIT };
struct mirror {
    struct mirrors *of;
    char *name, *place, *branch, *url, *dir; /* dir: where the export goes */
    enum mirror_kind kind;
    int64_t every_ms;
    uint64_t print;      /* of the configuration it was made from */
    struct timer due;
    bool running, again; /* again: something changed meanwhile */
    bool gone;           /* out of the configuration while it ran */
    int failures;        /* in a row */
    int64_t good_ms, tried_ms, failing_since_ms; /* wall; 0: never, not */
    int64_t files, took_us, began_us;
    int step;            /* of its programs */
    struct spawn_job *job;
    struct err err;      /* of the last try */
    struct mirror *next;
};
/* The program of a step: argv (borrowed texts, those of *scratch too) and whether its failure is one. false: there is no such step. */
enum { MIRROR_ARGV = 24 };
struct mirror_program {
    const char *argv[MIRROR_ARGV];
    bool may_fail;
    int on_failure;      /* step to go on with when it may fail */
};
bool mirror_program(const struct mirror *m, int step, struct mirror_program *ret, struct buf *scratch);
extern const char *const mirror_env[]; /* besides HOME */

#endif

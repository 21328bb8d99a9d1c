/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_int.h: what the files of mirrors share. */
#ifndef VIGIE_ANNOUNCE_MIRROR_INT_H
#define VIGIE_ANNOUNCE_MIRROR_INT_H

#include "announce/mirror.h"
#include "base/map.h"
#include "wire/manifest.h"

enum mirror_kind { MIRROR_DIRECTORY = 1, MIRROR_RSYNC, MIRROR_GIT, MIRROR_WEBDAV, MIRROR_S3, MIRROR_KINDS };

/* How a mirror looks from where users read it. */
enum mirror_sight { SIGHT_NONE, SIGHT_OK, SIGHT_UNREACHABLE, SIGHT_STALE, SIGHT_WRONG, SIGHTS };
extern const char *const sight_words[SIGHTS];
struct look;
struct mirror_look {
    struct timer due;
    struct look *run;             /* under way; NULL */
    enum mirror_sight is;
    int64_t since_ms, looked_ms;  /* wall */
    int times;                    /* it was seen like this, in a row */
    struct err why;
};

struct mirror_push;
struct mirror_far { /* what a target has, as far as we know */
    struct map files;    /* name → sum; both of one piece, freed by value's mem_free() */
    int64_t read_ms;     /* mono */
    bool known;
};
struct mirror {
    struct mirrors *of;
    char *name, *place, *branch, *url, *dir; /* dir: where the export goes */
    char *user, *password, *region, *acl;
    enum mirror_kind kind;
    int64_t every_ms, look_ms, grace_ms;
    uint64_t print;      /* of the configuration it was made from */
    struct timer due;
    bool running, again; /* again: something changed meanwhile */
    bool gone;           /* out of the configuration while it ran */
    int failures;        /* in a row */
    int64_t good_ms, tried_ms, failing_since_ms; /* wall; 0: never, not */
    int64_t made_ms;     /* wall: when the export under way began; of the last good one: good_made_ms */
    int64_t good_made_ms;
    int64_t files, took_us, began_us, sent, sent_bytes;
    int step;            /* of its programs */
    struct spawn_job *job;
    struct mirror_push *push;
    struct mirror_far far;
    bool doubt;          /* a file there was another than the manifest says: all are sent anew */
    struct mirror_look look;
    struct err err;      /* of the last try */
    struct mirror *next;
};
struct mirrors {
    struct mirrors_env env;
    struct mirror *list; /* by the order of the configuration */
    struct map told;     /* name → struct mirror_told: what contacts were told last */
    bool stopped;
};
struct mirror_told {
    enum mirror_sight is;
    char name[];
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

/* mirror.c */
void mirror_ended(struct mirror *m, int code, const struct err *e); /* a try; m may be gone then */

/* mirror_push.c: brings <dir> to a target over HTTP; mirror_ended() once, from a later turn. */
void mirror_push_start(struct mirror *m);
void mirror_push_stop(struct mirror_push *p); /* takes NULL; no mirror_ended() */
void mirror_far_forget(struct mirror_far *f);

/* mirror_plan.c: what has to be sent, in which order. */
enum { MIRROR_WAVE_INDEX = 5, MIRROR_WAVE_GONE, MIRROR_WAVE_SEAL, MIRROR_WAVE_LIST };
struct mirror_op { /* borrowed texts */
    const char *file, *sum; /* sum "": unknown */
    int wave, order;
    bool drop;
};
struct mirror_plan {
    struct mirror_op *at;
    int n;
};
/* All in arena a, which list's text has to outlive. sealed: there is a signature to be sent. */
int mirror_plan_make(struct arena *a, struct str list, bool sealed, const struct mirror_far *far, bool all, struct mirror_plan *ret);
int mirror_wave(const char *file);
const char *mirror_type(const char *file);  /* "text/html; charset=utf-8" */
const char *mirror_cache(const char *file); /* a Cache-Control */
/* What is there by a manifest that came from there. */
void mirror_far_read(struct mirror_far *f, struct str list, int64_t now_ms);
void mirror_far_set(struct mirror_far *f, const char *file, const char *sum);
void mirror_far_drop(struct mirror_far *f, const char *file);

/* mirror_look.c */
void look_init(struct mirror *m);
void look_stop(struct mirror *m);
void look_soon(struct mirror *m); /* a copy has just been brought there */

/* mirror_tell.c: contacts are told of what lasts; what they were told outlives the process. */
int mirror_told_restore(struct mirrors *ms, struct err *e);
void mirror_told_done(struct mirrors *ms);
void mirror_told_judge(struct mirror *m, int64_t now_ms);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail_in.h: what the files of mail-in share: one mail on its way from its bytes to what becomes of it. */
#ifndef VIGIE_OPS_MAIL_IN_H
#define VIGIE_OPS_MAIL_IN_H

#include "ops/letter.h"
#include "ops/op.h"

/* What the mail server is to do: the exit statuses of sysexits(3). */
enum { MAIL_IN_OK = 0, MAIL_IN_BAD = 65, MAIL_IN_REFUSED = 77 };

struct mail_in {
    struct op_call *call;
    struct arena *arena;          /* of the letter: its own, since a worker fills it */
    struct letter letter;
    struct letter_ask ask;
    int code;                     /* of reading it */
    struct err err;
    struct zone *zones[ICAL_MAX_ZONES]; /* looked up in the worker */
    const char *zone_names[ICAL_MAX_ZONES];
    int n_zones;
    const char *site_zone;
    struct conf_env conf_env;
    char *signature_file;         /* what a program judges; NULL */
    const char *mark;             /* "mailin:…": this mail */
    /* The sender who is being proven, and the one who was. */
    int sender;
    const char *reply_to;         /* the address whose word proved it; NULL */
    struct principal who;
    bool sealed;                  /* by a signature: only what it covers counts */
    bool answered, posted;
    struct dictation *said;
};
/* Answers the call: what became of it. why: MSG() or NULL. */
void mail_in_end(struct mail_in *m, const char *outcome, int exit, const struct bulletin *b, const char *msgid, const char *types, ...);
void mail_in_end_err(struct mail_in *m, const char *outcome, int exit, const struct err *e);

void mail_in_leave(struct mail_in *m); /* without an answer yet: frees what is not the call's */

/* mail_proof.c: tries the senders of the configuration, one after the other; then fn(m, proven). */
typedef void mail_proven(struct mail_in *m, bool proven);
void mail_prove(struct mail_in *m, mail_proven *fn);
bool mail_dkim_ok(const struct letter *l);
/* The proof of a signature needs a file: made in the worker, gone when the mail is done. */
int mail_proof_file(struct mail_in *m, const char *dir, struct err *e);

/* ops_upstream.c: false: it is nobody's whom the configuration knows; else the call is answered. */
bool upstream_take(struct mail_in *m);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sms.h: text messages to telephones (`sms:` of the configuration): each notice in one line with its link, once a telephone (ANN-13).
 *
 * They leave by a directory that a program of the machine looks into (gammu-smsd with its FILES backend, smsd of SMS Server Tools 3), or by a
 * request to a server.  A file has its name when it is whole, and the same name at each try; a worker writes it.  What the network of
 * telephones makes of it, that program knows.
 *
 * On the main loop. sms_free() comes after publications_free() and before dispatcher_free(). */
#ifndef VIGIE_ANNOUNCE_SMS_H
#define VIGIE_ANNOUNCE_SMS_H

#include "announce/hooks.h"
#include "announce/told.h"
#include "io/work.h"

struct sms;
struct sms_env {
    struct loop *loop;
    struct store *store;
    struct work_pool *workers;
    struct publications *publications;
    const struct telling_env *telling;
    struct channel_env *channels;
    struct dispatcher *dispatcher;
    const char *node;
};
struct sms *sms_new(const struct sms_env *env);
struct sms *sms_free(struct sms *s); /* takes NULL, returns NULL */

/* A text that says that it is a test, to one telephone, kept and sent as others are. ERR_INVALID: no number; ERR_UNSUPPORTED: no `sms:`. */
int sms_try(struct sms *s, const char *number, told_done *fn, void *arg, struct err *e);

/* ---- pure ---- */
/* The line of a publication that fits into so many messages, in letters of GSM 03.38 where that can be. */
void sms_line(const struct telling_env *t, const struct publication *p, const char *lang, int parts, struct buf *out);
/* What a file is called and what is in it. row: its number in the outbox. */
void sms_file(const struct conf_sms *c, const char *number, const char *text, enum level l, int64_t row, int64_t created_ms, struct buf *ret_name, struct buf *ret_body);

#endif

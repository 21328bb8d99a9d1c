/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dictation.h: what a person dictates by mail, as an operation: a subject that can be typed on a phone, and a text below it.  PURE.
 *
 *     website major: Login fails                      opens an incident
 *     site web lent, mail panne: Disque plein         several, each with its impact, in French too
 *     plan mail friday 22:00-23:30: New disk          announces planned work; also "2026-12-01 22:00 for 2h", "tomorrow"
 *     [k3fo1q9x2mzt] resolved                         goes on with what has that key (or #12, its number)
 *     identified next 30m: A disk is full.            the first line of an answer to a notice
 *
 * Below: the text in Markdown, until the signature or what is quoted.  "[fr]" or "[en]" on a line of its own changes the language; "# …" as the
 * first line of a language is its title.  Words are known in English and French, with or without accents. */
#ifndef VIGIE_OPS_DICTATION_H
#define VIGIE_OPS_DICTATION_H

#include "config/conf.h"
#include "model/bulletin.h"

struct dictation_env {
    const struct conf *conf;
    const char *lang;         /* of what is not marked */
    int64_t now_ms;
    const struct zone *zone;
    /* What a key or number leads to; NULL: nothing. */
    const struct bulletin *(*find)(void *arg, const char *id);
    void *arg;
};
struct dictation {
    const char *op;           /* "incident-open", … */
    struct doc *params;       /* in the arena */
    const char *lang;         /* that it was written in: for the answer */
};
/* about: what it answers to (by its ids); NULL. ERR_INVALID with what was not understood, ERR_NOT_FOUND: a key of nothing. ret->lang is set in any case. */
int dictation_read(struct arena *a, const struct dictation_env *env, const char *subject, const char *body, const struct bulletin *about, struct dictation *ret, struct err *e);
/* The text of a person without signature and quotation, for others. */
char *dictation_body(struct arena *a, const char *body);

#endif

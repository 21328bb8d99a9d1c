/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verbs.h: verbs that need no running daemon. */
#ifndef VIGIE_DAEMON_VERBS_H
#define VIGIE_DAEMON_VERBS_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>

int verb_serve(int argc, char **argv, const char *lang);
int verb_demo(int argc, char **argv, const char *lang);
int verb_spawner(int argc, char **argv, const char *lang);
int verb_probe(int argc, char **argv, const char *lang);
int verb_conf_check(int argc, char **argv, const char *lang);
int verb_conf_doc(int argc, char **argv, const char *lang);
int verb_check_list(int argc, char **argv, const char *lang);
int verb_import(int argc, char **argv, const char *lang);
int verb_export_json(int argc, char **argv, const char *lang);
int verb_export_cstate(int argc, char **argv, const char *lang);
struct mover;
int verb_move(const struct mover *as, int argc, char **argv, const char *lang); /* verb_import's, of a status page */
int verb_describe(int argc, char **argv, const char *lang);
int verb_version(int argc, char **argv, const char *lang);

/* Options of a verb: "--name value", "--name=value", "-n value"; flags take none. What is left are words. */
struct verb_option {
    const char *name; /* "config" */
    char letter;      /* 0: none */
    bool flag;
    const char **value; /* the last one given; flags get "yes" */
    const char **list;  /* or: all of them (at most max), NULL-terminated by zeroed memory */
    int max;
};
/* Returns the number of words left in argv (moved to the front), or -1 after printing what is wrong. */
int verb_options(int argc, char **argv, const struct verb_option *rows, const char *lang, const char *verb);
/* words, or -1 after saying that there are more than `most`. */
int verb_words(int words, char **argv, int most, const char *lang, const char *verb);
void verb_say(int fd, const char *lang, const char *msgid, const char *types, ...); /* a line */
void verb_error(const char *lang, const struct err *e);                           /* "vigie: …" on stderr */

#endif

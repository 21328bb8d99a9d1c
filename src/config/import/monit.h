/* SPDX-License-Identifier: GPL-3.0-or-later */
/* monit.h: what the two files that read monitrc share: its tokens and the service that is being read. */
#ifndef VIGIE_CONFIG_IMPORT_MONIT_H
#define VIGIE_CONFIG_IMPORT_MONIT_H

#include "config/import/import_priv.h"

enum { MONIT_MAX_TOKENS = 1000000, MONIT_MAX_DEPENDS = 16 };
enum monit_kind { MONIT_PROCESS, MONIT_FILE, MONIT_FILESYSTEM, MONIT_HOST, MONIT_SYSTEM, MONIT_PROGRAM, MONIT_NETWORK };

struct monit_token {
    const char *text;
    unsigned line;
    bool quoted;
};
struct monit_depend {
    struct import_check *check;
    const char *on;
    unsigned line;
};
struct monit {
    struct import *im;
    VEC(struct monit_token) tokens; /* the last one is empty */
    VEC(struct monit_depend) depends;
    struct map paths; /* of files, by service */
    int64_t cycle_s;
};
struct monit_service {
    struct monit *m;
    enum monit_kind kind;
    const char *word, *name, *path;
    unsigned line;
    struct import_host *host;
    struct import_check *main, *ping; /* NULL: none (yet) */
    int64_t every_ms;
    const char *depends[MONIT_MAX_DEPENDS], *contacts[MONIT_MAX_DEPENDS];
    int n_depends, n_contacts, told_action;
};

bool monit_is(const struct monit_token *t, const char *word); /* not quoted, case ignored */
bool monit_in(const struct monit_token *t, const char *const *words);
/* One `if …`, without that word. */
void monit_test(struct monit_service *s, const struct monit_token *t, size_t n);
/* The main check of a file or directory, s->path. */
void monit_begin_file(struct monit_service *s);

#endif

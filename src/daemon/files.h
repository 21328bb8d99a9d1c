/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h: which files make the configuration, and reading them.  Blocking: workers, start, verbs. */
#ifndef VIGIE_DAEMON_FILES_H
#define VIGIE_DAEMON_FILES_H

#include "config/conf.h"

struct files_place {
    char main[1024];     /* vigie.yaml */
    char beside[1024];   /* conf.d beside it; "" when it is the same as own */
    char own[1024];      /* <data>/conf.d, which vigie itself writes */
    char added[1100];    /* <data>/conf.d/added.yaml */
    char beside_found[1100], found[1100]; /* "discovered" below beside and own: one file a host, read last */
    bool required;       /* a missing main file is an error */
};
/* Where things are for given options (each may be NULL). data: in, out. */
void files_find(const char *config_file, const char *data_dir, char data[1024], struct files_place *ret);

/* Written by vigie: hosts in it do not end the watch of the machine itself. */
bool files_is_own(const struct files_place *p, const char *path);

struct files_set { /* what was read */
    struct conf_file *at;
    int n;
    struct arena *arena;
};
struct files_new { /* a text that stands for that of a file, which need not exist yet (a trial) */
    char path[1300];
    struct buf text, was; /* was: what is there, to be put back when not all can be written */
    bool there;
};
/* Reads all, with the texts of `news` instead of what is on disk. Errors of reading are conf errors. */
int files_read(const struct files_place *p, const struct files_new *news, int n_news, struct files_set *ret, struct err *e);
void files_done(struct files_set *s);
/* conf_env's read_secret. */
int files_secret(void *arg, const char *path, struct buf *out, struct err *e);
/* Zone data from /usr/share/zoneinfo; NULL for UTC or an unknown name. */
struct zone *files_zone(const char *name);
struct zone *files_zone_load(void *arg, const char *name); /* conf_env's */
bool files_zone_known(void *arg, const char *name); /* conf_env's */

#endif

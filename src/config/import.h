/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import.h: the configuration of another monitor becomes ours: named bytes in, YAML and a list of what was left out.
 *
 * It opens no file: what a foreign file includes is told, not followed.  What it prints loads: each import is read back by
 * conf_load() with the kinds that this build has, and what does not pass is left out with the reason.  Each host and check
 * stands below a comment that names its line in the foreign file. */
#ifndef VIGIE_CONFIG_IMPORT_H
#define VIGIE_CONFIG_IMPORT_H

#include "config/conf.h"

enum { IMPORT_MAX_BYTES = 16 << 20, IMPORT_MAX_NOTES = 2000, IMPORT_MAX_THINGS = 100000 };

struct import;
struct importer {
    const char *name; /* "monit" */
    const char *help; /* MSG: what FILE is */
    void (*read)(struct import *im);
};
extern const struct importer *const importers[]; /* NULL at the end */
const struct importer *import_find(const char *name); /* NULL: none */

struct import_note { /* what was not carried over, and why */
    unsigned line; /* 0: none in particular */
    const char *text; /* packed */
};
struct import_result {
    struct arena *arena;
    struct buf yaml; /* empty when nothing was found */
    const struct import_note *notes; /* by line */
    int n_notes, more_notes; /* more_notes: how many did not fit */
    int hosts, checks, contacts;
};
/* Reads file (and beside: what it refers to and the user handed in; may be NULL). 0, or ERR_INVALID (not such a file: where and
 * why), ERR_LIMIT. The caller calls import_done() either way. */
int import_run(const struct conf_env *env, const struct importer *as, const struct conf_file *file, const struct conf_file *beside,
               struct import_result *ret, struct err *e);
void import_done(struct import_result *r);

#endif

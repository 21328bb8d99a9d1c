/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror.h: copies of the public site on other machines (`mirrors:` of the configuration), so that users can read what is known while
 * the origin is dead (ST-4, ST-18), and whether they are there and right (LES-20).
 *
 * Each mirror is on its own: one that fails stops no other, is tried again after 5 s, 10 s … at most 10 minutes, and is shown
 * (`vigie mirror list`, /metrics).  A copy is made a second after a change, and every so often as a sign of life: its pages say until when
 * the next one should be there.  A directory is written by the export itself; for all others the export goes to
 * <data>/mirrors/NAME and is carried on from there: for rsync and git by programs of the machine, by the spawner, never waiting for a
 * terminal; to WebDAV and S3 by requests of our own (mirror_push.c), of what differs from the manifest that is there.
 * After a start all are due: a copy that is there already costs little.
 *
 * A mirror that has a `url` is looked at, too: is its manifest there, signed by us, and of today; do a few files have the sums that it
 * says?  Trouble that lasts is told to the contacts, once, and so is its end (mirror_look.c).
 *
 * On the main loop. mirrors_stop() before the site goes; mirrors_free() after announce_free(), before the store goes. */
#ifndef VIGIE_ANNOUNCE_MIRROR_H
#define VIGIE_ANNOUNCE_MIRROR_H

#include "announce/announce.h"
#include "announce/export.h"
#include "announce/seal.h"
#include "base/doc.h"
#include "channels/egress.h"
#include "io/spawn.h"
#include "io/work.h"

enum {
    MIRROR_SETTLE_MS = 1000, MIRROR_FIRST_MS = 5000, MIRROR_RETRY_MS = 5000, MIRROR_RETRY_MOST_MS = 600000, MIRROR_PROGRAM_MS = 600000,
    MIRROR_PUSHES = 4,            /* requests at once to one target */
    MIRROR_REQUEST_MS = 60000,
    MIRROR_BELIEVED_MS = 3600000, /* so long we believe to know what a target has */
    MIRROR_LOOK_AGAIN_MS = 60000, /* at one that is in trouble */
    MIRROR_SAMPLES = 4            /* files that are compared each time, besides the first page */
};

struct mirrors;
struct mirrors_env {
    struct loop *loop;
    struct model *model;
    struct store *store;
    struct dispatcher *dispatcher; /* NULL: nobody is told */
    struct board *board;
    struct spawner *spawner;       /* NULL: no programs are run */
    struct work_pool *workers;
    struct egress *egress;         /* NULL: no requests are made */
    const struct seal *seal;       /* NULL: nothing is signed */
    const char *data_dir, *node, *machine_name;
    /* Exports the site (web/site.h); ERR_UNSUPPORTED when there are no pages. */
    int (*export_site)(void *arg, const struct export_ask *ask, export_done *fn, void *fn_arg, struct err *e);
    void *arg;
};
extern const struct store_migration mirror_migrations[];
struct mirrors *mirrors_new(const struct mirrors_env *env, struct err *e); /* blocking: reads what was told; NULL and *e */
void mirrors_stop(struct mirrors *ms);                                      /* takes NULL; what runs is given up */
struct mirrors *mirrors_free(struct mirrors *ms);
void mirrors_reconf(struct mirrors *ms);

/* How they fare: each as an object of list (NULL: none). */
struct mirrors_count {
    int failing; /* the last try to bring a copy there went wrong */
    int unwell;  /* stale, wrong or out of reach when looked at */
    int troubled; /* one or the other */
};
void mirrors_list(struct mirrors *ms, struct doc *list, struct mirrors_count *ret);
int mirrors_push(struct mirrors *ms, const char *name, struct err *e); /* NAME (NULL: all) now: 0, ERR_NOT_FOUND */

#endif

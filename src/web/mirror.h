/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror.h: copies of the public site on other machines (`mirrors:` of the configuration), so that users can read what is known while
 * the origin is dead (ST-4, ST-18).
 *
 * Each mirror is on its own: one that fails stops no other, is tried again after 5 s, 10 s … at most 10 minutes, and is shown
 * (`vigie mirror list`, /metrics).  A copy is made a second after a change, and every so often as a sign of life: its pages say until when
 * the next one should be there.  A directory is written by the export itself; for rsync and git the export goes to
 * <data>/mirrors/NAME and programs of the machine carry it on, by the spawner, never waiting for a terminal.
 * After a start all are due: a copy that is there already costs little. On the main loop. */
#ifndef VIGIE_WEB_MIRROR_H
#define VIGIE_WEB_MIRROR_H

#include "ops/house.h"

enum { MIRROR_SETTLE_MS = 1000, MIRROR_FIRST_MS = 5000, MIRROR_RETRY_MS = 5000, MIRROR_RETRY_MOST_MS = 600000, MIRROR_PROGRAM_MS = 600000 };

struct mirrors;
struct mirrors *mirrors_new(struct house *h);
struct mirrors *mirrors_free(struct mirrors *ms); /* takes NULL, returns NULL; what runs is given up */
void mirrors_reconf(struct mirrors *ms);
void mirrors_changed(struct mirrors *ms); /* what the public reads may be another */

#endif

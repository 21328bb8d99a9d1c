/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery.h: looks for what could be watched, by itself and when somebody asks, and keeps the book.
 *
 * This machine is looked at soon after the start and then every site.discover.host; networks only when a person asks. One run at a time.
 * What a run found is judged on a worker (does it load, is it watched already), then taken into the book in slices, told to the history,
 * and stored. A new configuration makes the whole book be judged again. Nothing is ever added to the configuration from here. */
#ifndef VIGIE_DAEMON_DISCOVERY_H
#define VIGIE_DAEMON_DISCOVERY_H

#include "daemon/daemon_priv.h"

struct discovery;
struct discovery *discovery_new(struct daemon *d); /* once the book is restored */
void discovery_begin(struct discovery *v);         /* when all else runs */
void discovery_stop(struct discovery *v);          /* nothing runs or begins any more */
struct discovery *discovery_free(struct discovery *v);

/* For the house; daemon is the struct daemon. */
int discovery_run(void *daemon, const struct house_discover *ask, house_discover_done *fn, void *arg, struct err *e);
void discovery_state(void *daemon, struct house_discover_state *ret);
void discovery_halt(void *daemon); /* ends the run under way; what was found so far is taken */

#endif

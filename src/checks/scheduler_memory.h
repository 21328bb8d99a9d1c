/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scheduler_memory.h: what probes keep between two attempts of one item (counters, for rates), by the item's id.
 * A memory is lent to one attempt at a time; what is forgotten meanwhile goes when it comes back. */
#ifndef VIGIE_CHECKS_SCHEDULER_MEMORY_H
#define VIGIE_CHECKS_SCHEDULER_MEMORY_H

#include "checks/probe.h"

struct memory;
/* Lends the memory of the item's probe, zeroed when it is new; NULL when the probe has none, or it is lent already. */
struct memory *memory_take(struct map *all, const struct item *it, const struct probe *p);
void memory_put(struct memory *m);         /* takes it back; NULL is fine */
void *memory_space(struct memory *m);      /* NULL gives NULL */
void memory_forget(struct map *all, const struct item *it);
void memory_rename(struct map *all, const struct item *it, const char *old_id);
void memories_done(struct map *all); /* none may be lent any more */

#endif

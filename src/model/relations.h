/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relations.h: what items have to do with one another, for those who show or explain it: dependencies, aggregates, and
 * what cuts a host off.  Pointers are good until the next generation is applied. */
#ifndef VIGIE_MODEL_RELATIONS_H
#define VIGIE_MODEL_RELATIONS_H

#include "model/model.h"

/* What it depends on, and the dependency by which it does; ret_depend may be NULL. */
size_t item_masters(const struct item *it);
const struct item *item_master_at(const struct item *it, size_t i, const struct conf_depend **ret_depend);
size_t item_dependants(const struct item *it); /* what depends on it */
const struct item *item_dependant_at(const struct item *it, size_t i);
/* The master that is broken, so that nobody is told of it (CONF_FOR_MAILS) or it is not run (CONF_FOR_CHECKS). */
const struct item *item_cause(const struct item *it, int purpose);
/* The same, followed to the one that nothing else explains. */
const struct item *item_root_cause(const struct item *it, int purpose);

/* What its present state (or that it is not run) follows from: the dead host that it is behind, its own dead host, or what
 * it depends on. NULL: nothing known; it stands for itself. */
enum follows { FOLLOWS_NOTHING, FOLLOWS_PATH, FOLLOWS_HOST, FOLLOWS_DEPENDENCY };
const struct item *item_follows(const struct item *it, enum follows *ret_how);
const char *follows_text(enum follows how); /* MSG id with {1}: the name of the cause */
/* Wall ms when it is asked again, while it rests; 0: it does not, or never will be. */
int64_t item_rests_until(const struct item *it, int64_t wall_ms);

const struct conf_aggregate *item_aggregate(const struct item *it); /* NULL: it is none */
size_t item_members(const struct item *it);
const struct item *item_member_at(const struct item *it, size_t i);
size_t item_aggregates(const struct item *it); /* of which it is a member */
const struct item *item_aggregate_at(const struct item *it, size_t i);
enum state item_member_state(const struct item *aggregate, const struct item *member); /* as it counts there */

/* May the scheduler run it now? A dependency `for: [checks]` may say no. */
bool model_may_run(const struct item *it);
/* The hosts that cut h off, at most max of them; by several redundant ways there may be several. */
size_t model_cuts(struct model *m, struct host *h, struct host **ret, size_t max);

#endif

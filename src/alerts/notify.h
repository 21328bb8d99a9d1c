/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify.h: somebody is told: one mail a hard problem and contact, one at recovery.  The full routing (grouping,
 * escalation, on-call) comes with the alerts issue; the outbox and the reasons for silence are already its own. */
#ifndef VIGIE_ALERTS_NOTIFY_H
#define VIGIE_ALERTS_NOTIFY_H

#include "channels/channel.h"
#include "model/model.h"
#include "store/recorder.h"

struct notify;
struct notify_env {
    struct loop *loop;
    struct store *store;
    struct model *model;
    struct dispatcher *dispatcher;
    const char *node, *machine_name;
    const struct zone *(*zone)(void *arg); /* of the site */
    void *arg;
};
struct notify *notify_new(const struct notify_env *env); /* listens to the model */
struct notify *notify_free(struct notify *n);
struct notify_stats { uint64_t told, quiet[24]; /* by enum quiet */ uint64_t nobody; /* no contact */ };
void notify_get_stats(const struct notify *n, struct notify_stats *ret);

#endif

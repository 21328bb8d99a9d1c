/* SPDX-License-Identifier: GPL-3.0-or-later */
/* known.h: is what was found watched already, whoever wrote it and however it is written there?  "ssh: 22" on a host with this machine's
 * address and "tcp: 127.0.0.1:22" are the same place.  And: does what discovery proposes load?  For workers: a large configuration takes
 * its time. */
#ifndef VIGIE_CHECKS_KNOWN_H
#define VIGIE_CHECKS_KNOWN_H

#include "config/conf.h"
#include "model/finding.h"

struct known_verdict {
    bool loads;     /* the configuration takes it */
    bool watched;
    bool by_people; /* watched, and not only by files below `own` or by itself */
};
struct known;
/* Reads what c watches; c is held by the caller. machine: the name of this machine. own: the directory whose files vigie writes.
 */
struct known *known_new(const struct conf_env *env, const struct conf *c, const char *machine, const char *own);
struct known *known_free(struct known *k);
void known_judge(struct known *k, const struct finding *f, struct known_verdict *ret);

#endif

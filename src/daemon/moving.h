/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving.h: `vigie import` of a status page: from where it is read, and to whom it is given.  Blocking: for the verb alone. */
#ifndef VIGIE_DAEMON_MOVING_H
#define VIGIE_DAEMON_MOVING_H

#include "cli/cli.h"
#include "compat/move/move.h"

struct moving {
    const char *lang;
    const char *from;           /* a file, "-", or a directory; NULL with url */
    const char *url, *token;    /* of the source's API */
    struct cli_place house;     /* whom it is given to */
    bool yes, json, people, no_conf;
    struct move *m;
};
/* 0, or what could not be read. */
int moving_read(struct moving *g, struct err *e);
int moving_read_api(struct moving *g, struct err *e); /* moving_api.c */
/* Hosts and checks of Uptime Kuma's monitors as YAML; its components depend on them then. moving_kuma.c */
void moving_monitors(struct moving *g, struct buf *ret_yaml);
/* What the house has already; false: no daemon answers. */
bool moving_ask(struct moving *g);
/* The configuration, the bulletins, the people; the exit status. moving_give.c */
int moving_give(struct moving *g, const struct buf *yaml);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* told.h: how the recipients of a channel of the outbox fare, in figures: for lists that people look at. */
#ifndef VIGIE_ANNOUNCE_TOLD_H
#define VIGIE_ANNOUNCE_TOLD_H

#include "store/store.h"

struct told { /* borrowed for the callback */
    const char *recipient;
    int64_t waiting, sent, given_up;
    int64_t last_ms;   /* of the last delivery; 0: none */
    const char *error; /* why the last that failed did, as text; NULL: none fails */
    int64_t error_ms;  /* when it was to be told first */
};
typedef void told_each(void *arg, const struct told *t);
typedef void told_done(void *arg, int code, const struct err *e);
/* Whoever has rows in it, then end; at most 1,000. The store's thread looks; on the main loop. */
void told_list(struct store *s, const char *channel, told_each *fn, told_done *end, void *arg);
/* In one word: "failing", "waiting", "ok", "new". What failed once and went well since is not said. */
const char *told_word(const struct told *t);

#endif

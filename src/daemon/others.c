/* SPDX-License-Identifier: GPL-3.0-or-later */
/* others.c: the ways by which other people's programs are told. */
#include "daemon/daemon_priv.h"

int others_begin(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    struct hooks_env he = {.loop = d->loop, .store = h->store, .publications = h->publications, .telling = &d->telling, .channels = &d->channel_env, .board = h->board, .node = d->node};
    (void)e;
    h->hooks = hooks_new(&he);
    return 0;
}

void others_end(struct daemon *d)
{
    struct house *h = &d->house;
    h->hooks = hooks_free(h->hooks);
}

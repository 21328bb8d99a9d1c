/* SPDX-License-Identifier: GPL-3.0-or-later */
/* browsers.c: wiring of Web Push: visitors who are told by their browser. */
#include "announce/webpush.h"
#include "daemon/daemon_priv.h"

int browsers_new(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    struct webpush_env env = {.loop = d->loop, .store = h->store, .publications = h->publications, .telling = h->telling, .channels = &d->channel_env, .dispatcher = h->dispatcher, .node = d->node};
    h->webpush = webpush_new(&env, e);
    h->webpush_key = h->webpush ? webpush_key(h->webpush) : NULL;
    return h->webpush ? 0 : e->code ? e->code : ERR_IO;
}

void browsers_free(struct daemon *d)
{
    d->house.webpush = webpush_free(d->house.webpush);
    d->house.webpush_key = NULL;
}

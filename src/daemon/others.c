/* SPDX-License-Identifier: GPL-3.0-or-later */
/* others.c: the ways by which other people's programs and telephones are told. */
#include "daemon/daemon_priv.h"

static int feed(void *arg, const struct websub_topic *t, struct buf *out, const char **ret_type)
{
    struct daemon *d = arg;
    return public_feed(d->web, t, out, ret_type);
}

int others_begin(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    struct hooks_env he = {.loop = d->loop, .store = h->store, .publications = h->publications, .telling = &d->telling, .channels = &d->channel_env, .board = h->board, .node = d->node};
    struct sms_env se = {.loop = d->loop, .store = h->store, .workers = d->workers, .publications = h->publications, .telling = &d->telling, .channels = &d->channel_env, .dispatcher = h->dispatcher, .node = d->node};
    struct websub_env we = {.loop = d->loop, .store = h->store, .publications = h->publications, .telling = &d->telling, .channels = &d->channel_env, .board = h->board, .node = d->node, .feed = feed, .arg = d};
    h->hooks = hooks_new(&he);
    h->sms = sms_new(&se);
    h->websub = websub_new(&we, e);
    return h->websub ? 0 : e->code ? e->code : ERR_IO;
}

void others_end(struct daemon *d)
{
    struct house *h = &d->house;
    h->websub = websub_free(h->websub);
    h->sms = sms_free(h->sms);
    h->hooks = hooks_free(h->hooks);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat.c: IRC in the house: what somebody bids there is an operation like any other, by a principal whose name says where it came from. */
#include "daemon/daemon_priv.h"
#include "ops/op.h"

static const struct zone *zone_of(void *arg)
{
    struct daemon *d = arg;
    return d->house.zone;
}

static void bid_done(void *ticket, int status, const struct doc *reply, const struct op_call *c)
{
    bool good = status >= 200 && status < 300;
    irc_bid_ended(ticket, good, reply, good ? NULL : doc_text(doc_get(reply, "error"), "message", "?"));
}

static void bid(void *arg, const struct irc_bid *b, void *ticket)
{
    struct daemon *d = arg;
    int role = role_from_word(b->role);
    struct principal who = {.name = b->name, .via = "irc", .role = role < 0 ? ROLE_NONE : (enum role)role};
    op_run(&d->house, op_find(b->op), b->params, &who, b->lang, b->network, bid_done, ticket);
}

void chat_make(struct daemon *d)
{
    struct house *h = &d->house;
    struct irc_env env = {.loop = d->loop, .store = h->store, .model = h->model, .announce = h->announce, .publications = h->publications, .dispatcher = h->dispatcher, .channels = &d->channel_env,
                          .telling = &d->telling, .node = d->node, .zone = zone_of, .bid = bid, .arg = d};
    h->irc = irc_new(&env);
}

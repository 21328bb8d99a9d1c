/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_irc.c: how the house fares on IRC. */
#include "base/msg.h"
#include "ops/ops_priv.h"

static void run_irc(struct op_call *c)
{
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "networks");
    int failing = 0;
    if (c->house->irc)
        irc_status(c->house->irc, list, &failing);
    doc_put_int(o, "failing", failing);
    op_reply(c, o);
}

static const struct op_param no_params[] = {{0}};
const struct op op_irc = {
    "irc", "GET", "/api/v1/irc", "irc list", ROLE_VIEWER, OP_FAMILY, MSG("list the networks of IRC, and the channels that we are in"), NULL, "irc list", no_params, run_irc};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_subscribe.h: what the operations on subscribers share. */
#ifndef VIGIE_OPS_OPS_SUBSCRIBE_H
#define VIGIE_OPS_OPS_SUBSCRIBE_H

#include "announce/mailing.h"
#include "ops/op.h"

/* Each answers the call and returns false when something is wrong. */
bool subscribe_read(struct op_call *c, struct subscriber *ret);
bool subscribe_has_mailing(struct op_call *c);
void subscribe_put(struct doc *o, const struct subscriber *s);

/* Answers with the reply, to which who would be told of such an event is added: "recipients": {count, addresses (by mail), ways: [{way, count,
 * languages}]}. */
void subscribe_preview(struct op_call *c, struct doc *reply, const struct board_event *e);

#define SUBSCRIBE_CHOICE                                                                                                                          \
    {"components", OP_TEXTS, 0, 'c', NULL, MSG("only what concerns these components"), NULL},                                                      \
        {"groups", OP_TEXTS, 0, 'g', NULL, MSG("only what concerns these groups"), NULL},                                                         \
        {"kinds", OP_TEXTS, 0, 'k', NULL, MSG("only these: incidents, updates, resolved, maintenance"), NULL},                                    \
        {"lang", OP_TEXT, 0, 'l', NULL, MSG("language of the mails: en, fr"), NULL}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_conf.h: answers made of a configuration's reading, shared by conf and add. */
#ifndef VIGIE_OPS_OPS_CONF_H
#define VIGIE_OPS_OPS_CONF_H

#include "ops/op.h"

void ops_put_changes(struct doc *o, const struct conf_diff *diff);
/* Answers the call: errors as 400 with all of them, else the changes; durable when applied. */
void ops_conf_answer(struct op_call *c, const struct house_conf_result *r, const char *action, const char *target);
/* Ends the call with a ready document (op.c). */
void op_answer_error(struct op_call *c, int status, struct doc *reply);

#endif

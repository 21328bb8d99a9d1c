/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_factor.c: the second factor of somebody who has lost it.  The rest is the account page's: nobody has it for another. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

static void reset_done(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code < 0)
        op_error(c, code, e);
    else
        op_reply_durable(c, doc_object(c->arena), c->op->name, doc_text(c->params, "name", ""), NULL);
}

static void run_reset(struct op_call *c)
{
    auth_factor_remove(c->house->auth, doc_text(c->params, "name", ""), NULL, c->now.wall_ms, reset_done, c);
}

static const struct op_param params[] = {{"name", OP_TEXT, OP_REQUIRED | OP_WORDS | OP_IN_PATH, 0, NULL, MSG("log-in name"), NULL}, {0}};

const struct op op_user_reset_factor = {
    "user-reset-second-factor", "DELETE", "/api/v1/users/{name}/second-factor", "user reset-second-factor", ROLE_ADMIN, OP_WRITE,
    MSG("end somebody’s second factor, who has lost it; open sessions end"), MSG("The password alone is enough then, until there is a new one: at once where it is required."), "user reset-second-factor camille", params, run_reset};

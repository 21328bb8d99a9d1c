/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_mirror.c: how the copies of the public site on other machines fare. */
#include "base/msg.h"
#include "ops/ops_priv.h"

static void run_mirrors(struct op_call *c)
{
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "mirrors");
    int failing = 0;
    if (c->house->mirrors)
        c->house->mirrors(c->house->mirror_house, list, &failing);
    doc_put_int(o, "failing", failing);
    op_reply(c, o);
}

static void run_mirror_push(struct op_call *c)
{
    struct err e = {0};
    int r = c->house->mirror_push ? c->house->mirror_push(c->house->mirror_house, doc_text(c->params, "name", NULL), &e) : err_set(&e, ERR_UNSUPPORTED, MSG("there are no pages here"), "");
    if (r < 0)
        op_error(c, r, &e);
    else
        op_reply(c, doc_object(c->arena));
}

static const struct op_param no_params[] = {{0}};
static const struct op_param push_params[] = {{"name", OP_TEXT, OP_WORDS, 0, NULL, MSG("the mirror; without it: all"), NULL}, {0}};

const struct op op_mirrors = {
    "mirrors", "GET", "/api/v1/mirrors", "mirror list", ROLE_VIEWER, OP_FAMILY, MSG("list the mirrors of the public site, and how they fare"), NULL, "mirror list", no_params, run_mirrors};
const struct op op_mirror_push = {
    "mirror-push", "POST", "/api/v1/mirrors/push", "mirror push", ROLE_OPERATOR, OP_WRITE, MSG("bring a copy to the mirrors now"), MSG("A mirror that fails is tried at once, too."), "mirror push far", push_params, run_mirror_push};

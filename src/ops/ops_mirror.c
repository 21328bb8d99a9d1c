/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_mirror.c: how the copies of the public site on other machines fare. */
#include "base/msg.h"
#include "ops/ops_priv.h"

static void run_mirrors(struct op_call *c)
{
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "mirrors");
    struct mirrors_count n = {0};
    if (c->house->mirrors)
        mirrors_list(c->house->mirrors, list, &n);
    doc_put_int(o, "failing", n.failing);
    doc_put_int(o, "unwell", n.unwell);
    op_reply(c, o);
}

int house_mirrors_troubled(const struct house *h)
{
    struct mirrors_count n = {0};
    if (h->mirrors)
        mirrors_list(h->mirrors, NULL, &n);
    return n.troubled;
}

static void run_mirror_push(struct op_call *c)
{
    struct err e = {0};
    int r = c->house->mirrors ? mirrors_push(c->house->mirrors, doc_text(c->params, "name", NULL), &e) : err_set(&e, ERR_UNSUPPORTED, MSG("there are no pages here"), "");
    if (r < 0)
        op_error(c, r, &e);
    else
        op_reply(c, doc_object(c->arena));
}

static void run_mirror_key(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    char key[MINISIGN_KEY_TEXT];
    if (!c->house->sign) {
        op_fail(c, ERR_UNSUPPORTED, NULL, MSG("there are no pages here"), "");
        return;
    }
    seal_key(&c->house->seal, key);
    doc_put_text(o, "key", key);
    op_reply(c, o);
}

static const struct op_param no_params[] = {{0}};
static const struct op_param push_params[] = {{"name", OP_TEXT, OP_WORDS, 0, NULL, MSG("the mirror; without it: all"), NULL}, {0}};

const struct op op_mirrors = {
    "mirrors", "GET", "/api/v1/mirrors", "mirror list", ROLE_VIEWER, OP_FAMILY, MSG("list the mirrors of the public site, and how they fare"), NULL, "mirror list", no_params, run_mirrors};
const struct op op_mirror_push = {
    "mirror-push", "POST", "/api/v1/mirrors/push", "mirror push", ROLE_OPERATOR, OP_WRITE, MSG("bring a copy to the mirrors now"), MSG("A mirror that fails is tried at once, too."), "mirror push far", push_params, run_mirror_push};
const struct op op_mirror_key = {
    "mirror-key", "GET", "/api/v1/mirrors/key", "mirror key", ROLE_VIEWER, 0, MSG("the key by which a copy of the public site can be checked"),
    MSG("Each copy has a list of its files with their sums, and a signature of that list: “minisign -Vm manifest.txt -P KEY”, then “sha256sum -c manifest.txt”."), "mirror key", no_params, run_mirror_key};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_websub.c: who is sent our feeds, telephones, and a try of one. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"
#include <string.h>

/* ---- subscriptions to feeds ---- */

struct sub_list {
    struct doc *list;
    int64_t n;
    int failing;
};

static void list_one(void *arg, const struct websub_row *r)
{
    struct sub_list *l = arg;
    if (l->n++ >= OPS_MAX_TARGETS)
        return;
    struct doc *o = doc_push_object(l->list);
    doc_put_int(o, "id", r->id);
    doc_put_text(o, "topic", r->topic);
    doc_put_text(o, "callback", r->callback);
    doc_put_text(o, "state", r->failing_ms ? "failing" : r->told_ms ? "ok" : "new");
    doc_put_bool(o, "signed", r->secret);
    doc_put_time(o, "since", r->since_ms);
    doc_put_time(o, "until", r->until_ms);
    doc_put_time(o, "last", r->told_ms);
    doc_put_text(o, "why", r->error);
    l->failing += r->failing_ms != 0;
}

static void run_websub(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    struct sub_list l = {.list = doc_put_list(o, "subscriptions")};
    if (c->house->websub)
        websub_list(c->house->websub, list_one, &l);
    doc_put_int(o, "count", l.n);
    doc_put_int(o, "failing", l.failing);
    op_reply(c, o);
}

static void removed(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code)
        op_error(c, code, e);
    else
        op_reply(c, doc_object(c->arena));
}

static void run_websub_remove(struct op_call *c)
{
    struct err e = {0};
    int r = c->house->websub ? websub_remove(c->house->websub, doc_int(c->params, "id", 0), removed, c, &e) : err_set(&e, ERR_UNSUPPORTED, MSG("there is no hub here"), "");
    if (r < 0)
        op_error(c, r, &e);
}

/* ---- telephones ---- */

struct phone_list {
    struct op_call *call;
    struct doc *reply, *list;
    int failing;
};

/* The end alone: it is somebody's number. */
static const char *masked(struct op_call *c, const char *number)
{
    size_t n = strlen(number);
    return n > 4 ? arena_printf(c->arena, "…%s", number + n - 4) : number;
}

static void phone_one(void *arg, const struct told *t)
{
    struct phone_list *l = arg;
    struct doc *o = doc_push_object(l->list);
    const char *state = told_word(t);
    bool bad = str_eq(state, "failing");
    doc_put_text(o, "number", l->call->who.role >= ROLE_OPERATOR ? t->recipient : masked(l->call, t->recipient));
    doc_put_text(o, "state", state);
    doc_put_int(o, "waiting", t->waiting);
    doc_put_int(o, "delivered", t->sent);
    doc_put_int(o, "given_up", t->given_up);
    doc_put_time(o, "last", t->last_ms);
    doc_put_text(o, "why", bad ? t->error : NULL);
    l->failing += bad;
}

static void phone_end(void *arg, int code, const struct err *e)
{
    struct phone_list *l = arg;
    if (code) {
        op_error(l->call, code, e);
        return;
    }
    doc_put_int(l->reply, "failing", l->failing);
    op_reply(l->call, l->reply);
}

static void run_sms(struct op_call *c)
{
    struct phone_list *l = ARENA_NEW(c->arena, struct phone_list);
    *l = (struct phone_list){.call = c, .reply = doc_object(c->arena)};
    l->list = doc_put_list(l->reply, "telephones");
    told_list(c->house->store, "sms", phone_one, phone_end, l);
}

static void run_sms_test(struct op_call *c)
{
    struct err e = {0};
    int r = c->house->sms ? sms_try(c->house->sms, doc_text(c->params, "number", ""), removed, c, &e) : err_set(&e, ERR_UNSUPPORTED, MSG("the configuration has no “sms:”"), "");
    if (r < 0)
        op_error(c, r, &e);
}

static const struct op_param no_params[] = {{0}};
static const struct op_param id_params[] = {{"id", OP_INT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("the subscription, by its number in “vigie websub list”"), NULL}, {0}};
static const struct op_param number_params[] = {{"number", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("the telephone, with its country: +33612345678"), NULL}, {0}};

const struct op op_websub_subscriptions = {"websub-subscriptions", "GET", "/api/v1/websub", "websub list", ROLE_VIEWER, OP_FAMILY, MSG("list the programs that are sent our feeds (WebSub)"), NULL, "websub list", no_params, run_websub};
const struct op op_websub_remove = {"websub-remove", "POST", "/api/v1/websub/remove", "websub remove", ROLE_OPERATOR, OP_WRITE, MSG("end a subscription to a feed"), MSG("Its callback is told; it may subscribe anew."), "websub remove 12", id_params, run_websub_remove};
const struct op op_sms_telephones = {"sms-telephones", "GET", "/api/v1/sms", "sms list", ROLE_VIEWER, OP_FAMILY, MSG("list the telephones that are told, and how they fare"), MSG("Viewers see the last four digits."), "sms list", no_params, run_sms};
const struct op op_sms_test = {
    "sms-test", "POST", "/api/v1/sms/test", "sms test", ROLE_OPERATOR, OP_WRITE, MSG("send a telephone a text that says that it is a test"), MSG("It waits with the others: “vigie sms list” says whether it was handed over."), "sms test +33612345678", number_params, run_sms_test};

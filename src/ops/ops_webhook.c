/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_webhook.c: how the programs of others that are told fare, and a try of one. */
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ops/ops_priv.h"
#include <string.h>

struct hook_list {
    struct op_call *call;
    struct doc *reply, *list;
    int failing;
};

static void list_one(void *arg, const struct hooks_state *s)
{
    struct hook_list *l = arg;
    struct doc *o = doc_push_object(l->list);
    const char *state = s->gone ? "gone" : told_word(&s->told);
    bool bad = s->gone || str_eq(state, "failing");
    doc_put_text(o, "name", s->hook->name);
    doc_put_text(o, "format", hook_shapes[s->hook->format]->name);
    doc_put_text(o, "state", state);
    doc_put_int(o, "waiting", s->told.waiting);
    doc_put_int(o, "delivered", s->told.sent);
    doc_put_int(o, "given_up", s->told.given_up);
    doc_put_time(o, "last", s->told.last_ms);
    doc_put_text(o, "why", bad ? s->told.error : NULL);
    l->failing += bad;
}

static void list_end(void *arg, int code, const struct err *e)
{
    struct hook_list *l = arg;
    if (code) {
        op_error(l->call, code, e);
        return;
    }
    doc_put_int(l->reply, "failing", l->failing);
    op_reply(l->call, l->reply);
}

static void run_webhooks(struct op_call *c)
{
    struct hook_list *l = ARENA_NEW(c->arena, struct hook_list);
    *l = (struct hook_list){.call = c, .reply = doc_object(c->arena)};
    l->list = doc_put_list(l->reply, "webhooks");
    if (c->house->hooks)
        hooks_list(c->house->hooks, list_one, list_end, l);
    else
        list_end(l, 0, NULL);
}

static void tried(void *arg, const struct hooks_answer *a)
{
    struct op_call *c = arg;
    struct doc *o = doc_object(c->arena);
    struct buf said = BUF_MAX(2000);
    utf8_clean(&said, a->body, strlen(a->body), UTF8_KEEP_NEWLINES, 1000);
    doc_put_bool(o, "ok", a->code == 0 && a->status >= 200 && a->status < 300);
    doc_put_int(o, "status", a->status);
    doc_put_text(o, "reason", a->code ? NULL : a->reason);
    doc_put_msg(o, "error", a->code ? a->err.text[0] ? a->err.text : err_name(a->code) : NULL);
    doc_put_text(o, "body", buf_text(&said));
    doc_put_int(o, "took_ms", a->took_ms);
    buf_done(&said);
    op_reply(c, o);
}

static void run_webhook_test(struct op_call *c)
{
    struct err e = {0};
    int r = c->house->hooks ? hooks_try(c->house->hooks, doc_text(c->params, "name", ""), tried, c, &e) : err_set(&e, ERR_UNSUPPORTED, MSG("there are no pages here"), "");
    if (r < 0)
        op_error(c, r, &e);
}

static const struct op_param no_params[] = {{0}};
static const struct op_param test_params[] = {{"name", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("the webhook, as the configuration names it"), NULL}, {0}};

const struct op op_webhooks = {"webhooks", "GET", "/api/v1/webhooks", "webhook list", ROLE_VIEWER, OP_FAMILY, MSG("list the webhooks, and how they fare"), NULL, "webhook list", no_params, run_webhooks};
const struct op op_webhook_test = {
    "webhook-test", "POST", "/api/v1/webhooks/test", "webhook test", ROLE_OPERATOR, OP_WRITE, MSG("send a webhook a message that says that it is a test, and show the answer"), MSG("It goes out at once, and once: nothing is tried again."), "webhook test chat", test_params, run_webhook_test};

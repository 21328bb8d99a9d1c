/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_push.c: what a visitor's browser may do for itself: be told, and be told no more (Web Push).  Endpoint and secret of its subscription
 * are the authority; staff see how many there are, and nothing else. */
#include "announce/webpush.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"
#include "ops/ops_subscribe.h"

static bool offered(struct op_call *c)
{
    const struct conf *conf = model_conf(c->house->model);
    if (c->house->webpush && conf && conf->announce.push)
        return true;
    op_fail(c, ERR_UNSUPPORTED, NULL, MSG("browsers are not told here"), "");
    return false;
}

static void subscribed(void *arg, int code, bool fresh, const struct err *e)
{
    struct op_call *c = arg;
    if (code) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_bool(o, "subscribed", true);
    doc_put_bool(o, "fresh", fresh);
    op_reply(c, o);
}

static void run_subscribe(struct op_call *c)
{
    struct subscriber s = {0};
    if (!offered(c) || !subscribe_read(c, &s))
        return;
    struct webpush_ask ask = {.endpoint = doc_text(c->params, "endpoint", ""), .p256dh = doc_text(c->params, "p256dh", ""), .auth = doc_text(c->params, "auth", ""), .s = s,
                              .was_endpoint = doc_text(c->params, "was_endpoint", NULL), .was_auth = doc_text(c->params, "was_auth", NULL)};
    webpush_subscribe(c->house->webpush, &ask, str_eq(c->who.via, "cli") ? NULL : c->address, subscribed, c);
}

static void ended(void *arg, int code, bool fresh, const struct err *e)
{
    struct op_call *c = arg;
    if (code) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    (void)fresh;
    doc_put_bool(o, "ended", true);
    op_reply(c, o);
}

static void run_unsubscribe(struct op_call *c)
{
    if (c->house->webpush)
        webpush_unsubscribe(c->house->webpush, doc_text(c->params, "endpoint", ""), doc_text(c->params, "auth", ""), ended, c);
    else
        op_fail(c, ERR_UNSUPPORTED, NULL, MSG("browsers are not told here"), "");
}

static void counted(void *arg, int code, int64_t n, int64_t proven)
{
    struct op_call *c = arg;
    struct doc *o = doc_object(c->arena);
    if (code) {
        op_error(c, code, NULL);
        return;
    }
    doc_put_int(o, "browsers", n);
    doc_put_int(o, "proven", proven);
    doc_put_text(o, "key", webpush_key(c->house->webpush));
    op_reply(c, o);
}

static void run_browsers(struct op_call *c)
{
    if (c->house->webpush)
        webpush_count(c->house->webpush, counted, c);
    else
        op_fail(c, ERR_UNSUPPORTED, NULL, MSG("browsers are not told here"), "");
}

static const struct op_param subscribe_params[] = {
    {"endpoint", OP_PROSE, OP_REQUIRED, 0, NULL, MSG("where the browser's push service takes messages for it: “endpoint” of its PushSubscription"), NULL},
    {"p256dh", OP_TEXT, OP_REQUIRED, 0, NULL, MSG("its key, base64url"), NULL},
    {"auth", OP_TEXT, OP_REQUIRED, 0, NULL, MSG("its secret, base64url"), NULL},
    {"was_endpoint", OP_PROSE, 0, 0, NULL, MSG("the endpoint that the browser has exchanged for this one; what was chosen stays"), NULL},
    {"was_auth", OP_TEXT, 0, 0, NULL, MSG("the secret that belonged to it"), NULL},
    SUBSCRIBE_CHOICE,
    {0}};
static const struct op_param unsubscribe_params[] = {
    {"endpoint", OP_PROSE, OP_REQUIRED, 0, NULL, MSG("where the browser's push service takes messages for it: “endpoint” of its PushSubscription"), NULL},
    {"auth", OP_TEXT, OP_REQUIRED, 0, NULL, MSG("its secret, base64url"), NULL},
    {0}};
static const struct op_param no_params[] = {{0}};

const struct op op_push_subscribe = {
    "push-subscribe", "POST", "/api/v1/announce/push/subscribe", NULL, ROLE_NONE, OP_WRITE | OP_PUBLIC, MSG("have a browser told (Web Push)"), NULL, NULL, subscribe_params, run_subscribe};
const struct op op_push_unsubscribe = {
    "push-unsubscribe", "POST", "/api/v1/announce/push/unsubscribe", NULL, ROLE_NONE, OP_WRITE | OP_PUBLIC, MSG("have a browser told no more"), NULL, NULL, unsubscribe_params, run_unsubscribe};
const struct op op_browsers = {
    "browsers", "GET", "/api/v1/announce/push", "subscriber browsers", ROLE_VIEWER, 0, MSG("how many browsers are told (Web Push)"),
    MSG("Each is known by an address at its maker's push service, which is shown to nobody. “Proven” are those that have taken a message."), "subscriber browsers", no_params, run_browsers};

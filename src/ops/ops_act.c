/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_act.c: acknowledge, release, re-check, enable, disable: for one thing or many at once.  All targets are looked
 * at before the first is touched; the answer comes when everything is durable. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

/* Remembers, for undo, what was done to whom, and what it was before. */
static void touched(struct op_call *c, const struct command *cmd, int was_enabled)
{
    struct doc *t = doc_push_object(c->user);
    doc_put_text(t, "host", cmd->host);
    doc_put_text(t, "check", cmd->check);
    doc_put_int(t, "was", was_enabled);
}

/* Carries one command out for every target; replies with the items as they are then. */
static void act(struct op_call *c, struct command *cmd, const char *action)
{
    struct doc *targets = doc_get(c->params, "targets"), *o = doc_object(c->arena), *list = doc_put_list(o, "done");
    struct doc *skipped = doc_put_list(o, "skipped");
    struct err e = {0};
    int failed = 0;
    c->user = doc_list(c->arena);
    DOC_EACH(targets, d)
        if (!op_target(c, d->text))
            return;
    cmd->author = c->who.name;
    DOC_EACH(targets, d) {
        struct item *it = op_target(c, d->text);
        cmd->host = it->host->name;
        cmd->check = item_check_name(it);
        int was = it->override_enabled;
        int r = model_command(c->house->model, cmd, c->now, NULL, &e);
        if (r == 0) {
            touched(c, cmd, was);
            op_put_item(list, it, c->house);
            continue;
        }
        failed = r;
        struct doc *s = doc_push_object(skipped);
        doc_put_text(s, "target", d->text);
        doc_put_msg(s, "why", e.text);
    }
    if (failed && !list->kids.n) {
        op_error(c, failed, &e);
        return;
    }
    op_reply_durable(c, o, action, targets->kids.first->text, cmd->comment);
}

/* Only what this call acknowledged. */
static void undo_ack(struct op_call *c)
{
    struct doc *done = c->user;
    DOC_EACH(done, d) {
        struct command cmd = {.kind = COMMAND_UNACK, .host = doc_text(d, "host", ""), .check = doc_text(d, "check", NULL), .author = c->who.name};
        model_command(c->house->model, &cmd, house_now(), NULL, NULL);
    }
}

/* Back to what each was: switched by a person, or as configured. */
static void undo_enabling(struct op_call *c)
{
    struct doc *done = c->user;
    DOC_EACH(done, d) {
        int64_t was = doc_int(d, "was", -1);
        struct command cmd = {.kind = was < 0 ? COMMAND_AS_CONFIGURED : was ? COMMAND_ENABLE : COMMAND_DISABLE,
                              .host = doc_text(d, "host", ""), .check = doc_text(d, "check", NULL), .author = c->who.name};
        model_command(c->house->model, &cmd, house_now(), NULL, NULL);
    }
}

static void run_ack(struct op_call *c)
{
    struct command cmd = {.kind = COMMAND_ACK,
                          .comment = doc_text(c->params, "comment", ""),
                          .sticky = doc_bool(c->params, "sticky", false),
                          .expires_ms = doc_int(c->params, "expires", 0)};
    if (cmd.expires_ms && cmd.expires_ms <= c->now.wall_ms) {
        op_fail(c, ERR_INVALID, "expires", MSG("{1} lies in the past"), "s", "expires");
        return;
    }
    c->undo = undo_ack;
    act(c, &cmd, "ack");
}

static void run_unack(struct op_call *c)
{
    struct command cmd = {.kind = COMMAND_UNACK};
    act(c, &cmd, "unack");
}

static void run_enable(struct op_call *c)
{
    struct command cmd = {.kind = COMMAND_ENABLE};
    c->undo = undo_enabling;
    act(c, &cmd, "enable");
}

static void run_disable(struct op_call *c)
{
    struct command cmd = {.kind = COMMAND_DISABLE, .comment = doc_text(c->params, "comment", "")};
    c->undo = undo_enabling;
    act(c, &cmd, "disable");
}

static void run_as_configured(struct op_call *c)
{
    struct command cmd = {.kind = COMMAND_AS_CONFIGURED};
    c->undo = undo_enabling;
    act(c, &cmd, "as-configured");
}

/* ---- re-check: the answer waits for the results ---- */

struct rechecking {
    struct op_call *call;
    struct doc *targets, *skipped;
    int left;
    bool started;
};

static void recheck_reply(struct rechecking *r)
{
    struct op_call *c = r->call;
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "done");
    DOC_EACH(r->targets, d) {
        struct item *it = op_target(c, d->text);
        if (!it)
            return; /* removed meanwhile, and answered so */
        op_put_item(list, it, c->house);
    }
    doc_put(o, "skipped", r->skipped);
    op_reply_durable(c, o, "recheck", doc_get(c->params, "targets")->kids.first->text, NULL);
}

static void recheck_done(void *arg)
{
    struct rechecking *r = arg;
    if (--r->left == 0 && r->started)
        recheck_reply(r);
}

static void recheck_item(struct rechecking *r, struct item *it, bool wait)
{
    if (wait)
        r->left++;
    scheduler_now(r->call->house->scheduler, it, wait ? recheck_done : NULL, wait ? r : NULL);
}

/* What cannot be asked is told, with the reason; false when that is all there is, and answered so. */
static bool sort_targets(struct rechecking *r)
{
    struct op_call *c = r->call;
    struct err e = {0};
    DOC_EACH(doc_get(c->params, "targets"), d) {
        int code = model_can_ask(op_target(c, d->text), &e);
        if (code == 0) {
            doc_push_text(r->targets, d->text);
            continue;
        }
        struct doc *s = doc_push_object(r->skipped);
        doc_put_text(s, "target", d->text);
        doc_put_msg(s, "why", e.text);
    }
    if (r->targets->kids.n)
        return true;
    op_fail(c, ERR_CONFLICT, "targets", MSG("{1} cannot be checked now: {2}"), "sm", doc_text(r->skipped->kids.first, "target", ""), e.text);
    return false;
}

static void run_recheck(struct op_call *c)
{
    DOC_EACH(doc_get(c->params, "targets"), d)
        if (!op_target(c, d->text))
            return;
    struct rechecking *r = ARENA_NEW(c->arena, struct rechecking);
    *r = (struct rechecking){.call = c, .targets = doc_list(c->arena), .skipped = doc_list(c->arena)};
    if (!sort_targets(r))
        return;
    bool wait = doc_bool(c->params, "wait", true);
    DOC_EACH(r->targets, d) {
        struct item *it = op_target(c, d->text);
        if (it->conf)
            recheck_item(r, it, wait);
        for (size_t i = 0; !it->conf && i < it->host->checks.n; i++) /* it is looked at by asking its checks */
            if (model_can_ask(it->host->checks.at[i], NULL) == 0)
                recheck_item(r, it->host->checks.at[i], wait);
    }
    r->started = true;
    if (r->left == 0)
        recheck_reply(r);
}

#define TARGETS {"targets", OP_TARGETS, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("hosts or checks: web1, web1/http"), NULL}
static const struct op_param ack_params[] = {
    TARGETS,
    {"comment", OP_TEXT, OP_REQUIRED, 'm', NULL, MSG("what is being done about it; shown to everybody"), NULL},
    {"sticky", OP_BOOL, 0, 0, NULL, MSG("keep it until recovery, also when the state changes between bad ones"), "no"},
    {"expires", OP_TIME, 0, 'e', NULL, MSG("when the acknowledgement ends by itself: +2h, 22:00"), NULL},
    {0}};
static const struct op_param target_params[] = {TARGETS, {0}};
static const struct op_param recheck_params[] = {
    TARGETS, {"wait", OP_BOOL, 0, 0, NULL, MSG("answer when the results are there"), "yes"}, {0}};
static const struct op_param disable_params[] = {TARGETS, {"comment", OP_TEXT, 0, 'm', NULL, MSG("why"), NULL}, {0}};

const struct op op_ack = {
    "ack", "POST", "/api/v1/ack", "ack", ROLE_OPERATOR, OP_WRITE, MSG("acknowledge a problem: somebody has it"),
    MSG("The problem stays visible and is still checked; nobody is told of it again. It ends with the next change of state, or at recovery with --sticky."),
    "ack web1/http -m \"restarting the pool\"", ack_params, run_ack};
const struct op op_unack = {
    "unack", "POST", "/api/v1/unack", "unack", ROLE_OPERATOR, OP_WRITE, MSG("release an acknowledgement"), NULL, "unack web1/http", target_params, run_unack};
const struct op op_recheck = {
    "recheck", "POST", "/api/v1/recheck", "recheck", ROLE_OPERATOR, OP_WRITE, MSG("check now instead of waiting"), NULL, "recheck web1/http", recheck_params, run_recheck};
const struct op op_enable = {
    "enable", "POST", "/api/v1/enable", "enable", ROLE_OPERATOR, OP_WRITE, MSG("switch checks on"), NULL, "enable web1/http", target_params, run_enable};
const struct op op_disable = {
    "disable", "POST", "/api/v1/disable", "disable", ROLE_OPERATOR, OP_WRITE, MSG("switch checks off until somebody enables them"), NULL,
    "disable web1/http -m \"site is being moved\"", disable_params, run_disable};
const struct op op_as_configured = {
    "as-configured", "POST", "/api/v1/as-configured", "as-configured", ROLE_OPERATOR, OP_WRITE,
    MSG("forget enable and disable: do as the configuration says"), NULL, "as-configured web1/http", target_params, run_as_configured};

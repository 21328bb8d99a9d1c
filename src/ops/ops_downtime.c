/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_downtime.c: planned work: downtimes, fixed and flexible. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

enum { DOWNTIME_DEFAULT_MS = 2 * 3600 * 1000 };

static void put_downtime(struct doc *list, const struct downtime *d)
{
    struct doc *o = doc_push_object(list);
    doc_put_int(o, "id", d->id);
    doc_put_text(o, "host", d->host_name);
    doc_put_text(o, "check", d->check_name);
    doc_put_text(o, "author", d->author);
    doc_put_text(o, "comment", d->comment);
    doc_put_time(o, "start", d->start_ms);
    doc_put_time(o, "end", d->active ? d->until_ms : d->end_ms);
    doc_put_bool(o, "flexible", d->flexible);
    doc_put_int(o, "duration_ms", d->duration_ms);
    doc_put_bool(o, "active", d->active);
}

static void run_downtimes(struct op_call *c)
{
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "downtimes");
    const char *host = doc_text(c->params, "host", NULL);
    for (size_t i = 0; i < model_downtimes(c->house->model); i++) {
        const struct downtime *d = model_downtime_at(c->house->model, i);
        if (!host || str_eq(host, d->host_name))
            put_downtime(list, d);
    }
    op_reply(c, o);
}

/* A sum too large is far beyond what the model allows, and is refused there. */
static int64_t later(int64_t at_ms, int64_t by_ms)
{
    int64_t sum;
    return __builtin_add_overflow(at_ms, by_ms, &sum) ? INT64_MAX : sum;
}

/* End: given, or start + for, or start + 2 h. */
static void window(const struct op_call *c, struct command *cmd)
{
    int64_t length = doc_int(c->params, "for", 0);
    cmd->start_ms = doc_int(c->params, "start", c->now.wall_ms);
    cmd->end_ms = doc_int(c->params, "end", 0);
    if (doc_bool(c->params, "flexible", false)) {
        cmd->duration_ms = length ? length : DOWNTIME_DEFAULT_MS;
        if (!cmd->end_ms)
            cmd->end_ms = later(cmd->start_ms, 24 * 3600 * 1000);
    } else if (!cmd->end_ms) {
        cmd->end_ms = later(cmd->start_ms, length ? length : DOWNTIME_DEFAULT_MS);
    }
}

static void undo_downtimes(struct op_call *c)
{
    struct doc *made = c->user;
    DOC_EACH(made, d) {
        struct command cmd = {.kind = COMMAND_DOWNTIME_END, .author = c->who.name, .downtime_id = doc_int(d, "id", 0)};
        model_command(c->house->model, &cmd, house_now(), NULL, NULL);
    }
}

static void run_downtime(struct op_call *c)
{
    struct command cmd = {.kind = COMMAND_DOWNTIME, .author = c->who.name, .comment = doc_text(c->params, "comment", "")};
    struct doc *targets = doc_get(c->params, "targets"), *o = doc_object(c->arena), *list = doc_put_list(o, "downtimes");
    struct err e = {0};
    c->user = list;
    c->undo = undo_downtimes;
    DOC_EACH(targets, d)
        if (!op_target(c, d->text))
            return;
    window(c, &cmd);
    DOC_EACH(targets, d) {
        struct item *it = op_target(c, d->text);
        int64_t id = 0;
        cmd.host = it->host->name;
        cmd.check = item_check_name(it);
        int r = model_command(c->house->model, &cmd, c->now, &id, &e);
        if (r < 0) {
            undo_downtimes(c); /* all or none */
            op_error(c, r, &e);
            return;
        }
        for (size_t i = model_downtimes(c->house->model); i-- > 0;)
            if (model_downtime_at(c->house->model, i)->id == id) {
                put_downtime(list, model_downtime_at(c->house->model, i));
                break;
            }
    }
    op_reply_durable(c, o, "downtime", targets->kids.first->text, cmd.comment);
}

/* What follows from planned work is moved and cancelled with it. True when it was answered so. */
static bool belongs_to_work(struct op_call *c, int64_t id)
{
    for (size_t i = 0; i < model_downtimes(c->house->model); i++) {
        const struct downtime *d = model_downtime_at(c->house->model, i);
        if (d->id != id || !str_starts(d->author, "work/"))
            continue;
        op_fail(c, ERR_CONFLICT, "id", MSG("it belongs to planned work {1}; move or cancel that: vigie maintenance cancel {1}"), "s", d->author + 5);
        return true;
    }
    return false;
}

static void run_downtime_end(struct op_call *c)
{
    if (belongs_to_work(c, doc_int(c->params, "id", 0)))
        return;
    struct command cmd = {.kind = COMMAND_DOWNTIME_END, .author = c->who.name, .downtime_id = doc_int(c->params, "id", 0)};
    struct err e = {0};
    int r = model_command(c->house->model, &cmd, c->now, NULL, &e);
    if (r < 0)
        op_error(c, r, &e);
    else
        op_reply_durable(c, doc_object(c->arena), "downtime-end", arena_printf(c->arena, "%lld", (long long)cmd.downtime_id), NULL);
}

static const struct op_param downtime_params[] = {
    {"targets", OP_TARGETS, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("hosts (with all their checks) or single checks"), NULL},
    {"comment", OP_TEXT, OP_REQUIRED, 'm', NULL, MSG("what is being done"), NULL},
    {"start", OP_TIME, 0, 's', NULL, MSG("when it begins: 22:00, +10m; now when missing"), NULL},
    {"end", OP_TIME, 0, 'e', NULL, MSG("when it ends: 23:30, +2h"), NULL},
    {"for", OP_DURATION, 0, 'f', NULL, MSG("how long: 30m, 2h"), "2h"},
    {"flexible", OP_BOOL, 0, 0, NULL, MSG("begin with the first problem between start and end, for the length given"), "no"},
    {0}};
static const struct op_param downtimes_params[] = {{"host", OP_TEXT, 0, 0, NULL, MSG("only of this host"), NULL}, {0}};
static const struct op_param end_params[] = {
    {"id", OP_INT, OP_REQUIRED | OP_IN_PATH | OP_WORDS, 0, NULL, MSG("number of the downtime, as “vigie downtime list” shows it"), NULL}, {0}};

const struct op op_downtime = {
    "downtime", "POST", "/api/v1/downtimes", "downtime", ROLE_OPERATOR, OP_WRITE, MSG("plan work: nobody is told of problems meanwhile"), NULL,
    "downtime web1 -m \"kernel upgrade\" --start 22:00 --for 1h", downtime_params, run_downtime};
const struct op op_downtimes = {
    "downtimes", "GET", "/api/v1/downtimes", "downtime list", ROLE_VIEWER, 0, MSG("list planned work"), NULL, "downtime list", downtimes_params, run_downtimes};
const struct op op_downtime_end = {
    "downtime-end", "DELETE", "/api/v1/downtimes/{id}", "downtime end", ROLE_OPERATOR, OP_WRITE, MSG("end planned work now, or cancel it"), NULL,
    "downtime end 118", end_params, run_downtime_end};

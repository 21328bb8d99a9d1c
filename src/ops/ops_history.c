/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_history.c: what happened: state history of a host or check, and the newest events of all. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

enum { HISTORY_MAX = 5000, DAY_MS = 86400 * 1000 };

/* Columns as recorder.h gives them. */
static void put_event(struct doc *list, const struct store_rows *r, int i, const char *host)
{
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "host", host ? host : store_cell_text(r, i, 9));
    doc_put_text(o, "check", store_cell_text(r, i, 0));
    doc_put_time(o, "at", store_cell_int(r, i, 1));
    doc_put_text(o, "kind", store_cell_text(r, i, 2));
    doc_put_text(o, "from", store_cell_text(r, i, 3));
    doc_put_text(o, "to", store_cell_text(r, i, 4));
    doc_put_bool(o, "hard", store_cell_int(r, i, 5) != 0);
    doc_put_int(o, "attempt", store_cell_int(r, i, 6));
    doc_put_text(o, "author", store_cell_text(r, i, 7));
    doc_put_msg(o, "text", store_cell_text(r, i, 8));
}

static int64_t since_of(const struct op_call *c)
{
    return doc_int(c->params, "since", c->now.wall_ms - DAY_MS);
}

static void history_answer(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct op_call *c = arg;
    if (code < 0) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "events");
    doc_put_time(o, "since", since_of(c));
    for (int i = 0; i < rows->n_rows; i++)
        put_event(list, rows, i, c->user);
    op_reply(c, o);
}

static int limit_of(const struct op_call *c)
{
    int64_t n = doc_int(c->params, "limit", 500);
    return n < 1 ? 1 : n > HISTORY_MAX ? HISTORY_MAX : (int)n;
}

static void run_history(struct op_call *c)
{
    struct item *it = op_target(c, doc_text(c->params, "target", ""));
    if (!it)
        return;
    c->user = arena_dup(c->arena, it->host->name);
    recorder_history(c->house->recorder, it->host->name, item_check_name(it), since_of(c), limit_of(c), history_answer, c);
}

static void run_events(struct op_call *c)
{
    recorder_events(c->house->recorder, since_of(c), limit_of(c), history_answer, c);
}

#define SINCE {"since", OP_TIME, 0, 's', NULL, MSG("from when on: -6h, 2026-11-24; the last day when missing"), NULL}
#define LIMIT {"limit", OP_INT, 0, 'n', NULL, MSG("at most this many rows"), "500"}
static const struct op_param history_params[] = {
    {"target", OP_TARGET, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("a host (with its checks) or check"), NULL}, SINCE, LIMIT, {0}};
static const struct op_param events_params[] = {SINCE, LIMIT, {0}};

const struct op op_history = {
    "history", "GET", "/api/v1/history", "history", ROLE_VIEWER, 0, MSG("what happened to a host or check, newest first"), NULL,
    "history web1 --since -7d", history_params, run_history};
const struct op op_events = {
    "events", "GET", "/api/v1/events", "events", ROLE_VIEWER, 0, MSG("what happened lately, newest first"), NULL, "events --since -1h", events_params, run_events};

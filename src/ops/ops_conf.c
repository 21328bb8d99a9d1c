/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_conf.c: the configuration of the running daemon: show, compare with the files, apply them. */
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_conf.h"
#include "ops/ops_priv.h"

enum { MAX_SHOWN = 64 << 20 };

static const char *const change_words[] = {[CONF_ADDED] = "added", [CONF_REMOVED] = "removed", [CONF_CHANGED] = "changed", [CONF_RENAMED] = "renamed"};

/* The line itself may hold a password: it is shown at the machine only, where the file is, too. */
static void put_errors(struct doc *o, const struct conf_errors *es, bool with_source)
{
    struct doc *list = doc_put_list(o, "errors");
    for (int i = 0; i < es->n; i++) {
        const struct conf_error *e = &es->at[i];
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "file", e->file);
        doc_put_int(d, "line", e->line);
        doc_put_int(d, "column", e->column);
        doc_put_msg(d, "message", e->text);
        doc_put_text(d, "source", with_source ? e->source : NULL);
    }
    doc_put_int(o, "more_errors", es->more);
}

void ops_put_changes(struct doc *o, const struct conf_diff *diff)
{
    struct doc *list = doc_put_list(o, "changes");
    for (int i = 0; diff && i < diff->n; i++) {
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "change", change_words[diff->at[i].kind]);
        doc_put_text(d, "what", diff->at[i].what);
        doc_put_text(d, "name", diff->at[i].name);
        doc_put_text(d, "detail", diff->at[i].detail);
    }
}

void ops_conf_answer(struct op_call *c, const struct house_conf_result *r, const char *action, const char *target)
{
    if (r->errors && r->errors->n) {
        struct doc *d = doc_object(c->arena), *o = doc_put_object(d, "error");
        struct buf b = BUF_MAX(600);
        msg_pack(&b, MSG("the configuration has {1} {1|error|errors}; nothing was changed"), "i", (int64_t)(r->errors->n + r->errors->more));
        doc_put_text(o, "code", "invalid");
        doc_put_msg(o, "message", buf_text(&b));
        doc_put_text(o, "field", NULL);
        put_errors(o, r->errors, str_eq(c->who.via, "cli"));
        buf_done(&b);
        op_answer_error(c, 400, d);
        return;
    }
    if (r->code < 0) {
        op_error(c, r->code, &r->err);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_bool(o, "applied", r->applied);
    ops_put_changes(o, r->diff);
    if (r->applied) /* what was only looked at is not in force */
        op_put_conf_warnings(o, c->house);
    if (r->applied)
        op_reply_durable(c, o, action, target, NULL);
    else
        op_reply(c, o);
}

static void read_done(void *arg, const struct house_conf_result *r)
{
    ops_conf_answer(arg, r, "conf-apply", "configuration");
}

static void run_diff(struct op_call *c)
{
    c->house->conf_read(c->house->daemon, false, read_done, c);
}

static void run_apply(struct op_call *c)
{
    c->house->conf_read(c->house->daemon, true, read_done, c);
}

/* ---- show: a generation never changes, so a worker prints it ---- */

struct showing {
    struct op_call *call;
    struct conf *conf;
    char *host;
    struct buf text;
};

static void show_run(void *arg)
{
    struct showing *s = arg;
    struct buf yaml = BUF_MAX(MAX_SHOWN);
    conf_print(&yaml, s->conf, s->host);
    buf_str(&s->text, "{\"yaml\":");
    json_quote(&s->text, buf_text(&yaml));
    buf_str(&s->text, "}\n");
    buf_done(&yaml);
}

static void show_drop(void *arg)
{
    struct showing *s = arg;
    conf_unref(s->conf);
    buf_done(&s->text);
    mem_free(s->host);
    mem_free(s);
}

static void show_done(void *arg)
{
    struct showing *s = arg;
    struct op_call *c = s->call;
    *c->text = s->text;
    s->text = (struct buf){0};
    show_drop(s);
    op_raw_text(c, "application/json; charset=utf-8");
}

static void run_show(struct op_call *c)
{
    const char *host = doc_text(c->params, "host", NULL);
    if (host && !op_target(c, host))
        return;
    struct showing *s = NEW(struct showing);
    *s = (struct showing){c, conf_ref((struct conf *)(uintptr_t)model_conf(c->house->model)), host ? mem_dup(host) : NULL, BUF_MAX(3 * (size_t)MAX_SHOWN)};
    if (work_give(c->house->workers, c->house->loop, show_run, show_done, show_drop, s) == 0)
        return;
    show_drop(s);
    op_fail(c, ERR_BUSY, NULL, MSG("too much is asked for at once; try again in a moment"), "");
}

static const struct op_param show_params[] = {{"host", OP_TEXT, OP_WORDS, 0, NULL, MSG("only this host"), NULL}, {0}};
static const struct op_param none[] = {{0}};

const struct op op_conf_show = {
    "conf-show", "GET", "/api/v1/conf", "conf show", ROLE_OPERATOR, 0, MSG("print the configuration in force, defaults included, secrets masked"), NULL,
    "conf show web1", show_params, run_show};
const struct op op_conf_diff = {
    "conf-diff", "GET", "/api/v1/conf/diff", "conf diff", ROLE_OPERATOR, 0, MSG("compare the files with what runs"), NULL, "conf diff", none, run_diff};
const struct op op_conf_apply = {
    "conf-apply", "POST", "/api/v1/conf/apply", "conf apply", ROLE_ADMIN, OP_WRITE, MSG("read the files again and apply what changed"),
    MSG("Everything is checked first; with an error nothing changes. States, acknowledgements, downtimes and schedules of all that stays are kept."),
    "conf apply", none, run_apply};

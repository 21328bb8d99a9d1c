/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_add.c: `vigie add` and `vigie remove`: guess the right check, show it, write <data>/conf.d/added.yaml. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/adding.h"
#include "ops/ops_conf.h"
#include "ops/ops_priv.h"

static int edit_add(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    struct adding *ad = arg;
    struct buf now = BUF_MAX(CONF_MAX_FILE_BYTES);
    buf_add(&now, text, n);
    int r = 0;
    for (int i = 0; r == 0 && i < ad->n; i++) {
        struct guess *g = &ad->guesses[i];
        struct buf next = BUF_MAX(CONF_MAX_FILE_BYTES);
        r = conf_edit_add(buf_text(&now), now.len, g->host, g->address[0] ? g->address : NULL, g->yaml[0] ? g->yaml : NULL, &next, e);
        buf_done(&now);
        now = next;
    }
    buf_add(out, buf_text(&now), now.len);
    buf_done(&now);
    return r;
}

static void add_done(void *arg, const struct house_conf_result *r)
{
    struct adding *ad = arg;
    struct op_call *c = ad->call;
    if (r->code < 0 || (r->errors && r->errors->n)) {
        ops_conf_answer(c, r, "add", ad->guesses[0].host);
        return;
    }
    struct doc *o = doc_object(c->arena);
    adding_put(o, ad);
    ops_put_changes(o, r->diff);
    doc_put_bool(o, "applied", r->applied);
    op_reply_durable(c, o, "add", ad->guesses[0].host, ad->guesses[0].yaml);
}

static void run_add(struct op_call *c)
{
    struct adding *ad = ARENA_NEW(c->arena, struct adding);
    if (!adding_prepare(c, ad, false))
        return;
    for (int i = 0; i < ad->n; i++)
        if (ad->known[i]) {
            op_fail(c, ERR_CONFLICT, "targets", MSG("{1} is watched already"), "s", ad->guesses[i].host);
            return;
        }
    c->house->conf_edit(c->house->daemon, edit_add, add_done, ad);
}

static void run_guess(struct op_call *c)
{
    struct adding *ad = ARENA_NEW(c->arena, struct adding);
    if (!adding_prepare(c, ad, doc_bool(c->params, "each", false)))
        return;
    struct doc *o = doc_object(c->arena);
    adding_put(o, ad);
    doc_put(o, "wrong", ad->wrong);
    op_reply(c, o);
}

/* ---- remove ---- */

struct removing {
    struct op_call *call;
    const char *host, *check;
    const char *file; /* "discovered/web1.yaml"; NULL: added.yaml */
};

static int edit_remove(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    struct removing *r = arg;
    return conf_edit_remove(text, n, r->host, r->check, out, e);
}

static int edit_found(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e)
{
    return edit_remove(arg, text, n, out, e);
}

/* The file of discovered things that vigie itself wrote, when it stands there. */
static const char *found_file(struct op_call *c, const struct item *it)
{
    char own[1200];
    struct conf_where w = it->is_host || !it->conf ? it->host->conf->where : it->conf->where;
    const char *path = w.line ? model_file(c->house->model, w) : "";
    int n = str_print(own, sizeof own, "%s/conf.d/", c->house->data_dir ? c->house->data_dir : "");
    bool inside = str_starts(path, own) && str_starts(path + n, "discovered/");
    return inside ? arena_dup(c->arena, path + n) : NULL;
}

static void remove_done(void *arg, const struct house_conf_result *r)
{
    struct removing *rm = arg;
    ops_conf_answer(rm->call, r, "remove", rm->host);
}

static void run_remove(struct op_call *c)
{
    struct item *it = op_target(c, doc_text(c->params, "target", ""));
    if (!it)
        return;
    struct removing *r = ARENA_NEW(c->arena, struct removing);
    r->call = c;
    r->host = arena_dup(c->arena, it->host->name);
    r->check = arena_dup(c->arena, item_check_name(it));
    r->file = found_file(c, it);
    if (r->file)
        c->house->conf_edit_files(c->house->daemon, &r->file, 1, edit_found, remove_done, r);
    else
        c->house->conf_edit(c->house->daemon, edit_remove, remove_done, r);
}

static const struct op_param add_params[] = {
    ADDING_PARAMS, {"yes", OP_BOOL, OP_CLI_ONLY, 'y', NULL, MSG("ask nothing, try nothing: add it"), NULL},
    {"dry-run", OP_BOOL, OP_CLI_ONLY, 'n', NULL, MSG("show what would be watched and try it once, but add nothing"), NULL}, {0}};
static const struct op_param guess_params[] = {
    ADDING_PARAMS, {"each", OP_BOOL, 0, 0, NULL, MSG("tell words that mean nothing beside the others, instead of refusing all"), "no"}, {0}};
static const struct op_param remove_params[] = {
    {"target", OP_TARGET, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("a host or check that “vigie add” or “vigie discover accept” made"), NULL}, {0}};

const struct op op_add = {
    "add", "POST", "/api/v1/add", "add", ROLE_ADMIN, OP_WRITE, MSG("watch something: the right check is guessed"),
    MSG("Writes conf.d/added.yaml in the data directory and applies it. On a terminal, what would be watched is tried once and shown before anything is added."),
    "add https://example.org mail.example.org:imaps", add_params, run_add};
const struct op op_guess = {
    "guess", "POST", "/api/v1/guess", NULL, ROLE_OPERATOR, 0, MSG("tell what “add” would watch, without doing it"), NULL, NULL, guess_params, run_guess};
const struct op op_remove = {
    "remove", "POST", "/api/v1/remove", "remove", ROLE_ADMIN, OP_WRITE, MSG("stop watching what “vigie add” or “vigie discover” made"), NULL, "remove example.org/http",
    remove_params, run_remove};

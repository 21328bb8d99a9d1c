/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_status.c: what is the state of things: status, hosts, checks. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"
#include <string.h>

static const char *const state_words[] = {"ok", "warning", "critical", "unknown", "pending", "up", "down", "unreachable", "problem", NULL};

#define FILTERS \
    {"state", OP_WORD, 0, 's', state_words, MSG("only this state; “problem” is everything that is not well"), NULL}, \
    {"group", OP_TEXT, 0, 'g', NULL, MSG("only hosts of this group"), NULL}, \
    {"q", OP_TEXT, 0, 'q', NULL, MSG("only where host, check or output contains this text"), NULL}, \
    {"limit", OP_INT, 0, 0, NULL, MSG("at most this many rows"), "100000"}

/* A bare message id as a packed message, so that it is rendered in the reader's language. */
static const char *packed(struct arena *a, const char *msgid)
{
    return arena_printf(a, "\x01%s", msgid);
}

struct filter {
    const char *state, *group, *q;
    const struct doc *targets;
    int64_t left;
    const char *lang;
};

static struct filter filter_of(const struct op_call *c)
{
    return (struct filter){doc_text(c->params, "state", NULL), doc_text(c->params, "group", NULL), doc_text(c->params, "q", NULL),
                           doc_get(c->params, "targets"), doc_int(c->params, "limit", OPS_MAX_LIST), c->lang};
}

static bool in_group(const struct host *h, const char *group)
{
    for (int i = 0; h->conf && h->conf->groups && h->conf->groups[i]; i++)
        if (str_eq(h->conf->groups[i], group))
            return true;
    return false;
}

static bool text_has(const struct item *it, const struct filter *f)
{
    struct buf b = BUF_MAX(4096);
    const char *name = item_check_name(it);
    buf_printf(&b, "%s/%s ", it->host->name, name ? name : "");
    if (it->text)
        msg_render(&b, it->text, f->lang);
    bool hit = strcasestr(buf_text(&b), f->q) != NULL;
    buf_done(&b);
    return hit;
}

/* "web1" takes the host and its checks; "web1/http" that check; both may hold * and ?. */
static bool is_target(const struct item *it, const struct doc *targets)
{
    const char *name = item_check_name(it);
    DOC_EACH(targets, d) {
        char host[CONF_MAX_NAME + 1];
        const char *slash = strchr(d->text, '/');
        str_copyn(host, sizeof host, d->text, slash ? (size_t)(slash - d->text) : strlen(d->text));
        if (str_glob(host, it->host->name) && (!slash || (name && str_glob(slash + 1, name))))
            return true;
    }
    return false;
}

static bool filter_takes(struct filter *f, const struct item *it)
{
    const char *word = state_word((enum state)it->st.state);
    if (f->state && !str_eq(f->state, word) && !(str_eq(f->state, "problem") && state_is_bad((enum state)it->st.state)))
        return false;
    if (f->group && !in_group(it->host, f->group))
        return false;
    if (f->targets && f->targets->kids.n && !is_target(it, f->targets))
        return false;
    if (f->q && f->q[0] && !text_has(it, f))
        return false;
    return f->left-- > 0;
}

/* ---- lists, written in slices ---- */

struct listing {
    struct filter f;
    size_t i, j; /* of model_next() */
    bool hosts, checks, any;
};

static bool list_step(struct op_call *c)
{
    struct listing *l = c->user;
    struct item *it = model_next(c->house->model, &l->i, &l->j);
    if (!it || l->f.left <= 0) {
        buf_str(c->text, "]}\n");
        op_raw_text(c, "application/json; charset=utf-8");
        return false;
    }
    if ((it->is_host ? l->hosts : l->checks) && filter_takes(&l->f, it)) {
        buf_str(c->text, l->any ? "," : "");
        op_put_json(c, it);
        l->any = true;
    }
    return true;
}

/* head: what stands before the list, or NULL. */
static void list(struct op_call *c, const struct doc *head, const char *key, bool hosts, bool checks)
{
    struct listing *l = ARENA_NEW(c->arena, struct listing);
    *l = (struct listing){.f = filter_of(c), .hosts = hosts, .checks = checks};
    c->user = l;
    *c->text = BUF_MAX(OPS_MAX_HEAD);
    buf_char(c->text, '{');
    DOC_EACH(head, d) {
        buf_printf(c->text, "\"%s\":", d->key);
        json_write(c->text, d, c->lang, 0);
        buf_char(c->text, ',');
    }
    buf_printf(c->text, "\"%s\":[", key);
    op_slices(c, list_step);
}

static void run_status(struct op_call *c)
{
    struct doc *targets = doc_get(c->params, "targets");
    DOC_EACH(targets, d)
        if (!strpbrk(d->text, "*?") && !op_target(c, d->text))
            return;
    struct doc *o = doc_object(c->arena);
    op_put_summary(doc_put_object(o, "summary"), c->house);
    op_put_conf_wrong(o, c->house);
    list(c, o, "checks", true, true);
}

static void run_hosts(struct op_call *c)
{
    list(c, NULL, "hosts", true, false);
}

static void run_checks(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    op_put_summary(doc_put_object(o, "summary"), c->house);
    list(c, o, "checks", true, true);
}

static struct item *item_of(struct op_call *c)
{
    const char *host = doc_text(c->params, "host", ""), *check = doc_text(c->params, "check", NULL);
    return op_target(c, check ? arena_printf(c->arena, "%s/%s", host, check) : host);
}

static void run_check(struct op_call *c)
{
    struct item *it = item_of(c);
    if (!it)
        return;
    struct doc *o = doc_object(c->arena);
    op_put_item(o, it, c->house);
    doc_put_text(o, "details", it->more);
    doc_put_text(o, "notes", it->conf ? it->conf->notes : NULL);
    if (it->conf) {
        doc_put_int(o, "every_ms", it->conf->every_ms);
        doc_put_int(o, "retry_ms", it->conf->retry_ms);
        doc_put_int(o, "timeout_ms", it->conf->timeout_ms);
    }
    enum quiet q = model_quiet(it);
    if (q)
        doc_put_msg(o, "quiet", packed(c->arena, quiet_text(q)));
    else
        doc_put(o, "quiet", NULL);
    op_reply(c, o);
}

static void run_host(struct op_call *c)
{
    struct item *it = item_of(c);
    if (!it)
        return;
    struct doc *o = doc_object(c->arena);
    op_put_item(o, it, c->house);
    doc_put_text(o, "notes", it->host->conf ? it->host->conf->notes : NULL);
    struct doc *list = doc_put_list(o, "items");
    for (size_t i = 0; i < it->host->checks.n; i++)
        op_put_item(list, it->host->checks.at[i], c->house);
    struct doc *behind = doc_put_list(o, "children");
    for (size_t i = 0; i < it->host->children.n; i++)
        doc_push_text(behind, it->host->children.at[i]->name);
    struct doc *path = doc_put_list(o, "path");
    for (const struct host *h = it->host; h && path->kids.n < 32; h = h->parents.n ? h->parents.at[0] : NULL)
        op_put_item(path, &h->self, c->house);
    op_reply(c, o);
}

static const struct op_param status_params[] = {
    {"targets", OP_TARGETS, OP_WORDS, 0, NULL, MSG("hosts or checks, with * and ?; all when none is given"), NULL}, FILTERS, {0}};
static const struct op_param list_params[] = {FILTERS, {0}};
static const struct op_param host_params[] = {{"host", OP_TEXT, OP_REQUIRED | OP_IN_PATH, 0, NULL, MSG("name of the host"), NULL}, {0}};
static const struct op_param check_params[] = {
    {"host", OP_TEXT, OP_REQUIRED | OP_IN_PATH, 0, NULL, MSG("name of the host"), NULL},
    {"check", OP_TEXT, OP_REQUIRED | OP_IN_PATH, 0, NULL, MSG("name of the check"), NULL},
    {0}};

const struct op op_status = {
    "status", "GET", "/api/v1/status", "status", ROLE_VIEWER, 0, MSG("show the state of hosts and checks, problems first"), NULL,
    "status --state problem", status_params, run_status};
const struct op op_hosts = {
    "hosts", "GET", "/api/v1/hosts", NULL, ROLE_VIEWER, 0, MSG("list the hosts"), NULL, NULL, list_params, run_hosts};
const struct op op_host = {
    "host", "GET", "/api/v1/hosts/{host}", NULL, ROLE_VIEWER, 0, MSG("one host with its checks and the path to it"), NULL, NULL, host_params, run_host};
const struct op op_checks = {
    "checks", "GET", "/api/v1/checks", NULL, ROLE_VIEWER, 0, MSG("list checks and hosts' own rows"), NULL, NULL, list_params, run_checks};
const struct op op_check = {
    "check", "GET", "/api/v1/checks/{host}/{check}", NULL, ROLE_VIEWER, 0, MSG("one check with everything known of it"), NULL, NULL, check_params, run_check};

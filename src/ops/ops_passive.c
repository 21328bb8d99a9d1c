/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_passive.c: results that come by themselves: passive results, and the heartbeat URL that a cron job calls. */
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "model/sink.h"
#include "ops/beats.h"
#include "ops/ops_priv.h"

static const char *const result_states[] = {"ok", "warning", "critical", "unknown", "up", "down", "0", "1", "2", "3", NULL};

static enum state state_of(const char *word, bool host)
{
    if (word[0] >= '0' && word[0] <= '3' && !word[1]) {
        if (host)
            return word[0] == '0' ? STATE_UP : STATE_DOWN;
        return (enum state)(STATE_OK + (word[0] - '0'));
    }
    return (enum state)state_from_word(word);
}

static void run_result(struct op_call *c)
{
    struct item *it = op_target(c, doc_text(c->params, "target", ""));
    if (!it)
        return;
    struct err e = {0};
    struct result r = {.state = state_of(doc_text(c->params, "state", "unknown"), it->is_host),
                       .text = doc_text(c->params, "output", ""),
                       .more = doc_text(c->params, "details", NULL),
                       .perfdata = doc_text(c->params, "perfdata", NULL),
                       .at_ms = c->now.wall_ms,
                       .passive = true};
    int code = sink_result(c->house->model, it->host->name, item_check_name(it), &r, c->now, &e);
    if (code < 0) {
        op_error(c, code, &e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    op_put_item(o, it, c->house);
    op_reply(c, o);
}

/* The options of every probe that takes calls begin with its token (probe_heartbeat.c, probe_passive.c). */
struct token_opts {
    const char *token;
};

static bool token_ok(const char *want, const char *got)
{
    size_t n = want ? __builtin_strlen(want) : 0;
    unsigned differ = !want || !got || __builtin_strlen(got) != n;
    for (size_t i = 0; !differ && i < n; i++)
        differ |= (unsigned char)(want[i] ^ got[i]);
    return !differ;
}

bool beat_takes(const struct item *it, struct arena *a, const char *token)
{
    const struct token_opts *o = it && it->conf && it->conf->kind->beats ? conf_check_opts(it->conf, a) : NULL;
    return o && token_ok(o->token, token);
}

struct item *beat_by_token(struct house *h, struct arena *a, const char *token)
{
    const struct conf *c = model_conf(h->model);
    struct item *found = NULL;
    for (int i = 0; token && token[0] && i < c->n_hosts; i++)
        for (int k = 0; k < c->hosts[i]->n_checks; k++) {
            struct item *it = c->hosts[i]->checks[k]->kind->beats ? model_find(h->model, c->hosts[i]->name, c->hosts[i]->checks[k]->name) : NULL;
            if (beat_takes(it, a, token))
                found = it;
        }
    return found;
}

/* Staff need no token; but a link that a browser follows is nobody's word, nor is a token for something else. */
static bool needs_token(const struct op_call *c)
{
    return c->who.role < ROLE_OPERATOR || c->who.session || !op_in_scope(c->who.scope, &op_heartbeat_post);
}

static void run_heartbeat(struct op_call *c)
{
    const char *token = doc_text(c->params, "token", NULL);
    struct item *it = model_find(c->house->model, doc_text(c->params, "host", ""), doc_text(c->params, "check", ""));
    const struct token_opts *o = it && it->conf && it->conf->kind->beats ? conf_check_opts(it->conf, c->arena) : NULL;
    /* One answer for "no such check" and "wrong token": names are not to be guessed here. */
    if (!o || (needs_token(c) && !token_ok(o->token, token))) {
        op_fail(c, ERR_DENIED, "token", MSG("there is no such heartbeat, or its token is another"), "");
        return;
    }
    struct buf b = BUF_MAX(2000);
    const char *text = doc_text(c->params, "output", NULL);
    if (text)
        buf_str(&b, text);
    else
        msg_pack(&b, MSG("heartbeat came"), "");
    bool failed = !str_eq(doc_text(c->params, "status", "up"), "up");
    struct result r = {.state = failed ? STATE_CRITICAL : STATE_OK, .text = buf_text(&b), .perfdata = doc_text(c->params, "perfdata", NULL), .at_ms = c->now.wall_ms, .passive = true};
    struct err e = {0};
    int code = sink_result(c->house->model, it->host->name, it->conf->name, &r, c->now, &e);
    buf_done(&b);
    if (code < 0)
        op_error(c, code, &e);
    else
        op_reply(c, NULL);
}

static const char *const beat_words[] = {"up", "down", NULL};
static const struct op_param result_params[] = {
    {"target", OP_TARGET, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("a host or check"), NULL},
    {"state", OP_WORD, OP_REQUIRED | OP_WORDS, 0, result_states, MSG("its state, or the exit status of a plugin"), NULL},
    {"output", OP_TEXT, OP_REQUIRED, 'm', NULL, MSG("what was found, in one line"), NULL},
    {"details", OP_TEXT, 0, 0, NULL, MSG("more lines"), NULL},
    {"perfdata", OP_TEXT, 0, 0, NULL, MSG("performance data as plugins print it"), NULL},
    {0}};
static const struct op_param beat_params[] = {
    {"host", OP_TEXT, OP_REQUIRED | OP_IN_PATH, 0, NULL, MSG("name of the host"), NULL},
    {"check", OP_TEXT, OP_REQUIRED | OP_IN_PATH, 0, NULL, MSG("name of the check"), NULL},
    {"token", OP_SECRET, 0, 0, NULL, MSG("the secret that the configuration names"), NULL},
    {"status", OP_WORD, 0, 0, beat_words, MSG("“down” reports a failure at once"), "up"},
    {"output", OP_TEXT, 0, 0, NULL, MSG("a line to show"), NULL},
    {"perfdata", OP_TEXT, 0, 0, NULL, MSG("performance data as plugins print it"), NULL},
    {0}};

const struct op op_result = {
    "result", "POST", "/api/v1/results", "result", ROLE_OPERATOR, OP_WRITE, MSG("hand in a result found elsewhere"), NULL,
    "result web1/backup ok -m \"42 GB in 12 min\"", result_params, run_result};
const struct op op_heartbeat = {
    "heartbeat", "GET", "/api/v1/heartbeat/{host}/{check}", NULL, ROLE_NONE, OP_PUBLIC, MSG("a job says that it is alive"), NULL, NULL, beat_params, run_heartbeat};
const struct op op_heartbeat_post = {
    "heartbeat-post", "POST", "/api/v1/heartbeat/{host}/{check}", NULL, ROLE_NONE, OP_PUBLIC, MSG("a job says that it is alive"), NULL, NULL, beat_params, run_heartbeat};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scn_daemon.c: the daemon under test: starting and ending it in the simulated world, and asking it through
 * its own API, as the local administrator does over the socket. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/op.h"
#include "scn.h"
#include "base/vec.h"
#include <string.h>

enum { MAX_REPLY = 256 << 20 };

/* Killed daemons: reachable, so that a leak checker knows that their memory went with "their process". */
static VEC(struct daemon *) dead;

/* 0, or the reason in text. */
static int start(struct scn *s, struct buf *text)
{
    struct buf errors = BUF_MAX(1 << 16);
    struct err e = {0};
    struct daemon_opts o = {.data_dir = s->data, .vfs = "vigie-sim"};
    s->started = true;
    int code = daemon_new(&o, "en", &s->daemon, &errors, &e);
    if (code == 0 && (code = daemon_start(s->daemon, &e)) != 0)
        s->daemon = daemon_free(s->daemon);
    if (code != 0) {
        msg_render(text, e.text, "en");
        buf_printf(text, " %s", buf_text(&errors));
        s->daemon = NULL;
        sim_crash(false); /* the process ends: its locks go */
    }
    buf_done(&errors);
    return code;
}

void scn_start(struct scn *s, const char *fails)
{
    struct buf text = BUF_MAX(1 << 17);
    int code = s->daemon ? ERR_CONFLICT : start(s, &text);
    if (s->daemon && code)
        scn_fail(s, "the daemon runs already");
    else if (!fails && code)
        scn_fail(s, "the daemon does not start: %s", buf_text(&text));
    else if (fails && !code)
        scn_fail(s, "the daemon starts; wanted: %s", fails);
    else if (fails && !str_glob(fails, buf_text(&text)))
        scn_fail(s, "wanted the start to fail with %s, got: %s", fails, buf_text(&text));
    buf_done(&text);
}

void scn_stop(struct scn *s)
{
    if (!s->daemon)
        return;
    s->daemon = daemon_free(s->daemon);
    sim_run_for(1); /* answers on their way */
    if (sim_objects() > 0)
        scn_fail(s, "after the daemon's end %d of its objects are alive", sim_objects());
    sim_crash(false); /* the process ends: its locks go */
}

void scn_kill(struct scn *s, bool lose_unsynced)
{
    sim_crash(lose_unsynced);
    if (s->daemon)
        VEC_PUSH(&dead, s->daemon);
    s->daemon = NULL;
}

struct sim_reply *scn_ask(struct scn *s, const char *method, const char *path, const char *body, const char *peer)
{
    struct sim_request rq = {.method = method, .path = path, .body = body, .peer = peer};
    rq.headers = body ? "Accept: application/json\nContent-Type: application/json\n" : "Accept: application/json\n";
    return sim_http(&rq);
}

struct doc *scn_get_json(struct scn *s, struct arena *a, const char *path)
{
    struct doc *d = NULL;
    struct sim_reply *r = scn_ask(s, "GET", path, NULL, NULL);
    if (r->status != 200)
        scn_fail(s, "GET %s: status %d: %.300s", path, r->status, buf_text(&r->body));
    else if (json_parse(a, buf_text(&r->body), r->body.len, MAX_REPLY, &d, NULL) != 0)
        scn_fail(s, "GET %s: no JSON: %.300s", path, buf_text(&r->body));
    sim_reply_free(r);
    return d;
}

struct doc *scn_row(struct scn *s, struct arena *a, const char *target)
{
    const char *slash = strchr(target, '/');
    const char *host = slash ? arena_dupn(a, target, (size_t)(slash - target)) : target;
    struct doc *d = scn_get_json(s, a, "/api/v1/checks");
    DOC_EACH(doc_get(d, "checks"), row) {
        const char *check = doc_text(row, "check", NULL);
        if (str_eq(doc_text(row, "host", ""), host) && (slash ? str_eq(check, slash + 1) : check == NULL))
            return row;
    }
    return NULL;
}

/* ---- operations by their words ---- */

/* The operation whose verb ("conf apply") begins the words; *ret_n: how many words that took. */
static const struct op *find_op(const struct scn_line *l, int from, int *ret_n)
{
    char two[128];
    const char *second = l->word[from + 1];
    str_print(two, sizeof two, "%s %s", l->word[from], second ? second : "");
    for (int i = 0; ops[i]; i++) {
        if (ops[i]->verb && str_eq(ops[i]->verb, two)) {
            *ret_n = 2;
            return ops[i];
        }
    }
    for (int i = 0; ops[i]; i++) {
        if (ops[i]->verb && str_eq(ops[i]->verb, l->word[from])) {
            *ret_n = 1;
            return ops[i];
        }
    }
    return NULL;
}

static const struct op_param *find_param(const struct op *op, const char *word)
{
    for (const struct op_param *p = op->params; p && p->name; p++) {
        if (word[1] == '-' ? str_eq(p->name, word + 2) : p->letter && word[1] == p->letter && !word[2])
            return p;
    }
    return NULL;
}

static const struct op_param *positional(const struct op *op, int *at)
{
    int i = 0;
    for (const struct op_param *p = op->params; p && p->name; p++) {
        if (!(p->flags & OP_WORDS))
            continue;
        bool list = p->type == OP_TARGETS || p->type == OP_TEXTS;
        if (i++ == *at) {
            *at += !list;
            return p;
        }
    }
    return NULL;
}

static void put_param(struct doc *body, const struct op_param *p, const char *value)
{
    if (p->type != OP_TARGETS && p->type != OP_TEXTS) {
        doc_put_text(body, p->name, value);
        return;
    }
    struct doc *list = doc_get(body, p->name);
    doc_push_text(list ? list : doc_put_list(body, p->name), value);
}

static const char *fill_words(const struct op *op, const struct scn_line *l, int from, struct doc *body)
{
    int at = 0;
    for (int i = from; i < l->n; i++) {
        const struct op_param *p = l->word[i][0] == '-' && l->word[i][1] ? find_param(op, l->word[i]) : positional(op, &at);
        if (!p)
            return "the operation takes no such word";
        if (l->word[i][0] != '-')
            put_param(body, p, l->word[i]);
        else if (p->type == OP_BOOL)
            doc_put_bool(body, p->name, true);
        else if (i + 1 < l->n)
            put_param(body, p, l->word[++i]);
        else
            return "the last word needs a value";
    }
    return NULL;
}

/* "/api/v1/downtimes/{id}" with the values, which leave the body. */
static const char *fill_path(struct arena *a, const struct op *op, struct doc *body)
{
    struct buf b = BUF_MAX(8192);
    for (const char *p = op->path; *p;) {
        size_t n = *p == '{' ? strcspn(p, "}") : 0;
        if (!n) {
            buf_char(&b, *p++);
            continue;
        }
        buf_str(&b, doc_text(body, arena_dupn(a, p + 1, n - 1), ""));
        p += n + 1;
    }
    const char *path = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return path;
}

bool scn_run_words(struct scn *s, const struct scn_line *l, int from, const char **ret_problem)
{
    int n = 0;
    const struct op *op = from < l->n ? find_op(l, from, &n) : NULL;
    struct doc *body = doc_object(s->arena);
    *ret_problem = op ? fill_words(op, l, from + n, body) : "there is no such operation";
    if (*ret_problem)
        return false;
    struct buf text = BUF_MAX(1 << 20);
    json_write(&text, body, "en", 0);
    const char *path = fill_path(s->arena, op, body);
    struct sim_reply *r = scn_ask(s, op->method, path, str_eq(op->method, "GET") ? NULL : buf_text(&text), NULL);
    if (r->status < 200 || r->status >= 300)
        scn_fail(s, "%s %s: status %d: %.300s", op->method, path, r->status, buf_text(&r->body));
    sim_reply_free(r);
    buf_done(&text);
    return true;
}

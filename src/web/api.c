/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api.c: /api/v1, /metrics and /healthz: from HTTP to an operation and back as JSON. */
#include "base/json.h"
#include "base/str.h"
#include "web/web_priv.h"
#include <string.h>

enum { API_MAX_PARAMS = 3000, API_MAX_KEYS = 100 };

static void send_json(struct page *p, int status, const struct doc *d)
{
    json_write(&p->html, d, p->lang, 0);
    buf_char(&p->html, '\n');
    page_send(p, status, "application/json; charset=utf-8");
}

static void refuse(struct page *p, int code, const char *field, const char *msgid, const char *types, ...)
{
    struct doc *d = doc_object(p->rq->arena), *o = doc_put_object(d, "error");
    struct buf b = BUF_MAX(1000);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    doc_put_text(o, "code", err_name(code));
    doc_put_msg(o, "message", buf_text(&b));
    doc_put_text(o, "field", field && field[0] ? field : NULL);
    buf_done(&b);
    send_json(p, op_http_status(code), d);
}

/* A repeated parameter becomes a list. */
struct gathering {
    struct doc *params;
    struct arena *arena;
    int n;
};

static void gather(void *arg, const char *name, const char *value)
{
    struct gathering *g = arg;
    if (++g->n > API_MAX_PARAMS || str_eq(name, "lang"))
        return;
    name = arena_dup(g->arena, name);
    struct doc *there = doc_get(g->params, name);
    if (!there && g->params->kids.n >= API_MAX_KEYS)
        return;
    if (!there) {
        doc_put_text(g->params, name, value);
    } else if (there->kind == DOC_LIST) {
        doc_push_text(there, value);
    } else {
        const char *first = there->text;
        struct doc *list = doc_put_list(g->params, name);
        doc_push_text(list, first);
        doc_push_text(list, value);
    }
}

static const struct op_param *mail_param(const struct op *op)
{
    for (const struct op_param *p = op->params; p && p->name; p++)
        if (p->type == OP_MAIL)
            return p;
    return NULL;
}

/* A NUL has no place in a mail. */
static const char *mail_text(struct page *p)
{
    size_t n = p->rq->body_bytes;
    char *text = arena_alloc(p->rq->arena, n + 1);
    memcpy(text, p->rq->body, n);
    for (size_t i = 0; i < n; i++)
        text[i] = text[i] ? text[i] : ' ';
    return text;
}

static int body_params(struct page *p, const struct op *op, struct doc *params, struct err *e)
{
    const char *type = httpd_header(p->rq, "Content-Type");
    struct doc *body;
    if (!p->rq->body_bytes)
        return 0;
    if (type && str_istarts(type, "application/x-www-form-urlencoded")) {
        struct gathering g = {params, p->rq->arena, 0};
        httpd_form_each(p->rq, gather, &g);
        return 0;
    }
    const struct op_param *mail = mail_param(op);
    if (mail && type && (str_istarts(type, "message/rfc822") || str_istarts(type, "text/calendar"))) {
        doc_put_text(params, mail->name, mail_text(p));
        return 0;
    }
    if (type && !str_istarts(type, "application/json"))
        return err_field(e, ERR_INVALID, "Content-Type", MSG("the body must be application/json, not {1}"), "s", type);
    int r = json_parse(p->rq->arena, p->rq->body, p->rq->body_bytes, HTTPD_MAX_BODY, &body, e);
    if (r < 0)
        return r;
    if (body->kind != DOC_OBJECT)
        return err_set(e, ERR_INVALID, MSG("the body must be a JSON object"), "");
    if (body->kids.n > API_MAX_KEYS) /* each is looked up: a million of them would hold the loop for minutes */
        return err_set(e, ERR_LIMIT, MSG("{1}: more than {2} of them"), "si", "body", (int64_t)API_MAX_KEYS);
    DOC_EACH(body, d)
        doc_put(params, d->key, doc_copy(p->rq->arena, d));
    return 0;
}

static void query_params(struct page *p, const struct op *op, struct doc *params)
{
    struct httpd_request copy = *p->rq; /* the query read as a form */
    struct gathering g = {params, p->rq->arena, 0};
    copy.body = p->rq->query;
    if (mail_param(op)) /* the type is that of the mail */
        copy.n_headers = 0;
    copy.body_bytes = strlen(p->rq->query);
    httpd_form_each(&copy, gather, &g);
}

static void api_done(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
    struct page *p = arg;
    if (status == 401)
        page_header(p, "WWW-Authenticate", "Bearer realm=\"vigie\"");
    if (c->raw && c->raw == c->text->data) { /* megabytes, perhaps: handed on, not copied */
        buf_done(&p->html);
        p->html = *c->text;
        *c->text = (struct buf){0};
        page_send(p, status, c->raw_type);
        return;
    }
    if (c->raw) {
        buf_add(&p->html, c->raw, c->raw_bytes);
        page_send(p, status, c->raw_type);
        return;
    }
    send_json(p, status, reply);
}

void api_handle(struct page *p)
{
    const struct op *op;
    const struct conf *conf = model_conf(p->h->model);
    struct doc *params = doc_object(p->rq->arena);
    struct err e = {0};
    char allow[64];
    int r = op_route(str_eq(p->rq->method, "HEAD") ? "GET" : p->rq->method, p->rq->path, p->rq->arena, params, &op, allow, sizeof allow);
    if (r == ERR_UNSUPPORTED) {
        page_header(p, "Allow", arena_dup(p->rq->arena, allow));
        refuse(p, r, NULL, MSG("{1} does not take {2}; it takes {3}"), "sss", p->rq->path, p->rq->method, allow);
        return;
    }
    if (r < 0) {
        refuse(p, r, NULL, MSG("there is no {1}; GET /api/v1/openapi.json describes what there is"), "s", p->rq->path);
        return;
    }
    /* A cookie alone must not change anything: another site could make a browser send it. */
    if ((op->flags & OP_WRITE) && p->who.session && !auth_csrf_ok(&p->who, httpd_header(p->rq, "X-CSRF-Token"))) {
        refuse(p, ERR_DENIED, NULL, MSG("the X-CSRF-Token header is missing or wrong"), "");
        return;
    }
    if (str_eq(op->name, "metrics") && conf && conf->site.open_metrics && p->who.role == ROLE_NONE)
        p->who = (struct principal){.name = "metrics", .via = "api", .role = ROLE_VIEWER};
    /* What a stranger sends is not even read. */
    if ((op->flags & OP_PUBLIC) || p->who.role >= op->role) {
        query_params(p, op, params);
        r = body_params(p, op, params, &e);
    }
    if (r < 0) {
        refuse(p, r, e.field, MSG("{1}"), "m", e.text);
        return;
    }
    op_run(p->h, op, params, &p->who, p->lang, p->client, api_done, p);
}

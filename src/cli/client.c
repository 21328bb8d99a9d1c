/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.c: one HTTP exchange with the daemon: over its local socket, or over the network with --url and a token. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_priv.h"
#include "io/dns.h"
#include "io/file.h"
#include "io/httpc.h"
#include <string.h>

enum { CLIENT_MAX_BODY = 256 << 20, CLIENT_TIMEOUT_MS = 120 * 1000, PROGRESS_AFTER_MS = 1000 };

struct exchange {
    struct cli *c;
    struct loop *loop;
    struct httpc *httpc;
    struct dns *dns;
    struct timer progress;
    int64_t begun_ms;
    bool showed;
    struct httpc_request rq;
    struct httpc_header headers[4];
    char socket[1200], host[256];
    int port, status;
    struct buf body;
    struct err err;
};

static void percent(struct buf *b, const char *text)
{
    for (const char *p = text; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._~", *p);
        if (plain)
            buf_char(b, *p);
        else
            buf_printf(b, "%%%02X", (unsigned char)*p);
    }
}

static void put_path(struct buf *b, const char *route, const struct doc *params)
{
    struct str rest = str_of(route), seg;
    while (str_next(&rest, "/", &seg)) {
        if (!seg.n)
            continue;
        buf_char(b, '/');
        if (seg.p[0] != '{') {
            buf_add(b, seg.p, seg.n);
            continue;
        }
        char name[64];
        str_copyn(name, sizeof name, seg.p + 1, seg.n - 2);
        percent(b, doc_text(params, name, ""));
    }
}

static bool in_path(const struct op *op, const char *name)
{
    for (const struct op_param *p = op->params; p->name; p++)
        if (str_eq(p->name, name))
            return (p->flags & OP_IN_PATH) != 0;
    return false;
}

static bool is_mail(const struct op *op, const char *name)
{
    for (const struct op_param *p = op->params; p->name; p++)
        if (p->type == OP_MAIL && str_eq(p->name, name))
            return true;
    return false;
}

static void put_query(struct buf *b, const struct op *op, const struct doc *params)
{
    char sep = '?';
    DOC_EACH(params, d) {
        if (in_path(op, d->key) || is_mail(op, d->key))
            continue;
        const struct doc *v = d->kind == DOC_LIST ? d->kids.first : d;
        for (; v; v = d->kind == DOC_LIST ? v->next : NULL) {
            buf_char(b, sep);
            percent(b, d->key);
            buf_char(b, '=');
            percent(b, v->text);
            sep = '&';
        }
    }
}

static bool has_body(const struct op *op)
{
    return str_eq(op->method, "POST") || str_eq(op->method, "PUT");
}

/* The body itself, as it came; NULL: parameters are. */
static const char *mail_of(const struct op *op, const struct doc *params)
{
    for (const struct op_param *p = op->params; p->name; p++)
        if (p->type == OP_MAIL)
            return doc_text(params, p->name, NULL);
    return NULL;
}

static void put_body(struct buf *b, const struct op *op, const struct doc *params, struct arena *a)
{
    struct doc *o = doc_object(a);
    DOC_EACH(params, d) {
        if (in_path(op, d->key))
            continue;
        doc_put(o, d->key, doc_copy(a, d));
    }
    json_write(b, o, "en", 0);
}

static void ended(void *arg, const struct httpc_reply *r)
{
    struct exchange *x = arg;
    x->status = r->code < 0 ? r->code : r->status;
    x->err = r->err;
    x->err.code = r->code;
    buf_add(&x->body, r->body, r->body_bytes);
    loop_stop(x->loop);
}

static void resolved(void *arg, const struct dns_addrs *r)
{
    struct exchange *x = arg;
    if (r->code < 0) {
        x->status = r->code;
        x->err = r->err;
        loop_stop(x->loop);
        return;
    }
    struct addr *addrs = ARENA_ARRAY(x->c->arena, struct addr, (size_t)r->n);
    for (int i = 0; i < r->n; i++) {
        addrs[i] = r->at[i];
        addr_set_port(&addrs[i], x->port);
    }
    x->rq.addrs = addrs;
    x->rq.n_addrs = r->n;
    httpc_start(x->httpc, &x->rq, ended, x);
}

/* On a terminal, what takes long says so. */
static void progress(void *arg)
{
    struct exchange *x = arg;
    struct buf b = BUF_MAX(200);
    buf_str(&b, "\r");
    msg_print(&b, x->c->lang, MSG("waiting for the answer, {1}"), "d", clock_mono_ms() - x->begun_ms);
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
    x->showed = true;
    timer_set(&x->progress, PROGRESS_AFTER_MS);
}

/* http://host[:port][/prefix] → host and port. */
static int split_url(struct exchange *x, const char *url)
{
    bool tls = str_istarts(url, "https://");
    if (!tls && !str_istarts(url, "http://"))
        return -1;
    const char *p = url + (tls ? 8 : 7);
    char where[300];
    str_copyn(where, sizeof where, p, strcspn(p, "/"));
    if (addr_split(where, x->host, sizeof x->host, &x->port) < 0) {
        str_copy(x->host, sizeof x->host, where);
        x->port = 0;
    }
    if (!x->port)
        x->port = tls ? 443 : 80;
    return x->host[0] ? 0 : -1;
}

static void find_socket(struct exchange *x)
{
    const char *data = x->c->data ? x->c->data : file_env("VIGIE_DATA");
    if (!data && file_exists("./var/vigie.sock"))
        data = "./var";
    if (!data && file_exists("/var/lib/vigie/vigie.sock"))
        data = "/var/lib/vigie";
    if (data)
        str_print(x->socket, sizeof x->socket, "%s/vigie.sock", data);
    else
        str_copy(x->socket, sizeof x->socket, "/run/vigie/vigie.sock");
}

static void add_header(struct exchange *x, const char *name, const char *value)
{
    x->headers[x->rq.n_headers++] = (struct httpc_header){name, value};
    x->rq.headers = x->headers;
}

static int start(struct exchange *x)
{
    struct cli *c = x->c;
    if (!c->url) {
        find_socket(x);
        x->rq.unix_path = x->socket;
        httpc_start(x->httpc, &x->rq, ended, x);
        return 0;
    }
    if (split_url(x, c->url) < 0) {
        print_line(c, 2, MSG("vigie: “{1}” is not an address of a console; try https://status.example.org"), "s", c->url);
        return -1;
    }
    x->rq.tls.verify = true;
    x->dns = dns_new(x->loop);
    dns_resolve(x->dns, x->host, DNS_ANY, 10000, resolved, x);
    return 0;
}

static void say_failure(struct exchange *x)
{
    struct cli *c = x->c;
    if (!c->url && (x->status == ERR_NOT_FOUND || x->status == ERR_REFUSED || x->status == ERR_UNREACHABLE || x->status == ERR_IO || x->status == ERR_RESET))
        print_line(c, 2, MSG("vigie: no daemon answers at {1}; start it with “vigie serve”, or say where it is with --data"), "s", x->socket);
    else if (!c->url && x->status == ERR_DENIED)
        print_line(c, 2, MSG("vigie: you may not use {1}; are you in the group vigie?"), "s", x->socket);
    else
        print_line(c, 2, MSG("vigie: no answer: {1}"), "m", x->err.text);
}

/* "@FILE": from there, so that it stands neither in a list of processes nor in one of aliases. */
static const char *token_of(struct cli *c)
{
    const char *token = c->token ? c->token : file_env("VIGIE_TOKEN");
    struct buf text = BUF_MAX(4096);
    struct err e = {0};
    if (!token || token[0] != '@')
        return token;
    if (file_read(token + 1, &text, &e))
        print_line(c, 2, MSG("vigie: {1}"), "m", e.text);
    struct str s = str_trim(str_of(buf_text(&text)));
    token = s.n ? arena_dupn(c->arena, s.p, s.n) : NULL;
    buf_done(&text);
    return token;
}

static void make_request(struct exchange *x, const struct op *op, const struct doc *params, struct buf *url, struct buf *body)
{
    struct cli *c = x->c;
    size_t n = c->url ? strlen(c->url) : 0;
    while (n && c->url[n - 1] == '/')
        n--;
    if (c->url)
        buf_add(url, c->url, n);
    else
        buf_str(url, "http://localhost");
    put_path(url, op->path, params);
    const char *mail = mail_of(op, params);
    if (mail || !has_body(op))
        put_query(url, op, params);
    if (mail)
        buf_str(body, mail);
    else if (has_body(op))
        put_body(body, op, params, c->arena);
    x->rq.method = op->method;
    x->rq.url = buf_text(url);
    x->rq.timeout_ms = CLIENT_TIMEOUT_MS;
    x->rq.max_body = CLIENT_MAX_BODY;
    add_header(x, "Accept-Language", c->lang);
    if (has_body(op)) {
        x->rq.body = buf_text(body);
        x->rq.body_bytes = body->len;
        add_header(x, "Content-Type", mail ? "message/rfc822" : "application/json");
    }
    const char *token = token_of(c);
    if (token)
        add_header(x, "Authorization", arena_printf(c->arena, "Bearer %s", token));
}

static bool has_controls(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p < ' ' && *p != '\n') || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
            return true;
    return false;
}

/* What is printed on a terminal must not move its cursor: neither a title of the configuration nor a daemon elsewhere. */
static void clean_texts(struct arena *a, struct doc *d)
{
    if (d->kind == DOC_TEXT && has_controls(d->text)) {
        size_t n = strlen(d->text);
        struct buf b = BUF_MAX(n);
        utf8_clean(&b, d->text, n, UTF8_KEEP_NEWLINES, n);
        d->text = arena_dup(a, buf_text(&b));
        buf_done(&b);
    }
    DOC_EACH(d, kid)
        clean_texts(a, kid);
}

int client_fetch(struct cli *c, const struct op *op, const struct doc *params, struct buf *ret_body)
{
    struct exchange x = {.c = c, .body = BUF_MAX(CLIENT_MAX_BODY)};
    struct buf url = BUF_MAX(65536), body = BUF_MAX(2 << 20);
    x.loop = loop_new("client");
    x.httpc = httpc_new(x.loop);
    x.begun_ms = clock_mono_ms();
    timer_init(&x.progress, x.loop, progress, &x);
    make_request(&x, op, params, &url, &body);
    int r = start(&x);
    if (r == 0) {
        if (file_is_terminal(2) && c->colour)
            timer_set(&x.progress, PROGRESS_AFTER_MS);
        loop_run(x.loop);
        if (x.showed)
            file_print(2, "\r\033[K", 4);
        r = x.status;
    }
    timer_clear(&x.progress);
    if (r < 0 && x.status < 0 && !c->mute)
        say_failure(&x);
    dns_free(x.dns);
    httpc_free(x.httpc);
    loop_free(x.loop);
    buf_done(ret_body);
    *ret_body = x.body;
    buf_done(&url);
    buf_done(&body);
    return r < 0 ? -1 : r;
}

int client_call(struct cli *c, const struct op *op, const struct doc *params, struct doc **ret_reply)
{
    struct buf body = BUF_MAX(CLIENT_MAX_BODY);
    struct err e = {0};
    int r = client_fetch(c, op, params, &body);
    if (r > 0 && json_parse(c->arena, buf_text(&body), body.len, CLIENT_MAX_BODY, ret_reply, &e) < 0) {
        print_line(c, 2, MSG("vigie: no answer: {1}"), "m", e.text);
        r = -1;
    }
    if (r > 0 && *ret_reply)
        clean_texts(c->arena, *ret_reply);
    buf_done(&body);
    return r;
}

/* ---- for verbs that are not operations ---- */

static struct cli run_of(const struct cli_place *p, struct arena *a)
{
    return (struct cli){.lang = p->lang, .data = p->data, .url = p->url, .token = p->token, .mute = p->quiet, .arena = a};
}

int cli_ask(const struct cli_place *p, const char *op, const struct doc *params, struct arena *a, struct doc **ret_reply)
{
    struct cli c = run_of(p, a);
    int status = client_call(&c, op_find(op), params, ret_reply);
    if (status > 0 && status != 200 && !p->quiet)
        print_refusal(&c, *ret_reply);
    return status;
}

int cli_fetch(const struct cli_place *p, const char *op, const struct doc *params, struct buf *ret_body)
{
    struct arena *a = arena_new(0);
    struct cli c = run_of(p, a);
    struct doc *reply = NULL;
    int status = client_fetch(&c, op_find(op), params, ret_body);
    if (status > 0 && status != 200 && json_parse(a, buf_text(ret_body), ret_body->len, CLIENT_MAX_BODY, &reply, NULL) == 0)
        print_refusal(&c, reply);
    arena_free(a);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* op.c: finding, permitting and running operations.  What each does is in ops_*.c; how parameters are read is in
 * op_params.c. */
#include "ops/op.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/panic.h"
#include "ops/ops_conf.h"
#include "ops/ops_priv.h"
#include <string.h>

static const struct op_status {
    int code, status;
} op_statuses[] = {
    {ERR_INVALID, 400},     {ERR_NOT_FOUND, 404}, {ERR_DENIED, 403}, {ERR_CONFLICT, 409}, {ERR_LIMIT, 413}, {ERR_TIMEOUT, 504},
    {ERR_UNSUPPORTED, 405}, {ERR_BUSY, 429},      {ERR_AUTH, 401},   {ERR_FULL, 507},     {ERR_IO, 503},    {ERR_CANCELLED, 503},
};

int op_http_status(int code)
{
    for (size_t i = 0; i < COUNT(op_statuses); i++)
        if (op_statuses[i].code == code)
            return op_statuses[i].status;
    return 500;
}

struct moment house_now(void)
{
    return (struct moment){clock_wall_ms(), clock_boot_ms()};
}

const struct op *op_find(const char *name)
{
    for (size_t i = 0; ops[i]; i++)
        if (str_eq(ops[i]->name, name))
            return ops[i];
    return NULL;
}

/* Compares a route with a path, segment by segment; a "{name}" takes one non-empty segment into params. */
static bool path_fits(const char *route, const char *path, struct arena *a, struct doc *params)
{
    struct str r = str_of(route), p = str_of(path), rs, ps;
    while (str_next(&r, "/", &rs)) {
        if (!str_next(&p, "/", &ps))
            return false;
        if (rs.n > 2 && rs.p[0] == '{') {
            if (!ps.n)
                return false;
            if (params)
                doc_put_text(params, arena_dupn(a, rs.p + 1, rs.n - 2), arena_dupn(a, ps.p, ps.n));
        } else if (rs.n != ps.n || memcmp(rs.p, ps.p, rs.n) != 0) {
            return false;
        }
    }
    return !str_next(&p, "/", &ps);
}

int op_route(const char *method, const char *path, struct arena *a, struct doc *params, const struct op **ret_op,
             char *ret_allow, size_t allow_bytes)
{
    bool seen = false;
    size_t used = 0;
    if (allow_bytes)
        ret_allow[0] = 0;
    for (size_t i = 0; ops[i]; i++) {
        if (!ops[i]->path || !path_fits(ops[i]->path, path, a, NULL))
            continue;
        if (str_eq(ops[i]->method, method)) {
            path_fits(ops[i]->path, path, a, params);
            *ret_op = ops[i];
            return 0;
        }
        if (used + 10 < allow_bytes)
            used += (size_t)str_print(ret_allow + used, allow_bytes - used, "%s%s", seen ? ", " : "", ops[i]->method);
        seen = true;
    }
    return seen ? ERR_UNSUPPORTED : ERR_NOT_FOUND;
}

bool op_in_scope(const char *scope, const struct op *op)
{
    struct str rest = str_of(scope), word;
    if (!scope)
        return true;
    while (str_next(&rest, ",", &word)) {
        word = str_trim(word);
        if (str_is(word, op->name) || str_is(word, "write") || (str_is(word, "read") && !(op->flags & OP_WRITE)))
            return true;
    }
    return false;
}

static bool op_changes(const struct op *op) { return (op->flags & OP_WRITE) || op->role > ROLE_VIEWER || !str_eq(op->method, "GET"); }

int op_demo_refuses(struct err *e) { return err_set(e, ERR_DENIED, MSG("This is a demonstration: look at everything. Nothing can be changed, and nothing leaves this machine."), ""); }

static int op_permit(const struct house *h, const struct op *op, const struct principal *who, struct err *e)
{
    if (h->demo && op_changes(op) && !str_eq(who->via, "demo"))
        return op_demo_refuses(e);
    if (op->flags & OP_PUBLIC)
        return 0;
    if (who->role == ROLE_NONE)
        return err_set(e, ERR_AUTH, MSG("log in first, or send a token: Authorization: Bearer …"), "");
    if ((op->flags & OP_LOCAL) && !str_eq(who->via, "cli"))
        return err_set(e, ERR_DENIED, MSG("{1} works only from the machine itself"), "s", op->name);
    if (who->role < op->role)
        return err_set(e, ERR_DENIED, MSG("{1} needs the role {2}; {3} has {4}"), "ssss", op->name, role_word(op->role),
                       who->name ? who->name : "?", role_word(who->role));
    if (!op_in_scope(who->scope, op))
        return err_set(e, ERR_DENIED, MSG("this token may not do {1}; its scope is {2}"), "ss", op->name, who->scope);
    return 0;
}

/* While the store fails nothing a person says could be kept: say so at once. */
static int can_keep(struct house *h, struct err *e)
{
    struct store_health health = {0};
    if (h->store)
        store_get_health(h->store, &health);
    if (health.failing)
        *e = health.why;
    return health.failing ? (health.why.code < 0 ? health.why.code : ERR_IO) : 0;
}

static void call_link(struct house *h, struct op_call *c)
{
    c->next = h->calls;
    c->at = &h->calls;
    if (c->next)
        c->next->at = &c->next;
    h->calls = c;
}

static void call_unlink(struct op_call *c)
{
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
}

static void call_free(struct op_call *c)
{
    timer_clear(&c->slice);
    buf_done(c->text);
    arena_free(c->arena);
}

static void unheard(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
}

void op_hush(struct house *h)
{
    for (struct op_call *c = h->calls; c; c = c->next)
        c->done = unheard;
}

void op_forget(struct house *h)
{
    while (h->calls) {
        struct op_call *c = h->calls;
        call_unlink(c);
        call_free(c);
    }
}

static void op_finish(struct op_call *c, int status, const struct doc *reply)
{
    op_done *done = c->done;
    ASSERT(done);
    c->done = NULL;
    call_unlink(c);
    done(c->arg, status, reply, c);
    call_free(c);
}

void op_run(struct house *h, const struct op *op, const struct doc *raw_params, const struct principal *who,
            const char *lang, const char *address, op_done *done, void *arg)
{
    struct arena *a = arena_new(2048);
    struct op_call *c = ARENA_NEW(a, struct op_call);
    struct err e = {0};
    c->op = op;
    c->house = h;
    c->arena = a;
    c->text = ARENA_NEW(a, struct buf);
    c->who = *who;
    c->who.name = arena_dup(a, who->name);
    c->who.via = arena_dup(a, who->via ? who->via : "api");
    c->who.scope = arena_dup(a, who->scope);
    c->lang = arena_dup(a, lang ? lang : "en");
    c->address = arena_dup(a, address ? address : "");
    c->now = house_now();
    c->done = done;
    c->arg = arg;
    call_link(h, c);
    int r = op_permit(h, op, &c->who, &e);
    if (r == 0)
        r = op_params_check(op, raw_params, a, c->now.wall_ms, h->zone, &c->params, &e);
    if (r == 0 && (op->flags & OP_WRITE))
        r = can_keep(h, &e);
    if (r < 0)
        op_error(c, r, &e);
    else
        op->run(c);
}

void op_answer_error(struct op_call *c, int status, struct doc *reply)
{
    op_finish(c, status, reply);
}

void op_reply(struct op_call *c, struct doc *reply)
{
    op_finish(c, 200, reply ? reply : doc_object(c->arena));
}

void op_raw(struct op_call *c, const char *type, const char *p, size_t n)
{
    c->raw = p;
    c->raw_type = type;
    c->raw_bytes = n;
    op_finish(c, 200, NULL);
}

void op_error(struct op_call *c, int code, const struct err *e)
{
    struct doc *d = doc_object(c->arena);
    struct doc *o = doc_put_object(d, "error");
    doc_put_text(o, "code", err_name(code));
    if (e && e->text[0])
        doc_put_msg(o, "message", e->text);
    else
        doc_put_text(o, "message", err_name(code));
    doc_put_text(o, "field", e && e->field[0] ? e->field : NULL);
    op_finish(c, op_http_status(code), d);
}

void op_fail(struct op_call *c, int code, const char *field, const char *msgid, const char *types, ...)
{
    struct err e = {.code = code};
    struct buf b = BUF_MAX(sizeof e.text - 1);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    str_copy(e.text, sizeof e.text, buf_text(&b));
    buf_done(&b);
    if (field)
        str_copy(e.field, sizeof e.field, field);
    op_error(c, code, &e);
}

struct durable {
    struct op_call *call;
    struct doc *reply;
};

static void durable_done(void *arg, int code, const struct err *e)
{
    struct durable *d = arg;
    if (code == 0) {
        op_reply(d->call, d->reply);
        return;
    }
    /* What is not kept must not count either: an acknowledgement that was refused must not silence anybody. */
    if (d->call->undo)
        d->call->undo(d->call);
    op_error(d->call, code, e);
}

void op_reply_durable(struct op_call *c, struct doc *reply, const char *action, const char *target, const char *detail)
{
    struct durable *d = ARENA_NEW(c->arena, struct durable);
    d->call = c;
    d->reply = reply;
    if (!c->house->recorder) {
        op_reply(c, reply);
        return;
    }
    recorder_audit(c->house->recorder, c->now.wall_ms, c->who.name ? c->who.name : "?", c->who.via, action, target, detail);
    recorder_flush(c->house->recorder, durable_done, d);
}

/* The nearest name for "did you mean"; hosts only, or the checks of a host. */
static const char *near_host(struct model *m, const char *name)
{
    const char *best = NULL;
    int least = 3;
    for (size_t i = 0; i < model_hosts(m) && i < 5000; i++) {
        const char *candidate = model_host_at(m, i)->name;
        int d = str_distance(name, candidate, least);
        if (d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

/* The parameter that named it: the one for targets, else the path's {check} or {host}. */
static const char *target_field(const struct op *op, bool host)
{
    const char *name = "host";
    for (const struct op_param *p = op->params; p && p->name; p++) {
        if (p->type == OP_TARGET || p->type == OP_TARGETS)
            return p->name;
        if (!host && str_eq(p->name, "check"))
            name = "check";
    }
    return name;
}

struct item *op_target(struct op_call *c, const char *target)
{
    const char *slash = strchr(target, '/');
    char *host = arena_dupn(c->arena, target, slash ? (size_t)(slash - target) : strlen(target));
    struct host *h = model_find_host(c->house->model, host);
    if (!h) {
        const char *near = near_host(c->house->model, host);
        if (near)
            op_fail(c, ERR_NOT_FOUND, target_field(c->op, true), MSG("there is no host {1}; did you mean {2}?"), "ss", host, near);
        else
            op_fail(c, ERR_NOT_FOUND, target_field(c->op, true), MSG("there is no host {1}"), "s", host);
        return NULL;
    }
    struct item *it = slash ? model_find(c->house->model, host, slash + 1) : &h->self;
    if (it)
        return it;
    struct buf names = BUF_MAX(400);
    for (size_t i = 0; i < h->checks.n; i++) {
        buf_str(&names, i ? ", " : "");
        buf_str(&names, item_check_name(h->checks.at[i]));
    }
    if (names.len)
        op_fail(c, ERR_NOT_FOUND, target_field(c->op, false), MSG("{1} has no check {2}; it has {3}"), "sss", host, slash + 1, buf_text(&names));
    else
        op_fail(c, ERR_NOT_FOUND, target_field(c->op, false), MSG("{1} has no checks"), "s", host);
    buf_done(&names);
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_federation.c: who follows the page from the fediverse, by server; taking people off, and keeping them away. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

struct listed {
    struct op_call *call;
    struct doc *reply, *list, *one; /* one: the server that rows are of */
    int64_t followers, servers, failing;
};

static bool has_federation(struct op_call *c)
{
    if (c->house->federation)
        return true;
    op_fail(c, ERR_UNSUPPORTED, NULL, MSG("nobody can follow this page"), "");
    return false;
}

/* ---- who follows ---- */

/* Rows come by server, then by whom they follow. */
static void list_row(void *arg, const struct federation_row *r)
{
    struct listed *l = arg;
    if (!l->one || !str_eq(doc_text(l->one, "host", ""), r->host)) {
        l->one = doc_push_object(l->list);
        l->servers++;
        doc_put_text(l->one, "host", r->host);
        doc_put_int(l->one, "followers", 0);
        doc_put_time(l->one, "since", r->since_ms);
        doc_put_time(l->one, "failing", 0);
        doc_put_text(l->one, "error", NULL);
        doc_put_list(l->one, "follow");
    }
    doc_put_int(l->one, "followers", doc_int(l->one, "followers", 0) + r->followers);
    if (r->since_ms < doc_int(l->one, "since", 0))
        doc_put_time(l->one, "since", r->since_ms);
    if (r->failing_ms && !doc_int(l->one, "failing", 0)) {
        doc_put_time(l->one, "failing", r->failing_ms);
        doc_put_text(l->one, "error", r->error);
        l->failing++;
    }
    const char *colon = strchr(r->target, ':');
    doc_push_text(doc_get(l->one, "follow"), colon ? colon + 1 : r->target);
    l->followers += r->followers;
}

static void list_block(void *arg, const char *who, int64_t at_ms, const char *by)
{
    struct doc *o = doc_push_object(arg);
    doc_put_text(o, "who", who);
    doc_put_time(o, "since", at_ms);
    doc_put_text(o, "by", by);
}

static void list_end(void *arg, int code, int64_t n, const struct err *e)
{
    struct listed *l = arg;
    struct op_call *c = l->call;
    (void)n;
    if (code) {
        op_error(c, code, e);
        return;
    }
    doc_put_int(l->reply, "count", l->followers);
    doc_put_int(l->reply, "servers_count", l->servers);
    doc_put_int(l->reply, "failing", l->failing);
    federation_list_blocks(c->house->federation, list_block, doc_put_list(l->reply, "blocked"));
    op_reply(c, l->reply);
}

static void host_row(void *arg, const char *actor, const char *target, int64_t since_ms)
{
    struct listed *l = arg;
    struct doc *o = doc_push_object(l->list);
    const char *colon = strchr(target, ':');
    doc_put_text(o, "actor", actor);
    doc_put_text(o, "follows", colon ? colon + 1 : target);
    doc_put_time(o, "since", since_ms);
}

static void host_end(void *arg, int code, int64_t n, const struct err *e)
{
    struct listed *l = arg;
    if (code) {
        op_error(l->call, code, e);
        return;
    }
    doc_put_int(l->reply, "count", n);
    op_reply(l->call, l->reply);
}

static void run_followers(struct op_call *c)
{
    const char *host = doc_text(c->params, "host", NULL);
    if (!has_federation(c))
        return;
    struct listed *l = ARENA_NEW(c->arena, struct listed);
    *l = (struct listed){.call = c, .reply = doc_object(c->arena)};
    l->list = doc_put_list(l->reply, host ? "followers" : "servers");
    if (host)
        federation_list_host(c->house->federation, host, host_row, host_end, l);
    else
        federation_list(c->house->federation, list_row, list_end, l);
}

/* ---- taking people off ---- */

static void done(void *arg, int code, int64_t n, const struct err *e)
{
    struct op_call *c = arg;
    if (code) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_text(o, "who", doc_text(c->params, "who", ""));
    doc_put_int(o, "removed", n);
    op_reply_durable(c, o, c->op->name, doc_text(c->params, "who", ""), NULL);
}

static void run_remove(struct op_call *c)
{
    if (has_federation(c))
        federation_remove(c->house->federation, doc_text(c->params, "who", ""), done, c);
}

static void run_block(struct op_call *c)
{
    if (has_federation(c))
        federation_block(c->house->federation, doc_text(c->params, "who", ""), c->who.name, done, c);
}

static void unblocked(void *arg, int code, int64_t n, const struct err *e)
{
    done(arg, code, code ? n : 0, e);
}

static void run_unblock(struct op_call *c)
{
    if (has_federation(c))
        federation_unblock(c->house->federation, doc_text(c->params, "who", ""), unblocked, c);
}

static const struct op_param list_params[] = {{"host", OP_TEXT, 0, 0, NULL, MSG("the accounts of this server, one by one"), NULL}, {0}};
static const struct op_param who_params[] = {{"who", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("a server, or the address of an account"), NULL}, {0}};

const struct op op_followers = {
    "followers", "GET", "/api/v1/announce/followers", "followers list", ROLE_ADMIN, OP_FAMILY, MSG("list who follows the page from the fediverse, by server"), NULL, "followers list", list_params, run_followers};
const struct op op_follower_remove = {
    "follower-remove", "POST", "/api/v1/announce/followers/remove", "followers remove", ROLE_ADMIN, OP_WRITE, MSG("take an account, or all of a server, off"),
    MSG("Its server is told; it may follow again."), "followers remove https://social.example.net/users/reader", who_params, run_remove};
const struct op op_follower_block = {
    "follower-block", "POST", "/api/v1/announce/followers/block", "followers block", ROLE_ADMIN, OP_WRITE, MSG("take an account, or all of a server, off, and keep it away"), NULL, "followers block social.example.net", who_params, run_block};
const struct op op_follower_unblock = {
    "follower-unblock", "POST", "/api/v1/announce/followers/unblock", "followers unblock", ROLE_ADMIN, OP_WRITE, MSG("let an account, or a server, follow again"), NULL, "followers unblock social.example.net", who_params, run_unblock};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_users.c: people who log in, and the set-up link that makes the first of them. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

static const char *const role_words[] = {"viewer", "operator", "admin", NULL};

static void user_done(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code < 0)
        op_error(c, code, e);
    else
        op_reply_durable(c, doc_object(c->arena), c->op->name, doc_text(c->params, "name", ""), doc_text(c->params, "role", NULL));
}

static void run_add(struct op_call *c)
{
    auth_user_add(c->house->auth, doc_text(c->params, "name", ""), doc_text(c->params, "password", ""),
                  (enum role)role_from_word(doc_text(c->params, "role", "viewer")), c->now.wall_ms, user_done, c);
}

static void run_set(struct op_call *c)
{
    const char *role = doc_text(c->params, "role", NULL), *password = doc_text(c->params, "password", NULL);
    if (!role && !password)
        op_fail(c, ERR_INVALID, "role", MSG("nothing to change: give --role or --password"), "");
    else
        auth_user_set(c->house->auth, doc_text(c->params, "name", ""), password, role ? role_from_word(role) : -1, c->now.wall_ms, user_done, c);
}

static void run_remove(struct op_call *c)
{
    auth_user_remove(c->house->auth, doc_text(c->params, "name", ""), user_done, c);
}

static void run_list(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    auth_users(c->house->auth, doc_put_list(o, "users"));
    op_reply(c, o);
}

struct linking {
    struct op_call *call;
    char secret[65];
};

static void link_done(void *arg, int code)
{
    struct linking *l = arg;
    if (code < 0) {
        op_fail(l->call, code, NULL, MSG("the set-up link could not be stored"), "");
        return;
    }
    struct op_call *c = l->call;
    struct doc *o = doc_object(c->arena);
    const struct conf *conf = model_conf(c->house->model);
    const char *base = conf && conf->site.url ? conf->site.url : c->house->address;
    size_t n = str_of(base).n;
    doc_put_text(o, "url", arena_printf(c->arena, "%.*s/setup/%s", (int)(n && base[n - 1] == '/' ? n - 1 : n), base, l->secret));
    doc_put_time(o, "expires", c->now.wall_ms + 3600 * 1000);
    op_reply_durable(c, o, "setup-link", "", NULL);
}

static void run_link(struct op_call *c)
{
    struct linking *l = ARENA_NEW(c->arena, struct linking);
    l->call = c;
    auth_setup_new(c->house->auth, c->now.wall_ms, l->secret, link_done, l);
}

#define NAME {"name", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("log-in name"), NULL}
#define ROLE {"role", OP_WORD, 0, 'r', role_words, MSG("viewer sees, operator acknowledges and plans, admin configures"), NULL}
static const struct op_param add_params[] = {
    NAME, {"password", OP_SECRET, OP_REQUIRED | OP_ASK, 0, NULL, MSG("at least 10 characters; asked for when missing"), NULL}, ROLE, {0}};
static const struct op_param set_params[] = {{"name", OP_TEXT, OP_REQUIRED | OP_WORDS | OP_IN_PATH, 0, NULL, MSG("log-in name"), NULL},
                                             {"password", OP_SECRET, 0, 0, NULL, MSG("the new password, at least 10 characters"), NULL}, ROLE, {0}};
static const struct op_param name_params[] = {{"name", OP_TEXT, OP_REQUIRED | OP_WORDS | OP_IN_PATH, 0, NULL, MSG("log-in name"), NULL}, {0}};
static const struct op_param none[] = {{0}};

const struct op op_user_add = {
    "user-add", "POST", "/api/v1/users", "user add", ROLE_ADMIN, OP_WRITE, MSG("add somebody who may log in"), NULL, "user add camille --role operator", add_params, run_add};
const struct op op_user_set = {
    "user-set", "PUT", "/api/v1/users/{name}", "user set", ROLE_ADMIN, OP_WRITE, MSG("change a role or password"), NULL, "user set camille --role admin", set_params, run_set};
const struct op op_user_remove = {
    "user-remove", "DELETE", "/api/v1/users/{name}", "user remove", ROLE_ADMIN, OP_WRITE, MSG("remove somebody; open sessions end"), NULL, "user remove camille", name_params, run_remove};
const struct op op_user_list = {
    "user-list", "GET", "/api/v1/users", "user list", ROLE_ADMIN, 0, MSG("list who may log in"), NULL, "user list", none, run_list};
const struct op op_setup_link = {
    "setup-link", "POST", "/api/v1/setup-link", "user setup-link", ROLE_ADMIN, OP_WRITE | OP_LOCAL, MSG("make a one-time link, good for an hour, that creates an admin"), NULL,
    "user setup-link", none, run_link};

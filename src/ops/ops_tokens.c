/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_tokens.c: API tokens for programs. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

static const char *const role_words[] = {"viewer", "operator", "admin", NULL};

static void added(void *arg, int code, const char *token, const struct err *e)
{
    struct op_call *c = arg;
    if (code < 0) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_text(o, "token", token);
    op_reply_durable(c, o, "token-add", doc_text(c->params, "name", ""), doc_text(c->params, "scope", NULL));
}

/* "read, ack": people put blanks after commas. Where none is asked for, that of the token that asks: no scope at all would be
 * wider than any. */
static const char *scope_of(struct op_call *c)
{
    char *scope = arena_dup(c->arena, doc_text(c->params, "scope", c->who.scope)), *to = scope;
    for (const char *p = scope; p && *p; p++)
        if (*p != ' ')
            *to++ = *p;
    if (scope)
        *to = 0;
    return scope;
}

static bool has_word(const char *list, struct str want)
{
    struct str rest = str_of(list), word;
    while (str_next(&rest, ",", &word)) {
        word = str_trim(word);
        if (word.n == want.n && memcmp(word.p, want.p, want.n) == 0)
            return true;
    }
    return false;
}

/* One word of a scope: it stands in the own one, too, or names an operation that the own one holds. */
static bool word_within(struct str word, const char *own)
{
    char name[64];
    if (!word.n || has_word(own, word) || has_word(own, str_of("write")))
        return true;
    const struct op *op = str_copyn(name, sizeof name, word.p, word.n) ? op_find(name) : NULL;
    return op && op_in_scope(own, op);
}

/* A token makes none that may do more than itself. */
static bool scope_within(const char *scope, const char *own)
{
    struct str rest = str_of(scope), word;
    if (!own)
        return true;
    while (str_next(&rest, ",", &word))
        if (!word_within(word, own))
            return false;
    return true;
}

static void run_add(struct op_call *c)
{
    int64_t expires = doc_int(c->params, "expires", 0);
    if (expires && expires <= c->now.wall_ms) {
        op_fail(c, ERR_INVALID, "expires", MSG("{1} lies in the past"), "s", "expires");
        return;
    }
    if (!scope_within(scope_of(c), c->who.scope)) {
        op_fail(c, ERR_DENIED, "scope", MSG("this token's own scope is {1}; it makes no token that may do more"), "s", c->who.scope);
        return;
    }
    auth_token_add(c->house->auth, doc_text(c->params, "name", ""), (enum role)role_from_word(doc_text(c->params, "role", "viewer")),
                   scope_of(c), expires, c->now.wall_ms, added, c);
}

static void removed(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code < 0)
        op_error(c, code, e);
    else
        op_reply_durable(c, doc_object(c->arena), "token-remove", doc_text(c->params, "name", ""), NULL);
}

static void run_remove(struct op_call *c)
{
    auth_token_remove(c->house->auth, doc_text(c->params, "name", ""), removed, c);
}

static void run_list(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    auth_tokens(c->house->auth, doc_put_list(o, "tokens"));
    op_reply(c, o);
}

static const struct op_param add_params[] = {
    {"name", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("what it is for"), NULL},
    {"role", OP_WORD, 0, 'r', role_words, MSG("viewer sees, operator acknowledges and plans, admin configures"), "viewer"},
    {"scope", OP_TEXT, 0, 0, NULL, MSG("only these operations, with commas: read, result, ack"), NULL},
    {"expires", OP_TIME, 0, 'e', NULL, MSG("when it ends: +90d, 2027-01-01"), NULL},
    {0}};
static const struct op_param name_params[] = {{"name", OP_TEXT, OP_REQUIRED | OP_WORDS | OP_IN_PATH, 0, NULL, MSG("name of the token"), NULL}, {0}};
static const struct op_param none[] = {{0}};

const struct op op_token_add = {
    "token-add", "POST", "/api/v1/tokens", "token add", ROLE_ADMIN, OP_WRITE, MSG("make a token for a program; it is shown once"), NULL,
    "token add backup --role operator --scope result", add_params, run_add};
const struct op op_token_remove = {
    "token-remove", "DELETE", "/api/v1/tokens/{name}", "token remove", ROLE_ADMIN, OP_WRITE, MSG("withdraw a token"), NULL, "token remove backup", name_params, run_remove};
const struct op op_token_list = {
    "token-list", "GET", "/api/v1/tokens", "token list", ROLE_ADMIN, 0, MSG("list the tokens"), NULL, "token list", none, run_list};

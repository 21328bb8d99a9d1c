/* SPDX-License-Identifier: GPL-3.0-or-later */
/* token.c: API tokens: "vgt_" and 256 bits, shown once, stored hashed; with a role, a scope and an end. */
#include "auth/auth_int.h"
#include "base/hash.h"
#include "base/str.h"
#include <stdlib.h>

#define USED_EVERY_MS INT64_C(600000)

static const struct store_stmt tokens_all = {
    "tokens_all", "SELECT name, hash, role, scope, created_ms, expires_ms, used_ms FROM token ORDER BY name LIMIT ?1"};
static const struct store_stmt token_insert = {
    "token_insert",
    "INSERT INTO token (name, hash, role, scope, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
static const struct store_stmt token_delete = {"token_delete", "DELETE FROM token WHERE name = ?1"};
static const struct store_stmt token_used = {"token_used", "UPDATE token SET used_ms = ?2 WHERE name = ?1"};

static struct token *token_put(struct auth *a, const char *name, const char *hash, enum role role, const char *scope)
{
    struct token *t = NEW(struct token);
    str_print(t->label, sizeof(t->label), "token:%s", name);
    str_copy(t->hash, sizeof(t->hash), hash);
    t->role = role;
    t->has_scope = scope != NULL;
    str_copy(t->scope, sizeof(t->scope), scope ? scope : "");
    map_set(&a->tokens, token_name(t), t);
    map_set(&a->tokens_by_hash, t->hash, t);
    return t;
}

int tokens_load(struct auth *a, struct err *e)
{
    struct store_rows r = {0};
    int code = store_read_now(a->store, &tokens_all, &STORE_I(AUTH_MAX_TOKENS), 1, AUTH_MAX_TOKENS, &r, e);
    for (int i = 0; code == 0 && i < r.n_rows; i++) {
        int role = role_from_word(store_cell_text(&r, i, 2));
        struct token *t = token_put(a, store_cell_text(&r, i, 0), store_cell_text(&r, i, 1),
                                    role < 0 ? ROLE_NONE : (enum role)role, store_cell_text(&r, i, 3));
        t->created_ms = store_cell_int(&r, i, 4);
        t->expires_ms = store_cell_int(&r, i, 5);
        t->used_ms = t->written_ms = store_cell_int(&r, i, 6);
    }
    store_rows_done(&r);
    return code;
}

/* ---- add ---- */

static bool scope_fits(const char *scope)
{
    size_t n = scope ? strlen(scope) : 0;
    if (n > AUTH_MAX_SCOPE)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((scope[i] >= 'a' && scope[i] <= 'z') || (scope[i] >= '0' && scope[i] <= '9') ||
              strchr(",._-", scope[i])))
            return false;
    return scope == NULL || n > 0;
}

static int add_judge(struct auth_job *job, const char *name, const char *scope)
{
    struct err *e = &job->err;
    int code = auth_name_judge(name, e);
    if (code)
        return code;
    if (job->role <= ROLE_NONE || job->role > ROLE_ADMIN)
        return err_field(e, ERR_INVALID, "role", MSG("The role is viewer, operator or admin."), "");
    if (!scope_fits(scope))
        return err_field(e, ERR_INVALID, "scope",
                         MSG("A scope is read, write, or names of operations with commas between."), "");
    if (job->expires_ms && job->expires_ms <= job->now_ms)
        return err_field(e, ERR_INVALID, "expires", MSG("The token would have expired already."), "");
    if (map_find(&job->auth->tokens, name))
        return err_field(e, ERR_CONFLICT, "name", MSG("There is already a token named {1}."), "s", name);
    if (job->auth->tokens.n >= AUTH_MAX_TOKENS)
        return err_set(e, ERR_LIMIT, MSG("There are already {1} tokens."), "i", (int64_t)AUTH_MAX_TOKENS);
    return 0;
}

static void add_stored(struct auth_job *job)
{
    struct token *t = token_put(job->auth, job->name, job->secret_hash, (enum role)job->role, job->scope);
    t->created_ms = job->now_ms;
    t->expires_ms = job->expires_ms;
}

static void secret_make(struct auth_job *job)
{
    unsigned char bytes[AUTH_SECRET_BYTES];
    entropy_bytes(bytes, sizeof(bytes));
    str_copy(job->secret, sizeof(job->secret), "vgt_");
    hash_base64(bytes, sizeof(bytes), job->secret + 4, sizeof(job->secret) - 4, 1);
    secret_wipe(bytes, sizeof(bytes));
    secret_hash(job->secret, job->secret_hash);
}

void auth_token_add(struct auth *a, const char *name, enum role role, const char *scope, int64_t expires_ms,
                    int64_t now_ms, auth_token_fn *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    job->on_token = fn;
    job->arg = arg;
    job->role = (int)role;
    job->expires_ms = expires_ms;
    int code = add_judge(job, name, scope);
    if (code) {
        auth_job_end(job, code);
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    job->scope = mem_dup(scope);
    secret_make(job);
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(name),  STORE_T(job->secret_hash), STORE_T(role_word(role)),
                              STORE_T(scope), STORE_I(now_ms),           STORE_I(expires_ms)};
    store_batch_add(b, &token_insert, v, COUNT(v));
    auth_job_write(job, b, add_stored);
}

/* ---- remove ---- */

static void remove_stored(struct auth_job *job)
{
    struct token *t = map_remove(&job->auth->tokens, job->name);
    if (!t)
        return;
    map_remove(&job->auth->tokens_by_hash, t->hash);
    auth_retire(job->auth, &t->retired, job->now_ms);
}

void auth_token_remove(struct auth *a, const char *name, auth_done *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, clock_wall_ms());
    job->on_done = fn;
    job->arg = arg;
    if (!name || !map_find(&a->tokens, name)) {
        auth_job_end(job, err_field(&job->err, ERR_NOT_FOUND, "name", MSG("There is no token named {1}."), "s",
                                    name ? name : ""));
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    struct store_batch *b = store_batch_new();
    struct store_value which = STORE_T(name);
    store_batch_add(b, &token_delete, &which, 1);
    auth_job_write(job, b, remove_stored);
}

/* ---- use ---- */

static void token_touch(struct auth *a, struct token *t, int64_t now_ms)
{
    t->used_ms = now_ms;
    if (now_ms - t->written_ms < USED_EVERY_MS)
        return;
    t->written_ms = now_ms;
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(token_name(t)), STORE_I(now_ms)};
    store_batch_add(b, &token_used, v, COUNT(v));
    store_write(a->store, b, NULL, NULL);
}

int auth_bearer(struct auth *a, const char *token, int64_t now_ms, struct principal *ret)
{
    char hash[AUTH_HASH_HEX];
    if (!str_starts(token, "vgt_") || strlen(token) > AUTH_TOKEN_BYTES)
        return ERR_AUTH;
    secret_hash(token, hash);
    struct token *t = map_find(&a->tokens_by_hash, hash);
    if (!t || (t->expires_ms && now_ms >= t->expires_ms))
        return ERR_AUTH;
    token_touch(a, t, now_ms);
    *ret = (struct principal){.name = t->label, .via = "api", .role = t->role, .scope = t->has_scope ? t->scope : NULL};
    return 0;
}

/* ---- list ---- */

static int by_name(const void *a, const void *b)
{
    return str_natural((*(const struct token *const *)a)->label, (*(const struct token *const *)b)->label);
}

void auth_tokens(const struct auth *a, struct doc *list)
{
    VEC(const struct token *) tokens = {0};
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->tokens, &i, &key, &value))
        VEC_PUSH(&tokens, value);
    if (tokens.n)
        qsort(tokens.at, tokens.n, sizeof(*tokens.at), by_name);
    for (i = 0; i < tokens.n; i++) {
        const struct token *t = tokens.at[i];
        struct doc *o = doc_push_object(list);
        doc_put_text(o, "name", token_name(t));
        doc_put_text(o, "role", role_word(t->role));
        doc_put_text(o, "scope", t->has_scope ? t->scope : NULL);
        doc_put_time(o, "created", t->created_ms);
        doc_put_time(o, "expires", t->expires_ms);
        doc_put_time(o, "last_used", t->used_ms);
    }
    VEC_DONE(&tokens);
}

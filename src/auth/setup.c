/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setup.c: the set-up link: whoever holds it within an hour makes the first admin.  Once. */
#include "auth/auth_int.h"
#include "base/str.h"

#define SETUP_MS INT64_C(3600000)

static const struct store_stmt setup_get = {"setup_get", "SELECT hash, expires_ms FROM setup_link WHERE place = 1"};
static const struct store_stmt setup_put = {
    "setup_put", "INSERT INTO setup_link (place, hash, expires_ms) VALUES (1, ?1, ?2)"
                 " ON CONFLICT (place) DO UPDATE SET hash = excluded.hash, expires_ms = excluded.expires_ms"};
static const struct store_stmt setup_take = {
    "setup_take", "DELETE FROM setup_link WHERE place = 1 AND hash = ?1 AND expires_ms > ?2"};

int setup_load(struct auth *a, struct err *e)
{
    struct store_rows r = {0};
    int code = store_read_now(a->store, &setup_get, NULL, 0, 1, &r, e);
    if (code == 0 && r.n_rows == 1) {
        str_copy(a->setup.hash, sizeof(a->setup.hash), store_cell_text(&r, 0, 0));
        a->setup.expires_ms = store_cell_int(&r, 0, 1);
    }
    store_rows_done(&r);
    return code;
}

static void new_stored(struct auth_job *job)
{
    str_copy(job->auth->setup.hash, sizeof(job->auth->setup.hash), job->secret_hash);
    job->auth->setup.expires_ms = job->expires_ms;
}

void auth_setup_new(struct auth *a, int64_t now_ms, char out[65], void (*fn)(void *arg, int code), void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    job->on_code = fn;
    job->arg = arg;
    job->expires_ms = now_ms + SETUP_MS;
    auth_secret_new(out);
    secret_hash(out, job->secret_hash);
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(job->secret_hash), STORE_I(job->expires_ms)};
    store_batch_add(b, &setup_put, v, COUNT(v));
    auth_job_write(job, b, new_stored);
}

bool auth_setup_valid(const struct auth *a, const char *secret, int64_t now_ms)
{
    char hash[AUTH_HASH_HEX];
    if (!secret || strlen(secret) != AUTH_HASH_HEX - 1 || !a->setup.hash[0] || now_ms >= a->setup.expires_ms)
        return false;
    secret_hash(secret, hash);
    return secret_equal(hash, a->setup.hash);
}

static int link_void(struct err *e)
{
    return err_set(e, ERR_AUTH,
                   MSG("This link has been used, or is over an hour old. A new one is made by: vigie user setup-link"), "");
}

static void use_stored(struct auth_job *job)
{
    struct auth *a = job->auth;
    struct user *u = user_put(a, job->name, job->hash, ROLE_ADMIN, job->lang, job->now_ms, job->now_ms);
    a->setup.hash[0] = '\0';
    session_adopt(job, u);
}

static void use_hashed(struct auth_job *job)
{
    if (!auth_setup_valid(job->auth, job->secret, job->now_ms)) { /* used by another request meanwhile */
        auth_job_end(job, link_void(&job->err));
        return;
    }
    struct store_batch *b = store_batch_new();
    char hash[AUTH_HASH_HEX];
    secret_hash(job->secret, hash);
    struct store_value v[] = {STORE_T(hash), STORE_I(job->now_ms)};
    store_batch_require(b, &setup_take, v, COUNT(v));
    user_batch_add(b, job);
    session_prepare(job, b);
    auth_job_write(job, b, use_stored);
}

static int use_judge(struct auth_job *job, const char *secret, const char *name, const char *password)
{
    if (!auth_setup_valid(job->auth, secret, job->now_ms))
        return link_void(&job->err);
    int code = auth_name_judge(name, &job->err);
    if (code == 0)
        code = password_judge(password, &job->err);
    if (code == 0 && map_find(&job->auth->users, name))
        code = err_field(&job->err, ERR_CONFLICT, "name", MSG("There is already a user named {1}."), "s", name);
    return code;
}

void auth_setup_use(struct auth *a, const char *secret, const char *name, const char *password, const char *lang,
                    int64_t now_ms, auth_session_fn *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    job->on_session = fn;
    job->arg = arg;
    job->role = ROLE_ADMIN;
    int code = use_judge(job, secret, name, password);
    if (code) {
        auth_job_end(job, code);
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    str_copy(job->secret, sizeof(job->secret), secret);
    str_copy(job->lang, sizeof(job->lang), lang ? lang : "");
    job->password = mem_dup(password);
    auth_job_hash(job, false, use_hashed);
}

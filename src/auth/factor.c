/* SPDX-License-Identifier: GPL-3.0-or-later */
/* factor.c: the second factor of a user: begun, confirmed with a code, used, ended.  A code counts once, whatever
 * stops in between: its step is written in the transaction of what it allows.  Recovery codes are kept as hashes; the
 * secret itself is needed to judge, and lies in the database, which is the daemon's alone. */
#include "auth/auth_int.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"

enum { BEGUN_MS = 900000 };

static const struct store_stmt factors_all = {"factors_all", "SELECT account, secret, since_ms, step FROM second_factor LIMIT ?1"};
static const struct store_stmt recovery_all = {"recovery_all", "SELECT account, hash FROM recovery_code LIMIT ?1"};
static const struct store_stmt factor_put = {"factor_put", "INSERT INTO second_factor (account, secret, since_ms, step) VALUES (?1, ?2, ?3, ?4)"};
static const struct store_stmt factor_step = {"factor_step", "UPDATE second_factor SET step = ?2 WHERE account = ?1 AND step < ?2"};
static const struct store_stmt factor_delete = {"factor_delete", "DELETE FROM second_factor WHERE account = ?1"};
static const struct store_stmt recovery_put = {"recovery_put", "INSERT INTO recovery_code (account, hash) VALUES (?1, ?2)"};
static const struct store_stmt recovery_use = {"recovery_use", "DELETE FROM recovery_code WHERE account = ?1 AND hash = ?2"};
static const struct store_stmt recovery_clear = {"recovery_clear", "DELETE FROM recovery_code WHERE account = ?1"};

int factors_load(struct auth *a, struct err *e)
{
    struct store_rows r = {0};
    int code = store_read_now(a->store, &factors_all, &STORE_I(AUTH_MAX_USERS), 1, AUTH_MAX_USERS, &r, e);
    for (int i = 0; code == 0 && i < r.n_rows; i++) {
        struct user *u = map_find(&a->users, store_cell_text(&r, i, 0));
        if (!u || hash_unhex(store_cell_text(&r, i, 1), u->factor.secret, TOTP_SECRET_BYTES) != 0)
            continue;
        u->factor.on = true;
        u->factor.since_ms = store_cell_int(&r, i, 2);
        u->factor.step = store_cell_int(&r, i, 3);
    }
    store_rows_done(&r);
    if (code == 0)
        code = store_read_now(a->store, &recovery_all, &STORE_I(AUTH_MAX_USERS * AUTH_RECOVERY_CODES), 1, AUTH_MAX_USERS * AUTH_RECOVERY_CODES, &r, e);
    for (int i = 0; code == 0 && i < r.n_rows; i++) {
        struct user *u = map_find(&a->users, store_cell_text(&r, i, 0));
        if (u && u->factor.n_recovery < AUTH_RECOVERY_CODES)
            str_copy(u->factor.recovery[u->factor.n_recovery++], AUTH_HASH_HEX, store_cell_text(&r, i, 1));
    }
    store_rows_done(&r);
    return code;
}

/* Providers of OpenID ask for theirs themselves. */
static bool can(const struct user *u) { return u->origin != ORIGIN_OIDC; }

static bool is_required(const struct auth *a)
{
    const struct conf *c = auth_conf(a);
    return c && c->login.second_factor == CONF_FACTOR_REQUIRED;
}

bool factor_wanted(const struct auth *a, const struct user *u) { return can(u) && !u->factor.on && is_required(a); }

int auth_factor_get(const struct auth *a, const char *name, struct auth_factor *ret)
{
    const struct user *u = name ? map_find(&a->users, name) : NULL;
    if (!u)
        return ERR_NOT_FOUND;
    *ret = (struct auth_factor){.can = can(u), .on = u->factor.on, .required = can(u) && is_required(a), .since_ms = u->factor.since_ms, .recovery = u->factor.n_recovery};
    return 0;
}

/* ---- a code ---- */

static int code_wrong(struct err *e) { return err_field(e, ERR_AUTH, "code", MSG("That code is not right, or was used already. A new one comes every 30 seconds."), ""); }

static bool recovery_take(struct user *u, const char *typed, struct store_batch *b)
{
    char text[AUTH_RECOVERY_TEXT] = "", hash[AUTH_HASH_HEX];
    if (strlen(typed) != 16)
        return false;
    for (int i = 0, n = 0; i < 16; i++) {
        if (i && i % 4 == 0)
            text[n++] = '-';
        text[n++] = typed[i];
    }
    secret_hash(text, hash);
    for (int i = 0; i < u->factor.n_recovery; i++) {
        if (!secret_equal(hash, u->factor.recovery[i]))
            continue;
        struct store_value v[] = {STORE_T(u->name), STORE_T(hash)};
        store_batch_require(b, &recovery_use, v, COUNT(v));
        str_copy(u->factor.recovery[i], AUTH_HASH_HEX, u->factor.recovery[--u->factor.n_recovery]);
        return true;
    }
    return false;
}

/* Of the moment only. */
static bool step_take(struct user *u, const char *typed, int64_t now_ms, struct store_batch *b)
{
    int64_t step = totp_judge(u->factor.secret, typed, now_ms, u->factor.step);
    if (step < 0)
        return false;
    struct store_value v[] = {STORE_T(u->name), STORE_I(step)};
    store_batch_require(b, &factor_step, v, COUNT(v));
    u->factor.step = step; /* at once: the same code twice at the same time opens once */
    return true;
}

static int may_try(struct auth *a, const struct user *u, int64_t now_ms, struct err *e)
{
    int64_t wait_ms = limit_try(&a->limit, LIMIT_CODE, u->name, now_ms);
    return wait_ms > 0 ? err_set(e, ERR_BUSY, MSG("Too many attempts. Try again in {1}."), "d", wait_ms + 999 - (wait_ms + 999) % 1000) : 0;
}

int factor_take(struct auth *a, struct user *u, const char *typed, int64_t now_ms, struct store_batch *b, struct err *e)
{
    char code[RECOVERY_TEXT + 1];
    int r = may_try(a, u, now_ms, e);
    if (r < 0)
        return r;
    if (!totp_typed(typed, code) || (!step_take(u, code, now_ms, b) && !recovery_take(u, code, b)))
        return code_wrong(e);
    limit_forgive(&a->limit, LIMIT_CODE, u->name);
    return 0;
}

/* ---- begun and confirmed ---- */

static int no_user(struct err *e, const char *name) { return err_field(e, ERR_NOT_FOUND, "name", MSG("There is no user named {1}."), "s", name ? name : ""); }

static bool is_begun(const struct user *u, int64_t now_ms) { return u && u->factor.begun_ms && now_ms - u->factor.begun_ms < BEGUN_MS; }

int auth_factor_begin(struct auth *a, const char *name, int64_t now_ms, char ret_secret[AUTH_FACTOR_TEXT], struct err *e)
{
    struct user *u = name ? map_find(&a->users, name) : NULL;
    if (!u)
        return no_user(e, name);
    if (!can(u))
        return err_set(e, ERR_UNSUPPORTED, MSG("{1} logs in by OpenID Connect: a second factor is asked for there."), "s", name);
    if (u->factor.on)
        return err_set(e, ERR_CONFLICT, MSG("There is a second factor already. End it first."), "");
    entropy_bytes(u->factor.begun, TOTP_SECRET_BYTES);
    u->factor.begun_ms = now_ms;
    return auth_factor_begun(a, name, now_ms, ret_secret);
}

int auth_factor_begun(const struct auth *a, const char *name, int64_t now_ms, char ret_secret[AUTH_FACTOR_TEXT])
{
    const struct user *u = name ? map_find(&a->users, name) : NULL;
    if (!is_begun(u, now_ms))
        return ERR_NOT_FOUND;
    totp_base32(u->factor.begun, TOTP_SECRET_BYTES, ret_secret, AUTH_FACTOR_TEXT);
    return 0;
}

void auth_factor_uri(const struct auth *a, const char *name, const char *issuer, struct buf *out)
{
    const struct user *u = name ? map_find(&a->users, name) : NULL;
    if (u)
        totp_uri(out, u->factor.begun, issuer, name);
}

static void recovery_make(struct auth_job *job, struct store_batch *b)
{
    struct store_value who = STORE_T(job->name);
    store_batch_add(b, &recovery_clear, &who, 1);
    job->recovery = mem_zero(sizeof(*job->recovery) * AUTH_RECOVERY_CODES);
    for (int i = 0; i < AUTH_RECOVERY_CODES; i++) {
        unsigned char bytes[RECOVERY_BYTES];
        char hash[AUTH_HASH_HEX];
        entropy_bytes(bytes, sizeof(bytes));
        recovery_text(bytes, job->recovery[i]);
        secret_hash(job->recovery[i], hash);
        struct store_value v[] = {STORE_T(job->name), STORE_T(hash)};
        store_batch_add(b, &recovery_put, v, COUNT(v));
        secret_wipe(bytes, sizeof(bytes));
    }
}

static void recovery_stored(struct auth_job *job)
{
    struct user *u = map_find(&job->auth->users, job->name);
    for (int i = 0; u && i < AUTH_RECOVERY_CODES; i++)
        secret_hash(job->recovery[i], u->factor.recovery[i]);
    if (u)
        u->factor.n_recovery = AUTH_RECOVERY_CODES;
}

static void confirm_stored(struct auth_job *job)
{
    struct user *u = map_find(&job->auth->users, job->name);
    if (!u)
        return;
    u->factor.on = true;
    u->factor.since_ms = job->now_ms;
    u->factor.step = job->expires_ms;
    hash_unhex(job->secret, u->factor.secret, TOTP_SECRET_BYTES);
    secret_wipe(u->factor.begun, TOTP_SECRET_BYTES);
    u->factor.begun_ms = 0;
    recovery_stored(job);
    log_line(LOG_NOTE, "%s has a second factor now", job->name);
}

static int confirm_judge(struct auth_job *job, const struct user *u, const char *code)
{
    char typed[RECOVERY_TEXT + 1];
    if (!u)
        return no_user(&job->err, job->name);
    if (u->factor.on)
        return err_set(&job->err, ERR_CONFLICT, MSG("There is a second factor already. End it first."), "");
    if (!is_begun(u, job->now_ms))
        return err_set(&job->err, ERR_TIMEOUT, MSG("That took too long. Begin again: there is a new secret then."), "");
    int r = may_try(job->auth, u, job->now_ms, &job->err);
    if (r < 0)
        return r;
    job->expires_ms = totp_typed(code ? code : "", typed) ? totp_judge(u->factor.begun, typed, job->now_ms, 0) : -1;
    return job->expires_ms < 0 ? err_field(&job->err, ERR_AUTH, "code", MSG("That is not the code of this secret now. Is the clock of the telephone right?"), "") : 0;
}

void auth_factor_confirm(struct auth *a, const char *name, const char *code, int64_t now_ms, auth_recovery_fn *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    const struct user *u = name ? map_find(&a->users, name) : NULL;
    job->on_recovery = fn;
    job->arg = arg;
    str_copy(job->name, sizeof(job->name), name ? name : "");
    int r = confirm_judge(job, u, code);
    if (r < 0) {
        auth_job_end(job, r);
        return;
    }
    limit_forgive(&a->limit, LIMIT_CODE, name);
    hash_hex(u->factor.begun, TOTP_SECRET_BYTES, job->secret);
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(name), STORE_T(job->secret), STORE_I(now_ms), STORE_I(job->expires_ms)};
    store_batch_add(b, &factor_put, v, COUNT(v));
    recovery_make(job, b);
    auth_job_write(job, b, confirm_stored);
}

void auth_factor_recovery(struct auth *a, const char *name, const char *code, int64_t now_ms, auth_recovery_fn *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    struct user *u = name ? map_find(&a->users, name) : NULL;
    struct store_batch *b = store_batch_new();
    job->on_recovery = fn;
    job->arg = arg;
    str_copy(job->name, sizeof(job->name), name ? name : "");
    int r = !u || !u->factor.on ? no_user(&job->err, name) : factor_take(a, u, code ? code : "", now_ms, b, &job->err);
    if (r < 0) {
        store_batch_free(b);
        auth_job_end(job, r);
        return;
    }
    recovery_make(job, b);
    auth_job_write(job, b, recovery_stored);
}

/* ---- ended ---- */

static void remove_stored(struct auth_job *job)
{
    struct user *u = map_find(&job->auth->users, job->name);
    if (!u)
        return;
    secret_wipe(&u->factor, sizeof(u->factor));
    if (job->role) /* by an admin: whoever has the password and perhaps the telephone is out */
        sessions_end(job->auth, u, job->now_ms);
    log_line(LOG_NOTE, "%s has no second factor any more", job->name);
}

void auth_factor_remove(struct auth *a, const char *name, const char *code, int64_t now_ms, auth_done *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    struct user *u = name ? map_find(&a->users, name) : NULL;
    struct store_batch *b = store_batch_new();
    job->on_done = fn;
    job->arg = arg;
    job->role = !code;
    int r = !u ? no_user(&job->err, name) : 0;
    if (r == 0 && !u->factor.on)
        r = err_set(&job->err, ERR_NOT_FOUND, MSG("{1} has no second factor."), "s", name);
    if (r == 0 && code)
        r = factor_take(a, u, code, now_ms, b, &job->err);
    if (r < 0) {
        store_batch_free(b);
        auth_job_end(job, r);
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    struct store_value who = STORE_T(name);
    store_batch_add(b, &recovery_clear, &who, 1);
    store_batch_require(b, &factor_delete, &who, 1);
    if (!code)
        sessions_batch_end(b, name);
    auth_job_write(job, b, remove_stored);
}

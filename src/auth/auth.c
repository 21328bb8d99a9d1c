/* SPDX-License-Identifier: GPL-3.0-or-later */
/* auth.c: the room's life, its roles, and the jobs that carry requests through workers and the store. */
#include "auth/auth_int.h"
#include "base/hash.h"
#include "base/panic.h"
#include "base/str.h"

enum { AUTH_MAGIC = 0x61757468, MAX_HASHING = 2, MAX_WAITING = 100, RETIRED_MS = 3600000 };

const struct store_migration auth_migrations[] = {
    {"auth", 1,
     "CREATE TABLE account (name TEXT PRIMARY KEY, hash TEXT NOT NULL, role TEXT NOT NULL, lang TEXT,"
     " created_ms BIGINT NOT NULL, last_login_ms BIGINT NOT NULL DEFAULT 0);"
     "CREATE TABLE session (hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,"
     " csrf TEXT NOT NULL, created_ms BIGINT NOT NULL, seen_ms BIGINT NOT NULL);"
     "CREATE INDEX session_account ON session (account);"
     "CREATE TABLE token (name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, role TEXT NOT NULL, scope TEXT,"
     " created_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL, used_ms BIGINT NOT NULL DEFAULT 0);"
     "CREATE TABLE setup_link (place INTEGER PRIMARY KEY, hash TEXT NOT NULL, expires_ms BIGINT NOT NULL);"},
    {"auth", 2,
     /* Whose word it is that somebody is who they are: "local", "ldap", "oidc"; and who they are there. */
     "ALTER TABLE account ADD COLUMN origin TEXT NOT NULL DEFAULT 'local';"
     "ALTER TABLE account ADD COLUMN subject TEXT;"},
    {"auth", 3,
     "CREATE TABLE second_factor (account TEXT PRIMARY KEY REFERENCES account (name) ON DELETE CASCADE, secret TEXT NOT NULL,"
     " since_ms BIGINT NOT NULL, step BIGINT NOT NULL);"
     "CREATE TABLE recovery_code (account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE, hash TEXT NOT NULL,"
     " PRIMARY KEY (account, hash));"},
    {0},
};

/* ---- roles ---- */

static const char *const role_words[] = {
    [ROLE_NONE] = "none", [ROLE_VIEWER] = "viewer", [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin"};

const char *role_word(enum role r) { return (size_t)r < COUNT(role_words) ? role_words[r] : "none"; }

int role_from_word(const char *word)
{
    for (int i = 0; i < (int)COUNT(role_words); i++)
        if (str_eq(word, role_words[i]))
            return i;
    return ERR_INVALID;
}

const char *const origin_words[ORIGINS] = {"local", "ldap", "oidc"};

const struct conf *auth_conf(const struct auth *a) { return a->outside.conf ? a->outside.conf(a->outside.arg) : NULL; }

void auth_set_outside(struct auth *a, const struct auth_outside *o)
{
    a->outside = *o;
    if (!a->dns)
        a->dns = dns_new(a->loop);
    recheck_begin(a);
}

/* ---- jobs ---- */

struct auth_job *auth_job_new(struct auth *a, int64_t now_ms)
{
    struct auth_job *job = NEW(struct auth_job);
    CHECK_OBJ(a, AUTH_MAGIC);
    job->auth = a;
    job->loop = a->loop;
    job->now_ms = now_ms;
    job->role = ROLE_NONE;
    job->next = a->jobs;
    job->at = &a->jobs;
    if (job->next)
        job->next->at = &job->next;
    a->jobs = job;
    return job;
}

static void job_unlink(struct auth_job *job)
{
    if (!job->auth)
        return;
    *job->at = job->next;
    if (job->next)
        job->next->at = job->at;
    job->auth = NULL;
}

static void job_free(struct auth_job *job)
{
    job_unlink(job);
    directory_cancel(job->ask);
    if (job->password)
        secret_wipe(job->password, strlen(job->password));
    mem_free(job->password);
    if (job->recovery)
        secret_wipe(job->recovery, sizeof(*job->recovery) * AUTH_RECOVERY_CODES);
    mem_free(job->recovery);
    mem_free(job->session);
    mem_free(job->scope);
    secret_wipe(job, sizeof(*job));
    mem_free(job);
}

static void job_call(struct auth_job *job)
{
    const struct err *e = job->code < 0 ? &job->err : NULL;
    const char *secret = job->code < 0 ? NULL : job->secret;
    if (job->on_session)
        job->on_session(job->arg, job->code, secret, e);
    if (job->on_token)
        job->on_token(job->arg, job->code, secret, e);
    if (job->on_done)
        job->on_done(job->arg, job->code, e);
    if (job->on_recovery)
        job->on_recovery(job->arg, job->code, job->code < 0 ? NULL : (const char(*)[AUTH_RECOVERY_TEXT])job->recovery, e);
    if (job->on_code)
        job->on_code(job->arg, job->code);
}

static void job_posted(void *arg)
{
    struct auth_job *job = arg;
    if (job->auth)
        job_call(job);
    job_free(job);
}

void auth_job_end(struct auth_job *job, int code)
{
    job->code = code;
    loop_post(job->loop, job_posted, job);
}

static void job_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct auth_job *job = arg;
    if (!job->auth) {
        job_free(job);
        return;
    }
    if (code && e)
        job->err = *e;
    job->code = code;
    if (code == 0)
        job->stored(job);
    job_call(job);
    job_free(job);
}

void auth_job_write(struct auth_job *job, struct store_batch *b, void (*stored)(struct auth_job *job))
{
    job->stored = stored;
    store_write(job->auth->store, b, job_written, job);
}

/* ---- hashing, two at a time ---- */

static void hash_run(void *arg) /* in a worker */
{
    struct auth_job *job = arg;
    unsigned char salt[16];
    if (job->compare) {
        job->fits = password_fits(job->password, job->hash);
        return;
    }
    entropy_bytes(salt, sizeof(salt));
    job->code = password_hash(job->password, salt, job->cost_log2, job->hash);
}

static void hash_next(struct auth *a);

static void hash_done(void *arg)
{
    struct auth_job *job = arg;
    struct auth *a = job->auth;
    if (!a) {
        job_free(job);
        return;
    }
    a->hashing--;
    hash_next(a);
    if (job->code) {
        err_set(&job->err, job->code, MSG("The password could not be hashed."), "");
        auth_job_end(job, job->code);
        return;
    }
    job->then(job);
}

static void hash_drop(void *arg) { job_free(arg); } /* the daemon ends: nobody hears of it any more */

static void job_busy(struct auth_job *job)
{
    auth_job_end(job, err_set(&job->err, ERR_BUSY, MSG("Too many log-ins at once. Try again in a moment."), ""));
}

static void hash_next(struct auth *a)
{
    while (a->waiting && a->hashing < MAX_HASHING) {
        struct auth_job *job = a->waiting;
        a->waiting = job->next_waiting;
        if (!a->waiting)
            a->last = &a->waiting;
        a->n_waiting--;
        if (work_give(a->workers, a->loop, hash_run, hash_done, hash_drop, job) == 0)
            a->hashing++;
        else
            job_busy(job);
    }
}

void auth_job_hash(struct auth_job *job, bool compare, void (*then)(struct auth_job *job))
{
    struct auth *a = job->auth;
    job->compare = compare;
    job->cost_log2 = a->cost_log2;
    job->then = then;
    if (a->n_waiting >= MAX_WAITING) {
        job_busy(job);
        return;
    }
    *a->last = job;
    a->last = &job->next_waiting;
    a->n_waiting++;
    hash_next(a);
}

/* ---- what the files share ---- */

static void retired_sweep(struct auth *a, int64_t before_ms)
{
    for (struct retired **at = &a->retired; *at;) {
        struct retired *r = *at;
        if (r->at_ms > before_ms) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        mem_free(r);
    }
}

void auth_retire(struct auth *a, struct retired *r, int64_t now_ms)
{
    if (a->n_retired++ % 64 == 0)
        retired_sweep(a, now_ms - RETIRED_MS);
    r->at_ms = now_ms;
    r->next = a->retired;
    a->retired = r;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("._-@", c) != NULL);
}

int auth_name_judge(const char *name, struct err *e)
{
    size_t n = name ? strlen(name) : 0;
    bool good = n >= 1 && n < AUTH_NAME_BYTES;
    for (size_t i = 0; i < n && good; i++)
        good = name_char(name[i]);
    return good ? 0
                : err_field(e, ERR_INVALID, "name",
                            MSG("A name has 1 to 64 letters (a to z), digits and the signs . _ - @"), "");
}

void auth_secret_new(char out[AUTH_HASH_HEX])
{
    unsigned char bytes[AUTH_SECRET_BYTES];
    entropy_bytes(bytes, sizeof(bytes));
    hash_hex(bytes, sizeof(bytes), out);
    secret_wipe(bytes, sizeof(bytes));
}

/* ---- life ---- */

struct auth *auth_new(struct loop *l, struct store *s, struct work_pool *workers, struct err *e)
{
    struct auth *a = NEW(struct auth);
    a->magic = AUTH_MAGIC;
    a->loop = l;
    a->store = s;
    a->workers = workers;
    a->last = &a->waiting;
    a->cost_log2 = PASSWORD_COST_LOG2;
    int code = users_load(a, e);
    if (code == 0)
        code = factors_load(a, e);
    if (code == 0)
        code = sessions_load(a, e);
    if (code == 0)
        code = tokens_load(a, e);
    if (code == 0)
        code = setup_load(a, e);
    return code ? auth_free(a) : a;
}

/* The values of a map, with it. */
static void free_all(struct map *m)
{
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(m, &i, &key, &value))
        mem_free(value);
    map_done(m);
}

/* Jobs that a worker or the store still holds end by themselves; those that wait for a worker end here. */
static void jobs_leave(struct auth *a)
{
    for (struct auth_job *job = a->waiting, *next; job; job = next) {
        next = job->next_waiting;
        job_free(job);
    }
    for (struct auth_job *job = a->jobs, *next; job; job = next) {
        next = job->next;
        if (job->ask)
            job_free(job);
    }
    while (a->jobs)
        job_unlink(a->jobs);
}

struct auth *auth_free(struct auth *a)
{
    if (!a)
        return NULL;
    CHECK_OBJ(a, AUTH_MAGIC);
    recheck_end(a);
    jobs_leave(a);
    dns_free(a->dns);
    map_done(&a->tokens_by_hash);
    free_all(&a->tokens);
    free_all(&a->sessions);
    free_all(&a->users);
    retired_sweep(a, INT64_MAX);
    limit_done(&a->limit);
    halves_done(a);
    oidc_done(a);
    a->magic = 0;
    return mem_free(a);
}

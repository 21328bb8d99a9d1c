/* SPDX-License-Identifier: GPL-3.0-or-later */
/* user.c: accounts: made, changed, removed, listed.  There is always an admin once there was one: the store
 * itself refuses to lose the last, whatever else is under way. */
#include "auth/auth_int.h"
#include "base/str.h"
#include <stdlib.h>

static const struct store_stmt users_all = {
    "users_all", "SELECT name, hash, role, lang, created_ms, last_login_ms, origin, subject FROM account ORDER BY name LIMIT ?1"};
static const struct store_stmt user_insert = {
    "user_insert", "INSERT INTO account (name, hash, role, lang, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)"};
/* Those whom a directory knows do not count: it may be away when somebody is needed. */
#define NOT_LAST_ADMIN                                                                                        \
    " AND (role <> 'admin' OR origin <> 'local'"                                                              \
    " OR (SELECT COUNT(*) FROM account AS a WHERE a.role = 'admin' AND a.origin = 'local') > 1)"
static const struct store_stmt user_set_role = {
    "user_set_role", "UPDATE account SET role = ?2 WHERE name = ?1" NOT_LAST_ADMIN};
static const struct store_stmt user_set_admin = {"user_set_admin",
                                                 "UPDATE account SET role = 'admin' WHERE name = ?1"};
static const struct store_stmt user_set_hash = {"user_set_hash", "UPDATE account SET hash = ?2 WHERE name = ?1"};
static const struct store_stmt user_delete = {"user_delete",
                                              "DELETE FROM account WHERE name = ?1" NOT_LAST_ADMIN};

static const struct store_stmt user_known_put = {
    "user_known_put", "INSERT INTO account (name, hash, role, created_ms, origin, subject) VALUES (?1, '', ?2, ?3, ?4, ?5)"
                      " ON CONFLICT (name) DO UPDATE SET role = excluded.role, subject = excluded.subject WHERE origin = excluded.origin"};

struct user *user_put(struct auth *a, const char *name, const char *stored, enum role role, const char *lang,
                      int64_t created_ms, int64_t last_login_ms)
{
    struct user *u = NEW(struct user);
    str_copy(u->name, sizeof(u->name), name);
    str_copy(u->stored, sizeof(u->stored), stored);
    str_copy(u->lang, sizeof(u->lang), lang ? lang : "");
    u->role = role;
    u->created_ms = created_ms;
    u->last_login_ms = last_login_ms;
    map_set(&a->users, u->name, u);
    return u;
}

int users_load(struct auth *a, struct err *e)
{
    struct store_rows r = {0};
    int code = store_read_now(a->store, &users_all, &STORE_I(AUTH_MAX_USERS), 1, AUTH_MAX_USERS, &r, e);
    for (int i = 0; code == 0 && i < r.n_rows; i++) {
        int role = role_from_word(store_cell_text(&r, i, 2));
        struct user *u = user_put(a, store_cell_text(&r, i, 0), store_cell_text(&r, i, 1), role < 0 ? ROLE_NONE : (enum role)role,
                                  store_cell_text(&r, i, 3), store_cell_int(&r, i, 4), store_cell_int(&r, i, 5));
        const char *origin = store_cell_text(&r, i, 6), *subject = store_cell_text(&r, i, 7);
        for (int k = 0; k < ORIGINS; k++)
            u->origin = str_eq(origin, origin_words[k]) ? (enum origin)k : u->origin;
        str_copy(u->subject, sizeof(u->subject), subject ? subject : "");
    }
    store_rows_done(&r);
    return code;
}

bool auth_has_users(const struct auth *a) { return a->users.n > 0; }

void user_batch_add(struct store_batch *b, const struct auth_job *job)
{
    struct store_value v[] = {STORE_T(job->name), STORE_T(job->hash), STORE_T(role_word((enum role)job->role)),
                              STORE_T(job->lang[0] ? job->lang : NULL), STORE_I(job->now_ms)};
    store_batch_add(b, &user_insert, v, COUNT(v));
}

void user_batch_known(struct store_batch *b, const struct auth_job *job)
{
    struct store_value v[] = {STORE_T(job->name), STORE_T(role_word((enum role)job->role)), STORE_I(job->now_ms), STORE_T(origin_words[job->origin]), STORE_T(job->subject)};
    store_batch_require(b, &user_known_put, v, COUNT(v));
}

struct user *user_known(struct auth *a, const struct auth_job *job)
{
    struct user *u = map_find(&a->users, job->name);
    if (!u)
        u = user_put(a, job->name, "", ROLE_NONE, "", job->now_ms, 0);
    u->role = (enum role)job->role;
    u->origin = job->origin;
    str_copy(u->subject, sizeof(u->subject), job->subject);
    return u;
}

bool user_is_local(const struct auth *a, const char *name)
{
    const struct user *u = map_find(&a->users, name);
    return u && u->origin == ORIGIN_LOCAL;
}

static int name_taken(struct err *e, const char *name)
{
    return err_field(e, ERR_CONFLICT, "name", MSG("There is already a user named {1}."), "s", name);
}

static int name_unknown(struct err *e, const char *name)
{
    return err_field(e, ERR_NOT_FOUND, "name", MSG("There is no user named {1}."), "s", name);
}

static int last_admin(struct err *e)
{
    return err_set(e, ERR_CONFLICT, MSG("This is the last admin. Make another user an admin first."), "");
}

static bool is_last_admin(const struct auth *a, const struct user *u)
{
    size_t i = 0;
    const char *key;
    void *value;
    int admins = 0;
    while (map_each(&a->users, &i, &key, &value))
        admins += ((const struct user *)value)->role == ROLE_ADMIN && ((const struct user *)value)->origin == ORIGIN_LOCAL;
    return u->role == ROLE_ADMIN && u->origin == ORIGIN_LOCAL && admins == 1;
}

/* ---- add ---- */

static int add_judge(struct auth_job *job, const char *name, const char *password)
{
    int code = auth_name_judge(name, &job->err);
    if (code == 0)
        code = password_judge(password, &job->err);
    if (code == 0 && (job->role <= ROLE_NONE || job->role > ROLE_ADMIN))
        code = err_field(&job->err, ERR_INVALID, "role", MSG("The role is viewer, operator or admin."), "");
    if (code == 0 && map_find(&job->auth->users, name))
        code = name_taken(&job->err, name);
    if (code == 0 && job->auth->users.n >= AUTH_MAX_USERS)
        code = err_set(&job->err, ERR_LIMIT, MSG("There are already {1} users."), "i", (int64_t)AUTH_MAX_USERS);
    return code;
}

static void add_stored(struct auth_job *job)
{
    user_put(job->auth, job->name, job->hash, (enum role)job->role, job->lang, job->now_ms, 0);
}

static void add_hashed(struct auth_job *job)
{
    if (map_find(&job->auth->users, job->name)) { /* somebody was faster */
        auth_job_end(job, name_taken(&job->err, job->name));
        return;
    }
    struct store_batch *b = store_batch_new();
    user_batch_add(b, job);
    auth_job_write(job, b, add_stored);
}

void auth_user_add(struct auth *a, const char *name, const char *password, enum role role, int64_t now_ms,
                   auth_done *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    job->on_done = fn;
    job->arg = arg;
    job->role = (int)role;
    int code = add_judge(job, name, password);
    if (code) {
        auth_job_end(job, code);
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    job->password = mem_dup(password);
    auth_job_hash(job, false, add_hashed);
}

/* ---- change ---- */

static void set_stored(struct auth_job *job)
{
    struct user *u = map_find(&job->auth->users, job->name);
    if (!u)
        return;
    if (job->role >= 0)
        u->role = (enum role)job->role;
    if (!job->password)
        return;
    str_copy(u->stored, sizeof(u->stored), job->hash);
    sessions_end(job->auth, u, job->now_ms); /* whoever had the old password is out */
}

static void set_write(struct auth_job *job)
{
    struct store_batch *b = store_batch_new();
    struct store_value role[] = {STORE_T(job->name), STORE_T(role_word((enum role)job->role))};
    struct store_value hash[] = {STORE_T(job->name), STORE_T(job->hash)};
    if (job->role == ROLE_ADMIN)
        store_batch_require(b, &user_set_admin, role, 1);
    else if (job->role >= 0)
        store_batch_require(b, &user_set_role, role, COUNT(role));
    if (job->password) {
        store_batch_require(b, &user_set_hash, hash, COUNT(hash));
        sessions_batch_end(b, job->name);
    }
    auth_job_write(job, b, set_stored);
}

static int set_judge(struct auth_job *job, const char *name, const char *password)
{
    const struct user *u = name ? map_find(&job->auth->users, name) : NULL;
    if (!u)
        return name_unknown(&job->err, name ? name : "");
    if (u->origin != ORIGIN_LOCAL)
        return err_set(&job->err, ERR_CONFLICT, MSG("{1} logs in by {2}: password and role are kept there."), "ss", name, u->origin == ORIGIN_LDAP ? "LDAP" : "OpenID Connect");
    if (job->role == ROLE_NONE || job->role > ROLE_ADMIN)
        return err_field(&job->err, ERR_INVALID, "role", MSG("The role is viewer, operator or admin."), "");
    if (job->role > 0 && job->role != ROLE_ADMIN && is_last_admin(job->auth, u))
        return last_admin(&job->err);
    return password ? password_judge(password, &job->err) : 0;
}

void auth_user_set(struct auth *a, const char *name, const char *password, int role, int64_t now_ms, auth_done *fn,
                   void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    job->on_done = fn;
    job->arg = arg;
    job->role = role < 0 ? -1 : role;
    int code = set_judge(job, name, password);
    if (code) {
        auth_job_end(job, code);
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    job->password = mem_dup(password);
    if (password)
        auth_job_hash(job, false, set_write);
    else if (role >= 0)
        set_write(job);
    else
        auth_job_end(job, 0);
}

/* ---- remove ---- */

static void remove_stored(struct auth_job *job)
{
    struct user *u = map_remove(&job->auth->users, job->name);
    if (!u)
        return;
    sessions_end(job->auth, u, job->now_ms);
    auth_retire(job->auth, &u->retired, job->now_ms);
}

void auth_user_remove(struct auth *a, const char *name, auth_done *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, clock_wall_ms());
    const struct user *u = name ? map_find(&a->users, name) : NULL;
    job->on_done = fn;
    job->arg = arg;
    if (!u || is_last_admin(a, u)) {
        auth_job_end(job, u ? last_admin(&job->err) : name_unknown(&job->err, name ? name : ""));
        return;
    }
    str_copy(job->name, sizeof(job->name), name);
    struct store_batch *b = store_batch_new();
    struct store_value which = STORE_T(name);
    store_batch_require(b, &user_delete, &which, 1);
    auth_job_write(job, b, remove_stored);
}

/* ---- list ---- */

static int by_name(const void *a, const void *b)
{
    return str_natural((*(const struct user *const *)a)->name, (*(const struct user *const *)b)->name);
}

void auth_users(const struct auth *a, struct doc *list)
{
    VEC(const struct user *) users = {0};
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->users, &i, &key, &value))
        VEC_PUSH(&users, value);
    if (users.n)
        qsort(users.at, users.n, sizeof(*users.at), by_name);
    for (i = 0; i < users.n; i++) {
        struct doc *o = doc_push_object(list);
        doc_put_text(o, "name", users.at[i]->name);
        doc_put_text(o, "role", role_word(users.at[i]->role));
        doc_put_text(o, "origin", origin_words[users.at[i]->origin]);
        doc_put_bool(o, "second_factor", users.at[i]->factor.on);
        doc_put_time(o, "created", users.at[i]->created_ms);
        doc_put_time(o, "last_login", users.at[i]->last_login_ms);
    }
    VEC_DONE(&users);
}

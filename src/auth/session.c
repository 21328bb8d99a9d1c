/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.c: what follows from a log-in.  A session's secret is known to the browser alone; here and in
 * the store is its hash.  The time of last use is written once an hour at most. */
#include "auth/auth_int.h"
#include "base/str.h"

#define MAX_AGE_MS (INT64_C(30) * 86400000)
#define MAX_IDLE_MS (INT64_C(7) * 86400000)
#define SEEN_EVERY_MS (INT64_C(3600000))

static const struct store_stmt sessions_all = {
    "sessions_all", "SELECT hash, account, csrf, created_ms, seen_ms FROM session ORDER BY seen_ms DESC LIMIT ?1"};
static const struct store_stmt session_insert = {
    "session_insert", "INSERT INTO session (hash, account, csrf, created_ms, seen_ms) VALUES (?1, ?2, ?3, ?4, ?4)"};
static const struct store_stmt session_delete = {"session_delete", "DELETE FROM session WHERE hash = ?1"};
static const struct store_stmt session_delete_of = {"session_delete_of", "DELETE FROM session WHERE account = ?1"};
static const struct store_stmt session_delete_old = {
    "session_delete_old", "DELETE FROM session WHERE created_ms < ?1 OR seen_ms < ?2"};
static const struct store_stmt session_seen = {"session_seen", "UPDATE session SET seen_ms = ?2 WHERE hash = ?1"};
static const struct store_stmt user_logged_in = {"user_logged_in",
                                                 "UPDATE account SET last_login_ms = ?2 WHERE name = ?1"};

static void write_one(struct auth *a, const struct store_stmt *stmt, const struct store_value *v, int n)
{
    struct store_batch *b = store_batch_new();
    store_batch_add(b, stmt, v, n);
    store_write(a->store, b, NULL, NULL);
}

static struct session *session_new(const char *hash, const char *csrf, int64_t now_ms)
{
    struct session *s = NEW(struct session);
    str_copy(s->hash, sizeof(s->hash), hash);
    str_copy(s->csrf, sizeof(s->csrf), csrf);
    str_copyn(s->id, sizeof(s->id), hash, sizeof(s->id) - 1);
    s->created_ms = s->seen_ms = s->written_ms = now_ms;
    return s;
}

int sessions_load(struct auth *a, struct err *e)
{
    struct store_rows r = {0};
    int code = store_read_now(a->store, &sessions_all, &STORE_I(AUTH_MAX_SESSIONS), 1, AUTH_MAX_SESSIONS, &r, e);
    for (int i = 0; code == 0 && i < r.n_rows; i++) {
        struct user *u = map_find(&a->users, store_cell_text(&r, i, 1));
        if (!u)
            continue;
        struct session *s = session_new(store_cell_text(&r, i, 0), store_cell_text(&r, i, 2), store_cell_int(&r, i, 3));
        s->user = u;
        s->seen_ms = s->written_ms = store_cell_int(&r, i, 4);
        map_set(&a->sessions, s->hash, s);
    }
    store_rows_done(&r);
    return code;
}

static void session_drop(struct auth *a, struct session *s, int64_t now_ms)
{
    map_remove(&a->sessions, s->hash);
    auth_retire(a, &s->retired, now_ms);
}

/* Also in the store. */
static void session_forget(struct auth *a, struct session *s, int64_t now_ms)
{
    struct store_value hash = STORE_T(s->hash);
    write_one(a, &session_delete, &hash, 1);
    session_drop(a, s, now_ms);
}

static bool session_over(const struct session *s, int64_t now_ms)
{
    return now_ms - s->created_ms > MAX_AGE_MS || now_ms - s->seen_ms > MAX_IDLE_MS;
}

/* Those that are over go; then, of one user or of all, the one unused for longest where there are too many. */
static void sessions_trim(struct auth *a, const struct user *u, int64_t now_ms)
{
    size_t i = 0, mine = 0;
    const char *key;
    void *value;
    struct session *oldest = NULL, *oldest_mine = NULL;
    while (map_each(&a->sessions, &i, &key, &value)) {
        struct session *s = value;
        if (session_over(s, now_ms)) {
            session_drop(a, s, now_ms);
            continue;
        }
        if (!oldest || s->seen_ms < oldest->seen_ms)
            oldest = s;
        if (s->user == u && (!oldest_mine || s->seen_ms < oldest_mine->seen_ms))
            oldest_mine = s;
        mine += s->user == u;
    }
    if (mine >= AUTH_MAX_SESSIONS_EACH)
        session_forget(a, oldest_mine, now_ms);
    else if (a->sessions.n >= AUTH_MAX_SESSIONS)
        session_forget(a, oldest, now_ms);
}

void session_prepare(struct auth_job *job, struct store_batch *b)
{
    char csrf[AUTH_HASH_HEX];
    auth_secret_new(job->secret);
    auth_secret_new(csrf);
    secret_hash(job->secret, job->secret_hash);
    job->session = session_new(job->secret_hash, csrf, job->now_ms);
    struct store_value v[] = {STORE_T(job->secret_hash), STORE_T(job->name), STORE_T(csrf), STORE_I(job->now_ms)};
    store_batch_add(b, &session_insert, v, COUNT(v));
    struct store_value old[] = {STORE_I(job->now_ms - MAX_AGE_MS), STORE_I(job->now_ms - MAX_IDLE_MS)};
    store_batch_add(b, &session_delete_old, old, COUNT(old));
    struct store_value login[] = {STORE_T(job->name), STORE_I(job->now_ms)};
    store_batch_add(b, &user_logged_in, login, COUNT(login));
}

void session_adopt(struct auth_job *job, struct user *u)
{
    struct auth *a = job->auth;
    sessions_trim(a, u, job->now_ms);
    job->session->user = u;
    u->last_login_ms = job->now_ms;
    map_set(&a->sessions, job->session->hash, job->session);
    job->session = NULL;
}

bool session_of(const struct auth *a, const struct user *u)
{
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->sessions, &i, &key, &value))
        if (((const struct session *)value)->user == u)
            return true;
    return false;
}

void sessions_end(struct auth *a, const struct user *u, int64_t now_ms)
{
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->sessions, &i, &key, &value)) {
        struct session *s = value;
        if (s->user == u)
            session_drop(a, s, now_ms);
    }
}

void sessions_batch_end(struct store_batch *b, const char *user)
{
    struct store_value name = STORE_T(user);
    store_batch_add(b, &session_delete_of, &name, 1);
}

/* ---- afterwards ---- */

static struct session *session_find(const struct auth *a, const char *secret)
{
    char hash[AUTH_HASH_HEX];
    if (!secret || strlen(secret) != AUTH_HASH_HEX - 1)
        return NULL;
    secret_hash(secret, hash);
    return map_find(&a->sessions, hash);
}

void auth_logout(struct auth *a, const char *session_secret)
{
    struct session *s = session_find(a, session_secret);
    if (!s)
        return;
    session_forget(a, s, clock_wall_ms());
}

static void session_touch(struct auth *a, struct session *s, int64_t now_ms)
{
    if (now_ms > s->seen_ms)
        s->seen_ms = now_ms;
    if (now_ms - s->written_ms < SEEN_EVERY_MS)
        return;
    s->written_ms = now_ms;
    struct store_value v[] = {STORE_T(s->hash), STORE_I(now_ms)};
    write_one(a, &session_seen, v, COUNT(v));
}

/* A provider does not tell when somebody is gone: they log in anew. */
static bool provider_over(const struct auth *a, const struct session *s, int64_t now_ms)
{
    const struct conf *c = s->user->origin == ORIGIN_OIDC ? auth_conf(a) : NULL;
    return c && (!c->login.oidc.issuer || now_ms - s->created_ms > c->login.oidc.session_ms);
}

int auth_session(struct auth *a, const char *secret, int64_t now_ms, struct principal *ret)
{
    struct session *s = session_find(a, secret);
    if (!s)
        return ERR_AUTH;
    if (session_over(s, now_ms) || provider_over(a, s, now_ms)) {
        session_forget(a, s, now_ms);
        return ERR_AUTH;
    }
    session_touch(a, s, now_ms);
    bool enrol = factor_wanted(a, s->user);
    *ret = (struct principal){.name = s->user->name, .via = "web", .role = enrol ? ROLE_NONE : s->user->role, .csrf = s->csrf, .session = s->id, .enrol = enrol};
    return 0;
}

bool auth_csrf_ok(const struct principal *p, const char *sent) { return p && p->csrf && secret_equal(p->csrf, sent); }

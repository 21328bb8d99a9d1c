/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.c: somebody says who they are.  A local user is judged by the password here; any other name by the directory,
 * when there is one.  The same work is done whether a name is known or not. */
#include "auth/auth_int.h"
#include "base/log.h"
#include "base/str.h"

int login_wrong(struct err *e) { return err_set(e, ERR_AUTH, MSG("Wrong name or password."), ""); }

static int login_limit(struct auth_job *job, const char *name)
{
    struct limit *l = &job->auth->limit;
    int64_t wait_ms = limit_try(l, LIMIT_ADDRESS, job->address, job->now_ms);
    if (wait_ms == 0)
        wait_ms = limit_try(l, LIMIT_ACCOUNT, name, job->now_ms);
    if (wait_ms == 0)
        return 0;
    return err_set(&job->err, ERR_BUSY, MSG("Too many attempts. Try again in {1}."), "d", wait_ms + 999 - (wait_ms + 999) % 1000);
}

static void forgive(struct auth_job *job)
{
    limit_forgive(&job->auth->limit, LIMIT_ADDRESS, job->address);
    limit_forgive(&job->auth->limit, LIMIT_ACCOUNT, job->name);
}

/* ---- let in ---- */

static void login_stored(struct auth_job *job)
{
    struct user *u = map_find(&job->auth->users, job->name);
    if (job->origin != ORIGIN_LOCAL && (!u || u->origin == job->origin))
        u = user_known(job->auth, job);
    else if (!u || u->origin != job->origin || !str_eq(u->stored, job->hash)) { /* removed, or a new password, meanwhile */
        job->code = login_wrong(&job->err);
        return;
    }
    session_adopt(job, u);
}

/* Where the disk is full one can still log in and look; such a session ends with the process. */
static void login_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct auth_job *job = arg;
    if (job->auth && (code == 0 || code == ERR_FULL || code == ERR_IO))
        login_stored(job);
    else if (job->auth) {
        job->code = code;
        job->err = *e;
    }
    auth_job_end(job, job->code);
}

void login_proved(struct auth_job *job)
{
    const struct user *u = map_find(&job->auth->users, job->name);
    forgive(job);
    if (u && u->factor.on && job->origin != ORIGIN_OIDC)
        half_make(job);
    else
        login_finish(job, store_batch_new());
}

void login_finish(struct auth_job *job, struct store_batch *b)
{
    if (job->origin != ORIGIN_LOCAL)
        user_batch_known(b, job);
    session_prepare(job, b);
    store_write(job->auth->store, b, login_written, job);
}

/* ---- the directory ---- */

static void no_directory(struct auth_job *job, const char *why)
{
    log_line(LOG_WARN, "nobody could be asked about the log-in of %s: %s", job->name, why);
    forgive(job); /* nothing was tried */
    auth_job_end(job, err_set(&job->err, ERR_IO, MSG("The directory of users cannot be asked just now. Whoever has a password of vigie’s own can log in."), ""));
}

static void let_in(struct auth_job *job, const struct directory_answer *d)
{
    const struct user *u = map_find(&job->auth->users, job->name);
    job->origin = ORIGIN_LDAP;
    job->role = (int)d->role;
    str_copy(job->subject, sizeof(job->subject), d->dn);
    if (d->role == ROLE_NONE) {
        forgive(job);
        log_line(LOG_NOTE, "%s (%s) is in no group with a role", job->name, d->dn);
        auth_job_end(job, err_set(&job->err, ERR_DENIED, MSG("That is you, but no group that you are in has a role here. Ask whoever looks after vigie."), ""));
    } else if (u && u->origin != ORIGIN_LDAP) {
        auth_job_end(job, login_wrong(&job->err));
    } else if (!u && job->auth->users.n >= AUTH_MAX_USERS) {
        auth_job_end(job, err_set(&job->err, ERR_LIMIT, MSG("There are already {1} users."), "i", (int64_t)AUTH_MAX_USERS));
    } else {
        login_proved(job);
    }
}

static void directory_said(void *arg, const struct directory_answer *d)
{
    struct auth_job *job = arg;
    job->ask = NULL;
    job->auth->asking--;
    if (d->code == 0) {
        let_in(job, d);
    } else if (d->code == ERR_AUTH || d->code == ERR_NOT_FOUND || d->code == ERR_CONFLICT) {
        log_line(LOG_NOTE, "the log-in of %s from %s is refused: %s", job->name, job->address, d->why);
        auth_job_end(job, login_wrong(&job->err));
    } else {
        no_directory(job, d->why);
    }
}

void login_directory(struct auth_job *job)
{
    struct auth *a = job->auth;
    const struct conf *c = auth_conf(a);
    if (a->asking >= AUTH_MAX_ASKING) {
        no_directory(job, "too many at once");
        return;
    }
    a->asking++;
    job->ask = directory_ask(a->loop, a->dns, c, job->name, job->password, directory_said, job);
}

/* ---- asked ---- */

/* Directories do not tell A from a: one person is one user here. */
static void lower_name(char *name)
{
    for (; *name; name++)
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name + 32);
}

static void login_compared(struct auth_job *job)
{
    struct auth *a = job->auth;
    const struct user *u = map_find(&a->users, job->name);
    const struct conf *c = auth_conf(a);
    if (u && u->origin == ORIGIN_LOCAL) {
        if (job->fits && str_eq(u->stored, job->hash))
            login_proved(job);
        else
            auth_job_end(job, login_wrong(&job->err));
        return;
    }
    lower_name(job->name);
    if (!c || c->login.ldap.url.n == 0 || user_is_local(a, job->name))
        auth_job_end(job, login_wrong(&job->err));
    else
        login_directory(job);
}

void auth_login(struct auth *a, const char *name, const char *password, const char *address, int64_t now_ms,
                auth_session_fn *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    job->on_session = fn;
    job->arg = arg;
    str_copy(job->address, sizeof(job->address), address ? address : "");
    bool sane = auth_name_judge(name, NULL) == 0 && password && password[0] && strlen(password) <= AUTH_MAX_PASSWORD;
    int code = sane ? login_limit(job, name) : login_wrong(&job->err);
    if (code) {
        auth_job_end(job, code);
        return;
    }
    const struct user *u = map_find(&a->users, name);
    str_copy(job->name, sizeof(job->name), name);
    password_nobody(a->cost_log2, job->hash);
    if (u && u->origin == ORIGIN_LOCAL)
        str_copy(job->hash, sizeof(job->hash), u->stored);
    job->password = mem_dup(password);
    auth_job_hash(job, true, login_compared);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recheck.c: are those who are logged in by a directory still there, and what may they do?  One after the other, every
 * login.ldap.recheck; while the directory is away everybody stays as they are. */
#include "auth/auth_int.h"
#include "base/log.h"
#include "base/str.h"

enum { LOOK_MS = 60000 };

static const struct store_stmt user_role_known = {"user_role_known", "UPDATE account SET role = ?2 WHERE name = ?1 AND origin <> 'local'"};

static void next(struct auth *a);

static void put_out(struct auth *a, struct user *u, const char *why)
{
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(u->name), STORE_T(role_word(ROLE_NONE))};
    log_line(LOG_NOTE, "the sessions of %s end: %s", u->name, why);
    store_batch_add(b, &user_role_known, v, COUNT(v));
    sessions_batch_end(b, u->name);
    store_write(a->store, b, NULL, NULL);
    u->role = ROLE_NONE;
    sessions_end(a, u, clock_wall_ms());
}

static void role_renew(struct auth *a, struct user *u, enum role role)
{
    if (u->role == role)
        return;
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(u->name), STORE_T(role_word(role))};
    log_line(LOG_NOTE, "%s is %s now: so says the directory", u->name, role_word(role));
    store_batch_add(b, &user_role_known, v, COUNT(v));
    store_write(a->store, b, NULL, NULL);
    u->role = role;
}

static void round_over(struct auth *a)
{
    const struct conf *c = auth_conf(a);
    a->again.names = mem_free(a->again.names);
    a->again.n = a->again.i = 0;
    timer_set(&a->again.timer, c && c->login.ldap.url.n ? c->login.ldap.recheck_ms : LOOK_MS);
}

static void said(void *arg, const struct directory_answer *d)
{
    struct auth *a = arg;
    struct user *u = map_find(&a->users, a->again.names[a->again.i++].text);
    a->again.ask = NULL;
    if (d->code != 0 && d->code != ERR_NOT_FOUND && d->code != ERR_CONFLICT) {
        if (a->again.away++ == 0)
            log_line(LOG_WARN, "the directory of users cannot be asked whether those who are logged in are still there: %s", d->why);
        round_over(a);
        return;
    }
    a->again.away = 0;
    if (!u || u->origin != ORIGIN_LDAP)
        ;
    else if (d->code)
        put_out(a, u, d->why);
    else if (d->role == ROLE_NONE)
        put_out(a, u, "no group has a role any more");
    else
        role_renew(a, u, d->role);
    next(a);
}

static void next(struct auth *a)
{
    const struct conf *c = auth_conf(a);
    if (a->again.i < a->again.n && c && c->login.ldap.url.n)
        a->again.ask = directory_ask(a->loop, a->dns, c, a->again.names[a->again.i].text, NULL, said, a);
    else
        round_over(a);
}

static void round_begin(void *arg)
{
    struct auth *a = arg;
    const struct conf *c = auth_conf(a);
    bool there = c && c->login.ldap.url.n;
    VEC(struct again_name) names = {0};
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->users, &i, &key, &value)) {
        struct user *u = value;
        struct again_name name;
        if (u->origin != ORIGIN_LDAP || !session_of(a, u))
            continue;
        str_copy(name.text, sizeof(name.text), u->name);
        if (there)
            VEC_PUSH(&names, name);
        else
            put_out(a, u, "there is no directory any more");
    }
    a->again.names = names.at;
    a->again.n = (int)names.n;
    a->again.i = 0;
    next(a);
}

void recheck_begin(struct auth *a)
{
    timer_init(&a->again.timer, a->loop, round_begin, a);
    round_over(a);
}

void recheck_end(struct auth *a)
{
    if (a->outside.conf)
        timer_clear(&a->again.timer);
    a->again.ask = directory_cancel(a->again.ask);
    a->again.names = mem_free(a->again.names);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_whois.c: who somebody is, where the server does not say it by itself. */
#include "base/mem.h"
#include "base/str.h"
#include "channels/irc_session_int.h"

static void ask_end(struct irc_session *s, struct ask *a, bool found)
{
    const struct user *u = user_find(s, a->nick);
    struct irc_speaker who = {.nick = a->nick, .user = a->is_user ? a->is_user : a->user, .host = a->is_host ? a->is_host : a->host, .account = a->account ? a->account : "", .operator = found && u && a->channel >= 0 && (u->ops >> a->channel & 1)};
    a->fn(a->arg, found, &who);
    mem_free(a->nick);
    mem_free(a->user);
    mem_free(a->host);
    mem_free(a->is_user);
    mem_free(a->is_host);
    mem_free(a->account);
    mem_free(a);
}

static struct ask *take(struct irc_session *s, struct ask **at)
{
    struct ask *a = *at;
    *at = a->next;
    s->n_asks--;
    return a;
}

int irc_session_identify(struct irc_session *s, int channel, const struct irc_speaker *by, irc_identified *fn, void *arg)
{
    if (s->step != STEP_UP)
        return ERR_UNREACHABLE;
    if (by->account) {
        fn(arg, true, by);
        return 0;
    }
    if (s->n_asks >= IRC_MAX_ASKED)
        return ERR_LIMIT;
    int r = OUT_LINE(s, "WHOIS", by->nick);
    if (r < 0)
        return r;
    struct ask *a = NEW(struct ask);
    *a = (struct ask){.nick = mem_dup(by->nick), .user = mem_dup(by->user), .host = mem_dup(by->host), .channel = channel, .until_ms = clock_mono_ms() + IRC_WHOIS_MS, .fn = fn, .arg = arg};
    struct ask **end = &s->asks;
    while (*end)
        end = &(*end)->next;
    *end = a;
    s->n_asks++;
    return 0;
}

static void set(char **at, const char *text)
{
    mem_free(*at);
    *at = mem_dup(text);
}

static bool is_same(const struct ask *a)
{
    bool user = !a->user[0] || str_eq(a->user, a->is_user), host = !a->host[0] || str_ieq(a->host, a->is_host);
    return a->is_user && !a->gone && user && host;
}

static struct ask **find(struct irc_session *s, const char *nick)
{
    struct ask **at = &s->asks;
    while (*at && !irc_same(s->support.casemap, (*at)->nick, nick))
        at = &(*at)->next;
    return at;
}

/* 311 me nick user host * :name, 330 me nick account :words, 401 me nick :words, 318 me nick :words */
bool asks_line(struct irc_session *s, const struct irc_line *l)
{
    if (l->numeric != 311 && l->numeric != 330 && l->numeric != 401 && l->numeric != 318)
        return false;
    struct ask **at = find(s, irc_param(l, 1));
    if (!*at && l->numeric == 401)
        login_nobody(s, irc_param(l, 1));
    if (!*at)
        return l->numeric != 401; /* which is said of other things, too */
    if (l->numeric == 311) {
        set(&(*at)->is_user, irc_param(l, 2));
        set(&(*at)->is_host, irc_param(l, 3));
    } else if (l->numeric == 330) {
        set(&(*at)->account, irc_param(l, 2));
    } else if (l->numeric == 401) {
        (*at)->gone = true;
    } else {
        struct ask *a = take(s, at);
        ask_end(s, a, is_same(a));
    }
    return true;
}

/* Whoever has that name from here on is another one. */
void asks_gone(struct irc_session *s, const char *nick)
{
    for (struct ask *a = s->asks; a; a = a->next)
        if (irc_same(s->support.casemap, a->nick, nick))
            a->gone = true;
}

void asks_expire(struct irc_session *s, int64_t now_ms)
{
    while (s->asks && s->asks->until_ms <= now_ms)
        ask_end(s, take(s, &s->asks), false);
}

void asks_clear(struct irc_session *s)
{
    while (s->asks)
        ask_end(s, take(s, &s->asks), false);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_out.c: what a session says: at once when the protocol waits for it, else in a queue, at the pace of a person. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "channels/irc_session_int.h"
#include <string.h>

#define TOKEN "vigie-"

int out_now(struct irc_session *s, const char *command, const char *const *params, int n)
{
    struct buf b = BUF_MAX(2 * IRC_MAX_LINE);
    int r = s->link ? irc_format(&b, command, params, n) : ERR_UNREACHABLE;
    if (r == 0)
        r = irc_link_write(s->link, buf_text(&b), b.len);
    buf_done(&b);
    return r;
}

/* ---- the pace ---- */

void out_begin(struct irc_session *s)
{
    s->tokens = IRC_BURST * IRC_LINE_MS;
    s->filled_ms = clock_mono_ms();
}

static void fill(struct irc_session *s)
{
    int64_t now = clock_mono_ms();
    s->tokens += now - s->filled_ms;
    s->filled_ms = now;
    if (s->tokens > IRC_BURST * IRC_LINE_MS)
        s->tokens = IRC_BURST * IRC_LINE_MS;
}

static struct out *pop(struct irc_session *s)
{
    struct out *o = s->first;
    s->first = o->next;
    if (!s->first)
        s->last = &s->first;
    s->n_queued--;
    return o;
}

static void out_free(struct out *o)
{
    mem_free(o->text);
    mem_free(o);
}

static void mark_sent(struct irc_session *s, int64_t token)
{
    for (struct irc_said *w = s->said; w; w = w->next)
        if (w->token == token)
            w->sent = true;
}

void out_flow(void *session)
{
    struct irc_session *s = session;
    fill(s);
    while (s->first && s->tokens >= IRC_LINE_MS && s->link) {
        struct out *o = pop(s);
        s->tokens -= IRC_LINE_MS;
        if (o->token)
            mark_sent(s, o->token);
        irc_link_write(s->link, o->text, o->n); /* what fails ends the link soon */
        out_free(o);
    }
    if (s->first)
        timer_set(&s->flow, IRC_LINE_MS - s->tokens);
}

static int push(struct irc_session *s, const struct buf *b, int64_t token)
{
    if (s->step != STEP_UP)
        return ERR_UNREACHABLE;
    if (s->n_queued >= IRC_MAX_QUEUE)
        return ERR_LIMIT;
    struct out *o = NEW(struct out);
    *o = (struct out){.text = mem_dupn(buf_text(b), b->len), .n = b->len, .token = token};
    *s->last = o;
    s->last = &o->next;
    s->n_queued++;
    if (!timer_is_set(&s->flow))
        timer_set(&s->flow, 0);
    return 0;
}

int out_line(struct irc_session *s, const char *command, const char *const *params, int n)
{
    struct buf b = BUF_MAX(2 * IRC_MAX_LINE);
    int r = irc_format(&b, command, params, n);
    if (r == 0)
        r = push(s, &b, 0);
    buf_done(&b);
    return r;
}

/* ---- texts ---- */

static int text_line(struct irc_session *s, struct buf *out, const char *target, bool notice, const char *text)
{
    const char *command = notice ? "NOTICE" : "PRIVMSG";
    struct buf cut = BUF_MAX(2 * IRC_MAX_LINE);
    irc_shorten(&cut, text, irc_text_room(s->nick, s->user, s->host, command, target));
    const char *params[] = {target, buf_text(&cut)};
    int r = irc_format(out, command, params, 2);
    buf_done(&cut);
    return r;
}

int irc_session_say(struct irc_session *s, const char *target, bool notice, const char *text)
{
    struct buf b = BUF_MAX(2 * IRC_MAX_LINE);
    int r = text_line(s, &b, target, notice, text);
    if (r == 0)
        r = push(s, &b, 0);
    buf_done(&b);
    return r;
}

struct irc_said *irc_session_say_then(struct irc_session *s, int channel, bool notice, const char *text, irc_confirmed *fn, void *arg, struct err *e)
{
    const struct room *at = &s->rooms[channel];
    struct buf b = BUF_MAX(4 * IRC_MAX_LINE);
    char token[40];
    const char *params[] = {token};
    str_print(token, sizeof token, TOKEN "%lld", (long long)s->next_token);
    int r = at->ready ? text_line(s, &b, at->name, notice, text) : ERR_UNREACHABLE;
    if (r == 0)
        r = irc_format(&b, "PING", params, 1);
    if (r == 0)
        r = push(s, &b, s->next_token);
    buf_done(&b);
    if (r < 0) {
        err_set(e, r, r == ERR_LIMIT ? MSG("too much waits to be said on {1} already") : MSG("{1} is not reached"), "s", at->name);
        return NULL;
    }
    struct irc_said *w = NEW(struct irc_said);
    *w = (struct irc_said){.next = s->said, .s = s, .token = s->next_token++, .channel = channel, .fn = fn, .arg = arg};
    s->said = w;
    return w;
}

void irc_said_forget(struct irc_said *w)
{
    w->fn = NULL;
}

static void said_end(struct irc_said *w, int code, bool in_doubt, const struct err *e)
{
    if (w->fn)
        w->fn(w->arg, code, in_doubt, e);
    mem_free(w);
}

static struct irc_said *said_take(struct irc_said **at)
{
    struct irc_said *w = *at;
    *at = w->next;
    return w;
}

void out_pong(struct irc_session *s, const char *token)
{
    int64_t n;
    if (!str_starts(token, TOKEN) || str_i64(token + strlen(TOKEN), &n) < 0)
        return;
    for (struct irc_said **at = &s->said; *at; at = &(*at)->next)
        if ((*at)->token == n) {
            said_end(said_take(at), 0, false, NULL);
            return;
        }
}

/* The server says so before the PONG of what it is about: the oldest one that was sent there. */
void out_refused(struct irc_session *s, int channel, const char *why)
{
    struct irc_said **oldest = NULL;
    struct err e = {0};
    for (struct irc_said **at = &s->said; *at; at = &(*at)->next)
        if ((*at)->channel == channel && (*at)->sent)
            oldest = at;
    if (!oldest)
        return;
    err_set(&e, ERR_DENIED, MSG("{1}: “{2}”"), "ss", s->rooms[channel].name, why);
    said_end(said_take(oldest), ERR_DENIED, false, &e);
}

void out_lost(struct irc_session *s, int code, const struct err *e)
{
    while (s->first)
        out_free(pop(s));
    struct irc_said *list = s->said;
    s->said = NULL;
    while (list) {
        struct irc_said *w = said_take(&list);
        said_end(w, code, w->sent, e);
    }
}

/* ---- topics ---- */

static bool is_operator(const struct irc_session *s, int channel)
{
    const struct user *me = user_find(s, s->nick);
    return me && (me->ops >> channel & 1);
}

static bool by_chanserv(const struct irc_session *s, int channel)
{
    return s->rooms[channel].locked && !is_operator(s, channel) && s->o.chanserv;
}

/* Both what we say to ChanServ and what the server says to all must fit. */
int irc_session_topic_room(const struct irc_session *s, int channel)
{
    const char *name = s->rooms[channel].name;
    size_t room = irc_text_room(s->nick, s->user, s->host, "TOPIC", name), service = strlen("PRIVMSG  :TOPIC  \r\n") + strlen(name) + strlen(s->o.chanserv ? s->o.chanserv : "");
    if (by_chanserv(s, channel) && room > IRC_MAX_LINE - service)
        room = IRC_MAX_LINE - service;
    if (s->support.topic_len && (size_t)s->support.topic_len < room)
        room = (size_t)s->support.topic_len;
    return (int)room;
}

int irc_session_set_topic(struct irc_session *s, int channel, const char *text)
{
    const char *name = s->rooms[channel].name;
    char line[IRC_MAX_LINE];
    if (!s->rooms[channel].ready)
        return ERR_UNREACHABLE;
    if (!by_chanserv(s, channel))
        return OUT_LINE(s, "TOPIC", name, text);
    str_print(line, sizeof line, "TOPIC %s %s", name, text);
    return OUT_LINE(s, "PRIVMSG", s->o.chanserv, line);
}

int irc_session_look(struct irc_session *s, int channel)
{
    s->rooms[channel].looking = true;
    return OUT_LINE(s, "TOPIC", s->rooms[channel].name);
}

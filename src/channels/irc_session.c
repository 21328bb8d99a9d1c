/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_session.c: the life of a session: connecting, noticing that the server is dead, coming back. */
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "channels/irc_session_int.h"
#include <string.h>

enum { PULSE_MS = 5000, STEADY_MS = 60000 };

static void dial(void *arg);

/* ---- the end of a connection ---- */

static void log_end(const struct irc_session *s)
{
    struct buf b = BUF_MAX(1000);
    if (s->failures > 1)
        return; /* said once */
    msg_render(&b, s->error.text, "en");
    log_line(LOG_WARN, "irc %s: %s", s->o.network, buf_text(&b));
    buf_done(&b);
}

/* A quarter more or less, so that not all come back at once after a server has gone. */
static int64_t retry_wait(int failures)
{
    int64_t ms = IRC_RETRY_MS;
    for (int i = 1; i < failures && ms < IRC_RETRY_MOST_MS; i++)
        ms *= 2;
    ms = ms < IRC_RETRY_MOST_MS ? ms : IRC_RETRY_MOST_MS;
    return ms - ms / 4 + (int64_t)(entropy_u64() % (uint64_t)(ms / 2));
}

static void rest(struct irc_session *s)
{
    timer_clear(&s->pulse);
    timer_clear(&s->flow);
    s->link = irc_link_free(s->link);
    rooms_clear(s);
    asks_clear(s);
}

void session_fail(struct irc_session *s, int code, const struct err *e)
{
    bool was_up = s->step == STEP_UP;
    struct err gone = {0};
    if (s->step == STEP_DOWN)
        return;
    if (e)
        s->error = *e;
    else
        err_set(&s->error, code ? code : ERR_RESET, MSG("the server closed the connection"), "");
    if (was_up && clock_mono_ms() - s->began_ms > STEADY_MS)
        s->failures = 0;
    s->failures++;
    s->step = STEP_DOWN;
    if (was_up || s->failures == 1)
        s->since_ms = clock_wall_ms();
    int64_t wait = retry_wait(s->failures);
    s->retry_at_ms = clock_wall_ms() + wait;
    timer_set(&s->retry, wait);
    log_end(s);
    rest(s);
    gone = s->error;
    out_lost(s, ERR_RESET, &gone);
    if (was_up)
        s->on.on_down(s->arg);
}

static void link_ended(void *arg, int code, const struct err *e)
{
    session_fail(arg, code, e);
}

/* ---- a connection ---- */

static void link_open(void *arg)
{
    struct irc_session *s = arg;
    s->step = STEP_REGISTERING;
    s->heard_ms = s->began_ms = clock_mono_ms();
    login_begin(s);
}

/* Everything that has to be looked at now and then. */
static void pulse(void *arg)
{
    struct irc_session *s = arg;
    struct err e = {0};
    int64_t now = clock_mono_ms();
    timer_set(&s->pulse, PULSE_MS);
    asks_expire(s, now);
    if (s->step == STEP_REGISTERING && now - s->began_ms > IRC_REGISTER_MS) {
        session_fail(s, err_set(&e, ERR_TIMEOUT, MSG("the server did not let us in within {1}"), "d", (int64_t)IRC_REGISTER_MS), &e);
    } else if (s->pinged_ms && now - s->pinged_ms > IRC_ANSWER_MS) {
        session_fail(s, err_set(&e, ERR_TIMEOUT, MSG("the server has been silent for {1}"), "d", now - s->heard_ms), &e);
    } else if (s->step == STEP_UP) {
        if (!s->pinged_ms && now - s->heard_ms > IRC_SILENT_MS) {
            s->pinged_ms = now;
            OUT_NOW(s, "PING", "vigie");
        }
        login_regain(s);
        login_again(s);
        rooms_join(s, false);
    }
}

struct irc_speaker session_speaker(const struct irc_session *s, const struct irc_line *l, int channel)
{
    static const char none[] = "";
    const struct user *u = user_find(s, l->nick);
    struct irc_speaker by = {.nick = l->nick, .user = l->user, .host = l->host, .operator = u && channel >= 0 && (u->ops >> channel & 1)};
    if (!l->user[0] && u && u->user[0]) {
        by.user = u->user;
        by.host = u->host;
    }
    if (s->caps & CAP_ACCOUNT_TAG)
        by.account = none; /* the tag, if there is one, is put in its place by whoever has room for it */
    else if (u && (s->caps & CAP_ACCOUNT_NOTIFY) && (s->caps & CAP_EXTENDED_JOIN))
        by.account = u->account;
    return by;
}

static void server_ping(struct irc_session *s, const struct irc_line *l)
{
    out_now(s, "PONG", l->params, l->n < 2 ? l->n : 2);
}

static void server_error(struct irc_session *s, const struct irc_line *l)
{
    struct err e = {0};
    char why[300];
    str_copy(why, sizeof why, irc_param(l, 0));
    session_fail(s, err_set(&e, ERR_RESET, MSG("the server ended it: {1}"), "s", why), &e);
}

static void said(struct irc_session *s, const struct irc_line *l)
{
    char account[NAME_BYTES], text[IRC_MAX_LINE + 1];
    int channel = room_find(s, irc_param(l, 0));
    struct irc_speaker by = session_speaker(s, l, channel);
    if (l->n < 2 || irc_session_is_me(s, l->nick) || (channel < 0 && !irc_session_is_me(s, irc_param(l, 0))))
        return;
    if (irc_tag(l, "account", account, sizeof account) && (s->caps & CAP_ACCOUNT_TAG))
        by.account = account;
    str_copy(text, sizeof text, irc_param(l, 1));
    irc_strip(text);
    if (text[0] != 0x01) /* CTCP is for clients */
        s->on.on_said(s->arg, channel, &by, text);
}

static void dispatch(struct irc_session *s, const struct irc_line *l)
{
    if (str_eq(l->command, "PING"))
        server_ping(s, l);
    else if (str_eq(l->command, "PONG"))
        out_pong(s, irc_param(l, l->n - 1));
    else if (str_eq(l->command, "ERROR"))
        server_error(s, l);
    else if (str_eq(l->command, "PRIVMSG"))
        said(s, l);
    else if (!login_line(s, l) && !asks_line(s, l))
        rooms_line(s, l);
}

static void link_line(void *arg, char *text)
{
    struct irc_session *s = arg;
    struct irc_line l;
    s->heard_ms = clock_mono_ms();
    s->pinged_ms = 0;
    if (irc_parse(text, &l) == 0)
        dispatch(s, &l);
}

static const struct irc_link_events link_calls = {link_open, link_line, link_ended};

static void dial(void *arg)
{
    struct irc_session *s = arg;
    struct addr literal;
    bool is_name = addr_parse(s->o.host, 1, &literal) != 0;
    struct irc_link_opts o = {.host = s->o.host, .port = s->o.port, .secure = s->o.tls,
                              .tls = {.server_name = is_name || s->o.verify ? s->o.host : NULL, .verify = s->o.verify, .ca_file = s->o.ca_file, .cert_file = s->o.cert_file, .key_file = s->o.key_file}};
    s->step = STEP_CONNECTING;
    s->retry_at_ms = 0;
    s->began_ms = s->heard_ms = clock_mono_ms();
    s->pinged_ms = 0;
    s->server[0] = s->account[0] = s->user[0] = s->host[0] = 0;
    out_begin(s);
    irc_support_init(&s->support);
    timer_set(&s->pulse, PULSE_MS);
    s->link = irc_link_start(s->loop, s->dns, &o, &link_calls, s);
}

/* ---- what is so ---- */

void irc_session_get(const struct irc_session *s, struct irc_session_state *ret)
{
    *ret = (struct irc_session_state){.up = s->step == STEP_UP, .since_ms = s->since_ms, .nick = s->nick, .account = s->account, .server = s->server,
                                      .error = s->error.text[0] ? s->error.text : NULL, .failures = s->failures, .queued = s->n_queued, .retry_ms = s->retry_at_ms};
    for (int i = 0; i < s->n_rooms; i++)
        ret->joined += s->rooms[i].ready;
}

void irc_session_channel(const struct irc_session *s, int channel, struct irc_channel_state *ret)
{
    const struct room *r = &s->rooms[channel];
    *ret = (struct irc_channel_state){.name = r->name, .joined = r->ready, .topic = r->topic ? r->topic : "", .topic_by = r->topic_by ? r->topic_by : "", .topic_ms = r->topic_ms,
                                      .error = r->error.text[0] ? r->error.text : NULL};
}

bool irc_session_is_me(const struct irc_session *s, const char *nick)
{
    return irc_same(s->support.casemap, nick, s->nick);
}

bool irc_session_same(const struct irc_session *s, const char *a, const char *b)
{
    return irc_same(s->support.casemap, a, b);
}

bool irc_session_is_service(const struct irc_session *s, const struct irc_speaker *by)
{
    return (!by->user[0] && strchr(by->nick, '.')) || (s->o.chanserv && irc_same(s->support.casemap, by->nick, s->o.chanserv));
}

bool irc_session_mask_fits(const struct irc_session *s, const char *mask, const struct irc_speaker *by)
{
    return by->user[0] && by->host[0] && irc_mask_fits(s->support.casemap, mask, by->nick, by->user, by->host);
}

/* ---- life ---- */

static void copy_opts(struct irc_session *s, const struct irc_session_opts *o)
{
    struct arena *a = s->arena;
    const char **const texts[] = {&s->o.network, &s->o.host, &s->o.ca_file, &s->o.cert_file, &s->o.key_file, &s->o.nick, &s->o.user, &s->o.realname, &s->o.password, &s->o.account, &s->o.secret, &s->o.nickserv, &s->o.chanserv};
    s->o = *o;
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = arena_dup(a, *texts[i]);
    s->o.channels = NULL;
    for (int i = 0; i < o->n_channels && i < IRC_MAX_CHANNELS; i++)
        s->rooms[s->n_rooms++] = (struct room){.name = arena_dup(a, o->channels[i].name), .key = arena_dup(a, o->channels[i].key)};
}

struct irc_session *irc_session_new(struct loop *l, struct dns *dns, const struct irc_session_opts *o, const struct irc_session_events *events, void *arg)
{
    struct irc_session *s = NEW(struct irc_session);
    *s = (struct irc_session){.magic = SESSION_MAGIC, .arena = arena_new(0), .loop = l, .dns = dns, .on = *events, .arg = arg, .last = &s->first, .since_ms = clock_wall_ms(), .next_token = 1};
    copy_opts(s, o);
    str_copy(s->nick, sizeof s->nick, s->o.nick);
    irc_support_init(&s->support);
    timer_init(&s->retry, l, dial, s);
    timer_init(&s->pulse, l, pulse, s);
    timer_init(&s->flow, l, out_flow, s);
    timer_set(&s->retry, 0);
    return s;
}

struct irc_session *irc_session_free(struct irc_session *s, const char *goodbye)
{
    struct err e = {0};
    if (!s)
        return NULL;
    CHECK_OBJ(s, SESSION_MAGIC);
    if (s->step == STEP_UP)
        OUT_NOW(s, "QUIT", goodbye ? goodbye : "");
    timer_clear(&s->retry);
    s->step = STEP_DOWN;
    rest(s);
    err_set(&e, ERR_CANCELLED, MSG("The daemon is stopping."), "");
    out_lost(s, ERR_CANCELLED, &e);
    map_done(&s->users);
    arena_free(s->arena);
    s->magic = 0;
    return mem_free(s);
}

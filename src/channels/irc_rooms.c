/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_rooms.c: the channels that we are in: joining and coming back, topics, who is there, under which account, and who may what. */
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "channels/irc_session_int.h"
#include <string.h>

#define WHOX_TOKEN "742"

int room_find(const struct irc_session *s, const char *name)
{
    for (int i = 0; i < s->n_rooms; i++)
        if (irc_same(s->support.casemap, s->rooms[i].name, name))
            return i;
    return -1;
}

/* ---- people ---- */

static char *folded(const struct irc_session *s, const char *nick)
{
    char *key = mem_dup(nick);
    irc_fold_text(s->support.casemap, nick, key, strlen(nick) + 1);
    return key;
}

struct user *user_find(const struct irc_session *s, const char *nick)
{
    char key[NAME_BYTES];
    if (strlen(nick) >= sizeof key)
        return NULL;
    irc_fold_text(s->support.casemap, nick, key, sizeof key);
    return map_find(&s->users, key);
}

static void user_free(struct user *u)
{
    mem_free(u->key);
    mem_free(u->nick);
    mem_free(u->user);
    mem_free(u->host);
    mem_free(u->account);
    mem_free(u);
}

static void put(char **at, const char *text)
{
    char *copy = mem_dup(text);
    mem_free(*at);
    *at = copy;
}

/* NULL: there are too many already; who is not known is asked for when it matters. */
static struct user *user_make(struct irc_session *s, const char *nick)
{
    struct user *u = user_find(s, nick);
    if (u || s->users.n >= IRC_MAX_USERS || strlen(nick) >= NAME_BYTES || !nick[0])
        return u;
    u = NEW(struct user);
    *u = (struct user){.key = folded(s, nick), .nick = mem_dup(nick), .user = mem_dup(""), .host = mem_dup("")};
    map_set(&s->users, u->key, u);
    return u;
}

static void user_drop(struct irc_session *s, struct user *u)
{
    map_remove(&s->users, u->key);
    user_free(u);
}

static void user_leave(struct irc_session *s, const char *nick, int channel)
{
    struct user *u = user_find(s, nick);
    if (!u)
        return;
    u->in &= ~(UINT64_C(1) << channel);
    u->ops &= ~(UINT64_C(1) << channel);
    if (!u->in)
        user_drop(s, u);
}

static void room_empty(struct irc_session *s, int channel)
{
    const char *key;
    void *at;
    for (size_t i = 0; map_each(&s->users, &i, &key, &at);) {
        struct user *u = at;
        u->in &= ~(UINT64_C(1) << channel);
        u->ops &= ~(UINT64_C(1) << channel);
        if (!u->in)
            user_drop(s, u);
    }
}

static void room_leave(struct irc_session *s, int channel)
{
    struct room *r = &s->rooms[channel];
    bool was = r->ready;
    r->inside = r->ready = r->locked = r->looking = false;
    r->topic = mem_free(r->topic);
    r->topic_by = mem_free(r->topic_by);
    r->topic_ms = 0;
    room_empty(s, channel);
    if (was && s->step == STEP_UP)
        s->on.on_channel(s->arg, channel);
}

void rooms_clear(struct irc_session *s)
{
    for (int i = 0; i < s->n_rooms; i++) {
        struct room *r = &s->rooms[i];
        r->inside = r->ready = r->locked = r->looking = false;
        r->topic = mem_free(r->topic);
        r->topic_by = mem_free(r->topic_by);
        r->join_ms = r->wait_ms = 0;
        room_empty(s, i);
    }
}

/* ---- joining ---- */

void rooms_join(struct irc_session *s, bool all)
{
    int64_t now = clock_mono_ms();
    for (int i = 0; i < s->n_rooms; i++) {
        struct room *r = &s->rooms[i];
        if (r->inside || !(all || (r->join_ms && r->join_ms <= now)))
            continue;
        r->join_ms = now + IRC_REJOIN_MOST_MS; /* unless the server says anything */
        if (r->key)
            OUT_LINE(s, "JOIN", r->name, r->key);
        else
            OUT_LINE(s, "JOIN", r->name);
    }
}

static void room_again(struct room *r)
{
    r->wait_ms = r->wait_ms ? 2 * r->wait_ms : IRC_REJOIN_MS;
    r->wait_ms = r->wait_ms < IRC_REJOIN_MOST_MS ? r->wait_ms : IRC_REJOIN_MOST_MS;
    r->join_ms = clock_mono_ms() + r->wait_ms;
}

/* 403, 405, 437, 471, 473, 474, 475, 477 me #channel :words */
static void on_join_refused(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 1));
    if (i >= 0 && s->rooms[i].ready && l->numeric == 437) /* InspIRCd: a service has set the topic in this very second */
        s->on.on_topic_refused(s->arg, i, irc_param(l, l->n - 1));
    if (i < 0 || s->rooms[i].inside)
        return;
    bool first = !s->rooms[i].error.text[0];
    err_set(&s->rooms[i].error, ERR_DENIED, MSG("{1}: “{2}”"), "ss", s->rooms[i].name, irc_param(l, l->n - 1));
    if (first)
        log_line(LOG_WARN, "irc %s: %s: %s", s->o.network, s->rooms[i].name, irc_param(l, l->n - 1));
    room_again(&s->rooms[i]);
}

static void set_account(struct user *u, const char *account)
{
    put(&u->account, str_eq(account, "*") || str_eq(account, "0") ? "" : account);
}

static void on_join(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 0));
    if (i < 0)
        return;
    if (irc_session_is_me(s, l->nick)) {
        s->rooms[i].inside = true;
        s->rooms[i].error = (struct err){0};
        str_copy(s->user, sizeof s->user, l->user);
        str_copy(s->host, sizeof s->host, l->host);
    }
    struct user *u = user_make(s, l->nick);
    if (!u)
        return;
    u->in |= UINT64_C(1) << i;
    put(&u->user, l->user);
    put(&u->host, l->host);
    if ((s->caps & CAP_EXTENDED_JOIN) && l->n > 1)
        set_account(u, irc_param(l, 1));
}

/* 353 me = #channel :@nick +nick nick */
static void on_names(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 2));
    struct str rest = str_of(irc_param(l, 3)), word;
    const char *signs = s->support.prefix_signs, *op = strchr(s->support.prefix_modes, 'o');
    size_t least = op ? (size_t)(op - s->support.prefix_modes) : 0;
    char nick[NAME_BYTES];
    while (i >= 0 && str_next(&rest, " ", &word)) {
        bool is_op = false;
        for (const char *sign; word.n && (sign = strchr(signs, word.p[0])) && *sign; word.p++, word.n--)
            is_op |= (size_t)(sign - signs) <= least;
        struct user *u = str_copyn(nick, sizeof nick, word.p, word.n) ? user_make(s, nick) : NULL;
        if (!u)
            continue;
        u->in |= UINT64_C(1) << i;
        u->ops = is_op ? u->ops | UINT64_C(1) << i : u->ops & ~(UINT64_C(1) << i);
    }
}

static void on_names_end(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 1));
    if (i < 0 || !s->rooms[i].inside || s->rooms[i].ready)
        return;
    OUT_LINE(s, "MODE", s->rooms[i].name);
    if (s->support.whox && (s->caps & CAP_ACCOUNT_NOTIFY) && (s->caps & CAP_EXTENDED_JOIN) && !(s->caps & CAP_ACCOUNT_TAG))
        OUT_LINE(s, "WHO", s->rooms[i].name, "%tuhna," WHOX_TOKEN);
    s->rooms[i].ready = true;
    s->on.on_channel(s->arg, i);
}

/* 354 me 742 user host nick account */
static void on_whox(struct irc_session *s, const struct irc_line *l)
{
    struct user *u = user_find(s, irc_param(l, 4));
    if (!u || !str_eq(irc_param(l, 1), WHOX_TOKEN))
        return;
    put(&u->user, irc_param(l, 2));
    put(&u->host, irc_param(l, 3));
    set_account(u, irc_param(l, 5));
}

/* ---- leaving ---- */

static void left(struct irc_session *s, int channel, const char *nick)
{
    if (irc_session_is_me(s, nick)) {
        room_again(&s->rooms[channel]);
        room_leave(s, channel);
    } else {
        user_leave(s, nick, channel);
    }
}

static void on_part(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 0));
    if (i >= 0)
        left(s, i, l->nick);
}

static void on_kick(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 0));
    if (i < 0)
        return;
    if (irc_session_is_me(s, irc_param(l, 1))) {
        err_set(&s->rooms[i].error, ERR_DENIED, MSG("{1}: put out by {2}: “{3}”"), "sss", s->rooms[i].name, l->nick, irc_param(l, 2));
        log_line(LOG_WARN, "irc %s: %s: put out by %s: %s", s->o.network, s->rooms[i].name, l->nick, irc_param(l, 2));
    }
    left(s, i, irc_param(l, 1));
}

static void on_quit(struct irc_session *s, const struct irc_line *l)
{
    struct user *u = user_find(s, l->nick);
    asks_gone(s, l->nick);
    if (u)
        user_drop(s, u);
    if (irc_same(s->support.casemap, l->nick, s->o.nick))
        s->regain_ms = 0; /* our name is free */
}

static void on_nick(struct irc_session *s, const struct irc_line *l)
{
    const char *now = irc_param(l, 0);
    struct user *u = user_find(s, l->nick);
    asks_gone(s, l->nick);
    asks_gone(s, now);
    if (irc_same(s->support.casemap, l->nick, s->o.nick))
        s->regain_ms = 0;
    if (irc_session_is_me(s, l->nick))
        str_copy(s->nick, sizeof s->nick, now);
    if (!u || !now[0] || strlen(now) >= NAME_BYTES)
        return;
    map_remove(&s->users, u->key);
    mem_free(u->key);
    u->key = folded(s, now);
    put(&u->nick, now);
    struct user *other = map_set(&s->users, u->key, u);
    if (other && other != u)
        user_free(other);
}

/* ---- what changes ---- */

static void on_account_change(struct irc_session *s, const struct irc_line *l)
{
    struct user *u = user_find(s, l->nick);
    if (u)
        set_account(u, irc_param(l, 0));
}

static void on_host_change(struct irc_session *s, const struct irc_line *l)
{
    struct user *u = user_find(s, l->nick);
    if (irc_session_is_me(s, l->nick)) {
        str_copy(s->user, sizeof s->user, irc_param(l, 0));
        str_copy(s->host, sizeof s->host, irc_param(l, 1));
    }
    if (!u)
        return;
    put(&u->user, irc_param(l, 0));
    put(&u->host, irc_param(l, 1));
}

struct modes {
    struct irc_session *s;
    int channel;
};

static void mode_seen(void *arg, bool set, char mode, const char *param)
{
    struct modes *m = arg;
    const char *at = strchr(m->s->support.prefix_modes, mode), *op = strchr(m->s->support.prefix_modes, 'o');
    struct user *u = at && op && at <= op && param ? user_find(m->s, param) : NULL;
    if (mode == 't')
        m->s->rooms[m->channel].locked = set;
    if (u)
        u->ops = set ? u->ops | UINT64_C(1) << m->channel : u->ops & ~(UINT64_C(1) << m->channel);
}

static void on_mode(struct irc_session *s, const struct irc_line *l)
{
    struct modes m = {s, room_find(s, irc_param(l, 0))};
    if (m.channel >= 0)
        irc_modes_each(&s->support, l, 1, mode_seen, &m);
}

static void on_mode_is(struct irc_session *s, const struct irc_line *l) /* 324 me #channel +nt */
{
    struct modes m = {s, room_find(s, irc_param(l, 1))};
    if (m.channel < 0)
        return;
    s->rooms[m.channel].locked = false;
    irc_modes_each(&s->support, l, 2, mode_seen, &m);
}

/* ---- topics ---- */

static void on_topic(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 0));
    char account[NAME_BYTES];
    if (i < 0)
        return;
    struct irc_speaker by = session_speaker(s, l, i);
    if ((s->caps & CAP_ACCOUNT_TAG) && irc_tag(l, "account", account, sizeof account))
        by.account = account;
    put(&s->rooms[i].topic, irc_param(l, 1));
    put(&s->rooms[i].topic_by, l->nick);
    s->rooms[i].topic_ms = clock_wall_ms();
    if (s->rooms[i].ready)
        s->on.on_topic(s->arg, i, &by);
}

static void looked(struct irc_session *s, int channel)
{
    bool was = s->rooms[channel].looking;
    s->rooms[channel].looking = false;
    if (was && s->rooms[channel].ready)
        s->on.on_topic_known(s->arg, channel);
}

static void on_topic_none(struct irc_session *s, const struct irc_line *l) /* 331 me #channel :words */
{
    int i = room_find(s, irc_param(l, 1));
    if (i < 0)
        return;
    put(&s->rooms[i].topic, "");
    put(&s->rooms[i].topic_by, "");
    s->rooms[i].topic_ms = 0;
    looked(s, i);
}

static void on_topic_is(struct irc_session *s, const struct irc_line *l) /* 332 me #channel :topic */
{
    int i = room_find(s, irc_param(l, 1));
    if (i >= 0)
        put(&s->rooms[i].topic, irc_param(l, 2));
}

static void on_topic_by(struct irc_session *s, const struct irc_line *l) /* 333 me #channel nick seconds */
{
    int i = room_find(s, irc_param(l, 1));
    int64_t seconds = 0;
    if (i < 0)
        return;
    put(&s->rooms[i].topic_by, irc_param(l, 2));
    s->rooms[i].topic_ms = str_i64(irc_param(l, 3), &seconds) == 0 && seconds > 0 && seconds < INT64_C(1) << 40 ? seconds * 1000 : 0;
    looked(s, i);
}

/* 404: what was said did not arrive; 482: only operators may. */
static void on_refused(struct irc_session *s, const struct irc_line *l)
{
    int i = room_find(s, irc_param(l, 1));
    if (i < 0)
        return;
    if (l->numeric == 482) {
        s->rooms[i].locked = true;
        s->on.on_topic_refused(s->arg, i, irc_param(l, l->n - 1));
    } else {
        out_refused(s, i, irc_param(l, l->n - 1));
    }
}

static const struct {
    int numeric;
    const char *word;
    void (*fn)(struct irc_session *s, const struct irc_line *l);
} rows[] = {
    {0, "JOIN", on_join},         {0, "PART", on_part},          {0, "KICK", on_kick},          {0, "QUIT", on_quit},        {0, "NICK", on_nick},           {0, "ACCOUNT", on_account_change},
    {0, "CHGHOST", on_host_change}, {0, "MODE", on_mode},        {0, "TOPIC", on_topic},        {324, NULL, on_mode_is},     {331, NULL, on_topic_none},     {332, NULL, on_topic_is},
    {333, NULL, on_topic_by},     {353, NULL, on_names},         {354, NULL, on_whox},          {366, NULL, on_names_end},   {403, NULL, on_join_refused},   {404, NULL, on_refused},
    {405, NULL, on_join_refused}, {437, NULL, on_join_refused}, {471, NULL, on_join_refused},  {473, NULL, on_join_refused}, {474, NULL, on_join_refused},  {475, NULL, on_join_refused},
    {477, NULL, on_join_refused}, {482, NULL, on_refused},
};

bool rooms_line(struct irc_session *s, const struct irc_line *l)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].word ? str_eq(rows[i].word, l->command) : rows[i].numeric == l->numeric && l->numeric > 0) {
            rows[i].fn(s, l);
            return true;
        }
    return false;
}

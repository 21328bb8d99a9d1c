/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_say.c: what is published, in one line, in each channel that wants it.  A row of the outbox is for one channel ("network/#channel"); it waits
 * there until we are in, and is done when the server has answered the PING right behind it: each is said once, and only one whose
 * connection broke in between may be said again. */
#include "announce/irc_int.h"
#include "announce/mailing_int.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "wire/irc.h"
#include <string.h>

enum { KEY_MOST = 400, PLACE_MOST = 300, LINE_CHARS = 380 };

struct saying {
    struct channel_saying base;
    struct saying *next, **at;
    struct irc *irc; /* NULL: it is gone */
    struct net *net;
    int room;
    channel_done *done;
    void *job;
    struct irc_said *said;
    bool starting, finding, hushed, ended;
};

/* ---- who hears of what ---- */

static bool wants(const struct conf_irc_channel *k, enum notice n)
{
    const char *word = NULL;
    for (int i = 0; i < 4; i++)
        word = notice_kind(n) & (1u << i) ? subscriber_kind_words[i] : word;
    for (int i = 0; i < k->tell.n; i++)
        if (str_eq(k->tell.at[i], word))
            return true;
    return false;
}

static bool concerns(const struct conf *c, const struct conf_irc_channel *k, const struct bulletin *b)
{
    struct buf about = BUF_MAX(4000);
    for (int i = 0; i < k->about.n; i++)
        buf_printf(&about, "%s%s", i ? "," : "", k->about.at[i]);
    struct subscriber one = {.about = buf_text(&about)};
    bool is = !about.len || subscriber_concerned(&one, c, b);
    buf_done(&about);
    return is;
}

static int add_rows(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *batch, int64_t now_ms)
{
    struct irc *c = arg;
    const struct conf *conf = irc_conf(c);
    const char *name;
    void *at;
    int n = 0;
    for (size_t k = 0; conf && map_each(&conf->irc_by_name, &k, &name, &at);) {
        const struct conf_irc *o = at;
        for (int j = 0; j < o->channels.n; j++) {
            const struct conf_irc_channel *channel = conf_irc_channel_at(o, j);
            char key[KEY_MOST], place[PLACE_MOST], payload[60];
            if (!wants(channel, p->notice) || !concerns(conf, channel, p->b))
                continue;
            str_print(place, sizeof place, "%s/%s", name, channel->name);
            str_print(key, sizeof key, "irc:%s:%s", p->key, place);
            str_print(payload, sizeof payload, "{\"p\":%lld}", (long long)p->id);
            outbox_add(batch, c->env.node, "irc", key, place, payload, now_ms);
            n++;
        }
    }
    return n;
}

/* ---- one of them ---- */

static void unlink_saying(struct saying *s)
{
    if (!s->at)
        return;
    *s->at = s->next;
    if (s->next)
        s->next->at = s->at;
    s->at = NULL;
}

static void saying_free(struct saying *s)
{
    unlink_saying(s);
    mem_free(s);
}

static void saying_end(struct saying *s, int code, bool in_doubt, bool permanent, const struct err *e)
{
    s->ended = true;
    s->done(s->job, code, in_doubt, permanent, e);
    if (!s->starting)
        saying_free(s);
}

static void confirmed(void *arg, int code, bool in_doubt, const struct err *e)
{
    struct saying *s = arg;
    s->said = NULL;
    saying_end(s, code, in_doubt, false, e);
}

static void found(void *arg, int code, const struct publication *p)
{
    struct saying *s = arg;
    struct err e = {0};
    s->finding = false;
    if (s->hushed) {
        saying_free(s);
        return;
    }
    struct room *r = &s->net->rooms[s->room];
    const struct conf_irc_channel *k = room_conf(r);
    if (!p || !k) {
        saying_end(s, code ? code : ERR_NOT_FOUND, false, code == ERR_NOT_FOUND || !k, NULL);
        return;
    }
    struct buf line = BUF_MAX(8192);
    telling_line(s->irc->env.telling, p, room_lang(r), LINE_CHARS, irc_text_room(NULL, NULL, NULL, "PRIVMSG", k->name), &line);
    s->said = irc_session_say_then(s->net->session, s->room, k->say == 0, buf_text(&line), confirmed, s, &e);
    buf_done(&line);
    if (!s->said)
        saying_end(s, e.code, false, false, &e);
}

static void hush(struct channel_saying *base)
{
    struct saying *s = (struct saying *)base;
    if (s->said)
        irc_said_forget(s->said);
    s->said = NULL;
    s->hushed = true;
    unlink_saying(s);
    if (!s->finding)
        saying_free(s);
}

static struct net *place_find(struct irc *c, const char *place, int *ret_room)
{
    const char *slash = strchr(place, '/');
    size_t n = slash ? (size_t)(slash - place) : 0;
    for (struct net *net = c->nets; slash && net; net = net->next)
        if (strlen(net->name) == n && strncmp(net->name, place, n) == 0)
            for (*ret_room = 0; *ret_room < net->n_rooms; ++*ret_room) {
                const struct conf_irc_channel *k = room_conf(&net->rooms[*ret_room]);
                if (k && str_ieq(k->name, slash + 1))
                    return net;
            }
    return NULL;
}

static int64_t publication_of(const char *payload)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    int64_t id = json_parse(a, payload, strlen(payload), 1000, &d, NULL) == 0 ? doc_int(d, "p", 0) : 0;
    arena_free(a);
    return id;
}

static struct channel_saying *say(void *arg, const struct outbox_row *row, int64_t now_ms, channel_done *done, void *job)
{
    struct irc *c = arg;
    struct irc_channel_state st;
    struct err e = {0};
    int room = 0;
    struct net *n = place_find(c, row->recipient, &room);
    if (n)
        irc_session_channel(n->session, room, &st);
    if (!n || !st.joined) {
        err_set(&e, n ? ERR_UNREACHABLE : ERR_NOT_FOUND, n ? MSG("{1} is not reached") : MSG("{1} is not in the configuration"), "s", row->recipient);
        done(job, e.code, false, !n, &e);
        return NULL;
    }
    struct saying *s = NEW(struct saying);
    *s = (struct saying){.base = {hush}, .next = c->sayings, .at = &c->sayings, .irc = c, .net = n, .room = room, .done = done, .job = job, .starting = true, .finding = true};
    if (s->next)
        s->next->at = &s->next;
    c->sayings = s;
    publication_find(c->env.publications, publication_of(row->payload), found, s);
    s->starting = false;
    if (!s->ended)
        return &s->base;
    saying_free(s);
    return NULL;
}

/* ---- life ---- */

void say_ways(struct irc *c)
{
    if (c->env.publications)
        publications_way(c->env.publications, &(struct publication_way){.name = "irc", .notices = notice_told, .add = add_rows, .arg = c});
    if (c->env.channels)
        c->env.channels->voice = (struct channel_voice){say, c};
}

/* We are in: what waited need not wait for its next try. */
void say_hasten(struct net *n, int room)
{
    char place[PLACE_MOST];
    const struct conf_irc_channel *k = room_conf(&n->rooms[room]);
    if (!k || !n->irc->env.dispatcher)
        return;
    str_print(place, sizeof place, "%s/%s", n->name, k->name);
    outbox_hasten(n->irc->env.store, "irc", place, clock_wall_ms());
    dispatcher_kick(n->irc->env.dispatcher);
}

/* A network goes, or all do (n NULL). What is on its way ends with its session; what is still being looked up ends here. */
void sayings_drop(struct irc *c, const struct net *n)
{
    struct err e = {0};
    if (!n && c->env.channels)
        c->env.channels->voice = (struct channel_voice){0};
    err_set(&e, ERR_CANCELLED, MSG("The daemon is stopping."), "");
    for (struct saying *s = c->sayings, *next; s; s = next) {
        next = s->next;
        if ((n && s->net != n) || !s->finding || s->hushed)
            continue;
        unlink_saying(s);
        s->hushed = true; /* found() frees it */
        s->done(s->job, ERR_CANCELLED, false, false, &e);
    }
}

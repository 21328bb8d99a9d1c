/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc.c: networks from the configuration to sessions, and what sessions say to those who listen. */
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "announce/irc_int.h"
#include <string.h>

const struct store_migration irc_migrations[] = {
    {"irc", 1, "CREATE TABLE irc_topic (network TEXT NOT NULL, channel TEXT NOT NULL, part TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (network, channel));"},
    {0},
};

const struct conf *irc_conf(const struct irc *c)
{
    return model_conf(c->env.model);
}

const struct conf_irc *net_conf(const struct net *n)
{
    const struct conf *c = irc_conf(n->irc);
    return c ? map_find(&c->irc_by_name, n->name) : NULL;
}

const struct conf_irc_channel *room_conf(const struct room *r)
{
    const struct conf_irc *n = net_conf(r->net);
    return n ? conf_irc_channel_at(n, r->i) : NULL;
}

const char *net_lang(const struct net *n)
{
    const struct conf_irc *o = net_conf(n);
    const struct conf *c = irc_conf(n->irc);
    return msg_lang(o && o->lang ? o->lang : c && c->site.lang ? c->site.lang : "en");
}

const char *room_lang(const struct room *r)
{
    const struct conf_irc_channel *k = room_conf(r);
    return k && k->lang ? msg_lang(k->lang) : net_lang(r->net);
}

void room_about(const struct room *r, struct buf *out)
{
    const struct conf_irc_channel *k = room_conf(r);
    for (int i = 0; k && i < k->about.n; i++)
        buf_printf(out, "%s%s", i ? "," : "", k->about.at[i]);
}

/* ---- what the public is told ---- */

void view_open(const struct irc *c, struct view *v)
{
    v->arena = arena_new(0);
    sight_see(&v->sight, v->arena, announce_board(c->env.announce), c->env.model, c->env.zone ? c->env.zone(c->env.arg) : NULL, clock_wall_ms());
}

void view_close(struct view *v)
{
    v->arena = arena_free(v->arena);
}

static void look(void *arg)
{
    struct irc *c = arg;
    struct view v;
    if (!c->nets)
        return;
    view_open(c, &v);
    for (struct net *n = c->nets; n; n = n->next)
        for (int i = 0; i < n->n_rooms; i++)
            if (!timer_is_set(&n->rooms[i].due) && !n->rooms[i].judging)
                room_look(&n->rooms[i]);
    if (v.sight.look_again_ms != INT64_MAX && !timer_is_set(&c->look)) {
        int64_t wait = v.sight.look_again_ms - clock_wall_ms();
        timer_set(&c->look, wait < SETTLE_MS ? SETTLE_MS : wait < 3600000 ? wait : 3600000);
    }
    view_close(&v);
}

static void look_soon(struct irc *c)
{
    if (c->nets)
        timer_set(&c->look, SETTLE_MS);
}

static void on_board(void *arg, const struct board_event *e)
{
    struct irc *c = arg;
    const struct bulletin *b = e->now ? e->now : e->before;
    if (c->closing)
        return;
    if (!b->draft && e->at_ms > c->page_ms)
        c->page_ms = e->at_ms;
    look_soon(c);
}

static void on_model(void *arg, const struct event *e)
{
    struct irc *c = arg;
    if (!c->closing && e->kind != EVENT_RESULT)
        look_soon(c);
}

/* ---- what sessions say ---- */

static void on_up(void *arg)
{
    struct net *n = arg;
    struct irc_session_state s;
    irc_session_get(n->session, &s);
    log_line(LOG_INFO, "irc %s: on %s as %s", n->name, s.server, s.nick);
}

static void on_down(void *arg)
{
    struct net *n = arg;
    for (int i = 0; i < n->n_rooms; i++)
        room_left(&n->rooms[i]);
}

static void on_account(void *arg)
{
    struct net *n = arg;
    for (int i = 0; i < n->n_rooms; i++) {
        n->rooms[i].fights = 0;
        if (!n->rooms[i].judging)
            room_soon(&n->rooms[i], SETTLE_MS);
    }
}

static void on_channel(void *arg, int channel)
{
    struct net *n = arg;
    struct irc_channel_state s;
    irc_session_channel(n->session, channel, &s);
    if (!s.joined) {
        room_left(&n->rooms[channel]);
        return;
    }
    room_joined(&n->rooms[channel]);
    say_hasten(n, channel);
}

static void on_topic(void *arg, int channel, const struct irc_speaker *by)
{
    room_topic(&((struct net *)arg)->rooms[channel], by);
}

static void on_topic_known(void *arg, int channel)
{
    room_topic_known(&((struct net *)arg)->rooms[channel]);
}

static void on_topic_refused(void *arg, int channel, const char *why)
{
    room_topic_refused(&((struct net *)arg)->rooms[channel], why);
}

static void on_said(void *arg, int channel, const struct irc_speaker *by, const char *text)
{
    command_said(arg, channel, by, text);
}

static const struct irc_session_events session_calls = {on_up, on_down, on_account, on_channel, on_topic, on_topic_known, on_topic_refused, on_said};

/* ---- from the configuration ---- */

/* Of what a connection is made: who may bid, and what is said where, can change without a new one. */
static uint64_t connection_print(const struct conf_irc *o)
{
    const char *const texts[] = {o->host, o->ca_file, o->certificate, o->certificate_key, o->nick, o->user, o->realname, o->password, o->sasl.user, o->sasl.password, o->nickserv, o->chanserv};
    const int numbers[] = {o->port, o->tls, o->verify, o->sasl.mechanism, o->channels.n};
    uint64_t print = hash_bytes(numbers, sizeof numbers, 1);
    for (size_t i = 0; i < COUNT(texts); i++)
        print = hash_text(texts[i], print);
    for (int i = 0; i < o->channels.n; i++)
        print = hash_text(conf_irc_channel_at(o, i)->key, hash_text(conf_irc_channel_at(o, i)->name, print));
    return print;
}

static const char *unless_no(const char *name)
{
    return str_eq(name, "no") ? NULL : name;
}

static void net_dial(struct net *n, const struct conf_irc *o)
{
    struct irc_channel_opts places[IRC_MAX_CHANNELS];
    struct irc_session_opts s = {.network = o->name, .host = o->host, .port = o->port, .tls = o->tls, .verify = o->verify, .ca_file = o->ca_file, .cert_file = o->certificate,
                                 .key_file = o->certificate_key ? o->certificate_key : o->certificate, .nick = o->nick, .user = o->user, .realname = o->realname, .password = o->password,
                                 .account = o->sasl.user, .secret = o->sasl.password, .external = o->sasl.mechanism == 1, .nickserv = unless_no(o->nickserv), .chanserv = unless_no(o->chanserv), .channels = places};
    for (; s.n_channels < o->channels.n && s.n_channels < IRC_MAX_CHANNELS; s.n_channels++) {
        const struct conf_irc_channel *k = conf_irc_channel_at(o, s.n_channels);
        places[s.n_channels] = (struct irc_channel_opts){k->name, k->key};
    }
    n->session = irc_session_new(n->irc->env.loop, n->irc->dns, &s, &session_calls, n);
}

static struct net *net_new(struct irc *c, const struct conf_irc *o)
{
    struct net *n = NEW(struct net);
    *n = (struct net){.irc = c, .name = mem_dup(o->name), .print = connection_print(o)};
    for (; n->n_rooms < o->channels.n && n->n_rooms < IRC_MAX_CHANNELS; n->n_rooms++) {
        struct room *r = &n->rooms[n->n_rooms];
        *r = (struct room){.net = n, .i = n->n_rooms};
        timer_init(&r->due, c->env.loop, room_look, r);
    }
    rooms_restore(n);
    net_dial(n, o);
    return n;
}

static struct net *net_free(struct net *n, const char *goodbye)
{
    n->closing = true;
    biddings_orphan(n->irc, n);
    sayings_drop(n->irc, n);
    n->session = irc_session_free(n->session, goodbye);
    for (int i = 0; i < n->n_rooms; i++) {
        struct room *r = &n->rooms[i];
        timer_clear(&r->due);
        mem_free(r->shown);
        for (int k = 0; k < RECENT; k++)
            mem_free(r->recent[k]);
    }
    mem_free(n->name);
    return mem_free(n);
}

static void drop_changed(struct irc *c)
{
    for (struct net **at = &c->nets; *at;) {
        struct net *n = *at;
        const struct conf_irc *o = net_conf(n);
        if (o && connection_print(o) == n->print) {
            at = &n->next;
            continue;
        }
        *at = n->next;
        net_free(n, "the configuration has changed");
    }
}

static bool has_net(const struct irc *c, const char *name)
{
    const struct net *n = c->nets;
    while (n && !str_eq(n->name, name))
        n = n->next;
    return n != NULL;
}

void irc_reconf(struct irc *c)
{
    const struct conf *conf = irc_conf(c);
    const char *name;
    void *o;
    CHECK_OBJ(c, IRC_MAGIC);
    drop_changed(c);
    if (conf && conf->irc_by_name.n && !c->dns)
        c->dns = dns_new(c->env.loop);
    for (size_t i = 0; conf && map_each(&conf->irc_by_name, &i, &name, &o);) {
        if (has_net(c, name))
            continue;
        struct net *n = net_new(c, o);
        n->next = c->nets;
        c->nets = n;
    }
    look_soon(c);
}

/* ---- how it is ---- */

static void put_channel(const struct room *r, struct doc *list)
{
    const struct conf_irc_channel *k = room_conf(r);
    struct irc_channel_state s;
    struct doc *o = doc_push_object(list);
    irc_session_channel(r->net->session, r->i, &s);
    doc_put_text(o, "name", s.name);
    doc_put_bool(o, "joined", s.joined);
    doc_put_text(o, "topic", s.joined ? s.topic : NULL);
    if (k && k->topic)
        doc_put_text(o, "part", r->shown);
    const char *error = s.error ? s.error : r->error.text[0] ? r->error.text : NULL;
    if (error)
        doc_put_msg(o, "error", error);
    else
        doc_put_text(o, "error", NULL);
}

static void put_net(const struct net *n, struct doc *list, const char *state, const struct irc_session_state *s)
{
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "name", n->name);
    doc_put_text(o, "state", state);
    doc_put_time(o, "since", s->since_ms);
    doc_put_text(o, "server", s->server);
    doc_put_text(o, "nick", s->up ? s->nick : NULL);
    doc_put_text(o, "account", s->up && s->account[0] ? s->account : NULL);
    doc_put_int(o, "failures", s->failures);
    doc_put_time(o, "retry", s->retry_ms);
    if (s->error)
        doc_put_msg(o, "error", s->error);
    else
        doc_put_text(o, "error", NULL);
    struct doc *places = doc_put_list(o, "channels");
    for (int i = 0; i < n->n_rooms; i++)
        put_channel(&n->rooms[i], places);
}

void irc_status(const struct irc *c, struct doc *list, int *ret_failing)
{
    *ret_failing = 0;
    for (const struct net *n = c->nets; n; n = n->next) {
        struct irc_session_state s;
        irc_session_get(n->session, &s);
        bool whole = s.up && s.joined == n->n_rooms;
        *ret_failing += !whole;
        if (list)
            put_net(n, list, whole ? "up" : s.up ? "joining" : "down", &s);
    }
}

/* ---- life ---- */

/* When the page last said anything, as far as that was kept. */
static int64_t last_word(const struct board *b)
{
    int64_t last = 0;
    for (size_t i = 0; i < board_count(b); i++) {
        const struct bulletin *one = board_at(b, i);
        last = !one->draft && one->changed_ms > last ? one->changed_ms : last;
    }
    return last;
}

struct irc *irc_new(const struct irc_env *env)
{
    struct irc *c = NEW(struct irc);
    *c = (struct irc){.magic = IRC_MAGIC, .env = *env, .page_ms = last_word(announce_board(env->announce))};
    timer_init(&c->look, env->loop, look, c);
    board_listen(announce_board(env->announce), on_board, c);
    model_listen(env->model, on_model, c);
    say_ways(c);
    irc_reconf(c);
    return c;
}

struct irc *irc_free(struct irc *c)
{
    if (!c)
        return NULL;
    CHECK_OBJ(c, IRC_MAGIC);
    c->closing = true;
    timer_clear(&c->look);
    sayings_drop(c, NULL);
    biddings_drop(c);
    while (c->nets) {
        struct net *n = c->nets;
        c->nets = n->next;
        net_free(n, "vigie stops");
    }
    dns_free(c->dns);
    c->magic = 0;
    return mem_free(c);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_peer.h: an IRC server with services in the simulated world, for one client at a time: it lists capabilities, lets in, keeps one topic a
 * channel, and says what a test tells it to. */
#ifndef VIGIE_TESTS_IRC_PEER_H
#define VIGIE_TESTS_IRC_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/sim/sim.h"
#include "wire/irc.h"

enum { PEER_PORT = 6667, PEER_ROOMS = 4 };
struct peer_room {
    char name[40], topic[600], by[80];
    int64_t topic_s;
    bool locked;
};
struct irc_peer {
    const char *host, *caps, *support; /* caps NULL: does not know CAP */
    const char *names;     /* of who is in the channels, besides the client: "@anna bob" */
    const char *taken;     /* a nick that is in use; NULL */
    const char *refuse;    /* a line in the place of a JOIN's answer, "473 {nick} #ops :…"; NULL */
    const char *sasl_good; /* the base64 that is let in; NULL: none is */
    const char *whois[4];  /* "anna a host.example.org account" ("-": none) */
    bool mute;             /* answers no PING */
    bool stuck;            /* says nothing at all */
    struct peer_room rooms[PEER_ROOMS];
    int n_rooms, conn, welcomes, joins;
    char nick[64];
    bool user, negotiating, welcomed;
    struct buf heard;      /* every line, with its LF */
};

static inline struct peer_room *peer_room(struct irc_peer *p, const char *name)
{
    for (int i = 0; i < p->n_rooms; i++)
        if (str_ieq(p->rooms[i].name, name))
            return &p->rooms[i];
    assert_true(p->n_rooms < PEER_ROOMS);
    struct peer_room *r = &p->rooms[p->n_rooms++];
    *r = (struct peer_room){0};
    str_copy(r->name, sizeof r->name, name);
    return r;
}

/* Said by the server or somebody on it, without CR LF. */
static inline void peer_say(struct irc_peer *p, const char *text)
{
    char line[1200];
    str_print(line, sizeof line, "%s\r\n", text);
    sim_port_say(p->host, PEER_PORT, p->conn, line);
    sim_run_for(50);
}

/* Sets a topic as somebody would, and tells of it. source: with tags, if there shall be some: "@account=anna :anna!a@h". */
static inline void peer_topic(struct irc_peer *p, const char *source, const char *by, const char *room, const char *topic)
{
    struct peer_room *r = peer_room(p, room);
    char line[1100];
    str_copy(r->topic, sizeof r->topic, topic);
    str_copy(r->by, sizeof r->by, by);
    r->topic_s = clock_wall_ms() / 1000;
    str_print(line, sizeof line, "%s TOPIC %s :%s", source, room, topic);
    peer_say(p, line);
}

static inline void peer_topic_lines(struct irc_peer *p, const struct peer_room *r, struct buf *out)
{
    if (r->topic_s) {
        buf_printf(out, ":irc.test 332 %s %s :%s\r\n", p->nick, r->name, r->topic);
        buf_printf(out, ":irc.test 333 %s %s %s %lld\r\n", p->nick, r->name, r->by, (long long)r->topic_s);
    } else {
        buf_printf(out, ":irc.test 331 %s %s :No topic is set\r\n", p->nick, r->name);
    }
}

static inline void peer_welcome(struct irc_peer *p, struct buf *out)
{
    if (p->welcomed || p->negotiating || !p->user || !p->nick[0])
        return;
    p->welcomed = true;
    p->welcomes++;
    buf_printf(out, ":irc.test 001 %s :Welcome\r\n:irc.test 005 %s %s :are supported\r\n:irc.test 422 %s :No message\r\n", p->nick, p->nick, p->support ? p->support : "CASEMAPPING=rfc1459 NICKLEN=30 TOPICLEN=307", p->nick);
}

static inline void peer_cap(struct irc_peer *p, const struct irc_line *l, struct buf *out)
{
    const char *what = irc_param(l, 0), *word = irc_param(l, 1);
    if (!p->caps) {
        buf_printf(out, ":irc.test 421 * CAP :Unknown command\r\n");
    } else if (str_eq(what, "LS")) {
        p->negotiating = true;
        buf_printf(out, ":irc.test CAP * LS * :x-nothing\r\n:irc.test CAP * LS :%s\r\n", p->caps);
    } else if (str_eq(what, "REQ")) {
        bool known = strstr(p->caps, word) != NULL;
        buf_printf(out, ":irc.test CAP * %s :%s\r\n", known ? "ACK" : "NAK", word);
    } else if (str_eq(what, "END")) {
        p->negotiating = false;
        peer_welcome(p, out);
    }
}

static inline void peer_sasl(struct irc_peer *p, const char *text, struct buf *out)
{
    if (str_eq(text, "PLAIN") || str_eq(text, "EXTERNAL"))
        buf_str(out, "AUTHENTICATE :+\r\n");
    else if (p->sasl_good && str_eq(text, p->sasl_good))
        buf_printf(out, ":irc.test 900 %s %s!u@h bot :You are now logged in as bot\r\n:irc.test 903 %s :SASL authentication successful\r\n", p->nick, p->nick, p->nick);
    else
        buf_printf(out, ":irc.test 904 %s :SASL authentication failed\r\n", p->nick);
}

static inline void peer_join(struct irc_peer *p, const char *name, struct buf *out)
{
    struct peer_room *r = peer_room(p, name);
    p->joins++;
    if (p->refuse) {
        buf_printf(out, ":irc.test %.3s %s%s\r\n", p->refuse, p->nick, p->refuse + 3);
        return;
    }
    buf_printf(out, ":%s!vigie@bot.example.org JOIN %s * :vigie\r\n", p->nick, name);
    if (r->topic_s)
        peer_topic_lines(p, r, out);
    buf_printf(out, ":irc.test 353 %s = %s :%s %s\r\n:irc.test 366 %s %s :End\r\n", p->nick, name, p->names ? p->names : "", p->nick, p->nick, name);
}

static inline void peer_set_topic(struct irc_peer *p, const char *source, const char *by, const char *room, const char *text, struct buf *out)
{
    struct peer_room *r = peer_room(p, room);
    str_copy(r->topic, sizeof r->topic, text);
    str_copy(r->by, sizeof r->by, by);
    r->topic_s = clock_wall_ms() / 1000;
    buf_printf(out, ":%s TOPIC %s :%s\r\n", source, room, text);
}

static inline void peer_whois(struct irc_peer *p, const char *nick, struct buf *out)
{
    for (size_t i = 0; i < COUNT(p->whois) && p->whois[i]; i++) {
        struct str rest = str_of(p->whois[i]), w[4];
        for (int k = 0; k < 4; k++)
            assert_true(str_next(&rest, " ", &w[k]));
        if (!str_is(w[0], nick))
            continue;
        buf_printf(out, ":irc.test 311 %s %s %.*s %.*s * :Name\r\n", p->nick, nick, (int)w[1].n, w[1].p, (int)w[2].n, w[2].p);
        if (!str_is(w[3], "-"))
            buf_printf(out, ":irc.test 330 %s %s %.*s :is logged in as\r\n", p->nick, nick, (int)w[3].n, w[3].p);
        buf_printf(out, ":irc.test 318 %s %s :End\r\n", p->nick, nick);
        return;
    }
    buf_printf(out, ":irc.test 401 %s %s :No such nick\r\n:irc.test 318 %s %s :End\r\n", p->nick, nick, p->nick, nick);
}

static inline void peer_nick(struct irc_peer *p, const char *nick, struct buf *out)
{
    if (p->taken && str_eq(p->taken, nick)) {
        buf_printf(out, ":irc.test 433 %s %s :Nickname is already in use\r\n", p->welcomed ? p->nick : "*", nick);
        return;
    }
    if (p->welcomed)
        buf_printf(out, ":%s!vigie@bot.example.org NICK :%s\r\n", p->nick, nick);
    str_copy(p->nick, sizeof p->nick, nick);
    peer_welcome(p, out);
}

static inline void peer_command(struct irc_peer *p, const struct irc_line *l, struct buf *out)
{
    const char *a = irc_param(l, 0), *b = irc_param(l, 1);
    char me[100], room[40];
    str_print(me, sizeof me, "%s!vigie@bot.example.org", p->nick);
    if (str_eq(l->command, "CAP")) {
        peer_cap(p, l, out);
    } else if (str_eq(l->command, "NICK")) {
        peer_nick(p, a, out);
    } else if (str_eq(l->command, "USER")) {
        p->user = true;
        peer_welcome(p, out);
    } else if (str_eq(l->command, "AUTHENTICATE")) {
        peer_sasl(p, a, out);
    } else if (str_eq(l->command, "JOIN")) {
        peer_join(p, a, out);
    } else if (str_eq(l->command, "MODE")) {
        buf_printf(out, ":irc.test 324 %s %s %s\r\n", p->nick, a, peer_room(p, a)->locked ? "+nt" : "+n");
    } else if (str_eq(l->command, "WHOIS")) {
        peer_whois(p, a, out);
    } else if (str_eq(l->command, "PING")) {
        if (!p->mute)
            buf_printf(out, ":irc.test PONG irc.test :%s\r\n", a);
    } else if (str_eq(l->command, "TOPIC") && l->n == 1) {
        peer_topic_lines(p, peer_room(p, a), out);
    } else if (str_eq(l->command, "TOPIC") && peer_room(p, a)->locked) {
        buf_printf(out, ":irc.test 482 %s %s :You're not a channel operator\r\n", p->nick, a);
    } else if (str_eq(l->command, "TOPIC")) {
        peer_set_topic(p, me, p->nick, a, b, out);
    } else if (str_eq(l->command, "PRIVMSG") && str_eq(a, "ChanServ") && str_starts(b, "TOPIC ")) {
        str_copyn(room, sizeof room, b + 6, strcspn(b + 6, " "));
        peer_set_topic(p, "ChanServ!ChanServ@services.", p->nick, room, b + 7 + strlen(room), out);
    }
}

static inline void peer_heard(void *arg, int conn, const char *line, struct buf *out)
{
    struct irc_peer *p = arg;
    char copy[1100];
    struct irc_line l;
    if (conn != p->conn) {
        p->conn = conn;
        p->user = p->negotiating = p->welcomed = false;
        p->nick[0] = 0;
    }
    buf_printf(&p->heard, "%s\n", line);
    str_copy(copy, sizeof copy, line);
    if (!p->stuck && irc_parse(copy, &l) == 0)
        peer_command(p, &l, out);
}

static inline void peer_open(struct irc_peer *p, const char *host, const char *addr)
{
    p->host = host;
    p->heard = BUF_MAX(1 << 20);
    sim_host(host, addr);
    sim_port_open(host, PEER_PORT);
    sim_port_talk(host, PEER_PORT, peer_heard, p);
}

/* How often a line like that was heard since the last peer_forget(). */
static inline int peer_count(const struct irc_peer *p, const char *glob)
{
    struct str rest = str_of(buf_text(&p->heard)), line;
    char copy[1100];
    int n = 0;
    while (str_next(&rest, "\n", &line))
        n += str_copyn(copy, sizeof copy, line.p, line.n) && str_glob(glob, copy);
    return n;
}

static inline void peer_must(const struct irc_peer *p, const char *glob, int times)
{
    if (peer_count(p, glob) != times)
        fail_msg("“%s” was heard %d times, not %d, in:\n%.4000s", glob, peer_count(p, glob), times, buf_text(&p->heard));
}

static inline void peer_forget(struct irc_peer *p) { buf_clear(&p->heard); }

#endif

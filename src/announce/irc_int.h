/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_int.h: what the files of IRC share. */
#ifndef VIGIE_ANNOUNCE_IRC_INT_H
#define VIGIE_ANNOUNCE_IRC_INT_H

#include "announce/irc.h"
#include "announce/topic.h"
#include "channels/irc_session.h"

enum {
    IRC_MAGIC = 0x69726368, RECENT = 8, LIMITS = 64, NAME_MOST = 200,
    SETTLE_MS = 1000,      /* changes that come together are one topic */
    HOLD_MS = 2000, HOLD_MOST_MS = 600000, FIGHT_MS = 600000, /* see room_restore() */
    REST_MS = 2500,        /* from one change of a topic to ours: services that set two in a second date the later one ahead */
    SEEN_MS = 20000,       /* until then our own topic should have come back */
    CALM_MS = 5000, CALM_BURST = 4, ASK_MS = 3000, ASK_BURST = 10, POLITE_MS = 300000,
};

struct net;
struct room {
    struct net *net;
    int i;                  /* in the configuration, and in the session */
    struct timer due;       /* the topic is to be looked at */
    char *shown;            /* our part as it last stood; NULL: never. Kept in the store */
    int64_t shown_ms;
    char *recent[RECENT];   /* what we have set lately, the last one first; see is_stale() */
    uint64_t others;        /* print of the other parts, as they last stood */
    bool settled;           /* looked at since we joined */
    bool judging;           /* somebody's change is being looked at, or carried out */
    int fights;
    int64_t fight_ms;       /* mono */
    struct err error;       /* why our part does not stand there */
};
struct limit { /* of somebody who speaks */
    uint64_t who;
    int64_t full_ms;  /* mono: when he has all his words back */
    int64_t polite_ms; /* mono: told that he may not */
};
struct net {
    struct net *next;
    struct irc *irc;
    char *name;
    uint64_t print;         /* of what a connection is made of */
    struct irc_session *session;
    struct room rooms[IRC_MAX_CHANNELS];
    int n_rooms;
    bool closing;
    int64_t asked_ms;       /* mono: when questions of everybody are paid for */
    struct limit limits[LIMITS];
};
struct saying;
struct bidding;
struct irc {
    unsigned magic;
    struct irc_env env;
    struct dns *dns;        /* NULL: nothing is configured */
    struct net *nets;
    struct saying *sayings;
    struct bidding *biddings;
    struct timer look;      /* what the public is told may be another */
    int64_t page_ms;        /* wall: when it last said something */
    bool closing;
};

/* Somebody, and what for: lives through look-ups and operations. */
struct person {
    struct net *net;
    int room;               /* -1: in private */
    char nick[NAME_MOST], user[NAME_MOST], host[NAME_MOST], account[NAME_MOST];
    bool known, operator;   /* known: his account is */
    char name[2 * NAME_MOST]; /* "irc:anna" */
    const char *role;       /* of the configuration; NULL: none */
    const char *lang;
    char *text;             /* the topic's part, or what he says */
    struct arena *arena;    /* of what he bids; goes with him; NULL */
    void *more;             /* in it: irc_change.c's own */
};

/* irc.c */
const struct conf *irc_conf(const struct irc *c);
const struct conf_irc *net_conf(const struct net *n);                 /* NULL: it is no longer there */
const struct conf_irc_channel *room_conf(const struct room *r);       /* NULL */
const char *room_lang(const struct room *r);
const char *net_lang(const struct net *n);
void room_about(const struct room *r, struct buf *out);               /* with commas */
struct view { /* what the public is told now */
    struct arena *arena;
    struct sight sight;
};
void view_open(const struct irc *c, struct view *v);
void view_close(struct view *v);

/* irc_person.c: who may what */
struct person *person_new(struct net *n, int room, const struct irc_speaker *by, const char *text);
struct person *person_free(struct person *p);
/* fn once, perhaps at once; p->role says it. Takes p; whoever has it in fn frees it, or goes on with it. */
void person_judge(struct person *p, void (*fn)(struct person *p));
bool person_may_speak(struct net *n, const struct irc_speaker *by); /* not too often */
bool net_may_answer(struct net *n);                                 /* many strangers together do not make us talk for ever */
void person_refuse(struct person *p);                               /* one polite line now and then */
/* To him alone about a topic, in the channel else. */
void person_tell(const struct person *p, const char *msgid, const char *types, ...);
void person_tell_packed(const struct person *p, const char *packed);
void person_note(const struct person *p, const char *packed);       /* to him alone */
/* Gives it to the daemon; fn gets him back. Takes p. */
typedef void person_bid_done(struct person *p, bool good, const struct doc *reply, const char *error);
void person_bid(struct person *p, const char *op, const struct doc *params, person_bid_done *fn);
void biddings_orphan(struct irc *c, const struct net *n); /* it goes; what is under way ends for nobody */
void biddings_drop(struct irc *c);                        /* no operation answers any more */

/* irc_topic.c */
void room_look(void *room);                   /* a timer's: the topic shall say what the page says */
void room_soon(struct room *r, int64_t after_ms);
void room_joined(struct room *r);
void room_left(struct room *r);
void room_topic(struct room *r, const struct irc_speaker *by);
void room_topic_known(struct room *r);
void room_topic_refused(struct room *r, const char *why);
void room_restore(struct room *r);            /* not at once: whoever changes it again and again has time to stop */
bool room_wanted(struct room *r, const struct view *v, struct topic_status *ret, const struct bulletin **ret_main, struct buf *out);
void room_style(const struct room *r, struct topic_style *ret);
int rooms_restore(struct net *n);

/* irc_change.c: what a topic's part bids */
void change_begin(struct person *p);

/* irc_command.c */
void command_said(struct net *n, int room, const struct irc_speaker *by, const char *text);

/* irc_say.c: announcements */
void say_ways(struct irc *c);
void say_hasten(struct net *n, int room);
void sayings_drop(struct irc *c, const struct net *n);

#endif

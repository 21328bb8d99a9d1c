/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_session_int.h: what the files of the session share. */
#ifndef VIGIE_CHANNELS_IRC_SESSION_INT_H
#define VIGIE_CHANNELS_IRC_SESSION_INT_H

#include "base/arena.h"
#include "base/map.h"
#include "channels/irc_link.h"
#include "channels/irc_session.h"
#include "wire/irc.h"

enum { SESSION_MAGIC = 0x69726373, NAME_BYTES = 128 };
enum cap { CAP_SASL = 1, CAP_ACCOUNT_TAG = 2, CAP_ACCOUNT_NOTIFY = 4, CAP_EXTENDED_JOIN = 8, CAP_NOTIFY = 16, CAP_MULTI_PREFIX = 32, CAP_CHGHOST = 64 };
enum step { STEP_DOWN, STEP_CONNECTING, STEP_REGISTERING, STEP_UP };

struct user { /* somebody in one of our channels */
    char *key;                   /* the nick, folded */
    char *nick, *user, *host;    /* user and host "" until they are known */
    char *account;               /* NULL: not known; "": none */
    uint64_t in, ops;            /* bits: channels */
};
struct room {
    const char *name, *key;
    bool inside, ready; /* joined; and its names and topic are known */
    bool locked;        /* only operators may set the topic (+t) */
    bool looking;
    char *topic, *topic_by;
    int64_t topic_ms;
    int64_t join_ms, wait_ms; /* mono: the next try; 0: none is planned */
    struct err error;
};
struct out { /* waits to be said */
    struct out *next;
    char *text;
    size_t n;
    int64_t token; /* of a confirmation; 0 */
};
struct irc_said {
    struct irc_said *next;
    struct irc_session *s;
    int64_t token;
    int channel;
    bool sent;
    irc_confirmed *fn; /* NULL: forgotten */
    void *arg;
};
struct ask { /* a WHOIS under way */
    struct ask *next;
    char *nick, *user, *host;                 /* as he came */
    char *is_user, *is_host, *account;        /* as it is told */
    int channel;
    bool gone;
    int64_t until_ms;
    irc_identified *fn;
    void *arg;
};
struct irc_session {
    unsigned magic;
    struct arena *arena; /* of the options */
    struct loop *loop;
    struct dns *dns;
    struct irc_session_opts o;
    struct irc_session_events on;
    void *arg;
    struct irc_link *link;
    enum step step;
    struct timer retry, pulse, flow;
    int64_t since_ms, retry_at_ms; /* wall */
    int64_t heard_ms, pinged_ms, began_ms, regain_ms; /* mono; pinged 0: no answer is waited for */
    int failures;
    struct err error;
    char nick[NAME_BYTES], user[NAME_BYTES], host[NAME_BYTES], account[NAME_BYTES], server[NAME_BYTES]; /* as others see us */
    int nick_try;
    unsigned offered, caps; /* bits */
    int caps_asked;
    bool listing, negotiating, welcomed, identified;
    bool knows_caps, nobody;   /* nobody: NickServ was not there */
    int64_t login_ms;          /* mono: when to look for services again */
    struct irc_support support;
    struct room rooms[IRC_MAX_CHANNELS];
    int n_rooms;
    struct map users;      /* struct user by key */
    struct out *first, **last;
    int n_queued;
    int64_t tokens, filled_ms; /* tokens in ms of speech */
    struct irc_said *said;
    int64_t next_token;
    struct ask *asks;
    int n_asks;
};

/* irc_session.c */
void session_fail(struct irc_session *s, int code, const struct err *e); /* ends the connection, plans the next */
struct irc_speaker session_speaker(const struct irc_session *s, const struct irc_line *l, int channel);

/* irc_out.c: what we say */
int out_now(struct irc_session *s, const char *command, const char *const *params, int n); /* without waiting: log-in, PONG */
int out_line(struct irc_session *s, const char *command, const char *const *params, int n);
void out_begin(struct irc_session *s);
void out_flow(void *session);
void out_pong(struct irc_session *s, const char *token);
void out_refused(struct irc_session *s, int channel, const char *why); /* what was said there did not arrive */
void out_lost(struct irc_session *s, int code, const struct err *e);   /* the connection is gone */
#define OUT_NOW(s, command, ...) out_now(s, command, (const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))
#define OUT_LINE(s, command, ...) out_line(s, command, (const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

/* irc_login.c: until we are registered, and capabilities later */
void login_begin(struct irc_session *s);
bool login_line(struct irc_session *s, const struct irc_line *l); /* true: that was all */
void login_regain(struct irc_session *s); /* our own nick again */
void login_again(struct irc_session *s);  /* services that were not there */
void login_nobody(struct irc_session *s, const char *nick); /* 401 */

/* irc_rooms.c: channels and who is there */
int room_find(const struct irc_session *s, const char *name); /* -1 */
void rooms_join(struct irc_session *s, bool all);
bool rooms_line(struct irc_session *s, const struct irc_line *l); /* true: that was all */
void rooms_clear(struct irc_session *s);
struct user *user_find(const struct irc_session *s, const char *nick);

/* irc_whois.c */
bool asks_line(struct irc_session *s, const struct irc_line *l);
void asks_expire(struct irc_session *s, int64_t now_ms);
void asks_clear(struct irc_session *s);
void asks_gone(struct irc_session *s, const char *nick); /* he left, or is called otherwise */

#endif

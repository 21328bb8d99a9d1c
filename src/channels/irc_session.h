/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_session.h: one lasting session with an IRC network: it connects, logs in (SASL PLAIN or EXTERNAL, else NickServ), joins its channels,
 * keeps count of who is there under which account, and comes back by itself: after 5 s, 10 s … 5 min, with some jitter.
 *
 *     irc_session_new → on_up, on_channel(i) once each channel is joined and its topic known … on_down … → irc_session_free
 *
 * What we say waits in a queue of at most 200 lines and goes at the pace that servers like: five at once, then one every two
 * seconds.  A message can be confirmed: a PING goes right behind it, and its PONG says that the server has done with it.
 * Accounts: by account-tag where the server has it; else as extended-join, account-notify and WHOX tell; else by WHOIS.
 *
 * All on one loop.  Callbacks never come from inside a call of this header, but those of irc_session_identify(), perhaps.  A session may
 * be freed from any callback but a `confirmed` or `identified` one.  Sources: as in wire/irc.h. */
#ifndef VIGIE_CHANNELS_IRC_SESSION_H
#define VIGIE_CHANNELS_IRC_SESSION_H

#include "base/err.h"
#include "io/dns.h"
#include <stdbool.h>

enum {
    IRC_MAX_CHANNELS = 64, IRC_MAX_USERS = 20000, IRC_MAX_QUEUE = 200, IRC_MAX_ASKED = 64,
    IRC_RETRY_MS = 5000, IRC_RETRY_MOST_MS = 300000, IRC_SILENT_MS = 90000, IRC_ANSWER_MS = 60000, IRC_REGISTER_MS = 60000,
    IRC_BURST = 5, IRC_LINE_MS = 2000, IRC_REGAIN_MS = 60000, IRC_LOGIN_MS = 60000, IRC_REJOIN_MS = 5000, IRC_REJOIN_MOST_MS = 900000, IRC_WHOIS_MS = 20000,
};

struct irc_session;
struct irc_channel_opts {
    const char *name, *key; /* key NULL: none */
};
struct irc_session_opts { /* all copied; texts are words, as the configuration judged them */
    const char *network;    /* for logs */
    const char *host;
    int port;
    bool tls, verify;
    const char *ca_file, *cert_file, *key_file;
    const char *nick, *user, *realname, *password; /* password: PASS; NULL */
    const char *account, *secret;                  /* SASL PLAIN, NickServ; secret NULL: none. account NULL: the nick */
    bool external;                                 /* SASL EXTERNAL */
    const char *nickserv, *chanserv;               /* NULL: none */
    const struct irc_channel_opts *channels;
    int n_channels;
};
struct irc_speaker { /* whoever says or does something; borrowed */
    const char *nick, *user, *host; /* user and host "": a server, or not known */
    const char *account;            /* NULL: not known (yet); "": none */
    bool operator;                  /* of the channel that it is about */
};
struct irc_session_events {
    void (*on_up)(void *arg);   /* registered */
    void (*on_down)(void *arg); /* not any more; it comes back by itself */
    void (*on_account)(void *arg); /* logged in later: services may do for us now what they would not before */
    void (*on_channel)(void *arg, int channel); /* we are in, and know its topic; or are not any more */
    /* Somebody has set the topic, perhaps ourselves. The former one is gone. */
    void (*on_topic)(void *arg, int channel, const struct irc_speaker *by);
    void (*on_topic_known)(void *arg, int channel);   /* irc_session_look() has its answer: by and when are known */
    void (*on_topic_refused)(void *arg, int channel, const char *why);
    /* channel -1: to us alone. */
    void (*on_said)(void *arg, int channel, const struct irc_speaker *by, const char *text);
};
struct irc_session *irc_session_new(struct loop *l, struct dns *dns, const struct irc_session_opts *o, const struct irc_session_events *events, void *arg);
/* Takes NULL, returns NULL. Says goodbye, if it can; what waits to be confirmed is told: ERR_CANCELLED. */
struct irc_session *irc_session_free(struct irc_session *s, const char *goodbye);

/* ---- what is so ---- */
struct irc_channel_state {
    const char *name;
    bool joined;
    const char *topic, *topic_by; /* by: nick or nick!user@host; "" when not known */
    int64_t topic_ms;             /* by the server's clock (wall); 0: not known */
    const char *error;            /* why we are not in, a packed message; NULL */
};
struct irc_session_state {
    bool up;
    int64_t since_ms;     /* wall: up or down since */
    const char *nick, *account, *server; /* account "": not logged in */
    const char *error;    /* of the last end or log-in, a packed message; NULL: none */
    int failures, joined, queued;
    int64_t retry_ms;     /* wall; 0: no try is planned */
};
void irc_session_get(const struct irc_session *s, struct irc_session_state *ret);
void irc_session_channel(const struct irc_session *s, int channel, struct irc_channel_state *ret);
int irc_session_topic_room(const struct irc_session *s, int channel); /* bytes that a topic may have */
bool irc_session_is_me(const struct irc_session *s, const char *nick);
bool irc_session_is_service(const struct irc_session *s, const struct irc_speaker *by); /* ChanServ, or a server */
bool irc_session_mask_fits(const struct irc_session *s, const char *mask, const struct irc_speaker *by);
bool irc_session_same(const struct irc_session *s, const char *a, const char *b); /* names, in the server's idea */

/* ---- what we do ---- */
/* Cut to what fits a line (a link at its end stays). ERR_UNREACHABLE: not there; ERR_LIMIT: too much waits. */
int irc_session_say(struct irc_session *s, const char *target, bool notice, const char *text);
/* The same with word when the server has done with it: 0; ERR_DENIED: it may not be said there; ERR_RESET: the connection went, in_doubt when
 * it was on its way. NULL when it could not be taken (*e). */
struct irc_said;
typedef void irc_confirmed(void *arg, int code, bool in_doubt, const struct err *e);
struct irc_said *irc_session_say_then(struct irc_session *s, int channel, bool notice, const char *text, irc_confirmed *fn, void *arg, struct err *e);
void irc_said_forget(struct irc_said *w); /* no word any more */
int irc_session_set_topic(struct irc_session *s, int channel, const char *text); /* by ChanServ where only operators may */
int irc_session_look(struct irc_session *s, int channel); /* asks who set the topic, and when */
/* Who is it? by: a speaker as he came (user and host are compared with what WHOIS says; "" fits any). fn at once when his account is known, else
 * with the answer of WHOIS; found false: he is gone, or another one has his name. ERR_LIMIT, ERR_UNREACHABLE: fn is not called. */
typedef void irc_identified(void *arg, bool found, const struct irc_speaker *who);
int irc_session_identify(struct irc_session *s, int channel, const struct irc_speaker *by, irc_identified *fn, void *arg);

#endif

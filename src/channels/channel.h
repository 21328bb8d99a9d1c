/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channel.h: ways to reach people.  A channel is channel_NAME.c with one `const struct channel`; the dispatcher
 * takes due rows of the outbox, hands them over, and records what became of them (retry with back-off 10 s … 15 min,
 * given up after 3 days; a rate limit a channel). */
#ifndef VIGIE_CHANNELS_CHANNEL_H
#define VIGIE_CHANNELS_CHANNEL_H

#include "channels/egress.h"
#include "config/conf.h"
#include "io/httpc.h"
#include "io/spawn.h"
#include "store/outbox.h"

/* Makes the mail of a row that holds none itself; calls fn once, perhaps at once. The message is borrowed for the call; its `from` is the
 * channel's. ERR_NOT_FOUND and ERR_INVALID will not get better by another try. */
struct mail_message;
typedef void channel_composed(void *job, int code, const struct mail_message *m, const struct err *e);
typedef void channel_compose(void *composer, const struct outbox_row *row, int64_t now_ms, channel_composed *fn, void *job);
/* Channels that are requests over HTTP: channel_post.c has one row for each ("webhook", "websub", "webpush", "federation", "sms");
 * whoever owns the channel makes the request when it is about to go, and judges the answer. */
enum { CHANNEL_MAX_POSTERS = 8 };
enum post_verdict { POST_DONE, POST_AGAIN /* by the back-off */, POST_NOW /* once more at once: compose() is asked again, at most once a try */, POST_NEVER };
/* rq is borrowed for the call; NULL with code 0: it is done, and nothing needs to be asked. ERR_NOT_FOUND, ERR_INVALID, ERR_DENIED: never again. */
typedef void channel_post_made(void *job, int code, const struct egress_request *rq, const struct err *e);
struct channel_poster {
    const char *channel; /* "webhook" */
    /* Calls made once, perhaps at once. again: the second time of this try. */
    void (*compose)(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job);
    enum post_verdict (*judge)(void *arg, const struct outbox_row *row, const struct httpc_reply *r, struct err *e); /* NULL: post_judge() */
    void *arg;
};
/* 2xx is done; 408, 425, 429, 5xx and no answer are tried again; all else never. Sets *e when it is not done. */
enum post_verdict post_judge(const struct httpc_reply *r, struct err *e);
/* The value of Retry-After (RFC 9110, 10.2.3: seconds, or a date) as ms from now, somewhat less than an hour at most; 0: none that can be read. */
int64_t post_retry_after(const char *value, int64_t now_ms);

/* The channel "irc": whoever owns the sessions says what a row stands for. */
typedef void channel_done(void *job, int code, bool in_doubt, bool permanent, const struct err *e);
struct channel_saying { /* under way; the owner's, with this in front */
    void (*hush)(struct channel_saying *s); /* done is not called any more */
};
struct channel_voice {
    /* NULL when done was called already. */
    struct channel_saying *(*say)(void *arg, const struct outbox_row *row, int64_t now_ms, channel_done *done, void *job); /* NULL: nobody has one (yet) */
    void *arg;
};
struct channel_env { /* what a channel may use */
    struct loop *loop;
    struct httpc *httpc;
    struct spawner *spawner;
    const struct conf *(*conf)(void *arg); /* the present generation */
    void *arg;
    const char *machine_name;
    channel_compose *compose; /* of the channel "subscriber"; NULL: there is none (yet) */
    void *composer;
    struct egress *egress;
    int64_t wait_ms; /* set by a channel right before it says that something failed: not again before so long; the dispatcher takes it */
    struct channel_poster posters[CHANNEL_MAX_POSTERS]; /* see channel_poster_put() */
    struct channel_voice voice;
};
/* Before the loop turns; dropped when the owner goes, and what waits stays in the outbox. */
void channel_poster_put(struct channel_env *env, const struct channel_poster *p);
void channel_poster_drop(struct channel_env *env, const char *channel);
/* channel_done: code 0: delivered; in_doubt: it may have been. permanent: retrying is useless (5xx). */
struct channel {
    const char *name;
    int at_once;       /* hand-overs at the same time */
    int per_minute;    /* rate ceiling */
    /* Returns a handle while it is under way; NULL when done was called already. */
    void *(*send)(struct channel_env *env, const struct outbox_row *row, int64_t now_ms, channel_done *done, void *job);
    void (*cancel)(void *handle); /* done is not called any more */
};
extern const struct channel *const channels[]; /* NULL-terminated */

struct dispatcher;
struct dispatcher *dispatcher_new(struct channel_env *env, struct store *s);
void dispatcher_kick(struct dispatcher *d); /* something new is in the outbox */
struct dispatcher *dispatcher_free(struct dispatcher *d);
struct dispatcher_stats { uint64_t sent, failed, in_doubt; int64_t waiting, failing, oldest_ms; };
void dispatcher_get_stats(const struct dispatcher *d, struct dispatcher_stats *ret);

/* Mail: builds a message (RFC 5322, UTF-8, quoted-printable or 8bit as needed, header injection refused). */
struct mail_message {
    const char *from, *to, *subject; /* subject UTF-8, encoded when needed */
    const char *body;                /* plain text, LF */
    const char *message_id, *in_reply_to; /* without <>; may be NULL */
    int64_t date_ms;
    const char *const *extra; /* "Name: value" …, NULL-terminated; may be NULL */
    const char *html;         /* the same text beside it (RFC 2046, multipart/alternative); NULL */
    const char *calendar, *calendar_name; /* an iCalendar object that goes with it, and its file name; NULL */
};
int mail_build(struct buf *out, const struct mail_message *m, struct err *e);
/* "Vigie <vigie@example.org>" or "vigie@example.org" → the address alone; ERR_INVALID when it is none. */
int mail_address(const char *text, char *out, size_t n, struct err *e);

/* What the mail channel finds in a row's payload. Lives in arena a. */
struct mail_payload {
    const char *subject, *body, *message_id, *in_reply_to, *item;
    int64_t date_ms;
    const char *reply_to; /* NULL: whom it is from */
};
void mail_payload_format(struct buf *out, const struct mail_payload *p);
int mail_payload_parse(struct arena *a, const char *text, struct mail_payload *ret, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub_int.h: what the files of the hub share. */
#ifndef VIGIE_ANNOUNCE_WEBSUB_INT_H
#define VIGIE_ANNOUNCE_WEBSUB_INT_H

#include "announce/subscriber.h"
#include "announce/websub.h"
#include "base/vec.h"

enum { WEBSUB_MAGIC = 0x77736221, WEBSUB_KEPT = 8, WEBSUB_HOST_BYTES = 256, WEBSUB_CHALLENGE_BYTES = 33 };

struct sub {
    int64_t id, since_ms, until_ms, told_ms, failing_ms;
    uint64_t hash;    /* of the feed that was sent last */
    uint64_t sending; /* of the one on its way */
    bool flying;
    const char *topic, *callback, *host, *secret; /* secret NULL: none */
    char error[200];  /* why the last try failed; "" */
    struct websub_topic t;
    struct arena *arena;
};
struct wish { /* on its way to be verified */
    struct wish *next, **at;
    struct websub *hub;
    struct arena *arena;
    bool subscribe, asking;
    const char *topic, *base, *callback, *host, *secret, *challenge;
    int64_t lease_s;
    int tries;
    struct timer again;
    struct egress_job *job;
};
struct knock { /* a word to a callback whose answer does not matter */
    struct knock *next, **at;
    struct websub *hub;
    struct egress_job *job;
};
struct rendered { /* a feed in use */
    char *topic;
    uint64_t version, conf;
    struct buf body;
    const char *type;
    uint64_t used;
};
struct websub {
    unsigned magic;
    int refs;
    bool closing;
    struct websub_env env;
    VEC(struct sub *) subs; /* by id */
    struct wish *wishes;
    struct knock *knocks;
    int n_wishes, n_asking, n_knocks;
    struct subscriber_limit *limit;
    uint64_t seed, uses;
    struct timer sweep;
    struct rendered kept[WEBSUB_KEPT];
};
void websub_unref(struct websub *w);
struct websub *websub_ref(struct websub *w);
const struct conf *websub_conf(const struct websub *w);
const char *websub_lang(const struct websub *w); /* of a feed whose address says none */

/* websub_subs.c: the list, in memory and in the store. */
int subs_restore(struct websub *w, struct err *e);
/* Of a URL, between "://" and the path: with its port, in small letters. */
const char *websub_host(struct arena *a, const char *url);
struct sub *sub_find(const struct websub *w, int64_t id);
struct sub *sub_same(const struct websub *w, const char *topic, const char *callback);
int subs_at_host(const struct websub *w, const char *host);
void sub_keep(struct websub *w, const struct wish *wish, uint64_t hash, int64_t now_ms); /* new, or renewed */
void sub_drop(struct websub *w, struct sub *s, hooks_done *fn, void *arg);               /* fn may be NULL */
void sub_told(struct websub *w, struct sub *s, int64_t now_ms);
void sub_failed(struct websub *w, struct sub *s, const char *error, int64_t now_ms);
void subs_sweep(struct websub *w, int64_t now_ms); /* leases that are over */
void subs_done(struct websub *w);

/* websub_wish.c */
void wishes_cancel(struct websub *w);
void websub_denied(struct websub *w, const struct sub *s, const char *reason); /* tells the callback that it is over */

/* websub_send.c: from publications to rows, from rows to requests. */
void websub_send_begin(struct websub *w);
void websub_send_stop(struct websub *w);
/* The feed of a topic as it is now, kept while nothing changes. NULL and *ret_code. */
const struct rendered *websub_render(struct websub *w, const struct websub_topic *t, const char *topic, int *ret_code);
uint64_t websub_hash(const struct rendered *r); /* never 0 */

#endif

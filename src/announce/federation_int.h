/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_int.h: what the files of federation share. */
#ifndef VIGIE_ANNOUNCE_FEDERATION_INT_H
#define VIGIE_ANNOUNCE_FEDERATION_INT_H

#include "announce/federation.h"
#include "announce/subscriber.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/vec.h"
#include "wire/httpsig.h"

enum {
    FED_MAGIC = 0x66656469, FED_MAX_URL = 2000, FED_MAX_BODY = 256 << 10, FED_MAX_DOC = 512 << 10, FED_MAX_PEM = 8192, FED_MAX_HOST = 256, FED_MARK_BYTES = 65,
    FED_ACTORS_KEPT = 2000, FED_HOSTS_KEPT = 4096, FED_VISITS = 64, FED_BODIES = 8, FED_FLYING = 128, FED_DELETES = 100, FED_TARGET_BYTES = CONF_MAX_NAME + 16,
    FED_FAILS_MOST = 3, FED_FOLLOWERS_MOST = 500000,
};
#define FED_FAILING_MOST_MS (INT64_C(30) * 86400000) /* a server that was not there for so long will not come back */
#define FED_PUBLIC "https://www.w3.org/ns/activitystreams#Public"
#define FED_TYPE "application/activity+json; charset=utf-8"

/* ---- whom one can follow (federation_actor.c) ---- */
struct fed_actor {
    char target[FED_TARGET_BYTES];            /* in the store: "page", "component:mail" */
    const struct conf_component *component;   /* NULL: the page */
    char handle[64];                          /* "status" */
    char id[FED_MAX_URL];                     /* "https://status.example.org/ap/page" */
};
struct fed_place { /* what a path below /ap, or an address of ours, is about */
    enum fed_part { FED_NONE, FED_ACTOR, FED_INBOX, FED_SHARED, FED_OUTBOX, FED_FOLLOWERS, FED_FOLLOWING, FED_NOTE } part;
    struct fed_actor actor;      /* but for SHARED */
    char key[BULLETIN_KEY_BYTES + 1]; /* of a note */
    char note[24];               /* "", "3", "report", "p17" */
};
bool fed_base(const struct federation *f, char *out, size_t n); /* the url of the site; false: federation is off */
bool fed_actor_page(const struct federation *f, struct fed_actor *ret);
bool fed_actor_component(const struct federation *f, const struct conf_component *c, struct fed_actor *ret);
bool fed_actor_target(const struct federation *f, const char *target, struct fed_actor *ret);
bool fed_actor_id(const struct federation *f, const char *id, struct fed_actor *ret); /* of an address */
bool fed_actor_handle(const struct federation *f, const char *handle, struct fed_actor *ret);
int fed_actors(const struct federation *f);
bool fed_place_read(const struct federation *f, const char *path, struct fed_place *ret);
const char *fed_account_host(const struct federation *f, char *out, size_t n); /* behind the @ */
/* "https://Social.example.net:443/x" → "social.example.net"; with the port when it is another one. false: no address. */
bool fed_host_of(const char *url, char *out, size_t n);
bool fed_is_url(const char *text);

/* ---- the key (federation_key.c): RSA-SHA256, RSASSA-PKCS1-v1_5 ---- */
struct fed_key;
struct fed_key *fed_key_read(const char *pem); /* NULL: it is none */
struct fed_key *fed_key_free(struct fed_key *k);
char *fed_key_make(void);                      /* a new RSA-2048 as PEM, mem_free(); NULL; takes some 100 ms: in a worker */
char *fed_key_public(const struct fed_key *k); /* SPKI as PEM; mem_free() */
int fed_key_sign(const struct fed_key *k, const char *p, size_t n, unsigned char *out, size_t out_bytes, size_t *ret_n);
/* By somebody's public key as PEM. false also for a key of another kind, or one of less than 2048 or more than 8192 bits. */
bool fed_key_verify(const char *pem, const char *p, size_t n, const unsigned char *signature, size_t signature_bytes);
void fed_digest(const char *p, size_t n, unsigned char out[HTTPSIG_DIGEST_BYTES]);
void fed_mark(char out[FED_MARK_BYTES], const char *a, const char *b); /* SHA-256 of both, as hex */

/* ---- signed requests (federation_sign.c) ---- */
struct fed_signed { /* headers of a request, ready; owned */
    struct arena *arena;
    struct httpc_header headers[12];
    int n_headers;
};
/* method "GET" or "POST" (with its body). actor: whose key. ERR_BUSY: there is no key yet. */
int fed_sign(struct federation *f, enum httpsig_kind kind, const char *method, const char *url, const char *actor, const char *body, size_t body_bytes, int64_t now_ms, struct fed_signed *ret);
void fed_signed_done(struct fed_signed *s);

/* ---- other people's actors (federation_fetch.c) ---- */
struct fed_peer { /* borrowed for the callback */
    const char *id, *key_id, *pem, *inbox, *shared; /* shared NULL: none */
};
/* status: of the answer, 0 when none came. peer NULL: it could not be had, or is none. */
typedef void fed_fetched(void *arg, int status, const struct fed_peer *peer);
const struct fed_peer *fed_peer_known(struct federation *f, const char *id, const char *key_id);
/* ERR_BUSY: too much is asked of that host. fn later. */
int fed_fetch(struct federation *f, const char *id, const char *key_id, fed_fetched *fn, void *arg);
void fed_peer_forget(struct federation *f, const char *id);
void fed_fetch_stop(struct federation *f);

/* ---- notes and documents (federation_note.c, federation_doc.c) ---- */
struct fed_note { /* one of a bulletin */
    const struct bulletin *b;
    const struct update *update; /* what was said; NULL: the title alone */
    enum notice notice;
    char name[24];               /* "", "3", "report", "p17" */
    int64_t published_ms, updated_ms;
};
void fed_icon(struct buf *out); /* federation_icon.c */
int64_t fed_head(const struct bulletin *b); /* id of the update that its first note is about; 0 */
bool fed_note_find(const struct bulletin *b, const char *name, struct fed_note *ret); /* "", "3", "report" */
void fed_note_about(const struct publication *p, const struct bulletin *live, struct fed_note *ret);
void fed_note_id(const struct fed_actor *a, const char *key, const char *name, struct buf *out);
void fed_note_write(const struct federation *f, const struct fed_actor *a, const struct fed_note *n, struct doc *obj);
void fed_context(struct doc *obj);
void fed_actor_write(const struct federation *f, const struct fed_actor *a, struct doc *obj);
/* "create", "update", "delete": the activity of a note, whole. serial: of the publication. */
void fed_activity_write(const struct federation *f, const struct fed_actor *a, const char *what, int64_t serial, int64_t at_ms, const struct fed_note *n, struct doc *obj);
void fed_address(const struct fed_actor *a, struct doc *obj); /* to and cc */
void fed_outbox_write(const struct federation *f, const struct fed_actor *a, int page, struct doc *obj); /* page 0: the collection */
const char *fed_lang(const struct federation *f); /* of the site */

/* ---- inbox (federation_inbox.c) ---- */
void fed_inbox(struct federation *f, const struct fed_place *at, const struct httpd_request *rq, const char *client, federation_answered *fn, void *arg);
void fed_inbox_stop(struct federation *f);

/* ---- followers (federation_people.c) ---- */
struct fed_follow { /* texts are copied */
    const char *actor, *target, *inbox, *shared, *id; /* id: of the Follow, "" */
    const char *accept;  /* payload of the Accept */
    const char *mark;    /* of the activity: once */
};
/* done: ERR_CONFLICT: it was here before, nothing was done. */
void fed_follow(struct federation *f, const struct fed_follow *w, int64_t now_ms, store_done *done, void *arg);
void fed_unfollow(struct federation *f, const char *actor, const char *target, const char *follow_id, const char *mark, int64_t now_ms, store_done *done, void *arg);
void fed_forget(struct federation *f, const char *actor, int64_t now_ms, store_done *done, void *arg); /* a person who is gone */
void fed_known(struct federation *f, const char *actor, store_answer *fn, void *arg); /* a row when it follows */
bool fed_blocked(const struct federation *f, const char *actor);
void fed_drop_inbox(struct federation *f, const char *inbox); /* and its followers */
void fed_inbox_failed(struct federation *f, const char *inbox, bool gone, const char *error, int64_t now_ms);
void fed_inbox_good(struct federation *f, const char *inbox);
int fed_people_restore(struct federation *f, struct err *e);
int64_t fed_count(const struct federation *f, const char *target);
int64_t fed_total(const struct federation *f);
extern const struct store_stmt fed_audience_page; /* id, inbox, target, since_ms */

/* ---- delivery (federation_send.c) ---- */
void fed_send_init(struct federation *f);
void fed_send_stop(struct federation *f);
/* The payload of a row that answers a Follow: "Accept" or "Reject". */
void fed_answer_payload(struct buf *out, const char *type, const char *target, const struct doc *follow);

/* ---- the whole ---- */
struct fed_body { /* of an activity on its way to many */
    char *key, *text;
    size_t n;
    uint64_t used;
};
struct fed_count_row {
    char target[FED_TARGET_BYTES];
    int64_t n;
};
struct fed_block_row {
    char *who, *by;
    int64_t at_ms;
};
struct federation {
    unsigned magic;
    int refs;
    bool closing, hushed, making, recount, recounting;
    struct federation_env env;
    struct fed_key *key;
    char *public_pem;
    int64_t key_ms; /* when it was made */
    struct timer count, key_again;
    VEC(struct fed_count_row) counts;
    VEC(struct fed_block_row) blocks;
    struct map peers;      /* id → struct peer, of federation_fetch.c */
    uint64_t uses, seed;
    struct fetch *fetches;
    struct visit *visits;
    int n_visits;
    struct subscriber_limit *limit;
    struct map modes;      /* host → the kind of signature that it took last */
    struct map failing;    /* inboxes that fail: so that a success is written only when it changes something */
    struct { int64_t row; enum httpsig_kind kind; } flying[FED_FLYING];
    int next_flying;
    struct fed_body bodies[FED_BODIES];
};
struct federation *fed_ref(struct federation *f);
void fed_unref(struct federation *f);
const struct conf *fed_conf(const struct federation *f);
void fed_recount(struct federation *f);
void fed_count_now(void *arg);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber.h: who is mailed of what: an address, its language, what it wants to hear of.
 *
 * Nobody is written down before he has answered the first mail: a wish is a signed text (a `wish link`) that lives in that mail
 * alone, so that a flood of wishes leaves nothing behind.  A subscriber's own link is signed, too; it says who, and is good
 * until he ends it.  Links are HMAC-SHA256 (RFC 2104) with a secret of the house; they are compared in constant time.
 *
 * The pure half of it; mailing.h keeps and mails. */
#ifndef VIGIE_ANNOUNCE_SUBSCRIBER_H
#define VIGIE_ANNOUNCE_SUBSCRIBER_H

#include "config/conf.h"
#include "model/bulletin.h"

enum {
    SUBSCRIBER_SECRET_BYTES = 32, SUBSCRIBER_MAX_ABOUT = 4000, SUBSCRIBER_MAX_WISHES = 100, SUBSCRIBER_LINK_BYTES = 8192, SUBSCRIBER_MAX_ADDRESS = 254
};
#define SUBSCRIBER_WISH_MS (INT64_C(48) * 3600 * 1000) /* a wish link is good for so long */

/* What of it: bits. */
enum subscriber_kind { SUBSCRIBER_OPENED = 1, SUBSCRIBER_UPDATES = 2, SUBSCRIBER_RESOLVED = 4, SUBSCRIBER_WORK = 8, SUBSCRIBER_EVERYTHING = 15 };
extern const char *const subscriber_kind_words[5]; /* "incidents", "updates", "resolved", "maintenance", NULL: in the order of the bits */
int subscriber_kind_from(const char *word);      /* a bit, or 0 */

struct subscriber { /* borrowed texts */
    const char *address; /* as mailed: the part behind the @ in small letters */
    const char *lang;    /* "en", "fr" */
    const char *about;   /* components and "group:NAME", with commas; "": everything */
    unsigned kinds;
};
/* A mail address as it is kept. ERR_INVALID: it is none, or would go to this machine itself. */
int subscriber_address(const char *text, char *out, size_t n, struct err *e);
/* Is he told of it? Of what touches nothing in particular everybody is. */
bool subscriber_concerned(const struct subscriber *s, const struct conf *c, const struct bulletin *b);
/* Each word of about. */
bool subscriber_next(const char **rest, char *out, size_t n);
/* Does the configuration know that word? */
bool subscriber_about_known(const struct conf *c, const char *word);

/* May somebody choose so? ERR_INVALID, ERR_LIMIT; what is wrong is in the field. */
int subscriber_choice_judge(const struct conf *c, const struct subscriber *s, struct err *e);

/* The wish as a link's last part. */
void subscriber_wish_write(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const struct subscriber *s, int64_t until_ms, struct buf *out);
/* ERR_INVALID: not ours or broken; ERR_TIMEOUT: too old. Texts live in a. */
int subscriber_wish_read(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *link, int64_t now_ms, struct arena *a, struct subscriber *ret, struct err *e);
/* His own link: "12.x8…". nonce: of his row. */
void subscriber_link_write(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], int64_t id, int64_t nonce, struct buf *out);
/* Whose link it claims to be; 0: of nobody. subscriber_link_ok() with his nonce then. */
int64_t subscriber_link_id(const char *link);
bool subscriber_link_ok(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *link, int64_t id, int64_t nonce);

/* An address that only this house can recognise. */
enum { SUBSCRIBER_MARK_BYTES = 25 };
void subscriber_mark(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *address, char out[SUBSCRIBER_MARK_BYTES]);

/* What stands behind the plus of the address that a calendar entry of his names: letters of one case, since mail servers change them. */
enum { SUBSCRIBER_PLUS_BYTES = 33 };
void subscriber_plus(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *address, char out[SUBSCRIBER_PLUS_BYTES]);
bool subscriber_plus_ok(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *address, const char *word);

/* ---- ceilings: so many within a time, by hash; what is counted is bounded ---- */
enum { SUBSCRIBER_SLOTS = 4096, SUBSCRIBER_WAYS = 4 };
struct subscriber_limit {
    struct {
        uint64_t hash;
        int64_t since_ms; /* mono */
        int n;
    } slots[SUBSCRIBER_SLOTS];
};
/* One more; false: too many within `within_ms`. */
bool subscriber_limit_take(struct subscriber_limit *l, uint64_t hash, int most, int64_t within_ms, int64_t now_ms);
/* An IPv4 address, or a /64 of IPv6. */
uint64_t subscriber_client_hash(const char *address, uint64_t seed);

#endif

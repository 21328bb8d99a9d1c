/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webpush_int.h: what the files of Web Push share. */
#ifndef VIGIE_ANNOUNCE_WEBPUSH_INT_H
#define VIGIE_ANNOUNCE_WEBPUSH_INT_H

#include "announce/webpush.h"

enum { WEBPUSH_MAGIC = 0x70757368, WEBPUSH_HELD = 16, WEBPUSH_NAME_BYTES = 32 };
struct webpush {
    unsigned magic;
    int refs;
    bool closing;
    struct webpush_env env;
    struct p256_key key;
    char key_text[VAPID_KEY_TEXT];
    uint64_t seed;
    struct subscriber_limit *limit;
    struct timer daily;
    struct { /* services that asked us to wait (429, Retry-After) */
        uint64_t host;
        int64_t until_ms; /* mono */
    } held[WEBPUSH_HELD];
};
struct webpush *webpush_ref(struct webpush *w);
void webpush_unref(struct webpush *w);

struct webpush_row { /* borrowed */
    int64_t id, since_ms;
    const char *endpoint, *p256dh, *auth;
    struct subscriber s;
};
extern const struct store_stmt webpush_page, webpush_by_id, webpush_by_endpoint;
void webpush_row_read(const struct store_rows *r, int i, struct webpush_row *ret);
/* How the outbox names it: nobody learns an endpoint from there. */
void webpush_name(const char *endpoint, char out[WEBPUSH_NAME_BYTES]);
/* "https://push.example.net" of an endpoint. */
void webpush_origin(const char *endpoint, char *out, size_t n);

/* webpush_send.c */
struct channel_poster webpush_poster(struct webpush *w);
int webpush_add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms);

#endif

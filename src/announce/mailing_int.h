/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing_int.h: what the files of mailing share. */
#ifndef VIGIE_ANNOUNCE_MAILING_INT_H
#define VIGIE_ANNOUNCE_MAILING_INT_H

#include "announce/mailing.h"

enum { MAILING_MAGIC = 0x6d61696c, MAILING_SLICE = 200, MAILING_KEPT = 8, MAILING_LANGS = 2, MAILING_MAX_TEXT = 256 << 10 };

enum notice { /* what a mail is about */
    NOTICE_NONE, NOTICE_OPENED, NOTICE_UPDATE, NOTICE_RESOLVED, NOTICE_PLANNED, NOTICE_CHANGED, NOTICE_CONFIRMED, NOTICE_BEGUN, NOTICE_DONE, NOTICE_CANCELLED,
    NOTICE_MOVED, NOTICE_REMINDER, NOTICE_OVERRUN, NOTICES
};
extern const char *const notice_words[NOTICES]; /* in keys and reports */
unsigned notice_kind(enum notice n);          /* SUBSCRIBER_… */

struct text { /* of a publication, in one language; all but the reader's own links */
    char *subject, *plain, *html, *calendar; /* calendar NULL: none */
};
struct publication {
    int64_t id, at_ms, update, lead_ms;
    enum notice notice;
    struct bulletin *b; /* as it was; NULL: this place is free */
    struct text texts[MAILING_LANGS];
    uint64_t used;
};
struct mailing {
    unsigned magic;
    int refs;
    bool closing, looking, again;
    struct mailing_env env;
    unsigned char secret[SUBSCRIBER_SECRET_BYTES];
    uint64_t seed, uses;
    struct timer look;
    struct subscriber_limit *limit;
    struct publication kept[MAILING_KEPT]; /* those in use last */
};
void mailing_unref(struct mailing *m);
struct mailing *mailing_ref(struct mailing *m);
const struct conf *mailing_conf(const struct mailing *m);
/* "https://status.example.org", in a buffer of the caller's. */
const char *mailing_base(const struct mailing *m, char *out, size_t n);
const char *mailing_domain(const struct mailing *m, char *out, size_t n);

/* mailing.c: a publication from its row. */
int publication_read(const char *body, struct publication *ret, struct err *e);
void publication_done(struct publication *p);

/* mailing_people.c */
extern const struct store_stmt subscriber_page; /* ?1 above this id, ?2 at most */
void mailing_row_read(const struct store_rows *r, int i, struct mailing_row *ret);

/* mailing_text.c */
void notice_render(const struct mailing *m, const struct publication *p, const char *lang, struct text *ret);
void text_done(struct text *t);
void html_escape(struct buf *out, const char *text);
/* The whole letter: around the text, why one has it, and how it ends. */
void letter_plain(const struct mailing *m, const struct text *t, const char *lang, const char *link, struct buf *out);
void letter_html(const struct mailing *m, const struct text *t, const char *lang, const char *link, struct buf *out);
void mailing_site(const struct mailing *m, const char *lang, struct buf *out); /* its name */

#endif

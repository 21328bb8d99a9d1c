/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing_int.h: what the files of mailing share. */
#ifndef VIGIE_ANNOUNCE_MAILING_INT_H
#define VIGIE_ANNOUNCE_MAILING_INT_H

#include "announce/mailing.h"

enum { MAILING_MAGIC = 0x6d61696c, MAILING_SLICE = 200, MAILING_KEPT = 16, MAILING_MAX_TEXT = 256 << 10 };

unsigned notice_kind(enum notice n);          /* SUBSCRIBER_… */

struct kept_text { /* rendered last: most mails of a publication come one after the other */
    int64_t publication; /* 0: this place is free */
    const char *lang;
    uint64_t used;
    struct telling_text text;
};
struct mailing {
    unsigned magic;
    int refs;
    bool closing;
    struct mailing_env env;
    unsigned char secret[SUBSCRIBER_SECRET_BYTES];
    uint64_t seed, uses;
    struct subscriber_limit *limit;
    struct kept_text kept[MAILING_KEPT];
};
void mailing_unref(struct mailing *m);
struct mailing *mailing_ref(struct mailing *m);
const struct conf *mailing_conf(const struct mailing *m);

/* mailing_people.c */
extern const struct store_stmt subscriber_page; /* ?1 above this id, ?2 at most */
void mailing_row_read(const struct store_rows *r, int i, struct mailing_row *ret);

/* mailing_text.c: the whole letter: around the text, why one has it, and how it ends. */
void letter_plain(const struct mailing *m, const struct telling_text *t, const char *lang, const char *link, struct buf *out);
/* The entry of planned work for one reader: it comes from an address that is his alone, so that his answer proves itself. */
void calendar_own(const struct mailing *m, const char *calendar, const struct bulletin *b, const char *reader, const char *lang, struct buf *out);
void letter_html(const struct mailing *m, const struct telling_text *t, const char *lang, const char *link, struct buf *out);

#endif

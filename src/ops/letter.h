/* SPDX-License-Identifier: GPL-3.0-or-later */
/* letter.h: a mail that came in, read: from whom, to whom, what it answers, what it says, and calendars in it.  PURE (in a worker: a mail may
 * be a megabyte), believes nothing. */
#ifndef VIGIE_OPS_LETTER_H
#define VIGIE_OPS_LETTER_H

#include "wire/ical.h"
#include "wire/mime.h"

enum { LETTER_MAX_TO = 50, LETTER_MAX_IDS = 100, LETTER_MAX_CALENDARS = 8, LETTER_MAX_TEXT = 200 << 10 };
enum letter_seal { LETTER_UNSEALED, LETTER_PGP, LETTER_SMIME };
struct letter {
    struct mime_mail mail;
    const char *from;            /* the one address that it says to be from, small behind the @; "" when there is none or more than one */
    const char *subject;         /* decoded, one line */
    const char *text;            /* UTF-8, LF */
    const char *id;              /* Message-ID without brackets; "" */
    const char *to[LETTER_MAX_TO]; /* all addresses that it went to, also by the envelope */
    int n_to;
    const char *ids[LETTER_MAX_IDS]; /* that it answers, the nearest first */
    int n_ids;
    struct ical calendars[LETTER_MAX_CALENDARS];
    int n_calendars;
    const char *bad_calendar;    /* packed: why one could not be read; NULL */
    const char *automatic;       /* the header that says that a program wrote it; NULL: a person may have */
    bool nobody;                 /* the null sender: a report */
    /* Verdicts of `server`: the first on each. */
    const char *dkim, *dkim_domain, *dmarc, *dmarc_domain; /* "pass" …; NULL */
    /* A signature: of the part `sealed`, as it stood. What is not in it is not signed. */
    enum letter_seal seal;
    const struct mime_part *sealed, *signature;
    const char *sealed_subject, *sealed_text; /* subject NULL: it is not protected */
};
struct letter_ask {
    const char *raw;             /* borrowed for the letter's life */
    size_t n;
    const char *recipient, *sender; /* of the envelope, when the mail server says; NULL */
    const char *server;          /* whose verdicts count; NULL */
    ical_zone *zone;
    void *arg;
};
/* A file that is a calendar alone is a letter with nothing but that. */
int letter_read(struct arena *a, const struct letter_ask *ask, struct letter *ret, struct err *e);
/* Does an address fit a pattern ("*@example.org")? Capitals do not matter. */
bool letter_fits(const char *pattern, const char *address);
/* Is the domain of an address this one, or below it? (Stricter than DMARC's relaxed alignment: a domain below, which may be a customer's, does not
 * speak for its parent.) */
bool letter_aligned(const char *address, const char *domain);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notice.h: what is said of a problem or of its end, as subject and body of a mail in one language.  Pure. */
#ifndef VIGIE_ALERTS_NOTICE_H
#define VIGIE_ALERTS_NOTICE_H

#include "base/timetext.h"
#include "model/model.h"

struct notice {
    struct model *model;
    struct item *item;
    bool recovery;
    enum state state;   /* of the problem; or the good one */
    int64_t problem_ms; /* since when there was a problem; 0: not known */
    int64_t since_ms;   /* of this state */
    int64_t now_ms;
    const struct zone *zone;
    const char *lang, *url, *machine_name; /* url: of the site; NULL */
};
enum { NOTICE_MAX_SUBJECT = 500, NOTICE_MAX_BODY = 16384, NOTICE_NAMES = 10 };
void notice_subject(struct buf *out, const struct notice *n);
void notice_body(struct buf *out, const struct notice *n);
/* Hosts that no other way leads to, at most max names; returns how many there are (at most 1000 are looked at). */
int notice_behind(const struct host *h, const char **names, int max);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing_text.c: the letter around what is told: why one has it, and how to end it. */
#include "announce/mailing_int.h"
#include "base/msg.h"
#include "wire/ical.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

void letter_plain(const struct mailing *m, const struct telling_text *t, const char *lang, const char *link, struct buf *out)
{
    char base[300];
    struct buf site = BUF_MAX(400);
    telling_site(m->env.telling, lang, &site);
    buf_str(out, t->plain);
    buf_str(out, "\n-- \n");
    msg_print(out, lang, MSG("You asked to be told of {1}. To change that, or to end it:"), "s", buf_text(&site));
    buf_printf(out, "\n%s/subscription/%s?lang=%s\n", telling_base(m->env.telling, base, sizeof base), link, lang);
    buf_done(&site);
}

void letter_html(const struct mailing *m, const struct telling_text *t, const char *lang, const char *link, struct buf *out)
{
    char base[300];
    struct buf site = BUF_MAX(400), why = BUF_MAX(800);
    telling_site(m->env.telling, lang, &site);
    buf_printf(out, "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>", lang);
    html_escape(out, t->subject);
    buf_str(out, "</title></head>\n<body style=\"font:16px/1.5 system-ui,sans-serif;max-width:38em;margin:0 auto;padding:1em\">\n");
    buf_str(out, t->html);
    msg_print(&why, lang, MSG("You asked to be told of {1}. To change that, or to end it:"), "s", buf_text(&site));
    buf_str(out, "<hr><p><small>");
    html_escape(out, buf_text(&why));
    buf_str(out, " <a href=\"");
    html_escape(out, telling_base(m->env.telling, base, sizeof base));
    buf_printf(out, "/subscription/%s?lang=%s\">", link, lang);
    html_escape(out, msg_tr(lang, MSG("your choice")));
    buf_str(out, "</a></small></p>\n</body></html>\n");
    buf_done(&site);
    buf_done(&why);
}

/* ---- the calendar entry of planned work, for one reader ----
 *
 * The common text is made once a language; here its ORGANIZER becomes an address with a word that was only ever sent to this reader
 * (subscriber_plus()), and he is the one who attends.  An answer (RFC 5546, METHOD:REPLY) goes to that address, and so proves whose it is. */
enum { MOST_LINE = 2000 };

static void put_organizer(const struct mailing *m, const char *address, const char *reader, const char *lang, struct buf *out)
{
    struct buf site = BUF_MAX(400), line = BUF_MAX(MOST_LINE);
    char plus[SUBSCRIBER_PLUS_BYTES];
    const char *at = strrchr(address, '@');
    subscriber_plus(m->secret, reader, plus);
    telling_site(m->env.telling, lang, &site);
    buf_str(&line, "ORGANIZER;CN=\"");
    for (const char *p = buf_text(&site); *p; p++)
        if ((unsigned char)*p >= ' ' && *p != '"' && *p != 0x7f)
            buf_char(&line, *p);
    buf_printf(&line, "\":mailto:%.*s+%s%s", (int)(at - address), address, plus, at);
    ical_fold(out, buf_text(&line));
    buf_clear(&line);
    buf_printf(&line, "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:%s", reader);
    ical_fold(out, buf_text(&line));
    buf_done(&site);
    buf_done(&line);
}

void calendar_own(const struct mailing *m, const char *calendar, const struct bulletin *b, const char *reader, const char *lang, struct buf *out)
{
    const struct conf_mail_in *in = &mailing_conf(m)->mail_in;
    bool skip = false;
    for (const char *p = calendar; *p;) {
        size_t n = strcspn(p, "\n") + (strchr(p, '\n') != NULL);
        bool folded = *p == ' ' || *p == '\t';
        if (!folded)
            skip = str_starts(p, "ORGANIZER");
        if (skip && !folded)
            put_organizer(m, in->address, reader, lang, out);
        else if (!skip)
            buf_add(out, p, n);
        if (in->invite && str_starts(p, "VERSION:"))
            buf_printf(out, "METHOD:%s\r\n", b->phase == PHASE_CANCELLED ? "CANCEL" : "REQUEST");
        p += n;
    }
}

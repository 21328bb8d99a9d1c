/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing_text.c: the letter around what is told: why one has it, and how to end it. */
#include "announce/mailing_int.h"
#include "base/msg.h"

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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_telegram.c: a message of a Telegram bot (Bot API, sendMessage). */
#include "announce/hook.h"
#include "announce/telling.h"

enum { SUBJECT = 300, TEXT = 2800, VALUE = 600 }; /* 4,096 characters in all */

static void make(const struct hook_story *s, struct hook_made *m)
{
    struct doc *d = doc_object(s->a);
    struct buf b = BUF_MAX(6 * 4 * 4096);
    const char *concerned = hook_concerned(s);
    m->url = arena_printf(s->a, "%s/bot%s/sendMessage", s->hook->url ? s->hook->url : "https://api.telegram.org", s->hook->token);
    buf_str(&b, "<b>");
    html_escape(&b, hook_short(s->a, s->subject, SUBJECT));
    buf_str(&b, "</b>\n");
    html_escape(&b, hook_short(s->a, s->plain, TEXT));
    if (concerned[0]) {
        buf_str(&b, "\n<i>");
        html_escape(&b, hook_short(s->a, concerned, VALUE));
        buf_str(&b, "</i>");
    }
    buf_char(&b, '\n');
    html_escape(&b, s->link);
    doc_put_text(d, "chat_id", s->hook->room);
    doc_put_text(d, "text", buf_text(&b));
    doc_put_text(d, "parse_mode", "HTML");
    doc_put_bool(doc_put_object(d, "link_preview_options"), "is_disabled", true);
    buf_done(&b);
    hook_put_json(m, s, d);
}

const struct hook_shape hook_telegram = {.name = "telegram", .make = make};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_slack.c: Slack's incoming webhooks, which others understand as well: one attachment with a bar in the colour of the state. */
#include "announce/hook.h"
#include "base/msg.h"

enum { TITLE = 250, TEXT = 2500, VALUE = 1000 };

/* Slack's control characters: without them nothing in a text can call @channel or hide where a link leads. */
static const char *plain(const struct hook_story *s, const char *text, size_t most)
{
    struct buf b = BUF_MAX(6 * 4 * TEXT);
    for (const char *c = hook_short(s->a, text, most); *c; c++)
        if (*c == '&')
            buf_str(&b, "&amp;");
        else if (*c == '<')
            buf_str(&b, "&lt;");
        else if (*c == '>')
            buf_str(&b, "&gt;");
        else
            buf_char(&b, *c);
    const char *out = arena_dup(s->a, buf_text(&b));
    buf_done(&b);
    return out;
}

static void make(const struct hook_story *s, struct hook_made *m)
{
    struct doc *d = doc_object(s->a), *one = NULL, *field = NULL;
    const char *concerned = hook_concerned(s);
    if (s->hook->room)
        doc_put_text(d, "channel", s->hook->room);
    one = doc_push_object(doc_put_list(d, "attachments"));
    doc_put_text(one, "fallback", plain(s, s->line, s->hook->length > 0 ? (size_t)s->hook->length : TEXT));
    doc_put_text(one, "color", arena_printf(s->a, "#%06x", hook_colour(hook_level(s))));
    doc_put_text(one, "title", plain(s, s->subject, TITLE));
    doc_put_text(one, "title_link", s->link);
    doc_put_text(one, "text", plain(s, s->plain, TEXT));
    if (concerned[0]) {
        field = doc_push_object(doc_put_list(one, "fields"));
        doc_put_text(field, "title", msg_tr(s->lang, MSG("Concerns")));
        doc_put_text(field, "value", plain(s, concerned, VALUE));
        doc_put_bool(field, "short", false);
    }
    doc_put_text(one, "footer", plain(s, s->site, TITLE));
    doc_put_int(one, "ts", s->p->at_ms / 1000);
    doc_put_list(one, "mrkdwn_in");
    hook_put_json(m, s, d);
}

const struct hook_shape hook_slack = {.name = "slack", .make = make};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_mattermost.c: Mattermost's incoming webhooks: an attachment as Slack has it, in Markdown. */
#include "announce/hook.h"
#include "base/msg.h"
#include "base/str.h"

enum { TITLE = 250, TEXT = 8000, VALUE = 1000 };

/* "@all" in a text is a text: a character without width after the sign keeps it from calling everybody. */
static bool calls(const char *name)
{
    static const char *const all[] = {"all", "channel", "here", NULL};
    for (int i = 0; all[i]; i++)
        if (str_istarts(name, all[i]))
            return true;
    return false;
}

static const char *calm(const struct hook_story *s, const char *text, size_t most)
{
    struct buf b = BUF_MAX(8 * TEXT);
    for (const char *c = hook_short(s->a, text, most); *c; c++) {
        buf_char(&b, *c);
        if (*c == '@' && calls(c + 1))
            buf_str(&b, "\u200b");
    }
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
    doc_put_text(one, "fallback", calm(s, s->line, TEXT));
    doc_put_text(one, "color", arena_printf(s->a, "#%06x", hook_colour(hook_level(s))));
    doc_put_text(one, "title", calm(s, s->subject, TITLE));
    doc_put_text(one, "title_link", s->link);
    doc_put_text(one, "text", calm(s, s->said, TEXT));
    if (concerned[0]) {
        field = doc_push_object(doc_put_list(one, "fields"));
        doc_put_text(field, "title", msg_tr(s->lang, MSG("Concerns")));
        doc_put_text(field, "value", calm(s, concerned, VALUE));
        doc_put_bool(field, "short", false);
    }
    doc_put_text(one, "footer", calm(s, s->site, TITLE));
    hook_put_json(m, s, d);
}

const struct hook_shape hook_mattermost = {.name = "mattermost", .make = make};

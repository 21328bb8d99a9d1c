/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_discord.c: Discord's webhooks: an embed with a bar in the colour of the state. Nobody can be called by a text: allowed_mentions is empty. */
#include "announce/hook.h"
#include "base/msg.h"

enum { TITLE = 250, TEXT = 3500, VALUE = 1000 }; /* 256, 4,096, 1,024; 6,000 in all */

static void make(const struct hook_story *s, struct hook_made *m)
{
    struct doc *d = doc_object(s->a), *one = doc_push_object(doc_put_list(d, "embeds")), *field = NULL;
    const char *concerned = hook_concerned(s);
    doc_put_text(one, "title", hook_short(s->a, s->subject, TITLE));
    doc_put_text(one, "url", s->link);
    doc_put_text(one, "description", hook_short(s->a, s->said, TEXT));
    doc_put_int(one, "color", hook_colour(hook_level(s)));
    doc_put_time(one, "timestamp", s->p->at_ms);
    if (concerned[0]) {
        field = doc_push_object(doc_put_list(one, "fields"));
        doc_put_text(field, "name", msg_tr(s->lang, MSG("Concerns")));
        doc_put_text(field, "value", hook_short(s->a, concerned, VALUE));
    }
    doc_put_text(doc_put_object(one, "footer"), "text", hook_short(s->a, s->site, TITLE));
    doc_put_list(doc_put_object(d, "allowed_mentions"), "parse");
    hook_put_json(m, s, d);
}

const struct hook_shape hook_discord = {.name = "discord", .make = make};

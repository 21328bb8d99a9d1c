/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_ntfy.c: ntfy, published as JSON: how bad it is decides whether a telephone wakes somebody. */
#include "announce/hook.h"
#include <string.h>

enum { TITLE = 250, TEXT = 1000 }; /* a message may have 4,096 bytes */

static const struct {
    int priority; /* 1 … 5 */
    const char *tag;
} levels[LEVELS] = {{3, "white_check_mark"}, {3, "grey_question"}, {3, "hammer_and_wrench"}, {3, "warning"}, {4, "warning"}, {5, "rotating_light"}};

/* The topic is what follows the last slash; JSON goes to what stands before. */
static void make(const struct hook_story *s, struct hook_made *m)
{
    const char *slash = strrchr(s->hook->url, '/'), *concerned = hook_concerned(s), *text = hook_short(s->a, s->plain, TEXT);
    enum level l = hook_level(s);
    struct doc *d = doc_object(s->a);
    m->url = arena_dupn(s->a, s->hook->url, (size_t)(slash - s->hook->url + 1));
    doc_put_text(d, "topic", slash + 1);
    doc_put_text(d, "title", hook_short(s->a, s->subject, TITLE));
    doc_put_text(d, "message", arena_printf(s->a, "%s%s%s", text, text[0] && concerned[0] ? "\n" : "", text[0] || concerned[0] ? hook_short(s->a, concerned, TITLE) : s->subject));
    doc_put_int(d, "priority", s->test ? 3 : levels[l].priority);
    doc_push_text(doc_put_list(d, "tags"), levels[l].tag);
    doc_put_text(d, "click", s->link);
    hook_put_json(m, s, d);
}

const struct hook_shape hook_ntfy = {.name = "ntfy", .make = make};

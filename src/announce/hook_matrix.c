/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_matrix.c: a message in a Matrix room (client-server API v3). The id of the delivery is that of the transaction: the server itself drops a second one. */
#include "announce/hook.h"
#include "announce/telling.h"
#include <string.h>

enum { SUBJECT = 300, TEXT = 8000 }; /* an event may have 64 KiB, both texts of it */

static void percent(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~')
            buf_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static const char *address(const struct hook_story *s)
{
    struct buf b = BUF_MAX(4000);
    size_t n = strlen(s->hook->url);
    while (n && s->hook->url[n - 1] == '/')
        n--;
    buf_add(&b, s->hook->url, n);
    buf_str(&b, "/_matrix/client/v3/rooms/");
    percent(&b, s->hook->room);
    buf_printf(&b, "/send/m.room.message/%s", s->id);
    const char *out = arena_dup(s->a, buf_text(&b));
    buf_done(&b);
    return out;
}

static const char *formatted(const struct hook_story *s, const char *concerned)
{
    struct buf b = BUF_MAX(48 << 10);
    buf_str(&b, "<p><strong>");
    html_escape(&b, s->subject);
    buf_str(&b, "</strong></p>\n");
    if (strlen(s->html) <= 2 * TEXT) { /* half a page would be broken HTML */
        buf_str(&b, s->html);
    } else {
        buf_str(&b, "<p>");
        html_escape(&b, hook_short(s->a, s->plain, TEXT / 2));
        buf_str(&b, "</p>\n");
    }
    if (concerned[0]) {
        buf_str(&b, "<p><em>");
        html_escape(&b, concerned);
        buf_str(&b, "</em></p>\n");
    }
    buf_str(&b, "<p><a href=\"");
    html_escape(&b, s->link);
    buf_str(&b, "\">");
    html_escape(&b, s->link);
    buf_str(&b, "</a></p>");
    const char *out = arena_dup(s->a, buf_text(&b));
    buf_done(&b);
    return out;
}

static void make(const struct hook_story *s, struct hook_made *m)
{
    struct doc *d = doc_object(s->a);
    const char *text = hook_short(s->a, s->plain, TEXT), *concerned = hook_concerned(s);
    m->method = "PUT";
    m->url = address(s);
    doc_put_text(d, "msgtype", "m.notice");
    doc_put_text(d, "body", arena_printf(s->a, "%s%s%s%s%s\n\n%s", hook_short(s->a, s->subject, SUBJECT), text[0] ? "\n\n" : "", text, concerned[0] ? "\n\n" : "", concerned, s->link));
    doc_put_text(d, "format", "org.matrix.custom.html");
    doc_put_text(d, "formatted_body", formatted(s, concerned));
    hook_put_json(m, s, d);
}

const struct hook_shape hook_matrix = {.name = "matrix", .make = make};

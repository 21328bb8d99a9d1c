/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html.c: see html.h. */
#include "web/html.h"
#include "base/msg.h"
#include "base/panic.h"
#include <stdint.h>
#include <string.h>

void html_text(struct buf *b, const char *text)
{
    static const char *const escapes[256] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    if (!text)
        return;
    while (*text) {
        size_t n = strcspn(text, "&<>\"'");
        buf_add(b, text, n);
        text += n;
        if (*text)
            buf_str(b, escapes[(unsigned char)*text++]);
    }
}

void html_msg(struct buf *b, const char *packed, const char *lang)
{
    struct buf plain = BUF_MAX(64 * 1024);
    if (packed)
        msg_render(&plain, packed, lang);
    html_text(b, buf_text(&plain));
    buf_done(&plain);
}

void html_tr(struct buf *b, const char *msgid, const char *lang)
{
    html_text(b, msg_tr(lang, msgid));
}

static void url_text(struct buf *b, const char *text)
{
    for (const char *p = text ? text : ""; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._~", *p);
        if (plain)
            buf_char(b, *p);
        else
            buf_printf(b, "%%%02X", (unsigned char)*p);
    }
}

static void put_one(struct buf *b, const char *lang, char what, va_list *ap)
{
    switch (what) {
    case 's':
        html_text(b, va_arg(*ap, const char *));
        break;
    case 'r':
        buf_str(b, va_arg(*ap, const char *));
        break;
    case 'd':
        buf_printf(b, "%d", va_arg(*ap, int));
        break;
    case 'l':
        buf_printf(b, "%lld", (long long)va_arg(*ap, int64_t));
        break;
    case 't':
        html_tr(b, va_arg(*ap, const char *), lang);
        break;
    case 'm':
        html_msg(b, va_arg(*ap, const char *), lang);
        break;
    case 'u':
        url_text(b, va_arg(*ap, const char *));
        break;
    case '%':
        buf_char(b, '%');
        break;
    default:
        PANIC("html_print: unknown letter");
    }
}

void html_print(struct buf *b, const char *lang, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    while (*fmt) {
        size_t n = strcspn(fmt, "%");
        buf_add(b, fmt, n);
        fmt += n;
        if (*fmt) {
            put_one(b, lang, fmt[1], &ap);
            fmt += 2;
        }
    }
    va_end(ap);
}

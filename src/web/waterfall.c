/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waterfall.c: look-up, connection, TLS, first byte, the rest: each step begins where the one before ended. */
#include "web/waterfall.h"
#include "base/timetext.h"

enum { WIDE = 480 };

bool waterfall_has(const struct timings *t)
{
    return t->total_us > 0 && (t->lookup_us > 0 || t->connect_us > 0 || t->tls_us > 0 || t->first_byte_us > 0);
}

void waterfall_put(struct page *p, const struct timings *t)
{
    const int32_t connected = t->connect_us > t->lookup_us ? t->connect_us : t->lookup_us, ready = t->tls_us > connected ? t->tls_us : connected;
    const struct {
        const char *name;
        int32_t from, to;
    } steps[] = {{MSG("look-up"), 0, t->lookup_us}, {MSG("connect"), t->lookup_us, t->connect_us}, {MSG("TLS"), connected, t->tls_us},
                 {MSG("first byte"), ready, t->first_byte_us}, {MSG("the rest"), t->first_byte_us ? t->first_byte_us : ready, t->total_us}};
    html_print(&p->html, p->lang, "<ul class=\"fall\">");
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (steps[i].to <= 0 || steps[i].to < steps[i].from || (i + 1 == COUNT(steps) && steps[i].to - steps[i].from < t->total_us / 200))
            continue;
        struct buf b = BUF_MAX(40);
        int x = (int)((int64_t)steps[i].from * WIDE / t->total_us), w = (int)((int64_t)(steps[i].to - steps[i].from) * WIDE / t->total_us);
        x = x > WIDE - 2 ? WIDE - 2 : x;
        time_latency(&b, steps[i].to - steps[i].from, p->lang);
        html_print(&p->html, p->lang, "<li><span>%t</span><svg viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path class=\"gr\" d=\"M0 5H%d\"/><rect class=\"fl\" x=\"%d\" y=\"1\" width=\"%d\" height=\"8\"/></svg><span class=\"num\">%s</span></li>",
                   steps[i].name, WIDE, WIDE, x, w < 2 ? 2 : w, buf_text(&b));
        buf_done(&b);
    }
    buf_str(&p->html, "</ul>\n");
}

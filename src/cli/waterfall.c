/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waterfall.c: where the time of an attempt went, on a terminal: each step begins where the one before ended. */
#include "base/msg.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "cli/cli.h"

enum { WIDE = 40, NAME_WIDTH = 12 };

void cli_waterfall(struct buf *b, const struct timings *t, int indent, bool colour, const char *lang)
{
    const int32_t connected = t->connect_us > t->lookup_us ? t->connect_us : t->lookup_us, ready = t->tls_us > connected ? t->tls_us : connected;
    const struct {
        const char *name, *colour;
        int32_t from, to;
    } steps[] = {{MSG("look-up"), "36", 0, t->lookup_us},
                 {MSG("connect"), "34", t->lookup_us, t->connect_us},
                 {MSG("TLS"), "35", connected, t->tls_us},
                 {MSG("first byte"), "33", ready, t->first_byte_us},
                 {MSG("the rest"), "32", t->first_byte_us, t->first_byte_us ? t->total_us : 0}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (steps[i].to <= 0 || steps[i].to < steps[i].from || t->total_us <= 0)
            continue;
        int from = (int)((int64_t)steps[i].from * WIDE / t->total_us), to = (int)((int64_t)steps[i].to * WIDE / t->total_us);
        const char *name = msg_tr(lang, steps[i].name);
        int room = NAME_WIDTH - utf8_width(name);
        buf_printf(b, "%*s%s%*s %*s", indent, "", name, room > 0 ? room : 0, "", from, "");
        if (colour)
            buf_printf(b, "\033[%sm", steps[i].colour);
        for (int k = from; k < to || k == from; k++)
            buf_str(b, "▇");
        buf_str(b, colour ? "\033[0m " : " ");
        time_latency(b, steps[i].to - steps[i].from, lang);
        buf_char(b, '\n');
    }
}

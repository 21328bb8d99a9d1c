/* SPDX-License-Identifier: GPL-3.0-or-later */
/* promtext.c: Prometheus' text exposition format 0.0.4.  Whoever calls keeps the samples of a
 * family together and names things as Prometheus wants; here only text is escaped and numbers
 * written. */
#include "wire/promtext.h"

#include "wire/real.h"
#include <math.h>

/* HELP escapes backslash and line feed, label values the double quote too. */
static void escape(struct buf *out, const char *text, bool quotes)
{
    for (; text && *text; text++) {
        if (*text == '\\')
            buf_str(out, "\\\\");
        else if (*text == '\n')
            buf_str(out, "\\n");
        else if (*text == '"' && quotes)
            buf_str(out, "\\\"");
        else
            buf_char(out, *text);
    }
}

void prom_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s ", name);
    escape(out, help, false);
    buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void number(struct buf *out, double v)
{
    if (isnan(v)) {
        buf_str(out, "NaN");
        return;
    }
    if (isinf(v)) {
        buf_str(out, v > 0 ? "+Inf" : "-Inf");
        return;
    }
    real_text(out, v);
}

void prom_sample(struct buf *out, const char *name, const char *const *labels, double value)
{
    buf_str(out, name);
    for (int i = 0; labels && labels[i] && labels[i + 1]; i += 2) {
        buf_printf(out, "%s%s=\"", i ? "," : "{", labels[i]);
        escape(out, labels[i + 1], true);
        buf_char(out, '"');
    }
    if (labels && labels[0] && labels[1])
        buf_char(out, '}');
    buf_char(out, ' ');
    number(out, value);
    buf_char(out, '\n');
}

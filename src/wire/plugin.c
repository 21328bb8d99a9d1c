/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin.c: what a Nagios plugin wrote, in its three parts.  Line 1 up to the first bar is the
 * short text, the rest of line 1 performance data.  Lines after it are long text up to a line with
 * a bar; what follows that bar, and all further lines, are performance data again. */
#include "wire/plugin.h"

#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

/* Appends s, trimmed and cleaned; `between` goes before it when there is something already. */
static void add(struct buf *out, struct str s, const char *between)
{
    size_t before = out->len;

    s = str_trim(s);
    if (s.n == 0)
        return;
    if (out->len > 0)
        buf_str(out, between);
    utf8_clean(out, s.p, s.n, UTF8_ONE_LINE, PLUGIN_MAX_OUTPUT);
    /* Nothing but control characters leaves nothing, not even the separator. */
    if (out->len == before + (before ? strlen(between) : 0))
        buf_cut(out, before);
}

/* Long text keeps its lines and their indentation. */
static void add_long(struct buf *out, struct str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\t'))
        s.n--;
    utf8_clean(out, s.p, s.n, UTF8_ONE_LINE, PLUGIN_MAX_OUTPUT);
    buf_char(out, '\n');
}

/* Takes one line off *rest, without its end; false when there is none. */
static bool next_line(struct str *rest, struct str *ret_line)
{
    const char *end;

    if (rest->n == 0)
        return false;
    end = memchr(rest->p, '\n', rest->n);
    *ret_line = (struct str){rest->p, end ? (size_t)(end - rest->p) : rest->n};
    rest->p += ret_line->n + (end != NULL);
    rest->n -= ret_line->n + (end != NULL);
    return true;
}

/* Splits at the first bar; false when there is none. */
static bool split(struct str line, struct str *ret_left, struct str *ret_right)
{
    const char *bar = line.n ? memchr(line.p, '|', line.n) : NULL;

    *ret_left = line;
    *ret_right = (struct str){0};
    if (bar == NULL)
        return false;
    ret_left->n = (size_t)(bar - line.p);
    *ret_right = (struct str){bar + 1, line.n - ret_left->n - 1};
    return true;
}

void plugin_split(const char *out, size_t n, struct buf *text, struct buf *long_text,
                  struct buf *perfdata)
{
    struct str rest = {out, n > PLUGIN_MAX_OUTPUT ? PLUGIN_MAX_OUTPUT : n}, line, left, right;
    size_t long_start = long_text->len;
    bool in_perf = false;

    if (!next_line(&rest, &line))
        return;
    split(line, &left, &right);
    add(text, left, "");
    add(perfdata, right, " ");
    while (next_line(&rest, &line)) {
        if (in_perf) {
            add(perfdata, line, " ");
            continue;
        }
        in_perf = split(line, &left, &right);
        if (!in_perf || left.n > 0)
            add_long(long_text, left);
        add(perfdata, right, " ");
    }
    while (long_text->len > long_start && long_text->data[long_text->len - 1] == '\n')
        buf_cut(long_text, long_text->len - 1);
}

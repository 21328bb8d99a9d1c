/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: columns for a terminal: as wide as what they hold; the last one takes what is left. */
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_priv.h"
#include <string.h>

enum { TABLE_MAX_COLUMNS = 12 };

/* The longest prefix that is at most width columns wide. */
static size_t fit(const char *text, int width)
{
    size_t n = 0, len = strlen(text);
    int w = 0;
    while (n < len) {
        uint32_t ch;
        size_t k = utf8_decode(text + n, len - n, &ch);
        char one[5] = {0};
        if (!k)
            k = 1;
        memcpy(one, text + n, k < 4 ? k : 4);
        w += utf8_width(one);
        if (w > width)
            break;
        n += k;
    }
    return n;
}

void table_cell(struct buf *out, const char *text, int width, bool right)
{
    int w = utf8_width(text);
    if (width <= 0 || w == width) {
        buf_str(out, text);
        return;
    }
    if (w > width) {
        buf_add(out, text, fit(text, width - 1));
        buf_str(out, "…");
        return;
    }
    if (right)
        buf_printf(out, "%*s", width - w, "");
    buf_str(out, text);
    if (!right)
        buf_printf(out, "%*s", width - w, "");
}

static const char *cell_text(struct cli *c, const struct doc *row, const char *key)
{
    const struct doc *d = doc_get(row, key);
    if (!d || d->kind == DOC_NULL)
        return "–";
    switch (d->kind) {
    case DOC_TEXT:
        return d->text;
    case DOC_INT:
        return arena_printf(c->arena, "%lld", (long long)d->i);
    case DOC_BOOL:
        return msg_tr(c->lang, d->b ? MSG("yes") : MSG("no"));
    default:
        return "…";
    }
}

void table_print(struct cli *c, struct buf *out, const struct doc *rows, const struct table_column *columns)
{
    int widths[TABLE_MAX_COLUMNS], n = 0, used = 0;
    for (; columns[n].key && n < TABLE_MAX_COLUMNS; n++) {
        widths[n] = utf8_width(msg_tr(c->lang, columns[n].title));
        DOC_EACH(rows, row) {
            int w = utf8_width(cell_text(c, row, columns[n].key));
            if (w > widths[n])
                widths[n] = w;
        }
        if (columns[n].most && widths[n] > columns[n].most && c->width)
            widths[n] = columns[n].most;
    }
    for (int i = 0; i + 1 < n; i++)
        used += widths[i] + 2;
    if (n && c->width)
        widths[n - 1] = c->width - used > 10 ? c->width - used : 10;
    for (int i = 0; i < n; i++) {
        if (c->colour && i == 0)
            buf_str(out, "\033[2m");
        table_cell(out, msg_tr(c->lang, columns[i].title), i + 1 < n ? widths[i] : 0, columns[i].right);
        buf_str(out, i + 1 < n ? "  " : c->colour ? "\033[0m\n" : "\n");
    }
    DOC_EACH(rows, row)
        for (int i = 0; i < n; i++) {
            const char *t = cell_text(c, row, columns[i].key);
            bool last = i + 1 == n;
            if (last && (!c->width || utf8_width(t) <= widths[i]))
                buf_str(out, t);
            else
                table_cell(out, t, widths[i], columns[i].right);
            buf_str(out, last ? "\n" : "  ");
        }
}

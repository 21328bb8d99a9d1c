/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv.c: records and cells. */
#include "wire/csv.h"
#include "base/buf.h"
#include "base/msg.h"
#include <string.h>

static char separator_of(const char *p, const char *end)
{
    static const char seps[] = {',', ';', '\t'};
    size_t count[sizeof seps] = {0}, best = 0;
    for (; p < end && *p != '\n'; p++)
        for (size_t i = 0; i < sizeof seps; i++)
            count[i] += *p == seps[i];
    for (size_t i = 1; i < sizeof seps; i++)
        if (count[i] > count[best])
            best = i;
    return seps[best];
}

void csv_begin(struct csv *c, const char *text, size_t n)
{
    *c = (struct csv){.at = text, .end = text + n, .line = 1};
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        c->at += 3;
    c->sep = separator_of(c->at, c->end);
}

/* Within quotes: a doubled one is one. */
static int quoted(struct csv *c, struct buf *cell, struct err *e)
{
    int line = c->line;
    for (c->at++; c->at < c->end; c->at++) {
        if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"')) {
            c->at++;
            return 0;
        }
        c->at += *c->at == '"';
        c->line += *c->at == '\n';
        buf_char(cell, *c->at);
    }
    return err_set(e, ERR_INVALID, MSG("line {1}: a quotation mark is never closed"), "i", (int64_t)line);
}

static bool at_end_of_cell(const struct csv *c)
{
    return c->at >= c->end || *c->at == c->sep || *c->at == '\n' || (*c->at == '\r' && (c->at + 1 == c->end || c->at[1] == '\n'));
}

static int read_cell(struct csv *c, struct arena *a, const char **ret, struct err *e)
{
    struct buf cell = BUF_MAX(CSV_MAX_CELL);
    int r = 0, line = c->line;
    if (c->at < c->end && *c->at == '"')
        r = quoted(c, &cell, e);
    for (; r == 0 && !at_end_of_cell(c); c->at++)
        buf_char(&cell, *c->at);
    if (r == 0 && cell.full)
        r = err_set(e, ERR_LIMIT, MSG("line {1}: too much for one cell"), "i", (int64_t)line);
    *ret = arena_dup(a, buf_text(&cell));
    buf_done(&cell);
    return r;
}

static void end_line(struct csv *c)
{
    c->at += c->at < c->end && *c->at == '\r';
    if (c->at < c->end && *c->at == '\n') {
        c->at++;
        c->line++;
    }
}

int csv_next(struct csv *c, struct arena *a, const char *cells[CSV_MAX_CELLS], int *ret_n, int *ret_line, struct err *e)
{
    for (;;) {
        int n = 0, r = 0;
        bool more = true;
        if (c->at >= c->end)
            return 0;
        *ret_line = c->line;
        while (r == 0 && more) {
            if (n == CSV_MAX_CELLS)
                return err_set(e, ERR_LIMIT, MSG("line {1}: more than {2} cells"), "ii", (int64_t)*ret_line, (int64_t)CSV_MAX_CELLS);
            r = read_cell(c, a, &cells[n++], e);
            more = c->at < c->end && *c->at == c->sep;
            c->at += more;
        }
        if (r)
            return r;
        end_line(c);
        *ret_n = n;
        if (n > 1 || cells[0][0])
            return 1;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jsonrows.c: see jsonrows.h. */
#include "wire/jsonrows.h"
#include "base/msg.h"
#include "base/str.h"

enum { MAX_WORD = 200 };

void jsonrows_begin(struct jsonrows *j, const char *name, jsonrows_fn *fn, void *arg)
{
    *j = (struct jsonrows){.name = name, .fn = fn, .arg = arg, .row = BUF_MAX(JSONROWS_MAX_ROW), .word = BUF_MAX(MAX_WORD), .line = 1};
}

void jsonrows_done(struct jsonrows *j)
{
    buf_done(&j->row);
    buf_done(&j->word);
}

static bool in_row(const struct jsonrows *j)
{
    return j->list && j->depth > j->list;
}

static void in_text(struct jsonrows *j, char c)
{
    if (j->escaped)
        j->escaped = false;
    else if (c == '\\')
        j->escaped = true;
    else if (c == '"')
        j->text = false;
    if (j->text && j->depth == 1)
        buf_char(&j->word, c);
}

static int opens(struct jsonrows *j, char c, struct err *e)
{
    if (j->depth == JSONROWS_MAX_DEPTH)
        return err_set(e, ERR_LIMIT, MSG("line {1}: nested too deep"), "i", j->line);
    bool wanted = c == '[' && !j->list && (j->depth == 0 || (j->depth == 1 && j->key && str_eq(buf_text(&j->word), j->name)));
    j->depth++;
    if (wanted && !j->seen) {
        j->list = j->depth;
        j->seen = true;
    }
    if (j->list && j->depth == j->list + 1 && c != '{')
        return err_set(e, ERR_INVALID, MSG("line {1}: a list of objects is wanted"), "i", j->line);
    return 0;
}

static int closes(struct jsonrows *j, struct err *e)
{
    if (j->depth == 0)
        return err_set(e, ERR_INVALID, MSG("line {1}: this is no JSON"), "i", j->line);
    if (j->list && j->depth == j->list)
        j->list = 0;
    j->depth--;
    if (!j->list || j->depth != j->list)
        return 0;
    buf_char(&j->row, '}');
    if (j->row.full)
        return err_set(e, ERR_LIMIT, MSG("line {1}: larger than anything that is taken"), "i", j->line);
    int r = j->fn(j->arg, buf_text(&j->row), j->row.len);
    buf_clear(&j->row);
    return r;
}

static int take(struct jsonrows *j, char c, struct err *e)
{
    int r = 0;
    j->line += c == '\n';
    if (j->text) {
        in_text(j, c);
    } else if (c == '"') {
        j->text = true;
        j->key = false;
        if (j->depth == 1)
            buf_clear(&j->word);
    } else if (c == '{' || c == '[') {
        r = opens(j, c, e);
    } else if (c == '}' || c == ']') {
        r = closes(j, e);
    } else if (c == ':' || c == ',') {
        j->key = c == ':' && j->depth == 1;
    }
    if (r == 0 && in_row(j))
        buf_char(&j->row, c);
    return r;
}

int jsonrows_feed(struct jsonrows *j, const char *p, size_t n, struct err *e)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = take(j, p[i], e);
    return r;
}

int jsonrows_end(struct jsonrows *j, struct err *e)
{
    if (j->depth || j->text)
        return err_set(e, ERR_INVALID, MSG("line {1}: it ends too early"), "i", j->line);
    return j->seen ? 0 : err_set(e, ERR_INVALID, MSG("there is no list “{1}” in it"), "s", j->name);
}

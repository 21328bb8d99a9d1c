/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_origin.c: from which template or rule a key or check came, for `conf show`.  Templates and
 * rules are spans of lines; a place that lies in one came from there.  Fingerprints know nothing of
 * it: moving a template in its file changes nothing. */
#include "config/conf_int.h"

#include "base/str.h"
#include <stdlib.h>

void conf_origin_span(struct conf_ctx *c, int kind, const char *name, const struct node *n)
{
    struct conf_span s = {
        .from = conf_where_of(c, n->key ? n->key : n),
        .first = n->key ? n->key->line : n->line,
        .last = node_end(n),
        .kind = (enum conf_from_kind)kind,
        .name = intern_text(&c->intern, name),
    };

    VEC_PUSH(&c->spans, s);
}

static int by_line(const void *a, const void *b)
{
    const struct conf_span *x = a, *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

void conf_origin_sort(struct conf_ctx *c)
{
    if (c->spans.n > 1)
        qsort(c->spans.at, c->spans.n, sizeof(*c->spans.at), by_line);
}

/* Index + 1 of the span that holds a line; 0: none. */
static size_t span_of(const struct conf_ctx *c, uint32_t line)
{
    size_t low = 0, high = c->spans.n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (c->spans.at[mid].first <= line)
            low = mid + 1;
        else
            high = mid;
    }
    return low && line <= c->spans.at[low - 1].last ? low : 0;
}

static uint32_t line_of(const struct node *n)
{
    return n->key && n->key->line ? n->key->line : n->line;
}

const struct conf_from *conf_origin_keys(struct conf_ctx *c, const struct node *map,
                                         const struct node *home)
{
    struct conf_from list[32];
    size_t n = 0, own;

    if (c->spans.n == 0 || map == NULL || map->kind != NODE_MAP || home == NULL)
        return NULL;
    memset(list, 0, sizeof(list)); /* with what lies between the members: equal lists are kept once */
    own = span_of(c, home->line);
    NODE_EACH(map, kid)
    {
        size_t from = span_of(c, line_of(kid));
        struct conf_where w = conf_where_of(c, kid->key && kid->key->line ? kid->key : kid);

        if (from == own || n + 1 == COUNT(list))
            continue;
        list[n].key = intern_text(&c->intern, kid->key->text);
        list[n].where.file = w.file;
        list[n].where.line = w.line;
        list[n++].where.column = w.column;
    }
    return n ? intern_bytes(&c->intern, list, (n + 1) * sizeof(*list)) : NULL;
}

struct conf_where conf_origin_of(const struct conf_from *from, const char *key)
{
    for (; from && from->key; from++)
        if (strcmp(from->key, key) == 0)
            return from->where;
    return (struct conf_where){0};
}

static const struct conf_span *find_span(const struct conf *c, struct conf_where w)
{
    const struct conf_span *best = NULL;

    for (int i = 0; i < c->n_spans; i++) {
        const struct conf_span *s = &c->spans[i];

        if (s->from.file == w.file && s->from.line <= w.line &&
            w.line - s->from.line <= s->last - s->first)
            best = s;
    }
    return best;
}

void conf_origin_print(struct buf *out, const struct conf *c, struct conf_where w)
{
    const struct conf_span *s = w.line ? find_span(c, w) : NULL;

    if (s == NULL && w.line)
        buf_printf(out, " # from %s:%u", c->files[w.file], (unsigned)w.line);
    else if (s && s->kind == CONF_FROM_TEMPLATE)
        buf_printf(out, " # from template %s, %s:%u", s->name, c->files[w.file], (unsigned)w.line);
    else if (s && s->kind == CONF_FROM_LIBRARY)
        buf_printf(out, " # from script %s, %s:%u", s->name, c->files[w.file], (unsigned)w.line);
    else if (s)
        buf_printf(out, " # from apply, %s:%u", c->files[w.file], (unsigned)w.line);
}

void conf_origin_check(struct buf *out, const struct conf *c, const struct conf_check *k)
{
    if (find_span(c, k->where))
        conf_origin_print(out, c, k->where);
}

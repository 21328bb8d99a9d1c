/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_entry.c: entries of sections that are mappings of names: texts, series, mirrors, webhooks, networks of IRC, upstreams. */
#include "config/conf_int.h"
#include "base/msg.h"

static bool is_new(struct conf_ctx *c, const struct node *key, const struct conf_where *other)
{
    if (other)
        conf_error_at(c, key, MSG("“{1}” exists already, in {2}"), "ss", key->text, conf_where_text(c, *other, c->scratch));
    return !other && conf_name_read(c, key);
}

static bool is_mapping(struct conf_ctx *c, const struct node *n)
{
    struct buf expected = BUF_MAX(100);

    if (n->kind != NODE_MAP) {
        msg_pack(&expected, MSG("a mapping"), "");
        conf_error_expected(c, n, n->key->text, buf_text(&expected));
    }
    buf_done(&expected);
    return n->kind == NODE_MAP;
}

void *conf_entry_read(struct conf_ctx *c, const struct node *n, const struct conf_row *rows, const struct conf_where *there, size_t bytes)
{
    struct row_set set = {.rows = rows};

    if (!is_new(c, n->key, there))
        return NULL;
    set.base = arena_alloc(c->arena, bytes);
    conf_rows_default(c, rows, set.base);
    if (!is_mapping(c, n))
        return NULL;
    conf_rows_read(c, &set, 1, n, n->key->text);
    conf_rows_required(c, rows, n, n->key, n->key->text);
    return set.base;
}

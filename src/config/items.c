/* SPDX-License-Identifier: GPL-3.0-or-later */
/* items.c: options that are a list of mappings with rows of their own: the steps of a web check.  A list is kept as an
 * interned array of structs of row->item_bytes; nothing outside of it refers to its items. */
#include "config/conf_int.h"

#include "base/hash.h"
#include "base/msg.h"
#include "base/str.h"

enum { MAX_ITEMS = 64 };

static const void *item_at(const struct conf_row *row, const struct conf_items *list, int i)
{
    return (const char *)list->at + (size_t)i * row->item_bytes;
}

static bool read_one(struct conf_ctx *c, const struct conf_row *row, void *item, const struct node *n)
{
    struct row_set set = {.rows = row->rows, .base = item};

    if (n->kind != NODE_MAP) {
        conf_error_at(c, n, MSG("{1}: each item of the list is a mapping"), "s", row->key);
        return false;
    }
    conf_rows_default(c, row->rows, item);
    conf_rows_read(c, &set, 1, n, row->key);
    conf_rows_required(c, row->rows, n, n, row->key);
    return true;
}

int conf_items_read(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    size_t count = n->kind == NODE_LIST ? node_count(n) : 0, i = 0;
    int code = 0;
    char *items;

    if (count == 0 || count > MAX_ITEMS)
        return ERR_INVALID;
    items = mem_array(count, row->item_bytes);
    NODE_EACH(n, kid)
        if (code == 0 && !read_one(c, row, items + i++ * row->item_bytes, kid))
            code = ERR_CANCELLED;
    if (code == 0)
        *(struct conf_items *)at = (struct conf_items){intern_bytes(&c->intern, items, count * row->item_bytes), (int)count};
    mem_free(items);
    return code;
}

void conf_items_print(struct buf *out, const struct conf_row *row, const struct conf_items *list)
{
    buf_char(out, '[');
    for (int i = 0; i < list->n; i++) {
        const char *between = "";

        buf_str(out, i ? ", { " : "{ ");
        for (const struct conf_row *r = row->rows; r->key; r++) {
            if (!conf_type_set(r, item_at(row, list, i)))
                continue;
            buf_printf(out, "%s%s: ", between, r->key);
            conf_type_print(out, r, item_at(row, list, i));
            between = ", ";
        }
        buf_str(out, " }");
    }
    buf_char(out, ']');
}

uint64_t conf_items_hash(const struct conf_row *row, const struct conf_items *list, uint64_t seed)
{
    seed = hash_bytes(&list->n, sizeof(list->n), seed);
    for (int i = 0; i < list->n; i++)
        seed = conf_rows_hash(row->rows, item_at(row, list, i), seed);
    return seed;
}

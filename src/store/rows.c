/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: reading the cells of an answer. */
#include "base/panic.h"
#include "store/store.h"

const struct store_value *store_cell(const struct store_rows *r, int row, int column)
{
    ASSERT(row >= 0 && row < r->n_rows && column >= 0 && column < r->n_columns);
    return &r->at[(size_t)row * (size_t)r->n_columns + (size_t)column];
}

const char *store_cell_text(const struct store_rows *r, int row, int column)
{
    const struct store_value *v = store_cell(r, row, column);
    return v->type == STORE_TEXT || v->type == STORE_BLOB ? v->p : NULL;
}

int64_t store_cell_int(const struct store_rows *r, int row, int column)
{
    const struct store_value *v = store_cell(r, row, column);
    if (v->type == STORE_REAL)
        return (int64_t)v->f;
    return v->type == STORE_INT ? v->i : 0;
}

void store_rows_done(struct store_rows *r)
{
    if (!r)
        return;
    arena_free(r->arena);
    *r = (struct store_rows){0};
}

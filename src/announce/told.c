/* SPDX-License-Identifier: GPL-3.0-or-later */
/* told.c: figures of the outbox by recipient. */
#include "announce/told.h"
#include "base/mem.h"
#include "base/vec.h"

enum { MOST = 1000 };

static const struct store_stmt figures = {
    "told_figures", "SELECT recipient, SUM(CASE WHEN state IN ('due', 'sending') THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END),"
                    " SUM(CASE WHEN state = 'given_up' THEN 1 ELSE 0 END), MAX(CASE WHEN state = 'sent' THEN done_ms ELSE 0 END),"
                    " MAX(CASE WHEN state <> 'sent' AND last_error IS NOT NULL THEN id ELSE 0 END) FROM outbox WHERE channel = ?1 GROUP BY recipient"};
static const struct store_stmt why = {"told_why", "SELECT id, last_error, created_ms FROM outbox WHERE channel = ?1 AND id IN"
                                                  " (SELECT MAX(id) FROM outbox WHERE channel = ?1 AND state <> 'sent' AND last_error IS NOT NULL GROUP BY recipient)"};

struct one {
    struct told t;
    int64_t failed_row; /* of the outbox: the last that failed; 0 */
};
struct listing {
    struct store *store;
    const char *channel;
    told_each *fn;
    told_done *end;
    void *arg;
    struct arena *a;
    VEC(struct one *) all;
};

static void listing_end(struct listing *l, int code, const struct err *e)
{
    for (size_t i = 0; code == 0 && i < l->all.n; i++)
        l->fn(l->arg, &l->all.at[i]->t);
    l->end(l->arg, code, e);
    VEC_DONE(&l->all);
    arena_free(l->a);
    mem_free(l);
}

static void why_found(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct listing *l = arg;
    for (int i = 0; code == 0 && i < rows->n_rows; i++)
        for (size_t k = 0; k < l->all.n; k++)
            if (l->all.at[k]->failed_row == store_cell_int(rows, i, 0)) {
                l->all.at[k]->t.error = arena_dup(l->a, store_cell_text(rows, i, 1));
                l->all.at[k]->t.error_ms = store_cell_int(rows, i, 2);
            }
    listing_end(l, code, e);
}

static void figures_found(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct listing *l = arg;
    struct store_value v = STORE_T(l->channel);
    if (code) {
        listing_end(l, code, e);
        return;
    }
    for (int i = 0; i < rows->n_rows; i++) {
        struct one *o = ARENA_NEW(l->a, struct one);
        o->t = (struct told){.recipient = arena_dup(l->a, store_cell_text(rows, i, 0)), .waiting = store_cell_int(rows, i, 1), .sent = store_cell_int(rows, i, 2), .given_up = store_cell_int(rows, i, 3), .last_ms = store_cell_int(rows, i, 4)};
        o->failed_row = store_cell_int(rows, i, 5);
        VEC_PUSH(&l->all, o);
    }
    store_read(l->store, &why, &v, 1, MOST, why_found, l);
}

void told_list(struct store *s, const char *channel, told_each *fn, told_done *end, void *arg)
{
    struct listing *l = NEW(struct listing);
    *l = (struct listing){.store = s, .fn = fn, .end = end, .arg = arg, .a = arena_new(4096)};
    l->channel = arena_dup(l->a, channel);
    struct store_value v = STORE_T(l->channel);
    store_read(s, &figures, &v, 1, MOST, figures_found, l);
}

const char *told_word(const struct told *t)
{
    if (t->error && (t->waiting || t->error_ms > t->last_ms))
        return "failing";
    return t->waiting ? "waiting" : t->last_ms ? "ok" : "new";
}

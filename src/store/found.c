/* SPDX-License-Identifier: GPL-3.0-or-later */
/* found.c: see found.h. */
#include "store/found.h"
#include "base/mem.h"
#include "base/msg.h"
#include "store/recorder_int.h"

const struct store_migration found_migrations[] = {
    {"found", 1,
     "CREATE TABLE finding (id TEXT PRIMARY KEY, source TEXT NOT NULL, host TEXT NOT NULL, address TEXT, parents TEXT,"
     " check_name TEXT, yaml TEXT, what TEXT NOT NULL, evidence TEXT NOT NULL, state TEXT NOT NULL,"
     " first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL, gone_ms BIGINT NOT NULL, missed INTEGER NOT NULL);"},
    {0},
};

static const struct store_stmt finding_write = {
    "finding_write",
    "INSERT INTO finding (id, source, host, address, parents, check_name, yaml, what, evidence, state, first_ms, last_ms, gone_ms, missed)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    " ON CONFLICT (id) DO UPDATE SET source = excluded.source, host = excluded.host, address = excluded.address, parents = excluded.parents,"
    " check_name = excluded.check_name, yaml = excluded.yaml, what = excluded.what, evidence = excluded.evidence, state = excluded.state,"
    " first_ms = excluded.first_ms, last_ms = excluded.last_ms, gone_ms = excluded.gone_ms, missed = excluded.missed"};
static const struct store_stmt finding_remove = {"finding_remove", "DELETE FROM finding WHERE id = ?1"};
static const struct store_stmt finding_all = {
    "finding_all", "SELECT id, source, host, address, parents, check_name, yaml, what, evidence, state, first_ms, last_ms, gone_ms, missed FROM finding ORDER BY id"};

/* A row that another version wrote, or that is damaged, costs only itself. */
int found_restore(struct store *s, struct book *b, struct err *e)
{
    struct store_rows rows = {0};
    int code = store_read_now(s, &finding_all, NULL, 0, FINDING_MAX, &rows, e);
    for (int i = 0; code == 0 && i < rows.n_rows; i++) {
        int state = book_state_from(store_cell_text(&rows, i, 9));
        struct book_entry en = {
            .f = {.key = store_cell_text(&rows, i, 0), .source = store_cell_text(&rows, i, 1), .host = store_cell_text(&rows, i, 2),
                  .address = store_cell_text(&rows, i, 3), .parents = store_cell_text(&rows, i, 4), .check = store_cell_text(&rows, i, 5),
                  .yaml = store_cell_text(&rows, i, 6), .what = store_cell_text(&rows, i, 7), .evidence = store_cell_text(&rows, i, 8)},
            .state = state < 0 ? BOOK_UNDECIDED : (enum book_state)state,
            .first_ms = store_cell_int(&rows, i, 10), .last_ms = store_cell_int(&rows, i, 11), .gone_ms = store_cell_int(&rows, i, 12),
            .missed = (int)store_cell_int(&rows, i, 13),
        };
        (void)book_restore(b, &en);
    }
    store_rows_done(&rows);
    return code;
}

void found_save(struct store *s, struct book *b, store_done *done, void *arg)
{
    struct store_batch *batch = store_batch_new();
    const struct book_entry *en;
    char *key;
    while ((key = book_take_removed(b)) != NULL) {
        struct store_value v = STORE_T(key);
        store_batch_add(batch, &finding_remove, &v, 1);
        mem_free(key);
    }
    while ((en = book_take_dirty(b)) != NULL) {
        const struct finding *f = &en->f;
        const struct store_value v[] = {STORE_T(f->key), STORE_T(f->source), STORE_T(f->host), STORE_T(f->address), STORE_T(f->parents),
                                        STORE_T(f->check), STORE_T(f->yaml), STORE_T(f->what), STORE_T(f->evidence), STORE_T(book_state_word(en->state)),
                                        STORE_I(en->first_ms), STORE_I(en->last_ms), STORE_I(en->gone_ms), STORE_I(en->missed)};
        store_batch_add(batch, &finding_write, v, COUNT(v));
    }
    store_write(s, batch, done, arg);
}

/* ---- the history ---- */

struct telling {
    struct recorder *r;
    const char *host;
    int64_t now_ms;
    bool counted;
    int n[3];
};

static void put_one(struct telling *t, const struct book_news *n, const char *kind)
{
    struct buf text = BUF_MAX(4000);
    const struct finding *f = &n->entry->f;
    static const char *const says[] = {[BOOK_NEW] = MSG("could be watched: {1}"), [BOOK_GONE] = MSG("is no longer there: {1}"), [BOOK_BACK] = MSG("is there again: {1}")};
    msg_pack(&text, says[n->kind], "m", f->what);
    recorder_note(t->r, t->now_ms, f->host, f->check, kind, NULL, buf_text(&text));
    buf_done(&text);
}

static void put_many(struct telling *t, enum book_news_kind what, int n, const char *kind)
{
    struct buf text = BUF_MAX(4000);
    static const char *const says[] = {[BOOK_NEW] = MSG("{1} {1|thing|things} could be watched"), [BOOK_GONE] = MSG("{1} watched {1|thing is|things are} no longer there"),
                                       [BOOK_BACK] = MSG("{1} {1|thing is|things are} there again")};
    static const char *const more[] = {[BOOK_NEW] = MSG("{1} more {1|thing|things} could be watched"), [BOOK_GONE] = MSG("{1} more watched {1|thing is|things are} no longer there"),
                                       [BOOK_BACK] = MSG("{1} more {1|thing is|things are} there again")};
    msg_pack(&text, t->counted ? says[what] : more[what], "i", (int64_t)n);
    recorder_note(t->r, t->now_ms, t->host, NULL, kind, NULL, buf_text(&text));
    buf_done(&text);
}

static const char *const kinds[] = {[BOOK_NEW] = "found", [BOOK_GONE] = "vanished", [BOOK_BACK] = "back"};

static void on_news(void *arg, const struct book_news *n)
{
    struct telling *t = arg;
    if (n->entry && !t->counted)
        put_one(t, n, kinds[n->kind]);
    else
        t->n[n->kind] += n->n;
}

void found_tell(struct recorder *r, struct book *b, const char *host, int64_t now_ms, bool counted)
{
    struct telling t = {r, host, now_ms, counted, {0}};
    book_news(b, on_news, &t);
    for (int i = 0; i < (int)COUNT(kinds); i++)
        if (t.n[i])
            put_many(&t, (enum book_news_kind)i, t.n[i], kinds[i]);
}

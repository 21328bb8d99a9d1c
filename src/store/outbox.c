/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.c: what has to leave the house.
 *
 * A row is due, sending, sent or given up.  It becomes `sending` durably before anybody hands it over, so
 * a row that is `sending` at start may have been delivered: it is due again, in doubt.  After three doubts
 * it is given up: more than four copies help nobody. */
#include "store/outbox.h"
#include "store/store_int.h"

enum { MAX_DOUBTS = 3, MAX_CLAIM = 100 };

const struct store_migration outbox_migrations[] = {
    {"outbox", 1,
     "CREATE TABLE outbox (id {id}, node TEXT NOT NULL, epoch BIGINT NOT NULL DEFAULT 0,"
     " seq BIGINT NOT NULL DEFAULT 0, fencing BIGINT NOT NULL DEFAULT 0, channel TEXT NOT NULL,"
     " unique_key TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,"
     " created_ms BIGINT NOT NULL, next_try_ms BIGINT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,"
     " doubts INTEGER NOT NULL DEFAULT 0, last_error TEXT, done_ms BIGINT);"
     "CREATE INDEX outbox_due ON outbox (state, channel, next_try_ms);"},
    {0},
};

const struct store_stmt outbox_insert = {
    "outbox_insert",
    "INSERT INTO outbox (node, channel, unique_key, recipient, payload, state, created_ms, next_try_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, 'due', ?6, ?6) ON CONFLICT (unique_key) DO NOTHING"};
static const struct store_stmt outbox_due = {
    "outbox_due", "SELECT id, channel, unique_key, recipient, payload, created_ms, next_try_ms, tries, doubts,"
                  " last_error FROM outbox WHERE state = 'due' AND channel = ?1"
                  " AND (next_try_ms <= ?2 OR next_try_ms > ?2 + 3600000)" /* the clock went back */
                  " ORDER BY next_try_ms, id LIMIT ?3"};
static const struct store_stmt outbox_sending = {
    "outbox_sending", "UPDATE outbox SET state = 'sending', tries = tries + 1 WHERE id = ?1 AND state = 'due'"};
static const struct store_stmt outbox_set_sent = {
    "outbox_sent", "UPDATE outbox SET state = 'sent', done_ms = ?2, last_error = NULL WHERE id = ?1"};
static const struct store_stmt outbox_set_failed = {
    "outbox_failed", "UPDATE outbox SET doubts = doubts + ?3, last_error = ?4, next_try_ms = ?2, done_ms = ?2,"
                     " state = CASE WHEN doubts + ?3 > ?5 THEN 'given_up' ELSE 'due' END WHERE id = ?1"};
static const struct store_stmt outbox_set_given_up = {
    "outbox_given_up", "UPDATE outbox SET state = 'given_up', done_ms = ?2, last_error = ?3 WHERE id = ?1"};
static const struct store_stmt outbox_again = {
    "outbox_again", "UPDATE outbox SET doubts = doubts + 1,"
                    " state = CASE WHEN doubts + 1 > ?1 THEN 'given_up' ELSE 'due' END WHERE state = 'sending'"};
static const struct store_stmt outbox_counting = {
    "outbox_count", "SELECT COUNT(*), COALESCE(SUM(CASE WHEN tries > 0 THEN 1 ELSE 0 END), 0),"
                    " COALESCE(MIN(created_ms), 0) FROM outbox WHERE state IN ('due', 'sending')"};
static const struct store_stmt outbox_soonest = {
    "outbox_soonest", "SELECT MIN(next_try_ms) FROM outbox WHERE state = 'due' AND channel = ?1"};
static const struct store_stmt outbox_soon = {
    "outbox_hasten", "UPDATE outbox SET next_try_ms = ?3 WHERE state = 'due' AND channel = ?1 AND recipient = ?2 AND next_try_ms > ?3"};
static const struct store_stmt outbox_old = {
    "outbox_old", "DELETE FROM outbox WHERE state IN ('sent', 'given_up') AND created_ms < ?1"};

void outbox_add(struct store_batch *b, const char *node, const char *channel, const char *unique_key,
                const char *recipient, const char *payload, int64_t now_ms)
{
    const struct store_value v[] = {STORE_T(node),      STORE_T(channel), STORE_T(unique_key),
                                    STORE_T(recipient), STORE_T(payload), STORE_I(now_ms)};
    store_batch_add(b, &outbox_insert, v, COUNT(v));
}

/* ---- claiming ---- */

struct claim {
    struct store *store;
    outbox_claimed *fn;
    void *arg;
    struct arena *arena;
    struct outbox_row *rows;
    int n;
};

static void claim_end(struct claim *c, int code)
{
    c->fn(c->arg, code, c->rows, code ? 0 : c->n);
    arena_free(c->arena);
    mem_free(c);
}

static void claim_written(void *arg, int code, int64_t last_id, const struct err *e) { claim_end(arg, code); }

static void row_read(const struct store_rows *r, int i, struct arena *a, struct outbox_row *out)
{
    *out = (struct outbox_row){
        .id = store_cell_int(r, i, 0),
        .channel = arena_dup(a, store_cell_text(r, i, 1)),
        .unique_key = arena_dup(a, store_cell_text(r, i, 2)),
        .recipient = arena_dup(a, store_cell_text(r, i, 3)),
        .payload = arena_dup(a, store_cell_text(r, i, 4)),
        .created_ms = store_cell_int(r, i, 5),
        .next_try_ms = store_cell_int(r, i, 6),
        .tries = (int)store_cell_int(r, i, 7) + 1,
        .in_doubt = store_cell_int(r, i, 8) > 0,
        .last_error = arena_dup(a, store_cell_text(r, i, 9)),
    };
}

static void claim_found(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct claim *c = arg;
    if (code || rows->n_rows == 0) {
        claim_end(c, code);
        return;
    }
    c->n = rows->n_rows;
    c->rows = ARENA_ARRAY(c->arena, struct outbox_row, (size_t)c->n);
    struct store_batch *b = store_batch_new();
    for (int i = 0; i < c->n; i++) {
        row_read(rows, i, c->arena, &c->rows[i]);
        store_batch_require(b, &outbox_sending, &STORE_I(c->rows[i].id), 1);
    }
    store_write(c->store, b, claim_written, c);
}

void outbox_claim(struct store *s, const char *channel, int64_t now_ms, int max, outbox_claimed *fn, void *arg)
{
    struct claim *c = NEW(struct claim);
    *c = (struct claim){.store = s, .fn = fn, .arg = arg, .arena = arena_new(0)};
    max = max > MAX_CLAIM ? MAX_CLAIM : max;
    struct store_value v[] = {STORE_T(channel), STORE_I(now_ms), STORE_I(max)};
    store_read(s, &outbox_due, v, COUNT(v), max, claim_found, c);
}

/* ---- what became of a row ---- */

static void write_one(struct store *s, const struct store_stmt *stmt, const struct store_value *v, int n,
                      store_done *done, void *arg)
{
    struct store_batch *b = store_batch_new();
    store_batch_add(b, stmt, v, n);
    store_write(s, b, done, arg);
}

void outbox_sent_then(struct store *s, int64_t id, int64_t now_ms, store_done *done, void *arg)
{
    struct store_value v[] = {STORE_I(id), STORE_I(now_ms)};
    write_one(s, &outbox_set_sent, v, COUNT(v), done, arg);
}

void outbox_failed_then(struct store *s, int64_t id, int64_t next_try_ms, bool in_doubt, const char *error,
                        store_done *done, void *arg)
{
    struct store_value v[] = {STORE_I(id), STORE_I(next_try_ms), STORE_I(in_doubt), STORE_T(error), STORE_I(MAX_DOUBTS)};
    write_one(s, &outbox_set_failed, v, COUNT(v), done, arg);
}

void outbox_given_up_then(struct store *s, int64_t id, int64_t now_ms, const char *error, store_done *done, void *arg)
{
    struct store_value v[] = {STORE_I(id), STORE_I(now_ms), STORE_T(error)};
    write_one(s, &outbox_set_given_up, v, COUNT(v), done, arg);
}

void outbox_sent(struct store *s, int64_t id, int64_t now_ms) { outbox_sent_then(s, id, now_ms, NULL, NULL); }

void outbox_failed(struct store *s, int64_t id, int64_t next_try_ms, bool in_doubt, const char *error)
{
    outbox_failed_then(s, id, next_try_ms, in_doubt, error, NULL, NULL);
}

void outbox_given_up(struct store *s, int64_t id, int64_t now_ms, const char *error)
{
    outbox_given_up_then(s, id, now_ms, error, NULL, NULL);
}

int outbox_recover(struct store *s, struct err *e)
{
    struct store_batch *b = store_batch_new();
    store_batch_add(b, &outbox_again, &STORE_I(MAX_DOUBTS), 1);
    return store_write_now(s, b, e);
}

/* ---- counting ---- */

struct count {
    outbox_counts *fn;
    void *arg;
};

static void count_found(void *arg, int code, const struct store_rows *r, const struct err *e)
{
    struct count *c = arg;
    if (code || r->n_rows == 0)
        c->fn(c->arg, code, 0, 0, 0);
    else
        c->fn(c->arg, 0, store_cell_int(r, 0, 0), store_cell_int(r, 0, 1), store_cell_int(r, 0, 2));
    mem_free(c);
}

void outbox_count(struct store *s, outbox_counts *fn, void *arg)
{
    struct count *c = NEW(struct count);
    *c = (struct count){fn, arg};
    store_read(s, &outbox_counting, NULL, 0, 1, count_found, c);
}

struct soonest {
    outbox_next_due *fn;
    void *arg;
};

static void soonest_found(void *arg, int code, const struct store_rows *r, const struct err *e)
{
    struct soonest *c = arg;
    bool any = code == 0 && r->n_rows == 1 && store_cell(r, 0, 0)->type == STORE_INT;
    c->fn(c->arg, code, any ? store_cell_int(r, 0, 0) : INT64_MAX);
    mem_free(c);
}

void outbox_next(struct store *s, const char *channel, outbox_next_due *fn, void *arg)
{
    struct soonest *c = NEW(struct soonest);
    *c = (struct soonest){fn, arg};
    struct store_value v = STORE_T(channel);
    store_read(s, &outbox_soonest, &v, 1, 1, soonest_found, c);
}

void outbox_prune(struct store *s, int64_t before_ms) { write_one(s, &outbox_old, &STORE_I(before_ms), 1, NULL, NULL); }

void outbox_hasten(struct store *s, const char *channel, const char *recipient, int64_t now_ms)
{
    const struct store_value v[] = {STORE_T(channel), STORE_T(recipient), STORE_I(now_ms)};
    struct store_batch *b = store_batch_new();
    store_batch_add(b, &outbox_soon, v, COUNT(v));
    store_write(s, b, NULL, NULL);
}

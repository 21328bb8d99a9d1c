/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_kit.h: a directory of its own for a test's database, and waiting for answers on the real loop. */
#ifndef VIGIE_TESTS_STORE_KIT_H
#define VIGIE_TESTS_STORE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "store/store.h"

struct kit {
    char dir[64], path[96], url[112];
    struct loop *loop;
    struct store *store;
    struct timer timer;
    int open; /* answers that are waited for */
    int code;
    int64_t last_id;
    struct store_rows rows; /* the last answer, copied */
    struct err err;
};

static const struct store_migration kit_rows[] = {
    {"kit", 1, "CREATE TABLE thing (id {id}, name TEXT UNIQUE, n BIGINT, f DOUBLE PRECISION, b BYTEA);"},
    {0},
};
static const struct store_migration *const kit_migrations[] = {kit_rows, NULL};
static const struct store_stmt kit_add = {"kit_add", "INSERT INTO thing (name, n) VALUES (?1, ?2)"};
static const struct store_stmt kit_set = {"kit_set", "UPDATE thing SET n = ?2 WHERE name = ?1"};
static const struct store_stmt kit_count = {"kit_count", "SELECT COUNT(*), COALESCE(SUM(n), 0) FROM thing"};
static const struct store_stmt kit_names = {"kit_names", "SELECT name, n FROM thing ORDER BY id"};

static inline void kit_stop(void *arg)
{
    struct kit *k = arg;
    loop_stop(k->loop);
}

static inline void kit_answered(struct kit *k, int code, const struct err *e)
{
    k->code = code;
    k->err = e ? *e : (struct err){0};
    if (--k->open == 0)
        loop_stop(k->loop);
}

static inline void kit_done(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct kit *k = arg;
    k->last_id = last_id;
    kit_answered(k, code, e);
}

static inline void kit_rows_keep(struct kit *k, const struct store_rows *r)
{
    store_rows_done(&k->rows);
    k->rows = *r;
    k->rows.arena = arena_new(0);
    size_t n = (size_t)r->n_rows * (size_t)r->n_columns;
    k->rows.at = ARENA_ARRAY(k->rows.arena, struct store_value, n + 1);
    for (size_t i = 0; i < n; i++) {
        k->rows.at[i] = r->at[i];
        if (r->at[i].p)
            k->rows.at[i].p = arena_dupn(k->rows.arena, r->at[i].p, r->at[i].n);
    }
}

static inline void kit_answer(void *arg, int code, const struct store_rows *r, const struct err *e)
{
    struct kit *k = arg;
    if (code == 0)
        kit_rows_keep(k, r);
    kit_answered(k, code, e);
}

static inline void kit_wait(struct kit *k)
{
    if (k->open > 0)
        loop_run(k->loop);
    assert_int_equal(k->open, 0);
}

static inline struct store_batch *kit_batch(const char *name, int64_t n)
{
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(name), STORE_I(n)};
    store_batch_add(b, &kit_add, v, 2);
    return b;
}

static inline int kit_write(struct kit *k, struct store_batch *b)
{
    k->open++;
    store_write(k->store, b, kit_done, k);
    kit_wait(k);
    return k->code;
}

static inline int kit_read(struct kit *k, const struct store_stmt *q, int max_rows)
{
    k->open++;
    store_read(k->store, q, NULL, 0, max_rows, kit_answer, k);
    kit_wait(k);
    return k->code;
}

static inline int64_t kit_things(struct kit *k)
{
    assert_int_equal(kit_read(k, &kit_count, 1), 0);
    return store_cell_int(&k->rows, 0, 0);
}

static inline void kit_place(struct kit *k)
{
    str_copy(k->dir, sizeof(k->dir), "/tmp/vigie-store-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    str_print(k->path, sizeof(k->path), "%s/t.db", k->dir);
    str_print(k->url, sizeof(k->url), "sqlite:%s", k->path);
}

static inline void kit_clear(struct kit *k)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[128];
    for (size_t i = 0; i < COUNT(ends); i++) {
        str_print(name, sizeof(name), "%s%s", k->path, ends[i]);
        unlink(name);
    }
    rmdir(k->dir);
}

static inline void kit_open(struct kit *k)
{
    struct err e = {0};
    k->loop = loop_new("test");
    timer_init(&k->timer, k->loop, kit_stop, k);
    int code = store_open(k->url, NULL, k->loop, kit_migrations, &k->store, &e);
    assert_int_equal(code, 0);
}

static inline void kit_close(struct kit *k)
{
    k->store = store_close(k->store);
    timer_set(&k->timer, 0); /* a last turn */
    loop_run(k->loop);
    k->loop = loop_free(k->loop);
    store_rows_done(&k->rows);
}

static inline int kit_setup(void **state)
{
    struct kit *k = NEW(struct kit);
    kit_place(k);
    kit_open(k);
    *state = k;
    return 0;
}

static inline int kit_teardown(void **state)
{
    struct kit *k = *state;
    if (k->store)
        kit_close(k);
    kit_clear(k);
    mem_free(k);
    return 0;
}

#endif

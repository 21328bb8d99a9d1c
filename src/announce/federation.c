/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation.c: the life of it, and its key. */
#include "announce/federation_int.h"
#include "base/log.h"
#include "base/panic.h"

enum { KEY_AGAIN_MS = 10000 };
static const struct store_stmt key_get = {"federation_key_get", "SELECT pem, made_ms FROM federation_key WHERE name = 'house'"};
static const struct store_stmt key_put = {"federation_key_put", "INSERT INTO federation_key (name, pem, made_ms) VALUES ('house', ?1, ?2) ON CONFLICT (name) DO NOTHING"};

struct federation *fed_ref(struct federation *f)
{
    f->refs++;
    return f;
}

void fed_unref(struct federation *f)
{
    if (--f->refs > 0)
        return;
    void *at;
    for (size_t i = 0; i < f->blocks.n; i++) {
        mem_free(f->blocks.at[i].who);
        mem_free(f->blocks.at[i].by);
    }
    VEC_DONE(&f->blocks);
    VEC_DONE(&f->counts);
    for (size_t i = 0; map_each(&f->failing, &i, NULL, &at);)
        mem_free(at);
    map_done(&f->failing);
    fed_key_free(f->key);
    mem_free(f->public_pem);
    mem_free(f->limit);
    f->magic = 0;
    mem_free(f);
}

/* ---- the key ---- */

static bool take_key(struct federation *f, const char *pem, int64_t made_ms)
{
    struct fed_key *k = fed_key_read(pem);
    char *public = k ? fed_key_public(k) : NULL;
    if (!public) {
        fed_key_free(k);
        return false;
    }
    f->key = k;
    f->public_pem = public;
    f->key_ms = made_ms;
    return true;
}

struct making {
    struct federation *f;
    char *pem;
    int64_t made_ms;
};

static struct making *making_free(struct making *m)
{
    struct federation *f = m->f;
    f->making = false;
    mem_free(m->pem);
    mem_free(m);
    fed_unref(f);
    return NULL;
}

/* Nobody sees a key before it is kept: after a power cut it must be the same one. */
static void key_kept(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct making *m = arg;
    struct federation *f = m->f;
    (void)last_id, (void)e;
    if (code == 0 && !f->closing && !f->key && !take_key(f, m->pem, m->made_ms))
        code = ERR_IO;
    if (code && !f->closing)
        timer_set(&f->key_again, KEY_AGAIN_MS);
    making_free(m);
}

static void key_made(void *arg)
{
    struct making *m = arg;
    struct federation *f = m->f;
    if (f->closing || !m->pem) {
        if (!f->closing)
            timer_set(&f->key_again, KEY_AGAIN_MS);
        making_free(m);
        return;
    }
    m->made_ms = clock_wall_ms();
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(m->pem), STORE_I(m->made_ms)};
    store_batch_add(b, &key_put, v, COUNT(v));
    store_write(f->env.store, b, key_kept, m);
}

static void key_make(void *arg)
{
    struct making *m = arg;
    m->pem = fed_key_make();
}

static void key_drop(void *arg)
{
    making_free(arg);
}

static void need_key(void *arg)
{
    struct federation *f = arg;
    if (f->key || f->making || f->closing || !federation_on(f))
        return;
    struct making *m = NEW(struct making);
    *m = (struct making){.f = fed_ref(f)};
    f->making = true;
    if (work_give(f->env.workers, f->env.loop, key_make, key_made, key_drop, m)) {
        making_free(m);
        timer_set(&f->key_again, KEY_AGAIN_MS);
    }
}

static int read_key(struct federation *f, struct err *e)
{
    struct store_rows rows = {0};
    int r = store_read_now(f->env.store, &key_get, NULL, 0, 1, &rows, e);
    if (r == 0 && rows.n_rows && !take_key(f, store_cell_text(&rows, 0, 0), store_cell_int(&rows, 0, 1))) {
        log_line(LOG_ERROR, "the key by which the page signs cannot be read; nobody can follow it");
        f->making = true; /* another one would be somebody else to all who follow */
    }
    if (r == 0)
        store_rows_done(&rows);
    return r;
}

/* ---- life ---- */

void federation_reconf(struct federation *f)
{
    if (f)
        need_key(f);
}

void federation_hush(struct federation *f)
{
    if (f)
        f->hushed = true;
}

struct federation *federation_new(const struct federation_env *env, struct err *e)
{
    struct federation *f = NEW(struct federation);
    *f = (struct federation){.magic = FED_MAGIC, .refs = 1, .env = *env, .seed = entropy_u64()};
    f->limit = NEW(struct subscriber_limit);
    timer_init(&f->count, env->loop, fed_count_now, f);
    timer_init(&f->key_again, env->loop, need_key, f);
    if (fed_people_restore(f, e) || read_key(f, e)) {
        fed_unref(f);
        return NULL;
    }
    fed_send_init(f);
    need_key(f);
    return f;
}

struct federation *federation_free(struct federation *f)
{
    if (!f)
        return NULL;
    CHECK_OBJ(f, FED_MAGIC);
    f->closing = f->hushed = true;
    timer_clear(&f->count);
    timer_clear(&f->key_again);
    fed_send_stop(f);
    fed_inbox_stop(f);
    fed_fetch_stop(f);
    fed_unref(f);
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub_subs.c: who is subscribed to what: in memory, as the store has it.  What changes is written first; memory follows when it is durable,
 * but for figures that a restart may lose. */
#include "announce/websub_int.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum { READ_MOST = 20001 };

/* The first row is no subscription: by it the hub of others is told (see websub_send.c). */
const struct store_migration websub_migrations[] = {
    {"websub", 1,
     "CREATE TABLE websub (id {id}, topic TEXT NOT NULL, base TEXT NOT NULL, callback TEXT NOT NULL, secret TEXT, since_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL,"
     " hash BIGINT NOT NULL DEFAULT 0, told_ms BIGINT NOT NULL DEFAULT 0, failing_ms BIGINT NOT NULL DEFAULT 0, error TEXT, UNIQUE (topic, callback));"
     "INSERT INTO websub (id, topic, base, callback, since_ms, until_ms) VALUES (1, 'hub', '', 'hub', 0, 0);"},
    {0},
};
static const struct store_stmt all = {"websub_all", "SELECT id, topic, base, callback, secret, since_ms, until_ms, hash, told_ms, failing_ms, error FROM websub WHERE id > 1 ORDER BY id"};
static const struct store_stmt put = {"websub_put", "INSERT INTO websub (topic, base, callback, secret, since_ms, until_ms, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                                                    " ON CONFLICT (topic, callback) DO UPDATE SET base = ?2, secret = ?4, until_ms = ?6"};
static const struct store_stmt drop = {"websub_drop", "DELETE FROM websub WHERE id = ?1 AND id > 1"};
static const struct store_stmt told = {"websub_told", "UPDATE websub SET hash = ?2, told_ms = ?3, failing_ms = 0, error = NULL WHERE id = ?1"};
static const struct store_stmt failed = {"websub_failed", "UPDATE websub SET failing_ms = ?2, error = ?3 WHERE id = ?1"};

/* ---- one ---- */

static void sub_free(struct sub *s)
{
    arena_free(s->arena);
}

const char *websub_host(struct arena *a, const char *url)
{
    const char *at = strstr(url, "://"), *host = at ? at + 3 : url;
    char *out = arena_dupn(a, host, strcspn(host, "/?#"));
    for (char *c = out; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return out;
}

static struct sub *sub_new(const struct websub *w, const char *topic, const char *base, const char *callback, const char *secret)
{
    struct arena *a = arena_new(1024);
    struct sub *s = ARENA_NEW(a, struct sub);
    *s = (struct sub){.arena = a, .topic = arena_dup(a, topic), .callback = arena_dup(a, callback), .secret = arena_dup(a, secret)};
    s->host = websub_host(a, s->callback);
    if (websub_topic_read(a, s->topic, arena_dup(a, base), websub_lang(w), &s->t, NULL) == 0)
        return s;
    sub_free(s);
    return NULL;
}

struct sub *sub_find(const struct websub *w, int64_t id)
{
    size_t from = 0, to = w->subs.n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (w->subs.at[mid]->id == id)
            return w->subs.at[mid];
        if (w->subs.at[mid]->id < id)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

struct sub *sub_same(const struct websub *w, const char *topic, const char *callback)
{
    for (size_t i = 0; i < w->subs.n; i++)
        if (str_eq(w->subs.at[i]->topic, topic) && str_eq(w->subs.at[i]->callback, callback))
            return w->subs.at[i];
    return NULL;
}

int subs_at_host(const struct websub *w, const char *host)
{
    int n = 0;
    for (size_t i = 0; i < w->subs.n; i++)
        n += str_eq(w->subs.at[i]->host, host);
    return n;
}

/* New ones have greater numbers than all before. */
static void sub_add(struct websub *w, struct sub *s)
{
    size_t at = w->subs.n;
    VEC_PUSH(&w->subs, s);
    for (; at > 0 && w->subs.at[at - 1]->id > s->id; at--)
        w->subs.at[at] = w->subs.at[at - 1];
    w->subs.at[at] = s;
}

static void sub_forget(struct websub *w, struct sub *s)
{
    for (size_t i = 0; i < w->subs.n; i++)
        if (w->subs.at[i] == s) {
            memmove(&w->subs.at[i], &w->subs.at[i + 1], (w->subs.n - i - 1) * sizeof(*w->subs.at));
            w->subs.n--;
            sub_free(s);
            return;
        }
}

/* ---- restored ---- */

static void restore_one(struct websub *w, const struct store_rows *r, int i)
{
    struct sub *s = sub_new(w, store_cell_text(r, i, 1), store_cell_text(r, i, 2), store_cell_text(r, i, 3), store_cell_text(r, i, 4));
    if (!s) {
        log_line(LOG_WARN, "subscription %lld to a feed cannot be read; it is left alone", (long long)store_cell_int(r, i, 0));
        return;
    }
    s->id = store_cell_int(r, i, 0);
    s->since_ms = store_cell_int(r, i, 5);
    s->until_ms = store_cell_int(r, i, 6);
    s->hash = (uint64_t)store_cell_int(r, i, 7);
    s->told_ms = store_cell_int(r, i, 8);
    s->failing_ms = store_cell_int(r, i, 9);
    str_copy(s->error, sizeof s->error, store_cell_text(r, i, 10) ? store_cell_text(r, i, 10) : "");
    sub_add(w, s);
}

int subs_restore(struct websub *w, struct err *e)
{
    struct store_rows rows = {0};
    int r = store_read_now(w->env.store, &all, NULL, 0, READ_MOST, &rows, e);
    for (int i = 0; r == 0 && i < rows.n_rows; i++)
        restore_one(w, &rows, i);
    store_rows_done(&rows);
    return r;
}

void subs_done(struct websub *w)
{
    for (size_t i = 0; i < w->subs.n; i++)
        sub_free(w->subs.at[i]);
    VEC_DONE(&w->subs);
}

/* ---- kept ---- */

struct keeping {
    struct websub *hub;
    struct sub *s;
};

/* What is on its way goes on. */
static void sub_renew(struct websub *w, struct sub *old, struct sub *s)
{
    s->id = old->id;
    s->since_ms = old->since_ms;
    s->told_ms = old->told_ms;
    s->failing_ms = old->failing_ms;
    s->hash = old->hash;
    s->sending = old->sending;
    s->flying = old->flying;
    str_copy(s->error, sizeof s->error, old->error);
    for (size_t i = 0; i < w->subs.n; i++)
        if (w->subs.at[i] == old)
            w->subs.at[i] = s;
    sub_free(old);
}

static void kept(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct keeping *k = arg;
    struct websub *w = k->hub;
    struct sub *s = k->s, *same = w->closing || code ? NULL : sub_same(w, s->topic, s->callback);
    (void)e;
    if (code || w->closing) {
        sub_free(s);
    } else if (same) {
        sub_renew(w, same, s);
    } else {
        s->id = last_id;
        sub_add(w, s);
    }
    mem_free(k);
    websub_unref(w);
}

void sub_keep(struct websub *w, const struct wish *wish, uint64_t hash, int64_t now_ms)
{
    struct sub *s = sub_new(w, wish->topic, wish->base, wish->callback, wish->secret);
    if (!s)
        return;
    struct keeping *k = NEW(struct keeping);
    struct store_batch *b = store_batch_new();
    s->since_ms = now_ms;
    s->until_ms = now_ms + wish->lease_s * 1000;
    s->hash = hash;
    struct store_value v[] = {STORE_T(s->topic), STORE_T(s->t.base), STORE_T(s->callback), STORE_T(s->secret), STORE_I(s->since_ms), STORE_I(s->until_ms), STORE_I((int64_t)hash)};
    *k = (struct keeping){websub_ref(w), s};
    store_batch_add(b, &put, v, COUNT(v));
    store_write(w->env.store, b, kept, k);
}

struct dropping {
    hooks_done *fn;
    void *arg;
};

static void dropped(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct dropping *d = arg;
    (void)last_id;
    d->fn(d->arg, code, e);
    mem_free(d);
}

/* At once in memory: whoever ends it is not to be knocked at again. */
void sub_drop(struct websub *w, struct sub *s, hooks_done *fn, void *arg)
{
    struct store_batch *b = store_batch_new();
    store_batch_add(b, &drop, &STORE_I(s->id), 1);
    sub_forget(w, s);
    if (!fn) {
        store_write(w->env.store, b, NULL, NULL);
        return;
    }
    struct dropping *d = NEW(struct dropping);
    *d = (struct dropping){fn, arg};
    store_write(w->env.store, b, dropped, d);
}

void sub_told(struct websub *w, struct sub *s, int64_t now_ms)
{
    struct store_batch *b = store_batch_new();
    s->hash = s->sending;
    s->told_ms = now_ms;
    s->failing_ms = 0;
    s->error[0] = 0;
    struct store_value v[] = {STORE_I(s->id), STORE_I((int64_t)s->hash), STORE_I(now_ms)};
    store_batch_add(b, &told, v, COUNT(v));
    store_write(w->env.store, b, NULL, NULL);
}

void sub_failed(struct websub *w, struct sub *s, const char *error, int64_t now_ms)
{
    struct store_batch *b = store_batch_new();
    if (!s->failing_ms)
        s->failing_ms = now_ms;
    str_copy(s->error, sizeof s->error, error);
    struct store_value v[] = {STORE_I(s->id), STORE_I(s->failing_ms), STORE_T(s->error)};
    store_batch_add(b, &failed, v, COUNT(v));
    store_write(w->env.store, b, NULL, NULL);
}

void subs_sweep(struct websub *w, int64_t now_ms)
{
    for (size_t i = w->subs.n; i-- > 0;)
        if (w->subs.at[i]->until_ms <= now_ms)
            sub_drop(w, w->subs.at[i], NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce.c: the board and its rows in the store.
 *
 * A change leaves its row in a queue; the queue is given to the store as one batch at the end of the turn, the next one
 * when that has landed.  Rows stay until they are durable: when the store fails they are given again every few seconds, in order. */
#include "announce/announce_int.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"

enum { ANNOUNCE_MAGIC = 0x616e6e6f, AGAIN_MS = 5000, MAX_ROWS = 20000, BATCH_ROWS = 500, PAGE = 200, MAX_BODY = 32 << 20 };

const struct store_migration announce_migrations[] = {
    {"announce", 1,
     "CREATE TABLE bulletin (id BIGINT PRIMARY KEY, key TEXT NOT NULL UNIQUE, changed_ms BIGINT NOT NULL, body TEXT NOT NULL);"
     "CREATE TABLE announced (mark TEXT PRIMARY KEY, bulletin BIGINT NOT NULL, at_ms BIGINT NOT NULL);"
     "CREATE INDEX announced_bulletin ON announced (bulletin);"},
    {"announce", 2, "CREATE TABLE outage (component TEXT NOT NULL, from_ms BIGINT NOT NULL, to_ms BIGINT NOT NULL, PRIMARY KEY (component, from_ms));"},
    {0},
};
static const struct store_stmt bulletin_put = {
    "bulletin_put", "INSERT INTO bulletin (id, key, changed_ms, body) VALUES (?1, ?2, ?3, ?4)"
                    " ON CONFLICT (id) DO UPDATE SET key = excluded.key, changed_ms = excluded.changed_ms, body = excluded.body"};
static const struct store_stmt bulletin_delete = {"bulletin_delete", "DELETE FROM bulletin WHERE id = ?1"};
static const struct store_stmt bulletin_page = {"bulletin_page", "SELECT id, body FROM bulletin WHERE id > ?1 ORDER BY id LIMIT ?2"};

/* ---- rows on their way ---- */

static struct row *row_free(struct row *r)
{
    for (int i = 0; i < r->n; i++)
        if (r->values[i].type == STORE_TEXT || r->values[i].type == STORE_BLOB)
            mem_free((char *)r->values[i].p);
    return mem_free(r);
}

static struct store_value own_value(const struct store_value *v)
{
    struct store_value c = *v;
    if ((v->type == STORE_TEXT || v->type == STORE_BLOB) && v->p) {
        char *copy = mem_alloc(v->n + 1);
        memcpy(copy, v->p, v->n);
        copy[v->n] = 0;
        c.p = copy;
    }
    return c;
}

void announce_row(struct announce *a, const struct store_stmt *stmt, const struct store_value *values, int n)
{
    struct row *r = mem_alloc(sizeof *r + sizeof r->values[0] * (size_t)n);
    CHECK_OBJ(a, ANNOUNCE_MAGIC);
    *r = (struct row){.stmt = stmt, .version = board_version(a->board), .n = n};
    for (int i = 0; i < n; i++)
        r->values[i] = own_value(&values[i]);
    *a->tail = r;
    a->tail = &r->next;
    a->n_rows++;
    if (!a->flying && !a->failing)
        timer_set(&a->tick, 0);
}

static void bulletin_row(struct announce *a, const struct bulletin *b)
{
    struct arena *arena = arena_new(0);
    struct doc *d = doc_object(arena);
    struct buf body = BUF_MAX(MAX_BODY);
    bulletin_write(b, d);
    json_write(&body, d, "en", 0);
    struct store_value v[] = {STORE_I(b->id), STORE_T(b->key), STORE_I(b->changed_ms), STORE_T(buf_text(&body))};
    announce_row(a, &bulletin_put, v, COUNT(v));
    buf_done(&body);
    arena_free(arena);
}

static void keep_live(struct announce *a, int64_t id, const struct bulletin *now)
{
    for (size_t i = 0; i < a->live.n; i++)
        if (a->live.at[i] == id) {
            VEC_REMOVE(&a->live, i);
            break;
        }
    if (now && bulletin_is_open(now) && !now->retracted)
        VEC_PUSH(&a->live, id);
}

/* The first listener of the board: what it did is kept before anybody else acts on it. */
static void keep(void *arg, const struct board_event *e)
{
    struct announce *a = arg;
    if (e->now) {
        bulletin_row(a, e->now);
    } else {
        struct store_value id = STORE_I(e->before->id);
        announce_row(a, &bulletin_delete, &id, 1);
    }
    keep_live(a, e->now ? e->now->id : e->before->id, e->now);
    if (!e->now || !bulletin_is_open(e->now))
        marks_forget(a, e->before ? e->before->id : 0);
    clock_ended(a, e);
    clock_soon(a);
}

/* ---- writing ---- */

/* The last who came is called first: each takes back what he did, on top of what others had done. */
static void waiters_fail(struct announce *a, int code, const struct err *e)
{
    struct waiter *last_first = NULL;
    while (a->waiters) {
        struct waiter *w = a->waiters;
        a->waiters = w->next;
        w->next = last_first;
        last_first = w;
    }
    while (last_first) {
        struct waiter *w = last_first;
        last_first = w->next;
        w->fn(w->arg, code, e);
        mem_free(w);
    }
}

static void waiters_tell(struct announce *a)
{
    while (a->waiters && a->waiters->upto <= a->kept) {
        struct waiter *w = a->waiters;
        a->waiters = w->next;
        w->fn(w->arg, 0, NULL);
        mem_free(w);
    }
}

static void rows_drop(struct announce *a, int n)
{
    while (n-- > 0) {
        struct row *r = a->rows;
        a->rows = r->next;
        if (!a->rows)
            a->tail = &a->rows;
        row_free(r);
        a->n_rows--;
    }
}

static void written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct announce *a = arg;
    bool closing = a->closing;
    int n = a->flying;
    a->flying = 0;
    if (closing) {
        announce_unref(a);
        return;
    }
    a->failing = code != 0;
    if (code == 0) {
        a->kept += (uint64_t)n;
        rows_drop(a, n);
        waiters_tell(a);
        if (a->env.dispatcher)
            dispatcher_kick(a->env.dispatcher);
    } else {
        waiters_fail(a, code, e);
    }
    if (a->rows)
        timer_set(&a->tick, code ? AGAIN_MS : 0);
    announce_unref(a);
}

static bool give(struct announce *a)
{
    struct store_batch *b;
    if (a->flying || !a->rows)
        return false;
    b = store_batch_new();
    for (struct row *r = a->rows; r && a->flying < BATCH_ROWS; r = r->next) {
        store_batch_add(b, r->stmt, r->values, r->n);
        a->flying++;
    }
    a->refs++;
    store_write(a->env.store, b, written, a);
    return true;
}

static void tick(void *arg)
{
    give(arg);
}

void announce_flush(struct announce *a, announce_done *fn, void *arg)
{
    struct waiter *w = NEW(struct waiter), **end = &a->waiters;
    CHECK_OBJ(a, ANNOUNCE_MAGIC);
    *w = (struct waiter){.fn = fn, .arg = arg, .upto = a->kept + (uint64_t)a->n_rows};
    while (*end)
        end = &(*end)->next;
    *end = w;
    if (!give(a) && !a->flying)
        waiters_tell(a); /* nothing is left to be kept */
}

/* ---- posts ---- */

static int has_room(const struct announce *a, struct err *e)
{
    return a->n_rows < MAX_ROWS ? 0 : err_set(e, ERR_FULL, MSG("too much waits for the disk already"), "");
}

static void draw_key(char key[BULLETIN_KEY_BYTES + 1])
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i < BULLETIN_KEY_BYTES; i++)
        key[i] = letters[entropy_u64() % 36];
    key[BULLETIN_KEY_BYTES] = 0;
}

int announce_post(struct announce *a, int64_t id, const struct post *p, int64_t now_ms, const struct bulletin **ret, struct err *e)
{
    char key[BULLETIN_KEY_BYTES + 1];
    int r = has_room(a, e);
    CHECK_OBJ(a, ANNOUNCE_MAGIC);
    draw_key(key);
    return r ? r : board_post(a->board, id, p, key, now_ms, ret, e);
}

int announce_post_keyed(struct announce *a, const char *key, const struct post *p, int64_t now_ms, const struct bulletin **ret, struct err *e)
{
    int r = has_room(a, e);
    return r ? r : board_post(a->board, 0, p, key, now_ms, ret, e);
}

int announce_remove(struct announce *a, int64_t id, int64_t now_ms, struct err *e)
{
    int r = has_room(a, e);
    return r ? r : board_remove(a->board, id, now_ms, e);
}

int announce_import(struct announce *a, struct bulletin *one, int64_t now_ms, struct err *e)
{
    int r = has_room(a, e);
    return r ? r : board_import(a->board, one, now_ms, e);
}

/* Rows of one change of the board that are not yet on their way. */
static void rows_forget(struct announce *a, uint64_t version)
{
    struct row **at = &a->rows;
    for (int i = 0; *at; i++) {
        struct row *r = *at;
        if (i < a->flying || r->version != version) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        row_free(r);
        a->n_rows--;
    }
    a->tail = at;
}

void announce_undo(struct announce *a, const struct bulletin *made, const struct bulletin *before)
{
    CHECK_OBJ(a, ANNOUNCE_MAGIC);
    uint64_t version = board_version_of(a->board, made);
    if (!version)
        return; /* somebody has said more since */
    rows_forget(a, version);
    board_put_back(a->board, made, before, clock_wall_ms());
}

const struct bulletin *announce_find(const struct announce *a, const char *id_or_key)
{
    int64_t id;
    const struct bulletin *b = str_i64(id_or_key, &id) == 0 ? board_find(a->board, id) : NULL;
    return b ? b : board_find_key(a->board, id_or_key);
}

/* ---- life ---- */

static void restore_row(struct announce *a, int64_t id, const char *body)
{
    struct arena *arena = arena_new(0);
    struct doc *d = NULL;
    struct bulletin *b = NULL;
    struct err e = {0};
    int r = body ? json_parse(arena, body, strlen(body), MAX_BODY, &d, &e) : ERR_INVALID;
    if (r == 0)
        r = bulletin_read(d, &b, &e);
    if (r == 0 && (r = board_restore(a->board, b, &e)))
        bulletin_unref(b);
    else if (r == 0)
        keep_live(a, b->id, b);
    if (r) {
        struct buf why = BUF_MAX(1000);
        msg_render(&why, e.text, "en");
        log_line(LOG_ERROR, "bulletin %lld in the store cannot be read, it is left alone: %s", (long long)id, buf_text(&why));
        buf_done(&why);
        a->unread++;
    }
    arena_free(arena);
}

static int restore(struct announce *a, struct err *e)
{
    int64_t id = 0;
    for (int n = PAGE; n == PAGE;) {
        struct store_value v[] = {STORE_I(id), STORE_I(PAGE)};
        struct store_rows rows = {0};
        int r = store_read_now(a->env.store, &bulletin_page, v, COUNT(v), PAGE, &rows, e);
        if (r)
            return r;
        n = rows.n_rows;
        for (int i = 0; i < n; i++) {
            id = store_cell_int(&rows, i, 0);
            board_skip(a->board, id); /* also of one that cannot be read: its number is taken */
            restore_row(a, id, store_cell_text(&rows, i, 1));
        }
        store_rows_done(&rows);
    }
    return 0;
}

void announce_unref(struct announce *a)
{
    if (--a->refs > 0)
        return;
    a->magic = 0;
    mem_free(a);
}

struct announce *announce_new(const struct announce_env *env, struct err *e)
{
    struct announce *a = NEW(struct announce);
    *a = (struct announce){.magic = ANNOUNCE_MAGIC, .refs = 1, .env = *env, .board = board_new(), .tail = &a->rows};
    timer_init(&a->tick, env->loop, tick, a);
    board_listen(a->board, keep, a);
    clock_init(a);
    if (restore(a, e) || marks_restore(a, e) || outages_restore(a, e))
        return announce_free(a);
    a->ready = true;
    clock_soon(a);
    return a;
}

struct announce *announce_free(struct announce *a)
{
    struct err e = {0};
    if (!a)
        return NULL;
    CHECK_OBJ(a, ANNOUNCE_MAGIC);
    timer_clear(&a->tick);
    timer_clear(&a->look);
    err_set(&e, ERR_CANCELLED, MSG("The daemon is stopping."), "");
    waiters_fail(a, ERR_CANCELLED, &e);
    a->closing = true;
    rows_drop(a, a->flying); /* the store has them */
    a->flying = 0;
    while (give(a)) {
        rows_drop(a, a->flying);
        a->flying = 0;
    }
    a->board = board_free(a->board);
    marks_done(a);
    VEC_DONE(&a->live);
    outages_done(a);
    announce_unref(a);
    return NULL;
}

struct board *announce_board(struct announce *a)
{
    return a->board;
}

const struct conf *announce_conf(const struct announce *a)
{
    return model_conf(a->env.model);
}

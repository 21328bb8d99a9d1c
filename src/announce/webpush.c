/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webpush.c: the key, and subscriptions in the store. */
#include "announce/webpush_int.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "store/outbox.h"
#include <string.h>

enum { DAY_MS = 86400 * 1000, PAYLOAD_BYTES = 2 * WEBPUSH_MAX_ENDPOINT + 100 };
#define HOUR_MS INT64_C(3600000)

const struct store_migration webpush_migrations[] = {
    {"webpush", 1,
     "CREATE TABLE webpush (id {id}, endpoint TEXT NOT NULL UNIQUE, p256dh TEXT NOT NULL, auth TEXT NOT NULL, lang TEXT NOT NULL, about TEXT NOT NULL, kinds INTEGER NOT NULL,"
     " since_ms BIGINT NOT NULL, proven_ms BIGINT NOT NULL DEFAULT 0, fails INTEGER NOT NULL DEFAULT 0);"
     "CREATE TABLE webpush_key (name TEXT PRIMARY KEY, value TEXT NOT NULL);"},
    {0},
};
#define COLUMNS "id, endpoint, p256dh, auth, lang, about, kinds, since_ms"
const struct store_stmt webpush_page = {"webpush_page", "SELECT " COLUMNS " FROM webpush WHERE id > ?1 ORDER BY id LIMIT ?2"};
const struct store_stmt webpush_by_id = {"webpush_by_id", "SELECT " COLUMNS " FROM webpush WHERE id = ?1"};
const struct store_stmt webpush_by_endpoint = {"webpush_by_endpoint", "SELECT " COLUMNS " FROM webpush WHERE endpoint = ?1"};
static const struct store_stmt put = {"webpush_put", "INSERT INTO webpush (endpoint, p256dh, auth, lang, about, kinds, since_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
                                                     " WHERE (SELECT COUNT(*) FROM webpush) < ?8 ON CONFLICT (endpoint) DO NOTHING"};
static const struct store_stmt set = {"webpush_set", "UPDATE webpush SET p256dh = ?2, lang = ?4, about = ?5, kinds = ?6 WHERE endpoint = ?1 AND auth = ?3"};
static const struct store_stmt move = {"webpush_move", "UPDATE webpush SET endpoint = ?1, p256dh = ?2, auth = ?3, fails = 0 WHERE endpoint = ?4 AND auth = ?5"};
static const struct store_stmt drop_own = {"webpush_drop_own", "DELETE FROM webpush WHERE endpoint = ?1 AND auth = ?2"};
static const struct store_stmt drop_waiting = {"webpush_drop_waiting", "DELETE FROM outbox WHERE channel = 'webpush' AND state = 'due' AND recipient = ?1"};
static const struct store_stmt prune = {"webpush_prune", "DELETE FROM webpush WHERE proven_ms = 0 AND since_ms < ?1"};
static const struct store_stmt count = {"webpush_count", "SELECT COUNT(*), COALESCE(SUM(CASE WHEN proven_ms > 0 THEN 1 ELSE 0 END), 0) FROM webpush"};
static const struct store_stmt key_get = {"webpush_key_get", "SELECT value FROM webpush_key WHERE name = 'vapid'"};
static const struct store_stmt key_put = {"webpush_key_put", "INSERT INTO webpush_key (name, value) VALUES ('vapid', ?1) ON CONFLICT (name) DO NOTHING"};

void webpush_row_read(const struct store_rows *r, int i, struct webpush_row *ret)
{
    const char *about = store_cell_text(r, i, 5);
    *ret = (struct webpush_row){.id = store_cell_int(r, i, 0), .endpoint = store_cell_text(r, i, 1), .p256dh = store_cell_text(r, i, 2), .auth = store_cell_text(r, i, 3), .since_ms = store_cell_int(r, i, 7),
                                .s = {.lang = msg_lang(store_cell_text(r, i, 4)), .about = about ? about : "", .kinds = (unsigned)store_cell_int(r, i, 6)}};
}

void webpush_name(const char *endpoint, char out[WEBPUSH_NAME_BYTES])
{
    str_print(out, WEBPUSH_NAME_BYTES, "browser %016llx", (unsigned long long)hash_text(endpoint, 8291));
}

void webpush_origin(const char *endpoint, char *out, size_t n)
{
    const char *host = strstr(endpoint, "://");
    str_copyn(out, n, endpoint, host ? (size_t)(host + 3 - endpoint) + strcspn(host + 3, "/?#") : 0);
}

/* ---- being asked ---- */

struct asking { /* texts of its own */
    struct webpush *w;
    struct arena *a;
    struct webpush_ask ask;
    bool fresh;
    webpush_done *fn;
    void *arg;
};

static struct asking *asking_new(struct webpush *w, webpush_done *fn, void *arg)
{
    struct arena *a = arena_new(4096);
    struct asking *k = ARENA_NEW(a, struct asking);
    *k = (struct asking){.w = webpush_ref(w), .a = a, .fn = fn, .arg = arg};
    return k;
}

static void asking_end(struct asking *k, int code, const struct err *e)
{
    struct webpush *w = k->w;
    k->fn(k->arg, code, k->fresh, e);
    arena_free(k->a);
    webpush_unref(w);
}

static void asking_fail(struct asking *k, int code, const char *msgid)
{
    struct err e = {0};
    err_set(&e, code, msgid, "");
    asking_end(k, code, &e);
}

static int too_often(struct webpush *w, const char *client, struct err *e)
{
    int64_t now_ms = clock_mono_ms();
    bool fine = !client || subscriber_limit_take(w->limit, subscriber_client_hash(client, w->seed), WEBPUSH_CLIENT_HOUR, HOUR_MS, now_ms);
    fine = fine && subscriber_limit_take(w->limit, w->seed, WEBPUSH_ALL_HOUR, HOUR_MS, now_ms);
    return fine ? 0 : err_set(e, ERR_BUSY, MSG("That was asked for too often; try again in an hour."), "");
}

static int judge(struct webpush *w, const struct webpush_ask *ask, struct err *e)
{
    struct webpush_to to;
    if (!ask->endpoint || !ask->endpoint[0] || strlen(ask->endpoint) > WEBPUSH_MAX_ENDPOINT)
        return err_field(e, ERR_INVALID, "endpoint", MSG("This is no subscription of a browser."), "");
    if (webpush_to_read(ask->p256dh, ask->auth, &to))
        return err_field(e, ERR_INVALID, "keys", MSG("This is no subscription of a browser."), "");
    int r = egress_judge(w->env.channels->egress, ask->endpoint, e);
    return r ? r : subscriber_choice_judge(telling_conf(w->env.telling), &ask->s, e);
}

static void kept(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct asking *k = arg;
    (void)last_id;
    if (code == ERR_CONFLICT && k->fresh)
        asking_fail(k, ERR_LIMIT, MSG("Too many browsers are told already; choose mail or a feed."));
    else if (code == ERR_CONFLICT)
        asking_fail(k, ERR_CONFLICT, MSG("Somebody else has this subscription."));
    else {
        if (code == 0 && k->fresh && k->w->env.dispatcher && !k->w->closing)
            dispatcher_kick(k->w->env.dispatcher); /* the welcome is in the outbox */
        asking_end(k, code, e);
    }
}

/* The first message, whose answer proves the endpoint. */
static void add_welcome(struct asking *k, struct store_batch *b, int64_t now_ms)
{
    char name[WEBPUSH_NAME_BYTES], unique[100];
    struct buf payload = BUF_MAX(PAYLOAD_BYTES);
    struct doc *d = doc_object(k->a);
    doc_put_text(d, "e", k->ask.endpoint);
    json_write(&payload, d, "en", 0);
    webpush_name(k->ask.endpoint, name);
    str_print(unique, sizeof unique, "welcome:%s:%lld", name, (long long)now_ms);
    outbox_add(b, k->w->env.node, "webpush", unique, name, buf_text(&payload), now_ms);
    buf_done(&payload);
}

static void write_new(struct asking *k)
{
    const struct webpush_ask *q = &k->ask;
    struct store_batch *b = store_batch_new();
    int64_t now_ms = clock_wall_ms();
    struct store_value v[] = {STORE_T(q->endpoint), STORE_T(q->p256dh), STORE_T(q->auth), STORE_T(msg_lang(q->s.lang)), STORE_T(q->s.about), STORE_I(q->s.kinds), STORE_I(now_ms), STORE_I(WEBPUSH_MOST)};
    store_batch_require(b, &put, v, COUNT(v));
    add_welcome(k, b, now_ms);
    k->fresh = true;
    store_write(k->w->env.store, b, kept, k);
}

static void write_again(struct asking *k)
{
    const struct webpush_ask *q = &k->ask;
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(q->endpoint), STORE_T(q->p256dh), STORE_T(q->auth), STORE_T(msg_lang(q->s.lang)), STORE_T(q->s.about), STORE_I(q->s.kinds)};
    store_batch_require(b, &set, v, COUNT(v));
    store_write(k->w->env.store, b, kept, k);
}

/* The former one is gone: then this is one like any other. */
static void moved(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct asking *k = arg;
    (void)last_id;
    if (code == ERR_CONFLICT)
        write_new(k);
    else
        asking_end(k, code, e);
}

static void write_moved(struct asking *k)
{
    const struct webpush_ask *q = &k->ask;
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(q->endpoint), STORE_T(q->p256dh), STORE_T(q->auth), STORE_T(q->was_endpoint), STORE_T(q->was_auth)};
    store_batch_require(b, &move, v, COUNT(v));
    store_write(k->w->env.store, b, moved, k);
}

static void looked(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct asking *k = arg;
    if (code || k->w->closing)
        asking_end(k, code ? code : ERR_CANCELLED, e);
    else if (rows->n_rows)
        write_again(k);
    else if (k->ask.was_endpoint && k->ask.was_auth)
        write_moved(k);
    else
        write_new(k);
}

void webpush_subscribe(struct webpush *w, const struct webpush_ask *ask, const char *client, webpush_done *fn, void *arg)
{
    struct err e = {0};
    struct asking *k = asking_new(w, fn, arg);
    int r = judge(w, ask, &e);
    r = r ? r : too_often(w, client, &e);
    if (r) {
        asking_end(k, r, &e);
        return;
    }
    struct arena *a = k->a;
    k->ask = (struct webpush_ask){.endpoint = arena_dup(a, ask->endpoint), .p256dh = arena_dup(a, ask->p256dh), .auth = arena_dup(a, ask->auth), .was_endpoint = arena_dup(a, ask->was_endpoint),
                                  .was_auth = arena_dup(a, ask->was_auth), .s = {.lang = msg_lang(ask->s.lang), .about = arena_dup(a, ask->s.about ? ask->s.about : ""), .kinds = ask->s.kinds}};
    struct store_value v = STORE_T(k->ask.endpoint);
    store_read(w->env.store, &webpush_by_endpoint, &v, 1, 1, looked, k);
}

static void ended(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct asking *k = arg;
    (void)last_id;
    if (code == ERR_CONFLICT)
        asking_fail(k, ERR_NOT_FOUND, MSG("There is no such subscription (any more)."));
    else
        asking_end(k, code, e);
}

void webpush_unsubscribe(struct webpush *w, const char *endpoint, const char *auth, webpush_done *fn, void *arg)
{
    struct asking *k = asking_new(w, fn, arg);
    struct store_batch *b = store_batch_new();
    char name[WEBPUSH_NAME_BYTES];
    webpush_name(endpoint ? endpoint : "", name);
    struct store_value v[] = {STORE_T(endpoint ? endpoint : ""), STORE_T(auth ? auth : "")}, waiting = STORE_T(name);
    store_batch_require(b, &drop_own, v, COUNT(v));
    store_batch_add(b, &drop_waiting, &waiting, 1);
    store_write(w->env.store, b, ended, k);
}

/* ---- how many ---- */

struct counting {
    webpush_counted *fn;
    void *arg;
};

static void counted(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct counting *c = arg;
    bool fine = code == 0 && rows->n_rows;
    (void)e;
    c->fn(c->arg, code, fine ? store_cell_int(rows, 0, 0) : 0, fine ? store_cell_int(rows, 0, 1) : 0);
    mem_free(c);
}

void webpush_count(struct webpush *w, webpush_counted *fn, void *arg)
{
    struct counting *c = NEW(struct counting);
    *c = (struct counting){fn, arg};
    store_read(w->env.store, &count, NULL, 0, 1, counted, c);
}

/* ---- life ---- */

static bool key_read(const char *text, struct p256_key *ret)
{
    unsigned char both[P256_POINT + P256_SCALAR];
    if (!text || strlen(text) != 2 * sizeof both || hash_unhex(text, both, sizeof both))
        return false;
    memcpy(ret->point, both, P256_POINT);
    memcpy(ret->scalar, both + P256_POINT, P256_SCALAR);
    return p256_point_ok(ret->point);
}

static void key_write(struct webpush *w)
{
    unsigned char both[P256_POINT + P256_SCALAR];
    char hex[2 * sizeof both + 1];
    memcpy(both, w->key.point, P256_POINT);
    memcpy(both + P256_POINT, w->key.scalar, P256_SCALAR);
    hash_hex(both, sizeof both, hex);
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(hex);
    store_batch_add(b, &key_put, &v, 1);
    store_write(w->env.store, b, NULL, NULL); /* before any subscription made with it */
}

static int key_find(struct webpush *w, struct err *e)
{
    struct store_rows rows = {0};
    int r = store_read_now(w->env.store, &key_get, NULL, 0, 1, &rows, e);
    bool known = r == 0 && rows.n_rows && key_read(store_cell_text(&rows, 0, 0), &w->key);
    bool other = r == 0 && rows.n_rows && !known;
    store_rows_done(&rows);
    if (other)
        r = err_set(e, ERR_INVALID, MSG("the key of Web Push in the database is damaged"), "");
    if (r == 0 && !known && p256_make(&w->key))
        r = err_set(e, ERR_UNSUPPORTED, MSG("this machine’s OpenSSL makes no P-256 keys"), "");
    if (r == 0 && !known)
        key_write(w);
    p256_point_text(w->key.point, w->key_text);
    return r;
}

static void daily(void *arg)
{
    struct webpush *w = arg;
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_I(clock_wall_ms() - WEBPUSH_PROOF_MS);
    store_batch_add(b, &prune, &v, 1);
    store_write(w->env.store, b, NULL, NULL);
    timer_set(&w->daily, DAY_MS);
}

const char *webpush_key(const struct webpush *w)
{
    return w->key_text;
}

struct webpush *webpush_ref(struct webpush *w)
{
    w->refs++;
    return w;
}

void webpush_unref(struct webpush *w)
{
    if (--w->refs > 0)
        return;
    mem_free(w->limit);
    w->magic = 0;
    mem_free(w);
}

struct webpush *webpush_new(const struct webpush_env *env, struct err *e)
{
    struct webpush *w = NEW(struct webpush);
    *w = (struct webpush){.magic = WEBPUSH_MAGIC, .refs = 1, .env = *env, .seed = entropy_u64()};
    w->limit = NEW(struct subscriber_limit);
    timer_init(&w->daily, env->loop, daily, w);
    if (key_find(w, e))
        return webpush_free(w);
    struct publication_way way = {.name = "webpush", .notices = notice_told, .page = &webpush_page, .add = webpush_add, .arg = w};
    struct channel_poster poster = webpush_poster(w);
    publications_way(env->publications, &way);
    channel_poster_put(env->channels, &poster);
    timer_set(&w->daily, HOUR_MS);
    return w;
}

struct webpush *webpush_free(struct webpush *w)
{
    if (!w)
        return NULL;
    CHECK_OBJ(w, WEBPUSH_MAGIC);
    w->closing = true;
    timer_clear(&w->daily);
    channel_poster_drop(w->env.channels, "webpush");
    webpush_unref(w);
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_people.c: who follows, in the store.  An audience is one place to deliver to for one actor (a server's shared inbox, or the inbox
 * of a person whose server has none); a follower belongs to one.  What an inbox brought is done in one transaction with the mark that
 * it was: the same activity again changes nothing, also after a restart. */
#include "announce/federation_int.h"
#include "base/log.h"
#include "store/outbox.h"

enum { LIST_MOST = 2000, ROWS_MOST = 100000, BLOCKS_MOST = 10000, RECOUNT_MS = 200 };
#define SEEN_KEPT_MS (INT64_C(7) * 86400000) /* longer than a signature is good for */

const struct store_migration federation_migrations[] = {
    {"federation", 1,
     "CREATE TABLE federation_key (name TEXT PRIMARY KEY, pem TEXT NOT NULL, made_ms BIGINT NOT NULL);"
     "CREATE TABLE federation_audience (id {id}, inbox TEXT NOT NULL, target TEXT NOT NULL, host TEXT NOT NULL, since_ms BIGINT NOT NULL,"
     " fails INTEGER NOT NULL DEFAULT 0, failing_ms BIGINT NOT NULL DEFAULT 0, error TEXT, UNIQUE (inbox, target));"
     "CREATE TABLE federation_follower (actor TEXT NOT NULL, target TEXT NOT NULL, audience BIGINT NOT NULL, inbox TEXT NOT NULL, host TEXT NOT NULL, follow TEXT NOT NULL,"
     " since_ms BIGINT NOT NULL, PRIMARY KEY (actor, target));"
     "CREATE INDEX federation_follower_audience ON federation_follower (audience);"
     "CREATE INDEX federation_follower_host ON federation_follower (host);"
     "CREATE TABLE federation_seen (mark TEXT PRIMARY KEY, at_ms BIGINT NOT NULL);"
     "CREATE INDEX federation_seen_at ON federation_seen (at_ms);"
     "CREATE TABLE federation_block (who TEXT PRIMARY KEY, at_ms BIGINT NOT NULL, by_whom TEXT NOT NULL);"},
    {0},
};
const struct store_stmt fed_audience_page = {"federation_audience_page", "SELECT id, inbox, target, since_ms FROM federation_audience WHERE id > ?1 ORDER BY id LIMIT ?2"};
static const struct store_stmt seen_put = {"federation_seen_put", "INSERT INTO federation_seen (mark, at_ms) VALUES (?1, ?2) ON CONFLICT (mark) DO NOTHING"};
static const struct store_stmt seen_prune = {"federation_seen_prune", "DELETE FROM federation_seen WHERE at_ms < ?1"};
static const struct store_stmt audience_put = {
    "federation_audience_put", "INSERT INTO federation_audience (inbox, target, host, since_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (inbox, target) DO NOTHING"};
static const struct store_stmt follower_put = {
    "federation_follower_put", "INSERT INTO federation_follower (actor, target, audience, inbox, host, follow, since_ms)"
                               " SELECT ?1, ?2, id, ?3, host, ?4, ?5 FROM federation_audience WHERE inbox = ?6 AND target = ?2"
                               " ON CONFLICT (actor, target) DO UPDATE SET audience = excluded.audience, inbox = excluded.inbox, follow = excluded.follow"};
static const struct store_stmt follower_drop = {"federation_follower_drop", "DELETE FROM federation_follower WHERE actor = ?1 AND target = ?2"};
static const struct store_stmt follower_drop_id = {"federation_follower_drop_id", "DELETE FROM federation_follower WHERE actor = ?1 AND follow = ?2"};
static const struct store_stmt follower_forget = {"federation_follower_forget", "DELETE FROM federation_follower WHERE actor = ?1"};
static const struct store_stmt follower_known = {"federation_follower_known", "SELECT 1 FROM federation_follower WHERE actor = ?1 LIMIT 1"};
/* Where nobody is told any more. */
static const struct store_stmt audience_tidy = {
    "federation_audience_tidy", "DELETE FROM federation_audience WHERE NOT EXISTS (SELECT 1 FROM federation_follower WHERE audience = federation_audience.id)"};
static const struct store_stmt inbox_followers_drop = {
    "federation_inbox_followers_drop", "DELETE FROM federation_follower WHERE audience IN (SELECT id FROM federation_audience WHERE inbox = ?1)"};
static const struct store_stmt inbox_rows_drop = {"federation_inbox_rows_drop", "DELETE FROM outbox WHERE channel = 'federation' AND state = 'due' AND recipient = ?1"};
static const struct store_stmt host_rows_drop = {
    "federation_host_rows_drop", "DELETE FROM outbox WHERE channel = 'federation' AND state = 'due' AND recipient IN (SELECT inbox FROM federation_audience WHERE host = ?1)"};
static const struct store_stmt inbox_failed = {
    "federation_inbox_failed", "UPDATE federation_audience SET fails = fails + ?2, failing_ms = CASE WHEN failing_ms = 0 THEN ?3 ELSE failing_ms END, error = ?4 WHERE inbox = ?1"};
static const struct store_stmt inbox_good = {"federation_inbox_good", "UPDATE federation_audience SET fails = 0, failing_ms = 0, error = NULL WHERE inbox = ?1"};
static const struct store_stmt inbox_look = {"federation_inbox_look", "SELECT MAX(fails), MIN(failing_ms) FROM federation_audience WHERE inbox = ?1"};
static const struct store_stmt inboxes_failing = {"federation_inboxes_failing", "SELECT DISTINCT inbox FROM federation_audience WHERE failing_ms > 0 LIMIT ?1"};
static const struct store_stmt counts = {"federation_counts", "SELECT target, COUNT(*) FROM federation_follower GROUP BY target ORDER BY target"};
static const struct store_stmt blocks = {"federation_blocks", "SELECT who, at_ms, by_whom FROM federation_block ORDER BY who LIMIT ?1"};
static const struct store_stmt block_put = {
    "federation_block_put", "INSERT INTO federation_block (who, at_ms, by_whom) VALUES (?1, ?2, ?3) ON CONFLICT (who) DO UPDATE SET at_ms = excluded.at_ms, by_whom = excluded.by_whom"};
static const struct store_stmt block_drop = {"federation_block_drop", "DELETE FROM federation_block WHERE who = ?1"};
static const struct store_stmt hosts = {
    "federation_hosts", "SELECT a.host, a.target, COUNT(*), MIN(f.since_ms), MAX(a.failing_ms), MAX(a.fails), MAX(a.error)"
                        " FROM federation_audience a JOIN federation_follower f ON f.audience = a.id GROUP BY a.host, a.target ORDER BY a.host, a.target LIMIT ?1"};
static const struct store_stmt host_followers = {"federation_host_followers", "SELECT actor, target, inbox, follow, since_ms FROM federation_follower WHERE host = ?1 ORDER BY actor, target LIMIT ?2"};
static const struct store_stmt actor_followers = {"federation_actor_followers", "SELECT actor, target, inbox, follow, since_ms FROM federation_follower WHERE actor = ?1 ORDER BY actor, target LIMIT ?2"};

/* ---- counts ---- */

int64_t fed_count(const struct federation *f, const char *target)
{
    for (size_t i = 0; i < f->counts.n; i++)
        if (str_eq(f->counts.at[i].target, target))
            return f->counts.at[i].n;
    return 0;
}

int64_t fed_total(const struct federation *f)
{
    int64_t n = 0;
    for (size_t i = 0; i < f->counts.n; i++)
        n += f->counts.at[i].n;
    return n;
}

static void take_counts(struct federation *f, const struct store_rows *rows)
{
    f->counts.n = 0;
    for (int i = 0; i < rows->n_rows; i++) {
        struct fed_count_row one = {.n = store_cell_int(rows, i, 1)};
        const char *target = store_cell_text(rows, i, 0);
        str_copy(one.target, sizeof one.target, target ? target : "");
        VEC_PUSH(&f->counts, one);
    }
}

static void counted(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct federation *f = arg;
    (void)e;
    f->recounting = false;
    if (code == 0 && !f->closing) {
        take_counts(f, rows);
        if (f->recount)
            fed_recount(f);
    }
    fed_unref(f);
}

/* Soon, and once for many who come together. */
void fed_recount(struct federation *f)
{
    f->recount = true;
    if (!f->closing && !timer_is_set(&f->count))
        timer_set(&f->count, RECOUNT_MS);
}

void fed_count_now(void *arg)
{
    struct federation *f = arg;
    if (f->recounting)
        return;
    f->recount = false;
    f->recounting = true;
    store_read(f->env.store, &counts, NULL, 0, ROWS_MOST, counted, fed_ref(f));
}

/* ---- blocks ---- */

static void block_add(struct federation *f, const char *who, int64_t at_ms, const char *by)
{
    for (size_t i = 0; i < f->blocks.n; i++)
        if (str_eq(f->blocks.at[i].who, who))
            return;
    struct fed_block_row b = {mem_dup(who), mem_dup(by ? by : ""), at_ms};
    VEC_PUSH(&f->blocks, b);
}

static bool block_remove(struct federation *f, const char *who)
{
    for (size_t i = 0; i < f->blocks.n; i++)
        if (str_eq(f->blocks.at[i].who, who)) {
            mem_free(f->blocks.at[i].who);
            mem_free(f->blocks.at[i].by);
            VEC_REMOVE(&f->blocks, i);
            return true;
        }
    return false;
}

/* An account, its host, or a host above that one. */
bool fed_blocked(const struct federation *f, const char *actor)
{
    char host[FED_MAX_HOST];
    if (!fed_host_of(actor, host, sizeof host))
        return true;
    for (size_t i = 0; i < f->blocks.n; i++) {
        const char *who = f->blocks.at[i].who;
        size_t n = strlen(who), h = strlen(host);
        if (str_eq(who, actor) || str_eq(who, host) || (h > n && host[h - n - 1] == '.' && str_eq(host + h - n, who)))
            return true;
    }
    return false;
}

void federation_list_blocks(struct federation *f, federation_each_block *fn, void *arg)
{
    for (size_t i = 0; i < f->blocks.n; i++)
        fn(arg, f->blocks.at[i].who, f->blocks.at[i].at_ms, f->blocks.at[i].by);
}

int fed_people_restore(struct federation *f, struct err *e)
{
    struct store_rows rows = {0};
    struct store_value most = STORE_I(BLOCKS_MOST), failing = STORE_I(ROWS_MOST);
    int r = store_read_now(f->env.store, &blocks, &most, 1, BLOCKS_MOST, &rows, e);
    for (int i = 0; r == 0 && i < rows.n_rows; i++)
        block_add(f, store_cell_text(&rows, i, 0), store_cell_int(&rows, i, 1), store_cell_text(&rows, i, 2));
    store_rows_done(&rows);
    if (r == 0 && (r = store_read_now(f->env.store, &counts, NULL, 0, ROWS_MOST, &rows, e)) == 0) {
        take_counts(f, &rows);
        store_rows_done(&rows);
    }
    if (r == 0 && (r = store_read_now(f->env.store, &inboxes_failing, &failing, 1, ROWS_MOST, &rows, e)) == 0) {
        for (int i = 0; i < rows.n_rows; i++) {
            char *inbox = mem_dup(store_cell_text(&rows, i, 0));
            map_set(&f->failing, inbox, inbox);
        }
        store_rows_done(&rows);
    }
    return r;
}

/* ---- what an inbox brings ---- */

static void mark_seen(struct store_batch *b, const char *mark, int64_t now_ms)
{
    struct store_value v[] = {STORE_T(mark), STORE_I(now_ms)}, old = STORE_I(now_ms - SEEN_KEPT_MS);
    store_batch_require(b, &seen_put, v, COUNT(v));
    store_batch_add(b, &seen_prune, &old, 1);
}

void fed_follow(struct federation *f, const struct fed_follow *w, int64_t now_ms, store_done *done, void *arg)
{
    struct store_batch *b = store_batch_new();
    char host[FED_MAX_HOST] = "", unique[FED_MARK_BYTES + 16];
    const char *to = w->shared ? w->shared : w->inbox;
    fed_host_of(w->actor, host, sizeof host);
    struct store_value audience[] = {STORE_T(to), STORE_T(w->target), STORE_T(host), STORE_I(now_ms)};
    struct store_value follower[] = {STORE_T(w->actor), STORE_T(w->target), STORE_T(w->inbox), STORE_T(w->id), STORE_I(now_ms), STORE_T(to)};
    mark_seen(b, w->mark, now_ms);
    store_batch_add(b, &audience_put, audience, COUNT(audience));
    store_batch_add(b, &follower_put, follower, COUNT(follower));
    store_batch_add(b, &audience_tidy, NULL, 0); /* he may have come from another inbox */
    str_print(unique, sizeof unique, "accept:%s", w->mark);
    outbox_add(b, f->env.node, "federation", unique, w->inbox, w->accept, now_ms);
    store_write(f->env.store, b, done, arg);
}

void fed_unfollow(struct federation *f, const char *actor, const char *target, const char *follow_id, const char *mark, int64_t now_ms, store_done *done, void *arg)
{
    struct store_batch *b = store_batch_new();
    struct store_value by_target[] = {STORE_T(actor), STORE_T(target)}, by_id[] = {STORE_T(actor), STORE_T(follow_id)};
    mark_seen(b, mark, now_ms);
    if (target)
        store_batch_add(b, &follower_drop, by_target, COUNT(by_target));
    else
        store_batch_add(b, &follower_drop_id, by_id, COUNT(by_id));
    store_batch_add(b, &audience_tidy, NULL, 0);
    store_write(f->env.store, b, done, arg);
}

void fed_forget(struct federation *f, const char *actor, int64_t now_ms, store_done *done, void *arg)
{
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(actor);
    (void)now_ms;
    store_batch_add(b, &follower_forget, &v, 1);
    store_batch_add(b, &audience_tidy, NULL, 0);
    store_write(f->env.store, b, done, arg);
}

void fed_known(struct federation *f, const char *actor, store_answer *fn, void *arg)
{
    struct store_value v = STORE_T(actor);
    store_read(f->env.store, &follower_known, &v, 1, 1, fn, arg);
}

/* ---- how inboxes do ---- */

static void written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct federation *f = arg;
    (void)code, (void)last_id, (void)e;
    fed_recount(f);
    fed_unref(f);
}

void fed_drop_inbox(struct federation *f, const char *inbox)
{
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(inbox);
    store_batch_add(b, &inbox_rows_drop, &v, 1);
    store_batch_add(b, &inbox_followers_drop, &v, 1);
    store_batch_add(b, &audience_tidy, NULL, 0);
    log_line(LOG_INFO, "%s is gone: its followers are taken off", inbox);
    store_write(f->env.store, b, written, fed_ref(f));
}

/* No more is remembered of it. */
static void failing_forget(struct federation *f, const char *inbox)
{
    mem_free(map_remove(&f->failing, inbox));
}

struct look {
    struct federation *f;
    char *inbox;
    int64_t now_ms;
};

static void looked(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct look *l = arg;
    struct federation *f = l->f;
    (void)e;
    if (code == 0 && rows->n_rows && !f->closing) {
        int64_t fails = store_cell_int(rows, 0, 0), since = store_cell_int(rows, 0, 1);
        bool gone = fails >= FED_FAILS_MOST || (since > 0 && l->now_ms - since > FED_FAILING_MOST_MS);
        if (gone)
            fed_drop_inbox(f, l->inbox);
        if (gone || !since) /* or nobody is told there: an answer to a Follow failed */
            failing_forget(f, l->inbox);
    }
    mem_free(l->inbox);
    mem_free(l);
    fed_unref(f);
}

/* gone: it says itself that it is not there; counted. Any failure is remembered with its first moment. */
void fed_inbox_failed(struct federation *f, const char *inbox, bool gone, const char *error, int64_t now_ms)
{
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(inbox), STORE_I(gone), STORE_I(now_ms), STORE_T(error)};
    store_batch_add(b, &inbox_failed, v, COUNT(v));
    store_write(f->env.store, b, NULL, NULL);
    if (!map_find(&f->failing, inbox)) {
        char *copy = mem_dup(inbox);
        map_set(&f->failing, copy, copy);
    }
    struct look *l = NEW(struct look);
    *l = (struct look){fed_ref(f), mem_dup(inbox), now_ms};
    store_read(f->env.store, &inbox_look, v, 1, 1, looked, l);
}

void fed_inbox_good(struct federation *f, const char *inbox)
{
    char *was = map_remove(&f->failing, inbox);
    if (!was)
        return;
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(inbox);
    store_batch_add(b, &inbox_good, &v, 1);
    store_write(f->env.store, b, NULL, NULL);
    mem_free(was);
}

/* ---- for staff ---- */

struct listing {
    struct federation *f;
    federation_each *each;
    federation_each_follower *each_follower;
    federation_done *end;
    void *arg;
};

static void listing_end(struct listing *l, int code, int64_t n, const struct err *e)
{
    struct federation *f = l->f;
    l->end(l->arg, code, n, e);
    mem_free(l);
    fed_unref(f);
}

static void hosts_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct listing *l = arg;
    for (int i = 0; code == 0 && i < rows->n_rows; i++) {
        struct federation_row r = {.host = store_cell_text(rows, i, 0), .target = store_cell_text(rows, i, 1), .followers = store_cell_int(rows, i, 2), .since_ms = store_cell_int(rows, i, 3),
                                   .failing_ms = store_cell_int(rows, i, 4), .fails = (int)store_cell_int(rows, i, 5), .error = store_cell_text(rows, i, 6)};
        l->each(l->arg, &r);
    }
    listing_end(l, code, code ? 0 : rows->n_rows, e);
}

void federation_list(struct federation *f, federation_each *fn, federation_done *end, void *arg)
{
    struct listing *l = NEW(struct listing);
    struct store_value most = STORE_I(ROWS_MOST);
    *l = (struct listing){.f = fed_ref(f), .each = fn, .end = end, .arg = arg};
    store_read(f->env.store, &hosts, &most, 1, ROWS_MOST, hosts_rows, l);
}

static void follower_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct listing *l = arg;
    for (int i = 0; code == 0 && i < rows->n_rows; i++)
        l->each_follower(l->arg, store_cell_text(rows, i, 0), store_cell_text(rows, i, 1), store_cell_int(rows, i, 4));
    listing_end(l, code, code ? 0 : rows->n_rows, e);
}

void federation_list_host(struct federation *f, const char *host, federation_each_follower *fn, federation_done *end, void *arg)
{
    struct listing *l = NEW(struct listing);
    struct store_value v[] = {STORE_T(host), STORE_I(LIST_MOST)};
    *l = (struct listing){.f = fed_ref(f), .each_follower = fn, .end = end, .arg = arg};
    store_read(f->env.store, &host_followers, v, COUNT(v), LIST_MOST, follower_rows, l);
}

/* ---- taking people off ---- */

struct removal {
    struct federation *f;
    char *who, *by; /* by NULL: not blocked */
    bool block;
    int64_t n;
    federation_done *fn;
    void *arg;
};

static void removal_end(struct removal *r, int code, const struct err *e)
{
    struct federation *f = r->f;
    r->fn(r->arg, code, r->n, e);
    mem_free(r->who);
    mem_free(r->by);
    mem_free(r);
    fed_unref(f);
}

static void removed(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct removal *r = arg;
    struct federation *f = r->f;
    (void)last_id;
    if (code == 0 && r->block)
        block_add(f, r->who, clock_wall_ms(), r->by);
    fed_recount(f);
    if (code == 0 && f->env.dispatcher && !f->closing)
        dispatcher_kick(f->env.dispatcher);
    removal_end(r, code, e);
}

static void put_reject(struct removal *r, struct store_batch *b, const struct store_rows *rows, int i, int64_t now_ms)
{
    struct arena *a = arena_new(1024);
    struct doc *follow = doc_object(a);
    struct buf payload = BUF_MAX(8 * FED_MAX_URL);
    struct fed_actor us;
    char unique[FED_MARK_BYTES + 40], mark[FED_MARK_BYTES];
    const char *actor = store_cell_text(rows, i, 0), *target = store_cell_text(rows, i, 1), *id = store_cell_text(rows, i, 3);
    if (fed_actor_target(r->f, target, &us)) {
        doc_put_text(follow, "type", "Follow");
        if (id && id[0])
            doc_put_text(follow, "id", id);
        doc_put_text(follow, "actor", actor);
        doc_put_text(follow, "object", us.id);
        fed_answer_payload(&payload, "Reject", target, follow);
        fed_mark(mark, actor, target);
        str_print(unique, sizeof unique, "reject:%s:%lld", mark, (long long)now_ms);
        outbox_add(b, r->f->env.node, "federation", unique, store_cell_text(rows, i, 2), buf_text(&payload), now_ms);
    }
    buf_done(&payload);
    arena_free(a);
}

static void removal_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct removal *r = arg;
    struct err none = {0};
    int64_t now_ms = clock_wall_ms();
    if (code == 0 && !rows->n_rows && !r->block)
        code = err_set(&none, ERR_NOT_FOUND, MSG("nobody of “{1}” follows"), "s", r->who);
    if (code) {
        removal_end(r, code, none.code ? &none : e);
        return;
    }
    struct store_batch *b = store_batch_new();
    struct store_value who = STORE_T(r->who), block[] = {STORE_T(r->who), STORE_I(now_ms), STORE_T(r->by ? r->by : "")};
    if (!fed_is_url(r->who))
        store_batch_add(b, &host_rows_drop, &who, 1);
    for (int i = 0; i < rows->n_rows; i++) {
        struct store_value one[] = {STORE_T(store_cell_text(rows, i, 0)), STORE_T(store_cell_text(rows, i, 1))};
        store_batch_add(b, &follower_drop, one, COUNT(one));
        put_reject(r, b, rows, i, now_ms);
    }
    r->n = rows->n_rows;
    store_batch_add(b, &audience_tidy, NULL, 0);
    if (r->block)
        store_batch_add(b, &block_put, block, COUNT(block));
    store_write(r->f->env.store, b, removed, r);
}

/* "Social.example.net" → "social.example.net"; an address of an account stays as it is. NULL: it is neither. */
static char *who_of(const char *who)
{
    char host[FED_MAX_HOST], url[FED_MAX_URL];
    if (fed_is_url(who))
        return fed_host_of(who, host, sizeof host) ? mem_dup(who) : NULL;
    str_print(url, sizeof url, "https://%s", who);
    return !strpbrk(who, "/?#@") && fed_host_of(url, host, sizeof host) ? mem_dup(host) : NULL;
}

static void take_off(struct federation *f, const char *who, bool block, const char *by, federation_done *fn, void *arg)
{
    struct err e = {0};
    char *clean = who_of(who);
    if (!clean) {
        err_field(&e, ERR_INVALID, "who", MSG("“{1}” is neither a server nor the address of an account, such as https://social.example.net/users/reader"), "s", who);
        fn(arg, ERR_INVALID, 0, &e);
        return;
    }
    struct removal *r = NEW(struct removal);
    *r = (struct removal){.f = fed_ref(f), .who = clean, .by = by ? mem_dup(by) : NULL, .block = block, .fn = fn, .arg = arg};
    struct store_value v[] = {STORE_T(clean), STORE_I(ROWS_MOST)};
    store_read(f->env.store, fed_is_url(clean) ? &actor_followers : &host_followers, v, COUNT(v), ROWS_MOST, removal_rows, r);
}

void federation_remove(struct federation *f, const char *who, federation_done *fn, void *arg)
{
    take_off(f, who, false, NULL, fn, arg);
}

void federation_block(struct federation *f, const char *who, const char *by, federation_done *fn, void *arg)
{
    struct err e = {0};
    if (f->blocks.n >= BLOCKS_MOST) {
        err_set(&e, ERR_LIMIT, MSG("at most {1} can be kept away"), "i", (int64_t)BLOCKS_MOST);
        fn(arg, ERR_LIMIT, 0, &e);
        return;
    }
    take_off(f, who, true, by, fn, arg);
}

static void unblocked(void *arg, int code, int64_t last_id, const struct err *e)
{
    (void)last_id;
    removal_end(arg, code, e);
}

void federation_unblock(struct federation *f, const char *who, federation_done *fn, void *arg)
{
    struct err e = {0};
    char *clean = who_of(who);
    if (!clean || !block_remove(f, clean)) {
        mem_free(clean);
        err_set(&e, ERR_NOT_FOUND, MSG("“{1}” is not kept away"), "s", who);
        fn(arg, ERR_NOT_FOUND, 0, &e);
        return;
    }
    struct removal *r = NEW(struct removal);
    *r = (struct removal){.f = fed_ref(f), .who = clean, .n = 1, .fn = fn, .arg = arg};
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(clean);
    store_batch_add(b, &block_drop, &v, 1);
    store_write(f->env.store, b, unblocked, r);
}

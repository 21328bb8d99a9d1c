/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing.c: from what happens to publications, and from publications to rows of the outbox. */
#include "announce/mailing_int.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "store/outbox.h"

enum { LOOK_AGAIN_MS = 5000, MAX_SNAPSHOT = 4 << 20, KEY_BYTES = 160 };
#define KEEP_MS (INT64_C(100) * 86400 * 1000)

const struct store_migration mailing_migrations[] = {
    {"mailing", 1,
     "CREATE TABLE subscriber (id {id}, address TEXT NOT NULL UNIQUE, lang TEXT NOT NULL, about TEXT NOT NULL, kinds INTEGER NOT NULL,"
     " client TEXT, origin TEXT NOT NULL, nonce BIGINT NOT NULL, since_ms BIGINT NOT NULL, bounces INTEGER NOT NULL DEFAULT 0,"
     " bounced_ms BIGINT NOT NULL DEFAULT 0, silenced_ms BIGINT NOT NULL DEFAULT 0);"
     "CREATE TABLE publication (id {id}, key TEXT NOT NULL UNIQUE, bulletin BIGINT NOT NULL, at_ms BIGINT NOT NULL, body TEXT NOT NULL,"
     " cursor BIGINT NOT NULL DEFAULT 0, told BIGINT NOT NULL DEFAULT 0, done_ms BIGINT NOT NULL DEFAULT 0);"
     "CREATE INDEX publication_open ON publication (done_ms, id);"
     "CREATE TABLE mailing_secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);"},
    {"mailing", 2,
     "ALTER TABLE subscriber ADD COLUMN run BIGINT NOT NULL DEFAULT 0;"
     "CREATE TABLE subscriber_gone (who TEXT PRIMARY KEY, at_ms BIGINT NOT NULL);"}, /* who ended it, by a keyed hash of his address */
    {0},
};
static const struct store_stmt publication_put = {
    "publication_put", "INSERT INTO publication (key, bulletin, at_ms, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO NOTHING"};
static const struct store_stmt publication_next = {"publication_next", "SELECT id, key, body, cursor, at_ms FROM publication WHERE done_ms = 0 ORDER BY id LIMIT 1"};
static const struct store_stmt publication_on = {"publication_on", "UPDATE publication SET cursor = ?2, told = told + ?3, done_ms = ?4 WHERE id = ?1 AND cursor <= ?2"};
/* What nobody will ask for any more: reminders and mails of it are long over. */
static const struct store_stmt publication_prune = {"publication_prune", "DELETE FROM publication WHERE done_ms > 0 AND done_ms < ?1"};
static const struct store_stmt secret_get = {"secret_get", "SELECT value FROM mailing_secret WHERE name = 'links'"};
static const struct store_stmt secret_put = {"secret_put", "INSERT INTO mailing_secret (name, value) VALUES ('links', ?1) ON CONFLICT (name) DO NOTHING"};

const char *const notice_words[NOTICES] = {"none", "opened", "update", "resolved", "planned", "changed", "confirmed", "begun", "done", "cancelled", "moved", "reminder", "overrun"};

unsigned notice_kind(enum notice n)
{
    return n == NOTICE_OPENED ? SUBSCRIBER_OPENED : n == NOTICE_UPDATE ? SUBSCRIBER_UPDATES : n == NOTICE_RESOLVED ? SUBSCRIBER_RESOLVED : SUBSCRIBER_WORK;
}

/* ---- what happened ---- */

static enum notice notice_of_work(const struct bulletin *before, const struct bulletin *now)
{
    static const enum notice fresh[PHASES] = {[PHASE_TENTATIVE] = NOTICE_PLANNED, [PHASE_CONFIRMED] = NOTICE_PLANNED, [PHASE_IN_PROGRESS] = NOTICE_BEGUN, [PHASE_COMPLETED] = NOTICE_DONE, [PHASE_CANCELLED] = NOTICE_CANCELLED};
    if (!before || before->draft)
        return fresh[now->phase];
    if (before->phase == now->phase)
        return NOTICE_CHANGED;
    return now->phase == PHASE_CONFIRMED || now->phase == PHASE_TENTATIVE ? NOTICE_CONFIRMED : fresh[now->phase];
}

static enum notice notice_of(const struct bulletin *before, const struct bulletin *now)
{
    if (now->kind == BULLETIN_WORK)
        return notice_of_work(before, now);
    bool fresh = !before || before->draft;
    if (now->phase == PHASE_RESOLVED && (fresh || before->phase != PHASE_RESOLVED))
        return NOTICE_RESOLVED;
    return fresh ? NOTICE_OPENED : NOTICE_UPDATE;
}

unsigned mailing_kind(const struct bulletin *before, const struct bulletin *now)
{
    return notice_kind(notice_of(before, now));
}

/* The last that says anything in words, when nothing was said right now. */
static int64_t update_of(const struct bulletin *b, const struct update *said)
{
    int64_t id = b->n_updates ? b->updates[b->n_updates - 1].id : 0;
    if (said)
        return said->id;
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].text.n)
            id = b->updates[i].id;
    return id;
}

/* ---- publications ---- */

/* The bulletin as it is now, but for the updates that this is not about. */
static void snapshot(const struct bulletin *b, enum notice n, int64_t update, int64_t lead_ms, int64_t at_ms, struct buf *out)
{
    struct arena *a = arena_new(0);
    struct doc *d = doc_object(a), *one = doc_put_object(d, "bulletin"), *said = doc_list(a);
    bulletin_write(b, one);
    DOC_EACH(doc_get(one, "updates"), u)
        if (doc_int(u, "id", 0) == update)
            doc_push(said, doc_copy(a, u));
    doc_put(one, "updates", said);
    doc_put_text(d, "what", notice_words[n]);
    doc_put_int(d, "update", update);
    doc_put_int(d, "lead_ms", lead_ms);
    doc_put_int(d, "at_ms", at_ms);
    json_write(out, d, "en", 0);
    arena_free(a);
}

static void look_soon(struct mailing *m)
{
    if (m->looking)
        m->again = true;
    else
        timer_set(&m->look, 0);
}

static void publish(struct mailing *m, const struct bulletin *b, enum notice n, const struct update *said, int64_t lead_ms, int64_t at_ms)
{
    struct buf body = BUF_MAX(MAX_SNAPSHOT);
    char key[KEY_BYTES];
    int64_t update = update_of(b, said);
    if (n == NOTICE_REMINDER || n == NOTICE_OVERRUN) /* once for each of its times */
        str_print(key, sizeof key, "%s:%s:%lld:%lld", b->key, notice_words[n], (long long)lead_ms, (long long)(n == NOTICE_REMINDER ? b->start_ms : b->end_ms));
    else
        str_print(key, sizeof key, "%s:%s:%d:%lld", b->key, notice_words[n], b->sequence, (long long)update);
    snapshot(b, n, update, lead_ms, at_ms, &body);
    if (body.full) {
        log_line(LOG_ERROR, "what is said of incident %lld is too large to be mailed", (long long)b->id);
    } else {
        struct store_value v[] = {STORE_T(key), STORE_I(b->id), STORE_I(at_ms), STORE_T(buf_text(&body))};
        announce_row(m->env.announce, &publication_put, v, COUNT(v));
        look_soon(m);
    }
    buf_done(&body);
}

static void on_board(void *arg, const struct board_event *e)
{
    struct mailing *m = arg;
    const struct bulletin *b = e->now;
    bool fresh = e->kind == BOARD_OPENED || e->kind == BOARD_PUBLISHED;
    if (m->closing || !b || !bulletin_is_public(b) || (e->update && e->update->quiet))
        return;
    if (fresh && b->n_updates && b->updates[b->n_updates - 1].quiet)
        return;
    if (fresh)
        publish(m, b, notice_of(NULL, b), e->update, 0, e->at_ms);
    else if (e->kind == BOARD_UPDATED)
        publish(m, b, notice_of(e->before, b), e->update, 0, e->at_ms);
    else if (e->kind == BOARD_MOVED)
        publish(m, b, NOTICE_MOVED, e->update, 0, e->at_ms);
}

static void on_clock(void *arg, const struct announce_event *e)
{
    struct mailing *m = arg;
    if (m->closing || !bulletin_is_public(e->bulletin))
        return;
    if (e->kind == ANNOUNCE_REMINDER)
        publish(m, e->bulletin, NOTICE_REMINDER, NULL, e->lead_ms, e->at_ms);
    else if (e->kind == ANNOUNCE_OVERRUN)
        publish(m, e->bulletin, NOTICE_OVERRUN, NULL, 0, e->at_ms);
}

static enum notice notice_from(const char *word)
{
    for (int i = 0; i < NOTICES; i++)
        if (str_eq(word, notice_words[i]))
            return (enum notice)i;
    return NOTICE_NONE;
}

int publication_read(const char *body, struct publication *ret, struct err *e)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    int r = json_parse(a, body, strlen(body), MAX_SNAPSHOT, &d, e);
    if (r == 0)
        r = bulletin_read(doc_get(d, "bulletin"), &ret->b, e);
    if (r == 0) {
        ret->notice = notice_from(doc_text(d, "what", ""));
        ret->update = doc_int(d, "update", 0);
        ret->lead_ms = doc_int(d, "lead_ms", 0);
        ret->at_ms = doc_int(d, "at_ms", 0);
    }
    arena_free(a);
    return r;
}

void publication_done(struct publication *p)
{
    for (int i = 0; i < MAILING_LANGS; i++)
        text_done(&p->texts[i]);
    p->b = bulletin_unref(p->b);
    p->id = 0;
}

/* ---- to mails, slice by slice ---- */

struct slice {
    struct mailing *m;
    struct publication p;
    char key[KEY_BYTES];
    int64_t cursor, told;
    bool last;
};

static void slice_end(struct slice *s, int code)
{
    struct mailing *m = s->m;
    publication_done(&s->p);
    mem_free(s);
    m->looking = false;
    if (!m->closing) {
        if (code == 0 && m->env.dispatcher)
            dispatcher_kick(m->env.dispatcher);
        m->again = false;
        timer_set(&m->look, code ? LOOK_AGAIN_MS : 0);
    }
    mailing_unref(m);
}

static void slice_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    slice_end(arg, code);
}

static void add_mail(struct slice *s, struct store_batch *b, const struct mailing_row *r, int64_t nonce, int64_t now_ms)
{
    char unique[KEY_BYTES + 40], payload[160];
    str_print(unique, sizeof unique, "notice:%s:%lld", s->key, (long long)r->id);
    str_print(payload, sizeof payload, "{\"p\":%lld,\"s\":%lld,\"n\":%lld,\"l\":\"%s\"}", (long long)s->p.id, (long long)r->id, (long long)nonce, msg_lang(r->s.lang));
    outbox_add(b, s->m->env.node, "subscriber", unique, r->s.address, payload, now_ms);
    s->told++;
}

static void slice_people(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct slice *s = arg;
    const struct conf *c = mailing_conf(s->m);
    int64_t now_ms = clock_wall_ms();
    if (code || s->m->closing || !c) {
        slice_end(s, code ? code : ERR_BUSY);
        return;
    }
    struct store_batch *b = store_batch_new();
    for (int i = 0; i < rows->n_rows; i++) {
        struct mailing_row r;
        mailing_row_read(rows, i, &r);
        s->cursor = r.id;
        if (!r.silenced_ms && r.since_ms <= s->p.at_ms && (r.s.kinds & notice_kind(s->p.notice)) && subscriber_concerned(&r.s, c, s->p.b))
            add_mail(s, b, &r, store_cell_int(rows, i, 7), now_ms);
    }
    s->last = rows->n_rows < MAILING_SLICE;
    struct store_value v[] = {STORE_I(s->p.id), STORE_I(s->cursor), STORE_I(s->told), STORE_I(s->last ? now_ms : 0)};
    store_batch_add(b, &publication_on, v, COUNT(v));
    struct store_value before = STORE_I(now_ms - KEEP_MS);
    if (s->last)
        store_batch_add(b, &publication_prune, &before, 1);
    store_write(s->m->env.store, b, slice_written, s);
}

/* One that nobody can read is over. */
static void give_up(struct slice *s, int64_t id)
{
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_I(id), STORE_I(s->cursor), STORE_I(0), STORE_I(clock_wall_ms())};
    log_line(LOG_ERROR, "publication %lld in the store cannot be read; nobody is mailed of it", (long long)id);
    store_batch_add(b, &publication_on, v, COUNT(v));
    store_write(s->m->env.store, b, slice_written, s);
}

static void slice_found(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct slice *s = arg;
    struct mailing *m = s->m;
    struct err why = {0};
    if (code == 0 && rows->n_rows == 0 && !m->closing) { /* all is done */
        bool again = m->again;
        m->looking = m->again = false;
        if (again)
            timer_set(&m->look, 0);
        mem_free(s);
        mailing_unref(m);
        return;
    }
    if (code || m->closing) {
        slice_end(s, code ? code : ERR_BUSY);
        return;
    }
    const char *key = store_cell_text(rows, 0, 1), *body = store_cell_text(rows, 0, 2);
    s->cursor = store_cell_int(rows, 0, 3);
    str_copy(s->key, sizeof s->key, key ? key : "");
    if (publication_read(body ? body : "", &s->p, &why)) {
        give_up(s, store_cell_int(rows, 0, 0));
        return;
    }
    s->p.id = store_cell_int(rows, 0, 0);
    struct store_value v[] = {STORE_I(s->cursor), STORE_I(MAILING_SLICE)};
    store_read(m->env.store, &subscriber_page, v, COUNT(v), MAILING_SLICE, slice_people, s);
}

static void slice_begin(struct mailing *m)
{
    struct slice *s = NEW(struct slice);
    s->m = mailing_ref(m);
    store_read(m->env.store, &publication_next, NULL, 0, 1, slice_found, s);
}

/* What was said is durable. */
static void kept(void *arg, int code, const struct err *e)
{
    struct mailing *m = arg;
    if (m->closing)
        m->looking = false;
    else if (code == 0)
        slice_begin(m);
    else {
        m->looking = false;
        timer_set(&m->look, LOOK_AGAIN_MS);
    }
    mailing_unref(m);
}

static void look(void *arg)
{
    struct mailing *m = arg;
    if (m->looking) {
        m->again = true;
        return;
    }
    m->looking = true;
    announce_flush(m->env.announce, kept, mailing_ref(m));
}

/* ---- life ---- */

void mailing_unref(struct mailing *m)
{
    if (--m->refs > 0)
        return;
    for (int i = 0; i < MAILING_KEPT; i++)
        publication_done(&m->kept[i]);
    mem_free(m->limit);
    m->magic = 0;
    mem_free(m);
}

struct mailing *mailing_ref(struct mailing *m)
{
    m->refs++;
    return m;
}

const struct conf *mailing_conf(const struct mailing *m)
{
    return model_conf(m->env.model);
}

static int secret_find(struct mailing *m, struct err *e)
{
    struct store_rows rows = {0};
    char hex[2 * SUBSCRIBER_SECRET_BYTES + 1];
    int r = store_read_now(m->env.store, &secret_get, NULL, 0, 1, &rows, e);
    const char *there = r == 0 && rows.n_rows ? store_cell_text(&rows, 0, 0) : NULL;
    bool known = there && strlen(there) == 2 * SUBSCRIBER_SECRET_BYTES && hash_unhex(there, m->secret, SUBSCRIBER_SECRET_BYTES) == 0;
    store_rows_done(&rows);
    if (r || known)
        return r;
    entropy_bytes(m->secret, SUBSCRIBER_SECRET_BYTES);
    hash_hex(m->secret, SUBSCRIBER_SECRET_BYTES, hex);
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(hex);
    store_batch_add(b, &secret_put, &v, 1);
    store_write(m->env.store, b, NULL, NULL); /* before any mail that has a link */
    return 0;
}

struct mailing *mailing_new(const struct mailing_env *env, struct err *e)
{
    struct mailing *m = NEW(struct mailing);
    *m = (struct mailing){.magic = MAILING_MAGIC, .refs = 1, .env = *env, .seed = entropy_u64()};
    m->limit = NEW(struct subscriber_limit);
    timer_init(&m->look, env->loop, look, m);
    if (secret_find(m, e))
        return mailing_free(m);
    board_listen(announce_board(env->announce), on_board, m);
    announce_listen(env->announce, on_clock, m);
    timer_set(&m->look, 0); /* what was left to be done */
    return m;
}

struct mailing *mailing_free(struct mailing *m)
{
    if (!m)
        return NULL;
    CHECK_OBJ(m, MAILING_MAGIC);
    m->closing = true;
    timer_clear(&m->look);
    mailing_unref(m);
    return NULL;
}

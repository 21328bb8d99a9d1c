/* SPDX-License-Identifier: GPL-3.0-or-later */
/* publication.c: from what happens to publications, and their way to those who spread them, slice by slice. */
#include "announce/publication.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { PUBLICATION_MAGIC = 0x7075626c, LOOK_AGAIN_MS = 5000, MAX_SNAPSHOT = 4 << 20, KEY_BYTES = 160, SLICE = 50, MAX_WAYS = 12, KEPT = 8 };
#define KEEP_MS (INT64_C(100) * 86400 * 1000)

/* The table itself is the first of mailing's, whose room this was. */
const struct store_migration publication_migrations[] = {
    {"publication", 1,
     "CREATE TABLE publication_way (publication BIGINT NOT NULL, way TEXT NOT NULL, cursor BIGINT NOT NULL DEFAULT 0, told BIGINT NOT NULL DEFAULT 0,"
     " done_ms BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (publication, way));"
     "CREATE INDEX publication_way_open ON publication_way (way, done_ms, publication);"
     "INSERT INTO publication_way (publication, way, cursor, told, done_ms) SELECT id, 'subscriber', cursor, told, done_ms FROM publication;"},
    {0},
};
static const struct store_stmt publication_put = {
    "publication_put", "INSERT INTO publication (key, bulletin, at_ms, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO NOTHING"};
static const struct store_stmt way_put = {
    "publication_way_put", "INSERT INTO publication_way (publication, way) SELECT id, ?2 FROM publication WHERE key = ?1 ON CONFLICT (publication, way) DO NOTHING"};
static const struct store_stmt way_next = {
    "publication_way_next", "SELECT p.id, p.key, p.body, w.cursor, w.told FROM publication_way w JOIN publication p ON p.id = w.publication"
                            " WHERE w.way = ?1 AND w.done_ms = 0 ORDER BY w.publication LIMIT 1"};
static const struct store_stmt way_on = {
    "publication_way_on", "UPDATE publication_way SET cursor = ?3, told = ?4, done_ms = ?5 WHERE publication = ?1 AND way = ?2"};
static const struct store_stmt publication_over = {
    "publication_over", "UPDATE publication SET done_ms = ?2 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM publication_way WHERE publication = ?1 AND done_ms = 0)"};
/* What nobody will ask for any more: reminders and mails of it are long over. */
static const struct store_stmt way_prune = {
    "publication_way_prune", "DELETE FROM publication_way WHERE publication IN (SELECT id FROM publication WHERE done_ms > 0 AND done_ms < ?1)"};
static const struct store_stmt publication_prune = {"publication_prune", "DELETE FROM publication WHERE done_ms > 0 AND done_ms < ?1"};
static const struct store_stmt publication_get = {"publication_get", "SELECT id, key, body FROM publication WHERE id = ?1"};

const char *const notice_words[NOTICES] = {"none", "opened", "update", "resolved", "planned", "changed", "confirmed", "begun", "done", "cancelled", "moved", "reminder", "overrun", "corrected", "retracted", "reported"};
const unsigned notice_told = NOTICE_BIT(NOTICES) - 1 - NOTICE_BIT(NOTICE_NONE) - NOTICE_BIT(NOTICE_CORRECTED) - NOTICE_BIT(NOTICE_RETRACTED) - NOTICE_BIT(NOTICE_REPORTED);

struct way {
    struct publications *ps;
    struct publication_way w;
    struct timer look;
    bool looking, again;
};
struct kept { /* in use last */
    struct publication p; /* b NULL: this place is free */
    uint64_t used;
};
struct publications {
    unsigned magic;
    int refs;
    bool closing;
    struct publications_env env;
    struct way ways[MAX_WAYS];
    int n_ways;
    uint64_t uses;
    struct kept kept[KEPT];
};

static struct publications *publications_ref(struct publications *ps)
{
    ps->refs++;
    return ps;
}

static void publication_done(struct publication *p)
{
    mem_free((char *)p->key);
    p->b = bulletin_unref(p->b);
    *p = (struct publication){0};
}

static void publications_unref(struct publications *ps)
{
    if (--ps->refs > 0)
        return;
    for (int i = 0; i < KEPT; i++)
        publication_done(&ps->kept[i].p);
    ps->magic = 0;
    mem_free(ps);
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

enum notice notice_of(const struct bulletin *before, const struct bulletin *now)
{
    if (now->kind == BULLETIN_WORK)
        return notice_of_work(before, now);
    bool fresh = !before || before->draft;
    if (now->phase == PHASE_RESOLVED && (fresh || before->phase != PHASE_RESOLVED))
        return NOTICE_RESOLVED;
    return fresh ? NOTICE_OPENED : NOTICE_UPDATE;
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

static void look_soon(struct way *w)
{
    if (w->looking)
        w->again = true;
    else
        timer_set(&w->look, 0);
}

static bool way_wants(const struct way *w, enum notice n, bool quiet)
{
    return (w->w.notices & NOTICE_BIT(n)) && (!quiet || w->w.quiet);
}

static bool wanted(const struct publications *ps, enum notice n, bool quiet)
{
    for (int i = 0; i < ps->n_ways; i++)
        if (way_wants(&ps->ways[i], n, quiet))
            return true;
    return false;
}

/* What makes it this publication and no other; what is told at several times has its time in it. */
static void key_make(char *out, const struct bulletin *b, enum notice n, int64_t update, int64_t lead_ms, int64_t at_ms)
{
    const char *word = notice_words[n];
    if (n == NOTICE_REMINDER || n == NOTICE_OVERRUN) /* once for each of its times */
        str_print(out, KEY_BYTES, "%s:%s:%lld:%lld", b->key, word, (long long)lead_ms, (long long)(n == NOTICE_REMINDER ? b->start_ms : b->end_ms));
    else if (n == NOTICE_CORRECTED || n == NOTICE_RETRACTED || n == NOTICE_REPORTED)
        str_print(out, KEY_BYTES, "%s:%s:%lld:%lld", b->key, word, (long long)update, (long long)at_ms);
    else
        str_print(out, KEY_BYTES, "%s:%s:%d:%lld", b->key, word, b->sequence, (long long)update);
}

static void publish(struct publications *ps, const struct bulletin *b, enum notice n, const struct update *said, bool quiet, int64_t lead_ms, int64_t at_ms)
{
    struct buf body = BUF_MAX(MAX_SNAPSHOT);
    char key[KEY_BYTES];
    int64_t update = update_of(b, said);
    if (!wanted(ps, n, quiet))
        return;
    key_make(key, b, n, update, lead_ms, at_ms);
    snapshot(b, n, update, lead_ms, at_ms, &body);
    if (body.full)
        log_line(LOG_ERROR, "what is said of incident %lld is too large to be spread", (long long)b->id);
    struct store_value v[] = {STORE_T(key), STORE_I(b->id), STORE_I(at_ms), STORE_T(buf_text(&body))};
    if (!body.full)
        announce_row(ps->env.announce, &publication_put, v, COUNT(v));
    for (int i = 0; i < ps->n_ways && !body.full; i++) {
        struct way *w = &ps->ways[i];
        struct store_value to[] = {STORE_T(key), STORE_T(w->w.name)};
        if (!way_wants(w, n, quiet))
            continue;
        announce_row(ps->env.announce, &way_put, to, COUNT(to));
        look_soon(w);
    }
    buf_done(&body);
}

static bool event_quiet(const struct board_event *e, bool fresh)
{
    const struct bulletin *b = e->now;
    return (e->update && e->update->quiet) || (fresh && b->n_updates && b->updates[b->n_updates - 1].quiet);
}

/* What an event is told as; NONE: as nothing. */
static enum notice notice_of_event(const struct board_event *e, bool *ret_quiet)
{
    const struct bulletin *b = e->now;
    bool fresh = e->kind == BOARD_OPENED || e->kind == BOARD_PUBLISHED;
    *ret_quiet = false;
    if (!b || b->draft)
        return NOTICE_NONE;
    if (e->kind == BOARD_RETRACTED)
        return e->before && bulletin_is_public(e->before) ? NOTICE_RETRACTED : NOTICE_NONE;
    if (!bulletin_is_public(b))
        return NOTICE_NONE;
    if (e->kind == BOARD_CORRECTED)
        return NOTICE_CORRECTED;
    if (e->kind == BOARD_REPORTED)
        return b->report_public && b->report.n ? NOTICE_REPORTED : NOTICE_NONE;
    *ret_quiet = event_quiet(e, fresh);
    return fresh ? notice_of(NULL, b) : e->kind == BOARD_UPDATED ? notice_of(e->before, b) : e->kind == BOARD_MOVED ? NOTICE_MOVED : NOTICE_NONE;
}

static void on_board(void *arg, const struct board_event *e)
{
    struct publications *ps = arg;
    bool quiet;
    enum notice n = ps->closing ? NOTICE_NONE : notice_of_event(e, &quiet);
    bool whole = n == NOTICE_RETRACTED || n == NOTICE_REPORTED; /* of no update */
    if (n != NOTICE_NONE)
        publish(ps, e->now, n, whole ? NULL : e->update, quiet, 0, e->at_ms);
}

static void on_clock(void *arg, const struct announce_event *e)
{
    struct publications *ps = arg;
    if (ps->closing || !bulletin_is_public(e->bulletin))
        return;
    if (e->kind == ANNOUNCE_REMINDER)
        publish(ps, e->bulletin, NOTICE_REMINDER, NULL, false, e->lead_ms, e->at_ms);
    else if (e->kind == ANNOUNCE_OVERRUN)
        publish(ps, e->bulletin, NOTICE_OVERRUN, NULL, false, 0, e->at_ms);
}

/* ---- from the store ---- */

static enum notice notice_from(const char *word)
{
    for (int i = 0; i < NOTICES; i++)
        if (str_eq(word, notice_words[i]))
            return (enum notice)i;
    return NOTICE_NONE;
}

static int publication_read(int64_t id, const char *key, const char *body, struct publication *ret)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    struct err e = {0};
    struct publication p = {.id = id};
    int r = body ? json_parse(a, body, strlen(body), MAX_SNAPSHOT, &d, &e) : ERR_INVALID;
    if (r == 0)
        r = bulletin_read(doc_get(d, "bulletin"), &p.b, &e);
    if (r == 0) {
        p.key = mem_dup(key ? key : "");
        p.notice = notice_from(doc_text(d, "what", ""));
        p.update = doc_int(d, "update", 0);
        p.lead_ms = doc_int(d, "lead_ms", 0);
        p.at_ms = doc_int(d, "at_ms", 0);
        *ret = p;
    } else {
        log_line(LOG_ERROR, "publication %lld in the store cannot be read (%s); nobody is told of it", (long long)id, e.text);
    }
    arena_free(a);
    return r;
}

/* ---- spread, slice by slice ---- */

struct slice {
    struct way *way;
    struct publication p;
    int64_t id, cursor, told;
    int added;
    bool last;
};

static void slice_end(struct slice *s, int code)
{
    struct way *w = s->way;
    struct publications *ps = w->ps;
    if (code == 0 && !ps->closing && w->w.added && s->p.b)
        w->w.added(w->w.arg, &s->p, s->added);
    publication_done(&s->p);
    mem_free(s);
    w->looking = w->again = false;
    if (!ps->closing) {
        if (code == 0 && ps->env.dispatcher)
            dispatcher_kick(ps->env.dispatcher);
        timer_set(&w->look, code ? LOOK_AGAIN_MS : 0);
    }
    publications_unref(ps);
}

static void slice_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    (void)last_id, (void)e;
    slice_end(arg, code);
}

static void slice_write(struct slice *s, struct store_batch *b, int64_t now_ms)
{
    struct store_value on[] = {STORE_I(s->id), STORE_T(s->way->w.name), STORE_I(s->cursor), STORE_I(s->told), STORE_I(s->last ? now_ms : 0)};
    struct store_value over[] = {STORE_I(s->id), STORE_I(now_ms)}, before = STORE_I(now_ms - KEEP_MS);
    store_batch_add(b, &way_on, on, COUNT(on));
    if (s->last) {
        store_batch_add(b, &publication_over, over, COUNT(over));
        store_batch_add(b, &way_prune, &before, 1);
        store_batch_add(b, &publication_prune, &before, 1);
    }
    store_write(s->way->ps->env.store, b, slice_written, s);
}

static void slice_add(struct slice *s, struct store_batch *b, const struct store_rows *rows, int i, int64_t now_ms)
{
    const struct publication_way *w = &s->way->w;
    s->added += w->add(w->arg, &s->p, rows, i, b, now_ms);
}

static void slice_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct slice *s = arg;
    int64_t now_ms = clock_wall_ms();
    (void)e;
    if (code || s->way->ps->closing) {
        slice_end(s, code ? code : ERR_BUSY);
        return;
    }
    struct store_batch *b = store_batch_new();
    for (int i = 0; rows && i < rows->n_rows; i++) {
        s->cursor = store_cell_int(rows, i, 0);
        slice_add(s, b, rows, i, now_ms);
    }
    if (!rows)
        slice_add(s, b, NULL, 0, now_ms);
    s->told += s->added;
    s->last = !rows || rows->n_rows < SLICE;
    slice_write(s, b, now_ms);
}

/* One that nobody can read is over. */
static void give_up(struct slice *s)
{
    s->last = true;
    slice_write(s, store_batch_new(), clock_wall_ms());
}

static void slice_found(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct slice *s = arg;
    struct way *w = s->way;
    struct publications *ps = w->ps;
    (void)e;
    if (code == 0 && rows->n_rows == 0 && !ps->closing) { /* all is done */
        bool again = w->again;
        w->looking = w->again = false;
        if (again)
            timer_set(&w->look, 0);
        mem_free(s);
        publications_unref(ps);
        return;
    }
    if (code || ps->closing) {
        slice_end(s, code ? code : ERR_BUSY);
        return;
    }
    s->id = store_cell_int(rows, 0, 0);
    s->cursor = store_cell_int(rows, 0, 3);
    s->told = store_cell_int(rows, 0, 4);
    if (publication_read(s->id, store_cell_text(rows, 0, 1), store_cell_text(rows, 0, 2), &s->p)) {
        give_up(s);
        return;
    }
    struct store_value v[] = {STORE_I(s->cursor), STORE_I(SLICE)};
    if (w->w.page)
        store_read(ps->env.store, w->w.page, v, COUNT(v), SLICE, slice_rows, s);
    else
        slice_rows(s, 0, NULL, NULL);
}

static void slice_begin(struct way *w)
{
    struct slice *s = NEW(struct slice);
    struct store_value name = STORE_T(w->w.name);
    s->way = w;
    publications_ref(w->ps);
    store_read(w->ps->env.store, &way_next, &name, 1, 1, slice_found, s);
}

/* What was said is durable. */
static void kept_now(void *arg, int code, const struct err *e)
{
    struct way *w = arg;
    struct publications *ps = w->ps;
    (void)e;
    if (code == 0 && !ps->closing)
        slice_begin(w);
    else
        w->looking = false;
    if (code && !ps->closing)
        timer_set(&w->look, LOOK_AGAIN_MS);
    publications_unref(ps);
}

static void look(void *arg)
{
    struct way *w = arg;
    if (w->looking) {
        w->again = true;
        return;
    }
    w->looking = true;
    publications_ref(w->ps);
    announce_flush(w->ps->env.announce, kept_now, w);
}

/* ---- for those who write the text ---- */

struct finding {
    struct publications *ps;
    int64_t id;
    publication_found *fn;
    void *arg;
};

static const struct publication *kept_find(struct publications *ps, int64_t id)
{
    for (int i = 0; i < KEPT; i++)
        if (ps->kept[i].p.b && ps->kept[i].p.id == id) {
            ps->kept[i].used = ++ps->uses;
            return &ps->kept[i].p;
        }
    return NULL;
}

static const struct publication *kept_put(struct publications *ps, const struct store_rows *rows)
{
    struct publication p;
    struct kept *at = &ps->kept[0];
    if (publication_read(store_cell_int(rows, 0, 0), store_cell_text(rows, 0, 1), store_cell_text(rows, 0, 2), &p))
        return NULL;
    for (int i = 1; i < KEPT; i++)
        if (ps->kept[i].used < at->used)
            at = &ps->kept[i];
    publication_done(&at->p);
    *at = (struct kept){.p = p, .used = ++ps->uses};
    return &at->p;
}

static void found(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct finding *f = arg;
    struct publications *ps = f->ps;
    (void)e;
    if (ps->closing)
        code = ERR_CANCELLED;
    const struct publication *p = code ? NULL : kept_find(ps, f->id);
    if (!p && code == 0)
        p = rows->n_rows ? kept_put(ps, rows) : NULL;
    f->fn(f->arg, code ? code : p ? 0 : ERR_NOT_FOUND, p);
    mem_free(f);
    publications_unref(ps);
}

void publication_find(struct publications *ps, int64_t id, publication_found *fn, void *arg)
{
    const struct publication *p = kept_find(ps, id);
    if (p) {
        fn(arg, 0, p);
        return;
    }
    struct finding *f = NEW(struct finding);
    struct store_value v = STORE_I(id);
    *f = (struct finding){publications_ref(ps), id, fn, arg};
    store_read(ps->env.store, &publication_get, &v, 1, 1, found, f);
}

/* ---- life ---- */

void publications_way(struct publications *ps, const struct publication_way *w)
{
    ASSERT(ps->n_ways < MAX_WAYS);
    struct way *one = &ps->ways[ps->n_ways++];
    *one = (struct way){.ps = ps, .w = *w};
    timer_init(&one->look, ps->env.loop, look, one);
    timer_set(&one->look, 0); /* what was left to be done */
}

struct publications *publications_new(const struct publications_env *env)
{
    struct publications *ps = NEW(struct publications);
    *ps = (struct publications){.magic = PUBLICATION_MAGIC, .refs = 1, .env = *env};
    board_listen(announce_board(env->announce), on_board, ps);
    announce_listen(env->announce, on_clock, ps);
    return ps;
}

struct publications *publications_free(struct publications *ps)
{
    if (!ps)
        return NULL;
    CHECK_OBJ(ps, PUBLICATION_MAGIC);
    ps->closing = true;
    for (int i = 0; i < ps->n_ways; i++)
        timer_clear(&ps->ways[i].look);
    publications_unref(ps);
    return NULL;
}

/* ---- who would be told ---- */

struct would {
    struct publications *ps;
    struct publication p;
    char key[KEY_BYTES];
    bool quiet;
    int way;
    int64_t cursor;
    publications_would_fn *fn;
    publications_would_end *end;
    void *arg;
};

static void would_end(struct would *w, int code, const struct err *e)
{
    struct publications *ps = w->ps;
    w->end(w->arg, code, e);
    bulletin_unref(w->p.b);
    mem_free(w);
    publications_unref(ps);
}

/* "…"l":"fr"…" of a payload; "" when it is of no language. */
static void lang_of(const struct store_value *payload, char out[4])
{
    const char *at = payload && payload->p ? strstr(payload->p, "\"l\":\"") : NULL;
    str_copyn(out, 4, at ? at + 5 : "", at ? strcspn(at + 5, "\"") : 0);
}

static void would_add(struct would *w, const struct store_rows *rows, int i)
{
    enum { RECIPIENT = 3, PAYLOAD = 4 }; /* of outbox_insert */
    const struct publication_way *way = &w->ps->ways[w->way].w;
    struct store_batch *b = store_batch_new();
    way->add(way->arg, &w->p, rows, i, b, w->p.at_ms);
    for (size_t k = 0; k < store_batch_size(b); k++) {
        const struct store_value *to = store_batch_value(b, k, RECIPIENT);
        char lang[4];
        lang_of(store_batch_value(b, k, PAYLOAD), lang);
        if (to && to->p)
            w->fn(w->arg, way->name, to->p, lang);
    }
    store_batch_free(b);
}

static void would_way(struct would *w);

static void would_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct would *w = arg;
    if (code || w->ps->closing) {
        would_end(w, code ? code : ERR_CANCELLED, e);
        return;
    }
    for (int i = 0; i < rows->n_rows; i++) {
        w->cursor = store_cell_int(rows, i, 0);
        would_add(w, rows, i);
    }
    if (rows->n_rows < SLICE) {
        w->way++;
        w->cursor = 0;
    }
    would_way(w);
}

static void would_way(struct would *w)
{
    while (w->way < w->ps->n_ways) {
        struct way *way = &w->ps->ways[w->way];
        struct store_value v[] = {STORE_I(w->cursor), STORE_I(SLICE)};
        if (way_wants(way, w->p.notice, w->quiet) && way->w.page) {
            store_read(w->ps->env.store, way->w.page, v, COUNT(v), SLICE, would_rows, w);
            return;
        }
        if (way_wants(way, w->p.notice, w->quiet))
            would_add(w, NULL, 0);
        w->way++;
    }
    would_end(w, 0, NULL);
}

void publications_would(struct publications *ps, const struct board_event *e, publications_would_fn *fn, publications_would_end *end, void *arg)
{
    struct would *w = NEW(struct would);
    bool quiet;
    enum notice n = notice_of_event(e, &quiet);
    CHECK_OBJ(ps, PUBLICATION_MAGIC);
    *w = (struct would){.ps = publications_ref(ps), .quiet = quiet, .fn = fn, .end = end, .arg = arg};
    if (n == NOTICE_NONE) {
        would_end(w, 0, NULL);
        return;
    }
    w->p = (struct publication){.at_ms = e->at_ms, .notice = n, .update = update_of(e->now, e->update), .b = bulletin_ref(e->now), .key = w->key};
    key_make(w->key, e->now, n, w->p.update, 0, e->at_ms);
    would_way(w);
}

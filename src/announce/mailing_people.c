/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing_people.c: subscribers in the store: wishes, confirmations, changes, ends, bounces. */
#include "announce/mailing_int.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "store/outbox.h"

enum { WISHES_ADDRESS = 3, WISHES_CLIENT = 10, WISHES_ALL = 120, MAX_BOUNCES = 5, REPORT_MOST = 100000 };
#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

#define COLUMNS "id, address, lang, about, kinds, client, origin, nonce, since_ms, bounces, bounced_ms, silenced_ms"
const struct store_stmt subscriber_page = {"subscriber_page", "SELECT " COLUMNS " FROM subscriber WHERE id > ?1 ORDER BY id LIMIT ?2"};
static const struct store_stmt subscriber_by_id = {"subscriber_by_id", "SELECT " COLUMNS " FROM subscriber WHERE id = ?1"};
static const struct store_stmt subscriber_by_address = {"subscriber_by_address", "SELECT " COLUMNS " FROM subscriber WHERE address = ?1"};
/* Who confirms anew is mailed again; when he first came stays, and what client he belongs to. */
static const struct store_stmt subscriber_put = {
    "subscriber_put", "INSERT INTO subscriber (address, lang, about, kinds, client, origin, nonce, since_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                      " ON CONFLICT (address) DO UPDATE SET lang = excluded.lang, about = excluded.about, kinds = excluded.kinds,"
                      " client = COALESCE(excluded.client, subscriber.client), bounces = 0, silenced_ms = 0"};
static const struct store_stmt subscriber_load = {
    "subscriber_load", "INSERT INTO subscriber (address, lang, about, kinds, client, origin, nonce, since_ms, run)"
                       " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM subscriber_gone WHERE who = ?10)"
                       " ON CONFLICT (address) DO UPDATE SET lang = excluded.lang, about = excluded.about, kinds = excluded.kinds, client = excluded.client, run = excluded.run"
                       " WHERE subscriber.origin = excluded.origin"};
static const struct store_stmt rest_drop = {"subscriber_rest_drop", "DELETE FROM subscriber WHERE origin = ?1 AND run <> ?2"};
static const struct store_stmt rest_mails_drop = {
    "subscriber_rest_mails_drop", "DELETE FROM outbox WHERE channel = 'subscriber' AND state = 'due' AND recipient IN (SELECT address FROM subscriber WHERE origin = ?1 AND run <> ?2)"};
static const struct store_stmt gone_put = {"subscriber_gone_put", "INSERT INTO subscriber_gone (who, at_ms) VALUES (?1, ?2) ON CONFLICT (who) DO NOTHING"};
static const struct store_stmt gone_drop = {"subscriber_gone_drop", "DELETE FROM subscriber_gone WHERE who = ?1"};
static const struct store_stmt subscriber_set = {"subscriber_set", "UPDATE subscriber SET lang = ?2, about = ?3, kinds = ?4 WHERE id = ?1"};
static const struct store_stmt subscriber_drop = {"subscriber_drop", "DELETE FROM subscriber WHERE address = ?1"};
static const struct store_stmt mails_drop = {"subscriber_mails_drop", "DELETE FROM outbox WHERE channel = 'subscriber' AND state = 'due' AND recipient = ?1"};
static const struct store_stmt bounce_set = {
    "bounce_set", "UPDATE subscriber SET bounces = bounces + 1, bounced_ms = ?2, silenced_ms = CASE WHEN ?3 = 1 OR bounces + 1 >= ?4 THEN ?2 ELSE silenced_ms END WHERE address = ?1"};
static const struct store_stmt reports = {
    "subscriber_reports", "SELECT recipient, unique_key, state, created_ms, done_ms, tries, doubts, last_error FROM outbox WHERE channel = 'subscriber'"
                          " AND unique_key >= ?1 AND unique_key < ?2 ORDER BY unique_key LIMIT ?3"};

void mailing_row_read(const struct store_rows *r, int i, struct mailing_row *ret)
{
    const char *lang = store_cell_text(r, i, 2), *about = store_cell_text(r, i, 3);
    *ret = (struct mailing_row){
        .id = store_cell_int(r, i, 0),
        .s = {.address = store_cell_text(r, i, 1), .lang = msg_lang(lang ? lang : "en"), .about = about ? about : "", .kinds = (unsigned)store_cell_int(r, i, 4)},
        .client = store_cell_text(r, i, 5),
        .origin = store_cell_text(r, i, 6),
        .since_ms = store_cell_int(r, i, 8),
        .bounces = (int)store_cell_int(r, i, 9),
        .bounced_ms = store_cell_int(r, i, 10),
        .silenced_ms = store_cell_int(r, i, 11),
    };
}

/* ---- wishes ---- */

static int wish_allowed(struct mailing *m, const char *address, const char *client, bool *ret_quietly_no, struct err *e)
{
    int64_t now = clock_mono_ms();
    uint64_t who = subscriber_client_hash(client, m->seed), whom = hash_text(address, m->seed + 1);
    if (client && !subscriber_limit_take(m->limit, who, WISHES_CLIENT, HOUR_MS, now))
        return err_set(e, ERR_BUSY, MSG("There were many requests from your network. Try again in an hour."), "");
    if (!subscriber_limit_take(m->limit, m->seed, WISHES_ALL, MINUTE_MS, now))
        return err_set(e, ERR_BUSY, MSG("Many people ask to be told right now. Try again in a minute."), "");
    *ret_quietly_no = !subscriber_limit_take(m->limit, whom, WISHES_ADDRESS, HOUR_MS, now);
    return 0;
}

static void wish_body(struct mailing *m, const struct subscriber *s, int64_t now_ms, struct buf *out)
{
    char base[300];
    struct buf site = BUF_MAX(400);
    telling_site(m->env.telling, s->lang, &site);
    msg_print(out, s->lang, MSG("Somebody, probably you, asked that this address be told when something at {1} does not work, or is going to be worked on."), "s", buf_text(&site));
    buf_str(out, "\n\n");
    buf_str(out, msg_tr(s->lang, MSG("If you want that, open this page and press the button:")));
    buf_printf(out, "\n\n%s/subscribe/confirm/", telling_base(m->env.telling, base, sizeof base));
    subscriber_wish_write(m->secret, s, now_ms + SUBSCRIBER_WISH_MS, out);
    buf_printf(out, "?lang=%s\n\n%s\n", s->lang, msg_tr(s->lang, MSG("It is good for two days. If you do not want it, do nothing: your address is not kept, and this is the only mail.")));
    buf_done(&site);
}

static void wish_mail(struct mailing *m, const struct subscriber *s, int64_t now_ms)
{
    struct buf subject = BUF_MAX(600), body = BUF_MAX(2 * SUBSCRIBER_LINK_BYTES), payload = BUF_MAX(8 * SUBSCRIBER_LINK_BYTES), site = BUF_MAX(400);
    char id[300], domain[256], unique[80];
    uint64_t lot = entropy_u64();
    telling_site(m->env.telling, s->lang, &site);
    msg_print(&subject, s->lang, MSG("Please confirm: news of {1}"), "s", buf_text(&site));
    wish_body(m, s, now_ms, &body);
    str_print(id, sizeof id, "wish.%016llx@%s", (unsigned long long)lot, telling_domain(m->env.telling, domain, sizeof domain));
    str_print(unique, sizeof unique, "wish:%016llx", (unsigned long long)lot);
    struct mail_payload p = {.subject = buf_text(&subject), .body = buf_text(&body), .message_id = id, .date_ms = now_ms};
    mail_payload_format(&payload, &p);
    struct store_batch *b = store_batch_new();
    outbox_add(b, m->env.node, "subscriber", unique, s->address, buf_text(&payload), now_ms);
    store_write(m->env.store, b, NULL, NULL);
    if (m->env.dispatcher)
        dispatcher_kick(m->env.dispatcher);
    buf_done(&subject);
    buf_done(&body);
    buf_done(&payload);
    buf_done(&site);
}

int mailing_wish(struct mailing *m, const struct subscriber *s, const char *client, int64_t now_ms, struct err *e)
{
    char address[SUBSCRIBER_MAX_ADDRESS + 1];
    bool quietly_no = false;
    struct subscriber clean = *s;
    int r = subscriber_address(s->address, address, sizeof address, e);
    if (r == 0)
        r = subscriber_choice_judge(mailing_conf(m), s, e);
    if (r == 0)
        r = wish_allowed(m, address, client, &quietly_no, e);
    if (r || quietly_no)
        return r;
    clean.address = address;
    wish_mail(m, &clean, now_ms);
    return 0;
}

int mailing_wish_look(const struct mailing *m, const char *link, int64_t now_ms, struct arena *a, struct subscriber *ret, struct err *e)
{
    return subscriber_wish_read(m->secret, link, now_ms, a, ret, e);
}

/* ---- finding ---- */

struct errand {
    struct mailing *m;
    struct arena *a;
    mailing_found *found;
    mailing_done *done;
    void *arg;
    const char *link, *address;
    struct subscriber set;
    bool ends, bounces, for_good;
    int64_t now_ms;
};

static struct errand *errand_new(struct mailing *m, void *arg)
{
    struct arena *a = arena_new(1024);
    struct errand *r = ARENA_NEW(a, struct errand);
    r->a = a;
    r->m = mailing_ref(m);
    r->arg = arg;
    return r;
}

static void errand_end(struct errand *r, int code, const struct mailing_row *row, const char *link, const struct err *e)
{
    struct mailing *m = r->m;
    if (r->found)
        r->found(r->arg, code, row, link, e);
    else if (r->done)
        r->done(r->arg, code, e);
    arena_free(r->a);
    mailing_unref(m);
}

static void errand_fail(struct errand *r, int code, const struct err *e)
{
    struct err own = {0};
    if (!e)
        err_set(&own, code, MSG("This link is no longer good: whoever it was for is not on the list."), "");
    errand_end(r, code, NULL, NULL, e ? e : &own);
}

static void row_seen(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct errand *r = arg;
    struct mailing_row row;
    struct buf link = BUF_MAX(200);
    if (code || rows->n_rows == 0) {
        errand_fail(r, code ? code : ERR_NOT_FOUND, code ? e : NULL);
        return;
    }
    mailing_row_read(rows, 0, &row);
    subscriber_link_write(r->m->secret, row.id, store_cell_int(rows, 0, 7), &link);
    errand_end(r, 0, &row, buf_text(&link), NULL);
    buf_done(&link);
}

static void then_see(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct errand *r = arg;
    if (code) {
        errand_fail(r, code, e);
        return;
    }
    struct store_value v = STORE_T(r->address);
    store_read(r->m->env.store, &subscriber_by_address, &v, 1, 1, row_seen, r);
}

static void mark_stmt(struct mailing *m, struct store_batch *b, const struct store_stmt *stmt, const char *address, int64_t at_ms)
{
    char mark[SUBSCRIBER_MARK_BYTES];
    subscriber_mark(m->secret, address, mark);
    struct store_value v[] = {STORE_T(mark), STORE_I(at_ms)};
    store_batch_add(b, stmt, v, at_ms ? 2 : 1);
}

static void put(struct mailing *m, const struct subscriber *s, const char *client, const char *origin, int64_t now_ms, store_done *done, void *arg)
{
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(s->address), STORE_T(s->lang), STORE_T(s->about ? s->about : ""), STORE_I(s->kinds), STORE_T(client), STORE_T(origin),
                              STORE_I((int64_t)(entropy_u64() >> 1)), STORE_I(now_ms)};
    store_batch_add(b, &subscriber_put, v, COUNT(v));
    mark_stmt(m, b, &gone_drop, s->address, 0); /* he is back */
    store_write(m->env.store, b, done, arg);
}

void mailing_confirm(struct mailing *m, const char *link, int64_t now_ms, mailing_found *fn, void *arg)
{
    struct errand *r = errand_new(m, arg);
    struct subscriber s;
    struct err e = {0};
    r->found = fn;
    int code = subscriber_wish_read(m->secret, link, now_ms, r->a, &s, &e);
    if (code) {
        errand_fail(r, code, &e);
        return;
    }
    r->address = s.address;
    put(m, &s, NULL, "form", now_ms, then_see, r);
}

/* ---- by his own link ---- */

static void set_written(void *arg, int code, int64_t last_id, const struct err *e) { then_see(arg, code, last_id, e); }

static void end_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    errand_end(arg, code, NULL, NULL, e);
}

/* By staff it must be there; by himself: no list of others brings him back. */
static void drop(struct mailing *m, const char *address, bool required, store_done *done, void *arg)
{
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(address);
    if (required)
        store_batch_require(b, &subscriber_drop, &v, 1);
    else
        store_batch_add(b, &subscriber_drop, &v, 1);
    store_batch_add(b, &mails_drop, &v, 1);
    if (!required)
        mark_stmt(m, b, &gone_put, address, clock_wall_ms());
    store_write(m->env.store, b, done, arg);
}

static void removed(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct err none = {0};
    if (code == ERR_CONFLICT)
        code = err_set(&none, ERR_NOT_FOUND, MSG("this address is not on the list"), "");
    errand_end(arg, code, NULL, NULL, none.code ? &none : e);
}

static void write_bounce(struct errand *r, const char *address)
{
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(address), STORE_I(r->now_ms), STORE_I(r->for_good), STORE_I(MAX_BOUNCES)};
    store_batch_require(b, &bounce_set, v, COUNT(v));
    store_write(r->m->env.store, b, removed, r);
}

static void owner_seen(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct errand *r = arg;
    struct mailing_row row;
    if (code || rows->n_rows == 0 || !subscriber_link_ok(r->m->secret, r->link, store_cell_int(rows, 0, 0), store_cell_int(rows, 0, 7))) {
        errand_fail(r, code ? code : ERR_NOT_FOUND, code ? e : NULL);
        return;
    }
    mailing_row_read(rows, 0, &row);
    if (r->bounces) {
        write_bounce(r, row.s.address);
    } else if (r->ends) {
        drop(r->m, row.s.address, false, end_written, r);
    } else if (r->set.kinds) {
        struct store_batch *b = store_batch_new();
        struct store_value v[] = {STORE_I(row.id), STORE_T(r->set.lang), STORE_T(r->set.about), STORE_I(r->set.kinds)};
        r->address = arena_dup(r->a, row.s.address);
        store_batch_add(b, &subscriber_set, v, COUNT(v));
        store_write(r->m->env.store, b, set_written, r);
    } else {
        errand_end(r, 0, &row, r->link, NULL);
    }
}

static void find_owner(struct errand *r, const char *link)
{
    struct store_value v = STORE_I(subscriber_link_id(link));
    r->link = arena_dup(r->a, link);
    store_read(r->m->env.store, &subscriber_by_id, &v, 1, 1, owner_seen, r);
}

void mailing_find(struct mailing *m, const char *link, mailing_found *fn, void *arg)
{
    struct errand *r = errand_new(m, arg);
    r->found = fn;
    find_owner(r, link);
}

void mailing_set(struct mailing *m, const char *link, const struct subscriber *s, mailing_found *fn, void *arg)
{
    struct errand *r = errand_new(m, arg);
    struct err e = {0};
    r->found = fn;
    int code = subscriber_choice_judge(mailing_conf(m), s, &e);
    if (code) {
        errand_fail(r, code, &e);
        return;
    }
    r->set = (struct subscriber){.lang = arena_dup(r->a, s->lang), .about = arena_dup(r->a, s->about ? s->about : ""), .kinds = s->kinds};
    find_owner(r, link);
}

void mailing_end(struct mailing *m, const char *link, mailing_done *fn, void *arg)
{
    struct errand *r = errand_new(m, arg);
    r->done = fn;
    r->ends = true;
    find_owner(r, link);
}

/* ---- by staff ---- */

void mailing_put(struct mailing *m, const struct subscriber *s, const char *client, const char *origin, int64_t now_ms, mailing_done *fn, void *arg)
{
    struct errand *r = errand_new(m, arg);
    char address[SUBSCRIBER_MAX_ADDRESS + 1];
    struct subscriber clean = *s;
    struct err e = {0};
    r->done = fn;
    int code = subscriber_address(s->address, address, sizeof address, &e);
    if (code == 0)
        code = subscriber_choice_judge(mailing_conf(m), s, &e);
    if (code) {
        errand_end(r, code, NULL, NULL, &e);
        return;
    }
    clean.address = address;
    put(m, &clean, client, origin, now_ms, end_written, r);
}

static void touch(struct mailing *m, const char *address, mailing_done *fn, void *arg, struct errand **ret, char *out, size_t n)
{
    struct errand *r = errand_new(m, arg);
    struct err e = {0};
    r->done = fn;
    *ret = NULL;
    int code = subscriber_address(address, out, n, &e);
    if (code)
        errand_end(r, code, NULL, NULL, &e);
    else
        *ret = r;
}

void mailing_remove(struct mailing *m, const char *address, mailing_done *fn, void *arg)
{
    char clean[SUBSCRIBER_MAX_ADDRESS + 1];
    struct errand *r;
    touch(m, address, fn, arg, &r, clean, sizeof clean);
    if (r)
        drop(m, clean, true, removed, r);
}

void mailing_bounced(struct mailing *m, const char *address, bool for_good, int64_t now_ms, mailing_done *fn, void *arg)
{
    char clean[SUBSCRIBER_MAX_ADDRESS + 1];
    struct errand *r;
    touch(m, address, fn, arg, &r, clean, sizeof clean);
    if (!r)
        return;
    r->for_good = for_good;
    r->now_ms = now_ms;
    write_bounce(r, clean);
}

void mailing_bounced_link(struct mailing *m, const char *link, bool for_good, int64_t now_ms, mailing_done *fn, void *arg)
{
    struct errand *r = errand_new(m, arg);
    r->done = fn;
    r->bounces = true;
    r->for_good = for_good;
    r->now_ms = now_ms;
    find_owner(r, link);
}

static void one_seen(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct errand *r = arg;
    errand_end(r, code ? code : rows->n_rows ? 0 : ERR_NOT_FOUND, NULL, NULL, e);
}

void mailing_knows(struct mailing *m, const char *address, const char *word, mailing_done *fn, void *arg)
{
    char clean[SUBSCRIBER_MAX_ADDRESS + 1];
    struct errand *r;
    touch(m, address, fn, arg, &r, clean, sizeof clean);
    if (!r)
        return;
    struct store_value v = STORE_T(clean);
    if (subscriber_plus_ok(m->secret, clean, word))
        store_read(m->env.store, &subscriber_by_address, &v, 1, 1, one_seen, r);
    else
        errand_end(r, ERR_NOT_FOUND, NULL, NULL, NULL);
}

/* ---- many at once ---- */

struct mailing_load {
    struct mailing *m;
    struct store_batch *b;
    char origin[80];
    int64_t run, now_ms;
};

struct mailing_load *mailing_load_new(struct mailing *m, const char *source, int64_t run, int64_t now_ms)
{
    struct mailing_load *l = NEW(struct mailing_load);
    *l = (struct mailing_load){.m = mailing_ref(m), .b = store_batch_new(), .run = run, .now_ms = now_ms};
    str_print(l->origin, sizeof l->origin, "import:%s", source);
    return l;
}

int mailing_load_add(struct mailing_load *l, const struct subscriber *s, const char *client, struct err *e)
{
    char address[SUBSCRIBER_MAX_ADDRESS + 1], mark[SUBSCRIBER_MARK_BYTES];
    int r = subscriber_address(s->address, address, sizeof address, e);
    if (r == 0)
        r = subscriber_choice_judge(mailing_conf(l->m), s, e);
    if (r)
        return r;
    subscriber_mark(l->m->secret, address, mark);
    struct store_value v[] = {STORE_T(address), STORE_T(s->lang), STORE_T(s->about ? s->about : ""), STORE_I(s->kinds), STORE_T(client), STORE_T(l->origin),
                              STORE_I((int64_t)(entropy_u64() >> 1)), STORE_I(l->now_ms), STORE_I(l->run), STORE_T(mark)};
    store_batch_add(l->b, &subscriber_load, v, COUNT(v));
    return 0;
}

void mailing_load_rest(struct mailing_load *l)
{
    struct store_value v[] = {STORE_T(l->origin), STORE_I(l->run)};
    store_batch_add(l->b, &rest_mails_drop, v, COUNT(v));
    store_batch_add(l->b, &rest_drop, v, COUNT(v));
}

void mailing_load_end(struct mailing_load *l, bool keep, mailing_done *fn, void *arg)
{
    struct mailing *m = l->m;
    if (keep && store_batch_size(l->b)) {
        struct errand *r = errand_new(m, arg);
        r->done = fn;
        store_write(m->env.store, l->b, end_written, r);
    } else {
        store_batch_free(l->b);
        fn(arg, 0, NULL);
    }
    mem_free(l);
    mailing_unref(m);
}

/* ---- lists ---- */

struct listing {
    struct mailing *m;
    struct bulletin *b;
    unsigned kinds;
    int64_t after;
    mailing_each *fn;
    mailing_done *end;
    void *arg;
};

static void listing_end(struct listing *l, int code, const struct err *e)
{
    struct mailing *m = l->m;
    l->end(l->arg, code, e);
    bulletin_unref(l->b);
    mem_free(l);
    mailing_unref(m);
}

static void listing_step(struct listing *l);

static void listing_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct listing *l = arg;
    const struct conf *c = mailing_conf(l->m);
    for (int i = 0; code == 0 && i < rows->n_rows; i++) {
        struct mailing_row r;
        mailing_row_read(rows, i, &r);
        l->after = r.id;
        bool takes = !l->b || (!r.silenced_ms && (!l->kinds || (r.s.kinds & l->kinds)) && subscriber_concerned(&r.s, c, l->b));
        if (takes)
            l->fn(l->arg, &r);
    }
    if (code || rows->n_rows < MAILING_SLICE)
        listing_end(l, code, e);
    else
        listing_step(l);
}

static void listing_step(struct listing *l)
{
    struct store_value v[] = {STORE_I(l->after), STORE_I(MAILING_SLICE)};
    store_read(l->m->env.store, &subscriber_page, v, COUNT(v), MAILING_SLICE, listing_rows, l);
}

void mailing_list(struct mailing *m, const struct bulletin *concerned, unsigned kinds, mailing_each *fn, mailing_done *end, void *arg)
{
    struct listing *l = NEW(struct listing);
    *l = (struct listing){.m = mailing_ref(m), .b = concerned ? bulletin_ref(concerned) : NULL, .kinds = kinds, .fn = fn, .end = end, .arg = arg};
    listing_step(l);
}

/* ---- what became of mails ---- */

struct reporting {
    struct mailing *m;
    void (*fn)(void *arg, const struct mailing_report *r);
    mailing_done *end;
    void *arg;
};

/* "notice:KEY:resolved:0:3:17" → "resolved" */
static void what_of(const char *unique, char *out, size_t n)
{
    const char *at = unique;
    for (int i = 0; i < 2 && at; i++)
        at = (at = strchr(at, ':')) ? at + 1 : NULL;
    str_copyn(out, n, at ? at : "", at ? strcspn(at, ":") : 0);
}

static void report_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct reporting *p = arg;
    struct mailing *m = p->m;
    for (int i = 0; code == 0 && i < rows->n_rows; i++) {
        char what[40];
        const char *key = store_cell_text(rows, i, 1);
        what_of(key ? key : "", what, sizeof what);
        struct mailing_report r = {.address = store_cell_text(rows, i, 0), .what = what, .state = store_cell_text(rows, i, 2), .created_ms = store_cell_int(rows, i, 3),
                                   .done_ms = store_cell_int(rows, i, 4), .tries = (int)store_cell_int(rows, i, 5), .in_doubt = store_cell_int(rows, i, 6) > 0, .error = store_cell_text(rows, i, 7)};
        p->fn(p->arg, &r);
    }
    p->end(p->arg, code, e);
    mem_free(p);
    mailing_unref(m);
}

void mailing_reports(struct mailing *m, const struct bulletin *b, void (*fn)(void *arg, const struct mailing_report *r), mailing_done *end, void *arg)
{
    struct reporting *p = NEW(struct reporting);
    char from[80], to[80];
    *p = (struct reporting){mailing_ref(m), fn, end, arg};
    str_print(from, sizeof from, "notice:%s:", b->key);
    str_print(to, sizeof to, "notice:%s;", b->key); /* what comes after ':' */
    struct store_value v[] = {STORE_T(from), STORE_T(to), STORE_I(REPORT_MOST)};
    store_read(m->env.store, &reports, v, COUNT(v), REPORT_MOST, report_rows, p);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webpush_send.c: the message of one row of the outbox, made when it is about to go: looked up, worded, cut to size, sealed for that one
 * browser, and signed for its push service; and what the service's answer means. */
#include "announce/mailing_int.h"
#include "announce/webpush_int.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "store/outbox.h"
#include <string.h>

enum { TITLE_BYTES = 200, BODY_BYTES = 1600, JWT_MS = 12 * 3600 * 1000, TIMEOUT_MS = 10000, WAIT_MOST_S = 3600, TTL_S = 24 * 3600, WELCOME_TTL_S = 600 };

#define WHO "(id = ?1 OR endpoint = ?2)"
static const struct store_stmt proven = {"webpush_proven", "UPDATE webpush SET proven_ms = ?3, fails = 0 WHERE " WHO " AND (proven_ms = 0 OR fails > 0)"};
static const struct store_stmt refused = {"webpush_refused", "UPDATE webpush SET fails = fails + 1 WHERE " WHO};
static const struct store_stmt refused_drop = {"webpush_refused_drop", "DELETE FROM webpush WHERE " WHO " AND (fails >= ?3 OR proven_ms = 0)"};
static const struct store_stmt gone = {"webpush_gone", "DELETE FROM webpush WHERE " WHO};
static const struct store_stmt gone_waiting = {"webpush_gone_waiting", "DELETE FROM outbox WHERE channel = 'webpush' AND state = 'due' AND recipient = ?1"};

int webpush_add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    struct webpush *w = arg;
    const struct conf *c = telling_conf(w->env.telling);
    struct webpush_row r;
    char name[WEBPUSH_NAME_BYTES], unique[240], payload[80];
    webpush_row_read(rows, i, &r);
    if (!c || !c->announce.push || r.since_ms > p->at_ms || !(r.s.kinds & notice_kind(p->notice)) || !subscriber_concerned(&r.s, c, p->b))
        return 0;
    webpush_name(r.endpoint, name);
    str_print(unique, sizeof unique, "push:%s:%lld", p->key, (long long)r.id);
    str_print(payload, sizeof payload, "{\"p\":%lld,\"s\":%lld}", (long long)p->id, (long long)r.id);
    outbox_add(b, w->env.node, "webpush", unique, name, payload, now_ms);
    return 1;
}

/* ---- services that want us to wait ---- */

static uint64_t host_of(const char *endpoint)
{
    char origin[300];
    webpush_origin(endpoint, origin, sizeof origin);
    return hash_text(origin, 8030);
}

static bool is_held(const struct webpush *w, const char *endpoint)
{
    uint64_t host = host_of(endpoint);
    for (int i = 0; i < WEBPUSH_HELD; i++)
        if (w->held[i].host == host && clock_mono_ms() < w->held[i].until_ms)
            return true;
    return false;
}

static void hold(struct webpush *w, uint64_t host, int64_t seconds)
{
    int at = 0;
    for (int i = 0; i < WEBPUSH_HELD; i++) {
        if (w->held[i].host == host) {
            at = i;
            break;
        }
        if (w->held[i].until_ms < w->held[at].until_ms)
            at = i;
    }
    w->held[at].host = host;
    w->held[at].until_ms = clock_mono_ms() + (seconds > WAIT_MOST_S ? WAIT_MOST_S : seconds < 1 ? 1 : seconds) * 1000;
}

/* ---- making it ---- */

struct making {
    struct webpush *w;
    struct arena *a;
    channel_post_made *made;
    void *job;
    int64_t publication, now_ms;
    struct webpush_row row; /* texts in a */
};
struct letter { /* what the browser shows */
    const char *title, *body, *url, *tag, *urgency;
    int64_t ttl_s;
};

static void making_end(struct making *k, int code, const struct egress_request *rq, const struct err *e)
{
    struct webpush *w = k->w;
    k->made(k->job, code, rq, e);
    arena_free(k->a);
    webpush_unref(w);
}

static void making_fail(struct making *k, int code, const char *msgid)
{
    struct err e = {0};
    err_set(&e, code, msgid, "");
    making_end(k, code, NULL, &e);
}

static const char *subject_of(const struct making *k)
{
    char base[300], address[300];
    const struct conf *c = telling_conf(k->w->env.telling);
    if (c && c->site.mail.from && mail_address(c->site.mail.from, address, sizeof address, NULL) == 0)
        return arena_printf(k->a, "mailto:%s", address);
    return arena_dup(k->a, telling_base(k->w->env.telling, base, sizeof base));
}

static void text_of(const struct making *k, const struct letter *l, struct buf *out)
{
    struct doc *d = doc_object(k->a);
    doc_put_text(d, "title", l->title);
    doc_put_text(d, "body", l->body);
    doc_put_text(d, "url", l->url);
    doc_put_text(d, "tag", l->tag);
    doc_put_text(d, "lang", k->row.s.lang);
    json_write(out, d, "en", 0);
}

static void post(struct making *k, const struct letter *l)
{
    struct webpush_to to;
    struct buf text = BUF_MAX(WEBPUSH_MOST_TEXT), body = BUF_MAX(WEBPUSH_RECORD), authorization = BUF_MAX(4000);
    char origin[300];
    text_of(k, l, &text);
    webpush_origin(k->row.endpoint, origin, sizeof origin);
    int r = text.full || webpush_to_read(k->row.p256dh, k->row.auth, &to) ? ERR_INVALID : webpush_encrypt(&to, buf_text(&text), text.len, NULL, NULL, &body);
    if (r == 0)
        r = vapid_authorization(&k->w->key, origin, subject_of(k), k->now_ms + JWT_MS, &authorization);
    const struct httpc_header headers[] = {{"TTL", arena_printf(k->a, "%lld", (long long)l->ttl_s)}, {"Urgency", l->urgency}, {"Content-Encoding", "aes128gcm"}, {"Content-Type", "application/octet-stream"},
                                           {"Authorization", buf_text(&authorization)}, {"Topic", l->tag}};
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .method = "POST", .url = k->row.endpoint, .headers = headers, .n_headers = (int)COUNT(headers), .body = buf_text(&body), .body_bytes = body.len, .timeout_ms = TIMEOUT_MS, .max_body = 4096};
    if (r)
        making_fail(k, ERR_INVALID, MSG("this message cannot be sealed for that browser"));
    else
        making_end(k, 0, &rq, NULL);
    buf_done(&text);
    buf_done(&body);
    buf_done(&authorization);
}

/* "high" wakes a sleeping telephone: for what is broken, and nothing else. */
static const char *urgency_of(enum notice n)
{
    return n == NOTICE_OPENED ? "high" : n == NOTICE_PLANNED || n == NOTICE_CHANGED || n == NOTICE_CONFIRMED ? "low" : "normal";
}

static void found_publication(void *arg, int code, const struct publication *p)
{
    struct making *k = arg;
    struct buf title = BUF_MAX(TITLE_BYTES + 1), body = BUF_MAX(BODY_BYTES + 1), url = BUF_MAX(700);
    int64_t age_s = p ? (k->now_ms - p->at_ms) / 1000 : 0;
    if (!p || k->w->closing) {
        making_fail(k, code == ERR_NOT_FOUND && !k->w->closing ? code : ERR_CANCELLED, MSG("what this message was about is no longer known"));
    } else if (age_s >= TTL_S) {
        making_fail(k, ERR_NOT_FOUND, MSG("this message is too old to be shown"));
    } else {
        telling_short(k->w->env.telling, p, k->row.s.lang, TITLE_BYTES, BODY_BYTES, &title, &body);
        telling_link(k->w->env.telling, p->b, k->row.s.lang, &url);
        post(k, &(struct letter){.title = buf_text(&title), .body = buf_text(&body), .url = buf_text(&url), .tag = p->b->key, .urgency = urgency_of(p->notice), .ttl_s = TTL_S - (age_s > 0 ? age_s : 0)});
    }
    buf_done(&title);
    buf_done(&body);
    buf_done(&url);
}

static void welcome(struct making *k)
{
    char base[300];
    const char *lang = k->row.s.lang;
    struct buf site = BUF_MAX(TITLE_BYTES);
    telling_site(k->w->env.telling, lang, &site);
    telling_base(k->w->env.telling, base, sizeof base);
    post(k, &(struct letter){.title = buf_text(&site), .body = msg_tr(lang, MSG("You will be told here, in this browser.")), .url = arena_printf(k->a, "%s/?lang=%s", base, lang), .tag = "welcome", .urgency = "normal", .ttl_s = WELCOME_TTL_S});
    buf_done(&site);
}

static void found_row(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct making *k = arg;
    if (code || k->w->closing) {
        making_end(k, code ? code : ERR_CANCELLED, NULL, e);
        return;
    }
    if (!rows->n_rows) {
        making_fail(k, ERR_NOT_FOUND, MSG("this browser is told no more"));
        return;
    }
    struct webpush_row *r = &k->row;
    webpush_row_read(rows, 0, r);
    r->endpoint = arena_dup(k->a, r->endpoint);
    r->p256dh = arena_dup(k->a, r->p256dh);
    r->auth = arena_dup(k->a, r->auth);
    r->s.about = "";
    if (is_held(k->w, r->endpoint))
        making_fail(k, ERR_BUSY, MSG("the push service asked us to wait"));
    else if (k->publication)
        publication_find(k->w->env.publications, k->publication, found_publication, k);
    else
        welcome(k);
}

static void compose(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job)
{
    struct webpush *w = arg;
    struct arena *a = arena_new(4096);
    struct making *k = ARENA_NEW(a, struct making);
    struct doc *d = NULL;
    (void)again;
    *k = (struct making){.w = webpush_ref(w), .a = a, .made = made, .job = job, .now_ms = now_ms};
    if (json_parse(a, row->payload, strlen(row->payload), 1 << 16, &d, NULL)) {
        making_fail(k, ERR_INVALID, MSG("what this message was about is no longer known"));
        return;
    }
    const char *endpoint = doc_text(d, "e", NULL);
    struct store_value v = endpoint ? STORE_T(endpoint) : STORE_I(doc_int(d, "s", 0));
    k->publication = endpoint ? 0 : doc_int(d, "p", -1);
    store_read(w->env.store, endpoint ? &webpush_by_endpoint : &webpush_by_id, &v, 1, 1, found_row, k);
}

/* ---- what came of it ---- */

enum { TAKEN = 1, REFUSED = 0, GONE = -1 }; /* more: seconds to wait */

static void remember(struct webpush *w, const struct outbox_row *row, const struct doc *d, int what)
{
    struct store_value who[] = {STORE_I(doc_int(d, "s", 0)), STORE_T(doc_text(d, "e", NULL)), what == TAKEN ? STORE_I(clock_wall_ms()) : STORE_I(WEBPUSH_MAX_FAILS)}, name = STORE_T(row->recipient);
    struct store_batch *b = store_batch_new();
    if (what == TAKEN)
        store_batch_add(b, &proven, who, 3);
    if (what == REFUSED) {
        store_batch_add(b, &refused, who, 2);
        store_batch_add(b, &refused_drop, who, 3);
    }
    if (what == GONE) {
        store_batch_add(b, &gone, who, 2);
        store_batch_add(b, &gone_waiting, &name, 1);
    }
    store_write(w->env.store, b, NULL, NULL);
}

struct waiting {
    struct webpush *w;
    int seconds;
};

static void wait_known(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct waiting *j = arg;
    struct webpush_row r;
    (void)e;
    if (code == 0 && rows->n_rows && !j->w->closing) {
        webpush_row_read(rows, 0, &r);
        hold(j->w, host_of(r.endpoint), j->seconds);
    }
    webpush_unref(j->w);
    mem_free(j);
}

static void wait_for(struct webpush *w, const struct doc *d, int seconds)
{
    struct waiting *j = NEW(struct waiting);
    const char *endpoint = doc_text(d, "e", NULL);
    struct store_value v = endpoint ? STORE_T(endpoint) : STORE_I(doc_int(d, "s", 0));
    *j = (struct waiting){webpush_ref(w), seconds};
    store_read(w->env.store, endpoint ? &webpush_by_endpoint : &webpush_by_id, &v, 1, 1, wait_known, j);
}

static void settle(struct webpush *w, const struct outbox_row *row, int what)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    if (json_parse(a, row->payload, strlen(row->payload), 1 << 16, &d, NULL) == 0 && what > TAKEN)
        wait_for(w, d, what);
    else if (d)
        remember(w, row, d, what);
    arena_free(a);
}

static int wait_of(const struct httpc_reply *r)
{
    const char *text = httpc_find_header(r, "Retry-After");
    int64_t s = 0;
    return text && str_i64(text, &s) == 0 && s > TAKEN ? (int)(s > WAIT_MOST_S ? WAIT_MOST_S : s) : 60;
}

static enum post_verdict verdict(void *arg, const struct outbox_row *row, const struct httpc_reply *r, struct err *e)
{
    struct webpush *w = arg;
    enum post_verdict v = post_judge(r, e);
    if (w->closing)
        return v;
    if (r->code == 0 && (r->status == 404 || r->status == 410))
        settle(w, row, GONE);
    else if (r->code == 0 && (r->status == 429 || (r->status == 503 && httpc_find_header(r, "Retry-After"))))
        settle(w, row, wait_of(r));
    else if (v == POST_DONE)
        settle(w, row, TAKEN);
    else if (v == POST_NEVER)
        settle(w, row, REFUSED);
    return v;
}

struct channel_poster webpush_poster(struct webpush *w)
{
    return (struct channel_poster){.channel = "webpush", .compose = compose, .judge = verdict, .arg = w};
}

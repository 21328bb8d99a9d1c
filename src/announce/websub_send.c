/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub_send.c: from publications to rows of the outbox, a row for each subscription that may be concerned; from rows to requests with the feed as it
 * is then.  Two rows of one subscription never fly at once, and what has not changed since it was sent last is not sent again. */
#include "announce/websub_int.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum { HUB_ROW = 1, UNIQUE_BYTES = 300, MAX_FEED = 8 << 20, MAX_FORM = 256 << 10 };
#define END_MS (INT64_C(3) * 86400000) /* a callback that is away for so long is over */

static const struct store_stmt page = {"websub_page", "SELECT id FROM websub WHERE id > ?1 ORDER BY id LIMIT ?2"};

/* ---- the feed ---- */

const struct rendered *websub_render(struct websub *w, const struct websub_topic *t, const char *topic, int *ret_code)
{
    const struct conf *c = websub_conf(w);
    uint64_t version = board_version(w->env.board), conf = c ? c->number : 0;
    struct rendered *at = &w->kept[0];
    for (int i = 0; i < WEBSUB_KEPT; i++) {
        struct rendered *r = &w->kept[i];
        if (r->topic && r->version == version && r->conf == conf && str_eq(r->topic, topic)) {
            r->used = ++w->uses;
            return r;
        }
        at = r->used < at->used ? r : at;
    }
    struct buf body = BUF_MAX(MAX_FEED);
    const char *type = NULL;
    int code = w->env.feed(w->env.arg, t, &body, &type);
    if (code || body.full) {
        *ret_code = code ? code : ERR_LIMIT;
        buf_done(&body);
        return NULL;
    }
    mem_free(at->topic);
    buf_done(&at->body);
    *at = (struct rendered){.topic = mem_dup(topic), .version = version, .conf = conf, .body = body, .type = type, .used = ++w->uses};
    return at;
}

uint64_t websub_hash(const struct rendered *r)
{
    uint64_t h = hash_bytes(buf_text(&r->body), r->body.len, 2026);
    return h ? h : 1;
}

/* ---- publications → rows ---- */

static bool concerned(const struct websub_topic *t, const struct conf *c, const struct bulletin *b)
{
    char about[SUBSCRIBER_MAX_ABOUT];
    if (t->key)
        return str_eq(t->key, b->key);
    if (!t->component && !t->group)
        return true;
    str_print(about, sizeof about, "%s%s", t->group ? "group:" : "", t->group ? t->group : t->component);
    struct subscriber s = {.about = about, .kinds = SUBSCRIBER_EVERYTHING};
    return b->n_components > 0 && subscriber_concerned(&s, c, b);
}

static int row_add(struct websub *w, const struct publication *p, int64_t id, struct store_batch *b, int64_t now_ms)
{
    char unique[UNIQUE_BYTES], recipient[24], payload[60];
    str_print(unique, sizeof unique, "websub:%s:%lld", p->key, (long long)id);
    str_print(recipient, sizeof recipient, "%lld", (long long)id);
    str_print(payload, sizeof payload, "{\"s\":%lld,\"p\":%lld}", (long long)id, (long long)p->id);
    outbox_add(b, w->env.node, "websub", unique, id == HUB_ROW ? "hub" : recipient, payload, now_ms);
    return 1;
}

static int add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    struct websub *w = arg;
    const struct conf *c = websub_conf(w);
    int64_t id = store_cell_int(rows, i, 0);
    if (!c)
        return 0;
    if (id == HUB_ROW)
        return c->feeds.hub ? row_add(w, p, id, b, now_ms) : 0;
    struct sub *s = sub_find(w, id);
    bool wanted = s && c->feeds.websub && !c->feeds.hub && s->until_ms > now_ms && concerned(&s->t, c, p->b);
    return wanted ? row_add(w, p, id, b, now_ms) : 0;
}

/* ---- rows → requests ---- */

static void not_made(channel_post_made *made, void *job, int code, const char *msgid)
{
    struct err e = {0};
    err_set(&e, code, msgid, "");
    made(job, code, NULL, &e);
}

static void send_feed(struct websub *w, struct sub *s, const struct rendered *r, channel_post_made *made, void *job)
{
    struct arena *a = arena_new(1024);
    char mac[65];
    struct httpc_header headers[4] = {{"Content-Type", r->type}, {"User-Agent", "vigie/" VIGIE_VERSION}};
    int n = 2;
    headers[n++] = (struct httpc_header){"Link", arena_printf(a, "<%s>; rel=\"hub\", <%s>; rel=\"self\"", websub_hub(websub_conf(w), a, s->t.base), s->topic)};
    if (s->secret) {
        hook_sign(s->secret, -1, buf_text(&r->body), r->body.len, mac);
        headers[n++] = (struct httpc_header){"X-Hub-Signature", arena_printf(a, "sha256=%s", mac)};
    }
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .method = "POST", .url = s->callback, .headers = headers, .n_headers = n, .body = buf_text(&r->body), .body_bytes = r->body.len, .max_body = 4096};
    s->flying = true;
    s->sending = websub_hash(r);
    made(job, 0, &rq, NULL);
    arena_free(a);
}

static void compose_sub(struct websub *w, int64_t id, int64_t now_ms, channel_post_made *made, void *job)
{
    struct sub *s = sub_find(w, id);
    int code = 0;
    if (!s || s->until_ms <= now_ms) {
        not_made(made, job, ERR_NOT_FOUND, MSG("this subscription is over"));
        return;
    }
    if (s->flying) {
        not_made(made, job, ERR_BUSY, MSG("the one before is still on its way"));
        return;
    }
    const struct rendered *r = websub_render(w, &s->t, s->topic, &code);
    if (!r && code == ERR_NOT_FOUND) {
        websub_denied(w, s, "this feed is no longer there");
        sub_drop(w, s, NULL, NULL);
        not_made(made, job, ERR_NOT_FOUND, MSG("this subscription is over"));
    } else if (!r) {
        not_made(made, job, ERR_BUSY, MSG("the feed cannot be made now"));
    } else if (websub_hash(r) == s->hash) {
        made(job, 0, NULL, NULL); /* it has been told, with what came before */
    } else {
        send_feed(w, s, r, made, job);
    }
}

/* ---- the hub of others ---- */

struct publishing {
    struct websub *hub;
    channel_post_made *made;
    void *job;
};

static void put_topic(struct buf *out, const char *base, const char *path, const char *name, const char *file, const char *lang)
{
    struct buf url = BUF_MAX(2000);
    struct hook_name names[] = {{"n", name}};
    buf_str(&url, base);
    hook_fill(&url, path, names, 1, HOOK_FORM);
    buf_printf(&url, "/%s?lang=%s", file, lang);
    names[0] = (struct hook_name){"u", buf_text(&url)};
    hook_fill(out, "&hub.url=${u}", names, 1, HOOK_FORM);
    buf_done(&url);
}

static void put_topics(struct buf *out, const char *base, const char *path, const char *name)
{
    static const char *const files[] = {"feed.atom", "feed.rss", "feed.json"};
    for (int l = 0; msg_langs[l]; l++)
        for (size_t i = 0; i < COUNT(files); i++)
            put_topic(out, base, path, name, files[i], msg_langs[l]);
}

/* Feeds of the bulletin, of what it touches, and of the groups above it. */
static void put_all(const struct conf *c, const struct bulletin *b, const char *base, struct buf *out)
{
    put_topics(out, base, "", "");
    put_topics(out, base, b->kind == BULLETIN_WORK ? "/maintenance/${n}" : "/incident/${n}", b->key);
    for (int i = 0; i < b->n_components; i++) {
        const struct conf_component *k = map_find(&c->component_by_name, b->components[i]);
        put_topics(out, base, "/component/${n}", b->components[i]);
        bool again = false;
        for (int j = 0; k && k->group && j < i; j++) {
            const struct conf_component *before = map_find(&c->component_by_name, b->components[j]);
            again |= before && str_eq(before->group, k->group);
        }
        if (k && k->group && !again)
            put_topics(out, base, "/group/${n}", k->group);
    }
}

static void hub_found(void *arg, int code, const struct publication *p)
{
    struct publishing *t = arg;
    struct websub *w = t->hub;
    const struct conf *c = w->closing ? NULL : websub_conf(w);
    char base[300];
    struct buf form = BUF_MAX(MAX_FORM);
    if (code || !c || !c->feeds.hub) {
        not_made(t->made, t->job, code ? code : ERR_NOT_FOUND, MSG("what it was about is no longer known"));
    } else {
        static const struct httpc_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"}, {"User-Agent", "vigie/" VIGIE_VERSION}};
        buf_str(&form, "hub.mode=publish");
        put_all(c, p->b, telling_base(w->env.telling, base, sizeof base), &form);
        struct egress_request rq = {.class = EGRESS_STAFF, .method = "POST", .url = c->feeds.hub, .headers = headers, .n_headers = COUNT(headers), .body = buf_text(&form), .body_bytes = form.len, .max_body = 4096};
        t->made(t->job, 0, &rq, NULL);
    }
    buf_done(&form);
    mem_free(t);
    websub_unref(w);
}

/* ---- the channel ---- */

static int64_t id_of(const struct outbox_row *row, const char *key)
{
    struct arena *a = arena_new(512);
    struct doc *d = NULL;
    int64_t id = json_parse(a, row->payload, strlen(row->payload), 1000, &d, NULL) ? 0 : doc_int(d, key, 0);
    arena_free(a);
    return id;
}

static void compose(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job)
{
    struct websub *w = arg;
    int64_t id = id_of(row, "s");
    (void)again;
    if (id != HUB_ROW) {
        compose_sub(w, id, now_ms, made, job);
        return;
    }
    struct publishing *t = NEW(struct publishing);
    *t = (struct publishing){websub_ref(w), made, job};
    publication_find(w->env.publications, id_of(row, "p"), hub_found, t);
}

static enum post_verdict failed(struct websub *w, struct sub *s, const struct httpc_reply *r, struct err *e)
{
    int64_t now_ms = clock_wall_ms();
    struct buf text = BUF_MAX(400);
    bool over = (r->code == 0 && r->status == 410) || (s->failing_ms && now_ms - s->failing_ms > END_MS);
    msg_render(&text, e->text[0] ? e->text : err_name(e->code), "en");
    if (over) {
        log_line(LOG_INFO, "the subscription at %s is over: %s", s->host, buf_text(&text));
        sub_drop(w, s, NULL, NULL);
    } else {
        sub_failed(w, s, buf_text(&text), now_ms);
    }
    buf_done(&text);
    return over ? POST_NEVER : POST_AGAIN; /* only 410 is meant for ever (7.0) */
}

static enum post_verdict judge(void *arg, const struct outbox_row *row, const struct httpc_reply *r, struct err *e)
{
    struct websub *w = arg;
    struct sub *s = sub_find(w, id_of(row, "s"));
    enum post_verdict v = post_judge(r, e);
    if (!s)
        return id_of(row, "s") == HUB_ROW ? v : POST_NEVER; /* it was ended meanwhile */
    s->flying = false;
    if (v == POST_DONE)
        sub_told(w, s, clock_wall_ms());
    return v == POST_DONE ? v : failed(w, s, r, e);
}

void websub_send_begin(struct websub *w)
{
    unsigned all = notice_told | NOTICE_BIT(NOTICE_CORRECTED) | NOTICE_BIT(NOTICE_RETRACTED) | NOTICE_BIT(NOTICE_REPORTED);
    struct publication_way way = {.name = "websub", .notices = all, .quiet = true, .page = &page, .add = add, .arg = w};
    struct channel_poster poster = {.channel = "websub", .compose = compose, .judge = judge, .arg = w};
    publications_way(w->env.publications, &way);
    channel_poster_put(w->env.channels, &poster);
}

void websub_send_stop(struct websub *w)
{
    channel_poster_drop(w->env.channels, "websub");
}

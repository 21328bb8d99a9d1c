/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public.c: how what everybody may read gets out.  The page, what is open, and what clients poll are published: written in
 * every language whenever something changes and every few seconds, compressed once, and served by the HTTP threads without asking again.
 * All the rest is rendered when asked for and kept until something changes, so that a rush costs one rendering.
 *
 * None of it needs a session, a script, or a Host name that is ours; none sets a cookie. */
#include "web/public.h"
#include "base/hash.h"
#include "base/str.h"
#include "web/feed.h"
#include "web/past.h"
#include "web/shapes.h"
#include <string.h>

enum { LOOK_EVERY_MS = 10000, LOOK_LEAST_MS = 100, PAGES_MOST = 40, KEPT_MOST = 400, KEPT_BYTES = 24 << 20, KEPT_MS = 10000, WINDOW_US = 1000000, SPEND_US = 300000 };

struct answer { /* one rendering that is kept */
    char *key, *body, *type;
    char *link; /* a header; NULL */
    size_t n;
    int64_t modified_ms, at_ms;
    int status;
    bool foreign, framed, loose; /* other origins may read it; may be in a frame; a page with a style of its own */
};
struct shown {
    struct web *w;
    struct past *past;
    VEC(char *) paths; /* of bulletins that are published */
    struct map answers;
    size_t kept_bytes;
    int64_t window_us, spent_us; /* of the main loop's time, for renderings that were asked for: a part of each second, no more */
};

static void changed(void *arg)
{
    struct web *w = arg;
    if (!w->stopped && !timer_is_set(&w->publish))
        timer_set(&w->publish, 50);
}

struct shown *shown_new(struct web *w)
{
    struct shown *s = NEW(struct shown);
    s->w = w;
    s->past = past_new(w->h, changed, w);
    return s;
}

static void forget(struct shown *s)
{
    size_t i = 0;
    void *at;
    while (map_each(&s->answers, &i, NULL, &at)) {
        struct answer *a = at;
        mem_free(a->key);
        mem_free(a->body);
        mem_free(a->type);
        mem_free(a->link);
        mem_free(a);
    }
    map_done(&s->answers);
    s->kept_bytes = 0;
}

void shown_stop(struct shown *s)
{
    if (s)
        past_stop(s->past);
}

struct shown *shown_free(struct shown *s)
{
    if (!s)
        return NULL;
    forget(s);
    for (size_t i = 0; i < s->paths.n; i++)
        mem_free(s->paths.at[i]);
    VEC_DONE(&s->paths);
    past_free(s->past);
    return mem_free(s);
}

struct past *shown_past(struct shown *s)
{
    return s->past;
}

void shown_event(struct shown *s, const struct event *e)
{
    past_event(s->past, e);
}

void shown_reconf(struct shown *s)
{
    past_reconf(s->past);
}

/* ---- looking ---- */

struct view { /* one look, for several renderings */
    struct arena *a;
    struct sight s;
    struct pub p;
};

/* The address of this site: as configured, else as it was asked for. */
const char *public_base(const struct web *w, struct arena *a, const struct httpd_request *rq)
{
    const struct conf *c = model_conf(w->h->model);
    const char *url = c ? c->site.url : NULL, *host = rq ? httpd_header(rq, "Host") : NULL;
    size_t n = url ? strlen(url) : 0;
    while (n && url[n - 1] == '/')
        n--;
    if (n)
        return arena_dupn(a, url, n);
    if (host && host[0] && strlen(host) < 200 && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == strlen(host))
        return arena_printf(a, "http://%s", host);
    return w->h->address ? w->h->address : "http://localhost";
}

static void look(struct view *v, struct web *w, struct arena *a, const struct httpd_request *rq)
{
    *v = (struct view){.a = a};
    sight_see(&v->s, a, w->h->board, w->h->model, w->h->zone, house_now().wall_ms);
    v->p = (struct pub){.s = &v->s, .days = past_days(w->shown->past, &v->s), .assets = w->assets_version, .base = public_base(w, a, rq), .here = "/", .section = "", .lang = "en"};
    v->p.hub = websub_hub(model_conf(w->h->model), a, v->p.base);
}

/* ---- publishing ---- */

static const char html[] = "text/html; charset=utf-8", json[] = "application/json; charset=utf-8";

static void publish_one(struct web *w, struct view *v, const char *path, const char *lang, const char *type, bool foreign)
{
    struct httpd_header headers[WEB_SAFE_HEADERS_MOST + 3] = {{"Cache-Control", "public, max-age=5"}};
    int n = 1 + web_safe_headers(headers + 1);
    if (conf_federation_on(v->s.conf) && type == html)
        headers[n++] = (struct httpd_header){"Vary", "Accept"}; /* others get activities there */
    if (foreign)
        headers[n++] = (struct httpd_header){"Access-Control-Allow-Origin", "*"};
    httpd_publish(w->h->httpd, -1, path, lang, type, v->p.out->full ? NULL : buf_text(v->p.out), v->p.out->len, headers, n);
}

static void publish_bulletin(struct web *w, struct view *v, const struct bulletin *b, const char *path)
{
    for (int i = 0; msg_langs[i]; i++) {
        struct buf out = BUF_MAX(PUBLIC_MAX_BYTES);
        v->p.out = &out;
        v->p.lang = msg_langs[i];
        v->p.here = path;
        public_bulletin(&v->p, b);
        publish_one(w, v, path, msg_langs[i], html, false);
        buf_done(&out);
    }
}

static void withdraw(struct web *w, const char *path)
{
    for (int i = 0; msg_langs[i]; i++)
        httpd_publish(w->h->httpd, -1, path, msg_langs[i], NULL, NULL, 0, NULL, 0);
}

/* Pages of what is open: those that everybody asks for. What is over is withdrawn, and rendered when asked for. */
static void publish_bulletins(struct web *w, struct view *v)
{
    struct shown *s = w->shown;
    VEC(char *) now = {0};
    char path[64];
    for (int i = 0; i < v->s.n_incidents + v->s.n_works && now.n < PAGES_MOST; i++) {
        const struct bulletin *b = i < v->s.n_incidents ? v->s.incidents[i] : v->s.works[i - v->s.n_incidents];
        pub_path(b, path, sizeof path);
        publish_bulletin(w, v, b, path);
        VEC_PUSH(&now, mem_dup(path));
    }
    for (size_t i = 0; i < s->paths.n; i++) {
        bool still = false;
        for (size_t k = 0; k < now.n; k++)
            still |= str_eq(s->paths.at[i], now.at[k]);
        if (!still)
            withdraw(w, s->paths.at[i]);
        mem_free(s->paths.at[i]);
    }
    VEC_DONE(&s->paths);
    s->paths.at = now.at;
    s->paths.n = now.n;
    s->paths.cap = now.cap;
}

static void publish_now(struct web *w, struct view *v)
{
    for (int i = 0; msg_langs[i]; i++) {
        struct buf out = BUF_MAX(PUBLIC_MAX_BYTES);
        v->p.out = &out;
        v->p.lang = msg_langs[i];
        v->p.here = "/";
        public_now(&v->p);
        publish_one(w, v, "/", msg_langs[i], html, false);
        buf_done(&out);
    }
}

/* What programs of others poll while everything burns. */
static void publish_polled(struct web *w, struct view *v)
{
    static const char *const polled[] = {"summary.json", "status.json", "components.json", "incidents/unresolved.json"};
    for (size_t k = 0; k < COUNT(polled); k++)
        for (int i = 0; msg_langs[i]; i++) {
            struct buf out = BUF_MAX(PUBLIC_MAX_BYTES);
            char path[80];
            v->p.out = &out;
            v->p.lang = msg_langs[i];
            str_print(path, sizeof path, "/api/v2/%s", polled[k]);
            shape_statuspage(&v->p, polled[k]);
            publish_one(w, v, path, msg_langs[i], json, true);
            buf_done(&out);
        }
}

int64_t public_publish(struct web *w)
{
    struct arena *a = arena_new(4096);
    struct view v;
    look(&v, w, a, NULL);
    forget(w->shown);
    if (w->h->httpd) {
        publish_now(w, &v);
        publish_bulletins(w, &v);
        publish_polled(w, &v);
    }
    int64_t wait = v.s.look_again_ms == INT64_MAX ? LOOK_EVERY_MS : v.s.look_again_ms - v.s.now_ms + 1;
    arena_free(a);
    return wait > LOOK_EVERY_MS ? LOOK_EVERY_MS : wait < LOOK_LEAST_MS ? LOOK_LEAST_MS : wait;
}

/* ---- what is asked for ---- */

struct ask { /* one request, taken apart */
    struct web *w;
    struct page *page;
    struct view *v;
    struct answer *out;
    const char *head, *name, *rest; /* "/incident", "KEY", "3" */
};
typedef bool route_fn(struct ask *k, struct pub *p); /* false: there is no such thing */

static void set_type(struct ask *k, const char *type)
{
    k->out->type = mem_dup(type);
}

static const char *self_of(struct ask *k)
{
    const struct httpd_request *rq = k->page->rq;
    struct buf b = BUF_MAX(4 * HTTPD_MAX_URL);
    bool per = str_eq(httpd_query(rq, "per"), "update");
    buf_str(&b, page_here(k->page));
    html_print(&b, "en", "?lang=%u%r", k->page->lang, per ? "&per=update" : "");
    const char *self = arena_dup(k->v->a, buf_text(&b));
    buf_done(&b);
    return self;
}

/* ---- feeds ---- */

static const struct {
    const char *name, *type;
    void (*render)(struct pub *p, const struct feed_of *of);
} feeds[] = {
    {"feed.atom", "application/atom+xml; charset=utf-8", feed_atom},    {"feed.rss", "application/rss+xml; charset=utf-8", feed_rss},
    {"feed.json", "application/feed+json; charset=utf-8", feed_json},   {"calendar.ics", "text/calendar; charset=utf-8", feed_calendar},
    {"atom", "application/atom+xml; charset=utf-8", feed_atom},         {"rss", "application/rss+xml; charset=utf-8", feed_rss},
    {"history.atom", "application/atom+xml; charset=utf-8", feed_atom}, {"history.rss", "application/rss+xml; charset=utf-8", feed_rss},
    {"index.xml", "application/rss+xml; charset=utf-8", feed_rss},
};

static bool put_feed(struct ask *k, struct pub *p, const char *name, struct feed_of of)
{
    for (size_t i = 0; name && i < COUNT(feeds); i++) {
        if (!str_eq(feeds[i].name, name))
            continue;
        of.per_update = str_eq(httpd_query(k->page->rq, "per"), "update");
        of.self = self_of(k);
        feeds[i].render(p, &of);
        set_type(k, feeds[i].type);
        k->out->modified_ms = feed_modified(p, &of);
        k->out->foreign = true;
        /* W3C WebSub, 4: by header as well. Only an address that is no reader's choice may be a topic. */
        if (p->hub)
            k->out->link = mem_dup(arena_printf(k->v->a, "<%s>; rel=\"hub\", <%s%s>; rel=\"self\"", p->hub, p->base, of.self));
        return true;
    }
    return false;
}

/* The address as the feed itself has it. */
static const char *topic_self(struct arena *a, const struct websub_topic *t, const struct bulletin *b)
{
    struct buf out = BUF_MAX(4 * HTTPD_MAX_URL);
    struct str rest = str_of(t->group ? t->group : ""), seg;
    if (b)
        html_print(&out, "en", "/%r/%u", bulletin_kind_words[b->kind], b->key);
    if (t->component)
        html_print(&out, "en", "/component/%u", t->component);
    if (t->group)
        buf_str(&out, "/group");
    while (t->group && str_next(&rest, "/", &seg))
        html_print(&out, "en", "/%u", arena_dupn(a, seg.p, seg.n));
    html_print(&out, "en", "/%u?lang=%u%r", t->file, t->lang, t->per_update ? "&per=update" : "");
    const char *self = arena_dup(a, buf_text(&out));
    buf_done(&out);
    return self;
}

static bool topic_known(const struct view *v, const struct websub_topic *t, const struct bulletin *b)
{
    if (t->component)
        return sight_find(&v->s, t->component) != NULL;
    if (t->key)
        return b && !b->draft;
    for (int i = 0; t->group && i < v->s.n; i++)
        if (sight_in_group(v->s.components[i].c, t->group))
            return true;
    return !t->group;
}

int public_feed(struct web *w, const struct websub_topic *t, struct buf *out, const char **ret_type)
{
    size_t i = 0;
    while (i < COUNT(feeds) && !str_eq(feeds[i].name, t->file))
        i++;
    if (!w || w->stopped)
        return ERR_BUSY;
    if (i == COUNT(feeds))
        return ERR_NOT_FOUND;
    struct arena *a = arena_new(4096);
    struct view v;
    look(&v, w, a, NULL);
    const struct bulletin *b = t->key && w->h->board ? board_find_key(w->h->board, t->key) : NULL;
    bool known = topic_known(&v, t, b);
    if (known && out) {
        struct feed_of of = {.component = t->component, .group = t->group, .only = b, .per_update = t->per_update, .self = topic_self(a, t, b)};
        v.p.out = out;
        v.p.lang = t->lang;
        v.p.base = t->base;
        v.p.hub = websub_hub(model_conf(w->h->model), a, t->base);
        feeds[i].render(&v.p, &of);
    }
    *ret_type = feeds[i].type;
    arena_free(a);
    return known ? 0 : ERR_NOT_FOUND;
}

static bool route_feed(struct ask *k, struct pub *p)
{
    return put_feed(k, p, k->head + 1, (struct feed_of){0});
}

/* ---- pages ---- */

static bool put_badge(struct ask *k, struct pub *p, const char *what, const struct sight_component *v)
{
    if (str_eq(what, "badge.svg")) {
        shape_badge(p, v, httpd_query(k->page->rq, "style"));
        set_type(k, "image/svg+xml");
    } else if (str_eq(what, "badge.json")) {
        shape_shields(p, v);
        set_type(k, json);
    } else {
        return false;
    }
    k->out->foreign = true;
    return true;
}

static bool route_badge(struct ask *k, struct pub *p)
{
    return put_badge(k, p, k->head + 1, NULL);
}

static void redirect(struct ask *k, const char *where)
{
    k->out->status = 301;
    set_type(k, where); /* the place */
}

/* /incident/KEY, /incident/KEY/3 (one update), /incident/KEY/feed.atom; under the other kind's address, or Statuspage's /incidents/KEY, it
 * leads here. */
static bool route_bulletin(struct ask *k, struct pub *p)
{
    const struct bulletin *b = k->w->h->board && k->name ? board_find_key(k->w->h->board, k->name) : NULL;
    char path[80];
    int64_t n;
    if (!b || b->draft)
        return false;
    pub_path(b, path, sizeof path);
    if (k->rest && str_i64(k->rest, &n) == 0) {
        str_print(path + strlen(path), sizeof path - strlen(path), "#update-%lld", (long long)n);
        redirect(k, path);
        return bulletin_update(b, n) != NULL;
    }
    if (k->rest)
        return put_feed(k, p, k->rest, (struct feed_of){.only = b});
    if (!str_starts(path, k->head) || path[strlen(k->head)] != '/') {
        redirect(k, path);
        return true;
    }
    k->out->status = b->retracted ? 410 : 200;
    public_bulletin(p, b);
    set_type(k, html);
    return true;
}

/* /history, /history/2026-11 */
static bool route_history(struct ask *k, struct pub *p)
{
    struct civil c;
    const char *m = k->name;
    time_civil(p->s->now_ms, p->s->zone, &c);
    if (k->rest || (m && (strlen(m) != 7 || m[4] != '-' || strspn(m, "0123456789-") != 7)))
        return false;
    if (m) {
        c.year = (m[0] - '0') * 1000 + (m[1] - '0') * 100 + (m[2] - '0') * 10 + (m[3] - '0');
        c.month = (m[5] - '0') * 10 + (m[6] - '0');
    }
    if (c.month < 1 || c.month > 12 || (m && !public_month_known(p, c.year, c.month)))
        return false;
    public_month(p, c.year, c.month);
    set_type(k, html);
    return true;
}

static bool route_component(struct ask *k, struct pub *p)
{
    const struct sight_component *v = k->name ? sight_find(p->s, k->name) : NULL;
    if (!v)
        return false;
    if (k->rest)
        return put_badge(k, p, k->rest, v) || put_feed(k, p, k->rest, (struct feed_of){.component = v->c->name});
    public_component(p, v);
    set_type(k, html);
    return true;
}

/* /group/NAME/feed.atom; names of groups may have slashes. */
static bool route_group(struct ask *k, struct pub *p)
{
    const char *path = k->page->rq->path + strlen("/group/"), *last = strrchr(path, '/');
    if (str_starts(k->page->rq->path, "/group/") && last && last > path)
        for (int i = 0; i < p->s->n; i++) {
            const char *group = arena_dupn(k->v->a, path, (size_t)(last - path));
            if (sight_in_group(p->s->components[i].c, group))
                return put_feed(k, p, last + 1, (struct feed_of){.group = group});
        }
    return false;
}

/* ---- shapes of others ---- */

static bool route_v2(struct ask *k, struct pub *p)
{
    static const char prefix[] = "/api/v2/";
    set_type(k, json);
    k->out->foreign = true;
    return str_starts(k->page->rq->path, prefix) && shape_statuspage(p, k->page->rq->path + sizeof prefix - 1);
}

static const struct {
    const char *path, *type;
    void (*render)(struct pub *p);
    bool framed, loose;
} plain[] = {
    {"/api/v1/endpoints/statuses", "application/json; charset=utf-8", shape_gatus, false, false},
    {"/index.json", "application/json; charset=utf-8", shape_cstate, false, false},
    {"/cc.xml", "application/xml; charset=utf-8", shape_cctray, false, false},
    {"/widget.js", "text/javascript; charset=utf-8", embed_widget_script, false, false},
    {"/widget", "text/html; charset=utf-8", embed_widget, true, false},
    {"/fragment.html", "text/html; charset=utf-8", embed_fragment, false, false},
    {"/snippet/503.html", "text/html; charset=utf-8", embed_error_page, false, true},
};

static bool route_plain(struct ask *k, struct pub *p)
{
    for (size_t i = 0; i < COUNT(plain); i++)
        if (str_eq(plain[i].path, k->page->rq->path)) {
            plain[i].render(p);
            set_type(k, plain[i].type);
            k->out->foreign = true;
            k->out->framed = plain[i].framed;
            k->out->loose = plain[i].loose;
            return true;
        }
    return false;
}

/* ---- routing ---- */

static const struct {
    const char *head; /* the first segment of the path */
    route_fn *fn;
    bool deep; /* more segments follow */
} routes[] = {
    {"/incident", route_bulletin, true}, {"/incidents", route_bulletin, true}, {"/maintenance", route_bulletin, true}, {"/history", route_history, true}, {"/component", route_component, true}, {"/group", route_group, true},
    {"/api", route_v2, true},            {"/api", route_plain, true},            {"/snippet", route_plain, true},   {"/index.json", route_plain, false},    {"/cc.xml", route_plain, false},
    {"/widget.js", route_plain, false},  {"/widget", route_plain, false},        {"/fragment.html", route_plain, false}, {"/badge.svg", route_badge, false}, {"/badge.json", route_badge, false},
    {"/feed.atom", route_feed, false},   {"/feed.rss", route_feed, false},       {"/feed.json", route_feed, false}, {"/calendar.ics", route_feed, false},   {"/atom", route_feed, false},
    {"/rss", route_feed, false},         {"/history.atom", route_feed, false},   {"/history.rss", route_feed, false}, {"/index.xml", route_feed, false},
};

/* The API of this house has most of /api; of that only two corners are the public's. */
static bool is_public_path(const char *path)
{
    if (str_starts(path, "/api/"))
        return str_starts(path, "/api/v2/") || str_eq(path, "/api/v1/endpoints/statuses");
    for (size_t i = 0; i < COUNT(routes); i++) {
        size_t n = strlen(routes[i].head);
        if (str_starts(path, routes[i].head) && (path[n] == 0 || (routes[i].deep && path[n] == '/')))
            return true;
    }
    return false;
}

static void take_apart(struct ask *k, const char *path)
{
    struct str rest = str_of(path), seg[4] = {{0}};
    int n = 0;
    while (n < 4 && str_next(&rest, "/", &seg[n]))
        n += seg[n].n > 0;
    k->head = n > 0 ? arena_printf(k->v->a, "/%.*s", (int)seg[0].n, seg[0].p) : "/";
    k->name = n > 1 ? arena_dupn(k->v->a, seg[1].p, seg[1].n) : NULL;
    k->rest = n > 2 ? arena_dupn(k->v->a, seg[2].p, seg[2].n) : NULL;
}

static bool render(struct ask *k, struct buf *out)
{
    struct pub *p = &k->v->p;
    p->out = out;
    p->lang = k->page->lang;
    p->here = page_here(k->page);
    k->out->status = 200;
    take_apart(k, k->page->rq->path);
    for (size_t i = 0; i < COUNT(routes); i++) {
        if (!str_eq(routes[i].head, k->head) || (!routes[i].deep && k->name))
            continue;
        if (routes[i].fn(k, p) && !out->full)
            return true;
        k->out->type = mem_free(k->out->type);
        k->out->link = mem_free(k->out->link);
        buf_clear(out);
    }
    return false;
}

/* ---- kept answers ---- */

/* Only what makes a difference: strangers shall not choose how often something is rendered. */
static const char *key_of(struct page *p)
{
    const char *style = str_ends(p->rq->path, "/badge.svg") ? badge_style(httpd_query(p->rq, "style")) : "";
    bool per = str_eq(httpd_query(p->rq, "per"), "update");
    return arena_printf(p->rq->arena, "%s\n%s\n%s\n%d\n%s", p->rq->path, p->lang, style, per, public_base(p->web, p->rq->arena, p->rq));
}

bool shown_may_render(struct shown *s, int64_t now_us)
{
    if (now_us - s->window_us >= WINDOW_US || now_us < s->window_us) {
        s->window_us = now_us;
        s->spent_us = 0;
    }
    return s->spent_us < SPEND_US;
}

void shown_rendered(struct shown *s, int64_t us)
{
    s->spent_us += us;
}

static struct answer *answer_new(struct page *p, const char *key)
{
    struct answer *a = NEW(struct answer);
    struct view v;
    struct ask k = {.w = p->web, .page = p, .v = &v, .out = a};
    struct buf out = BUF_MAX(PUBLIC_MAX_BYTES);
    look(&v, p->web, p->rq->arena, p->rq);
    if (!render(&k, &out)) {
        buf_done(&out);
        mem_free(a->type);
        mem_free(a->link);
        mem_free(a);
        return NULL;
    }
    a->n = out.len;
    a->body = buf_take(&out);
    a->key = mem_dup(key);
    a->at_ms = v.s.now_ms;
    return a;
}

static void keep(struct shown *s, struct answer *a)
{
    if (s->answers.n >= KEPT_MOST || s->kept_bytes + a->n > KEPT_BYTES)
        forget(s);
    map_set(&s->answers, a->key, a);
    s->kept_bytes += a->n;
}

static struct answer *answer_of(struct page *p, bool *ret_busy)
{
    struct shown *s = p->web->shown;
    const char *key = key_of(p);
    struct answer *a = map_find(&s->answers, key);
    int64_t now = house_now().wall_ms;
    if (a && now >= a->at_ms && now - a->at_ms < KEPT_MS)
        return a;
    int64_t began_us = clock_mono_us();
    if (!shown_may_render(s, began_us)) {
        *ret_busy = !a; /* one that is a little old is better than none */
        return a;
    }
    if (a)
        forget(s);
    a = answer_new(p, key);
    s->spent_us += clock_mono_us() - began_us;
    if (a)
        keep(s, a);
    return a;
}

/* ---- answering ---- */

static void http_date(int64_t ms, char out[40])
{
    struct buf b = BUF_MAX(40);
    time_rfc5322(&b, ms, NULL);
    str_copyn(out, 40, buf_text(&b), b.len > 5 ? b.len - 5 : 0); /* without "+0000" */
    str_copy(out + strlen(out), 40 - strlen(out), "GMT");
    buf_done(&b);
}

/* RFC 9110, 8.8 and 13: the tag decides when it is there, else the date. */
static bool is_unchanged(const struct page *p, const char *etag, const char *date)
{
    const char *tags = httpd_header(p->rq, "If-None-Match"), *since = httpd_header(p->rq, "If-Modified-Since");
    if (tags)
        return str_eq(tags, "*") || strstr(tags, etag) != NULL;
    return since && date[0] && str_eq(since, date);
}

static void add_headers(struct page *p, const struct answer *a)
{
    page_header(p, "Cache-Control", a->modified_ms ? "public, max-age=60" : "public, max-age=5");
    page_header(p, "Vary", conf_federation_on(model_conf(p->h->model)) ? "Accept, Accept-Language" : "Accept-Language");
    page_header(p, "Content-Language", p->lang);
    if (a->link)
        page_header(p, "Link", a->link);
    if (a->foreign)
        page_header(p, "Access-Control-Allow-Origin", "*");
}

static void safe_headers(struct page *p, const struct answer *a)
{
    struct httpd_header safe[WEB_SAFE_HEADERS_MOST];
    int n = web_safe_headers(safe);
    for (int i = 0; i < n; i++) {
        bool policy = str_eq(safe[i].name, "Content-Security-Policy");
        if (policy && a->framed)
            page_header(p, safe[i].name, "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'");
        else if (policy && a->loose)
            page_header(p, safe[i].name, "default-src 'none'; style-src 'unsafe-inline'; img-src *; base-uri 'none'; form-action 'none'");
        else
            page_header(p, safe[i].name, safe[i].value);
    }
}

static void send_answer(struct page *p, const struct answer *a)
{
    char etag[24], date[40] = "";
    bool moved = a->status == 301;
    str_print(etag, sizeof etag, "\"%016llx\"", (unsigned long long)hash_bytes(a->body, a->n, 3));
    if (a->modified_ms)
        http_date(a->modified_ms, date);
    page_header(p, "ETag", etag);
    if (date[0])
        page_header(p, "Last-Modified", date);
    add_headers(p, a);
    safe_headers(p, a);
    if (moved)
        page_header(p, "Location", a->type);
    bool same = a->status == 200 && is_unchanged(p, etag, date);
    struct httpd_response rs = {.status = same ? 304 : a->status, .type = moved ? "text/plain; charset=utf-8" : a->type, .body = a->body, .body_bytes = same || moved ? 0 : a->n, .headers = p->headers, .n_headers = p->n_headers};
    httpd_reply(p->rq, &rs);
}

/* As the reader asks, else as the site has it; a cookie says nothing here, so that proxies may keep the answers. */
static void find_language(struct page *p)
{
    const char *asked = httpd_query(p->rq, "lang"), *accept = httpd_header(p->rq, "Accept-Language");
    const struct conf *c = model_conf(p->h->model);
    p->lang = msg_lang(asked && asked[0] ? asked : accept ? accept : c && c->site.lang ? c->site.lang : "en");
}

bool public_route(struct page *p)
{
    bool reads = str_eq(p->rq->method, "GET") || str_eq(p->rq->method, "HEAD");
    if (p->web->stopped || !is_public_path(p->rq->path))
        return false;
    find_language(p);
    bool busy = false;
    const struct answer *a = answer_of(p, &busy);
    if (busy) {
        page_header(p, "Retry-After", "1");
        page_error(p, 503, MSG("Too many ask at once; try again in a second."));
    } else if (a && !reads) {
        page_error(p, 405, MSG("This page does not work that way."));
    } else if (a) {
        send_answer(p, a);
    } else if (!public_moved(p)) {
        page_error(p, 404, MSG("There is no such page."));
    }
    return true;
}

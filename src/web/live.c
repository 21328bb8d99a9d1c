/* SPDX-License-Identifier: GPL-3.0-or-later */
/* live.c: live updates.  A page holds one event stream; four times a second at most it is told which things changed and
 * gets the new tally; it then asks for the rows it shows, in its own language and form. */
#include "base/json.h"
#include "base/str.h"
#include "web/parts.h"
#include "web/rows.h"
#include "web/seats.h"
#include "web/web_priv.h"

enum { LIVE_EVERY_MS = 250, LIVE_PULSE_MS = 15000, LIVE_MAX_IDS = 500, LIVE_ROWS_MAX = 200, LIVE_PER_CLIENT = 100 };

struct watcher {
    struct live *live;
    struct httpd_stream *stream;
    const char *lang;
    char client[64];
    char secret[80]; /* of the session, "": none */
    bool guest;
};
struct live {
    struct web *web;
    VEC(struct watcher *) watchers;
    struct timer timer, pulse;
    struct arena *arena; /* of the ids collected since the last message */
    struct doc *ids;
    struct map seen;
    bool all; /* too many to name: pages reload their rows */
};

static void forget(struct live *l)
{
    map_done(&l->seen);
    l->arena = arena_free(l->arena);
    l->ids = NULL;
    l->all = false;
}

static void tally_html(struct live *l, const char *lang, struct buf *out)
{
    struct arena *a = arena_new(0);
    struct page p = {.web = l->web, .h = l->web->h, .lang = lang, .now = house_now(), .html = BUF_MAX(65536)};
    parts_tally(&p);
    buf_str(out, buf_text(&p.html));
    buf_done(&p.html);
    arena_free(a);
}

static void put_message(struct live *l, const char *lang, struct buf *out)
{
    struct arena *a = arena_new(4096);
    struct doc *o = doc_object(a);
    struct model_counts n;
    struct buf tally = BUF_MAX(65536);
    tally_html(l, lang, &tally);
    model_count(l->web->h->model, &n);
    doc_put_text(o, "tally", buf_text(&tally));
    doc_put_int(o, "problems", n.unhandled);
    doc_put_bool(o, "all", l->all);
    struct doc *list = doc_put_list(o, "ids");
    DOC_EACH(l->ids, d)
        doc_push_text(list, d->text);
    json_write(out, o, lang, 0);
    buf_done(&tally);
    arena_free(a);
}

static void tell(void *arg)
{
    struct live *l = arg;
    struct buf messages[2] = {BUF_MAX(256 * 1024), BUF_MAX(256 * 1024)};
    for (size_t i = 0; i < l->watchers.n; i++) {
        struct watcher *w = l->watchers.at[i];
        struct buf *b = &messages[str_eq(w->lang, "fr")];
        if (!b->len)
            put_message(l, w->lang, b);
        httpd_stream_send(w->stream, "changed", buf_text(b));
    }
    buf_done(&messages[0]);
    buf_done(&messages[1]);
    forget(l);
}

/* A stream must not outlive the right to see it: log-out, removal, a guest no longer wanted. */
static bool may_stay(const struct live *l, const struct watcher *w)
{
    struct principal who;
    const struct conf *c = model_conf(l->web->h->model);
    if (w->guest)
        return c && c->site.guest;
    return !w->secret[0] || auth_session(l->web->h->auth, w->secret, clock_wall_ms(), &who) == 0;
}

/* A page cannot see that a connection died without a word; so there is a word now and then. */
static void pulse(void *arg)
{
    struct live *l = arg;
    for (size_t i = l->watchers.n; i-- > 0;) {
        struct watcher *w = l->watchers.at[i];
        if (may_stay(l, w)) {
            httpd_stream_send(w->stream, "pulse", "{}");
            continue;
        }
        httpd_stream_close(w->stream);
        VEC_REMOVE(&l->watchers, i);
        mem_free(w);
    }
    if (l->watchers.n)
        timer_set(&l->pulse, LIVE_PULSE_MS);
}

void live_event(struct live *l, const struct event *e)
{
    if (!l->watchers.n)
        return;
    if (!timer_is_set(&l->timer))
        timer_set(&l->timer, LIVE_EVERY_MS);
    if (!e->item || e->kind == EVENT_RECHECK || l->all)
        return;
    char id[2 * CONF_MAX_NAME + 2];
    if (!l->arena) {
        l->arena = arena_new(4096);
        l->ids = doc_list(l->arena);
    }
    item_id(e->item, id, sizeof id);
    if (map_find(&l->seen, id))
        return;
    if (l->ids->kids.n >= LIVE_MAX_IDS) {
        l->all = true;
        return;
    }
    struct doc *d = doc_push_text(l->ids, id);
    map_set(&l->seen, d->text, d);
}

struct live *live_new(struct web *w)
{
    struct live *l = NEW(struct live);
    l->web = w;
    timer_init(&l->timer, w->h->loop, tell, l);
    timer_init(&l->pulse, w->h->loop, pulse, l);
    return l;
}

struct live *live_free(struct live *l)
{
    if (!l)
        return NULL;
    timer_clear(&l->timer);
    timer_clear(&l->pulse);
    for (size_t i = 0; i < l->watchers.n; i++) {
        httpd_stream_close(l->watchers.at[i]->stream);
        mem_free(l->watchers.at[i]);
    }
    VEC_DONE(&l->watchers);
    forget(l);
    return mem_free(l);
}

/* ---- pages ---- */

static void watcher_left(void *arg)
{
    struct watcher *w = arg;
    struct live *l = w->live;
    for (size_t i = 0; i < l->watchers.n; i++)
        if (l->watchers.at[i] == w) {
            VEC_REMOVE(&l->watchers, i);
            break;
        }
    mem_free(w);
}

/* One reader must not take the streams of all. */
static bool has_room(const struct live *l, const struct page *p)
{
    int n = 0;
    for (size_t i = 0; i < l->watchers.n; i++)
        n += str_eq(l->watchers.at[i]->client, p->client);
    return n < LIVE_PER_CLIENT;
}

static void live_get(struct page *p)
{
    struct live *l = p->web->live;
    if (!has_room(l, p)) {
        page_error(p, 503, MSG("That did not work."));
        return;
    }
    struct watcher *w = NEW(struct watcher);
    w->live = l;
    w->lang = msg_lang(p->lang); /* static text */
    str_copy(w->client, sizeof w->client, p->client);
    w->guest = str_eq(p->who.via, "guest");
    if (p->who.session)
        str_copy(w->secret, sizeof w->secret, httpd_cookie(p->rq, "vigie"));
    buf_done(&p->html);
    w->stream = httpd_stream(p->rq, watcher_left, w);
    if (!w->stream) {
        mem_free(w);
        return;
    }
    VEC_PUSH(&l->watchers, w);
    httpd_stream_send(w->stream, "hello", "{}");
    if (!timer_is_set(&l->pulse))
        timer_set(&l->pulse, LIVE_PULSE_MS);
}

struct wanted {
    struct page *page;
    int view, n;
};

static void put_wanted(void *arg, const char *name, const char *value)
{
    struct wanted *w = arg;
    if (!str_eq(name, "id") || ++w->n > LIVE_ROWS_MAX)
        return;
    const char *slash = strchr(value, '/');
    char host[CONF_MAX_NAME + 1];
    str_copyn(host, sizeof host, value, slash ? (size_t)(slash - value) : strlen(value));
    const struct item *it = model_find(w->page->h->model, host, slash ? slash + 1 : NULL);
    if (it)
        rows_item(w->page, (enum row_view)w->view, it);
}

static void put_wanted_seat(void *arg, const char *name, const char *value)
{
    struct wanted *w = arg;
    if (!str_eq(name, "id") || ++w->n > LIVE_ROWS_MAX)
        return;
    const struct host *h = model_find_host(w->page->h->model, value);
    if (h)
        seats_one(w->page, h);
}

/* GET /console/rows?view=list&id=web1/http&id=…: the rows alone. */
static void rows_get(struct page *p)
{
    const char *view = httpd_query(p->rq, "view");
    struct wanted w = {p, rows_view(view), 0};
    bool seats = str_eq(view, "seat");
    if (w.view < 0 && !seats) {
        page_error(p, 400, MSG("There is no such page."));
        return;
    }
    struct httpd_request copy = *p->rq;
    copy.body = p->rq->query;
    copy.body_bytes = strlen(p->rq->query);
    html_print(&p->html, p->lang, seats ? "<ul>" : "<table><tbody>");
    httpd_form_each(&copy, seats ? put_wanted_seat : put_wanted, &w);
    html_print(&p->html, p->lang, seats ? "</ul>" : "</tbody></table>");
    page_send(p, 200, "text/html; charset=utf-8");
}

const struct page_row live_pages[] = {
    {"GET", "/console/live", ROLE_VIEWER, false, live_get},
    {"GET", "/console/rows", ROLE_VIEWER, false, rows_get},
    {0}};

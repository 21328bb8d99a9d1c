/* SPDX-License-Identifier: GPL-3.0-or-later */
/* feed.c: which bulletins a feed holds, and what an entry says; JSON Feed. */
#include "web/feed.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "web/markdown.h"
#include <stdlib.h>
#include <string.h>

enum { CONTENT_MOST = 200 << 10 };

/* ---- choosing ---- */

int64_t bulletin_said_ms(const struct bulletin *b)
{
    int64_t last = b->posted_ms;
    for (int i = 0; i < b->n_updates; i++)
        last = b->updates[i].posted_ms > last ? b->updates[i].posted_ms : last;
    return b->report_public && b->report_ms > last ? b->report_ms : last;
}

static bool touches_group(const struct pub *p, const struct bulletin *b, const char *group)
{
    for (int i = 0; i < b->n_components; i++) {
        const struct sight_component *v = sight_find(p->s, b->components[i]);
        if (v && sight_in_group(v->c, group))
            return true;
    }
    return false;
}

bool feed_takes(const struct pub *p, const struct feed_of *of, const struct bulletin *b)
{
    if (!bulletin_is_public(b) || (of->only && of->only != b))
        return false;
    if (of->component && !bulletin_touches(b, of->component))
        return false;
    return !of->group || touches_group(p, b, of->group);
}

struct pick {
    struct feed_item *out;
    int n;
};

/* Keeps the newest, in order; few come in, so moving is cheap. */
static void pick_add(struct pick *k, struct feed_item it)
{
    int i = k->n;
    while (i > 0 && (k->out[i - 1].updated_ms < it.updated_ms || (k->out[i - 1].updated_ms == it.updated_ms && k->out[i - 1].b->id < it.b->id)))
        i--;
    if (i >= FEED_ENTRIES)
        return;
    int keep = k->n < FEED_ENTRIES ? k->n : FEED_ENTRIES - 1;
    memmove(&k->out[i + 1], &k->out[i], (size_t)(keep - i) * sizeof(it));
    k->out[i] = it;
    k->n = keep + 1;
}

int feed_select(const struct pub *p, const struct feed_of *of, struct feed_item out[FEED_ENTRIES])
{
    struct pick k = {.out = out};
    for (size_t i = 0; i < board_count(p->s->board); i++) {
        const struct bulletin *b = board_at(p->s->board, i);
        int64_t said = bulletin_said_ms(b);
        bool old = k.n == FEED_ENTRIES && said < out[FEED_ENTRIES - 1].updated_ms;
        if (old || !feed_takes(p, of, b))
            continue;
        if (!of->per_update)
            pick_add(&k, (struct feed_item){b, NULL, said});
        for (int u = 0; of->per_update && u < b->n_updates; u++)
            pick_add(&k, (struct feed_item){b, &b->updates[u], b->updates[u].posted_ms});
    }
    return k.n;
}

int64_t feed_modified(const struct pub *p, const struct feed_of *of)
{
    int64_t last = 0;
    for (size_t i = 0; i < board_count(p->s->board); i++) {
        const struct bulletin *b = board_at(p->s->board, i);
        if (b->changed_ms > last && feed_takes(p, of, b))
            last = b->changed_ms;
    }
    return last;
}

/* ---- an entry ---- */

void feed_id(const struct feed_item *it, char *out, size_t n)
{
    if (it->u)
        str_print(out, n, "tag:vigie,2026:%s/%lld", it->b->key, (long long)it->u->id);
    else
        str_print(out, n, "tag:vigie,2026:%s", it->b->key);
}

void feed_url(const struct pub *p, const struct feed_item *it, struct buf *out)
{
    char path[64];
    pub_path(it->b, path, sizeof path);
    buf_printf(out, "%s%s", p->base, path);
    if (it->u)
        buf_printf(out, "#update-%lld", (long long)it->u->id);
}

static int index_of(const struct feed_item *it)
{
    return it->u ? (int)(it->u - it->b->updates) : it->b->n_updates - 1;
}

void feed_title(const struct pub *p, const struct feed_item *it, struct buf *out)
{
    if (it->u)
        msg_print(out, p->lang, MSG("{1}: {2}"), "ss", pub_title_text(p, it->b), msg_tr(p->lang, public_phase(it->b, index_of(it))));
    else
        buf_str(out, pub_title_text(p, it->b));
}

const char *feed_lang(const struct pub *p, const struct feed_item *it)
{
    const char *lang;
    wording_for(&it->b->title, p->lang, &lang);
    return lang ? lang : p->lang;
}

void feed_name(const struct pub *p, const struct feed_of *of, struct buf *out)
{
    const char *lang, *site = sight_site(p->s, p->lang, &lang);
    const char *what = of->only ? pub_title_text(p, of->only) : of->component ? sight_title(p->s, of->component, p->lang, &lang) : of->group ? sight_group_title(p->s, of->group, p->lang, &lang) : msg_tr(p->lang, MSG("service status"));
    msg_print(out, p->lang, MSG("{1}: {2}"), "ss", site, what);
}

/* A moment with its date, year and zone: a feed is read on another day, elsewhere. */
static void put_moment(struct pub *p, int64_t at_ms, struct buf *out)
{
    char zone[16];
    pub_zone(p, at_ms, zone, sizeof zone);
    time_date(out, at_ms, 0, p->s->zone, p->lang);
    buf_str(out, ", ");
    time_clock(out, at_ms, p->s->zone, p->lang);
    buf_printf(out, " %s", zone);
}

static void put_update(struct pub *p, const struct bulletin *b, int i, struct buf *out)
{
    struct buf at = BUF_MAX(200);
    const struct update *u = &b->updates[i];
    const char *lang, *text = wording_for(&u->text, p->lang, &lang);
    put_moment(p, u->at_ms, &at);
    html_print(out, p->lang, "<p><strong>%t</strong> (%s)</p>\n", public_phase(b, i), buf_text(&at));
    html_print(out, p->lang, "<div lang=\"%s\">", lang ? lang : p->lang);
    markdown_html(out, text, 0);
    buf_str(out, "</div>\n");
    buf_done(&at);
}

static void put_fact(struct pub *p, const char *term, int64_t at_ms, struct buf *out)
{
    struct buf at = BUF_MAX(200);
    if (at_ms) {
        put_moment(p, at_ms, &at);
        html_print(out, p->lang, "<li>%t: %s</li>\n", term, buf_text(&at));
    }
    buf_done(&at);
}

static void put_facts(struct pub *p, const struct bulletin *b, struct buf *out)
{
    bool work = b->kind == BULLETIN_WORK;
    buf_str(out, "<ul>\n");
    if (b->n_components) {
        html_print(out, p->lang, "<li>%t: ", MSG("Concerns"));
        for (int i = 0; i < b->n_components; i++) {
            const char *lang;
            html_print(out, p->lang, "%r%s", i ? ", " : "", sight_title(p->s, b->components[i], p->lang, &lang));
        }
        buf_str(out, "</li>\n");
    }
    put_fact(p, MSG("Planned from"), work ? b->start_ms : 0, out);
    put_fact(p, MSG("Planned until"), work ? b->end_ms : 0, out);
    put_fact(p, MSG("It started"), b->started_ms, out);
    put_fact(p, MSG("We noticed"), b->noticed_ms, out);
    put_fact(p, MSG("It ended"), b->ended_ms, out);
    buf_str(out, "</ul>\n");
}

void feed_content(struct pub *p, const struct feed_item *it, struct buf *out)
{
    const struct bulletin *b = it->b;
    if (it->u) {
        put_update(p, b, index_of(it), out);
        return;
    }
    for (int i = b->n_updates; i-- > 0 && out->len < CONTENT_MOST;)
        put_update(p, b, i, out);
    if (b->report_public && b->report.n) {
        html_print(out, p->lang, "<p><strong>%t</strong></p>\n", MSG("What went wrong"));
        markdown_html(out, wording_for(&b->report, p->lang, NULL), 0);
    }
    put_facts(p, b, out);
}

/* ---- XML ---- */

/* XML 1.0, 2.2: tab, newline, and from U+0020 on but for U+FFFE and U+FFFF. */
void feed_xml(struct buf *out, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t len = utf8_decode(text + i, n - i, &c);
        char one[8] = {0};
        bool fits = len && (c >= ' ' || c == '\t' || c == '\n') && c != 0xFFFE && c != 0xFFFF && c != 0x7f;
        if (fits) {
            memcpy(one, text + i, len);
            html_text(out, one);
        }
        i += len ? len : 1;
    }
}

/* ---- JSON Feed 1.1 ---- */

static void put_date(struct doc *obj, const char *key, int64_t ms)
{
    if (ms)
        doc_put_time(obj, key, ms);
}

static void json_item(struct pub *p, struct doc *items, const struct feed_item *it)
{
    struct doc *o = doc_push_object(items);
    struct buf text = BUF_MAX(PUBLIC_MAX_BYTES);
    char id[64];
    feed_id(it, id, sizeof id);
    doc_put_text(o, "id", id);
    feed_url(p, it, &text);
    doc_put_text(o, "url", buf_text(&text));
    buf_clear(&text);
    feed_title(p, it, &text);
    doc_put_text(o, "title", buf_text(&text));
    buf_clear(&text);
    feed_content(p, it, &text);
    doc_put_text(o, "content_html", buf_text(&text));
    put_date(o, "date_published", it->u ? it->u->posted_ms : it->b->posted_ms);
    put_date(o, "date_modified", it->u && it->u->edited_ms ? it->u->edited_ms : it->updated_ms);
    doc_put_text(o, "language", feed_lang(p, it));
    struct doc *tags = doc_put_list(o, "tags");
    doc_push_text(tags, bulletin_kind_words[it->b->kind]);
    doc_push_text(tags, phase_words[it->u ? it->u->phase : it->b->phase]);
    for (int i = 0; i < it->b->n_components; i++)
        doc_push_text(tags, it->b->components[i]);
    buf_done(&text);
}

void feed_json(struct pub *p, const struct feed_of *of)
{
    struct feed_item items[FEED_ENTRIES];
    struct arena *a = arena_new(1 << 14);
    struct doc *o = doc_object(a);
    struct buf name = BUF_MAX(4000);
    int n = feed_select(p, of, items);
    feed_name(p, of, &name);
    doc_put_text(o, "version", "https://jsonfeed.org/version/1.1");
    doc_put_text(o, "title", buf_text(&name));
    doc_put_text(o, "home_page_url", arena_printf(a, "%s/?lang=%s", p->base, p->lang));
    doc_put_text(o, "feed_url", arena_printf(a, "%s%s", p->base, of->self));
    doc_put_text(o, "language", p->lang);
    struct doc *hub = p->hub ? doc_push_object(doc_put_list(o, "hubs")) : NULL;
    if (hub) {
        doc_put_text(hub, "type", "WebSub");
        doc_put_text(hub, "url", p->hub);
    }
    struct doc *list = doc_put_list(o, "items");
    for (int i = 0; i < n; i++)
        json_item(p, list, &items[i]);
    json_write(p->out, o, p->lang, 0);
    buf_char(p->out, '\n');
    buf_done(&name);
    arena_free(a);
}

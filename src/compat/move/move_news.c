/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_news.c: a bulletin of what another page had, as bulletin_read() takes it; and the configuration that goes with it. */
#include "base/hash.h"
#include "base/json.h"
#include "compat/move/move_priv.h"
#include "config/node.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_ALIASES = 20, MOST_ALIAS = 200 };

/* Twelve letters that follow from the source's own number. */
static const char *key_of(struct move *m, const char *seed)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char *key = arena_alloc(m->arena, BULLETIN_KEY_BYTES + 1);
    uint64_t h = hash_text(seed, hash_text(m->opts.source, 0x6d6f7665));
    for (int i = 0; i < BULLETIN_KEY_BYTES; i++, h /= 36)
        key[i] = letters[h % 36];
    return key;
}

static void put_words(struct move_news *n, struct doc *o, const char *key, const char *text)
{
    if (text && text[0])
        doc_put_text(doc_put_object(o, key), n->lang, text);
}

void news_new(struct move_news *n, struct move *m, enum bulletin_kind kind, int64_t id, const char *seed, const char *title)
{
    bool work = kind == BULLETIN_WORK;
    *n = (struct move_news){.m = m, .o = doc_object(m->arena), .kind = kind, .phase = work ? PHASE_CONFIRMED : PHASE_INVESTIGATING, .effect = EFFECT_OUTAGE};
    n->lang = m->opts.lang ? m->opts.lang : "";
    title = move_clean(m, title ? title : "", true, BULLETIN_MAX_TITLE);
    if (id > 0 && id <= BULLETIN_MAX_ID)
        doc_put_int(n->o, "id", id);
    doc_put_text(n->o, "key", key_of(m, seed));
    doc_put_text(n->o, "kind", bulletin_kind_words[kind]);
    put_words(n, n->o, "title", title[0] ? title : work ? "Maintenance" : "Incident");
    doc_put_text(n->o, "origin", "import");
    n->updates = doc_list(m->arena);
}

void news_touch(struct move_news *n, const char *component)
{
    for (size_t i = 0; i < n->components.n; i++)
        if (str_eq(n->components.at[i], component))
            return;
    if (n->components.n < BULLETIN_MAX_COMPONENTS)
        VEC_PUSH(&n->components, component);
}

void news_alias(struct move_news *n, const char *fmt, ...)
{
    char text[MOST_ALIAS + 1];
    va_list ap;
    va_start(ap, fmt);
    int len = str_vprint(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n->aliases.n < MOST_ALIASES && len > 1 && len < MOST_ALIAS)
        VEC_PUSH(&n->aliases, arena_dup(n->m->arena, text));
}

void news_update(struct move_news *n, enum phase phase, int64_t at_ms, int64_t posted_ms, const char *text)
{
    if (n->n_updates == BULLETIN_MAX_UPDATES) {
        n->m->full = true;
        return;
    }
    struct doc *u = doc_push_object(n->updates);
    int64_t now_ms = n->m->opts.now_ms; /* what is said of work to come was said by now */
    posted_ms = posted_ms ? posted_ms : at_ms;
    doc_put_int(u, "id", ++n->n_updates);
    doc_put_text(u, "phase", phase_words[phase]);
    doc_put_time(u, "at", at_ms < now_ms ? at_ms : now_ms);
    doc_put_time(u, "posted", posted_ms < now_ms ? posted_ms : now_ms);
    put_words(n, u, "text", text ? move_clean(n->m, text, false, BULLETIN_MAX_TEXT) : NULL);
    n->m->n_updates++;
}

void news_level(struct move_news *n, const char *component, enum level level, int64_t at_ms)
{
    news_touch(n, component);
    for (size_t i = 0; i < n->impacts.n; i++) {
        struct move_impact *im = &n->impacts.at[i];
        if (!str_eq(im->component, component) || im->to_ms)
            continue;
        if (im->level == level)
            return;
        im->to_ms = at_ms > im->from_ms ? at_ms : im->from_ms;
    }
    if (level > LEVEL_OPERATIONAL && n->impacts.n < BULLETIN_MAX_IMPACTS)
        VEC_PUSH(&n->impacts, ((struct move_impact){component, level, at_ms, 0}));
}

static bool is_over(const struct move_news *n)
{
    return n->phase == PHASE_RESOLVED || n->phase == PHASE_COMPLETED || n->phase == PHASE_CANCELLED;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Whatever is missing is as it most likely was. */
static void put_right(struct move_news *n)
{
    int64_t last = 0;
    DOC_EACH(n->updates, u)
        last = later(last, doc_int(u, "at", 0));
    if (n->kind == BULLETIN_INCIDENT && !n->started_ms)
        n->started_ms = n->posted_ms ? n->posted_ms : last;
    if (!n->posted_ms && !n->draft)
        n->posted_ms = n->started_ms ? n->started_ms : last;
    if (is_over(n) && !n->ended_ms)
        n->ended_ms = n->kind == BULLETIN_WORK ? n->end_ms : later(last, n->started_ms);
    if (is_over(n))
        n->ended_ms = later(n->ended_ms, n->started_ms);
    else
        n->ended_ms = 0;
    n->changed_ms = later(n->changed_ms, later(later(last, n->posted_ms), is_over(n) ? n->ended_ms : 0));
    n->changed_ms = n->changed_ms > n->m->opts.now_ms ? n->m->opts.now_ms : n->changed_ms;
}

static int by_from(const void *a, const void *b)
{
    const struct move_impact *x = a, *y = b;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

static void put_impacts(struct move_news *n)
{
    struct doc *list = doc_put_list(n->o, "impacts");
    if (n->impacts.n)
        qsort(n->impacts.at, n->impacts.n, sizeof n->impacts.at[0], by_from);
    for (size_t i = 0; i < n->impacts.n; i++) {
        struct move_impact *im = &n->impacts.at[i];
        int64_t to = is_over(n) && (!im->to_ms || im->to_ms > n->ended_ms) ? n->ended_ms : im->to_ms;
        if (to && to <= im->from_ms)
            continue; /* it never was */
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "component", im->component);
        doc_put_text(d, "level", level_words[im->level]);
        doc_put_time(d, "from", im->from_ms);
        doc_put_time(d, "to", to);
    }
}

static void put_rest(struct move_news *n)
{
    struct doc *o = n->o, *list;
    doc_put_text(o, "phase", phase_words[n->phase]);
    doc_put_time(o, "started", n->started_ms);
    doc_put_time(o, "noticed", n->started_ms);
    doc_put_time(o, "posted", n->draft ? 0 : n->posted_ms);
    doc_put_time(o, "changed", n->changed_ms);
    doc_put_time(o, "ended", n->ended_ms);
    doc_put_bool(o, "draft", n->draft);
    doc_put_bool(o, "pinned", n->pinned);
    if (n->kind == BULLETIN_WORK) {
        doc_put_time(o, "start", n->start_ms);
        doc_put_time(o, "end", n->end_ms);
        doc_put_text(o, "effect", effect_words[n->effect]);
    }
    list = doc_put_list(o, "components");
    for (size_t i = 0; i < n->components.n; i++)
        doc_push_text(list, n->components.at[i]);
    list = doc_put_list(o, "aliases");
    for (size_t i = 0; i < n->aliases.n; i++)
        doc_push_text(list, n->aliases.at[i]);
    doc_put(o, "updates", n->updates);
}

/* As the house will read it; a number is only for that. */
static bool is_taken(struct move_news *n, struct err *e)
{
    struct bulletin *b = NULL;
    bool numbered = doc_get(n->o, "id") != NULL;
    struct doc *o = numbered ? n->o : doc_copy(n->m->arena, n->o);
    if (!numbered)
        doc_put_int(o, "id", 1);
    int r = bulletin_read(o, &b, e);
    bulletin_unref(b);
    return r == 0;
}

void news_end(struct move_news *n)
{
    struct err e = {0};
    put_right(n);
    put_impacts(n);
    put_rest(n);
    if (n->m->news.n >= MOVE_MAX_ROWS) {
        n->m->full = true;
    } else if (is_taken(n, &e)) {
        VEC_PUSH(&n->m->news, n->o);
        n->m->n_works += n->kind == BULLETIN_WORK;
    } else {
        const struct doc *title = doc_get(n->o, "title");
        move_note(n->m, MSG("“{1}” is left out: {2}"), "sm", title && title->kids.first ? title->kids.first->text : "", e.text);
    }
    VEC_DONE(&n->impacts);
    VEC_DONE(&n->components);
    VEC_DONE(&n->aliases);
}

/* ---- configuration ---- */

/* What is no variable there must not become one here. */
static void put_literal(struct buf *out, const char *text, bool variables)
{
    struct buf b = BUF_MAX(2 * strlen(text) + 1);
    for (const char *p = text; *p; p++) {
        if (!variables && p[0] == '$' && p[1] == '{')
            buf_char(&b, '$');
        buf_char(&b, *p);
    }
    json_quote(out, buf_text(&b)); /* a YAML text, too */
    buf_done(&b);
}

static void put_key(struct buf *out, const char *between, const char *key, const char *text, bool variables)
{
    if (!text || !text[0])
        return;
    buf_printf(out, "%s%s: ", between, key);
    put_literal(out, text, variables);
}

static void put_langs(struct buf *out, const char *between, const char *key, const struct doc *texts, const char *text)
{
    const struct doc *first = doc_first(texts);
    const char *inner = "{ ";
    if (!first || !first->next) {
        put_key(out, between, key, text, false);
        return;
    }
    buf_printf(out, "%s%s: ", between, key);
    DOC_EACH(texts, t)
    if (t->kind == DOC_TEXT && t->key[0] && strlen(t->key) < 12) {
        put_key(out, inner, t->key, t->text, false);
        inner = ", ";
    }
    buf_str(out, inner[0] == '{' ? "{}" : " }");
}

static void put_component(struct buf *out, const struct move_component *c)
{
    buf_printf(out, "  %s: {", c->name);
    put_langs(out, " ", "name", c->titles, c->title);
    put_langs(out, ", ", "text", c->texts, c->text);
    put_key(out, ", ", "group", c->group, false);
    put_key(out, ", ", "link", c->link, false);
    if (c->order)
        buf_printf(out, ", order: %lld", (long long)c->order);
    if (c->alias) {
        buf_str(out, ", aliases: [");
        put_literal(out, c->alias, false);
        buf_char(out, ']');
    }
    if (c->depends)
        buf_printf(out, ", depends: %s", c->depends);
    buf_str(out, " }\n");
}

void move_yaml(const struct move *m, const char *header, struct buf *out)
{
    size_t n = 0, from = out->len;
    for (size_t i = 0; i < m->components.n; i++) {
        if (m->components.at[i]->known)
            continue;
        buf_str(out, n++ ? "" : "components:\n");
        put_component(out, m->components.at[i]);
    }
    n = 0;
    for (size_t i = 0; i < m->texts.n; i++) {
        const struct move_text *t = m->texts.at[i];
        if (t->known)
            continue;
        buf_printf(out, "%s  %s: {", n++ ? "" : "texts:\n", t->name);
        put_key(out, " ", "title", t->title, true);
        put_key(out, t->title && t->title[0] ? ", " : " ", "text", t->text, true);
        buf_str(out, " }\n");
    }
    for (size_t i = 0; i < m->series.n; i++)
        buf_printf(out, "%s%s", i ? "" : "series:\n", m->series.at[i]);
    if (out->len > from && header) {
        struct buf body = BUF_MAX(out->max);
        buf_str(&body, buf_text(out) + from);
        buf_cut(out, from);
        buf_str(out, header);
        buf_str(out, buf_text(&body));
        buf_done(&body);
    }
}

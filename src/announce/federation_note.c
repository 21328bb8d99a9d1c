/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_note.c: what is said of a bulletin, as Notes in both languages.  A Note is made from the board as it is now: what was
 * corrected is corrected wherever it is read again.  The HTML is ours alone: paragraphs, stress, lists, links; no name or text of
 * anybody gets in but escaped, or through the house's own Markdown, which knows no raw HTML. */
#include "announce/federation_int.h"
#include "base/timetext.h"
#include "model/sight.h"
#include <string.h>

enum { CONTENT_MOST = 128 << 10, CONCERNED_MOST = 30, TAGS_MOST = 12 };

static const char *const subjects[NOTICES] = {
    [NOTICE_RESOLVED] = MSG("Over: {1}"),       [NOTICE_PLANNED] = MSG("Planned work: {1}"), [NOTICE_CHANGED] = MSG("News of planned work: {1}"),
    [NOTICE_CONFIRMED] = MSG("Confirmed: {1}"), [NOTICE_BEGUN] = MSG("Work begins: {1}"),    [NOTICE_DONE] = MSG("Work is done: {1}"),
    [NOTICE_CANCELLED] = MSG("Cancelled: {1}"), [NOTICE_MOVED] = MSG("Another date: {1}"),   [NOTICE_REMINDER] = MSG("Reminder of planned work: {1}"),
    [NOTICE_OVERRUN] = MSG("Taking longer: {1}"), [NOTICE_REPORTED] = MSG("What went wrong: {1}"),
};
static const char *const levels[LEVELS] = {MSG("Works"), MSG("We cannot see it"), MSG("Planned work"), MSG("Slow"), MSG("Partly down"), MSG("Down")};

/* ---- which note ---- */

/* The first update is its first note, for ever. */
int64_t fed_head(const struct bulletin *b)
{
    int64_t first = 0;
    for (int i = 0; i < b->n_updates; i++)
        if (!first || b->updates[i].id < first)
            first = b->updates[i].id;
    return first;
}

/* What the first note says: the last that was said until it was published, for a draft may have had several. */
static const struct update *first_words(const struct bulletin *b)
{
    const struct update *u = bulletin_update(b, fed_head(b));
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].posted_ms <= b->posted_ms && b->updates[i].id > u->id)
            u = &b->updates[i];
    return u;
}

/* The store keeps whole seconds. */
static bool same_second(int64_t a_ms, int64_t b_ms)
{
    return a_ms / 1000 == b_ms / 1000;
}

/* What an update made of it, by the one that was said before. */
static enum notice notice_then(const struct bulletin *b, const struct update *u)
{
    const struct update *before = NULL;
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].id < u->id && (!before || b->updates[i].id > before->id))
            before = &b->updates[i];
    if (b->kind == BULLETIN_INCIDENT)
        return u->phase == PHASE_RESOLVED && (!before || before->phase != PHASE_RESOLVED) ? NOTICE_RESOLVED : NOTICE_UPDATE;
    if (before && before->phase == u->phase)
        return NOTICE_CHANGED;
    static const enum notice then[PHASES] = {[PHASE_TENTATIVE] = NOTICE_CONFIRMED, [PHASE_CONFIRMED] = NOTICE_CONFIRMED, [PHASE_IN_PROGRESS] = NOTICE_BEGUN, [PHASE_COMPLETED] = NOTICE_DONE, [PHASE_CANCELLED] = NOTICE_CANCELLED};
    return then[u->phase];
}

/* The first note is what is passed on: once it is over, it says so. */
static enum notice notice_first(const struct bulletin *b, const struct update *u)
{
    enum phase phase = u && bulletin_is_open(b) ? u->phase : b->phase;
    if (b->kind == BULLETIN_INCIDENT)
        return phase == PHASE_RESOLVED ? NOTICE_RESOLVED : NOTICE_OPENED;
    return phase == PHASE_IN_PROGRESS ? NOTICE_BEGUN : phase == PHASE_COMPLETED ? NOTICE_DONE : phase == PHASE_CANCELLED ? NOTICE_CANCELLED : NOTICE_PLANNED;
}

/* u NULL, or the first one: the first note. */
static void note_of(const struct bulletin *b, const struct update *u, struct fed_note *ret)
{
    bool first = !u || u->id == fed_head(b);
    if (first)
        u = first_words(b);
    *ret = (struct fed_note){.b = b, .update = u, .notice = first ? notice_first(b, u) : notice_then(b, u), .published_ms = first || !u ? b->posted_ms : u->posted_ms, .updated_ms = u ? u->edited_ms : 0};
    if (!first)
        str_print(ret->name, sizeof ret->name, "%lld", (long long)u->id);
}

bool fed_note_find(const struct bulletin *b, const char *name, struct fed_note *ret)
{
    int64_t id = 0;
    if (str_eq(name, "report")) {
        if (!b->report_public || !b->report.n)
            return false;
        *ret = (struct fed_note){.b = b, .notice = NOTICE_REPORTED, .name = "report", .published_ms = b->report_ms};
        return true;
    }
    if (name[0] && (str_i64(name, &id) || id < 1 || !bulletin_update(b, id)))
        return false;
    note_of(b, name[0] ? bulletin_update(b, id) : NULL, ret);
    return true;
}

/* Told by the clock, or a move that nobody said a word about: a note of its own, by the number of the publication. */
static bool has_update(const struct publication *p)
{
    const struct update *u = bulletin_update(p->b, p->update);
    if (!u || p->notice == NOTICE_REMINDER || p->notice == NOTICE_OVERRUN)
        return false;
    return p->notice != NOTICE_MOVED || same_second(u->posted_ms, p->at_ms);
}

void fed_note_about(const struct publication *p, const struct bulletin *live, struct fed_note *ret)
{
    const struct update *said = bulletin_update(p->b, p->update);
    if (p->notice == NOTICE_REPORTED && fed_note_find(live, "report", ret))
        return;
    if (p->notice == NOTICE_CORRECTED) {
        note_of(live, said && same_second(said->edited_ms, p->at_ms) ? bulletin_update(live, p->update) : NULL, ret);
        ret->updated_ms = p->at_ms;
    } else if (p->notice == NOTICE_OPENED || p->notice == NOTICE_PLANNED) {
        note_of(live, NULL, ret);
        ret->update = bulletin_update(live, p->update) ? bulletin_update(live, p->update) : ret->update;
    } else if (has_update(p)) {
        note_of(live, bulletin_update(live, p->update), ret);
        ret->notice = p->notice;
    } else {
        *ret = (struct fed_note){.b = p->b, .notice = p->notice, .published_ms = p->at_ms};
        str_print(ret->name, sizeof ret->name, "p%lld", (long long)p->id);
    }
}

void fed_note_id(const struct fed_actor *a, const char *key, const char *name, struct buf *out)
{
    buf_printf(out, "%s/note/%s%s%s", a->id, key, name[0] ? "/" : "", name);
}

/* ---- words ---- */

struct text { /* one content in the making */
    const struct federation *f;
    const struct fed_note *n;
    const char *lang;
    const struct zone *zone;
    struct buf *out;
};

static const char *title_of(const struct conf *c, const char *component, const char *lang)
{
    const struct conf_component *one = map_find(&c->component_by_name, component);
    const char *other, *title = one ? sight_text(&one->title, lang, &other) : NULL;
    return title ? title : component;
}

static void put_subject(struct text *t)
{
    const struct bulletin *b = t->n->b;
    const char *title = wording_for(&b->title, t->lang, NULL);
    enum phase phase = t->n->update ? t->n->update->phase : b->phase;
    struct buf line = BUF_MAX(2 * BULLETIN_MAX_TITLE);
    if (b->emergency && b->kind == BULLETIN_WORK)
        buf_printf(&line, "%s ", msg_tr(t->lang, MSG("[Emergency]")));
    if (subjects[t->n->notice])
        msg_print(&line, t->lang, subjects[t->n->notice], "s", title ? title : b->key);
    else
        msg_print(&line, t->lang, MSG("{1}: {2}"), "ss", msg_tr(t->lang, phase_title(phase)), title ? title : b->key);
    buf_str(t->out, "<p><strong>");
    html_escape(t->out, buf_text(&line));
    buf_str(t->out, "</strong></p>");
    buf_done(&line);
}

static void put_words(struct text *t, const struct wording *w)
{
    const struct telling_env *env = t->f->env.telling;
    const char *other = NULL, *text = wording_for(w, t->lang, &other);
    const char *mark = !other || !other[0] ? NULL : str_eq(other, "en") ? MSG("in English only") : str_eq(other, "fr") ? MSG("in French only") : NULL;
    if (!text || !text[0])
        return;
    if (mark)
        buf_printf(t->out, "<p><em>(%s)</em></p>", msg_tr(t->lang, mark));
    if (env->markdown_html) {
        env->markdown_html(t->out, text, 0);
        return;
    }
    buf_str(t->out, "<p>");
    html_escape(t->out, text);
    buf_str(t->out, "</p>");
}

static void put_fact(struct text *t, const char *term, const char *value)
{
    struct buf line = BUF_MAX(8000);
    msg_print(&line, t->lang, MSG("{1}: {2}"), "ss", msg_tr(t->lang, term), value);
    buf_str(t->out, "<p>");
    html_escape(t->out, buf_text(&line));
    buf_str(t->out, "</p>");
    buf_done(&line);
}

static void put_concerned(struct text *t)
{
    const struct bulletin *b = t->n->b;
    struct buf names = BUF_MAX(6000);
    int64_t at = t->n->update && t->n->update->at_ms > t->n->published_ms ? t->n->update->at_ms : t->n->published_ms;
    for (int i = 0; i < b->n_components && i < CONCERNED_MOST; i++) {
        buf_printf(&names, "%s%s", i ? ", " : "", title_of(fed_conf(t->f), b->components[i], t->lang));
        if (b->kind == BULLETIN_INCIDENT)
            buf_printf(&names, " (%s)", msg_tr(t->lang, levels[bulletin_level(b, b->components[i], at)]));
    }
    if (b->n_components)
        put_fact(t, MSG("Concerns"), buf_text(&names));
    buf_done(&names);
}

static void put_moment(struct text *t, int64_t ms, const struct zone *z, struct buf *out)
{
    struct civil c;
    time_civil(ms, z, &c);
    time_date(out, ms, t->n->published_ms, z, t->lang);
    buf_str(out, ", ");
    time_clock(out, ms, z, t->lang);
    buf_printf(out, " %s", c.zone[0] ? c.zone : "UTC");
}

static void put_window(struct text *t)
{
    const struct bulletin *b = t->n->b;
    struct buf v = BUF_MAX(600);
    put_moment(t, b->start_ms, t->zone, &v);
    buf_printf(&v, " %s ", msg_tr(t->lang, MSG("to")));
    put_moment(t, b->end_ms, t->zone, &v);
    if (t->zone) {
        buf_str(&v, " (");
        put_moment(t, b->start_ms, NULL, &v);
        buf_char(&v, ')');
    }
    put_fact(t, MSG("When"), buf_text(&v));
    buf_done(&v);
}

/* ---- tags ---- */

/* A word as a hashtag: letters of any script, digits and _; what is between is left out. */
static bool tag_word(const char *name, struct buf *out)
{
    bool letter = false;
    buf_clear(out);
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        bool digit = c >= '0' && c <= '9', plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        letter |= plain;
        if (digit || plain)
            buf_char(out, (char)c);
    }
    return letter && !out->full;
}

struct tags { /* words, in arena a */
    struct arena *a;
    const char *word[TAGS_MOST], *href[TAGS_MOST];
    int n;
};

static void tag_add(struct tags *t, const char *name, const char *href)
{
    struct buf word = BUF_MAX(120);
    bool ok = tag_word(name, &word) && t->n < TAGS_MOST;
    for (int i = 0; i < t->n && ok; i++)
        ok = !str_ieq(t->word[i], buf_text(&word));
    if (ok) {
        t->word[t->n] = arena_dup(t->a, buf_text(&word));
        t->href[t->n++] = href;
    }
    buf_done(&word);
}

static void tags_of(const struct federation *f, const struct bulletin *b, struct arena *a, struct tags *ret)
{
    const struct conf *c = fed_conf(f);
    char base[FED_MAX_URL];
    *ret = (struct tags){.a = a};
    fed_base(f, base, sizeof base);
    for (int i = 0; i < c->federation.hashtags.n; i++)
        tag_add(ret, c->federation.hashtags.at[i], arena_printf(a, "%s/", base));
    for (int i = 0; i < b->n_components; i++) {
        struct fed_actor one;
        const struct conf_component *k = map_find(&c->component_by_name, b->components[i]);
        if (k && fed_actor_component(f, k, &one))
            tag_add(ret, b->components[i], arena_printf(a, "%s/component/%s", base, strrchr(one.id, '/') + 1));
    }
}

static void put_tags(struct buf *out, const struct tags *t)
{
    if (!t->n)
        return;
    buf_str(out, "<p>");
    for (int i = 0; i < t->n; i++) {
        buf_printf(out, "%s<a href=\"", i ? " " : "");
        html_escape(out, t->href[i]);
        buf_printf(out, "\" class=\"mention hashtag\" rel=\"tag\">#<span>%s</span></a>", t->word[i]);
    }
    buf_str(out, "</p>");
}

/* ---- the note ---- */

static void put_link(struct text *t)
{
    struct buf url = BUF_MAX(FED_MAX_URL);
    telling_link(t->f->env.telling, t->n->b, NULL, &url);
    const char *shown = strstr(buf_text(&url), "://");
    buf_str(t->out, "<p><a href=\"");
    html_escape(t->out, buf_text(&url));
    buf_str(t->out, "\">");
    html_escape(t->out, shown ? shown + 3 : buf_text(&url));
    buf_str(t->out, "</a></p>");
    buf_done(&url);
}

static void content_write(const struct federation *f, const struct fed_note *n, const char *lang, const struct tags *tags, struct buf *out)
{
    const struct telling_env *env = f->env.telling;
    struct text t = {.f = f, .n = n, .lang = lang, .zone = env->zone ? env->zone(env->arg) : NULL, .out = out};
    put_subject(&t);
    if (n->notice == NOTICE_REPORTED)
        put_words(&t, &n->b->report);
    else if (n->update)
        put_words(&t, &n->update->text);
    if (n->b->kind == BULLETIN_WORK && n->notice != NOTICE_DONE && n->notice != NOTICE_CANCELLED && n->notice != NOTICE_REPORTED)
        put_window(&t);
    if (n->notice != NOTICE_REPORTED)
        put_concerned(&t);
    put_link(&t);
    put_tags(out, tags);
}

static void put_content(const struct federation *f, const struct fed_note *n, const struct tags *tags, struct doc *obj)
{
    struct doc *by_lang = doc_object(obj->arena);
    for (int i = 0; msg_langs[i]; i++) {
        struct buf b = BUF_MAX(CONTENT_MOST);
        content_write(f, n, msg_langs[i], tags, &b);
        doc_put_text(by_lang, msg_langs[i], buf_text(&b));
        buf_done(&b);
    }
    doc_put_text(obj, "content", doc_text(by_lang, fed_lang(f), ""));
    doc_put(obj, "contentMap", by_lang);
}

void fed_note_write(const struct federation *f, const struct fed_actor *a, const struct fed_note *n, struct doc *obj)
{
    struct buf id = BUF_MAX(2 * FED_MAX_URL), link = BUF_MAX(FED_MAX_URL);
    struct tags tags;
    fed_note_id(a, n->b->key, n->name, &id);
    doc_put_text(obj, "id", buf_text(&id));
    doc_put_text(obj, "type", "Note");
    doc_put_text(obj, "attributedTo", a->id);
    if (n->name[0]) {
        buf_clear(&id);
        fed_note_id(a, n->b->key, "", &id);
        doc_put_text(obj, "inReplyTo", buf_text(&id));
    }
    telling_link(f->env.telling, n->b, NULL, &link);
    if (n->update && n->name[0])
        buf_printf(&link, "#update-%lld", (long long)n->update->id);
    doc_put_text(obj, "url", buf_text(&link));
    doc_put_time(obj, "published", n->published_ms);
    if (n->updated_ms)
        doc_put_time(obj, "updated", n->updated_ms);
    fed_address(a, obj);
    tags_of(f, n->b, obj->arena, &tags);
    put_content(f, n, &tags, obj);
    struct doc *list = doc_put_list(obj, "tag");
    for (int i = 0; i < tags.n; i++) {
        struct doc *o = doc_push_object(list);
        doc_put_text(o, "type", "Hashtag");
        doc_put_text(o, "href", tags.href[i]);
        doc_put_text(o, "name", arena_printf(obj->arena, "#%s", tags.word[i]));
    }
    doc_put_bool(obj, "sensitive", false);
    buf_done(&id);
    buf_done(&link);
}

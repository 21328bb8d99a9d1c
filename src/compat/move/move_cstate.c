/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_cstate.c: cState: the content files of its issues and its configuration.
 *
 * severity: down → major, disrupted → partial, notice → nothing that users notice.  A notice with a future date, or one that lasted for a
 * while and touches something, is planned work; others are announcements. */
#include "base/json.h"
#include "compat/move/cstate.h"
#include "compat/move/move_priv.h"
#include <string.h>

enum { ISSUES, CONFIG };
static const char *const tables[] = {"issues", "config", NULL};

struct issue {
    struct move *m;
    struct doc *row;
    const char *file, *slug;
    struct cstate_said *said;
    int n_said;
    int64_t date_ms, ended_ms;
    bool resolved;
};

/* ---- the configuration ---- */

static void add_system(struct move *m, const struct doc *s)
{
    const char *title = move_line(m, s, "name"), *link = move_line(m, s, "link"), *text = move_text(m, s, "description"), *group = move_line(m, s, "category");
    char slug[MOVE_NAME_BYTES];
    if (!title[0])
        return;
    struct move_component *k = move_component(m, title);
    k->text = text ? move_clean(m, text, false, 1000) : NULL;
    k->link = str_istarts(link, "http://") || str_istarts(link, "https://") ? link : NULL;
    k->group = group[0] ? group : NULL;
    k->order = (int64_t)m->components.n;
    move_slug(title, slug);
    k->alias = slug[0] ? arena_printf(m->arena, "/affected/%s", slug) : NULL;
}

static void read_config(struct move *m, const struct doc *config)
{
    const struct doc *params = doc_get(config, "params"), *systems = doc_get(params, "systems");
    const char *lang = move_line(m, config, "languageCode"), *zone = move_line(m, config, "timeZone");
    if (lang[0] && !m->opts.lang)
        m->opts.lang = str_starts(lang, "fr") ? "fr" : str_starts(lang, "en") ? "en" : NULL;
    if (zone[0] && !m->opts.zone_given && !str_eq(zone, "UTC"))
        move_note(m, MSG("its times are of the zone {1}, and were read as UTC: say --zone {1}"), "s", zone);
    DOC_EACH(systems, s)
    if (s->kind == DOC_OBJECT)
        add_system(m, s);
    else if (s->kind == DOC_TEXT)
        move_component(m, move_clean(m, s->text, true, BULLETIN_MAX_TITLE))->order = (int64_t)m->components.n;
}

static const char *component_named(struct move *m, const char *title)
{
    for (size_t i = 0; i < m->components.n; i++)
        if (str_ieq(m->components.at[i]->title, title) || str_eq(m->components.at[i]->name, title))
            return m->components.at[i]->name;
    struct move_component *k = move_component(m, title); /* named by an issue alone */
    k->order = (int64_t)m->components.n;
    return k->name;
}

static void touch(const struct issue *x, struct move_news *n)
{
    const struct doc *affected = doc_get(x->row, "affected");
    if (affected && affected->kind == DOC_TEXT)
        news_touch(n, component_named(x->m, move_clean(x->m, affected->text, true, 200)));
    DOC_EACH(affected, d)
    if (d->kind == DOC_TEXT && d->text[0])
        news_touch(n, component_named(x->m, move_clean(x->m, d->text, true, 200)));
}

/* ---- what was said ---- */

static int phase_named(const char *word)
{
    for (int p = 0; word && p < PHASES; p++)
        for (int i = 0; msg_langs[i]; i++)
            if (str_ieq(word, msg_tr(msg_langs[i], phase_title((enum phase)p))))
                return p;
    return word && (str_ieq(word, "update") || str_ieq(word, "watching")) ? PHASE_MONITORING : word && str_ieq(word, "scheduled") ? PHASE_CONFIRMED : -1;
}

static int64_t time_of(const struct issue *x, const struct cstate_said *s)
{
    int64_t ms;
    return s->time && move_when(s->time, x->m->opts.zone, &ms) ? ms : x->date_ms;
}

static enum phase fit(const struct move_news *n, int p, enum phase otherwise)
{
    return p >= 0 && phase_fits(n->kind, (enum phase)p) ? (enum phase)p : otherwise;
}

/* The file has the newest first; whoever wrote it the other way round is understood as well. */
static void say_all(const struct issue *x, struct move_news *n)
{
    bool down = x->n_said < 2 || time_of(x, &x->said[0]) >= time_of(x, &x->said[x->n_said - 1]);
    enum phase last = n->kind == BULLETIN_WORK ? PHASE_CONFIRMED : PHASE_INVESTIGATING;
    for (int i = 0; i < x->n_said; i++) {
        const struct cstate_said *s = &x->said[down ? x->n_said - 1 - i : i];
        int64_t at = time_of(x, s);
        last = fit(n, phase_named(s->word), last);
        const char *text = s->word && phase_named(s->word) < 0 ? arena_printf(x->m->arena, "*%s* %s", s->word, s->text) : s->text;
        news_update(n, last, at, at, text);
    }
    if (!n->n_updates)
        news_update(n, n->phase, x->date_ms, x->date_ms, NULL);
}

/* `quiet: true`: nobody is mailed of it, where it is published and not only taken over. */
static void quieten(const struct issue *x, struct move_news *n)
{
    DOC_EACH(move_flag(x->row, "quiet", false) ? n->updates : NULL, u)
    doc_put_bool(u, "quiet", true);
}

static void aliases(const struct issue *x, struct move_news *n)
{
    quieten(x, n);
    news_alias(n, "/issues/%s/", x->slug);
    news_alias(n, "/issues/%s", x->slug);
    DOC_EACH(doc_get(x->row, "aliases"), d)
    if (d->kind == DOC_TEXT && d->text[0] == '/')
        news_alias(n, "%s", d->text);
}

/* ---- planned work, incidents, announcements ---- */

static void as_work(const struct issue *x)
{
    struct move *m = x->m;
    struct move_news n;
    news_new(&n, m, BULLETIN_WORK, 0, arena_printf(m->arena, "issue:%s", x->file), move_text(m, x->row, "title"));
    n.start_ms = x->date_ms;
    n.end_ms = x->ended_ms > x->date_ms ? x->ended_ms : x->date_ms + MOVE_HOUR_MS;
    n.phase = x->date_ms > m->opts.now_ms ? PHASE_CONFIRMED : x->resolved || n.end_ms <= m->opts.now_ms ? PHASE_COMPLETED : PHASE_IN_PROGRESS;
    n.effect = move_flag(x->row, "informational", false) ? EFFECT_NONE : EFFECT_DEGRADED;
    n.posted_ms = x->date_ms < m->opts.now_ms ? x->date_ms : m->opts.now_ms;
    n.draft = move_flag(x->row, "draft", false);
    touch(x, &n);
    if (n.phase != PHASE_CONFIRMED) {
        n.started_ms = n.start_ms;
        for (size_t i = 0; i < n.components.n; i++)
            news_level(&n, n.components.at[i], LEVEL_PLANNED, n.start_ms);
    }
    say_all(x, &n);
    aliases(x, &n);
    news_end(&n);
}

static void as_incident(const struct issue *x, enum level level)
{
    struct move *m = x->m;
    struct move_news n;
    news_new(&n, m, BULLETIN_INCIDENT, 0, arena_printf(m->arena, "issue:%s", x->file), move_text(m, x->row, "title"));
    n.started_ms = n.posted_ms = x->date_ms;
    n.phase = x->resolved ? PHASE_RESOLVED : PHASE_INVESTIGATING;
    n.ended_ms = x->resolved ? x->ended_ms : 0;
    n.pinned = move_flag(x->row, "pin", false);
    n.draft = move_flag(x->row, "draft", false);
    touch(x, &n);
    for (size_t i = 0; i < n.components.n && level > LEVEL_OPERATIONAL; i++)
        news_level(&n, n.components.at[i], level, x->date_ms);
    say_all(x, &n);
    if (!x->resolved && n.n_updates) {
        int p = phase_from(doc_text(n.updates->kids.last, "phase", ""));
        n.phase = p == PHASE_RESOLVED ? PHASE_MONITORING : (enum phase)p; /* the front matter counts */
    }
    aliases(x, &n);
    news_end(&n);
}

/* ---- files that we wrote ---- */

static const char *main_lang(const struct doc *texts, const char *wanted)
{
    const struct doc *first = doc_first(texts);
    return wanted && doc_get(texts, wanted) ? wanted : first && first->key ? first->key : "";
}

static void own_texts(const struct issue *x, struct doc *b, const char *lang)
{
    struct doc *updates = doc_get(b, "updates");
    int64_t last = 0;
    int i = 0;
    DOC_EACH(updates, u)
    {
        const struct doc *t = doc_get(u, "text");
        last = doc_int(u, "id", 0) > last ? doc_int(u, "id", 0) : last;
        if ((!t || t->kind == DOC_NULL) && i < x->n_said && x->said[x->n_said - 1 - i].text[0])
            doc_put_text(doc_put_object(u, "text"), lang, x->said[x->n_said - 1 - i].text);
        i++;
    }
    for (; updates && updates->kind == DOC_LIST && i < x->n_said && i < BULLETIN_MAX_UPDATES; i++) { /* written since, above the others */
        const struct cstate_said *s = &x->said[x->n_said - 1 - i];
        struct doc *u = doc_push_object(updates);
        int phase = phase_named(s->word);
        doc_put_int(u, "id", ++last);
        doc_put_text(u, "phase", phase >= 0 ? phase_words[phase] : doc_text(b, "phase", ""));
        doc_put_time(u, "at", time_of(x, s));
        doc_put_time(u, "posted", time_of(x, s));
        doc_put_text(doc_put_object(u, "text"), lang, s->text);
        doc_put_time(b, "changed", time_of(x, s));
    }
}

/* Somebody said in the front matter that it is over. */
static void own_end(const struct issue *x, struct doc *b)
{
    int phase = phase_from(doc_text(b, "phase", ""));
    if (!x->resolved || phase < 0 || phase == PHASE_RESOLVED || phase >= PHASE_COMPLETED)
        return;
    doc_put_text(b, "phase", phase_words[phase >= PHASE_TENTATIVE ? PHASE_COMPLETED : PHASE_RESOLVED]);
    doc_put_time(b, "ended", x->ended_ms);
    DOC_EACH(doc_get(b, "impacts"), im)
    if (!doc_get(im, "to") || doc_get(im, "to")->kind == DOC_NULL)
        doc_put_time(im, "to", x->ended_ms);
}

static bool as_own(const struct issue *x, const char *json)
{
    struct move *m = x->m;
    struct doc *b = NULL;
    struct bulletin *read = NULL;
    struct err e = {0};
    int r = json_parse(m->arena, json, strlen(json), CSTATE_MAX_FILE, &b, &e);
    if (r == 0) {
        const char *lang = doc_text(b, "lang", ""), *title = move_line(m, x->row, "title");
        if (title[0] && doc_get(b, "title") && doc_get(b, "title")->kind == DOC_OBJECT)
            doc_put_text(doc_get(b, "title"), main_lang(doc_get(b, "title"), lang), title);
        own_texts(x, b, lang);
        own_end(x, b);
        r = bulletin_read(b, &read, &e);
    }
    if (r) {
        move_note(m, MSG("{1}: what vigie wrote into it cannot be used: {2}"), "sm", x->file, e.text);
        return false;
    }
    const struct doc *updates = doc_get(b, "updates");
    m->n_updates += updates ? (int)updates->kids.n : 0;
    m->n_works += read->kind == BULLETIN_WORK;
    bulletin_unref(read);
    VEC_PUSH(&m->news, b);
    return true;
}

/* ---- all of it ---- */

static int64_t front_time(const struct issue *x, const char *key)
{
    return move_time(x->m, x->row, key);
}

static void add_issue(struct move *m, struct doc *row)
{
    struct issue x = {.m = m, .row = row, .file = move_line(m, row, " file"), .slug = move_line(m, row, "slug")};
    const char *body = move_text(m, row, " body"), *own = move_text(m, row, "vigie"), *severity = move_line(m, row, "severity"), *section = move_line(m, row, "section");
    x.said = ARENA_ARRAY(m->arena, struct cstate_said, BULLETIN_MAX_UPDATES + 1);
    x.n_said = cstate_split(m->arena, body ? body : "", x.said, BULLETIN_MAX_UPDATES + 1);
    x.slug = x.slug[0] ? x.slug : move_line(m, row, " slug");
    x.date_ms = front_time(&x, "date");
    x.resolved = move_flag(row, "resolved", false);
    x.ended_ms = front_time(&x, "resolvedWhen");
    if (x.resolved && !x.ended_ms && x.n_said)
        x.ended_ms = time_of(&x, &x.said[0]);
    if (own && as_own(&x, own))
        return;
    if ((section[0] && !str_eq(section, "issue")) || (!section[0] && !severity[0])) {
        move_note(m, MSG("{1} is a page, no issue; it is left out"), "s", x.file);
        return;
    }
    if (!x.date_ms) {
        move_note(m, MSG("{1} has no date that can be read; it is left out"), "s", x.file);
        return;
    }
    bool notice = str_eq(severity, "notice"), touches = doc_get(row, "affected") && doc_get(row, "affected")->kids.n > 0;
    if (x.date_ms > m->opts.now_ms || (notice && touches && x.ended_ms > x.date_ms && !move_flag(row, "informational", false)))
        as_work(&x);
    else
        as_incident(&x, str_eq(severity, "down") ? LEVEL_MAJOR : str_eq(severity, "disrupted") ? LEVEL_PARTIAL : LEVEL_OPERATIONAL);
}

static void build(struct move *m)
{
    MOVE_EACH(m, CONFIG, row)
    read_config(m, row);
    MOVE_EACH(m, ISSUES, row)
    add_issue(m, row);
}

const struct mover mover_cstate = {"cstate", MSG("cState: its directory, with content/issues and config.yml"), MOVE_DIRECTORY, tables, NULL, build};

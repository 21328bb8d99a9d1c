/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape_others.c: Gatus, cState, CCTray and shields.io. */
#include "base/json.h"
#include "base/str.h"
#include "web/feed.h"
#include "web/markdown.h"
#include "web/shapes.h"
#include <string.h>

enum { GATUS_RESULTS = 20 };

static void finish(struct pub *p, struct arena *a, const struct doc *o)
{
    json_write(p->out, o, p->lang, 0);
    buf_char(p->out, '\n');
    arena_free(a);
}

/* ---- Gatus ---- */

/* config/key: lower case, each of "/ _ . , space # + &" a dash. */
static void put_key(struct buf *out, const char *text)
{
    for (; text && *text; text++)
        buf_char(out, strchr("/_., #+&", *text) ? '-' : *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text);
}

static void put_result(struct doc *list, int64_t at_ms, enum level level)
{
    struct doc *r = doc_push_object(list);
    char rfc[TIME_RFC3339_BYTES];
    bool good = level < LEVEL_PARTIAL && level != LEVEL_UNKNOWN;
    time_rfc3339(at_ms, 0, rfc);
    doc_put_int(r, "duration", 0);
    if (!good)
        doc_push_text(doc_put_list(r, "errors"), level_words[level]);
    struct doc *c = doc_push_object(doc_put_list(r, "conditionResults"));
    doc_put_text(c, "condition", arena_printf(list->arena, "[STATE] == %s", level_words[level]));
    doc_put_bool(c, "success", good);
    doc_put_bool(r, "success", good);
    doc_put_text(r, "timestamp", rfc);
}

void shape_gatus(struct pub *p)
{
    struct arena *a = arena_new(1 << 14);
    struct doc *list = doc_list(a);
    for (int i = 0; i < p->s->n; i++) {
        const struct sight_component *v = &p->s->components[i];
        const char *lang, *title = sight_title(p->s, v->c->name, p->lang, &lang), *group = v->c->group ? sight_group_title(p->s, v->c->group, p->lang, &lang) : NULL;
        struct doc *o = doc_push_object(list), *results;
        struct buf key = BUF_MAX(2000);
        put_key(&key, group);
        buf_char(&key, '_');
        put_key(&key, title);
        doc_put_text(o, "name", title);
        if (group)
            doc_put_text(o, "group", group);
        doc_put_text(o, "key", buf_text(&key));
        results = doc_put_list(o, "results");
        for (int d = UPTIME_DAYS - GATUS_RESULTS; p->days && p->days[i] && d < UPTIME_DAYS - 1; d++)
            if (p->days[i]->days[d].known_s)
                put_result(results, p->days[i]->days[d].to_ms - 1000, p->days[i]->days[d].worst);
        put_result(results, p->s->now_ms, v->level);
        buf_done(&key);
    }
    finish(p, a, list);
}

/* ---- cState ---- */

static const char *const cstate_words[LEVELS] = {
    [LEVEL_OPERATIONAL] = "ok", [LEVEL_UNKNOWN] = "disrupted", [LEVEL_PLANNED] = "notice", [LEVEL_DEGRADED] = "disrupted", [LEVEL_PARTIAL] = "disrupted", [LEVEL_MAJOR] = "down",
};

/* Go's default form of a time. */
static void put_go_time(struct doc *o, const char *key, int64_t ms)
{
    struct civil c;
    time_civil(ms, NULL, &c);
    doc_put_text(o, key, arena_printf(o->arena, "%04d-%02d-%02d %02d:%02d:%02d +0000 UTC", c.year, c.month, c.day, c.hour, c.minute, c.second));
}

static void put_issue(struct pub *p, struct doc *o, const struct bulletin *b)
{
    char path[64];
    bool work = b->kind == BULLETIN_WORK;
    pub_path(b, path, sizeof path);
    doc_put_text(o, "is", "issue");
    doc_put_text(o, "title", pub_title_text(p, b));
    put_go_time(o, "createdAt", work ? b->start_ms : b->started_ms);
    put_go_time(o, "lastMod", b->changed_ms);
    doc_put_text(o, "permalink", arena_printf(o->arena, "%s%s", p->base, path));
    doc_put_text(o, "severity", work ? "notice" : cstate_words[bulletin_peak(b)]);
    doc_put_bool(o, "resolved", !bulletin_is_open(b));
    doc_put_bool(o, "informational", work && b->effect == EFFECT_NONE);
    if (bulletin_is_open(b))
        doc_put_bool(o, "resolvedAt", false);
    else
        put_go_time(o, "resolvedAt", b->ended_ms);
    struct doc *affected = doc_put_list(o, "affected");
    for (int i = 0; i < b->n_components; i++) {
        const char *lang;
        doc_push_text(affected, sight_title(p->s, b->components[i], p->lang, &lang));
    }
    doc_put_text(o, "filename", arena_printf(o->arena, "%s.md", b->key));
}

static void put_open_issues(struct pub *p, struct doc *o, const char *key, const char *component)
{
    struct doc *list = doc_put_list(o, key);
    for (int i = 0; i < p->s->n_incidents; i++)
        if (component ? bulletin_touches(p->s->incidents[i], component) : p->s->incidents[i]->pinned)
            put_issue(p, doc_push_object(list), p->s->incidents[i]);
    for (int i = 0; component && i < p->s->n_works; i++)
        if (p->s->works[i]->phase == PHASE_IN_PROGRESS && bulletin_touches(p->s->works[i], component))
            put_issue(p, doc_push_object(list), p->s->works[i]);
}

static void put_category(struct pub *p, struct doc *list, const char *group)
{
    const char *lang;
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "name", group ? sight_group_title(p->s, group, p->lang, &lang) : msg_tr(p->lang, MSG("Services")));
    doc_put_bool(o, "hideTitle", !group);
    doc_put_bool(o, "closedByDefault", false);
}

static void put_categories(struct pub *p, struct doc *o)
{
    struct doc *list = doc_put_list(o, "categories");
    for (int i = 0; i < p->s->n; i++) {
        bool first = true;
        for (int k = 0; k < i; k++)
            first &= !str_eq(p->s->components[k].c->group, p->s->components[i].c->group);
        if (first)
            put_category(p, list, p->s->components[i].c->group);
    }
}

static void put_systems(struct pub *p, struct doc *o)
{
    struct doc *list = doc_put_list(o, "systems");
    for (int i = 0; i < p->s->n; i++) {
        const struct sight_component *v = &p->s->components[i];
        const char *lang, *about = sight_text(&v->c->text, p->lang, &lang);
        struct doc *s = doc_push_object(list);
        doc_put_text(s, "name", sight_title(p->s, v->c->name, p->lang, &lang));
        if (about)
            doc_put_text(s, "description", about);
        doc_put_text(s, "category", v->c->group ? sight_group_title(p->s, v->c->group, p->lang, &lang) : msg_tr(p->lang, MSG("Services")));
        doc_put_text(s, "status", cstate_words[v->level]);
        put_open_issues(p, s, "unresolvedIssues", v->c->name);
    }
}

static void put_build(struct pub *p, struct doc *o)
{
    struct civil c;
    time_civil(p->s->now_ms, p->s->zone, &c);
    doc_put_text(o, "buildDate", arena_printf(o->arena, "%04d-%02d-%02d", c.year, c.month, c.day));
    doc_put_text(o, "buildTime", arena_printf(o->arena, "%02d:%02d", c.hour, c.minute));
    doc_put_text(o, "buildTimezone", c.zone[0] ? c.zone : "UTC");
    doc_put_text(o, "colorBrand", "#0a4b8c");
    doc_put_text(o, "colorOk", "#0a7561");
    doc_put_text(o, "colorDisrupted", "#8a4f00");
    doc_put_text(o, "colorDown", "#b3201a");
    doc_put_text(o, "colorNotice", "#4a45c2");
    doc_put_text(o, "alwaysKeepBrandColor", "false");
    doc_put_text(o, "logo", arena_printf(o->arena, "%s/static/vigie.svg", p->base));
    doc_put_text(o, "googleAnalytics", "");
}

void shape_cstate(struct pub *p)
{
    struct arena *a = arena_new(1 << 14);
    struct doc *o = doc_object(a);
    const char *lang, *site = sight_site(p->s, p->lang, &lang);
    doc_put_text(o, "is", "index");
    doc_put_text(o, "cStateVersion", "6.0.1");
    doc_put_text(o, "apiVersion", "2.0");
    doc_put_text(o, "title", site);
    doc_put_text(o, "description", msg_tr(p->lang, MSG("service status")));
    doc_put_text(o, "baseURL", arena_printf(a, "%s/", p->base));
    doc_put_text(o, "languageCodeHTML", p->lang);
    doc_put_text(o, "languageCode", p->lang);
    doc_put_text(o, "summaryStatus", p->s->waiting ? "notice" : p->s->worst == LEVEL_OPERATIONAL && p->s->n_incidents ? "notice" : cstate_words[p->s->worst]);
    put_categories(p, o);
    put_open_issues(p, o, "pinnedIssues", NULL);
    put_systems(p, o);
    put_build(p, o);
    finish(p, a, o);
}

/* ---- CCTray ---- */

void shape_cctray(struct pub *p)
{
    static const char *const words[LEVELS] = {[LEVEL_OPERATIONAL] = "Success", [LEVEL_UNKNOWN] = "Unknown", [LEVEL_PLANNED] = "Success", [LEVEL_DEGRADED] = "Failure", [LEVEL_PARTIAL] = "Failure", [LEVEL_MAJOR] = "Failure"};
    buf_str(p->out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Projects>\n");
    for (int i = 0; i < p->s->n; i++) {
        const struct sight_component *v = &p->s->components[i];
        const char *lang;
        char rfc[TIME_RFC3339_BYTES];
        time_rfc3339(v->since_ms ? v->since_ms : p->s->now_ms, 0, rfc);
        buf_str(p->out, "<Project name=\"");
        feed_xml(p->out, sight_title(p->s, v->c->name, p->lang, &lang));
        buf_printf(p->out, "\" activity=\"%s\" lastBuildStatus=\"%s\" lastBuildLabel=\"%s\" lastBuildTime=\"%s\" webUrl=\"", v->level == LEVEL_PLANNED ? "Building" : "Sleeping", v->waiting ? "Unknown" : words[v->level],
                   level_words[v->level], rfc);
        feed_xml(p->out, p->base);
        html_print(p->out, p->lang, "/component/%u\"/>\n", v->c->name);
    }
    buf_str(p->out, "</Projects>\n");
}

/* ---- shields.io ---- */

void shape_shields(struct pub *p, const struct sight_component *v)
{
    static const char *const colors[LEVELS] = {[LEVEL_OPERATIONAL] = "0a7561", [LEVEL_UNKNOWN] = "93297a", [LEVEL_PLANNED] = "4a45c2", [LEVEL_DEGRADED] = "b87100", [LEVEL_PARTIAL] = "b87100", [LEVEL_MAJOR] = "b3201a"};
    struct arena *a = arena_new(1024);
    struct doc *o = doc_object(a);
    const char *lang;
    bool waiting = v ? v->waiting : p->s->waiting, watched = !v && p->s->worst == LEVEL_OPERATIONAL && p->s->n_incidents;
    enum level level = v ? v->level : p->s->worst;
    doc_put_int(o, "schemaVersion", 1);
    doc_put_text(o, "label", v ? sight_title(p->s, v->c->name, p->lang, &lang) : sight_site(p->s, p->lang, &lang));
    doc_put_text(o, "message", msg_tr(p->lang, waiting ? MSG("First look") : watched ? MSG("Monitoring") : level_looks[level].word));
    doc_put_text(o, "color", waiting ? "5a6874" : watched ? "b87100" : colors[level]);
    finish(p, a, o);
}

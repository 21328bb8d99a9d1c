/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape_statuspage.c: the public JSON of Statuspage, version 2. */
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "web/shapes.h"
#include <string.h>

enum { ID_BYTES = 13 };
struct sp {
    struct pub *p;
    struct arena *a;
    char page_id[ID_BYTES];
};

/* ---- words ---- */

static const char *const component_words[LEVELS] = {
    [LEVEL_OPERATIONAL] = "operational",         [LEVEL_UNKNOWN] = "degraded_performance", [LEVEL_PLANNED] = "under_maintenance",
    [LEVEL_DEGRADED] = "degraded_performance", [LEVEL_PARTIAL] = "partial_outage",       [LEVEL_MAJOR] = "major_outage",
};
static const char *const impact_words[LEVELS] = {
    [LEVEL_OPERATIONAL] = "none", [LEVEL_UNKNOWN] = "none", [LEVEL_PLANNED] = "maintenance", [LEVEL_DEGRADED] = "minor", [LEVEL_PARTIAL] = "major", [LEVEL_MAJOR] = "critical",
};
static const char *const phase_names[PHASES] = {
    [PHASE_INVESTIGATING] = "investigating", [PHASE_IDENTIFIED] = "identified", [PHASE_MONITORING] = "monitoring",   [PHASE_RESOLVED] = "resolved", [PHASE_TENTATIVE] = "scheduled",
    [PHASE_CONFIRMED] = "scheduled",         [PHASE_IN_PROGRESS] = "in_progress", [PHASE_COMPLETED] = "completed", [PHASE_CANCELLED] = "completed",
};

/* Twelve of 0-9 a-z that stay, as those of bulletins do. */
static const char *id_of(struct sp *sp, const char *kind, const char *name)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char *out = arena_alloc(sp->a, ID_BYTES);
    uint64_t h = hash_text(name, hash_text(kind, 2026));
    for (int i = 0; i < ID_BYTES - 1; i++, h /= 36)
        out[i] = digits[h % 36];
    return out;
}

static void put_moment(struct doc *o, const char *key, int64_t ms)
{
    char rfc[TIME_RFC3339_BYTES];
    time_rfc3339(ms, 1, rfc);
    doc_put_text(o, key, ms ? rfc : NULL);
}

/* ---- page and status ---- */

static int64_t changed_ms(const struct pub *p)
{
    int64_t last = p->s->since_ms;
    for (size_t i = 0; i < board_count(p->s->board); i++)
        last = bulletin_is_public(board_at(p->s->board, i)) && board_at(p->s->board, i)->changed_ms > last ? board_at(p->s->board, i)->changed_ms : last;
    return last ? last : p->s->now_ms;
}

static void put_page(struct sp *sp, struct doc *o)
{
    const char *lang;
    struct doc *page = doc_put_object(o, "page");
    doc_put_text(page, "id", sp->page_id);
    doc_put_text(page, "name", sight_site(sp->p->s, sp->p->lang, &lang));
    doc_put_text(page, "url", sp->p->base);
    doc_put_text(page, "time_zone", sp->p->s->conf && sp->p->s->conf->site.zone ? sp->p->s->conf->site.zone : "Etc/UTC");
    put_moment(page, "updated_at", changed_ms(sp->p));
}

static void put_status(struct sp *sp, struct doc *o)
{
    static const char *const texts[LEVELS] = {
        [LEVEL_OPERATIONAL] = "All Systems Operational",      [LEVEL_UNKNOWN] = "We cannot see our services at the moment", [LEVEL_PLANNED] = "Service Under Maintenance",
        [LEVEL_DEGRADED] = "Partially Degraded Service", [LEVEL_PARTIAL] = "Partial System Outage",                    [LEVEL_MAJOR] = "Major Service Outage",
    };
    const struct sight *s = sp->p->s;
    struct doc *status = doc_put_object(o, "status");
    bool watched = s->worst == LEVEL_OPERATIONAL && s->n_incidents, first = s->waiting;
    doc_put_text(status, "indicator", watched || first || s->worst == LEVEL_UNKNOWN ? "minor" : impact_words[s->worst]);
    doc_put_text(status, "description", first ? "First look" : watched ? "Monitoring" : texts[s->worst]);
}

/* ---- components ---- */

static void put_component(struct sp *sp, struct doc *o, int i, const char *group_id)
{
    const struct sight_component *v = &sp->p->s->components[i];
    const char *lang;
    doc_put_text(o, "id", id_of(sp, "component", v->c->name));
    doc_put_text(o, "name", sight_title(sp->p->s, v->c->name, sp->p->lang, &lang));
    doc_put_text(o, "status", component_words[v->level]);
    put_moment(o, "created_at", v->since_ms ? v->since_ms : sp->p->s->now_ms);
    put_moment(o, "updated_at", v->since_ms ? v->since_ms : sp->p->s->now_ms);
    doc_put_int(o, "position", i + 1);
    doc_put_text(o, "description", sight_text(&v->c->text, sp->p->lang, &lang));
    doc_put_bool(o, "showcase", true);
    doc_put_text(o, "start_date", NULL);
    doc_put_text(o, "group_id", group_id);
    doc_put_text(o, "page_id", sp->page_id);
    doc_put_bool(o, "group", false);
    doc_put_bool(o, "only_show_if_degraded", false);
}

static const char *group_of(struct sp *sp, int i)
{
    const char *group = sp->p->s->components[i].c->group;
    return group ? id_of(sp, "group", group) : NULL;
}

static bool opens_group(const struct sight *s, int i)
{
    for (int k = 0; k < i; k++)
        if (str_eq(s->components[k].c->group, s->components[i].c->group))
            return false;
    return s->components[i].c->group != NULL;
}

static void put_group(struct sp *sp, struct doc *list, int first)
{
    const struct sight *s = sp->p->s;
    const char *group = s->components[first].c->group, *lang;
    enum level worst = LEVEL_OPERATIONAL;
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "id", id_of(sp, "group", group));
    doc_put_text(o, "name", sight_group_title(s, group, sp->p->lang, &lang));
    for (int i = first; i < s->n; i++)
        worst = str_eq(s->components[i].c->group, group) && s->components[i].level > worst ? s->components[i].level : worst;
    doc_put_text(o, "status", component_words[worst]);
    put_moment(o, "created_at", s->now_ms);
    put_moment(o, "updated_at", s->since_ms ? s->since_ms : s->now_ms);
    doc_put_int(o, "position", first + 1);
    doc_put_text(o, "description", NULL);
    doc_put_bool(o, "showcase", false);
    doc_put_text(o, "start_date", NULL);
    doc_put_text(o, "group_id", NULL);
    doc_put_text(o, "page_id", sp->page_id);
    doc_put_bool(o, "group", true);
    doc_put_bool(o, "only_show_if_degraded", false);
    struct doc *ids = doc_put_list(o, "components");
    for (int i = first; i < s->n; i++)
        if (str_eq(s->components[i].c->group, group))
            doc_push_text(ids, id_of(sp, "component", s->components[i].c->name));
}

static void put_components(struct sp *sp, struct doc *o)
{
    struct doc *list = doc_put_list(o, "components");
    for (int i = 0; i < sp->p->s->n; i++) {
        if (opens_group(sp->p->s, i))
            put_group(sp, list, i);
        put_component(sp, doc_push_object(list), i, group_of(sp, i));
    }
}

/* ---- incidents and planned work ---- */

static enum level level_before(const struct bulletin *b, const char *component, int64_t at_ms)
{
    return bulletin_level(b, component, at_ms - 1);
}

static void put_affected(struct sp *sp, struct doc *o, const struct bulletin *b, const struct update *u)
{
    struct doc *list = u->n_levels ? doc_put_list(o, "affected_components") : doc_put(o, "affected_components", NULL);
    for (int i = 0; i < u->n_levels; i++) {
        const char *lang, *name = u->levels[i].component;
        struct doc *c = doc_push_object(list);
        doc_put_text(c, "code", id_of(sp, "component", name));
        doc_put_text(c, "name", sight_title(sp->p->s, name, sp->p->lang, &lang));
        doc_put_text(c, "old_status", component_words[level_before(b, name, u->at_ms)]);
        doc_put_text(c, "new_status", component_words[u->levels[i].level]);
    }
}

static void put_update(struct sp *sp, struct doc *o, const struct bulletin *b, const struct update *u)
{
    const char *text = wording_for(&u->text, sp->p->lang, NULL);
    doc_put_text(o, "id", id_of(sp, b->key, arena_printf(sp->a, "%lld", (long long)u->id)));
    doc_put_text(o, "status", phase_names[u->phase]);
    doc_put_text(o, "body", text ? text : "");
    doc_put_text(o, "incident_id", b->key);
    put_moment(o, "created_at", u->posted_ms);
    put_moment(o, "updated_at", u->edited_ms ? u->edited_ms : u->posted_ms);
    put_moment(o, "display_at", u->at_ms);
    put_affected(sp, o, b, u);
    doc_put_bool(o, "deliver_notifications", !u->quiet);
    doc_put_text(o, "custom_tweet", NULL);
    doc_put_text(o, "tweet_id", NULL);
}

static int64_t monitoring_ms(const struct bulletin *b)
{
    for (int i = b->n_updates; i-- > 0;)
        if (b->updates[i].phase == PHASE_MONITORING)
            return b->updates[i].at_ms;
    return 0;
}

static void put_bulletin(struct sp *sp, struct doc *o, const struct bulletin *b)
{
    bool work = b->kind == BULLETIN_WORK, reported = b->report_public && b->phase == PHASE_RESOLVED;
    char path[64];
    pub_path(b, path, sizeof path);
    doc_put_text(o, "id", b->key);
    doc_put_text(o, "name", pub_title_text(sp->p, b));
    doc_put_text(o, "status", reported ? "postmortem" : phase_names[b->phase]);
    put_moment(o, "created_at", b->posted_ms);
    put_moment(o, "updated_at", b->changed_ms);
    put_moment(o, "monitoring_at", monitoring_ms(b));
    put_moment(o, "resolved_at", bulletin_is_open(b) ? 0 : b->ended_ms);
    doc_put_text(o, "impact", work ? "maintenance" : impact_words[bulletin_peak(b)]);
    doc_put_text(o, "shortlink", arena_printf(sp->a, "%s%s", sp->p->base, path));
    put_moment(o, "started_at", b->started_ms ? b->started_ms : b->start_ms);
    doc_put_text(o, "page_id", sp->page_id);
    struct doc *updates = doc_put_list(o, "incident_updates"), *components;
    for (int i = b->n_updates; i-- > 0;)
        put_update(sp, doc_push_object(updates), b, &b->updates[i]);
    components = doc_put_list(o, "components");
    for (int i = 0; i < sp->p->s->n; i++)
        if (bulletin_touches(b, sp->p->s->components[i].c->name))
            put_component(sp, doc_push_object(components), i, group_of(sp, i));
    if (work) {
        put_moment(o, "scheduled_for", b->start_ms);
        put_moment(o, "scheduled_until", b->end_ms);
    }
}

enum { ALL = 0, OPEN = 1, AHEAD = 2, UNDER_WAY = 4 };

static bool takes(const struct bulletin *b, enum bulletin_kind kind, int which)
{
    bool open = bulletin_is_open(b), begun = b->phase == PHASE_IN_PROGRESS;
    if (b->kind != kind || !bulletin_is_public(b) || b->phase == PHASE_CANCELLED)
        return false;
    return which == ALL || ((which & OPEN) && open) || ((which & AHEAD) && open && !begun) || ((which & UNDER_WAY) && begun);
}

static void put_bulletins(struct sp *sp, struct doc *o, const char *key, enum bulletin_kind kind, int which)
{
    struct doc *list = doc_put_list(o, key);
    int n = 0;
    for (size_t i = 0; i < board_count(sp->p->s->board) && n < API_INCIDENTS; i++) {
        const struct bulletin *b = board_at(sp->p->s->board, i);
        if (!takes(b, kind, which))
            continue;
        put_bulletin(sp, doc_push_object(list), b);
        n++;
    }
}

/* ---- paths ---- */

static void put_incidents(struct sp *sp, struct doc *o, int which)
{
    put_bulletins(sp, o, "incidents", BULLETIN_INCIDENT, which);
}

static void put_works(struct sp *sp, struct doc *o, int which)
{
    put_bulletins(sp, o, "scheduled_maintenances", BULLETIN_WORK, which);
}

static const struct {
    const char *path;
    bool status, components;
    int incidents, works; /* -1: not in it */
} paths[] = {
    {"summary.json", true, true, OPEN, AHEAD | UNDER_WAY},
    {"status.json", true, false, -1, -1},
    {"components.json", false, true, -1, -1},
    {"incidents.json", false, false, ALL, -1},
    {"incidents/unresolved.json", false, false, OPEN, -1},
    {"scheduled-maintenances.json", false, false, -1, ALL},
    {"scheduled-maintenances/upcoming.json", false, false, -1, AHEAD},
    {"scheduled-maintenances/active.json", false, false, -1, UNDER_WAY},
};

bool shape_statuspage(struct pub *p, const char *path)
{
    struct sp sp = {.p = p};
    size_t i = 0;
    while (i < COUNT(paths) && !str_eq(paths[i].path, path))
        i++;
    if (i == COUNT(paths))
        return false;
    sp.a = arena_new(1 << 14);
    str_copy(sp.page_id, sizeof sp.page_id, id_of(&sp, "page", p->base));
    struct doc *o = doc_object(sp.a);
    put_page(&sp, o);
    if (paths[i].status)
        put_status(&sp, o);
    if (paths[i].components)
        put_components(&sp, o);
    if (paths[i].incidents >= 0)
        put_incidents(&sp, o, paths[i].incidents);
    if (paths[i].works >= 0)
        put_works(&sp, o, paths[i].works);
    json_write(p->out, o, p->lang, 0);
    buf_char(p->out, '\n');
    arena_free(sp.a);
    return true;
}

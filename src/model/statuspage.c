/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statuspage.c: the objects of Statuspage, version 2. */
#include "model/statuspage.h"
#include "base/hash.h"
#include "base/str.h"

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
const char *statuspage_id(const struct statuspage *sp, const char *kind, const char *name)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char *out = arena_alloc(sp->a, STATUSPAGE_ID_BYTES);
    uint64_t h = hash_text(name, hash_text(kind, 2026));
    for (int i = 0; i < STATUSPAGE_ID_BYTES - 1; i++, h /= 36)
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

static int64_t changed_ms(const struct sight *s)
{
    int64_t last = s->since_ms;
    for (size_t i = 0; i < board_count(s->board); i++)
        last = bulletin_is_public(board_at(s->board, i)) && board_at(s->board, i)->changed_ms > last ? board_at(s->board, i)->changed_ms : last;
    return last ? last : s->now_ms;
}

void statuspage_page(const struct statuspage *sp, struct doc *o)
{
    const char *lang;
    struct doc *page = doc_put_object(o, "page");
    doc_put_text(page, "id", sp->page_id);
    doc_put_text(page, "name", sight_site(sp->s, sp->lang, &lang));
    doc_put_text(page, "url", sp->base);
    doc_put_text(page, "time_zone", sp->s->conf && sp->s->conf->site.zone ? sp->s->conf->site.zone : "Etc/UTC");
    put_moment(page, "updated_at", changed_ms(sp->s));
}

static bool is_watched(const struct sight *s)
{
    return s->worst == LEVEL_OPERATIONAL && s->n_incidents;
}

const char *statuspage_indicator(const struct sight *s)
{
    return is_watched(s) || s->waiting || s->worst == LEVEL_UNKNOWN ? "minor" : impact_words[s->worst];
}

const char *statuspage_description(const struct sight *s)
{
    static const char *const texts[LEVELS] = {
        [LEVEL_OPERATIONAL] = "All Systems Operational",      [LEVEL_UNKNOWN] = "We cannot see our services at the moment", [LEVEL_PLANNED] = "Service Under Maintenance",
        [LEVEL_DEGRADED] = "Partially Degraded Service", [LEVEL_PARTIAL] = "Partial System Outage",                    [LEVEL_MAJOR] = "Major Service Outage",
    };
    return s->waiting ? "First look" : is_watched(s) ? "Monitoring" : texts[s->worst];
}

void statuspage_status(const struct statuspage *sp, struct doc *o)
{
    struct doc *status = doc_put_object(o, "status");
    doc_put_text(status, "indicator", statuspage_indicator(sp->s));
    doc_put_text(status, "description", statuspage_description(sp->s));
}

/* ---- components ---- */

static const char *group_of(const struct statuspage *sp, int i)
{
    const char *group = sp->s->components[i].c->group;
    return group ? statuspage_id(sp, "group", group) : NULL;
}

const char *statuspage_level(enum level l)
{
    return component_words[l];
}

void statuspage_component(const struct statuspage *sp, struct doc *o, int i)
{
    const char *group_id = group_of(sp, i);
    const struct sight_component *v = &sp->s->components[i];
    const char *lang;
    doc_put_text(o, "id", statuspage_id(sp, "component", v->c->name));
    doc_put_text(o, "name", sight_title(sp->s, v->c->name, sp->lang, &lang));
    doc_put_text(o, "status", component_words[v->level]);
    put_moment(o, "created_at", v->since_ms ? v->since_ms : sp->s->now_ms);
    put_moment(o, "updated_at", v->since_ms ? v->since_ms : sp->s->now_ms);
    doc_put_int(o, "position", i + 1);
    doc_put_text(o, "description", sight_text(&v->c->text, sp->lang, &lang));
    doc_put_bool(o, "showcase", true);
    doc_put_text(o, "start_date", NULL);
    doc_put_text(o, "group_id", group_id);
    doc_put_text(o, "page_id", sp->page_id);
    doc_put_bool(o, "group", false);
    doc_put_bool(o, "only_show_if_degraded", false);
}

static bool opens_group(const struct sight *s, int i)
{
    for (int k = 0; k < i; k++)
        if (str_eq(s->components[k].c->group, s->components[i].c->group))
            return false;
    return s->components[i].c->group != NULL;
}

static void put_group(const struct statuspage *sp, struct doc *list, int first)
{
    const struct sight *s = sp->s;
    const char *group = s->components[first].c->group, *lang;
    enum level worst = LEVEL_OPERATIONAL;
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "id", statuspage_id(sp, "group", group));
    doc_put_text(o, "name", sight_group_title(s, group, sp->lang, &lang));
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
            doc_push_text(ids, statuspage_id(sp, "component", s->components[i].c->name));
}

void statuspage_components(const struct statuspage *sp, struct doc *o)
{
    struct doc *list = doc_put_list(o, "components");
    for (int i = 0; i < sp->s->n; i++) {
        if (opens_group(sp->s, i))
            put_group(sp, list, i);
        statuspage_component(sp, doc_push_object(list), i);
    }
}

/* ---- incidents and planned work ---- */

static enum level level_before(const struct bulletin *b, const char *component, int64_t at_ms)
{
    return bulletin_level(b, component, at_ms - 1);
}

static void put_affected(const struct statuspage *sp, struct doc *o, const struct bulletin *b, const struct update *u)
{
    struct doc *list = u->n_levels ? doc_put_list(o, "affected_components") : doc_put(o, "affected_components", NULL);
    for (int i = 0; i < u->n_levels; i++) {
        const char *lang, *name = u->levels[i].component;
        struct doc *c = doc_push_object(list);
        doc_put_text(c, "code", statuspage_id(sp, "component", name));
        doc_put_text(c, "name", sight_title(sp->s, name, sp->lang, &lang));
        doc_put_text(c, "old_status", component_words[level_before(b, name, u->at_ms)]);
        doc_put_text(c, "new_status", component_words[u->levels[i].level]);
    }
}

static const char *title_of(const struct statuspage *sp, const struct bulletin *b)
{
    const char *title = wording_for(&b->title, sp->lang, NULL);
    return title ? title : b->key;
}

static void put_update(const struct statuspage *sp, struct doc *o, const struct bulletin *b, const struct update *u)
{
    const char *text = wording_for(&u->text, sp->lang, NULL);
    doc_put_text(o, "id", statuspage_id(sp, b->key, arena_printf(sp->a, "%lld", (long long)u->id)));
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

void statuspage_bulletin(const struct statuspage *sp, struct doc *o, const struct bulletin *b)
{
    bool work = b->kind == BULLETIN_WORK, reported = b->report_public && b->phase == PHASE_RESOLVED;
    doc_put_text(o, "id", b->key);
    doc_put_text(o, "name", title_of(sp, b));
    doc_put_text(o, "status", reported ? "postmortem" : phase_names[b->phase]);
    put_moment(o, "created_at", b->posted_ms);
    put_moment(o, "updated_at", b->changed_ms);
    put_moment(o, "monitoring_at", monitoring_ms(b));
    put_moment(o, "resolved_at", bulletin_is_open(b) ? 0 : b->ended_ms);
    doc_put_text(o, "impact", work ? "maintenance" : impact_words[bulletin_peak(b)]);
    doc_put_text(o, "shortlink", arena_printf(sp->a, "%s/%s/%s", sp->base, bulletin_kind_words[b->kind], b->key));
    put_moment(o, "started_at", b->started_ms ? b->started_ms : b->start_ms);
    doc_put_text(o, "page_id", sp->page_id);
    struct doc *updates = doc_put_list(o, "incident_updates"), *components;
    for (int i = b->n_updates; i-- > 0;)
        put_update(sp, doc_push_object(updates), b, &b->updates[i]);
    components = doc_put_list(o, "components");
    for (int i = 0; i < sp->s->n; i++)
        if (bulletin_touches(b, sp->s->components[i].c->name))
            statuspage_component(sp, doc_push_object(components), i);
    if (work) {
        put_moment(o, "scheduled_for", b->start_ms);
        put_moment(o, "scheduled_until", b->end_ms);
    }
}

void statuspage_init(struct statuspage *sp, struct arena *a, const struct sight *s, const char *lang, const char *base)
{
    *sp = (struct statuspage){.s = s, .a = a, .lang = lang, .base = base};
    sp->page_id = statuspage_id(sp, "page", base);
}

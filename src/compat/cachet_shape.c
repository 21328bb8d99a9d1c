/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet_shape.c: components, groups, incidents, updates and schedules as Cachet has them.  Its words are English whatever the
 * site's language: clients compare them. */
#include "base/str.h"
#include "compat/cachet.h"

const char *const cachet_component_names[] = {"Unknown", "Operational", "Performance Issues", "Partial Outage", "Major Outage", NULL};
const char *const cachet_incident_names[] = {"Scheduled", "Investigating", "Identified", "Watching", "Fixed", NULL};
const char *const cachet_schedule_names[] = {"Upcoming", "In Progress", "Complete", NULL};
static const char *const icons[] = {"", "icon ion-flag oranges", "icon ion-alert yellows", "icon ion-eye blues", "icon ion-checkmark greens"};

/* ---- words ---- */

enum level cachet_level(int status)
{
    static const enum level levels[] = {LEVEL_UNKNOWN, LEVEL_OPERATIONAL, LEVEL_DEGRADED, LEVEL_PARTIAL, LEVEL_MAJOR};
    return levels[status];
}

/* Cachet has no word for planned work: it counts by what users notice of it. */
int cachet_component_status(const struct sight_component *v)
{
    static const int statuses[LEVELS] = {[LEVEL_UNKNOWN] = 0, [LEVEL_OPERATIONAL] = 1, [LEVEL_PLANNED] = 1, [LEVEL_DEGRADED] = 2, [LEVEL_PARTIAL] = 3, [LEVEL_MAJOR] = 4};
    bool noticed = v->level == LEVEL_PLANNED && v->because && v->because->effect >= EFFECT_DEGRADED;
    return v->waiting ? 0 : noticed ? 2 : statuses[v->level];
}

int cachet_phase_status(enum phase p)
{
    static const int statuses[PHASES] = {[PHASE_INVESTIGATING] = 1, [PHASE_IDENTIFIED] = 2, [PHASE_MONITORING] = 3, [PHASE_RESOLVED] = 4,
                                         [PHASE_TENTATIVE] = 0, [PHASE_CONFIRMED] = 0, [PHASE_IN_PROGRESS] = 1, [PHASE_COMPLETED] = 2, [PHASE_CANCELLED] = 2};
    return statuses[p];
}

const char *cachet_stamp(const struct cachet *c, int64_t ms)
{
    struct civil v;
    if (!ms)
        return NULL;
    time_civil(ms, c->zone, &v);
    return arena_printf(c->a, "%04d-%02d-%02d %02d:%02d:%02d", v.year, v.month, v.day, v.hour, v.minute, v.second);
}

static void put_stamp(struct cachet *c, struct doc *o, const char *key, int64_t ms)
{
    doc_put_text(o, key, cachet_stamp(c, ms));
}

/* ---- finding ---- */

int64_t cachet_component_id(const struct cachet *c, const char *name)
{
    for (int i = 0; i < c->sight.n; i++)
        if (str_eq(c->sight.components[i].c->name, name))
            return c->ids[i];
    return 0;
}

const struct sight_component *cachet_component(const struct cachet *c, int64_t id)
{
    for (int i = 0; i < c->sight.n; i++)
        if (c->ids[i] == id)
            return &c->sight.components[i];
    return NULL;
}

bool cachet_sees(const struct cachet *c, const struct bulletin *b, enum bulletin_kind kind)
{
    return b && b->kind == kind && !b->retracted && (c->staff || !b->draft);
}

const struct bulletin *cachet_bulletin(const struct cachet *c, enum bulletin_kind kind)
{
    const struct bulletin *b = c->h->board ? board_find(c->h->board, c->id) : NULL;
    return cachet_sees(c, b, kind) ? b : NULL;
}

const char *cachet_title(const struct cachet *c, const struct bulletin *b)
{
    const char *t = wording_for(&b->title, c->lang, NULL);
    return t ? t : "";
}

const char *cachet_said(const struct cachet *c, const struct update *u)
{
    const char *t = wording_for(&u->text, c->lang, NULL);
    return t ? t : "";
}

/* ---- components ---- */

static int64_t group_of(const struct cachet *c, const struct conf_component *k)
{
    for (int i = 0; k->group && i < c->n_groups; i++)
        if (str_eq(c->groups[i], k->group))
            return c->group_ids[i];
    return 0;
}

void cachet_put_component(struct cachet *c, struct doc *o, const struct sight_component *v)
{
    const char *other, *text = sight_text(&v->c->text, c->lang, &other);
    int status = cachet_component_status(v);
    int64_t since = v->since_ms ? v->since_ms : c->h->started_wall_ms;
    doc_put_int(o, "id", cachet_component_id(c, v->c->name));
    doc_put_text(o, "name", sight_title(&c->sight, v->c->name, c->lang, &other));
    doc_put_text(o, "description", text ? text : "");
    doc_put_text(o, "link", v->c->link ? v->c->link : "");
    doc_put_int(o, "status", status);
    doc_put_int(o, "order", v->c->order);
    doc_put_int(o, "group_id", group_of(c, v->c));
    doc_put_bool(o, "enabled", true);
    doc_put(o, "meta", NULL);
    put_stamp(c, o, "created_at", since);
    put_stamp(c, o, "updated_at", since);
    doc_put(o, "deleted_at", NULL);
    doc_put_text(o, "status_name", cachet_component_names[status]);
    doc_put_list(o, "tags");
}

void cachet_put_group(struct cachet *c, struct doc *o, int group)
{
    const char *other;
    const struct sight_component *worst = NULL;
    doc_put_int(o, "id", c->group_ids[group]);
    doc_put_text(o, "name", sight_group_title(&c->sight, c->groups[group], c->lang, &other));
    doc_put_int(o, "order", group + 1);
    doc_put_int(o, "collapsed", 0);
    doc_put_int(o, "visible", 1);
    put_stamp(c, o, "created_at", c->h->started_wall_ms);
    put_stamp(c, o, "updated_at", c->h->started_wall_ms);
    struct doc *list = doc_put_list(o, "enabled_components");
    for (int i = 0; i < c->sight.n; i++) {
        const struct sight_component *v = &c->sight.components[i];
        if (group_of(c, v->c) != c->group_ids[group])
            continue;
        cachet_put_component(c, doc_push_object(list), v);
        if (!worst || v->level > worst->level)
            worst = v;
    }
    list = doc_put_list(o, "enabled_components_lowest");
    if (worst)
        cachet_put_component(c, doc_push_object(list), worst);
    doc_put_text(o, "lowest_human_status", worst ? cachet_component_names[cachet_component_status(worst)] : NULL);
}

/* ---- incidents ---- */

static const struct update *newest(const struct bulletin *b)
{
    return b->n_updates ? &b->updates[b->n_updates - 1] : NULL;
}

static const struct update *first(const struct bulletin *b)
{
    const struct update *u = bulletin_update(b, 1);
    return u ? u : b->n_updates ? &b->updates[0] : NULL;
}

void cachet_put_update(struct cachet *c, struct doc *o, const struct bulletin *b, const struct update *u)
{
    int status = cachet_phase_status(u->phase);
    doc_put_int(o, "id", u->id);
    doc_put_int(o, "incident_id", b->id);
    doc_put_int(o, "status", status);
    doc_put_text(o, "message", cachet_said(c, u));
    doc_put_int(o, "user_id", 1);
    put_stamp(c, o, "created_at", u->at_ms);
    put_stamp(c, o, "updated_at", u->edited_ms ? u->edited_ms : u->posted_ms);
    doc_put_text(o, "human_status", cachet_incident_names[status]);
    doc_put_text(o, "permalink", arena_printf(c->a, "%s/incident/%s#update-%lld", c->base, b->key, (long long)u->id));
}

/* What the page leads to, by the newest thing that was said. */
static void put_latest(struct cachet *c, struct doc *o, const struct bulletin *b)
{
    const struct update *u = newest(b);
    int status = cachet_phase_status(b->phase);
    doc_put_bool(o, "is_resolved", b->phase == PHASE_RESOLVED);
    struct doc *list = doc_put_list(o, "updates");
    for (int i = b->n_updates; i-- > 0;)
        if (&b->updates[i] != first(b))
            cachet_put_update(c, doc_push_object(list), b, &b->updates[i]);
    doc_put_object(o, "meta");
    doc_put_text(o, "human_status", cachet_incident_names[status]);
    if (u && u != first(b))
        doc_put_int(o, "latest_update_id", u->id);
    else
        doc_put(o, "latest_update_id", NULL);
    doc_put_int(o, "latest_status", status);
    doc_put_text(o, "latest_human_status", cachet_incident_names[status]);
    doc_put_text(o, "latest_icon", icons[status]);
    doc_put_text(o, "permalink", arena_printf(c->a, "%s/incident/%s", c->base, b->key));
    doc_put_int(o, "duration", b->ended_ms ? (b->ended_ms - b->started_ms) / 1000 : 0);
}

void cachet_put_incident(struct cachet *c, struct doc *o, const struct bulletin *b)
{
    const struct update *u = first(b);
    int64_t created = b->posted_ms ? b->posted_ms : u ? u->posted_ms : b->changed_ms;
    doc_put_int(o, "id", b->id);
    doc_put_int(o, "user_id", 1);
    doc_put_int(o, "component_id", b->n_components ? cachet_component_id(c, b->components[0]) : 0);
    doc_put_text(o, "name", cachet_title(c, b));
    doc_put_int(o, "status", cachet_phase_status(b->phase));
    doc_put_int(o, "visible", b->draft ? 0 : 1);
    doc_put_bool(o, "stickied", b->pinned);
    doc_put_bool(o, "notifications", u && !u->quiet);
    doc_put_text(o, "message", u ? cachet_said(c, u) : "");
    put_stamp(c, o, "occurred_at", b->started_ms);
    put_stamp(c, o, "created_at", created);
    put_stamp(c, o, "updated_at", b->changed_ms);
    doc_put(o, "deleted_at", NULL);
    put_latest(c, o, b);
}

/* ---- schedules ---- */

void cachet_put_schedule(struct cachet *c, struct doc *o, const struct bulletin *b)
{
    const struct update *u = first(b);
    int64_t created = b->posted_ms ? b->posted_ms : b->changed_ms;
    int status = cachet_phase_status(b->phase);
    doc_put_int(o, "id", b->id);
    doc_put_text(o, "name", cachet_title(c, b));
    doc_put_text(o, "message", u ? cachet_said(c, u) : "");
    doc_put_int(o, "status", status);
    put_stamp(c, o, "scheduled_at", b->start_ms);
    put_stamp(c, o, "completed_at", b->ended_ms ? b->ended_ms : b->end_ms);
    put_stamp(c, o, "created_at", created);
    put_stamp(c, o, "updated_at", b->changed_ms);
    doc_put(o, "deleted_at", NULL);
    struct doc *list = doc_put_list(o, "components");
    for (int i = 0; i < b->n_components; i++) {
        const struct sight_component *v = sight_find(&c->sight, b->components[i]);
        if (!v)
            continue;
        struct doc *one = doc_push_object(list);
        doc_put_int(one, "id", i + 1);
        doc_put_int(one, "schedule_id", b->id);
        doc_put_int(one, "component_id", cachet_component_id(c, v->c->name));
        doc_put_int(one, "component_status", cachet_component_status(v));
        put_stamp(c, one, "created_at", created);
        put_stamp(c, one, "updated_at", b->changed_ms);
    }
    doc_put_text(o, "human_status", cachet_schedule_names[status]);
}

/* ---- all ---- */

/* Half of all in a major outage is danger; success only when nothing is amiss, and nothing unknown either. */
void cachet_put_status(struct cachet *c, struct doc *o)
{
    static const char *const words[] = {"success", "info", "danger"};
    static const char *const one[] = {"System operational", "The system is experiencing issues", "The system is experiencing major issues"};
    static const char *const many[] = {"All systems are operational", "Some systems are experiencing issues", "Some systems are experiencing major issues"};
    int major = 0, well = 0;
    for (int i = 0; i < c->sight.n; i++) {
        int status = cachet_component_status(&c->sight.components[i]);
        major += status == 4;
        well += status == 1;
    }
    int at = c->sight.n && major * 100 >= 50 * c->sight.n ? 2 : well == c->sight.n && !c->sight.n_incidents ? 0 : 1;
    doc_put_text(o, "status", words[at]);
    doc_put_text(o, "message", (c->sight.n > 1 ? many : one)[at]);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_cachet.c: Cachet 2.0 to 2.4: its tables, or the same rows as its API v1 gives them.
 *
 * Status numbers: components 1 operational, 2 performance issues, 3 partial outage, 4 major outage; incidents 1 investigating,
 * 2 identified, 3 watching, 4 fixed, and 0 for planned work before there were schedules; schedules 0 upcoming, 1 in progress, 2 complete.
 * Its tables hold UTC, whatever the zone of its pages; the API is asked for UTC. */
#include "compat/move/move_priv.h"
#include <string.h>

enum { GROUPS, COMPONENTS, INCIDENTS, UPDATES, TOUCHED, TEMPLATES, SCHEDULES, SCHEDULED, SUBSCRIBERS, SUBSCRIPTIONS, METRICS, SETTINGS };
static const char *const tables[] = {"component_groups", "components", "incidents", "incident_updates", "incident_components", "incident_templates", "schedules", "schedule_components",
                                     "subscribers", "subscriptions", "metrics", "settings", NULL};
static const struct move_page pages[] = {{"/api/v1/components/groups", GROUPS, false}, {"/api/v1/components", COMPONENTS, false}, {"/api/v1/incidents", INCIDENTS, false},
                                         {"/api/v1/incidents/templates", TEMPLATES, true}, {"/api/v1/schedules", SCHEDULES, false}, {"/api/v1/metrics", METRICS, false},
                                         {"/api/v1/subscribers", SUBSCRIBERS, true}, {0}};

struct cachet { /* one build */
    struct move *m;
    struct map components; /* by number: struct move_component */
    int unknown_impact, timeless, stale, deleted;
};

static const char *number(struct move *m, int64_t id)
{
    return arena_printf(m->arena, "%lld", (long long)id);
}

static struct move_component *component_of(const struct cachet *c, int64_t id)
{
    char text[24];
    str_print(text, sizeof text, "%lld", (long long)id);
    return map_find(&c->components, text);
}

static bool is_gone(struct cachet *c, const struct doc *row)
{
    bool gone = move_text(c->m, row, "deleted_at") != NULL;
    c->deleted += gone;
    return gone;
}

static enum level level_of(int64_t status)
{
    return status == 4 ? LEVEL_MAJOR : status == 3 ? LEVEL_PARTIAL : status == 2 ? LEVEL_DEGRADED : LEVEL_OPERATIONAL;
}

/* ---- what the API nests becomes rows of their own ---- */

static void unnest(struct move *m, int from, const char *key, int into, const char *owner)
{
    MOVE_EACH(m, from, row)
    DOC_EACH(doc_get(row, key), kid)
    if (kid->kind == DOC_OBJECT) {
        struct doc *own = doc_copy(m->arena, kid);
        doc_put_int(own, owner, move_int(row, "id", 0));
        move_row(m, into, own);
    }
}

/* ---- settings, groups, components ---- */

static void read_settings(struct move *m)
{
    MOVE_EACH(m, SETTINGS, row)
    {
        const char *name = move_text(m, row, "name"), *value = move_text(m, row, "value");
        if (str_eq(name, "app_locale") && value && !m->opts.lang && (str_starts(value, "en") || str_starts(value, "fr")))
            m->opts.lang = arena_dupn(m->arena, value, 2);
    }
}

static int64_t group_order(const struct move *m, int64_t group)
{
    const struct doc *g = group ? move_find(m, GROUPS, group) : NULL;
    return g ? move_int(g, "order", 0) + 1 : 0;
}

static const char *group_name(struct move *m, int64_t group)
{
    const struct doc *g = group ? move_find(m, GROUPS, group) : NULL;
    const char *name = g ? move_line(m, g, "name") : "";
    return name[0] ? name : NULL;
}

static void add_component(struct cachet *c, const struct doc *row)
{
    struct move *m = c->m;
    const char *title = move_line(m, row, "name"), *text = move_text(m, row, "description"), *link = move_line(m, row, "link");
    if (is_gone(c, row))
        return;
    if (!move_flag(row, "enabled", true)) {
        move_note(m, MSG("the component “{1}” is left out: it is disabled there"), "s", title);
        return;
    }
    struct move_component *k = move_component(m, title);
    k->text = text ? move_clean(m, text, false, 1000) : NULL;
    k->link = str_istarts(link, "http://") || str_istarts(link, "https://") ? link : NULL;
    k->group = group_name(m, move_int(row, "group_id", 0));
    k->order = (int64_t)m->components.n < 10000 ? (int64_t)m->components.n : 10000;
    k->alias = arena_printf(m->arena, "/component/%lld", (long long)move_int(row, "id", 0));
    map_set(&c->components, number(m, move_int(row, "id", 0)), k);
}

/* In the order of the page: by group, then by their own. */
static void read_components(struct cachet *c)
{
    struct move *m = c->m;
    MOVE_EACH(m, COMPONENTS, row)
    doc_put_int(row, " group", group_order(m, move_int(row, "group_id", 0)));
    move_sort(m, COMPONENTS, "order", "id");
    move_sort(m, COMPONENTS, " group", NULL);
    MOVE_EACH(m, COMPONENTS, row)
    add_component(c, row);
    MOVE_EACH(m, GROUPS, row)
    if (move_int(row, "collapsed", 0))
        move_note(m, MSG("the group “{1}” is folded up there; here the page shows what is bad of it first"), "s", move_line(m, row, "name"));
}

/* ---- incidents ---- */

static enum phase phase_of(int64_t status)
{
    return status == 4 ? PHASE_RESOLVED : status == 3 ? PHASE_MONITORING : status == 2 ? PHASE_IDENTIFIED : PHASE_INVESTIGATING;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What it says of how bad it was; else, while it is open, how bad the component is; else nobody knows. */
static void touch(struct cachet *c, struct move_news *n, int64_t component, int64_t status, bool open)
{
    const struct move_component *k = component_of(c, component);
    enum level level = level_of(status);
    if (!k)
        return;
    if (level == LEVEL_OPERATIONAL && open) {
        const struct doc *row = move_find(c->m, COMPONENTS, component);
        level = level_of(move_int(row, "status", 1));
    }
    if (level == LEVEL_OPERATIONAL && status <= 0) {
        level = c->m->opts.impact;
        c->unknown_impact++;
    }
    news_level(n, k->name, level, n->started_ms);
}

static void touch_all(struct cachet *c, struct move_news *n, const struct doc *row, int64_t id, bool open)
{
    bool any = false;
    MOVE_OWNED(c->m, TOUCHED, "incident_id", id, t)
    {
        touch(c, n, move_int(t, "component_id", 0), move_int(t, "status_id", move_int(t, "component_status", 0)), open);
        any = true;
    }
    int64_t one = move_int(row, "component_id", 0);
    if (one && !any)
        touch(c, n, one, move_int(row, "component_status", 0), open);
}

/* The status of an incident is that of its last update, if it has any; its own is lost then. */
static int64_t say_updates(struct cachet *c, struct move_news *n, const struct doc *row, int64_t id)
{
    int64_t status = move_int(row, "status", 1), created = n->posted_ms, changed = later(move_time(c->m, row, "updated_at"), created);
    const char *message = move_text(c->m, row, "message");
    bool more = false;
    MOVE_OWNED(c->m, UPDATES, "incident_id", id, u)
    more = true;
    if (!more && status == 4 && changed > n->started_ms + 60000) {
        news_update(n, PHASE_INVESTIGATING, n->started_ms, created, message);
        news_update(n, PHASE_RESOLVED, changed, changed, NULL);
        n->ended_ms = changed;
        return status;
    }
    news_update(n, more ? PHASE_INVESTIGATING : phase_of(status), n->started_ms, created, message);
    MOVE_OWNED(c->m, UPDATES, "incident_id", id, u)
    {
        int64_t at = later(move_time(c->m, u, "created_at"), n->started_ms);
        status = move_int(u, "status", status);
        news_update(n, phase_of(status), at, at, move_text(c->m, u, "message"));
        n->ended_ms = status == 4 ? at : 0;
    }
    return status;
}

static void add_incident(struct cachet *c, const struct doc *row)
{
    struct move *m = c->m;
    struct move_news n;
    int64_t id = move_int(row, "id", 0);
    news_new(&n, m, BULLETIN_INCIDENT, id, arena_printf(m->arena, "incident:%lld", (long long)id), move_text(m, row, "name"));
    n.posted_ms = move_time(m, row, "created_at");
    n.started_ms = move_time(m, row, "occurred_at");
    n.started_ms = n.started_ms ? n.started_ms : n.posted_ms;
    n.posted_ms = later(n.posted_ms, n.started_ms);
    if (!n.started_ms) {
        c->timeless++;
        n.started_ms = n.posted_ms = move_time(m, row, "updated_at");
    }
    int64_t status = say_updates(c, &n, row, id);
    n.phase = phase_of(status);
    touch_all(c, &n, row, id, status != 4);
    n.draft = !move_flag(row, "visible", true);
    n.pinned = move_flag(row, "stickied", false);
    news_alias(&n, "/incidents/%lld", (long long)id);
    news_alias(&n, "/incident/%lld", (long long)id);
    news_end(&n);
}

/* ---- planned work ---- */

struct work {
    int64_t id, start_ms, end_ms, status;
    const char *seed, *alias;
};

static enum phase work_phase(struct cachet *c, const struct work *w, int64_t end_ms)
{
    if (w->status == 2)
        return PHASE_COMPLETED;
    if (w->start_ms > c->m->opts.now_ms)
        return PHASE_CONFIRMED;
    if (end_ms > c->m->opts.now_ms)
        return PHASE_IN_PROGRESS;
    c->stale++; /* nobody said that it is done, long after its time */
    return PHASE_COMPLETED;
}

static void touch_work(struct cachet *c, struct move_news *n, int64_t id)
{
    enum level worst = LEVEL_OPERATIONAL;
    MOVE_OWNED(c->m, SCHEDULED, "schedule_id", id, t)
    {
        const struct move_component *k = component_of(c, move_int(t, "component_id", 0));
        enum level level = level_of(move_int(t, "component_status", 0));
        worst = level > worst ? level : worst;
        if (k)
            news_touch(n, k->name);
    }
    n->effect = worst >= LEVEL_PARTIAL ? EFFECT_OUTAGE : worst == LEVEL_DEGRADED || !n->components.n ? EFFECT_DEGRADED : EFFECT_NONE;
}

static void add_work(struct cachet *c, const struct doc *row, const struct work *w)
{
    struct move *m = c->m;
    struct move_news n;
    news_new(&n, m, BULLETIN_WORK, w->id, w->seed, move_text(m, row, "name"));
    n.start_ms = w->start_ms;
    n.end_ms = w->end_ms > w->start_ms ? w->end_ms : w->start_ms + MOVE_HOUR_MS;
    n.phase = work_phase(c, w, n.end_ms);
    n.posted_ms = move_time(m, row, "created_at");
    n.posted_ms = n.posted_ms && n.posted_ms < w->start_ms ? n.posted_ms : w->start_ms;
    n.draft = !move_flag(row, "visible", true);
    news_update(&n, PHASE_CONFIRMED, n.posted_ms, n.posted_ms, move_text(m, row, "message"));
    touch_work(c, &n, str_starts(w->seed, "schedule") ? w->id : -2);
    if (n.phase != PHASE_CONFIRMED) {
        n.started_ms = n.start_ms;
        for (size_t i = 0; i < n.components.n; i++)
            news_level(&n, n.components.at[i], LEVEL_PLANNED, n.start_ms);
        news_update(&n, PHASE_IN_PROGRESS, n.start_ms, n.start_ms, NULL);
    }
    if (n.phase == PHASE_COMPLETED)
        news_update(&n, PHASE_COMPLETED, n.end_ms, n.end_ms, NULL);
    news_alias(&n, "%s/%lld", w->alias, (long long)w->id);
    if (str_eq(w->alias, "/incidents"))
        news_alias(&n, "/incident/%lld", (long long)w->id);
    news_end(&n);
}

static void add_schedule(struct cachet *c, const struct doc *row)
{
    struct move *m = c->m;
    struct work w = {.id = move_int(row, "id", 0), .start_ms = move_time(m, row, "scheduled_at"), .end_ms = move_time(m, row, "completed_at"), .status = move_int(row, "status", 0), .alias = "/schedules"};
    w.seed = arena_printf(m->arena, "schedule:%lld", (long long)w.id);
    if (w.start_ms)
        add_work(c, row, &w);
    else
        c->timeless++;
}

/* Before 2.4 planned work was an incident with a time. */
static bool was_planned(struct cachet *c, const struct doc *row)
{
    struct move *m = c->m;
    struct work w = {.id = move_int(row, "id", 0), .start_ms = move_time(m, row, "scheduled_at"), .status = 0, .alias = "/incidents"};
    if (move_int(row, "status", 1) != 0 || !w.start_ms)
        return false;
    w.seed = arena_printf(m->arena, "incident:%lld", (long long)w.id);
    add_work(c, row, &w);
    return true;
}

/* ---- templates, subscribers, metrics ---- */

/* {{ name }} and {{ incident.name }} are ${name}, ${incident_name}. */
static const char *template_text(struct move *m, const char *twig)
{
    struct buf b = BUF_MAX(BULLETIN_MAX_TEXT);
    const char *open, *close;
    while ((open = strstr(twig, "{{")) && (close = strstr(open, "}}"))) {
        struct str name = str_trim((struct str){open + 2, (size_t)(close - open) - 2});
        buf_add(&b, twig, (size_t)(open - twig));
        buf_str(&b, "${");
        for (size_t i = 0; i < name.n && name.p[i] != '|' && name.p[i] != ' '; i++)
            buf_char(&b, (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= 'A' && name.p[i] <= 'Z') || (name.p[i] >= '0' && name.p[i] <= '9') ? name.p[i] : '_');
        buf_char(&b, '}');
        twig = close + 2;
    }
    buf_str(&b, twig);
    const char *ret = move_clean(m, buf_text(&b), false, BULLETIN_MAX_TEXT - 1);
    buf_done(&b);
    return ret;
}

static void add_template(struct cachet *c, const struct doc *row)
{
    struct move *m = c->m;
    const char *name = move_line(m, row, "name"), *slug = move_line(m, row, "slug"), *text = move_text(m, row, "template");
    if (is_gone(c, row) || !text)
        return;
    if (strstr(text, "{%"))
        move_note(m, MSG("the template “{1}” has conditions or loops; they stand in the text “{2}” as they were"), "ss", name, slug[0] ? slug : name);
    move_text_add(m, slug[0] ? slug : name, name, template_text(m, text));
}

static void add_subscriber(struct cachet *c, const struct doc *row)
{
    struct move *m = c->m;
    const char *email = move_line(m, row, "email");
    int64_t id = move_int(row, "id", 0);
    bool all = move_flag(row, "global", false), any = false;
    if (!email[0])
        move_note(m, MSG("a subscriber without a mail address is left out: telephone numbers and Slack are not taken"), "");
    m->unverified += email[0] && !move_text(m, row, "verified_at");
    if (!email[0] || !move_text(m, row, "verified_at"))
        return;
    struct doc *o = doc_object(m->arena), *services = doc_put_list(o, "services");
    doc_put_text(o, "email", email);
    if (m->opts.lang)
        doc_put_text(o, "lang", m->opts.lang);
    MOVE_OWNED(m, SUBSCRIPTIONS, "subscriber_id", id, s)
    {
        const struct move_component *k = component_of(c, move_int(s, "component_id", 0));
        any = true;
        if (k && !all && services->kids.n < 90)
            doc_push_text(services, k->name);
    }
    if (all || (any && services->kids.n))
        VEC_PUSH(&m->people, o);
    else
        move_note(m, MSG("{1} is left out: nothing is left that it was subscribed to"), "s", email);
}

static void note_metrics(struct move *m)
{
    MOVE_EACH(m, METRICS, row)
    move_note(m, MSG("the metric “{1}” is not taken; what checks measure is shown instead"), "s", move_line(m, row, "name"));
}

/* ---- all of it ---- */

static void say_doubts(const struct cachet *c)
{
    if (c->unknown_impact)
        move_note(c->m, MSG("for {1} {1|component of an incident|components of incidents} it was not kept how bad it was: taken as {2} (--impact says otherwise)"), "is", (int64_t)c->unknown_impact, level_words[c->m->opts.impact]);
    if (c->stale)
        move_note(c->m, MSG("{1} {1|schedule was|schedules were} never said to be complete, long after the time: taken as complete"), "i", (int64_t)c->stale);
    if (c->timeless)
        move_note(c->m, MSG("{1} {1|entry has|entries have} no time that can be read"), "i", (int64_t)c->timeless);
    if (c->deleted)
        move_note(c->m, MSG("{1} deleted {1|entry is|entries are} left out"), "i", (int64_t)c->deleted);
}

static void note_standing(const struct cachet *c)
{
    MOVE_EACH(c->m, COMPONENTS, row)
    {
        const struct move_component *k = component_of(c, move_int(row, "id", 0));
        bool open = false;
        if (!k || level_of(move_int(row, "status", 1)) == LEVEL_OPERATIONAL)
            continue;
        for (size_t i = 0; i < c->m->news.n && !open; i++)
            DOC_EACH(doc_get(c->m->news.at[i], "impacts"), im)
                open |= !doc_int(im, "to", 0) && str_eq(doc_text(im, "component", ""), k->name);
        if (!open)
            move_note(c->m, MSG("“{1}” is shown as bad there without an open incident; here a state follows from incidents and checks: open one if it is still so"), "s", k->title);
    }
}

static void build(struct move *m)
{
    struct cachet c = {.m = m};
    read_settings(m);
    unnest(m, INCIDENTS, "updates", UPDATES, "incident_id");
    unnest(m, INCIDENTS, "components", TOUCHED, "incident_id");
    unnest(m, SCHEDULES, "components", SCHEDULED, "schedule_id");
    unnest(m, SUBSCRIBERS, "subscriptions", SUBSCRIPTIONS, "subscriber_id");
    read_components(&c);
    move_sort(m, UPDATES, "incident_id", "id");
    move_sort(m, TOUCHED, "incident_id", "id");
    move_sort(m, SCHEDULED, "schedule_id", "id");
    move_sort(m, SUBSCRIPTIONS, "subscriber_id", "id");
    move_sort(m, INCIDENTS, "id", NULL);
    move_sort(m, SCHEDULES, "id", NULL);
    MOVE_EACH(m, INCIDENTS, row)
    if (!is_gone(&c, row) && !was_planned(&c, row))
        add_incident(&c, row);
    MOVE_EACH(m, SCHEDULES, row)
    if (!is_gone(&c, row))
        add_schedule(&c, row);
    MOVE_EACH(m, TEMPLATES, row)
    add_template(&c, row);
    MOVE_EACH(m, SUBSCRIBERS, row)
    add_subscriber(&c, row);
    note_metrics(m);
    note_standing(&c);
    say_doubts(&c);
    map_done(&c.components);
}

const struct mover mover_cachet = {"cachet", MSG("Cachet 2.x: a dump of its database (mysqldump, pg_dump, sqlite3 .dump), or --url with the address of its page"), MOVE_DUMP | MOVE_API, tables, pages, build};

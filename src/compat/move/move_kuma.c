/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_kuma.c: Uptime Kuma's database: the incidents of its status pages, maintenances, and the groups of monitors that its pages show.
 *
 * An incident there is one notice, rewritten in place: it becomes an incident with one update.  Its style says how bad it was: danger and
 * warning are outages, others are announcements.
 *
 * The monitors themselves are read by config's importer
 * (daemon/moving_kuma.c); here those that a page shows are components. */
#include "base/json.h"
#include "compat/move/move_priv.h"
#include <string.h>

enum { PAGES, GROUPS, MEMBERS, MONITORS, INCIDENTS, WORKS, SLOTS, TOUCHED };
static const char *const tables[] = {"status_page", "group", "monitor_group", "monitor", "incident", "maintenance", "maintenance_timeslot", "monitor_maintenance", NULL};

struct kuma {
    struct move *m;
    struct map components; /* by number of the monitor */
};

static const char *number(struct move *m, int64_t id)
{
    return arena_printf(m->arena, "%lld", (long long)id);
}

static struct move_component *component_of(const struct kuma *k, int64_t monitor)
{
    char text[24];
    str_print(text, sizeof text, "%lld", (long long)monitor);
    return map_find(&k->components, text);
}

/* ---- components: what its pages show ---- */

static void add_member(struct kuma *k, const struct doc *member, const struct doc *group)
{
    struct move *m = k->m;
    int64_t id = move_int(member, "monitor_id", 0);
    const struct doc *monitor = move_find(m, MONITORS, id);
    if (!monitor || component_of(k, id))
        return;
    struct move_component *c = move_component(m, move_line(m, monitor, "name"));
    const char *text = move_text(m, monitor, "description"), *link = move_line(m, monitor, "url"), *name = move_line(m, group, "name");
    c->text = text && text[0] ? move_clean(m, text, false, 1000) : NULL;
    c->group = name[0] ? name : NULL;
    c->link = move_flag(member, "send_url", false) && (str_istarts(link, "http://") || str_istarts(link, "https://")) ? link : NULL;
    c->order = (int64_t)m->components.n;
    map_set(&k->components, number(m, id), c);
}

static void read_components(struct kuma *k)
{
    struct move *m = k->m;
    move_sort(m, MONITORS, "id", NULL);
    move_sort(m, GROUPS, "status_page_id", "weight");
    move_sort(m, MEMBERS, "group_id", "weight");
    MOVE_EACH(m, GROUPS, group)
    if (move_flag(group, "public", true))
        MOVE_OWNED(m, MEMBERS, "group_id", move_int(group, "id", -1), member)
    add_member(k, member, group);
    MOVE_EACH(m, PAGES, page)
    if (move_text(m, page, "password") && move_line(m, page, "password")[0])
        move_note(m, MSG("the page “{1}” has a password there; here everything that is published is public"), "s", move_line(m, page, "title"));
    if (m->rows[PAGES].n > 1)
        move_note(m, MSG("there are {1} status pages; here they are one, in groups"), "i", (int64_t)m->rows[PAGES].n);
}

/* ---- incidents ---- */

static void add_incident(struct kuma *k, const struct doc *row)
{
    struct move *m = k->m;
    struct move_news n;
    int64_t id = move_int(row, "id", 0), changed = move_time(m, row, "last_updated_date");
    const char *style = move_line(m, row, "style");
    bool open = move_flag(row, "active", true) && move_flag(row, "pin", true);
    news_new(&n, m, BULLETIN_INCIDENT, 0, arena_printf(m->arena, "incident:%lld", (long long)id), move_text(m, row, "title"));
    n.started_ms = n.posted_ms = move_time(m, row, "created_date");
    changed = changed > n.started_ms ? changed : n.started_ms;
    n.phase = open ? PHASE_INVESTIGATING : PHASE_RESOLVED;
    n.ended_ms = open ? 0 : changed;
    n.pinned = open;
    news_update(&n, PHASE_INVESTIGATING, n.started_ms, n.started_ms, move_text(m, row, "content"));
    if (!open)
        news_update(&n, PHASE_RESOLVED, changed, changed, NULL);
    if (open && (str_eq(style, "danger") || str_eq(style, "warning")))
        move_note(m, MSG("“{1}” is open, and does not say which components it is about: “vigie incident update” can"), "s", move_line(m, row, "title"));
    news_end(&n);
}

/* ---- maintenances ---- */

static void touch(const struct kuma *k, struct move_news *n, int64_t id)
{
    MOVE_OWNED(k->m, TOUCHED, "maintenance_id", id, t)
    {
        const struct move_component *c = component_of(k, move_int(t, "monitor_id", 0));
        if (c)
            news_touch(n, c->name);
    }
}

static void add_work(struct kuma *k, const struct doc *row, int64_t start_ms, int64_t end_ms, const char *seed)
{
    struct move *m = k->m;
    struct move_news n;
    if (!start_ms || end_ms <= start_ms)
        return;
    bool active = move_flag(row, "active", true);
    news_new(&n, m, BULLETIN_WORK, 0, seed, move_text(m, row, "title"));
    n.start_ms = start_ms;
    n.end_ms = end_ms;
    n.phase = start_ms > m->opts.now_ms ? (active ? PHASE_CONFIRMED : PHASE_CANCELLED) : end_ms > m->opts.now_ms ? PHASE_IN_PROGRESS : PHASE_COMPLETED;
    n.posted_ms = start_ms < m->opts.now_ms ? start_ms : m->opts.now_ms;
    n.ended_ms = n.phase == PHASE_CANCELLED ? m->opts.now_ms : 0;
    news_update(&n, PHASE_CONFIRMED, n.posted_ms, n.posted_ms, move_text(m, row, "description"));
    touch(k, &n, move_int(row, "id", 0));
    if (n.phase == PHASE_IN_PROGRESS || n.phase == PHASE_COMPLETED) {
        n.started_ms = start_ms;
        for (size_t i = 0; i < n.components.n; i++)
            news_level(&n, n.components.at[i], LEVEL_PLANNED, start_ms);
        news_update(&n, PHASE_IN_PROGRESS, start_ms, start_ms, NULL);
    }
    if (n.phase == PHASE_COMPLETED)
        news_update(&n, PHASE_COMPLETED, end_ms, end_ms, NULL);
    news_end(&n);
}

/* "wed,sun 03:00-05:00" of [3, 7] (or [0]), "03:00" and "05:00"; NULL when it cannot be said so. */
static const char *week_window(struct move *m, const struct doc *row)
{
    static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    const char *from = move_line(m, row, "start_time"), *to = move_line(m, row, "end_time"), *list = move_line(m, row, "weekdays");
    struct buf b = BUF_MAX(200);
    if (strlen(from) < 5 || strlen(to) < 5 || strncmp(from, to, 5) >= 0 || from[2] != ':' || to[2] != ':')
        return NULL;
    for (const char *p = list; *p; p++)
        if (*p >= '0' && *p <= '7')
            buf_printf(&b, "%s%s", b.len ? "," : "", days[*p - '0']);
    const char *ret = b.len ? arena_printf(m->arena, "%s %.5s-%.5s", buf_text(&b), from, to) : NULL;
    buf_done(&b);
    return ret;
}

static void put_quoted(struct buf *b, const char *before, const char *text)
{
    buf_str(b, before);
    json_quote(b, text);
}

static void add_series(struct kuma *k, const struct doc *row)
{
    struct move *m = k->m;
    char slug[MOVE_NAME_BYTES];
    const char *title = move_line(m, row, "title"), *text = move_text(m, row, "description"), *window = str_eq(move_line(m, row, "strategy"), "recurring-weekday") ? week_window(m, row) : NULL;
    const char *zone = move_line(m, row, "timezone"), *between = "";
    struct buf b = BUF_MAX(16384);
    move_slug(title, slug);
    if (!window || !slug[0]) {
        move_note(m, MSG("the recurring maintenance “{1}” is left out: write it under “series” (vigie conf doc series)"), "s", title);
        return;
    }
    buf_printf(&b, "  %s: {", slug);
    put_quoted(&b, " title: ", title);
    if (text && text[0])
        put_quoted(&b, ", text: ", move_clean(m, text, false, 2000));
    put_quoted(&b, ", when: ", window);
    if (zone[0] && strchr(zone, '/'))
        put_quoted(&b, ", zone: ", zone);
    buf_str(&b, ", components: [");
    MOVE_OWNED(m, TOUCHED, "maintenance_id", move_int(row, "id", 0), t)
    {
        const struct move_component *c = component_of(k, move_int(t, "monitor_id", 0));
        if (c) {
            buf_printf(&b, "%s%s", between, c->name);
            between = ", ";
        }
    }
    buf_str(&b, "] }\n");
    if (!b.full && m->series.n < MOVE_MAX_THINGS)
        VEC_PUSH(&m->series, arena_dup(m->arena, buf_text(&b)));
    buf_done(&b);
}

/* Slots that it planned, where its version kept them; they are in UTC. */
static bool add_slots(struct kuma *k, const struct doc *row)
{
    struct move *m = k->m;
    int64_t id = move_int(row, "id", 0);
    bool any = false;
    MOVE_OWNED(m, SLOTS, "maintenance_id", id, s)
    {
        int64_t start = move_time(m, s, "start_date");
        add_work(k, row, start, move_time(m, s, "end_date"), arena_printf(m->arena, "maintenance:%lld:%lld", (long long)id, (long long)start));
        any = true;
    }
    return any;
}

static void add_maintenance(struct kuma *k, const struct doc *row)
{
    struct move *m = k->m;
    const char *strategy = move_line(m, row, "strategy");
    int64_t id = move_int(row, "id", 0);
    bool slots = add_slots(k, row);
    if (str_starts(strategy, "recurring") || str_eq(strategy, "cron"))
        add_series(k, row);
    else if (str_eq(strategy, "manual"))
        move_note(m, MSG("the maintenance “{1}” is switched by hand and has no times: it is left out"), "s", move_line(m, row, "title"));
    else if (!slots)
        add_work(k, row, move_time(m, row, "start_date"), move_time(m, row, "end_date"), arena_printf(m->arena, "maintenance:%lld", (long long)id));
}

static void build(struct move *m)
{
    struct kuma k = {.m = m};
    read_components(&k);
    move_sort(m, INCIDENTS, "id", NULL);
    move_sort(m, SLOTS, "maintenance_id", "id");
    move_sort(m, TOUCHED, "maintenance_id", "monitor_id");
    MOVE_EACH(m, INCIDENTS, row)
    add_incident(&k, row);
    MOVE_EACH(m, WORKS, row)
    add_maintenance(&k, row);
    map_done(&k.components);
}

const struct mover mover_kuma = {"uptime-kuma", MSG("Uptime Kuma: its database kuma.db (a copy of it, made while it stood still)"), MOVE_SQLITE, tables, NULL, build};

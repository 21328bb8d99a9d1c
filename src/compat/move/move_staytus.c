/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_staytus.c: Staytus: the tables of its MySQL database, in UTC.
 *
 * An issue has no text of its own: all that was said is in its updates, each of which may name the state that the services are in
 * from then on. */
#include "compat/move/move_priv.h"

enum { GROUPS, SERVICES, STATUSES, ISSUES, ISSUE_UPDATES, ISSUE_SERVICES, WORKS, WORK_UPDATES, WORK_SERVICES, SUBSCRIBERS, SUBSCRIBED };
static const char *const tables[] = {"service_groups", "services", "service_statuses", "issues", "issue_updates", "issue_service_joins", "maintenances", "maintenance_updates",
                                     "maintenance_service_joins", "subscribers", "subscriber_service_joins", NULL};

struct staytus {
    struct move *m;
    struct map services; /* by number: struct move_component */
    int stale;
};

static struct move_component *service_of(const struct staytus *s, int64_t id)
{
    char text[24];
    str_print(text, sizeof text, "%lld", (long long)id);
    return map_find(&s->services, text);
}

static void read_services(struct staytus *s)
{
    struct move *m = s->m;
    move_sort(m, SERVICES, "group_id", "position");
    MOVE_EACH(m, SERVICES, row)
    {
        struct move_component *k = move_component(m, move_line(m, row, "name"));
        const char *text = move_text(m, row, "description");
        const struct doc *group = move_find(m, GROUPS, move_int(row, "group_id", -1));
        k->text = text ? move_clean(m, text, false, 1000) : NULL;
        k->group = group ? move_line(m, group, "name") : NULL;
        k->order = (int64_t)m->components.n;
        map_set(&s->services, arena_printf(m->arena, "%lld", (long long)move_int(row, "id", 0)), k);
    }
}

/* What a state of its own making means; -1: nothing was said. */
static int level_of(const struct staytus *s, int64_t status)
{
    const struct doc *row = status ? move_find(s->m, STATUSES, status) : NULL;
    const char *type = row ? move_text(s->m, row, "status_type") : NULL;
    if (!type)
        return -1;
    return str_eq(type, "major") ? LEVEL_MAJOR : str_eq(type, "minor") ? LEVEL_DEGRADED : str_eq(type, "maintenance") ? LEVEL_DEGRADED : LEVEL_OPERATIONAL;
}

static enum phase phase_of(const char *state)
{
    int p = state ? phase_from(state) : -1;
    return p >= PHASE_INVESTIGATING && p <= PHASE_RESOLVED ? (enum phase)p : PHASE_INVESTIGATING;
}

/* ---- issues ---- */

static void touch_issue(const struct staytus *s, struct move_news *n, const struct doc *row, int64_t id)
{
    MOVE_OWNED(s->m, ISSUE_SERVICES, "issue_id", id, j)
    {
        const struct move_component *k = service_of(s, move_int(j, "service_id", 0));
        if (k)
            news_touch(n, k->name);
    }
    if (!n->components.n && move_flag(row, "all_services", false))
        for (size_t i = 0; i < s->m->components.n; i++)
            news_touch(n, s->m->components.at[i]->name);
}

static void suffer(struct move_news *n, int level, int64_t at_ms)
{
    for (size_t i = 0; level >= 0 && i < n->components.n; i++)
        news_level(n, n->components.at[i], (enum level)level, at_ms);
}

static void say_issue(struct staytus *s, struct move_news *n, const struct doc *row, int64_t id)
{
    int level = -1;
    n->phase = phase_of(move_text(s->m, row, "state"));
    MOVE_OWNED(s->m, ISSUE_UPDATES, "issue_id", id, u)
    {
        int64_t at = move_time(s->m, u, "created_at");
        at = at > n->started_ms ? at : n->started_ms;
        enum phase p = phase_of(move_text(s->m, u, "state"));
        level = level_of(s, move_int(u, "service_status_id", 0));
        news_update(n, p, n->n_updates ? at : n->started_ms, at, move_text(s->m, u, "text"));
        suffer(n, level, n->n_updates == 1 ? n->started_ms : at);
        if (p == PHASE_RESOLVED)
            n->ended_ms = at;
    }
    if (!n->n_updates)
        news_update(n, n->phase, n->started_ms, n->started_ms, NULL);
    if (!n->impacts.n)
        suffer(n, level_of(s, move_int(row, "service_status_id", 0)), n->started_ms);
}

static void add_issue(struct staytus *s, const struct doc *row)
{
    struct move *m = s->m;
    struct move_news n;
    int64_t id = move_int(row, "id", 0);
    const char *identifier = move_line(m, row, "identifier");
    news_new(&n, m, BULLETIN_INCIDENT, id, arena_printf(m->arena, "issue:%lld", (long long)id), move_text(m, row, "title"));
    n.started_ms = n.posted_ms = move_time(m, row, "created_at");
    n.changed_ms = move_time(m, row, "updated_at");
    touch_issue(s, &n, row, id);
    say_issue(s, &n, row, id);
    if (identifier[0])
        news_alias(&n, "/issue/%s", identifier);
    news_end(&n);
}

/* ---- maintenances ---- */

static void say_work(struct staytus *s, struct move_news *n, const struct doc *row, int64_t id)
{
    struct move *m = s->m;
    int64_t closed = move_time(m, row, "closed_at");
    bool begun = n->start_ms <= m->opts.now_ms, over = closed || n->end_ms <= m->opts.now_ms, said = false;
    n->phase = over && begun ? PHASE_COMPLETED : begun ? PHASE_IN_PROGRESS : closed ? PHASE_CANCELLED : PHASE_CONFIRMED;
    s->stale += over && begun && !closed;
    n->ended_ms = closed ? closed : n->phase == PHASE_COMPLETED ? n->end_ms : 0;
    news_update(n, PHASE_CONFIRMED, n->posted_ms, n->posted_ms, move_text(m, row, "description"));
    MOVE_OWNED(m, WORK_UPDATES, "maintenance_id", id, u)
    {
        int64_t at = move_time(m, u, "created_at");
        if (!said && begun && at >= n->start_ms) {
            news_update(n, PHASE_IN_PROGRESS, n->start_ms, n->start_ms, NULL);
            said = true;
        }
        news_update(n, at >= n->start_ms ? PHASE_IN_PROGRESS : PHASE_CONFIRMED, at, at, move_text(m, u, "text"));
    }
    if (begun && !said)
        news_update(n, PHASE_IN_PROGRESS, n->start_ms, n->start_ms, NULL);
    if (n->ended_ms)
        news_update(n, n->phase, n->ended_ms, n->ended_ms, NULL);
}

static void add_work(struct staytus *s, const struct doc *row)
{
    struct move *m = s->m;
    struct move_news n;
    int64_t id = move_int(row, "id", 0), created = move_time(m, row, "created_at");
    const char *identifier = move_line(m, row, "identifier");
    news_new(&n, m, BULLETIN_WORK, 0, arena_printf(m->arena, "maintenance:%lld", (long long)id), move_text(m, row, "title"));
    n.start_ms = move_time(m, row, "start_at");
    n.end_ms = move_time(m, row, "finish_at");
    if (n.end_ms <= n.start_ms) {
        int64_t minutes = move_int(row, "length_in_minutes", 60);
        n.end_ms = n.start_ms + (minutes > 0 && minutes < 100000 ? minutes : 60) * 60000;
    }
    n.posted_ms = created && created < n.start_ms ? created : n.start_ms;
    n.effect = level_of(s, move_int(row, "service_status_id", 0)) == LEVEL_OPERATIONAL ? EFFECT_NONE : EFFECT_OUTAGE;
    MOVE_OWNED(m, WORK_SERVICES, "maintenance_id", id, j)
    {
        const struct move_component *k = service_of(s, move_int(j, "service_id", 0));
        if (k)
            news_touch(&n, k->name);
    }
    say_work(s, &n, row, id);
    if (n.phase == PHASE_IN_PROGRESS || n.phase == PHASE_COMPLETED) {
        n.started_ms = n.start_ms;
        suffer(&n, LEVEL_PLANNED, n.start_ms);
    }
    if (identifier[0])
        news_alias(&n, "/maintenance/%s", identifier);
    news_end(&n);
}

/* ---- subscribers ---- */

static void add_subscriber(struct staytus *s, const struct doc *row)
{
    struct move *m = s->m;
    const char *email = move_line(m, row, "email_address");
    if (!email[0] || !move_text(m, row, "verified_at")) {
        m->unverified += email[0] != 0;
        return;
    }
    struct doc *o = doc_object(m->arena), *services = doc_put_list(o, "services");
    doc_put_text(o, "email", email);
    MOVE_OWNED(m, SUBSCRIBED, "subscriber_id", move_int(row, "id", 0), j)
    {
        const struct move_component *k = service_of(s, move_int(j, "service_id", 0));
        if (k && services->kids.n < 90)
            doc_push_text(services, k->name);
    }
    VEC_PUSH(&m->people, o);
}

static void build(struct move *m)
{
    struct staytus s = {.m = m};
    read_services(&s);
    move_sort(m, ISSUES, "id", NULL);
    move_sort(m, ISSUE_UPDATES, "issue_id", "id");
    move_sort(m, ISSUE_SERVICES, "issue_id", "service_id");
    move_sort(m, WORKS, "id", NULL);
    move_sort(m, WORK_UPDATES, "maintenance_id", "id");
    move_sort(m, WORK_SERVICES, "maintenance_id", "service_id");
    move_sort(m, SUBSCRIBED, "subscriber_id", "service_id");
    MOVE_EACH(m, ISSUES, row)
    add_issue(&s, row);
    MOVE_EACH(m, WORKS, row)
    if (move_time(m, row, "start_at"))
        add_work(&s, row);
    MOVE_EACH(m, SUBSCRIBERS, row)
    add_subscriber(&s, row);
    if (s.stale)
        move_note(m, MSG("{1} {1|maintenance was|maintenances were} never closed, long after the time: taken as complete"), "i", (int64_t)s.stale);
    map_done(&s.services);
}

const struct mover mover_staytus = {"staytus", MSG("Staytus: a dump of its database by mysqldump"), MOVE_DUMP, tables, NULL, build};

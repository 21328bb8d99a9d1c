/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sight.c: see sight.h. */
#include "model/sight.h"
#include "base/mem.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { LATE_ROUNDS = 3, LATE_SLACK_MS = 60000 };

/* ---- what the checks have seen ---- */

static struct item *find_item(const struct model *m, const char *id)
{
    char host[CONF_MAX_NAME + 1];
    const char *slash = strchr(id, '/');
    struct host *h = model_find_host(m, id);
    if (h || !slash)
        return h ? &h->self : NULL;
    str_copyn(host, sizeof host, id, (size_t)(slash - id));
    return model_find(m, host, slash + 1);
}

/* Seen longer ago than three rounds: what we know may no longer be so. */
static bool is_late(const struct item *it, int64_t now_ms)
{
    if (it->stale)
        return true;
    if (!it->conf || !it->last_check_ms || it->conf->freshness_ms || it->conf->every_ms <= 0)
        return false;
    return now_ms - it->last_check_ms > LATE_ROUNDS * (it->conf->every_ms + it->conf->timeout_ms) + LATE_SLACK_MS;
}

/* When the work that covers an item should be done; 0: there is none. */
static int64_t work_until(const struct model *m, const struct item *it)
{
    int64_t until = 0;
    for (size_t i = 0; it->downtime_depth && i < model_downtimes(m); i++) {
        const struct downtime *d = model_downtime_at(m, i);
        if (d->active && d->host == it->host && (!d->item || d->item == it) && d->until_ms > until)
            until = d->until_ms;
    }
    return until;
}

/* Since when a component has not been well by a bulletin, whatever the levels meanwhile. */
static int64_t run_since(const struct bulletin *b, const char *component, int64_t since_ms)
{
    for (int i = b->n_impacts; i-- > 0;)
        if (b->impacts[i].to_ms == since_ms && b->impacts[i].from_ms < since_ms && str_eq(b->impacts[i].component, component))
            since_ms = b->impacts[i].from_ms;
    return since_ms;
}

static void see_component(struct sight *s, const struct model *m, struct sight_component *v)
{
    int seen = 0, late = 0;
    int64_t until = 0;
    struct component_standing st;
    board_standing(s->board, m, v->c, s->now_ms, &st);
    for (int i = 0; i < v->c->depends.n; i++) {
        const struct item *it = find_item(m, v->c->depends.at[i]);
        if (!it || !it->enabled)
            continue;
        seen += it->st.hard_state != STATE_PENDING;
        late += is_late(it, s->now_ms);
        s->last_ms = it->last_check_ms > s->last_ms ? it->last_check_ms : s->last_ms;
        int64_t end = work_until(m, it);
        until = end > until ? end : until;
    }
    *v = (struct sight_component){.c = v->c, .level = st.level, .since_ms = st.since_ms, .because = st.because, .until_ms = st.because ? st.until_ms : until};
    if (st.because)
        v->since_ms = run_since(st.because, v->c->name, st.since_ms);
    v->waiting = !st.because && !seen && v->c->depends.n;
    if (!st.because && late && (v->level == LEVEL_OPERATIONAL || late == seen))
        v->level = LEVEL_UNKNOWN;
    s->look_again_ms = st.look_again_ms < s->look_again_ms ? st.look_again_ms : s->look_again_ms;
}

/* ---- what is published ---- */

static int heavier_first(const void *x, const void *y, void *now)
{
    const struct bulletin *a = *(const struct bulletin *const *)x, *b = *(const struct bulletin *const *)y;
    int wa = (int)bulletin_worst(a, *(int64_t *)now), wb = (int)bulletin_worst(b, *(int64_t *)now);
    if (a->pinned != b->pinned)
        return a->pinned ? -1 : 1;
    if (wa != wb)
        return wb - wa;
    return a->started_ms != b->started_ms ? (a->started_ms < b->started_ms ? 1 : -1) : (a->id < b->id) - (a->id > b->id);
}

static int sooner_first(const void *x, const void *y)
{
    const struct bulletin *a = *(const struct bulletin *const *)x, *b = *(const struct bulletin *const *)y;
    return a->start_ms != b->start_ms ? (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms) : (a->id > b->id) - (a->id < b->id);
}

static void see_bulletins(struct sight *s, struct arena *a)
{
    size_t n = board_count(s->board), incidents = 0, works = 0;
    for (size_t i = 0; i < n; i++) {
        const struct bulletin *b = board_at(s->board, i);
        bool shows = bulletin_is_open(b) && bulletin_is_public(b);
        incidents += shows && b->kind == BULLETIN_INCIDENT;
        works += shows && b->kind == BULLETIN_WORK;
    }
    s->incidents = ARENA_ARRAY(a, const struct bulletin *, incidents + 1);
    s->works = ARENA_ARRAY(a, const struct bulletin *, works + 1);
    for (size_t i = 0; i < n; i++) {
        const struct bulletin *b = board_at(s->board, i);
        if (!bulletin_is_open(b) || !bulletin_is_public(b))
            continue;
        if (b->kind == BULLETIN_INCIDENT)
            s->incidents[s->n_incidents++] = b;
        else
            s->works[s->n_works++] = b;
    }
    qsort_r(s->incidents, (size_t)s->n_incidents, sizeof(s->incidents[0]), heavier_first, &s->now_ms);
    qsort(s->works, (size_t)s->n_works, sizeof(s->works[0]), sooner_first);
}

/* While somebody looks into an incident all is not well, even if no component was named. */
static void weigh_incidents(struct sight *s)
{
    for (int i = 0; i < s->n_incidents; i++) {
        const struct bulletin *b = s->incidents[i];
        if (s->worst >= LEVEL_DEGRADED || b->phase == PHASE_MONITORING)
            continue;
        s->worst = LEVEL_DEGRADED;
        s->since_ms = b->started_ms;
        s->main = b;
    }
}

/* ---- all of it ---- */

static void weigh_components(struct sight *s)
{
    for (int i = 0; i < s->n; i++)
        s->worst = s->components[i].level > s->worst ? s->components[i].level : s->worst;
    for (int i = 0; i < s->n; i++) {
        const struct sight_component *v = &s->components[i];
        bool takes = s->worst == LEVEL_OPERATIONAL ? v->since_ms > s->since_ms : !s->since_ms || v->since_ms < s->since_ms;
        if (v->level != s->worst || !v->since_ms || !takes)
            continue;
        s->since_ms = v->since_ms;
        s->main = v->because;
    }
}

void sight_see(struct sight *s, struct arena *a, const struct board *b, const struct model *m, const struct zone *zone, int64_t now_ms)
{
    int waiting = 0;
    *s = (struct sight){.conf = model_conf(m), .board = b, .zone = zone, .now_ms = now_ms, .look_again_ms = INT64_MAX};
    s->n = s->conf ? s->conf->n_components : 0;
    s->components = ARENA_ARRAY(a, struct sight_component, (size_t)s->n + 1);
    for (int i = 0; i < s->n; i++) {
        s->components[i].c = s->conf->components[i];
        see_component(s, m, &s->components[i]);
        s->by_level[s->components[i].level]++;
        waiting += s->components[i].waiting;
    }
    see_bulletins(s, a);
    s->waiting = s->n && waiting == s->n && !s->n_incidents;
    weigh_components(s);
    weigh_incidents(s);
    if (!s->main && s->n_incidents)
        s->main = s->incidents[0];
}

const struct sight_component *sight_find(const struct sight *s, const char *component)
{
    for (int i = 0; i < s->n; i++)
        if (str_eq(s->components[i].c->name, component))
            return &s->components[i];
    return NULL;
}

/* ---- names ---- */

const char *sight_text(const struct conf_pairs *p, const char *lang, const char **ret_lang)
{
    const char *text = conf_pairs_lang(p, lang);
    *ret_lang = NULL;
    for (int i = 0; text && i < p->n; i++) {
        if (str_eq(p->keys[i], lang)) { /* said in it, be it with the same words as in another */
            *ret_lang = NULL;
            break;
        }
        if (p->values[i] == text && p->keys[i][0])
            *ret_lang = p->keys[i];
    }
    return text;
}

const char *sight_title(const struct sight *s, const char *component, const char *lang, const char **ret_lang)
{
    const struct conf_component *c = s->conf ? map_find(&s->conf->component_by_name, component) : NULL;
    const char *title = c ? sight_text(&c->title, lang, ret_lang) : NULL;
    if (!title)
        *ret_lang = NULL;
    return title ? title : component;
}

const char *sight_site(const struct sight *s, const char *lang, const char **ret_lang)
{
    const char *title = s->conf ? sight_text(&s->conf->site.title, lang, ret_lang) : NULL;
    if (!title)
        *ret_lang = NULL;
    return title ? title : "vigie";
}

const char *sight_group_title(const struct sight *s, const char *group, const char *lang, const char **ret_lang)
{
    const char *slash = strrchr(group, '/'), *name = slash && slash[1] ? slash + 1 : group, *title = NULL;
    *ret_lang = NULL;
    for (int i = 0; s->conf && !title && i < s->conf->n_groups; i++)
        if (str_eq(s->conf->groups[i]->name, name))
            title = sight_text(&s->conf->groups[i]->title, lang, ret_lang);
    return title ? title : name;
}

bool sight_in_group(const struct conf_component *c, const char *group)
{
    return c->group && str_starts(c->group, group) && (c->group[strlen(group)] == 0 || c->group[strlen(group)] == '/');
}

bool sight_overruns(const struct bulletin *b, int64_t now_ms)
{
    int64_t end = b->kind == BULLETIN_WORK ? b->end_ms : b->expected_ms;
    return bulletin_is_open(b) && end && end < now_ms && (b->kind == BULLETIN_INCIDENT || b->phase == PHASE_IN_PROGRESS);
}

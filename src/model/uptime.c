/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uptime.c: see uptime.h. Tracks become one list of spans, the policy goes over it, impacts are laid on top, days are cut. */
#include "model/uptime.h"
#include "base/calendar.h"
#include "base/mem.h"
#include "base/str.h"
#include <stdlib.h>

#define DAY_MS (INT64_C(86400) * 1000)
enum { NONE = LEVELS, WORST_LEAST_S = 60, MAX_TRACKS = 64 };
enum { PUBLISH_PROPOSE, PUBLISH_AUTO, PUBLISH_MANUAL }; /* the words of `publish:` */

/* ---- tracks ---- */

void track_done(struct track *t)
{
    VEC_DONE(&t->steps);
}

void track_add(struct track *t, struct track_step s)
{
    if (t->steps.n >= TRACK_MAX) {
        t->steps.n -= TRACK_MAX / 4;
        memmove(t->steps.at, t->steps.at + TRACK_MAX / 4, t->steps.n * sizeof(t->steps.at[0]));
    }
    VEC_PUSH(&t->steps, s);
    for (size_t i = t->steps.n - 1; i > 0 && t->steps.at[i - 1].at_ms > s.at_ms; i--) {
        t->steps.at[i] = t->steps.at[i - 1];
        t->steps.at[i - 1] = s;
    }
}

void track_forget(struct track *t, int64_t before_ms)
{
    struct track_step last = {0};
    size_t n = 0;
    for (; n < t->steps.n && t->steps.at[n].at_ms < before_ms; n++)
        if (t->steps.at[n].kind == TRACK_STATE)
            last = t->steps.at[n];
    if (n < 2 || !last.kind)
        return;
    last.at_ms = before_ms;
    t->steps.at[n - 1] = last;
    t->steps.n -= n - 1;
    memmove(t->steps.at, t->steps.at + n - 1, t->steps.n * sizeof(t->steps.at[0]));
}

/* ---- what the checks said ---- */

struct span { /* until the next one begins */
    int64_t from_ms;
    int level; /* enum level, or NONE */
};
struct spans {
    VEC(struct span) v;
};

static void spans_add(struct spans *s, int64_t from_ms, int level)
{
    struct span *last = s->v.n ? &s->v.at[s->v.n - 1] : NULL;
    if (last && last->from_ms == from_ms)
        last->level = level;
    else if (!last || last->level != level)
        VEC_PUSH(&s->v, ((struct span){from_ms, level}));
}

static int level_of_state(enum state st)
{
    static const int levels[STATE_COUNT] = {
        [STATE_PENDING] = NONE,           [STATE_OK] = LEVEL_OPERATIONAL, [STATE_UP] = LEVEL_OPERATIONAL, [STATE_WARNING] = LEVEL_DEGRADED,
        [STATE_CRITICAL] = LEVEL_MAJOR,   [STATE_DOWN] = LEVEL_MAJOR,     [STATE_UNREACHABLE] = LEVEL_MAJOR, [STATE_UNKNOWN] = LEVEL_UNKNOWN,
    };
    return st < STATE_COUNT ? levels[st] : NONE;
}

struct cursor { /* where each track is */
    const struct track *t;
    size_t next;
    int level, works;
};

static int worst_of(const struct cursor *at, int n)
{
    int worst = NONE;
    for (int i = 0; i < n; i++) {
        int level = at[i].level;
        if (level == NONE)
            continue;
        if (level != LEVEL_OPERATIONAL && at[i].works > 0)
            level = LEVEL_PLANNED;
        worst = worst == NONE || level > worst ? level : worst;
    }
    return worst;
}

static void take_step(struct cursor *c)
{
    const struct track_step *s = &c->t->steps.at[c->next++];
    if (s->kind == TRACK_STATE)
        c->level = level_of_state((enum state)s->state);
    else
        c->works += s->kind == TRACK_WORK_BEGINS ? 1 : c->works > 0 ? -1 : 0;
}

/* All tracks at once, always the earliest step. */
static void merge(struct spans *out, const struct track *const *tracks, int n)
{
    struct cursor at[MAX_TRACKS];
    int used = 0;
    for (int i = 0; i < n && used < MAX_TRACKS; i++)
        if (tracks[i])
            at[used++] = (struct cursor){.t = tracks[i], .level = NONE};
    for (;;) {
        struct cursor *first = NULL;
        for (int i = 0; i < used; i++)
            if (at[i].next < at[i].t->steps.n && (!first || at[i].t->steps.at[at[i].next].at_ms < first->t->steps.at[first->next].at_ms))
                first = &at[i];
        if (!first)
            return;
        int64_t when = first->t->steps.at[first->next].at_ms;
        take_step(first);
        spans_add(out, when, worst_of(at, used));
    }
}

static bool is_bad(int level)
{
    return level != NONE && level >= LEVEL_DEGRADED;
}

/* What the policy does not publish counts as working. A run of bad spans counts whole, or not at all. */
static void apply_policy(struct spans *s, const struct conf_component *c, int64_t now_ms)
{
    for (size_t i = 0; i < s->v.n;) {
        size_t end = i + 1;
        while (end < s->v.n && is_bad(s->v.at[i].level) && is_bad(s->v.at[end].level))
            end++;
        int64_t lasted = (end < s->v.n ? s->v.at[end].from_ms : now_ms) - s->v.at[i].from_ms;
        bool counts = c->publish == PUBLISH_AUTO && lasted >= c->after_ms;
        for (size_t k = i; k < end && is_bad(s->v.at[k].level) && !counts; k++)
            s->v.at[k].level = LEVEL_OPERATIONAL;
        i = end;
    }
}

/* ---- what was published ---- */

struct edge {
    int64_t at_ms;
    int level, by;
};
struct edges {
    VEC(struct edge) v;
};

static void add_edges(struct edges *out, const struct sight *s, const char *component, int64_t since_ms)
{
    for (size_t i = 0; i < board_count(s->board); i++) {
        const struct bulletin *b = board_at(s->board, i);
        bool counts = bulletin_is_public(b) && (!b->ended_ms || b->ended_ms > since_ms);
        for (int k = 0; counts && k < b->n_impacts; k++) {
            const struct impact *im = &b->impacts[k];
            if (!str_eq(im->component, component))
                continue;
            VEC_PUSH(&out->v, ((struct edge){im->from_ms, im->level, 1}));
            if (im->to_ms)
                VEC_PUSH(&out->v, ((struct edge){im->to_ms, im->level, -1}));
        }
    }
}

static int by_time(const void *x, const void *y)
{
    const struct edge *a = x, *b = y;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

/* Where something is published it counts, and the checks do not. */
static void lay_over(struct spans *out, const struct spans *checks, const struct edges *e)
{
    int open[LEVELS] = {0}, under = NONE;
    size_t i = 0, k = 0;
    while (i < checks->v.n || k < e->v.n) {
        int64_t when = i >= checks->v.n || (k < e->v.n && e->v.at[k].at_ms < checks->v.at[i].from_ms) ? e->v.at[k].at_ms : checks->v.at[i].from_ms;
        int level = NONE;
        for (; i < checks->v.n && checks->v.at[i].from_ms <= when; i++)
            under = checks->v.at[i].level;
        for (; k < e->v.n && e->v.at[k].at_ms <= when; k++)
            open[e->v.at[k].level] += e->v.at[k].by;
        for (int l = LEVEL_PLANNED; l < LEVELS; l++)
            level = open[l] > 0 ? l : level;
        spans_add(out, when, level != NONE ? level : under);
    }
}

/* ---- days ---- */

/* The moment at which a day of the site's zone begins. */
static int64_t midnight(int64_t day, const struct zone *z)
{
    int64_t guess_s = day * 86400 - zone_offset(z, day * 86400, NULL);
    return (day * 86400 - zone_offset(z, guess_s, NULL)) * 1000;
}

static void set_days(struct uptime *u, const struct sight *s)
{
    struct civil c;
    time_civil(s->now_ms, s->zone, &c);
    int64_t today = cal_days(c.year, c.month, c.day);
    for (int i = 0; i < UPTIME_DAYS; i++) {
        int64_t day = today - (UPTIME_DAYS - 1) + i;
        u->days[i] = (struct uptime_day){.from_ms = midnight(day, s->zone), .to_ms = i == UPTIME_DAYS - 1 ? s->now_ms : midnight(day + 1, s->zone)};
    }
}

static void add_span(struct uptime *u, int64_t from_ms, int64_t to_ms, int level)
{
    int64_t first = from_ms < u->days[0].from_ms ? 0 : (from_ms - u->days[0].from_ms) / DAY_MS;
    for (int64_t i = first > 0 ? first - 1 : 0; level != NONE && i < UPTIME_DAYS && u->days[i].from_ms < to_ms; i++) {
        struct uptime_day *d = &u->days[i];
        int64_t from = from_ms > d->from_ms ? from_ms : d->from_ms, to = to_ms < d->to_ms ? to_ms : d->to_ms;
        if (from < to)
            d->level_s[level] += (int32_t)((to - from) / 1000);
    }
}

static void close_days(struct uptime *u)
{
    for (int i = 0; i < UPTIME_DAYS; i++) {
        struct uptime_day *d = &u->days[i];
        for (int l = 0; l < LEVELS; l++)
            d->known_s += d->level_s[l];
        for (int l = 0; l < LEVELS; l++)
            if (d->level_s[l] >= WORST_LEAST_S || (d->level_s[l] && d->level_s[l] == d->known_s))
                d->worst = (enum level)l;
    }
}

void uptime_count(struct uptime *ret, const struct sight *s, const struct conf_component *c, const struct track *const *tracks, int64_t begin_ms)
{
    struct spans checks = {0}, all = {0};
    struct edges edges = {0};
    set_days(ret, s);
    if (c->depends.n)
        merge(&checks, tracks, c->depends.n);
    else if (begin_ms)
        spans_add(&checks, begin_ms, LEVEL_OPERATIONAL);
    apply_policy(&checks, c, s->now_ms);
    add_edges(&edges, s, c->name, ret->days[0].from_ms);
    if (edges.v.n)
        qsort(edges.v.at, edges.v.n, sizeof(edges.v.at[0]), by_time);
    lay_over(&all, &checks, &edges);
    for (size_t i = 0; i < all.v.n; i++)
        add_span(ret, all.v.at[i].from_ms, i + 1 < all.v.n ? all.v.at[i + 1].from_ms : s->now_ms, all.v.at[i].level);
    close_days(ret);
    VEC_DONE(&checks.v);
    VEC_DONE(&all.v);
    VEC_DONE(&edges.v);
}

int uptime_figure(const struct uptime *u, int days, int64_t *ret_planned_s, int64_t *ret_down_s)
{
    int64_t known = 0, apart = 0, planned = 0, down = 0;
    for (int i = UPTIME_DAYS - days < 0 ? 0 : UPTIME_DAYS - days; i < UPTIME_DAYS; i++) {
        const struct uptime_day *d = &u->days[i];
        known += d->known_s;
        planned += d->level_s[LEVEL_PLANNED];
        apart += d->level_s[LEVEL_PLANNED] + d->level_s[LEVEL_UNKNOWN];
        down += d->level_s[LEVEL_PARTIAL] + d->level_s[LEVEL_MAJOR];
    }
    if (ret_planned_s)
        *ret_planned_s = planned;
    if (ret_down_s)
        *ret_down_s = down;
    return known > apart ? (int)((known - apart - down) * 10000 / (known - apart)) : -1;
}

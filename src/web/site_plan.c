/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site_plan.c: the files of an export, in the order in which they are written: what others link to comes first.
 *
 * A file's inputs are the addresses of the immutable things that it is rendered from (bulletins, the configuration), which are
 * held until the next export: the same addresses mean the same bytes. What tells of now (the clock is in it) has none. */
#include "base/hash.h"
#include "base/str.h"
#include "base/timetext.h"
#include "web/assets.h"
#include "web/site_int.h"
#include <string.h>

static uint64_t mix(uint64_t seed, const void *thing)
{
    uintptr_t at = (uintptr_t)thing;
    return hash_bytes(&at, sizeof at, seed) | 1;
}

/* What every page is made of: names, and the year, because dates of another one have it said. */
static uint64_t common(const struct site_run *r)
{
    struct civil now;
    time_civil(r->s.now_ms, r->s.zone, &now);
    return mix(hash_text(r->base, (uint64_t)now.year), r->conf);
}

/* ---- names of files ---- */

static const char *file_of(const struct site_run *r, const char *path, const char *lang, bool page)
{
    const char *name = path + 1, *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
    bool main = !lang || str_eq(lang, r->main_lang);
    if (page)
        return arena_printf(r->a, "%s%sindex%s%s.html", name, name[0] ? "/" : "", main ? "" : ".", main ? "" : lang);
    if (main || !dot || (slash && dot < slash))
        return main ? arena_dup(r->a, name) : arena_printf(r->a, "%s.%s", name, lang);
    return arena_printf(r->a, "%.*s.%s%s", (int)(dot - name), name, lang, dot);
}

static const char *encoded(const struct site_run *r, const char *path)
{
    struct buf b = BUF_MAX(4 * TREE_MAX_PATH);
    struct str rest = str_of(path), seg;
    while (str_next(&rest, "/", &seg))
        if (seg.n)
            html_print(&b, "en", "/%u", arena_dupn(r->a, seg.p, seg.n));
    const char *text = b.len ? arena_dup(r->a, buf_text(&b)) : "/";
    buf_done(&b);
    return text;
}

static void add(struct site_run *r, const char *path, const struct site_item *like)
{
    struct site_item it = *like;
    it.file = file_of(r, path, it.lang, it.page);
    it.here = encoded(r, path);
    if (!tree_path_ok(it.file) || r->items.n >= SITE_MAX_FILES) {
        r->result.skipped++;
        return;
    }
    if (it.feed.self)
        it.feed.self = encoded(r, arena_printf(r->a, "/%s", it.file));
    VEC_PUSH(&r->items, it);
    site_link_add(r, path, it.lang, it.file);
}

static void add_langs(struct site_run *r, const char *path, const struct site_item *like)
{
    for (int i = 0; msg_langs[i]; i++) {
        struct site_item it = *like;
        it.lang = msg_langs[i];
        add(r, path, &it);
    }
}

/* ---- files as they are ---- */

static void render_asset(const struct site_item *it, struct pub *p)
{
    const struct asset *a = it->of;
    buf_add(p->out, a->bytes, a->n);
}

static void plan_assets(struct site_run *r)
{
    for (const struct asset *a = ui_assets; a->path; a++)
        if (str_starts(a->path, "/static/") && (!str_ends(a->path, ".js") || str_eq(a->path, SITE_SCRIPT)))
            add(r, a->path, &(struct site_item){.render = render_asset, .of = a, .inputs = mix(1, a)});
}

/* ---- bulletins ---- */

static void render_bulletin(const struct site_item *it, struct pub *p)
{
    public_bulletin(p, it->of);
}

static void render_calendar(const struct site_item *it, struct pub *p)
{
    feed_calendar(p, &it->feed);
}

/* Nothing of it is of today: no clock is in its page. */
static bool is_over(const struct site_run *r, const struct bulletin *b)
{
    int64_t last = b->changed_ms > b->ended_ms ? b->changed_ms : b->ended_ms;
    last = b->report_ms > last ? b->report_ms : last;
    return (!bulletin_is_open(b) || b->retracted) && last < r->s.now_ms - SITE_OVER_MS;
}

static void plan_bulletins(struct site_run *r, uint64_t all)
{
    char path[64], calendar[96];
    for (size_t i = 0; i < board_count(r->board); i++) {
        const struct bulletin *b = board_at(r->board, i);
        bool over = is_over(r, b);
        pub_path(b, path, sizeof path);
        add_langs(r, path, &(struct site_item){.page = true, .over = over, .inputs = over ? mix(all, b) : 0, .render = render_bulletin, .of = b});
        str_print(calendar, sizeof calendar, "%s/calendar.ics", path);
        if (b->kind == BULLETIN_WORK && !b->retracted)
            add_langs(r, calendar, &(struct site_item){.inputs = mix(all, b), .render = render_calendar, .feed = {.only = b, .self = ""}});
    }
}

/* ---- months ---- */

static void render_month(const struct site_item *it, struct pub *p)
{
    public_month(p, it->year, it->month);
}

static int month_of(const struct site_run *r, int64_t at_ms)
{
    struct civil c;
    time_civil(at_ms, r->s.zone, &c);
    return c.year * 12 + c.month - 1;
}

/* From the first bulletin's to this one; the mark of a month is made of its bulletins. */
static void plan_months(struct site_run *r, uint64_t all)
{
    int now = month_of(r, r->s.now_ms), first = now, n;
    for (size_t i = 0; i < board_count(r->board); i++) {
        const struct bulletin *b = board_at(r->board, i);
        int m = bulletin_is_public(b) ? month_of(r, b->kind == BULLETIN_WORK ? b->start_ms : b->started_ms) : now;
        first = m < first ? m : first;
    }
    first = first < now - SITE_MAX_MONTHS ? now - SITE_MAX_MONTHS : first;
    n = now - first + 1;
    uint64_t *marks = ARENA_ARRAY(r->a, uint64_t, (size_t)n);
    for (size_t i = 0; i < board_count(r->board); i++) {
        const struct bulletin *b = board_at(r->board, i);
        int m = bulletin_is_public(b) ? month_of(r, b->kind == BULLETIN_WORK ? b->start_ms : b->started_ms) - first : -1;
        if (m >= 0 && m < n)
            marks[m] = mix(marks[m], b);
    }
    for (int m = 0; m < n; m++) {
        int at = first + m;
        /* The link to the next month comes with time; that to the former one is missing in the first. */
        bool over = m < n - 2;
        uint64_t inputs = over ? hash_bytes(&marks[m], sizeof marks[m], all + (m == 0)) | 1 : 0;
        add_langs(r, arena_printf(r->a, "/history/%04d-%02d", at / 12, at % 12 + 1),
                  &(struct site_item){.page = true, .over = over, .inputs = inputs, .render = render_month, .year = at / 12, .month = at % 12 + 1});
    }
    add_langs(r, "/history", &(struct site_item){.page = true, .render = render_month, .year = now / 12, .month = now % 12 + 1});
}

/* ---- feeds and badges: their bytes depend on what is published and on names alone ---- */

static void render_atom(const struct site_item *it, struct pub *p)
{
    feed_atom(p, &it->feed);
}
static void render_rss(const struct site_item *it, struct pub *p)
{
    feed_rss(p, &it->feed);
}
static void render_json(const struct site_item *it, struct pub *p)
{
    feed_json(p, &it->feed);
}
static void render_badge(const struct site_item *it, struct pub *p)
{
    shape_badge(p, it->of ? sight_find(p->s, it->of) : NULL, NULL);
}
static void render_shields(const struct site_item *it, struct pub *p)
{
    shape_shields(p, it->of ? sight_find(p->s, it->of) : NULL);
}

static void plan_feeds(struct site_run *r, const char *prefix, const struct feed_of *of, uint64_t inputs)
{
    static const struct {
        const char *name;
        void (*render)(const struct site_item *it, struct pub *p);
    } kinds[] = {{"feed.atom", render_atom}, {"feed.rss", render_rss}, {"feed.json", render_json}, {"calendar.ics", render_calendar}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct site_item it = {.inputs = inputs, .render = kinds[i].render, .feed = *of};
        it.feed.self = "";
        add_langs(r, arena_printf(r->a, "%s/%s", prefix, kinds[i].name), &it);
    }
}

static void plan_badges(struct site_run *r, const char *prefix, const char *component)
{
    add_langs(r, arena_printf(r->a, "%s/badge.svg", prefix), &(struct site_item){.render = render_badge, .of = component});
    add_langs(r, arena_printf(r->a, "%s/badge.json", prefix), &(struct site_item){.render = render_shields, .of = component});
}

/* ---- components and groups ---- */

static void render_component(const struct site_item *it, struct pub *p)
{
    public_component(p, sight_find(p->s, it->of));
}

/* The mark of each component is made of the bulletins that touch it. */
static uint64_t *marks_of(const struct site_run *r, uint64_t all)
{
    struct map index = {0};
    uint64_t *marks = ARENA_ARRAY(r->a, uint64_t, (size_t)r->s.n + 1);
    for (int i = 0; i < r->s.n; i++) {
        marks[i] = all;
        map_set(&index, r->s.components[i].c->name, &marks[i]);
    }
    for (size_t i = 0; i < board_count(r->board); i++) {
        const struct bulletin *b = board_at(r->board, i);
        for (int k = 0; k < b->n_components; k++) {
            uint64_t *mark = map_find(&index, b->components[k]);
            if (mark)
                *mark = mix(*mark, b);
        }
    }
    map_done(&index);
    return marks;
}

static void plan_groups(struct site_run *r)
{
    struct map seen = {0};
    for (int i = 0; i < r->s.n; i++) {
        const char *group = r->s.components[i].c->group;
        for (size_t n = 1; group && group[0] && n <= strlen(group); n++) {
            const char *name = group[n] == '/' || group[n] == 0 ? arena_dupn(r->a, group, n) : NULL;
            if (!name || map_set(&seen, name, r))
                continue;
            plan_feeds(r, arena_printf(r->a, "/group/%s", name), &(struct feed_of){.group = name}, 0);
        }
    }
    map_done(&seen);
}

static void plan_components(struct site_run *r, uint64_t all)
{
    const uint64_t *marks = marks_of(r, all);
    for (int i = 0; i < r->s.n; i++) {
        const char *name = r->s.components[i].c->name, *path = arena_printf(r->a, "/component/%s", name);
        plan_feeds(r, path, &(struct feed_of){.component = name}, marks[i]);
        plan_badges(r, path, name);
        add_langs(r, path, &(struct site_item){.page = true, .render = render_component, .of = name});
    }
}

/* ---- shapes of other tools, and what pages of others show ---- */

static void render_v2(const struct site_item *it, struct pub *p)
{
    shape_statuspage(p, it->of);
}
static void render_gatus(const struct site_item *it, struct pub *p)
{
    (void)it;
    shape_gatus(p);
}
static void render_cstate(const struct site_item *it, struct pub *p)
{
    (void)it;
    shape_cstate(p);
}
static void render_cctray(const struct site_item *it, struct pub *p)
{
    (void)it;
    shape_cctray(p);
}
static void render_script(const struct site_item *it, struct pub *p)
{
    (void)it;
    embed_widget_script(p);
}
static void render_widget(const struct site_item *it, struct pub *p)
{
    (void)it;
    embed_widget(p);
}
static void render_fragment(const struct site_item *it, struct pub *p)
{
    (void)it;
    embed_fragment(p);
}
static void render_503(const struct site_item *it, struct pub *p)
{
    (void)it;
    embed_error_page(p);
}

static void plan_shapes(struct site_run *r)
{
    static const char *const v2[] = {"summary.json", "status.json", "components.json", "incidents.json", "incidents/unresolved.json",
                                     "scheduled-maintenances.json", "scheduled-maintenances/upcoming.json", "scheduled-maintenances/active.json"};
    static const struct {
        const char *path;
        void (*render)(const struct site_item *it, struct pub *p);
        bool page;
    } plain[] = {{"/api/v1/endpoints/statuses", render_gatus, false}, {"/index.json", render_cstate, false}, {"/cc.xml", render_cctray, false},
                 {"/widget.js", render_script, false}, {"/widget", render_widget, true}, {"/fragment.html", render_fragment, false},
                 {"/snippet/503.html", render_503, false}};
    for (size_t i = 0; i < COUNT(v2); i++)
        add_langs(r, arena_printf(r->a, "/api/v2/%s", v2[i]), &(struct site_item){.render = render_v2, .of = v2[i]});
    for (size_t i = 0; i < COUNT(plain); i++)
        add_langs(r, plain[i].path, &(struct site_item){.render = plain[i].render, .page = plain[i].page});
}

static void render_now(const struct site_item *it, struct pub *p)
{
    (void)it;
    public_now(p);
}

void site_plan(struct site_run *r)
{
    uint64_t all = common(r);
    plan_assets(r);
    plan_bulletins(r, all);
    plan_months(r, all);
    plan_groups(r);
    plan_components(r, all);
    plan_feeds(r, "", &(struct feed_of){0}, 0);
    plan_badges(r, "", NULL);
    plan_shapes(r);
    add_langs(r, "/", &(struct site_item){.page = true, .render = render_now});
}

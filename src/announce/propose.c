/* SPDX-License-Identifier: GPL-3.0-or-later */
/* propose.c: automation proposes, a person publishes (LES-1): a component of the policy `propose` that is bad for its `after` gets a draft,
 * ready to be published. What fails meanwhile, or comes and goes, joins that draft: a storm is one draft. The draft notes what recovers;
 * when all of it has been well for the time of `fold`, a draft that nobody touched goes, or, when it was long, is closed and stays.
 * What a person wrote is never changed. */
#include "announce/announce_int.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"

#define ORIGIN "check"
enum { PUBLISH_PROPOSE };

/* ---- words ---- */

static const char *phrase(enum level l)
{
    return l >= LEVEL_PARTIAL ? MSG("{1}: down") : MSG("{1}: slow or faulty");
}

/* A title from the components that a draft touches, in each language. */
static void title_make(const struct announce *a, const char *const *names, int n, enum level worst, struct arena *arena, struct wording *to)
{
    const struct conf *conf = announce_conf(a);
    for (int l = 0; msg_langs[l]; l++) {
        struct buf list = BUF_MAX(BULLETIN_MAX_TITLE - 40), title = BUF_MAX(BULLETIN_MAX_TITLE);
        for (int i = 0; i < n; i++) {
            const struct conf_component *c = map_find(&conf->component_by_name, names[i]);
            const char *t = c ? conf_pairs_lang(&c->title, msg_langs[l]) : NULL;
            buf_str(&list, i ? ", " : "");
            buf_str(&list, t ? t : names[i]);
        }
        msg_print(&title, msg_langs[l], phrase(worst), "s", buf_text(&list));
        wording_set(to, arena, msg_langs[l], buf_text(&title), NULL);
        buf_done(&list);
        buf_done(&title);
    }
}

static bool title_is_ours(const struct announce *a, const struct bulletin *b)
{
    struct arena *arena = arena_new(0);
    struct wording w = {0};
    title_make(a, b->components, b->n_components, bulletin_peak(b), arena, &w);
    bool same = wording_same(&w, &b->title);
    arena_free(arena);
    return same;
}

/* Nobody has said anything of it yet. */
static bool is_untouched(const struct announce *a, const struct bulletin *b)
{
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].author || b->updates[i].edited_ms || b->updates[i].text.n)
            return false;
    return title_is_ours(a, b);
}

/* ---- drafts ---- */

static bool is_ours(const struct bulletin *b)
{
    return b->draft && b->kind == BULLETIN_INCIDENT && str_eq(b->origin, ORIGIN);
}

static const struct bulletin *draft_of(const struct announce *a, const char *component)
{
    for (size_t i = 0; i < a->live.n; i++) {
        const struct bulletin *b = board_find(a->board, a->live.at[i]);
        if (b && b->draft && bulletin_touches(b, component))
            return b;
    }
    return NULL;
}

/* The one that a new failure joins. */
static const struct bulletin *draft_to_join(const struct announce *a, int64_t now_ms)
{
    int64_t fold_ms = announce_conf(a)->announce.fold_ms;
    for (size_t i = 0; i < a->live.n; i++) {
        const struct bulletin *b = board_find(a->board, a->live.at[i]);
        if (b && is_ours(b) && now_ms - b->changed_ms <= fold_ms)
            return b;
    }
    return NULL;
}

static void say_level(struct announce *a, const struct bulletin *b, const char *component, enum level level, int64_t at_ms, int64_t now_ms)
{
    struct post_level l = {component, level};
    struct post p = POST_OF(POST_UPDATE);
    p.levels = &l;
    p.n_levels = 1;
    p.at_ms = at_ms > b->started_ms ? at_ms : 0;
    p.origin = ORIGIN;
    announce_post(a, b->id, &p, now_ms, NULL, NULL);
}

static void join(struct announce *a, const struct bulletin *b, const char *component, enum level level, int64_t since_ms, int64_t now_ms)
{
    int64_t id = b->id;
    bool ours = title_is_ours(a, b);
    say_level(a, b, component, level, since_ms, now_ms);
    const struct bulletin *now = board_find(a->board, id);
    struct arena *arena = arena_new(0);
    struct post p = POST_OF(POST_CORRECT);
    title_make(a, now->components, now->n_components, bulletin_peak(now), arena, &p.title);
    p.origin = ORIGIN;
    if (ours && !wording_same(&p.title, &now->title))
        announce_post(a, id, &p, now_ms, NULL, NULL);
    arena_free(arena);
}

static void open_draft(struct announce *a, const char *component, enum level level, int64_t since_ms, int64_t now_ms)
{
    struct arena *arena = arena_new(0);
    struct post_level l = {component, level};
    struct post p = POST_OF(POST_OPEN);
    title_make(a, &component, 1, level, arena, &p.title);
    p.what = BULLETIN_INCIDENT;
    p.levels = &l;
    p.n_levels = 1;
    p.at_ms = since_ms;
    p.draft = true;
    p.origin = ORIGIN;
    announce_post(a, 0, &p, now_ms, NULL, NULL);
    arena_free(arena);
}

/* ---- the look ---- */

/* What its checks say now, into the draft that has it. */
static void follow(struct announce *a, const struct bulletin *b, const struct conf_component *c, const struct component_standing *s, int64_t now_ms)
{
    enum level said = bulletin_level(b, c->name, now_ms);
    bool bad = s->checks >= LEVEL_DEGRADED;
    if (!is_ours(b) || (bad ? said == s->checks : said == LEVEL_OPERATIONAL) || s->checks == LEVEL_UNKNOWN)
        return;
    if (bad)
        join(a, b, c->name, s->checks, s->checks_since_ms, now_ms);
    else
        say_level(a, b, c->name, LEVEL_OPERATIONAL, s->checks_since_ms, now_ms);
}

static int64_t look_component(struct announce *a, const struct conf_component *c, int64_t now_ms)
{
    struct component_standing s;
    const struct bulletin *draft = draft_of(a, c->name), *other;
    board_standing(a->board, a->env.model, c, now_ms, &s);
    if (draft) {
        follow(a, draft, c, &s, now_ms);
        return INT64_MAX;
    }
    if (c->publish != PUBLISH_PROPOSE || s.checks < LEVEL_DEGRADED || s.because)
        return INT64_MAX;
    if (now_ms < s.checks_since_ms + c->after_ms)
        return s.checks_since_ms + c->after_ms;
    other = draft_to_join(a, now_ms);
    if (other)
        join(a, other, c->name, s.checks, s.checks_since_ms, now_ms);
    else
        open_draft(a, c->name, s.checks, s.checks_since_ms, now_ms);
    return INT64_MAX;
}

/* A draft in which all is well again. */
static int64_t look_draft(struct announce *a, const struct bulletin *b, int64_t now_ms)
{
    const struct conf_announce *conf = &announce_conf(a)->announce;
    int64_t over_ms = b->changed_ms + conf->fold_ms;
    if (bulletin_worst(b, now_ms) != LEVEL_OPERATIONAL || !is_untouched(a, b))
        return INT64_MAX;
    if (now_ms < over_ms)
        return over_ms;
    if (b->changed_ms - b->started_ms < conf->report_ms) {
        announce_remove(a, b->id, now_ms, NULL);
        return INT64_MAX;
    }
    struct post p = POST_OF(POST_UPDATE);
    p.phase = PHASE_RESOLVED;
    p.at_ms = b->changed_ms;
    p.origin = ORIGIN;
    announce_post(a, b->id, &p, now_ms, NULL, NULL);
    return INT64_MAX;
}

int64_t propose_look(struct announce *a, int64_t now_ms)
{
    const struct conf *conf = announce_conf(a);
    int64_t next_ms = INT64_MAX, at;
    for (int i = 0; i < conf->n_components; i++) {
        at = conf->components[i]->depends.n ? look_component(a, conf->components[i], now_ms) : INT64_MAX;
        next_ms = at < next_ms ? at : next_ms;
    }
    for (size_t i = a->live.n; i-- > 0;) {
        const struct bulletin *b = i < a->live.n ? board_find(a->board, a->live.at[i]) : NULL;
        at = b && is_ours(b) ? look_draft(a, b, now_ms) : INT64_MAX;
        next_ms = at < next_ms ? at : next_ms;
    }
    return next_ms;
}

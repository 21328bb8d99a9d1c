/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.c: planned work that comes again and again: each occurrence becomes work of its own, ahead of its time, once; from then on it may be
 * moved or called off like any other. Windows are read on the clock of their zone, so they keep their hour when that changes. */
#include "announce/announce_int.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "model/period.h"

enum { MOST_AHEAD = 60, LOOK_MS = 3600 * 1000 };

static void words_of(const struct announce *a, const struct conf_pairs *from, struct arena *arena, struct wording *to)
{
    const char *lang = announce_conf(a)->site.lang;
    for (int i = 0; i < from->n; i++)
        wording_set(to, arena, from->keys[i][0] ? from->keys[i] : lang ? lang : "en", from->values[i], NULL);
}

static void plan(struct announce *a, const struct conf_series *s, int64_t start_ms, int64_t end_ms, int64_t now_ms)
{
    struct arena *arena = arena_new(0);
    struct post p = POST_OF(POST_OPEN);
    const struct bulletin *made = NULL;
    struct err e = {0};
    char name[300];
    words_of(a, &s->title, arena, &p.title);
    words_of(a, &s->text, arena, &p.text);
    p.what = BULLETIN_WORK;
    p.phase = s->publish == 1 ? PHASE_TENTATIVE : PHASE_CONFIRMED;
    p.draft = s->publish == 2;
    p.components = s->components.at;
    p.n_components = s->components.n;
    p.start_ms = start_ms;
    p.end_ms = end_ms;
    p.effect = s->effect;
    p.series = s->name;
    p.origin = "series";
    str_print(name, sizeof name, "series:%s:%lld", s->name, (long long)start_ms);
    int r = mark_has(a, name) ? 0 : announce_post(a, 0, &p, now_ms, &made, &e);
    if (made)
        mark_set(a, name, made->id, now_ms);
    if (r) {
        struct buf why = BUF_MAX(1000);
        msg_render(&why, e.text, "en");
        log_line(LOG_ERROR, "work of the series %s could not be planned: %s", s->name, buf_text(&why));
        buf_done(&why);
    }
    arena_free(arena);
}

/* When a clock is put back, an hour comes twice, and so does what lies in it: the second time is no occurrence of its own. */
static bool comes_again(const struct conf_series *s, int64_t start_ms)
{
    const struct zone *z = s->window->zone;
    int back_s = zone_offset(z, start_ms / 1000 - 7200, NULL) - zone_offset(z, start_ms / 1000, NULL);
    return back_s > 0 && period_active(s->window, start_ms - (int64_t)back_s * 1000);
}

/* The stretch of the period that begins after at_ms; false when there is none. */
static bool next_stretch(const struct conf_series *s, int64_t at_ms, int64_t *ret_start, int64_t *ret_end)
{
    int64_t t = at_ms;
    if (period_active(s->window, t))
        t = period_next(s->window, t);
    *ret_start = t == INT64_MAX ? INT64_MAX : period_active(s->window, t) ? t : period_next(s->window, t);
    *ret_end = *ret_start == INT64_MAX ? INT64_MAX : period_next(s->window, *ret_start);
    return *ret_end != INT64_MAX;
}

/* The occurrence that begins after at_ms; false when there is none. */
static bool next_window(const struct conf_series *s, int64_t at_ms, int64_t *ret_start, int64_t *ret_end)
{
    while (next_stretch(s, at_ms, ret_start, ret_end)) {
        if (!comes_again(s, *ret_start))
            return true;
        at_ms = *ret_end;
    }
    return false;
}

static int64_t look_series(struct announce *a, const struct conf_series *s, int64_t now_ms)
{
    int64_t at_ms = now_ms, start_ms, end_ms;
    for (int i = 0; i < MOST_AHEAD && next_window(s, at_ms, &start_ms, &end_ms); i++) {
        if (start_ms - s->ahead_ms > now_ms)
            return start_ms - s->ahead_ms;
        plan(a, s, start_ms, end_ms, now_ms);
        at_ms = end_ms;
    }
    return now_ms + LOOK_MS;
}

/* ---- occurrences that the configuration no longer means ---- */

static bool is_meant(const struct conf *conf, const struct bulletin *b)
{
    const struct conf_series *s = map_find(&conf->series_by_name, b->series);
    int64_t start_ms, end_ms;
    return s && next_window(s, b->start_ms - 1, &start_ms, &end_ms) && start_ms == b->start_ms && end_ms == b->end_ms;
}

/* One that no person touched. */
static bool is_ours(const struct bulletin *b)
{
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].author || b->updates[i].edited_ms)
            return false;
    return b->series && !b->moved_from_ms && !b->author;
}

static void call_off(struct announce *a, const struct bulletin *b, int64_t now_ms)
{
    struct post p = POST_OF(POST_UPDATE);
    p.phase = PHASE_CANCELLED;
    p.origin = "series";
    if (b->draft)
        announce_remove(a, b->id, now_ms, NULL);
    else
        announce_post(a, b->id, &p, now_ms, NULL, NULL);
}

static void drop_unmeant(struct announce *a, int64_t now_ms)
{
    for (size_t i = a->live.n; i-- > 0;) {
        const struct bulletin *b = i < a->live.n ? board_find(a->board, a->live.at[i]) : NULL;
        if (b && is_ours(b) && b->phase < PHASE_IN_PROGRESS && b->start_ms > now_ms && !is_meant(announce_conf(a), b))
            call_off(a, b, now_ms);
    }
}

int64_t series_look(struct announce *a, int64_t now_ms)
{
    const struct conf *conf = announce_conf(a);
    int64_t next_ms = now_ms + LOOK_MS;
    if (now_ms < a->series_due_ms && now_ms >= a->series_looked_ms)
        return a->series_due_ms;
    drop_unmeant(a, now_ms);
    for (int i = 0; i < conf->n_series; i++) {
        int64_t at = look_series(a, conf->series[i], now_ms);
        next_ms = at < next_ms ? at : next_ms;
    }
    a->series_looked_ms = now_ms;
    a->series_due_ms = next_ms;
    return next_ms;
}

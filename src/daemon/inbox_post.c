/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox_post.c: from what a file says to posts: what it has that the board has not. */
#include "base/json.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"
#include "daemon/inbox.h"

#define HISTORY_MS (INT64_C(24) * 3600 * 1000) /* what ended so long ago when it appears is history */
#define ORIGIN "git"

struct taking {
    struct house *h;
    const struct bulletin *file;
    struct arena *arena;
    int64_t now_ms;
    bool changed;
};

static void say_failure(const struct taking *t, const struct err *e)
{
    struct buf b = BUF_MAX(1000);
    msg_render(&b, e->text, "en");
    log_line(LOG_WARN, "inbox: “%s” could not be published: %s", wording_for(&t->file->title, "en", NULL), buf_text(&b));
    buf_done(&b);
}

static struct post post_of(enum post_kind kind)
{
    struct post p = POST_OF(kind);
    p.author = p.origin = ORIGIN;
    return p;
}

/* The bulletin of the file as it is now; NULL: there is none (any more). */
static const struct bulletin *known(const struct taking *t)
{
    return board_find_key(t->h->board, t->file->key);
}

static bool say(const struct taking *t, const struct post *p, const char *action)
{
    const struct bulletin *b = known(t), *made = NULL;
    struct err e = {0};
    int r = b ? announce_post(t->h->announce, b->id, p, t->now_ms, &made, &e) : announce_post_keyed(t->h->announce, t->file->key, p, t->now_ms, &made, &e);
    if (r == 0)
        recorder_audit(t->h->recorder, t->now_ms, "inbox", ORIGIN, action, arena_printf(t->arena, "incident %lld", (long long)made->id), wording_for(&t->file->title, "en", NULL));
    else if (r != ERR_CONFLICT) /* nothing new in it */
        say_failure(t, &e);
    return r == 0;
}

/* ---- levels ---- */

/* What the file says that is not so yet; impacts that are over are not told again. */
static void levels_of(const struct taking *t, struct post *p, const struct bulletin *b)
{
    struct post_level *levels = ARENA_ARRAY(t->arena, struct post_level, (size_t)t->file->n_impacts + 1);
    for (int i = 0; i < t->file->n_impacts; i++) {
        const struct impact *im = &t->file->impacts[i];
        bool so = b && bulletin_level(b, im->component, t->now_ms) == im->level;
        if (t->file->kind == BULLETIN_INCIDENT && !so && (!b || !im->to_ms) && map_find(&model_conf(t->h->model)->component_by_name, im->component))
            levels[p->n_levels++] = (struct post_level){im->component, im->level};
    }
    p->levels = levels;
}

static void components_of(const struct taking *t, struct post *p)
{
    const char **names = ARENA_ARRAY(t->arena, const char *, (size_t)t->file->n_components + 1);
    p->n_components = 0;
    for (int i = 0; i < t->file->n_components; i++)
        if (map_find(&model_conf(t->h->model)->component_by_name, t->file->components[i]))
            names[p->n_components++] = t->file->components[i];
        else
            log_line(LOG_WARN, "inbox: “%s” names the component %s, which the configuration does not have", wording_for(&t->file->title, "en", NULL), t->file->components[i]);
    p->components = names;
}

/* ---- a new one ---- */

static bool is_history(const struct taking *t)
{
    const struct bulletin *f = t->file;
    return !bulletin_is_open(f) && (f->kind == BULLETIN_WORK || f->ended_ms < t->now_ms - HISTORY_MS);
}

static void take_over(const struct taking *t)
{
    struct doc *o = doc_object(t->arena);
    struct bulletin *own = NULL;
    struct err e = {0};
    bulletin_write(t->file, o);
    doc_put_int(o, "id", board_next(t->h->board));
    int r = bulletin_read(o, &own, &e);
    if (r == 0 && (r = announce_import(t->h->announce, own, t->now_ms, &e)))
        bulletin_unref(own);
    if (r)
        say_failure(t, &e);
}

static bool open_it(const struct taking *t)
{
    const struct bulletin *f = t->file;
    const struct update *first = f->n_updates ? &f->updates[0] : NULL;
    struct post p = post_of(POST_OPEN);
    bool work = f->kind == BULLETIN_WORK;
    p.what = f->kind;
    p.title = f->title;
    p.draft = f->draft;
    p.pinned = f->pinned;
    if (first) {
        p.text = first->text;
        p.quiet = first->quiet;
    }
    p.phase = work ? (f->phase == PHASE_TENTATIVE ? PHASE_TENTATIVE : PHASE_CONFIRMED) : first ? (int)first->phase : (int)f->phase;
    p.at_ms = work ? 0 : f->started_ms;
    p.start_ms = f->start_ms;
    p.end_ms = f->end_ms;
    p.effect = work ? (int)f->effect : POST_AS_IT_IS;
    components_of(t, &p);
    levels_of(t, &p, NULL);
    return say(t, &p, work ? "maintenance plan" : "incident open");
}

/* ---- one that is there ---- */

/* The update that a paragraph is: by its time (to the second, as files have it), or by what it says. */
static const struct update *find_update(const struct bulletin *b, const struct update *u)
{
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].at_ms / 1000 == u->at_ms / 1000)
            return &b->updates[i];
    for (int i = 0; i < b->n_updates; i++)
        if (u->text.n && wording_same(&b->updates[i].text, &u->text))
            return &b->updates[i];
    return NULL;
}

static void correct(const struct taking *t, const struct update *u, const struct update *there)
{
    struct post p = post_of(POST_CORRECT_UPDATE);
    p.update_id = there->id;
    p.text = u->text;
    if (u->text.n && !wording_same(&u->text, &there->text))
        say(t, &p, "incident edit");
}

static void say_update(const struct taking *t, const struct update *u, bool last)
{
    const struct bulletin *b = known(t);
    struct post p = post_of(POST_UPDATE);
    bool over = !bulletin_is_open(t->file);
    p.text = u->text;
    p.quiet = u->quiet;
    p.at_ms = u->at_ms > b->started_ms ? u->at_ms : 0;
    p.phase = t->file->kind == BULLETIN_INCIDENT && (u->phase != PHASE_RESOLVED || over) ? (int)u->phase : POST_AS_IT_IS;
    if (last && !over)
        levels_of(t, &p, b);
    say(t, &p, "incident update");
}

static void say_more(const struct taking *t)
{
    const struct bulletin *b = bulletin_ref(known(t)), *f = t->file;
    bool ours = str_eq(b->origin, ORIGIN);
    for (int i = 0; i < f->n_updates; i++) {
        const struct update *there = find_update(b, &f->updates[i]);
        bool first = i == 0 && ours; /* it was the opening's, whatever its time became */
        if (!there && !first)
            say_update(t, &f->updates[i], i == f->n_updates - 1);
        else if (ours && (there || b->n_updates))
            correct(t, &f->updates[i], there ? there : &b->updates[0]);
    }
    bulletin_unref(b);
}

/* Title, end, times, and how bad it is: what stands in the front matter. */
static void front(const struct taking *t)
{
    const struct bulletin *b = known(t), *f = t->file;
    struct post title = post_of(POST_CORRECT), move = post_of(POST_MOVE), end = post_of(POST_UPDATE), level = post_of(POST_UPDATE);
    title.title = f->title;
    if (str_eq(b->origin, ORIGIN) && !wording_same(&b->title, &f->title))
        say(t, &title, "incident edit");
    b = known(t);
    move.start_ms = f->start_ms;
    move.end_ms = f->end_ms;
    if (f->kind == BULLETIN_WORK && b->phase < PHASE_IN_PROGRESS && bulletin_is_open(f) && (f->start_ms != b->start_ms || f->end_ms != b->end_ms))
        say(t, &move, "maintenance move");
    b = known(t);
    end.phase = f->kind == BULLETIN_INCIDENT ? PHASE_RESOLVED : f->phase == PHASE_CANCELLED || b->phase < PHASE_IN_PROGRESS ? PHASE_CANCELLED : PHASE_COMPLETED;
    end.at_ms = f->ended_ms > b->started_ms && f->ended_ms <= t->now_ms ? f->ended_ms : 0;
    if (!bulletin_is_open(f) && bulletin_is_open(b)) {
        say(t, &end, "incident resolve");
    } else if (t->changed && bulletin_is_open(f) && bulletin_is_open(b)) {
        levels_of(t, &level, b);
        if (level.n_levels)
            say(t, &level, "incident update");
    }
}

void inbox_take(struct house *h, const struct bulletin *file, bool changed, int64_t now_ms)
{
    struct taking t = {h, file, arena_new(0), now_ms, changed};
    const struct bulletin *b = known(&t);
    if (!b && is_history(&t)) {
        take_over(&t);
    } else if (b ? !b->retracted && b->kind == file->kind : open_it(&t)) {
        say_more(&t);
        front(&t);
    }
    arena_free(t.arena);
}

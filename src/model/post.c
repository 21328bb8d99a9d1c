/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post.c: from one bulletin to the next: what a post changes, and what it may not. */
#include "model/post.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

#define LONGEST_WORK_MS (INT64_C(92) * 86400 * 1000)
enum { MAX_AHEAD_MS = 3600 * 1000 }; /* what "happened" may lie ahead of our clock that much, no more */

/* The bulletin in the making: all its lists have room for what a post can add. */
struct draft {
    struct bulletin *b;
    struct update *updates;
    struct impact *impacts;
    const char **components;
    const struct post *p;
    int64_t now_ms, at_ms;
    struct err *e;
};

/* ---- a copy with room ---- */

static struct update copy_update(struct arena *a, const struct update *u)
{
    struct update c = *u;
    struct impact *levels = ARENA_ARRAY(a, struct impact, (size_t)u->n_levels + 1);
    c.text = wording_copy(&u->text, a);
    c.author = arena_dup(a, u->author);
    for (int i = 0; i < u->n_levels; i++)
        levels[i] = (struct impact){.component = arena_dup(a, u->levels[i].component), .level = u->levels[i].level};
    c.levels = levels;
    return c;
}

static void copy_lists(struct draft *d, const struct bulletin *old)
{
    struct arena *a = d->b->arena;
    for (int i = 0; i < old->n_updates; i++)
        d->updates[i] = copy_update(a, &old->updates[i]);
    for (int i = 0; i < old->n_impacts; i++) {
        d->impacts[i] = old->impacts[i];
        d->impacts[i].component = arena_dup(a, old->impacts[i].component);
    }
    for (int i = 0; i < old->n_components; i++)
        d->components[i] = arena_dup(a, old->components[i]);
}

static void copy_plain(struct bulletin *b, const struct bulletin *old, struct arena *a)
{
    const char **aliases = ARENA_ARRAY(a, const char *, (size_t)old->n_aliases + 1);
    *b = *old;
    b->arena = a;
    b->refs = 1;
    b->key = arena_dup(a, old->key);
    b->title = wording_copy(&old->title, a);
    b->report = wording_copy(&old->report, a);
    b->series = arena_dup(a, old->series);
    b->author = arena_dup(a, old->author);
    b->origin = arena_dup(a, old->origin);
    for (int i = 0; i < old->n_aliases; i++)
        aliases[i] = arena_dup(a, old->aliases[i]);
    b->aliases = aliases;
}

static void begin(struct draft *d, const struct bulletin *old)
{
    struct arena *a = arena_new(0);
    size_t touched = (size_t)(d->p->n_levels + (d->p->n_components > 0 ? d->p->n_components : 0));
    d->b = ARENA_NEW(a, struct bulletin);
    if (old)
        copy_plain(d->b, old, a);
    else
        *d->b = (struct bulletin){.arena = a, .refs = 1};
    d->updates = ARENA_ARRAY(a, struct update, (size_t)d->b->n_updates + 1);
    d->impacts = ARENA_ARRAY(a, struct impact, (size_t)d->b->n_impacts + touched + (size_t)d->b->n_components + 1);
    d->components = ARENA_ARRAY(a, const char *, (size_t)d->b->n_components + touched + 1);
    if (old)
        copy_lists(d, old);
    d->b->updates = d->updates;
    d->b->impacts = d->impacts;
    d->b->components = d->components;
}

/* ---- impacts ---- */

static int touch(struct draft *d, const char *component)
{
    if (bulletin_touches(d->b, component))
        return 0;
    if (d->b->n_components == BULLETIN_MAX_COMPONENTS)
        return err_field(d->e, ERR_LIMIT, "components", MSG("a bulletin touches at most {1} components"), "i", (int64_t)BULLETIN_MAX_COMPONENTS);
    d->components[d->b->n_components++] = arena_dup(d->b->arena, component);
    return 0;
}

/* Ends what is open of a component (NULL: of all) at a moment; what would have begun after it never was. */
static void end_impacts(struct draft *d, const char *component, int64_t at_ms)
{
    int n = 0;
    for (int i = 0; i < d->b->n_impacts; i++) {
        struct impact *im = &d->impacts[i];
        bool ends = (!component || str_eq(im->component, component)) && (!im->to_ms || im->to_ms > at_ms);
        if (ends && im->from_ms >= at_ms)
            continue;
        if (ends)
            im->to_ms = at_ms;
        d->impacts[n++] = *im;
    }
    d->b->n_impacts = n;
}

/* Kept in the order of from_ms: a post may be about a moment before the last one. */
static int add_impact(struct draft *d, const char *component, enum level level, int64_t at_ms)
{
    int i = d->b->n_impacts;
    if (i == BULLETIN_MAX_IMPACTS)
        return err_field(d->e, ERR_LIMIT, "levels", MSG("a bulletin has at most {1} impacts"), "i", (int64_t)BULLETIN_MAX_IMPACTS);
    for (; i > 0 && d->impacts[i - 1].from_ms > at_ms; i--)
        d->impacts[i] = d->impacts[i - 1];
    d->impacts[i] = (struct impact){.component = arena_dup(d->b->arena, component), .level = level, .from_ms = at_ms};
    d->b->n_impacts++;
    return 0;
}

static int set_level(struct draft *d, const char *component, enum level level)
{
    int r = touch(d, component);
    if (r || bulletin_level(d->b, component, d->at_ms) == level)
        return r;
    end_impacts(d, component, d->at_ms);
    return level == LEVEL_OPERATIONAL ? 0 : add_impact(d, component, level, d->at_ms);
}

static int set_levels(struct draft *d)
{
    for (int i = 0; i < d->p->n_levels; i++) {
        const struct post_level *l = &d->p->levels[i];
        bool fits = l->level == LEVEL_OPERATIONAL || (d->b->kind == BULLETIN_WORK ? l->level != LEVEL_UNKNOWN : l->level >= LEVEL_DEGRADED);
        if (!fits)
            return err_field(d->e, ERR_INVALID, "levels", MSG("the impact on a component is operational, degraded, partial or major"), "");
        int r = set_level(d, l->component, l->level);
        if (r)
            return r;
    }
    return 0;
}

static int set_components(struct draft *d)
{
    for (int i = 0; i < d->p->n_components; i++) {
        int r = touch(d, d->p->components[i]);
        if (r)
            return r;
    }
    return 0;
}

/* ---- phases ---- */

static bool may_follow(enum phase from, enum phase to)
{
    static const unsigned after[PHASES] = {
        [PHASE_TENTATIVE] = 1u << PHASE_TENTATIVE | 1u << PHASE_CONFIRMED | 1u << PHASE_CANCELLED,
        [PHASE_CONFIRMED] = 1u << PHASE_CONFIRMED | 1u << PHASE_TENTATIVE | 1u << PHASE_IN_PROGRESS | 1u << PHASE_CANCELLED,
        [PHASE_IN_PROGRESS] = 1u << PHASE_IN_PROGRESS | 1u << PHASE_COMPLETED | 1u << PHASE_CANCELLED,
        [PHASE_COMPLETED] = 1u << PHASE_COMPLETED,
        [PHASE_CANCELLED] = 1u << PHASE_CANCELLED,
    };
    return from < PHASE_TENTATIVE || (after[from] & 1u << to);
}

static int check_phase(struct draft *d, enum phase to)
{
    if (to >= PHASES || !phase_fits(d->b->kind, to))
        return err_field(d->e, ERR_INVALID, "phase",
                         d->b->kind == BULLETIN_WORK ? MSG("work is tentative, confirmed, in_progress, completed or cancelled")
                                                     : MSG("an incident is investigating, identified, monitoring or resolved"), "");
    if (!may_follow(d->b->phase, to))
        return err_field(d->e, ERR_CONFLICT, "phase", MSG("work that is {1} cannot become {2}"), "ss", phase_words[d->b->phase], phase_words[to]);
    return 0;
}

static int start_work(struct draft *d)
{
    int r = 0;
    d->b->started_ms = d->at_ms;
    for (int i = 0; i < d->b->n_components && !r; i++)
        if (bulletin_level(d->b, d->components[i], d->at_ms) == LEVEL_OPERATIONAL)
            r = add_impact(d, d->components[i], LEVEL_PLANNED, d->at_ms);
    return r;
}

static int enter_phase(struct draft *d, enum phase to)
{
    bool was_open = bulletin_is_open(d->b);
    enum phase from = d->b->phase;
    d->b->phase = to;
    if (!bulletin_is_open(d->b)) {
        end_impacts(d, NULL, d->at_ms);
        d->b->ended_ms = was_open || !d->b->ended_ms ? d->at_ms : d->b->ended_ms;
        d->b->next_by_ms = 0;
    } else {
        d->b->ended_ms = 0;
    }
    return to == PHASE_IN_PROGRESS && from != PHASE_IN_PROGRESS ? start_work(d) : 0;
}

/* ---- updates ---- */

static int64_t add_update(struct draft *d)
{
    const struct post *p = d->p;
    struct arena *a = d->b->arena;
    struct impact *levels = ARENA_ARRAY(a, struct impact, (size_t)p->n_levels + 1);
    struct update u = {.phase = d->b->phase, .at_ms = d->at_ms, .posted_ms = d->now_ms, .text = wording_copy(&p->text, a), .author = arena_dup(a, p->author),
                       .levels = levels, .n_levels = p->n_levels, .quiet = p->quiet};
    int i = d->b->n_updates++;
    for (int k = 0; k < p->n_levels; k++)
        levels[k] = (struct impact){.component = arena_dup(a, p->levels[k].component), .level = p->levels[k].level};
    for (int k = 0; k < i; k++)
        u.id = d->updates[k].id > u.id ? d->updates[k].id : u.id;
    u.id++;
    for (; i > 0 && d->updates[i - 1].at_ms > u.at_ms; i--)
        d->updates[i] = d->updates[i - 1];
    d->updates[i] = u;
    return u.id;
}

static void set_promises(struct draft *d)
{
    if (d->p->expected_ms != POST_AS_IT_IS)
        d->b->expected_ms = d->p->expected_ms;
    if (d->p->next_by_ms != POST_AS_IT_IS)
        d->b->next_by_ms = d->p->next_by_ms;
    if (d->p->pinned != POST_AS_IT_IS)
        d->b->pinned = d->p->pinned;
}

static int check_times(struct draft *d)
{
    if (d->at_ms > d->now_ms + MAX_AHEAD_MS)
        return err_field(d->e, ERR_INVALID, "at", MSG("that lies ahead; work that will begin later is planned, not posted"), "");
    return 0;
}

static int check_window(struct draft *d, int64_t start_ms, int64_t end_ms)
{
    if (!start_ms || end_ms <= start_ms)
        return err_field(d->e, ERR_INVALID, "end", MSG("planned work needs a start, and an end after it"), "");
    if (end_ms - start_ms > LONGEST_WORK_MS)
        return err_field(d->e, ERR_INVALID, "end", MSG("planned work lasts three months at most"), "");
    return 0;
}

/* ---- the kinds of posts ---- */

static int open_work(struct draft *d)
{
    const struct post *p = d->p;
    d->b->start_ms = p->start_ms;
    d->b->end_ms = p->end_ms;
    d->b->effect = p->effect == POST_AS_IT_IS ? EFFECT_OUTAGE : (enum effect)p->effect;
    d->b->emergency = p->emergency == 1;
    d->b->series = arena_dup(d->b->arena, p->series);
    return check_window(d, p->start_ms, p->end_ms);
}

static int post_open(struct draft *d, int64_t *ret_update_id)
{
    const struct post *p = d->p;
    struct bulletin *b = d->b;
    enum phase phase = p->phase != POST_AS_IT_IS ? (enum phase)p->phase : p->what == BULLETIN_WORK ? PHASE_CONFIRMED : PHASE_INVESTIGATING;
    int r;
    b->kind = p->what;
    b->phase = phase; /* so that check_phase() has where to come from */
    b->title = wording_copy(&p->title, b->arena);
    b->author = arena_dup(b->arena, p->author);
    b->origin = arena_dup(b->arena, p->origin);
    b->draft = p->draft;
    b->posted_ms = p->draft ? 0 : d->now_ms;
    if (!b->title.n)
        return err_field(d->e, ERR_INVALID, "title", MSG("a title is missing: what does a person notice?"), "");
    if ((r = check_phase(d, phase)) || (p->what == BULLETIN_WORK && (r = open_work(d))) || (r = set_components(d)) || (r = set_levels(d)))
        return r;
    b->started_ms = p->what == BULLETIN_INCIDENT ? d->at_ms : 0;
    b->noticed_ms = p->noticed_ms > 0 ? p->noticed_ms : p->what == BULLETIN_INCIDENT ? d->now_ms : 0;
    set_promises(d);
    if ((r = enter_phase(d, phase)))
        return r;
    *ret_update_id = add_update(d);
    return 0;
}

static int post_update(struct draft *d, int64_t *ret_update_id)
{
    const struct post *p = d->p;
    enum phase phase = p->phase == POST_AS_IT_IS ? d->b->phase : (enum phase)p->phase;
    int r = check_phase(d, phase);
    if (r)
        return r;
    if (d->b->n_updates == BULLETIN_MAX_UPDATES)
        return err_set(d->e, ERR_LIMIT, MSG("a bulletin has at most {1} updates"), "i", (int64_t)BULLETIN_MAX_UPDATES);
    if (phase == d->b->phase && !p->text.n && !p->n_levels && p->expected_ms == POST_AS_IT_IS && p->next_by_ms == POST_AS_IT_IS)
        return err_field(d->e, ERR_CONFLICT, "text", MSG("that says nothing new: give a text, a phase or a level"), "");
    if ((r = set_levels(d)))
        return r;
    set_promises(d);
    if ((r = enter_phase(d, phase)))
        return r;
    *ret_update_id = add_update(d);
    return 0;
}

/* The start of an incident was another: what began with it begins there. */
static void correct_start(struct draft *d, int64_t started_ms)
{
    for (int i = 0; i < d->b->n_impacts; i++)
        if (d->impacts[i].from_ms == d->b->started_ms || d->impacts[i].from_ms < started_ms)
            d->impacts[i].from_ms = started_ms;
    d->b->started_ms = started_ms;
}

static void correct_end(struct draft *d, int64_t ended_ms)
{
    for (int i = 0; i < d->b->n_impacts; i++)
        if (d->impacts[i].to_ms == d->b->ended_ms || d->impacts[i].to_ms > ended_ms)
            d->impacts[i].to_ms = ended_ms;
    d->b->ended_ms = ended_ms;
}

static int correct_times(struct draft *d)
{
    int64_t from = d->p->started_ms, to = d->p->ended_ms;
    int64_t start = from > 0 ? from : d->b->started_ms, end = to > 0 ? to : d->b->ended_ms;
    if (to > 0 && bulletin_is_open(d->b))
        return err_field(d->e, ERR_CONFLICT, "ended", MSG("it has not ended; say that it is resolved"), "");
    if ((end && start > end) || start > d->now_ms + MAX_AHEAD_MS || end > d->now_ms + MAX_AHEAD_MS)
        return err_field(d->e, ERR_INVALID, to > 0 ? "ended" : "started", MSG("it starts before it ends, and both lie behind us"), "");
    if (from > 0)
        correct_start(d, from);
    if (to > 0)
        correct_end(d, to);
    if (d->p->noticed_ms != POST_AS_IT_IS)
        d->b->noticed_ms = d->p->noticed_ms;
    return 0;
}

static int post_correct(struct draft *d)
{
    const struct post *p = d->p;
    int r = correct_times(d);
    if (r)
        return r;
    if (p->title.n)
        d->b->title = wording_copy(&p->title, d->b->arena);
    if (p->effect != POST_AS_IT_IS)
        d->b->effect = (enum effect)p->effect;
    if (p->emergency != POST_AS_IT_IS)
        d->b->emergency = p->emergency;
    set_promises(d);
    return set_components(d);
}

static int post_correct_update(struct draft *d, int64_t *ret_update_id)
{
    for (int i = 0; i < d->b->n_updates; i++) {
        struct update *u = &d->updates[i];
        if (u->id != d->p->update_id)
            continue;
        if (d->p->text.n)
            u->text = wording_copy(&d->p->text, d->b->arena);
        if (d->p->at_ms)
            u->at_ms = d->p->at_ms;
        u->edited_ms = d->now_ms;
        *ret_update_id = u->id;
        for (; i > 0 && d->updates[i - 1].at_ms > d->updates[i].at_ms; i--) {
            struct update swap = d->updates[i];
            d->updates[i] = d->updates[i - 1];
            d->updates[i - 1] = swap;
        }
        for (; i + 1 < d->b->n_updates && d->updates[i + 1].at_ms < d->updates[i].at_ms; i++) {
            struct update swap = d->updates[i];
            d->updates[i] = d->updates[i + 1];
            d->updates[i + 1] = swap;
        }
        return 0;
    }
    return err_field(d->e, ERR_NOT_FOUND, "update", MSG("there is no update {1}"), "i", d->p->update_id);
}

static int post_publish(struct draft *d)
{
    if (!d->b->draft)
        return err_set(d->e, ERR_CONFLICT, MSG("it is published already"), "");
    d->b->draft = false;
    d->b->posted_ms = d->now_ms;
    for (int i = 0; i < d->b->n_updates; i++)
        d->updates[i].posted_ms = d->now_ms;
    if (d->p->title.n)
        d->b->title = wording_copy(&d->p->title, d->b->arena);
    if (d->p->text.n && d->b->n_updates) /* a person's words instead of the draft's */
        d->updates[d->b->n_updates - 1].text = wording_copy(&d->p->text, d->b->arena);
    return set_levels(d);
}

static int post_retract(struct draft *d)
{
    if (d->b->retracted)
        return err_set(d->e, ERR_CONFLICT, MSG("it is withdrawn already"), "");
    d->b->retracted = true;
    d->b->ended_ms = d->b->ended_ms ? d->b->ended_ms : d->now_ms;
    return 0;
}

static int post_move(struct draft *d, int64_t *ret_update_id)
{
    int r;
    if (d->b->kind != BULLETIN_WORK || !bulletin_is_open(d->b))
        return err_set(d->e, ERR_CONFLICT, MSG("only planned work that is still ahead or under way can be moved"), "");
    if ((r = check_window(d, d->p->start_ms, d->p->end_ms)))
        return r;
    if (d->b->phase == PHASE_IN_PROGRESS && d->p->start_ms != d->b->start_ms)
        return err_field(d->e, ERR_CONFLICT, "start", MSG("it has begun; only its end can be moved"), "");
    if (d->p->start_ms == d->b->start_ms && d->p->end_ms == d->b->end_ms)
        return err_field(d->e, ERR_CONFLICT, "start", MSG("those are the times that it has"), "");
    d->b->moved_from_ms = d->b->start_ms;
    d->b->start_ms = d->p->start_ms;
    d->b->end_ms = d->p->end_ms;
    *ret_update_id = add_update(d);
    return 0;
}

static int post_report(struct draft *d)
{
    if (d->p->text.n)
        d->b->report = wording_copy(&d->p->text, d->b->arena);
    if (d->p->report_public != POST_AS_IT_IS)
        d->b->report_public = d->p->report_public;
    if (!d->b->report.n)
        return err_field(d->e, ERR_INVALID, "text", MSG("a report needs a text"), "");
    d->b->report_ms = d->now_ms;
    return 0;
}

static int carry_out(struct draft *d, int64_t *ret_update_id)
{
    switch (d->p->kind) {
    case POST_OPEN:
        return post_open(d, ret_update_id);
    case POST_UPDATE:
        return post_update(d, ret_update_id);
    case POST_CORRECT:
        return post_correct(d);
    case POST_CORRECT_UPDATE:
        return post_correct_update(d, ret_update_id);
    case POST_PUBLISH:
        return post_publish(d);
    case POST_RETRACT:
        return post_retract(d);
    case POST_MOVE:
        return post_move(d, ret_update_id);
    case POST_REPORT:
        return post_report(d);
    }
    return ERR_INVALID;
}

int bulletin_post(const struct bulletin *old, const struct post *p, int64_t id, const char *key, int64_t now_ms, struct bulletin **ret,
                  int64_t *ret_update_id, struct err *e)
{
    int64_t whole_ms = now_ms - now_ms % 1000; /* as files and feeds have it: a second is fine enough */
    struct draft d = {.p = p, .now_ms = whole_ms, .at_ms = p->at_ms > 0 ? p->at_ms - p->at_ms % 1000 : whole_ms, .e = e};
    int64_t update_id = 0;
    int r;
    if (old && old->retracted && p->kind != POST_RETRACT)
        return err_set(e, ERR_CONFLICT, MSG("it was withdrawn; open another"), "");
    begin(&d, old);
    if (!old) {
        d.b->id = id;
        d.b->key = arena_dup(d.b->arena, key);
    }
    r = check_times(&d);
    if (!r)
        r = carry_out(&d, &update_id);
    if (r) {
        bulletin_unref(d.b);
        return r;
    }
    d.b->changed_ms = whole_ms;
    if (old && d.b->kind == BULLETIN_WORK && !d.b->draft)
        d.b->sequence++;
    *ret = d.b;
    if (ret_update_id)
        *ret_update_id = update_id;
    return 0;
}

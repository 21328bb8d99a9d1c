/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.c: what follows by time alone: planned work begins and ends, users are reminded of it, promises turn out late.
 *
 * One look goes over what is live and does what is due; it is done again whenever the board, the model or the configuration changed,
 * and at the next due time, but after a minute at the latest: the clock may be put right.  What is done once leaves a mark. */
#include "announce/announce_int.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"

enum { LOOK_MOST_MS = 60000, SOON_MS = 20 };

void clock_raise(struct announce *a, enum announce_kind kind, const struct bulletin *b, int64_t lead_ms, int64_t now_ms)
{
    struct announce_event e = {.kind = kind, .bulletin = b, .lead_ms = lead_ms, .at_ms = now_ms};
    for (int i = 0; i < a->n_listeners; i++)
        a->listeners[i].fn(a->listeners[i].arg, &e);
}

void announce_listen(struct announce *a, announce_listener *fn, void *arg)
{
    if (a->n_listeners == ANNOUNCE_MAX_LISTENERS)
        return;
    a->listeners[a->n_listeners].fn = fn;
    a->listeners[a->n_listeners++].arg = arg;
}

void clock_soon(struct announce *a)
{
    if (!a->ready || a->closing || a->soon)
        return; /* a storm of changes must not put it off */
    a->soon = true;
    timer_set(&a->look, SOON_MS);
}

static void sooner(int64_t *next_ms, int64_t at_ms)
{
    *next_ms = at_ms < *next_ms ? at_ms : *next_ms;
}

/* ---- reminders ---- */

static void mark_name(char *out, size_t n, const char *what, const struct bulletin *b, int64_t x, int64_t y)
{
    str_print(out, n, "%s:%lld:%lld:%lld", what, (long long)b->id, (long long)x, (long long)y);
}

/* The nearest lead that is due is told; longer ones that nobody told in time, and those that had passed when the work was
 * announced, are skipped: a mark says so. */
static void remind(struct announce *a, const struct bulletin *b, int64_t now_ms, int64_t *next_ms)
{
    const struct conf_announce *c = &announce_conf(a)->announce;
    for (int i = 0; i < c->n_leads; i++) {
        int64_t due = b->start_ms - c->leads_ms[i];
        bool nearer = i + 1 < c->n_leads && now_ms >= b->start_ms - c->leads_ms[i + 1];
        char told[120], skipped[120];
        mark_name(told, sizeof told, "remind", b, b->start_ms, c->leads_ms[i]);
        mark_name(skipped, sizeof skipped, "skipped", b, b->start_ms, c->leads_ms[i]);
        if (now_ms < due) {
            sooner(next_ms, due);
            continue;
        }
        if (mark_has(a, told) || mark_has(a, skipped))
            continue;
        int64_t known_ms = b->moved_from_ms ? b->changed_ms : b->posted_ms; /* moved: it was told right then */
        if (nearer || known_ms > due)
            mark_set(a, skipped, b->id, now_ms);
        else if (mark_set(a, told, b->id, now_ms))
            clock_raise(a, ANNOUNCE_REMINDER, b, c->leads_ms[i], now_ms);
    }
}

/* ---- planned work ---- */

static bool go_to(struct announce *a, const struct bulletin *b, enum phase phase, int64_t at_ms, int64_t now_ms)
{
    struct post p = POST_OF(POST_UPDATE);
    struct err e = {0};
    p.phase = (int)phase;
    p.at_ms = at_ms;
    p.origin = "clock";
    int r = announce_post(a, b->id, &p, now_ms, NULL, &e);
    if (r) {
        struct buf why = BUF_MAX(1000);
        msg_render(&why, e.text, "en");
        log_line(LOG_ERROR, "work %lld could not become %s by itself: %s", (long long)b->id, phase_words[phase], buf_text(&why));
        buf_done(&why);
    }
    return r == 0;
}

static void tell_overrun(struct announce *a, const struct bulletin *b, int64_t now_ms, const char *red)
{
    char name[120];
    mark_name(name, sizeof name, "overrun", b, b->end_ms, 0);
    if (!mark_set(a, name, b->id, now_ms))
        return;
    clock_raise(a, ANNOUNCE_OVERRUN, b, 0, now_ms);
    staff_tell(a, b, name, MSG("Planned time is over: {1}"), red[0] ? MSG("The planned time of this work is over. Still bad: {1}.") : MSG("The planned time of this work is over, and nobody said that it is done."),
               red, now_ms);
}

static void tell_not_begun(struct announce *a, const struct bulletin *b, int64_t now_ms)
{
    char name[120];
    mark_name(name, sizeof name, "not-begun", b, b->start_ms, 0);
    if (mark_set(a, name, b->id, now_ms))
        staff_tell(a, b, name, MSG("Work has not begun: {1}"), MSG("This work was planned to begin now. It does not by itself: confirm, begin, move or cancel it."), "", now_ms);
}

/* Work that begins by a person's word alone: asked once, in time. */
static void ask_go(struct announce *a, const struct bulletin *b, int64_t now_ms, int64_t *next_ms)
{
    const struct conf_announce *c = &announce_conf(a)->announce;
    struct buf red = BUF_MAX(500);
    char name[120];
    if (!c->go_ms || (b->phase == PHASE_CONFIRMED && c->start))
        return;
    if (now_ms < b->start_ms - c->go_ms) {
        sooner(next_ms, b->start_ms - c->go_ms);
        return;
    }
    mark_name(name, sizeof name, "go", b, b->start_ms, 0);
    if (mark_set(a, name, b->id, now_ms)) {
        works_red(a, b, &red);
        staff_tell(a, b, name, MSG("Go or no-go: {1}"), red.len ? MSG("This work is near, and does not begin by itself. Bad right now: {1}. Confirm or begin it, move or cancel it.")
                                                               : MSG("This work is near, and does not begin by itself. Nothing that it touches is bad right now. Confirm or begin it, move or cancel it."),
                   buf_text(&red), now_ms);
    }
    buf_done(&red);
}

/* Work that is not under way. */
static void look_ahead(struct announce *a, const struct bulletin *b, int64_t now_ms, int64_t *next_ms)
{
    if (now_ms < b->start_ms) {
        remind(a, b, now_ms, next_ms);
        ask_go(a, b, now_ms, next_ms);
        sooner(next_ms, b->start_ms);
    } else if (b->phase == PHASE_CONFIRMED && announce_conf(a)->announce.start) {
        if (go_to(a, b, PHASE_IN_PROGRESS, b->start_ms, now_ms))
            sooner(next_ms, now_ms);
    } else {
        tell_not_begun(a, b, now_ms);
    }
}

/* At its end it is done, unless something that it touches is still bad: then it is said to be over its time, and ends
 * by itself when all is well. */
static void look_under_way(struct announce *a, const struct bulletin *b, int64_t now_ms, int64_t *next_ms)
{
    struct buf red = BUF_MAX(500);
    char name[120];
    if (now_ms < b->end_ms) {
        sooner(next_ms, b->end_ms);
        return;
    }
    int n = works_red(a, b, &red);
    mark_name(name, sizeof name, "overrun", b, b->end_ms, 0);
    if (n || !announce_conf(a)->announce.complete)
        tell_overrun(a, b, now_ms, buf_text(&red));
    else
        go_to(a, b, PHASE_COMPLETED, mark_has(a, name) ? now_ms : b->end_ms, now_ms);
    buf_done(&red);
}

void clock_ended(struct announce *a, const struct board_event *e)
{
    struct buf red = BUF_MAX(500);
    char name[120];
    bool ended = e->kind == BOARD_UPDATED && e->now->kind == BULLETIN_WORK && e->now->phase == PHASE_COMPLETED && e->before->phase != PHASE_COMPLETED;
    if (ended && works_red(a, e->now, &red)) {
        mark_name(name, sizeof name, "red", e->now, e->now->ended_ms, 0);
        if (mark_set(a, name, e->now->id, e->at_ms))
            staff_tell(a, e->now, name, MSG("Work is done, and not all is well: {1}"), MSG("This work was said to be done. Still bad: {1}."), buf_text(&red), e->at_ms);
    }
    buf_done(&red);
}

/* ---- promises ---- */

static void look_promise(struct announce *a, const struct bulletin *b, int64_t now_ms, int64_t *next_ms)
{
    char name[120];
    if (!b->next_by_ms)
        return;
    if (now_ms < b->next_by_ms) {
        sooner(next_ms, b->next_by_ms);
        return;
    }
    mark_name(name, sizeof name, "late", b, b->next_by_ms, 0);
    if (!mark_set(a, name, b->id, now_ms))
        return;
    clock_raise(a, ANNOUNCE_LATE, b, 0, now_ms);
    staff_tell(a, b, name, MSG("An update is overdue: {1}"), MSG("Users were promised an update by now. Say how it stands, even if nothing is new."), "", now_ms);
}

/* ---- reports of interventions that nobody has written (ST-22) ---- */

enum { REPORT_REMINDERS = 5 };
#define REPORT_WITHIN_MS (INT64_C(400) * 86400 * 1000) /* what began before is history */

static bool wants_report(const struct conf_announce *c, const struct bulletin *b)
{
    return b->kind == BULLETIN_INCIDENT && bulletin_is_public(b) && !bulletin_is_open(b) && b->ended_ms && !b->report.n &&
           bulletin_peak(b) >= (enum level)(LEVEL_DEGRADED + c->report_from - 1);
}

/* The last reminder that is due counts for those that nobody could give; returns when the next one is. */
static int64_t remind_report(struct announce *a, const struct bulletin *b, int64_t now_ms)
{
    const struct conf_announce *c = &announce_conf(a)->announce;
    int64_t due = b->ended_ms + c->report_lead_ms;
    int due_now = 0;
    for (; due_now < REPORT_REMINDERS && due <= now_ms; due_now++)
        due += c->report_every_ms;
    char name[120];
    mark_name(name, sizeof name, "report", b, b->ended_ms, due_now);
    if (due_now && mark_set(a, name, b->id, now_ms))
        staff_tell(a, b, name, MSG("A report is missing: {1}"), MSG("This incident was bad enough to want a report of the intervention, and none is written: vigie incident report. What happened, why, and what is done so that it does not come again."), "", now_ms);
    return due_now < REPORT_REMINDERS ? due : INT64_MAX;
}

static int64_t reports_look(struct announce *a, int64_t now_ms)
{
    const struct conf_announce *c = &announce_conf(a)->announce;
    if (!c->report_from)
        return INT64_MAX;
    if (a->reports_version == board_version(a->board) && now_ms < a->reports_due_ms)
        return a->reports_due_ms;
    a->reports_version = board_version(a->board);
    a->reports_due_ms = INT64_MAX;
    for (size_t i = 0; i < board_count(a->board); i++) { /* the newest first */
        const struct bulletin *b = board_at(a->board, i);
        int64_t from_ms = b->kind == BULLETIN_WORK ? b->start_ms : b->started_ms;
        if (from_ms < now_ms - REPORT_WITHIN_MS)
            break;
        if (wants_report(c, b))
            sooner(&a->reports_due_ms, remind_report(a, b, now_ms));
    }
    return a->reports_due_ms;
}

/* ---- the look ---- */

static void look_one(struct announce *a, const struct bulletin *b, int64_t now_ms, int64_t *next_ms)
{
    if (b->draft)
        return;
    look_promise(a, b, now_ms, next_ms);
    if (b->kind != BULLETIN_WORK)
        return;
    if (b->phase == PHASE_IN_PROGRESS)
        look_under_way(a, b, now_ms, next_ms);
    else
        look_ahead(a, b, now_ms, next_ms);
}

static void look(void *arg)
{
    struct announce *a = arg;
    int64_t now_ms = clock_wall_ms(), next_ms = now_ms + LOOK_MOST_MS, at;
    VEC(int64_t) ids = {0};
    a->soon = false;
    if (!announce_conf(a) || a->failing) { /* what cannot be kept is not begun */
        timer_set(&a->look, LOOK_MOST_MS);
        return;
    }
    at = series_look(a, now_ms);
    sooner(&next_ms, at);
    for (size_t i = 0; i < a->live.n; i++) /* posts change the list */
        VEC_PUSH(&ids, a->live.at[i]);
    for (size_t i = 0; i < ids.n; i++) {
        const struct bulletin *b = board_find(a->board, ids.at[i]);
        if (b)
            look_one(a, b, now_ms, &next_ms);
    }
    VEC_DONE(&ids);
    at = propose_look(a, now_ms);
    sooner(&next_ms, at);
    at = outages_look(a, now_ms);
    sooner(&next_ms, at);
    at = reports_look(a, now_ms);
    sooner(&next_ms, at);
    works_sync(a, now_ms);
    if (!a->soon) /* else what this look itself did is looked at, soon */
        timer_set(&a->look, next_ms - now_ms < 1 ? 1 : next_ms - now_ms);
}

/* A hard change may make a component better or worse; a new configuration may change everything. */
static void on_model(void *arg, const struct event *e)
{
    struct announce *a = arg;
    bool matters = (e->kind == EVENT_STATE && e->hard) || e->kind == EVENT_RECONF || e->kind == EVENT_ENABLED || e->kind == EVENT_REMOVED;
    if (e->kind == EVENT_RECONF)
        a->series_due_ms = a->reports_due_ms = 0;
    if (matters)
        clock_soon(a);
}

void clock_init(struct announce *a)
{
    timer_init(&a->look, a->env.loop, look, a);
    model_listen(a->env.model, on_model, a);
}

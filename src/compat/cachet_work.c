/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet_work.c: planned work that clients of Cachet announce ("schedules"), move, begin and end. Its components are kept, which Cachet forgets. */
#include "base/str.h"
#include "compat/cachet.h"

enum { MAX_NAMED = 200 };

static void answer_schedule(struct cachet *c)
{
    cachet_answer(c, cachet_put_schedule);
}

/* [3, "4"], [{"component_id": 3}] or {"3": 4}. */
static bool read_components(struct cachet *c, struct doc *p)
{
    const struct doc *list = doc_get(c->in, "components");
    struct doc *names = list ? doc_put_list(p, "components") : NULL;
    DOC_EACH(list, d) {
        const struct doc *one = list->kind == DOC_LIST && d->kind == DOC_OBJECT ? doc_get(d, doc_get(d, "component_id") ? "component_id" : "id") : d;
        const char *text = list->kind == DOC_OBJECT ? d->key : one && one->kind == DOC_TEXT ? one->text : NULL;
        int64_t id = one && one->kind == DOC_INT && list->kind == DOC_LIST ? one->i : 0;
        const struct sight_component *v = (!text || str_i64(text, &id) == 0) ? cachet_component(c, id) : NULL;
        if (!v || names->kids.n >= MAX_NAMED) {
            cachet_fail(c, 400, "The components field has something that is no component.");
            return false;
        }
        doc_push_text(names, v->c->name);
    }
    return true;
}

void cachet_schedule_create(struct cachet *c)
{
    struct doc *p = doc_object(c->a);
    const char *name, *text = cachet_text(c, "message"), *needed;
    int64_t start, end;
    int status, notify;
    if (!cachet_need(c, "name", &name) || !cachet_need(c, "status", &needed) || !cachet_need(c, "scheduled_at", &needed) ||
        !cachet_number(c, "status", cachet_schedule_names, 2, &status) || !cachet_date(c, "scheduled_at", &start) || !cachet_date(c, "completed_at", &end) ||
        !cachet_flag(c, "notify", 0, &notify) || !read_components(c, p))
        return;
    if (status == 2) {
        cachet_fail(c, 400, "Work that is over is told as an incident, or not at all.");
        return;
    }
    doc_put_text(p, "title", name);
    if (text && text[0])
        doc_put_text(p, "text", text);
    cachet_put_moment(c, p, "start", start);
    cachet_put_moment(c, p, "end", end);
    doc_put_bool(p, "quiet", notify == 0);
    cachet_step(c, "maintenance-plan", p);
    if (status == 1)
        cachet_step(c, "maintenance-start", doc_object(c->a));
    cachet_go(c, 0, answer_schedule);
}

static void want_title(struct cachet *c, const struct bulletin *b)
{
    const char *name = cachet_text(c, "name");
    struct doc *p = doc_object(c->a);
    if (!name || !name[0] || str_eq(name, cachet_title(c, b)))
        return;
    doc_put_text(p, "title", name);
    cachet_step(c, "incident-edit", p);
}

static void want_window(struct cachet *c, const struct bulletin *b, int64_t start, int64_t end)
{
    struct doc *p = doc_object(c->a);
    if (start && start / 60000 != b->start_ms / 60000)
        cachet_put_moment(c, p, "start", start);
    if (end && end / 60000 != (b->ended_ms ? b->ended_ms : b->end_ms) / 60000)
        cachet_put_moment(c, p, "end", end);
    if (p->kids.n)
        cachet_step(c, "maintenance-move", p);
}

static void want_status(struct cachet *c, const struct bulletin *b, int status)
{
    if (status > 0 && cachet_phase_status(b->phase) == 0)
        cachet_step(c, "maintenance-start", doc_object(c->a));
    if (status == 2 && cachet_phase_status(b->phase) < 2)
        cachet_step(c, "maintenance-complete", doc_object(c->a));
}

static void want_text(struct cachet *c, const struct bulletin *b)
{
    const char *text = cachet_text(c, "message");
    struct doc *p = doc_object(c->a);
    for (int i = 0; i < b->n_updates; i++)
        if (str_eq(cachet_said(c, &b->updates[i]), text))
            return;
    if (!text || !text[0])
        return;
    doc_put_text(p, "text", text);
    cachet_step(c, "incident-update", p);
}

void cachet_schedule_change(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_WORK);
    int64_t start, end;
    int status;
    if (!b) {
        cachet_missing(c);
        return;
    }
    if (!cachet_number(c, "status", cachet_schedule_names, 2, &status) || !cachet_date(c, "scheduled_at", &start) || !cachet_date(c, "completed_at", &end))
        return;
    want_title(c, b);
    want_window(c, b, start, end);
    want_text(c, b);
    want_status(c, b, status);
    cachet_go(c, b->id, answer_schedule);
}

void cachet_schedule_delete(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_WORK);
    if (!b) {
        cachet_missing(c);
        return;
    }
    cachet_step(c, b->draft ? "incident-remove" : "incident-retract", doc_object(c->a));
    cachet_go(c, b->id, cachet_gone);
}

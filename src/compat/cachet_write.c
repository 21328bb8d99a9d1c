/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet_write.c: incidents that clients of Cachet open, change and close, and components whose state they set.
 *
 * Two habits of such clients would show the same thing twice, and are taken together: an end that is told as a new incident (status
 * Fixed) ends the open one of the same name; and an incident about a component whose state was set just before it takes
 * the place of the one that this opened. */
#include "base/str.h"
#include "compat/cachet.h"

#define ORIGIN "cachet"

/* ---- what is common ---- */

static const char *level_word(int component_status)
{
    return level_words[cachet_level(component_status)];
}

static void put_level(struct cachet *c, struct doc *p, const char *component, int status)
{
    doc_push_text(doc_put_list(p, "components"), arena_printf(c->a, "%s:%s", component, level_word(status)));
}

static void put_phase(struct doc *p, int status)
{
    if (status > 0)
        doc_put_text(p, "phase", phase_words[PHASE_INVESTIGATING + (status - 1)]);
}

static void answer_incident(struct cachet *c)
{
    cachet_answer(c, cachet_put_incident);
}

/* ---- what an incident is to be ---- */

struct wish {
    const char *name, *message; /* NULL: as it is */
    int status;                 /* -1: as it is */
    const struct sight_component *v;
    int level;                  /* of v, as Cachet counts; 0: nothing said */
    int visible, notify, stickied; /* -1: as it is */
    int64_t at_ms;              /* 0: now, or as it is */
};

/* component_id and component_status belong together. */
static bool read_component(struct cachet *c, struct wish *w)
{
    int status;
    int64_t id;
    const char *t = cachet_text(c, "component_id");
    if (!cachet_number(c, "component_status", cachet_component_names, 4, &status))
        return false;
    bool named = t && t[0] && !str_eq(t, "0");
    if (named != (status >= 0) && (named || doc_get(c->in, "component_id") == NULL)) {
        cachet_fail(c, 400, "The component_id and component_status fields need each other.");
        return false;
    }
    if (!named)
        return true;
    w->v = str_i64(t, &id) == 0 ? cachet_component(c, id) : NULL;
    w->level = status;
    if (!w->v)
        cachet_fail(c, 400, "There is no component %s.", t);
    return w->v != NULL;
}

static bool read_wish(struct cachet *c, struct wish *w)
{
    *w = (struct wish){.status = -1};
    if (!cachet_number(c, "status", cachet_incident_names, 4, &w->status) || !read_component(c, w))
        return false;
    if (w->status == 0) {
        cachet_fail(c, 400, "Planned work is told by /api/v1/schedules; the status of an incident is 1 to 4.");
        return false;
    }
    w->name = cachet_text(c, "name");
    w->message = cachet_text(c, "message");
    return cachet_flag(c, "visible", -1, &w->visible) && cachet_flag(c, "notify", -1, &w->notify) && cachet_flag(c, "stickied", -1, &w->stickied) &&
           cachet_date(c, "occurred_at", &w->at_ms);
}

/* ---- opening ---- */

static bool is_named(const struct bulletin *b, const char *name)
{
    for (int i = 0; i < b->title.n; i++)
        if (str_eq(b->title.text[i], name))
            return true;
    return false;
}

/* The newest open one of that name. */
static const struct bulletin *twin_of(const struct cachet *c, const char *name)
{
    const struct bulletin *found = NULL;
    for (size_t i = 0; i < board_count(c->h->board); i++) {
        const struct bulletin *b = board_at(c->h->board, i);
        if (cachet_sees(c, b, BULLETIN_INCIDENT) && bulletin_is_open(b) && is_named(b, name) && (!found || b->id > found->id))
            found = b;
    }
    return found;
}

/* Opened by setting the state of this component, and nobody has said a word in it yet. */
static const struct bulletin *wordless_of(const struct cachet *c, const struct conf_component *k)
{
    for (size_t i = 0; i < board_count(c->h->board); i++) {
        const struct bulletin *b = board_at(c->h->board, i);
        if (cachet_sees(c, b, BULLETIN_INCIDENT) && !b->draft && bulletin_is_open(b) && str_eq(b->origin, ORIGIN) && b->n_components == 1 &&
            str_eq(b->components[0], k->name) && b->n_updates == 1 && !b->updates[0].text.n)
            return b;
    }
    return NULL;
}

/* "template" is a text of the configuration, "vars" fill it in. */
static void put_text(struct cachet *c, const struct wish *w, struct doc *p)
{
    const char *slug = cachet_text(c, "template");
    if (w->message && w->message[0])
        doc_put_text(p, "text", w->message);
    if (!slug || !slug[0] || (w->message && w->message[0]))
        return;
    doc_put_text(p, "use", slug);
    struct doc *set = doc_put_list(p, "set");
    DOC_EACH(doc_get(c->in, "vars"), d)
        if (d->kind == DOC_TEXT && d->key)
            doc_push_text(set, arena_printf(c->a, "%s=%s", d->key, d->text));
}

static void put_common(struct cachet *c, const struct wish *w, struct doc *p)
{
    put_text(c, w, p);
    put_phase(p, w->status);
    cachet_put_moment(c, p, "at", w->at_ms);
    doc_put_bool(p, "quiet", w->notify == 0);
}

static void want_pinned(struct cachet *c, const struct wish *w)
{
    struct doc *p = doc_object(c->a);
    if (w->stickied != 1)
        return;
    doc_put_bool(p, "pinned", true);
    cachet_step(c, "incident-edit", p);
}

static void end_twin(struct cachet *c, const struct wish *w, const struct bulletin *b)
{
    struct doc *p = doc_object(c->a);
    put_common(c, w, p);
    cachet_step(c, "incident-update", p);
    cachet_go(c, b->id, answer_incident);
}

/* Its words, and what differs besides, come to the one that is there. */
static void take_over(struct cachet *c, const struct wish *w, const struct bulletin *b)
{
    struct doc *edit = doc_object(c->a), *more = doc_object(c->a);
    const char *component = w->v->c->name;
    doc_put_text(edit, "title", w->name);
    cachet_step(c, "incident-edit", edit);
    put_common(c, w, more);
    if (w->level && bulletin_level(b, component, c->now.wall_ms) != cachet_level(w->level))
        put_level(c, more, component, w->level);
    if (doc_get(more, "text") || doc_get(more, "use") || doc_get(more, "components") || w->status != cachet_phase_status(b->phase))
        cachet_step(c, "incident-update", more);
    want_pinned(c, w);
    cachet_go(c, b->id, answer_incident);
}

void cachet_incident_create(struct cachet *c)
{
    struct wish w;
    const char *status;
    struct doc *p = doc_object(c->a);
    if (!cachet_need(c, "name", &w.name) || !cachet_need(c, "status", &status) || !read_wish(c, &w))
        return;
    const struct bulletin *twin = w.status == 4 ? twin_of(c, w.name) : NULL, *wordless = w.v && w.status != 4 && w.visible != 0 ? wordless_of(c, w.v->c) : NULL;
    if (twin) {
        end_twin(c, &w, twin);
        return;
    }
    if (wordless) {
        take_over(c, &w, wordless);
        return;
    }
    doc_put_text(p, "title", w.name);
    put_common(c, &w, p);
    if (w.v && w.level)
        put_level(c, p, w.v->c->name, w.level);
    doc_put_bool(p, "draft", w.visible == 0);
    cachet_step(c, "incident-open", p);
    want_pinned(c, &w);
    cachet_go(c, 0, answer_incident);
}

/* ---- changing ---- */

static bool is_said(const struct cachet *c, const struct bulletin *b, const char *text)
{
    for (int i = 0; i < b->n_updates; i++)
        if (str_eq(cachet_said(c, &b->updates[i]), text))
            return true;
    return false;
}

/* What was said wrong: the name, the start, whether it is pinned. */
static void want_edit(struct cachet *c, const struct wish *w, const struct bulletin *b)
{
    struct doc *p = doc_object(c->a);
    if (w->name && w->name[0] && !str_eq(w->name, cachet_title(c, b)))
        doc_put_text(p, "title", w->name);
    if (w->stickied >= 0 && (w->stickied == 1) != b->pinned)
        doc_put_bool(p, "pinned", w->stickied == 1);
    if (w->at_ms && w->at_ms / 60000 != b->started_ms / 60000)
        cachet_put_moment(c, p, "started", w->at_ms);
    if (p->kids.n)
        cachet_step(c, "incident-edit", p);
}

/* What is new: a status, a text, the state of a component. A client that sends back what it read says nothing. */
static void want_update(struct cachet *c, const struct wish *w, const struct bulletin *b)
{
    struct doc *p = doc_object(c->a);
    bool moves = w->status > 0 && w->status != cachet_phase_status(b->phase);
    if (w->message && w->message[0] && !is_said(c, b, w->message))
        doc_put_text(p, "text", w->message);
    if (moves)
        put_phase(p, w->status);
    if (w->v && w->level && bulletin_level(b, w->v->c->name, c->now.wall_ms) != cachet_level(w->level))
        put_level(c, p, w->v->c->name, w->level);
    if (!p->kids.n)
        return;
    doc_put_bool(p, "quiet", w->notify == 0);
    cachet_step(c, "incident-update", p);
}

void cachet_incident_change(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_INCIDENT);
    struct wish w;
    if (!b) {
        cachet_missing(c);
        return;
    }
    if (!read_wish(c, &w))
        return;
    if (w.visible == 0 && !b->draft) {
        cachet_fail(c, 400, "What was public cannot be hidden; DELETE withdraws it, and its address says so.");
        return;
    }
    want_edit(c, &w, b);
    want_update(c, &w, b);
    if (b->draft && w.visible == 1)
        cachet_step(c, "incident-publish", doc_object(c->a));
    cachet_go(c, b->id, answer_incident);
}

void cachet_incident_delete(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_INCIDENT);
    if (!b) {
        cachet_missing(c);
        return;
    }
    cachet_step(c, b->draft ? "incident-remove" : "incident-retract", doc_object(c->a));
    cachet_go(c, b->id, cachet_gone);
}

/* ---- updates ---- */

static void answer_update(struct cachet *c)
{
    const struct bulletin *b = board_find(c->h->board, c->about);
    const struct update *newest = NULL;
    struct doc *o = doc_object(c->a);
    for (int i = 0; b && i < b->n_updates; i++)
        if (c->sub > 0 ? b->updates[i].id == c->sub : !newest || b->updates[i].id > newest->id)
            newest = &b->updates[i];
    if (!newest) {
        cachet_missing(c);
        return;
    }
    cachet_put_update(c, o, b, newest);
    cachet_data(c, o);
}

void cachet_update_create(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_INCIDENT);
    struct wish w;
    const char *status;
    struct doc *p = doc_object(c->a);
    if (!b) {
        cachet_missing(c);
        return;
    }
    if (!cachet_need(c, "status", &status) || !read_wish(c, &w) || !cachet_need(c, "message", &w.message))
        return;
    doc_put_text(p, "text", w.message);
    put_phase(p, w.status);
    if (w.v && w.level)
        put_level(c, p, w.v->c->name, w.level);
    doc_put_bool(p, "quiet", w.notify == 0);
    cachet_step(c, "incident-update", p);
    cachet_go(c, b->id, answer_update);
}

void cachet_update_change(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_INCIDENT);
    const struct update *u = b && c->sub > 1 ? bulletin_update(b, c->sub) : NULL;
    const char *message;
    struct doc *p = doc_object(c->a);
    if (!u) {
        cachet_missing(c);
        return;
    }
    if (!cachet_need(c, "message", &message))
        return;
    doc_put_text(p, "text", message);
    doc_put_int(p, "update", u->id);
    cachet_step(c, "incident-edit", p);
    cachet_go(c, b->id, answer_update);
}

/* ---- components ---- */

static void answer_component(struct cachet *c)
{
    struct doc *o = doc_object(c->a);
    cachet_look(c);
    cachet_put_component(c, o, cachet_component(c, c->id));
    cachet_data(c, o);
}

static bool is_ours(const struct cachet *c, const struct bulletin *b, const char *component)
{
    return cachet_sees(c, b, BULLETIN_INCIDENT) && !b->draft && bulletin_is_open(b) && str_eq(b->origin, ORIGIN) && bulletin_touches(b, component);
}

static bool others_suffer(const struct cachet *c, const struct bulletin *b, const char *component)
{
    for (int i = 0; i < b->n_components; i++)
        if (!str_eq(b->components[i], component) && bulletin_level(b, b->components[i], c->now.wall_ms) > LEVEL_OPERATIONAL)
            return true;
    return false;
}

/* It works again: our open incidents say so, and end with the last of what they touch. */
static void all_well(struct cachet *c, const char *component, bool quiet)
{
    for (size_t i = 0; i < board_count(c->h->board); i++) {
        const struct bulletin *b = board_at(c->h->board, i);
        struct doc *p = doc_object(c->a);
        if (!is_ours(c, b, component))
            continue;
        doc_put_int(p, "id", b->id);
        doc_put_bool(p, "quiet", quiet);
        if (bulletin_level(b, component, c->now.wall_ms) != LEVEL_OPERATIONAL)
            put_level(c, p, component, 1);
        if (!others_suffer(c, b, component))
            put_phase(p, 4);
        else if (!doc_get(p, "components"))
            continue;
        cachet_step(c, "incident-update", p);
    }
}

static void suffers(struct cachet *c, const struct sight_component *v, int status, bool quiet)
{
    struct doc *p = doc_object(c->a);
    const struct bulletin *ours = NULL;
    for (size_t i = 0; i < board_count(c->h->board) && !ours; i++)
        ours = is_ours(c, board_at(c->h->board, i), v->c->name) ? board_at(c->h->board, i) : NULL;
    bool ours_says = ours && bulletin_level(ours, v->c->name, c->now.wall_ms) == cachet_level(status);
    if (ours_says || (!ours && v->level >= cachet_level(status)))
        return; /* it is shown already */
    put_level(c, p, v->c->name, status);
    doc_put_bool(p, "quiet", quiet);
    if (ours)
        doc_put_int(p, "id", ours->id);
    cachet_step(c, ours ? "incident-update" : "incident-open", p);
}

/* Clients send back the whole object; of that only the status is ours to take. */
void cachet_component_change(struct cachet *c)
{
    const struct sight_component *v = cachet_component(c, c->id);
    int status, silent;
    if (!v) {
        cachet_missing(c);
        return;
    }
    if (!cachet_number(c, "status", cachet_component_names, 4, &status) || !cachet_flag(c, "silent", 0, &silent))
        return;
    if (status == 1)
        all_well(c, v->c->name, silent == 1);
    else if (status > 1)
        suffers(c, v, status, silent == 1);
    cachet_go(c, 0, answer_component);
}

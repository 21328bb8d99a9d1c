/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_change.c: somebody who may has written our part of a topic: what differs from what the page says becomes operations, one after the other.
 *
 * OK ends what was opened from IRC; a worse state opens an incident, or says more of the one that there is; MAINT plans work, or moves it.
 * When something of it is refused he is told, and the page puts its own part back. */
#include "announce/irc_int.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "announce/subscriber.h"
#include <string.h>

enum { MAX_STEPS = 8 };

struct step {
    const char *op;
    struct doc *params;
};
struct change { /* in the making, and being carried out */
    struct person *p;
    struct room *r;
    struct view v;
    struct topic_status was, now;
    const struct bulletin *main;
    struct step steps[MAX_STEPS];
    int n, i;
    struct err err;
};

/* ---- what there is ---- */

static bool concerned(const struct change *c, const struct bulletin *b)
{
    struct buf about = BUF_MAX(4000);
    room_about(c->r, &about);
    struct subscriber one = {.about = buf_text(&about)};
    bool is = !about.len || subscriber_concerned(&one, irc_conf(c->r->net->irc), b);
    buf_done(&about);
    return is;
}

static bool from_irc(const struct bulletin *b)
{
    return str_eq(b->origin, "irc");
}

static bool names_any(const struct topic_status *t, const struct bulletin *b)
{
    for (int i = 0; i < t->n; i++)
        if (bulletin_touches(b, t->at[i].name))
            return true;
    return false;
}

/* The incident that this is about: one opened from here, else one about the same things, else what stands there. */
static const struct bulletin *incident_of(const struct change *c)
{
    const struct sight *s = &c->v.sight;
    const struct bulletin *same = NULL;
    for (int i = 0; i < s->n_incidents; i++) {
        const struct bulletin *b = s->incidents[i];
        if (!concerned(c, b))
            continue;
        if (from_irc(b) && (names_any(&c->now, b) || !c->now.n || c->main == b))
            return b;
        same = same ? same : names_any(&c->now, b) ? b : NULL;
    }
    return same ? same : c->now.n == 0 && c->main && c->main->kind == BULLETIN_INCIDENT ? c->main : NULL;
}

static enum level level_in(const struct topic_status *t, const char *name)
{
    for (int i = 0; i < t->n; i++)
        if (str_eq(t->at[i].name, name))
            return t->at[i].level;
    return LEVEL_OPERATIONAL;
}

/* Words that were there already, perhaps cut, are nothing new. */
static const char *new_text(const struct change *c)
{
    const char *text = c->now.text, *was = c->was.text;
    size_t n = strlen(text);
    bool cut = str_ends(text, "…");
    bool same = cut ? strncmp(text, was, n - strlen("…")) == 0 : str_eq(text, was);
    return same ? "" : text;
}

/* ---- steps ---- */

static struct doc *step(struct change *c, const char *op, const struct bulletin *b)
{
    struct doc *params = doc_object(c->v.arena);
    if (c->n < MAX_STEPS)
        c->steps[c->n++] = (struct step){op, params};
    if (b)
        doc_put_text(params, "id", arena_printf(c->v.arena, "%lld", (long long)b->id));
    return params;
}

static void put_text(struct doc *params, const char *text, const char *lang)
{
    if (!text[0])
        return;
    struct doc *by_lang = doc_put_object(params, "text");
    doc_put_text(by_lang, lang, text);
}

static void end_all(struct change *c)
{
    const struct sight *s = &c->v.sight;
    int others = 0;
    for (int i = 0; i < s->n_incidents; i++) {
        const struct bulletin *b = s->incidents[i];
        if (concerned(c, b) && from_irc(b))
            put_text(step(c, "incident-resolve", b), new_text(c), c->p->lang);
        others += concerned(c, b) && !from_irc(b);
    }
    for (int i = 0; i < s->n_works; i++) {
        const struct bulletin *b = s->works[i];
        if (concerned(c, b) && from_irc(b) && b->phase == PHASE_IN_PROGRESS)
            put_text(step(c, "maintenance-complete", b), new_text(c), c->p->lang);
        others += concerned(c, b) && (!from_irc(b) || b->phase != PHASE_IN_PROGRESS) && b == c->main;
    }
    if (c->n == 0 && others)
        err_set(&c->err, ERR_CONFLICT, MSG("that does not end {1}; !incident resolve {1} does, and !maintenance cancel {1} calls planned work off"), "i", c->main ? c->main->id : 0);
}

static void push_component(struct change *c, struct doc *list, const char *name, enum level level)
{
    doc_push_text(list, arena_printf(c->v.arena, "%s:%s", name, level_words[level]));
}

/* What is worse, better, or well again, as far as the topic says it. */
static int put_levels(struct change *c, const struct bulletin *b, struct doc *list)
{
    int n = 0;
    for (int i = 0; i < c->now.n; i++) {
        const struct topic_component *k = &c->now.at[i];
        bool says = k->level == LEVEL_OPERATIONAL || k->level >= LEVEL_DEGRADED;
        if (!says || (b && level_in(&c->was, k->name) == k->level))
            continue;
        push_component(c, list, k->name, k->level);
        n++;
    }
    for (int i = 0; b && i < c->was.n && !c->now.more && !c->was.more; i++) {
        const struct topic_component *k = &c->was.at[i];
        if (level_in(&c->now, k->name) != LEVEL_OPERATIONAL || bulletin_level(b, k->name, c->v.sight.now_ms) < LEVEL_DEGRADED)
            continue;
        push_component(c, list, k->name, LEVEL_OPERATIONAL);
        n++;
    }
    return n;
}

static void change_incident(struct change *c)
{
    const struct bulletin *b = incident_of(c);
    const char *text = new_text(c);
    if (!b && c->now.n == 0) {
        err_set(&c->err, ERR_INVALID, MSG("say what is concerned: {1} mail - what is wrong"), "s", topic_words[c->now.level]);
        return;
    }
    struct doc *list = doc_list(c->v.arena);
    int n = put_levels(c, b, list);
    if (b && n == 0 && !text[0])
        return; /* nothing new */
    struct doc *params = step(c, b ? "incident-update" : "incident-open", b);
    if (n)
        doc_put(params, "components", list);
    put_text(params, text, c->p->lang);
}

static void put_time(struct change *c, struct doc *params, const char *key, int64_t ms)
{
    char text[TIME_RFC3339_BYTES];
    time_rfc3339(ms, 0, text);
    doc_put_text(params, key, text);
}

static bool same_components(const struct change *c, const struct bulletin *b)
{
    for (int i = 0; i < c->now.n; i++)
        if (!bulletin_touches(b, c->now.at[i].name))
            return false;
    return c->now.n == b->n_components || c->now.more;
}

static void change_work(struct change *c)
{
    const struct bulletin *b = c->main && c->main->kind == BULLETIN_WORK && c->was.level == LEVEL_PLANNED && same_components(c, c->main) ? c->main : NULL;
    const char *text = new_text(c);
    bool moved = b && c->now.start_ms && (c->now.start_ms / 60000 != b->start_ms / 60000 || c->now.end_ms / 60000 != b->end_ms / 60000);
    struct doc *params;
    if (b && !moved && !text[0])
        return;
    if (!b && c->now.n == 0) {
        err_set(&c->err, ERR_INVALID, MSG("say what is concerned: {1} mail - what is wrong"), "s", topic_words[LEVEL_PLANNED]);
        return;
    }
    params = step(c, b ? moved ? "maintenance-move" : "incident-update" : "maintenance-plan", b);
    put_text(params, text, c->p->lang);
    if (!b) {
        struct doc *list = doc_put_list(params, "components");
        for (int i = 0; i < c->now.n; i++)
            doc_push_text(list, c->now.at[i].name);
    }
    if (!b && !c->now.start_ms)
        doc_put_text(params, "start", "now");
    if ((!b || moved) && c->now.start_ms) {
        put_time(c, params, "start", c->now.start_ms);
        put_time(c, params, "end", c->now.end_ms);
    }
}

static void make_steps(struct change *c)
{
    if (c->now.level == LEVEL_OPERATIONAL)
        end_all(c);
    else if (c->now.level == LEVEL_PLANNED)
        change_work(c);
    else if (c->now.level == LEVEL_UNKNOWN)
        err_set(&c->err, ERR_INVALID, MSG("UNKNOWN is what checks say; write DEGRADED, PARTIAL or DOWN"), "");
    else
        change_incident(c);
}

/* ---- one after the other ---- */

struct carried { /* the rest of a change, while an operation is under way */
    struct step steps[MAX_STEPS];
    int n, i;
};

static void next_step(struct person *p);

static void end(struct person *p, const char *error)
{
    struct room *r = &p->net->rooms[p->room];
    r->judging = false;
    if (error)
        person_note(p, error);
    room_soon(r, error ? HOLD_MS : SETTLE_MS);
    person_free(p);
}

static void step_done(struct person *p, bool good, const struct doc *reply, const char *error)
{
    if (good)
        next_step(p);
    else
        end(p, error);
}

static void next_step(struct person *p)
{
    struct carried *c = p->more;
    if (c->i == c->n) {
        end(p, NULL);
        return;
    }
    struct step *s = &c->steps[c->i++];
    person_bid(p, s->op, s->params, step_done);
}

static bool make(struct change *c)
{
    const struct irc *irc = c->r->net->irc;
    struct buf shown = BUF_MAX(4096);
    struct topic_style st;
    room_style(c->r, &st);
    bool known = room_wanted(c->r, &c->v, &c->was, &c->main, &shown);
    if (topic_read(&st, irc_conf(irc), c->v.sight.zone, c->v.sight.now_ms, c->p->text, c->v.arena, &c->now, &c->err) == 0 && known)
        make_steps(c);
    buf_done(&shown);
    return c->err.code == 0;
}

void change_begin(struct person *p)
{
    struct room *r = &p->net->rooms[p->room];
    struct change c = {.p = p, .r = r};
    view_open(r->net->irc, &c.v);
    if (!make(&c)) {
        view_close(&c.v);
        end(p, c.err.text);
        return;
    }
    struct carried *k = ARENA_NEW(c.v.arena, struct carried);
    k->n = c.n;
    memcpy(k->steps, c.steps, sizeof k->steps);
    p->more = k;
    p->arena = c.v.arena; /* the steps live there */
    next_step(p);
}

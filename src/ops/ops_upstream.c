/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_upstream.c: notices of those whom we depend on (X-MAINTNOTE-*, ANN-9): to planned work of ours.
 *
 * A note becomes a draft for staff (or, when the configuration says so and the mail is proven, tentative work).  News of it, by the same
 * UID, move what nobody but us has touched; what a person has published or written in is never changed: staff are mailed what
 * would be to do.  Which note became what is kept as marks ("upstream:NAME:UID:SEQUENCE"), in the transaction of the work itself, so that a
 * note that comes twice, or after a newer one, changes nothing. */
#include "base/hash.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "ops/dictation.h"
#include "ops/mail_in.h"
#include "ops/ops_news.h"
#include <string.h>

enum { MOST_COMPONENTS = 100, MOST_DESCRIPTION = 12000, MOST_DETAIL = 4000, MOST_DRAFTS = 50 };
#define HOUR_MS (INT64_C(3600) * 1000)

struct upstream_run;
struct note { /* one event of a calendar on its way, or a mail without one */
    struct upstream_run *r;
    struct mail_in *m;
    const struct ical_event *ev;     /* NULL: a text */
    const struct conf_upstream *u;
    const char *prefix, *mark;       /* of its marks */
    const char *status;              /* "TENTATIVE", "CONFIRMED", "CANCELLED", "IN-PROCESS", "COMPLETED", or "" */
    enum effect effect;
    const char *components[MOST_COMPONENTS];
    int n_components;
    const struct bulletin *b;        /* what it became before; NULL */
    bool seen, newer, proven, answered;
};

struct upstream_run { /* all notes of one mail, one after the other */
    struct mail_in *m;
    struct conf *conf;
    int calendar, event, done, bad, same, unknown;
    struct err err;                  /* of the last that failed */
    struct doc *list;                /* bulletins that were touched */
    int64_t last;                    /* the bulletin that had nothing new said of it; 0 */
};

/* ---- whose is it? ---- */

static bool fits_any(const struct conf_texts *patterns, const char *address)
{
    for (int i = 0; i < patterns->n; i++)
        if (letter_fits(patterns->at[i], address))
            return true;
    return false;
}

static bool is_theirs(const struct conf_upstream *u, const struct letter *l, const struct ical_event *ev)
{
    bool by_address = !u->from.n || (l->from[0] ? fits_any(&u->from, l->from) : u->provider != NULL);
    if (!by_address || (!ev && !u->from.n))
        return false;
    if (ev && u->provider && !(ev->provider && letter_fits(u->provider, ev->provider)))
        return false;
    return !ev || !u->account || (ev->account && letter_fits(u->account, ev->account));
}

static const struct conf_upstream *upstream_of(const struct conf *conf, const struct letter *l, const struct ical_event *ev)
{
    size_t i = 0;
    const char *name;
    void *value;
    const struct conf_upstream *found = NULL;
    while (map_each(&conf->upstream_by_name, &i, &name, &value)) {
        const struct conf_upstream *u = value;
        if (is_theirs(u, l, ev) && (!found || str_natural(u->name, found->name) < 0) && (!u->dkim || mail_dkim_ok(l)))
            found = u;
    }
    return found;
}

/* ---- what it says ---- */

static void add_component(struct note *n, const char *name)
{
    for (int i = 0; i < n->n_components; i++)
        if (str_eq(n->components[i], name))
            return;
    if (n->n_components < MOST_COMPONENTS)
        n->components[n->n_components++] = name;
}

static void add_listed(struct note *n, const char *list)
{
    struct str rest = str_of(list), word;
    while (str_next(&rest, ",", &word)) {
        word = str_trim(word);
        if (word.n)
            add_component(n, arena_dupn(n->m->call->arena, word.p, word.n));
    }
}

/* Is the name of an object, with its stars, somewhere in a text? */
static bool is_mentioned(const char *pattern, const char *text)
{
    struct buf b = BUF_MAX(400);
    buf_printf(&b, "*%s*", pattern);
    bool yes = str_glob(buf_text(&b), text);
    buf_done(&b);
    return yes;
}

static void find_components(struct note *n)
{
    const struct conf_pairs *objects = &n->u->objects;
    for (int i = 0; i < objects->n; i++) {
        bool named = !n->ev && (is_mentioned(objects->keys[i], n->m->letter.subject) || is_mentioned(objects->keys[i], n->m->letter.text));
        for (int k = 0; n->ev && k < n->ev->n_objects; k++)
            named |= letter_fits(objects->keys[i], n->ev->objects[k].id) && !str_eq(n->ev->objects[k].impact, "NO-IMPACT");
        if (named)
            add_listed(n, objects->values[i]);
    }
    for (int i = 0; !n->n_components && i < n->u->components.n; i++)
        add_component(n, n->u->components.at[i]);
}

static int effect_from_note(const char *word)
{
    static const char *const words[EFFECTS] = {"NO-IMPACT", "REDUCED-REDUNDANCY", "DEGRADED", "OUTAGE"};
    for (int i = 0; word && i < EFFECTS; i++)
        if (str_eq(words[i], word))
            return i;
    return -1;
}

/* What our objects suffer when each says it; else what all do; else the worst, so that nobody is surprised. */
static enum effect effect_of(const struct note *n)
{
    int own = -1, all = effect_from_note(n->ev->impact);
    for (int k = 0; k < n->ev->n_objects; k++)
        for (int i = 0; i < n->u->objects.n; i++) {
            int one = letter_fits(n->u->objects.keys[i], n->ev->objects[k].id) ? effect_from_note(n->ev->objects[k].impact) : -1;
            own = one > own ? one : own;
        }
    return (enum effect)(own >= 0 ? own : all >= 0 ? all : EFFECT_OUTAGE);
}

static int judge(struct note *n, struct err *e)
{
    const struct ical_event *ev = n->ev;
    if (!ev->uid || !ev->uid[0])
        return err_set(e, ERR_INVALID, MSG("this notice has no UID"), "");
    n->status = ev->work_status ? ev->work_status : ev->status ? ev->status : "";
    if (str_eq(n->status, "CANCELED"))
        n->status = "CANCELLED";
    bool ends = str_eq(n->status, "CANCELLED") || str_eq(n->status, "COMPLETED");
    if (!ends && !ev->start.has)
        return err_set(e, ERR_INVALID, MSG("this notice says no time that can be read"), "");
    if (!ends && ev->end.at_ms <= ev->start.at_ms)
        return err_set(e, ERR_INVALID, MSG("this work ends before it begins"), "");
    return 0;
}

/* ---- which one is it? ---- */

struct seeking {
    const struct note *n;
    int64_t bulletin, sequence;
    bool any;
};

static void seek(void *arg, const char *name, int64_t bulletin, int64_t at_ms)
{
    struct seeking *s = arg;
    int64_t sequence = -1;
    str_i64(name + strlen(s->n->prefix), &sequence);
    s->any = true;
    if (sequence >= s->sequence) {
        s->sequence = sequence;
        s->bulletin = bulletin;
    }
}

/* Without SEQUENCE what it says makes it another one. */
static void find_former(struct note *n)
{
    struct house *h = n->m->call->house;
    struct arena *a = n->m->call->arena;
    const struct ical_event *ev = n->ev;
    const char *uid = ev ? ev->uid : n->m->letter.id[0] ? n->m->letter.id : n->m->letter.subject;
    uint64_t of = hash_text(uid, 21);
    n->prefix = arena_printf(a, "upstream:%s:%016llx:", n->u->name, (unsigned long long)of);
    if (ev && ev->sequence >= 0)
        n->mark = arena_printf(a, "%s%lld", n->prefix, (long long)ev->sequence);
    else if (ev)
        n->mark = arena_printf(a, "%sx%016llx", n->prefix, (unsigned long long)hash_text(arena_printf(a, "%lld %lld %s %s", (long long)ev->start.at_ms, (long long)ev->end.at_ms, n->status, ev->summary ? ev->summary : ""), 22));
    else
        n->mark = arena_printf(a, "%st", n->prefix);
    struct seeking s = {.n = n, .sequence = -1};
    announce_marks(h->announce, n->prefix, seek, &s);
    n->seen = s.any;
    n->newer = announce_marked(h->announce, n->mark) < 0 && !(ev && ev->sequence >= 0 && ev->sequence < s.sequence);
    n->b = s.any ? board_find(h->board, s.bulletin) : NULL;
}

/* Nobody but the upstream has said anything of it. */
static bool is_untouched(const struct note *n)
{
    const char *author = arena_printf(n->m->call->arena, "upstream:%s", n->u->name);
    for (int i = 0; i < n->b->n_updates; i++)
        if (n->b->updates[i].author && !str_eq(n->b->updates[i].author, author))
            return false;
    return str_eq(n->b->author, author);
}

/* ---- doing it: by the operations that people use ---- */

static void run_next(struct upstream_run *r);

static void note_end(struct upstream_run *r, int code, const struct err *e)
{
    if (code) {
        r->bad++;
        r->err = *e;
        r->err.code = code;
    }
    run_next(r);
}

static void operated(void *arg, int status, const struct doc *reply, const struct op_call *inner)
{
    struct note *n = arg;
    struct upstream_run *r = n->r;
    struct err e = {0};
    n->answered = true;
    if (status >= 500) /* its mark was taken back with the post */
        announce_unmark(r->m->call->house->announce, n->mark);
    str_copy(e.text, sizeof e.text, doc_text(doc_get(reply, "error"), "message", ""));
    r->done += status == 200;
    note_end(r, status == 200 ? 0 : status >= 500 ? ERR_IO : ERR_INVALID, &e);
}

static void do_op(struct upstream_run *r, struct note *n, const char *op, const struct doc *params, int64_t bulletin)
{
    struct op_call *c = r->m->call;
    struct principal who = {.name = arena_printf(c->arena, "upstream:%s", n->u->name), .via = "mail", .role = ROLE_OPERATOR};
    uint64_t before = board_version(c->house->board);
    op_run(c->house, op_find(op), params, &who, n->u->lang ? n->u->lang : "en", "", operated, n);
    if (n->answered || board_version(c->house->board) == before)
        return;
    const struct bulletin *b = bulletin ? board_find(c->house->board, bulletin) : NULL;
    for (size_t i = 0; !bulletin && i < board_count(c->house->board); i++)
        if (!b || board_at(c->house->board, i)->version > b->version)
            b = board_at(c->house->board, i);
    announce_mark(c->house->announce, n->mark, b ? b->id : bulletin, c->now.wall_ms);
}

static void put_time(struct doc *p, const char *key, int64_t ms)
{
    char text[TIME_RFC3339_BYTES];
    time_rfc3339(ms, 0, text);
    doc_put_text(p, key, text);
}

static void put_words(const struct note *n, struct doc *p, const char *title, const char *text)
{
    const char *lang = n->u->lang ? n->u->lang : "en";
    struct buf short_title = BUF_MAX(BULLETIN_MAX_TITLE), body = BUF_MAX(MOST_DESCRIPTION + 1000);
    utf8_clean(&short_title, title, strlen(title), UTF8_ONE_LINE, BULLETIN_MAX_TITLE - 4);
    utf8_clean(&body, text, strlen(text), UTF8_KEEP_NEWLINES, MOST_DESCRIPTION);
    if (n->ev && n->ev->maintenance_id)
        msg_print(&body, lang, MSG("\n\nTheir reference: {1}"), "s", n->ev->maintenance_id);
    struct str s = str_trim((struct str){buf_text(&body), body.len});
    if (short_title.len)
        doc_put_text(doc_put_object(p, "title"), lang, buf_text(&short_title));
    if (s.n)
        doc_put_text(doc_put_object(p, "text"), lang, arena_dupn(p->arena, s.p, s.n));
    buf_done(&short_title);
    buf_done(&body);
}

static struct doc *put_components(const struct note *n, struct doc *p)
{
    struct doc *list = n->n_components ? doc_put_list(p, "components") : NULL;
    for (int i = 0; i < n->n_components; i++)
        doc_push_text(list, n->components[i]);
    return list;
}

/* Anybody can write the address of an upstream: what waits for staff is bounded. */
static bool too_many(struct upstream_run *r, struct note *n)
{
    const struct board *board = r->m->call->house->board;
    const char *author = arena_printf(r->m->call->arena, "upstream:%s", n->u->name);
    struct err e = {0};
    int waiting = 0;
    for (size_t i = 0; i < board_count(board); i++)
        waiting += board_at(board, i)->draft && str_eq(board_at(board, i)->author, author);
    if (waiting < MOST_DRAFTS)
        return false;
    note_end(r, err_set(&e, ERR_LIMIT, MSG("{1} drafts of {2} wait for staff already"), "is", (int64_t)MOST_DRAFTS, n->u->name), &e);
    return true;
}

static void plan(struct upstream_run *r, struct note *n)
{
    if (too_many(r, n))
        return;
    struct doc *p = doc_object(r->m->call->arena);
    int64_t now_ms = r->m->call->now.wall_ms;
    bool tentative = n->u->publish == CONF_UPSTREAM_TENTATIVE && n->proven;
    put_components(n, p);
    put_time(p, "start", n->ev->start.at_ms > now_ms - HOUR_MS ? n->ev->start.at_ms : now_ms);
    put_time(p, "end", n->ev->end.at_ms);
    put_words(n, p, n->ev->summary ? n->ev->summary : n->u->name, n->ev->description ? n->ev->description : "");
    doc_put_text(p, "effect", effect_words[n->effect]);
    doc_put_bool(p, "draft", !tentative);
    doc_put_bool(p, "tentative", tentative || !str_eq(n->status, "CONFIRMED"));
    doc_put_bool(p, "overlap", !tentative); /* a draft only: whoever publishes it sees that */
    do_op(r, n, "maintenance-plan", p, 0);
}

static void move(struct upstream_run *r, struct note *n)
{
    struct doc *p = doc_object(r->m->call->arena);
    doc_put_text(p, "id", n->b->key);
    if (n->b->start_ms == n->ev->start.at_ms && n->b->end_ms == n->ev->end.at_ms) {
        if (str_eq(n->status, "CONFIRMED") && n->b->phase == PHASE_TENTATIVE) {
            do_op(r, n, "maintenance-confirm", p, n->b->id);
            return;
        }
        put_words(n, p, "", n->ev->description ? n->ev->description : "");
        if (doc_get(p, "text") && !str_eq(wording_for(&n->b->updates[n->b->n_updates - 1].text, n->u->lang ? n->u->lang : "en", NULL), doc_text(doc_get(p, "text"), n->u->lang ? n->u->lang : "en", ""))) {
            do_op(r, n, "incident-update", p, n->b->id);
            return;
        }
        announce_mark(r->m->call->house->announce, n->mark, n->b->id, r->m->call->now.wall_ms);
        r->same++;
        note_end(r, 0, NULL);
        return;
    }
    put_time(p, "start", n->ev->start.at_ms);
    put_time(p, "end", n->ev->end.at_ms);
    doc_put_bool(p, "overlap", n->b->draft);
    do_op(r, n, "maintenance-move", p, n->b->id);
}

static void remove_or_cancel(struct upstream_run *r, struct note *n)
{
    struct doc *p = doc_object(r->m->call->arena);
    int64_t id = n->b->id;
    doc_put_text(p, "id", n->b->key);
    do_op(r, n, n->b->draft ? "incident-remove" : "maintenance-cancel", p, id);
}

/* What a person has in hand stays as it is: he is told what would be to do. */
static void propose(struct upstream_run *r, struct note *n)
{
    struct op_call *c = r->m->call;
    struct buf detail = BUF_MAX(MOST_DETAIL);
    char start[TIME_RFC3339_BYTES], end[TIME_RFC3339_BYTES];
    time_rfc3339(n->ev->start.at_ms, 0, start);
    time_rfc3339(n->ev->end.at_ms, 0, end);
    if (str_eq(n->status, "CANCELLED"))
        buf_printf(&detail, "%s: CANCELLED\n\nvigie maintenance cancel %lld", n->u->name, (long long)n->b->id);
    else if (str_eq(n->status, "COMPLETED"))
        buf_printf(&detail, "%s: COMPLETED\n\nvigie maintenance complete %lld", n->u->name, (long long)n->b->id);
    else if (n->b->start_ms != n->ev->start.at_ms || n->b->end_ms != n->ev->end.at_ms)
        buf_printf(&detail, "%s: %s – %s\n\nvigie maintenance move %lld --start %s --end %s", n->u->name, start, end, (long long)n->b->id, start, end);
    else
        buf_printf(&detail, "%s: %s", n->u->name, n->status[0] ? n->status : n->ev->summary ? n->ev->summary : "");
    announce_mark(c->house->announce, n->mark, n->b->id, c->now.wall_ms);
    announce_staff(c->house->announce, n->b, n->mark, MSG("News from upstream: {1}"), MSG("Whoever does this work has sent news of it. Nothing was changed, since people of ours have published it or written in it:\n\n{1}"), buf_text(&detail), c->now.wall_ms);
    buf_done(&detail);
    r->done++;
    note_end(r, 0, NULL);
}

static void nothing_to_do(struct upstream_run *r, struct note *n, bool mark)
{
    if (mark && n->b)
        announce_mark(r->m->call->house->announce, n->mark, n->b->id, r->m->call->now.wall_ms);
    r->last = n->b ? n->b->id : r->last;
    r->same++;
    note_end(r, 0, NULL);
}

static void do_note(struct upstream_run *r, struct note *n)
{
    int64_t now_ms = r->m->call->now.wall_ms;
    bool over = str_eq(n->status, "CANCELLED") || str_eq(n->status, "COMPLETED");
    r->last = n->b ? n->b->id : r->last;
    if (!n->newer || (n->seen && (!n->b || n->b->retracted || !bulletin_is_open(n->b)))) {
        nothing_to_do(r, n, n->newer); /* known, old, thrown away by staff, or over */
    } else if (!n->seen) {
        if (over || n->ev->end.at_ms <= now_ms)
            nothing_to_do(r, n, false);
        else
            plan(r, n);
    } else if (!(n->b->draft || (n->u->publish == CONF_UPSTREAM_TENTATIVE && n->proven)) || !is_untouched(n)) {
        propose(r, n);
    } else if (over) {
        remove_or_cancel(r, n);
    } else {
        move(r, n);
    }
}

/* ---- a mail without a calendar ---- */

static void do_text(struct upstream_run *r, struct note *n)
{
    struct letter *l = &r->m->letter;
    struct doc *p = doc_object(r->m->call->arena);
    if (!n->newer) {
        nothing_to_do(r, n, false);
        return;
    }
    if (too_many(r, n))
        return;
    struct doc *list = put_components(n, p);
    DOC_EACH(list, one)
        one->text = arena_printf(p->arena, "%s:operational", one->text);
    put_words(n, p, l->subject[0] ? l->subject : n->u->name, l->text);
    doc_put_bool(p, "draft", true);
    do_op(r, n, "incident-open", p, 0);
}

/* ---- all of them ---- */

static void run_end(struct upstream_run *r)
{
    struct mail_in *m = r->m;
    const struct bulletin *b = r->last ? board_find(m->call->house->board, r->last) : NULL;
    conf_unref(r->conf);
    if (r->bad && r->err.code == ERR_IO) {
        struct op_call *c = m->call;
        mail_in_leave(m);
        op_error(c, ERR_IO, &r->err);
    } else if (r->bad) {
        mail_in_end_err(m, "bad", MAIL_IN_BAD, &r->err);
    } else if (!r->done) {
        mail_in_end(m, "known", MAIL_IN_OK, b, MSG("it says nothing new"), "");
    } else {
        mail_in_end(m, "upstream", MAIL_IN_OK, NULL, NULL, "");
    }
}

static void take_event(struct upstream_run *r, const struct ical_event *ev)
{
    struct note *n = ARENA_NEW(r->m->call->arena, struct note);
    struct err e = {0};
    *n = (struct note){.r = r, .m = r->m, .ev = ev, .u = upstream_of(r->conf, &r->m->letter, ev), .status = "", .proven = mail_dkim_ok(&r->m->letter)};
    if (!n->u) {
        r->unknown++;
        run_next(r);
        return;
    }
    int code = judge(n, &e);
    if (code) {
        note_end(r, code, &e);
        return;
    }
    find_former(n);
    find_components(n);
    n->effect = effect_of(n);
    do_note(r, n);
}

static void run_next(struct upstream_run *r)
{
    struct letter *l = &r->m->letter;
    while (r->calendar < l->n_calendars) {
        const struct ical *c = &l->calendars[r->calendar];
        if (r->event < c->n_events) {
            take_event(r, &c->events[r->event++]);
            return;
        }
        r->calendar++;
        r->event = 0;
    }
    run_end(r);
}

static void take_text(struct upstream_run *r, const struct conf_upstream *u)
{
    struct note *n = ARENA_NEW(r->m->call->arena, struct note);
    *n = (struct note){.r = r, .m = r->m, .u = u, .status = ""};
    find_former(n);
    find_components(n);
    do_text(r, n);
}

bool upstream_take(struct mail_in *m)
{
    struct op_call *c = m->call;
    const struct conf *conf = model_conf(c->house->model);
    const struct letter *l = &m->letter;
    const struct conf_upstream *u = NULL;
    for (int k = 0; k < l->n_calendars && !u; k++)
        for (int i = 0; i < l->calendars[k].n_events && !u; i++)
            u = upstream_of(conf, l, &l->calendars[k].events[i]);
    bool text = !u && !l->n_calendars && !l->nobody;
    u = u || l->n_calendars ? u : text ? upstream_of(conf, l, NULL) : NULL;
    if (!u)
        return false;
    struct upstream_run *r = ARENA_NEW(c->arena, struct upstream_run);
    *r = (struct upstream_run){.m = m, .conf = conf_ref((struct conf *)(uintptr_t)conf)};
    if (l->bad_calendar) {
        str_copy(r->err.text, sizeof r->err.text, l->bad_calendar);
        r->bad++;
    }
    if (text && !l->bad_calendar)
        take_text(r, map_find(&conf->upstream_by_name, u->name));
    else
        run_next(r);
    return true;
}

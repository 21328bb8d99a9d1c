/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_command.c: what people say to us: !status, !incident, !maintenance, #status as other houses have it, help.  Everybody may ask how it
 * is; the rest is for who has a role.  Answers are one line, or a few. */
#include "announce/irc_int.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum { MAX_WORDS = 120, LIST_MOST = 5 };

struct words { /* what he said, cut */
    const char *at[MAX_WORDS];
    const char *rest[MAX_WORDS + 1]; /* the text from there on, as it was written */
    int n, i;
    char copy[512];
};

static void cut(struct words *w, const char *text)
{
    str_copy(w->copy, sizeof w->copy, text);
    w->n = w->i = 0;
    for (char *p = w->copy; w->n < MAX_WORDS;) {
        while (*p == ' ')
            p++;
        if (!*p)
            break;
        w->rest[w->n] = text + (p - w->copy);
        w->at[w->n++] = p;
        p += strcspn(p, " ");
        if (*p)
            *p++ = 0;
    }
    w->rest[w->n] = "";
}

static const char *word(const struct words *w)
{
    return w->i < w->n ? w->at[w->i] : "";
}

static const char *next_word(struct words *w)
{
    return w->i < w->n ? w->at[w->i++] : "";
}

/* What is left, without the dash or -m in front of it that people write. */
static const char *left(const struct words *w)
{
    int i = w->i;
    if (i < w->n && (str_eq(w->at[i], "-") || str_eq(w->at[i], "-m") || str_eq(w->at[i], "--") || str_eq(w->at[i], "–")))
        i++;
    return w->rest[i < w->n ? i : w->n];
}

static struct arena *arena_of(struct person *p)
{
    if (!p->arena)
        p->arena = arena_new(0);
    return p->arena;
}

/* ---- parameters ---- */

static void put_text(struct person *p, struct doc *params, const char *text)
{
    if (text[0])
        doc_put_text(doc_put_object(params, "text"), p->lang, text);
}

static int level_word(const char *text)
{
    int level = level_from(text);
    return level >= 0 ? level : topic_level(text);
}

/* "website" or "website:major", by name or title; false: the text begins here. */
static bool take_component(struct person *p, struct words *w, struct doc *list, bool with_level)
{
    const struct conf *c = irc_conf(p->net->irc);
    const char *said = word(w), *colon = strchr(said, ':');
    const char *name = arena_dupn(arena_of(p), said, colon ? (size_t)(colon - said) : strcspn(said, ","));
    const struct conf_component *k = said[0] ? topic_component(c, name) : NULL;
    int level = k && colon ? level_word(colon + 1) : -1;
    bool further = list->kids.n > 0 && !colon; /* what follows without a level may be the text: "… mail Mail is slow" */
    if (!k || (colon && level < 0) || (further && !str_eq(k->name, name)))
        return false;
    w->i++;
    doc_push_text(list, colon && with_level ? arena_printf(arena_of(p), "%s:%s", k->name, level_words[level]) : k->name);
    return true;
}

static int take_components(struct person *p, struct words *w, struct doc *params, bool with_level)
{
    struct doc *list = doc_list(arena_of(p));
    int n = 0;
    while (take_component(p, w, list, with_level))
        n++;
    if (n)
        doc_put(params, "components", list);
    return n;
}

static bool take_phase(struct words *w, struct doc *params)
{
    int phase = phase_from(word(w));
    if (phase < 0 || !phase_fits(BULLETIN_INCIDENT, (enum phase)phase))
        return false;
    doc_put_text(params, "phase", next_word(w));
    return true;
}

/* A number, "#3" or a key; without one: the only one that is open. NULL when he has to say which, and he is told. */
static const struct bulletin *take_bulletin(struct person *p, struct words *w, int kind)
{
    const char *said = word(w)[0] == '#' ? word(w) + 1 : word(w);
    const struct announce *a = p->net->irc->env.announce;
    const struct board *board = announce_board(p->net->irc->env.announce);
    const struct bulletin *b = said[0] ? announce_find(a, said) : NULL, *only = NULL;
    int open = 0;
    if (b) {
        w->i++;
        return b;
    }
    for (size_t i = 0; i < board_count(board); i++) {
        const struct bulletin *one = board_at(board, i);
        if (bulletin_is_open(one) && bulletin_is_public(one) && (int)one->kind == kind) {
            only = one;
            open++;
        }
    }
    if (open == 1 && (!said[0] || strspn(said, "0123456789") != strlen(said)))
        return only;
    if (open == 0)
        person_tell(p, kind == BULLETIN_WORK ? MSG("no work is planned") : MSG("no incident is open"), "");
    else
        person_tell(p, MSG("say which: {1} are open"), "i", (int64_t)open);
    return NULL;
}

/* ---- answers ---- */

static void bulletin_line(struct person *p, const struct bulletin *b)
{
    struct buf link = BUF_MAX(600);
    const char *title = wording_for(&b->title, p->lang, NULL);
    telling_link(p->net->irc->env.telling, b, NULL, &link);
    person_tell(p, MSG("{1}, {2}: {3} {4}"), "isss", b->id, msg_tr(p->lang, phase_title(b->phase)), title ? title : b->key, buf_text(&link));
    buf_done(&link);
}

static void bid_said(struct person *p, bool good, const struct doc *reply, const char *error)
{
    const struct bulletin *b = good ? announce_find(p->net->irc->env.announce, arena_printf(arena_of(p), "%lld", (long long)doc_int(doc_get(reply, "bulletin"), "id", 0))) : NULL;
    if (!good)
        person_tell_packed(p, error);
    else if (b)
        bulletin_line(p, b);
    else
        person_tell(p, MSG("done"), "");
    person_free(p);
}

static void bid(struct person *p, const char *op, struct doc *params)
{
    person_bid(p, op, params, bid_said);
}

static void list_open(struct person *p, int kind, const char *none)
{
    const struct board *board = announce_board(p->net->irc->env.announce);
    int n = 0;
    for (size_t i = 0; i < board_count(board); i++) {
        const struct bulletin *b = board_at(board, i);
        if ((int)b->kind != kind || !bulletin_is_open(b) || !bulletin_is_public(b))
            continue;
        if (n++ < LIST_MOST)
            bulletin_line(p, b);
    }
    if (n == 0)
        person_tell(p, none, "");
    else if (n > LIST_MOST)
        person_tell(p, MSG("and {1} more"), "i", (int64_t)(n - LIST_MOST));
    person_free(p);
}

/* ---- !incident ---- */

static void incident_open(struct person *p, struct words *w)
{
    struct doc *params = doc_object(arena_of(p));
    if (!take_components(p, w, params, true)) {
        person_tell(p, MSG("say what is concerned: !incident open mail:major what is wrong"), "");
        person_free(p);
        return;
    }
    take_phase(w, params);
    put_text(p, params, left(w));
    bid(p, "incident-open", params);
}

static void about_one(struct person *p, struct words *w, int kind, const char *op)
{
    const struct bulletin *b = take_bulletin(p, w, kind);
    if (!b) {
        person_free(p);
        return;
    }
    struct doc *params = doc_object(arena_of(p));
    doc_put_text(params, "id", arena_printf(arena_of(p), "%lld", (long long)b->id));
    if (str_eq(op, "incident-update")) {
        take_phase(w, params);
        take_components(p, w, params, true);
        take_phase(w, params);
    }
    put_text(p, params, left(w));
    bid(p, op, params);
}

static void incident_update(struct person *p, struct words *w) { about_one(p, w, BULLETIN_INCIDENT, "incident-update"); }
static void incident_resolve(struct person *p, struct words *w) { about_one(p, w, BULLETIN_INCIDENT, "incident-resolve"); }
static void incident_list(struct person *p, struct words *w) { list_open(p, BULLETIN_INCIDENT, MSG("no incident is open")); }

/* ---- !maintenance ---- */

/* "22:00-23:00", "2026-11-25 22:00-23:00 UTC". False: he has been told what is wrong. */
static bool take_times(struct person *p, struct words *w, struct doc *params)
{
    const struct irc_env *env = &p->net->irc->env;
    struct err e = {0};
    char text[TIME_RFC3339_BYTES];
    int64_t start, end;
    int used = topic_times(w->at + w->i, w->n - w->i, env->zone ? env->zone(env->arg) : NULL, clock_wall_ms(), &start, &end, &e);
    if (!used) {
        person_tell_packed(p, e.text);
        return false;
    }
    w->i += used;
    time_rfc3339(start, 0, text);
    doc_put_text(params, "start", text);
    time_rfc3339(end, 0, text);
    doc_put_text(params, "end", text);
    return true;
}

static void work_plan(struct person *p, struct words *w)
{
    struct doc *params = doc_object(arena_of(p));
    if (!take_components(p, w, params, false)) {
        person_tell(p, MSG("say what is concerned, and when: !maintenance plan dns 22:00-23:00 kernel upgrade"), "");
        person_free(p);
        return;
    }
    if (!take_times(p, w, params)) {
        person_free(p);
        return;
    }
    put_text(p, params, left(w));
    bid(p, "maintenance-plan", params);
}

static void work_move(struct person *p, struct words *w)
{
    const struct bulletin *b = take_bulletin(p, w, BULLETIN_WORK);
    struct doc *params = b ? doc_object(arena_of(p)) : NULL;
    if (!b || !take_times(p, w, params)) {
        person_free(p);
        return;
    }
    doc_put_text(params, "id", arena_printf(arena_of(p), "%lld", (long long)b->id));
    put_text(p, params, left(w));
    bid(p, "maintenance-move", params);
}

static void work_start(struct person *p, struct words *w) { about_one(p, w, BULLETIN_WORK, "maintenance-start"); }
static void work_complete(struct person *p, struct words *w) { about_one(p, w, BULLETIN_WORK, "maintenance-complete"); }
static void work_cancel(struct person *p, struct words *w) { about_one(p, w, BULLETIN_WORK, "maintenance-cancel"); }
static void work_list(struct person *p, struct words *w) { list_open(p, BULLETIN_WORK, MSG("no work is planned")); }

/* ---- !status ---- */

static const char *const levels[LEVELS] = {MSG("Works"), MSG("We cannot see it"), MSG("Planned work"), MSG("Slow"), MSG("Partly down"), MSG("Down")};

static void status_one(struct person *p, const struct conf_component *k)
{
    struct view v;
    view_open(p->net->irc, &v);
    const struct sight_component *c = sight_find(&v.sight, k->name);
    const char *other, *title = sight_title(&v.sight, k->name, p->lang, &other), *why = c && c->because ? wording_for(&c->because->title, p->lang, NULL) : NULL;
    if (c && c->since_ms && why)
        person_tell(p, MSG("{1}: {2} since {3}: {4}"), "ssts", title, msg_tr(p->lang, levels[c->level]), c->since_ms, why);
    else if (c && c->since_ms)
        person_tell(p, MSG("{1}: {2} since {3}"), "sst", title, msg_tr(p->lang, levels[c->level]), c->since_ms);
    else
        person_tell(p, MSG("{1}: {2}"), "ss", title, msg_tr(p->lang, levels[c ? c->level : LEVEL_UNKNOWN]));
    view_close(&v);
}

/* The same words as in the topic. */
static void status_all(struct person *p)
{
    struct room *r = &p->net->rooms[p->room >= 0 ? p->room : 0];
    struct topic_style st;
    struct topic_status now;
    const struct bulletin *main;
    struct view v;
    struct buf line = BUF_MAX(4096);
    room_style(r, &st);
    view_open(p->net->irc, &v);
    if (room_wanted(r, &v, &now, &main, &line))
        person_tell(p, "{1}", "s", buf_text(&line));
    else
        person_tell(p, MSG("nothing is known yet"), "");
    view_close(&v);
    buf_done(&line);
}

static void status(struct person *p, struct words *w)
{
    const struct conf *c = irc_conf(p->net->irc);
    const char *names[MAX_WORDS + 1], *rest = left(w), *near = NULL;
    const struct conf_component *k = rest[0] ? topic_component(c, rest) : NULL;
    int n = 0;
    for (int i = 0; i < c->n_components && n < MAX_WORDS; i++)
        names[n++] = c->components[i]->name;
    names[n] = NULL;
    if (k)
        status_one(p, k);
    else if (!rest[0])
        status_all(p);
    else if ((near = str_nearest(rest, names)))
        person_tell(p, MSG("there is no component {1}; did you mean {2}?"), "ss", rest, near);
    else
        person_tell(p, MSG("there is no component {1}"), "s", rest);
    person_free(p);
}

/* ---- #status, as OpenStack's bot has it ---- */

static const struct bulletin *opened_here(const struct person *p)
{
    const struct board *board = announce_board(p->net->irc->env.announce);
    const struct bulletin *last = NULL;
    for (size_t i = 0; i < board_count(board); i++) {
        const struct bulletin *b = board_at(board, i);
        if (b->kind == BULLETIN_INCIDENT && bulletin_is_open(b) && bulletin_is_public(b) && str_eq(b->origin, "irc") && (!last || b->id > last->id))
            last = b;
    }
    return last;
}

static void status_alert(struct person *p, struct words *w)
{
    struct doc *params = doc_object(arena_of(p));
    take_components(p, w, params, true);
    const char *text = left(w);
    if (text[0])
        doc_put_text(doc_put_object(params, "title"), p->lang, text);
    bid(p, "incident-open", params);
}

/* Said, and over: a note in the history of the page. A quiet one is told to nobody. */
static void note(struct person *p, struct words *w, bool quiet)
{
    struct doc *params = doc_object(arena_of(p));
    const char *text = left(w);
    doc_put_text(params, "phase", phase_words[PHASE_RESOLVED]);
    if (quiet)
        doc_put_bool(params, "quiet", true);
    if (text[0])
        doc_put_text(doc_put_object(params, "title"), p->lang, text);
    bid(p, "incident-open", params);
}

static void status_notice(struct person *p, struct words *w) { note(p, w, false); }
static void status_log(struct person *p, struct words *w) { note(p, w, true); }

static void status_ok(struct person *p, struct words *w)
{
    const struct bulletin *b = opened_here(p);
    if (!b) {
        person_tell(p, MSG("no incident is open"), "");
        person_free(p);
        return;
    }
    struct doc *params = doc_object(arena_of(p));
    doc_put_text(params, "id", arena_printf(arena_of(p), "%lld", (long long)b->id));
    put_text(p, params, left(w));
    bid(p, "incident-resolve", params);
}

/* ---- help ---- */

static const char *const help_lines[] = {
    MSG("!status [COMPONENT] · !incident · !maintenance: how it is, for everybody"),
    MSG("!incident open COMPONENT[:degraded|partial|major] … TEXT · !incident update [ID] [identified|monitoring] [COMPONENT:LEVEL …] TEXT · !incident resolve [ID] TEXT"),
    MSG("!maintenance plan COMPONENT … 22:00-23:00 TEXT · move [ID] 23:00-23:30 TEXT · start|complete|cancel [ID] TEXT"),
    MSG("#status alert [COMPONENT] TEXT · #status notice TEXT · #status log TEXT · #status ok TEXT"),
    MSG("The topic, for staff: “Status: DOWN mail - TEXT”, “Status: MAINT dns 22:00-23:00 - TEXT”, “Status: OK”."),
};

static void help(struct person *p, const char *lang, const char *other)
{
    p->lang = lang;
    for (size_t i = 0; i < COUNT(help_lines); i++) {
        struct buf b = BUF_MAX(1000);
        msg_pack(&b, help_lines[i], "");
        person_note(p, buf_text(&b));
        buf_done(&b);
    }
    person_note(p, other);
    person_free(p);
}

static void help_en(struct person *p, struct words *w) { help(p, "en", "aide : la même chose en français"); }
static void help_fr(struct person *p, struct words *w) { help(p, "fr", "help: the same in English"); }

static void help_own(struct person *p, struct words *w)
{
    bool fr = str_istarts(word(w), "fr") || (!word(w)[0] && str_eq(p->lang, "fr"));
    (fr ? help_fr : help_en)(p, w);
}

/* ---- what is meant ---- */

typedef void command_fn(struct person *p, struct words *w);
static const struct command_row {
    const char *sign, *word, *sub; /* sign: "!" or "#"; sub "": without one */
    bool everybody;
    command_fn *fn;
} commands[] = {
    {"#", "status", "alert", false, status_alert},     {"#", "status", "notice", false, status_notice},     {"#", "status", "log", false, status_log},      {"#", "status", "ok", false, status_ok},
    {"!", "status", "", true, status},                 {"!", "incident", "open", false, incident_open},     {"!", "incident", "update", false, incident_update}, {"!", "incident", "resolve", false, incident_resolve},
    {"!", "incident", "list", true, incident_list},    {"!", "incident", "", true, incident_list},          {"!", "maintenance", "plan", false, work_plan},  {"!", "maintenance", "move", false, work_move},
    {"!", "maintenance", "start", false, work_start},  {"!", "maintenance", "complete", false, work_complete}, {"!", "maintenance", "cancel", false, work_cancel}, {"!", "maintenance", "list", true, work_list},
    {"!", "maintenance", "", true, work_list},         {"!", "help", "", true, help_own},                   {"!", "aide", "", true, help_fr},
};

/* In private the sign may be missing. Of the words, those that name the command are taken. */
static const struct command_row *find(struct words *w, bool alone)
{
    const char *first = word(w), *sub = w->n > 1 ? w->at[1] : "";
    char sign[2] = {first[0] == '#' ? '#' : first[0] == '!' ? '!' : 0, 0};
    if (!sign[0] && !alone)
        return NULL;
    const char *name = sign[0] ? first + 1 : first;
    for (size_t i = 0; i < COUNT(commands); i++) {
        const struct command_row *c = &commands[i];
        if (!str_ieq(c->word, name) || (sign[0] && !str_eq(sign, c->sign)) || (c->sub[0] && !str_ieq(c->sub, sub)))
            continue;
        if (!c->sub[0] && sub[0] && (c->fn == incident_list || c->fn == work_list))
            continue; /* a word that we do not know */
        w->i = c->sub[0] ? 2 : 1;
        return c;
    }
    return NULL;
}

static void run(struct person *p)
{
    struct words w;
    cut(&w, p->text);
    const struct command_row *c = find(&w, p->room < 0);
    bool staff = p->role && !str_eq(p->role, "viewer");
    if (!c || !(c->everybody || staff)) {
        person_refuse(p);
        person_free(p);
        return;
    }
    c->fn(p, &w);
}

void command_said(struct net *n, int room, const struct irc_speaker *by, const char *text)
{
    struct words w;
    cut(&w, text);
    const struct command_row *c = find(&w, room < 0);
    if (!by->user[0] || (!c && room >= 0 && text[0] != '!') || !person_may_speak(n, by))
        return;
    if ((!c || c->everybody) && !net_may_answer(n))
        return;
    struct person *p = person_new(n, room, by, text);
    if (!c && (room < 0 || str_istarts(text, "!incident") || str_istarts(text, "!maintenance")))
        help_own(p, &(struct words){0});
    else if (!c)
        person_free(p); /* another program's */
    else if (c->everybody)
        run(p);
    else
        person_judge(p, run);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_news.c: posts: from parameters, as people and programs give them, to the board; the answer when it is durable. */
#include "ops/ops_news.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"
#include "ops/ops_subscribe.h"
#include <string.h>

enum { MAX_NAMED = 200 };

const char *news_lang(const struct op_call *c)
{
    const char *site = model_conf(c->house->model)->site.lang;
    return site ? site : c->lang;
}

bool news_begin(struct news *n, struct op_call *c, enum post_kind kind)
{
    *n = (struct news){.call = c, .post = POST_OF(kind), .dry = doc_bool(c->params, "dry-run", false)};
    n->post.author = c->who.name;
    n->post.origin = c->who.via;
    n->post.quiet = doc_bool(c->params, "quiet", false);
    if (kind != POST_OPEN)
        n->old = news_find(c);
    return kind == POST_OPEN || n->old;
}

/* ---- words ---- */

static bool say_in(struct news *n, struct wording *w, const char *key, const char *lang, size_t max_bytes)
{
    struct err e = {0};
    struct doc *one = doc_object(n->call->arena);
    struct wording read = {0};
    const char *text = doc_text(n->call->params, key, NULL);
    if (!text)
        return true;
    doc_put_text(one, key, text);
    int r = wording_read(&read, n->call->arena, one, key, lang, max_bytes, &e);
    if (r == 0 && read.n)
        r = wording_set(w, n->call->arena, lang, read.text[0], &e);
    if (r)
        op_error(n->call, r, &e);
    return r == 0;
}

/* A text of its own for each language stands beside one that is for any. */
static bool read_words(struct news *n, struct wording *w, const char *key, const char *const keys[2], size_t max_bytes)
{
    static const char *const langs[] = {"en", "fr"};
    struct err e = {0};
    int r = wording_read(w, n->call->arena, n->call->params, key, news_lang(n->call), max_bytes, &e);
    if (r) {
        op_error(n->call, r, &e);
        return false;
    }
    for (int i = 0; i < 2; i++)
        if (!say_in(n, w, keys[i], langs[i], max_bytes))
            return false;
    return true;
}

bool news_words(struct news *n)
{
    static const char *const titles[] = {"title-en", "title-fr"}, *const texts[] = {"en", "fr"};
    return read_words(n, &n->post.title, "title", titles, BULLETIN_MAX_TITLE) && read_words(n, &n->post.text, "text", texts, BULLETIN_MAX_TEXT) && news_fill(n);
}

void news_missing(const struct wording *w, const char *ret[], int max)
{
    int n = 0;
    for (int i = 0; msg_langs[i] && n + 1 < max; i++)
        if (w->n && !wording_has(w, msg_langs[i]))
            ret[n++] = msg_langs[i];
    ret[n] = NULL;
}

/* ---- components ---- */

static bool no_component(struct news *n, const char *name)
{
    const struct conf *c = model_conf(n->call->house->model);
    const char *names[MAX_NAMED + 1];
    int many = 0;
    for (int i = 0; i < c->n_components && many < MAX_NAMED; i++)
        names[many++] = c->components[i]->name;
    names[many] = NULL;
    const char *near = str_nearest(name, names);
    if (near)
        op_fail(n->call, ERR_INVALID, "components", MSG("there is no component {1}; did you mean {2}?"), "ss", name, near);
    else if (!many)
        op_fail(n->call, ERR_INVALID, "components", MSG("there is no component {1}; the configuration has none (components:)"), "s", name);
    else
        op_fail(n->call, ERR_INVALID, "components", MSG("there is no component {1}"), "s", name);
    return false;
}

/* What is not said is what its checks say, if that is anything. */
static enum level level_by_checks(struct news *n, const struct conf_component *c)
{
    struct component_standing s;
    board_standing(n->call->house->board, n->call->house->model, c, n->call->now.wall_ms, &s);
    return s.checks >= LEVEL_DEGRADED ? s.checks : LEVEL_DEGRADED;
}

static bool is_impact(int level)
{
    return level == LEVEL_OPERATIONAL || level >= LEVEL_DEGRADED;
}

static bool wrong_impact(struct news *n, const char *word)
{
    op_fail(n->call, ERR_INVALID, "components", MSG("“{1}” is no impact; one is operational, degraded, partial or major"), "s", word);
    return false;
}

/* "website" or "website:major". */
static bool read_component(struct news *n, const char *word, struct post_level *ret)
{
    const struct conf *conf = model_conf(n->call->house->model);
    const char *impact = doc_text(n->call->params, "impact", NULL), *colon = strchr(word, ':');
    const char *name = arena_dupn(n->call->arena, word, colon ? (size_t)(colon - word) : strlen(word));
    const struct conf_component *c = map_find(&conf->component_by_name, name);
    int level = colon ? level_from(colon + 1) : impact ? level_from(impact) : n->use && n->use->impact ? LEVEL_DEGRADED + n->use->impact - 1 : -1;
    if (!c)
        return no_component(n, name);
    if (colon && !is_impact(level))
        return wrong_impact(n, colon + 1);
    *ret = (struct post_level){c->name, level >= 0 ? (enum level)level : level_by_checks(n, c)};
    return true;
}

static bool find_use(struct news *n)
{
    const char *name = doc_text(n->call->params, "use", NULL);
    const struct conf *conf = model_conf(n->call->house->model);
    const char *names[MAX_NAMED + 1];
    if (!name || !name[0])
        return true;
    n->use = map_find(&conf->text_by_name, name);
    for (int i = 0; i <= conf->n_texts && i <= MAX_NAMED; i++)
        names[i] = i < conf->n_texts && i < MAX_NAMED ? conf->texts[i]->name : NULL;
    const char *near = n->use ? NULL : str_nearest(name, names);
    if (!n->use && near)
        op_fail(n->call, ERR_INVALID, "use", MSG("there is no text {1}; did you mean {2}?"), "ss", name, near);
    else if (!n->use)
        op_fail(n->call, ERR_INVALID, "use", MSG("there is no text {1} in the configuration (texts:)"), "s", name);
    return n->use != NULL;
}

/* Those of the text in use, when nobody names others. */
static const struct doc *named(struct news *n)
{
    struct doc *list = doc_get(n->call->params, "components");
    if (list || n->old || !n->use)
        return list;
    list = doc_list(n->call->arena);
    for (int i = 0; i < n->use->components.n; i++)
        doc_push_text(list, n->use->components.at[i]);
    return list;
}

bool news_components(struct news *n)
{
    if (!find_use(n))
        return false;
    const struct doc *list = named(n);
    struct post_level *levels = ARENA_ARRAY(n->call->arena, struct post_level, (list ? list->kids.n : 0) + (n->old ? (size_t)n->old->n_components : 0) + 1);
    const char *impact = doc_text(n->call->params, "impact", NULL);
    DOC_EACH(list, d)
        if (!read_component(n, d->text, &levels[n->post.n_levels++]))
            return false;
    /* An impact without names is that of all it touches. */
    for (int i = 0; impact && n->old && !n->post.n_levels && i < n->old->n_components; i++)
        levels[i] = (struct post_level){n->old->components[i], (enum level)level_from(impact)};
    if (impact && n->old && !n->post.n_levels)
        n->post.n_levels = n->old->n_components;
    n->post.levels = levels;
    return true;
}

void news_times(struct news *n)
{
    const struct doc *p = n->call->params;
    n->post.at_ms = doc_int(p, "at", 0);
    n->post.expected_ms = doc_int(p, "expected", POST_AS_IT_IS);
    n->post.next_by_ms = doc_int(p, "next-by", POST_AS_IT_IS);
}

/* ---- posting ---- */

struct answer {
    struct op_call *call;
    struct doc *reply;
    const char *action, *target, *detail;
    struct bulletin *made, *before; /* references */
    int code;                       /* of announce's rows */
    struct err err;
    int left;
};

static void answer_end(struct answer *a)
{
    struct op_call *c = a->call;
    bulletin_unref(a->made);
    bulletin_unref(a->before);
    if (a->code)
        op_error(c, a->code, &a->err);
    else
        op_reply(c, a->reply);
}

static void answer_step(struct answer *a, int code, const struct err *e)
{
    if (code && !a->code) {
        a->code = code;
        a->err = e ? *e : (struct err){.code = code};
    }
    if (--a->left == 0)
        answer_end(a);
}

static void announce_kept(void *arg, int code, const struct err *e)
{
    struct answer *a = arg;
    if (code && a->made && code != ERR_CANCELLED)
        announce_undo(a->call->house->announce, a->made, a->before);
    answer_step(a, code, e);
}

static void audit_kept(void *arg, int code, const struct err *e)
{
    answer_step(arg, code, e);
}

void news_answer(struct op_call *c, struct doc *reply, const char *action, const char *detail, const struct bulletin *made, const struct bulletin *before)
{
    struct answer *a = ARENA_NEW(c->arena, struct answer);
    const struct bulletin *one = made ? made : before;
    *a = (struct answer){.call = c, .reply = reply, .left = 2};
    a->made = made ? bulletin_ref(made) : NULL;
    a->before = before ? bulletin_ref(before) : NULL;
    recorder_audit(c->house->recorder, c->now.wall_ms, c->who.name ? c->who.name : "?", c->who.via, action,
                   one ? arena_printf(c->arena, "incident %lld", (long long)one->id) : NULL, detail ? detail : one ? wording_for(&one->title, "en", NULL) : NULL);
    announce_flush(c->house->announce, announce_kept, a);
    recorder_flush(c->house->recorder, audit_kept, a);
}

/* ---- what would be ---- */

static void put_preview(struct news *n, const struct bulletin *b, struct doc *reply)
{
    struct doc *list = doc_put_list(reply, "preview");
    for (int i = 0; msg_langs[i]; i++) {
        struct doc *o = doc_push_object(list);
        const char *other;
        doc_put_text(o, "lang", msg_langs[i]);
        doc_put_text(o, "title", wording_for(&b->title, msg_langs[i], &other));
        doc_put_text(o, "title_lang", other);
        if (!n->post.text.n)
            continue;
        doc_put_text(o, "text", wording_for(&n->post.text, msg_langs[i], &other));
        doc_put_text(o, "text_lang", other);
    }
}

static void dry_run(struct news *n)
{
    struct op_call *c = n->call;
    struct bulletin *would = NULL;
    struct err e = {0};
    int64_t update_id = 0;
    int r = bulletin_post(n->old, &n->post, n->old ? n->old->id : 0, "000000000000", c->now.wall_ms, &would, &update_id, &e);
    if (r) {
        op_error(c, r, &e);
        return;
    }
    struct doc *reply = doc_object(c->arena);
    doc_put_bool(reply, "dry_run", true);
    news_put(doc_put_object(reply, "bulletin"), would, c);
    put_preview(n, would, reply);
    news_put_shown(reply, c, would, would);
    static const enum board_event_kind kinds[] = {[POST_OPEN] = BOARD_OPENED, [POST_UPDATE] = BOARD_UPDATED, [POST_CORRECT] = BOARD_CORRECTED, [POST_CORRECT_UPDATE] = BOARD_CORRECTED,
                                                  [POST_PUBLISH] = BOARD_PUBLISHED, [POST_RETRACT] = BOARD_RETRACTED, [POST_MOVE] = BOARD_MOVED, [POST_REPORT] = BOARD_REPORTED};
    struct board_event ev = {.kind = kinds[n->post.kind], .now = would, .before = n->old, .update = update_id ? bulletin_update(would, update_id) : NULL, .at_ms = c->now.wall_ms};
    subscribe_preview(c, reply, &ev);
    bulletin_unref(would);
}

void news_post(struct news *n, const char *action)
{
    struct op_call *c = n->call;
    const struct bulletin *before = n->old ? bulletin_ref(n->old) : NULL, *now = NULL;
    struct err e = {0};
    if (n->post.kind == POST_OPEN && !n->post.title.n)
        news_title(n);
    if (n->dry) {
        bulletin_unref(before);
        dry_run(n);
        return;
    }
    int r = announce_post(c->house->announce, n->old ? n->old->id : 0, &n->post, c->now.wall_ms, &now, &e);
    if (r) {
        op_error(c, r, &e);
    } else {
        struct doc *reply = doc_object(c->arena);
        news_put(doc_put_object(reply, "bulletin"), now, c);
        news_put_shown(reply, c, NULL, now);
        news_answer(c, reply, action, n->note, now, before);
    }
    bulletin_unref(before);
}

/* ---- operations ---- */

static bool read_phase(struct news *n)
{
    const char *word = doc_text(n->call->params, "phase", NULL);
    n->post.phase = word ? phase_from(word) : n->use && n->use->phase ? n->use->phase - 1 : POST_AS_IT_IS;
    return true;
}

static void run_open(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_OPEN) || !news_components(&n) || !news_words(&n) || !read_phase(&n))
        return;
    news_times(&n);
    n.post.what = BULLETIN_INCIDENT;
    n.post.draft = doc_bool(c->params, "draft", false);
    news_post(&n, "incident open");
}

static void run_update(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_UPDATE) || !news_components(&n) || !news_words(&n) || !read_phase(&n))
        return;
    news_times(&n);
    news_post(&n, "incident update");
}

static void run_resolve(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_UPDATE) || !news_components(&n) || !news_words(&n))
        return;
    news_times(&n);
    n.post.phase = n.old->kind == BULLETIN_WORK ? PHASE_COMPLETED : PHASE_RESOLVED;
    if (!bulletin_is_open(n.old)) {
        op_fail(c, ERR_CONFLICT, "id", MSG("it is over already"), "");
        return;
    }
    news_post(&n, "incident resolve");
}

static const char *const incident_phases[] = {"investigating", "identified", "monitoring", "resolved", NULL};
static const char *const impacts[] = {"operational", "degraded", "partial", "major", NULL};
#define IMPACT {"impact", OP_WORD, 0, 'i', impacts, MSG("what users notice of the components that have no word of their own"), NULL}
#define AT {"at", OP_TIME, OP_PAST, 0, NULL, MSG("when it happened: 14:30, -20m; now when missing"), NULL}
#define EXPECTED {"expected", OP_TIME, 0, 0, NULL, MSG("when we think that it will be over: +2h, 18:00"), NULL}
#define NEXT_BY {"next-by", OP_TIME, 0, 0, NULL, MSG("when we promise to say more: +30m"), NULL}

static const struct op_param open_params[] = {
    {"components", OP_TEXTS, OP_WORDS, 0, NULL, MSG("what users can no longer use as they should: website, or website:major mail:degraded"), NULL},
    IMPACT,
    NEWS_TEXTS,
    NEWS_TITLES,
    NEWS_USE,
    {"phase", OP_WORD, 0, 'p', incident_phases, MSG("how far we are"), "investigating"},
    AT,
    EXPECTED,
    NEXT_BY,
    {"draft", OP_BOOL, 0, 0, NULL, MSG("only staff see it until it is published"), "no"},
    NEWS_QUIET,
    NEWS_DRY,
    {0}};
static const struct op_param update_params[] = {
    NEWS_ID,
    {"components", OP_TEXTS, OP_WORDS, 0, NULL, MSG("components whose state changes: mail:operational web:partial"), NULL},
    IMPACT,
    NEWS_TEXTS,
    NEWS_USE,
    {"phase", OP_WORD, 0, 'p', incident_phases, MSG("how far we are"), NULL},
    AT,
    EXPECTED,
    NEXT_BY,
    NEWS_QUIET,
    NEWS_DRY,
    {0}};
static const struct op_param resolve_params[] = {NEWS_ID, NEWS_TEXTS, NEWS_USE, {"at", OP_TIME, OP_PAST, 0, NULL, MSG("when it was over: 14:30, -20m; now when missing"), NULL}, NEWS_QUIET, NEWS_DRY, {0}};

const struct op op_incident_open = {
    "incident-open", "POST", "/api/v1/announce/incidents", "incident open", ROLE_OPERATOR, OP_WRITE, MSG("tell users that something does not work"),
    MSG("Shown at once on the public page. A text is written in the language of the site, or in both with --en and --fr; what is missing in a language is shown "
        "in the other, with a mark."),
    "incident open website --impact major -m \"We look for the cause.\"", open_params, run_open};
const struct op op_incident_update = {
    "incident-update", "POST", "/api/v1/announce/incidents/{id}/updates", "incident update", ROLE_OPERATOR, OP_WRITE, MSG("say more of an incident or planned work"), NULL,
    "incident update 3 -p identified -m \"A disk is full.\" --next-by +30m", update_params, run_update};
const struct op op_incident_resolve = {
    "incident-resolve", "POST", "/api/v1/announce/incidents/{id}/resolve", "incident resolve", ROLE_OPERATOR, OP_WRITE, MSG("say that it is over"), NULL,
    "incident resolve 3 -m \"All is well again.\"", resolve_params, run_resolve};

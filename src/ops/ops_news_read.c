/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_news_read.c: incidents and planned work, listed and shown. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_news.h"
#include "ops/ops_priv.h"
#include <string.h>

enum { LIST_DEFAULT = 50, LIST_MOST = 1000 };

const struct bulletin *news_find(struct op_call *c)
{
    const char *id = doc_text(c->params, "id", "");
    const struct bulletin *b = announce_find(c->house->announce, id);
    if (!b)
        op_fail(c, ERR_NOT_FOUND, "id", MSG("there is no incident or planned work “{1}”"), "s", id);
    return b;
}

static void put_missing(struct doc *obj, const char *key, const struct wording *w)
{
    const char *langs[8];
    news_missing(w, langs, 8);
    struct doc *list = doc_put_list(obj, key);
    for (int i = 0; langs[i]; i++)
        doc_push_text(list, langs[i]);
}

static void put_address(struct doc *obj, const struct bulletin *b, const struct op_call *c)
{
    const char *url = model_conf(c->house->model)->site.url;
    size_t n = url ? strlen(url) : 0;
    while (n && url[n - 1] == '/')
        n--;
    doc_put_text(obj, "url", url ? arena_printf(c->arena, "%.*s/%s/%s", (int)n, url, bulletin_kind_words[b->kind], b->key) : arena_printf(c->arena, "%s/%s/%s", c->house->address, bulletin_kind_words[b->kind], b->key));
}

void news_put(struct doc *obj, const struct bulletin *b, const struct op_call *c)
{
    bulletin_write(b, obj);
    put_address(obj, b, c);
    doc_put_bool(obj, "open", bulletin_is_open(b));
    doc_put_bool(obj, "public", bulletin_is_public(b));
    doc_put_text(obj, "level", level_words[bulletin_worst(b, c->now.wall_ms)]);
    doc_put_text(obj, "peak", level_words[bulletin_peak(b)]);
    put_missing(obj, "title_missing", &b->title);
    put_missing(obj, "text_missing", b->n_updates ? &b->updates[b->n_updates - 1].text : &(struct wording){0});
}

void news_put_short(struct doc *list, const struct bulletin *b, const struct op_call *c)
{
    struct doc *o = doc_push_object(list), *names = NULL;
    doc_put_int(o, "id", b->id);
    doc_put_text(o, "key", b->key);
    doc_put_text(o, "kind", bulletin_kind_words[b->kind]);
    doc_put_text(o, "phase", phase_words[b->phase]);
    doc_put_text(o, "level", level_words[bulletin_worst(b, c->now.wall_ms)]);
    doc_put_text(o, "peak", level_words[bulletin_peak(b)]);
    wording_write(&b->title, o, "title");
    doc_put_bool(o, "draft", b->draft);
    doc_put_bool(o, "retracted", b->retracted);
    doc_put_bool(o, "open", bulletin_is_open(b));
    doc_put_time(o, "started", b->started_ms);
    doc_put_time(o, "ended", b->ended_ms);
    doc_put_time(o, "changed", b->changed_ms);
    doc_put_time(o, "start", b->start_ms);
    doc_put_time(o, "end", b->end_ms);
    doc_put_time(o, "next_by", b->next_by_ms);
    doc_put_bool(o, "late", b->next_by_ms && bulletin_is_open(b) && b->next_by_ms < c->now.wall_ms);
    names = doc_put_list(o, "components");
    for (int i = 0; i < b->n_components; i++)
        doc_push_text(names, b->components[i]);
    put_address(o, b, c);
}

void news_put_shown(struct doc *obj, const struct op_call *c, const struct bulletin *instead, const struct bulletin *only)
{
    const struct conf *conf = model_conf(c->house->model);
    struct doc *list = doc_put_list(obj, "shown");
    for (int i = 0; i < conf->n_components; i++) {
        const struct conf_component *k = conf->components[i];
        struct component_standing s;
        if (only && !bulletin_touches(only, k->name))
            continue;
        board_standing_with(c->house->board, instead, c->house->model, k, c->now.wall_ms, &s);
        struct doc *o = doc_push_object(list);
        doc_put_text(o, "component", k->name);
        doc_put_text(o, "title", conf_pairs_lang(&k->title, c->lang));
        doc_put_text(o, "level", level_words[s.level]);
        doc_put_time(o, "since", s.since_ms);
        doc_put_time(o, "until", s.until_ms);
        doc_put_text(o, "checks", level_words[s.checks]);
    }
}

/* ---- lists ---- */

enum which { WHICH_OPEN, WHICH_DRAFTS, WHICH_PLANNED, WHICH_RECENT, WHICH_ALL, WHICH_NOT_OVER };
static const char *const which_words[] = {"open", "drafts", "planned", "recent", "all", NULL};

static enum which which_of(const char *word)
{
    for (int i = 0; which_words[i]; i++)
        if (str_eq(word, which_words[i]))
            return (enum which)i;
    return WHICH_OPEN;
}

static bool fits(const struct bulletin *b, enum which which)
{
    switch (which) {
    case WHICH_OPEN:
        return bulletin_is_open(b) && !b->retracted && !(b->kind == BULLETIN_WORK && b->phase < PHASE_IN_PROGRESS && !b->draft);
    case WHICH_DRAFTS:
        return b->draft && !b->retracted;
    case WHICH_PLANNED:
        return b->kind == BULLETIN_WORK && b->phase < PHASE_IN_PROGRESS && !b->retracted;
    case WHICH_RECENT:
        return !bulletin_is_open(b) || b->retracted;
    case WHICH_NOT_OVER:
        return bulletin_is_open(b) && !b->retracted;
    default:
        return true;
    }
}

static void list(struct op_call *c, int kind, enum which otherwise)
{
    const char *word = doc_text(c->params, "which", NULL), *component = doc_text(c->params, "component", NULL);
    enum which which = word ? which_of(word) : otherwise;
    int64_t most = doc_int(c->params, "limit", LIST_DEFAULT);
    struct doc *o = doc_object(c->arena), *rows = doc_put_list(o, "bulletins");
    most = most < 1 ? 1 : most > LIST_MOST ? LIST_MOST : most;
    for (size_t i = 0; i < board_count(c->house->board) && rows->kids.n < (size_t)most; i++) {
        const struct bulletin *b = board_at(c->house->board, i);
        if ((kind < 0 || b->kind == (enum bulletin_kind)kind) && fits(b, which) && (!component || bulletin_touches(b, component)))
            news_put_short(rows, b, c);
    }
    op_reply(c, o);
}

static void run_incidents(struct op_call *c)
{
    list(c, -1, WHICH_OPEN);
}

static void run_works(struct op_call *c)
{
    list(c, BULLETIN_WORK, WHICH_NOT_OVER);
}

/* "remind:4:1790000000000:86400000" → what, and for a reminder how long before. */
static void put_told(void *arg, const char *what, int64_t at_ms)
{
    struct doc *o = doc_push_object(arg);
    const char *last = strrchr(what, ':');
    int64_t lead = 0;
    doc_put_text(o, "what", arena_dupn(o->arena, what, strcspn(what, ":")));
    if (last && !str_starts(what, "report:") && str_i64(last + 1, &lead) == 0 && lead)
        doc_put_int(o, "lead_ms", lead);
    doc_put_time(o, "at", at_ms);
}

static void put_objection(void *arg, const char *address, int64_t at_ms)
{
    struct doc *o = doc_push_object(arg);
    doc_put_text(o, "email", address);
    doc_put_time(o, "at", at_ms);
}

static void run_incident(struct op_call *c)
{
    const struct bulletin *b = news_find(c);
    if (!b)
        return;
    struct doc *o = doc_object(c->arena);
    news_put(doc_put_object(o, "bulletin"), b, c);
    news_put_shown(o, c, NULL, b);
    announce_told(c->house->announce, b->id, put_told, doc_put_list(o, "told"));
    if (b->kind == BULLETIN_WORK)
        announce_objections(c->house->announce, b->id, put_objection, doc_put_list(o, "objections"));
    op_reply(c, o);
}

static void put_outage(void *arg, const char *component, int64_t from_ms, int64_t to_ms)
{
    struct doc *o = doc_push_object(arg);
    doc_put_text(o, "component", component);
    doc_put_time(o, "from", from_ms);
    doc_put_time(o, "to", to_ms);
}

static void run_missing(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    int64_t for_ms = doc_int(c->params, "for", INT64_C(30) * 86400 * 1000);
    announce_missing(c->house->announce, c->now.wall_ms - for_ms, put_outage, doc_put_list(o, "outages"));
    op_reply(c, o);
}

static const struct op_param list_params[] = {
    {"which", OP_WORD, OP_WORDS, 0, which_words, MSG("open, drafts, planned, recent or all"), NULL},
    {"component", OP_TEXT, 0, 'c', NULL, MSG("only what touches this component"), NULL},
    {"limit", OP_INT, 0, 0, NULL, MSG("at most so many"), "50"},
    {"from-mail", OP_BOOL, OP_CLI_ONLY, 0, NULL, MSG("list nothing: read one mail on the standard input, for the pipe of a mail server; it ends with a status of sysexits(3)"), NULL},
    {"recipient", OP_TEXT, OP_CLI_ONLY, 0, NULL, MSG("with --from-mail: the address that it went to; $ORIGINAL_RECIPIENT when missing"), NULL},
    {"sender", OP_TEXT, OP_CLI_ONLY, 0, NULL, MSG("with --from-mail: the address that it came from; $SENDER when missing"), NULL},
    {0}};
static const struct op_param missing_params[] = {{"for", OP_DURATION, 0, 'f', NULL, MSG("how far back: 7d, 90d"), "30d"}, {0}};
static const struct op_param show_params[] = {NEWS_ID, {0}};

const struct op op_incidents = {
    "incidents", "GET", "/api/v1/announce/incidents", "incident list", ROLE_VIEWER, OP_FAMILY, MSG("list incidents and planned work: those that are open, or others"), NULL,
    "incident list recent", list_params, run_incidents};
const struct op op_incident = {
    "incident", "GET", "/api/v1/announce/incidents/{id}", "incident show", ROLE_VIEWER, 0, MSG("show an incident or planned work with all that was said of it"), NULL,
    "incident show 3", show_params, run_incident};
const struct op op_maintenance = {
    "maintenance", "GET", "/api/v1/announce/maintenance", "maintenance list", ROLE_VIEWER, OP_FAMILY, MSG("list planned work: what is ahead and under way, or other"), NULL,
    "maintenance list", list_params, run_works};
const struct op op_incident_missing = {
    "incident-missing", "GET", "/api/v1/announce/missing", "incident missing", ROLE_VIEWER, 0, MSG("list long outages that users were never told of"),
    MSG("Those that lasted longer than report_after of the configuration (announce:), and that no published incident or planned work is about."),
    "incident missing --for 90d", missing_params, run_missing};

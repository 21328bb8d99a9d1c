/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_maint.c: planned work: announced, moved, confirmed, begun, ended, called off.  Work on what stands in for something that is
 * being worked on at the same time is refused, unless somebody says that it is meant so (ANN-8); the audit keeps that. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "ops/ops_news.h"
#include "ops/ops_priv.h"

#define USUAL_MS (INT64_C(2) * 3600 * 1000)

static int64_t later(int64_t at_ms, int64_t by_ms)
{
    int64_t sum;
    return __builtin_add_overflow(at_ms, by_ms, &sum) ? INT64_MAX : sum;
}

/* Start and end: given, or by the length, or as long as it was. */
static bool read_window(struct news *n)
{
    const struct doc *p = n->call->params;
    int64_t length = doc_int(p, "for", n->old ? n->old->end_ms - n->old->start_ms : USUAL_MS);
    n->post.start_ms = doc_int(p, "start", n->old ? n->old->start_ms : 0);
    n->post.end_ms = doc_int(p, "end", later(n->post.start_ms, length));
    if (n->post.start_ms && n->post.start_ms < n->call->now.wall_ms - 3600 * 1000 && (!n->old || n->post.start_ms != n->old->start_ms)) {
        op_fail(n->call, ERR_INVALID, "start", MSG("that lies in the past; work that is over is told as an incident, or not at all"), "");
        return false;
    }
    if (n->post.end_ms <= n->call->now.wall_ms) {
        op_fail(n->call, ERR_INVALID, "end", MSG("{1} lies in the past"), "s", "end");
        return false;
    }
    return true;
}

/* ---- partners ---- */

static bool is_partner(const struct conf *conf, const char *a, const char *b)
{
    const struct conf_component *c = map_find(&conf->component_by_name, a);
    for (int i = 0; c && i < c->partners.n; i++)
        if (str_eq(c->partners.at[i], b))
            return true;
    return false;
}

static const char *clashes(const struct conf *conf, const char *const *names, int n, const struct bulletin *other)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < other->n_components; k++)
            if (is_partner(conf, names[i], other->components[k]) || is_partner(conf, other->components[k], names[i]))
                return other->components[k];
    return NULL;
}

static bool overlaps(const struct news *n, const struct bulletin *b)
{
    return b->kind == BULLETIN_WORK && bulletin_is_open(b) && !b->retracted && b != n->old && b->effect != EFFECT_NONE && b->start_ms < n->post.end_ms &&
           n->post.start_ms < b->end_ms;
}

/* False when it was refused; an override is noted for the audit. */
static bool check_partners(struct news *n, const char *const *names, int many)
{
    const struct conf *conf = model_conf(n->call->house->model);
    const struct board *board = n->call->house->board;
    for (size_t i = 0; i < board_count(board); i++) {
        const struct bulletin *b = board_at(board, i);
        const char *which = overlaps(n, b) ? clashes(conf, names, many, b) : NULL;
        if (!which)
            continue;
        if (!doc_bool(n->call->params, "overlap", false)) {
            op_fail(n->call, ERR_CONFLICT, "start", MSG("work {1} is planned on its partner {2} at that time; with --overlap it is planned all the same"), "is", b->id, which);
            return false;
        }
        n->note = arena_printf(n->call->arena, "overlaps work %lld on partner %s, accepted", (long long)b->id, which);
    }
    return true;
}

/* ---- operations ---- */

/* Work touches components; what they suffer is its effect, while it lasts. */
static const char **names_of(struct news *n)
{
    const char **names = ARENA_ARRAY(n->call->arena, const char *, (size_t)n->post.n_levels + 1);
    for (int i = 0; i < n->post.n_levels; i++)
        names[i] = n->post.levels[i].component;
    n->post.components = names;
    n->post.n_components = n->post.n_levels;
    n->post.n_levels = 0;
    return names;
}

static void run_plan(struct op_call *c)
{
    struct news n;
    const char *effect = doc_text(c->params, "effect", NULL);
    if (!news_begin(&n, c, POST_OPEN) || !news_components(&n))
        return;
    n.post.what = BULLETIN_WORK;
    const char **names = names_of(&n);
    if (!news_words(&n) || !read_window(&n))
        return;
    n.post.phase = doc_bool(c->params, "tentative", false) ? PHASE_TENTATIVE : PHASE_CONFIRMED;
    n.post.effect = effect ? effect_from(effect) : POST_AS_IT_IS;
    n.post.emergency = doc_bool(c->params, "emergency", false);
    n.post.draft = doc_bool(c->params, "draft", false);
    if (n.post.effect == EFFECT_NONE || check_partners(&n, names, n.post.n_components))
        news_post(&n, "maintenance plan");
}

/* Finds the work, or says that it is an incident. */
static bool begin_work(struct news *n, struct op_call *c, enum post_kind kind)
{
    if (!news_begin(n, c, kind))
        return false;
    if (n->old->kind == BULLETIN_WORK)
        return true;
    op_fail(c, ERR_CONFLICT, "id", MSG("{1} is an incident, not planned work"), "i", n->old->id);
    return false;
}

static void run_move(struct op_call *c)
{
    struct news n;
    if (begin_work(&n, c, POST_MOVE) && news_words(&n) && read_window(&n) &&
        (n.old->effect == EFFECT_NONE || check_partners(&n, n.old->components, n.old->n_components)))
        news_post(&n, "maintenance move");
}

static void to_phase(struct op_call *c, enum phase phase, const char *action)
{
    struct news n;
    if (!begin_work(&n, c, POST_UPDATE) || !news_words(&n))
        return;
    if (n.old->phase == phase) {
        op_fail(c, ERR_CONFLICT, "id", MSG("it is so already"), "");
        return;
    }
    n.post.phase = (int)phase;
    news_post(&n, action);
}

static void run_confirm(struct op_call *c)
{
    to_phase(c, PHASE_CONFIRMED, "maintenance confirm");
}

static void run_start(struct op_call *c)
{
    to_phase(c, PHASE_IN_PROGRESS, "maintenance start");
}

static void run_complete(struct op_call *c)
{
    to_phase(c, PHASE_COMPLETED, "maintenance complete");
}

static void run_cancel(struct op_call *c)
{
    to_phase(c, PHASE_CANCELLED, "maintenance cancel");
}

#define START {"start", OP_TIME, 0, 'S', NULL, MSG("when it begins: 22:00, 2026-11-24 22:00"), NULL}
#define END {"end", OP_TIME, 0, 'E', NULL, MSG("when it ends: 23:30"), NULL}
#define FOR {"for", OP_DURATION, 0, 'f', NULL, MSG("how long: 30m, 2h"), NULL}
#define OVERLAP {"overlap", OP_BOOL, 0, 0, NULL, MSG("plan it although a redundant partner is worked on at that time"), "no"}

static const struct op_param plan_params[] = {
    {"components", OP_TEXTS, OP_WORDS, 0, NULL, MSG("components that it touches"), NULL},
    {"start", OP_TIME, OP_REQUIRED, 'S', NULL, MSG("when it begins: 22:00, 2026-11-24 22:00"), NULL},
    END, FOR, NEWS_TEXTS, NEWS_TITLES, NEWS_USE,
    {"effect", OP_WORD, 0, 'e', effect_words, MSG("what users notice: none, redundancy (less of it), degraded, outage"), "outage"},
    {"tentative", OP_BOOL, 0, 0, NULL, MSG("not yet sure: it does not begin by itself"), "no"},
    {"emergency", OP_BOOL, 0, 0, NULL, MSG("work that could not be announced in time"), "no"},
    {"draft", OP_BOOL, 0, 0, NULL, MSG("only staff see it until it is published"), "no"},
    OVERLAP, NEWS_QUIET, NEWS_DRY, {0}};
static const struct op_param move_params[] = {NEWS_ID, START, END, FOR, NEWS_TEXTS, OVERLAP, NEWS_QUIET, NEWS_DRY, {0}};
static const struct op_param phase_params[] = {NEWS_ID, NEWS_TEXTS, NEWS_QUIET, NEWS_DRY, {0}};

const struct op op_maintenance_plan = {
    "maintenance-plan", "POST", "/api/v1/announce/maintenance", "maintenance plan", ROLE_OPERATOR, OP_WRITE, MSG("announce planned work"),
    MSG("The checks of what it touches are in downtime meanwhile; users are reminded in time; it begins and ends by itself."),
    "maintenance plan website --start 22:00 --for 1h -m \"New kernel.\"", plan_params, run_plan};
const struct op op_maintenance_move = {
    "maintenance-move", "POST", "/api/v1/announce/maintenance/{id}/move", "maintenance move", ROLE_OPERATOR, OP_WRITE, MSG("planned work is at another time"), NULL,
    "maintenance move 4 --start \"2026-11-25 22:00\"", move_params, run_move};
const struct op op_maintenance_confirm = {
    "maintenance-confirm", "POST", "/api/v1/announce/maintenance/{id}/confirm", "maintenance confirm", ROLE_OPERATOR, OP_WRITE, MSG("tentative work is sure"), NULL,
    "maintenance confirm 4", phase_params, run_confirm};
const struct op op_maintenance_start = {
    "maintenance-start", "POST", "/api/v1/announce/maintenance/{id}/start", "maintenance start", ROLE_OPERATOR, OP_WRITE, MSG("planned work begins now"), NULL,
    "maintenance start 4", phase_params, run_start};
const struct op op_maintenance_complete = {
    "maintenance-complete", "POST", "/api/v1/announce/maintenance/{id}/complete", "maintenance complete", ROLE_OPERATOR, OP_WRITE, MSG("planned work is done"), NULL,
    "maintenance complete 4 -m \"Done.\"", phase_params, run_complete};
const struct op op_maintenance_cancel = {
    "maintenance-cancel", "POST", "/api/v1/announce/maintenance/{id}/cancel", "maintenance cancel", ROLE_OPERATOR, OP_WRITE, MSG("planned work is called off"), NULL,
    "maintenance cancel 4 -m \"The part did not come.\"", phase_params, run_cancel};

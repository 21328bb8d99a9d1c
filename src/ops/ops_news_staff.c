/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_news_staff.c: what staff do with an incident or planned work besides saying more: correct, publish, withdraw, report, throw a
 * draft away. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_news.h"
#include "ops/ops_priv.h"

static int flag(const struct op_call *c, const char *key)
{
    return doc_get(c->params, key) ? doc_bool(c->params, key, false) : POST_AS_IT_IS;
}

/* What it touches, besides what it did: names without impact. */
static bool read_touched(struct news *n)
{
    const struct doc *list = doc_get(n->call->params, "components");
    const char **names = ARENA_ARRAY(n->call->arena, const char *, (size_t)n->post.n_levels + 1);
    if (!list)
        return true;
    for (int i = 0; i < n->post.n_levels; i++)
        names[i] = n->post.levels[i].component;
    n->post.components = names;
    n->post.n_components = n->post.n_levels;
    n->post.n_levels = 0;
    return true;
}

static int64_t newest(const struct bulletin *b)
{
    int64_t id = 0;
    for (int i = 0; i < b->n_updates; i++)
        id = b->updates[i].id > id ? b->updates[i].id : id;
    return id;
}

static bool says_anything(const struct op_call *c)
{
    DOC_EACH(c->params, d)
        if (!str_eq(d->key, "id") && !str_eq(d->key, "dry-run"))
            return true;
    return false;
}

static void run_edit(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_CORRECT) || !news_components(&n) || !news_words(&n) || !read_touched(&n))
        return;
    if (!says_anything(c)) {
        op_fail(c, ERR_INVALID, NULL, MSG("that corrects nothing: give a title, a time, a text"), "");
        return;
    }
    news_times(&n);
    n.post.update_id = doc_int(c->params, "update", 0);
    if (n.post.update_id || n.post.text.n) {
        n.post.kind = POST_CORRECT_UPDATE;
        n.post.update_id = n.post.update_id ? n.post.update_id : newest(n.old);
    }
    n.post.started_ms = doc_int(c->params, "started", POST_AS_IT_IS);
    n.post.noticed_ms = doc_int(c->params, "noticed", POST_AS_IT_IS);
    n.post.ended_ms = doc_int(c->params, "ended", POST_AS_IT_IS);
    n.post.pinned = flag(c, "pinned");
    n.post.emergency = flag(c, "emergency");
    news_post(&n, "incident edit");
}

static void run_publish(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_PUBLISH) || !news_components(&n) || !news_words(&n))
        return;
    news_post(&n, "incident publish");
}

static void run_retract(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_RETRACT))
        return;
    if (n.old->draft) {
        op_fail(c, ERR_CONFLICT, "id", MSG("it was never published; it can be thrown away"), "");
        return;
    }
    news_post(&n, "incident retract");
}

static void run_report(struct op_call *c)
{
    struct news n;
    if (!news_begin(&n, c, POST_REPORT) || !news_words(&n))
        return;
    n.post.report_public = flag(c, "public");
    news_post(&n, "incident report");
}

static void run_remove(struct op_call *c)
{
    const struct bulletin *old = news_find(c), *before;
    struct err e = {0};
    if (!old)
        return;
    before = bulletin_ref(old);
    int r = announce_remove(c->house->announce, old->id, c->now.wall_ms, &e);
    if (r)
        op_error(c, r, &e);
    else
        news_answer(c, doc_object(c->arena), "incident remove", NULL, NULL, before);
    bulletin_unref(before);
}

static const struct op_param edit_params[] = {
    NEWS_ID,
    NEWS_TITLES,
    NEWS_TEXTS,
    {"update", OP_INT, 0, 0, NULL, MSG("number of the update that the text corrects; the newest when missing"), NULL},
    {"at", OP_TIME, OP_PAST, 0, NULL, MSG("when that update happened"), NULL},
    {"started", OP_TIME, OP_PAST, 0, NULL, MSG("when it began"), NULL},
    {"noticed", OP_TIME, OP_PAST, 0, NULL, MSG("when we noticed it"), NULL},
    {"ended", OP_TIME, OP_PAST, 0, NULL, MSG("when it was over"), NULL},
    {"expected", OP_TIME, 0, 0, NULL, MSG("when we think that it will be over: +2h, 18:00"), NULL},
    {"next-by", OP_TIME, 0, 0, NULL, MSG("when we promise to say more: +30m"), NULL},
    {"components", OP_TEXTS, 0, 'c', NULL, MSG("components that it touches, too"), NULL},
    {"pinned", OP_BOOL, 0, 0, NULL, MSG("keep it at the top of the page"), NULL},
    {"emergency", OP_BOOL, 0, 0, NULL, MSG("work that could not be announced in time"), NULL},
    NEWS_DRY,
    {0}};
static const struct op_param publish_params[] = {
    NEWS_ID,
    {"components", OP_TEXTS, OP_WORDS, 0, NULL, MSG("components whose impact is another than the draft says: mail:degraded"), NULL},
    NEWS_TITLES, NEWS_TEXTS, NEWS_QUIET, NEWS_DRY, {0}};
static const struct op_param id_params[] = {NEWS_ID, {0}};
static const struct op_param report_params[] = {NEWS_ID, NEWS_TEXTS, {"public", OP_BOOL, 0, 0, NULL, MSG("users may read it, too"), NULL}, {0}};

const struct op op_incident_edit = {
    "incident-edit", "POST", "/api/v1/announce/incidents/{id}", "incident edit", ROLE_OPERATOR, OP_WRITE, MSG("correct what was said wrong: marked as edited, told to nobody"), NULL,
    "incident edit 3 --started 14:05 --title \"Mail is slow\"", edit_params, run_edit};
const struct op op_incident_publish = {
    "incident-publish", "POST", "/api/v1/announce/incidents/{id}/publish", "incident publish", ROLE_OPERATOR, OP_WRITE, MSG("make a draft public"), NULL,
    "incident publish 3", publish_params, run_publish};
const struct op op_incident_retract = {
    "incident-retract", "POST", "/api/v1/announce/incidents/{id}/retract", "incident retract", ROLE_OPERATOR, OP_WRITE,
    MSG("withdraw what should never have been published; its link says so"), NULL, "incident retract 3", id_params, run_retract};
const struct op op_incident_report = {
    "incident-report", "POST", "/api/v1/announce/incidents/{id}/report", "incident report", ROLE_OPERATOR, OP_WRITE, MSG("attach the report of the intervention"), NULL,
    "incident report 3 --public -m \"## What happened\"", report_params, run_report};
const struct op op_incident_remove = {
    "incident-remove", "DELETE", "/api/v1/announce/incidents/{id}", "incident remove", ROLE_OPERATOR, OP_WRITE, MSG("throw a draft away"), NULL,
    "incident remove 3", id_params, run_remove};

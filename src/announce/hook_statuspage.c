/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_statuspage.c: as Atlassian Statuspage calls its subscribers: one request for the incident, one for each component that changed. */
#include "announce/hook.h"
#include "base/str.h"
#include "model/statuspage.h"

static void put_time(struct doc *o, const char *key, int64_t ms)
{
    char rfc[TIME_RFC3339_BYTES];
    time_rfc3339(ms, 1, rfc);
    doc_put_text(o, key, ms ? rfc : NULL);
}

static void put_frame(const struct hook_story *s, const struct statuspage *sp, struct doc *d)
{
    struct doc *meta = doc_put_object(d, "meta"), *page = doc_put_object(d, "page");
    doc_put_text(meta, "unsubscribe", s->base); /* whoever configured it takes it away */
    doc_put_text(meta, "documentation", "https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/");
    put_time(meta, "generated_at", s->now_ms);
    doc_put_text(page, "id", sp->page_id);
    doc_put_text(page, "status_indicator", statuspage_indicator(s->sight));
    doc_put_text(page, "status_description", statuspage_description(s->sight));
}

/* What only the webhook has; nothing of it exists here. */
static void put_rest(const struct statuspage *sp, struct doc *o, const struct bulletin *b)
{
    const char *report = b->report_public ? wording_for(&b->report, sp->lang, NULL) : NULL;
    doc_put_bool(o, "backfilled", false);
    doc_put_text(o, "impact_override", NULL);
    doc_put_text(o, "postmortem_body", report);
    put_time(o, "postmortem_body_last_updated_at", report ? b->report_ms : 0);
    put_time(o, "postmortem_published_at", report ? b->report_ms : 0);
    doc_put_bool(o, "postmortem_ignored", false);
    doc_put_bool(o, "scheduled_auto_completed", false);
    doc_put_bool(o, "scheduled_auto_in_progress", false);
    doc_put_bool(o, "scheduled_remind_prior", b->kind == BULLETIN_WORK);
    doc_put_text(o, "scheduled_reminded_at", NULL);
    if (b->kind != BULLETIN_WORK) {
        doc_put_text(o, "scheduled_for", NULL);
        doc_put_text(o, "scheduled_until", NULL);
    }
    doc_put_text(o, "organization_id", sp->page_id);
}

static void put_change(const struct hook_story *s, const struct statuspage *sp, struct doc *d)
{
    struct hook_change c = hook_change_of(s->p, s->component);
    struct doc *change = doc_put_object(d, "component_update"), *component = NULL;
    const char *id = statuspage_id(sp, "component", s->component);
    put_time(change, "created_at", s->p->at_ms);
    doc_put_text(change, "old_status", statuspage_level(c.before));
    doc_put_text(change, "new_status", statuspage_level(c.level));
    doc_put_text(change, "component_type", "Component");
    doc_put_text(change, "id", arena_dupn(s->a, s->id, STATUSPAGE_ID_BYTES - 1));
    doc_put_text(change, "component_id", id);
    component = doc_put_object(d, "component");
    for (int i = 0; i < s->sight->n; i++)
        if (str_eq(s->sight->components[i].c->name, s->component))
            statuspage_component(sp, component, i);
}

static void make(const struct hook_story *s, struct hook_made *m)
{
    struct doc *d = doc_object(s->a), *o = NULL;
    struct statuspage sp;
    statuspage_init(&sp, s->a, s->sight, s->lang, s->base);
    put_frame(s, &sp, d);
    if (s->component) {
        put_change(s, &sp, d);
    } else {
        o = doc_put_object(d, "incident");
        statuspage_bulletin(&sp, o, s->whole);
        put_rest(&sp, o, s->whole);
    }
    hook_put_json(m, s, d);
}

const struct hook_shape hook_statuspage = {.name = "statuspage", .apart = true, .make = make};

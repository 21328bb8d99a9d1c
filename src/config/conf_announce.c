/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_announce.c: the sections `announce`, `texts` and `series`: what users are told by itself, in which words, and what
 * planned work comes again and again. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)
static const char *const impacts[] = {"none", "degraded", "partial", "major", NULL};
static const char *const phases[] = {"any", "investigating", "identified", "monitoring", "resolved", NULL};
static const char *const effects[] = {"none", "redundancy", "degraded", "outage", NULL};
static const char *const outsiders[] = {"public", "anywhere", NULL};
static const char *const publishes[] = {"confirmed", "tentative", "draft", NULL};

#define AT(member) offsetof(struct conf_announce, member)
const struct conf_row conf_rows_announce[] = {
    {.key = "remind",
     .type = CONF_TEXTS,
     .offset = AT(remind),
     .by_default = "[7d, 24h, 1h]",
     .help = MSG("How long before planned work users are reminded of it. no: never."),
     .example = "[24h, 1h]"},
    {.key = "start",
     .type = CONF_BOOL,
     .offset = AT(start),
     .by_default = "yes",
     .help = MSG("Confirmed work begins by itself at its time."),
     .example = "no"},
    {.key = "complete",
     .type = CONF_BOOL,
     .offset = AT(complete),
     .by_default = "yes",
     .help = MSG("Work under way ends by itself at its time, unless something that it touches is still bad."),
     .example = "no"},
    {.key = "report_after",
     .type = CONF_DURATION,
     .offset = AT(report_ms),
     .by_default = "1h",
     .min = 60000,
     .max = 31 * DAY_MS,
     .unit = "ms",
     .help = MSG("Outages that last longer are to be written down: “vigie incident missing” lists those without a published incident."),
     .example = "2h"},
    {.key = "report_from",
     .type = CONF_WORD,
     .offset = AT(report_from),
     .words = impacts,
     .by_default = "none",
     .help = MSG("Incidents that were so bad want a report of the intervention: staff are reminded until it is written."),
     .example = "major"},
    {.key = "report_lead",
     .type = CONF_DURATION,
     .offset = AT(report_lead_ms),
     .by_default = "2d",
     .min = 60000,
     .max = 90 * DAY_MS,
     .unit = "ms",
     .help = MSG("How long after the end of such an incident staff are reminded first."),
     .example = "3d"},
    {.key = "report_every",
     .type = CONF_DURATION,
     .offset = AT(report_every_ms),
     .by_default = "7d",
     .min = HOUR_MS,
     .max = 90 * DAY_MS,
     .unit = "ms",
     .help = MSG("How long until they are reminded again, five times at most."),
     .example = "14d"},
    {.key = "go_no_go",
     .type = CONF_DURATION,
     .offset = AT(go_ms),
     .by_default = "0s",
     .max = 31 * DAY_MS,
     .unit = "ms",
     .help = MSG("How long before planned work that does not begin by itself staff are asked whether it goes ahead, with what is bad right now. 0: never."),
     .example = "2h"},
    {.key = "fold",
     .type = CONF_DURATION,
     .offset = AT(fold_ms),
     .by_default = "15m",
     .max = DAY_MS,
     .unit = "ms",
     .help = MSG("What fails within so long of one another, or comes and goes, becomes one draft."),
     .example = "30m"},
    {.key = "inbox",
     .type = CONF_TEXT,
     .offset = AT(inbox),
     .help = MSG("A directory of issues as files (Markdown below front matter, as cState has them), such as the checkout of a git repository: what appears there is published."),
     .example = "/srv/status"},
    {.key = "push",
     .type = CONF_BOOL,
     .offset = AT(push),
     .by_default = "yes",
     .help = MSG("Visitors may have their browser told (Web Push). It takes https, and requests to the push services of browsers' makers."),
     .example = "no"},
    {.key = "outsiders",
     .type = CONF_WORD,
     .offset = AT(outsiders),
     .words = outsiders,
     .by_default = "public",
     .help = MSG("Where strangers (followers, feed hubs, browsers) may have us send: https at public addresses, or anywhere, for a closed network and for tests."),
     .example = "anywhere"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_text, member)
const struct conf_row conf_rows_text[] = {
    {.key = "title",
     .type = CONF_PAIRS,
     .offset = AT(title),
     .flags = CONF_BY_LANG,
     .help = MSG("What users notice, in a few words; ${component} and other ${names} are filled in."),
     .example = "{ en: \"${component} is slow\", fr: \"${component} est lent\" }"},
    {.key = "text",
     .type = CONF_PAIRS,
     .offset = AT(text),
     .flags = CONF_BY_LANG,
     .help = MSG("What is said, in Markdown, with ${names} to be filled in."),
     .example = "{ en: \"We look for the cause.\", fr: \"Nous cherchons la cause.\" }"},
    {.key = "impact",
     .type = CONF_WORD,
     .offset = AT(impact),
     .words = impacts,
     .by_default = "none",
     .help = MSG("What the components suffer, unless somebody says otherwise."),
     .example = "major"},
    {.key = "phase",
     .type = CONF_WORD,
     .offset = AT(phase),
     .words = phases,
     .by_default = "any",
     .help = MSG("How far we are then."),
     .example = "resolved"},
    {.key = "components",
     .type = CONF_TEXTS,
     .offset = AT(components),
     .help = MSG("Components that it is about, unless somebody says others."),
     .example = "[website]"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_series, member)
const struct conf_row conf_rows_series[] = {
    {.key = "title",
     .type = CONF_PAIRS,
     .offset = AT(title),
     .flags = CONF_BY_LANG | CONF_REQUIRED,
     .help = MSG("What users read of it, in a few words."),
     .example = "{ en: Updates, fr: Mises à jour }"},
    {.key = "text",
     .type = CONF_PAIRS,
     .offset = AT(text),
     .flags = CONF_BY_LANG,
     .help = MSG("What is done and what users notice, in Markdown."),
     .example = "{ en: \"Mail is away for some minutes.\" }"},
    {.key = "components",
     .type = CONF_TEXTS,
     .offset = AT(components),
     .help = MSG("Components that it touches."),
     .example = "[mail]"},
    {.key = "when",
     .type = CONF_TEXTS,
     .offset = AT(texts),
     .flags = CONF_REQUIRED,
     .help = MSG("Days and times as in periods: “wed 03:00-05:00”, “first sun of month 02:00-04:00”, “last day of month 22:00-24:00”."),
     .example = "wed 03:00-05:00"},
    {.key = "zone",
     .type = CONF_TEXT,
     .offset = AT(zone),
     .help = MSG("Time zone of “when”. Without it: that of the site."),
     .example = "Europe/Paris"},
    {.key = "effect",
     .type = CONF_WORD,
     .offset = AT(effect),
     .words = effects,
     .by_default = "outage",
     .help = MSG("What users notice of it: nothing, less redundancy, slowness, an outage."),
     .example = "degraded"},
    {.key = "publish",
     .type = CONF_WORD,
     .offset = AT(publish),
     .words = publishes,
     .by_default = "confirmed",
     .help = MSG("How an occurrence is announced: as sure, as tentative, or as a draft for staff."),
     .example = "draft"},
    {.key = "ahead",
     .type = CONF_DURATION,
     .offset = AT(ahead_ms),
     .by_default = "14d",
     .min = HOUR_MS,
     .max = 366 * DAY_MS,
     .unit = "ms",
     .help = MSG("How long before it an occurrence is announced."),
     .example = "7d"},
    {0},
};
#undef AT

/* ---- reading ---- */

/* Longest first. False: one of them is no lead. */
static bool read_leads(struct conf_announce *o)
{
    o->n_leads = 0;
    for (int i = 0; i < o->remind.n && !(o->remind.n == 1 && str_eq(o->remind.at[0], "no")); i++) {
        int64_t ms;

        if (str_duration(o->remind.at[i], 1000, &ms) < 0 || ms < 60000 || ms > 366 * DAY_MS || o->n_leads == CONF_MAX_LEADS)
            return false;
        int k = o->n_leads++;
        for (; k > 0 && o->leads_ms[k - 1] < ms; k--)
            o->leads_ms[k] = o->leads_ms[k - 1];
        o->leads_ms[k] = ms;
    }
    return true;
}

void conf_announce_read(struct conf_ctx *c, const struct node *map)
{
    struct row_set set = {.rows = conf_rows_announce, .base = &c->conf->announce};

    conf_rows_read(c, &set, 1, map, "announce");
    if (!read_leads(&c->conf->announce))
        conf_error_at(c, node_get(map, "remind"), MSG("at most {1} durations from 1m to a year are expected, such as [7d, 24h, 1h]"), "i", (int64_t)CONF_MAX_LEADS);
}

void conf_texts_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_text *o = map_find(&c->conf->text_by_name, kid->key->text);

        o = conf_entry_read(c, kid, conf_rows_text, o ? &o->where : NULL, sizeof *o);
        if (!o)
            continue;
        o->name = intern_text(&c->intern, kid->key->text);
        o->where = conf_where_of(c, kid->key);
        o->print = conf_rows_hash(conf_rows_text, o, 8);
        map_set(&c->conf->text_by_name, o->name, o);
        VEC_PUSH(&c->texts, o);
    }
}

void conf_series_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_series *o = map_find(&c->conf->series_by_name, kid->key->text);

        o = conf_entry_read(c, kid, conf_rows_series, o ? &o->where : NULL, sizeof *o);
        if (!o)
            continue;
        o->name = intern_text(&c->intern, kid->key->text);
        o->where = conf_where_of(c, kid->key);
        o->window = ARENA_NEW(c->arena, struct conf_period);
        o->window->name = o->name;
        o->window->where = o->where;
        conf_period_when(c, o->window, node_get(kid, "when"));
        if (o->zone && c->env->zone_known && !c->env->zone_known(c->env->arg, o->zone))
            conf_error_at(c, node_get(kid, "zone"), MSG("“{1}” is no time zone that this system knows; see “timedatectl list-timezones”"), "s", o->zone);
        o->print = conf_rows_hash(conf_rows_series, o, 9);
        map_set(&c->conf->series_by_name, o->name, o);
        VEC_PUSH(&c->series, o);
    }
}

/* ---- once all are known ---- */

static void judge_components(struct conf_ctx *c, const struct conf_texts *names, struct conf_where where)
{
    for (int i = 0; i < names->n; i++)
        if (!map_find(&c->conf->component_by_name, names->at[i]))
            conf_error_where(c, where, MSG("there is no component “{1}”"), "s", names->at[i]);
}

void conf_announce_link(struct conf_ctx *c)
{
    for (size_t i = 0; i < c->texts.n; i++)
        judge_components(c, &c->texts.at[i]->components, c->texts.at[i]->where);
    for (size_t i = 0; i < c->components.n; i++)
        judge_components(c, &c->components.at[i]->partners, c->components.at[i]->where);
    for (size_t i = 0; i < c->series.n; i++) {
        struct conf_series *s = c->series.at[i];

        judge_components(c, &s->components, s->where);
        s->window->zone_name = s->zone ? s->zone : c->conf->site.zone;
        s->window->zone = conf_zone_named(c, s->window->zone_name);
    }
}

#define ORDER(type)                                                                                 \
    static int order_##type(const void *a, const void *b)                                           \
    {                                                                                               \
        return str_natural((*(struct type *const *)a)->name, (*(struct type *const *)b)->name);     \
    }
ORDER(conf_text)
ORDER(conf_series)

static void *sorted(struct conf_ctx *c, void *at, size_t n, int (*order)(const void *, const void *))
{
    if (n)
        qsort(at, n, sizeof(void *), order);
    void *copy = arena_alloc(c->arena, (n + 1) * sizeof(void *));

    return n ? memcpy(copy, at, n * sizeof(void *)) : copy;
}

void conf_announce_finish(struct conf_ctx *c)
{
    struct conf *conf = c->conf;

    read_leads(&conf->announce); /* also the usual ones */
    conf->announce.print = conf_rows_hash(conf_rows_announce, &conf->announce, 10);
    conf->texts = sorted(c, c->texts.at, c->texts.n, order_conf_text);
    conf->n_texts = (int)c->texts.n;
    conf->series = sorted(c, c->series.at, c->series.n, order_conf_series);
    conf->n_series = (int)c->series.n;
}

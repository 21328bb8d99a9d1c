/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_vigie.c: everything there is to say, as JSON (docs/public.md). Keys are added, never taken away or given another meaning: "version" stays 1. */
#include "announce/hook.h"
#include "base/str.h"

static void put_bulletin(const struct hook_story *s, struct doc *o)
{
    const struct bulletin *b = s->p->b;
    const char *title = wording_for(&b->title, s->lang, NULL);
    doc_put_text(o, "key", b->key);
    doc_put_int(o, "id", b->id);
    doc_put_text(o, "kind", bulletin_kind_words[b->kind]);
    doc_put_text(o, "phase", phase_words[b->phase]);
    doc_put_text(o, "title", title ? title : b->key);
    wording_write(&b->title, o, "titles");
    doc_put_text(o, "level", level_words[hook_level(s)]);
    doc_put_text(o, "peak", level_words[bulletin_peak(b)]);
    doc_put_time(o, "started", b->started_ms);
    doc_put_time(o, "noticed", b->noticed_ms);
    doc_put_time(o, "posted", b->posted_ms);
    doc_put_time(o, "ended", b->ended_ms);
    doc_put_time(o, "expected", b->expected_ms);
    doc_put_time(o, "next_by", b->next_by_ms);
    if (b->kind == BULLETIN_WORK) {
        doc_put_time(o, "start", b->start_ms);
        doc_put_time(o, "end", b->end_ms);
        doc_put_time(o, "moved_from", b->moved_from_ms);
        doc_put_int(o, "sequence", b->sequence);
        doc_put_text(o, "effect", effect_words[b->effect]);
        doc_put_bool(o, "emergency", b->emergency);
    }
    doc_put_bool(o, "retracted", b->retracted);
}

static void put_update(const struct hook_story *s, struct doc *d)
{
    const struct update *u = bulletin_update(s->p->b, s->p->update);
    if (!u) {
        doc_put(d, "update", NULL);
        return;
    }
    struct doc *o = doc_put_object(d, "update");
    doc_put_int(o, "id", u->id);
    doc_put_text(o, "phase", phase_words[u->phase]);
    doc_put_time(o, "at", u->at_ms);
    doc_put_time(o, "posted", u->posted_ms);
    doc_put_time(o, "edited", u->edited_ms);
    doc_put_text(o, "text", s->said);
    doc_put_text(o, "plain", s->plain);
    wording_write(&u->text, o, "texts");
}

static void put_components(const struct hook_story *s, struct doc *d)
{
    const struct bulletin *b = s->p->b;
    struct doc *list = doc_put_list(d, "components");
    for (int i = 0; i < b->n_components; i++) {
        const struct conf_component *c = s->conf ? map_find(&s->conf->component_by_name, b->components[i]) : NULL;
        struct hook_change change = hook_change_of(s->p, b->components[i]);
        struct doc *o = doc_push_object(list);
        doc_put_text(o, "name", b->components[i]);
        doc_put_text(o, "title", hook_title(s, b->components[i]));
        doc_put_text(o, "group", c ? c->group : NULL);
        doc_put_text(o, "before", level_words[change.before]);
        doc_put_text(o, "level", level_words[change.level]);
    }
}

static void make(const struct hook_story *s, struct hook_made *m)
{
    struct doc *d = doc_object(s->a), *site = NULL, *links = NULL;
    doc_put_int(d, "version", 1);
    doc_put_text(d, "event", hook_event(s->p, s->a));
    doc_put_text(d, "id", s->id);
    doc_put_bool(d, "test", s->test);
    doc_put_time(d, "at", s->p->at_ms);
    if (s->p->notice == NOTICE_REMINDER)
        doc_put_int(d, "lead_s", s->p->lead_ms / 1000);
    doc_put_text(d, "lang", s->lang);
    doc_put_text(d, "subject", s->subject);
    doc_put_text(d, "line", s->line);
    site = doc_put_object(d, "site");
    doc_put_text(site, "name", s->site);
    doc_put_text(site, "url", s->base);
    put_bulletin(s, doc_put_object(d, "bulletin"));
    put_update(s, d);
    put_components(s, d);
    links = doc_put_object(d, "links");
    doc_put_text(links, "page", s->link);
    doc_put_text(links, "feed", arena_printf(s->a, "%s/%s/%s/feed.atom", s->base, bulletin_kind_words[s->p->b->kind], s->p->b->key));
    hook_put_json(m, s, d);
}

const struct hook_shape hook_vigie = {.name = "vigie", .make = make};

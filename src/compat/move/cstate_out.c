/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cstate_out.c: bulletins as cState's content files. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "compat/move/cstate.h"
#include <string.h>

static const char *const severities[LEVELS] = {
    [LEVEL_OPERATIONAL] = "notice", [LEVEL_UNKNOWN] = "disrupted", [LEVEL_PLANNED] = "notice", [LEVEL_DEGRADED] = "disrupted", [LEVEL_PARTIAL] = "disrupted", [LEVEL_MAJOR] = "down"};

static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "%s: ", key);
    json_quote(out, text); /* YAML, too */
    buf_char(out, '\n');
}

static void put_time(struct buf *out, const char *key, int64_t ms)
{
    char text[TIME_RFC3339_BYTES];
    if (!ms)
        return;
    time_rfc3339(ms, 0, text);
    buf_printf(out, "%s: %s\n", key, text);
}

static void put_flag(struct buf *out, const char *key, bool yes)
{
    if (yes)
        buf_printf(out, "%s: true\n", key);
}

/* A shortcode in a text is one of the reader's, not Hugo's. */
static void put_body_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        buf_char(out, *text);
        if (text[0] == '{' && text[1] == '{' && (text[2] == '<' || text[2] == '%')) {
            buf_char(out, '{');
            buf_char(out, text[2]);
            buf_str(out, "/*");
            text += 2;
        }
    }
}

static void put_update(struct buf *out, const struct update *u, const char *lang)
{
    const char *text = wording_for(&u->text, lang, NULL);
    char time[TIME_RFC3339_BYTES];
    time_rfc3339(u->at_ms, 0, time);
    buf_printf(out, "*%s* - ", msg_tr(lang, phase_title(u->phase)));
    put_body_text(out, text ? text : "");
    buf_printf(out, " {{< track \"%.10s %.8s\" >}}\n\n", time, time + 11);
}

static void put_body(struct buf *out, const struct bulletin *b, const char *lang)
{
    for (int i = b->n_updates; i-- > 0;)
        put_update(out, &b->updates[i], lang);
}

/* The bulletin without the texts that the body gives back as they are. */
static void put_own(struct buf *out, const struct bulletin *b, const char *body, const char *lang)
{
    struct arena *a = arena_new(1 << 14);
    struct doc *o = doc_object(a);
    struct buf json = BUF_MAX(CSTATE_MAX_FILE);
    struct cstate_said *said = ARENA_ARRAY(a, struct cstate_said, BULLETIN_MAX_UPDATES + 1);
    int n = cstate_split(a, body, said, BULLETIN_MAX_UPDATES + 1), i = 0;
    bulletin_write(b, o);
    doc_put_text(o, "lang", lang); /* of the file */
    DOC_EACH(doc_get(o, "updates"), u)
    {
        const struct wording *w = &b->updates[i].text;
        const struct cstate_said *s = n == b->n_updates ? &said[n - 1 - i] : NULL;
        bool same = s && w->n == 1 && str_eq(w->lang[0], lang) && str_eq(w->text[0], s->text);
        if (same)
            doc_put(u, "text", NULL);
        i++;
    }
    json_write(&json, o, "en", 0);
    buf_str(out, "vigie: '");
    for (const char *p = buf_text(&json); *p; p++) {
        if (*p == '\'')
            buf_char(out, '\'');
        buf_char(out, *p);
    }
    buf_str(out, "'\n");
    buf_done(&json);
    arena_free(a);
}

static void put_affected(struct buf *out, const struct bulletin *b, const struct doc *titles)
{
    buf_str(out, "affected: [");
    for (int i = 0; i < b->n_components; i++) {
        buf_str(out, i ? ", " : "");
        json_quote(out, doc_text(titles, b->components[i], b->components[i]));
    }
    buf_str(out, "]\n");
}

static void put_aliases(struct buf *out, const struct bulletin *b)
{
    if (!b->n_aliases)
        return;
    buf_str(out, "aliases: [");
    for (int i = 0; i < b->n_aliases; i++) {
        buf_str(out, i ? ", " : "");
        json_quote(out, b->aliases[i]);
    }
    buf_str(out, "]\n");
}

void cstate_issue(const struct bulletin *b, const struct doc *titles, const char *lang, struct buf *out)
{
    struct buf body = BUF_MAX(CSTATE_MAX_FILE);
    bool work = b->kind == BULLETIN_WORK;
    put_body(&body, b, lang);
    buf_str(out, "---\n");
    put_text(out, "title", wording_for(&b->title, lang, NULL));
    put_time(out, "date", work ? b->start_ms : b->started_ms ? b->started_ms : b->n_updates ? b->updates[0].at_ms : b->changed_ms);
    buf_printf(out, "resolved: %s\n", bulletin_is_open(b) ? "false" : "true");
    put_time(out, "resolvedWhen", bulletin_is_open(b) ? 0 : b->ended_ms);
    buf_printf(out, "severity: %s\n", work ? "notice" : severities[bulletin_peak(b)]);
    put_affected(out, b, titles);
    buf_str(out, "section: issue\n");
    put_flag(out, "informational", work && (b->effect == EFFECT_NONE || b->phase == PHASE_CANCELLED));
    put_flag(out, "pin", b->pinned);
    put_flag(out, "draft", b->draft || b->retracted);
    put_aliases(out, b);
    put_own(out, b, buf_text(&body), lang);
    buf_str(out, "---\n");
    buf_add(out, buf_text(&body), body.len);
    buf_done(&body);
}

/* ---- config.yml ---- */

static const char *worded(const struct doc *texts, const char *lang)
{
    const char *t = doc_text(texts, lang, NULL);
    if (!t)
        t = doc_text(texts, "", NULL);
    const struct doc *first = doc_first(texts);
    return t ? t : first && first->kind == DOC_TEXT ? first->text : NULL;
}

static void put_item(struct buf *out, const char *between, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    buf_printf(out, "%s%s: ", between, key);
    json_quote(out, text);
}

void cstate_config(const struct doc *components, const char *title, const char *lang, const char *url, struct buf *out)
{
    const char *last = NULL;
    put_text(out, "title", title);
    put_text(out, "baseURL", url);
    put_text(out, "languageCode", lang);
    buf_str(out, "theme: cstate\nbuildFuture: true\npermalinks: { issues: \"/issues/:filename/\" }\nparams:\n  title: ");
    json_quote(out, title);
    buf_str(out, "\n  categories:\n    - { name: ");
    json_quote(out, msg_tr(lang, MSG("Services")));
    buf_str(out, " }\n");
    DOC_EACH(components, c)
    {
        const char *group = doc_text(c, "group", NULL);
        if (group && !str_eq(group, last)) {
            put_item(out, "    - { ", "name", group);
            buf_str(out, " }\n");
        }
        last = group;
    }
    buf_str(out, "  systems:\n");
    DOC_EACH(components, c)
    {
        const char *name = worded(doc_get(c, "title"), lang);
        put_item(out, "    - { ", "name", name ? name : doc_text(c, "name", "?"));
        put_item(out, ", ", "category", doc_text(c, "group", msg_tr(lang, MSG("Services"))));
        put_item(out, ", ", "description", worded(doc_get(c, "text"), lang));
        put_item(out, ", ", "link", doc_text(c, "link", NULL));
        buf_str(out, " }\n");
    }
}

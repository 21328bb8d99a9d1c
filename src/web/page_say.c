/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_say.c: the forms by which staff tell users something: open, say more, resolve, plan work, correct, report.  Every form works
 * without script, keeps what was typed, and can be looked at as users would see it, in each language, before it is posted. */
#include "base/str.h"
#include "web/page_say.h"
#include "web/page_console.h"
#include "web/parts.h"
#include <string.h>

enum field {
    F_LEVELS = 1, F_NAMES = 2, F_TITLE = 4, F_TEXT = 8, F_PHASE = 16, F_AT = 32, F_PROMISE = 64, F_WINDOW = 128, F_EFFECT = 256, F_DRAFT = 512,
    F_QUIET = 1024, F_PUBLIC = 2048, F_TENTATIVE = 4096, F_OVERLAP = 8192, F_KEEP = 16384 /* filled with what is there */,
    F_NOW = 32768 /* without look: it takes no preview */
};
enum { MAX_TOUCHED = 200 };
struct say {
    const char *action, *op, *title; /* MSG */
    unsigned fields;
};
static const struct say says[] = {
    {"open", "incident-open", MSG("Tell of an incident"), F_LEVELS | F_TITLE | F_TEXT | F_PHASE | F_AT | F_PROMISE | F_DRAFT | F_QUIET},
    {"update", "incident-update", MSG("Say more"), F_LEVELS | F_TEXT | F_PHASE | F_AT | F_PROMISE | F_QUIET},
    {"resolve", "incident-resolve", MSG("It is over"), F_TEXT | F_AT | F_QUIET},
    {"publish", "incident-publish", MSG("Publish"), F_LEVELS | F_TITLE | F_TEXT | F_QUIET | F_KEEP},
    {"edit", "incident-edit", MSG("Correct"), F_TITLE | F_TEXT | F_KEEP},
    {"report", "incident-report", MSG("Report"), F_TEXT | F_PUBLIC | F_NOW},
    {"retract", "incident-retract", MSG("Withdraw"), F_NOW},
    {"remove", "incident-remove", MSG("Throw away"), F_NOW},
    {"plan", "maintenance-plan", MSG("Announce work"), F_NAMES | F_WINDOW | F_EFFECT | F_TITLE | F_TEXT | F_TENTATIVE | F_DRAFT | F_OVERLAP | F_QUIET},
    {"move", "maintenance-move", MSG("Move"), F_WINDOW | F_TEXT | F_OVERLAP | F_QUIET},
    {"confirm", "maintenance-confirm", MSG("Confirm"), F_TEXT | F_QUIET},
    {"start", "maintenance-start", MSG("Begin now"), F_TEXT | F_QUIET},
    {"complete", "maintenance-complete", MSG("It is done"), F_TEXT | F_QUIET},
    {"cancel", "maintenance-cancel", MSG("Call off"), F_TEXT | F_QUIET},
};

static const struct say *say_find(const char *action)
{
    for (size_t i = 0; action && i < COUNT(says); i++)
        if (str_eq(says[i].action, action))
            return &says[i];
    return NULL;
}

struct form {
    struct page *p;
    const struct say *say;
    const struct bulletin *b; /* that it is about; NULL */
    bool typed;               /* there is something typed already */
};

static unsigned fields_of(const struct form *f)
{
    unsigned fields = f->say->fields;
    return f->b && f->b->kind == BULLETIN_WORK ? fields & ~(unsigned)(F_LEVELS | F_PHASE | F_AT) : fields;
}

/* ---- fields ---- */

static const char *newest_text(const struct bulletin *b, const char *lang)
{
    const struct update *u = b && b->n_updates ? &b->updates[b->n_updates - 1] : NULL;
    return u && wording_has(&u->text, lang) ? wording_for(&u->text, lang, NULL) : NULL;
}

/* What stands in a field: what was typed, else what is there already. */
static const char *value_of(const struct form *f, const char *name)
{
    const char *typed = page_param(f->p, name);
    if (f->typed || !(f->say->fields & F_KEEP) || !f->b)
        return typed ? typed : "";
    const char *lang = str_starts(name, "title-") ? name + 6 : name, *kept = NULL;
    if (str_starts(name, "title-"))
        kept = wording_has(&f->b->title, lang) ? wording_for(&f->b->title, lang, NULL) : NULL;
    else if (str_eq(name, "en") || str_eq(name, "fr"))
        kept = newest_text(f->b, lang);
    return kept ? kept : "";
}

static void field(const struct form *f, const char *name, const char *label, const char *hint)
{
    struct page *p = f->p;
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"%r\" value=\"%s\" autocomplete=\"off\"%r%t%r></label>\n", label, name, value_of(f, name),
               hint ? " placeholder=\"" : "", hint ? hint : "", hint ? "\"" : "");
}

static void area(const struct form *f, const char *name, const char *label)
{
    struct page *p = f->p;
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><textarea name=\"%r\" rows=\"5\" lang=\"%r\">\n%s</textarea></label>\n", label, name, name, value_of(f, name));
}

static void tick(const struct form *f, const char *name, const char *label)
{
    struct page *p = f->p;
    html_print(&p->html, p->lang, "<label><input type=\"checkbox\" name=\"%r\" value=\"yes\"%r> %t</label> ", name, page_param(p, name) ? " checked" : "", label);
}

static void choice(const struct form *f, const char *name, const char *label, const char *const *words, const char *const *titles, int n)
{
    struct page *p = f->p;
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><select name=\"%r\">", label, name);
    for (int i = 0; i < n; i++)
        html_print(&p->html, p->lang, "<option value=\"%r\"%r>%t</option>", words[i], str_eq(value_of(f, name), words[i]) ? " selected" : "", titles[i]);
    html_print(&p->html, p->lang, "</select></label>\n");
}

static const char *title_of(const struct page *p, const struct conf_component *c)
{
    const char *t = conf_pairs_lang(&c->title, p->lang);
    return t ? t : c->name;
}

/* A choice of what users notice, for each component. */
static void levels(const struct form *f)
{
    static const enum level offered[] = {LEVEL_DEGRADED, LEVEL_PARTIAL, LEVEL_MAJOR, LEVEL_OPERATIONAL};
    struct page *p = f->p;
    const struct conf *conf = model_conf(p->h->model);
    html_print(&p->html, p->lang, "<fieldset class=\"levels\"><legend>%t</legend>\n", MSG("What users notice"));
    for (int i = 0; i < conf->n_components; i++) {
        const struct conf_component *c = conf->components[i];
        const char *name = arena_printf(p->rq->arena, "level:%s", c->name), *typed = page_param(p, name);
        html_print(&p->html, p->lang, "<label><span>%s</span><select name=\"%s\"><option value=\"\">%t</option>", title_of(p, c), name,
                   f->b && bulletin_touches(f->b, c->name) ? say_level_word(bulletin_level(f->b, c->name, p->now.wall_ms)) : MSG("–"));
        for (size_t k = 0; k < COUNT(offered); k++)
            html_print(&p->html, p->lang, "<option value=\"%r\"%r>%t</option>", level_words[offered[k]], str_eq(typed, level_words[offered[k]]) ? " selected" : "", say_level_word(offered[k]));
        html_print(&p->html, p->lang, "</select></label>\n");
    }
    html_print(&p->html, p->lang, "</fieldset>\n");
}

struct ticked {
    const char *name;
    bool found;
};

static void on_touch(void *arg, const char *name, const char *value)
{
    struct ticked *t = arg;
    t->found = t->found || (str_eq(name, "touch") && str_eq(value, t->name));
}

static void names(const struct form *f)
{
    struct page *p = f->p;
    const struct conf *conf = model_conf(p->h->model);
    html_print(&p->html, p->lang, "<fieldset class=\"ticks\"><legend>%t</legend>\n", MSG("What it touches"));
    for (int i = 0; i < conf->n_components; i++) {
        struct ticked t = {conf->components[i]->name, false};
        httpd_form_each(p->rq, on_touch, &t);
        html_print(&p->html, p->lang, "<label><input type=\"checkbox\" name=\"touch\" value=\"%s\"%r> %s</label> ", t.name, t.found ? " checked" : "", title_of(p, conf->components[i]));
    }
    html_print(&p->html, p->lang, "</fieldset>\n");
}

static void fields_of_words(const struct form *f, unsigned fields)
{
    if (fields & F_TITLE) {
        field(f, "title-en", MSG("Title in English"), MSG("made from the components when empty"));
        field(f, "title-fr", MSG("Title in French"), MSG("made from the components when empty"));
    }
    if (fields & F_TEXT) {
        area(f, "en", MSG("Text in English (Markdown)"));
        area(f, "fr", MSG("Text in French (Markdown)"));
    }
}

static void fields_of_times(const struct form *f, unsigned fields)
{
    static const char *const phases[] = {"", "investigating", "identified", "monitoring", "resolved"};
    static const char *const phase_names[] = {MSG("as it is"), MSG("Investigating"), MSG("Identified"), MSG("Monitoring"), MSG("Resolved")};
    static const char *const effects[] = {"outage", "degraded", "redundancy", "none"};
    static const char *const effect_names[] = {MSG("an outage"), MSG("slowness"), MSG("nothing, but less is in reserve"), MSG("nothing")};
    if (fields & F_WINDOW) {
        field(f, "start", MSG("From"), MSG("22:00, 2026-11-24 22:00"));
        field(f, "end", MSG("Until"), MSG("23:30; or say for how long"));
        field(f, "for", MSG("For how long"), MSG("30m, 2h"));
    }
    if (fields & F_EFFECT)
        choice(f, "effect", MSG("What users notice"), effects, effect_names, 4);
    if (fields & F_PHASE)
        choice(f, "phase", MSG("How far we are"), phases, phase_names, 5);
    if (fields & F_AT)
        field(f, "at", MSG("When it happened"), MSG("14:30, -20m; now when empty"));
    if (fields & F_PROMISE) {
        field(f, "expected", MSG("Expected until"), MSG("+2h, 18:00"));
        field(f, "next-by", MSG("Next update by"), MSG("+30m"));
    }
}

static void fields_of_ticks(const struct form *f, unsigned fields)
{
    struct page *p = f->p;
    html_print(&p->html, p->lang, "<p class=\"ticks\">");
    if (fields & F_TENTATIVE)
        tick(f, "tentative", MSG("not yet sure"));
    if (fields & F_OVERLAP)
        tick(f, "overlap", MSG("also while a redundant partner is worked on"));
    if (fields & F_DRAFT)
        tick(f, "draft", MSG("only a draft for staff"));
    if (fields & F_QUIET)
        tick(f, "quiet", MSG("send nothing to subscribers"));
    if (fields & F_PUBLIC)
        tick(f, "public", MSG("users may read it"));
    html_print(&p->html, p->lang, "</p>\n");
}

/* ---- what would be ---- */

/* Who would be told, by each way; whom by mail, as far as a form is the place for a list. */
static void put_told(struct page *p, const struct doc *r)
{
    enum { MOST = 100 };
    int n = 0;
    html_print(&p->html, p->lang, "<h3>%t</h3>\n<ul class=\"told-ways\">", doc_first(doc_get(r, "ways")) ? MSG("Who would be told") : MSG("Nobody would be told"));
    DOC_EACH(doc_get(r, "ways"), w) {
        html_print(&p->html, p->lang, "<li>%s: %l", doc_text(w, "way", ""), doc_int(w, "count", 0));
        DOC_EACH(doc_get(w, "languages"), l)
            html_print(&p->html, p->lang, " · %s %l", l->key, l->i);
        buf_str(&p->html, "</li>");
    }
    html_print(&p->html, p->lang, "</ul>\n");
    DOC_EACH(doc_get(r, "addresses"), d)
        if (n++ < MOST)
            html_print(&p->html, p->lang, "%r%s", n == 1 ? "<details><summary>@</summary><p>" : ", ", d->text);
    buf_str(&p->html, n > MOST ? " …</p></details>\n" : n ? "</p></details>\n" : "");
}

static void put_preview(struct page *p, const struct doc *reply)
{
    html_print(&p->html, p->lang, "<section class=\"preview\" aria-label=\"%t\"><h2>%t</h2>\n", MSG("Preview"), MSG("This would be published"));
    DOC_EACH(doc_get(reply, "preview"), d) {
        const char *lang = doc_text(d, "lang", "en"), *text = doc_text(d, "text", NULL), *other = doc_text(d, "text_lang", NULL), *title_other = doc_text(d, "title_lang", NULL);
        html_print(&p->html, p->lang, "<div lang=\"%s\" class=\"paper\"><p class=\"quiet\">%s</p><h3>%s%r%s%r</h3>\n", lang, lang, doc_text(d, "title", ""), title_other ? " [" : "", title_other ? title_other : "", title_other ? "]" : "");
        if (text)
            say_markdown(p, text, other);
        if (other)
            html_print(&p->html, p->lang, "<p class=\"why\">%t</p>\n", MSG("The translation is missing; readers see the other language, marked so."));
        html_print(&p->html, p->lang, "</div>\n");
    }
    html_print(&p->html, p->lang, "<ul class=\"shown\">");
    DOC_EACH(doc_get(reply, "shown"), d) {
        int level = level_from(doc_text(d, "level", ""));
        html_print(&p->html, p->lang, "<li>%s ", doc_text(d, "title", doc_text(d, "component", "")));
        say_badge(p, level < 0 ? LEVEL_UNKNOWN : (enum level)level, false);
        html_print(&p->html, p->lang, "</li>");
    }
    html_print(&p->html, p->lang, "</ul>\n");
    put_told(p, doc_get(reply, "recipients"));
    html_print(&p->html, p->lang, "</section>\n");
}

static void put_form(const struct form *f, const struct doc *preview, const char *wrong)
{
    struct page *p = f->p;
    unsigned fields = fields_of(f);
    const char *title = f->b ? wording_for(&f->b->title, p->lang, NULL) : NULL;
    buf_clear(&p->html);
    parts_open(p, f->say->title, "incidents");
    html_print(&p->html, p->lang, "<form class=\"ask say\" method=\"post\" action=\"/console/incidents/act\">\n<h1>%t</h1>\n", f->say->title);
    if (title)
        html_print(&p->html, p->lang, "<p><a href=\"/console/incidents/%l\">%s</a></p>\n", f->b->id, title);
    if (wrong)
        html_print(&p->html, p->lang, "<p class=\"err\" role=\"alert\">%m</p>\n", wrong);
    if (preview)
        put_preview(p, preview);
    parts_csrf(p);
    html_print(&p->html, p->lang, "<input type=\"hidden\" name=\"action\" value=\"%r\">", f->say->action);
    if (f->b)
        html_print(&p->html, p->lang, "<input type=\"hidden\" name=\"id\" value=\"%l\">", f->b->id);
    if (fields & F_LEVELS)
        levels(f);
    if (fields & F_NAMES)
        names(f);
    fields_of_words(f, fields);
    fields_of_times(f, fields);
    fields_of_ticks(f, fields);
    html_print(&p->html, p->lang, "<p class=\"do\">");
    if (!(fields & F_NOW))
        html_print(&p->html, p->lang, "<button class=\"btn\" name=\"do\" value=\"look\">%t</button> ", MSG("Preview"));
    html_print(&p->html, p->lang, "<button class=\"btn main\" name=\"do\" value=\"post\">%t</button> <a class=\"btn\" href=\"/console/incidents\">%t</a></p>\n</form>\n", f->say->title, MSG("Cancel"));
    parts_close(p);
    page_send(p, wrong ? 400 : 200, "text/html; charset=utf-8");
}

/* ---- requests ---- */

/* False: it was answered that there is no such thing. */
static bool form_begin(struct form *f, struct page *p)
{
    const char *id = page_param(p, "id");
    *f = (struct form){.p = p, .say = say_find(page_param(p, "action")), .typed = str_eq(p->rq->method, "POST")};
    f->b = id ? announce_find(p->h->announce, id) : NULL;
    bool makes = f->say && (str_eq(f->say->action, "open") || str_eq(f->say->action, "plan"));
    if (f->say && (makes || f->b))
        return true;
    page_error(p, f->say ? 404 : 400, f->say ? MSG("There is no such incident.") : MSG("There is no such action."));
    return false;
}

void page_say_get(struct page *p)
{
    struct form f;
    if (form_begin(&f, p))
        put_form(&f, NULL, NULL);
}

static void said(struct page *p, int status, const struct doc *reply)
{
    struct form f;
    const struct doc *message = doc_get(doc_get(reply, "error"), "message");
    if (!form_begin(&f, p))
        return;
    if (status == 200 && doc_bool(reply, "dry_run", false))
        put_form(&f, reply, NULL);
    else if (status == 200)
        page_redirect(p, "/console/incidents");
    else if (message && message->text && (status == 400 || status == 409 || status == 413))
        put_form(&f, NULL, message->text);
    else
        page_error(p, status, message && message->text ? message->text : MSG("That did not work."));
}

struct gathering {
    struct page *p;
    struct doc *list;
    unsigned fields;
};

static void gather(void *arg, const char *name, const char *value)
{
    struct gathering *g = arg;
    if (!value[0] || g->list->kids.n >= MAX_TOUCHED)
        return;
    if ((g->fields & F_LEVELS) && str_starts(name, "level:"))
        doc_push_text(g->list, arena_printf(g->p->rq->arena, "%s:%s", name + 6, value));
    else if ((g->fields & F_NAMES) && str_eq(name, "touch"))
        doc_push_text(g->list, value);
}

void page_say_post(struct page *p)
{
    static const char *const copied[] = {"title-en", "title-fr", "en", "fr", "phase", "at", "expected", "next-by", "start", "end", "for", "effect"};
    static const char *const ticks[] = {"tentative", "overlap", "draft", "quiet", "public"};
    static const unsigned tick_fields[] = {F_TENTATIVE, F_OVERLAP, F_DRAFT, F_QUIET, F_PUBLIC};
    struct form f;
    if (!form_begin(&f, p))
        return;
    struct doc *o = doc_object(p->rq->arena);
    struct gathering g = {p, doc_list(p->rq->arena), fields_of(&f)};
    for (size_t i = 0; i < COUNT(copied); i++) {
        const char *v = page_param(p, copied[i]);
        if (v && v[0])
            doc_put_text(o, copied[i], v);
    }
    for (size_t i = 0; i < COUNT(ticks); i++)
        if (page_param(p, ticks[i]) && (f.say->fields & tick_fields[i]))
            doc_put_bool(o, ticks[i], true);
    httpd_form_each(p->rq, gather, &g);
    if (g.list->kids.n)
        doc_put(o, "components", g.list);
    if (f.b)
        doc_put_text(o, "id", arena_printf(p->rq->arena, "%lld", (long long)f.b->id));
    if (!(f.say->fields & F_NOW) && str_eq(page_param(p, "do"), "look"))
        doc_put_bool(o, "dry-run", true);
    page_op(p, f.say->op, o, said);
}

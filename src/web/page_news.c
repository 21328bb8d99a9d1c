/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_news.c: what users are told, for staff: drafts to publish with one press, what is open, planned, over; one of it with all that was
 * said.  The forms are page_say.c's. */
#include "base/str.h"
#include "base/timetext.h"
#include "model/board.h"
#include "web/markdown.h"
#include "web/page_console.h"
#include "web/page_say.h"
#include "web/parts.h"
#include "web/public.h"

enum { RECENT_MOST = 15, SECTION_MOST = 100 };

const char *say_level_css(enum level l) { return level_looks[l].css; }

const char *say_level_word(enum level l) { return level_looks[l].word; }

void say_moment(struct page *p, int64_t ms)
{
    struct buf b = BUF_MAX(100);
    char rfc[TIME_RFC3339_BYTES];
    time_date(&b, ms, p->now.wall_ms, p->h->zone, p->lang);
    buf_char(&b, ' ');
    time_clock(&b, ms, p->h->zone, p->lang);
    time_rfc3339(ms, 0, rfc);
    html_print(&p->html, p->lang, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&b));
    buf_done(&b);
}

/* A title or text for the reader; one in another language says so. */
static void put_wording(struct page *p, const struct wording *w)
{
    const char *other, *text = wording_for(w, p->lang, &other);
    if (other)
        html_print(&p->html, p->lang, "<span lang=\"%s\">%s</span> <span class=\"quiet\">[%s]</span>", other, text ? text : "", other);
    else
        html_print(&p->html, p->lang, "%s", text ? text : "");
}

void say_badge(struct page *p, enum level l, bool solid)
{
    html_print(&p->html, p->lang, "<span class=\"badge s-%r%r\">", say_level_css(l), solid ? " solid" : "");
    parts_shape(&p->html, say_level_css(l));
    html_print(&p->html, p->lang, "%t</span>", say_level_word(l));
}

/* ---- buttons: each a small form, or a way to one that asks ---- */

static void press(struct page *p, const struct bulletin *b, const char *action, const char *word, const char *key, bool main)
{
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/console/incidents/act\"><input type=\"hidden\" name=\"action\" value=\"%r\"><input type=\"hidden\" name=\"do\" value=\"post\"><input type=\"hidden\" name=\"id\" value=\"%l\">", action, b->id);
    parts_csrf(p);
    html_print(&p->html, p->lang, "<button%r%r%r%r>%t</button></form> ", main ? " class=\"btn main\"" : " class=\"btn\"", key ? " data-key=\"" : "", key ? key : "", key ? "\"" : "", word);
}

static void way(struct page *p, const struct bulletin *b, const char *action, const char *word)
{
    html_print(&p->html, p->lang, "<a class=\"btn\" href=\"/console/incidents/act?action=%r&amp;id=%l\">%t</a> ", action, b->id, word);
}

static void buttons_of_work(struct page *p, const struct bulletin *b)
{
    if (b->phase == PHASE_TENTATIVE)
        press(p, b, "confirm", MSG("Confirm"), NULL, true);
    if (b->phase == PHASE_CONFIRMED)
        way(p, b, "start", MSG("Begin now"));
    if (b->phase == PHASE_IN_PROGRESS)
        way(p, b, "complete", MSG("It is done"));
    way(p, b, "update", MSG("Say more"));
    way(p, b, "move", MSG("Move"));
    way(p, b, "cancel", MSG("Call off"));
}

static void buttons(struct page *p, const struct bulletin *b, bool first_draft)
{
    if (p->who.role < ROLE_OPERATOR || b->retracted)
        return;
    html_print(&p->html, p->lang, "<div class=\"do\">");
    if (b->draft) {
        press(p, b, "publish", MSG("Publish"), first_draft ? "p" : NULL, true);
        way(p, b, "publish", MSG("Change, then publish"));
        press(p, b, "remove", MSG("Throw away"), NULL, false);
    } else if (!bulletin_is_open(b)) {
        way(p, b, "report", MSG("Report"));
    } else if (b->kind == BULLETIN_WORK) {
        buttons_of_work(p, b);
    } else {
        way(p, b, "update", MSG("Say more"));
        way(p, b, "resolve", MSG("It is over"));
    }
    html_print(&p->html, p->lang, "</div>\n");
}

/* ---- lists ---- */

/* What its components' checks say differs from what users are told: staff should look. */
static const char *hint(const struct page *p, const struct bulletin *b)
{
    const struct conf *conf = model_conf(p->h->model);
    int known = 0, well = 0;
    for (int i = 0; i < b->n_components; i++) {
        const struct conf_component *c = map_find(&conf->component_by_name, b->components[i]);
        struct component_standing s;
        if (!c || !c->depends.n)
            continue;
        board_standing(p->h->board, p->h->model, c, p->now.wall_ms, &s);
        known++;
        well += s.checks == LEVEL_OPERATIONAL;
    }
    if (b->next_by_ms && b->next_by_ms < p->now.wall_ms)
        return MSG("An update was promised, and is overdue.");
    if (b->kind == BULLETIN_WORK && b->phase == PHASE_IN_PROGRESS && b->end_ms < p->now.wall_ms)
        return MSG("Its time is over.");
    return b->kind == BULLETIN_INCIDENT && known && well == known ? MSG("The checks are well again.") : NULL;
}

static void put_components(struct page *p, const struct bulletin *b)
{
    const struct conf *conf = model_conf(p->h->model);
    for (int i = 0; i < b->n_components; i++) {
        const struct conf_component *c = map_find(&conf->component_by_name, b->components[i]);
        const char *title = c ? conf_pairs_lang(&c->title, p->lang) : NULL;
        html_print(&p->html, p->lang, "%r%s", i ? ", " : "", title ? title : b->components[i]);
    }
}

static void put_times(struct page *p, const struct bulletin *b)
{
    if (b->kind == BULLETIN_WORK) {
        say_moment(p, b->start_ms);
        html_print(&p->html, p->lang, " – ");
        say_moment(p, b->end_ms);
    } else {
        html_print(&p->html, p->lang, "%t ", MSG("since"));
        say_moment(p, b->started_ms);
    }
    if (b->ended_ms) {
        html_print(&p->html, p->lang, ", %t ", MSG("over"));
        say_moment(p, b->ended_ms);
    }
}

static void put_one(struct page *p, const struct bulletin *b, bool first_draft)
{
    enum level l = bulletin_is_open(b) ? bulletin_worst(b, p->now.wall_ms) : bulletin_peak(b);
    const char *why = bulletin_is_open(b) && !b->draft ? hint(p, b) : NULL;
    if (b->kind == BULLETIN_WORK && l == LEVEL_OPERATIONAL)
        l = LEVEL_PLANNED;
    html_print(&p->html, p->lang, "<li><div class=\"head\">");
    say_badge(p, l, bulletin_is_open(b) && !b->draft);
    html_print(&p->html, p->lang, " <a href=\"/console/incidents/%l\">", b->id);
    put_wording(p, &b->title);
    html_print(&p->html, p->lang, "</a></div>\n<p class=\"quiet\">%t", phase_title(b->phase));
    html_print(&p->html, p->lang, " · ");
    put_times(p, b);
    if (b->n_components) {
        html_print(&p->html, p->lang, " · ");
        put_components(p, b);
    }
    html_print(&p->html, p->lang, "</p>\n");
    if (why)
        html_print(&p->html, p->lang, "<p class=\"why\">%t</p>\n", why);
    buttons(p, b, first_draft);
    html_print(&p->html, p->lang, "</li>\n");
}

enum section { SECTION_DRAFTS, SECTION_OPEN, SECTION_AHEAD, SECTION_RECENT };

static bool stands_in(const struct bulletin *b, enum section s)
{
    bool over = !bulletin_is_open(b) || b->retracted, ahead = b->kind == BULLETIN_WORK && b->phase < PHASE_IN_PROGRESS;
    switch (s) {
    case SECTION_DRAFTS:
        return b->draft && !b->retracted;
    case SECTION_OPEN:
        return !b->draft && !over && !ahead;
    case SECTION_AHEAD:
        return !b->draft && !over && ahead;
    default:
        return !b->draft && over;
    }
}

static int put_section(struct page *p, enum section s, const char *title, int most)
{
    int n = 0;
    size_t all = board_count(p->h->board);
    for (size_t i = 0; i < all && n < most; i++) {
        const struct bulletin *b = board_at(p->h->board, s == SECTION_AHEAD ? all - 1 - i : i); /* what comes first stands first */
        if (!stands_in(b, s))
            continue;
        if (n++ == 0)
            html_print(&p->html, p->lang, "<h2>%t</h2>\n<ul class=\"all\">\n", title);
        put_one(p, b, s == SECTION_DRAFTS && n == 1);
    }
    if (n)
        html_print(&p->html, p->lang, "</ul>\n");
    return n;
}

void page_news_get(struct page *p)
{
    parts_open(p, MSG("Incidents"), "incidents");
    html_print(&p->html, p->lang, "<div class=\"told\">\n<div class=\"bar2\"><h1>%t</h1></div>\n", MSG("Incidents"));
    if (p->who.role >= ROLE_OPERATOR)
        html_print(&p->html, p->lang, "<p class=\"do\"><a class=\"btn main\" data-key=\"n\" href=\"/console/incidents/act?action=open\">%t</a> <a class=\"btn\" href=\"/console/incidents/act?action=plan\">%t</a></p>\n",
                   MSG("Tell of an incident"), MSG("Announce work"));
    int n = put_section(p, SECTION_DRAFTS, MSG("Drafts: publish or throw away"), SECTION_MOST);
    n += put_section(p, SECTION_OPEN, MSG("Open"), SECTION_MOST);
    if (!n)
        html_print(&p->html, p->lang, "<p class=\"note\"><span>%t <code>vigie incident open website --impact major -m \"…\"</code></span></p>\n", MSG("Nothing is open. On the command line:"));
    put_section(p, SECTION_AHEAD, MSG("Planned"), SECTION_MOST);
    put_section(p, SECTION_RECENT, MSG("Recent"), RECENT_MOST);
    if (model_conf(p->h->model)->mirror_by_name.n)
        html_print(&p->html, p->lang, "<p class=\"note\"><a href=\"/console/copies\">%t</a></p>\n", MSG("Copies of the public site"));
    buf_str(&p->html, "</div>\n");
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

/* ---- one ---- */

void say_markdown(struct page *p, const char *text, const char *other)
{
    html_print(&p->html, p->lang, "<div class=\"said\"%r%s%r>", other ? " lang=\"" : "", other ? other : "", other ? "\"" : "");
    if (other)
        html_print(&p->html, p->lang, "<p class=\"quiet\">[%s]</p>", other);
    markdown_html(&p->html, text, 0);
    html_print(&p->html, p->lang, "</div>\n");
}

static void put_update(struct page *p, const struct update *u)
{
    const char *other, *text = wording_for(&u->text, p->lang, &other);
    html_print(&p->html, p->lang, "<li><p><b>%t</b> <span class=\"quiet\">", phase_title(u->phase));
    say_moment(p, u->at_ms);
    if (u->author)
        html_print(&p->html, p->lang, " · %s", u->author);
    if (u->edited_ms)
        html_print(&p->html, p->lang, " · %t", MSG("edited"));
    if (u->quiet)
        html_print(&p->html, p->lang, " · %t", MSG("nothing was sent"));
    html_print(&p->html, p->lang, "</span></p>\n");
    if (text)
        say_markdown(p, text, other);
    html_print(&p->html, p->lang, "</li>\n");
}

static void put_facts(struct page *p, const struct bulletin *b)
{
    static const struct {
        const char *label;
        size_t at;
    } times[] = {{MSG("Began"), offsetof(struct bulletin, started_ms)},      {MSG("Noticed"), offsetof(struct bulletin, noticed_ms)},
                 {MSG("Published"), offsetof(struct bulletin, posted_ms)},   {MSG("Expected until"), offsetof(struct bulletin, expected_ms)},
                 {MSG("Next update by"), offsetof(struct bulletin, next_by_ms)}, {MSG("Planned from"), offsetof(struct bulletin, start_ms)},
                 {MSG("Planned until"), offsetof(struct bulletin, end_ms)},  {MSG("Over"), offsetof(struct bulletin, ended_ms)}};
    html_print(&p->html, p->lang, "<dl>");
    for (size_t i = 0; i < COUNT(times); i++) {
        int64_t ms = *(const int64_t *)(const void *)((const char *)b + times[i].at);
        if (!ms)
            continue;
        html_print(&p->html, p->lang, "<div><dt>%t</dt><dd>", times[i].label);
        say_moment(p, ms);
        html_print(&p->html, p->lang, "</dd></div>");
    }
    html_print(&p->html, p->lang, "</dl>\n");
}

static void put_more(struct page *p, const struct bulletin *b)
{
    if (!b->draft)
        html_print(&p->html, p->lang, "<p><a href=\"/%r/%s\">%t</a></p>\n", bulletin_kind_words[b->kind], b->key, MSG("As users see it"));
    if (p->who.role < ROLE_OPERATOR || b->retracted)
        return;
    html_print(&p->html, p->lang, "<p class=\"do\">");
    way(p, b, "edit", MSG("Correct"));
    if (!b->draft)
        way(p, b, "report", MSG("Report"));
    if (!b->draft)
        way(p, b, "retract", MSG("Withdraw"));
    html_print(&p->html, p->lang, "</p>\n");
}

struct objecting {
    struct page *p;
    int n;
};

static void put_objection(void *arg, const char *address, int64_t at_ms)
{
    struct objecting *o = arg;
    if (o->n++ == 0)
        html_print(&o->p->html, o->p->lang, "<h2>%t</h2>\n<ul>\n", MSG("Readers who object"));
    html_print(&o->p->html, o->p->lang, "<li>%s <span class=\"quiet\">", address);
    say_moment(o->p, at_ms);
    html_print(&o->p->html, o->p->lang, "</span></li>\n");
}

static void put_objections(struct page *p, const struct bulletin *b)
{
    struct objecting o = {p, 0};
    if (b->kind == BULLETIN_WORK)
        announce_objections(p->h->announce, b->id, put_objection, &o);
    buf_str(&p->html, o.n ? "</ul>\n" : "");
}

void page_news_one(struct page *p)
{
    const char *id = page_part(p, "id");
    const struct bulletin *b = announce_find(p->h->announce, id ? id : "");
    if (!b) {
        page_error(p, 404, MSG("There is no such incident."));
        return;
    }
    const char *other, *title = wording_for(&b->title, p->lang, NULL), *report = wording_for(&b->report, p->lang, &other);
    parts_open(p, title ? title : "", "incidents");
    html_print(&p->html, p->lang, "<div class=\"told\">\n<div class=\"bar2\"><h1>%s</h1></div>\n<p class=\"head\">", title ? title : "");
    say_badge(p, bulletin_is_open(b) ? bulletin_worst(b, p->now.wall_ms) : bulletin_peak(b), false);
    html_print(&p->html, p->lang, " <span>%t · ", phase_title(b->phase));
    put_components(p, b);
    buf_str(&p->html, "</span>");
    if (b->draft)
        html_print(&p->html, p->lang, " · <b>%t</b>", MSG("draft"));
    if (b->retracted)
        html_print(&p->html, p->lang, " · <b>%t</b>", MSG("withdrawn"));
    html_print(&p->html, p->lang, "</p>\n");
    buttons(p, b, b->draft);
    put_facts(p, b);
    put_objections(p, b);
    html_print(&p->html, p->lang, "<h2>%t</h2>\n<ol reversed>\n", MSG("What was said"));
    for (int i = b->n_updates; i-- > 0;)
        put_update(p, &b->updates[i]);
    html_print(&p->html, p->lang, "</ol>\n");
    if (report) {
        html_print(&p->html, p->lang, "<h2>%t%r%t</h2>\n", MSG("Report"), b->report_public ? "" : " · ", b->report_public ? "" : MSG("only for staff"));
        say_markdown(p, report, other);
    }
    put_more(p, b);
    buf_str(&p->html, "</div>\n");
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

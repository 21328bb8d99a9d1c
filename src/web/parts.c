/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts.c: pieces that pages are made of: head, top bar, tally, shapes, states, ages. */
#include "web/parts.h"
#include "web/page_console.h"
#include "base/str.h"
#include "base/timetext.h"
#include "web/dialogs.h"
#include "web/web_priv.h"
#include <string.h>

const char parts_logo[] =
    "<svg viewBox=\"0 0 98 34\" role=\"img\" aria-label=\"vigie\"><g fill=\"none\" stroke=\"currentColor\" stroke-width=\"3.8\"><path d=\"m2 10.6 6.6 15 6.6-15\"/>"
    "<circle cx=\"47.6\" cy=\"17.9\" r=\"7.2\"/><path d=\"M54.8 9.9v14.6c0 4.5-2.8 7.2-7.2 7.2-2.6 0-4.6-.8-6.1-2.3\"/><path d=\"M65.4 9.9v16.6\"/>"
    "<path d=\"M76 17.5h15.2a7.4 7.4 0 1 0-2.4 6\"/></g><path d=\"M23.8 13h5.2l1.5 13.5h-8.2ZM21.4 9.3h10v2.1h-10ZM63.5 3.2h3.8v3.8h-3.8Z\" fill=\"currentColor\"/>"
    "<circle cx=\"26.4\" cy=\"5.6\" r=\"2.5\" fill=\"var(--accent)\"/><path d=\"m30.6 5 8.4-3.8v8.8l-8.4-3.8Z\" fill=\"var(--accent)\"/></svg>";

const char parts_shapes[] =
    "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\">"
    "<symbol id=\"i-ok\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7.2\" fill=\"currentColor\"/><path d=\"m4.6 8.3 2.4 2.4 4.5-5\" fill=\"none\" stroke=\"var(--glyph)\" stroke-width=\"1.9\"/></symbol>"
    "<symbol id=\"i-warning\" viewBox=\"0 0 16 16\"><path d=\"M8 .9 15.8 14.8H.2Z\" fill=\"currentColor\"/><path d=\"M8 5.6v4.6m0 1.2v1.7\" stroke=\"var(--glyph)\" stroke-width=\"1.8\"/></symbol>"
    "<symbol id=\"i-critical\" viewBox=\"0 0 16 16\"><path d=\"M1 1h14v14H1Z\" fill=\"currentColor\"/><path d=\"m4.6 4.6 6.8 6.8m0-6.8-6.8 6.8\" stroke=\"var(--glyph)\" stroke-width=\"2\"/></symbol>"
    "<symbol id=\"i-unknown\" viewBox=\"0 0 16 16\"><path d=\"m8 0 8 8-8 8-8-8Z\" fill=\"currentColor\"/><path d=\"M5.9 6.3a2.1 2.1 0 1 1 3.2 1.8c-.8.5-1.1.8-1.1 1.7m0 1v1.7\" fill=\"none\" stroke=\"var(--glyph)\" stroke-width=\"1.6\"/></symbol>"
    "<symbol id=\"i-maintenance\" viewBox=\"0 0 16 16\"><path fill-rule=\"evenodd\" d=\"M4.2 1h7.6L15.6 8l-3.8 7H4.2L.4 8ZM8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z\" fill=\"currentColor\"/></symbol>"
    "<symbol id=\"i-unreachable\" viewBox=\"0 0 16 16\"><path d=\"M13.2 2.8 2.8 13.2M8 1.2a6.8 6.8 0 1 0 0 13.6A6.8 6.8 0 0 0 8 1.2Z\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/></symbol>"
    "<symbol id=\"i-pending\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"6.4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-dasharray=\"2.5 2.53\"/></symbol></svg>\n";

/* ---- states ---- */

static const struct {
    const char *css, *word;
} state_looks[STATE_COUNT] = {
    [STATE_PENDING] = {"pending", MSG("Pending")},    [STATE_OK] = {"ok", MSG("OK")},
    [STATE_WARNING] = {"warning", MSG("Warning")},    [STATE_CRITICAL] = {"critical", MSG("Critical")},
    [STATE_UNKNOWN] = {"unknown", MSG("Unknown")},    [STATE_UP] = {"ok", MSG("Up")},
    [STATE_DOWN] = {"critical", MSG("Down")},         [STATE_UNREACHABLE] = {"unreachable", MSG("Unreachable")},
};

const char *parts_state_class(enum state s, const struct item *it)
{
    if (it && it->downtime_depth && state_is_bad(s))
        return "maintenance";
    return state_looks[s].css;
}

const char *parts_state_word(enum state s)
{
    return state_looks[s].word;
}

void parts_shape(struct buf *b, const char *css)
{
    html_print(b, "en", "<svg class=\"i s-%r\" aria-hidden=\"true\"><use href=\"#i-%r\"/></svg>", css, css);
}

void parts_state(struct page *p, const struct item *it)
{
    enum state s = (enum state)it->st.state;
    const char *css = parts_state_class(s, it);
    bool bad = state_is_bad(s), taken = it->ack || it->downtime_depth;
    const char *word = bad && it->downtime_depth ? MSG("Planned") : !it->enabled ? MSG("Off") : s == STATE_PENDING && it->resting ? MSG("Resting") : state_looks[s].word;
    if (bad && it->enabled)
        html_print(&p->html, p->lang, "<span class=\"badge s-%r%r%r\">", css, taken ? "" : " solid", it->st.hard ? "" : " soft");
    else
        html_print(&p->html, p->lang, "<span class=\"st s-%r%r\">", it->enabled ? css : "pending", bad ? "" : " plain");
    parts_shape(&p->html, it->enabled ? css : "pending");
    html_print(&p->html, p->lang, "%t</span>", word);
}

/* ---- words of people ---- */

static void put_message(struct page *p, const char *msgid, const char *types, const char *a, const char *b)
{
    struct buf text = BUF_MAX(4000);
    msg_print(&text, p->lang, msgid, types, a, b);
    html_print(&p->html, p->lang, "%s", buf_text(&text));
    buf_done(&text);
}

void parts_quoted(struct page *p, const char *words) { put_message(p, MSG("“{1}”"), "s", words, NULL); }

void parts_said(struct page *p, const char *who, const char *words) { put_message(p, MSG("{1}: “{2}”"), "ss", who, words); }

const char *parts_colon(const struct page *p) { return str_eq(p->lang, "fr") ? "\u00a0: " : ": "; }

const char *parts_group(struct page *p, const char *group)
{
    const struct conf *c = model_conf(p->h->model);
    for (int i = 0; c && i < c->n_groups; i++)
        if (str_eq(c->groups[i]->name, group)) {
            const char *title = conf_pairs_lang(&c->groups[i]->title, p->lang);
            return title ? title : group;
        }
    return group;
}

/* ---- ages ---- */

void parts_age(struct page *p, int64_t since_ms)
{
    char rfc[TIME_RFC3339_BYTES];
    struct buf b = BUF_MAX(60);
    if (!since_ms)
        return;
    time_rfc3339(since_ms, 0, rfc);
    time_duration(&b, (p->now.wall_ms - since_ms) / 1000 * 1000, p->lang); /* an age needs no milliseconds */
    html_print(&p->html, p->lang, "<time datetime=\"%r\" data-age>%s</time>", rfc, buf_text(&b));
    buf_done(&b);
}

/* ---- the document ---- */

static void head(struct page *p, const char *title, const char *after, const char *body_class)
{
    const char *v = p->web->assets_version;
    html_print(&p->html, p->lang, "<!doctype html>\n<html lang=\"%r\"%r%r%r>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                                  "<title>%t%r</title>\n<link rel=\"icon\" href=\"/static/vigie.svg?%r\">\n<link rel=\"stylesheet\" href=\"/static/vigie.css?%r\">\n</head>\n"
                                  "<body class=\"%r\">\n%r",
               p->lang, p->theme ? " data-theme=\"" : "", p->theme ? p->theme : "", p->theme ? "\"" : "", title, after, v, v, body_class, parts_shapes);
}

void parts_head(struct page *p, const char *title, const char *body_class)
{
    head(p, title, " | vigie", body_class);
}

void parts_head_plain(struct page *p, const char *title, const char *body_class)
{
    head(p, title, "", body_class);
}

void parts_foot(struct page *p)
{
    html_print(&p->html, p->lang, "</body>\n</html>\n");
}

void parts_languages(struct page *p)
{
    static const struct {
        const char *lang, *name;
    } all[] = {{"en", "English"}, {"fr", "Français"}};
    for (size_t i = 0; i < COUNT(all); i++) {
        if (i)
            buf_str(&p->html, " · ");
        if (str_eq(p->lang, all[i].lang))
            html_print(&p->html, p->lang, "<span aria-current=\"true\" lang=\"%r\">%r</span>", all[i].lang, all[i].name);
        else
            html_print(&p->html, p->lang, "<a href=\"?lang=%r\" lang=\"%r\" hreflang=\"%r\">%r</a>", all[i].lang, all[i].lang, all[i].lang, all[i].name);
    }
}

void parts_csrf(struct page *p)
{
    html_print(&p->html, p->lang, "<input type=\"hidden\" name=\"csrf\" value=\"%s\">", p->who.csrf ? p->who.csrf : "");
}

void page_error(struct page *p, int status, const char *msgid)
{
    struct buf text = BUF_MAX(2000);
    if (msgid[0] == 1) /* a packed message, as errors of operations are */
        msg_render(&text, msgid, p->lang);
    else
        buf_str(&text, msg_tr(p->lang, msgid));
    const char *said = arena_dup(p->rq->arena, buf_text(&text));
    buf_done(&text);
    buf_clear(&p->html);
    if (status == 404 && p->who.role == ROLE_NONE && page_none(p, said))
        return;
    parts_head(p, said, "door-page");
    html_print(&p->html, p->lang, "<main class=\"door\" id=\"main\">\n<p class=\"logo\"><a href=\"/\">%r</a></p>\n<h1>%s</h1>\n<p><a href=\"%r\">%t</a></p>\n</main>\n", parts_logo, said,
               p->who.role != ROLE_NONE ? "/console" : "/", p->who.role != ROLE_NONE ? MSG("To the console") : MSG("To the state of the services"));
    parts_foot(p);
    page_send(p, status, "text/html; charset=utf-8");
}

/* ---- the console's frame ---- */

static const struct {
    const char *href, *name, *section;
    enum role role;
} sections[] = {
    {"/console", MSG("Problems"), "problems", ROLE_VIEWER},
    {"/console/hosts", MSG("Hosts"), "hosts", ROLE_VIEWER},
    {"/console/checks", MSG("Checks"), "checks", ROLE_VIEWER},
    {"/console/map", MSG("Map"), "map", ROLE_VIEWER},
    {"/console/events", MSG("Events"), "events", ROLE_VIEWER},
    {"/console/incidents", MSG("Incidents"), "incidents", ROLE_VIEWER},
    {"/console/planned", MSG("Planned work"), "work", ROLE_VIEWER},
    {"/console/setup", MSG("Setup"), "setup", ROLE_OPERATOR},
};

/* UTC with seconds, and the site's own zone below. The script makes both go on. */
static void wall_clock(struct page *p)
{
    char utc[16];
    struct buf local = BUF_MAX(60), date = BUF_MAX(60);
    struct civil c;
    time_civil(p->now.wall_ms, NULL, &c);
    str_print(utc, sizeof utc, "%02d:%02d:%02d", c.hour, c.minute, c.second);
    time_civil(p->now.wall_ms, p->h->zone, &c);
    time_date(&date, p->now.wall_ms, p->now.wall_ms, p->h->zone, p->lang);
    html_print(&p->html, p->lang, "<p class=\"now\"><b data-clock>%s</b> UTC<br><span class=\"quiet\">", utc);
    if (p->h->zone) {
        time_clock(&local, p->now.wall_ms, p->h->zone, p->lang);
        html_print(&p->html, p->lang, "<span data-zone=\"%d\">%s</span> %s, ", c.offset_s, buf_text(&local), c.zone);
    }
    html_print(&p->html, p->lang, "%s</span></p>\n", buf_text(&date));
    buf_done(&local);
    buf_done(&date);
}

static void top_bar(struct page *p, const char *section)
{
    html_print(&p->html, p->lang, "<a class=\"skip\" href=\"#main\">%t</a>\n<header class=\"top\">\n<a class=\"logo\" href=\"/console\">%r</a>\n<nav aria-label=\"%t\">", MSG("Skip to content"),
               parts_logo, MSG("Console"));
    for (size_t i = 0; i < COUNT(sections); i++)
        if (p->who.role >= sections[i].role)
            html_print(&p->html, p->lang, "<a href=\"%r\"%r>%t</a>", sections[i].href, str_eq(section, sections[i].section) ? " aria-current=\"page\"" : "", sections[i].name);
    const char *q = httpd_query(p->rq, "q");
    html_print(&p->html, p->lang,
               "</nav>\n<form role=\"search\" action=\"/console/checks\"><label class=\"vh\" for=\"q\">%t</label><input id=\"q\" name=\"q\" type=\"search\" value=\"%s\" placeholder=\"%t\"></form>\n",
               MSG("Find a host, a check or a word of its output"), q ? q : "", MSG("Find host, check, output…  /"));
    wall_clock(p);
    html_print(&p->html, p->lang, "</header>\n");
}

static void tally_entry(struct page *p, const char *css, int n, const char *word, const char *state)
{
    html_print(&p->html, p->lang, "<a href=\"/console/checks?state=%r\"%r>", state, n ? "" : " class=\"nil\"");
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "<b>%d</b>%t</a>", n, word);
}

/* The strip of counts; also sent alone on a live update. */
void parts_tally(struct page *p)
{
    struct model_counts n;
    struct scheduler_stats s = {0};
    struct buf late = BUF_MAX(40);
    model_count(p->h->model, &n);
    if (p->h->scheduler)
        scheduler_get_stats(p->h->scheduler, &s);
    tally_entry(p, "critical", n.critical, MSG("critical"), "critical");
    tally_entry(p, "critical", n.down, MSG("down"), "down");
    tally_entry(p, "warning", n.warning, MSG("warning"), "warning");
    tally_entry(p, "unknown", n.unknown, MSG("unknown"), "unknown");
    tally_entry(p, "unreachable", n.unreachable, MSG("unreachable"), "unreachable");
    tally_entry(p, "maintenance", n.in_downtime, MSG("in planned work"), "planned");
    tally_entry(p, "pending", n.pending, MSG("pending"), "pending");
    tally_entry(p, "ok", n.ok + n.up, MSG("ok"), "ok");
    time_latency(&late, s.delay_p99_us, p->lang);
    html_print(&p->html, p->lang, "<p class=\"health\"><span>%t <b>%s</b></span></p>", MSG("checks late by at most"), buf_text(&late));
    buf_done(&late);
}

/* Quietly, and only to those who can mend it. */
static void conf_warnings(struct page *p)
{
    const struct conf *c = model_conf(p->h->model);
    if (p->who.role < ROLE_ADMIN || !c || !c->n_warnings)
        return;
    html_print(&p->html, p->lang, "<p class=\"aside\">");
    parts_shape(&p->html, "warning");
    buf_str(&p->html, "<span><a href=\"/console/setup#configuration\">");
    msg_print(&p->html, p->lang, MSG("{1} {1|warning|warnings} in the configuration"), "i", (int64_t)c->n_warnings);
    html_print(&p->html, p->lang, "</a>%r%m <span class=\"quiet\">%s:%d</span></span></p>\n", parts_colon(p), c->warnings[0].text, c->warnings[0].file, (int)c->warnings[0].line);
}

/* What is wrong with vigie itself comes before what is wrong elsewhere. */
static void own_troubles(struct page *p, const char *section)
{
    if (p->h->demo)
        html_print(&p->html, p->lang, "<p class=\"aside demo\">%t</p>\n", MSG("A demonstration with made-up data: look at everything. Nothing can be changed, and nothing leaves this machine."));
    struct store_health st = {0};
    if (p->h->store)
        store_get_health(p->h->store, &st);
    if (st.failing)
        html_print(&p->html, p->lang, "<p class=\"note bad s-critical\" role=\"alert\">%t %m</p>\n", MSG("Nothing can be kept at the moment; watching goes on."), st.why.text);
    if (!str_eq(p->rq->path, "/console/copies")) /* where they stand in full */
        copies_trouble(p);
    const struct house_conf_wrong *w = &p->h->conf_wrong;
    if (!w->since_ms) {
        if (!str_eq(section, "setup")) /* where they stand in full */
            conf_warnings(p);
        return;
    }
    html_print(&p->html, p->lang, "<p class=\"note bad s-critical\" role=\"alert\">%t ", MSG("The configuration has errors; the last good one is in use."));
    if (w->file[0])
        html_print(&p->html, p->lang, "<b>%s:%l</b> ", w->file, (int64_t)w->line);
    html_print(&p->html, p->lang, "%m</p>\n", w->text);
}

void parts_open(struct page *p, const char *title, const char *section)
{
    parts_head(p, title, "con");
    top_bar(p, section);
    html_print(&p->html, p->lang, "<div class=\"tally\" id=\"tally\">");
    parts_tally(p);
    html_print(&p->html, p->lang, "</div>\n<p id=\"lost\" class=\"lost s-critical\" role=\"alert\" hidden>");
    parts_shape(&p->html, "critical");
    html_print(&p->html, p->lang, "<span></span></p>\n<main id=\"main\" tabindex=\"-1\" data-now=\"%l\" data-csrf=\"%s\"", p->now.wall_ms, p->who.csrf ? p->who.csrf : "");
    if (p->about)
        html_print(&p->html, p->lang, " data-about=\"%s\"", p->about);
    buf_str(&p->html, ">\n");
    own_troubles(p, section);
}

static void account(struct page *p)
{
    const char *next = page_here(p);
    html_print(&p->html, p->lang, "<footer class=\"con-foot\"><span>");
    if (p->who.session) {
        html_print(&p->html, p->lang, "<a href=\"/console/account\">%s</a></span><form method=\"post\" action=\"/logout\">", p->who.name);
        parts_csrf(p);
        html_print(&p->html, p->lang, "<button class=\"link\">%t</button></form>", MSG("Log out"));
    } else {
        html_print(&p->html, p->lang, "%t</span><a href=\"/login?next=%s\">%t</a>", MSG("You are a guest; you can look, not touch."), next, MSG("Log in"));
    }
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/theme\"><input type=\"hidden\" name=\"next\" value=\"%s\">", next);
    html_print(&p->html, p->lang, "<button class=\"link\" name=\"theme\" value=\"light\">%t</button> <button class=\"link\" name=\"theme\" value=\"dark\">%t</button> <button class=\"link\" name=\"theme\" value=\"system\">%t</button></form>",
               MSG("Light"), MSG("Dark"), MSG("As the system"));
    html_print(&p->html, p->lang, "<span>");
    parts_languages(p);
    html_print(&p->html, p->lang, "</span><button class=\"link\" type=\"button\" data-show-keys hidden>%t</button>", MSG("Keys"));
    html_print(&p->html, p->lang, "<span class=\"quiet\">vigie " VIGIE_VERSION "</span></footer>\n");
}

void parts_close(struct page *p)
{
    html_print(&p->html, p->lang, "</main>\n");
    account(p);
    dialogs_put(p);
    html_print(&p->html, p->lang, "<div id=\"toasts\" role=\"status\" aria-live=\"polite\"></div>\n<script src=\"/static/console.js?%r\" defer></script>\n", p->web->assets_version);
    parts_foot(p);
}

/* How long the address is that begins here; 0: none does. Signs that end a sentence do not belong to it. */
static size_t address_length(const char *at)
{
    if (!str_starts(at, "https://") && !str_starts(at, "http://"))
        return 0;
    size_t n = strcspn(at, " \t\r\n<>\"");
    while (n > 8 && strchr(".,;:!?)", at[n - 1]))
        n--;
    return n > 8 ? n : 0;
}

void parts_notes(struct page *p, const char *notes)
{
    if (!notes)
        return;
    buf_str(&p->html, "<p class=\"notes\">");
    for (const char *at = notes, *from = notes;; at++) {
        size_t n = *at ? address_length(at) : 0;
        if (*at && n == 0)
            continue;
        html_print(&p->html, p->lang, "%s", arena_dupn(p->rq->arena, from, (size_t)(at - from)));
        if (*at == '\0')
            break;
        const char *link = arena_dupn(p->rq->arena, at, n);
        html_print(&p->html, p->lang, "<a href=\"%s\" rel=\"noreferrer\">%s</a>", link, link);
        from = at + n;
        at = from - 1;
    }
    buf_str(&p->html, "</p>\n");
}

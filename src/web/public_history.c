/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_history.c: what was: month by month, and by component. */
#include "base/calendar.h"
#include "base/str.h"
#include "web/markdown.h"
#include "web/public.h"

enum { MONTH_MOST = 500, COMPONENT_MOST = 30, EXCERPT_BYTES = 300 };

/* ---- lists ---- */

static int64_t start_of(const struct bulletin *b)
{
    return b->kind == BULLETIN_WORK ? b->start_ms : b->started_ms;
}

static bool is_past(const struct bulletin *b, int64_t since_ms, const char *component)
{
    return bulletin_is_public(b) && !bulletin_is_open(b) && (start_of(b) >= since_ms || b->ended_ms >= since_ms) && (!component || bulletin_touches(b, component));
}

int public_past_count(const struct pub *p, int64_t since_ms, const char *component)
{
    int n = 0;
    for (size_t i = 0; i < board_count(p->s->board); i++)
        n += is_past(board_at(p->s->board, i), since_ms, component);
    return n;
}

static void put_lasted(struct pub *p, const struct bulletin *b)
{
    buf_str(p->out, "<span class=\"num\">");
    if (b->phase == PHASE_CANCELLED)
        html_tr(p->out, MSG("called off"), p->lang);
    else if (b->ended_ms > b->started_ms && b->started_ms)
        pub_duration(p, b->ended_ms - b->started_ms);
    buf_str(p->out, "</span>");
}

void public_past(struct pub *p, int64_t since_ms, int most, const char *component)
{
    int n = 0;
    buf_str(p->out, "<ul class=\"past\">\n");
    for (size_t i = 0; i < board_count(p->s->board) && n < most; i++) {
        const struct bulletin *b = board_at(p->s->board, i);
        struct buf date = BUF_MAX(60);
        if (!is_past(b, since_ms, component))
            continue;
        n++;
        time_date(&date, start_of(b), p->s->now_ms, p->s->zone, p->lang);
        pub_print(p, "<li><span class=\"quiet\">%s</span> <span>", buf_text(&date));
        pub_title(p, b);
        buf_str(p->out, "</span> ");
        put_lasted(p, b);
        buf_str(p->out, "</li>\n");
        buf_done(&date);
    }
    buf_str(p->out, "</ul>\n");
}

/* ---- a month ---- */

#define PAST_BARS_MS (INT64_C(90) * 86400000)

/* When a month of the site's zone begins. */
static int64_t month_start(int year, int month, const struct zone *z)
{
    int64_t day = cal_days(year, month, 1), guess_s = day * 86400 - zone_offset(z, day * 86400, NULL);
    return (day * 86400 - zone_offset(z, guess_s, NULL)) * 1000;
}

static void put_month_name(struct pub *p, int year, int month)
{
    struct buf name = BUF_MAX(100);
    int64_t at = cal_days(year, month, 2) * 86400 * 1000;
    time_date(&name, at, at, NULL, p->lang);
    const char *space = strchr(buf_text(&name), ' ');
    pub_print(p, "%s %d", space ? space + 1 : "", year);
    buf_done(&name);
}

static int month_number(const struct pub *p, int64_t ms)
{
    struct civil c;
    time_civil(ms, p->s->zone, &c);
    return c.year * 12 + c.month - 1;
}

/* From the oldest of what is public (at least as far as the bars go) to what is planned, and never without an end: whoever walks from
 * month to month, or makes addresses up, comes to one. */
bool public_month_known(const struct pub *p, int year, int month)
{
    const struct board *b = p->s->board;
    int asked = year * 12 + month - 1, now = month_number(p, p->s->now_ms), first = month_number(p, p->s->now_ms - PAST_BARS_MS), last = now;
    size_t n = b ? board_count(b) : 0, i = n, k = 0;
    while (i > 0 && !bulletin_is_public(board_at(b, i - 1)))
        i--;
    while (k < n && !bulletin_is_public(board_at(b, k)))
        k++;
    if (i > 0 && month_number(p, start_of(board_at(b, i - 1))) < first)
        first = month_number(p, start_of(board_at(b, i - 1)));
    if (k < n && month_number(p, start_of(board_at(b, k))) > last)
        last = month_number(p, start_of(board_at(b, k)));
    return asked >= first && asked <= last;
}

static void put_month_link(struct pub *p, int year, int month, const char *rel)
{
    char path[32];
    year += month < 1 ? -1 : month > 12 ? 1 : 0;
    month = month < 1 ? 12 : month > 12 ? 1 : month;
    if (!public_month_known(p, year, month))
        return;
    str_print(path, sizeof path, "/history/%04d-%02d", year, month);
    buf_str(p->out, "<a ");
    pub_link(p, path);
    pub_print(p, " rel=\"%r\">", rel);
    put_month_name(p, year, month);
    buf_str(p->out, "</a>");
}

static void put_one(struct pub *p, const struct bulletin *b)
{
    struct buf date = BUF_MAX(60), text = BUF_MAX(2 * EXCERPT_BYTES);
    enum level peak = bulletin_peak(b);
    time_date(&date, start_of(b), p->s->now_ms, p->s->zone, p->lang);
    pub_print(p, "<li class=\"once\"><span class=\"quiet\">%s</span><div><h2>", buf_text(&date));
    pub_title(p, b);
    buf_str(p->out, "</h2><p class=\"links\">");
    pub_state(p, b->kind == BULLETIN_WORK ? LEVEL_PLANNED : peak);
    pub_print(p, " <span class=\"quiet\">%t</span> <span class=\"quiet\">", phase_title(b->phase));
    pub_names(p, b);
    buf_str(p->out, "</span></p>");
    if (b->n_updates) {
        const char *lang, *said = wording_for(&b->updates[b->n_updates - 1].text, p->lang, &lang);
        markdown_excerpt(&text, said, EXCERPT_BYTES);
        pub_foreign(p, "p", "prose", buf_text(&text), lang);
    }
    buf_str(p->out, "</div>");
    put_lasted(p, b);
    buf_str(p->out, "</li>\n");
    buf_done(&date);
    buf_done(&text);
}

static int put_list(struct pub *p, int64_t from_ms, int64_t to_ms)
{
    int n = 0;
    for (size_t i = 0; i < board_count(p->s->board) && n < MONTH_MOST; i++) {
        const struct bulletin *b = board_at(p->s->board, i);
        if (!bulletin_is_public(b) || start_of(b) < from_ms || start_of(b) >= to_ms)
            continue;
        if (!n++)
            buf_str(p->out, "<ul class=\"past month-list\">\n");
        put_one(p, b);
    }
    if (n)
        buf_str(p->out, "</ul>\n");
    return n;
}

void public_month(struct pub *p, int year, int month)
{
    int64_t from = month_start(year, month, p->s->zone), to = month == 12 ? month_start(year + 1, 1, p->s->zone) : month_start(year, month + 1, p->s->zone);
    struct buf title = BUF_MAX(2000);
    const char *lang;
    buf_printf(&title, "%s: %s %04d-%02d", sight_site(p->s, p->lang, &lang), msg_tr(p->lang, MSG("History")), year, month);
    p->section = "history";
    pub_open(p, buf_text(&title), "");
    buf_done(&title);
    buf_str(p->out, "<div class=\"wrap\">\n<section class=\"sec grid first\"><h1>");
    put_month_name(p, year, month);
    buf_str(p->out, "</h1><div>\n");
    if (!put_list(p, from, to))
        pub_print(p, "<p class=\"quiet\">%t</p>\n", MSG("Nothing happened."));
    pub_print(p, "<nav aria-label=\"%t\" class=\"links\">", MSG("Months"));
    put_month_link(p, year, month - 1, "prev");
    put_month_link(p, year, month + 1, "next");
    buf_str(p->out, "</nav></div></section>\n</div>\n");
    pub_close(p);
}

/* ---- a component ---- */

static void put_figures(struct pub *p, const struct uptime *u)
{
    static const struct {
        int days;
        const char *word;
    } rows[] = {{1, MSG("Today")}, {7, MSG("7 days")}, {30, MSG("30 days")}, {90, MSG("90 days")}};
    pub_print(p, "<table class=\"figures\"><thead><tr><th scope=\"col\">%t</th><th scope=\"col\">%t</th><th scope=\"col\">%t</th><th scope=\"col\">%t</th></tr></thead><tbody>\n", MSG("Over"), MSG("Available"), MSG("Down"), MSG("Planned work"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t planned_s, down_s;
        struct buf figure = BUF_MAX(40);
        public_figure(&figure, uptime_figure(u, rows[i].days, &planned_s, &down_s), p->lang);
        pub_print(p, "<tr><th scope=\"row\">%t</th><td>%s</td><td>", rows[i].word, buf_text(&figure));
        pub_duration(p, down_s * 1000);
        buf_str(p->out, "</td><td>");
        pub_duration(p, planned_s * 1000);
        buf_str(p->out, "</td></tr>\n");
        buf_done(&figure);
    }
    pub_print(p, "</tbody></table>\n<p class=\"quiet prose\">%t</p>\n", MSG("Planned work and times of which we know nothing do not count. Partly down counts as down."));
}

static const struct uptime *days_of(const struct pub *p, const struct sight_component *v)
{
    return p->days ? p->days[v - p->s->components] : NULL;
}

static void put_days(struct pub *p, const struct sight_component *v)
{
    const struct uptime *u = days_of(p, v);
    pub_print(p, "<section class=\"sec grid\" id=\"days\"><h2>%t <small>%t</small></h2><div class=\"one\">\n", MSG("Ninety days"), MSG("Each mark is one day. The taller, the worse."));
    if (public_has_days(u)) {
        public_bars(p, u);
        public_bars_key(p);
        put_figures(p, u);
    } else {
        pub_print(p, "<p class=\"quiet\">%t</p>\n", MSG("No data yet."));
    }
    buf_str(p->out, "</div></section>\n");
}

static void put_component_sign(struct pub *p, const struct sight_component *v, const char *title, const char *title_lang)
{
    const char *css = v->waiting ? "pending" : level_looks[v->level].css, *lang, *about = sight_text(&v->c->text, p->lang, &lang);
    pub_print(p, "<section class=\"sign s-%r\" aria-labelledby=\"now\"><div class=\"wrap grid\">\n<div>", css);
    pub_shape(p, css);
    buf_str(p->out, "</div>\n<div><p class=\"up\"><a ");
    pub_link(p, "/");
    pub_print(p, ">%t</a></p>\n<h1 id=\"now\">", MSG("All services"));
    pub_foreign(p, "span", NULL, title, title_lang);
    pub_print(p, "<br>%t</h1>\n<p class=\"calm\">", v->waiting ? MSG("First look") : level_looks[v->level].word);
    if (about)
        pub_foreign(p, "span", NULL, about, lang);
    if (v->level > LEVEL_UNKNOWN && v->since_ms) {
        pub_print(p, " %t ", MSG("Since"));
        pub_moment(p, v->since_ms);
        buf_str(p->out, ". ");
    }
    if (v->because)
        pub_title(p, v->because);
    if (v->c->link && (str_istarts(v->c->link, "https://") || str_istarts(v->c->link, "http://")))
        pub_print(p, " <a href=\"%s\">%t</a>", v->c->link, MSG("Go there"));
    buf_str(p->out, "</p></div>\n</div></section>\n");
}

static void put_ahead(struct pub *p, const struct sight_component *v)
{
    bool any = false;
    for (int i = 0; i < p->s->n_works; i++) {
        if (!bulletin_touches(p->s->works[i], v->c->name))
            continue;
        if (!any)
            pub_print(p, "<section class=\"sec grid\" id=\"plan\"><h2>%t</h2><div>\n", MSG("Planned work"));
        any = true;
        public_plan(p, p->s->works[i], 3);
    }
    if (any)
        buf_str(p->out, "</div></section>\n");
}

static void put_feeds(struct pub *p, const struct conf_component *c)
{
    const char *name = c->name;
    static const struct {
        const char *path, *word;
    } kinds[] = {{"feed.atom", "Atom"}, {"feed.rss", "RSS"}, {"feed.json", "JSON"}, {"calendar.ics", "iCalendar"}};
    pub_print(p, "<section class=\"sec grid\"><h2>%t</h2><div>\n<p class=\"links\">", MSG("Be told"));
    for (size_t i = 0; i < COUNT(kinds); i++)
        pub_print(p, "<a href=\"/component/%u/%r?lang=%r\">%r</a>", name, kinds[i].path, p->lang, kinds[i].word);
    pub_print(p, "<a href=\"/component/%u/badge.svg?lang=%r\">%t</a></p>", name, p->lang, MSG("badge"));
    if (conf_federation_on(p->s->conf)) {
        pub_print(p, "<p>%t ", MSG("From any account of the fediverse, follow"));
        pub_handle(p, c);
        buf_str(p->out, "</p>");
    }
    buf_str(p->out, "</div></section>\n");
}

void public_component(struct pub *p, const struct sight_component *v)
{
    struct buf title = BUF_MAX(4000), feed = BUF_MAX(1000), actor = BUF_MAX(4000);
    const char *lang, *site = sight_site(p->s, p->lang, &lang), *name = sight_title(p->s, v->c->name, p->lang, &lang);
    msg_print(&title, p->lang, MSG("{1}: {2}"), "ss", site, name);
    html_print(&feed, p->lang, "/component/%u", v->c->name);
    html_print(&actor, p->lang, "/ap/component/%u", v->c->name);
    pub_activity(p, &actor);
    p->section = "";
    pub_open(p, buf_text(&title), buf_text(&feed));
    put_component_sign(p, v, name, lang);
    buf_str(p->out, "<div class=\"wrap\">\n");
    put_days(p, v);
    buf_str(p->out, "<div class=\"graphs\" id=\"graphs\" hidden></div>\n"); /* the place of what is measured of it */
    put_ahead(p, v);
    pub_print(p, "<section class=\"sec grid\" id=\"history\"><h2>%t</h2><div>\n", MSG("History"));
    if (public_past_count(p, 0, v->c->name))
        public_past(p, 0, COMPONENT_MOST, v->c->name);
    else
        pub_print(p, "<p class=\"quiet\">%t</p>\n", MSG("Nothing happened."));
    buf_str(p->out, "</div></section>\n");
    put_feeds(p, v->c);
    buf_str(p->out, "</div>\n");
    pub_close(p);
    p->activity = NULL;
    buf_done(&actor);
    buf_done(&title);
    buf_done(&feed);
}

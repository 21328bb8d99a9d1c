/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_frame.c: what the public pages share: head, mast and foot, states, times, texts in two languages. */
#include "base/calendar.h"
#include "base/panic.h"
#include "base/str.h"
#include "web/markdown.h"
#include "web/parts.h"
#include "web/public.h"
#include <string.h>

const struct level_look level_looks[LEVELS] = {
    [LEVEL_OPERATIONAL] = {"ok", MSG("Works")}, [LEVEL_UNKNOWN] = {"unknown", MSG("We cannot see it")}, [LEVEL_PLANNED] = {"maintenance", MSG("Planned work")},
    [LEVEL_DEGRADED] = {"warning", MSG("Slow")}, [LEVEL_PARTIAL] = {"warning", MSG("Partly down")},     [LEVEL_MAJOR] = {"critical", MSG("Down")},
};
static const struct {
    const char *lang, *name;
} languages[] = {{"en", "English"}, {"fr", "Français"}};

/* ---- states ---- */

void pub_shape(struct pub *p, const char *css)
{
    parts_shape(p->out, css);
}

void pub_state(struct pub *p, enum level level)
{
    pub_print(p, "<span class=\"st s-%r\">", level_looks[level].css);
    pub_shape(p, level_looks[level].css);
    pub_print(p, "%t</span>", level_looks[level].word);
}

/* ---- times ---- */

bool pub_is_today(const struct pub *p, int64_t at_ms)
{
    struct civil at, now;
    time_civil(at_ms, p->s->zone, &at);
    time_civil(p->s->now_ms, p->s->zone, &now);
    return at.day == now.day && at.month == now.month && at.year == now.year;
}

void pub_moment_text(const struct pub *p, int64_t at_ms, struct buf *out)
{
    if (!pub_is_today(p, at_ms)) {
        time_date(out, at_ms, p->s->now_ms, p->s->zone, p->lang);
        buf_str(out, ", ");
    }
    time_clock(out, at_ms, p->s->zone, p->lang);
}

void pub_moment(struct pub *p, int64_t at_ms)
{
    char rfc[TIME_RFC3339_BYTES];
    struct buf text = BUF_MAX(100);
    time_rfc3339(at_ms, 0, rfc);
    pub_moment_text(p, at_ms, &text);
    pub_print(p, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&text));
    buf_done(&text);
}

void pub_fact_moment(struct pub *p, const char *before, int64_t at_ms)
{
    char rfc[TIME_RFC3339_BYTES];
    struct buf clock = BUF_MAX(60), date = BUF_MAX(60);
    bool today = pub_is_today(p, at_ms);
    time_rfc3339(at_ms, 0, rfc);
    time_clock(&clock, at_ms, p->s->zone, p->lang);
    time_date(&date, at_ms, p->s->now_ms, p->s->zone, p->lang);
    pub_print(p, "<b%r>%t<time datetime=\"%r\">%s</time></b> ", today ? " class=\"nw\"" : "", before, rfc, today ? buf_text(&clock) : buf_text(&date));
    if (!today)
        pub_print(p, "%s ", buf_text(&clock));
    buf_done(&clock);
    buf_done(&date);
}

void pub_duration(struct pub *p, int64_t ms)
{
    struct buf d = BUF_MAX(60);
    time_duration(&d, ms / 1000 * 1000, p->lang);
    html_text(p->out, buf_text(&d));
    buf_done(&d);
}

void pub_zone(const struct pub *p, int64_t at_ms, char *out, size_t n)
{
    struct civil c;
    time_civil(at_ms, p->s->zone, &c);
    str_copy(out, n, c.zone[0] ? c.zone : "UTC");
}

static const char *weekday(int d)
{
    static const char *const names[] = {MSG("Sunday"), MSG("Monday"), MSG("Tuesday"), MSG("Wednesday"), MSG("Thursday"), MSG("Friday"), MSG("Saturday")};
    return names[d];
}

static void span_end(struct pub *p, int64_t ms, const struct zone *z, bool date, bool day)
{
    struct civil c;
    char rfc[TIME_RFC3339_BYTES];
    struct buf b = BUF_MAX(100);
    time_civil(ms, z, &c);
    time_rfc3339(ms, 0, rfc);
    if (date || day)
        buf_str(&b, msg_tr(p->lang, weekday(c.weekday)));
    if (date) {
        buf_char(&b, ' ');
        time_date(&b, ms, p->s->now_ms, z, p->lang);
    }
    buf_str(&b, date ? ", " : day ? " " : "");
    time_clock(&b, ms, z, p->lang);
    pub_print(p, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&b));
    buf_done(&b);
}

void pub_span(struct pub *p, int64_t from_ms, int64_t to_ms, const struct zone *z)
{
    struct civil a, b;
    time_civil(from_ms, z, &a);
    time_civil(to_ms, z, &b);
    int64_t days = cal_days(b.year, b.month, b.day) - cal_days(a.year, a.month, a.day);
    span_end(p, from_ms, z, true, true);
    pub_print(p, " %t ", MSG("to"));
    span_end(p, to_ms, z, days > 6, days > 0);
}

/* ---- texts ---- */

void pub_foreign(struct pub *p, const char *tag, const char *css, const char *text, const char *lang)
{
    pub_print(p, "<%r%r%r%r%r%s%r>%s</%r>", tag, css ? " class=\"" : "", css ? css : "", css ? "\"" : "", lang ? " lang=\"" : "", lang ? lang : "", lang ? "\"" : "", text, tag);
}

/* Says that a text is not in the reader's language. */
static void put_mark(struct pub *p, const char *lang)
{
    if (!lang || str_eq(lang, p->lang))
        return;
    const char *word = str_eq(lang, "en") ? MSG("in English only") : str_eq(lang, "fr") ? MSG("in French only") : NULL;
    buf_str(p->out, " <small class=\"tongue\">");
    if (word)
        html_tr(p->out, word, p->lang);
    else
        html_text(p->out, lang);
    buf_str(p->out, "</small>");
}

void pub_wording(struct pub *p, const char *tag, const char *css, const struct wording *w)
{
    const char *lang, *text = wording_for(w, p->lang, &lang);
    pub_foreign(p, tag, css, text ? text : "", lang);
    put_mark(p, lang);
}

void pub_markdown(struct pub *p, const struct wording *w, int heading)
{
    const char *lang, *text = wording_for(w, p->lang, &lang);
    if (!text)
        return;
    pub_print(p, "<div class=\"prose said\"%r%s%r>", lang ? " lang=\"" : "", lang ? lang : "", lang ? "\"" : "");
    markdown_html(p->out, text, heading);
    buf_str(p->out, "</div>");
    put_mark(p, lang);
}

const char *pub_title_text(const struct pub *p, const struct bulletin *b)
{
    const char *title = wording_for(&b->title, p->lang, NULL);
    return title ? title : b->key;
}

void pub_path(const struct bulletin *b, char *out, size_t n)
{
    str_print(out, n, "/%s/%s", bulletin_kind_words[b->kind], b->key);
}

void pub_link(struct pub *p, const char *path)
{
    struct str rest = str_of(path), seg;
    bool any = false;
    buf_str(p->out, "href=\"");
    while (str_next(&rest, "/", &seg))
        if (seg.n) {
            char *one = mem_dupn(seg.p, seg.n);
            pub_print(p, "/%u", one);
            mem_free(one);
            any = true;
        }
    pub_print(p, "%r?lang=%r\"", any ? "" : "/", p->lang);
}

void pub_title(struct pub *p, const struct bulletin *b)
{
    char path[64];
    const char *lang, *title = wording_for(&b->title, p->lang, &lang);
    pub_path(b, path, sizeof path);
    buf_str(p->out, "<a ");
    pub_link(p, path);
    pub_print(p, "%r%s%r>%s</a>", lang ? " lang=\"" : "", lang ? lang : "", lang ? "\"" : "", title ? title : b->key);
    put_mark(p, lang);
}

void pub_names(struct pub *p, const struct bulletin *b)
{
    int here = 0;
    for (int i = 0; i < p->s->n; i++)
        here += bulletin_touches(b, p->s->components[i].c->name);
    if (here > 3 && here == p->s->n) {
        html_tr(p->out, MSG("Everything"), p->lang);
        return;
    }
    for (int i = 0; i < b->n_components; i++) {
        const char *lang, *title = sight_title(p->s, b->components[i], p->lang, &lang);
        buf_str(p->out, i ? ", " : "");
        pub_foreign(p, "span", NULL, title, lang);
    }
}

/* ---- the document ---- */

static const char mark[] = "<svg viewBox=\"0 0 24 24\" width=\"24\" height=\"24\" aria-hidden=\"true\"><path d=\"M9.2 10.5h5.6L16.6 24H7.4Z\" fill=\"currentColor\"/><path d=\"M6.6 8.3h10.8v1.6H6.6Z\" fill=\"currentColor\"/>"
                           "<circle cx=\"12\" cy=\"4.6\" r=\"2.5\" fill=\"currentColor\"/><path d=\"M16.3 4 24 .8v7.6l-7.7-3.2Z\" fill=\"currentColor\"/></svg>";

static void put_alternates(struct pub *p, const char *feed)
{
    static const struct {
        const char *type, *path, *title;
    } kinds[] = {{"application/atom+xml", "/feed.atom", "Atom"}, {"application/rss+xml", "/feed.rss", "RSS"}, {"application/feed+json", "/feed.json", "JSON Feed"}, {"text/calendar", "/calendar.ics", "iCalendar"}};
    for (size_t i = 0; feed && i < COUNT(kinds); i++)
        pub_print(p, "<link rel=\"alternate\" type=\"%r\" title=\"%r\" href=\"%s%r?lang=%r\">\n", kinds[i].type, kinds[i].title, feed, kinds[i].path, p->lang);
    if (p->activity)
        pub_print(p, "<link rel=\"alternate\" type=\"application/activity+json\" href=\"%s\">\n", p->activity);
    for (size_t i = 0; i < COUNT(languages); i++)
        pub_print(p, "<link rel=\"alternate\" hreflang=\"%r\" href=\"%s?lang=%r\">\n", languages[i].lang, p->here, languages[i].lang);
}

static void put_head(struct pub *p, const char *title, const char *feed)
{
    pub_print(p, "<!doctype html>\n<html lang=\"%r\"%r%r%r>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n", p->lang,
               p->theme ? " data-theme=\"" : "", p->theme ? p->theme : "", p->theme ? "\"" : "", title);
    pub_print(p, "<link rel=\"icon\" href=\"/static/vigie.svg?%r\">\n<link rel=\"stylesheet\" href=\"/static/vigie.css?%r\">\n", p->assets, p->assets);
    put_alternates(p, feed);
    pub_print(p, "</head>\n<body class=\"pub\">\n%r", parts_shapes);
}

static void put_entry(struct pub *p, const char *path, const char *section, const char *word)
{
    buf_str(p->out, "<li><a ");
    pub_link(p, path);
    pub_print(p, "%r>%t</a></li>", str_eq(p->section, section) ? " aria-current=\"page\"" : "", word);
}

static void put_mast(struct pub *p)
{
    const char *lang, *site = sight_site(p->s, p->lang, &lang);
    pub_print(p, "<a class=\"skip\" href=\"#main\">%t</a>\n<header class=\"mast\"><div class=\"wrap\">\n<a class=\"brand\" ", MSG("Skip to content"));
    pub_link(p, "/");
    pub_print(p, ">%r", mark);
    pub_foreign(p, "span", NULL, site, lang);
    pub_print(p, "</a> <span class=\"quiet\">%t</span>\n<nav aria-label=\"%t\"><ul>", MSG("service status"), MSG("Pages"));
    put_entry(p, "/", "now", MSG("Now"));
    put_entry(p, "/history", "history", MSG("History"));
    pub_print(p, "<li><a href=\"/?lang=%r#subscribe\">%t</a></li></ul></nav>\n<nav aria-label=\"%t\"><ul class=\"lang\">", p->lang, MSG("Be told"), MSG("Language"));
    for (size_t i = 0; i < COUNT(languages); i++)
        pub_print(p, "<li><a lang=\"%r\" hreflang=\"%r\" href=\"%s?lang=%r\"%r>%r</a></li>", languages[i].lang, languages[i].lang, p->here, languages[i].lang,
                   str_eq(languages[i].lang, p->lang) ? " aria-current=\"true\"" : "", languages[i].name);
    buf_str(p->out, "</ul></nav>\n</div></header>\n<main id=\"main\">\n");
}

/* With the site's own address: in a copy elsewhere it still is the one that is followed. */
void pub_activity(struct pub *p, struct buf *path)
{
    const struct conf *c = p->s->conf;
    struct buf whole = BUF_MAX(4000);
    if (!conf_federation_on(c))
        return;
    size_t n = strlen(c->site.url);
    while (n && c->site.url[n - 1] == '/')
        n--;
    buf_add(&whole, c->site.url, n);
    buf_str(&whole, buf_text(path));
    buf_clear(path);
    buf_str(path, buf_text(&whole));
    buf_done(&whole);
    p->activity = path->full ? NULL : buf_text(path);
}

bool pub_handle(struct pub *p, const struct conf_component *component)
{
    char name[CONF_MAX_NAME + 1], host[254];
    const struct conf *c = p->s->conf;
    if (!conf_federation_on(c))
        return false;
    conf_federation_name(c, component, name, sizeof name);
    conf_federation_host(c, host, sizeof host);
    pub_print(p, "<code>@%s@%s</code>", name, host);
    return true;
}

void pub_open(struct pub *p, const char *title, const char *feed)
{
    put_head(p, title, feed);
    put_mast(p);
}

static void put_checked(struct pub *p)
{
    char clock[40], utc[40];
    struct civil c;
    if (!p->s->last_ms)
        return;
    time_civil(p->s->last_ms, p->s->zone, &c);
    str_print(clock, sizeof clock, "%02d:%02d:%02d %s", c.hour, c.minute, c.second, c.zone);
    time_civil(p->s->last_ms, NULL, &c);
    str_print(utc, sizeof utc, "%02d:%02d:%02d UTC", c.hour, c.minute, c.second);
    buf_str(p->out, "<p>");
    if (p->s->zone)
        msg_print(p->out, p->lang, MSG("Last checked at {1} ({2})."), "ss", clock, utc);
    else
        msg_print(p->out, p->lang, MSG("Last checked at {1}."), "s", utc);
    buf_str(p->out, "</p>");
}

void pub_close(struct pub *p)
{
    pub_print(p, "</main>\n<footer class=\"foot\"><div class=\"wrap grid\">\n<p>%r</p>\n<div class=\"prose\">", parts_logo);
    put_checked(p);
    pub_print(p, "<p>%t</p><p>%t <a href=\"/api/v2/summary.json\">JSON</a>, <a href=\"/feed.atom?lang=%r\">Atom</a>, <a href=\"/badge.svg?lang=%r\">%t</a></p></div>\n</div></footer>\n</body>\n</html>\n",
               MSG("If our lookout stops seeing, this page says so at the top."), MSG("For programs:"), p->lang, p->lang, MSG("badge"));
}

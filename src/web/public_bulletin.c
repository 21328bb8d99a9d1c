/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_bulletin.c: the page of one incident or planned work, for ever at the same address: what it is, whom it concerns, all that
 * was said, and the five times that are kept apart (LES-4). */
#include "base/str.h"
#include "web/public.h"

enum { SAME_MS = 60000, COURSE_W = 600, EXPECTED_MOST = 10 };

/* ---- all that was said ---- */

static void put_levels(struct pub *p, const struct update *u)
{
    if (!u->n_levels)
        return;
    buf_str(p->out, "<p class=\"levels\">");
    for (int i = 0; i < u->n_levels; i++) {
        const char *lang, *title = sight_title(p->s, u->levels[i].component, p->lang, &lang);
        buf_str(p->out, "<span>");
        pub_foreign(p, "span", NULL, title, lang);
        buf_char(p->out, ' ');
        pub_state(p, u->levels[i].level);
        buf_str(p->out, "</span> ");
    }
    buf_str(p->out, "</p>");
}

/* A moment beside another: its clock is enough when both are of one day. */
static void put_near(struct pub *p, int64_t at_ms, int64_t other_ms)
{
    struct civil a, b;
    char rfc[TIME_RFC3339_BYTES];
    struct buf clock = BUF_MAX(60);
    time_civil(at_ms, p->s->zone, &a);
    time_civil(other_ms, p->s->zone, &b);
    if (a.year != b.year || a.month != b.month || a.day != b.day) {
        pub_moment(p, at_ms);
        return;
    }
    time_rfc3339(at_ms, 0, rfc);
    time_clock(&clock, at_ms, p->s->zone, p->lang);
    pub_print(p, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&clock));
    buf_done(&clock);
}

/* When it was said; below it when it happened, if that was another moment, and when it was changed. */
static void put_times(struct pub *p, const struct bulletin *b, int i)
{
    const struct update *u = &b->updates[i];
    int64_t apart = u->posted_ms - u->at_ms;
    char rfc[TIME_RFC3339_BYTES];
    struct buf clock = BUF_MAX(60), date = BUF_MAX(60);
    time_rfc3339(u->posted_ms, 0, rfc);
    time_clock(&clock, u->posted_ms, p->s->zone, p->lang);
    time_date(&date, u->posted_ms, p->s->now_ms, p->s->zone, p->lang);
    pub_print(p, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&clock));
    if (!pub_is_today(p, u->posted_ms))
        pub_print(p, " <small>%s</small>", buf_text(&date));
    buf_done(&clock);
    buf_done(&date);
    if (apart >= SAME_MS || apart <= -SAME_MS) {
        pub_print(p, " <small>%t ", i == 0 ? MSG("began") : MSG("happened"));
        put_near(p, u->at_ms, u->posted_ms);
        buf_str(p->out, "</small>");
    }
    if (u->edited_ms) {
        pub_print(p, " <small class=\"edited\">%t ", MSG("changed"));
        put_near(p, u->edited_ms, u->posted_ms);
        buf_str(p->out, "</small>");
    }
}

static void put_update(struct pub *p, const struct bulletin *b, int i, bool anchors, int heading)
{
    const struct update *u = &b->updates[i];
    char path[64];
    pub_path(b, path, sizeof path);
    if (anchors)
        pub_print(p, "<li id=\"update-%l\"><a class=\"when-said\" href=\"#update-%l\">", u->id, u->id);
    else
        pub_print(p, "<li><a class=\"when-said\" href=\"%r?lang=%r#update-%l\">", path, p->lang, u->id);
    put_times(p, b, i);
    pub_print(p, "</a><div><h%d>%t</h%d>", heading, public_phase(b, i), heading);
    pub_markdown(p, &u->text, 0);
    put_levels(p, u);
    buf_str(p->out, "</div></li>\n");
}

void public_timeline(struct pub *p, const struct bulletin *b, int most, bool anchors, int heading)
{
    int last = b->n_updates - most < 0 ? 0 : b->n_updates - most;
    buf_str(p->out, "<ol class=\"line\">\n");
    for (int i = b->n_updates; i-- > last;)
        put_update(p, b, i, anchors, heading);
    buf_str(p->out, "</ol>\n");
    if (last) {
        char path[64];
        pub_path(b, path, sizeof path);
        buf_str(p->out, "<p class=\"links\"><a ");
        pub_link(p, path);
        pub_print(p, ">%t</a></p>\n", MSG("What happened before"));
    }
}

/* ---- planned work ---- */

static void put_when(struct pub *p, const char *term, int64_t from_ms, int64_t to_ms, const struct zone *z)
{
    pub_print(p, "<dt>%s</dt><dd>", term);
    pub_span(p, from_ms, to_ms, z);
    buf_str(p->out, "</dd>");
}

static void put_window(struct pub *p, const struct bulletin *b)
{
    char zone[16];
    pub_zone(p, b->start_ms, zone, sizeof zone);
    buf_str(p->out, "<dl class=\"when\">");
    if (p->s->zone)
        put_when(p, zone, b->start_ms, b->end_ms, p->s->zone);
    put_when(p, "UTC", b->start_ms, b->end_ms, NULL);
    if (b->n_components) {
        pub_print(p, "<dt>%t</dt><dd>", MSG("Concerns"));
        pub_names(p, b);
        buf_str(p->out, "</dd>");
    }
    if (b->moved_from_ms) {
        pub_print(p, "<dt>%t</dt><dd>", MSG("Announced before"));
        pub_moment(p, b->moved_from_ms);
        buf_str(p->out, "</dd>");
    }
    buf_str(p->out, "</dl>");
}

static void put_overrun(struct pub *p, const struct bulletin *b)
{
    struct buf at = BUF_MAX(100);
    if (!sight_overruns(b, p->s->now_ms))
        return;
    int64_t end = b->kind == BULLETIN_WORK ? b->end_ms : b->expected_ms;
    pub_moment_text(p, end, &at);
    buf_str(p->out, "<p class=\"over\"><b>");
    msg_print(p->out, p->lang, MSG("It is taking longer than we said: it should have been over by {1}."), "s", buf_text(&at));
    buf_str(p->out, "</b></p>");
    buf_done(&at);
}

static void put_calendar(struct pub *p, const struct bulletin *b)
{
    char path[64];
    pub_path(b, path, sizeof path);
    pub_print(p, "<p class=\"links\"><a href=\"%r/calendar.ics?lang=%r\">%t</a><a ", path, p->lang, MSG("Add to calendar"));
    pub_link(p, path);
    pub_print(p, ">%t</a></p>", MSG("Permanent link"));
}

void public_plan(struct pub *p, const struct bulletin *b, int heading)
{
    struct civil c;
    struct buf month = BUF_MAX(60);
    static const char *const days[] = {MSG("Sunday"), MSG("Monday"), MSG("Tuesday"), MSG("Wednesday"), MSG("Thursday"), MSG("Friday"), MSG("Saturday")};
    time_civil(b->start_ms, p->s->zone, &c);
    time_date(&month, b->start_ms, p->s->now_ms, p->s->zone, p->lang);
    const char *space = strchr(buf_text(&month), ' ');
    pub_print(p, "<article class=\"plan\"><p class=\"day\"><b>%d</b><span>%t<br>%s</span></p><div><h%d>", c.day, days[c.weekday], space ? space + 1 : "", heading);
    pub_title(p, b);
    pub_print(p, "</h%d>", heading);
    pub_print(p, "<p class=\"phase\"><span class=\"st s-maintenance\">");
    pub_shape(p, "maintenance");
    pub_print(p, "%t</span></p>", phase_title(b->phase));
    put_window(p, b);
    put_overrun(p, b);
    if (b->n_updates)
        pub_markdown(p, &b->updates[b->n_updates - 1].text, 0);
    pub_print(p, "<p class=\"quiet\">%t</p>", public_effect(b->effect));
    put_calendar(p, b);
    buf_str(p->out, "</div></article>\n");
    buf_done(&month);
}

/* ---- the sign of the page ---- */

static const char *css_of(const struct pub *p, const struct bulletin *b)
{
    enum level worst = bulletin_worst(b, p->s->now_ms);
    if (b->retracted || b->phase == PHASE_CANCELLED)
        return "pending";
    if (!bulletin_is_open(b))
        return "ok";
    if (b->kind == BULLETIN_WORK)
        return "maintenance";
    return worst >= LEVEL_DEGRADED ? level_looks[worst].css : b->phase == PHASE_MONITORING ? "ok" : "warning";
}

static void put_fact(struct pub *p, const char *css, const char *term)
{
    pub_print(p, "<div%r%r%r><dt>%t</dt><dd>", css ? " class=\"" : "", css ? css : "", css ? "\"" : "", term);
}

static void put_begun(struct pub *p, const struct bulletin *b)
{
    int64_t from = b->kind == BULLETIN_WORK && !b->started_ms ? b->start_ms : b->started_ms, to = b->ended_ms ? b->ended_ms : p->s->now_ms;
    struct buf d = BUF_MAX(60);
    put_fact(p, NULL, b->kind == BULLETIN_WORK && from > p->s->now_ms ? MSG("Begins") : b->ended_ms ? MSG("Began") : MSG("Since"));
    pub_fact_moment(p, "", from);
    buf_str(p->out, pub_is_today(p, from) ? "" : "<br>");
    if (to > from) {
        time_duration(&d, (to - from) / 1000 * 1000, p->lang);
        msg_print(p->out, p->lang, b->ended_ms ? MSG("lasted {1}") : MSG("for {1}"), "s", buf_text(&d));
    }
    buf_str(p->out, "</dd></div>\n");
    buf_done(&d);
}

static void put_where(struct pub *p, const struct bulletin *b)
{
    struct buf at = BUF_MAX(100);
    put_fact(p, "long", MSG("Where we are"));
    pub_print(p, "<b>%t</b> ", phase_title(b->phase));
    if (sight_overruns(b, p->s->now_ms)) {
        put_overrun(p, b);
    } else if (bulletin_is_open(b) && b->expected_ms) {
        pub_moment_text(p, b->expected_ms, &at);
        msg_print(p->out, p->lang, MSG("We expect that it is over by about {1}."), "s", buf_text(&at));
    } else if (b->kind == BULLETIN_WORK && bulletin_is_open(b)) {
        pub_print(p, "%t", public_effect(b->effect));
    }
    buf_str(p->out, "</dd></div>\n");
    buf_done(&at);
}

static void put_third(struct pub *p, const struct bulletin *b)
{
    char zone[16];
    bool late = b->next_by_ms && b->next_by_ms < p->s->now_ms;
    int64_t at = !bulletin_is_open(b) ? b->ended_ms : b->next_by_ms ? b->next_by_ms : b->kind == BULLETIN_WORK ? b->end_ms : 0;
    if (!at)
        return;
    pub_zone(p, at, zone, sizeof zone);
    put_fact(p, NULL, !bulletin_is_open(b) ? MSG("Ended") : b->next_by_ms ? MSG("Next word from us") : MSG("Should end"));
    pub_fact_moment(p, !bulletin_is_open(b) || !b->next_by_ms ? "" : late ? MSG("overdue: ") : MSG("before "), at);
    pub_print(p, "%s</dd></div>\n", zone);
}

static void put_sign(struct pub *p, const struct bulletin *b)
{
    const char *css = css_of(p, b);
    pub_print(p, "<section class=\"sign s-%r\" aria-labelledby=\"now\"><div class=\"wrap grid\">\n<div>", css);
    pub_shape(p, css);
    buf_str(p->out, "</div>\n<div><p class=\"up\"><a ");
    pub_link(p, "/");
    pub_print(p, ">%t</a></p>\n<h1 id=\"now\">", MSG("All services"));
    pub_wording(p, "span", NULL, &b->title);
    buf_str(p->out, "</h1>\n<dl class=\"facts\">\n");
    put_begun(p, b);
    put_where(p, b);
    put_third(p, b);
    buf_str(p->out, "</dl>\n</div>\n</div></section>\n");
}

/* ---- whom it concerns ---- */

static void put_concerned(struct pub *p, const struct bulletin *b, const char *component)
{
    enum level now = bulletin_level(b, component, p->s->now_ms);
    const char *lang, *title = sight_title(p->s, component, p->lang, &lang);
    bool known = sight_find(p->s, component) != NULL, bad = now >= LEVEL_DEGRADED;
    char path[CONF_MAX_NAME + 20];
    str_print(path, sizeof path, "/component/%s", component);
    pub_print(p, "<li class=\"comp pair%r%r\">", bad ? " bad s-" : "", bad ? level_looks[now].css : "");
    if (known) {
        buf_str(p->out, "<a class=\"name\" ");
        pub_link(p, path);
        pub_print(p, ">%s</a> ", title);
    } else {
        pub_foreign(p, "span", "name", title, lang);
    }
    if (bulletin_is_open(b) && (b->kind == BULLETIN_INCIDENT || b->phase == PHASE_IN_PROGRESS))
        pub_state(p, now);
    buf_str(p->out, "</li>\n");
}

/* The course of the worst of it, from a little before the start to the end or now: the taller, the worse. */
static int course(const struct bulletin *b, int64_t to_ms, struct impact *out, int most)
{
    int n = 0;
    for (int64_t at = b->started_ms; at < to_ms && n < most;) {
        int64_t next = to_ms;
        for (int i = 0; i < b->n_impacts; i++) {
            if (b->impacts[i].from_ms > at && b->impacts[i].from_ms < next)
                next = b->impacts[i].from_ms;
            if (b->impacts[i].to_ms > at && b->impacts[i].to_ms < next)
                next = b->impacts[i].to_ms;
        }
        out[n++] = (struct impact){.level = bulletin_worst(b, at), .from_ms = at, .to_ms = next};
        at = next;
    }
    return n;
}

static void put_course_label(struct pub *p, const struct impact *im, int n)
{
    for (int i = 0; i < n; i++) {
        struct buf at = BUF_MAX(100), said = BUF_MAX(300);
        pub_moment_text(p, im[i].from_ms, &at);
        msg_print(&said, p->lang, MSG("from {1}: {2}"), "ss", buf_text(&at), msg_tr(p->lang, level_looks[im[i].level].word));
        buf_str(p->out, i ? "; " : "");
        html_text(p->out, buf_text(&said));
        buf_done(&at);
        buf_done(&said);
    }
}

static void put_course(struct pub *p, const struct bulletin *b)
{
    static const int heights[LEVELS] = {[LEVEL_OPERATIONAL] = 8, [LEVEL_UNKNOWN] = 13, [LEVEL_PLANNED] = 13, [LEVEL_DEGRADED] = 22, [LEVEL_PARTIAL] = 31, [LEVEL_MAJOR] = 40};
    struct impact im[EXPECTED_MOST];
    int64_t to = b->ended_ms ? b->ended_ms : p->s->now_ms;
    int n = b->started_ms && to > b->started_ms ? course(b, to, im, EXPECTED_MOST) : 0, said_x = -100;
    if (n < 2)
        return;
    pub_print(p, "<figure class=\"course\"><svg viewBox=\"0 0 600 78\" role=\"img\" aria-label=\"");
    put_course_label(p, im, n);
    buf_str(p->out, "\"><path class=\"gr\" d=\"M0 56.5H600\"/>");
    for (int i = 0; i < n; i++) {
        int x = (int)((im[i].from_ms - b->started_ms) * COURSE_W / (to - b->started_ms)), end = (int)((im[i].to_ms - b->started_ms) * COURSE_W / (to - b->started_ms));
        int h = heights[im[i].level], w = end - x - 2 > 1 ? end - x - 2 : 1;
        pub_print(p, "<rect class=\"s-%r%r\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", level_looks[im[i].level].css, im[i].level == LEVEL_OPERATIONAL ? " quiet-day" : "", x, 56 - h, w, h);
        if (x - said_x < 70 || x > COURSE_W - 60)
            continue;
        struct buf at = BUF_MAX(60);
        time_clock(&at, im[i].from_ms, p->s->zone, p->lang);
        pub_print(p, "<text class=\"ax\" x=\"%d\" y=\"72\">%s</text>", x, buf_text(&at));
        buf_done(&at);
        said_x = x;
    }
    buf_str(p->out, "</svg></figure>\n");
}

static void put_who(struct pub *p, const struct bulletin *b)
{
    if (!b->n_components)
        return;
    pub_print(p, "<section class=\"sec grid\"><h2>%t</h2><div>\n<ul>\n", MSG("What is concerned"));
    for (int i = 0; i < b->n_components; i++)
        put_concerned(p, b, b->components[i]);
    buf_str(p->out, "</ul>\n");
    if (b->kind == BULLETIN_INCIDENT)
        put_course(p, b);
    buf_str(p->out, "</div></section>\n");
}

/* ---- afterwards ---- */

static void put_report(struct pub *p, const struct bulletin *b)
{
    if (!b->report_public || !b->report.n)
        return;
    pub_print(p, "<section class=\"sec grid\" id=\"report\"><h2>%t <small>", MSG("What went wrong"));
    pub_moment(p, b->report_ms);
    buf_str(p->out, "</small></h2><div>\n");
    pub_markdown(p, &b->report, 3);
    buf_str(p->out, "</div></section>\n");
}

static void put_moment_row(struct pub *p, const char *term, int64_t at_ms)
{
    char utc[TIME_RFC3339_BYTES];
    if (!at_ms)
        return;
    time_rfc3339(at_ms, 0, utc);
    pub_print(p, "<dt>%t</dt><dd>", term);
    pub_moment(p, at_ms);
    pub_print(p, " <span class=\"quiet nw\">%s</span></dd>", utc);
}

static void put_all_times(struct pub *p, const struct bulletin *b)
{
    char zone[16];
    pub_zone(p, p->s->now_ms, zone, sizeof zone);
    pub_print(p, "<section class=\"sec grid\" id=\"times\"><h2>%t <small>%s, UTC</small></h2><div>\n<dl class=\"when\">", MSG("When"), zone);
    put_moment_row(p, MSG("It started"), b->started_ms);
    put_moment_row(p, MSG("We noticed"), b->noticed_ms);
    put_moment_row(p, MSG("We first wrote"), b->posted_ms);
    put_moment_row(p, MSG("We last changed this page"), b->changed_ms);
    put_moment_row(p, MSG("It ended"), b->ended_ms);
    buf_str(p->out, "</dl>\n<p class=\"links\"><a ");
    char path[64];
    pub_path(b, path, sizeof path);
    pub_print(p, "href=\"%r\">%t</a><a href=\"%r/feed.atom?lang=%r\">%t</a></p></div></section>\n", path, MSG("Permanent link"), path, p->lang, MSG("Feed"));
}

static void put_withdrawn(struct pub *p)
{
    pub_print(p, "<section class=\"sign s-pending\" aria-labelledby=\"now\"><div class=\"wrap grid\">\n<div></div>\n<div><h1 id=\"now\">%t</h1>\n<p class=\"calm\">%t <a ", MSG("This was withdrawn."), MSG("It was published by mistake."));
    pub_link(p, "/");
    pub_print(p, ">%t</a></p></div></div></section>\n", MSG("All services"));
}

void public_bulletin(struct pub *p, const struct bulletin *b)
{
    struct buf title = BUF_MAX(4000), note = BUF_MAX(4000);
    const char *lang;
    buf_printf(&note, "/ap/page/note/%s", b->key);
    pub_activity(p, &note);
    msg_print(&title, p->lang, MSG("{1}: {2}"), "ss", sight_site(p->s, p->lang, &lang), b->retracted ? msg_tr(p->lang, MSG("This was withdrawn.")) : pub_title_text(p, b));
    p->section = "";
    pub_open(p, buf_text(&title), "");
    p->activity = NULL;
    buf_done(&title);
    buf_done(&note);
    if (b->retracted) {
        put_withdrawn(p);
        pub_close(p);
        return;
    }
    put_sign(p, b);
    buf_str(p->out, "<div class=\"wrap\">\n");
    if (b->kind == BULLETIN_WORK) {
        pub_print(p, "<section class=\"sec grid\"><h2>%t</h2><div>\n", MSG("The plan"));
        put_window(p, b);
        pub_print(p, "<p class=\"prose\">%t</p>", public_effect(b->effect));
        put_calendar(p, b);
        buf_str(p->out, "</div></section>\n");
    }
    put_who(p, b);
    pub_print(p, "<section class=\"sec grid\" id=\"updates\"><h2>%t <small>%t</small></h2><div>\n", MSG("What happened"), MSG("Newest first."));
    public_timeline(p, b, BULLETIN_MAX_UPDATES, true, 3);
    buf_str(p->out, "</div></section>\n");
    put_report(p, b);
    put_all_times(p, b);
    buf_str(p->out, "</div>\n");
    pub_close(p);
}

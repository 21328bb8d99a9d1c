/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_now.c: the page for everybody: whether the services work, as one sentence and a list; what is open, what is planned, how to
 * be told, and what was. */
#include "base/str.h"
#include "web/markdown.h"
#include "web/public.h"
#include <string.h>

enum { BARS_MOST = 400, COMPACT_FROM = 60, PAST_MOST = 10, UPDATES_MOST = 5, WORKS_MOST = 20, EXCERPT_BYTES = 260 };
#define PAST_MS (INT64_C(14) * 86400 * 1000)

/* ---- the sign ---- */

static bool is_calm(const struct sight *s)
{
    return s->waiting || s->worst == LEVEL_OPERATIONAL;
}

static const char *sign_css(const struct sight *s)
{
    return s->waiting || (!s->n && !s->n_incidents) ? "pending" : level_looks[s->worst].css;
}

/* Where nobody has said anything yet. */
static const char *known(enum level worst)
{
    static const char *const texts[LEVELS] = {
        [LEVEL_DEGRADED] = MSG("It answers, but not as it should."), [LEVEL_PARTIAL] = MSG("It answers, but not as it should."),
        [LEVEL_MAJOR] = MSG("Our checks get no good answer. They go on all the time."), [LEVEL_PLANNED] = MSG("This was planned."),
        [LEVEL_UNKNOWN] = MSG("Our lookout has no fresh news. The services may well be working."),
    };
    return texts[worst];
}

static void put_since(struct pub *p)
{
    const struct sight *s = p->s;
    struct buf d = BUF_MAX(60);
    if (!s->since_ms || s->worst <= LEVEL_UNKNOWN)
        return;
    time_duration(&d, (s->now_ms - s->since_ms) / 1000 * 1000, p->lang);
    pub_print(p, "<div><dt>%t</dt><dd>", MSG("Since"));
    pub_fact_moment(p, "", s->since_ms);
    buf_str(p->out, pub_is_today(p, s->since_ms) ? "" : "<br>");
    msg_print(p->out, p->lang, MSG("for {1}"), "s", buf_text(&d));
    buf_str(p->out, "</dd></div>\n");
    buf_done(&d);
}

static int64_t planned_until(const struct sight *s)
{
    int64_t until = 0;
    for (int i = 0; i < s->n; i++)
        if (s->components[i].level == LEVEL_PLANNED && s->components[i].until_ms > until)
            until = s->components[i].until_ms;
    return until;
}

static void put_done_by(struct pub *p)
{
    int64_t until = planned_until(p->s);
    if (p->s->worst != LEVEL_PLANNED || !until)
        return;
    pub_print(p, " %t ", until > p->s->now_ms ? MSG("It should be done by") : MSG("It is taking longer than we said; it should have been done by"));
    pub_moment(p, until);
    buf_str(p->out, ".");
}

/* The newest update of the incident that counts most, in short; else what is known. */
static void put_doing(struct pub *p)
{
    const struct bulletin *b = p->s->main;
    const char *lang = NULL, *text = b && b->n_updates ? wording_for(&b->updates[b->n_updates - 1].text, p->lang, &lang) : NULL;
    pub_print(p, "<div class=\"long\"><dt>%t</dt><dd>", b ? MSG("What we are doing") : MSG("What is known"));
    if (b && text) {
        struct buf in_short = BUF_MAX(2 * EXCERPT_BYTES);
        markdown_excerpt(&in_short, text, EXCERPT_BYTES);
        pub_foreign(p, "span", NULL, buf_text(&in_short), lang);
        buf_done(&in_short);
    } else if (b && b->n_updates) {
        pub_print(p, "%t.", public_phase(b, b->n_updates - 1));
    } else {
        pub_print(p, "%t", known(p->s->worst));
    }
    put_done_by(p);
    buf_str(p->out, "</dd></div>\n");
}

static void put_next(struct pub *p)
{
    const struct bulletin *b = p->s->main;
    int64_t at = b && b->next_by_ms ? b->next_by_ms : p->s->last_ms;
    bool promise = b && b->next_by_ms, late = promise && at < p->s->now_ms;
    char zone[16];
    if (!at || (b && !promise))
        return;
    pub_zone(p, at, zone, sizeof zone);
    pub_print(p, "<div><dt>%t</dt><dd>", promise ? MSG("Next word from us") : MSG("Last checked"));
    pub_fact_moment(p, late ? MSG("overdue: ") : promise ? MSG("before ") : "", at);
    pub_print(p, "%s</dd></div>\n", zone);
}

/* A quiet day needs no figures in large type: two short sentences. */
static void put_calm(struct pub *p)
{
    const struct sight *s = p->s;
    struct buf b = BUF_MAX(200);
    if (!s->n || s->waiting) {
        pub_print(p, "<p class=\"calm\">%t</p>\n", s->n ? MSG("The answer is here in a moment: load the page again.") : MSG("Once services are named in the configuration, this page says whether they work."));
        if (!s->n)
            pub_print(p, "<p class=\"calm\">%t <a href=\"/console\">%t</a></p>\n", MSG("If you look after this site:"), MSG("to the console"));
        return;
    }
    buf_str(p->out, "<p class=\"calm\">");
    if (s->last_ms) {
        pub_moment_text(p, s->last_ms, &b);
        msg_print(p->out, p->lang, MSG("Checked at {1}."), "s", buf_text(&b));
    }
    if (s->since_ms && !s->n_incidents) {
        buf_clear(&b);
        buf_char(p->out, ' ');
        pub_moment_text(p, s->since_ms, &b);
        msg_print(p->out, p->lang, MSG("No disturbance since {1}."), "s", buf_text(&b));
    }
    buf_str(p->out, "</p>\n");
    buf_done(&b);
}

static void put_sign(struct pub *p, const struct buf *first, const struct buf *second)
{
    const char *css = sign_css(p->s);
    pub_print(p, "<section class=\"sign s-%r\" aria-labelledby=\"now\"><div class=\"wrap grid\">\n<div>", css);
    pub_shape(p, css);
    pub_print(p, "</div>\n<div><h1 id=\"now\">%s", buf_text(first));
    if (second->len)
        pub_print(p, "<br>%s", buf_text(second));
    buf_str(p->out, "</h1>\n");
    if (is_calm(p->s) && !(p->s->n_incidents && !p->s->waiting)) {
        put_calm(p);
    } else {
        buf_str(p->out, "<dl class=\"facts\">\n");
        put_since(p);
        put_doing(p);
        put_next(p);
        buf_str(p->out, "</dl>\n");
    }
    buf_str(p->out, "</div>\n</div></section>\n");
}

/* ---- the services ---- */

static void put_more(struct pub *p, const struct sight_component *v)
{
    const struct bulletin *b = v->because;
    if (v->level == LEVEL_OPERATIONAL || v->level == LEVEL_UNKNOWN || !v->since_ms)
        return;
    pub_print(p, "<p class=\"more\">%t ", MSG("Since"));
    pub_moment(p, v->since_ms);
    buf_str(p->out, ". ");
    if (b)
        pub_title(p, b);
    buf_str(p->out, "</p>");
}

static void put_about(struct pub *p, const struct conf_component *c)
{
    const char *lang, *about = sight_text(&c->text, p->lang, &lang);
    bool web = c->link && (str_istarts(c->link, "https://") || str_istarts(c->link, "http://"));
    if (!about && !web)
        return;
    buf_str(p->out, "<span class=\"about quiet\"");
    pub_print(p, "%r%s%r>%s", lang && about ? " lang=\"" : "", lang && about ? lang : "", lang && about ? "\"" : "", about ? about : "");
    if (web)
        pub_print(p, "%r<a href=\"%s\">%t</a>", about ? " " : "", c->link, MSG("Go there"));
    buf_str(p->out, "</span>");
}

static void put_component(struct pub *p, int i, bool bars)
{
    const struct sight_component *v = &p->s->components[i];
    const struct uptime *days = p->days ? p->days[i] : NULL;
    bool bad = v->level >= LEVEL_DEGRADED;
    char path[CONF_MAX_NAME + 20];
    const char *lang, *title = sight_title(p->s, v->c->name, p->lang, &lang), *css = v->waiting ? "pending" : level_looks[v->level].css;
    pub_print(p, "<li class=\"comp%r%r\"><a class=\"name\" ", bad ? " bad s-" : "", bad ? css : "");
    str_print(path, sizeof path, "/component/%s", v->c->name);
    pub_link(p, path);
    pub_print(p, "%r%s%r>%s</a> ", lang ? " lang=\"" : "", lang ? lang : "", lang ? "\"" : "", title);
    if (v->waiting) {
        buf_str(p->out, "<span class=\"st s-pending\">");
        pub_shape(p, "pending");
        pub_print(p, "%t</span>", MSG("First look"));
    } else {
        pub_state(p, v->level);
    }
    buf_char(p->out, ' ');
    if (bars && public_has_days(days))
        public_bars(p, days);
    put_about(p, v->c);
    put_more(p, v);
    buf_str(p->out, "</li>\n");
}

/* The part of a group's name that follows a prefix, up to the next "/": a group right below it. */
static bool below(const struct conf_component *c, const char *prefix, char *out, size_t n)
{
    size_t len = strlen(prefix);
    if (!c->group || (len && (!sight_in_group(c, prefix) || !c->group[len])))
        return false;
    const char *from = c->group + len + (len ? 1 : 0);
    return str_copyn(out, n, c->group, (size_t)(from - c->group) + strcspn(from, "/"));
}

/* Does the i-th component open that group? */
static bool opens(const struct sight *s, int i, const char *group)
{
    for (int k = 0; k < i; k++)
        if (sight_in_group(s->components[k].c, group))
            return false;
    return true;
}

static void put_group(struct pub *p, const char *prefix, int depth, bool bars);

static void put_subgroups(struct pub *p, const char *prefix, int depth, bool bars)
{
    char name[CONF_MAX_NAME + 1], heading[4];
    for (int i = 0; i < p->s->n; i++) {
        const char *lang, *title;
        if (!below(p->s->components[i].c, prefix, name, sizeof name) || !opens(p->s, i, name))
            continue;
        title = sight_group_title(p->s, name, p->lang, &lang);
        str_print(heading, sizeof heading, "h%d", depth + 3 > 6 ? 6 : depth + 3);
        buf_str(p->out, "<div class=\"group\">");
        pub_foreign(p, heading, NULL, title, lang);
        put_group(p, name, depth + 1, bars);
        buf_str(p->out, "</div>\n");
    }
}

static void put_group(struct pub *p, const char *prefix, int depth, bool bars)
{
    bool any = false;
    for (int i = 0; i < p->s->n; i++) {
        if (!str_eq(p->s->components[i].c->group ? p->s->components[i].c->group : "", prefix))
            continue;
        if (!any)
            buf_str(p->out, depth ? "<ul>\n" : "<div class=\"group\"><ul>\n");
        any = true;
        put_component(p, i, bars);
    }
    if (any)
        buf_str(p->out, depth ? "</ul>" : "</ul></div>\n");
    if (depth < 5)
        put_subgroups(p, prefix, depth, bars);
}

static void put_services(struct pub *p)
{
    bool bars = false;
    p->compact = p->s->n >= COMPACT_FROM;
    for (int i = 0; p->days && i < p->s->n && p->s->n <= BARS_MOST; i++)
        bars |= public_has_days(p->days[i]);
    pub_print(p, "<section class=\"sec grid\" id=\"services\"><h2>%t", MSG("Services"));
    if (bars)
        pub_print(p, " <small>%t</small>", MSG("Each mark is one day, the last 90. The taller, the worse."));
    pub_print(p, "</h2><div class=\"%r\">\n", bars ? "with-days" : "");
    put_group(p, "", 0, bars);
    if (bars)
        public_bars_key(p);
    buf_str(p->out, "</div></section>\n");
}

/* ---- is it just me? ---- */

static void put_not_you(struct pub *p, const struct sight_component *v)
{
    struct buf name = BUF_MAX(1000), text = BUF_MAX(3000), at = BUF_MAX(100);
    const char *lang;
    buf_str(&name, sight_title(p->s, v->c->name, p->lang, &lang));
    pub_moment_text(p, v->since_ms, &at);
    msg_print(&text, p->lang, MSG("I cannot use this: {1}."), "s", buf_text(&name));
    pub_print(p, "<dt>%s</dt>", buf_text(&text));
    buf_clear(&text);
    msg_print(&text, p->lang, v->level == LEVEL_PLANNED ? MSG("No, it is not just you. It is being worked on since {1}.") : v->level == LEVEL_MAJOR ? MSG("No, it is not just you. It is down since {1}.") : MSG("No, it is not just you. It does not work well since {1}."), "s", buf_text(&at));
    pub_print(p, "<dd>%s</dd>\n", buf_text(&text));
    buf_done(&name);
    buf_done(&text);
    buf_done(&at);
}

static void put_answers(struct pub *p)
{
    if (!p->s->n || p->s->waiting)
        return;
    pub_print(p, "<section class=\"sec grid\" id=\"answers\"><h2>%t <small>%t</small></h2><dl class=\"me\">\n", MSG("Is it just me?"), MSG("What you see, and what it means right now."));
    for (int i = 0, n = 0; i < p->s->n && n < 3; i++)
        if (p->s->components[i].level >= LEVEL_PLANNED && p->s->components[i].since_ms) {
            put_not_you(p, &p->s->components[i]);
            n++;
        }
    pub_print(p, "<dt>%t</dt><dd>%t</dd>\n", p->s->worst == LEVEL_OPERATIONAL ? MSG("Something does not work for me.") : MSG("Something else does not work for me."),
              MSG("As far as we see it works. Wait 15 seconds and load it again. If it works from a telephone without Wi-Fi, it is rather your connection."));
    buf_str(p->out, "</dl></section>\n");
}

/* ---- what is open, what is planned ---- */

static void put_incident(struct pub *p, const struct bulletin *b)
{
    buf_str(p->out, "<article class=\"open\"><h3 class=\"ttl\">");
    pub_title(p, b);
    buf_str(p->out, "</h3>\n<p class=\"links\">");
    pub_state(p, bulletin_worst(b, p->s->now_ms));
    buf_str(p->out, " <span class=\"quiet\">");
    pub_names(p, b);
    buf_str(p->out, "</span></p>\n");
    public_timeline(p, b, UPDATES_MOST, false, 4);
    buf_str(p->out, "</article>\n");
}

static void put_incidents(struct pub *p)
{
    struct buf said = BUF_MAX(300);
    if (!p->s->n_incidents)
        return;
    msg_print(&said, p->lang, MSG("{1} {1|disturbance is|disturbances are} open."), "i", (int64_t)p->s->n_incidents);
    pub_print(p, "<section class=\"sec grid\" id=\"incidents\"><h2>%t <small>%s</small></h2><div>\n", MSG("Right now"), buf_text(&said));
    for (int i = 0; i < p->s->n_incidents && i < SIGHT_MAX_AHEAD; i++)
        put_incident(p, p->s->incidents[i]);
    buf_str(p->out, "</div></section>\n");
    buf_done(&said);
}

static void put_works(struct pub *p)
{
    if (!p->s->n_works)
        return;
    pub_print(p, "<section class=\"sec grid\" id=\"plan\"><h2>%t</h2><div>\n", MSG("Planned work"));
    for (int i = 0; i < p->s->n_works && i < WORKS_MOST; i++)
        public_plan(p, p->s->works[i], 3);
    buf_str(p->out, "</div></section>\n");
}

/* ---- ways to be told ---- */

static void put_ways(struct pub *p)
{
    pub_print(p, "<section class=\"sec grid\" id=\"subscribe\"><h2>%t <small>%t</small></h2><div class=\"ways\">\n", MSG("Be told"), MSG("By whichever way you like. No account."));
    pub_print(p, "<div><h3>%t</h3><p><a href=\"/subscribe?lang=%r\">%t</a></p></div>\n", MSG("Mail"), p->lang, MSG("Of all services, or of those that you choose"));
    pub_print(p, "<div><h3>%t</h3><p>%t <a href=\"/feed.atom?lang=%r\">Atom</a>, <a href=\"/feed.rss?lang=%r\">RSS</a>, <a href=\"/feed.json?lang=%r\">JSON</a></p></div>\n", MSG("Feed"), MSG("For a feed reader:"), p->lang, p->lang, p->lang);
    pub_print(p, "<div><h3>%t</h3><p>%t <a href=\"/calendar.ics?lang=%r\">calendar.ics</a></p></div>\n", MSG("Calendar"), MSG("Planned work in your agenda:"), p->lang);
    if (conf_federation_on(p->s->conf)) {
        pub_print(p, "<div><h3>Mastodon</h3><p>%t ", MSG("From any account of the fediverse, follow"));
        pub_handle(p, NULL);
        buf_str(p->out, "</p></div>\n");
    }
    pub_print(p, "<div><h3>%t</h3><p>%t</p></div>\n", MSG("One service"), MSG("Each service has a page with feeds of its own: choose its name above."));
    buf_str(p->out, "</div></section>\n");
}

static void put_before(struct pub *p)
{
    int64_t since = p->s->now_ms - PAST_MS;
    pub_print(p, "<section class=\"sec grid\" id=\"history\"><h2>%t <small>%t</small></h2><div>\n", MSG("Before that"), MSG("The last two weeks."));
    if (public_past_count(p, since, NULL))
        public_past(p, since, PAST_MOST, NULL);
    else
        pub_print(p, "<p class=\"quiet\">%t</p>\n", MSG("Nothing happened."));
    buf_str(p->out, "<p class=\"links\"><a ");
    pub_link(p, "/history");
    pub_print(p, ">%t</a></p></div></section>\n", MSG("The whole history"));
}

void public_now(struct pub *p)
{
    struct buf first = BUF_MAX(2000), second = BUF_MAX(2000), title = BUF_MAX(4000), actor = BUF_MAX(4000);
    const char *lang;
    public_say(p->s, p->lang, &first, &second);
    msg_print(&title, p->lang, MSG("{1}: {2}"), "ss", sight_site(p->s, p->lang, &lang), buf_text(&first));
    p->section = "now";
    buf_str(&actor, "/ap/page");
    pub_activity(p, &actor);
    pub_open(p, buf_text(&title), "");
    put_sign(p, &first, &second);
    buf_str(p->out, "<div class=\"wrap\">\n");
    if (p->s->n)
        put_services(p);
    put_answers(p);
    put_incidents(p);
    put_works(p);
    put_ways(p);
    put_before(p);
    buf_str(p->out, "</div>\n");
    pub_close(p);
    p->activity = NULL;
    buf_done(&actor);
    buf_done(&first);
    buf_done(&second);
    buf_done(&title);
}

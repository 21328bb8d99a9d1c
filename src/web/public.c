/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public.c: the page for everybody: whether the services work, as one sentence and a list.  Written in every language
 * whenever something changes and every few seconds, then served by the HTTP threads without asking again.  It names
 * services only, never hosts or checks; it needs no script and sets no cookie. */
#include "web/public.h"
#include "base/str.h"
#include "base/timetext.h"
#include "web/parts.h"
#include <string.h>

enum { PUBLIC_MAX_BYTES = 60 << 10, LATE_ROUNDS = 3, LATE_SLACK_MS = 60000 };

static const char *const state_css[] = {
    [COMPONENT_UP] = "ok", [COMPONENT_DEGRADED] = "warning", [COMPONENT_DOWN] = "critical", [COMPONENT_PLANNED] = "maintenance", [COMPONENT_UNKNOWN] = "unknown",
};

/* ---- seeing ---- */

static struct item *find_item(const struct model *m, const char *id)
{
    char host[CONF_MAX_NAME + 1];
    const char *slash = strchr(id, '/');
    struct host *h = model_find_host(m, id);
    if (h || !slash)
        return h ? &h->self : NULL;
    str_copyn(host, sizeof host, id, (size_t)(slash - id));
    return model_find(m, host, slash + 1);
}

/* Seen longer ago than three rounds: what we know may no longer be so. */
static bool is_late(const struct item *it, int64_t now_ms)
{
    if (it->stale)
        return true;
    if (!it->conf || !it->last_check_ms || it->conf->freshness_ms || it->conf->every_ms <= 0)
        return false;
    return now_ms - it->last_check_ms > LATE_ROUNDS * (it->conf->every_ms + it->conf->timeout_ms) + LATE_SLACK_MS;
}

/* When the work that covers an item should be done; 0: there is none. */
static int64_t work_until(const struct model *m, const struct item *it)
{
    int64_t until = 0;
    for (size_t i = 0; it->downtime_depth && i < model_downtimes(m); i++) {
        const struct downtime *d = model_downtime_at(m, i);
        if (d->active && d->host == it->host && (!d->item || d->item == it) && d->until_ms > until)
            until = d->until_ms;
    }
    return until;
}

static void see_service(struct sight *s, const struct model *m, struct service *v)
{
    int seen = 0, late = 0;
    v->state = model_component(m, v->c, &v->since_ms);
    for (int i = 0; i < v->c->depends.n; i++) {
        const struct item *it = find_item(m, v->c->depends.at[i]);
        if (!it || !it->enabled)
            continue;
        seen += it->st.hard_state != STATE_PENDING;
        late += is_late(it, s->now_ms);
        s->last_ms = it->last_check_ms > s->last_ms ? it->last_check_ms : s->last_ms;
        int64_t until = work_until(m, it);
        v->until_ms = until > v->until_ms ? until : v->until_ms;
    }
    v->waiting = !seen && v->c->depends.n;
    if (late && (v->state == COMPONENT_UP || late == seen))
        v->state = COMPONENT_UNKNOWN;
}

static void see(struct sight *s, const struct web *w, struct arena *a)
{
    static const enum component_state worst_first[] = {COMPONENT_DOWN, COMPONENT_DEGRADED, COMPONENT_PLANNED, COMPONENT_UNKNOWN};
    int waiting = 0;
    *s = (struct sight){.conf = model_conf(w->h->model), .zone = w->h->zone, .now_ms = house_now().wall_ms, .worst = COMPONENT_UP};
    s->n = s->conf ? s->conf->n_components : 0;
    s->services = ARENA_ARRAY(a, struct service, (size_t)s->n + 1);
    for (int i = 0; i < s->n; i++) {
        s->services[i].c = s->conf->components[i];
        see_service(s, w->h->model, &s->services[i]);
        s->by_state[s->services[i].state]++;
        waiting += s->services[i].waiting;
    }
    s->waiting = waiting == s->n;
    for (size_t i = COUNT(worst_first); i-- > 0;)
        s->worst = s->by_state[worst_first[i]] ? worst_first[i] : s->worst;
    for (int i = 0; i < s->n; i++) {
        const struct service *v = &s->services[i];
        bool takes = s->worst == COMPONENT_UP ? v->since_ms > s->since_ms : !s->since_ms || v->since_ms < s->since_ms;
        if (v->state == s->worst && v->since_ms && takes)
            s->since_ms = v->since_ms;
    }
}

/* ---- times ---- */

/* "21:40", or "30 August, 21:40" when that was another day. */
static void moment_text(const struct sight *s, int64_t at_ms, const char *lang, struct buf *out)
{
    struct civil at, now;
    time_civil(at_ms, s->zone, &at);
    time_civil(s->now_ms, s->zone, &now);
    if (at.day != now.day || at.month != now.month || at.year != now.year) {
        time_date(out, at_ms, s->now_ms, s->zone, lang);
        buf_str(out, ", ");
    }
    time_clock(out, at_ms, s->zone, lang);
}

static void put_moment(struct page *p, const struct sight *s, int64_t at_ms)
{
    char rfc[TIME_RFC3339_BYTES];
    struct buf text = BUF_MAX(100);
    time_rfc3339(at_ms, 0, rfc);
    moment_text(s, at_ms, p->lang, &text);
    html_print(&p->html, p->lang, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&text));
    buf_done(&text);
}

static void zone_name(const struct sight *s, int64_t at_ms, char *out, size_t n)
{
    struct civil c;
    time_civil(at_ms, s->zone, &c);
    str_copy(out, n, c.zone[0] ? c.zone : "UTC");
}

/* ---- the sign ---- */

static const char *sign_css(const struct sight *s)
{
    return !s->n || s->waiting ? "pending" : state_css[s->worst];
}

static const char *known(enum component_state worst)
{
    static const char *const texts[] = {
        [COMPONENT_UP] = NULL,
        [COMPONENT_DEGRADED] = MSG("It answers, but not as it should."),
        [COMPONENT_DOWN] = MSG("Our checks get no good answer. They go on all the time."),
        [COMPONENT_PLANNED] = MSG("This was planned."),
        [COMPONENT_UNKNOWN] = MSG("Our lookout has no fresh news. The services may well be working."),
    };
    return texts[worst];
}

static void put_since(struct page *p, const struct sight *s)
{
    struct buf d = BUF_MAX(60);
    if (!s->since_ms || s->worst == COMPONENT_UNKNOWN)
        return;
    time_duration(&d, (s->now_ms - s->since_ms) / 1000 * 1000, p->lang);
    html_print(&p->html, p->lang, "<div><dt>%t</dt><dd><b>", MSG("Since"));
    put_moment(p, s, s->since_ms);
    buf_str(&p->html, "</b> ");
    msg_print(&p->html, p->lang, MSG("for {1}"), "s", buf_text(&d));
    buf_str(&p->html, "</dd></div>\n");
    buf_done(&d);
}

static int64_t planned_until(const struct sight *s)
{
    int64_t until = 0;
    for (int i = 0; i < s->n; i++)
        if (s->services[i].state == COMPONENT_PLANNED && s->services[i].until_ms > until)
            until = s->services[i].until_ms;
    return until;
}

static void put_facts(struct page *p, const struct sight *s)
{
    char zone[16];
    int64_t until = planned_until(s);
    html_print(&p->html, p->lang, "<dl class=\"facts\">\n");
    put_since(p, s);
    html_print(&p->html, p->lang, "<div class=\"long\"><dt>%t</dt><dd>%t", MSG("What is known"), known(s->worst));
    if (s->worst == COMPONENT_PLANNED && until > s->now_ms) {
        html_print(&p->html, p->lang, " %t ", MSG("It should be done by"));
        put_moment(p, s, until);
        buf_str(&p->html, ".");
    }
    buf_str(&p->html, "</dd></div>\n");
    if (s->last_ms) {
        zone_name(s, s->last_ms, zone, sizeof zone);
        html_print(&p->html, p->lang, "<div><dt>%t</dt><dd><b class=\"nw\">", MSG("Last checked"));
        put_moment(p, s, s->last_ms);
        html_print(&p->html, p->lang, "</b> %s</dd></div>\n", zone);
    }
    buf_str(&p->html, "</dl>\n");
}

/* A quiet day needs no figures in large type: two short sentences. */
static void put_calm(struct page *p, const struct sight *s)
{
    struct buf b = BUF_MAX(200);
    if (!s->n || s->waiting) {
        html_print(&p->html, p->lang, "<p class=\"calm\">%t</p>\n", s->n ? MSG("The answer is here in a moment: load the page again.") : MSG("Once services are named in the configuration, this page says whether they work."));
        if (!s->n)
            html_print(&p->html, p->lang, "<p class=\"calm\">%t <a href=\"/console\">%t</a></p>\n", MSG("If you look after this site:"), MSG("to the console"));
        return;
    }
    buf_str(&p->html, "<p class=\"calm\">");
    moment_text(s, s->last_ms, p->lang, &b);
    msg_print(&p->html, p->lang, MSG("Checked at {1}."), "s", buf_text(&b));
    if (s->since_ms) {
        buf_clear(&b);
        buf_char(&p->html, ' ');
        moment_text(s, s->since_ms, p->lang, &b);
        msg_print(&p->html, p->lang, MSG("No disturbance since {1}."), "s", buf_text(&b));
    }
    buf_str(&p->html, "</p>\n");
    buf_done(&b);
}

static void put_sign(struct page *p, const struct sight *s, const struct buf *first, const struct buf *second)
{
    const char *css = sign_css(s);
    bool calm = !s->n || s->waiting || s->worst == COMPONENT_UP;
    html_print(&p->html, p->lang, "<main id=\"main\">\n<section class=\"sign s-%r\" aria-labelledby=\"now\"><div class=\"wrap grid\">\n<div>", css);
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "</div>\n<div><h1 id=\"now\">%s", buf_text(first));
    if (second->len)
        html_print(&p->html, p->lang, "<br>%s", buf_text(second));
    buf_str(&p->html, "</h1>\n");
    if (calm)
        put_calm(p, s);
    else
        put_facts(p, s);
    buf_str(&p->html, "</div>\n</div></section>\n");
}

/* ---- the services ---- */

static void put_foreign(struct page *p, const char *tag, const char *css, const char *text, const char *lang)
{
    html_print(&p->html, p->lang, "<%r class=\"%r\"%r%s%r>%s</%r>", tag, css, lang ? " lang=\"" : "", lang ? lang : "", lang ? "\"" : "", text, tag);
}

static void put_service(struct page *p, const struct sight *s, const struct service *v)
{
    const char *css = v->waiting ? "pending" : state_css[v->state], *lang;
    bool bad = v->state == COMPONENT_DOWN || v->state == COMPONENT_DEGRADED;
    html_print(&p->html, p->lang, "<li class=\"comp%r%r\">", bad ? " bad s-" : "", bad ? css : "");
    const char *title = public_title(v->c, p->lang, &lang);
    put_foreign(p, "span", "name", title, lang);
    html_print(&p->html, p->lang, " <span class=\"st s-%r\">", css);
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "%t</span> ", v->waiting ? MSG("First look") : public_word(v->state));
    const char *about = public_text(&v->c->text, p->lang, &lang);
    put_foreign(p, "span", "about quiet", about ? about : "", lang);
    if (v->state != COMPONENT_UP && v->state != COMPONENT_UNKNOWN && v->since_ms) {
        html_print(&p->html, p->lang, "<p class=\"more\">%t ", MSG("Since"));
        put_moment(p, s, v->since_ms);
        buf_str(&p->html, ".</p>");
    }
    buf_str(&p->html, "</li>\n");
}

static const char *group_title(const struct sight *s, const char *name, const char *lang, const char **ret_lang)
{
    *ret_lang = NULL;
    for (int i = 0; i < s->conf->n_groups; i++)
        if (str_eq(s->conf->groups[i]->name, name)) {
            const char *title = public_text(&s->conf->groups[i]->title, lang, ret_lang);
            return title ? title : name;
        }
    return name;
}

static bool opens_group(const struct sight *s, int at)
{
    for (int i = 0; i < at; i++)
        if (str_eq(s->services[i].c->group, s->services[at].c->group))
            return false;
    return true;
}

static void put_services(struct page *p, const struct sight *s)
{
    html_print(&p->html, p->lang, "<div class=\"wrap\">\n<section class=\"sec grid\" id=\"services\"><h2>%t</h2><div>\n", MSG("Services"));
    for (int i = 0; i < s->n; i++) {
        const char *group = s->services[i].c->group, *lang;
        if (!opens_group(s, i))
            continue;
        buf_str(&p->html, "<div class=\"group\">");
        if (group) {
            const char *title = group_title(s, group, p->lang, &lang);
            put_foreign(p, "h3", "", title, lang);
        }
        buf_str(&p->html, "<ul>\n");
        for (int k = i; k < s->n; k++)
            if (str_eq(s->services[k].c->group, group))
                put_service(p, s, &s->services[k]);
        buf_str(&p->html, "</ul></div>\n");
    }
    buf_str(&p->html, "</div></section>\n</div>\n");
}

/* ---- the document ---- */

static const char mark[] = "<svg viewBox=\"0 0 24 24\" width=\"24\" height=\"24\" aria-hidden=\"true\"><path d=\"M9.2 10.5h5.6L16.6 24H7.4Z\" fill=\"currentColor\"/><path d=\"M6.6 8.3h10.8v1.6H6.6Z\" fill=\"currentColor\"/>"
                           "<circle cx=\"12\" cy=\"4.6\" r=\"2.5\" fill=\"currentColor\"/><path d=\"M16.3 4 24 .8v7.6l-7.7-3.2Z\" fill=\"currentColor\"/></svg>";

static void put_mast(struct page *p, const struct sight *s, const char *site, const char *site_lang)
{
    html_print(&p->html, p->lang, "<a class=\"skip\" href=\"#%r\">%t</a>\n<header class=\"mast\"><div class=\"wrap\">\n<a class=\"brand\" href=\"/\">%r", s->n ? "services" : "main", s->n ? MSG("Skip to the services") : MSG("Skip to content"), mark);
    put_foreign(p, "span", "", site, site_lang);
    html_print(&p->html, p->lang, "</a> <span class=\"quiet\">%t</span>\n<nav aria-label=\"%t\"><ul class=\"lang\">", MSG("service status"), MSG("Language"));
    static const struct {
        const char *lang, *name;
    } all[] = {{"en", "English"}, {"fr", "Français"}};
    for (size_t i = 0; i < COUNT(all); i++)
        html_print(&p->html, p->lang, "<li><a lang=\"%r\" hreflang=\"%r\" href=\"/?lang=%r\"%r>%r</a></li>", all[i].lang, all[i].lang, all[i].lang, str_eq(all[i].lang, p->lang) ? " aria-current=\"true\"" : "", all[i].name);
    buf_str(&p->html, "</ul></nav>\n</div></header>\n");
}

static void put_foot(struct page *p, const struct sight *s)
{
    char clock[40], utc[40];
    struct civil c;
    html_print(&p->html, p->lang, "</main>\n<footer class=\"foot\"><div class=\"wrap grid\">\n<p>%r</p>\n<div class=\"prose\">", parts_logo);
    if (s->last_ms) {
        time_civil(s->last_ms, s->zone, &c);
        str_print(clock, sizeof clock, "%02d:%02d:%02d %s", c.hour, c.minute, c.second, c.zone);
        time_civil(s->last_ms, NULL, &c);
        str_print(utc, sizeof utc, "%02d:%02d:%02d UTC", c.hour, c.minute, c.second);
        buf_str(&p->html, "<p>");
        if (s->zone)
            msg_print(&p->html, p->lang, MSG("Last checked at {1} ({2})."), "ss", clock, utc);
        else
            msg_print(&p->html, p->lang, MSG("Last checked at {1}."), "s", utc);
        buf_str(&p->html, "</p>");
    }
    html_print(&p->html, p->lang, "<p>%t</p></div>\n</div></footer>\n", MSG("If our lookout stops seeing, this page says so at the top."));
    parts_foot(p);
}

static void publish_lang(struct web *w, const struct sight *s, const char *lang)
{
    struct page p = {.web = w, .h = w->h, .lang = lang, .now = house_now(), .html = BUF_MAX(PUBLIC_MAX_BYTES)};
    struct buf first = BUF_MAX(1000), second = BUF_MAX(1000), title = BUF_MAX(2000);
    const char *site_lang, *site = s->conf ? public_text(&s->conf->site.title, lang, &site_lang) : NULL;
    if (s->n)
        public_say(s, lang, &first, &second);
    else
        buf_str(&first, msg_tr(lang, MSG("No services are named here yet.")));
    msg_print(&title, lang, MSG("{1}: {2}"), "ss", site ? site : "vigie", buf_text(&first));
    parts_head_plain(&p, buf_text(&title), "pub");
    put_mast(&p, s, site ? site : "vigie", site ? site_lang : NULL);
    put_sign(&p, s, &first, &second);
    if (s->n)
        put_services(&p, s);
    put_foot(&p, s);
    struct httpd_header headers[WEB_SAFE_HEADERS_MOST + 1] = {{"Cache-Control", "public, max-age=5"}};
    int n = 1 + web_safe_headers(headers + 1);
    httpd_publish(w->h->httpd, -1, "/", lang, "text/html; charset=utf-8", buf_text(&p.html), p.html.len, headers, n);
    buf_done(&first);
    buf_done(&second);
    buf_done(&title);
    buf_done(&p.html);
}

void public_publish(struct web *w)
{
    struct arena *a = arena_new(4096);
    struct sight s;
    if (w->h->httpd) {
        see(&s, w, a);
        for (int i = 0; msg_langs[i]; i++)
            publish_lang(w, &s, msg_langs[i]);
    }
    arena_free(a);
}

const struct page_row public_pages[] = {{0}};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_check.c: one check in full: output, timings as a waterfall, figures, history; and why somebody is (not) told. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/events.h"
#include "web/figure.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/related.h"
#include "web/rows.h"
#include "web/timeline.h"
#include "web/waterfall.h"
#include "wire/plugin.h"

enum { DAY_MS = 86400 * 1000, MONTH_DAYS = 30, PERF_SHOWN = 60 };

static struct item *item_of(struct page *p)
{
    const char *check = page_part(p, "rest");
    return model_find(p->h->model, page_part(p, "host"), check);
}

static void waterfall(struct page *p, const struct timings *t)
{
    if (!waterfall_has(t))
        return;
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2></div>\n", MSG("Where the time went"));
    waterfall_put(p, t);
}

static void range_cell(struct page *p, const struct perf *f, int has, const struct range *r)
{
    struct buf b = BUF_MAX(80);
    if (f->has & has)
        figure_range(&b, r, f->unit, p->lang);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"num quiet\">%s</td>", buf_text(&b));
    buf_done(&b);
}

static void figures(struct page *p, const struct item *it)
{
    struct perf list[PERF_SHOWN];
    int bad, n = it->perfdata ? perf_parse(p->rq->arena, it->perfdata, list, PERF_SHOWN, &bad) : 0;
    if (n <= 0)
        return;
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n<table class=\"tab perf\" role=\"table\" aria-label=\"%t\"><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\" class=\"num\">%t</th>"
                                  "<th scope=\"col\" role=\"columnheader\" class=\"num\">%t</th><th scope=\"col\" role=\"columnheader\" class=\"num\">%t</th></tr></thead><tbody role=\"rowgroup\">\n",
               MSG("Figures"), n, MSG("Figures"), MSG("Name"), MSG("Value"), MSG("Warning"), MSG("Critical"));
    for (int i = 0; i < n; i++) {
        struct buf value = BUF_MAX(80);
        figure_value(&value, list[i].value, list[i].unit, p->lang);
        html_print(&p->html, p->lang, "<tr role=\"row\"><td role=\"cell\">%s</td><td role=\"cell\" class=\"num val\">%s</td>", list[i].label, buf_text(&value));
        buf_done(&value);
        range_cell(p, &list[i], PERF_HAS_WARN, &list[i].warn);
        range_cell(p, &list[i], PERF_HAS_CRIT, &list[i].crit);
        html_print(&p->html, p->lang, "</tr>\n");
    }
    html_print(&p->html, p->lang, "</tbody></table>\n");
}

static void settings(struct page *p, const struct item *it)
{
    struct buf every = BUF_MAX(40), retry = BUF_MAX(40), limit = BUF_MAX(40);
    if (!it->conf)
        return;
    time_duration(&every, it->conf->every_ms, p->lang);
    time_duration(&retry, it->conf->retry_ms, p->lang);
    time_duration(&limit, it->conf->timeout_ms, p->lang);
    html_print(&p->html, p->lang, "<p class=\"quiet\">%s · ", it->conf->kind->name);
    if (it->conf->kind->passive)
        html_print(&p->html, p->lang, "%t", MSG("results come by themselves"));
    else
        msg_print(&p->html, p->lang, MSG("every {1}, after a failure every {2}, {3} {3|try|tries} before it counts, at most {4} each"), "ssis", buf_text(&every), buf_text(&retry),
                  (int64_t)it->conf->attempts, buf_text(&limit));
    if (it->conf->where.line)
        html_print(&p->html, p->lang, " · %t <code>%s:%d</code>", MSG("configured in"), model_file(p->h->model, it->conf->where), (int)it->conf->where.line);
    buf_str(&p->html, "</p>\n");
    parts_notes(p, it->conf->notes);
    buf_done(&every);
    buf_done(&retry);
    buf_done(&limit);
}

static void check_history(struct page *p, int status, const struct doc *reply)
{
    const struct item *it = item_of(p);
    const struct doc *events = status == 200 ? doc_get(reply, "events") : NULL;
    if (it) {
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2><span class=\"end quiet\">%t</span></div>\n", MSG("The last day"), MSG("the taller, the worse"));
        timeline_day(p, it->host, it, events, p->now.wall_ms - DAY_MS);
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2><span class=\"end quiet\">%t</span></div>\n", MSG("30 days"), MSG("each mark is one day"));
        timeline_month(p, it, events, p->now.wall_ms - (int64_t)MONTH_DAYS * DAY_MS);
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2></div>\n", MSG("What happened"));
        events_put(p, events, 100, false);
    }
    buf_str(&p->html, "</div>\n");
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

static void why_done(struct page *p, int status, const struct doc *reply)
{
    const struct item *it = item_of(p);
    if (status == 200 && it) {
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2></div>\n<ul class=\"why\">", MSG("Why?"));
        DOC_EACH(doc_get(reply, "why"), d)
            html_print(&p->html, p->lang, "<li>%m</li>", d->text);
        buf_str(&p->html, "</ul>\n");
    }
    char id[2 * CONF_MAX_NAME + 2] = "";
    if (it)
        item_id(it, id, sizeof id);
    struct doc *o = doc_object(p->rq->arena);
    doc_put_text(o, "target", id);
    doc_put_text(o, "since", "-30d");
    doc_put_text(o, "limit", "5000");
    page_op(p, "history", o, check_history);
}

void page_check_get(struct page *p)
{
    const struct item *it = item_of(p);
    if (!it) {
        page_error(p, 404, MSG("There is no such check. It may have been removed from the configuration."));
        return;
    }
    char id[2 * CONF_MAX_NAME + 2];
    item_id(it, id, sizeof id);
    p->about = arena_dup(p->rq->arena, id);
    parts_open(p, id, "checks");
    html_print(&p->html, p->lang, "<div class=\"hd\" id=\"live-head\" data-live>\n<h1>");
    parts_shape(&p->html, parts_state_class((enum state)it->st.state, it));
    html_print(&p->html, p->lang, "<a href=\"/console/host/%u\">%s</a> <span class=\"quiet\">/</span> %s</h1>\n<div class=\"meta\">", it->host->name, it->host->name, item_check_name(it));
    settings(p, it);
    html_print(&p->html, p->lang, "</div>\n</div>\n");
    rows_open(p, ROWS_HOST, MSG("State"));
    rows_item(p, ROWS_HOST, it);
    rows_close(p);
    buf_str(&p->html, "<div id=\"live-rest\" data-live>\n");
    if (it->more)
        html_print(&p->html, p->lang, "<pre class=\"more\">%s</pre>\n", it->more);
    related_tree(p, it);
    waterfall(p, &it->timings);
    related_needs(p, it);
    figures(p, it);
    struct doc *o = doc_object(p->rq->arena);
    doc_put_text(o, "target", id);
    page_op(p, "why", o, why_done);
}

/* GET /console/why?target=web1/http leads to where the answer stands. */
void page_why_get(struct page *p)
{
    const char *target = httpd_query(p->rq, "target");
    const char *slash = target ? __builtin_strchr(target, '/') : NULL;
    struct buf b = BUF_MAX(1000);
    if (slash)
        html_print(&b, p->lang, "/console/check/%u/%u", arena_dupn(p->rq->arena, target, (size_t)(slash - target)), slash + 1);
    else
        html_print(&b, p->lang, "/console/host/%u", target ? target : "");
    page_redirect(p, arena_dup(p->rq->arena, buf_text(&b)));
    buf_done(&b);
}

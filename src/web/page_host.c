/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_host.c: one host: what it is, the way to it, its checks, the last day, what happened. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/events.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/related.h"
#include "web/rows.h"
#include "web/seats.h"
#include "web/timeline.h"
#include <stdlib.h>

enum { DAY_MS = 86400 * 1000, EVENTS_MOST = 40 };

static int count_state(const struct host *h, enum state s)
{
    int n = 0;
    for (size_t i = 0; i < h->checks.n; i++)
        n += h->checks.at[i]->st.state == (int)s && h->checks.at[i]->enabled;
    return n;
}

static void state_words(struct page *p, const struct host *h)
{
    static const struct {
        enum state state;
        const char *css, *text;
    } rows[] = {{STATE_CRITICAL, "critical", MSG("{1} critical")}, {STATE_WARNING, "warning", MSG("{1} warning")}, {STATE_UNKNOWN, "unknown", MSG("{1} unknown")}};
    const char *css = parts_state_class((enum state)h->self.st.state, &h->self);
    html_print(&p->html, p->lang, "<p class=\"sts\"><span class=\"st s-%r\">", css);
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "%t</span> <span class=\"quiet\">", parts_state_word((enum state)h->self.st.state));
    parts_age(p, h->self.st.since_ms);
    html_print(&p->html, p->lang, "</span>");
    for (size_t i = 0; i < COUNT(rows); i++) {
        int n = count_state(h, rows[i].state);
        if (!n)
            continue;
        html_print(&p->html, p->lang, " <span class=\"quiet\">·</span> <span class=\"st s-%r\">", rows[i].css);
        parts_shape(&p->html, rows[i].css);
        msg_print(&p->html, p->lang, rows[i].text, "i", (int64_t)n);
        buf_str(&p->html, "</span>");
    }
    html_print(&p->html, p->lang, "</p>\n");
}

static void facts(struct page *p, const struct host *h)
{
    const struct conf_host *c = h->conf;
    html_print(&p->html, p->lang, "<p class=\"quiet\">");
    const char *sep = "";
    if (c->title) {
        html_print(&p->html, p->lang, "%s", c->title);
        sep = " · ";
    }
    if (c->address) {
        html_print(&p->html, p->lang, "%r%s", sep, c->address);
        sep = " · ";
    }
    for (int i = 0; c->groups && c->groups[i]; i++) {
        html_print(&p->html, p->lang, "%r<a href=\"/console/checks?group=%u\">%s</a>", i ? ", " : sep, c->groups[i], parts_group(p, c->groups[i]));
        sep = " · ";
    }
    if (c->where.line) /* the machine itself is in no file */
        html_print(&p->html, p->lang, "%r%t <code>%s:%d</code>", sep, MSG("configured in"), model_file(p->h->model, c->where), (int)c->where.line);
    buf_str(&p->html, "</p>\n");
    parts_notes(p, c->notes);
}

static void head_buttons(struct page *p, const struct host *h)
{
    int open = 0;
    if (p->who.role < ROLE_OPERATOR)
        return;
    html_print(&p->html, p->lang, "<form class=\"do\" method=\"post\" action=\"/console/act\"><input type=\"hidden\" name=\"next\" value=\"%s\">", page_here(p));
    parts_csrf(p);
    /* Acknowledging here takes what is open on the host; the others act on the host as a whole. */
    if (state_is_bad((enum state)h->self.st.state) && !h->self.ack)
        open++;
    for (size_t i = 0; i < h->checks.n; i++)
        open += state_is_bad((enum state)h->checks.at[i]->st.state) && !h->checks.at[i]->ack && h->checks.at[i]->enabled;
    html_print(&p->html, p->lang, "<input type=\"hidden\" name=\"host\" value=\"%s\">", h->name);
    if (open) {
        html_print(&p->html, p->lang, "<button class=\"btn main\" name=\"action\" value=\"ack-host\">");
        msg_print(&p->html, p->lang, MSG("Acknowledge {1}"), "i", (int64_t)open);
        buf_str(&p->html, "</button>");
    }
    html_print(&p->html, p->lang, "<button class=\"btn\" name=\"action\" value=\"recheck-host\">%t</button><button class=\"btn\" name=\"action\" value=\"plan-host\">%t</button></form>\n", MSG("Recheck all"), MSG("Plan work…"));
}

static int worst_first(const void *a, const void *b)
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    int rx = state_is_bad((enum state)x->st.state) ? state_rank((enum state)x->st.state) : 0, ry = state_is_bad((enum state)y->st.state) ? state_rank((enum state)y->st.state) : 0;
    if (rx != ry)
        return ry - rx;
    const char *nx = item_check_name(x), *ny = item_check_name(y);
    return !nx ? -1 : !ny ? 1 : str_natural(nx, ny);
}

static void checks(struct page *p, const struct host *h)
{
    VEC(const struct item *) list = {0};
    if (h->self.conf)
        VEC_PUSH(&list, &h->self);
    for (size_t i = 0; i < h->checks.n; i++)
        VEC_PUSH(&list, h->checks.at[i]);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n", MSG("Checks"), (int)list.n);
    if (list.n) {
        qsort(list.at, list.n, sizeof *list.at, worst_first);
        rows_open(p, ROWS_HOST, MSG("Checks"));
        for (size_t i = 0; i < list.n; i++)
            rows_item(p, ROWS_HOST, list.at[i]);
        rows_close(p);
    } else {
        html_print(&p->html, p->lang, "<p class=\"note\"><span>%t <code>vigie add --host %s https://…</code></span></p>\n", MSG("Nothing is checked on it yet."), h->name);
    }
    VEC_DONE(&list);
}

static void history(struct page *p, int status, const struct doc *reply)
{
    const struct host *h = model_find_host(p->h->model, page_part(p, "host"));
    const struct doc *events = status == 200 ? doc_get(reply, "events") : NULL;
    if (h) {
        html_print(&p->html, p->lang, "<div id=\"live-day\" data-live>\n<div class=\"bar2\"><h2>%t</h2><span class=\"end quiet\">%t</span></div>\n", MSG("The last day"), MSG("the taller, the worse"));
        timeline_day(p, h, NULL, events, p->now.wall_ms - DAY_MS);
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2><span class=\"end\"><a href=\"/console/events?host=%u\">%t</a></span></div>\n", MSG("What happened"), h->name, MSG("30 days"));
        events_put(p, events, EVENTS_MOST, false);
        buf_str(&p->html, "</div>\n");
    }
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

void page_host_get(struct page *p)
{
    struct host *h = model_find_host(p->h->model, page_part(p, "host"));
    if (!h) {
        page_error(p, 404, MSG("There is no such host. It may have been removed from the configuration."));
        return;
    }
    const struct item *worst;
    enum state s = seats_worst(h, &worst);
    p->about = h->name;
    parts_open(p, h->name, "hosts");
    html_print(&p->html, p->lang, "<div class=\"hd\" id=\"live-head\" data-live>\n<h1>");
    parts_shape(&p->html, parts_state_class(s, worst));
    html_print(&p->html, p->lang, "%s<span class=\"vh\">, %t</span></h1>\n", h->name, parts_state_word(s));
    head_buttons(p, h);
    html_print(&p->html, p->lang, "<div class=\"meta\">");
    state_words(p, h);
    facts(p, h);
    html_print(&p->html, p->lang, "</div>\n</div>\n");
    buf_str(&p->html, "<div id=\"live-path\" data-live>\n");
    related_path(p, h);
    buf_str(&p->html, "</div>\n");
    checks(p, h);
    rows_bulk(p);
    buf_str(&p->html, "<div id=\"live-behind\" data-live>\n");
    related_behind(p, h);
    related_needs(p, &h->self);
    buf_str(&p->html, "</div>\n");
    struct doc *o = doc_object(p->rq->arena);
    doc_put_text(o, "target", h->name);
    doc_put_text(o, "since", "-24h");
    doc_put_text(o, "limit", "2000");
    page_op(p, "history", o, history);
}

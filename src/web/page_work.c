/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_work.c: planned work: what is on, what comes, ending it. */
#include "base/json.h"
#include "base/str.h"
#include "base/timetext.h"
#include "web/page_console.h"
#include "web/parts.h"

static void moment(struct page *p, int64_t ms)
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

static void row(struct page *p, const struct downtime *d)
{
    html_print(&p->html, p->lang, "<tr role=\"row\" class=\"s-maintenance\"><td role=\"cell\" class=\"c-state\"><span class=\"badge s-maintenance%r\">", d->active ? " solid" : "");
    parts_shape(&p->html, "maintenance");
    html_print(&p->html, p->lang, "%t</span></td><td role=\"cell\" class=\"what\"><a href=\"/console/host/%u\">%s</a>", d->active ? MSG("Under way") : MSG("To come"), d->host_name, d->host_name);
    if (d->check_name)
        html_print(&p->html, p->lang, " <span class=\"quiet\">/</span> <a href=\"/console/check/%u/%u\">%s</a>", d->host_name, d->check_name, d->check_name);
    html_print(&p->html, p->lang, "</td><td role=\"cell\">");
    moment(p, d->active && d->began_ms ? d->began_ms : d->start_ms);
    html_print(&p->html, p->lang, "</td><td role=\"cell\">");
    moment(p, d->active && d->until_ms ? d->until_ms : d->end_ms);
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"wide\">%s <span class=\"sub\">%s%r%t</span></td><td role=\"cell\" class=\"wide full c-acts\">", d->comment, d->author, d->flexible ? ", " : "", d->flexible ? MSG("begins with the first problem") : "");
    if (p->who.role >= ROLE_OPERATOR) {
        html_print(&p->html, p->lang, "<form class=\"acts\" method=\"post\" action=\"/console/planned/end\"><input type=\"hidden\" name=\"id\" value=\"%l\">", d->id);
        parts_csrf(p);
        html_print(&p->html, p->lang, "<button>%t</button></form>", d->active ? MSG("End now") : MSG("Cancel"));
    }
    html_print(&p->html, p->lang, "</td></tr>\n");
}

void page_work_get(struct page *p)
{
    size_t n = model_downtimes(p->h->model);
    parts_open(p, MSG("Planned work"), "work");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t <span class=\"quiet\">%d</span></h1></div>\n", MSG("Planned work"), (int)n);
    if (!n)
        html_print(&p->html, p->lang, "<p class=\"note\"><span>%t <code>vigie downtime web1 -m \"…\" --for 1h</code></span></p>\n", MSG("No work is planned. “Plan work…” stands beside every host and check; or on the command line:"));
    else
        html_print(&p->html, p->lang, "<table class=\"tab work\" role=\"table\" aria-label=\"%t\"><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\" class=\"c-state\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th>"
                                      "<th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\" class=\"c-acts\"><span class=\"vh\">%t</span></th></tr></thead><tbody role=\"rowgroup\">\n",
                   MSG("Planned work"), MSG("State"), MSG("Host / check"), MSG("From"), MSG("Until"), MSG("What is being done"), MSG("Actions"));
    for (size_t i = 0; i < n; i++)
        row(p, model_downtime_at(p->h->model, i));
    if (n)
        html_print(&p->html, p->lang, "</tbody></table>\n");
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

static void ended(struct page *p, int status, const struct doc *reply)
{
    const struct doc *message = doc_get(doc_get(reply, "error"), "message");
    const char *accept = httpd_header(p->rq, "Accept");
    if (accept && str_starts(accept, "application/json")) {
        json_write(&p->html, reply, p->lang, 0);
        page_send(p, status, "application/json; charset=utf-8");
    } else if (status == 200) {
        page_redirect(p, "/console/planned");
    } else {
        page_error(p, status, message && message->text ? message->text : MSG("That did not work."));
    }
}

void page_work_end(struct page *p)
{
    struct doc *o = doc_object(p->rq->arena);
    const char *id = page_param(p, "id");
    doc_put_text(o, "id", id ? id : "");
    page_op(p, "downtime-end", o, ended);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_events.c: what happened, of all hosts or of one; and the table that other pages use. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/events.h"
#include "web/page_console.h"
#include "web/parts.h"

enum { EVENTS_PAGE = 300 };

static const struct {
    const char *kind, *word;
} kinds[] = {{"ack", MSG("Taken")}, {"unack", MSG("Released")}, {"downtime_start", MSG("Work begins")}, {"downtime_end", MSG("Work ends")}, {"flapping", MSG("Flapping")},
             {"found", MSG("Found")}, {"vanished", MSG("Vanished")}, {"back", MSG("Is back")}};

static void when_cell(struct page *p, const struct doc *e)
{
    const struct doc *at = doc_get(e, "at");
    int64_t ms = at && at->kind == DOC_TIME ? at->i : 0;
    char rfc[TIME_RFC3339_BYTES];
    struct buf b = BUF_MAX(80);
    if (p->now.wall_ms - ms > 20 * 3600 * 1000) {
        time_date(&b, ms, p->now.wall_ms, p->h->zone, p->lang);
        buf_char(&b, ' ');
    }
    time_clock(&b, ms, p->h->zone, p->lang);
    time_rfc3339(ms, 0, rfc);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"quiet c-when\"><time datetime=\"%r\">%s</time></td>", rfc, buf_text(&b));
    buf_done(&b);
}

static void what_cell(struct page *p, const struct doc *e)
{
    const char *kind = doc_text(e, "kind", "");
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"c-state\">");
    if (str_eq(kind, "state")) {
        int s = state_from_word(doc_text(e, "to", "pending"));
        const char *css = parts_state_class(s < 0 ? STATE_PENDING : (enum state)s, NULL);
        html_print(&p->html, p->lang, "<span class=\"st s-%r\">", css);
        parts_shape(&p->html, css);
        html_print(&p->html, p->lang, "%t</span>", parts_state_word(s < 0 ? STATE_PENDING : (enum state)s));
    }
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq(kind, kinds[i].kind))
            html_print(&p->html, p->lang, "<b>%t</b>", kinds[i].word);
    if (str_eq(kind, "enabled"))
        html_print(&p->html, p->lang, "<b>%t</b>", doc_bool(e, "hard", true) ? MSG("Switched on") : MSG("Switched off"));
    html_print(&p->html, p->lang, "</td>");
}

/* “ada: “on it””; of a state only what the check said. */
static void put_text(struct page *p, const char *author, const char *text)
{
    if (!author || !author[0])
        html_print(&p->html, p->lang, "%m", text ? text : "");
    else if (text && text[0] && text[0] != 1)
        parts_said(p, author, text);
    else
        html_print(&p->html, p->lang, "%s", author);
}

static void text_cell(struct page *p, const struct doc *e, bool with_host)
{
    const char *host = doc_text(e, "host", ""), *check = doc_text(e, "check", NULL), *author = doc_text(e, "author", NULL), *text = doc_text(e, "text", NULL);
    bool found = str_eq(doc_text(e, "kind", ""), "found"); /* nothing watches it yet */
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"wide\">");
    bool says = (text && text[0]) || (author && author[0]);
    const char *colon = says ? parts_colon(p) : "";
    if (found)
        html_print(&p->html, p->lang, "<a href=\"/console/found\">%s%r%s</a>%r", host, check ? " / " : "", check ? check : "", colon);
    else if (with_host)
        html_print(&p->html, p->lang, "<a href=\"/console/host/%u\">%s</a>%r", host, host, check ? " <span class=\"quiet\">/</span> " : colon);
    if (check && !found)
        html_print(&p->html, p->lang, "<a href=\"/console/check/%u/%u\">%s</a>%r", host, check, check, colon);
    put_text(p, author, text);
    if (str_eq(doc_text(e, "kind", ""), "state") && !doc_bool(e, "hard", true)) {
        buf_str(&p->html, " <span class=\"sub\">");
        msg_print(&p->html, p->lang, MSG("try {1}"), "i", doc_int(e, "attempt", 1));
        buf_str(&p->html, "</span>");
    }
    html_print(&p->html, p->lang, "</td>");
}

void events_put(struct page *p, const struct doc *events, int most, bool with_host)
{
    if (!events || !events->kids.n) {
        html_print(&p->html, p->lang, "<p class=\"note\"><span>%t</span></p>\n", events ? MSG("Nothing happened in that time.") : MSG("The history cannot be read at the moment."));
        return;
    }
    html_print(&p->html, p->lang, "<table class=\"tab evs\" role=\"table\" aria-label=\"%t\"><tbody role=\"rowgroup\">\n", MSG("What happened"));
    DOC_EACH(events, e) {
        if (most-- <= 0)
            break;
        html_print(&p->html, p->lang, "<tr role=\"row\" class=\"ev\">");
        when_cell(p, e);
        what_cell(p, e);
        text_cell(p, e, with_host);
        html_print(&p->html, p->lang, "</tr>\n");
    }
    html_print(&p->html, p->lang, "</tbody></table>\n");
}

static void events_done(struct page *p, int status, const struct doc *reply)
{
    const char *host = httpd_query(p->rq, "host");
    events_put(p, status == 200 ? doc_get(reply, "events") : NULL, EVENTS_PAGE, !host);
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

void page_events_get(struct page *p)
{
    const char *host = httpd_query(p->rq, "host");
    struct doc *o = doc_object(p->rq->arena);
    if (host && !model_find_host(p->h->model, host)) {
        page_error(p, 404, MSG("There is no such host. It may have been removed from the configuration."));
        return;
    }
    parts_open(p, MSG("Events"), "events");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t</h1><span class=\"quiet\">%s%r%t</span></div>\n", MSG("What happened"), host ? host : "", host ? ", " : "",
               host ? MSG("the last 30 days, newest first") : MSG("the last day, newest first"));
    doc_put_text(o, "limit", "300");
    doc_put_text(o, "since", host ? "-30d" : "-24h");
    if (host)
        doc_put_text(o, "target", host);
    page_op(p, host ? "history" : "events", o, events_done);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_copies.c: the copies of the public site on other machines: how bringing them there goes, and how they look where they are read. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/page_console.h"
#include "web/parts.h"

static const struct {
    const char *word, *css, *text;
} looks[] = {
    {"ok", "ok", MSG("Fine")},           {"running", "unknown", MSG("Being brought")},     {"pending", "unknown", MSG("Not yet")},    {"failing", "critical", MSG("Fails")},
    {"unknown", "unknown", MSG("Not yet")}, {"unreachable", "critical", MSG("Out of reach")}, {"stale", "warning", MSG("Out of date")}, {"wrong", "critical", MSG("Something else")},
};

static void badge(struct page *p, const char *word)
{
    size_t i = 0;
    while (i < COUNT(looks) - 1 && !str_eq(looks[i].word, word))
        i++;
    html_print(&p->html, p->lang, "<span class=\"badge s-%r\">", looks[i].css);
    parts_shape(&p->html, looks[i].css);
    html_print(&p->html, p->lang, "%t</span>", looks[i].text);
}

static void age(struct page *p, const struct doc *m, const char *key)
{
    int64_t at_ms = doc_int(m, key, 0);
    char rfc[TIME_RFC3339_BYTES];
    struct buf b = BUF_MAX(100);
    if (!at_ms) {
        buf_str(&p->html, "–");
        return;
    }
    time_rfc3339(at_ms, 0, rfc);
    time_duration(&b, (p->now.wall_ms - at_ms) / 1000 * 1000, p->lang);
    html_print(&p->html, p->lang, "<time datetime=\"%r\">%s</time>", rfc, buf_text(&b));
    buf_done(&b);
}

static void push_button(struct page *p, const char *name)
{
    if (p->who.role < ROLE_OPERATOR)
        return;
    html_print(&p->html, p->lang, "<form class=\"acts\" method=\"post\" action=\"/console/copies\"><input type=\"hidden\" name=\"name\" value=\"%s\">", name);
    parts_csrf(p);
    html_print(&p->html, p->lang, "<button>%t</button></form>", MSG("Bring a copy now"));
}

static void row(struct page *p, const struct doc *m)
{
    const char *name = doc_text(m, "name", ""), *url = doc_text(m, "url", NULL), *why = doc_text(m, "why", NULL), *seen_why = doc_text(m, "seen_why", NULL);
    html_print(&p->html, p->lang, "<tr role=\"row\"><td role=\"cell\" class=\"c-state\">");
    badge(p, doc_text(m, "state", ""));
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"what\"><b>%s</b> <span class=\"sub\">%s</span></td><td role=\"cell\">", name, doc_text(m, "kind", ""));
    age(p, m, "good");
    html_print(&p->html, p->lang, "</td><td role=\"cell\">");
    if (url)
        badge(p, doc_text(m, "seen", "unknown"));
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"wide\">");
    if (why)
        html_print(&p->html, p->lang, "%m ", why);
    if (seen_why)
        html_print(&p->html, p->lang, "%m ", seen_why);
    if (url)
        html_print(&p->html, p->lang, "<span class=\"sub\"><a href=\"%s\" rel=\"noreferrer\">%s</a></span>", url, url);
    else
        html_print(&p->html, p->lang, "<span class=\"sub\">%s</span>", doc_text(m, "place", ""));
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"wide full c-acts\">");
    push_button(p, name);
    buf_str(&p->html, "</td></tr>\n");
}

static void show(struct page *p, int status, const struct doc *reply)
{
    const struct doc *list = doc_get(reply, "mirrors");
    bool first = true;
    (void)status;
    parts_open(p, MSG("Copies of the public site"), "incidents");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t</h1></div>\n", MSG("Copies of the public site"));
    DOC_EACH(list, m)
    {
        if (first)
            html_print(&p->html, p->lang, "<table class=\"tab work\" role=\"table\" aria-label=\"%t\"><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\" class=\"c-state\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th>"
                                          "<th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\" class=\"c-acts\"><span class=\"vh\">%t</span></th></tr></thead><tbody role=\"rowgroup\">\n",
                       MSG("Copies of the public site"), MSG("State"), MSG("Mirror"), MSG("Brought, ago"), MSG("As readers see it"), MSG("Details"), MSG("Actions"));
        first = false;
        row(p, m);
    }
    if (first)
        html_print(&p->html, p->lang, "<p class=\"note\"><span>%t <code>mirrors: { far: { rsync: \"status@mirror.example.net:/srv/status/\" } }</code></span></p>\n", MSG("There are none. They keep the pages readable while this machine is dead; in the configuration:"));
    else
        buf_str(&p->html, "</tbody></table>\n");
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}

void page_copies_get(struct page *p)
{
    page_op(p, "mirrors", doc_object(p->rq->arena), show);
}

static void pushed(struct page *p, int status, const struct doc *reply)
{
    const struct doc *message = doc_get(doc_get(reply, "error"), "message");
    if (status == 200)
        page_redirect(p, "/console/copies");
    else
        page_error(p, status, message && message->text ? message->text : MSG("That did not work."));
}

void page_copies_post(struct page *p)
{
    struct doc *o = doc_object(p->rq->arena);
    const char *name = page_param(p, "name");
    doc_put_text(o, "name", name ? name : "");
    page_op(p, "mirror-push", o, pushed);
}

/* One line for all pages of the console. */
void copies_trouble(struct page *p)
{
    int n = p->who.role >= ROLE_OPERATOR ? house_mirrors_troubled(p->h) : 0;
    if (!n)
        return;
    html_print(&p->html, p->lang, "<p class=\"aside\">");
    parts_shape(&p->html, "warning");
    buf_str(&p->html, "<span><a href=\"/console/copies\">");
    msg_print(&p->html, p->lang, MSG("{1} {1|copy|copies} of the public site {1|is|are} not as {1|it|they} should be"), "i", (int64_t)n);
    buf_str(&p->html, "</a></span></p>\n");
}

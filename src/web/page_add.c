/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_add.c: "watch something": what was typed is guessed, shown, and added on the second press. */
#include "base/str.h"
#include "web/page_console.h"
#include "web/parts.h"

static void open_form(struct page *p, const char *wrong)
{
    const char *targets = page_param(p, "targets");
    parts_open(p, MSG("Watch something"), "hosts");
    html_print(&p->html, p->lang, "<form class=\"ask\" method=\"post\" action=\"/console/add\">\n<h1>%t</h1>\n", MSG("Watch something"));
    if (wrong)
        html_print(&p->html, p->lang, "<p class=\"err\" role=\"alert\" id=\"wrong\">%m</p>\n", wrong);
    parts_csrf(p);
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"targets\" value=\"%s\" required autofocus autocapitalize=\"none\" spellcheck=\"false\" placeholder=\"https://example.org\"%r></label>\n<p class=\"quiet hint\">%t</p>\n",
               MSG("A site, a host, host:port or host:service"), targets ? targets : "", wrong ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "",
               MSG("Several with blanks between them: https://example.org mail.example.org:imaps 192.0.2.1"));
}

static void close_form(struct page *p, int status)
{
    html_print(&p->html, p->lang, "</form>\n");
    parts_close(p);
    page_send(p, status, "text/html; charset=utf-8");
}

void page_add_get(struct page *p)
{
    open_form(p, NULL);
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button> <a class=\"btn\" href=\"/console/hosts\">%t</a></p>\n", MSG("Look what that would be"), MSG("Cancel"));
    close_form(p, 200);
}

static struct doc *targets_of(struct page *p)
{
    const char *text = page_param(p, "targets");
    struct doc *o = doc_object(p->rq->arena), *list = doc_put_list(o, "targets");
    struct str rest = str_of(text ? text : ""), word;
    while (str_next(&rest, " \t\r\n,", &word))
        if (word.n)
            doc_push_text(list, arena_dupn(p->rq->arena, word.p, word.n));
    return o;
}

static const char *message_of(const struct doc *reply)
{
    const struct doc *e = doc_get(reply, "error"), *m = doc_get(e, "message");
    const struct doc *errors = doc_get(e, "errors");
    /* The first error of the configuration says more than "there are errors". */
    const struct doc *first = errors && errors->kids.first ? doc_get(errors->kids.first, "message") : NULL;
    return first && first->text ? first->text : m && m->text ? m->text : MSG("That did not work.");
}

static void guessed(struct page *p, int status, const struct doc *reply)
{
    if (status != 200) {
        open_form(p, message_of(reply));
        html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button></p>\n", MSG("Look what that would be"));
        close_form(p, status);
        return;
    }
    open_form(p, NULL);
    html_print(&p->html, p->lang, "<h2>%t</h2>\n<ul class=\"guess\">", MSG("This would be watched"));
    DOC_EACH(doc_get(reply, "watch"), d) {
        const char *check = doc_text(d, "check", NULL), *yaml = doc_text(d, "yaml", "");
        html_print(&p->html, p->lang, "<li><b>%s</b>%r%s <code>%s</code></li>", doc_text(d, "host", ""), check ? " <span class=\"quiet\">/</span> " : "", check ? check : "", yaml[0] ? yaml : "icmp");
    }
    html_print(&p->html, p->lang, "</ul>\n<input type=\"hidden\" name=\"sure\" value=\"1\"><p class=\"do\"><button class=\"btn main\">%t</button> <a class=\"btn\" href=\"/console/add\">%t</a></p>\n", MSG("Watch it"), MSG("Cancel"));
    close_form(p, 200);
}

static void added(struct page *p, int status, const struct doc *reply)
{
    if (status == 200) {
        const struct doc *first = doc_get(reply, "watch")->kids.first;
        struct buf b = BUF_MAX(1000);
        html_print(&b, p->lang, "/console/host/%u", first ? doc_text(first, "host", "") : "");
        page_redirect(p, arena_dup(p->rq->arena, buf_text(&b)));
        buf_done(&b);
        return;
    }
    open_form(p, message_of(reply));
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button></p>\n", MSG("Look what that would be"));
    close_form(p, status);
}

void page_add_post(struct page *p)
{
    bool sure = page_param(p, "sure") != NULL;
    page_op(p, sure ? "add" : "guess", targets_of(p), sure ? added : guessed);
}

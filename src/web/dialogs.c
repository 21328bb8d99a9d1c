/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dialogs.c: what the script opens over a page (the same questions as page_act.c asks on a page of their own), and the
 * words it says, so that every word comes from the catalogue. */
#include "web/dialogs.h"
#include "web/parts.h"

static const struct {
    const char *key, *text;
} words[] = {
    {"undo", MSG("Undo")},
    {"undone", MSG("Taken back.")},
    {"failed", MSG("That did not work.")},
    {"offline", MSG("No connection; nothing was changed.")},
    {"over", MSG("This page was open for too long. Load it again, and once more.")},
    {"lost", MSG("No connection since {1}. The figures are from then; the page tries again by itself.")},
    {"problems", MSG("{1} {1|problem|problems} to look at")},
    {"nothing", MSG("Nothing to do")},
    {"news", MSG("{1} new {1|problem|problems}. Show {1|it|them}.")},
    {"things", MSG("{1} {1|check|checks}")},
    {"all", MSG("Choose all")},
    {"trying", MSG("being tried…")},
    {"tried", MSG("{1} {1|check|checks} tried, {2} {2|is|are} well")},
    {"untried", MSG("not tried: {1}")},
};

static void put_words(struct page *p)
{
    buf_str(&p->html, "<template id=\"words\"");
    for (size_t i = 0; i < COUNT(words); i++)
        html_print(&p->html, p->lang, " data-%r=\"%t\"", words[i].key, words[i].text);
    buf_str(&p->html, "></template>\n");
}

static void open_dialog(struct page *p, const char *id, const char *title)
{
    html_print(&p->html, p->lang, "<dialog id=\"%r\" class=\"ask\" aria-labelledby=\"%r-title\">", id, id);
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/console/act\">\n<h2 id=\"%r-title\">%t</h2>\n", id, title);
}

static void field(struct page *p, const char *name, const char *label, const char *hint, bool need)
{
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"%r\" autocomplete=\"off\"%r></label>\n", label, name, need ? " required maxlength=\"1000\"" : "");
    if (hint)
        html_print(&p->html, p->lang, "<p class=\"quiet hint\">%t</p>\n", hint);
}

static void close_dialog(struct page *p, const char *word)
{
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button> <button class=\"btn\" type=\"button\" data-close>%t</button></p>\n</form></dialog>\n", word, MSG("Cancel"));
}

static void put_questions(struct page *p)
{
    open_dialog(p, "ask-ack", MSG("Acknowledge"));
    buf_str(&p->html, "<p class=\"quiet\" data-what></p><p class=\"err\" role=\"alert\" hidden></p>\n");
    field(p, "comment", MSG("What you are doing about it"), NULL, true);
    html_print(&p->html, p->lang, "<p class=\"ticks\"><label><input type=\"checkbox\" name=\"sticky\" value=\"yes\"> %t</label></p>\n", MSG("keep it until recovery, even if the state changes"));
    close_dialog(p, MSG("Acknowledge"));
    open_dialog(p, "ask-plan", MSG("Plan work"));
    buf_str(&p->html, "<p class=\"quiet\" data-what></p><p class=\"err\" role=\"alert\" hidden></p>\n");
    field(p, "comment", MSG("What is being done"), NULL, true);
    field(p, "start", MSG("From"), MSG("22:00, +10m; now when empty"), false);
    field(p, "for", MSG("For how long"), MSG("30m, 2h, 1d; 2 hours when empty"), false);
    close_dialog(p, MSG("Plan work"));
}

static void put_keys(struct page *p)
{
    static const struct {
        const char *keys, *text;
        enum role role;
    } all[] = {{"<kbd>/</kbd>", MSG("search"), ROLE_VIEWER},          {"<kbd>j</kbd> <kbd>k</kbd>", MSG("next row, row before"), ROLE_VIEWER},
               {"<kbd>⏎</kbd>", MSG("open the row"), ROLE_VIEWER},     {"<kbd>a</kbd>", MSG("acknowledge"), ROLE_OPERATOR},
               {"<kbd>r</kbd>", MSG("recheck"), ROLE_OPERATOR},        {"<kbd>p</kbd>", MSG("plan work"), ROLE_OPERATOR},
               {"<kbd>x</kbd>", MSG("choose the row"), ROLE_OPERATOR}, {"<kbd>n</kbd>", MSG("on Incidents: tell of one"), ROLE_OPERATOR},
               {"<kbd>p</kbd>", MSG("on Incidents: publish the first draft"), ROLE_OPERATOR}, {"<kbd>?</kbd>", MSG("this list"), ROLE_VIEWER}};
    html_print(&p->html, p->lang, "<dialog id=\"keys\" class=\"ask\" aria-labelledby=\"keys-title\">\n<h2 id=\"keys-title\">%t</h2>\n<dl class=\"keys\">", MSG("Keys"));
    for (size_t i = 0; i < COUNT(all); i++)
        if (p->who.role >= all[i].role)
            html_print(&p->html, p->lang, "<div><dt>%r</dt><dd>%t</dd></div>", all[i].keys, all[i].text);
    html_print(&p->html, p->lang, "</dl>\n<p class=\"ticks\"><label><input type=\"checkbox\" data-keys> %t</label></p>\n<p class=\"do\"><button class=\"btn\" type=\"button\" data-close>%t</button></p></dialog>\n",
               MSG("Keys act while no field has the focus"), MSG("Close"));
}

void dialogs_put(struct page *p)
{
    put_words(p);
    put_keys(p);
    if (p->who.role >= ROLE_OPERATOR)
        put_questions(p);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_found.c: what discovery found: proposals to watch or to leave, things that are gone, and looking again. Works without script;
 * with it, the keys of the lists (j, k, x) and the box that ticks all work here, too. */
#include "base/str.h"
#include "web/page_console.h"
#include "web/parts.h"

enum { FOUND_MOST = 500, PICK_MOST = 4000 };

/* ---- what stands in the lists ---- */

static bool is_open(const struct book_entry *en) { return en->state == BOOK_UNDECIDED; }
static bool is_gone(const struct book_entry *en) { return en->state == BOOK_WATCHED && en->gone_ms; }
static bool is_ignored(const struct book_entry *en) { return en->state == BOOK_IGNORED; }

static void name_cell(struct page *p, const struct book_entry *en)
{
    const struct finding *f = &en->f;
    bool known = model_find_host(p->h->model, f->host) != NULL;
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"what c-what\">");
    if (known)
        html_print(&p->html, p->lang, "<a href=\"/console/host/%u\">%s</a>", f->host, f->host);
    else
        html_print(&p->html, p->lang, "<b>%s</b>", f->host);
    if (f->check)
        html_print(&p->html, p->lang, " <span class=\"quiet\">/</span> %s", f->check);
    if (f->address && !str_eq(f->address, f->host))
        html_print(&p->html, p->lang, " <span class=\"sub\">%s</span>", f->address);
    html_print(&p->html, p->lang, "</td>");
}

static void text_cell(struct page *p, const struct book_entry *en)
{
    const struct finding *f = &en->f;
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"wide c-out\">%m <span class=\"sub\">%m</span>", f->what, f->evidence);
    if (f->yaml && !str_eq(f->yaml, f->check)) {
        struct buf yaml = BUF_MAX(BOOK_MAX_YAML + 100);
        finding_show_yaml(f, &yaml);
        html_print(&p->html, p->lang, "<br><code>%s</code>", buf_text(&yaml));
        buf_done(&yaml);
    }
    if (f->parents)
        html_print(&p->html, p->lang, "<br><span class=\"sub\">%t %s</span>", MSG("behind"), f->parents);
    html_print(&p->html, p->lang, "</td>");
}

static void act(struct page *p, const char *name, const char *value, const char *word)
{
    html_print(&p->html, p->lang, "<button form=\"bulk\" name=\"%r\" value=\"%s\">%t</button>", name, value, word);
}

static void row(struct page *p, const struct book_entry *en)
{
    const char *key = en->f.key;
    html_print(&p->html, p->lang, "<tr role=\"row\" data-item=\"%s\"><td role=\"cell\" class=\"c-pick\">", key);
    if (p->who.role >= ROLE_ADMIN && is_open(en))
        html_print(&p->html, p->lang, "<input type=\"checkbox\" form=\"bulk\" name=\"id\" value=\"%s\" aria-label=\"%s%r%s\">", key, en->f.host, en->f.check ? "/" : "", en->f.check ? en->f.check : "");
    html_print(&p->html, p->lang, "</td>");
    name_cell(p, en);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"num since c-since\">");
    parts_age(p, is_gone(en) ? en->gone_ms : en->first_ms);
    html_print(&p->html, p->lang, "</td>");
    text_cell(p, en);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"wide full c-acts\"><span class=\"acts\">");
    if (p->who.role >= ROLE_ADMIN && is_open(en)) {
        act(p, "accept", key, MSG("Watch"));
        act(p, "ignore", key, MSG("Leave"));
    } else if (p->who.role >= ROLE_ADMIN && is_ignored(en)) {
        act(p, "undo", key, MSG("Propose again"));
    }
    html_print(&p->html, p->lang, "</span></td></tr>\n");
}

static void list(struct page *p, bool (*fits)(const struct book_entry *en), const char *label, const char *since)
{
    const struct book *b = p->h->book;
    int n = 0;
    html_print(&p->html, p->lang, "<table class=\"tab rows found\" role=\"table\" aria-label=\"%t\"><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\" class=\"c-pick\"><span class=\"vh\">%t</span></th>"
                                  "<th scope=\"col\" role=\"columnheader\" class=\"c-what\">%t</th><th scope=\"col\" role=\"columnheader\" class=\"num c-since\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th>"
                                  "<th scope=\"col\" role=\"columnheader\" class=\"c-acts\"><span class=\"vh\">%t</span></th></tr></thead><tbody role=\"rowgroup\">\n",
               label, MSG("Chosen"), MSG("Host / check"), since, MSG("What it is, and how that is known"), MSG("Actions"));
    for (size_t i = 0; i < book_size(b); i++)
        if (fits(book_at(b, i)) && n++ < FOUND_MOST)
            row(p, book_at(b, i));
    html_print(&p->html, p->lang, "</tbody></table>\n");
    if (n > FOUND_MOST) {
        buf_str(&p->html, "<p class=\"quiet\">");
        msg_print(&p->html, p->lang, MSG("and {1} more; they follow when these are decided"), "i", (int64_t)(n - FOUND_MOST));
        buf_str(&p->html, "</p>\n");
    }
}

static void bulk(struct page *p)
{
    if (p->who.role < ROLE_ADMIN)
        return;
    html_print(&p->html, p->lang, "<form id=\"bulk\" class=\"bulk\" method=\"post\" action=\"/console/found\">");
    parts_csrf(p);
    html_print(&p->html, p->lang, "<span class=\"quiet\"><b data-picked>0</b> %t</span><button class=\"btn main\" name=\"do\" value=\"accept\">%t</button><button class=\"btn\" name=\"do\" value=\"ignore\">%t</button></form>\n",
               MSG("chosen"), MSG("Watch these"), MSG("Leave these"));
}

/* ---- what is under way, and what came of it ---- */

static void button(struct page *p, const char *what, const char *word, bool main)
{
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/console/found\">");
    parts_csrf(p);
    html_print(&p->html, p->lang, "<button class=\"btn%r\" name=\"do\" value=\"%r\">%t</button></form>", main ? " main" : "", what, word);
}

static void running(struct page *p, const struct house_discover_state *s)
{
    html_print(&p->html, p->lang, "<p class=\"note s-pending\" role=\"status\">");
    parts_shape(&p->html, "pending");
    html_print(&p->html, p->lang, "<span>%t", s->progress.doing ? s->progress.doing : MSG("looking"));
    if (s->progress.all > 1)
        html_print(&p->html, p->lang, " <b>%l / %l</b>", s->progress.done, s->progress.all);
    html_print(&p->html, p->lang, "</span></p>\n");
}

static void said(struct page *p, const char *css, const char *text)
{
    html_print(&p->html, p->lang, "<p class=\"note%r s-%r\" role=\"%r\">", str_eq(css, "ok") ? "" : " bad", css, str_eq(css, "ok") ? "status" : "alert");
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "<span>%m</span></p>\n", text);
}

/* "?done=12" after a decision. */
static void done(struct page *p)
{
    const char *n = httpd_query(p->rq, "done");
    int64_t v;
    struct buf b = BUF_MAX(300);
    if (!n || str_i64(n, &v) != 0 || v < 0)
        return;
    msg_pack(&b, MSG("{1} {1|thing is|things are} watched now."), "i", v);
    said(p, "ok", buf_text(&b));
    buf_done(&b);
}

static void network(struct page *p, bool open)
{
    const char *net = page_param(p, "net"), *community = page_param(p, "community");
    html_print(&p->html, p->lang, "<details%r><summary>%t</summary>\n<form class=\"ask\" method=\"post\" action=\"/console/found\">", open ? " open" : "", MSG("Look at a network…"));
    parts_csrf(p);
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"net\" value=\"%s\" required autocapitalize=\"none\" spellcheck=\"false\" placeholder=\"192.0.2.0/24\"></label>\n"
                                  "<label class=\"field\"><span>%t</span><input name=\"community\" value=\"%s\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"></label>\n"
                                  "<p class=\"ticks\"><label><input type=\"checkbox\" name=\"yes\" value=\"yes\" required> %t</label></p>\n<p class=\"do\"><button class=\"btn\" name=\"do\" value=\"net\">%t</button></p></form></details>\n",
               MSG("A network that this machine is on"), net ? net : "", MSG("SNMP community, if devices may be asked"), community ? community : "",
               MSG("It is mine, or I may: every address of it is asked, slowly"), MSG("Look"));
}

/* ---- the page ---- */

static void show(struct page *p, int status, const char *wrong)
{
    struct book_counts n;
    struct house_discover_state s;
    bool admin = p->who.role >= ROLE_ADMIN;
    book_count(p->h->book, &n);
    p->h->discover_state(p->h->daemon, &s);
    if (s.running && !wrong)
        page_header(p, "Refresh", "3; url=/console/found");
    parts_open(p, MSG("What could be watched"), "hosts");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t <span class=\"quiet\">%d</span></h1><span class=\"end do\">", MSG("What could be watched"), n.undecided);
    if (admin && s.running)
        button(p, "stop", MSG("Stop"), false);
    else if (admin)
        button(p, "look", MSG("Look again"), false);
    if (admin && n.undecided)
        button(p, "accept-all", MSG("Watch all"), true);
    html_print(&p->html, p->lang, "</span></div>\n");
    if (wrong)
        said(p, "critical", wrong);
    else if (s.running)
        running(p, &s);
    else if (s.code < 0)
        said(p, "critical", s.err.text);
    done(p);
    if (n.undecided)
        list(p, is_open, MSG("What could be watched"), MSG("Found"));
    else if (!s.running)
        said(p, "ok", s.ended_ms ? MSG("Everything that was found here is decided.") : MSG("vigie looks at this machine for the first time in a moment."));
    if (n.gone) {
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2><span class=\"quiet\">%t</span></div>\n", MSG("Watched, and no longer there"), n.gone, MSG("their checks say more; what is over for good can be taken out of its file"));
        list(p, is_gone, MSG("Watched, and no longer there"), MSG("Gone"));
    }
    bulk(p);
    if (n.ignored) {
        html_print(&p->html, p->lang, "<details><summary>%t <span class=\"quiet\">%d</span></summary>\n", MSG("Left alone"), n.ignored);
        list(p, is_ignored, MSG("Left alone"), MSG("Found"));
        html_print(&p->html, p->lang, "</details>\n");
    }
    if (admin && !s.running)
        network(p, wrong && page_param(p, "net"));
    parts_close(p);
    page_send(p, status, "text/html; charset=utf-8");
}

void page_found_get(struct page *p) { show(p, 200, NULL); }

/* ---- decisions ---- */

static void decided(struct page *p, int status, const struct doc *reply)
{
    const struct doc *e = doc_get(reply, "error"), *first = doc_first(doc_get(e, "errors")), *accepted = doc_get(reply, "files");
    const struct doc *done_keys = doc_get(reply, "done");
    if (status != 200) {
        const char *text = first ? doc_text(first, "message", NULL) : doc_text(e, "message", NULL);
        show(p, status, text ? text : MSG("That did not work."));
        return;
    }
    page_redirect(p, accepted ? arena_printf(p->rq->arena, "/console/found?done=%zu", done_keys ? done_keys->kids.n : 0) : "/console/found");
}

struct picking {
    struct doc *list;
    int n;
};

static void pick(void *arg, const char *name, const char *value)
{
    struct picking *k = arg;
    if (str_eq(name, "id") && value[0] && ++k->n <= PICK_MOST)
        doc_push_text(k->list, value);
}

/* One of a row's buttons, or those that are ticked. */
static void decide(struct page *p, const char *op, const char *key, bool undo)
{
    struct doc *o = doc_object(p->rq->arena);
    struct picking k = {doc_put_list(o, "keys"), 0};
    if (key)
        doc_push_text(k.list, key);
    else
        httpd_form_each(p->rq, pick, &k);
    if (undo)
        doc_put_text(o, "undo", "yes");
    if (!key && !k.n)
        show(p, 400, MSG("Choose something first."));
    else
        page_op(p, op, o, decided);
}

static void look(struct page *p, bool net)
{
    struct doc *o = doc_object(p->rq->arena);
    const char *prefix = page_param(p, "net"), *community = page_param(p, "community"), *yes = page_param(p, "yes");
    doc_put_text(o, "wait", net ? "no" : "yes");
    if (net)
        doc_put_text(o, "net", prefix ? prefix : "");
    if (net && community && community[0])
        doc_push_text(doc_put_list(o, "community"), community);
    if (net && yes)
        doc_put_text(o, "yes", "yes");
    page_op(p, "discover", o, decided);
}

void page_found_post(struct page *p)
{
    const char *what = httpd_form(p->rq, "do"), *accept = httpd_form(p->rq, "accept"), *ignore = httpd_form(p->rq, "ignore"), *undo = httpd_form(p->rq, "undo");
    struct doc *all = doc_object(p->rq->arena);
    doc_put_text(all, "all", "yes");
    if (accept || str_eq(what, "accept"))
        decide(p, "discover-accept", accept, false);
    else if (ignore || str_eq(what, "ignore"))
        decide(p, "discover-ignore", ignore, false);
    else if (undo)
        decide(p, "discover-ignore", undo, true);
    else if (str_eq(what, "accept-all"))
        page_op(p, "discover-accept", all, decided);
    else if (str_eq(what, "look") || str_eq(what, "net"))
        look(p, str_eq(what, "net"));
    else if (str_eq(what, "stop"))
        page_op(p, "discover-stop", doc_object(p->rq->arena), decided);
    else
        show(p, 400, MSG("That did not work."));
}

/* For the page of hosts: how much waits for a decision. */
void found_link(struct page *p)
{
    struct book_counts n;
    struct buf b = BUF_MAX(200);
    if (p->who.role < ROLE_OPERATOR || !p->h->book)
        return;
    book_count(p->h->book, &n);
    msg_print(&b, p->lang, n.undecided ? MSG("{1} more could be watched") : MSG("What could be watched"), "i", (int64_t)n.undecided);
    html_print(&p->html, p->lang, "<a class=\"btn\" href=\"/console/found\">%s</a> ", buf_text(&b));
    buf_done(&b);
}

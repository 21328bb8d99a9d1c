/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_setup.c: people, tokens, configuration; what the command line does, for those who prefer a page. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/page_console.h"
#include "web/parts.h"

enum { WARNINGS_SHOWN = 100 };

static const char *const roles[] = {"viewer", "operator", "admin"};

static const char *role_name(const char *role)
{
    return str_eq(role, "admin") ? MSG("admin") : str_eq(role, "operator") ? MSG("operator") : MSG("viewer");
}

static void form_open(struct page *p, const char *what)
{
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/console/setup\"><input type=\"hidden\" name=\"what\" value=\"%r\">", what);
    parts_csrf(p);
}

static void role_select(struct page *p)
{
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><select name=\"role\">", MSG("Role"));
    for (size_t i = 0; i < COUNT(roles); i++)
        html_print(&p->html, p->lang, "<option value=\"%r\">%t</option>", roles[i], role_name(roles[i]));
    html_print(&p->html, p->lang, "</select></label>\n");
}

static void time_cell(struct page *p, const struct doc *d, const char *key)
{
    const struct doc *t = doc_get(d, key);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"quiet\">");
    if (t && t->kind == DOC_TIME && t->i) {
        struct buf b = BUF_MAX(80);
        time_date(&b, t->i, p->now.wall_ms, p->h->zone, p->lang);
        html_print(&p->html, p->lang, "%s", buf_text(&b));
        buf_done(&b);
    } else {
        buf_str(&p->html, "–");
    }
    html_print(&p->html, p->lang, "</td>");
}

static void remove_cell(struct page *p, const char *what, const char *name)
{
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"wide full c-acts\">");
    form_open(p, what);
    html_print(&p->html, p->lang, "<input type=\"hidden\" name=\"name\" value=\"%s\"><span class=\"acts\"><button>%t</button></span></form></td>", name, MSG("Remove"));
}

static void open_people(struct page *p, const char *label, const char *last)
{
    const char *const titles[] = {MSG("Name"), MSG("Role"), last};
    html_print(&p->html, p->lang, "<table class=\"tab people\" role=\"table\" aria-label=\"%t\"><thead role=\"rowgroup\"><tr role=\"row\">", label);
    for (size_t i = 0; i < COUNT(titles); i++)
        html_print(&p->html, p->lang, "<th scope=\"col\" role=\"columnheader\">%t</th>", titles[i]);
    html_print(&p->html, p->lang, "<th scope=\"col\" role=\"columnheader\" class=\"c-acts\"><span class=\"vh\">%t</span></th></tr></thead><tbody role=\"rowgroup\">\n", MSG("Actions"));
}

static const char *from_word(const struct doc *user)
{
    const char *origin = doc_text(user, "origin", "local");
    return str_eq(origin, "ldap") ? " (LDAP)" : str_eq(origin, "oidc") ? " (OpenID)" : "";
}

static void people(struct page *p)
{
    struct doc *list = doc_list(p->rq->arena);
    auth_users(p->h->auth, list);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n", MSG("People"), (int)list->kids.n);
    open_people(p, MSG("People"), MSG("Last log-in"));
    DOC_EACH(list, d) {
        html_print(&p->html, p->lang, "<tr role=\"row\"><td role=\"cell\"><b>%s</b>%s</td><td role=\"cell\">%t</td>", doc_text(d, "name", ""), from_word(d), role_name(doc_text(d, "role", "")));
        time_cell(p, d, "last_login");
        remove_cell(p, "user-remove", doc_text(d, "name", ""));
        html_print(&p->html, p->lang, "</tr>\n");
    }
    html_print(&p->html, p->lang, "</tbody></table>\n<details><summary>%t</summary>", MSG("Add somebody"));
    form_open(p, "user-add");
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"name\" required autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"></label>\n<label class=\"field\"><span>%t</span><input name=\"password\" type=\"password\" required minlength=\"10\" autocomplete=\"new-password\"></label>\n",
               MSG("Name"), MSG("Password, at least 10 characters"));
    role_select(p);
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button></p></form></details>\n", MSG("Add"));
}

static void tokens(struct page *p)
{
    struct doc *list = doc_list(p->rq->arena);
    auth_tokens(p->h->auth, list);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n", MSG("Tokens for programs"), (int)list->kids.n);
    if (list->kids.n)
        open_people(p, MSG("Tokens for programs"), MSG("Last used"));
    DOC_EACH(list, d) {
        const char *scope = doc_text(d, "scope", NULL);
        html_print(&p->html, p->lang, "<tr role=\"row\"><td role=\"cell\"><b>%s</b></td><td role=\"cell\">%t%r%s</td>", doc_text(d, "name", ""), role_name(doc_text(d, "role", "")), scope ? ": " : "", scope ? scope : "");
        time_cell(p, d, "last_used");
        remove_cell(p, "token-remove", doc_text(d, "name", ""));
        html_print(&p->html, p->lang, "</tr>\n");
    }
    if (list->kids.n)
        html_print(&p->html, p->lang, "</tbody></table>\n");
    html_print(&p->html, p->lang, "<details><summary>%t</summary>", MSG("Make a token"));
    form_open(p, "token-add");
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"name\" required autocomplete=\"off\"></label>\n<label class=\"field\"><span>%t</span><input name=\"scope\" placeholder=\"read, result, ack\" autocomplete=\"off\"></label>\n",
               MSG("What it is for"), MSG("Only these operations (all that the role may when empty)"));
    role_select(p);
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button></p></form></details>\n", MSG("Make it"));
}

static void warnings(struct page *p, const struct conf *c)
{
    if (!c->n_warnings)
        return;
    html_print(&p->html, p->lang, "<h3>");
    msg_print(&p->html, p->lang, MSG("{1} {1|warning|warnings} in the configuration"), "i", (int64_t)c->n_warnings);
    html_print(&p->html, p->lang, "</h3>\n<ul class=\"why\">");
    for (int i = 0; i < c->n_warnings && i < WARNINGS_SHOWN; i++)
        html_print(&p->html, p->lang, "<li>%m <code>%s:%d</code></li>", c->warnings[i].text, c->warnings[i].file, (int)c->warnings[i].line);
    html_print(&p->html, p->lang, "</ul>\n");
}

static void configuration(struct page *p)
{
    const struct conf *c = model_conf(p->h->model);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2 id=\"configuration\">%t</h2></div>\n<p>", MSG("Configuration"));
    msg_print(&p->html, p->lang, MSG("{1} {1|host|hosts}, {2} {2|check|checks}, {3} {3|contact|contacts}, {4} {4|component|components}."), "iiii", (int64_t)c->n_hosts, (int64_t)c->n_checks, (int64_t)c->n_contacts,
              (int64_t)c->n_components);
    html_print(&p->html, p->lang, "</p>\n<ul class=\"why\">");
    for (int i = 0; i < c->n_files && i < 50; i++)
        html_print(&p->html, p->lang, "<li><code>%s</code></li>", c->files[i]);
    if (!c->n_files)
        html_print(&p->html, p->lang, "<li>%t <code>%s</code></li>", MSG("No file yet; this machine is watched. The first file would be"), p->h->config_file);
    html_print(&p->html, p->lang, "</ul>\n");
    warnings(p, c);
    if (!c->n_contacts)
        html_print(&p->html, p->lang, "<p class=\"note s-warning\">%t</p>\n", MSG("Nobody is told of problems: there is no contact. Add one below “contacts:”."));
    if (p->who.role >= ROLE_ADMIN) {
        form_open(p, "conf-apply");
        html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn\">%t</button> <a class=\"btn\" href=\"/console/add\">%t</a></p></form>\n", MSG("Read the files again"), MSG("Watch something…"));
    }
}

static void put_page(struct page *p, const char *said, const char *wrong, const char *token)
{
    parts_open(p, MSG("Setup"), "setup");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t</h1></div>\n", MSG("Setup"));
    if (said)
        html_print(&p->html, p->lang, "<p class=\"note s-ok\" role=\"status\">%t</p>\n", said);
    if (wrong)
        html_print(&p->html, p->lang, "<p class=\"note bad s-critical\" role=\"alert\">%m</p>\n", wrong);
    if (token)
        html_print(&p->html, p->lang, "<p class=\"note s-ok\" role=\"status\"><span>%t <code class=\"token\">%s</code></span></p>\n", MSG("Keep it now, it is not shown again:"), token);
    configuration(p);
    if (p->who.role >= ROLE_ADMIN) {
        people(p);
        tokens(p);
    }
    parts_close(p);
}

void page_setup_get(struct page *p)
{
    put_page(p, NULL, NULL, NULL);
    page_send(p, 200, "text/html; charset=utf-8");
}

static void setup_done(struct page *p, int status, const struct doc *reply)
{
    const struct doc *e = doc_get(reply, "error"), *m = doc_get(e, "message"), *errors = doc_get(e, "errors");
    const struct doc *first = errors && errors->kids.first ? errors->kids.first : NULL;
    struct buf wrong = BUF_MAX(2000);
    if (first)
        msg_pack(&wrong, MSG("{1}, line {2}: {3}"), "sim", doc_text(first, "file", ""), doc_int(first, "line", 0), doc_text(first, "message", ""));
    else if (m && m->text)
        buf_str(&wrong, m->text);
    put_page(p, status == 200 ? MSG("Done.") : NULL, status == 200 ? NULL : buf_text(&wrong), doc_text(reply, "token", NULL));
    buf_done(&wrong);
    page_send(p, status, "text/html; charset=utf-8");
}

void page_setup_post(struct page *p)
{
    static const struct {
        const char *op, *params[4];
    } rows[] = {{"user-add", {"name", "password", "role"}}, {"user-remove", {"name"}}, {"token-add", {"name", "role", "scope"}}, {"token-remove", {"name"}}, {"conf-apply", {NULL}}};
    const char *what = page_param(p, "what");
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!str_eq(rows[i].op, what))
            continue;
        struct doc *o = doc_object(p->rq->arena);
        for (int k = 0; k < 4 && rows[i].params[k]; k++) {
            const char *v = page_param(p, rows[i].params[k]);
            if (v && v[0])
                doc_put_text(o, rows[i].params[k], v);
        }
        page_op(p, what, o, setup_done);
        return;
    }
    page_error(p, 400, MSG("There is no such action."));
}

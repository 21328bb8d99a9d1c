/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_account.c: what somebody who is logged in may do about their own log-in: the second factor.  Also the only page that is shown
 * to those who must have one and have none yet; they see it at the door, not in the console. */
#include "base/str.h"
#include "web/parts.h"
#include "web/qr.h"
#include "web/web_priv.h"

enum { ISSUER_BYTES = 32 };

static void frame_open(struct page *p, const char *title)
{
    if (p->who.enrol) {
        door_open(p, title);
    } else {
        parts_open(p, title, "account");
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t</h1></div>\n<div class=\"self\">\n", title);
    }
}

static void frame_close(struct page *p, const struct err *e)
{
    if (p->who.enrol) {
        html_print(&p->html, p->lang, "<form method=\"post\" action=\"/logout\">");
        parts_csrf(p);
        html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"link\">%t</button></p></form>\n", MSG("Log out"));
        door_close(p);
    } else {
        html_print(&p->html, p->lang, "</div>\n");
        parts_close(p);
    }
    page_send(p, e ? op_http_status(e->code) : 200, "text/html; charset=utf-8");
}

static void form_open(struct page *p, const char *what)
{
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/console/account/%r\">\n", what);
    parts_csrf(p);
}

static void wrong(struct page *p, const struct err *e)
{
    if (e)
        html_print(&p->html, p->lang, "<p class=\"err\" id=\"wrong\" role=\"alert\">%m</p>\n", e->text);
}

static void code_field(struct page *p, const char *label, bool again)
{
    html_print(&p->html, p->lang,
               "<label class=\"field\"><span>%t</span><input name=\"code\" inputmode=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"24\" required%r></label>\n",
               label, again ? " aria-describedby=\"wrong\" aria-invalid=\"true\" autofocus" : "");
}

static bool begin_here(struct page *p, struct auth_factor *f)
{
    if (!p->who.session || auth_factor_get(p->h->auth, p->who.name, f) != 0) {
        page_redirect(p, "/login?next=/console/account");
        return false;
    }
    return true;
}

/* ---- how it stands ---- */

static const char *role_name(enum role r)
{
    static const char *const names[] = {[ROLE_NONE] = "", [ROLE_VIEWER] = MSG("viewer"), [ROLE_OPERATOR] = MSG("operator"), [ROLE_ADMIN] = MSG("admin")};
    return names[r];
}

static void factor_on(struct page *p, const struct auth_factor *f, const struct err *e)
{
    html_print(&p->html, p->lang, "<p>");
    msg_print(&p->html, p->lang, MSG("A code is asked for at each log-in, since {1}. {2} recovery {2|code is|codes are} left."), "ti", f->since_ms, (int64_t)f->recovery);
    html_print(&p->html, p->lang, "</p>\n");
    wrong(p, e);
    form_open(p, "codes");
    code_field(p, MSG("Code of the moment"), e != NULL);
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button> <button class=\"btn\" formaction=\"/console/account/end\">%t</button></p>\n</form>\n", MSG("New recovery codes"),
               MSG("End the second factor"));
    if (f->required)
        html_print(&p->html, p->lang, "<p class=\"quiet hint\">%t</p>\n", MSG("It is required here: ended, a new one begins at once. That is the way to another telephone."));
}

static void factor_off(struct page *p, const struct auth_factor *f, const struct err *e)
{
    html_print(&p->html, p->lang, "<p>%t</p>\n",
               f->required ? MSG("Here everybody has a second factor: besides the password, a code that a telephone or a password manager shows. It takes a minute.")
                           : MSG("Besides the password, a code can be asked for that a telephone or a password manager shows. Whoever learns the password alone does not get in then."));
    wrong(p, e);
    form_open(p, "begin");
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button></p>\n</form>\n", MSG("Set up a second factor"));
}

static void account_show(struct page *p, const struct auth_factor *f, const struct err *e)
{
    frame_open(p, MSG("Your log-in"));
    if (!p->who.enrol)
        html_print(&p->html, p->lang, "<p><b>%s</b>, %t</p>\n<h2>%t</h2>\n", p->who.name, role_name(p->who.role), MSG("Second factor"));
    else
        html_print(&p->html, p->lang, "<h2>%t</h2>\n", MSG("Second factor"));
    if (!f->can)
        html_print(&p->html, p->lang, "<p>%t</p>\n", MSG("You log in by OpenID Connect: a second factor is asked for there."));
    else if (f->on)
        factor_on(p, f, e);
    else
        factor_off(p, f, e);
    frame_close(p, e);
}

static void account_get(struct page *p)
{
    struct auth_factor f;
    if (begin_here(p, &f))
        account_show(p, &f, NULL);
}

/* ---- setting it up ---- */

static void picture(struct page *p)
{
    char issuer[ISSUER_BYTES + 1];
    const struct conf *c = model_conf(p->h->model);
    const char *title = c ? conf_pairs_lang(&c->site.title, p->lang) : NULL;
    struct buf uri = BUF_MAX(QR_MOST_BYTES + 1);
    struct qr *q = ARENA_NEW(p->rq->arena, struct qr);
    str_copy(issuer, sizeof issuer, title ? title : "vigie");
    auth_factor_uri(p->h->auth, p->who.name, issuer, &uri);
    if (!uri.full && qr_make(buf_text(&uri), q) == 0)
        qr_svg(&p->html, q, msg_tr(p->lang, MSG("QR code of the secret")));
    buf_clear(&uri);
    buf_done(&uri);
}

/* In fours: people may have to type it. */
static void secret_text(struct page *p, const char *secret)
{
    buf_str(&p->html, "<p><code class=\"secret\">");
    for (int i = 0; secret[i]; i++)
        html_print(&p->html, p->lang, "%r%r", i && i % 4 == 0 ? " " : "", (char[2]){secret[i], '\0'});
    buf_str(&p->html, "</code></p>\n");
}

static void enrol_show(struct page *p, const char *secret, const struct err *e)
{
    frame_open(p, MSG("Set up a second factor"));
    html_print(&p->html, p->lang, "<p>%t</p>\n", MSG("Read this with the program that shows codes (any for TOTP does), or type the secret into it:"));
    picture(p);
    secret_text(p, secret);
    wrong(p, e);
    form_open(p, "confirm");
    code_field(p, MSG("The code that it shows now"), e != NULL);
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button> <a class=\"btn\" href=\"/console/account\">%t</a></p>\n</form>\n", MSG("Confirm"), MSG("Not now"));
    frame_close(p, e);
}

static void begin_post(struct page *p)
{
    char secret[AUTH_FACTOR_TEXT];
    struct auth_factor f;
    struct err e = {0};
    if (!begin_here(p, &f))
        return;
    if (auth_factor_begin(p->h->auth, p->who.name, p->now.wall_ms, secret, &e) < 0)
        account_show(p, &f, &e);
    else
        enrol_show(p, secret, NULL);
}

static void codes_show(struct page *p, const char (*codes)[AUTH_RECOVERY_TEXT])
{
    p->who.enrol = false; /* done: the console is open */
    auth_session(p->h->auth, httpd_cookie(p->rq, "vigie"), p->now.wall_ms, &p->who);
    frame_open(p, MSG("Recovery codes"));
    html_print(&p->html, p->lang, "<p>%t</p>\n<ol class=\"codes\">\n", MSG("Each of them opens once, in place of a code, when the telephone is lost. They are shown now and never again: print them, or keep them where your passwords are."));
    for (int i = 0; i < AUTH_RECOVERY_CODES; i++)
        html_print(&p->html, p->lang, "<li><code>%s</code></li>\n", codes[i]);
    html_print(&p->html, p->lang, "</ol>\n<p class=\"do\"><a class=\"btn main\" href=\"/console\">%t</a></p>\n", MSG("I have them"));
    frame_close(p, NULL);
}

static void confirmed(void *arg, int code, const char (*codes)[AUTH_RECOVERY_TEXT], const struct err *e)
{
    struct page *p = arg;
    char secret[AUTH_FACTOR_TEXT];
    struct auth_factor f;
    if (code == 0)
        codes_show(p, codes);
    else if (e && auth_factor_begun(p->h->auth, p->who.name, p->now.wall_ms, secret) == 0)
        enrol_show(p, secret, e);
    else if (begin_here(p, &f))
        account_show(p, &f, e);
}

static void confirm_post(struct page *p)
{
    struct auth_factor f;
    if (begin_here(p, &f))
        auth_factor_confirm(p->h->auth, p->who.name, page_param(p, "code"), p->now.wall_ms, confirmed, p);
}

/* ---- later ---- */

static void codes_post(struct page *p)
{
    struct auth_factor f;
    if (begin_here(p, &f))
        auth_factor_recovery(p->h->auth, p->who.name, page_param(p, "code"), p->now.wall_ms, confirmed, p);
}

static void ended(void *arg, int code, const struct err *e)
{
    struct page *p = arg;
    struct auth_factor f;
    if (code == 0)
        page_redirect(p, "/console/account");
    else if (begin_here(p, &f))
        account_show(p, &f, e);
}

static void end_post(struct page *p)
{
    struct auth_factor f;
    const char *code = page_param(p, "code");
    if (begin_here(p, &f))
        auth_factor_remove(p->h->auth, p->who.name, code ? code : "", p->now.wall_ms, ended, p);
}

/* The address of an answer to a form, opened anew (another language, a reload). */
static void account_back(struct page *p) { page_redirect(p, "/console/account"); }

const struct page_row account_pages[] = {
    {"GET", "/console/account", ROLE_NONE, false, account_get},
    {"GET", "/console/account/{step}", ROLE_NONE, false, account_back},
    {"POST", "/console/account/begin", ROLE_NONE, true, begin_post},
    {"POST", "/console/account/confirm", ROLE_NONE, true, confirm_post},
    {"POST", "/console/account/codes", ROLE_NONE, true, codes_post},
    {"POST", "/console/account/end", ROLE_NONE, true, end_post},
    {0}};

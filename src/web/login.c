/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.c: the door of the console: log-in, log-out, the set-up link, and what a reader chooses (language, theme). */
#include "base/str.h"
#include "web/parts.h"
#include "web/web_priv.h"

enum { SESSION_S = 30 * 86400, HALF_S = 300 };

void door_open(struct page *p, const char *title)
{
    parts_head(p, title, "door-page");
    html_print(&p->html, p->lang, "<main class=\"door\" id=\"main\">\n<h1 class=\"logo\">%r<span class=\"vh\">%t</span></h1>\n", parts_logo, title);
}

void door_close(struct page *p)
{
    html_print(&p->html, p->lang, "<p class=\"quiet\">");
    parts_languages(p);
    html_print(&p->html, p->lang, "</p>\n</main>\n");
    parts_foot(p);
}

static void say_error(struct page *p, const struct err *e)
{
    if (e)
        html_print(&p->html, p->lang, "<p class=\"err\" id=\"wrong\" role=\"alert\">%m</p>\n", e->text);
}

/* ---- log-in ---- */

static void login_form(struct page *p, const char *name, const struct err *e)
{
    const char *next = page_param(p, "next");
    door_open(p, MSG("Log in"));
    html_print(&p->html, p->lang, "<form method=\"post\" action=\"/login\">\n");
    say_error(p, e);
    html_print(&p->html, p->lang,
               "<input type=\"hidden\" name=\"next\" value=\"%s\">\n"
               "<label class=\"field\"><span>%t</span><input name=\"user\" value=\"%s\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required%r></label>\n"
               "<label class=\"field\"><span>%t</span><input name=\"password\" type=\"password\" autocomplete=\"current-password\" required%r></label>\n"
               "<button class=\"btn main\">%t</button>\n</form>\n",
               next ? next : "/console", MSG("Name"), name ? name : "", e ? " aria-describedby=\"wrong\" aria-invalid=\"true\"" : " autofocus",
               MSG("Password"), e ? " aria-describedby=\"wrong\" aria-invalid=\"true\" autofocus" : "", MSG("Log in"));
    oidc_button(p, page_way(next));
    if (!auth_has_users(p->h->auth))
        html_print(&p->html, p->lang, "<p>%t <code>vigie user setup-link</code></p>\n",
                   MSG("Nobody can log in yet. On the machine, this command makes a link for the first person:"));
    html_print(&p->html, p->lang, "<p>%t <a href=\"/\">%t</a>.</p>\n", MSG("This door is for staff. To see whether a service works, no name is needed:"),
               MSG("state of the services"));
    door_close(p);
    page_send(p, e ? op_http_status(e->code) : 200, "text/html; charset=utf-8");
}

static void login_get(struct page *p)
{
    if (p->h->demo || p->who.session)
        page_redirect(p, p->who.enrol ? "/console/account" : "/console");
    else
        login_form(p, NULL, NULL);
}

static const char *next_of(const struct page *p)
{
    const char *next = page_param(p, "next");
    return next && str_starts(next, "/console") ? next : "/console";
}

void login_let_in(struct page *p, const char *secret, const char *next)
{
    page_cookie(p, "vigie", secret, SESSION_S, true);
    page_redirect(p, next && str_starts(next, "/console") ? next : "/console");
}

void login_refused(struct page *p, const struct err *e) { login_form(p, NULL, e); }

/* The right password, and a code is wanted: the door stands half open. */
static void ask_code(struct page *p, const char *half)
{
    struct buf b = BUF_MAX(4 * HTTPD_MAX_URL);
    page_cookie(p, "vigie_half", half, HALF_S, true);
    html_print(&b, p->lang, "/login/code?next=%u", next_of(p));
    page_redirect(p, arena_dup(p->rq->arena, buf_text(&b)));
    buf_done(&b);
}

static void login_done(void *arg, int code, const char *secret, const struct err *e)
{
    struct page *p = arg;
    if (code < 0)
        login_form(p, page_param(p, "user"), e);
    else if (code == AUTH_HALF)
        ask_code(p, secret);
    else
        login_let_in(p, secret, next_of(p));
}

/* A log-in form of another site must not log a person in here: a browser says where a POST comes from. */
static bool same_origin(const struct page *p)
{
    const char *site = httpd_header(p->rq, "Sec-Fetch-Site"), *origin = httpd_header(p->rq, "Origin"), *host = httpd_header(p->rq, "Host");
    if (site)
        return str_eq(site, "same-origin") || str_eq(site, "none");
    if (!origin || str_eq(origin, "null") || !host)
        return !origin;
    const char *at = __builtin_strstr(origin, "://");
    return at && str_ieq(at + 3, host);
}

static void login_post(struct page *p)
{
    const char *name = page_param(p, "user"), *password = page_param(p, "password");
    if (!same_origin(p)) {
        page_error(p, 403, MSG("This form came from another site. Open the log-in page here and try again."));
        return;
    }
    auth_login(p->h->auth, name ? name : "", password ? password : "", p->client, p->now.wall_ms, login_done, p);
}

/* ---- the second step ---- */

static void code_form(struct page *p, const struct err *e)
{
    door_open(p, MSG("A code, too"));
    html_print(&p->html, p->lang, "<p>%t</p>\n<form method=\"post\" action=\"/login/code\">\n", MSG("The password is right. Now the code that your telephone or password manager shows, or one of your recovery codes."));
    say_error(p, e);
    html_print(&p->html, p->lang,
               "<input type=\"hidden\" name=\"next\" value=\"%s\">\n"
               "<label class=\"field\"><span>%t</span><input name=\"code\" inputmode=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"24\" required autofocus%r></label>\n"
               "<button class=\"btn main\">%t</button>\n</form>\n",
               next_of(p), MSG("Code"), e ? " aria-describedby=\"wrong\" aria-invalid=\"true\"" : "", MSG("Log in"));
    html_print(&p->html, p->lang, "<p class=\"quiet\">%t</p>\n", MSG("Neither at hand? An admin can end your second factor."));
    door_close(p);
    page_send(p, e ? op_http_status(e->code) : 200, "text/html; charset=utf-8");
}

static void code_get(struct page *p)
{
    if (p->who.session || !auth_half_open(p->h->auth, httpd_cookie(p->rq, "vigie_half"), p->now.wall_ms))
        page_redirect(p, p->who.session ? "/console" : "/login");
    else
        code_form(p, NULL);
}

static void code_done(void *arg, int code, const char *secret, const struct err *e)
{
    struct page *p = arg;
    if (code < 0 && auth_half_open(p->h->auth, httpd_cookie(p->rq, "vigie_half"), p->now.wall_ms)) {
        code_form(p, e);
        return;
    }
    page_cookie(p, "vigie_half", "", 0, true);
    if (code < 0)
        login_form(p, NULL, e);
    else
        login_let_in(p, secret, next_of(p));
}

static void code_post(struct page *p)
{
    if (!same_origin(p))
        page_error(p, 403, MSG("This form came from another site. Open the log-in page here and try again."));
    else
        auth_second(p->h->auth, httpd_cookie(p->rq, "vigie_half"), page_param(p, "code"), p->client, p->now.wall_ms, code_done, p);
}

static void logout_post(struct page *p)
{
    if (p->who.session)
        auth_logout(p->h->auth, httpd_cookie(p->rq, "vigie"));
    page_cookie(p, "vigie", "", 0, true);
    if (!oidc_farewell(p))
        page_redirect(p, "/login");
}

/* ---- set-up ---- */

static void setup_form(struct page *p, const char *name, const struct err *e)
{
    const char *secret = page_part(p, "secret");
    door_open(p, MSG("Set up your log-in"));
    html_print(&p->html, p->lang, "<p>%t</p>\n<form method=\"post\" action=\"/setup/%u\">\n",
               MSG("You are the first. Choose a name and a password; you will be admin, and can add others."), secret);
    say_error(p, e);
    html_print(&p->html, p->lang,
               "<label class=\"field\"><span>%t</span><input name=\"user\" value=\"%s\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required maxlength=\"64\"%r></label>\n"
               "<label class=\"field\"><span>%t</span><input name=\"password\" type=\"password\" autocomplete=\"new-password\" required minlength=\"10\" aria-describedby=\"least\"></label>\n"
               "<p class=\"quiet hint\" id=\"least\">%t</p>\n"
               "<label class=\"field\"><span>%t</span><input name=\"again\" type=\"password\" autocomplete=\"new-password\" required minlength=\"10\"></label>\n"
               "<button class=\"btn main\">%t</button>\n</form>\n",
               MSG("Name"), name ? name : "", e ? "" : " autofocus", MSG("Password"), MSG("At least 10 characters; a few words are best."), MSG("Password, once more"),
               MSG("Begin"));
    door_close(p);
    page_send(p, e ? op_http_status(e->code) : 200, "text/html; charset=utf-8");
}

static void setup_used_up(struct page *p)
{
    page_error(p, 410, MSG("This set-up link is used up or over an hour old. “vigie user setup-link” on the machine makes a new one."));
}

static void setup_get(struct page *p)
{
    const char *secret = page_part(p, "secret");
    if (secret && auth_setup_valid(p->h->auth, secret, p->now.wall_ms))
        setup_form(p, NULL, NULL);
    else
        setup_used_up(p);
}

static void setup_done(void *arg, int code, const char *session, const struct err *e)
{
    struct page *p = arg;
    if (code < 0) {
        setup_form(p, page_param(p, "user"), e);
        return;
    }
    page_cookie(p, "vigie", session, SESSION_S, true);
    page_redirect(p, "/console");
}

static void setup_post(struct page *p)
{
    const char *secret = page_part(p, "secret"), *name = page_param(p, "user"), *password = page_param(p, "password"), *again = page_param(p, "again");
    struct err e = {0};
    if (!secret || !auth_setup_valid(p->h->auth, secret, p->now.wall_ms)) {
        setup_used_up(p);
    } else if (!same_origin(p)) {
        page_error(p, 403, MSG("This form came from another site. Open the log-in page here and try again."));
    } else if (!str_eq(password, again)) {
        err_field(&e, ERR_INVALID, "again", MSG("The two passwords differ."), "");
        setup_form(p, name, &e);
    } else {
        auth_setup_use(p->h->auth, secret, name ? name : "", password ? password : "", p->lang, p->now.wall_ms, setup_done, p);
    }
}

/* ---- theme ---- */

static void theme_post(struct page *p)
{
    const char *theme = page_param(p, "theme"), *next = page_param(p, "next");
    bool keep = str_eq(theme, "dark") || str_eq(theme, "light");
    page_cookie(p, "theme", keep ? theme : "", keep ? 365 * 86400 : 0, false);
    page_redirect(p, next && next[0] ? next : "/console");
}

const struct page_row login_pages[] = {
    {"GET", "/login", ROLE_NONE, false, login_get},
    {"POST", "/login", ROLE_NONE, false, login_post},
    {"GET", "/login/code", ROLE_NONE, false, code_get},
    {"POST", "/login/code", ROLE_NONE, false, code_post},
    {"POST", "/logout", ROLE_NONE, true, logout_post},
    {"GET", "/setup/{secret}", ROLE_NONE, false, setup_get},
    {"POST", "/setup/{secret}", ROLE_NONE, false, setup_post},
    {"POST", "/theme", ROLE_NONE, false, theme_post},
    {0}};

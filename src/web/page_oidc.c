/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_oidc.c: the way to a provider of log-ins and back (OpenID Connect).  Links and redirects only, no forms: the policy of our pages lets
 * forms go nowhere else. */
#include "base/str.h"
#include "web/parts.h"
#include "web/web_priv.h"

enum { TIE_S = 600, NEXT_BYTES = 1024 };

static const char *oidc_title(const struct page *p)
{
    const struct conf *c = model_conf(p->h->model);
    const char *issuer = c ? c->login.oidc.issuer : NULL;
    if (!issuer || !auth_oidc_there(p->h->auth))
        return NULL;
    if (c->login.oidc.title)
        return c->login.oidc.title;
    const char *host = __builtin_strstr(issuer, "://");
    host = host ? host + 3 : issuer;
    return arena_dupn(p->rq->arena, host, strcspn(host, "/:"));
}

static void login_with(struct page *p, const char *title, const char *msgid)
{
    struct buf packed = BUF_MAX(300);
    msg_pack(&packed, msgid, "s", title ? title : "");
    html_print(&p->html, p->lang, "%m", buf_text(&packed));
    buf_done(&packed);
}

void oidc_button(struct page *p, const char *next)
{
    const char *title = oidc_title(p);
    if (!title)
        return;
    html_print(&p->html, p->lang, "<p class=\"or\"><a class=\"btn\" href=\"/login/oidc?next=%u\">", next);
    login_with(p, title, MSG("Log in with {1}"));
    html_print(&p->html, p->lang, "</a></p>\n");
}

/* Of this site, as the browser sees it. */
static const char *own_url(const struct page *p, const char *path)
{
    const struct conf *c = model_conf(p->h->model);
    const char *base = c && c->site.url ? c->site.url : p->h->address;
    size_t n = strlen(base);
    return arena_printf(p->rq->arena, "%.*s%s", (int)(n && base[n - 1] == '/' ? n - 1 : n), base, path);
}

static void sent(void *arg, int code, const char *url, const char *tie, const struct err *e)
{
    struct page *p = arg;
    if (code < 0) {
        login_refused(p, e);
        return;
    }
    page_cookie(p, "vigie_oidc", tie, TIE_S, true);
    page_header(p, "Location", arena_dup(p->rq->arena, url));
    page_send(p, 303, "text/plain; charset=utf-8");
}

static void there_get(struct page *p)
{
    const char *next = page_param(p, "next");
    if (!oidc_title(p))
        page_error(p, 404, MSG("There is no such page."));
    else
        auth_oidc_begin(p->h->auth, own_url(p, "/login/oidc/back"), page_way(next), p->now.wall_ms, sent, p);
}

static void back(void *arg, int code, const char *secret, const struct err *e)
{
    struct page *p = arg;
    const char *next = p->user;
    page_cookie(p, "vigie_oidc", "", 0, true);
    if (code < 0)
        login_refused(p, e);
    else
        login_let_in(p, secret, next);
}

static void back_get(struct page *p)
{
    struct auth_oidc_back b = {.tie = httpd_cookie(p->rq, "vigie_oidc"), .state = httpd_query(p->rq, "state"), .code = httpd_query(p->rq, "code"), .iss = httpd_query(p->rq, "iss"), .error = httpd_query(p->rq, "error")};
    char *next = arena_alloc(p->rq->arena, NEXT_BYTES);
    p->user = next;
    if (!oidc_title(p))
        page_error(p, 404, MSG("There is no such page."));
    else
        auth_oidc_back(p->h->auth, &b, p->client, p->now.wall_ms, next, NEXT_BYTES, back, p);
}

/* Logged out here; and there, by a link, when the provider has a place for it. */
bool oidc_farewell(struct page *p)
{
    struct buf url = BUF_MAX(4000);
    bool there = auth_oidc_logout(p->h->auth, &p->who, own_url(p, "/login"), &url);
    if (there) {
        const char *title = oidc_title(p);
        p->who = (struct principal){.role = ROLE_NONE};
        door_open(p, MSG("Logged out"));
        html_print(&p->html, p->lang, "<p>%t</p>\n<p class=\"do\"><a class=\"btn main\" href=\"%s\">", MSG("You are logged out here."), buf_text(&url));
        login_with(p, title, MSG("Log out of {1}, too"));
        html_print(&p->html, p->lang, "</a> <a class=\"btn\" href=\"/login\">%t</a></p>\n", MSG("Log in again"));
        door_close(p);
        page_send(p, 200, "text/html; charset=utf-8");
    }
    buf_done(&url);
    return there;
}

const struct page_row oidc_pages[] = {{"GET", "/login/oidc", ROLE_NONE, false, there_get}, {"GET", "/login/oidc/back", ROLE_NONE, false, back_get}, {0}};

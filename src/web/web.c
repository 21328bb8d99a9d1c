/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web.c: who asks, whether they may, and which page answers. */
#include "web/web.h"
#include "base/json.h"
#include "base/str.h"
#include "io/addr.h"
#include "io/machine.h"
#include "web/push.h"
#include "web/site.h"
#include "web/web_priv.h"
#include <string.h>

enum { PASSWD_MAX = 256 * 1024, NAME_KEPT_MS = 60000 };

static const struct page_row *const tables[] = {login_pages, oidc_pages, account_pages, console_pages, live_pages};

/* Everything that comes from here may load only what comes from here. */
static const struct httpd_header safe_headers[] = {
    {"Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
                                "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Permissions-Policy", "interest-cohort=()"},
};

_Static_assert(COUNT(safe_headers) <= WEB_SAFE_HEADERS_MOST, "room for all");

int web_safe_headers(struct httpd_header *out)
{
    memcpy(out, safe_headers, sizeof safe_headers);
    return (int)COUNT(safe_headers);
}

/* ---- the request ---- */

void page_header(struct page *p, const char *name, const char *value)
{
    if (p->n_headers < (int)COUNT(p->headers))
        p->headers[p->n_headers++] = (struct httpd_header){name, value};
}

const char *page_param(const struct page *p, const char *name)
{
    const char *v = str_eq(p->rq->method, "POST") ? httpd_form(p->rq, name) : NULL;
    return v ? v : httpd_query(p->rq, name);
}

const char *page_here(const struct page *p)
{
    struct buf b = BUF_MAX(3 * HTTPD_MAX_URL);
    struct str rest = str_of(p->rq->path), seg;
    while (str_next(&rest, "/", &seg))
        if (seg.n) {
            char *one = mem_dupn(seg.p, seg.n);
            html_print(&b, "en", "/%u", one);
            mem_free(one);
        }
    const char *here = arena_dup(p->rq->arena, b.len ? buf_text(&b) : "/");
    buf_done(&b);
    return here;
}

void page_cookie(struct page *p, const char *name, const char *value, int64_t max_age_s, bool http_only)
{
    page_header(p, "Set-Cookie", arena_printf(p->rq->arena, "%s=%s; Path=/; SameSite=Lax; Max-Age=%lld%s%s", name, value, (long long)max_age_s,
                                              http_only ? "; HttpOnly" : "", p->secure ? "; Secure" : ""));
}

void page_send(struct page *p, int status, const char *type)
{
    for (size_t i = 0; i < COUNT(safe_headers); i++)
        page_header(p, safe_headers[i].name, safe_headers[i].value);
    bool cached = false;
    for (int i = 0; i < p->n_headers; i++)
        cached |= str_ieq(p->headers[i].name, "Cache-Control");
    if (!cached)
        page_header(p, "Cache-Control", "no-store");
    size_t n = p->html.len;
    struct httpd_response rs = {.status = status, .type = type, .body = buf_take(&p->html), .given = true, .body_bytes = n, .headers = p->headers, .n_headers = p->n_headers};
    httpd_reply(p->rq, &rs);
}

const char *page_way(const char *where)
{
    bool ours = where && where[0] == '/' && where[1] != '/' && where[1] != '\\';
    for (const char *c = where; ours && *c; c++)
        ours = (unsigned char)*c > ' '; /* browsers leave tabs and line ends out: "/\t/host" is "//host" */
    return ours ? where : "/console";
}

void page_redirect(struct page *p, const char *where)
{
    page_header(p, "Location", arena_dup(p->rq->arena, page_way(where)));
    buf_clear(&p->html);
    page_send(p, 303, "text/plain; charset=utf-8");
}

/* ---- who ---- */

static bool trusted(const struct page *p)
{
    const struct conf *c = model_conf(p->h->model);
    for (int i = 0; c && i < c->site.trusted_proxies.n; i++)
        if (addr_in(&p->rq->peer.addr, c->site.trusted_proxies.at[i]))
            return true;
    return false;
}

/* Some proxies add a line of their own instead of extending the client's. */
static const char *last_header(const struct httpd_request *rq, const char *name)
{
    for (int i = rq->n_headers; i-- > 0;)
        if (str_ieq(rq->headers[i].name, name))
            return rq->headers[i].value;
    return NULL;
}

/* The last address of X-Forwarded-For is what the proxy saw; earlier ones are what clients say. */
static void find_client(struct page *p)
{
    char text[ADDR_TEXT_BYTES];
    if (p->rq->peer.local) {
        p->client = "local";
        return;
    }
    addr_host(&p->rq->peer.addr, text);
    p->client = arena_dup(p->rq->arena, text);
    const char *forwarded = last_header(p->rq, "X-Forwarded-For");
    if (!trusted(p))
        return;
    p->secure = str_ieq(last_header(p->rq, "X-Forwarded-Proto"), "https");
    if (forwarded) {
        const char *last = strrchr(forwarded, ',');
        struct str s = str_trim(str_of(last ? last + 1 : forwarded));
        struct addr a;
        char *copy = arena_dupn(p->rq->arena, s.p, s.n);
        if (addr_parse(copy, 0, &a) == 0)
            p->client = copy;
    }
}

/* The name that goes with a uid, from the file only: what else the system may ask (LDAP) could block the loop. */
static bool name_of_uid(unsigned uid, char *out, size_t n)
{
    struct buf all = BUF_MAX(PASSWD_MAX);
    char wanted[32];
    bool found = false;
    if (machine_read("/etc/passwd", &all, NULL) == 0) {
        struct str rest = {buf_text(&all), all.len}, line;
        str_print(wanted, sizeof wanted, "%u", uid);
        while (!found && str_next(&rest, "\n", &line)) {
            struct str name, password, id;
            found = str_next(&line, ":", &name) && str_next(&line, ":", &password) && str_next(&line, ":", &id) && id.n == strlen(wanted) && memcmp(id.p, wanted, id.n) == 0 && name.n > 0 &&
                    str_copyn(out, n, name.p, name.n);
        }
    }
    buf_done(&all);
    return found;
}

static const char *local_name(struct page *p)
{
    struct local_user *u = &p->web->local_user;
    unsigned uid = (unsigned)p->rq->peer.uid;
    if (u->uid != uid || u->until_ms <= p->now.mono_ms) {
        if (!name_of_uid(uid, u->name, sizeof u->name))
            str_print(u->name, sizeof u->name, "uid %u", uid);
        u->uid = uid;
        u->until_ms = p->now.mono_ms + NAME_KEPT_MS;
    }
    return arena_dup(p->rq->arena, u->name);
}

static void find_who(struct page *p)
{
    const char *authorization = httpd_header(p->rq, "Authorization");
    const struct conf *c = model_conf(p->h->model);
    p->who = (struct principal){.role = ROLE_NONE, .via = "web"};
    if (p->rq->peer.local) {
        /* Whoever may open the socket (mode 0660) is trusted with it; the audit log names the user. */
        p->who = (struct principal){.name = local_name(p), .via = "cli", .role = ROLE_ADMIN};
    } else if (authorization && str_istarts(authorization, "Bearer ")) {
        if (auth_bearer(p->h->auth, authorization + 7, p->now.wall_ms, &p->who) < 0)
            p->who = (struct principal){.role = ROLE_NONE, .via = "api"};
    } else {
        const char *secret = httpd_cookie(p->rq, "vigie");
        if (!secret || auth_session(p->h->auth, secret, p->now.wall_ms, &p->who) < 0)
            p->who = c && c->site.guest ? (struct principal){.name = "guest", .via = "guest", .role = ROLE_VIEWER} : (struct principal){.role = ROLE_NONE, .via = "web"};
    }
}

static void find_language(struct page *p)
{
    const char *asked = httpd_query(p->rq, "lang"), *kept = httpd_cookie(p->rq, "lang"), *accept = httpd_header(p->rq, "Accept-Language");
    const char *theme = httpd_cookie(p->rq, "theme");
    const struct conf *c = model_conf(p->h->model);
    p->theme = str_eq(theme, "dark") ? "dark" : str_eq(theme, "light") ? "light" : NULL;
    if (asked && (str_eq(asked, "fr") || str_eq(asked, "en"))) {
        p->lang = msg_lang(asked);
        if (p->who.role != ROLE_NONE && !str_eq(kept, asked) && str_starts(p->rq->path, "/console"))
            page_cookie(p, "lang", p->lang, 365 * 86400, false);
        return;
    }
    p->lang = msg_lang(kept ? kept : accept ? accept : c && c->site.lang ? c->site.lang : "en");
}

/* A demonstration: whatever is not reading is refused here, before anybody looks at it; operations refuse by themselves as well. */
static bool demo_refuses(struct web *w, struct httpd_request *rq)
{
    struct err e = {0};
    bool reads = str_eq(rq->method, "GET") || str_eq(rq->method, "HEAD") || str_eq(rq->method, "OPTIONS");
    if (reads || str_eq(rq->path, "/theme") || (rq->peer.local && str_starts(rq->path, "/api/")))
        return false;
    struct page *p = ARENA_NEW(rq->arena, struct page);
    *p = (struct page){.web = w, .h = w->h, .rq = rq, .now = house_now(), .html = BUF_MAX(WEB_MAX_PAGE), .status = 200, .lang = "en", .who = {.role = ROLE_NONE, .via = "web"}};
    find_language(p);
    op_demo_refuses(&e);
    if (!str_starts(rq->path, "/api/")) {
        page_error(p, 403, e.text);
        return true;
    }
    struct doc *o = doc_object(rq->arena), *error = doc_put_object(o, "error");
    doc_put_text(error, "code", err_name(e.code));
    doc_put_msg(error, "message", e.text);
    json_write(&p->html, o, p->lang, 0);
    page_send(p, 403, "application/json");
    return true;
}

/* ---- which Host names are ours (DNS rebinding) ---- */

static bool host_is_ours(const struct page *p)
{
    char name[256];
    struct addr a;
    int port;
    const char *host = httpd_header(p->rq, "Host");
    const struct conf *c = model_conf(p->h->model);
    if (p->rq->peer.local || !host)
        return true;
    if (addr_split(host, name, sizeof name, &port) < 0 || !name[0])
        str_copy(name, sizeof name, host);
    if (addr_parse(name, 0, &a) == 0 || str_ieq(name, "localhost") || str_ieq(name, p->h->machine_name))
        return true;
    for (int i = 0; c && i < c->site.hosts.n; i++)
        if (str_ieq(name, c->site.hosts.at[i]))
            return true;
    const char *url = c ? c->site.url : NULL;
    const char *at = url ? strstr(url, "://") : NULL;
    size_t n = strlen(name);
    return at && strncasecmp(at + 3, name, n) == 0 && (at[3 + n] == 0 || at[3 + n] == '/' || at[3 + n] == ':');
}

/* ---- routing ---- */

/* Walks both paths; "{rest}" takes the remainder, "{x}" a segment. part: which name is wanted, or NULL to compare only. */
static bool path_walk(const char *route, const char *path, const char *part, struct arena *a, const char **ret_part)
{
    while (*route && *path) {
        if (*route != '{') {
            if (*route++ != *path++)
                return false;
            continue;
        }
        size_t name_n = strcspn(route + 1, "}");
        bool rest = name_n == 4 && memcmp(route + 1, "rest", 4) == 0;
        size_t n = rest ? strlen(path) : strcspn(path, "/");
        if (!n)
            return false;
        if (part && strlen(part) == name_n && memcmp(route + 1, part, name_n) == 0)
            *ret_part = arena_dupn(a, path, n);
        route += name_n + 2;
        path += n;
    }
    return !*route && !*path;
}

static const struct page_row *row_find(const char *method, const char *path, bool *ret_other)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct page_row *r = tables[t]; r->path; r++)
            if (path_walk(r->path, path, NULL, NULL, NULL)) {
                if (str_eq(r->method, method) || (str_eq(method, "HEAD") && str_eq(r->method, "GET")))
                    return r;
                *ret_other = true;
            }
    return NULL;
}

const char *page_part(const struct page *p, const char *name)
{
    bool other = false;
    const struct page_row *r = row_find(p->rq->method, p->rq->path, &other);
    const char *part = NULL;
    if (r)
        path_walk(r->path, p->rq->path, name, p->rq->arena, &part);
    return part;
}

static void ask_who(struct page *p)
{
    struct buf b = BUF_MAX(4 * HTTPD_MAX_URL);
    html_print(&b, p->lang, "/login?next=%u", p->rq->path);
    page_redirect(p, arena_dup(p->rq->arena, buf_text(&b)));
    buf_done(&b);
}

static void run_page(struct page *p)
{
    /* What is published answers GET before it comes here. */
    bool reads = str_eq(p->rq->method, "GET") || str_eq(p->rq->method, "HEAD");
    bool other = !reads && (str_eq(p->rq->path, "/") || str_starts(p->rq->path, "/static/"));
    const struct page_row *r = row_find(p->rq->method, p->rq->path, &other);
    if (!r && reads && public_moved(p))
        return;
    if (!r) {
        page_error(p, other ? 405 : 404, other ? MSG("This page does not work that way.") : MSG("There is no such page."));
    } else if (p->who.role < r->role) {
        if (p->who.role == ROLE_NONE && str_eq(p->rq->method, "GET"))
            ask_who(p);
        else
            page_error(p, 403, MSG("Your role does not allow this."));
    } else if (r->form && !auth_csrf_ok(&p->who, page_param(p, "csrf"))) {
        page_error(p, 403, MSG("This form was open for too long. Go back, reload the page, and send it again."));
    } else {
        r->run(p);
    }
}

static bool is_api(const char *path)
{
    return str_starts(path, "/api/") || str_eq(path, "/metrics") || str_eq(path, "/healthz");
}

void web_handle(void *web, struct httpd_request *rq)
{
    struct web *w = web;
    if (w->h->demo && demo_refuses(w, rq))
        return;
    struct page *p = ARENA_NEW(rq->arena, struct page);
    *p = (struct page){.web = w, .h = w->h, .rq = rq, .now = house_now(), .html = BUF_MAX(WEB_MAX_PAGE), .status = 200, .lang = "en"};
    find_client(p);
    if (federation_route(p) || public_route(p) || others_read(p) || subscribe_route(p) || push_route(p) || websub_route(p))
        return;
    find_who(p);
    find_language(p);
    if (!host_is_ours(p))
        page_error(p, 421, MSG("This server does not answer to that name. Add it to site.hosts in the configuration."));
    else if (rq->listener >= 0 && rq->listener < WEB_MAX_LISTENERS && w->public_only[rq->listener] && !str_eq(rq->path, "/healthz")) {
        if (!public_moved(p))
            page_error(p, 404, MSG("There is no such page."));
    } else if (others_write(p))
        return;
    else if (is_api(rq->path))
        api_handle(p);
    else
        run_page(p);
}

/* ---- operations for pages ---- */

struct page_wait {
    struct page *page;
    void (*fn)(struct page *p, int status, const struct doc *reply);
};

static void page_op_done(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
    struct page_wait *w = arg;
    (void)c;
    w->fn(w->page, status, reply);
}

void page_op(struct page *p, const char *op, const struct doc *params, void (*fn)(struct page *p, int status, const struct doc *reply))
{
    struct page_wait *w = ARENA_NEW(p->rq->arena, struct page_wait);
    w->page = p;
    w->fn = fn;
    op_run(p->h, op_find(op), params, &p->who, p->lang, p->client, page_op_done, w);
}

/* ---- lifetime ---- */

enum { SETTLE_MS = 50 }; /* what the checks say comes in showers */

static void publish(void *arg)
{
    struct web *w = arg;
    timer_set(&w->publish_tick, public_publish(w));
}

/* What people say is seen at once. */
static void on_board(void *arg, const struct board_event *e)
{
    struct web *w = arg;
    (void)e;
    if (w->stopped)
        return;
    timer_set(&w->publish, 0);
}

static void on_event(void *arg, const struct event *e)
{
    struct web *w = arg;
    if (w->stopped)
        return;
    live_event(w->live, e);
    shown_event(w->shown, e);
    if (e->kind == EVENT_RESULT || e->kind == EVENT_RECHECK)
        return;
    if (!timer_is_set(&w->publish))
        timer_set(&w->publish, SETTLE_MS);
}

struct web *web_new(struct house *h)
{
    struct web *w = NEW(struct web);
    w->h = h;
    timer_init(&w->publish, h->loop, publish, w);
    timer_init(&w->publish_tick, h->loop, publish, w);
    w->live = live_new(w);
    assets_publish(w);
    w->shown = shown_new(w);
    shown_reconf(w->shown);
    w->site = site_new(h, shown_past(w->shown), w->assets_version);
    publish(w);
    if (h->board)
        board_listen(h->board, on_board, w);
    model_listen(h->model, on_event, w);
    return w;
}

void web_stop(struct web *w)
{
    if (!w)
        return;
    w->stopped = true;
    timer_clear(&w->publish);
    timer_clear(&w->publish_tick);
    w->live = live_free(w->live);
    site_stop(w->site);
    shown_stop(w->shown);
}

struct web *web_free(struct web *w)
{
    web_stop(w);
    if (w) {
        w->site = site_free(w->site);
        w->shown = shown_free(w->shown);
    }
    return mem_free(w);
}

void web_reconf(struct web *w)
{
    if (w->stopped)
        return;
    shown_reconf(w->shown);
    public_publish(w);
}

void web_listener(struct web *w, int index, bool public_only)
{
    if (index >= 0 && index < WEB_MAX_LISTENERS)
        w->public_only[index] = public_only;
}

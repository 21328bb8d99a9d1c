/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moved.c: addresses from elsewhere: what this house was moved in from had others for the same things.
 *
 * Bulletins and components carry their old paths (aliases); badges and feeds below those of a component lead to ours.  Feeds of Cachet's
 * groups and the links in its mails have forms that are known. */
#include "base/str.h"
#include "compat/compat.h"
#include "web/public.h"
#include "web/web_priv.h"
#include <string.h>

static bool send_to(struct page *p, const char *where, int status)
{
    page_header(p, "Location", where);
    page_header(p, "Cache-Control", "public, max-age=300");
    page_send(p, status, "text/plain; charset=utf-8");
    return true;
}

static bool bulletin_moved(struct page *p)
{
    const struct bulletin *b = p->h->board ? board_find_alias(p->h->board, p->rq->path) : NULL;
    char path[64];
    if (!b || !bulletin_is_public(b))
        return false;
    pub_path(b, path, sizeof path);
    return send_to(p, path, 301);
}

/* ---- components ---- */

/* What stands below an old address of a component, and where it is now. */
static const struct {
    const char *old, *now;
} below[] = {{"", ""}, {"/", ""}, {"/shield", "/badge.svg"}, {"/index.svg", "/badge.svg"}, {"/index.xml", "/feed.rss"}};

static bool to_component(struct page *p, const struct conf_component *c, const char *rest)
{
    const char *style = httpd_query(p->rq, "style");
    struct buf where = BUF_MAX(2000);
    bool moved = false;
    for (size_t i = 0; i < COUNT(below) && !moved; i++) {
        if (!str_eq(below[i].old, rest))
            continue;
        html_print(&where, "en", "/component/%u", c->name);
        buf_str(&where, below[i].now);
        if (str_ends(below[i].now, ".svg") && style)
            html_print(&where, "en", "?style=%u", style);
        moved = send_to(p, arena_dup(p->rq->arena, buf_text(&where)), 301);
    }
    buf_done(&where);
    return moved;
}

static bool component_moved(struct page *p, const struct conf *conf)
{
    const char *path = p->rq->path;
    for (int i = 0; i < conf->n_components; i++)
        for (int k = 0; k < conf->components[i]->aliases.n; k++) {
            const char *alias = conf->components[i]->aliases.at[k];
            size_t n = strlen(alias);
            while (n > 1 && alias[n - 1] == '/')
                n--;
            if (alias[0] == '/' && n > 1 && strncmp(path, alias, n) == 0 && (path[n] == 0 || path[n] == '/') && to_component(p, conf->components[i], path + n))
                return true;
        }
    return false;
}

/* /component/736412/shield: the number that Cachet's API gives here. */
static bool numbered(struct page *p)
{
    const char *rest = str_starts(p->rq->path, "/component/") ? p->rq->path + strlen("/component/") : NULL;
    char number[24];
    int64_t id;
    if (!rest || !str_copyn(number, sizeof number, rest, strcspn(rest, "/")) || str_i64(number, &id))
        return false;
    const struct conf_component *c = compat_component(p->h, id);
    return c && to_component(p, c, rest + strlen(number));
}

/* ---- Cachet's feeds of groups, and what its mails linked to ---- */

static bool group_feed(struct page *p, const struct conf *conf)
{
    bool atom = str_starts(p->rq->path, "/atom/"), rss = str_starts(p->rq->path, "/rss/");
    const char *group = strchr(p->rq->path + 1, '/');
    struct buf where = BUF_MAX(2000);
    if (!atom && !rss)
        return false;
    for (int i = 0; i < conf->n_components && !where.len; i++)
        if (conf->components[i]->group && str_ieq(conf->components[i]->group, group + 1))
            html_print(&where, "en", "/group/%u/feed.", conf->components[i]->group);
    if (!where.len)
        buf_str(&where, "/feed.");
    buf_str(&where, atom ? "atom" : "rss");
    bool moved = send_to(p, arena_dup(p->rq->arena, buf_text(&where)), 301);
    buf_done(&where);
    return moved;
}

/* Its codes open nothing here: whoever comes with one may subscribe, or has our own link in each of our mails. */
static bool old_subscription(struct page *p)
{
    static const char *const heads[] = {"/subscribe/manage/", "/subscribe/verify/", "/unsubscribe/"};
    for (size_t i = 0; i < COUNT(heads); i++)
        if (str_starts(p->rq->path, heads[i]))
            return send_to(p, "/subscribe", 302);
    return false;
}

bool public_moved(struct page *p)
{
    const struct conf *conf = model_conf(p->h->model);
    return bulletin_moved(p) || (conf && (component_moved(p, conf) || numbered(p) || group_feed(p, conf))) || old_subscription(p);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_federation.c: what other servers of the fediverse ask of this one, under any name of it, without a session: announce/federation.h
 * over HTTP. A reader of activities who comes to a page is led to what it is there. */
#include "base/str.h"
#include "web/web_priv.h"

static void answered(void *arg, const struct federation_answer *a)
{
    struct page *p = arg;
    if (a->foreign)
        page_header(p, "Access-Control-Allow-Origin", "*");
    if (a->vary)
        page_header(p, "Vary", "Accept");
    if (a->location)
        page_header(p, "Location", arena_dup(p->rq->arena, a->location));
    if (a->retry_s)
        page_header(p, "Retry-After", arena_printf(p->rq->arena, "%d", a->retry_s));
    if (a->max_age_s)
        page_header(p, "Cache-Control", arena_printf(p->rq->arena, "public, max-age=%d", a->max_age_s));
    buf_add(&p->html, a->body, a->body_bytes);
    page_send(p, a->status, a->type ? a->type : "text/plain; charset=utf-8");
}

/* Those who read share the strangers' part of each second; inboxes have limits of their own. */
static bool too_many(struct page *p)
{
    if (str_eq(p->rq->method, "POST") || shown_may_render(p->web->shown, clock_mono_us()))
        return false;
    page_header(p, "Retry-After", "1");
    page_error(p, 503, MSG("Too many ask at once; try again in a second."));
    return true;
}

static bool lead(struct page *p)
{
    struct buf where = BUF_MAX(4000);
    bool there = federation_wanted(p->rq) && federation_instead(p->h->federation, p->rq->path, &where) && !where.full;
    if (there) {
        page_header(p, "Location", arena_dup(p->rq->arena, buf_text(&where)));
        page_header(p, "Vary", "Accept");
        page_header(p, "Access-Control-Allow-Origin", "*");
        page_send(p, 302, "text/plain; charset=utf-8");
    }
    buf_done(&where);
    return there;
}

bool federation_route(struct page *p)
{
    struct federation *f = p->h->federation;
    bool reads = str_eq(p->rq->method, "GET") || str_eq(p->rq->method, "HEAD");
    if (!f || p->web->stopped)
        return false;
    if (!federation_path(p->rq->path))
        return reads && lead(p);
    if (too_many(p))
        return true;
    struct shown *shown = p->web->shown;
    int64_t began_us = clock_mono_us();
    federation_serve(f, p->rq, p->client, answered, p); /* p may be gone */
    if (reads)
        shown_rendered(shown, clock_mono_us() - began_us);
    return true;
}

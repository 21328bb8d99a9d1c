/* SPDX-License-Identifier: GPL-3.0-or-later */
/* others.c: interfaces of other tools (compat/), over HTTP: what everybody may read under any name of this server, within the time that
 * strangers may take; what writes, only where the console is. */
#include "compat/compat.h"
#include "web/web_priv.h"

static void answered(void *arg, int status, const char *type, struct buf *body, bool known)
{
    struct page *p = arg;
    if (compat_shared(p->rq))
        page_header(p, "Access-Control-Allow-Origin", "*");
    if (compat_kind(p->rq) == COMPAT_READ && !known) {
        page_header(p, "Cache-Control", status == 200 ? "public, max-age=5" : "no-store");
        page_header(p, "Vary", "Time-Zone, X-Cachet-Token");
    }
    buf_done(&p->html);
    p->html = *body;
    *body = (struct buf){0};
    page_send(p, status, type);
}

static void run(struct page *p)
{
    struct compat_ask ask = {p->h, p->rq, p->client, answered, p};
    compat_run(&ask);
}

static bool preflight(struct page *p)
{
    page_header(p, "Access-Control-Allow-Origin", "*");
    page_header(p, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE");
    page_header(p, "Access-Control-Allow-Headers", "Accept, Content-Type, Time-Zone, X-Cachet-Token");
    page_header(p, "Access-Control-Max-Age", "86400");
    page_send(p, 204, "text/plain; charset=utf-8");
    return true;
}

bool others_read(struct page *p)
{
    if (!p->web->stopped && compat_preflight(p->rq))
        return preflight(p);
    if (p->web->stopped || compat_kind(p->rq) != COMPAT_READ)
        return false;
    int64_t began_us = clock_mono_us();
    if (!shown_may_render(p->web->shown, began_us)) {
        page_header(p, "Retry-After", "1");
        page_error(p, 503, MSG("Too many ask at once; try again in a second."));
        return true;
    }
    struct shown *s = p->web->shown;
    run(p); /* p is gone */
    shown_rendered(s, clock_mono_us() - began_us);
    return true;
}

bool others_write(struct page *p)
{
    if (p->web->stopped || compat_kind(p->rq) != COMPAT_WRITE)
        return false;
    run(p);
    return true;
}

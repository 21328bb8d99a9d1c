/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_websub.c: the hub's address: POST /websub, as programs that subscribe to feeds send it (announce/websub.h). */
#include "base/str.h"
#include "web/feed.h"
#include "web/web_priv.h"

static const struct {
    int code, status;
} statuses[] = {{ERR_INVALID, 400}, {ERR_NOT_FOUND, 404}, {ERR_UNSUPPORTED, 404}, {ERR_DENIED, 422}, {ERR_BUSY, 429}, {ERR_LIMIT, 429}};

static int status_of(int code)
{
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    return 503;
}

static void answer(struct page *p, int status, const char *packed)
{
    if (packed)
        msg_render(&p->html, packed, "en"); /* programs read it */
    buf_str(&p->html, packed ? "\n" : "");
    if (status == 429 || status == 503)
        page_header(p, "Retry-After", "600");
    page_send(p, status, "text/plain; charset=utf-8");
}

bool websub_route(struct page *p)
{
    struct err e = {0};
    if (!str_eq(p->rq->path, "/websub"))
        return false;
    if (!str_eq(p->rq->method, "POST") || !p->h->websub) {
        page_header(p, "Allow", "POST");
        answer(p, p->h->websub ? 405 : 404, NULL);
        return true;
    }
    struct websub_wish wish = {.mode = httpd_form(p->rq, "hub.mode"), .topic = httpd_form(p->rq, "hub.topic"), .callback = httpd_form(p->rq, "hub.callback"), .lease = httpd_form(p->rq, "hub.lease_seconds"), .secret = httpd_form(p->rq, "hub.secret"),
                               .base = public_base(p->web, p->rq->arena, p->rq), .client = p->client};
    int r = websub_ask(p->h->websub, &wish, &e);
    answer(p, r ? status_of(r) : 202, r ? e.text : NULL);
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_none.c: "There is no such page", as a visitor sees it: with the mast of the site, both languages, and the ways on.  Whoever
 * is logged in, and whoever asks while too much is asked for, gets the small page of parts.c.  What was asked for is not repeated. */
#include "web/public.h"

bool page_none(struct page *p, const char *said)
{
    struct shown *shown = p->web->shown;
    int64_t began_us = clock_mono_us();
    if (p->web->stopped || !shown || !shown_may_render(shown, began_us))
        return false;
    struct sight s;
    sight_see(&s, p->rq->arena, p->h->board, p->h->model, p->h->zone, p->now.wall_ms);
    struct pub pub = {.out = &p->html, .lang = p->lang, .s = &s, .assets = p->web->assets_version, .base = "", .section = "", .here = "/", .theme = p->theme};
    pub_open(&pub, said, NULL);
    pub_print(&pub, "<div class=\"wrap tell\">\n<h1>%s</h1>\n<p class=\"links\"><a ", said);
    pub_link(&pub, "/");
    pub_print(&pub, ">%t</a><a ", MSG("To the state of the services"));
    pub_link(&pub, "/history");
    pub_print(&pub, ">%t</a></p>\n</div>\n", MSG("The whole history"));
    pub_close(&pub);
    page_header(p, "Content-Language", p->lang);
    page_send(p, 404, "text/html; charset=utf-8");
    shown_rendered(shown, clock_mono_us() - began_us);
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_console.h: the console's pages, one file each; console.c has their rows. */
#ifndef VIGIE_WEB_PAGE_CONSOLE_H
#define VIGIE_WEB_PAGE_CONSOLE_H

#include "web/web_priv.h"

void page_problems_get(struct page *p);  /* /console */
void page_hosts_get(struct page *p);     /* /console/hosts */
void page_host_get(struct page *p);      /* /console/host/{host} */
void page_map_get(struct page *p);       /* /console/map?group=&from=&levels= */
void page_checks_get(struct page *p);    /* /console/checks?state=&q=&group= */
void page_check_get(struct page *p);     /* /console/check/{host}/{rest} */
void page_events_get(struct page *p);    /* /console/events */
void page_work_get(struct page *p);      /* /console/planned: planned work */
void page_work_end(struct page *p);      /* POST /console/planned/end */
void page_setup_get(struct page *p);     /* /console/setup: people, tokens, configuration, add */
void page_setup_post(struct page *p);    /* POST /console/setup */
void page_add_get(struct page *p);       /* /console/add */
void page_add_post(struct page *p);
void page_add_look(struct page *p);      /* POST /console/add/look: the rows of what is typed */
void page_add_try(struct page *p);       /* POST /console/add/try: the result of one row */
void page_found_get(struct page *p);     /* /console/found: what discovery proposes */
void page_found_post(struct page *p);
void found_link(struct page *p);         /* how much of it waits, as a link */
void page_act_post(struct page *p);      /* POST /console/act */
void page_news_get(struct page *p);      /* /console/incidents: what users are told */
void page_news_one(struct page *p);      /* /console/incidents/{id} */
void page_say_get(struct page *p);       /* /console/incidents/act?action=&id=: the form */
void page_say_post(struct page *p);
void page_copies_get(struct page *p);     /* /console/copies: mirrors of the public site */
void page_copies_post(struct page *p);
void copies_trouble(struct page *p);     /* a line when one of them is not well */
void page_why_get(struct page *p);       /* /console/why?target= */

#endif

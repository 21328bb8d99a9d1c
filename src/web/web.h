/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web.h: everything that comes over HTTP: the public page, the console, log-in, live updates, and the API's way to
 * the operations.  Renders what operations return; keeps no state but the open event streams.
 *
 * Routes: /  public page (published blob a language, rebuilt when anything that it tells changes)
 *         /incident/KEY[/N]  /maintenance/KEY  /history[/2026-11]  /component/NAME  and, of these and of /group/NAME, feed.atom feed.rss
 *         feed.json calendar.ics badge.svg badge.json; /atom /rss /index.xml /history.atom /history.rss  feeds as elsewhere;
 *         /api/v2/…  /api/v1/endpoints/statuses  /index.json  /cc.xml  shapes of other tools; /widget[.js]  /fragment.html  /snippet/503.html
 *         /api/v1/components incidents schedules ping version …  Cachet; /api/push/TOKEN  /api/v1/endpoints/KEY/external  pushes (compat/)
 *         /ap/…  /.well-known/webfinger host-meta nodeinfo  /nodeinfo/2.1  actors of ActivityPub, and their inboxes
 *         /websub  the hub of our feeds
 *         /console  /console/hosts  /console/host/NAME  /console/checks  /console/check/HOST/CHECK  /console/setup …  staff
 *         /login  /logout  /setup/SECRET  /console/events (server-sent)  /static/…  /api/v1/…  /metrics  /healthz */
#ifndef VIGIE_WEB_WEB_H
#define VIGIE_WEB_WEB_H

#include "ops/op.h"

struct web;
struct web *web_new(struct house *h); /* listens to the model; publishes static files and the public page */
void web_stop(struct web *w);         /* before httpd_free(): no page, stream or timer afterwards; events are ignored */
struct web *web_free(struct web *w);  /* after model_free(), which may still raise events */
void web_handle(void *web, struct httpd_request *rq); /* an httpd_handler */
void web_reconf(struct web *w);       /* a new generation was applied: titles, languages, listeners' roles */
/* Which listener index is public only (0 or 1 each). */
void web_listener(struct web *w, int index, bool public_only);

/* public.c: a feed as it is, for those who are sent it: websub_env.feed. w NULL: ERR_BUSY. */
int public_feed(struct web *w, const struct websub_topic *t, struct buf *out, const char **ret_type);

/* page_subscribe.c: planned work as an iCalendar object of its own, for a mail. */
void subscribe_calendar(struct house *h, const struct bulletin *b, const char *lang, struct buf *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shapes.h: the state of the services in the shapes of other tools, for their clients: read only, from the same sight as the page.
 * Pure.  All JSON is written from trees, so that no title can break it. */
#ifndef VIGIE_WEB_SHAPES_H
#define VIGIE_WEB_SHAPES_H

#include "web/public.h"

/* Statuspage v2 (public JSON of Atlassian Statuspage): path after /api/v2/: "summary.json", "incidents/unresolved.json" …
 * false: there is no such path. Components that are unknown read as degraded_performance: v2 has no word for it, and silence
 * turns nothing green (ST-21). */
bool shape_statuspage(struct pub *p, const char *path);
/* Gatus: GET /api/v1/endpoints/statuses: each component as an endpoint, a result a day and one of now, oldest first. */
void shape_gatus(struct pub *p);
/* cState 6, API 2.0: /index.json. */
void shape_cstate(struct pub *p);
/* CCTray: cc.xml, a project a component. */
void shape_cctray(struct pub *p);
/* shields.io endpoint: schemaVersion, label, message, color and nothing else. v NULL: all services. */
void shape_shields(struct pub *p, const struct sight_component *v);
/* A badge as SVG. style: "flat" (also for what is unknown to us), "flat-square", "plastic", "for-the-badge", "pill". */
const char *badge_style(const char *style); /* the one that is meant: "flat" for NULL and what is unknown */
void shape_badge(struct pub *p, const struct sight_component *v, const char *style);

/* Pages of others show these. */
void embed_widget_script(struct pub *p); /* widget.js: puts the frame where its <script> stands */
void embed_widget(struct pub *p);        /* the page in the frame */
void embed_fragment(struct pub *p);      /* HTML without frame or script, to be included by a server */
void embed_error_page(struct pub *p);    /* for 503: "is it just me?", in both languages, on its own */

#endif

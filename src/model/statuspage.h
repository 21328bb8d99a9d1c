/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statuspage.h: the objects of Atlassian Statuspage (public JSON, version 2) from a sight: for its API and for webhooks in its format, so
 * that both speak of the same ids and words.  PURE.
 *
 * Components that are unknown read as degraded_performance: version 2 has no word for it, and silence turns nothing green (ST-21). */
#ifndef VIGIE_MODEL_STATUSPAGE_H
#define VIGIE_MODEL_STATUSPAGE_H

#include "base/doc.h"
#include "model/sight.h"

enum { STATUSPAGE_ID_BYTES = 13 };
struct statuspage { /* one rendering; everything is borrowed */
    const struct sight *s;
    struct arena *a;  /* of the tree */
    const char *lang, *base; /* base: "https://status.example.org" */
    const char *page_id;
};
void statuspage_init(struct statuspage *sp, struct arena *a, const struct sight *s, const char *lang, const char *base);
/* Twelve of 0-9 a-z that stay, as those of bulletins do. kind: "page", "component", "group". */
const char *statuspage_id(const struct statuspage *sp, const char *kind, const char *name);
const char *statuspage_level(enum level l);               /* "partial_outage" */
const char *statuspage_indicator(const struct sight *s);  /* "none", "minor", "major", "critical", "maintenance" */
const char *statuspage_description(const struct sight *s);
/* Into an object: "page", "status", "components" of it. */
void statuspage_page(const struct statuspage *sp, struct doc *o);
void statuspage_status(const struct statuspage *sp, struct doc *o);
void statuspage_components(const struct statuspage *sp, struct doc *o);
/* The fields of one component of the sight, of one incident or planned work. */
void statuspage_component(const struct statuspage *sp, struct doc *o, int i);
void statuspage_bulletin(const struct statuspage *sp, struct doc *o, const struct bulletin *b);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* related.h: what a host or check has to do with others, as parts of pages: the way to it, what hangs from it, what it is
 * made of and what it needs. */
#ifndef VIGIE_WEB_RELATED_H
#define VIGIE_WEB_RELATED_H

#include "web/web_priv.h"

void related_link(struct page *p, const struct item *it, enum state as); /* shape, link, hidden word */
void related_path(struct page *p, struct host *h);   /* from vigie to the host; nothing when it stands next to it */
void related_behind(struct page *p, struct host *h); /* what hangs from it */
void related_tree(struct page *p, const struct item *it);  /* an aggregate's members, the broken ones first */
void related_needs(struct page *p, const struct item *it); /* what it depends on, what depends on it, of what it is a part */

#endif

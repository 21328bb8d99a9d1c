/* SPDX-License-Identifier: GPL-3.0-or-later */
/* push.h: visitors told by their browser. */
#ifndef VIGIE_WEB_PUSH_H
#define VIGIE_WEB_PUSH_H

#include "web/public.h"

/* Part of the page of subscriptions, shown by its script where a browser can do it. key NULL: nothing is put. version: of the assets. */
void push_section(struct pub *pub, const char *key, const char *version);
bool push_route(struct page *p); /* answers what the script sends; false: it is something else */

#endif

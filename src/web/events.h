/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events.h: what happened, as a table: state changes and what people did. */
#ifndef VIGIE_WEB_EVENTS_H
#define VIGIE_WEB_EVENTS_H

#include "web/web_priv.h"

void events_put(struct page *p, const struct doc *events, int most, bool with_host);

#endif

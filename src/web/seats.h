/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seats.h: the grid of hosts by group, in name order, so that a host keeps its seat. */
#ifndef VIGIE_WEB_SEATS_H
#define VIGIE_WEB_SEATS_H

#include "web/web_priv.h"

void seats_one(struct page *p, const struct host *h); /* <li> of one host */
void seats_put(struct page *p, const char *group); /* NULL: every group */
enum state seats_worst(const struct host *h, const struct item **ret_item); /* of a host and its checks */

#endif

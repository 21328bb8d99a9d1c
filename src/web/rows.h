/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.h: a checked thing as a table row; the same bytes in a page and in a live update. */
#ifndef VIGIE_WEB_ROWS_H
#define VIGIE_WEB_ROWS_H

#include "web/web_priv.h"

enum row_view { ROWS_LIST, ROWS_HOST }; /* lists name host and check; a host's page only the check, with timings */
int rows_view(const char *word); /* "list", "host"; -1 */
void rows_open(struct page *p, enum row_view v, const char *label /* MSG */);  /* <table> … <tbody> */
void rows_item(struct page *p, enum row_view v, const struct item *it);
void rows_open_taken(struct page *p, const char *label);                      /* a list whose last column is "Who" */
void rows_close(struct page *p);
/* “behind router1”, as a link: what it follows from; false when nothing. */
bool rows_cause(struct page *p, const struct item *it);
bool rows_is_open(const struct item *it); /* a problem of its own that nobody has */
void rows_bulk(struct page *p);           /* the bar that the ticked rows belong to */

#endif

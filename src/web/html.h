/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html.h: writing HTML safely: everything that is not a literal of ours goes through an escaping call. */
#ifndef VIGIE_WEB_HTML_H
#define VIGIE_WEB_HTML_H

#include "base/buf.h"

void html_text(struct buf *b, const char *text); /* escaped; NULL writes nothing; good in content and in quoted attributes */
void html_msg(struct buf *b, const char *packed, const char *lang); /* a packed or plain message, rendered and escaped */
void html_tr(struct buf *b, const char *msgid, const char *lang); /* a bare message id, translated and escaped */
/* printf for markup: %s is escaped text, %r raw text of ours, %d int, %l int64, %t a translated message id (escaped),
 * %m a packed message (escaped), %u a text percent-encoded for a URL, %% a percent sign. lang is for %t and %m. */
void html_print(struct buf *b, const char *lang, const char *fmt, ...);

#endif

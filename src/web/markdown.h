/* SPDX-License-Identifier: GPL-3.0-or-later */
/* markdown.h: what staff write of incidents, as HTML and as plain text.  Pure; any bytes are good.
 *
 * The common part of CommonMark 0.31: paragraphs, hard breaks (two blanks or a backslash at the end of a line), # headings,
 * lists (two blanks and more nest), quotations, ``` fences, rules, `code`, *stress*, **strong**, [text](address), bare and <…>
 * addresses, backslash escapes.  There is no raw HTML: < is a character like others.  Addresses are http, https and mailto, no
 * others; anything else stays the text that it is.  Work is linear in the text; nesting is bounded. */
#ifndef VIGIE_WEB_MARKDOWN_H
#define VIGIE_WEB_MARKDOWN_H

#include "base/buf.h"

/* As HTML blocks. heading: the level that # becomes (## one more, 6 at most); 0: headings become strong paragraphs, for places within
 * an outline of their own. NULL writes nothing. */
void markdown_html(struct buf *out, const char *text, int heading);
/* As plain text without marks, paragraphs parted by an empty line; addresses of links follow them in brackets. */
void markdown_plain(struct buf *out, const char *text);
/* The beginning as one line: the first paragraph, at most max_bytes, cut at a word with "…". */
void markdown_excerpt(struct buf *out, const char *text, size_t max_bytes);

#endif

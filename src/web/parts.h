/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts.h: pieces that pages are made of, in the visual language (ui/README.md). */
#ifndef VIGIE_WEB_PARTS_H
#define VIGIE_WEB_PARTS_H

#include "web/web_priv.h"

extern const char parts_logo[];   /* the mark, as SVG */
extern const char parts_shapes[]; /* symbols of the states; once at the top of <body> */

void parts_head(struct page *p, const char *title /* MSG or text */, const char *body_class); /* doctype to <body> and the shapes */
void parts_head_plain(struct page *p, const char *title, const char *body_class); /* the title stands alone */
void parts_foot(struct page *p);                                                              /* </body></html> */
void parts_languages(struct page *p); /* links to this page in each language */
const char *parts_state_class(enum state s, const struct item *it); /* "critical": for s-X and #i-X; planned work wins */
const char *parts_state_word(enum state s); /* MSG id */
void parts_tally(struct page *p);
void parts_shape(struct buf *b, const char *state_class);
void parts_state(struct page *p, const struct item *it);  /* badge for a problem, plain shape and word otherwise */
void parts_csrf(struct page *p);                          /* the hidden field */
void parts_notes(struct page *p, const char *notes); /* what to do; its addresses are links; nothing for NULL */
void parts_quoted(struct page *p, const char *words); /* in the quotes of the reader's language */
void parts_said(struct page *p, const char *who, const char *words);
const char *parts_colon(const struct page *p); /* with the blanks of the reader's language */
const char *parts_group(struct page *p, const char *group); /* its title for the reader, else its name */
void parts_age(struct page *p, int64_t since_ms);         /* <time datetime>: "4 min" */

#endif

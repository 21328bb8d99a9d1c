/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_say.h: what the pages about incidents share. */
#ifndef VIGIE_WEB_PAGE_SAY_H
#define VIGIE_WEB_PAGE_SAY_H

#include "model/bulletin.h"
#include "web/web_priv.h"

const char *say_level_css(enum level l);  /* "warning": for s-X and #i-X */
const char *say_level_word(enum level l); /* MSG id */
void say_moment(struct page *p, int64_t ms);
void say_badge(struct page *p, enum level l, bool solid);
void say_markdown(struct page *p, const char *text, const char *other); /* other: its language, when it is not the reader's */

#endif

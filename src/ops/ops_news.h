/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_news.h: what the operations on incidents and planned work share: from parameters to a post, and the answer. */
#ifndef VIGIE_OPS_OPS_NEWS_H
#define VIGIE_OPS_OPS_NEWS_H

#include "ops/op.h"

/* A post in the making. Everything lives in the call's arena. */
struct news {
    struct op_call *call;
    struct post post;
    const struct bulletin *old; /* that it is about; NULL: a new one */
    bool dry;                   /* only a look at what would be */
    const struct conf_text *use; /* of the configuration; NULL */
    const char *note;           /* for the audit; NULL */
};
/* Each answers the call and returns false when a parameter is wrong. */
bool news_begin(struct news *n, struct op_call *c, enum post_kind kind); /* finds {id} but for OPEN */
bool news_components(struct news *n); /* components, impact, use */
bool news_words(struct news *n);      /* title, title-en, title-fr, text, en, fr; after the components: they fill in `use` */
bool news_fill(struct news *n);       /* ops_news_text.c: what `use` says where nobody said anything; set */
void news_title(struct news *n);      /* ops_news_text.c: a title, when nobody gave one */
void news_times(struct news *n);      /* at, expected, next-by */
/* Posts (or shows what would be) and answers when it is durable. action: for the audit. */
void news_post(struct news *n, const char *action);

/* A bulletin as the API has it for staff: as kept, with its address and what is missing. */
void news_put(struct doc *obj, const struct bulletin *b, const struct op_call *c);
/* One line of a list. */
void news_put_short(struct doc *list, const struct bulletin *b, const struct op_call *c);
/* What the components are for users, then with `instead` in the place of the one of its number; only (may be NULL) those it touches. */
void news_put_shown(struct doc *obj, const struct op_call *c, const struct bulletin *instead, const struct bulletin *only);
/* The bulletin of {id}, a number or key, or an answered error and NULL. */
const struct bulletin *news_find(struct op_call *c);
/* Languages that are told of but not written, in order, NULL at the end. */
void news_missing(const struct wording *w, const char *ret[], int max);
const char *news_lang(const struct op_call *c); /* of a text that comes without one */
/* Audits and answers when it is kept; undone when it cannot be. made NULL: nothing to undo. */
void news_answer(struct op_call *c, struct doc *reply, const char *action, const char *detail, const struct bulletin *made, const struct bulletin *before);

#define NEWS_ID {"id", OP_TEXT, OP_REQUIRED | OP_IN_PATH | OP_WORDS, 0, NULL, MSG("its number or key, as “vigie incident” shows them"), NULL}
#define NEWS_TEXTS                                                                                                            \
    {"text", OP_WORDING, 0, 'm', NULL, MSG("what is said, in Markdown; the API takes texts by language, too"), NULL},           \
        {"en", OP_PROSE, 0, 0, NULL, MSG("the text in English"), NULL}, {"fr", OP_PROSE, 0, 0, NULL, MSG("the text in French"), NULL}
#define NEWS_TITLES                                                                                                           \
    {"title", OP_WORDING, 0, 't', NULL, MSG("what users notice, in a few words; made from component and impact when missing"), NULL}, \
        {"title-en", OP_TEXT, 0, 0, NULL, MSG("the title in English"), NULL}, {"title-fr", OP_TEXT, 0, 0, NULL, MSG("the title in French"), NULL}
#define NEWS_USE                                                                                                              \
    {"use", OP_TEXT, 0, 'u', NULL, MSG("a text of the configuration (texts:) that says what is not said here"), NULL},        \
        {"set", OP_TEXTS, 0, 's', NULL, MSG("fills in ${NAME} of that text: NAME=VALUE"), NULL}
#define NEWS_DRY {"dry-run", OP_BOOL, 0, 'n', NULL, MSG("post nothing: show what would be published"), "no"}
#define NEWS_QUIET {"quiet", OP_BOOL, 0, 'q', NULL, MSG("publish it, but send nothing to subscribers"), "no"}

#endif

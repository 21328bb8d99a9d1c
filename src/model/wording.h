/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wording.h: one text in one or more languages: a title, an update.  PURE; lives in an arena. */
#ifndef VIGIE_MODEL_WORDING_H
#define VIGIE_MODEL_WORDING_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"

enum { WORDING_MAX = 8, WORDING_LANG_BYTES = 12 };
struct wording { /* in the order of saying; the first stands in for languages that nobody wrote */
    const char *lang[WORDING_MAX]; /* "en", "fr"; "" when nobody said which */
    const char *text[WORDING_MAX];
    int n;
};
/* Says it in a language, in place of what was said there; an empty text takes it away. ERR_LIMIT: too many languages; ERR_INVALID: no
 * language tag, or bytes that are no text. */
int wording_set(struct wording *w, struct arena *a, const char *lang, const char *text, struct err *e);
struct wording wording_copy(const struct wording *w, struct arena *a);
/* The text for a reader of lang; NULL when nothing was ever said. *ret_lang (may be NULL): its language when it is another one, else NULL. */
const char *wording_for(const struct wording *w, const char *lang, const char **ret_lang);
bool wording_has(const struct wording *w, const char *lang);
bool wording_same(const struct wording *a, const struct wording *b);
void wording_write(const struct wording *w, struct doc *obj, const char *key); /* {"en": …, "fr": …} */
/* From an object of texts, or one text (then of lang). max_bytes a language; ERR_INVALID with field key. */
int wording_read(struct wording *w, struct arena *a, const struct doc *obj, const char *key, const char *lang, size_t max_bytes, struct err *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cstate.h: cState's content files: Markdown below front matter (YAML between "---", TOML between "+++", or JSON), one issue a file;
 * each paragraph of it that ends in {{< track "TIME" >}} is an update, the newest first.
 *
 * What cState has no word for stands in the key `vigie` of the front matter, as JSON in a text: with it the file reads back to the
 * same bulletin, down to keys and milliseconds.  Pure. */
#ifndef VIGIE_COMPAT_CSTATE_H
#define VIGIE_COMPAT_CSTATE_H

#include "base/buf.h"
#include "base/doc.h"
#include "base/err.h"
#include "model/bulletin.h"

enum { CSTATE_MAX_FILE = 4 << 20 };

/* The keys before the text, and the text. ERR_INVALID: there are none, or they cannot be read. */
int cstate_front(struct arena *a, const char *name, const char *p, size_t n, struct doc **ret_fields, const char **ret_body, struct err *e);

/* Paragraphs with their times, in the order of the file; time NULL: it has none. */
struct cstate_said {
    const char *text, *time, *word; /* word: "Resolved" of "*Resolved* - text"; NULL */
};
int cstate_split(struct arena *a, const char *body, struct cstate_said *ret, int most);

/* A whole file. titles: of components by name, in lang. */
void cstate_issue(const struct bulletin *b, const struct doc *titles, const char *lang, struct buf *out);
/* config.yml; components as the export has them. */
void cstate_config(const struct doc *components, const char *title, const char *lang, const char *url, struct buf *out);

#endif

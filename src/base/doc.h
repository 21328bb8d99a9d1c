/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doc.h: a typed tree: what operations take and return, what JSON is read into.  Lives in an arena; nodes
 * are never freed one by one.  Objects keep the order of insertion; a repeated key replaces the value.
 * DOC_MSG is a packed message, rendered in the reader's language when written. */
#ifndef VIGIE_BASE_DOC_H
#define VIGIE_BASE_DOC_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_INT, DOC_REAL, DOC_TEXT, DOC_MSG, DOC_TIME /* wall ms */, DOC_LIST, DOC_OBJECT };

struct doc {
    enum doc_kind kind;
    union {
        bool b;
        int64_t i; /* DOC_INT, DOC_TIME */
        double f;
        const char *text; /* DOC_TEXT, DOC_MSG */
        struct {
            struct doc *first, *last;
            size_t n;
        } kids;
    };
    const char *key;  /* when the parent is an object */
    struct doc *next; /* sibling */
    struct arena *arena;
};

struct doc *doc_new(struct arena *a, enum doc_kind kind);
struct doc *doc_object(struct arena *a);
struct doc *doc_list(struct arena *a);
/* Setting in an object; texts are copied into the arena.  They return the new node. */
struct doc *doc_put(struct doc *obj, const char *key, struct doc *value); /* takes value (NULL: DOC_NULL) */
/* As doc_put for a key that is known to be new: does not search (objects with many keys). */
struct doc *doc_append(struct doc *obj, const char *key, struct doc *value);
struct doc *doc_put_text(struct doc *obj, const char *key, const char *text); /* NULL → null */
struct doc *doc_put_msg(struct doc *obj, const char *key, const char *packed);
struct doc *doc_put_int(struct doc *obj, const char *key, int64_t v);
struct doc *doc_put_real(struct doc *obj, const char *key, double v);
struct doc *doc_put_bool(struct doc *obj, const char *key, bool v);
struct doc *doc_put_time(struct doc *obj, const char *key, int64_t wall_ms); /* 0 → null */
struct doc *doc_put_object(struct doc *obj, const char *key);
struct doc *doc_put_list(struct doc *obj, const char *key);
/* Appending to a list. */
struct doc *doc_push(struct doc *list, struct doc *value);
struct doc *doc_push_text(struct doc *list, const char *text);
struct doc *doc_push_object(struct doc *list);
/* A copy with all that is below it, in arena a, for another place. */
struct doc *doc_copy(struct arena *a, const struct doc *d);
/* Reading: NULL / the default when absent or of another kind.  doc_text also reads a DOC_MSG (packed),
 * doc_int a DOC_TIME, doc_real a DOC_INT. */
struct doc *doc_get(const struct doc *obj, const char *key);
const char *doc_text(const struct doc *obj, const char *key, const char *otherwise);
int64_t doc_int(const struct doc *obj, const char *key, int64_t otherwise);
double doc_real(const struct doc *obj, const char *key, double otherwise);
bool doc_bool(const struct doc *obj, const char *key, bool otherwise);
/* Of lists and objects; anything else (a number where a list should be) has no children. */
#define DOC_EACH(parent, var) for (struct doc *var = doc_first(parent); var; var = var->next)
struct doc *doc_first(const struct doc *parent); /* NULL when there is none */

#endif

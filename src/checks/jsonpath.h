/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jsonpath.h: a place in a JSON document, and what the value there must be. Pure.
 *
 * A small part of RFC 9535: $ . name ["name"] [3] [-1], and length (of a list, an object or a text that has no key of
 * that name). The "$." in front may be left out. No wildcards and no filters: a path names one place. */
#ifndef VIGIE_CHECKS_JSONPATH_H
#define VIGIE_CHECKS_JSONPATH_H

#include "base/buf.h"
#include "base/doc.h"

enum { JSONPATH_MAX_STEPS = 32, JSONPATH_MAX_BYTES = 512 };

int jsonpath_check(const char *path); /* 0 or ERR_INVALID */
/* The value at that place; NULL: there is none. A length is made in the arena. */
const struct doc *jsonpath_find(struct arena *a, const struct doc *root, const char *path);

/* A condition: "< 100", "<= 3.5", "> 0", "!= failed", "/regex/", "*" (anything), or the value itself. */
int json_condition_check(const char *text); /* 0 or ERR_INVALID: a number is missing, or the pattern is wrong */
/* 1 it holds, 0 it does not, ERR_LIMIT: the pattern takes too long. d may be NULL (nothing there: 0). */
int json_condition_holds(const struct doc *d, const char *text);
/* The value for a message: a text without quotes, a number, "a list of 3", … */
void json_show(struct buf *out, const struct doc *d);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.h: JSON text ⇄ doc tree (RFC 8259; reading by jansson, writing by a streaming writer of ours). */
#ifndef VIGIE_BASE_JSON_H
#define VIGIE_BASE_JSON_H

#include "base/buf.h"
#include "base/doc.h"
#include "base/err.h"

/* Reads one value; duplicates, depth over 64 and size over max_bytes are refused with line and column. */
int json_parse(struct arena *a, const char *p, size_t n, size_t max_bytes, struct doc **ret_doc, struct err *e);
/* Writes; DOC_TIME as RFC 3339 in UTC, DOC_MSG rendered in lang. indent 0: one line, without blanks. */
void json_write(struct buf *out, const struct doc *d, const char *lang, int indent);
/* One JSON string with quotes. (jansson, which io libraries may bring along, owns the name json_string.) */
void json_quote(struct buf *out, const char *text);

#endif

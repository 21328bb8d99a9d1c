/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg.h: text in two languages.
 *
 * The English text is the message id, as in gettext: MSG("{1} % used (limit {2} %)").  po/fr.po holds the
 * French; tools/po.py compiles it to a sorted table and fails when a MSG() has no translation.
 * A result, an error or an event stores a *packed message* (id + arguments, one text) and is rendered for
 * each reader: "\x01" id { "\x1f" type value }.  Text that does not begin with \x01 renders as itself, so
 * a plugin's output and a packed message live in the same field.
 *
 * Argument types:  s text   i int64   f double (up to 2 decimals)   d int64 ms as a duration ("1 h 12")
 *                  l int64 µs as a latency ("31 ms")   b int64 bytes ("118 GB")   t int64 wall ms ("22:31")
 *                  m a packed message (rendered in the reader's language)
 * Placeholders {1}..{9}; "{{" is a brace.  A plural is written {1|host|hosts}: chosen by integer argument 1
 * ({1|hôte|hôtes} in French, where 0 and 1 are singular). */
#ifndef VIGIE_BASE_MSG_H
#define VIGIE_BASE_MSG_H

#include "base/buf.h"
#include <stdarg.h>

#define MSG(text) (text) /* marks a translatable message; extraction looks for it */

/* The catalogue of one language: msgids sorted by strcmp. Generated. */
struct msg_pair {
    const char *id, *text;
};
struct msg_table {
    const char *lang;
    const struct msg_pair *pairs;
    size_t n;
};
extern const struct msg_table msg_table_fr; /* generated from po/fr.po */

/* Languages there are, "en" first, NULL at the end. */
extern const char *const msg_langs[];
/* "fr", "fr-CA", "fr;q=0.9,en" (Accept-Language) → "fr"; anything else → "en". Static text. */
const char *msg_lang(const char *accept);
/* Translation of a bare id (no arguments); the id itself when there is none. */
const char *msg_tr(const char *lang, const char *msgid);
void msg_pack(struct buf *out, const char *msgid, const char *types, ...);
void msg_vpack(struct buf *out, const char *msgid, const char *types, va_list ap);
/* Renders packed or plain text. Control bytes never leave: a broken packed text renders without them. */
void msg_render(struct buf *out, const char *packed, const char *lang);
/* As msg_render, with the reader's time zone for arguments of type t (msg_render shows UTC). */
struct zone; /* base/timetext.h */
void msg_render_zone(struct buf *out, const char *packed, const char *lang, const struct zone *z);
/* Packs and renders at once. */
void msg_print(struct buf *out, const char *lang, const char *msgid, const char *types, ...);

#endif

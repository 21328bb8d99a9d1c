/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8.h: text from outside is cleaned once, at the door: valid UTF-8, no control, escape or
 * bidirectional-override characters. */
#ifndef VIGIE_BASE_UTF8_H
#define VIGIE_BASE_UTF8_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

enum utf8_clean_flags { UTF8_ONE_LINE = 0, UTF8_KEEP_NEWLINES = 1 };
/* Appends the cleaned text: bad bytes become U+FFFD, controls vanish (tab and newline become a space,
 * newlines are kept with UTF8_KEEP_NEWLINES), at most max_bytes are written (cut at a character). */
void utf8_clean(struct buf *out, const char *p, size_t n, int flags, size_t max_bytes);
bool utf8_valid(const char *p, size_t n);
/* Decodes one character; returns its length in bytes, or 0 for an invalid sequence or n == 0. */
size_t utf8_decode(const char *p, size_t n, uint32_t *ret_char);
size_t utf8_encode(uint32_t c, char out[4]);
/* Terminal columns of a text (wide characters count 2, combining 0). */
int utf8_width(const char *text);
/* Longest prefix of at most n bytes that does not cut a character. */
size_t utf8_fit(const char *p, size_t len, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pattern.h: regular expressions of the configuration on text that strangers send.
 *
 * A fit may cost no more than some work for each byte of the text: neither a careless expression nor a page made for it
 * may hold the loop.  (The limits of PCRE2 alone begin anew at each byte: "[a-z]+@x" on 64 KiB of one letter takes
 * seconds.)  What begins a line fits "^", what ends one "$". For one thread. */
#ifndef VIGIE_CHECKS_PATTERN_H
#define VIGIE_CHECKS_PATTERN_H

#include "base/str.h"

struct pattern;
enum pattern_kind { PATTERN_BYTES, PATTERN_UTF8 };
struct pattern *pattern_new(const char *expression, enum pattern_kind kind); /* NULL: it is none */
struct pattern *pattern_free(struct pattern *p);                             /* NULL is fine */
/* The first fit: 1, 0 (none) or ERR_LIMIT (too much work).  ret_fit: all of it.  ret_group: its group 1, p NULL when that
 * took no part. Work adds up over the calls for one pattern. */
int pattern_find(struct pattern *p, const char *text, size_t n, struct str *ret_fit, struct str *ret_group);

#endif

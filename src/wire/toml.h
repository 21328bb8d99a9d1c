/* SPDX-License-Identifier: GPL-3.0-or-later */
/* toml.h: TOML 1.0 as a tree, for front matter and small configurations of other tools.  PURE; any bytes are good.
 *
 * Numbers, true and false are typed; dates and times stay the texts that they were written as (who reads knows the zone). */
#ifndef VIGIE_WIRE_TOML_H
#define VIGIE_WIRE_TOML_H

#include "base/doc.h"
#include "base/err.h"

enum { TOML_MAX_BYTES = 4 << 20, TOML_MAX_DEPTH = 20, TOML_MAX_KEYS = 20000 };
/* ERR_INVALID with the line, ERR_LIMIT. */
int toml_parse(struct arena *a, const char *p, size_t n, struct doc **ret_doc, struct err *e);

#endif

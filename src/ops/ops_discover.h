/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_discover.h: the shape of a finding, shared with the page. */
#ifndef VIGIE_OPS_OPS_DISCOVER_H
#define VIGIE_OPS_OPS_DISCOVER_H

#include "ops/op.h"

void op_put_finding(struct doc *obj, const struct book_entry *en);

#endif

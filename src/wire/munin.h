/* SPDX-License-Identifier: GPL-3.0-or-later */
/* munin.h: the lines of a munin node: "field.attribute what", a value, a limit.  Pure; pieces are borrowed. */
#ifndef VIGIE_WIRE_MUNIN_H
#define VIGIE_WIRE_MUNIN_H

#include "base/str.h"

enum { MUNIN_MAX_NAME = 200 };

struct munin_line {
    struct str field, attribute, what;
};
/* False for what is no such line (a comment, "graph_title …", "multigraph …"). */
bool munin_line_read(struct str line, struct munin_line *ret);
/* "1.5", "U" (NAN), "N:1.5", "1700000000:1.5"; 0 or ERR_INVALID. */
int munin_value_read(struct str text, double *ret);
/* "90", ":90", "10:", "10:90" as the least and the most that is well; 0 or ERR_INVALID. */
int munin_limit_read(struct str text, double *ret_low, double *ret_high);
bool munin_name_good(const char *name); /* of a plugin or a field: can be asked for without being two lines */

#endif

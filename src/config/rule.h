/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rule.h: conditions of apply rules: role == "web" and not (env in [test, "old"]) or name ~ "db*".
 *
 * Pure: a text in, a tree in an arena out; what a name stands for is asked of the caller.  It knows
 * no hosts and no files. */
#ifndef VIGIE_CONFIG_RULE_H
#define VIGIE_CONFIG_RULE_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

enum { RULE_MAX_BYTES = 4000, RULE_MAX_DEPTH = 40 };

struct rule; /* lives in the arena it was read into */
struct rule_value {
    enum { RULE_NONE, RULE_TEXT, RULE_LIST } kind;
    const char *text;        /* TEXT */
    const char *const *list; /* LIST */
    int n;
};
struct rule_mistake {
    size_t at;        /* byte at which it stands, from 0 */
    const char *text; /* MSG */
};
/* What a name ("role", "vars.port") stands for; NONE when it stands for nothing. */
typedef struct rule_value rule_lookup(void *arg, const char *name);

/* 0, or ERR_INVALID and what is wrong, and where. */
int rule_parse(const char *text, struct arena *a, const struct rule **ret_rule,
               struct rule_mistake *ret_mistake);
/* Texts that are both numbers are compared as numbers.  Nothing equals nothing but itself, and no
 * order with nothing is true. */
bool rule_holds(const struct rule *r, rule_lookup *lookup, void *arg);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* macros.h: $NAME$ in the command lines of plugins, and command lines as words. Pure. */
#ifndef VIGIE_CHECKS_MACROS_H
#define VIGIE_CHECKS_MACROS_H

#include "checks/attempt.h"

enum { MACRO_MAX_WORDS = 200, MACRO_MAX_LINE = 32 * 1024 };
struct macro_scope {
    const char *host, *check, *address; /* check, address may be NULL */
    const char *user1;                  /* directory of the plugins */
    const struct conf_host *conf;       /* labels, title, groups; NULL */
    struct conf_texts args;
    int64_t at_ms;
};
/* Refuses a $NAME$ that there is not: ERR_INVALID with a suggestion. */
int macro_check(const char *text, struct err *e);
/* Replaces every $NAME$; $$ is a dollar sign. */
void macro_expand(struct buf *out, const char *text, const struct macro_scope *s);
/* For a shell: every known $NAME$ becomes ${NAGIOS_NAME}, so that no value is ever part of the text. */
void macro_shell(struct buf *out, const char *text);
/* "NAGIOS_NAME=value" for all that have a value, NULL-terminated, after `extra`. */
const char *const *macro_env(struct arena *arena, const struct macro_scope *s, const struct conf_pairs *extra);
/* Splits a command line as a shell would (blanks, quotes, backslash), without a shell's other powers. */
int macro_words(struct arena *arena, const char *line, const char *const **ret_words, int *ret_n);

#endif
